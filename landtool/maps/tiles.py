"""Vector tiles made on demand: geometry and row numbers only, so that a recolour never remakes one.

A tile covers 512 × 512 screen pixels at a zoom of Leaflet's. Its bytes, little-endian, are what the
browser's typed arrays read in place:

====================  ==================================================================
``uint32`` × 4        magic, parcels *n*, rings *r*, bytes of one coordinate (2 or 4)
``uint32`` × *n*      row of each parcel in the result
``uint32`` × *n* + 1  first ring of each parcel
``uint32`` × *r* + 1  first vertex of each ring (open: the first vertex is not repeated)
``int16`` or ``int32``  x, y of each vertex in quarter pixels from the tile's north-west corner
====================  ==================================================================
"""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np

from landtool.errors import InputDataError
from landtool.geometry.rings import Rings
from landtool.maps.store import ParcelStore

TILE_PIXELS = 512
# Steps of the lattice along a tile: a quarter of a pixel.
STEPS = 4 * TILE_PIXELS
MAX_ZOOM = 22
MAGIC = 0x314C544C  # "LTL1"
# A border drawn along a tile's edge belongs to the neighbour too.
_MARGIN = 4.0 / TILE_PIXELS
_FINE_STEP = 1.0 / 2**18 / STEPS
_DETAIL_ZOOM = ((5_000, 10), (20_000, 12))


def detail_zoom(parcels: int) -> int:
    """The zoom from which parcels are drawn in their true shape; below it, squares of their size.

    A whole city in true shape costs the browser seconds and a gigabyte.

    Examples
    --------
    >>> detail_zoom(3000), detail_zoom(300_000)
    (10, 14)
    """
    return next((zoom for most, zoom in _DETAIL_ZOOM if parcels <= most), 14)


def tile_box(zoom: int, x: int, y: int) -> tuple[float, float, float]:
    """West and north of a tile in map coordinates, and its side.

    Raises
    ------
    InputDataError
        If there is no such tile.

    Examples
    --------
    >>> tile_box(2, 1, 0)
    (0.5, 0.0, 0.5)
    """
    across = 2 ** (zoom - 1) if 1 <= zoom <= MAX_ZOOM else 0
    if not (0 <= x < across and 0 <= y < across):
        raise InputDataError(f"no tile {zoom}/{x}/{y}", "map", "ask for a tile inside the world")
    return x / across, y / across, 1.0 / across


def encode_tile(store: ParcelStore, zoom: int, x: int, y: int) -> bytes:
    """The bytes of one tile; parcels that cross its edge are in it whole.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from landtool.maps.store import build_store
    >>> land = gpd.GeoDataFrame(geometry=[shapely.box(106, 29, 106.01, 29.01)], crs="EPSG:4490")
    >>> rows, rings = decode_tile(encode_tile(build_store(land), 14, 6508, 3405))
    >>> rows.tolist(), len(rings.xy)
    ([0], 4)
    """
    west, north, side = tile_box(zoom, x, y)
    margin = side * _MARGIN
    rows = store.rows_in(west - margin, north - margin, west + side + margin, north + side + margin)
    # Tile corners are lattice points: a border common to two tiles falls on the same points in both.
    return _encode(store, rows, west, north, side / STEPS)


def encode_all(store: ParcelStore) -> tuple[bytes, float, float, float]:
    """Everything as one tile, for a page that carries its parcels with it.

    Returns
    -------
    tuple
        The bytes, the west and north of the corner they count from, and the map units of one step (a
        quarter of a pixel at zoom 19: some four centimetres).
    """
    rows = np.flatnonzero(np.diff(store.first_ring))
    if not len(rows):
        return _encode(store, rows, 0.0, 0.0, 1.0), 0.0, 0.0, 1.0
    west, north, *_ = store.bounds
    return _encode(store, rows, west, north, _FINE_STEP), west, north, _FINE_STEP


def _encode(store: ParcelStore, rows: np.ndarray, west: float, north: float, step: float) -> bytes:
    rings = store.rings_at(rows)
    lattice = np.rint((rings.xy - (west, north)) / step).astype("int32")
    lattice, start, owner = _thin(lattice, rings)
    wide = len(lattice) and np.abs(lattice).max() > np.iinfo("int16").max
    first_ring = np.searchsorted(owner, np.arange(len(rows) + 1))
    head = np.array([MAGIC, len(rows), len(owner), 4 if wide else 2], dtype="<u4")
    parts = (head, rows.astype("<u4"), first_ring.astype("<u4"), start.astype("<u4"),
             lattice.astype("<i4" if wide else "<i2"))
    return b"".join(part.tobytes() for part in parts)


def _thin(lattice: np.ndarray, rings: Rings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Drop vertices that fall on the one before, and rings of which no area is left."""
    keep = np.ones(len(lattice), dtype=bool)
    keep[1:] = (lattice[1:] != lattice[:-1]).any(axis=1)
    keep[rings.start[:-1]] = True
    # The closing vertex; where the ring shrank to a point, its first vertex is dropped here.
    keep[rings.start[1:] - 1] = False
    counts = np.add.reduceat(keep, rings.start[:-1]) if len(rings) else np.zeros(0, dtype="int64")
    real = counts >= 3
    keep &= np.repeat(real, np.diff(rings.start))
    start = np.concatenate([[0], np.cumsum(counts[real])])
    return lattice[keep], start, rings.owner[real]


def decode_tile(content: bytes) -> tuple[np.ndarray, Rings]:
    """Rows and rings of a tile, in quarter pixels: what the browser reads, for tests and other readers.

    Raises
    ------
    InputDataError
        If the bytes are no tile.
    """
    head = np.frombuffer(content[:16], dtype="<u4")
    if len(head) < 4 or head[0] != MAGIC:
        raise InputDataError("these bytes are no tile", "map", "make them by encode_tile")
    parcels, count, width = (int(v) for v in head[1:])
    words = np.frombuffer(content, dtype="<u4", offset=16, count=2 * parcels + count + 2)
    rows, first_ring, start = np.split(words.astype("int64"), [parcels, 2 * parcels + 1])
    xy = np.frombuffer(content, dtype=f"<i{width}", offset=16 + words.nbytes).reshape(-1, 2)
    owner = np.repeat(np.arange(parcels), np.diff(first_ring))
    return rows, Rings(xy, start, owner, np.zeros(count, dtype=bool))


def encode_squares(store: ParcelStore) -> bytes:
    """Every parcel as centre and side, for the far view: six bytes a parcel.

    ``float64`` × 5: west, north, east, south of the centres, and the side that 65 535 stands for; then
    ``uint16`` x, y and side of each row of the result, a side of 0 meaning that there is no geometry.
    """
    known = np.isfinite(store.centres[:, 0])
    if not known.any():
        return np.zeros(5, dtype="<f8").tobytes() + bytes(6 * store.size)
    low, high = store.centres[known].min(axis=0), store.centres[known].max(axis=0)
    span, largest = np.maximum(high - low, 1e-12), max(float(store.sides.max()), 1e-12)
    head = np.array([*low, *(low + span), largest], dtype="<f8")
    cells = np.zeros((store.size, 3), dtype="<u2")
    cells[known, :2] = np.rint((store.centres[known] - low) / span * 65_535.0)
    cells[known, 2] = np.maximum(np.rint(store.sides[known] / largest * 65_535.0), 1)
    return head.tobytes() + cells.tobytes()


class TileCache:
    """Tiles of one store, the latest kept; may be asked from many threads.

    Parameters
    ----------
    store : ParcelStore
        Where tiles come from.
    most_bytes : int
        Bytes kept.
    """

    def __init__(self, store: ParcelStore, most_bytes: int = 64 * 2**20) -> None:
        self.store = store
        self._most = most_bytes
        self._kept: OrderedDict[tuple[int, int, int], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._squares: bytes | None = None

    def squares(self) -> bytes:
        """The far view, made when it is first asked for."""
        if self._squares is None:
            self._squares = encode_squares(self.store)
        return self._squares

    def tile(self, zoom: int, x: int, y: int) -> bytes:
        """One tile, from memory or made now (two threads may make the same one; both are right)."""
        key = (zoom, x, y)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        made = encode_tile(self.store, zoom, x, y)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._bytes += len(made)
            while self._bytes > self._most and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= len(oldest)
        return made
