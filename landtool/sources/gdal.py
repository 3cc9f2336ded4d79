"""What GDAL says while it reads: caught and handed on as notes, never leaked to standard error."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

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


class _Keeper(logging.Handler):
    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record.getMessage())


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect what GDAL warns of, by Python warnings and by logging, while the block runs.

    Examples
    --------
    >>> with listening() as said:
    ...     logging.getLogger("fiona._env").error("Unable to read geometry")
    >>> said
    ['Unable to read geometry']
    """
    said: list[str] = []
    keeper = _Keeper(said)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.propagate for logger in loggers]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for logger in loggers:
            logger.addHandler(keeper)
            logger.propagate = False
        try:
            yield said
        finally:
            for logger, propagate in zip(loggers, before, strict=True):
                logger.removeHandler(keeper)
                logger.propagate = propagate
            said.extend(str(warning.message) for warning in caught)


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
