"""The parcels of one result as flat arrays in map coordinates: what tiles and clicks are made from.

Map coordinates are those of web maps: the spherical Mercator square with x and y from 0 to 1, y downward
from the north. They are for drawing and for finding what lies under a pointer, never for lengths or areas.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from pyproj import CRS, Transformer

from landtool.errors import CrsError
from landtool.gcj02 import gcj02_from_wgs84
from landtool.geometry.columns import PolygonColumn, column_of
from landtool.geometry.pairs import in_threads
from landtool.geometry.rings import Rings, edge_steps, ring_sums
from landtool.maps.box_index import BoxIndex, index_boxes

_EDGE_LAT = 85.051_128_779_806_6


@dataclass(frozen=True)
class ParcelStore:
    """Parcels by their row in the result; safe to read from many threads.

    Attributes
    ----------
    size : int
        Rows of the frame; those without a geometry are in no tile and under no click.
    rings : Rings
        In map coordinates, sorted by row; ``owner`` is the row. Rings are closed.
    first_ring : numpy.ndarray
        (size + 1,): the rings of row ``i`` are ``first_ring[i]:first_ring[i + 1]``.
    boxes : numpy.ndarray
        (size, 4) west, north, east, south; null where there is no geometry.
    centres : numpy.ndarray
        (size, 2) centroid of the shells; null where there is no geometry.
    sides : numpy.ndarray
        (size,) side of the square of the parcel's size, in map units.
    is_shifted : bool
        Whether the coordinates are GCJ-02's, to lie right over such a basemap.
    """

    size: int
    rings: Rings
    first_ring: np.ndarray
    boxes: np.ndarray
    centres: np.ndarray
    sides: np.ndarray
    is_shifted: bool
    _index: BoxIndex

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, north, east, south of everything, in map coordinates."""
        low, high = np.nanmin(self.boxes[:, :2], axis=0), np.nanmax(self.boxes[:, 2:], axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def rows_in(self, west: float, north: float, east: float, south: float) -> np.ndarray:
        """Rows whose box meets the given box, in their order."""
        return self._index.query(west, north, east, south)

    def rings_at(self, rows: np.ndarray) -> Rings:
        """The rings of some rows, ``owner`` being the place in ``rows``."""
        counts = np.diff(self.first_ring)[rows]
        begin = np.cumsum(counts) - counts
        at = np.arange(counts.sum()) + np.repeat(self.first_ring[rows] - begin, counts)
        taken = self.rings.take(at)
        return Rings(taken.xy, taken.start, np.repeat(np.arange(len(rows)), counts), taken.is_hole)

    def outline(self, row: int) -> list[list[list[float]]]:
        """The rings of one row as [lat, lon], as the map shows them."""
        rings = self.rings_at(np.array([row]))
        lon, lat = degrees(*rings.xy.T)
        corners = np.column_stack([lat, lon])
        return [corners[a:b - 1].tolist() for a, b in zip(rings.start[:-1], rings.start[1:], strict=True)]

    def row_at(self, lon: float, lat: float) -> int | None:
        """The row whose parcel lies under a point of the map; the smallest where several do.

        Parameters
        ----------
        lon, lat : float
            Degrees as the map shows them (GCJ-02's, if the store is shifted).
        """
        x, y = (float(v[0]) for v in map_coordinates(np.array([lon]), np.array([lat])))
        rows = self.rows_in(x, y, x, y)
        if not len(rows):
            return None
        rings = self.rings_at(rows)
        hit = rows[_crossings(rings, x, y, len(rows)) % 2 == 1]
        return int(hit[np.argmin(self.sides[hit])]) if len(hit) else None


def map_coordinates(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Degrees to map coordinates (0 to 1, y downward).

    Examples
    --------
    >>> [round(float(v[0]), 6) for v in map_coordinates(np.array([90.0]), np.array([0.0]))]
    [0.75, 0.5]
    """
    phi = np.radians(np.clip(lat, -_EDGE_LAT, _EDGE_LAT))
    return np.asarray(lon) / 360.0 + 0.5, 0.5 - np.arctanh(np.sin(phi)) / (2.0 * np.pi)


def degrees(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Map coordinates back to longitude and latitude.

    Examples
    --------
    >>> x, y = map_coordinates(np.array([106.5]), np.array([29.5]))
    >>> [round(float(v[0]), 9) for v in degrees(x, y)]
    [106.5, 29.5]
    """
    lat = np.degrees(np.arcsin(np.tanh((0.5 - np.asarray(y)) * 2.0 * np.pi)))
    return (np.asarray(x) - 0.5) * 360.0, lat


def build_store(parcels: gpd.GeoDataFrame, *, shift_to_gcj02: bool = False) -> ParcelStore:
    """Lay out the parcels of a result for drawing.

    Parameters
    ----------
    parcels : geopandas.GeoDataFrame
        Polygons in any known CRS; holes and several parts are kept, rows without geometry counted.
    shift_to_gcj02 : bool
        Move them to GCJ-02, to be drawn over such a basemap. The frame itself is not changed.

    Raises
    ------
    CrsError
        If the frame has no CRS.

    Examples
    --------
    >>> import shapely
    >>> land = gpd.GeoDataFrame(geometry=[shapely.box(106, 29, 106.01, 29.01), None], crs="EPSG:4490")
    >>> store = build_store(land)
    >>> store.row_at(106.005, 29.005), store.row_at(106.1, 29.0)
    (0, None)
    """
    column = column_of(np.asarray(parcels.geometry.array, dtype=object))
    return store_of(column, parcels.crs, shift_to_gcj02=shift_to_gcj02)


def store_of(polygons: PolygonColumn, plane: CRS | None, *, shift_to_gcj02: bool = False) -> ParcelStore:
    """Lay out polygons for drawing; of those kept as bytes no geometry objects are made.

    Parameters
    ----------
    polygons : PolygonColumn
        One a row of the result.
    plane : pyproj.CRS
        Theirs.
    shift_to_gcj02 : bool
        Move them to GCJ-02, to be drawn over such a basemap.

    Raises
    ------
    CrsError
        If there is no CRS.
    """
    if plane is None:
        raise CrsError("no coordinate reference system", "parcel map", "set the frame's crs")
    size = len(polygons)
    rings = polygons.rings(0, size)
    if (rings.owner[1:] < rings.owner[:-1]).any():
        rings = rings.take(np.argsort(rings.owner, kind="stable"))
    rings = Rings(_to_map(rings.xy, plane, shift_to_gcj02), rings.start, rings.owner, rings.is_hole)
    first_ring = np.searchsorted(rings.owner, np.arange(size + 1))
    boxes = _boxes(rings, first_ring, size)
    centres, sides = _centres(rings, size)
    return ParcelStore(size, rings, first_ring, boxes, centres, sides, shift_to_gcj02, index_boxes(boxes))


def _to_map(xy: np.ndarray, plane: CRS, shift_to_gcj02: bool) -> np.ndarray:
    turn = Transformer.from_crs(plane, "EPSG:4326", always_xy=True)

    def move(part: np.ndarray) -> np.ndarray:
        lon, lat = turn.transform(part[:, 0], part[:, 1])
        if shift_to_gcj02:
            lon, lat = gcj02_from_wgs84(lon, lat)
        return np.column_stack(map_coordinates(lon, lat))

    return in_threads(move, xy)


def _boxes(rings: Rings, first_ring: np.ndarray, size: int) -> np.ndarray:
    boxes = np.full((size, 4), np.nan)
    rows = np.flatnonzero(np.diff(first_ring))
    if len(rows):
        begin = rings.start[first_ring[rows]]
        boxes[rows, :2] = np.minimum.reduceat(rings.xy, begin)
        boxes[rows, 2:] = np.maximum.reduceat(rings.xy, begin)
    return boxes


def _centres(rings: Rings, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Centroid of the shells and side of the square of equal size, per row."""
    centres = np.full((size, 2), np.nan)
    if not len(rings):
        return centres, np.zeros(size)
    # From each ring's own corner: map coordinates are large against a parcel.
    corner = rings.xy[rings.start[:-1]]
    x, y = (rings.xy - np.repeat(corner, np.diff(rings.start), axis=0)).T
    dx, dy = edge_steps(x, rings.start), edge_steps(y, rings.start)
    cross = x * (y + dy) - (x + dx) * y
    twice = ring_sums(cross, rings.start)
    moments = [ring_sums(cross * (2 * v + d), rings.start) for v, d in ((x, dx), (y, dy))]
    area = np.abs(twice) / 2.0
    shell, flat = ~rings.is_hole, twice == 0.0
    divisor = np.where(flat, 1.0, 3.0 * twice)
    middle = corner + np.column_stack([np.where(flat, 0.0, m / divisor) for m in moments])
    weight = np.where(shell, np.maximum(area, 1e-30), 0.0)
    total = np.bincount(rings.owner, weight, size)
    with np.errstate(invalid="ignore", divide="ignore"):
        for axis in (0, 1):
            centres[:, axis] = np.bincount(rings.owner, weight * middle[:, axis], size) / total
    net = np.bincount(rings.owner, np.where(shell, area, -area), size)
    return centres, np.sqrt(np.maximum(net, 0.0))


def _crossings(rings: Rings, x: float, y: float, count: int) -> np.ndarray:
    """Edges that a ray from the point to the east crosses, per owner: odd = inside, holes included."""
    ax, ay = rings.xy[:-1].T
    bx, by = rings.xy[1:].T
    spans = (ay > y) != (by > y)
    spans[rings.start[1:-1] - 1] = False  # from one ring's end to the next one's start
    at = np.flatnonzero(spans)
    east = ax[at] + (y - ay[at]) * (bx[at] - ax[at]) / (by[at] - ay[at]) > x
    owner = np.repeat(rings.owner, np.diff(rings.start))[at[east]]
    return np.bincount(owner, minlength=count)
