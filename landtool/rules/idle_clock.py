"""From which day the idle-land clock runs, and when its years are full.

Order 53, Arts. 2, 8, 12 and 22. Days of recorded government cause do not count. Late delivery is
never deducted unless it is recorded.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from landtool.errors import InputDataError
from landtool.indicators.full_years import (
    Intervals,
    anniversary,
    net_anniversary,
    to_days,
    unite_intervals,
)
from landtool.rules.idle_facts import NO_DAY, Facts, truth

BASES = ("", "agreed_start", "delivery_plus_year", "disposal")
LATE_DELIVERY = 1
CAUSE_CODES = range(1, 8)  # Art. 8: 1 late delivery … 6 other act of government; 7 force majeure


@dataclass(frozen=True)
class Causes:
    """Recorded government causes, by position of the contract.

    Attributes
    ----------
    intervals : Intervals
        United, not yet clipped.
    codes : ndarray of uint8
        Bit ``c`` is set where cause ``c`` is recorded.
    unreadable : ndarray of bool
        Some cause row of the contract could not be used, so its deduction may be too small.
    recorded : bool
        Whether there is a layer of causes at all.
    """

    intervals: Intervals
    codes: np.ndarray
    unreadable: np.ndarray
    recorded: bool


@dataclass(frozen=True)
class Clock:
    """A clock per contract: where it starts and when its years are full.

    Attributes
    ----------
    due : ndarray of days
        The day the clock starts; NaT where there is none or it is unknown.
    basis : ndarray of int
        Position in :data:`BASES`.
    calendar : ndarray of days
        The day on which one year is full by the calendar.
    full, recovery : ndarray of days
        The same with the days of government cause taken off, for one year and for two. A cause that
        still runs is counted up to ``as_of``: the true day may be later.
    cause_days : ndarray of int
        Days taken off up to ``as_of``.
    """

    due: np.ndarray
    basis: np.ndarray
    calendar: np.ndarray
    full: np.ndarray
    recovery: np.ndarray
    cause_days: np.ndarray


def read_causes(
    causes: pd.DataFrame | None, facts: Facts, policy: Any, unreadable_contracts: Collection[str]
) -> Causes:
    """Read the recorded causes by contract position; a row that cannot be used marks its contract.

    A row cannot be used if its code is not one of Art. 8, its from-day is empty, its to-day lies
    before the from-day, or its to-day was not read (column absent, or cell set aside). A code that
    the policy does not count as a government cause is not deducted.

    Raises
    ------
    InputDataError
        If the causes lack contract_id, cause_code or from_date.
    """
    ids = facts.register.ids
    unreadable = pd.Index(list(unreadable_contracts)).astype("str")
    marked = np.array(ids.isin(unreadable), dtype=bool)
    codes = np.zeros(len(ids), dtype="uint8")
    if causes is None:
        nothing = np.empty(0, dtype="int64")
        empty = unite_intervals(nothing, nothing, nothing, last_day=facts.as_of)
        return Causes(empty, codes, marked, recorded=False)
    rows = _by_position(causes, ids)
    usable = rows["usable"].to_numpy(dtype=bool)
    marked[rows["at"].to_numpy()[~usable]] = True
    counting = [int(code) for code in policy["idle.government_causes"].value]
    rows = rows[usable & rows["code"].isin(counting).to_numpy(dtype=bool)]
    for code in CAUSE_CODES:
        codes[rows["at"].to_numpy()[rows["code"].to_numpy() == code]] |= 1 << code
    united = unite_intervals(rows["at"], rows["from_day"], rows["to_day"], last_day=facts.as_of)
    return Causes(united, codes, marked, recorded=True)


def start_clock(facts: Facts, causes: Causes, policy: Any) -> Clock:
    """Run the clock of Art. 2 ¶1.

    It starts on the recorded new start date of a disposal (Art. 12, except paid recovery), else on
    the agreed start date, else, where no start date was agreed, one year after the actual delivery
    (Art. 22). An agreed start date that stands in the register but could not be read starts none.
    """
    disposal = restart_day(facts, policy)
    wait = policy["idle.unclear_start_years_after_delivery"].value
    delivered = np.where(facts.register.unread("agreed_start_date", by_source=False), NO_DAY,
                         anniversary(facts.delivery, wait))
    agreed = facts.agreed_start
    basis = np.select([~np.isnat(disposal), ~np.isnat(agreed), ~np.isnat(delivered)], [3, 1, 2], 0)
    due = np.where(basis == 3, disposal, np.where(basis == 1, agreed, delivered))
    return _run(due, basis, facts, causes, policy["idle.full_years"].value,
                policy["idle.recovery_years"].value)


def suspension_clock(facts: Facts, causes: Causes, policy: Any) -> Clock:
    """Run the clock of Art. 2 ¶2: from the day works stopped, or a later restart by disposal."""
    since = facts.suspended_since
    due = np.where(np.isnat(since), NO_DAY, np.fmax(since, restart_day(facts, policy)))
    years = policy["idle.suspended_years"].value
    return _run(due, np.zeros(len(due), dtype="int64"), facts, causes, years, years)


def restart_day(facts: Facts, policy: Any) -> np.ndarray:
    """Find the start date agreed anew on a disposal that restarts the clock; it may be unnamed."""
    routes = ("", *policy["idle.restart_routes"].value)
    restarts = facts.register.texts("disposal_route").isin(routes).to_numpy(dtype=bool)
    return np.where(restarts, facts.disposal, NO_DAY)


def is_full(day_full: np.ndarray, as_of: np.datetime64) -> np.ndarray:
    """Say, three-valued, whether it is full by the end of ``as_of``; unknown without a day."""
    return truth(day_full <= as_of, ~np.isnat(day_full))


def _run(
    due: np.ndarray, basis: np.ndarray, facts: Facts, causes: Causes, years: float, recovery: float
) -> Clock:
    counted = causes.intervals.clip(due, facts.as_of)
    return Clock(
        due=due, basis=basis, calendar=anniversary(due, years),
        full=net_anniversary(due, years, counted), recovery=net_anniversary(due, recovery, counted),
        cause_days=counted.days(len(due)),
    )  # fmt: skip


def _by_position(causes: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    lacking = [name for name in ("contract_id", "cause_code", "from_date")
               if name not in causes.columns]
    if lacking:
        raise InputDataError(f"no column {', '.join(lacking)}", "government_causes",
                             "each cause names its contract, its code and its first day")
    begin = to_days(pd.to_datetime(causes["from_date"]))
    end, end_read = _ends(causes)
    code = pd.to_numeric(causes["cause_code"].astype("str"), errors="coerce")
    usable = code.isin(CAUSE_CODES).to_numpy(dtype=bool)
    rows = pd.DataFrame({
        "contract_id": causes["contract_id"].astype("str").to_numpy(),
        "code": code.where(usable, 0).to_numpy(dtype="int64"), "from_day": begin, "to_day": end,
        "usable": usable & ~np.isnat(begin) & end_read & ~(end < begin),
    })  # fmt: skip
    places = pd.DataFrame({"contract_id": ids.to_numpy(), "at": np.arange(len(ids))})
    return rows.dropna(subset="contract_id").merge(places, on="contract_id")


def _ends(causes: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    if "to_date" not in causes.columns:
        return np.full(len(causes), NO_DAY), np.zeros(len(causes), dtype=bool)
    end = to_days(pd.to_datetime(causes["to_date"]))
    if "to_date_is_known" not in causes.columns:
        return end, np.ones(len(causes), dtype=bool)
    known = causes["to_date_is_known"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    return end, known | ~np.isnat(end)

