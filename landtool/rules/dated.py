"""Numbers in force on a day, and numbers that lie ahead of it.

A target set for a later year is worth showing before it binds. The helper gives the number in
force, else the next one to come, and says which of the two it is.
"""

from __future__ import annotations

import datetime as dt

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
