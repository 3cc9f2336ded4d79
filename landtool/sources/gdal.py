"""What GDAL says while it reads: caught and handed on as notes, never leaked to standard error."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from threading import RLock, get_ident
from typing import TextIO

import pandas as pd

from landtool.errors import InputDataError
from landtool.schema.problems import make_problems, no_problems

#: Messages reported for one source; the rest is counted.
MESSAGES_SHOWN = 20
#: Longer messages of libraries are cut down to their root cause in errors.
LINE_MAX = 120

#: A header may promise this many times the records that are there, and so many more; beyond, the
#: header itself is damaged: naming every missing record would fill the disk with nothing.
PROMISE_TIMES, PROMISE_PLUS = 100, 10_000

_LOGGERS = ("fiona", "pyogrio", "rasterio")
_NOISE = (
    "Measured (M) geometry types are not supported",
    "More than one layer found",
    "invalid value encountered",
)


class _Ears(logging.Handler):
    """Hears for the whole process while anybody listens, and gives each thread what it was told itself.

    Python's warnings and GDAL's loggers are the process's: two that listened each for itself would undo one another.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._changing, self._undo = RLock(), ExitStack()
        self._said: dict[int, list[tuple[list[str], list[str]]]] = {}  # by thread, the innermost block last

    def open(self) -> tuple[list[str], list[str]]:
        """What this thread is told by loggers and by warnings, from now on."""
        kept: tuple[list[str], list[str]] = ([], [])
        with self._changing:
            if not self._said:
                self._put_on()
            self._said.setdefault(get_ident(), []).append(kept)
        return kept

    def shut(self) -> None:
        """End the block of this thread that was opened last."""
        with self._changing:
            blocks = self._said[get_ident()]
            blocks.pop()
            if not blocks:
                del self._said[get_ident()]
            if not self._said:
                self._undo.close()

    def emit(self, record: logging.LogRecord) -> None:
        # A thread of GDAL's own, which Python knows by no name, reads for one of those who listen.
        nameless = str(record.threadName).startswith("Dummy-")
        for thread, blocks in list(self._said.items()):
            if nameless or record.thread == thread:
                for logged, _ in blocks:
                    logged.append(record.getMessage())

    def _put_on(self) -> None:
        self._undo.enter_context(warnings.catch_warnings())
        show = warnings.showwarning

        def hear(message: Warning | str, category: type[Warning], filename: str, lineno: int,
                 file: TextIO | None = None, line: str | None = None) -> None:  # fmt: skip
            blocks = self._said.get(get_ident())
            if blocks:
                blocks[-1][1].append(str(message))
            else:
                show(message, category, filename, lineno, file, line)

        warnings.simplefilter("always")
        warnings.showwarning = hear
        for logger in map(logging.getLogger, _LOGGERS):
            self._undo.callback(setattr, logger, "propagate", logger.propagate)
            self._undo.callback(logger.removeHandler, self)
            logger.addHandler(self)
            logger.propagate = False


_EARS = _Ears()


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect what GDAL warns this thread of, by Python warnings and by logging, while the block runs.

    What other threads are warned of goes to those who listen there, or where it went before.

    Examples
    --------
    >>> with listening() as said:
    ...     logging.getLogger("fiona._env").error("Unable to read geometry")
    >>> said
    ['Unable to read geometry']
    """
    said, warned = _EARS.open()
    try:
        yield said
    finally:
        _EARS.shut()
        said.extend(warned)


def messages_as_notes(said: Iterable[str], source: str) -> pd.DataFrame:
    """GDAL's messages as problems of scope ``note``, each once, at most twenty.

    Examples
    --------
    >>> messages_as_notes(["a", "a", "b"], "x.shp")["detail"].tolist()
    ['a', 'b']
    """
    kept = [text for text in dict.fromkeys(said) if not text.startswith(_NOISE)]
    if not kept:
        return no_problems()
    if len(kept) > MESSAGES_SHOWN:
        kept = [*kept[:MESSAGES_SHOWN], f"(+{len(kept) - MESSAGES_SHOWN})"]
    return note("gdal_message", source, detail=kept)


def note(
    kind: str, source: str, *, value: str = "", field: str = "", detail: str | list[str] = ""
) -> pd.DataFrame:
    """One note on a source as a problem table."""
    return make_problems(layer="", kind=kind, scope="note", source=source, field=field,
                         value=value, detail=detail)


def unreadable(
    source: str, rows: Iterable[int], details: Iterable[str], kind: str = "record_unreadable"
) -> pd.DataFrame:
    """Records that are set aside: their numbers, counted from 1, and what is wrong with each."""
    numbers = [int(row) for row in rows]
    if not numbers:
        return no_problems()
    return make_problems(layer="", kind=kind, scope="row", source=source, source_row=numbers,
                         detail=list(details))


def require_plausible_count(promised: int, present: int, source: str) -> None:
    """Raise InputDataError where a header counts far more records than the file can hold."""
    if promised > PROMISE_TIMES * present + PROMISE_PLUS:
        raise InputDataError(
            f"header is damaged: it counts {promised} records, the file holds {present}", source,
            "copy or export it again")


def first_line(error: BaseException | str) -> str:
    r"""The first line of an error's text; of a long chain of causes the last, which is the root.

    Examples
    --------
    >>> first_line(ValueError("no such table\nHINT: look again"))
    'no such table'
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    text = lines[0].strip().rstrip(".")
    return text if len(text) <= LINE_MAX else text.rsplit("; ", 1)[-1][-LINE_MAX:]
