"""Full years between dates, with days that do not count: pure date arithmetic, no policy.

How Order 53 counts: the start day is not counted, so a year that starts on 1 March is full at the
end of 1 March a year later; where the month has no such day (29 February), at the end of its last
day. Days under a recorded government cause do not count. All functions work on whole columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from landtool.errors import InputDataError

DAY = "datetime64[D]"
_SPAN = np.int64(1) << 32
_MONTHS_A_YEAR = 12


def to_days(dates: Any) -> np.ndarray:
    """Turn dates into an array of whole days (``datetime64[D]``); NaT stays NaT.

    Examples
    --------
    >>> to_days(pd.Series(pd.to_datetime(["2020-02-29 18:00", None])))
    array(['2020-02-29', 'NaT'], dtype='datetime64[D]')
    """
    if isinstance(dates, pd.Series | pd.Index):
        return dates.to_numpy(dtype=DAY)
    return np.asarray(dates, dtype=DAY)


def anniversary(dates: Any, years: Any) -> Any:
    """Find the same calendar day ``years`` later; the month's last day where there is none.

    Parameters
    ----------
    dates : Series, Index, array or scalar of dates
        NaT stays NaT.
    years : number or array
        Must be whole months (0.5 is six months).

    Returns
    -------
    Series or ndarray
        A Series on the same index for a Series, else an array of days.

    Raises
    ------
    InputDataError
        If ``years`` is not a whole number of months.

    Examples
    --------
    >>> anniversary(np.array(["2020-02-29", "2021-03-31"], "datetime64[D]"), 1)
    array(['2021-02-28', '2022-03-31'], dtype='datetime64[D]')
    """
    exact = np.asarray(years, dtype="float64") * _MONTHS_A_YEAR
    months = np.rint(exact)
    if not np.all(np.abs(exact - months) < 1e-6):
        raise InputDataError(f"{years!r} years is not a whole number of months", "full years",
                             "give the policy parameter in whole months or years")
    start = to_days(dates)
    found = _months_later(start, months) if months.ndim else _each_day_once(start, months)
    return _like(found, dates)


def _each_day_once(start: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Look up what is reckoned once for every day there may be: a column has more dates than its decades have days."""
    known = ~np.isnat(start)
    days = start[known].astype("int64")
    if not len(days) or days.max() - days.min() > len(days):
        return _months_later(start, months)
    low = days.min()
    found = np.full(start.shape, np.datetime64("NaT"), DAY)
    found[known] = _months_later(np.arange(low, days.max() + 1).astype(DAY), months)[days - low]
    return found


def _months_later(start: np.ndarray, months: np.ndarray) -> np.ndarray:
    first = start.astype("datetime64[M]")
    target = first + months.astype("int64").astype("timedelta64[M]")
    one = np.timedelta64(1, "M")
    last = (target + one).astype(DAY) - target.astype(DAY) - np.timedelta64(1, "D")
    return target.astype(DAY) + np.minimum(start - first.astype(DAY), last)


def full_years_by(dates: Any, day: Any) -> Any:
    """Count the full calendar years from each date to the end of ``day``; 0 before the first.

    Returns
    -------
    Series or ndarray
        ``Int64`` Series on the same index for a Series (null where the date is), else an array of
        floats with NaN.

    Examples
    --------
    >>> full_years_by(pd.Series(pd.to_datetime(["2020-03-01", "2020-03-02", None])),
    ...               "2021-03-01").tolist()
    [1, 0, <NA>]
    """
    start, end = to_days(dates), np.datetime64(day, "D")
    known = ~(np.isnat(start) | np.isnat(end))
    safe = np.where(known, start, np.datetime64(0, "D"))
    until = end if not np.isnat(end) else np.datetime64(0, "D")
    guess = (until.astype("datetime64[Y]") - safe.astype("datetime64[Y]")).astype("int64")
    years = np.maximum(guess - (anniversary(safe, guess) > until), 0)
    if isinstance(dates, pd.Series):
        return pd.Series(years, index=dates.index).where(known).astype("Int64")
    return np.where(known, years, np.nan)


@dataclass(frozen=True)
class Intervals:
    """Disjoint periods per owner, sorted by owner and then in time.

    Attributes
    ----------
    owner : ndarray of int64
        Position of the row (contract) the period belongs to.
    from_day, to_day : ndarray of datetime64[D]
        First day in the period, and first day after it.
    rank : ndarray of int64
        0 for an owner's earliest period, 1 for the next …
    """

    owner: np.ndarray
    from_day: np.ndarray
    to_day: np.ndarray
    rank: np.ndarray

    def clip(self, start: Any, last_day: Any) -> Intervals:
        """Keep the parts within ``[start of the owner, last_day]``, the last day included.

        ``start`` has one date per owner position; a period wholly outside becomes empty.
        """
        earliest = to_days(start)[self.owner]
        latest = np.datetime64(last_day, "D") + np.timedelta64(1, "D")
        begin = np.maximum(self.from_day, earliest)
        end = np.maximum(np.minimum(self.to_day, latest), begin)
        return replace(self, from_day=begin, to_day=end)

    @property
    def lengths(self) -> np.ndarray:
        """Days in each period; 0 where the owner has no start."""
        length = (self.to_day - self.from_day).astype("int64")
        return np.where(np.isnat(self.from_day) | np.isnat(self.to_day), 0, length)

    def days(self, count: int) -> np.ndarray:
        """Sum the days per owner, for ``count`` owners."""
        return np.bincount(self.owner, weights=self.lengths, minlength=count).astype("int64")


def unite_intervals(owner: Any, from_day: Any, to_day: Any, *, last_day: Any) -> Intervals:
    """Unite overlapping and touching periods of each owner.

    Parameters
    ----------
    owner : array of int
        Position of the row each period belongs to.
    from_day, to_day : array of dates
        The from-day is in the period, the to-day is not. A null to-day is still running: the period
        holds ``last_day`` too. A from-day must not be null; a to-day before it makes an
        empty period.
    last_day : date
        The day the assessment speaks of.

    Examples
    --------
    >>> made = unite_intervals([0, 0], ["2020-01-01", "2020-01-05"], ["2020-01-08", "NaT"],
    ...                        last_day="2020-01-31")
    >>> made.days(1)
    array([31])
    """
    begin = to_days(from_day)
    running = np.datetime64(last_day, "D") + np.timedelta64(1, "D")
    end = to_days(to_day)
    end = np.maximum(np.where(np.isnat(end), running, end), begin)
    keys = np.asarray(owner, dtype="int64")
    order = np.lexsort((begin, keys))
    keys, begin, end = keys[order], begin[order], end[order]
    if not len(keys):
        return Intervals(keys, begin, end, keys)
    reach = np.maximum.accumulate(keys * _SPAN + end.astype("int64"))
    opens = np.ones(len(keys), dtype=bool)
    opens[1:] = keys[1:] * _SPAN + begin[1:].astype("int64") > reach[:-1]
    opens[1:] |= keys[1:] != keys[:-1]
    at = np.flatnonzero(opens)
    keys = keys[at]
    fresh = np.r_[True, keys[1:] != keys[:-1]]
    rank = np.arange(len(keys)) - np.flatnonzero(fresh)[np.cumsum(fresh) - 1]
    return Intervals(keys, begin[at], np.maximum.reduceat(end, at), rank)


def net_anniversary(start: Any, years: Any, intervals: Intervals) -> Any:
    """Find the day on which ``years`` are full once the days in ``intervals`` are taken off.

    It is the first day on which as many days have passed that count as the calendar year has.

    A period that begins only after the year was already full does not undo it.

    Parameters
    ----------
    start : Series or array of dates
        One per owner position; the start day is not counted.
    years : number
        Full years to reach.
    intervals : Intervals
        Days that do not count, clipped to ``[start, last day known]`` (:meth:`Intervals.clip`).

    Returns
    -------
    Series or ndarray
        As :func:`anniversary`; NaT where the start is.

    Examples
    --------
    >>> start = np.array(["2020-03-01"], "datetime64[D]")
    >>> off = unite_intervals([0], ["2020-06-01"], ["2020-06-11"], last_day="2021-12-31")
    >>> net_anniversary(start, 1, off.clip(start, "2021-12-31"))
    array(['2021-03-11'], dtype='datetime64[D]')
    """
    full = to_days(anniversary(start, years)).copy()
    lengths = intervals.lengths
    by_rank = np.argsort(intervals.rank, kind="stable")
    for at in np.split(by_rank, np.cumsum(np.bincount(intervals.rank))[:-1]):
        owner = intervals.owner[at]
        counts = intervals.from_day[at] <= full[owner]
        full[owner] += np.where(counts, lengths[at], 0).astype("timedelta64[D]")
    return _like(full, start)


def _like(days: np.ndarray, model: Any) -> Any:
    if isinstance(model, pd.Series):
        return pd.Series(days.astype("datetime64[us]"), index=model.index, name=model.name)
    return days
