"""Where the rows of a workbook lead: to their parcel on the map, to their case, and from a case to its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import pandas as pd

from landtool import messages
from landtool.reports.sheet_tables import Sheet, table_sheet
from landtool.reports.wording import heading

#: Sheets whose rows lead to the map.
_ON_MAP = ("parcels", "idle", "low_efficiency", "commitments", "unsupplied")
#: Sheets whose rows may have a case, and of which workflow.
_WITH_CASES = {"idle": "idle", "low_efficiency": "low_efficiency", "commitments": "commitment"}
_CASES = ["case_id", "case_workflow", "case_state", "parcel_id", "contract_id", "holder", "area_m2",
          "case_amount_cny", "case_due_date", "case_assignee", "case_standing", "opened_on_date",
          "closed_on_date"]  # fmt: skip


@dataclass(frozen=True)
class Places:
    """What a workbook may lead to outside itself.

    Attributes
    ----------
    map_link : str or None
        Way from the workbook to the map's file, or its address.
    on_map : frozenset of str
        Parcels that the map draws.
    cases : sequence of mappings
        Rows of the worklist, see :meth:`landtool.cases.CaseStore.rows`.
    app : str or None
        Address of the app, where it is served: ``http://127.0.0.1:8501``.
    """

    map_link: str | None = None
    on_map: frozenset[str] = frozenset()
    cases: Sequence[Mapping[str, Any]] = field(default=())
    app: str | None = None


def with_places(sheets: list[Sheet | str], places: Places, language: str) -> list[Sheet | str]:
    """The sheets with a column that leads to the map and one that leads to the case, and a sheet of the cases."""
    made: list[Sheet | str] = []
    for sheet in sheets:
        if isinstance(sheet, Sheet):
            if sheet.key in _WITH_CASES and places.cases:
                sheet = _to_case(sheet, places.cases, _WITH_CASES[sheet.key], language)
            if sheet.key in _ON_MAP and places.map_link is not None:
                sheet = _to_map(sheet, places, language)
        made.append(sheet)
        if places.cases and (sheet if isinstance(sheet, str) else sheet.key) == "low_efficiency":
            made.append(_case_sheet(places, language))
    return made


def _to_map(sheet: Sheet, places: Places, language: str) -> Sheet:
    if "parcel_id" not in sheet.table:
        return sheet
    ids = sheet.table["parcel_id"].astype("object")
    there = ids.isin(places.on_map)
    if not there.any():
        return sheet
    word = pd.Series(messages.say("workbook.on_map", language), index=ids.index, dtype="object").where(there, None)
    ways = ids.where(there).map(lambda name: f"{places.map_link}#parcel={quote(str(name), safe='')}", na_action="ignore")
    return _inserted(sheet, "on_map", word, language, outside={"on_map": ways})


def _to_case(sheet: Sheet, cases: Sequence[Mapping[str, Any]], workflow: str, language: str) -> Sheet:
    """The latest case of each row, an open one before a closed one: of its contract, else of its parcel."""
    own = sorted((case for case in cases if case["workflow"] == workflow),
                 key=lambda case: (case["closed_on"] is None, str(case["case_id"])))  # fmt: skip
    found = pd.Series(None, index=sheet.table.index, dtype="object")
    for kind in ("contract", "parcel"):
        numbers = {case["subject_id"]: case["case_id"] for case in own if case["subject_kind"] == kind}
        if f"{kind}_id" in sheet.table:
            found = found.where(found.notna(), sheet.table[f"{kind}_id"].astype("object").map(numbers))
    return sheet if found.isna().all() else _inserted(sheet, "case_id", found, language, links={"case_id": "cases"})


def _inserted(sheet: Sheet, name: str, column: pd.Series, language: str, *, links: Mapping[str, str] | None = None,
              outside: Mapping[str, pd.Series] | None = None) -> Sheet:  # fmt: skip
    """A sheet with one more column after its first."""
    table = sheet.table.copy(deep=False)
    table.insert(1, name, column)
    return replace(sheet, table=table, headings=[sheet.headings[0], heading(name, language), *sheet.headings[1:]],
                   links={**sheet.links, **(links or {})}, outside={**sheet.outside, **(outside or {})})


def _case_sheet(places: Places, language: str) -> Sheet:
    # Loads the case store and SQLAlchemy, which a workbook without cases does not need.
    from landtool.cases.workflow import load_workflow

    flows = {name: load_workflow(name) for name in {str(case["workflow"]) for case in places.cases}}

    def word(label: Any) -> str:
        return str(getattr(label, language))

    rows = pd.DataFrame([{
        **{name: case[name] for name in ("case_id", "parcel_id", "contract_id", "holder", "area_m2")},
        "case_workflow": word(flows[case["workflow"]].title),
        "case_state": word(flows[case["workflow"]].states[case["state"]].label),
        "case_amount_cny": case["amount_cny"], "case_assignee": case["assignee"],
        "case_standing": None if case["flag"] is None else messages.say(f"case.flag_{case['flag']}", language),
        "case_due_date": case["due_date"], "opened_on_date": case["opened_on"], "closed_on_date": case["closed_on"],
    } for case in places.cases])  # fmt: skip
    days = {name: pd.to_datetime(rows[name]) for name in ("case_due_date", "opened_on_date", "closed_on_date")}
    figures = {name: rows[name].astype("float64") for name in ("area_m2", "case_amount_cny")}
    sheet = table_sheet("cases", rows.assign(**days, **figures), language, _CASES, row_key="case_id",
                        links={"parcel_id": "parcels", "contract_id": "contracts"})
    if places.app is None:
        return sheet
    base = f"{places.app.rstrip('/')}/cases?case="
    return replace(sheet, outside={"case_id": rows["case_id"].map(lambda number: base + quote(str(number), safe=""))})
