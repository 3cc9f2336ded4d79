"""Dates as bureaus write them: 2021年3月5日, 2021/3/5, 2021.03, 20210305, Excel serials.

A date of month precision (2021年3月, 2021.03) becomes the first day of the month and is noted: it is the
earliest day it can mean. Placeholders that registers write for "none" (1900-01-01, 1901-01-02,
0001-01-01, 9999-12-31 …) are empty, and reported; an impossible date (2021-02-30) is unread, and
reported.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from landtool.columns import text_array
from landtool.schema.cell_base import Issue, Parsed, as_text, is_blank, is_unknown, issues_of, nfkc

_TIME = r"\d{1,2}\s*[:时]\s*(?:\d{1,2}\s*[:分]?\s*(?:\d{1,2}(?:\.\d+)?秒?)?)?\s*(?:z|[+-]\d{2}:?\d{2})?"
_DAY = (
    r"^(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})"
    rf"\s*(?:[日号]\s*(?:{_TIME})?|[t\s]+{_TIME})?$"
)
_COMPACT = rf"^(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})(?:\.0+|\d{{6}}|\s+{_TIME})?$"
_MONTH = r"^(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*(?:月份?)?$"
_COMPACT_MONTH = r"^(?P<year>(?:19|20)\d{2})(?P<month>0[1-9]|1[0-2])(?:\.0+)?$"
_YEAR = r"^(?:1[5-9]|2[01])\d{2}(?:\.0+)?(?:年度?)?$"
_SERIAL = r"^([2-7]\d{4})(?:\.\d+)?$"
_EXCEL_EPOCH = np.datetime64("1899-12-30", "D")
_NO_DAY = np.datetime64("NaT", "D")
_FIRST, _LAST = np.datetime64("1901-01-03", "D"), np.datetime64("2999-01-01", "D")
_LAST_PLAUSIBLE = np.datetime64("2200-01-01", "D")
_ZERO_DATES = ("0", "00000000", "0.0", "1", "2", "1.0", "2.0")
_OK, _BLANK, _UNREAD, _YEAR_ONLY, _PLACEHOLDER, _UNKNOWN = range(6)


def parse_dates(column: pd.Series) -> Parsed:
    """Parse a column of dates in any of the spellings above.

    Parameters
    ----------
    column : pandas.Series
        Text, numbers, dates or a mixture. A column of dates without times passes through untouched.

    Returns
    -------
    Parsed
        ``values`` datetime64 (days, no zone). A date with a zone is taken in China's.

    Examples
    --------
    >>> parsed = parse_dates(pd.Series(["2021年3月5日", "20210305", "44260", "2021.03", "1900-01-01"]))
    >>> parsed.values.dt.strftime("%F").fillna("").tolist()
    ['2021-03-05', '2021-03-05', '2021-03-05', '2021-03-01', '']
    >>> [issue.kind for issue in parsed.issues]
    ['placeholder_date', 'date_month_only']
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        return _typed(column)
    text = as_text(column)
    codes, uniques = pd.factorize(text)
    spelled = pd.Series(uniques, dtype="str")
    if pd.api.types.is_float_dtype(column):
        spelled = _pad_months(spelled)
    day, state, is_month = _parse_unique(spelled)
    found = _take(state, codes, _BLANK)
    values = pd.Series(_take(day, codes, _NO_DAY).astype("datetime64[us]"), index=column.index)
    return _result(values, found, _take(is_month, codes, False))


def _typed(column: pd.Series) -> Parsed:
    plain = column
    if getattr(column.dtype, "tz", None) is not None:
        plain = column.dt.tz_convert("Asia/Shanghai").dt.tz_localize(None)
    if not isinstance(plain.dtype, np.dtype):
        plain = plain.astype("datetime64[us]")
    days = plain.to_numpy().astype("datetime64[D]")
    none = np.isnat(days)
    state = np.where(none, _BLANK, _judge(days))
    if ((plain.to_numpy() != days) & ~none).any():
        plain = plain.dt.normalize()
    if (state > _BLANK).any():
        plain = plain.mask(state > _BLANK)
    return _result(plain, state, np.zeros(len(plain), dtype=bool))


def _result(values: pd.Series, state: np.ndarray, is_month: np.ndarray) -> Parsed:
    unread = np.isin(state, (_UNREAD, _YEAR_ONLY, _UNKNOWN))
    return Parsed(values, unread, issues_of(
        Issue("date_unreadable", state == _UNREAD),
        Issue("date_year_only", state == _YEAR_ONLY),
        Issue("stated_unknown", state == _UNKNOWN),
        Issue("placeholder_date", state == _PLACEHOLDER),
        Issue("date_month_only", is_month & (state == _OK), scope="note"),
    ))  # fmt: skip


def _take(cells: np.ndarray, codes: np.ndarray, missing: object) -> np.ndarray:
    """The value of each row; ``missing`` where the row has none (code -1)."""
    return np.append(cells, np.asarray([missing], dtype=cells.dtype))[codes]


def _parse_unique(spelled: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    text = nfkc(spelled).str.strip().str.lower()
    day = np.full(len(text), _NO_DAY)
    state = np.full(len(text), _UNREAD)
    is_month = np.zeros(len(text), dtype=bool)
    left = np.arange(len(text))
    for pattern in (_DAY, _COMPACT, _MONTH, _COMPACT_MONTH):
        found = pc.extract_regex(text_array(text.iloc[left]), pattern)
        hit = found.is_valid().to_numpy(zero_copy_only=False)
        at = left[hit]
        parts = [pc.cast(part, "int64").to_numpy() for part in found.drop_null().flatten()]
        is_month[at] = len(parts) == 2
        day[at], state[at] = _calendar(*parts)
        left = left[~hit]
        if not len(left):
            return day, state, is_month
    rest = text.iloc[left]
    serial = pd.to_numeric(rest.str.extract(_SERIAL, expand=False)).to_numpy(dtype="float64")
    is_serial = ~np.isnan(serial)
    at = left[is_serial]
    day[at] = _EXCEL_EPOCH + serial[is_serial].astype("int64")
    state[at] = _judge(day[at])
    state[left[rest.str.fullmatch(_YEAR).to_numpy(dtype=bool)]] = _YEAR_ONLY
    state[left[rest.isin(_ZERO_DATES).to_numpy(dtype=bool)]] = _PLACEHOLDER
    state[left[is_unknown(rest)]] = _UNKNOWN
    state[left[is_blank(rest)]] = _BLANK
    return day, state, is_month


def _calendar(
    year: np.ndarray, month: np.ndarray, day: np.ndarray | int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Days with the state of each; no day where the calendar has none."""
    sound = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year >= 1)
    months = (np.where(sound, (year - 1970) * 12 + month - 1, 0)).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(sound, day - 1, 0)
    sound &= days.astype("datetime64[M]") == months
    state = np.where(sound, _judge(days), _UNREAD)
    state = np.where(np.isin(year, (0, 1, 1899, 1900)), _PLACEHOLDER, state)
    return np.where(state == _OK, days, _NO_DAY), state


def _judge(days: np.ndarray) -> np.ndarray:
    state = np.full(len(days), _OK)
    year = days.astype("datetime64[Y]").astype("int64") + 1970
    state[(year < 1901) | (days >= _LAST_PLAUSIBLE)] = _UNREAD
    near = np.isin(year, (1, 1899, 1900)) | ((year == 1901) & (days < _FIRST)) | (days >= _LAST)
    state[near] = _PLACEHOLDER
    return state


def _pad_months(spelled: pd.Series) -> pd.Series:
    """A month read as a decimal has lost its last zero: 2010.1 is October beside 2003.03.

    Beside 2021.5 months are written without zeros and 2021.1 is January; with neither beside it, it can
    be both and stays unread.
    """
    short = spelled.str.fullmatch(r"\d{4}\.1")
    if spelled.str.fullmatch(r"\d{4}\.0[1-9]").any():
        return spelled.mask(short, spelled + "0")
    return spelled if spelled.str.fullmatch(r"\d{4}\.[2-9]").any() else spelled.mask(short, "?.?")
