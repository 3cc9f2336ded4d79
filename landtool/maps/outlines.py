"""Outlines of parks, districts, approvals, control lines and proposals, as the client draws them."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import shapely

from landtool import messages
from landtool.columns import texts
from landtool.gcj02 import to_gcj02
from landtool.maps.style import OUTLINES

# Degrees; a tenth of a metre on the ground, far below what a screen shows.
_DECIMALS = 6
# Column with the name that is written on the map.
_LABELS = {"districts": "district_name", "parks": "park_name", "approvals": "approval_id",
           "control_lines": "line_id", "proposals": "proposal_id"}  # fmt: skip
# Metres; boundaries of a whole province at a scale of a screen.
_TOLERANCE_M = 5.0
_MANY_VERTICES = 50_000

Rings = list[list[list[list[float]]]]


def outline_entry(name: str, language: str, *, is_on: bool) -> dict[str, Any]:
    """What the layer list says of one kind of outline; the shapes come apart from it."""
    colour, width, dash = OUTLINES[name]
    return {"name": name, "title": messages.say(f"map.{name}", language), "colour": colour,
            "width": width, "dash": dash, "on": is_on}  # fmt: skip


def outline_shapes(name: str, frame: gpd.GeoDataFrame, *, shift_to_gcj02: bool = False) -> list[dict[str, Any]]:
    """The shapes of one kind of outline: rings of [lat, lon], and the name written on each.

    Layers of very many vertices are simplified to five metres; they are drawn, never measured.

    Examples
    --------
    >>> parks = gpd.GeoDataFrame({"park_name": ["East"]}, geometry=[shapely.box(106, 29, 107, 30)], crs=4490)
    >>> shape, = outline_shapes("parks", parks)
    >>> shape["name"], len(shape["rings"][0][0])
    ('East', 4)
    """
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    if shapely.get_num_coordinates(frame.geometry.array).sum() > _MANY_VERTICES:
        plane = frame if frame.crs.is_projected else frame.to_crs(frame.estimate_utm_crs())
        frame = plane.set_geometry(plane.geometry.simplify(_TOLERANCE_M))
    wgs = to_gcj02(frame) if shift_to_gcj02 else frame.to_crs("EPSG:4490")
    names = texts(frame, _LABELS[name]).fillna("").tolist()
    return [{"rings": rings, "name": text} for rings, text in zip(rings_of_frame(wgs), names, strict=True)]


def as_json(content: object) -> bytes:
    """JSON as the client reads it, in as few bytes as it takes.

    Examples
    --------
    >>> as_json([{"name": "东区", "rings": []}]).decode()
    '[{"name":"东区","rings":[]}]'
    """
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def rings_of_frame(wgs: gpd.GeoDataFrame | gpd.GeoSeries) -> list[Rings]:
    """Per row: polygons, each a list of open rings of [lat, lon]; what is no polygon is left out."""
    shapes = shapely.set_precision(wgs.geometry.array, 10.0**-_DECIMALS, mode="pointwise")
    return [[[[[round(y, _DECIMALS), round(x, _DECIMALS)] for x, y, *_ in ring[:-1]] for ring in polygon]
             for polygon in _polygons(json.loads(text))] for text in shapely.to_geojson(shapes)]


def _polygons(shape: dict[str, Any]) -> list[Any]:
    if shape["type"] == "GeometryCollection":
        return [polygon for part in shape["geometries"] for polygon in _polygons(part)]
    if shape["type"] == "MultiPolygon":
        return list(shape["coordinates"])
    return [shape["coordinates"]] if shape["type"] == "Polygon" and shape["coordinates"] else []
