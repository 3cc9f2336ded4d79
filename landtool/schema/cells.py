"""Cells to canonical types, column by column: the one place where spellings are understood."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from landtool.schema.cell_base import (
    Issue,
    Parsed,
    as_text,
    folded,
    is_blank,
    is_unknown,
    issues_of,
    nfkc,
    stripped,
)
from landtool.schema.cell_dates import parse_dates
from landtool.schema.cell_numbers import parse_numbers
from landtool.schema.fields import Field

__all__ = [
    "Issue", "Parsed", "as_text", "parse_booleans", "parse_cells", "parse_choices", "parse_codes",
    "parse_dates", "parse_lists", "parse_numbers", "parse_text",
]  # fmt: skip

_YES = ("是", "有", "y", "yes", "true", "t", "1", "1.0", "√", "✓", "对", "真", "已", "属于", "含")
_NO = ("否", "无", "n", "no", "false", "f", "0", "0.0", "×", "✗", "不", "非", "假", "没有", "不是", "未",
       "不含")  # fmt: skip
_LOST_DIGITS = r"^\d(?:\.\d+)?e\+\d+$"
_EXACT_IN_FLOAT = 2**53


def parse_cells(
    column: pd.Series, field: Field, size: float | None = 1.0, *, zero_is_none: bool = False
) -> Parsed:
    """Parse a source column as a field says.

    Parameters
    ----------
    column : pandas.Series
        As read.
    field : Field
        Kind, bounds and choices.
    size : float or None
        Size of the source's unit in the canonical one; None: unknown.
    zero_is_none : bool
        Whether zero says "none" (FAR limits).

    Returns
    -------
    Parsed
        In the canonical type: str, float64, Int64, datetime64, boolean, or object (lists).

    Examples
    --------
    >>> from landtool.schema import LAYERS
    >>> area = LAYERS["contracts"].field("area_m2")
    >>> parsed = parse_cells(pd.Series(["1.5", "0", "x"]), area, 10_000.0)
    >>> parsed.values.tolist(), [issue.kind for issue in parsed.issues]
    ([15000.0, nan, nan], ['number_unreadable', 'area_not_positive'])
    """
    if field.kind in ("number", "integer"):
        parsed = parse_numbers(column, field.unit, size, integer=field.kind == "integer")
        return _within(_no_zero(parsed) if zero_is_none else parsed, field)
    if field.kind == "date":
        return parse_dates(column)
    if field.kind == "boolean":
        return parse_booleans(column)
    if field.kind == "choice":
        return parse_choices(column, field.choices or {})
    if field.kind == "code":
        return parse_codes(column)
    return parse_lists(column) if field.kind == "list" else parse_text(column)


def parse_text(column: pd.Series) -> Parsed:
    """Text as it is, without blanks at its ends; marks for "none" become null."""
    text = as_text(column)
    clean = stripped(text)
    return Parsed(_nulled(clean, is_blank(clean)), _none(column))


def parse_codes(column: pd.Series) -> Parsed:
    """Codes as text: leading zeros stay, full-width forms are folded, 601.0 is 601.

    A code that a spreadsheet turned into a long number (5.00101E+17) has lost digits and is unread.

    Examples
    --------
    >>> parse_codes(pd.Series(["0601", "Ｍ１", "5.00101E+17", "601.0"])).values.tolist()
    ['0601', 'M1', nan, '601']
    """
    from_float = pd.api.types.is_float_dtype(column)
    text = _whole_numbers(column) if from_float else as_text(column)
    clean = stripped(text)
    clean = stripped(nfkc(clean))
    clean = _where(clean, ".0", lambda cells: cells.str.replace(r"^(\d+)\.0+$", r"\1", regex=True))
    lost = clean.str.contains("+", regex=False).to_numpy(dtype=bool, na_value=False).copy()
    lost[lost] = clean[lost].str.lower().str.fullmatch(_LOST_DIGITS)
    if from_float:
        lost = np.abs(column.to_numpy(dtype="float64", na_value=np.nan)) > _EXACT_IN_FLOAT
    was_number = clean.notna().to_numpy() & (np.full(len(clean), from_float)) & ~lost
    values = _nulled(clean, is_blank(clean) | lost)
    return Parsed(values, lost, issues_of(
        Issue("code_digits_lost", lost), Issue("code_from_number", was_number, scope="column")))


def parse_booleans(column: pd.Series) -> Parsed:
    """Yes and no in Chinese, English, marks and digits.

    Examples
    --------
    >>> parse_booleans(pd.Series(["是", "无", "Ｙ", "", "maybe"])).values.tolist()
    [True, False, True, <NA>, <NA>]
    """
    if pd.api.types.is_bool_dtype(column):
        return Parsed(column.astype("boolean"), _none(column))
    text = folded(as_text(column))
    values = pd.Series(pd.NA, index=column.index, dtype="boolean")
    values[text.isin(_YES)] = True
    values[text.isin(_NO)] = False
    says = ~is_blank(text, keep=frozenset(_NO)) & values.isna().to_numpy()
    unknown = says & is_unknown(text)
    return Parsed(values, says, issues_of(
        Issue("yes_no_unreadable", says & ~unknown), Issue("stated_unknown", unknown)))


def parse_choices(column: pd.Series, choices: dict[str, tuple[str, ...]]) -> Parsed:
    """One of several values, by any of their spellings.

    Examples
    --------
    >>> parse_choices(pd.Series(["挂牌出让", "GRANT", "赠与"]), {"grant": ("挂牌出让",)}).values.tolist()
    ['grant', 'grant', nan]
    """
    table = {name: name for name in choices}
    table |= {spelling: name for name, spellings in choices.items() for spelling in spellings}
    keys = folded(pd.Series(list(table), dtype="str"))
    lookup = dict(zip(reversed(keys.tolist()), reversed(list(table.values())), strict=True))
    codes, uniques = pd.factorize(parse_codes(column).values)
    text = folded(pd.Series(uniques, dtype="str"))
    known = text.map(lookup).astype("str").array
    values = pd.Series(known.take(codes, allow_fill=True), index=column.index)
    says = (codes >= 0) & values.isna().to_numpy()
    unknown = says & np.append(is_unknown(text), False)[codes]
    return Parsed(values, says, issues_of(
        Issue("choice_unknown", says & ~unknown), Issue("stated_unknown", unknown)))


def parse_lists(column: pd.Series) -> Parsed:
    """Several values in a cell, split at 、 , ; and |; the values are lists of text.

    Examples
    --------
    >>> parse_lists(pd.Series(["装备制造、医药", "26;27", ""])).values.tolist()
    [['装备制造', '医药'], ['26', '27'], None]
    """
    text = nfkc(as_text(column))
    text = text.str.replace(r"['\"]\s+['\"]", ",", regex=True)
    clean = text.str.replace(r"[\[\]'\"]", "", regex=True).str.strip(" 、,;|\t\n")
    split = clean.str.split(r"\s*[、,;|]\s*", regex=True).astype("object")
    return Parsed(split.where(~is_blank(clean), None), _none(column))


def _within(parsed: Parsed, field: Field) -> Parsed:
    """Set values outside the bounds aside."""
    cells = parsed.values.to_numpy(dtype="float64", na_value=np.nan)
    outside = np.zeros(len(cells), dtype=bool)
    if field.minimum is not None:
        at_most = cells <= field.minimum if field.exclusive_minimum else cells < field.minimum
        outside |= at_most
    too_low = outside.copy()
    if field.maximum is not None:
        outside |= cells > field.maximum
    if not outside.any():
        return parsed
    is_area = field.unit == "m2" and field.minimum == 0
    area = too_low & is_area
    return Parsed(parsed.values.mask(outside), parsed.unread | outside, parsed.issues + issues_of(
        Issue("area_not_positive" if field.exclusive_minimum else "out_of_range", area),
        Issue("out_of_range", outside & ~area, detail=bounds(field))))  # fmt: skip


def bounds(field: Field) -> str:
    """The bounds of a field as people read them.

    Examples
    --------
    >>> from landtool.schema import LAYERS
    >>> bounds(LAYERS["districts"].field("land_grade")), bounds(LAYERS["contracts"].field("area_m2"))
    ('1 … 15', '> 0')
    """
    low, high = field.minimum, field.maximum
    if low is not None and high is not None:
        return f"> {low:g}, <= {high:g}" if field.exclusive_minimum else f"{low:g} … {high:g}"
    if low is not None:
        return f"> {low:g}" if field.exclusive_minimum else f">= {low:g}"
    return f"<= {high:g}" if high is not None else ""


def _no_zero(parsed: Parsed) -> Parsed:
    zero = (parsed.values.to_numpy(dtype="float64", na_value=np.nan) == 0.0)
    if not zero.any():
        return parsed
    return Parsed(parsed.values.mask(zero), parsed.unread,
                  (*parsed.issues, Issue("zero_is_none", zero, scope="column")))


def _whole_numbers(column: pd.Series) -> pd.Series:
    cells = column.to_numpy(dtype="float64", na_value=np.nan)
    whole = np.isfinite(cells) & (cells == np.round(cells)) & (np.abs(cells) <= _EXACT_IN_FLOAT)
    digits = pd.Series(np.where(whole, cells, 0.0), index=column.index).astype("int64")
    text = pd.Series(cells, index=column.index).astype("str")
    return digits.astype("str").where(whole, text)


def _where(text: pd.Series, piece: str, turn: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Turn only the cells that hold a piece of text: most columns have none."""
    rows = text.str.contains(piece, regex=False).to_numpy(dtype=bool, na_value=False)
    if not rows.any():
        return text
    turned = text.copy()
    turned[rows] = turn(text[rows])
    return turned


def _nulled(text: pd.Series, rows: np.ndarray) -> pd.Series:
    return text.mask(rows) if rows.any() else text


def _none(column: pd.Series) -> np.ndarray:
    return np.zeros(len(column), dtype=bool)
