"""Results left in their folder: each frame is read when it is first asked for, or only its rows of one subject."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from landtool.assessment import Assessment
from landtool.errors import InputDataError
from landtool.reports.results import FRAMES, MARK, read_frame, read_summary

_UNREAD: Any = object()


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
    _lock: Any = field(default_factory=threading.RLock, repr=False, compare=False)

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        return self._frame(name) if value is _UNREAD else value

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


def rows_of(result: Assessment, name: str, key: str, value: Any) -> pd.DataFrame | None:
    """Rows of one frame that belong to one subject; of stored results no more than these is read.

    Parameters
    ----------
    name : str
        Of a frame of :class:`Assessment`.
    key : str
        Column that names the subject.

    Returns
    -------
    pandas.DataFrame or None
        None where there is no such frame or column, or no row.
    """
    if isinstance(result, StoredAssessment) and result.is_unread(name):
        path = result.path(name)
        if not path.is_file() or key not in (columns := pq.read_schema(path).names):
            return None
        shown = [column for column in columns if column != "geometry"]
        own = pd.read_parquet(path, columns=shown, filters=[(key, "==", value)])
    else:
        frame = getattr(result, name)
        if frame is None or key not in frame:
            return None
        own = frame[(frame[key] == value).fillna(False)]
    return None if own.empty else own
