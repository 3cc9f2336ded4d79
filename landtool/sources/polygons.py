"""What a polygon layer takes from a source, and what it sets aside."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from landtool.errors import InputDataError
from landtool.schema.problems import concat_problems, make_problems
from landtool.sources.gdal import note, unreadable
from landtool.sources.raw import RawTable

#: No coordinate of a map reaches this: an easting in zone 60 is 60 500 000 m.
COORDINATE_MAX = 1e8
# Shapes looked through at once: their corners are copied.
_CHUNK = 200_000


def require_polygons(raw: RawTable) -> RawTable:
    """Keep polygons; set aside points, lines, surfaces in space, mixed collections, lost corners.

    A collection made of polygons only becomes one multipolygon, with a note. Null and empty geometries
    stay: whether a record without geometry still serves is for the layer to say.

    Raises
    ------
    InputDataError
        If the source has no geometry at all.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = gpd.GeoDataFrame({"a": [1, 2]}, geometry=[shapely.box(0, 0, 1, 1), shapely.Point(0, 0)])
    >>> raw = RawTable(frame, "x.gpkg", pd.Series([1, 2], dtype="Int64"), rows_in=2)
    >>> kept = require_polygons(raw)
    >>> len(kept.frame), kept.rows_in, kept.problems["kind"].tolist()
    (1, 2, ['geometry_not_polygon'])
    """
    if not isinstance(raw.frame, gpd.GeoDataFrame):
        raise InputDataError("source has no geometry", raw.source, "name a layer with polygons")
    shapes = np.asarray(raw.frame.geometry.array)
    merged, merges = _polygon_collections(shapes)
    codes = shapely.get_type_id(merged)
    fit = np.isin(codes, (-1, 3, 6)) | shapely.is_empty(merged)
    # One damaged number would move the whole layer off the earth.
    far = fit & _beyond(merged)
    keep = fit & ~far
    if keep.all() and not merges:
        return raw
    names = [type(shape).__name__ for shape in merged[~fit]]
    problems = [raw.problems, unreadable(raw.source, raw.source_row[far].tolist(),
                                         ["a coordinate lies beyond the earth"] * int(far.sum()))]
    if names:
        problems.append(make_problems(
            layer="", kind="geometry_not_polygon", scope="row", source=raw.source, field="geometry",
            source_row=raw.source_row[~fit].tolist(), value=names))
    if merges:
        problems.append(note("geometry_collection_merged", raw.source, value=str(merges)))
    frame = raw.frame.set_geometry(merged, crs=raw.frame.crs)[keep].reset_index(drop=True)
    return RawTable(frame, raw.source, raw.source_row[keep].reset_index(drop=True), raw.encoding,
                    raw.encoding_basis, raw.crs, raw.rows_in, concat_problems(problems))


def _beyond(shapes: np.ndarray) -> np.ndarray:
    """Whether any corner, of a hole too, lies beyond the earth or is no number."""
    marks = np.zeros(len(shapes), dtype=bool)
    for start in range(0, len(shapes), _CHUNK):
        xy, owner = shapely.get_coordinates(shapes[start : start + _CHUNK], return_index=True)
        lost = ~(np.abs(xy) <= COORDINATE_MAX).all(axis=1)
        marks[start + owner[lost]] = True
    return marks


def _polygon_collections(shapes: np.ndarray) -> tuple[np.ndarray, int]:
    mixed = np.flatnonzero((shapely.get_type_id(shapes) == 7) & ~shapely.is_empty(shapes))
    if not len(mixed):
        return shapes, 0
    parts, owner = shapely.get_parts(shapes[mixed], return_index=True)
    inner, at = shapely.get_parts(parts, return_index=True)
    only = np.ones(len(mixed), dtype=bool)
    only[owner[at[shapely.get_type_id(inner) != 3]]] = False
    good = only[owner[at]]
    merged = shapes.copy()
    if only.any():
        places, dense = np.unique(owner[at][good], return_inverse=True)
        merged[mixed[places]] = shapely.multipolygons(inner[good], indices=dense)
    return merged, int(only.sum())
