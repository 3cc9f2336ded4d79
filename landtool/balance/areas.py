"""Area on the ellipsoid of polygons as they are drawn on a plane: exactly additive when they are cut.

:func:`landtool.geometry.area.ellipsoidal_area_m2` takes edges as geodesics between corners. Cut such a
polygon anywhere, and the parts do not quite add up, because the cut puts a corner on the straight line
of the plane. A ledger that is reconciled to a square metre needs a measure that adds up, so here an edge
is the straight line of the plane that the layers were overlaid on. For parcels the two agree to about
0.3 mm² per metre of border.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion

from landtool.errors import CrsError
from landtool.geometry.area import areas_from_moments, plane_moments
from landtool.geometry.pairs import in_threads
from landtool.geometry.rings import Rings, edge_steps, ring_sums, rings_of

_LONG_EDGE_M = 2_000.0
# Rings up to this size are measured by their moments: parts of what was cut must add up, the uncut need not.
_SMALL_M = 500.0
SMALL_UNCUT_M = 2_000.0


def drawn_area_m2(geometries: np.ndarray, crs: CRS) -> np.ndarray:
    """Area on the ellipsoid of polygons whose edges are straight on the plane ``crs``.

    Of a small polygon the area on the plane times the area scale at its centroid (the remainder is of the
    fourth order in its size). Of a large one each edge is taken as the parabola through the images of its
    ends and its middle on an equal-area plane; the remainder is of the fifth order in its length.

    Parameters
    ----------
    geometries : numpy.ndarray of shapely geometries
        Valid polygons.
    crs : pyproj.CRS
        A projected CRS in metres.

    Returns
    -------
    numpy.ndarray
        (n,) m²; 0 where there is no polygon.

    Raises
    ------
    CrsError
        If the CRS is not tied to the Earth.

    Examples
    --------
    >>> plane = CRS.from_epsg(4544)
    >>> whole, left, right = (shapely.box(5e5 + x, 3.27e6, 5e5 + y, 3.28e6) for x, y in
    ...                       ((0, 1e4), (0, 4e3), (4e3, 1e4)))
    >>> area = drawn_area_m2(np.array([whole, left, right]), plane)
    >>> bool(abs(area[0] - area[1] - area[2]) < 1e-4), area.round(0).tolist()
    (True, [99999918.0, 39999995.0, 59999923.0])
    """
    shapes = np.asarray(geometries, dtype=object)
    rings = rings_of(shapes)
    if not len(rings):
        return np.zeros(len(shapes))
    moments = plane_moments(rings, 0, len(rings), straight=True)
    low, high = moments[:, 5:7].min(axis=0), moments[:, 7:].max(axis=0)
    areas = areas_from_moments(moments, low, high, crs, straight_within_m=_SMALL_M)
    signed = np.where(rings.is_hole, -areas, areas)
    found = np.bincount(rings.owner, weights=signed, minlength=len(shapes))
    large = np.flatnonzero(np.isnan(found))
    if len(large):
        rings = rings_of(_shorten(shapes[large]))
        areas = np.abs(_ring_areas(rings, crs))
        signed = np.where(rings.is_hole, -areas, areas)
        found[large] = np.bincount(rings.owner, weights=signed, minlength=len(large))
    return found


def _shorten(shapes: np.ndarray) -> np.ndarray:
    """The same shapes with long edges divided."""
    boxes = shapely.bounds(shapes)
    large = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) > _LONG_EDGE_M
    if not large.any():
        return shapes
    shapes = shapes.copy()
    shapes[large] = shapely.segmentize(shapes[large], _LONG_EDGE_M)
    return shapes


def _ring_areas(rings: Rings, crs: CRS) -> np.ndarray:
    to_equal = _to_equal_area(rings.xy, crs)
    x, y = rings.xy[:, 0], rings.xy[:, 1]
    half = np.column_stack([x + edge_steps(x, rings.start) / 2.0, y + edge_steps(y, rings.start) / 2.0])
    ends, middles = to_equal(rings.xy), to_equal(half)
    first = np.repeat(ends[rings.start[:-1]], np.diff(rings.start), axis=0)
    ends, middles = ends - first, middles - first
    dx, dy = edge_steps(ends[:, 0], rings.start), edge_steps(ends[:, 1], rings.start)
    chord = ends[:, 0] * dy - ends[:, 1] * dx
    mx, my = middles[:, 0] - ends[:, 0], middles[:, 1] - ends[:, 1]
    # Twice the area between chord and parabola is 4/3 of twice the triangle's.
    bulge = 4.0 / 3.0 * (mx * dy - my * dx)
    bulge[rings.start[1:] - 1] = 0.0
    return ring_sums(chord + bulge, rings.start) / 2.0


def _to_equal_area(xy: np.ndarray, crs: CRS) -> Callable[[np.ndarray], np.ndarray]:
    base = crs.geodetic_crs
    if base is None or not base.is_geographic:
        raise CrsError(f"{crs.name!r} is not tied to the Earth", "land balance",
                       "give the CRS of the coordinates, such as EPSG:4545")
    centre = (xy.min(axis=0) + xy.max(axis=0)) / 2.0
    wkt = crs.to_wkt()
    lon, lat = np.round(_transformer(wkt, None).transform(*centre))
    transformer = _transformer(wkt, (float(lon), float(lat)))

    def convert(points: np.ndarray) -> np.ndarray:
        return in_threads(
            lambda x, y: np.column_stack(transformer.transform(x, y)),
            points[:, 0].copy(), points[:, 1].copy(),
        )  # fmt: skip

    return convert


@lru_cache(maxsize=32)
def _transformer(wkt: str, centre: tuple[float, float] | None) -> Transformer:
    """From a CRS to its own degrees, or to the equal-area plane around a whole degree."""
    crs = CRS.from_wkt(wkt)
    base = crs.geodetic_crs
    if centre is None:
        return Transformer.from_crs(crs, base, always_xy=True)
    plane = ProjectedCRS(LambertAzimuthalEqualAreaConversion(centre[1], centre[0]), geodetic_crs=base)
    return Transformer.from_crs(crs, plane, always_xy=True)
