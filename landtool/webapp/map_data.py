"""What the map page keeps between reruns: the parcel store, the themes, and the map each session is served."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import streamlit as st
from pyproj import CRS

from landtool import messages
from landtool.assessment import Assessment
from landtool.errors import LandtoolError
from landtool.maps.basemap import Basemap, open_basemap
from landtool.maps.outlines import as_json, outline_entry, outline_shapes
from landtool.maps.page import folium_map, page_data, page_html
from landtool.maps.store import store_of
from landtool.maps.themes import COMMITMENT_COLUMNS, Theme, themes_of
from landtool.maps.tiles import TileCache, detail_zoom
from landtool.reports.parts import columns_of, polygons_of
from landtool.schema import LAYERS
from landtool.sources.catalogue import FILE_NAME, Catalogue, load_catalogue
from landtool.webapp.map_parcels import MapParcels, map_parcels
from landtool.webapp.map_routes import map_address
from landtool.webapp.map_server import MAPS, ServedMap
from landtool.webapp.view import View

_LINKS = "assets/"
# Outlines of the results, drawn at once; those that are read from the workspace when they are first switched on.
_AT_ONCE = ("districts", "parks")
_PLANNING = ("approvals", "control_lines", "proposals")


@dataclass(frozen=True)
class SessionMap:
    """The map one session is served, and where."""

    token: str
    served: ServedMap

    @property
    def address(self) -> str:
        """Of the map's page, relative to the frame that shows it."""
        return map_address(self.token)


def session_map(view: View) -> SessionMap:
    """The map of this session; its token dies with the session."""
    return _session_map(view, str(view.folder), view.stamp, view.language)


def make_ready(view: View) -> None:
    """Make what all sessions of a workspace share, before anyone asks for it."""
    if view.result.has_geometry:
        ready = _served(view, str(view.folder), view.stamp, view.language, _written(view.folder))
        ready.tiles.squares()
        for name in _AT_ONCE:
            ready.outlines(name)


def _written(folder: Path) -> float:
    """When the catalogue was written: it names outlines and base map."""
    return (folder / FILE_NAME).stat().st_mtime


@st.cache_resource(scope="session", show_spinner=False, max_entries=2,
                   on_release=lambda made: MAPS.close(made.token))  # fmt: skip
def _session_map(_view: View, folder: str, stamp: float, language: str) -> SessionMap:
    # Of its own is the filter alone.
    served = replace(_served(_view, folder, stamp, language, _written(_view.folder)))
    return SessionMap(MAPS.open(served), served)


@st.cache_resource(show_spinner=False, max_entries=4)
def _served(_view: View, folder: str, stamp: float, language: str, written: float) -> ServedMap:
    """What every session is served that looks at a workspace in one language."""
    catalogue, parcels = load_catalogue(_view.folder), map_parcels(_view)
    basemap = _basemap(catalogue)
    tiles = _tiles(parcels, folder, stamp, basemap is not None and basemap.is_gcj02)
    themes = _themes(parcels, folder, stamp, language)
    shelf = OutlineShelf(_view.result, catalogue, parcels.plane, tiles.store.is_shifted)
    data = page_data(tiles.store, themes, shelf.entries(language), language, detail_zoom(tiles.store.size))
    if basemap is not None:
        data["basemap"] = {"title": messages.say("map.basemap", language), "maxZoom": basemap.max_zoom,
                           "url": "basemap/{z}/{x}/{y}"}  # fmt: skip
    page = page_html(folium_map(data, links=_LINKS), str(_view.result.summary["name"]))
    tables = {theme.name: theme.codes.tobytes() for theme in themes}
    return ServedMap(page, tiles, shelf.shapes, _namer(parcels), tables, basemap)


def _basemap(catalogue: Catalogue) -> Basemap | None:
    spec = catalogue.basemap
    return None if spec is None else open_basemap(catalogue.root / spec.path, is_gcj02=spec.gcj02)


@st.cache_resource(show_spinner=False, max_entries=2)
def _tiles(_parcels: MapParcels, folder: str, stamp: float, shifted: bool) -> TileCache:
    shapes = polygons_of(_parcels.result, "parcels")
    return TileCache(store_of(shapes, _parcels.plane, shift_to_gcj02=shifted))


@st.cache_resource(show_spinner=False, max_entries=4)
def _themes(_parcels: MapParcels, folder: str, stamp: float, language: str) -> list[Theme]:
    result = _parcels.result
    commitments = columns_of(result, "commitments", COMMITMENT_COLUMNS)
    return themes_of(_parcels.table, commitments, result.output_target_cny_m2, language)


def _namer(parcels: MapParcels) -> Callable[[int], list[str]]:
    """Lines of the tip under the pointer: number and holder of a row."""
    names = [parcels.table[name] for name in ("parcel_id", "holder") if name in parcels.table]

    def tip(row: int) -> list[str]:
        return ["" if pd.isna(column.iloc[row]) else str(column.iloc[row]) for column in names]

    return tip


class OutlineShelf:
    """Shapes of outlines by kind, made when first asked for; may be asked from many threads.

    Parameters
    ----------
    result : Assessment
        Its parks and districts.
    catalogue : Catalogue
        For approvals, control lines and proposals: each read alone, without the rest of the workspace.
    plane : pyproj.CRS or None
        Of the parcels.
    is_shifted : bool
        Whether the map is shown in GCJ-02.
    """

    def __init__(self, result: Assessment, catalogue: Catalogue, plane: CRS | None, is_shifted: bool) -> None:
        self._result, self._catalogue, self._plane, self._shifted = result, catalogue, plane, is_shifted
        self._made: dict[str, bytes | None] = {}
        self._lock = threading.Lock()

    def entries(self, language: str) -> list[dict[str, Any]]:
        """The layer list: those outlines that this workspace has."""
        own = [name for name in _AT_ONCE if self._of_result(name) is not None]
        others = [name for name in _PLANNING if name in self._catalogue.layers]
        return [outline_entry(name, language, is_on=name in own) for name in [*own, *others]]

    def shapes(self, name: str) -> bytes | None:
        """Shapes of one kind as JSON; None where the workspace has none."""
        with self._lock:
            if name not in self._made:
                frame = self._of_result(name)
                if frame is None:
                    frame = self._of_workspace(name)
                self._made[name] = None if frame is None else as_json(outline_shapes(
                    name, frame, shift_to_gcj02=self._shifted))
            return self._made[name]

    def _of_result(self, name: str) -> gpd.GeoDataFrame | None:
        frame = getattr(self._result, name) if name in _AT_ONCE else None
        return frame if isinstance(frame, gpd.GeoDataFrame) else None

    def _of_workspace(self, name: str) -> gpd.GeoDataFrame | None:
        spec = self._catalogue.layers.get(name) if name in _PLANNING else None
        if spec is None:
            return None
        from landtool.intake import read_layer
        from landtool.policy import load_policy

        day = str(self._result.summary["as_of"])
        policy = load_policy(self._catalogue.name_or_path(self._catalogue.policy or "national"), day)
        try:
            frame = read_layer(self._catalogue.root, name, LAYERS[name], spec, policy, self._plane,
                               self._of_result("districts")).frame
        except LandtoolError:
            return None  # what cannot be read is said on the page of the data
        return frame if isinstance(frame, gpd.GeoDataFrame) else None
