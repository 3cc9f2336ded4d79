"""Idle land and recovery: the officer's list, what can be done with it, and what falls due."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from landtool.assessment import Assessment
from landtool.reports.list_files import list_geopackage, list_shapefile, list_workbook
from landtool.reports.parts import rows_where
from landtool.reports.recovery_list import LIST_COLUMNS, recovery_list
from landtool.reports.wording import label, words
from landtool.reports.workbook_sheets import LISTED
from landtool.webapp.look import legend
from landtool.webapp.tables import show
from landtool.webapp.view import View

_FIRST = ("idle_2y", "idle_1y", "idle_government_cause", "idle_suspended", "at_risk")


def render(view: View) -> None:
    """Draw the page."""
    st.title(view.say("app.page_idle"))
    rows = _rows(view, str(view.folder), view.stamp, view.language)
    if rows is None or rows.empty:
        st.info(view.say("app_idle.none"))
        return
    legend(view.language)
    chosen = _filtered(view, rows)
    st.caption(view.say("app_idle.shown", count=len(chosen), area_m2=float(chosen["area_m2"].sum()),
                        fee_cny=float(chosen["idle_fee_cny"].sum())))
    ticked = show(chosen, view.language, LIST_COLUMNS, key="idle_rows", select=True, rows=15)
    _files(view, chosen.iloc[ticked] if ticked else chosen, bool(ticked))
    _calendar(view, rows)


@st.cache_data(show_spinner=False, max_entries=4)
def _rows(_view: View, folder: str, stamp: float, language: str) -> pd.DataFrame | None:
    return recovery_list(_judged(_view.result), language, _view.policy_number("balance.digitising_tolerance_m"))


def _judged(result: Assessment) -> Assessment:
    """The part of a result that the list speaks of: a city's other parcels are not read."""
    parcels = rows_where(result, "parcels", "idle_status", lambda status: status.isin(LISTED), with_geometry=True)
    findings = rows_where(result, "findings", "rule_id", lambda rule: rule.astype("str").str.startswith("idle."))
    contracts = result.contracts if parcels is None else None
    return Assessment(result.summary, parcels, contracts, districts=result.districts, findings=findings)


def _filtered(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    """The list as narrowed by the person."""
    cells = st.columns(4)
    there = [status for status in (*_FIRST, "not_assessable") if status in set(rows["idle_status"])]
    statuses = cells[0].multiselect(label("idle_status", view.language), there,
                                    placeholder=view.say("app.choose"),
                                    format_func=lambda name: view.say(f"idle.status.{name}"))
    kept = rows["idle_status"].isin(statuses or there)
    for cell, column in ((cells[1], "park_name"), (cells[2], "district_name")):
        if column in rows:
            names = cell.multiselect(label(column, view.language), sorted(rows[column].dropna().unique()),
                                     placeholder=view.say("app.choose"))
            kept &= rows[column].isin(names) if names else True
    wanted = cells[3].text_input(view.say("app_idle.search"), placeholder=view.say("app_idle.search_hint"))
    if wanted.strip():
        found = pd.Series(False, index=rows.index)
        for column in ("parcel_id", "contract_id", "holder"):
            if column in rows:
                found |= rows[column].astype("str").str.contains(wanted.strip(), regex=False, na=False)
        kept &= found
    return rows[kept]


def _files(view: View, rows: pd.DataFrame, ticked: bool) -> None:
    """Downloads of the rows ticked, or of all that are shown; made when asked for."""
    what = "app_idle.export_ticked" if ticked else "app_idle.export_shown"
    st.markdown(view.say(what, count=len(rows)))
    cells = st.columns(6)
    made = [("xlsx", list_workbook), ("gpkg", list_geopackage), ("zip", list_shapefile)]
    for cell, (kind, write) in zip(cells, made, strict=False):
        if kind != "xlsx" and "geometry" not in rows:
            continue
        cell.download_button(view.say(f"app_idle.export_{kind}"),
                             data=partial(write, rows, view.language),
                             file_name=f"idle-land.{kind}", key=f"idle_{kind}", on_click="ignore")


def _calendar(view: View, rows: pd.DataFrame) -> None:
    """What falls due, month by month; only what turns idle where the deadlines are not there."""
    st.subheader(view.say("app_idle.calendar"))
    deadlines = getattr(view.result, "deadlines", None)
    if deadlines is not None:
        table = deadlines.rename(columns={f"message_{view.language}": "message"})
        kinds = words(table["kind"], "calendar.kind.", view.language)
        table = table.assign(matter=kinds)
        picked = st.multiselect(view.say("app_idle.kind"), list(dict.fromkeys(kinds)),
                                placeholder=view.say("app.choose"))
        table = table[kinds.isin(picked)] if picked else table
        show(table, view.language, ["date", "days_ahead", "matter", "parcel_id", "contract_id", "holder",
                                    "message", "clause"], rows=15)
    elif "turns_idle_date" in rows:
        ahead = rows[rows["turns_idle_date"].notna()].sort_values("turns_idle_date", kind="stable")
        show(ahead, view.language, ["turns_idle_date", "to_1y_days", "parcel_id", "contract_id",
                                    "holder", "park_name", "area_m2"])
