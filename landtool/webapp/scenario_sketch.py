"""A rezoning drawn on the map: areas, or parcels clicked, each with the use before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st

from landtool.balance.areas import drawn_area_m2
from landtool.errors import InputDataError
from landtool.maps.store import ParcelStore
from landtool.webapp import map_state
from landtool.webapp.land_use_choice import choose_class, choose_code
from landtool.webapp.map_component import map_frame
from landtool.webapp.map_data import session_map
from landtool.webapp.plain import as_text
from landtool.webapp.view import View

_HEIGHT = 520
_FRAME, _AREAS, _FAULT = "scenario_map", "scenario_areas", "scenario_fault"


@dataclass(frozen=True)
class SketchedArea:
    """One area to rezone: a number of its own, the parcel it was taken from (empty: drawn), its shape."""

    number: int
    parcel_id: str
    shape: shapely.Geometry


def sketch_on_map(view: View, snapshot: str) -> gpd.GeoDataFrame | None:
    """Draw the map and the areas taken on it.

    Returns
    -------
    GeoDataFrame or None
        ``proposal_id, from_class, to_code`` of the areas whose use after is chosen; None while there is none.
    """
    served = session_map(view)
    store = served.served.tiles.store

    def happened() -> None:
        take_event(view, store, st.session_state.get(_FRAME))

    left, right = st.columns([2.2, 1], gap="medium")
    with left:
        map_frame(served.address, _wish(view, store), height=_HEIGHT, key=_FRAME, on_change=happened)
        fault = st.session_state.pop(_FAULT, None)
        if fault:
            st.warning(as_text(fault))
    with right:
        return _areas(view, snapshot)


def areas_of(view: View) -> list[SketchedArea]:
    """The areas taken so far, in the order they were taken; those of another workspace are forgotten."""
    folder, areas = st.session_state.get(_AREAS, ("", []))
    return areas if folder == str(view.folder) else []


def take_event(view: View, store: ParcelStore, event: Any) -> None:
    """What happened on the map: a ring becomes an area, a click takes a parcel or lets it go."""
    if not isinstance(event, dict):
        return
    if event.get("kind") == "area" and event.get("ring") is None:
        _keep(view, [])
    elif event.get("kind") == "area":
        try:
            ring = map_state.ring_area(view, store, event["ring"])
        except InputDataError as error:
            st.session_state[_FAULT] = str(error)
            return
        _add(view, "", ring.iloc[0])
    elif event.get("kind") == "click":
        row = store.row_at(float(event["lng"]), float(event["lat"]))
        if row is not None:
            _turn(view, row)


def _turn(view: View, row: int) -> None:
    """Take a parcel, or let it go if it was taken."""
    parcel: pd.Series = view.result.parcels.iloc[row]  # type: ignore[union-attr]
    name, areas = str(parcel["parcel_id"]), areas_of(view)
    left = [one for one in areas if one.parcel_id != name]
    if len(left) < len(areas):
        _keep(view, left)
    else:
        _add(view, name, parcel["geometry"])


def _add(view: View, parcel_id: str, shape: shapely.Geometry) -> None:
    areas = areas_of(view)
    number = max((one.number for one in areas), default=0) + 1
    # What the last one became is the likeliest for the next.
    for name in ("from", "to"):
        before = st.session_state.get(f"scenario_{name}_{areas[-1].number}") if areas else None
        st.session_state[f"scenario_{name}_{number}"] = before
    st.session_state[f"scenario_from_{number}"] = st.session_state[f"scenario_from_{number}"] or ""
    _keep(view, [*areas, SketchedArea(number, parcel_id, shape)])


def _keep(view: View, areas: list[SketchedArea]) -> None:
    st.session_state[_AREAS] = (str(view.folder), areas)


def _wish(view: View, store: ParcelStore) -> dict[str, Any]:
    """What the map shows: all parcels, and the areas taken."""
    areas = areas_of(view)
    rings = None
    if areas:
        every = shapely.MultiPolygon([part for one in areas for part in _parts(one.shape)])
        rings = map_state.area_rings(gpd.GeoSeries([every], crs=view.result.parcels.crs), store.is_shifted)  # type: ignore[union-attr]
    return {"shown": None, "selected": None, "area": rings, "go": None}


def _parts(shape: shapely.Geometry) -> list[shapely.Polygon]:
    return [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]


def _areas(view: View, snapshot: str) -> gpd.GeoDataFrame | None:
    """A block per area; the rezoning they make."""
    st.caption(view.say("app_balance.draw_about"))
    areas, plane = areas_of(view), view.result.parcels.crs  # type: ignore[union-attr]
    rows = []
    for one in areas:
        with st.container(border=True):
            before, after = _area(view, one, snapshot)
        if after:
            rows.append({"proposal_id": one.parcel_id or f"#{one.number}", "from_class": before, "to_code": after,
                         "geometry": one.shape})
    if not areas:
        return None
    st.button(view.say("app_balance.draw_clear"), key="scenario_clear", on_click=_keep, args=(view, []))
    if len(rows) < len(areas):
        st.info(view.say("app_balance.draw_code", count=len(areas) - len(rows)))
    return gpd.GeoDataFrame(rows, crs=plane) if rows else None


def _area(view: View, one: SketchedArea, snapshot: str) -> tuple[str | None, str]:
    """Number, size and uses of one area."""
    head, away = st.columns([4, 1])
    name = as_text(one.parcel_id) if one.parcel_id else view.say("app_balance.area_number", number=one.number)
    area_m2 = float(drawn_area_m2(np.array([one.shape], dtype=object), view.result.parcels.crs)[0])  # type: ignore[union-attr]
    head.markdown(f"**{name}** · {view.say('app.hectares', area_m2=area_m2)}")
    away.button("✕", key=f"scenario_drop_{one.number}", help=view.say("app_balance.area_drop"), on_click=_keep,
                args=(view, [other for other in areas_of(view) if other is not one]))
    return choose_class(view, f"scenario_from_{one.number}"), choose_code(view, snapshot, f"scenario_to_{one.number}")
