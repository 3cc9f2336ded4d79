"""The terms of an output assessment: what is divided by what, against which target."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from landtool.columns import day
from landtool.errors import PolicyError
from landtool.policy import Parameter, Policy
from landtool.rules.dated import in_force_or_next

# How a policy may spell a denominator.
_SPELLED = {"park": "all_in_boundary"}


@dataclass(frozen=True)
class Terms:
    """The terms of one assessment.

    Attributes
    ----------
    target : Parameter or None
        In CNY/m²; None where the policy sets none: output is measured then, and judged against
        nothing.
    applies_from : datetime.date or None
        First day on which the target binds.
    is_ahead : bool
        Whether that day has not come.
    numerator, denominator : str
        See :mod:`landtool.indicators.output`.
    coverage_min : float
        Least share of the denominator's land with known output.
    year : int or None
        Year of the figures; None: there are none.
    clause : str
        Of the target, else of the numerator.
    """

    target: Parameter | None
    applies_from: dt.date | None
    is_ahead: bool
    numerator: str
    denominator: str
    coverage_min: float
    year: int | None
    clause: str

    @property
    def target_cny_m2(self) -> float:
        """The target; NaN without one."""
        return float("nan") if self.target is None else float(self.target.value)


def read_terms(
    policy: Policy, as_of: dt.date | pd.Timestamp | str, year: int | None
) -> Terms:
    """Read the terms from the policy; a target to come is read with its settings.

    Raises
    ------
    PolicyError
        If the policy lacks numerator, denominator or coverage on and after the day.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> terms = read_terms(load_policy("chongqing-2021"), "2024-06-30", 2023)
    >>> terms.target.value, terms.applies_from, terms.is_ahead
    (6500.0, datetime.date(2025, 1, 1), True)
    """
    at = day(as_of).date()

    def value(key: str) -> Parameter:
        found, _ = in_force_or_next(policy, key, at)
        if found is None:
            raise PolicyError(f"{key} has no value on or after {at}", f"policy {policy.name}",
                              "give it a value in the policy file")
        return found

    target, is_ahead = in_force_or_next(policy, "output.target_cny_m2", at)
    applies_from = None if target is None else target.valid_from
    due, _ = in_force_or_next(policy, "output.target_year", at)
    if applies_from is not None and due is not None:
        applies_from = max(applies_from, dt.date(int(due.value), 1, 1))
    numerator, denominator = value("output.numerator"), str(value("output.denominator").value)
    return Terms(
        target, applies_from, is_ahead or (applies_from is not None and at < applies_from),
        str(numerator.value), _SPELLED.get(denominator, denominator),
        float(value("output.coverage_share_min").value), year,
        (target or numerator).clause,
    )  # fmt: skip
