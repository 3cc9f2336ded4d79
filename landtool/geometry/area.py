"""Ellipsoidal area of polygons in any known CRS (the official method: TD/T 1055; never a plane's area).

What is measured: the area on the CRS's own ellipsoid of the polygon whose vertices are the file's and
whose edges are the **geodesics** between them, the same thing geographiclib measures. A straight edge in
the file's plane differs from it by about 0.3 mm² per metre for parcels: for a 100 m edge at the rim of a
3-degree zone less than 0.001 m².

Two ways to the same number:

- *By vertices* (any CRS): every vertex to latitude and longitude; the exact ellipsoidal area under the
  curve that is straight in the equal-area plane, plus the closed-form difference between that curve and
  the geodesic. Long edges are first divided along the geodesic.
- *By moments* (small polygons in a conformal projected CRS, such as Gauss-Kruger): plane area and
  centroid, times the area scale there, plus the difference between straight and geodesic edges. The area
  scale is a polynomial fitted to the projection itself over the layer's extent; where the fit is not
  good to 2e-9 the vertices are used instead.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS, Geod

from landtool.geometry.area_scale import AreaScale, fit_area_scale
from landtool.geometry.ellipsoid import degrees_of, earth_crs, geod_of
from landtool.geometry.pairs import in_threads
from landtool.geometry.rings import Rings, edge_steps, ring_sums, rings_of

_LONG_EDGE_M = 3_000.0
_SMALL_POLYGON_M = 2_000.0
_CHUNK_VERTICES = 40_000


def ellipsoidal_area_m2(
    frame: gpd.GeoDataFrame | gpd.GeoSeries, crs: CRS | str | None = None
) -> pd.Series:
    """Area of each polygon on the ellipsoid of its CRS, in m² (geodesic edges, holes subtracted).

    Within 1e-7 (relative) or 0.001 m² of geographiclib. Parts are summed, ring orientation does not
    matter, Z is left out.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame or geopandas.GeoSeries
        Polygons in degrees or in any projected CRS (also feet).
    crs : pyproj.CRS or str, optional
        CRS of the coordinates if the frame does not say it.

    Returns
    -------
    pandas.Series
        ``area_m2``, float64, on the frame's index. Null where there is no polygon (missing or empty
        geometry, points, lines) or a vertex cannot be placed on the ellipsoid: unknown is never zero.
        The area of an invalid polygon means little; repair first.

    Raises
    ------
    CrsError
        If the CRS is unknown or is not tied to the Earth.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> degrees = gpd.GeoSeries([box(106.5, 29.5, 106.51, 29.51), None], crs="EPSG:4490")
    >>> ellipsoidal_area_m2(degrees).round(3).tolist()
    [1074761.678, nan]
    >>> plane = gpd.GeoSeries([box(460_000, 3_270_000, 460_100, 3_270_100)], crs="EPSG:4544")
    >>> ellipsoidal_area_m2(plane).round(3).tolist()
    [9999.606]
    """
    known = earth_crs(crs if crs is not None else frame.crs)
    geometries = np.asarray(frame.geometry.array, dtype=object)
    rings = rings_of(geometries)
    per_ring = np.abs(_ring_areas(rings, known))
    signed = np.where(rings.is_hole, -per_ring, per_ring)
    total = np.bincount(rings.owner, weights=signed, minlength=len(geometries))
    has_polygon = np.bincount(rings.owner, minlength=len(geometries)) > 0
    total = np.where(has_polygon & np.isfinite(total), total, np.nan)
    return pd.Series(total, index=frame.index, name="area_m2", dtype="float64")


def _ring_areas(rings: Rings, crs: CRS) -> np.ndarray:
    if not len(rings):
        return np.zeros(0)
    if not crs.is_projected:
        return _by_vertices(rings, crs)
    scale = fit_area_scale(*_extent(rings.xy), crs)
    if scale is None:
        return _by_vertices(rings, crs)
    areas, size_m = _by_moments(rings, scale)
    large = ~(size_m < _SMALL_POLYGON_M)
    if large.any():
        areas[large] = _by_vertices(rings.take(large), crs)
    return areas


# --- by vertices --------------------------------------------------------------------------------


def _by_vertices(rings: Rings, crs: CRS) -> np.ndarray:
    """Signed geodesic area of each ring from the latitude and longitude of every vertex."""
    geod = geod_of(crs)
    degrees = degrees_of(rings.xy, crs)
    rings = Rings(degrees, rings.start, rings.owner, rings.is_hole)
    rings = _divide_long_edges(rings, geod)
    cuts = _chunks(rings)

    def areas(first: np.ndarray, last: np.ndarray) -> np.ndarray:
        return np.concatenate([np.zeros(0), *(
            _authalic_areas(rings, low, high, geod) for low, high in zip(first, last, strict=True)
        )])

    return in_threads(areas, cuts[:-1], cuts[1:])


def _authalic_areas(rings: Rings, first: int, last: int, geod: Geod) -> np.ndarray:
    """Signed area of rings ``first`` to ``last``, vertices in degrees, edges short geodesics.

    Along an edge the area down to the equator is the step in longitude times the mean authalic height,
    exact for an edge straight in the equal-area plane. The geodesic bulges towards the pole by
    ``tan(lat) / (12 N) * east * (east² + 3 north²)``, whose remainder is of the fifth order.
    """
    begin, end = rings.start[first], rings.start[last]
    start = rings.start[first : last + 1] - begin
    sine = np.sin(np.radians(rings.xy[begin:end, 1]))
    height = _authalic_height(sine, geod)
    east = edge_steps(np.radians(rings.xy[begin:end, 0]), start)
    north = edge_steps(height, start)
    middle = sine.copy()
    middle[:-1] += sine[1:]
    middle *= 0.5
    radius2 = geod.a**2 * (1.0 - middle**2) / (1.0 - geod.es * middle**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        bulge = middle * east / 12.0 * (radius2 * east**2 + 3.0 * north**2 / radius2)
    # Heights are taken from each ring's first vertex: the sum stays small, so it stays exact.
    local = height - np.repeat(height[start[:-1]], np.diff(start))
    return ring_sums(east * (local + 0.5 * north) + np.where(east == 0.0, 0.0, bulge), start)


def _authalic_height(sine: np.ndarray, geod: Geod) -> np.ndarray:
    """Area between the equator and a latitude per radian of longitude, m² (a series in e²)."""
    square = geod.es * sine**2
    total = np.full_like(sine, 9.0 / 17.0)
    for order in range(7, -1, -1):
        total *= square
        total += (order + 1.0) / (2.0 * order + 1.0)
    return geod.a**2 * (1.0 - geod.es) * sine * total


def _divide_long_edges(rings: Rings, geod: Geod) -> Rings:
    """The same rings with geodesic points put into edges of more than about 3 km."""
    lon, lat = rings.xy[:, 0], rings.xy[:, 1]
    limit = np.degrees(_LONG_EDGE_M / geod.a)
    east, north = edge_steps(lon, rings.start), edge_steps(lat, rings.start)
    if max(np.abs(east).max(), np.abs(north).max()) < limit / 2.0:
        return rings
    far = np.hypot(east * np.cos(np.radians(lat)), north) / limit
    pieces = np.where(np.isfinite(far), np.maximum(np.ceil(far), 1), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(pieces)), pieces)
    before = np.concatenate([[0], np.cumsum(pieces)])
    share = (np.arange(before[-1]) - before[edge]) / pieces[edge]
    xy = rings.xy[edge]
    inside = share > 0
    at = edge[inside]
    azimuth, _, length = geod.inv(lon[at], lat[at], lon[at + 1], lat[at + 1])
    xy[inside] = np.column_stack(
        geod.fwd(lon[at], lat[at], azimuth, np.asarray(length) * share[inside])[:2]
    )
    return Rings(xy, before[rings.start], rings.owner, rings.is_hole)


def _chunks(rings: Rings) -> np.ndarray:
    """Ring positions that cut the vertices into pieces that fit a processor's cache."""
    wanted = np.arange(0, rings.start[-1], _CHUNK_VERTICES)
    cuts = np.unique(np.searchsorted(rings.start, wanted))
    return np.unique(np.concatenate([[0], cuts[cuts < len(rings)], [len(rings)]]))


# --- by moments ---------------------------------------------------------------------------------


def _extent(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest finite x and y; infinite if there are none."""
    columns = (xy[:, 0], xy[:, 1])
    low = np.array([column.min() for column in columns])
    high = np.array([column.max() for column in columns])
    if np.isfinite(low).all() and np.isfinite(high).all():
        return low, high
    finite = xy[np.isfinite(xy).all(axis=1)]
    return finite.min(axis=0, initial=np.inf), finite.max(axis=0, initial=-np.inf)


def _by_moments(rings: Rings, scale: AreaScale) -> tuple[np.ndarray, np.ndarray]:
    """Signed geodesic area of each ring from its plane moments, and a bound of its size in metres."""
    cuts = _chunks(rings)

    def moments(first: np.ndarray, last: np.ndarray) -> np.ndarray:
        return np.concatenate([np.zeros((0, 9)), *(
            plane_moments(rings, low, high) for low, high in zip(first, last, strict=True)
        )])

    return _scaled(in_threads(moments, cuts[:-1], cuts[1:]), scale)


def areas_from_moments(
    moments: np.ndarray, low: np.ndarray, high: np.ndarray, crs: CRS, *, straight_within_m: float = 0.0
) -> np.ndarray:
    """Area of rings on the ellipsoid, whatever way they run, from moments that were taken in passing.

    Parameters
    ----------
    moments : numpy.ndarray
        (k, 9) as :func:`plane_moments` gives.
    low, high : numpy.ndarray
        Lowest and highest x and y of all rings.
    crs : pyproj.CRS
        A projected CRS.
    straight_within_m : float
        If given, edges are taken as straight on the plane (without ``cubic edge sums``), and rings larger
        than this are not measured.

    Returns
    -------
    numpy.ndarray
        (k,) m², edges as geodesics if not said otherwise; NaN where only :func:`ellipsoidal_area_m2` can
        say: for large rings, or in a CRS that is not conformal.
    """
    scale = fit_area_scale(low, high, earth_crs(crs)) if len(moments) else None
    if scale is None:
        return np.full(len(moments), np.nan)
    areas, size_m = _scaled(moments, scale, bool(straight_within_m))
    return np.where(size_m < (straight_within_m or _SMALL_POLYGON_M), np.abs(areas), np.nan)


def _scaled(moments: np.ndarray, scale: AreaScale, straight: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Signed geodesic area and the diagonal of the box in metres, from moments."""
    def some(rows: np.ndarray) -> np.ndarray:
        area, cx, cy, tx, ty, west, south, east, north = rows.T.copy()
        density = scale.at(cx, cy)
        found = area * density
        if not straight:
            slope_x, slope_y = scale.slopes_at(cx, cy)
            found += density / 24.0 * (slope_y * tx - slope_x * ty)
        return np.column_stack([found, np.hypot(east - west, north - south) * np.sqrt(density)])

    area, size_m = in_threads(some, moments).T
    return area, size_m


def plane_moments(rings: Rings, first: int, last: int, straight: bool = False) -> np.ndarray:
    """Of rings ``first`` to ``last``: signed area, centroid x and y, cubic edge sums in x and y, box.

    Areas are in squared units of the plane; the box is west, south, east, north. For edges that are
    ``straight`` on the plane the cubic sums are not needed and stay 0.
    """
    begin, end = rings.start[first], rings.start[last]
    start = rings.start[first : last + 1] - begin
    counts = np.diff(start)
    origin = rings.xy[rings.start[first:last]]
    x, y = (rings.xy[begin:end, axis] - np.repeat(origin[:, axis], counts) for axis in (0, 1))
    dx, dy = edge_steps(x, start), edge_steps(y, start)
    cross = x * dy
    cross -= y * dx
    area = ring_sums(cross, start) / 2.0
    cubic_x = cubic_y = np.zeros(len(counts))
    if not straight:
        square = dx * dx
        square += dy * dy
        cubic_x, cubic_y = ring_sums(square * dx, start), ring_sums(square * dy, start)
    west, south = (np.minimum.reduceat(values, start[:-1]) for values in (x, y))
    east, north = (np.maximum.reduceat(values, start[:-1]) for values in (x, y))
    for values, steps in ((x, dx), (y, dy)):
        values *= 2.0
        values += steps
        values *= cross
    with np.errstate(divide="ignore", invalid="ignore"):
        cx, cy = (ring_sums(values, start) / (6.0 * area) for values in (x, y))
    # A ring without area has no centroid; one outside its own box is an artefact of rounding.
    astray = ~((cx >= west) & (cx <= east) & (cy >= south) & (cy <= north))
    cx, cy = np.where(astray, 0.0, cx), np.where(astray, 0.0, cy)
    found = np.column_stack([area, cx, cy, cubic_x, cubic_y, west, south, east, north])
    for columns in (slice(1, 3), slice(5, 7), slice(7, 9)):
        found[:, columns] += origin
    return found
