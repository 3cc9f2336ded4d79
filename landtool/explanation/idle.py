"""Idle land by Order 53, for one parcel or contract."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from landtool import messages
from landtool.codes.named import government_causes
from landtool.explanation.page import NO_UNIT, Input, RuleResult, is_null, percent, shown
from landtool.explanation.pieces import Subject, column_label, inputs_of, lacking, thresholds, whole, worded
from landtool.indicators.full_years import anniversary

_IDLE_INPUTS = [
    "kind", "signed_date", "expiry_date", "agreed_delivery_date", "actual_delivery_date",
    "agreed_start_date", "actual_start_date", "actual_completion_date", "actual_production_date",
    "suspended_since_date", "developed_area_m2", "area_due_m2", "invested_cny",
    "total_investment_cny", "total_investment_includes_land", "disposal_route",
    "disposal_start_date", "price_cny", "is_mortgaged",
]  # fmt: skip
_IDLE_NUMBERS = [
    "idle.full_years", "idle.recovery_years", "idle.developed_share_min", "idle.invested_share_min",
    "idle.suspended_years", "idle.fee_share", "idle.unclear_start_years_after_delivery",
    "idle.warning_days",
]  # fmt: skip


def idle_rule(subject: Subject) -> RuleResult | None:
    """The page of Order 53; None where the result has no verdict."""
    policy, judged, contract = subject.policy, subject.judged, subject.contract
    language = subject.language
    if "idle_status" not in judged:
        return None

    def say(key: str) -> str:
        return messages.say(f"explain.{key}", language)

    status = str(judged["idle_status"])
    columns = ["idle_due_date", "idle_due_basis", "cause_days", "idle_paragraph1",
               "idle_paragraph2", "idle_since", "idle_days", "turns_idle_date", "idle_cause",
               "idle_fee_cny", "idle_missing", "idle_basis"]  # fmt: skip
    derived = {column_label(name, language): worded(name, judged[name], language)
               for name in columns if name in judged}
    missing = lacking(subject, judged.get("idle_missing"))
    if not is_null(judged.get("idle_missing")):
        derived[column_label("idle_missing", language)] = missing
    inputs = [] if contract is None else inputs_of(contract, "contracts", _IDLE_INPUTS, language)
    inputs += _causes(subject)
    change = messages.say(f"explain.change_{status}", language,
                          missing=missing, **_days_short(subject, judged),
                          turns_idle_date=shown(judged.get("turns_idle_date")),
                          developed_min=percent(policy["idle.developed_share_min"].value),
                          invested_min=percent(policy["idle.invested_share_min"].value))
    return RuleResult("idle.order53", say("rule_idle"), status,
                      messages.say(f"idle.status.{status}", language), inputs, derived,
                      thresholds(policy, _IDLE_NUMBERS, language), change)


def _causes(subject: Subject) -> list[Input]:
    """The recorded government causes of the contract, each with its document and source row."""
    layer, language = subject.workspace.layers.government_causes, subject.language
    if layer is None or subject.contract is None:
        return []
    rows = layer[layer["contract_id"] == subject.contract["contract_id"]]
    return [Input(f"government_causes.{row['cause_code']}",
                  messages.say("explain.cause", language, code=row["cause_code"],
                               name=government_causes().label(str(row["cause_code"]), language)),
                  messages.say("explain.cause_span", language, first=shown(row["from_date"]),
                               last=shown(row.get("to_date")), document=shown(row.get("document"))),
                  NO_UNIT, str(row.get("source") or ""), whole(row.get("source_row")))
            for row in rows.sort_values("from_date").to_dict(orient="records")]  # fmt: skip


def _days_short(subject: Subject, judged: dict[str, Any]) -> dict[str, str]:
    """Days of government cause, before the mark, that would undo one full year, and two.

    The day of the second mark is told by the due day only where no cause was taken off.
    """
    at = pd.Timestamp(subject.workspace.as_of)
    marks: dict[str, Any] = {"days_1y": judged.get("idle_since"), "days_2y": None}
    due, taken_off = judged.get("idle_due_date"), judged.get("cause_days")
    if not is_null(due) and not is_null(taken_off) and taken_off == 0:
        years = float(subject.policy["idle.recovery_years"].value)
        marks["days_2y"] = anniversary(np.array([pd.Timestamp(due).to_datetime64()]), years)[0]

    def say(mark: Any) -> str:
        if is_null(mark):
            return messages.say("explain.days_enough", subject.language)
        return messages.say("explain.days", subject.language, days=(at - pd.Timestamp(mark)).days + 1)

    return {name: say(mark) for name, mark in marks.items()}
