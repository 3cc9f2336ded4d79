"""Numbers in force on a day, and numbers that lie ahead of it.

A target set for a later year is worth showing before it binds. The helper gives the number in
force, else the next one to come, and says which of the two it is.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from landtool.policy import Parameter, Policy


def in_force_or_next(policy: Policy, key: str, at: dt.date) -> tuple[Parameter | None, bool]:
    """Give the number in force on a day, else the next to come, and whether it lies ahead.

    Returns
    -------
    tuple of Parameter or None, bool
        ``(None, False)`` where the policy has no value on or after the day.

    Raises
    ------
    PolicyError
        If no policy declares the key.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> found, ahead = in_force_or_next(load_policy("national"), "idle.fee_share",
    ...                                 dt.date(2025, 12, 31))
    >>> found.value, ahead
    (0.2, False)
    """
    found = policy.at(at).get(key)
    if found is not None:
        return found, False
    later = [value for value in policy.history(key) if value.valid_from > at]
    return (min(later, key=lambda value: value.valid_from), True) if later else (None, False)


def in_force_on(policy: Policy, key: str, days: pd.Series) -> tuple[list[Parameter], np.ndarray]:
    """Give the number in force on each of many days; one look-up per dated value, not per day.

    Parameters
    ----------
    policy : Policy
        Its own day does not matter.
    key : str
        A declared parameter.
    days : pandas.Series
        Dates; null days have no number.

    Returns
    -------
    tuple of list of Parameter, numpy.ndarray
        The numbers, and per day the position of its own; -1 where none is in force.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> days = pd.Series(pd.to_datetime(["2005-01-01", "2010-01-01", "2024-01-01", None]))
    >>> found, at = in_force_on(load_policy("national"), "control.building_coefficient_min", days)
    >>> [number.value for number in found], at.tolist()
    ([0.3, 0.4], [-1, 0, 1, -1])
    """
    history = policy.history(key)
    ends = [value.valid_until + dt.timedelta(days=1) for value in history if value.valid_until]
    starts = sorted({value.valid_from for value in history} | set(ends))
    numbers = [policy.at(start).get(key) for start in starts]
    known = list(dict.fromkeys(number for number in numbers if number is not None))
    spans = np.array([-1, *(-1 if n is None else known.index(n) for n in numbers)])
    when = days.to_numpy(dtype="datetime64[D]")
    at = spans[np.searchsorted(np.array(starts, dtype="datetime64[D]"), when, side="right")]
    return known, np.where(np.isnat(when), -1, at)
