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

from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.polynomial import chebyshev
from pyproj import CRS, Geod, Transformer

from landtool.errors import CrsError
from landtool.geometry.pairs import in_threads
from landtool.geometry.rings import Rings, edge_steps, ring_sums, rings_of

_LONG_EDGE_M = 3_000.0
_SMALL_POLYGON_M = 2_000.0
_FIT_DEGREES = (4, 8, 12)
_FIT_ERROR = 2e-9
_CONFORMAL_ERROR = 1e-6
_CHUNK_VERTICES = 40_000
_SQUARE_M = 10_000.0


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
    known = _earth_crs(crs if crs is not None else frame.crs)
    geometries = np.asarray(frame.geometry.array, dtype=object)
    rings = rings_of(geometries)
    per_ring = np.abs(_ring_areas(rings, known))
    signed = np.where(rings.is_hole, -per_ring, per_ring)
    total = np.bincount(rings.owner, weights=signed, minlength=len(geometries))
    has_polygon = np.bincount(rings.owner, minlength=len(geometries)) > 0
    total = np.where(has_polygon & np.isfinite(total), total, np.nan)
    return pd.Series(total, index=frame.index, name="area_m2", dtype="float64")


def _earth_crs(crs: CRS | str | None) -> CRS:
    if crs is None:
        raise CrsError("no coordinate reference system", "ellipsoidal area",
                       "set the frame's crs or pass crs=")
    known = CRS.from_user_input(crs).to_2d()
    _base(known)
    return known


def _base(crs: CRS) -> CRS:
    """The CRS in latitude and longitude under a CRS, on the same ellipsoid."""
    base = crs.geodetic_crs
    if base is None or not base.is_geographic:
        raise CrsError(f"{crs.name!r} is not tied to the Earth", "ellipsoidal area",
                       "give the CRS of the coordinates, such as EPSG:4545")
    return base.to_2d()


def _geod(crs: CRS) -> Geod:
    geod = crs.get_geod()
    if geod is None:
        raise CrsError(f"{crs.name!r} has no ellipsoid", "ellipsoidal area",
                       "give the CRS of the coordinates, such as EPSG:4545")
    return geod


def _ring_areas(rings: Rings, crs: CRS) -> np.ndarray:
    if not len(rings):
        return np.zeros(0)
    if not crs.is_projected:
        return _by_vertices(rings, crs)
    scale = _fit_area_scale(*_extent(rings.xy), crs)
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
    geod = _geod(crs)
    degrees = _degrees(rings.xy, crs)
    rings = Rings(degrees, rings.start, rings.owner, rings.is_hole)
    rings = _divide_long_edges(rings, geod)
    cuts = _chunks(rings)

    def areas(first: np.ndarray, last: np.ndarray) -> np.ndarray:
        return np.concatenate([np.zeros(0), *(
            _authalic_areas(rings, low, high, geod) for low, high in zip(first, last, strict=True)
        )])

    return in_threads(areas, cuts[:-1], cuts[1:])


def _degrees(xy: np.ndarray, crs: CRS) -> np.ndarray:
    """Longitude and latitude on the CRS's own ellipsoid; NaN where the projection cannot say."""
    base = _base(crs)
    to_degrees = np.degrees(base.axis_info[0].unit_conversion_factor)  # 1, or 0.9 for grads
    if abs(to_degrees - 1.0) < 1e-9:
        to_degrees = 1.0
    if crs.is_geographic:
        return xy if to_degrees == 1.0 else xy * to_degrees
    inverse = Transformer.from_crs(crs, base, always_xy=True)

    def convert(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.column_stack(inverse.transform(x, y)) * to_degrees

    found = in_threads(convert, xy[:, 0].copy(), xy[:, 1].copy())
    return np.where(np.isfinite(found), found, np.nan)


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


@dataclass(frozen=True)
class _AreaScale:
    """ln(m² of ellipsoid per squared unit of the plane) as a Chebyshev polynomial over a box."""

    centre: np.ndarray
    half: np.ndarray
    log: np.ndarray
    slope_x: np.ndarray
    slope_y: np.ndarray

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Area scale at points inside the box."""
        return np.exp(self._value(self.log, x, y))

    def slopes_at(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The two slopes of the logarithm of the area scale at points inside the box."""
        return (self._value(self.slope_x, x, y) / self.half[0], self._value(self.slope_y, x, y) / self.half[1])

    def _value(self, terms: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        u, v = (x - self.centre[0]) / self.half[0], (y - self.centre[1]) / self.half[1]
        return chebyshev.chebval2d(u, v, terms)


def _area_scale(centre: np.ndarray, half: np.ndarray, log: np.ndarray) -> _AreaScale:
    """The polynomial and its slopes without the terms of high order that say nothing."""
    slopes = [chebyshev.chebder(log, axis=axis) for axis in (0, 1)]
    # Slopes only move an edge from its chord to the geodesic: less than a millionth part of an area.
    least = 1e-4 * max(np.abs(one).max() for one in slopes)
    return _AreaScale(centre, half, _trimmed(log, _FIT_ERROR / 20.0), *(_trimmed(one, least) for one in slopes))


def _trimmed(terms: np.ndarray, least: float) -> np.ndarray:
    """Coefficients without the last rows and columns that add up to less than this."""
    size = np.abs(terms)
    rows, columns = (max(int((np.cumsum(size.sum(axis=axis)[::-1])[::-1] > least).sum()), 1) for axis in (1, 0))
    return terms[:rows, :columns]


def _fit_area_scale(low: np.ndarray, high: np.ndarray, crs: CRS) -> _AreaScale | None:
    """The projection's area scale over an extent; None if not conformal or not smooth.

    Taken for the whole squares that the extent meets, so that the layers of one town share a fit.
    """
    if not np.isfinite(low).all():
        return None
    square = _SQUARE_M / crs.axis_info[0].unit_conversion_factor
    corners = (*(np.floor(low / square) * square), *(np.ceil(high / square) * square))
    return _fitted(crs.to_wkt(), *map(float, corners))


@lru_cache(maxsize=32)
def _fitted(wkt: str, west: float, south: float, east: float, north: float) -> _AreaScale | None:
    crs = CRS.from_wkt(wkt)
    unit = crs.axis_info[0].unit_conversion_factor
    low, high = np.array([west, south]), np.array([east, north])
    centre, half = (low + high) / 2.0, np.maximum((high - low) / 2.0, 1_000.0 / unit)
    for degree in _FIT_DEGREES:
        nodes = np.cos(np.pi * (np.arange(degree + 4) + 0.5) / (degree + 4))
        u, v = (axis.ravel() for axis in np.meshgrid(nodes, nodes))
        values = _log_area_scale(centre[0] + half[0] * u, centre[1] + half[1] * v, crs, 500.0 / unit)
        if values is None:
            return None
        terms = chebyshev.chebvander2d(u, v, [degree, degree])
        solution = np.linalg.lstsq(terms, values, rcond=None)[0]
        if np.abs(terms @ solution - values).max() < _FIT_ERROR:
            return _area_scale(centre, half, solution.reshape(degree + 1, degree + 1))
    return None


def _extent(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest finite x and y; infinite if there are none."""
    columns = (xy[:, 0], xy[:, 1])
    low = np.array([column.min() for column in columns])
    high = np.array([column.max() for column in columns])
    if np.isfinite(low).all() and np.isfinite(high).all():
        return low, high
    finite = xy[np.isfinite(xy).all(axis=1)]
    return finite.min(axis=0, initial=np.inf), finite.max(axis=0, initial=-np.inf)


def _log_area_scale(x: np.ndarray, y: np.ndarray, crs: CRS, step: float) -> np.ndarray | None:
    """Logarithm of the area scale from central differences; None if the CRS is not conformal there."""
    east_x, north_x = _slopes(x, y, crs, step, 0.0)
    east_y, north_y = _slopes(x, y, crs, 0.0, step)
    length_x, length_y = np.hypot(east_x, north_x), np.hypot(east_y, north_y)
    with np.errstate(divide="ignore", invalid="ignore"):  # beyond the edge of the projection
        across = (east_x * east_y + north_x * north_y) / (length_x * length_y)
        uneven = np.abs(length_x / length_y - 1.0) + np.abs(across)
    if not (uneven < _CONFORMAL_ERROR).all():
        return None
    return np.log(np.abs(east_x * north_y - east_y * north_x))


def _slopes(
    x: np.ndarray, y: np.ndarray, crs: CRS, dx: float, dy: float
) -> tuple[np.ndarray, np.ndarray]:
    """Metres east and north on the ellipsoid per unit of the plane, in direction (dx, dy)."""
    geod = _geod(crs)
    at = [_degrees(np.column_stack([x + k * dx, y + k * dy]), crs) for k in (-2, -1, 0, 1, 2)]
    change = np.radians(8.0 * (at[3] - at[1]) - (at[4] - at[0])) / (12.0 * (dx + dy))
    sine = np.sin(np.radians(at[2][:, 1]))
    across = geod.a / np.sqrt(1.0 - geod.es * sine**2)
    along = geod.a * (1.0 - geod.es) / (1.0 - geod.es * sine**2) ** 1.5
    return change[:, 0] * across * np.sqrt(1.0 - sine**2), change[:, 1] * along


def _by_moments(rings: Rings, scale: _AreaScale) -> tuple[np.ndarray, np.ndarray]:
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
    scale = _fit_area_scale(low, high, _earth_crs(crs)) if len(moments) else None
    if scale is None:
        return np.full(len(moments), np.nan)
    areas, size_m = _scaled(moments, scale, bool(straight_within_m))
    return np.where(size_m < (straight_within_m or _SMALL_POLYGON_M), np.abs(areas), np.nan)


def _scaled(moments: np.ndarray, scale: _AreaScale, straight: bool = False) -> tuple[np.ndarray, np.ndarray]:
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
