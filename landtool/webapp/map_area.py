"""An area drawn or uploaded: its parcels' figures, and their export."""

from __future__ import annotations

from functools import partial

import geopandas as gpd
import numpy as np
import streamlit as st

from landtool import units
from landtool.errors import InputDataError, LandtoolError
from landtool.maps.selection import figures_by_status, output_figures, rows_inside
from landtool.maps.store import ParcelStore, map_coordinates
from landtool.maps.style import IDLE_COLOURS
from landtool.webapp import map_state
from landtool.webapp.look import upload_words
from landtool.webapp.map_data import session_map
from landtool.webapp.map_exports import EXPORTS
from landtool.webapp.map_parcels import MapParcels, map_parcels
from landtool.webapp.plain import as_text, text_table
from landtool.webapp.uploads import handed_in
from landtool.webapp.view import View

# Shapes that are geometry objects at the same time while an area is counted.
_AT_ONCE = 50_000
# Added to each side of an area's box, as a share of it: edges straight on the plane bend on the map.
_WIDER = 0.02
_FIGURES = ("idle_status", "area_m2", "output_cny", "area_used_m2", "in_denominator")
_TYPES = ["geojson", "json", "gpkg", "zip", "kml", "parquet", "fgb"]


def area_panel(view: View, shown: np.ndarray | None) -> None:
    """Draw the panel: upload, figures and exports of the area and the filter of the moment, where it is open."""
    box = st.expander(view.say("map.area_title"), icon=":material/select_all:", expanded=map_state.area() is not None,
                      on_change="rerun")
    if not box.open:
        return
    with box:
        _upload(view)
        rows = _rows(view, shown)
        if rows is None:
            st.caption(view.say("map.area_none"))
            return
        _figures(view, rows)
        _export(view, rows)
        if map_state.area() is not None and st.button(view.say("map.area_clear"), key="map_area_clear"):
            map_state.set_area(None)
            st.rerun(scope="fragment")


def _rows(view: View, shown: np.ndarray | None) -> np.ndarray | None:
    """Rows inside the area that the filter leaves; None where neither asks for anything."""
    chosen = map_state.area()
    if chosen is None:
        return None if shown is None else np.flatnonzero(shown)
    found = map_state.remembered(view, chosen, lambda: _inside(
        map_parcels(view), chosen, session_map(view).served.tiles.store))
    return found if shown is None else found[shown[found]]


def _inside(parcels: MapParcels, chosen: gpd.GeoSeries, store: ParcelStore) -> np.ndarray:
    """Rows of which at least half lies in an area; geometry is read of those near it alone."""
    (south, west), (north, east) = map_state.area_corners(chosen, store.is_shifted)
    x, y = map_coordinates(np.array([west, east]), np.array([north, south]))
    wider = _WIDER * max(x[1] - x[0], y[1] - y[0])
    near = store.rows_in(x[0] - wider, y[0] - wider, x[1] + wider, y[1] + wider)
    area = chosen.to_crs(parcels.plane).iloc[0]
    found = [part[rows_inside(parcels.at(part, (), with_geometry=True), area)]
             for part in np.array_split(near, len(near) // _AT_ONCE + 1)]
    return np.concatenate(found)


def _figures(view: View, rows: np.ndarray) -> None:
    own = map_parcels(view).at(rows, _FIGURES)
    st.markdown(f"**{view.say('map.area_count', count=len(own), area_m2=float(own['area_m2'].sum()))}**")
    if own.empty:
        return
    table = figures_by_status(own).set_index("idle_status").reindex(list(IDLE_COLOURS)).dropna()
    st.markdown(text_table(
        [(view.say(f"idle.status.{status}"), int(count), f"{units.ha(m2):,.2f}")
         for status, count, m2 in table[["parcels", "area_m2"]].itertuples()],
        [view.say(f"map.area_{name}") for name in ("status", "parcels", "ha")]))
    found = output_figures(own, view.policy_number("output.coverage_share_min"))
    key = "map.area_output" if found["output_intensity_cny_m2"] is not None else "map.area_output_unknown"
    st.markdown(view.say(key, **found))


def _export(view: View, rows: np.ndarray) -> None:
    kind = st.segmented_control(view.say("map.export"), list(EXPORTS), key="map_export_kind")
    if kind is None or not len(rows):
        return
    made = EXPORTS[kind]
    st.download_button(view.say("map.export_save", count=len(rows)), partial(made.write, view, rows),
                       file_name=f"parcels.{made.suffix}", mime=made.mime, key="map_export",
                       icon=":material/download:", on_click="ignore")


def _upload(view: View) -> None:
    upload_words(view.language)
    upload = st.file_uploader(view.say("map.area_upload"), _TYPES, key="map_area_file",
                              on_change=lambda: st.session_state.update(map_area_taken=False))
    if upload is None or st.session_state.get("map_area_taken"):
        return
    st.session_state["map_area_taken"] = True
    try:
        chosen = area_of_file(view, upload.name, upload.getvalue())
    except LandtoolError as error:
        st.error(as_text(error))
        return
    map_state.set_area(chosen)
    map_state.go_to(map_state.area_corners(chosen, session_map(view).served.tiles.store.is_shifted))
    st.rerun(scope="fragment")


def area_of_file(view: View, name: str, content: bytes) -> gpd.GeoSeries:
    """The polygons of a file handed in as one area on the working plane.

    Raises
    ------
    InputDataError
        If it holds no polygons in a known CRS.
    """
    from landtool.sources.vector import read_vector

    with handed_in(name, content) as path:
        frame = read_vector(path, source=path.name).frame
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        raise InputDataError("no polygons with a coordinate reference system", name,
                             "upload GeoJSON, GeoPackage or a zipped Shapefile with its .prj")
    shapes = frame.geometry[frame.geometry.notna()].to_crs(map_parcels(view).plane)
    united = shapes.make_valid().union_all()
    if not map_state.is_polygonal(united):
        raise InputDataError("no polygon in the file", name, "upload the polygons of an area")
    return gpd.GeoSeries([united], crs=shapes.crs)
