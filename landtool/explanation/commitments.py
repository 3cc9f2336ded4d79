"""Commitments on one parcel or of one contract, against what was reached."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from landtool import messages
from landtool.explanation.change import listed
from landtool.explanation.page import NO_UNIT, Input, RuleResult, Unit, figure, is_null, shown
from landtool.explanation.pieces import Subject, lacking, rows_of, thresholds, unit_of, whole
from landtool.rules.commitments import COMMITMENT_STATUSES

_COMMITMENT_NUMBERS = ["commitment.metrics", "commitment.sources", "commitment.met_ratio",
                       "commitment.partly_ratio", "commitment.ramp_months"]  # fmt: skip


def commitment_rule(subject: Subject) -> RuleResult | None:
    """The page of the commitments on a parcel or of its contract; None where there are none."""
    rows, language = rows_of(subject.result.commitments, subject), subject.language
    if rows is None:
        return None

    def say(key: str, **values: Any) -> str:
        return messages.say(f"commitment.{key}", language, **values)

    def name(row: dict[str, Any]) -> str:
        when = row["due_date"] if is_null(row["year"]) else row["year"]
        return say("name", metric=say(f"metric.{row['metric']}"),
                   source=say(f"source.{row['source']}"), contract=shown(row["contract_id"]),
                   when=shown(when))

    tests = rows.to_dict(orient="records")
    now = [row for row in tests if row["is_current"]]
    verdict = min((row["status"] for row in now), key=COMMITMENT_STATUSES.index)
    derived = {name(row): say(f"row_{'' if is_null(row['amount_unit']) else 'amount_'}{_form(row)}", **{
        **row, **_amounts(row, say), "status": say(f"status.{row['status']}"), "missing": lacking(subject, row["missing"])})
        for row in tests}  # fmt: skip
    inputs = [Input(f"{row['source']}.{row['metric']}", name({**row, "year": None}),
                    *_committed(row, say, language), shown(row["source_file"]),
                    whole(row["source_row"])) for row in now]  # fmt: skip
    numbers = [replace(item, unit=NO_UNIT, value=_named(item.value, item.key[len("commitment."):-1], say))
               if isinstance(item.value, tuple | list) else item
               for item in thresholds(subject.policy, _COMMITMENT_NUMBERS, language)]  # fmt: skip
    missing = lacking(subject, *(row["missing"] for row in now))
    return RuleResult("commitment", say("rule"), verdict, say(f"status.{verdict}"), inputs, derived,
                      numbers, say(f"change_{verdict}", missing=missing, steps=_steps(now, say, language)))


def _steps(now: list[dict[str, Any]], say: Any, language: str) -> str:
    """What each commitment that is not kept in full lacks."""
    return listed((say("change_step" if is_null(row["amount_unit"]) else "change_step_amount",
                       metric=say(f"metric.{row['metric']}"), source=say(f"source.{row['source']}"),
                       shortfall_cny=row["shortfall_cny"], **_amounts(row, say))
                   for row in now if row["status"] in ("failed", "partly")), language)  # fmt: skip


def _committed(row: dict[str, Any], say: Any, language: str) -> tuple[Any, Unit]:
    """What is committed, and its unit."""
    if is_null(row["amount_unit"]):
        return row["committed_cny_m2"], unit_of("cny_m2", language)
    return row["committed_amount"], Unit("", say(f"unit.{row['amount_unit']}"))


def _amounts(row: dict[str, Any], say: Any) -> dict[str, str]:
    """Committed and actual amount of a metric that is no money."""
    if is_null(row["amount_unit"]):
        return {}
    unit = Unit("", say(f"unit.{row['amount_unit']}"))
    return {name: figure(row[f"{name}_amount"], unit) for name in ("committed", "actual")}


def _named(values: Any, kind: str, say: Any) -> str:
    return ", ".join(say(f"{kind}.{value}") for value in values)


def _form(row: dict[str, Any]) -> str:
    return row["status"] if row["status"] in ("not_due", "not_assessable") else "tested"
