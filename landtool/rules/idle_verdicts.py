"""The verdict on each contract: Art. 2 ¶1 and ¶2 in three values, then one status by precedence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from landtool.rules.idle_clock import Causes, Clock, is_full
from landtool.rules.idle_facts import NO, UNKNOWN, YES, Facts, truth

# In order of precedence; the position is the code.
STATUSES = (
    "not_applicable", "idle_2y", "idle_1y", "idle_government_cause", "idle_suspended",
    "not_assessable", "at_risk", "not_idle",
)  # fmt: skip
READ_BEFORE_FLAGGING = (
    "disposal_start_date", "actual_completion_date", "actual_production_date",
)  # fmt: skip


@dataclass(frozen=True)
class Works:
    """How far a started project has come: shares of area and of investment, three-valued.

    ``investment_base`` is the total investment without land price; ``lacking_…`` map each missing
    field to where it is missing, separately for the area and for the investment operand.
    """

    developed_share: np.ndarray
    invested_share: np.ndarray
    investment_base: np.ndarray
    little_area: np.ndarray
    little_money: np.ndarray
    lacking_area: dict[str, np.ndarray]
    lacking_money: dict[str, np.ndarray]


def measure_works(facts: Facts, policy: Any) -> Works:
    """Measure the operands of Art. 2 ¶2: shares of area developed and of investment made.

    Investment figures exclude the land price (Art. 30): where the contract's total says that it
    includes land, the price is subtracted; without a price the operand is unknown. A denominator
    that is not positive, or a negative numerator, makes the operand unknown, never zero.
    """
    number = facts.register.numbers
    developed, due, invested = (number(name) for name in
                                ("developed_area_m2", "area_due_m2", "invested_cny"))
    total, price = number("total_investment_cny"), number("price_cny")
    with_land = facts.register.says_yes("total_investment_includes_land")
    unclear = facts.register.unread("total_investment_includes_land")
    base = np.where(unclear, np.nan, np.where(with_land, total - price, total))
    area, money = _share(developed, due), _share(invested, base)
    return Works(
        developed_share=area, invested_share=money, investment_base=base,
        little_area=truth(area < policy["idle.developed_share_min"].value, ~np.isnan(area)),
        little_money=truth(money < policy["idle.invested_share_min"].value, ~np.isnan(money)),
        lacking_area={"developed_area_m2": ~(developed >= 0), "area_due_m2": ~(due > 0)},
        lacking_money={
            "invested_cny": ~(invested >= 0),
            "total_investment_includes_land": unclear,
            "price_cny": with_land & np.isnan(price),
            "total_investment_cny": ~(total > 0) | (base <= 0),
        },
    )  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """The verdict and what it rests on, per contract.

    Attributes
    ----------
    code : ndarray of int
        Position of the status in :data:`STATUSES`.
    paragraph1, paragraph2 : ndarray of int8
        Three-valued: idle by Art. 2 ¶1, by ¶2.
    little, paused : ndarray of int8
        Three-valued operands of ¶2: little area developed or little invested; suspended in full.
    held : ndarray of bool
        Would be idle, but a record that could excuse it could not be read.
    """

    code: np.ndarray
    paragraph1: np.ndarray
    paragraph2: np.ndarray
    little: np.ndarray
    paused: np.ndarray
    held: np.ndarray

    def among(self, *statuses: str) -> np.ndarray:
        """Where the status is one of these."""
        return np.isin(self.code, [STATUSES.index(status) for status in statuses])


def judge(facts: Facts, clock: Clock, pause: Clock, works: Works, causes: Causes,
          policy: Any) -> Judged:
    """Judge both paragraphs and give the status.

    Unknown start, clock or operands lead to ``not_assessable``, never to "not idle". Land that
    would be idle is not assessable too where a record that could excuse it stands there but could
    not be read: a cause, a disposal, a completion or production date; and where the contract has ended by
    its term and no expiry date says whether it was renewed.
    """
    first = np.where(facts.started == UNKNOWN, UNKNOWN,
                     np.minimum(-facts.started, is_full(clock.full, facts.as_of)))
    little = np.maximum(works.little_area, works.little_money)
    # Where no suspension date stands, suspended is what the register says: no, or unknown.
    paused = np.where(np.isnat(pause.due), facts.suspended, is_full(pause.full, facts.as_of))
    paused = np.where(facts.completed, NO, paused)
    second = np.minimum(np.minimum(facts.started, little), paused)
    unread = np.logical_or.reduce([facts.register.unread(name) for name in READ_BEFORE_FLAGGING])
    held = ((first == YES) | (second == YES)) & (causes.unreadable | unread | facts.ended)
    first, second = (np.where(held & (known == YES), UNKNOWN, known) for known in (first, second))
    excused, excuse_open, soon = _not_yet(facts, clock, pause, little, policy)
    unknown = (first == UNKNOWN) | (second == UNKNOWN) | excuse_open
    code = np.select(
        [~facts.binds, (first == YES) & (clock.recovery <= facts.as_of), first == YES, excused,
         second == YES, unknown, soon], range(len(STATUSES) - 1), len(STATUSES) - 1)
    return Judged(code, first, second, little, paused, held)


def _not_yet(facts: Facts, clock: Clock, pause: Clock, little: np.ndarray,
             policy: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Not full by the end of the day: for a government cause, perhaps for one, or about to be."""
    day = facts.as_of
    last = day + np.timedelta64(int(policy["idle.warning_days"].value), "D")
    waits = (facts.started == NO) & (clock.full > day)
    stops = (facts.started == YES) & ~facts.completed & (pause.full > day)
    over, stop_over = clock.calendar <= day, stops & (pause.calendar <= day)
    excused = (waits & over) | (stop_over & (little == YES))
    soon = (waits & (clock.full <= last)) | (stops & (little == YES) & (pause.full <= last))
    return excused, stop_over & (little == UNKNOWN), soon


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    usable = (part >= 0) & (whole > 0)
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=usable)
