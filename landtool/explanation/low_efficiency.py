"""Low-efficiency land on one parcel: every rule with its figure, threshold, peers and margin."""

from __future__ import annotations

from typing import Any

import pandas as pd

from landtool import messages
from landtool.explanation.change import listed, step
from landtool.explanation.output import operation_rows
from landtool.explanation.page import RuleResult, comparison, figure, is_null, shown
from landtool.explanation.pieces import Subject, in_words, inputs_of, lacking, rows_of, thresholds, unit_of
from landtool.rules.low_efficiency_findings import reasons_in_words

_NUMBERS = [
    "low_efficiency.rules", "low_efficiency.industry_median_ratio_min", "low_efficiency.peers_min",
    "low_efficiency.commitment_ratio_min", "low_efficiency.commitment_years",
    "low_efficiency.area_min_m2", "commitment.ramp_months", "zombie.years",
    "low_efficiency.rule_routes", "low_efficiency.routes",
]  # fmt: skip
_FACTS = ["actual_production_date", "agreed_production_date"]


def low_efficiency_rule(subject: Subject) -> RuleResult | None:
    """The page of low-efficiency land; None where the rule says nothing of the parcel."""
    parcel, language = subject.parcel, subject.language
    if parcel is None or is_null(parcel.get("low_efficiency_status")):
        return None

    def say(key: str, **values: Any) -> str:
        return messages.say(f"low_efficiency.{key}", language, **values)

    def word(code: str) -> str | None:
        rule, _, route = code.partition("=")
        if messages.has(f"low_efficiency.route.{rule}"):
            return say(f"route.{rule}")
        name = reasons_in_words(rule, language)
        return f"{name} → {say(f'route.{route}')}" if route else name

    status = str(parcel["low_efficiency_status"])
    rows = rows_of(subject.result.low_efficiency, subject)
    derived: dict[str, Any] = {} if rows is None else {
        say("row", rule=reasons_in_words(row["rule"], language), part=say(f"test.{row['part']}"))
        if row["rule"] != row["part"] else say(f"test.{row['part']}"): _row(row, subject, say)
        for row in rows.to_dict(orient="records")}  # fmt: skip
    route = parcel["low_efficiency_route"]
    derived |= {say("judged_from_date"): parcel["judged_from_date"],
                say("route"): None if is_null(route) else say(f"route.{route}"),
                say("recoverable_area_m2"): parcel["recoverable_area_m2"],
                say("foregone_output_cny"): parcel["foregone_output_cny"]}  # fmt: skip
    inputs = inputs_of(subject.contract or {}, "contracts", _FACTS, language)
    inputs += operation_rows(subject.workspace, parcel, subject.result.summary["output"])
    missing = lacking(subject, parcel["low_efficiency_missing"])
    change = say(f"change_{status}", missing=missing, date=shown(parcel["judged_from_date"]),
                 steps=_steps(rows, parcel.get("area_used_m2"), say, language))
    return RuleResult("low_efficiency", say("rule"), status, say(f"status.{status}"), inputs, derived,
                      in_words(thresholds(subject.policy, _NUMBERS, language), word), change)


def _steps(rows: pd.DataFrame | None, area_m2: Any, say: Any, language: str) -> str:
    """What each test that fires would need."""
    fired = [] if rows is None else rows[rows["part_verdict"] == "fires"].to_dict(orient="records")
    return listed((say("change_zombie") if row["part"] == "zombie" else step(
        say(f"test.{row['part']}"), row["part"], row["value"], row["threshold"], row["unit"], area_m2, language)
        for row in fired), language)  # fmt: skip


def _row(row: dict[str, Any], subject: Subject, say: Any) -> str:
    """One test in a line: its outcome, and the figures it rests on."""
    verdict = say(f"verdict.{row['part_verdict']}")
    if row["part_verdict"] == "not_assessable":
        return str(say("line_missing", verdict=verdict, missing=lacking(subject, row["missing"])))
    if row["part_verdict"] == "not_judged":
        reason = "" if is_null(row["reason"]) else say(f"reason.{row['reason']}")
        return str(say("line_not_judged", verdict=verdict, reason=reason))
    unit = unit_of(row["unit"], subject.language)
    peers = "" if is_null(row["peer_basis"]) else say(
        f"peers.{row['peer_basis']}", peers=int(row["peers"]))
    return str(say("line", verdict=verdict, value=figure(row["value"], unit), threshold=figure(row["threshold"], unit),
                   comparison=comparison(row["comparison"]), margin=row["margin"], peers=peers))
