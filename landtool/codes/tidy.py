"""Codes as text: blanks, full-width digits, spreadsheet numbers; by distinct value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pandas as pd

from landtool.codes.nearest import nearest

_NOTHING = frozenset(
    {"", "NAH", "NAN", "NA", "NULL", "NONE", "<NULL>", "<NA>", "-", "--", "/", "\\"}
)
_NEAREST_AT_MOST = 50


def fold(code: Any) -> str:
    """Half-width and without any blank.

    Examples
    --------
    >>> fold(" ０６０１\u3000")
    '0601'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(code)))


def is_blank(code: Any) -> bool:
    """Whether a cell says nothing (null, empty, ``Nah``, ``--``).

    Examples
    --------
    >>> is_blank(float("nan")), is_blank(" Nah"), is_blank("0601")
    (True, True, False)
    """
    return bool(pd.isna(code)) or fold(code).upper() in _NOTHING


def lookup(codes: pd.Series, one: Callable[[Any], Any]) -> pd.Series:
    """``one(code)`` for every row, computed once per distinct code; null where it gives None.

    Examples
    --------
    >>> lookup(pd.Series(["a", "b", "a"]), {"a": "x"}.get).tolist()
    ['x', nan, 'x']
    """
    position, values = pd.factorize(codes, use_na_sentinel=True)
    found = pd.Series([one(value) for value in values] + [None], dtype="str")
    return pd.Series(found.iloc[position].array, index=codes.index)


def counted(codes: pd.Series, why: Callable[[Any], str | None], known: list[str]) -> pd.DataFrame:
    """Distinct codes for which ``why`` gives a reason: ``count, why, nearest``, indexed by code.

    The code stands as it was read. Blank cells are counted together under an empty code. The most
    frequent come first.
    """
    counts = codes.value_counts(dropna=False)
    rows: list[list[Any]] = []
    blanks = 0
    for code, count in counts.items():
        if is_blank(code):
            blanks += int(count)
        elif (reason := why(code)) is not None:
            rows.append([str(code), int(count), reason])
    if blanks:
        rows.append(["", blanks, "blank"])
    for position, row in enumerate(rows):
        is_near = row[2] == "unknown" and position < _NEAREST_AT_MOST
        row.append(nearest(fold(row[0]), known) if is_near else "")
    frame = pd.DataFrame(rows, columns=["code", "count", "why", "nearest"])
    typed = frame.astype({"code": "str", "count": "Int64", "why": "str", "nearest": "str"})
    return typed.set_index("code")
