"""One parcel, every rule: inputs with their source row, clause, threshold, verdict, what would change it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from landtool import messages
from landtool.assessment import Assessment
from landtool.codes.nearest import nearest
from landtool.errors import InputDataError
from landtool.explanation_page import (
    Explanation,
    Input,
    RuleResult,
    Threshold,
    is_null,
    shown,
)
from landtool.indicators.output import NUMERATORS
from landtool.policy import Policy
from landtool.rules.commitments import COMMITMENT_STATUSES
from landtool.schema import LAYERS, Field
from landtool.workspace import Workspace

_IDLE_INPUTS = [
    "kind", "signed_date", "expiry_date", "agreed_delivery_date", "actual_delivery_date",
    "agreed_start_date", "actual_start_date", "actual_completion_date", "actual_production_date",
    "suspended_since_date", "developed_area_m2", "area_due_m2", "invested_cny",
    "total_investment_cny", "total_investment_includes_land", "disposal_route",
    "disposal_start_date", "price_cny", "is_mortgaged",
]  # fmt: skip
_IDLE_NUMBERS = [
    "idle.full_years", "idle.recovery_years", "idle.developed_share_min", "idle.invested_share_min",
    "idle.suspended_years", "idle.fee_share", "idle.unclear_start_years_after_delivery",
    "idle.warning_days",
]  # fmt: skip
_OUTPUT_NUMBERS = ["output.target_cny_m2", "output.numerator", "output.denominator",
                   "output.coverage_share_min"]  # fmt: skip
_COMMITMENT_NUMBERS = ["commitment.metrics", "commitment.sources", "commitment.met_ratio",
                       "commitment.partly_ratio", "commitment.ramp_months"]  # fmt: skip
_PARCEL_FACTS = [
    "holder", "park_id", "district_code", "land_use_code", "area_m2", "contract_area_m2",
    "certificate_area_m2", "supply_status",
]  # fmt: skip


def explain(workspace: Workspace, result: Assessment, subject_id: str) -> Explanation:
    """Explain one parcel, or one contract that stands on no parcel.

    Parameters
    ----------
    workspace : Workspace
        Gives the inputs and the policy.
    result : Assessment
        Of that workspace.
    subject_id : str
        ``parcel_id`` or ``contract_id``.

    Raises
    ------
    InputDataError
        If neither a parcel nor a contract has that number; the nearest ones are named.
    """
    parcel = _row_of(result.parcels, "parcel_id", subject_id)
    contract = _row_of(result.contracts, "contract_id",
                       subject_id if parcel is None else parcel.get("contract_id"))
    judged = parcel if parcel is not None else contract
    if judged is None:
        raise _unknown(result, subject_id, workspace.language)
    language, kind = workspace.language, "contract" if parcel is None else "parcel"
    rules = []
    if "idle_status" in judged:
        rules.append(_idle_rule(workspace.policy, judged, contract, language))
    if parcel is not None and "output_intensity_cny_m2" in parcel:
        rules.append(_output_rule(workspace, parcel, result, language))
    promised = _commitments_of(result, judged, subject_id)
    if promised is not None:
        rules.append(_commitment_rule(workspace.policy, promised, language))
    layer = "parcels" if kind == "parcel" else "contracts"
    return Explanation(
        kind, subject_id, workspace.name, workspace.as_of.isoformat(),
        workspace.policy.title if language == "zh" else workspace.policy.title_en,
        _inputs(judged, layer, _PARCEL_FACTS, language), rules,
        _findings(result, {subject_id, str(judged.get("contract_id"))}),
    )  # fmt: skip


def _row_of(frame: pd.DataFrame | None, key: str, value: Any) -> dict[str, Any] | None:
    if frame is None or key not in frame or is_null(value):
        return None
    rows = frame[frame[key] == value]
    return None if rows.empty else dict(zip(rows.columns, rows.iloc[0], strict=True))


def _unknown(result: Assessment, subject_id: str, language: str) -> InputDataError:
    known: list[str] = []
    for frame, key in ((result.parcels, "parcel_id"), (result.contracts, "contract_id")):
        if frame is not None:
            known += frame[key].astype("str").tolist()
    aside = result.set_aside
    if aside is not None and (aside["subject_id"] == subject_id).any():
        reason = aside.loc[aside["subject_id"] == subject_id, "reason"].iloc[0]
        return InputDataError(f"{subject_id} was set aside ({reason})", "set_aside.parquet",
                              "mend the source row and run again")
    near = nearest(subject_id, known)
    hint = f"did you mean {near}?" if near else "see parcels.parquet for the numbers"
    return InputDataError(f"no parcel or contract {subject_id!r}", "workspace", hint)


def _inputs(row: dict[str, Any], layer: str, names: list[str], language: str) -> list[Input]:
    model, found = LAYERS[layer], []
    place = row.get("source_row")
    for name in names:
        if name not in row:
            continue
        try:
            spec = model.field(name)
        except KeyError:
            spec = None
        label = name if spec is None else spec.zh if language == "zh" else spec.en
        unit = "" if spec is None else _UNITS.get(spec.unit, spec.unit)
        if name == "area_m2" and layer == "parcels":
            label, unit = messages.say("explain.area_geometry", language), "m²"
        value = _choice(spec, row[name], language)
        found.append(Input(name, label, value, unit, str(row.get("source") or ""),
                           _whole(place)))
    return found


def _choice(spec: Field | None, value: Any, language: str) -> Any:
    """A coded value with its first Chinese spelling; yes and no as words."""
    if is_null(value):
        return value
    if isinstance(value, bool | np.bool_):
        return messages.say(f"idle.paragraph.{'yes' if value else 'no'}", language)
    if spec is not None and spec.choices and language == "zh" and spec.choices.get(value):
        return f"{spec.choices[value][0]}({value})"
    return value


def _whole(value: Any) -> int | None:
    return None if is_null(value) else int(value)


_UNITS = {"m2": "m²", "cny": "CNY", "cny_m2": "CNY/m²", "count": "", "ratio": ""}


def _thresholds(policy: Policy, keys: list[str], language: str) -> list[Threshold]:
    found = []
    for key in keys:
        number = policy.get(key)
        if number is not None:
            meaning, clause = ((number.meaning_zh, number.clause) if language == "zh"
                               else (number.meaning_en, number.clause_en))  # fmt: skip
            value, unit = number.value, messages.say(f"policy.unit_{number.unit}", language)
            if isinstance(value, str) and messages.has(f"output.{value}"):
                value, unit = messages.say(f"output.{value}", language), ""
            found.append(Threshold(key, meaning, value, unit, clause, number.standing,
                                   number.verified))
    return found


# Columns whose values are codes -> where their words stand.
_WORDS = {
    "idle_due_basis": "idle.due_basis", "idle_paragraph1": "idle.paragraph",
    "idle_paragraph2": "idle.paragraph", "idle_cause": "idle.cause",
    "idle_basis": "idle.start_basis", "area_used": "explain.area_used_is",
}  # fmt: skip


def _worded(name: str, value: Any, language: str) -> Any:
    key = f"{_WORDS.get(name, '')}.{value}"
    return messages.say(key, language) if messages.has(key) else value


def _idle_rule(
    policy: Policy, judged: dict[str, Any], contract: dict[str, Any] | None, language: str
) -> RuleResult:
    def say(key: str) -> str:
        return messages.say(f"explain.{key}", language)

    status = str(judged["idle_status"])
    columns = ["idle_due_date", "idle_due_basis", "cause_days", "idle_paragraph1",
               "idle_paragraph2", "idle_since", "idle_days", "turns_idle_date", "idle_cause",
               "idle_fee_cny", "idle_missing", "idle_basis"]  # fmt: skip
    derived = {say(name): _worded(name, judged[name], language)
               for name in columns if name in judged}
    inputs = [] if contract is None else _inputs(contract, "contracts", _IDLE_INPUTS, language)
    change = messages.say(f"explain.change_{status}", language,
                          missing=shown(judged.get("idle_missing")),
                          turns_idle_date=shown(judged.get("turns_idle_date")))
    return RuleResult("idle.order53", say("rule_idle"), status,
                      messages.say(f"idle.status.{status}", language), inputs, derived,
                      _thresholds(policy, _IDLE_NUMBERS, language), change)


def _output_rule(
    workspace: Workspace, parcel: dict[str, Any], result: Assessment, language: str
) -> RuleResult:
    def say(key: str, **values: Any) -> str:
        return messages.say(f"explain.{key}", language, **values)

    verdict = parcel.get("output_verdict")
    verdict = "not_in_denominator" if is_null(verdict) else str(verdict)
    columns = ["output_cny", "area_used", "area_used_m2", "output_intensity_cny_m2",
               "output_gap_cny", "output_gap_m2", "output_missing", "tax_intensity_cny_m2",
               "investment_intensity_cny_m2", "investment_basis"]  # fmt: skip
    derived = {say(name): _worded(name, parcel[name], language)
               for name in columns if name in parcel}
    derived = {say("output_year"): result.summary["output"]["year"], **derived}
    gap = parcel.get("output_gap_cny")
    change = say(f"change_output_{verdict}", gap=0.0 if is_null(gap) else gap,
                 missing=shown(parcel.get("output_missing")))
    return RuleResult("output.intensity", say("rule_output"), verdict, say(f"output_{verdict}"),
                      _operation_rows(workspace, parcel, result.summary["output"]), derived,
                      _thresholds(workspace.policy, _OUTPUT_NUMBERS, language), change)


def _operation_rows(
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
        firms = layers.occupancy.loc[layers.occupancy["parcel_id"] == own, "enterprise_id"]
        mine |= rows["enterprise_id"].isin(firms.dropna())
    mine &= (rows["year"] == output["year"]).fillna(False).astype("bool")
    subject = "enterprise_id" if "enterprise_id" in rows else "parcel_id"
    spec = LAYERS["operations"].field(column)
    label = spec.zh if workspace.language == "zh" else spec.en
    return [Input(column, f"{row[subject]} {output['year']} {label}", row[column], "CNY",
                  str(row.get("source") or ""), _whole(row.get("source_row")))
            for row in rows[mine].to_dict(orient="records")]  # fmt: skip


def _commitments_of(
    result: Assessment, judged: dict[str, Any], subject_id: str
) -> pd.DataFrame | None:
    """Tests of the commitments on a parcel or of its contract; None where there are none."""
    table = result.commitments
    if table is None:
        return None
    rows = table[table["contract_id"].eq(subject_id) | table["parcel_id"].eq(subject_id)
                 | table["contract_id"].eq(str(judged.get("contract_id")))]  # fmt: skip
    return None if rows.empty else rows


def _commitment_rule(policy: Policy, rows: pd.DataFrame, language: str) -> RuleResult:
    def say(key: str, **values: Any) -> str:
        return messages.say(f"commitment.{key}", language, **values)

    def name(row: dict[str, Any]) -> str:
        when = row["due_date"] if is_null(row["year"]) else row["year"]
        return say("name", metric=say(f"metric.{row['metric']}"),
                   source=say(f"source.{row['source']}"), contract=shown(row["contract_id"]),
                   when=shown(when))

    tests = rows.to_dict(orient="records")
    now = [row for row in tests if row["is_current"]]
    verdict = min((row["status"] for row in now), key=COMMITMENT_STATUSES.index)
    derived = {name(row): say(f"row_{_form(row)}", **{
        **row, "status": say(f"status.{row['status']}"), "missing": shown(row["missing"])})
        for row in tests}  # fmt: skip
    inputs = [Input(f"{row['source']}.{row['metric']}", name({**row, "year": None}),
                    row["committed_cny_m2"], "CNY/m²", shown(row["source_file"]),
                    _whole(row["source_row"])) for row in now]  # fmt: skip
    numbers = [replace(item, unit="", value=_named(item.value, item.key[len("commitment."):-1], say))
               if isinstance(item.value, tuple | list) else item
               for item in _thresholds(policy, _COMMITMENT_NUMBERS, language)]  # fmt: skip
    missing = ", ".join(sorted({row["missing"] for row in now if not is_null(row["missing"])}))
    return RuleResult("commitment", say("rule"), verdict, say(f"status.{verdict}"), inputs, derived,
                      numbers, say(f"change_{verdict}", missing=missing))


def _named(values: Any, kind: str, say: Any) -> str:
    return ", ".join(say(f"{kind}.{value}") for value in values)


def _form(row: dict[str, Any]) -> str:
    return row["status"] if row["status"] in ("not_due", "not_assessable") else "tested"


def _findings(result: Assessment, subjects: set[str]) -> list[dict[str, Any]]:
    table = result.findings
    if table is None:
        return []
    rows = table[table["subject_id"].isin(subjects)
                 & table["subject_kind"].isin(["parcel", "contract"])]  # fmt: skip
    return [dict(row) for row in rows.to_dict(orient="records")]
