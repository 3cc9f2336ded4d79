"""What parsing a column gives, and which cells say nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

BLANKS = frozenset({
    "", "nah", "-", "--", "---", "—", "——", "－", "–", "_", "/", "／", "\\", "//", "null", "<null>",
    "(null)", "nan", "none", "nil", "n/a", "na", "#n/a", "nat", "<na>", "无", "暂无", "空", "…", "......",
})  # fmt: skip
UNKNOWNS = frozenset({"未知", "不详", "待定", "待核实", "待查", "不明", "未明确", "unknown", "?", "？", "??"})
_EDGES = " \t\r\n\x0b\x0c\xa0\u3000\u200b\u200c\u200d\u2060\ufeff\u2002\u2003\u2009"


@dataclass(frozen=True)
class Issue:
    """One kind of trouble in a column.

    Attributes
    ----------
    kind : str
        Stable code; texts are ``problem.<kind>`` and ``remedy.<kind>``.
    rows : ndarray of bool
        The cells concerned.
    scope : str
        ``field`` (the cell is set aside), ``note`` (each cell is noted) or ``column`` (one note for the
        column, with the count).
    detail : str or ndarray of str
        For the message.
    """

    kind: str
    rows: np.ndarray
    scope: str = "field"
    detail: Any = ""


@dataclass(frozen=True)
class Parsed:
    """A column in its canonical type.

    Attributes
    ----------
    values : pandas.Series
        On the index of the input; null where the cell is blank or unread.
    unread : ndarray of bool
        The cell says something, but not what: never to be taken for an empty one.
    issues : tuple of Issue
        What is to be reported.
    """

    values: pd.Series
    unread: np.ndarray
    issues: tuple[Issue, ...] = ()


def as_text(column: pd.Series) -> pd.Series:
    r"""The cells as text as read; nulls stay null.

    Examples
    --------
    >>> as_text(pd.Series(["a", 1, None, 2.5], dtype=object)).tolist()
    ['a', '1', nan, '2.5']

    Binary cells that are no text are shown in hexadecimal:

    >>> as_text(pd.Series([b"\xff\xfe", None], dtype=object)).tolist()
    ['0xfffe', nan]
    """
    if isinstance(column.dtype, pd.StringDtype) and column.dtype == "str":
        return column
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("object")
    try:
        return column.astype("str")
    except UnicodeDecodeError:
        return column.map(_without_bytes).astype("str")


def _without_bytes(cell: Any) -> Any:
    return f"0x{cell.hex()}" if isinstance(cell, bytes | bytearray | memoryview) else cell


def stripped(text: pd.Series) -> pd.Series:
    """Text without blanks of any width at its ends."""
    return text.str.strip(_EDGES)


def nfkc(text: pd.Series) -> pd.Series:
    """Text with full-width and other compatibility forms as plain characters; nulls stay null.

    Examples
    --------
    >>> nfkc(pd.Series(["ＡＢ１", None, "a"], dtype="str")).tolist()
    ['AB1', nan, 'a']
    """
    # pandas normalises cell by cell in Python; Arrow does the column at once.
    made = pc.utf8_normalize(pa.array(text, pa.large_string(), from_pandas=True), "NFKC")
    return pd.Series(pd.array(made, dtype="str"), index=text.index, name=text.name)


def folded(text: pd.Series) -> pd.Series:
    """Text with full-width forms, case and outer blanks folded, so that spellings compare equal.

    Examples
    --------
    >>> folded(pd.Series(["　Ｙ ", "m²"])).tolist()
    ['y', 'm2']
    """
    return nfkc(text).str.strip(_EDGES).str.lower()


def is_blank(text: pd.Series, *, keep: frozenset[str] = frozenset()) -> np.ndarray:
    """Cells that say nothing: null, empty, or one of the usual marks for "none".

    Parameters
    ----------
    text : pandas.Series
        As :func:`as_text` gives it.
    keep : frozenset of str
        Marks that do say something here (无 in a yes/no column).

    Examples
    --------
    >>> is_blank(pd.Series(["--", "Nah", "无", "0", None])).tolist()
    [True, True, True, False, True]
    """
    marks = list(BLANKS - keep)
    return np.asarray(text.isna() | stripped(text).str.lower().isin(marks), dtype=bool)


def is_unknown(text: pd.Series) -> np.ndarray:
    """Cells that say in words that the value is not known (不详, 待定 …)."""
    return np.asarray(stripped(text).str.lower().isin(list(UNKNOWNS)), dtype=bool)


def issues_of(*found: Issue) -> tuple[Issue, ...]:
    """Only the issues that concern some cell."""
    return tuple(issue for issue in found if issue.rows.any())
