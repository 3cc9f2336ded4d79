"""Total industrial land: the ledger, the changes on the map, the replacement ledger, and scenarios."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from landtool.balance.workspace_layers import latest_two
from landtool.maps.change_map import SIDES, change_map_html, drawable_changes
from landtool.maps.pair_map import MOST_PIECES
from landtool.reports.workbook_sheets import zone_labels
from landtool.sources.catalogue import load_catalogue
from landtool.webapp.scenario import draw_scenario
from landtool.webapp.snapshots import Compared, balance_between
from landtool.webapp.tables import show
from landtool.webapp.view import View

LEDGER = [
    "region_kind", "zone", "verdict", "opening_m2", "new_m2", "converted_in_m2", "replacement_m2",
    "converted_out_m2", "survey_correction_m2", "boundary_change_m2", "coverage_change_m2", "closing_m2",
    "net_change_m2", "bound_m2", "closing_m0_m2", "closing_storage_m2",
]  # fmt: skip


def render(view: View) -> None:
    """Draw the page."""
    st.title(view.say("app.page_balance"))
    names = list(load_catalogue(view.folder).land_use)
    if len(names) < 2:
        st.info(view.say("app_overview.no_balance"))
        return
    # Only what is open is worked out; and a map in a tab nobody sees has no size.
    ledger, scenario = st.tabs([view.say("app_balance.ledger_tab"), view.say("app_balance.scenario_tab")],
                               key=f"balance_tab_{view.language}", on_change="rerun")
    if scenario.open:
        with scenario:
            with st.spinner(view.say("app_balance.reading_land")):
                _ = view.land  # read once, while it is said what one waits for
            draw_scenario(view, latest_two(names))
        return
    with ledger:
        sides = zip(st.columns(2), ("from", "to"), latest_two(names), strict=True)
        first, second = (side.selectbox(view.say(f"app_balance.{word}"), names, index=names.index(name))
                         for side, word, name in sides)  # fmt: skip
        if first == second:
            st.info(view.say("app_balance.two"))
        else:
            _compared(view, balance_between(view, first, second))


def _compared(view: View, found: Compared) -> None:
    head = st.columns(4)
    totals = found.ledger[found.ledger["region_kind"] == "whole"].iloc[0]
    verdict = totals["verdict"] if pd.notna(totals["verdict"]) else "unknown"
    head[0].metric(found.names[0], view.say("app.hectares", area_m2=totals["opening_m2"]))
    head[1].metric(found.names[1], view.say("app.hectares", area_m2=totals["closing_m2"]))
    head[2].metric(view.say("column.net_change_m2"),
                   view.say("app.hectares", area_m2=totals["net_change_m2"]))
    head[3].metric(view.say("column.verdict"), view.say(f"app_balance.verdict_{verdict}"))
    show(found.ledger.assign(zone=zone_labels(found.ledger, view.result, view.language)),
         view.language, LEDGER, rows=10)
    st.subheader(view.say("app_balance.map"))
    right = st.radio(view.say("app_balance.right"), SIDES, horizontal=True, key="balance_right",
                     format_func=lambda name: view.say(f"app_balance.right_{name}"))
    st.iframe(_map(view, found, str(view.folder), view.stamp, view.language, found.names, right), height=560)
    count = int(drawable_changes(found.changes).sum())
    if count > MOST_PIECES:
        st.caption(view.say("app_balance.largest_drawn", drawn=MOST_PIECES, whole=count))
    left, beside = st.columns(2, gap="large")
    with left:
        st.subheader(view.say("app_balance.transitions"))
        _transitions(view, found)
    with beside:
        st.subheader(view.say("app_balance.pairs"))
        if found.pairs is None:
            st.caption(view.say("app_balance.no_proposals"))
        else:
            show(found.pairs, view.language)
    _breaches(view, found)


@st.cache_data(show_spinner=False, max_entries=4)
def _map(_view: View, _found: Compared, folder: str, stamp: float, language: str,
         names: tuple[str, str], right: str) -> str:  # fmt: skip
    outlines = _view.result.parks if _view.result.parks is not None else _view.result.districts
    return change_map_html(_found.changes, language, names, right, outlines)


def _transitions(view: View, found: Compared) -> None:
    """From-class by to-class, hectares; the whole area."""
    table = found.table[found.table["region_kind"] == "whole"]
    show(table.sort_values("area_m2", ascending=False, kind="stable"), view.language,
         ["from_class", "to_class", "area_m2"])


def _breaches(view: View, found: Compared) -> None:
    if found.breaches is None or found.breaches.empty:
        return
    st.subheader(view.say("app_balance.breaches", count=len(found.breaches)))
    show(found.breaches, view.language, ["line_id", "area_m2", "unreplaced_m2", "from_code", "to_code", "is_replaced"])
