"""Numbers as bureaus write them: 1,200.5, 约30, full-width digits, 12万元, 30%, 七十年."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landtool import units
from landtool.schema.cell_base import Issue, Parsed, as_text, is_blank, is_unknown, issues_of, nfkc

_ABOUT = r"^(?:大约|约为|约|近|≈|~|about|approx\.?)+"
_MONEY_SIGN = r"^(?:人民币|rmb|¥|cny)"
_NUMBER = r"^([-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|[-+]?\.\d+)(.*)$"
_SPOKEN = r"^(?:第)?([一二三四五六七八九])?(十)?([一二三四五六七八九])?(?:等级|等|级|年|层)?$"
_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", start=1)}
_COUNTERS = ("年", "年度", "个", "人", "家", "户", "名", "层", "栋", "幢", "项", "宗", "次", "等", "级", "倍")


def parse_numbers(
    column: pd.Series, unit: str = "", size: float | None = 1.0, *, integer: bool = False
) -> Parsed:
    """Parse a column of numbers into its canonical unit.

    Parameters
    ----------
    column : pandas.Series
        Numbers, text or a mixture. A float64 column in the canonical unit passes through untouched.
    unit : str
        Canonical unit (``m2``, ``cny``, ``pct`` …) or empty.
    size : float or None
        Size of a plain number in the canonical unit; None where the column's unit is unknown: then
        only cells with a unit of their own are read.
    integer : bool
        Whether the result is Int64; a fraction is then set aside.

    Returns
    -------
    Parsed
        ``values`` float64, or Int64.

    Examples
    --------
    >>> parsed = parse_numbers(pd.Series(["1,200.5", "约30", "１２", "12万元", "--"]), "cny")
    >>> parsed.values.tolist()
    [1200.5, 30.0, 12.0, 120000.0, nan]
    >>> [(issue.kind, issue.scope) for issue in parsed.issues]
    [('number_approximate', 'note'), ('unit_in_cell', 'column')]
    """
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if is_number:
        values, unread, issues = _typed(column, size)
    else:
        values, unread, issues = _from_text(as_text(column), unit, size)
    if not integer:
        return Parsed(values, unread, issues)
    cells = values.to_numpy(dtype="float64")
    broken = ~np.isnan(cells) & ((cells != np.round(cells)) | (np.abs(cells) > 2**53))
    if broken.any():
        values = values.mask(broken)
    issues += issues_of(Issue("number_not_integer", broken))
    return Parsed(values.astype("Int64"), unread | broken, issues)


def _typed(column: pd.Series, size: float | None) -> tuple[pd.Series, np.ndarray, tuple[Issue, ...]]:
    values = column if column.dtype == np.dtype("float64") else _floats(column)
    cells = values.to_numpy()
    endless = np.isinf(cells)
    no_unit = ~np.isnan(cells) & (size is None)
    unread = endless | no_unit
    if unread.any():
        values = values.mask(unread)
    if size is not None and size != 1.0:
        values = values * size
    return values, unread, issues_of(
        Issue("number_unreadable", endless & ~no_unit), Issue("unit_unknown", no_unit))


def _floats(column: pd.Series) -> pd.Series:
    return pd.Series(column.to_numpy(dtype="float64", na_value=np.nan), index=column.index)


def _from_text(
    text: pd.Series, unit: str, size: float | None
) -> tuple[pd.Series, np.ndarray, tuple[Issue, ...]]:
    cells = pd.to_numeric(text, errors="coerce").to_numpy(dtype="float64").copy()
    cells[np.isinf(cells)] = np.nan
    plain = ~np.isnan(cells)
    if size is None:
        cells[plain] = np.nan
    elif size != 1.0:
        cells[plain] *= size
    hard = np.flatnonzero(~plain & ~text.isna().to_numpy())
    about, own_unit = np.zeros(len(text), dtype=bool), np.zeros(len(text), dtype=bool)
    unknown, unread = np.zeros(len(text), dtype=bool), np.zeros(len(text), dtype=bool)
    if len(hard):
        codes, uniques = pd.factorize(text.iloc[hard])
        spelled = pd.Series(uniques, dtype="str")
        read = _spelled(spelled, unit, size)
        cells[hard] = read["value"].to_numpy()[codes]
        about[hard] = read["about"].to_numpy()[codes]
        own_unit[hard] = read["own_unit"].to_numpy()[codes]
        plain[hard] = read["plain"].to_numpy()[codes]
        unknown[hard] = is_unknown(spelled)[codes]
        says = ~is_blank(spelled)[codes]
        unread[hard] = np.isnan(cells[hard]) & says
    no_unit = plain & (size is None)
    unread |= no_unit
    return pd.Series(cells, index=text.index), unread, issues_of(
        Issue("number_unreadable", unread & ~no_unit & ~unknown),
        Issue("stated_unknown", unknown),
        Issue("unit_unknown", no_unit),
        Issue("number_approximate", about & ~np.isnan(cells), scope="note"),
        Issue("unit_in_cell", own_unit & ~np.isnan(cells), scope="column"),
    )  # fmt: skip


def _spelled(spelled: pd.Series, unit: str, size: float | None) -> pd.DataFrame:
    """Distinct cells that are not plain numbers: value, and how it was written."""
    text = nfkc(spelled).str.replace(r"\s+", "", regex=True).str.lower()
    text = text.str.replace(_MONEY_SIGN, "", regex=True)
    about = text.str.contains(_ABOUT, regex=True) | text.str.endswith("左右")
    bare = text.str.replace(_ABOUT, "", regex=True).str.replace(r"左右$", "", regex=True)
    parts = bare.str.replace("−", "-").str.extract(_NUMBER, expand=True)
    number = pd.to_numeric(parts[0].str.replace(",", ""), errors="coerce")
    suffix = parts[1].fillna("")
    plain = number.notna() & (suffix.eq("") | suffix.isin(_COUNTERS if unit in _COUNTED else ()))
    own = suffix.map(_suffix_sizes(suffix, unit)).astype("float64")
    spoken = _spoken(bare)
    number, plain = number.fillna(spoken), plain | spoken.notna()
    of_plain = number * (np.nan if size is None else size)
    value = of_plain.where(plain, number * own)
    return pd.DataFrame({"value": value, "about": about, "plain": plain,
                         "own_unit": ~plain & own.notna()})  # fmt: skip


_COUNTED = ("", "count", "years", "ratio")


def _suffix_sizes(suffix: pd.Series, unit: str) -> dict[str, float]:
    """Sizes of the units that stand behind the numbers, for those that fit the dimension."""
    if unit in ("", "ratio"):
        return {"%": 0.01}
    if unit in units.DIMENSIONS:
        table = {units.normal_unit(name): size for name, size in units.DIMENSIONS[unit].items()}
        if unit == "cny":
            table |= {f"{name}人民币": size for name, size in table.items()}
        return table
    if unit != "cny_m2":
        return {}
    halves = suffix.drop_duplicates().str.extract(r"^(.+?)(?:/|每)(.+)$", expand=True)
    money, land = _suffix_sizes(suffix, "cny"), _suffix_sizes(suffix, "m2")
    sizes = halves[0].map(money).astype("float64") / halves[1].map(land).astype("float64")
    return dict(zip(suffix.drop_duplicates(), sizes, strict=True))


def _spoken(text: pd.Series) -> pd.Series:
    """Whole numbers from 1 to 99 in Chinese numerals (七十年, 十五等级)."""
    parts = text.str.extract(_SPOKEN, expand=True)
    has_ten = parts[1].notna()
    tens = parts[0].map(_DIGITS).astype("float64")
    ones = parts[2].map(_DIGITS).astype("float64")
    single = tens.where(~has_ten & ones.isna())
    return (tens.fillna(1.0) * 10 + ones.fillna(0.0)).where(has_ten, single)
