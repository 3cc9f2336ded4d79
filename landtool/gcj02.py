"""GCJ-02, the shifted coordinates of Chinese web maps: for display only, and to be found out.

The shift is some 300 to 700 m and varies smoothly from place to place. Parcels are moved only to be drawn
over a GCJ-02 basemap and never stored so. A layer that came in shifted is suspected by comparing its
outlines with a reference layer that is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from landtool.errors import CrsError

_AXIS, _ECCENTRICITY2 = 6_378_245.0, 0.006_693_421_622_965_943
_WGS84 = "EPSG:4326"
_SAME_PLACE_SHARE = 0.6
_LEAST_PAIRS = 3


@dataclass(frozen=True)
class Gcj02Suspicion:
    """Whether a layer looks shifted to GCJ-02 against a reference.

    Attributes
    ----------
    is_suspected : bool or None
        Null where fewer than three polygons of the layer have a counterpart in the reference.
    pairs : int
        Polygons compared.
    east_m, north_m : float
        Median shift of the layer against the reference, metres.
    residual_m : float
        Median distance left once GCJ-02's own shift is taken off.
    """

    is_suspected: bool | None
    pairs: int
    east_m: float
    north_m: float
    residual_m: float


def gcj02_from_wgs84(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shift longitudes and latitudes (degrees, WGS 84 or CGCS2000) to GCJ-02.

    Holds within China; elsewhere the numbers are returned as they are.

    Examples
    --------
    >>> lon, lat = gcj02_from_wgs84(np.array([106.55]), np.array([29.56]))
    >>> [round(float(lon[0]), 6), round(float(lat[0]), 6)]
    [106.55372, 29.557153]
    """
    lon, lat = np.asarray(lon, dtype="float64"), np.asarray(lat, dtype="float64")
    x, y = lon - 105.0, lat - 35.0
    common = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    root = np.sqrt(np.abs(x))
    north = (-100.0 + 2.0 * x + 3.0 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * root
             + (common + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)
                + 160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0)
    east = (300.0 + x + 2.0 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * root
            + (common + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)
               + 150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0)
    phi = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        step_lat = np.degrees(north / (_AXIS * (1.0 - _ECCENTRICITY2) / magic**1.5))
        step_lon = np.degrees(east / (_AXIS / np.sqrt(magic) * np.cos(phi)))
    inside = (lon > 72.004) & (lon < 137.8347) & (lat > 0.8293) & (lat < 55.8271)
    return np.where(inside, lon + step_lon, lon), np.where(inside, lat + step_lat, lat)


def wgs84_from_gcj02(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take GCJ-02's shift off degrees: a place pointed at on a GCJ-02 basemap, as it really is.

    Within a centimetre; outside China the numbers are returned as they are.

    Examples
    --------
    >>> lon, lat = wgs84_from_gcj02(*gcj02_from_wgs84(np.array([106.55]), np.array([29.56])))
    >>> [round(float(lon[0]), 8), round(float(lat[0]), 8)]
    [106.55, 29.56]
    """
    east, north = np.asarray(lon, dtype="float64"), np.asarray(lat, dtype="float64")
    # The shift changes by less than a thousandth of itself over its own length: each step gains three digits.
    for _ in range(4):
        moved = gcj02_from_wgs84(east, north)
        east, north = east + (lon - moved[0]), north + (lat - moved[1])
    return east, north


def to_gcj02(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A copy in GCJ-02 degrees, only to be drawn over a GCJ-02 basemap; never store it.

    The copy says ``EPSG:4326``, for there is no code for GCJ-02: map libraries want degrees.

    Raises
    ------
    CrsError
        If the frame has no CRS.

    Examples
    --------
    >>> here = gpd.GeoDataFrame(geometry=gpd.points_from_xy([106.55], [29.56]), crs="EPSG:4490")
    >>> round(float(to_gcj02(here).geometry.x.iloc[0]), 4)
    106.5537
    """
    if frame.crs is None:
        raise CrsError("no coordinate reference system", "GCJ-02 display", "set the frame's crs")
    moved = frame.to_crs(_WGS84)
    shapes = shapely.transform(
        np.asarray(moved.geometry.array, dtype=object),
        lambda xy: np.column_stack(gcj02_from_wgs84(xy[:, 0], xy[:, 1])),
    )
    return moved.set_geometry(gpd.GeoSeries(shapes, index=moved.index, crs=_WGS84))


def suspect_gcj02(frame: gpd.GeoDataFrame, reference: gpd.GeoDataFrame) -> Gcj02Suspicion:
    """Compare a layer's polygons with those of a reference that is not shifted.

    Each polygon is compared with the one it overlaps most, where the two share most of their area.
    The layer is suspected if GCJ-02's shift at each place explains most of the shift seen.

    Parameters
    ----------
    frame, reference : geopandas.GeoDataFrame
        Polygons of the same things (such as districts) in any known CRS.

    Examples
    --------
    >>> cells = [shapely.box(106 + i / 10, 29, 106.1 + i / 10, 29.1) for i in range(4)]
    >>> true = gpd.GeoDataFrame(geometry=cells, crs="EPSG:4490")
    >>> suspect_gcj02(to_gcj02(true), true).is_suspected, suspect_gcj02(true, true).is_suspected
    (True, False)
    """
    ours, theirs = _degree_shapes(frame), _degree_shapes(reference)
    one, two = _counterparts(ours, theirs)
    if len(one) < _LEAST_PAIRS:
        return Gcj02Suspicion(None, len(one), np.nan, np.nan, np.nan)
    seen, place = (shapely.get_coordinates(shapely.centroid(s)) for s in (ours[one], theirs[two]))
    model = np.column_stack(gcj02_from_wgs84(place[:, 0], place[:, 1]))
    metres = np.column_stack([111_320.0 * np.cos(np.radians(place[:, 1])), np.full(len(one), 110_900.0)])
    shift, left = (seen - place) * metres, (seen - model) * metres
    east, north = np.median(shift, axis=0)
    before = float(np.median(np.hypot(*shift.T)))
    after = float(np.median(np.hypot(*left.T)))
    expected = float(np.median(np.hypot(*((model - place) * metres).T)))
    suspected = bool(after < 0.5 * before and before > 0.5 * expected > 0.0)
    return Gcj02Suspicion(suspected, len(one), float(east), float(north), after)


def _degree_shapes(frame: gpd.GeoDataFrame) -> np.ndarray:
    shapes = np.asarray(frame.geometry.to_crs(_WGS84).array, dtype=object)
    broken = ~(shapely.is_valid(shapes) | shapely.is_missing(shapes))
    shapes = shapes.copy()
    shapes[broken] = shapely.make_valid(shapes[broken])
    return shapes


def _counterparts(ours: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that share most of both areas (intersection over union)."""
    two, one = shapely.STRtree(ours).query(theirs, predicate="intersects")
    common = shapely.area(shapely.intersection(ours[one], theirs[two]))
    both = shapely.area(ours[one]) + shapely.area(theirs[two]) - common
    same = common > _SAME_PLACE_SHARE * both
    return one[same], two[same]
