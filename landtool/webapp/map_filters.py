"""The map's filters and its search: what was chosen, as rows of the result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from landtool.codes.industry import division_label
from landtool.columns import texts
from landtool.maps.selection import Choice, chosen, find_parcels
from landtool.maps.store import ParcelStore
from landtool.maps.style import IDLE_COLOURS
from landtool.webapp import map_state
from landtool.webapp.map_parcels import MapParcels, map_parcels
from landtool.webapp.view import View


def filters(view: View) -> np.ndarray | None:
    """Draw the filters; the rows they leave, or None where nothing is filtered."""
    parcels = map_parcels(view)
    box = st.expander(view.say("map.filters"), icon=":material/filter_alt:", key="map_filters", on_change="rerun")
    # The browser loads as much for their fields as for the map: it does when somebody wants them. From then on they
    # stay, for a filter holds when its box is shut.
    if not map_state.was_opened("filters", is_open=bool(box.open)):
        return None
    with box:
        wanted = _choice(view, parcels)
        if wanted.is_empty:
            st.caption(view.say("map.filter_none", count=parcels.size))
            return None
        rows = chosen(parcels.table, parcels.industries, wanted)
        st.caption(view.say("map.filter_some", count=int(rows.sum()), all=parcels.size))
        return rows


def _choice(view: View, parcels: MapParcels) -> Choice:
    first, second = st.columns(4), st.columns([1, 1, 2])
    zones = ((view.result.parks, "park_id", "park_name"),
             (view.result.districts, "district_code", "district_name"))
    picked = []
    for place, (frame, key, name) in zip(first, zones, strict=False):
        with place:
            picked.append(_pick(view, key, _zone_names(frame, key, name)))
    parks, districts = picked
    with first[2]:
        statuses = _pick(view, "idle_status", {name: view.say(f"idle.status.{name}") for name in IDLE_COLOURS})
    with first[3]:
        divisions = _pick(view, "industry", _division_names(view, parcels))
    with second[0]:
        least = st.number_input(view.say("map.filter_least"), min_value=0.0, value=None, key="map_least")
    with second[1]:
        most = st.number_input(view.say("map.filter_most"), min_value=0.0, value=None, key="map_most")
    with second[2]:
        years = _years(view, parcels)
    return Choice(parks, districts, statuses, divisions, least, most, *years)


def _pick(view: View, column: str, names: dict[str, str]) -> tuple[str, ...]:
    if not names:
        return ()
    picked = st.multiselect(view.say(f"map.filter_{column}"), list(names), key=f"map_{column}",
                            format_func=lambda code: names.get(code, code),
                            placeholder=view.say("map.filter_all"))
    return tuple(picked)


def _zone_names(zones: pd.DataFrame | None, key: str, name: str) -> dict[str, str]:
    if zones is None:
        return {}
    known = texts(zones, key)
    return dict(zip(known.dropna(), texts(zones, name).fillna(known)[known.notna()], strict=True))


def _division_names(view: View, parcels: MapParcels) -> dict[str, str]:
    codes = pd.Series(parcels.industries.cat.categories, dtype="str")
    labels = division_label(codes, view.language).fillna(codes)
    return {code: f"{code} {label}" for code, label in zip(codes, labels, strict=True)}


def _years(view: View, parcels: MapParcels) -> tuple[int | None, int | None]:
    if parcels.years is None:
        return None, None
    low, high = parcels.years
    first, last = st.slider(view.say("map.filter_year"), low, high, (low, high), key="map_years")
    # The whole range asks for nothing: parcels without a contract stay.
    return (first, last) if (first, last) != (low, high) else (None, None)


def search(view: View, store: ParcelStore) -> None:
    """Draw the search; choosing a hit shows its card and moves the map there."""
    words = st.text_input(view.say("map.search"), key="map_search", placeholder=view.say("map.search_hint"))
    if not words.strip():
        return
    parcels = map_parcels(view).table
    rows = find_parcels(parcels, words)
    if not len(rows):
        st.caption(view.say("map.search_none"))
        return
    labels = _hit_labels(parcels, rows)
    # Another search, another menu: one that stays would bring the choice of the search before among these hits.
    key = f"map_hit_{words.strip()}"

    def go() -> None:
        place = st.session_state.get(key)
        if place is not None:
            map_state.select(view, int(rows[place]), store)

    st.selectbox(view.say("map.search_hits", count=len(rows)), range(len(rows)), index=None, key=key,
                 format_func=labels.__getitem__, on_change=go, placeholder=view.say("map.search_pick"))


def _hit_labels(parcels: pd.DataFrame, rows: np.ndarray) -> list[str]:
    found: dict[str, Any] = {name: texts(parcels, name).iloc[rows].fillna("") for name in ("parcel_id", "holder")}
    return [" ".join(filter(None, words)) for words in zip(*found.values(), strict=True)]
