"""The card of one parcel: facts, areas, dates, commitments, findings with their clause, evidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from landtool import messages
from landtool.errors import LandtoolError
from landtool.indicators.raster_evidence import FIGURES
from landtool.maps.style import IDLE_COLOURS, UNKNOWN_COLOUR
from landtool.maps.themes import land_use_class
from landtool.reports.parts import columns_of, rows_at, rows_of
from landtool.reports.wording import heading, label, shown_unit, spoken
from landtool.webapp.map_parcels import map_parcels
from landtool.webapp.plain import as_text, text_table
from landtool.webapp.tables import show
from landtool.webapp.view import View

_FACTS = [
    "park_name", "district_code", "land_use_code", "supply_status", "kind", "signed_date", "expiry_date",
    "price_cny", "lifecycle_stage", "idle_since", "idle_days", "idle_cause", "turns_idle_date",
    "idle_fee_cny", "idle_missing", "output_cny", "output_intensity_cny_m2", "tax_intensity_cny_m2",
    "investment_intensity_cny_m2", "target_cny_m2", "far", "building_coefficient", "grade",
    "is_low_efficiency", "low_efficiency_reasons", "recoverable_area_m2",
]  # fmt: skip
_AREAS = ["area_m2", "contract_area_m2", "certificate_area_m2"]
_MILESTONES = ("delivery", "start", "completion", "production")
_DATES = [f"{side}_{name}_date" for side in ("agreed", "actual") for name in _MILESTONES]
_LAND_USE = ["classification", "is_industrial", "is_m0"]
_COLUMNS = ["parcel_id", "contract_id", "holder", "idle_status", *_FACTS, *_LAND_USE, *_AREAS, *_DATES]
_FINDING = ["subject_kind", "subject_id", "rule_id", "severity", "clause"]
_CONTROL = ["indicator", "value", "comparison", "threshold", "verdict"]
# Frames that the card reads, and the column that names whose rows they are.
_SUBJECTS = {"contracts": "contract_id", "commitments": "parcel_id", "findings": "subject_id", "control": "parcel_id",
             "evidence": "parcel_id", "milestones": "contract_id"}
_COMMITMENTS = ["metric", "source", "year", "due_date", "committed_cny_m2", "actual_cny_m2", "ratio",
                "status", "shortfall_cny", "committed_amount", "actual_amount", "amount_unit"]  # fmt: skip


def make_ready(view: View) -> None:
    """Find out where the rows of each parcel stand in the results, and read some, before the first card is asked for."""
    from landtool.webapp import case_of_parcel

    for name, key in [*_SUBJECTS.items(), ("contracts", "parcel_id")]:
        rows_of(view.result, name, key, [], [key])
    first = np.arange(min(1, map_parcels(view).size))
    for name in ("parcels", *_SUBJECTS):
        if columns_of(view.result, name, []) is not None:
            rows_at(view.result, name, first)
    case_of_parcel.make_ready()


def parcel_card(view: View, row: int) -> None:
    """Draw the card of the parcel in a row of the result."""
    parcel: pd.Series = map_parcels(view).at(np.array([row]), _COLUMNS).iloc[0]
    parcel_id = str(parcel["parcel_id"])
    st.markdown(f"#### {as_text(parcel_id)}")
    if not pd.isna(parcel.get("holder")):
        st.markdown(as_text(parcel["holder"]))
    _status(view, str(parcel.get("idle_status")))
    from landtool.webapp.case_of_parcel import case_block  # the store of cases, when there is a card

    findings = _found(view, parcel)
    case_block(view, parcel, findings)
    _facts(view, parcel)
    _areas(view, parcel)
    _timeline(view, parcel)
    _commitments(view, parcel_id)
    _findings(view, findings)
    _frames(view, parcel_id)
    _explanation(view, parcel_id)


def _status(view: View, status: str) -> None:
    colour = IDLE_COLOURS.get(status, UNKNOWN_COLOUR)
    said = view.say(f"idle.status.{status}") if status in IDLE_COLOURS else ""
    # Our own words only: no value of the data enters this.
    st.html(f'<span style="display:inline-flex;align-items:center;gap:.4rem"><i style="background:{colour};'
            f'width:.9rem;height:.9rem;border:1px solid rgba(0,0,0,.35)"></i>{said}</span>')


def _facts(view: View, parcel: pd.Series) -> None:
    known = parcel.copy()
    for name, word in (("district_code", _district), ("land_use_code", _land_use)):
        if name in parcel.index and not pd.isna(parcel[name]):
            known[name] = word(view, parcel)
    _pairs(view, known, [name for name in _FACTS if name in parcel.index and not pd.isna(parcel[name])])


def _district(view: View, parcel: pd.Series) -> str:
    """The code with the district's name, where the layer of districts has one."""
    code = str(parcel["district_code"])
    own = rows_of(view.result, "districts", "district_code", [code], ["district_name"])
    name = None if own is None or "district_name" not in own else own["district_name"].iloc[0]
    return code if name is None or pd.isna(name) else f"{code} {name}"


def _land_use(view: View, parcel: pd.Series) -> str:
    """The code with the class of land use that the map shows."""
    (found,) = land_use_class(parcel.to_frame().T)
    code = str(parcel["land_use_code"])
    return code if found == "unknown" else f"{code} {view.say(f'map.land_use.{found}')}"


def _areas(view: View, parcel: pd.Series) -> None:
    st.markdown(f"**{view.say('map.card_areas')}**")
    _pairs(view, parcel, [name for name in _AREAS if name in parcel.index])


def _pairs(view: View, parcel: pd.Series, names: list[str]) -> None:
    """Two columns, a line per fact."""
    if not names:
        return
    said = spoken(pd.DataFrame({name: [parcel[name]] for name in names}), view.language)
    lines = [(_heading(view, name), _shown(_word(view, name, said[name].iloc[0]), _digits(name)))
             for name in map(str, said)]
    st.markdown(text_table(lines, [view.say("map.card_fact"), view.say("map.card_value")]))


def _heading(view: View, name: str) -> str:
    """What the card calls a column that other layers use for something else."""
    key = f"map.card_of_{name}"
    return view.say(key) if messages.has(key) else heading(name, view.language)


def _word(view: View, name: str, value: Any) -> Any:
    """A code as a word, where the card has one for it."""
    key = f"map.{name}.{value}"
    return view.say(key) if messages.has(key) else value


def _digits(name: str) -> int:
    unit = shown_unit(name)
    return 2 if unit is None else unit.digits


def _shown(value: Any, digits: int = 2) -> str:
    if pd.isna(value):
        return "–"
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%d"))
    return f"{value:,.{digits}f}" if isinstance(value, float) else str(value)


def _rows(view: View, name: str, subjects: list[Any], columns: Iterable[str] | None = None) -> pd.DataFrame | None:
    return rows_of(view.result, name, _SUBJECTS[name], subjects, columns)


def _timeline(view: View, parcel: pd.Series) -> None:
    """Agreed and actual dates side by side, and what holds of each where milestones were judged."""
    number = parcel.get("contract_id")
    judged = None if pd.isna(number) else _rows(view, "milestones", [number])
    if judged is not None:
        _milestones(view, judged)
        return
    contract = _contract(view, parcel)
    rows = [(view.say(f"map.card_{name}"), contract.get(f"agreed_{name}_date"), contract.get(f"actual_{name}_date"))
            for name in _MILESTONES]
    if all(pd.isna(agreed) and pd.isna(actual) for _, agreed, actual in rows):
        return
    st.markdown(f"**{view.say('map.card_timeline')}**")
    st.markdown(text_table([(name, _shown(agreed), _shown(actual)) for name, agreed, actual in rows],
                           [view.say(f"map.card_{name}") for name in ("milestone", "agreed", "actual")]))


def _milestones(view: View, judged: pd.DataFrame) -> None:
    st.markdown(f"**{view.say('map.card_timeline')}**")
    rows = judged.to_dict(orient="records")
    st.container(key="lt_timeline").markdown(text_table(
        [(view.say(f"map.card_{row['milestone']}"), _shown(row["agreed_date"]), _shown(row["actual_date"]),
          _milestone_status(view, row)) for row in rows],
        [view.say(f"map.card_{name}") for name in ("milestone", "agreed", "actual", "status")]))


def _milestone_status(view: View, row: dict[str, Any]) -> str:
    """In time, or how late and by whose default; what is missing where it cannot be said."""
    parts = [view.say(f"milestone.status.{row['status']}")]
    if not pd.isna(row["days_late"]) and row["days_late"] > 0:
        parts.append(view.say("map.card_days", days=int(row["days_late"])))
    if not pd.isna(row["defaulting_party"]):
        parts.append(view.say(f"milestone.party.{row['defaulting_party']}"))
    if not pd.isna(row["missing"]):
        parts += [label(name, view.language) for name in str(row["missing"]).split(", ")]
    return " · ".join(parts)


def _contract(view: View, parcel: pd.Series) -> dict[str, Any]:
    """The contract the parcel is judged by; the parcel's own cells where there is none."""
    number = parcel.get("contract_id")
    own = None if pd.isna(number) else _rows(view, "contracts", [number], _DATES)
    return {str(name): value for name, value in (parcel if own is None else own.iloc[0]).items()}


def _commitments(view: View, parcel_id: str) -> None:
    own = _rows(view, "commitments", [parcel_id], _COMMITMENTS)
    if own is not None:
        st.markdown(f"**{view.say('map.card_commitments')}**")
        show(own, view.language, _COMMITMENTS)


def _found(view: View, parcel: pd.Series) -> list[dict[str, Any]]:
    """Findings of the parcel and of the contract it is judged by."""
    subjects = {kind: parcel.get(f"{kind}_id") for kind in ("parcel", "contract")}
    found = _rows(view, "findings", [one for one in subjects.values() if not pd.isna(one)],
                  [*_FINDING, f"message_{view.language}"])
    # A contract may bear the number of some parcel.
    return [] if found is None else found[found["subject_id"] == found["subject_kind"].map(subjects)].sort_values(
        "subject_kind", ascending=False, kind="stable").to_dict(orient="records")


def _findings(view: View, own: list[dict[str, Any]]) -> None:
    st.markdown(f"**{view.say('map.card_findings', count=len(own))}**")
    for finding in own:
        severity = view.say(f"app.severity_{finding['severity']}")
        st.markdown(f"- **{as_text(severity)}** {as_text(finding[f'message_{view.language}'])} "
                    f"*{as_text(finding['clause'])}*")


def _frames(view: View, parcel_id: str) -> None:
    """What was measured against control indicators, and what images say, where those rules were run."""
    _control(view, parcel_id)
    _evidence(view, parcel_id)


def _evidence(view: View, parcel_id: str) -> None:
    """What each image shows, and whether that contradicts the register: it decides nothing."""
    own = _rows(view, "evidence", [parcel_id])
    if own is None:
        return
    rows = own.sort_values("date", ascending=False, kind="stable").to_dict(orient="records")
    st.markdown(f"**{view.say('map.card_evidence')}**")
    st.markdown(text_table(
        [(" ".join([view.say(f"evidence.kind.{row['kind']}"), _shown(row["date"])]), _figure(row), _says(view, row),
          view.say(f"evidence.verdict.{'open' if pd.isna(row['compares']) else row['compares']}")) for row in rows],
        [view.say(f"map.card_{name}") for name in ("image", "figure", "says", "register")]))


def _figure(row: dict[str, Any]) -> str:
    """What was measured: a share in percent, an index or light as it stands."""
    name = FIGURES[row["kind"]][0]
    value = row[name]
    return f"{value:.0%}" if name.endswith("_share") and not pd.isna(value) else _shown(value)


def _says(view: View, row: dict[str, Any]) -> str:
    said = view.say(f"evidence.says.{row['says']}")
    return said if pd.isna(row["reason"]) else " · ".join([said, view.say(f"evidence.reason.{row['reason']}")])


def _control(view: View, parcel_id: str) -> None:
    own = _rows(view, "control", [parcel_id], _CONTROL)
    own = None if own is None else own[own["verdict"] != "not_applicable"]
    if own is None or own.empty:
        return
    st.markdown(f"**{view.say('map.card_control')}**")
    st.markdown(text_table(
        [(view.say(f"control.indicator.{row['indicator']}"), _shown(row["value"]),
          f"{row['comparison']} {_shown(row['threshold'])}" if not pd.isna(row["threshold"]) else "–",
          view.say(f"control.verdict.{row['verdict']}")) for row in own.to_dict(orient="records")],
        [view.say(f"map.card_{name}") for name in ("indicator", "value", "limit", "verdict")]))


def _explanation(view: View, parcel_id: str) -> None:
    """The page of every rule, made when it is asked for."""
    if not st.button(view.say("map.card_explain"), key="map_explain", icon=":material/help:"):
        return
    from landtool.webapp.explaining import explained

    try:
        with st.spinner(view.say("map.card_explaining")):
            page = explained(view, parcel_id)
    except LandtoolError as error:
        st.error(as_text(error))
        return
    st.code(page.as_text(view.language), language=None, wrap_lines=True, height=420)
