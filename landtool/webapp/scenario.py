"""A rezoning before anyone signs: drawn, handed in, or of parcels named, against the balance as it stands."""

from __future__ import annotations

import hashlib

import geopandas as gpd
import pandas as pd
import streamlit as st

from landtool.balance.proposed import proposals_of_parcels, proposals_of_sketch
from landtool.balance.rezoning import ScenarioResult
from landtool.reports.balance_report import read_proposals
from landtool.reports.workbook_sheets import zone_labels
from landtool.schema import LAYERS
from landtool.schema.headers import map_headers
from landtool.sources.vector import read_vector
from landtool.webapp.fragments import fragment
from landtool.webapp.land_use_choice import choose_class, choose_code, classification_of
from landtool.webapp.look import upload_words
from landtool.webapp.map_area import area_of_file
from landtool.webapp.scenario_sketch import sketch_on_map
from landtool.webapp.snapshots import balance_with
from landtool.webapp.tables import show
from landtool.webapp.uploads import handed_in
from landtool.webapp.view import View

_KINDS = ["geojson", "json", "gpkg", "zip"]
_WAYS = ("draw", "file", "parcels", "own")
_DIFFERENCE = [
    "region_kind", "zone", "verdict_base", "verdict", "net_change_m2", "converted_out_m2",
    "converted_in_m2", "replacement_m2", "new_m2", "closing_m2",
]  # fmt: skip
_AFFECTED = ["proposal_id", "to_code", "parcel_id", "contract_id", "area_m2", "share"]


@fragment
def draw_scenario(view: View, names: list[str]) -> None:
    """Ask for a rezoning, and show what it does to the total; what is asked here redraws nothing else."""
    st.caption(view.say("app_balance.scenario_about", first=names[0], second=names[1]))
    way = st.radio(view.say("app_balance.way"), _ways(view), horizontal=True, key="scenario_way",
                   format_func=lambda name: view.say(f"app_balance.way_{name}"))
    proposals, is_asked = _asked(view, way, names[1])
    if is_asked:
        _result(view, balance_with(view, names[0], names[1], proposals, _key(proposals)))


def _ways(view: View) -> list[str]:
    lacking = set() if view.land.layers.proposals is not None else {"own"}
    if not view.result.has_geometry:
        lacking |= {"draw", "parcels"}
    return [way for way in _WAYS if way not in lacking]


def _key(proposals: gpd.GeoDataFrame | None) -> str:
    """What tells one rezoning from another; the workspace's own is known by the workspace."""
    if proposals is None:
        return "own"
    told = hashlib.sha256(b"".join(proposals.geometry.to_wkb()))
    told.update(proposals.drop(columns="geometry").to_csv().encode())
    return told.hexdigest()


def _asked(view: View, way: str, snapshot: str) -> tuple[gpd.GeoDataFrame | None, bool]:
    """The proposals (None: the workspace's own), and whether anything is asked yet."""
    if way == "own":
        return None, True
    asked = {"draw": _drawn, "file": _handed_in, "parcels": _named_parcels}[way](view, snapshot)
    return asked, asked is not None


def _drawn(view: View, snapshot: str) -> gpd.GeoDataFrame | None:
    return _rezoned(view, sketch_on_map(view, snapshot), snapshot)


def _rezoned(view: View, sketch: gpd.GeoDataFrame | None, snapshot: str) -> gpd.GeoDataFrame | None:
    if sketch is None:
        return None
    return proposals_of_sketch(sketch, view.land.layers.land_use[snapshot], classification_of(view, snapshot))


def _handed_in(view: View, snapshot: str) -> gpd.GeoDataFrame | None:
    """A file of proposals; of one that holds outlines alone the uses are asked for here."""
    upload_words(view.language)
    file = st.file_uploader(view.say("app_balance.file"), type=_KINDS, key="scenario_file")
    if file is None:
        return None
    with handed_in(file.name, file.getvalue()) as place:
        fields = [str(name) for name in read_vector(place, source=place.name).frame.columns]
        if any(one.canonical == "to_code" for one in map_headers(fields, LAYERS["proposals"], source=file.name)[0]):
            return read_proposals(view.land, place)
    st.caption(view.say("app_balance.file_outline"))
    left, right = st.columns(2)
    with left:
        before = choose_class(view, "scenario_file_from")
    with right:
        after = choose_code(view, snapshot, "scenario_file_to")
    if not after:
        return None
    area = area_of_file(view, file.name, file.getvalue())
    sketch = gpd.GeoDataFrame({"proposal_id": ["#1"], "from_class": [before], "to_code": [after]}, geometry=area.array,
                              crs=area.crs)
    return _rezoned(view, sketch, snapshot)


def _named_parcels(view: View, snapshot: str) -> gpd.GeoDataFrame | None:
    parcels = view.land.layers.parcels
    words = st.text_area(view.say("app_balance.parcels"), height=80, key="scenario_words")
    code = choose_code(view, snapshot, "scenario_code")
    ids = words.replace(",", " ").replace("、", " ").replace("，", " ").split()
    if not ids or not code or not isinstance(parcels, gpd.GeoDataFrame):
        return None
    return proposals_of_parcels(parcels, ids, code)


def _result(view: View, found: ScenarioResult) -> None:
    if found.difference is None:
        return
    whole = found.difference[found.difference["region_kind"] == "whole"].iloc[0]
    cells = st.columns(4)
    cells[0].metric(view.say("app_balance.effect"), view.say("app.hectares", area_m2=whole["net_change_m2"]))
    for cell, name in ((cells[1], "verdict_base"), (cells[2], "verdict")):
        verdict = whole[name] if pd.notna(whole[name]) else "unknown"
        cell.metric(view.say(f"app_balance.{name}"), view.say(f"app_balance.verdict_{verdict}"))
    if found.affected is not None:
        cells[3].metric(view.say("app_balance.touched"), view.say(
            "app_balance.touched_count", parcels=found.affected["parcel_id"].nunique(),
            contracts=found.affected["contract_id"].nunique()))
    _uncovered(view, found)
    terms = found.difference[[name for name in _DIFFERENCE if name.endswith("_m2")]]
    # What the ledger may be out by is no effect.
    moved = terms.abs().max(axis=1) > view.policy_number("balance.residual_max_m2")
    touched = found.difference[moved]
    st.subheader(view.say("app_balance.difference"))
    show(touched.assign(zone=zone_labels(touched, view.result, view.language)), view.language, _DIFFERENCE)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(view.say("app_balance.headroom"))
        room = found.headroom
        show(room.assign(zone=zone_labels(room, view.result, view.language)), view.language,
             ["region_kind", "zone", "net_change_m2", "headroom_m2", "deficit_m2"])
    with right:
        if found.affected is not None:
            st.subheader(view.say("app_balance.affected"))
            show(found.affected, view.language, _AFFECTED)
    st.subheader(view.say("app_balance.pairs"))
    show(found.pairs, view.language)


def _uncovered(view: View, found: ScenarioResult) -> None:
    """Ground that the survey does not cover: nothing can be said of it, and that is said."""
    lost_m2 = float(found.uncovered_m2.sum())
    if lost_m2 > 0:
        st.warning(view.say("app_balance.uncovered", area_m2=lost_m2))
