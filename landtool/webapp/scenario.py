"""A rezoning before anyone signs: handed in, or of parcels named, against the balance as it stands."""

from __future__ import annotations

import hashlib

import geopandas as gpd
import pandas as pd
import streamlit as st

from landtool.balance.proposed import proposals_of_parcels
from landtool.errors import LandtoolError
from landtool.reports.balance_report import read_proposals
from landtool.reports.workbook_sheets import zone_labels
from landtool.webapp.look import upload_words
from landtool.webapp.snapshots import balance_with
from landtool.webapp.tables import show
from landtool.webapp.uploads import handed_in
from landtool.webapp.view import View

_KINDS = ["geojson", "json", "gpkg", "zip"]
_WAYS = ("file", "parcels", "own")
_DIFFERENCE = [
    "region_kind", "zone", "verdict_base", "verdict", "net_change_m2", "converted_out_m2",
    "converted_in_m2", "replacement_m2", "new_m2", "closing_m2",
]  # fmt: skip


def draw_scenario(view: View, names: list[str]) -> None:
    """Ask for a rezoning, and show what it does to the total."""
    st.caption(view.say("app_balance.scenario_about", first=names[0], second=names[1]))
    ways = [way for way in _WAYS if way != "own" or view.workspace.layers.proposals is not None]
    way = st.radio(view.say("app_balance.way"), ways, horizontal=True, key="scenario_way",
                   format_func=lambda name: view.say(f"app_balance.way_{name}"))
    try:
        proposals, key = _asked(view, way)
        if key:
            _result(view, names, proposals, key)
    except LandtoolError as error:
        st.error(str(error))


def _asked(view: View, way: str) -> tuple[gpd.GeoDataFrame | None, str]:
    """The proposals and what tells them apart; an empty key where nothing is asked yet."""
    if way == "own":
        return None, "own"
    if way == "file":
        upload_words(view.language)
        file = st.file_uploader(view.say("app_balance.file"), type=_KINDS, key="scenario_file")
        if file is None:
            return None, ""
        content = file.getvalue()
        with handed_in(file.name, content) as place:
            return read_proposals(view.workspace, place), hashlib.sha256(content).hexdigest()
    return _named_parcels(view)


def _named_parcels(view: View) -> tuple[gpd.GeoDataFrame | None, str]:
    parcels = view.workspace.layers.parcels
    if not isinstance(parcels, gpd.GeoDataFrame):
        st.info(view.say("app.no_geometry"))
        return None, ""
    with st.form("scenario_parcels"):
        words = st.text_area(view.say("app_balance.parcels"), height=80)
        code = st.text_input(view.say("app_balance.to_code"))
        asked = st.form_submit_button(view.say("app_balance.run"), type="primary")
    if asked or st.session_state.get("scenario_words") == (words, code):
        st.session_state["scenario_words"] = (words, code)
        ids = words.replace(",", " ").replace("、", " ").replace("，", " ").split()
        return proposals_of_parcels(parcels, ids, code), f"{code}|{'|'.join(ids)}"
    return None, ""


def _result(view: View, names: list[str], proposals: gpd.GeoDataFrame | None, key: str) -> None:
    found = balance_with(view, names[0], names[1], proposals, key)
    if found.difference is None:
        return
    whole = found.difference[found.difference["region_kind"] == "whole"].iloc[0]
    cells = st.columns(3)
    cells[0].metric(view.say("app_balance.effect"), view.say("app.hectares", area_m2=whole["net_change_m2"]))
    for cell, name in ((cells[1], "verdict_base"), (cells[2], "verdict")):
        verdict = whole[name] if pd.notna(whole[name]) else "unknown"
        cell.metric(view.say(f"app_balance.{name}"), view.say(f"app_balance.verdict_{verdict}"))
    touched = found.difference[found.difference["net_change_m2"].abs() > 0]
    st.subheader(view.say("app_balance.difference"))
    show(touched.assign(zone=zone_labels(touched, view.result, view.language)), view.language, _DIFFERENCE)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(view.say("app_balance.headroom"))
        room = found.headroom
        show(room.assign(zone=zone_labels(room, view.result, view.language)), view.language,
             ["region_kind", "zone", "net_change_m2", "headroom_m2", "deficit_m2"])
    with right:
        st.subheader(view.say("app_balance.pairs"))
        if found.pairs is not None:
            show(found.pairs, view.language)
