"""Data findings beside the idle-land rule: dates and disposals that need checking; no verdicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from landtool import messages
from landtool.indicators.full_years import anniversary
from landtool.rules.findings import concat_findings, make_findings
from landtool.rules.idle_clock import BASES, LATE_DELIVERY, Causes, Clock
from landtool.rules.idle_facts import YES, Facts

_DATES = [
    "signed_date", "agreed_delivery_date", "actual_delivery_date", "agreed_start_date",
    "actual_start_date", "actual_completion_date", "actual_production_date", "suspended_since_date",
    "disposal_start_date", "earlier_start_date",
]  # fmt: skip


def data_findings(facts: Facts, clock: Clock, causes: Causes, policy: Any) -> pd.DataFrame:
    """Find doubtful dates of contracts that bind; none of these findings changes a verdict.

    Late delivery is only suggested as a government cause: nothing is deducted unless it is
    recorded.
    """
    longest = policy["idle.extension_years_max"]
    latest = anniversary(facts.agreed_start, longest.value)
    extended = facts.register.texts("disposal_route").eq("extend").to_numpy(dtype=bool)
    late = _late_days(facts)
    art8, art12 = (messages.say(f"idle.clause.{name}", "zh") for name in ("art8_1", "art12"))
    check = messages.say("idle.clause.data", "zh")
    no_cause = causes.recorded & (causes.codes == 0) & ~causes.unreadable
    rules: list[tuple[str, str, str, np.ndarray]] = [
        ("idle.late_delivery_suggested", "info", art8, _suggest_late(facts, clock, causes, late)),
        ("data.start_before_delivery", "warning", art8, facts.agreed_start < facts.agreed_delivery),
        ("data.start_missing_but_completed", "warning", check, _start_missing(facts)),
        ("data.started_under_earlier_contract", "info", check, facts.inherited),
        ("data.earlier_start_unclear", "warning", check, facts.doubtful),
        ("data.dates_impossible", "warning", check, facts.impossible),
        ("data.suspended_before_start", "warning", check, facts.suspended_too_early),
        ("data.start_before_signing", "info", check, facts.start < facts.signed),
        ("data.disposal_without_cause", "warning", art12, ~np.isnat(facts.disposal) & no_cause
         & (facts.started != YES)),
        ("data.extension_too_long", "warning", longest.clause,
         extended & (facts.disposal > latest)),
        ("data.disposal_before_agreed_start", "warning", art12,
         facts.disposal < facts.agreed_start),
    ]  # fmt: skip
    extra = {"days_late": late, "extension_limit": latest, "extension_years": longest.value}
    binding = [(*rule, where & facts.binds) for *rule, where in rules]
    tables = [_found(facts, rule, severity, clause, where, extra)
              for rule, severity, clause, where in binding if where.any()]
    return concat_findings(tables)


def _found(facts: Facts, rule: str, severity: str, clause: str, where: np.ndarray,
           extra: dict[str, Any]) -> pd.DataFrame:
    at = np.flatnonzero(where)
    register = facts.register
    columns: dict[str, Any] = {"contract_id": register.ids.iloc[at].to_numpy()}
    columns |= {name: register.dates(name)[at].astype("datetime64[us]") for name in _DATES}
    columns["earlier_start_id"] = register.texts("earlier_start_id").iloc[at].to_numpy()
    columns["disposal_route"] = register.texts("disposal_route").iloc[at].to_numpy()
    columns["days_late"] = extra["days_late"][at]
    columns["extension_limit"] = extra["extension_limit"][at].astype("datetime64[us]")
    columns["extension_years"] = extra["extension_years"]
    suggests = rule == "idle.late_delivery_suggested"
    return make_findings(
        pd.DataFrame(columns, index=pd.RangeIndex(len(at))), rule_id=rule, subject_kind="contract",
        subject_id="contract_id", severity=severity, clause=clause,
        message=f"finding.{rule.split('.')[-1]}", measured="days_late" if suggests else None,
        threshold=0.0 if suggests else None, unit="days" if suggests else "",
        evidence=[*_DATES, "disposal_route"])


def _late_days(facts: Facts) -> np.ndarray:
    """Days of delivery after the agreed day, up to ``as_of`` where none has taken place."""
    kept = facts.register.share_by_source("actual_delivery_date") > 0
    said = facts.register.blank_known("actual_delivery_date") & kept
    until = np.where(np.isnat(facts.delivery) & said, facts.as_of, facts.delivery)
    days = (until - facts.agreed_delivery) / np.timedelta64(1, "D")
    return np.where(np.isnan(days), 0.0, np.maximum(days, 0.0))


def _suggest_late(facts: Facts, clock: Clock, causes: Causes, late: np.ndarray) -> np.ndarray:
    """Late, not started, not recorded as cause 1, and the clock does not run from delivery."""
    recorded = (causes.codes >> LATE_DELIVERY & 1).astype(bool)
    from_delivery = clock.basis == BASES.index("delivery_plus_year")
    return (late > 0) & ~recorded & ~from_delivery & (facts.started != YES)


def _start_missing(facts: Facts) -> np.ndarray:
    """Completed, with a start cell that is empty in a column that says something."""
    known = facts.register.blank_known("actual_start_date") & (facts.start_fill > 0)
    return facts.evident & known
