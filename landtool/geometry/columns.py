"""A column of polygons that are turned into geometry objects only where someone asks for them.

Half of the time of reading a layer goes into making a Python object of every polygon. What most polygons
are needed for (a hash, an area, a box) can be had from the coordinates as they stand in the file, so a
column keeps the file's bytes (WKB in an Arrow array) or the objects it was given, and offers both views.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from landtool.geometry.pairs import in_threads
from landtool.geometry.rings import Rings, rings_of

# WKB type numbers of polygons and multipolygons -> bytes a vertex takes (ISO and extended spelling).
_POLYGONS = {3: 16, 1003: 24, 2003: 24, 3003: 32, 0x80000003: 24, 0x40000003: 24, 0xC0000003: 32}
_MULTI = {number + 3 for number in _POLYGONS}
_MOST_RINGS = 32
# Little-endian, polygon, one ring: the first bytes as one number (the last is not looked at).
_ONE_RING, _HEAD = np.uint64(0x01_00000003_01), np.uint64(0x00FFFFFFFFFFFFFF)
# No polygon with a vertex takes so little.
_EMPTY_BYTES = 40
_SAMPLE = 2_000


@dataclass(frozen=True)
class RingBytes:
    """Where the vertices of rings stand in bytes: little-endian doubles x, y and whatever follows them.

    Attributes
    ----------
    data : numpy.ndarray
        (b,) uint8; every ring lies within.
    owner : numpy.ndarray
        (k,) row that each ring belongs to.
    at, length, step : numpy.ndarray
        (k,) position of the first byte, number of vertices, bytes a vertex takes.
    is_hole : numpy.ndarray
        (k,) true for interior rings.
    """

    data: np.ndarray
    owner: np.ndarray
    at: np.ndarray
    length: np.ndarray
    step: np.ndarray
    is_hole: np.ndarray

    def __len__(self) -> int:
        return len(self.owner)

    def to_rings(self) -> Rings:
        """The vertices copied out."""
        start = np.concatenate([[0], np.cumsum(self.length)])
        # Positions as running sums: a vertex on within a ring, a jump to the next one.
        place = np.repeat(self.step, self.length)
        if not len(place):
            return Rings(np.zeros((0, 2)), start, self.owner, self.is_hole)
        last = self.at + self.step * (self.length - 1)
        place[start[:-1]] = self.at - np.concatenate([[0], last[:-1]])
        np.cumsum(place, out=place)
        return Rings(_read(self.data, place, "V16").view("<f8").reshape(-1, 2), start, self.owner, self.is_hole)


def _bytes_of(rings: Rings) -> RingBytes:
    """Rings that were copied out, as bytes again; the vertices stay where they are."""
    data = np.ascontiguousarray(rings.xy, dtype="<f8").view(np.uint8).reshape(-1)
    return RingBytes(data, rings.owner, 16 * rings.start[:-1], np.diff(rings.start), np.full(len(rings), 16),
                     rings.is_hole)  # fmt: skip


@dataclass(frozen=True)
class PolygonColumn:
    """Polygons by row.

    Attributes
    ----------
    objects : numpy.ndarray or None
        (n,) flat geometries, None where there is none.
    wkb : pyarrow.LargeBinaryArray or None
        Or as bytes; exactly one of the two is there.
    changed : numpy.ndarray, numpy.ndarray
        Rows (ascending) that were given another shape, and these shapes.
    """

    objects: np.ndarray | None
    wkb: Any = None
    changed: tuple[np.ndarray, np.ndarray] = field(
        default_factory=lambda: (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=object))
    )

    def __len__(self) -> int:
        return len(self.wkb) if self.objects is None else len(self.objects)

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Flat geometry objects of the given rows.

        Examples
        --------
        >>> column = column_of_wkb(pa.array([shapely.to_wkb(shapely.box(0, 0, 2, 1)), None]))
        >>> column.take(np.array([1, 0, 0])).tolist()
        [None, <POLYGON ((2 0, 2 1, 0 1, 0 0, 2 0))>, <POLYGON ((2 0, 2 1, 0 1, 0 0, 2 0))>]
        """
        own, shapes = self.changed
        if not len(own):
            return self._as_given(rows)
        at = np.minimum(np.searchsorted(own, rows), len(own) - 1)
        hit = own[at] == rows
        made = np.empty(len(rows), dtype=object)
        made[hit] = shapes[at[hit]]
        made[~hit] = self._as_given(rows[~hit])
        return made

    def _as_given(self, rows: np.ndarray) -> np.ndarray:
        if self.objects is not None:
            return self.objects[rows]
        return in_threads(_from_wkb, self.wkb.take(pa.array(rows)).to_numpy(zero_copy_only=False))

    def all(self) -> np.ndarray:
        """Flat geometry objects of all rows."""
        return self.take(np.arange(len(self)))

    def sample(self) -> np.ndarray:
        """Some of them from all over the column: enough to tell where on Earth it lies."""
        return self.take(np.unique(np.linspace(0, max(len(self) - 1, 0), min(len(self), _SAMPLE)).astype(np.int64)))

    def is_absent(self) -> np.ndarray:
        """Whether a row has no geometry or an empty one."""
        if self.objects is not None:
            return shapely.is_missing(self.objects) | shapely.is_empty(self.objects)
        short = np.flatnonzero(np.diff(_offsets(self.wkb)) <= _EMPTY_BYTES)
        found = np.zeros(len(self), dtype=bool)
        shapes = self.take(short)
        found[short] = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        return found

    def where(self, rows: np.ndarray) -> PolygonColumn:
        """The rows under a mask, as they were given."""
        if self.objects is not None:
            return PolygonColumn(self.objects[rows])
        return PolygonColumn(None, self.wkb.filter(pa.array(rows)))

    def with_shapes(self, rows: np.ndarray, shapes: np.ndarray) -> PolygonColumn:
        """The column with other shapes in some rows."""
        own, old = self.changed
        stays = ~np.isin(own, rows)
        own, old = np.concatenate([own[stays], rows]), np.concatenate([old[stays], shapes])
        order = np.argsort(own, kind="stable")
        return replace(self, changed=(own[order], old[order]))

    def wkb_bytes(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each row of a column of WKB begins, and the last one ends, among bytes; and the bytes."""
        return _offsets(self.wkb), _bytes(self.wkb)

    def rings(self, first: int, last: int) -> Rings:
        """Rings of rows ``first`` to ``last``; owners count from ``first``.

        As the rows were given: shapes that were put in later are not seen.
        """
        if self.objects is not None:
            return rings_of(self.objects[first:last])
        plain, rest = _wkb_rings(self.wkb, first, last)
        return plain.to_rings().plus(rest)

    def ring_bytes(self, first: int, last: int) -> list[RingBytes]:
        """The same rings in the same order, in one or two parts, copied only where the bytes are no plain WKB."""
        if self.objects is not None:
            return [_bytes_of(rings_of(self.objects[first:last]))]
        plain, rest = _wkb_rings(self.wkb, first, last)
        return [plain, _bytes_of(rest)] if len(rest) else [plain]

    def vertices(self) -> int:
        """About how many vertices there are."""
        ends = self._vertex_ends()
        return int(ends[-1]) if len(ends) else 0

    def chunks(self, vertices: int) -> np.ndarray:
        """Row positions that cut the column into pieces of about so many vertices."""
        ends = self._vertex_ends()
        cuts = np.searchsorted(ends, np.arange(vertices, self.vertices(), vertices)) + 1
        return np.unique(np.concatenate([[0], cuts[cuts < len(self)], [len(self)]]))

    def _vertex_ends(self) -> np.ndarray:
        if self.objects is not None:
            return np.cumsum(shapely.get_num_coordinates(self.objects))
        offsets = _offsets(self.wkb)
        return (offsets[1:] - offsets[0]) // 16


def column_of(geometries: np.ndarray) -> PolygonColumn:
    """A column of geometry objects; Z is left out."""
    shapes = np.asarray(geometries, dtype=object)
    return PolygonColumn(shapely.force_2d(shapes) if shapely.has_z(shapes).any() else shapes)


def column_of_wkb(values: pa.Array | pa.ChunkedArray) -> PolygonColumn:
    """A column of WKB bytes, null where there is no geometry."""
    wide = values.cast(pa.large_binary())
    if isinstance(wide, pa.ChunkedArray):
        # Chunks are not put together where there is but one: that would copy it.
        wide = wide.chunk(0) if wide.num_chunks == 1 else pa.concat_arrays([*wide.chunks, pa.array([], wide.type)])
    return PolygonColumn(None, wide)


def _from_wkb(values: np.ndarray) -> np.ndarray:
    made = shapely.from_wkb(values)
    return shapely.force_2d(made) if shapely.has_z(made).any() else made


def _offsets(wkb: Any) -> np.ndarray:
    return np.frombuffer(wkb.buffers()[1], dtype=np.int64)[wkb.offset : wkb.offset + len(wkb) + 1]


def _bytes(wkb: Any) -> np.ndarray:
    buffer = wkb.buffers()[2]
    return np.zeros(0, np.uint8) if buffer is None else np.frombuffer(buffer, dtype=np.uint8)


def _read(data: np.ndarray, at: np.ndarray, kind: str) -> np.ndarray:
    """Little-endian values of a NumPy kind that begin at byte positions."""
    size = np.dtype(kind).itemsize
    if not len(at):
        return np.zeros(0, dtype=kind)
    every = np.lib.stride_tricks.as_strided(
        data[:size].view(f"V{size}"), shape=(len(data) - size + 1,), strides=(1,))
    return every[at].view(kind)


def _wkb_rings(wkb: Any, first: int, last: int) -> tuple[RingBytes, Rings]:
    """Take WKB apart without making objects; what is not a plain polygon goes through shapely."""
    plain = _plain_rings(_offsets(wkb)[first : last + 1], _bytes(wkb))
    seen = np.zeros(last - first, dtype=bool)
    seen[plain.owner] = True
    if seen.all():
        return plain, rings_of(np.zeros(0, dtype=object))
    other = np.flatnonzero(~seen)
    rest = rings_of(_from_wkb(wkb.take(pa.array(first + other)).to_numpy(zero_copy_only=False)))
    return plain, replace(rest, owner=other[rest.owner])


def _plain_rings(offsets: np.ndarray, data: np.ndarray) -> RingBytes:
    """Rings of plain polygons; a row that is not one has none.

    Plain: little-endian, one part, few rings. A multipolygon of one part is a polygon behind nine bytes.
    """
    begin, end = offsets[:-1], offsets[1:]
    row = np.flatnonzero(end - begin > 30)
    # Nearly all polygons of a layer have one ring and two coordinates: their head is one number.
    head = _read(data, begin[row], "<u8") & _HEAD if len(row) else row.astype(np.uint64)
    usual, row = row[head == _ONE_RING], row[head != _ONE_RING]
    found = [(usual, begin[usual] + 9, _read_length(data, begin[usual] + 9), np.full(len(usual), 16), usual < 0)]
    if not len(row):
        return _sound(data, end, *found[0])
    row = row[data[begin[row]] == 1]
    at = begin[row] + 1
    kind = _read(data, at, "<u4")
    multi = np.isin(kind, list(_MULTI))
    multi[multi] = _read(data, at[multi] + 4, "<u4") == 1
    at = at + np.where(multi, 9, 0)
    kind = np.where(multi, _read(data, at, "<u4"), kind)
    plain = np.isin(kind, list(_POLYGONS))
    row, at, kind = row[plain], at[plain] + 4, kind[plain]
    step = np.zeros(len(kind), dtype=np.int64)
    for number, wide in _POLYGONS.items():
        step[kind == number] = wide
    left = _read_length(data, at)
    few = (left > 0) & (left <= _MOST_RINGS)
    row, at, step, left = row[few], at[few] + 4, step[few], left[few]
    turn = 0
    while len(row):
        # A ring that would begin behind the last byte has no vertices, so that its polygon is left out.
        length = np.where(at + 4 <= end[row], _read_length(data, np.minimum(at, len(data) - 4)), 0)
        found.append((row, at, length, step, np.full(len(row), turn > 0)))
        turn += 1
        more = left > turn
        row, at, step, left = row[more], (at + 4 + step * length)[more], step[more], left[more]
    return _sound(data, end, *(np.concatenate(part) for part in zip(*found, strict=True)))


def _sound(
    data: np.ndarray, end: np.ndarray, row: np.ndarray, at: np.ndarray, length: np.ndarray, step: np.ndarray,
    is_hole: np.ndarray,
) -> RingBytes:  # fmt: skip
    """Rings behind their lengths, without those of rows of which one is empty or goes beyond the row's end."""
    at = at + 4
    sound = (length > 0) & (at + step * length <= end[row])
    if not sound.all():
        sound = ~np.isin(row, row[~sound])
        row, at, length, step, is_hole = row[sound], at[sound], length[sound], step[sound], is_hole[sound]
    return RingBytes(data, row, at, length, step, is_hole)


def _read_length(data: np.ndarray, at: np.ndarray) -> np.ndarray:
    return _read(data, at, "<u4").astype(np.int64)
