"""Control indicators of the project on one parcel."""

from __future__ import annotations

from typing import Any

import pandas as pd

from landtool import messages
from landtool.explanation.change import listed, step
from landtool.explanation.page import (
    NO_UNIT,
    Input,
    RuleResult,
    Threshold,
    Unit,
    comparison,
    figure,
    is_null,
    shown,
)
from landtool.explanation.pieces import Subject, choice, inputs_of, lacking, thresholds, unit_of, whole
from landtool.indicators.control import REGISTER
from landtool.rules.control import CONTROL_VERDICTS
from landtool.rules.control_terms import KEYS
from landtool.schema import LAYERS

_PARCEL_INPUTS = list(dict.fromkeys(
    name for fields, over in REGISTER.values() for name in (*fields, over) if name))
_CONTRACT_INPUTS = ["signed_date", "industry_code", "far_min", "far_max", "actual_completion_date",
                    "actual_production_date"]  # fmt: skip
_NUMBERS = ["control.double_storey_height_m", "control.double_storey_factor",
            "control.difference_share_max"]  # fmt: skip
_MOST_BUILDINGS = 20
# A footprint that only touches the parcel along a wall is none of its buildings.
_TOUCHES_M2 = 1.0
_UNITS = {"far": "ratio", "investment_intensity": "cny_m2"}


def control_rule(subject: Subject) -> RuleResult | None:
    """The page of the control indicators; None for a contract without a parcel."""
    table, parcel, language = subject.result.control, subject.parcel, subject.language
    if table is None or parcel is None:
        return None

    def say(key: str, **values: Any) -> str:
        return messages.say(f"control.{key}", language, **values)

    rows = table[table["parcel_id"] == parcel["parcel_id"]].to_dict(orient="records")
    verdicts = [row["verdict"] for row in rows]
    verdicts += [row["agreed_verdict"] for row in rows if not is_null(row["agreed_verdict"])]
    verdict = min(verdicts, key=CONTROL_VERDICTS.index)
    derived: dict[str, Any] = {}
    for row in rows:
        derived |= _row(row, language, say)
    inputs = inputs_of(parcel, "parcels", _PARCEL_INPUTS, language)
    if subject.contract is not None:
        inputs += inputs_of(subject.contract, "contracts", _CONTRACT_INPUTS, language)
    inputs += _buildings(subject)
    numbers = [*_limits(rows, subject), *thresholds(subject.policy, _NUMBERS, language)]
    missing = lacking(subject, *(row["missing"] for row in rows if row["verdict"] == "not_assessable"))
    return RuleResult("control", say("rule"), verdict, say(f"verdict.{verdict}"), inputs, derived,
                      numbers, say(f"change_{verdict}", missing=missing, steps=_steps(rows, say, language)))


def _buildings(subject: Subject) -> list[Input]:
    """The buildings on the parcel, the largest first, each with its source row; at most a screenful."""
    layer, shape = subject.workspace.layers.buildings, (subject.parcel or {}).get("geometry")
    if layer is None or shape is None or shape.is_empty:
        return []
    near = layer.iloc[layer.sindex.query(shape, predicate="intersects")]
    ground = near.geometry.intersection(shape).area
    near = near.assign(ground=ground)[ground > _TOUCHES_M2].sort_values("ground", ascending=False)
    model, language = LAYERS["buildings"], subject.language

    def told(row: dict[str, Any]) -> str:
        cells = [(model.field(name), row.get(name)) for name in ("kind", "floors", "height_m", "floor_area_m2")]
        said = [f"{spec.zh if language == 'zh' else spec.en} {figure(choice(spec, value, language), unit_of(spec.unit, language))}"
                for spec, value in cells if not is_null(value)]  # fmt: skip
        return ", ".join([*said, messages.say("explain.building_ground", language, area_m2=row["ground"])])

    found = [Input("buildings", messages.say("explain.building", language, number=row["building_id"]), told(row), NO_UNIT,
                   str(row.get("source") or ""), whole(row.get("source_row")))
             for row in near.head(_MOST_BUILDINGS).to_dict(orient="records")]  # fmt: skip
    if len(near) > _MOST_BUILDINGS:
        found.append(Input("buildings", messages.say("explain.buildings_more", language),
                           len(near) - _MOST_BUILDINGS))  # fmt: skip
    return found


def _row(row: dict[str, Any], language: str, say: Any) -> dict[str, str]:
    """What is said of one indicator: its test, both sources, the contract's own limits."""
    name, unit = say(f"indicator.{row['indicator']}"), _unit(row["indicator"], language)
    label = say("mandatory", name=name) if row["is_mandatory"] is True else name
    value, verdict = figure(row["value"], unit), say(f"verdict.{row['verdict']}")
    basis = "" if is_null(row["basis"]) else say(f"basis.{row['basis']}")
    if is_null(row["reason"]):
        text = say("row_tested", verdict=verdict, value=value, basis=basis, comparison=comparison(row["comparison"]),
                   threshold=figure(row["threshold"], unit))
    else:
        text = say("row_untested", verdict=verdict, reason=say(f"reason.{row['reason']}"))
        if not is_null(row["value"]):
            text = say("row_figure", said=text, value=value, basis=basis)
    said = {label: text}
    if not is_null(row["geometry_value"]):
        said[say("row_sides", name=name)] = (
            f"{figure(row['register_value'], unit)} / {figure(row['geometry_value'], unit)}")
    if not is_null(row["agreed_verdict"]):
        said[say("row_agreed", name=name)] = say(
            "agreed", verdict=say(f"verdict.{row['agreed_verdict']}"), low=shown(row["agreed_min"]),
            high=shown(row["agreed_max"]))
    return said


def _steps(rows: list[dict[str, Any]], say: Any, language: str) -> str:
    """What each failed indicator, and the contract's own limit, would need."""
    made = []
    for row in rows:
        limits = [row["threshold"]] if row["verdict"] == "failed" else []
        if row["agreed_verdict"] == "failed":
            limits.append(row["agreed_min"] if row["value"] < row["agreed_min"] else row["agreed_max"])
        made += [step(say(f"indicator.{row['indicator']}"), row["indicator"], row["value"], limit,
                      _UNITS.get(row["indicator"], "share"), row["area_used_m2"], language)
                 for limit in limits if not is_null(limit) and not is_null(row["value"])]  # fmt: skip
    return listed(made, language)


def _unit(indicator: str, language: str) -> Unit:
    return unit_of(_UNITS.get(indicator, "share"), language)


def _limits(rows: list[dict[str, Any]], subject: Subject) -> list[Threshold]:
    """The numbers of the signature's day, each with its clause."""
    found = []
    for row in rows:
        if row["threshold_source"] != "edition":
            continue
        policy = subject.policy.at(pd.Timestamp(row["signed_date"]))
        (number,) = thresholds(policy, [KEYS[row["indicator"]]], subject.language)
        found.append(Threshold(
            number.key, number.meaning, row["threshold"], number.unit, number.clause,
            number.standing if row["threshold_verified"] else "M", bool(row["threshold_verified"])))
    return found
