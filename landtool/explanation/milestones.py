"""Milestones of the contracts on one parcel, and everything that happened on it in order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from landtool import messages
from landtool.explanation.page import NO_UNIT, Input, RuleResult, Threshold, is_null, shown
from landtool.explanation.pieces import Subject, inputs_of, lacking, thresholds, whole
from landtool.indicators.progress import MILESTONES
from landtool.indicators.timeline import contract_timeline
from landtool.rules.milestones import MILESTONE_STATUSES

_INPUTS = [*(f"{form}_{name}_date" for name in MILESTONES for form in ("agreed", "actual")),
           "disposal_route", "disposal_start_date", "term_years", "expiry_date", "remedy"]  # fmt: skip
_NUMBERS = ["commitment.sources", "milestone.finding_days_min", "contract.expiry_warning_months", "commitment.ramp_months"]


def milestone_rule(subject: Subject) -> RuleResult | None:
    """The page of milestones and timeline; None where no contract stands on the subject."""
    table, contract = subject.result.milestones, subject.contract
    if table is None or contract is None:
        return None
    rows = table[table["contract_id"] == contract["contract_id"]].to_dict(orient="records")
    language = subject.language

    def say(key: str, **values: Any) -> str:
        return messages.say(f"milestone.{key}", language, **values)

    def line(row: dict[str, Any]) -> str:
        form = "row_missing" if not is_null(row["missing"]) else (
            "row" if row["status"] in ("late", "overdue") else "row_open")
        party = "" if is_null(row["defaulting_party"]) else say(f"party.{row['defaulting_party']}")
        if not is_null(row["excuse"]):
            reason = ", ".join(say(f"excuse.{part}") for part in row["excuse"].split(", "))
            party += say("because", reason=reason)
        return say(form, **{**row, "status": say(f"status.{row['status']}"), "party": party,
                            "missing": lacking(subject, row["missing"])})

    verdict = min((row["status"] for row in rows), key=MILESTONE_STATUSES.index)
    derived = {say(f"name.{row['milestone']}"): line(row) for row in rows}
    stage = contract.get("lifecycle_stage")
    derived |= {} if is_null(stage) else {say("stage"): messages.say(f"stage.{stage}", language)}
    derived |= _events(subject, contract, say)
    missing = lacking(subject, *(row["missing"] for row in rows))
    return RuleResult(
        "milestones", say("rule"), verdict, say(f"status.{verdict}"),
        inputs_of(contract, "contracts", _INPUTS, language) + _former(subject, contract, say), derived,
        _numbers(subject), say(f"change_{verdict}", missing=missing))


def _numbers(subject: Subject) -> list[Threshold]:
    """The policy's numbers; the documents that bind by their names."""
    found = thresholds(subject.policy, _NUMBERS, subject.language)
    return [item if not isinstance(item.value, tuple) else replace(item, unit=NO_UNIT, value=", ".join(
        messages.say(f"commitment.source.{one}", subject.language) for one in item.value))
        for item in found]  # fmt: skip


def _chain(subject: Subject, contract: dict[str, Any]) -> pd.DataFrame:
    """All contracts on the subject's parcel, or the one contract."""
    contracts = subject.result.contracts
    if contracts is None:
        return pd.DataFrame()
    place = contract.get("parcel_id")
    own = contracts["contract_id"] == contract["contract_id"]
    return contracts[own if is_null(place) else own | (contracts["parcel_id"] == place)]


def _events(subject: Subject, contract: dict[str, Any], say: Any) -> dict[str, str]:
    """The timeline as lines of a page: the day and the event, then contract and holder."""
    months = float(subject.policy["commitment.ramp_months"].value)
    events = contract_timeline(_chain(subject, contract), subject.workspace.as_of, ramp_months=months)
    lines: dict[str, str] = {}
    for row in events.to_dict(orient="records"):
        words = [say("by", contract=shown(row["contract_id"]), holder=shown(row["holder"]))]
        if row["event"] == "ends":
            words.append(say(f"end_basis.{row['basis']}"))
        if not is_null(row["relation"]):
            words.append(say(f"relation.{row['relation']}"))
        if row["is_ahead"]:
            words.append(say("ahead"))
        name = f"{shown(row['date'])} {say('event.' + row['event'])}"
        text = "; ".join(words)
        lines[name] = f"{lines[name]} | {text}" if name in lines else text
    return lines


def _former(subject: Subject, contract: dict[str, Any], say: Any) -> list[Input]:
    """Where the other contracts of the chain stand in the sources."""
    others = _chain(subject, contract)
    others = others[others["contract_id"] != contract["contract_id"]]
    return [Input("contract_id", say("other_contract"), row["contract_id"], NO_UNIT, str(row.get("source") or ""),
                  whole(row.get("source_row"))) for row in others.to_dict(orient="records")]
