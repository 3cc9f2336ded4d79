"""Two layers ready to be settled; of two GeoParquet files, looked over as they are read.

One thread unpacks batch after batch, others look the batches over while they are still in a processor's cache. Of the
first file the bytes of all polygons are kept, of the second one only those that the first has not got byte for byte
under the same hash: so the memory of two snapshots of a city is that of one, and of what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Queue
from threading import Event, Semaphore
from typing import TypeVar

import numpy as np

from landtool.balance.land_use_table import Land, ParquetLand, open_parquet, tables_of
from landtool.balance.lookup import KeyIndex
from landtool.balance.settle import First, Looks, settle_first
from landtool.balance.snapshot import (
    Codes,
    Snapshot,
    common_plane,
    numbered,
    plane_of,
    snapshot_of,
    take_snapshot,
)
from landtool.balance.traits import Look, Outlines, Way, joined, look, outline, told, way_for
from landtool.codes import Classification
from landtool.concurrency import one_beside
from landtool.geometry.column_parts import ColumnBeside, Gathering, Growing, same_bytes
from landtool.geometry.columns import PolygonColumn
from landtool.geometry.pairs import workers
from landtool.memory import hand_back_freed

_VERTEX_BYTES = 16
# What threads have freed on the way is a quarter of the polygons' bytes; handing it back takes as long as 20 000 polygons.
_WORTH_HANDING_BACK = 100_000_000

Item = TypeVar("Item")
Made = TypeVar("Made")


def take_both(
    before: tuple[Land, str], after: tuple[Land, str], systems: tuple[Classification, Classification]
) -> tuple[Snapshot, Snapshot, Looks | None]:
    """Both layers, each with its name, on one plane and classified; and what was seen of them while they were read.

    Raises
    ------
    UnknownCodeError
        For codes that the classification does not settle.
    CrsError
        If a CRS is missing or the two cannot be brought together.
    """
    made = _as_read(before, after, systems)
    if made is not None:
        return made
    tables = tables_of(before, after)
    plane = common_plane(*tables)
    first, second = (take_snapshot(table, system, plane, name) for table, system, (_, name)
                     in zip(tables, systems, (before, after), strict=True))  # fmt: skip
    return first, second, None


def _as_read(
    before: tuple[Land, str], after: tuple[Land, str], systems: tuple[Classification, Classification]
) -> tuple[Snapshot, Snapshot, Looks] | None:
    """The same where both are files of known codes that stand on the plane they are compared on; else None."""
    paths = [land for land, _ in (before, after) if isinstance(land, (str, Path))]
    if len(paths) < 2 or any(Path(path).suffix.lower() != ".parquet" for path in paths):
        return None
    with open_parquet(paths[0]) as first, open_parquet(paths[1]) as second:
        return _both_read((first, second), (before[1], after[1]), systems)


def _both_read(
    files: tuple[ParquetLand, ParquetLand], names: tuple[str, str], systems: tuple[Classification, Classification]
) -> tuple[Snapshot, Snapshot, Looks] | None:
    plane = files[0].crs
    if files[1].crs != plane or plane.is_geographic or not all(file.rows for file in files):
        return None
    with ThreadPoolExecutor(workers()) as pool:
        numbering = pool.submit(lambda: numbered(*files[1].numbered_codes(), systems[1]))
        codes = [numbered(*files[0].numbered_codes(), systems[0]), numbering.result()]
        if any(one.unknown is not None for one in codes):
            return None
        read = _first(files[0], codes[0], pool)
        if not len(read.column) or plane_of(read.column, plane) != plane:
            return None

        def taken(name: str, file: ParquetLand, codes: Codes, made: _Read) -> Snapshot:
            return snapshot_of(name, codes, made.kept, made.column, plane, made.blank_shapes, file.replaces())

        def ready() -> tuple[Snapshot, First]:
            snapshot = taken(names[0], files[0], codes[0], read)
            return snapshot, settle_first(snapshot, told(read.way, read.seen, plane))

        index = KeyIndex(read.seen.key)
        preparing = pool.submit(ready)
        other = _second(files[1], codes[1], read.column, index, pool)
        after = taken(names[1], files[1], codes[1], other)
        before, first = preparing.result()
    if files[0].polygon_bytes() > _WORTH_HANDING_BACK:
        hand_back_freed()
    return before, after, Looks(first, other.seen, other.partner)


@dataclass(frozen=True)
class _Read:
    """A layer that was read: which rows have a polygon and a code, their polygons, and those without a code."""

    kept: np.ndarray
    column: PolygonColumn
    blank_shapes: np.ndarray


@dataclass(frozen=True)
class _First(_Read):
    way: Way
    seen: Look


@dataclass(frozen=True)
class _Second(_Read):
    seen: Outlines
    partner: np.ndarray


def _first(file: ParquetLand, codes: Codes, pool: ThreadPoolExecutor) -> _First:
    way = way_for(file.polygon_bytes() // _VERTEX_BYTES)
    rows = _Rows(file)

    def see(batch: _Batch) -> tuple[_Batch, Look]:
        return batch, look(way, batch.column, 0, len(batch.column))

    def seen() -> Iterator[Look]:
        for batch, found in _ahead(pool, see, _batches(file, codes, way)):
            first = rows.add(batch)
            yield replace(found, owner=found.owner + first, edge_rows=found.edge_rows + first)

    whole = joined(seen(), _batch_count(file, way))
    return _First(rows.kept.whole(), rows.gathering.column(), rows.blank_shapes(), way, whole)


@dataclass(frozen=True)
class _Seen(Outlines):
    partner: np.ndarray
    at: np.ndarray


def _second(
    file: ParquetLand, codes: Codes, first: PolygonColumn, index: KeyIndex, pool: ThreadPoolExecutor
) -> _Second:
    way = way_for(file.polygon_bytes() // _VERTEX_BYTES)
    rows = _Rows(file)

    def see(batch: _Batch) -> tuple[_Batch, Outlines, np.ndarray, np.ndarray]:
        column = batch.column
        found = outline(way, column, 0, len(column))
        partner = index.positions(found.key)
        held = partner >= 0
        held[held] = same_bytes(first, partner[held], _some(column, held))
        return replace(batch, column=_some(column, ~held)), found, partner, held

    def seen() -> Iterator[_Seen]:
        for batch, found, partner, held in _ahead(pool, see, _batches(file, codes, way)):
            own = rows.add(batch)
            at = partner.copy()
            at[~held] = ~np.arange(own, own + len(batch.column))
            yield _Seen(found.key, found.plane_m2, partner, at)

    whole = joined(seen(), _batch_count(file, way))
    column = ColumnBeside(None, rows.gathering.column().wkb, other=first, at=whole.at)
    return _Second(rows.kept.whole(), column, rows.blank_shapes(), whole, whole.partner)


class _Rows:
    """What is kept of a file that is read."""

    def __init__(self, file: ParquetLand) -> None:
        self.gathering = Gathering(file.rows, file.polygon_bytes())
        self.kept = Growing(np.zeros(0, dtype=bool), file.rows)
        self._blank_shapes: list[np.ndarray] = []
        self._count = 0

    def add(self, batch: _Batch) -> int:
        """Keep what a batch holds; the number of polygons that are there before."""
        self.gathering.add(batch.column)
        self.kept.add(batch.kept)
        self._blank_shapes.append(batch.blank_shapes)
        before, self._count = self._count, self._count + len(batch.column)
        return before

    def blank_shapes(self) -> np.ndarray:
        return np.concatenate(self._blank_shapes)


@dataclass(frozen=True)
class _Batch:
    """Some rows of a file: which of them have a polygon and a code, these polygons, and those without a code."""

    kept: np.ndarray
    column: PolygonColumn
    blank_shapes: np.ndarray


def _batch_rows(file: ParquetLand, way: Way) -> int:
    return max(1, int(way.chunk_vertices * _VERTEX_BYTES * file.rows / max(1, file.polygon_bytes())))


def _batch_count(file: ParquetLand, way: Way) -> int:
    return -(-file.rows // _batch_rows(file, way))


def _batches(file: ParquetLand, codes: Codes, way: Way) -> Iterator[_Batch]:
    begin = 0
    for column in file.batches(_batch_rows(file, way)):
        there = ~column.is_absent()
        blank = codes.is_blank[begin : begin + len(column)] & there
        kept = there & ~blank
        yield _Batch(kept, _some(column, kept), column.take(np.flatnonzero(blank)))
        begin += len(column)


def _some(column: PolygonColumn, rows: np.ndarray) -> PolygonColumn:
    return column if rows.all() else column.where(rows)


def _ahead(pool: ThreadPoolExecutor, work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """Work on items in their order while a thread of their own makes more of them, but only a few ahead."""
    begun: Queue[Future[Made] | None] = Queue()
    room, gone = Semaphore(2 * workers() + 1), Event()

    def begin() -> None:
        try:
            for item in items:
                room.acquire()
                if gone.is_set():
                    break
                begun.put(pool.submit(work, item))
        finally:
            begun.put(None)

    with one_beside() as aside:
        beginning = aside.submit(begin)
        try:
            while (one := begun.get()) is not None:
                yield one.result()
                room.release()
            beginning.result()
        finally:
            gone.set()
            room.release()  # whoever asks for no more must not keep the thread waiting
