"""The columns of the idle-land verdict: days, words, the draft fee, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from landtool.rules.idle_clock import BASES, Causes, Clock
from landtool.rules.idle_facts import NO, NO_DAY, UNKNOWN, YES, Facts
from landtool.rules.idle_verdicts import READ_BEFORE_FLAGGING, STATUSES, Judged, Works

MISSING = (
    "actual_start_date", "agreed_start_date", "actual_delivery_date", "developed_area_m2",
    "area_due_m2", "invested_cny", "total_investment_cny", "total_investment_includes_land",
    "price_cny", "suspended_since_date", "disposal_start_date", "actual_completion_date",
    "actual_production_date", "government_causes",
)  # fmt: skip
_ANSWERS = ("no", "unknown", "yes")
_CAUSES = ("", "holder", "holder", "government", "suspended", "", "", "")  # by status code
_STARTS = ("", "evidently_started", "started_under_earlier_contract", "start_date",
           "earlier_contract_unclear", "unknown", "start_after_as_of", "register_cell_empty")  # fmt: skip


def verdict_frame(facts: Facts, clock: Clock, pause: Clock, works: Works, causes: Causes,
                  judged: Judged, policy: Any) -> pd.DataFrame:
    """Write the verdict columns on the index of the contracts."""
    binds, begun = facts.binds, facts.started == YES
    calendar, full, due, off = (
        np.where(begun, getattr(pause, name), getattr(clock, name))
        for name in ("calendar", "full", "due", "cause_days"))
    idle = judged.among("idle_2y", "idle_1y", "idle_suspended")
    since = np.select([idle, judged.among("idle_government_cause")], [full, calendar], NO_DAY)
    ahead = judged.among("at_risk", "idle_government_cause") | (judged.among("not_idle") & ~begun)
    columns = {
        "idle_status": coded(judged.code, STATUSES), "idle_since": _stamp(since),
        "idle_days": _whole(facts.as_of - since, ~np.isnat(since)),
        "turns_idle_date": _stamp(np.where(ahead, full, NO_DAY)),
        "recovery_date": _stamp(np.where(judged.among("idle_1y"), clock.recovery, NO_DAY)),
        "idle_due_date": _stamp(np.where(binds, clock.due, NO_DAY)),
        "idle_due_basis": coded(np.where(binds, clock.basis, 0), BASES),
        "idle_cause": coded(judged.code, _CAUSES),
        "cause_days": _whole(off, binds & ~np.isnat(due)),
        "idle_fee_cny": _fee(facts, judged, policy),
        "idle_paragraph1": coded(np.where(binds, judged.paragraph1 + 2, 0), ("", *_ANSWERS)),
        "idle_paragraph2": coded(np.where(binds, judged.paragraph2 + 2, 0), ("", *_ANSWERS)),
        "idle_missing": _missing(facts, clock, works, causes, judged),
        "idle_basis": coded(_start_basis(facts), _STARTS),
        "idle_start_fill_share": np.where(binds, facts.start_fill, np.nan),
    }  # fmt: skip
    return pd.DataFrame(columns, index=facts.register.frame.index)


def coded(codes: np.ndarray, words: Sequence[str]) -> Any:
    """Write a text column from positions in a list of words; the empty word is null.

    Examples
    --------
    >>> coded(np.array([1, 0]), ["", "yes"]).tolist()
    ['yes', nan]
    """
    lexicon = pa.array([word or None for word in words], pa.large_string())
    return pd.array(lexicon.take(pa.array(codes)), dtype="str")


def _fee(facts: Facts, judged: Judged, policy: Any) -> np.ndarray:
    """Draft fee: a share of the grant or allocation price; a lease has no such price."""
    price = facts.register.numbers("price_cny")
    granted = facts.register.texts("kind").ne("lease").to_numpy(dtype=bool)
    due = judged.among("idle_1y") & granted & (price > 0)
    return np.where(due, price * policy["idle.fee_share"].value, np.nan)


def _start_basis(facts: Facts) -> np.ndarray:
    """How it is known whether development has started: position in ``_STARTS``."""
    later = np.isnat(facts.start) & ~np.isnat(facts.register.dates("actual_start_date"))
    return np.select(
        [~facts.binds, facts.evident, facts.inherited, facts.started == YES, facts.doubtful,
         facts.started == UNKNOWN, later], range(7), 7)


def _missing(facts: Facts, clock: Clock, works: Works, causes: Causes, judged: Judged) -> Any:
    """Names of the fields that keep the verdict open, joined by commas; else null."""
    unsure = judged.among("not_assessable")
    bits = np.zeros(len(unsure), dtype="int64")
    for name, where in _lacking(facts, clock, works, causes, judged).items():
        bits |= (where & unsure).astype("int64") << MISSING.index(name)
    masks, codes = np.unique(bits, return_inverse=True)
    names = [",".join(name for place, name in enumerate(MISSING) if mask >> place & 1)
             for mask in masks.tolist()]
    return coded(codes, names)


def _lacking(facts: Facts, clock: Clock, works: Works, causes: Causes,
             judged: Judged) -> dict[str, np.ndarray]:
    """Where each field is missing for the paragraph that it keeps open."""
    unread, begun = facts.register.unread, facts.started == YES
    no_clock = ~begun & np.isnat(clock.due)
    lacking = {
        "actual_start_date": facts.started == UNKNOWN,
        "agreed_start_date": no_clock,
        "actual_delivery_date": no_clock & ~unread("agreed_start_date", by_source=False),
        "suspended_since_date": begun & (judged.paused == UNKNOWN) & (judged.little != NO),
        "government_causes": judged.held & causes.unreadable,
    }
    lacking |= {name: judged.held & unread(name) for name in READ_BEFORE_FLAGGING}
    open_second = begun & (judged.little == UNKNOWN)
    for operand, fields in ((works.little_area, works.lacking_area),
                            (works.little_money, works.lacking_money)):
        for name, where in fields.items():
            lacking[name] = open_second & (operand == UNKNOWN) & where
    return lacking


def _stamp(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[us]")


def _whole(numbers: np.ndarray, known: np.ndarray) -> Any:
    plain = np.where(known, numbers.astype("int64"), 0)
    return pd.arrays.IntegerArray(plain, ~known)
