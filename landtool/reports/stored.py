"""Results left in their folder: each frame is read when it is first asked for, and may never be."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from landtool.assessment import Assessment
from landtool.errors import InputDataError
from landtool.reports.results import FRAMES, MARK, read_frame, read_summary, reading

_UNREAD: Any = object()


@dataclass(frozen=True)
class KeyIndex:
    """Where the rows of each subject stand in a frame: what a click asks again and again.

    Attributes
    ----------
    known : pyarrow.Array
        Each subject once.
    codes : numpy.ndarray
        Its place in ``known`` for each row of the frame; below 0 for rows without.
    """

    known: pa.Array
    codes: np.ndarray

    def rows(self, values: Collection[Any]) -> np.ndarray:
        """Rows of some subjects, ascending."""
        places = {pc.index(self.known, value).as_py() for value in values} - {-1}
        found = [np.flatnonzero(self.codes == place) for place in places]
        return np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class StoredAssessment(Assessment):
    """An :class:`Assessment` whose frames are read when they are first asked for; from any thread.

    Attributes
    ----------
    folder : Path
        The result folder.
    made_ns : int
        When the results were written: frames of a later run are refused, not mixed in.
    """

    folder: Path = Path()
    made_ns: int = 0
    _indexes: dict[tuple[str, str], KeyIndex] = field(default_factory=dict, repr=False, compare=False)
    _heads: dict[str, pq.FileMetaData] = field(default_factory=dict, repr=False, compare=False)
    _lock: Any = field(default_factory=threading.RLock, repr=False, compare=False)
    # Of its own: who asks for a frame does not wait for an index.
    _index_lock: Any = field(default_factory=threading.Lock, repr=False, compare=False)

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        return self._frame(name) if value is _UNREAD else value

    @property
    def has_geometry(self) -> bool:
        """Whether there are parcels to draw; told by the head of their file where they were not read."""
        if not self.is_unread("parcels"):
            return super().has_geometry
        head = self.head("parcels")
        if head is None or b"geo" not in (head.metadata or {}):
            return False
        at = head.schema.names.index("geometry")
        groups = (head.row_group(i).column(at).statistics for i in range(head.num_row_groups))
        return any(group is None or group.num_values > 0 for group in groups)

    def is_unread(self, name: str) -> bool:
        """Whether a frame was not asked for until now."""
        return object.__getattribute__(self, name) is _UNREAD

    def path(self, name: str) -> Path:
        """The file of a frame.

        Raises
        ------
        InputDataError
            If the results were made anew in the meantime.
        """
        mark = self.folder / MARK
        if not mark.is_file() or mark.stat().st_mtime_ns != self.made_ns:
            raise InputDataError("the results were made anew", str(self.folder), "reload the page")
        return self.folder / FRAMES[name]

    def head(self, name: str) -> pq.FileMetaData | None:
        """Columns and row groups of a frame's file, read once: a click asks for them ten times; None without a file."""
        path = self.path(name)
        if name not in self._heads:
            if not path.is_file():
                return None
            with reading(path):
                self._heads[name] = pq.read_metadata(path)
        return self._heads[name]

    def index(self, name: str, key: str) -> KeyIndex:
        """The index of one column of a frame that is there, made when it is first asked for."""
        path = self.path(name)
        with self._index_lock, reading(path):
            if (name, key) not in self._indexes:
                column = pq.read_table(path, columns=[key])[key].combine_chunks().dictionary_encode()
                self._indexes[name, key] = KeyIndex(column.dictionary, column.indices.fill_null(-1).to_numpy())
            return self._indexes[name, key]

    def _frame(self, name: str) -> pd.DataFrame | None:
        with self._lock:
            if self.is_unread(name):
                object.__setattr__(self, name, read_frame(self.path(name)))
            return object.__getattribute__(self, name)


def open_results(folder: str | Path) -> StoredAssessment:
    """Open what :func:`landtool.write_results` wrote, reading the summary alone for now.

    Raises
    ------
    InputDataError
        If the folder is not a result folder; when a frame is asked for, if its file is damaged.
    """
    folder = Path(folder)
    summary = read_summary(folder)
    frames = dict.fromkeys(FRAMES, _UNREAD)
    return StoredAssessment(summary=summary, **frames, folder=folder,
                            made_ns=(folder / MARK).stat().st_mtime_ns)
