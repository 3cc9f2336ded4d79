"""What one person has chosen on the map: kept for the session, by names that survive a new assessment."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import streamlit as st

from landtool.errors import InputDataError
from landtool.gcj02 import to_gcj02, wgs84_from_gcj02
from landtool.maps.outlines import Rings, rings_of_frame
from landtool.maps.page import corner_degrees
from landtool.maps.selection import area_of_ring
from landtool.maps.store import ParcelStore
from landtool.webapp.map_parcels import map_parcels
from landtool.webapp.view import View

_SELECTED, _AREA, _GO, _FAULT, _LATEST = "map_selected", "map_area", "map_go", "map_fault", "map_latest"
_INSIDE = "map_area_rows"


def selected_row(view: View) -> int | None:
    """Row of the parcel whose card is shown."""
    asked = st.session_state.get(_SELECTED)
    return None if asked is None else map_parcels(view).row_of(asked)


def select(view: View, row: int | None, store: ParcelStore | None = None) -> None:
    """Show a parcel's card; with a store, move the map there too."""
    st.session_state[_SELECTED] = None if row is None else map_parcels(view).table["parcel_id"].iloc[row]
    st.session_state[_LATEST] = "card"
    if row is not None and store is not None and np.isfinite(store.boxes[row]).all():
        go_to(corner_degrees(store, row))


def go_to(bounds: list[list[float]]) -> None:
    """Move the map to a box of [lat, lon] corners, once."""
    st.session_state[_GO] = {"id": secrets.token_hex(8), "bounds": bounds}


def area() -> gpd.GeoSeries | None:
    """The area drawn or uploaded: one geometry on the working plane."""
    return st.session_state.get(_AREA)


def set_area(chosen: gpd.GeoSeries | None) -> None:
    """Take an area in place of the one before."""
    st.session_state[_AREA], st.session_state[_LATEST] = chosen, "area"


def remembered(view: View, chosen: gpd.GeoSeries, count: Callable[[], np.ndarray]) -> np.ndarray:
    """Rows inside the area, counted once for each area and result: every click runs the page again."""
    kept = st.session_state.get(_INSIDE)
    if kept is None or kept[0] is not chosen or kept[1] != view.stamp:
        kept = (chosen, view.stamp, count())
        st.session_state[_INSIDE] = kept
    rows: np.ndarray = kept[2]
    return rows


def was_opened(name: str, *, is_open: bool) -> bool:
    """Whether a box is open, or was before in this session."""
    key = f"map_opened_{name}"
    st.session_state[key] = st.session_state.get(key, False) or is_open
    return bool(st.session_state[key])


def is_area_latest() -> bool:
    """Whether an area was chosen after the last parcel: what was asked for last stands on top."""
    return bool(st.session_state.get(_LATEST) == "area")


def take_fault() -> str | None:
    """What was wrong with the last event, once."""
    return st.session_state.pop(_FAULT, None)


def take_event(view: View, store: ParcelStore, event: Any, shown: np.ndarray | None) -> None:
    """What happened on the map: a click chooses a parcel that is shown, a drawn ring becomes the area."""
    if not isinstance(event, dict):
        return
    if event.get("kind") == "click":
        row = store.row_at(float(event["lng"]), float(event["lat"]))
        select(view, row if row is None or shown is None or shown[row] else None)
    elif event.get("kind") == "area" and event.get("ring") is None:
        set_area(None)
    elif event.get("kind") == "area":
        try:
            set_area(ring_area(view, store, event["ring"]))
        except InputDataError as error:
            st.session_state[_FAULT] = str(error)


def ring_area(view: View, store: ParcelStore, ring: Any) -> gpd.GeoSeries:
    """A ring drawn on the map as one area on the working plane.

    Raises
    ------
    InputDataError
        If it encloses nothing.
    """
    plane = map_parcels(view).plane
    if store.is_shifted:
        corners = np.asarray(ring, dtype="float64")
        lon, lat = wgs84_from_gcj02(corners[:, 1], corners[:, 0])
        ring = np.column_stack([lat, lon]).tolist()
    return gpd.GeoSeries([area_of_ring(ring, plane)], crs=plane)


def wish(view: View, store: ParcelStore, shown_name: str | None) -> dict[str, Any]:
    """What the map is to show now."""
    row, chosen = selected_row(view), area()
    return {
        "shown": shown_name, "selected": None if row is None else store.outline(row),
        "area": None if chosen is None else area_rings(chosen, store.is_shifted),
        "go": st.session_state.get(_GO),
    }  # fmt: skip


def area_rings(chosen: gpd.GeoSeries, is_shifted: bool) -> Rings:
    """An area as the map draws it."""
    frame = gpd.GeoDataFrame(geometry=chosen)
    return rings_of_frame(to_gcj02(frame) if is_shifted else frame.to_crs("EPSG:4490"))[0]


def area_corners(chosen: gpd.GeoSeries, is_shifted: bool) -> list[list[float]]:
    """South-west and north-east of an area as the map shows it."""
    corners = np.array([place for polygon in area_rings(chosen, is_shifted) for place in polygon[0]])
    return [corners.min(axis=0).tolist(), corners.max(axis=0).tolist()]


def is_polygonal(shape: shapely.Geometry) -> bool:
    """Whether an area encloses anything."""
    return bool(shapely.area(shape) > 0)
