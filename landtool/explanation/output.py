"""Output intensity of one parcel, with the year's figures of the enterprises on it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from landtool import messages
from landtool.columns import dates
from landtool.explanation.page import Input, RuleResult, is_null
from landtool.explanation.pieces import Subject, column_label, lacking, thresholds, unit_of, whole, worded
from landtool.indicators.output import NUMERATORS
from landtool.occupied import year_end
from landtool.schema import LAYERS
from landtool.workspace import Workspace

_OUTPUT_NUMBERS = ["output.target_cny_m2", "output.numerator", "output.denominator",
                   "output.coverage_share_min"]  # fmt: skip


def output_rule(subject: Subject) -> RuleResult | None:
    """The page of output intensity; None for a contract without a parcel."""
    workspace, parcel, result = subject.workspace, subject.parcel, subject.result
    language = subject.language
    if parcel is None or "output_intensity_cny_m2" not in parcel:
        return None

    def say(key: str, **values: Any) -> str:
        return messages.say(f"explain.{key}", language, **values)

    verdict = parcel.get("output_verdict")
    verdict = "not_in_denominator" if is_null(verdict) else str(verdict)
    columns = ["output_cny", "area_used", "area_used_m2", "output_intensity_cny_m2",
               "output_gap_cny", "output_gap_m2", "output_missing", "tax_intensity_cny_m2",
               "investment_intensity_cny_m2", "investment_basis"]  # fmt: skip
    derived = {column_label(name, language): worded(name, parcel[name], language)
               for name in columns if name in parcel}
    if not is_null(parcel.get("output_missing")):
        derived[column_label("output_missing", language)] = lacking(subject, parcel["output_missing"])
    derived = {column_label("output_year", language): result.summary["output"]["year"], **derived}
    gap = parcel.get("output_gap_cny")
    change = say(f"change_output_{verdict}", gap=0.0 if is_null(gap) else gap,
                 missing=lacking(subject, parcel.get("output_missing")))
    return RuleResult("output.intensity", say("rule_output"), verdict, say(f"output_{verdict}"),
                      operation_rows(workspace, parcel, result.summary["output"]), derived,
                      thresholds(workspace.policy, _OUTPUT_NUMBERS, language), change)


def operation_rows(
    workspace: Workspace, parcel: dict[str, Any], output: dict[str, Any]
) -> list[Input]:
    """The year's figures of the parcel and of the enterprises on it, each with its source row."""
    layers, city = workspace.layers, output["city"]
    column = NUMERATORS.get(city["output_numerator"]) if city else None
    if layers.operations is None or column is None or column not in layers.operations:
        return []
    rows, own = layers.operations, parcel["parcel_id"]
    mine = pd.Series(False, index=rows.index)
    if "parcel_id" in rows:
        mine |= (rows["parcel_id"] == own).fillna(False).astype("bool")
    if layers.occupancy is not None and "enterprise_id" in rows:
        here = layers.occupancy[layers.occupancy["parcel_id"] == own]
        end = year_end(int(output["year"]))  # who stood there when the figures were shared
        valid = ~((dates(here, "from_date") > end) | (dates(here, "to_date") < end))
        firms = here.loc[valid, "enterprise_id"]
        mine |= rows["enterprise_id"].isin(firms.dropna())
    mine &= (rows["year"] == output["year"]).fillna(False).astype("bool")
    subject = "enterprise_id" if "enterprise_id" in rows else "parcel_id"
    spec = LAYERS["operations"].field(column)
    label = spec.zh if workspace.language == "zh" else spec.en
    return [Input(column, f"{row[subject]} {output['year']} {label}", row[column], unit_of("cny", workspace.language),
                  str(row.get("source") or ""), whole(row.get("source_row")))
            for row in rows[mine].to_dict(orient="records")]  # fmt: skip
