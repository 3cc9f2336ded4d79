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
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

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
from landtool.geometry.column_parts import ColumnBeside, Gathering, Growing, heads, same_bytes
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
        made, size = _both_read((first, second), (before[1], after[1]), systems), first.polygon_bytes()
    if size > _WORTH_HANDING_BACK:
        hand_back_freed()
    return made


def _both_read(
    files: tuple[ParquetLand, ParquetLand], names: tuple[str, str], systems: tuple[Classification, Classification]
) -> tuple[Snapshot, Snapshot, Looks] | None:
    plane = files[0].crs
    if files[1].crs != plane or plane.is_geographic or not all(file.rows for file in files):
        return None

    def taken(made: _Read, which: int) -> Snapshot | None:
        codes = made.codes.classified(systems[which])
        if codes.unknown is not None:
            return None
        return snapshot_of(names[which], codes, made.kept, made.column, plane, made.blank_shapes, files[which].replaces())

    def ready(made: _First) -> tuple[Snapshot, First] | None:
        snapshot = taken(made, 0)
        return None if snapshot is None else (snapshot, settle_first(snapshot, told(made.way, made.seen, plane)))

    with ThreadPoolExecutor(workers()) as pool:
        read = _first(files[0], pool)
        if not len(read.column) or plane_of(read.column, plane) != plane:
            return None
        preparing = pool.submit(ready, read)
        other = _second(files[1], read, pool)
        after, prepared = taken(other, 1), preparing.result()
    if prepared is None or after is None:
        return None
    before, first = prepared
    held = other.seen.at >= 0
    other.seen.plane_m2[held] = first.traits.plane_m2[other.seen.at[held]]
    return before, after, Looks(first, other.seen, other.seen.partner)


class CodeNumbers:
    """Codes that come in batches, numbered in the order in which they come.

    Parameters
    ----------
    about : int
        How many rows there may be.

    Examples
    --------
    >>> numbers = CodeNumbers(4)
    >>> for values in (["0601", None], ["0701", " 0601 "]):
    ...     numbers.add(*CodeNumbers.of_batch(pa.array(values)))
    >>> numbers.number.whole().tolist(), list(numbers.names)
    ([0, -1, 1, 0], ['0601', '0701'])
    """

    def __init__(self, about: int) -> None:
        self.names: dict[str, int] = {}
        self.number = Growing(np.zeros(0, np.int64), about)

    @staticmethod
    def of_batch(values: pa.Array) -> tuple[np.ndarray, list[str]]:
        """Numbers within a batch, -1 where there is no code, and the codes by number."""
        coded = values.cast(pa.string()).dictionary_encode()
        return coded.indices.fill_null(-1).to_numpy(), pc.utf8_trim_whitespace(coded.dictionary).to_pylist()

    def add(self, number: np.ndarray, names: list[str]) -> None:
        """Take the codes of a batch."""
        places = [self.names.setdefault(name, len(self.names)) for name in names]
        self.number.add(np.array([*places, -1])[number])

    def classified(self, classification: Classification) -> Codes:
        """All of them, classified."""
        return numbered(self.number.whole(), pd.Series(list(self.names), dtype="str"), classification)


@dataclass(frozen=True)
class _Read:
    """A layer that was read: which rows have a polygon and a code, their polygons, and those without a code."""

    kept: np.ndarray
    column: PolygonColumn
    blank_shapes: np.ndarray
    codes: CodeNumbers


@dataclass(frozen=True)
class _First(_Read):
    """A first one; and where the keys of its rows stand, and the heads."""

    way: Way
    seen: _FirstSeen
    keys: KeyIndex
    heads: KeyIndex


@dataclass(frozen=True)
class _Second(_Read):
    seen: _Seen


@dataclass(frozen=True)
class _FirstSeen(Look):
    """Of a first layer: what it takes to know its polygons by their bytes, too."""

    head: np.ndarray


@dataclass(frozen=True)
class _Seen(Outlines):
    """Of a second layer: outlines (no area of what the first one holds), partners, and where each polygon stands."""

    partner: np.ndarray
    at: np.ndarray


def _first(file: ParquetLand, pool: ThreadPoolExecutor) -> _First:
    way, rows = way_for(file.polygon_bytes() // _VERTEX_BYTES), _Rows(file)

    def see(given: tuple[PolygonColumn, pa.Array]) -> tuple[_Batch, _FirstSeen]:
        batch = _batch(*given)
        found = look(way, batch.column, 0, len(batch.column))
        return batch, _FirstSeen(**vars(found), head=heads(batch.column))

    def seen() -> Iterator[_FirstSeen]:
        for batch, found in _ahead(pool, see, file.batches(_batch_rows(file, way))):
            first = rows.add(batch)
            yield replace(found, owner=found.owner + first, edge_rows=found.edge_rows + first)

    whole = joined(seen(), -(-file.rows // _batch_rows(file, way)))
    return _First(*rows.read(rows.gathering.column()), way, whole, KeyIndex(whole.key), KeyIndex(whole.head))


def _second(file: ParquetLand, first: _First, pool: ThreadPoolExecutor) -> _Second:
    way, rows = way_for(file.polygon_bytes() // _VERTEX_BYTES), _Rows(file)

    def see(given: tuple[PolygonColumn, pa.Array]) -> tuple[_Batch, _Seen]:
        batch = _batch(*given)
        column = batch.column
        at = first.heads.positions(heads(column))
        held = at >= 0
        held[held] = same_bytes(first.column, at[held], _some(column, held))
        own = _some(column, ~held)
        found = outline(way, own, 0, len(own))
        key, plane_m2 = np.empty(len(column), np.uint64), np.zeros(len(column))
        key[held], key[~held], plane_m2[~held] = first.seen.key[at[held]], found.key, found.plane_m2
        return replace(batch, column=own), _Seen(key, plane_m2, first.keys.positions(key), np.where(held, at, -1))

    def seen() -> Iterator[_Seen]:
        for batch, found in _ahead(pool, see, file.batches(_batch_rows(file, way))):
            before = rows.add(batch)
            found.at[found.at < 0] = ~np.arange(before, before + len(batch.column))
            yield found

    whole = joined(seen(), -(-file.rows // _batch_rows(file, way)))
    column = ColumnBeside(None, rows.gathering.column().wkb, other=first.column, at=whole.at)
    return _Second(*rows.read(column), whole)


class _Rows:
    """What is kept of a file that is read."""

    def __init__(self, file: ParquetLand) -> None:
        self.gathering = Gathering(file.rows, file.polygon_bytes())
        self._kept = Growing(np.zeros(0, dtype=bool), file.rows)
        self._codes = CodeNumbers(file.rows)
        self._blank_shapes: list[np.ndarray] = []
        self._count = 0

    def add(self, batch: _Batch) -> int:
        """Keep what a batch holds; the number of polygons that are there before."""
        self.gathering.add(batch.column)
        self._kept.add(batch.kept)
        self._codes.add(batch.number, batch.names)
        self._blank_shapes.append(batch.blank_shapes)
        before, self._count = self._count, self._count + len(batch.column)
        return before

    def read(self, column: PolygonColumn) -> tuple[np.ndarray, PolygonColumn, np.ndarray, CodeNumbers]:
        return self._kept.whole(), column, np.concatenate(self._blank_shapes), self._codes


@dataclass(frozen=True)
class _Batch:
    """Some rows of a file: which of them have a polygon and a code, these polygons, those without a code; codes."""

    kept: np.ndarray
    column: PolygonColumn
    blank_shapes: np.ndarray
    number: np.ndarray
    names: list[str]


def _batch(column: PolygonColumn, codes: pa.Array) -> _Batch:
    number, names = CodeNumbers.of_batch(codes)
    there = ~column.is_absent()
    blank = np.array([not name for name in names] + [True])[number] & there
    kept = there & ~blank
    return _Batch(kept, _some(column, kept), column.take(np.flatnonzero(blank)), number, names)


def _batch_rows(file: ParquetLand, way: Way) -> int:
    return max(1, int(way.chunk_vertices * _VERTEX_BYTES * file.rows / max(1, file.polygon_bytes())))


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
