"""What an act does to a case: the columns it sets and the event that records it.

These functions work inside one transaction of a store that has locked the chain.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from landtool.cases.case import Case, Document, Finding, Step
from landtool.cases.history import Draft, apply_changes, columns_of, draft_event, empty_case
from landtool.cases.models import CASES
from landtool.cases.office import Office
from landtool.cases.permit import Actor, Request
from landtool.cases.workflow import BACK, Transition, Workflow
from landtool.errors import InputDataError, OutputError
from landtool.policy import Policy

_DATES = ("due_date", "as_of", "stepped_on", "opened_on", "closed_on")
_NUMBER_DIGITS = 6


@dataclass(frozen=True)
class NewCase:
    """A case to open.

    ``columns`` holds contract_id, parcel_id, holder, district_code, park_id, area_m2 and amount_cny
    as far as they are known; ``findings`` what :class:`landtool.cases.case.Finding` holds.
    """

    workflow: str
    subject_kind: str
    subject_id: str
    columns: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    findings: Sequence[dict[str, Any]] = ()
    as_of: str | None = None
    note: str = ""


def step_changes(case: Case, flow: Workflow, step: Transition, actor: Actor, request: Request,
                 office: Office, policy: Policy) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the columns that a step sets, and the details to record beside them."""
    target = str(case.returns_to) if step.to == BACK else step.to
    here, there = flow.states[case.state], flow.states[target]
    changes: dict[str, Any] = {"state": target, "stepped_on": request.on.isoformat(), **step.sets}
    details: dict[str, Any] = {"from": case.state, "to": target, "on": request.on.isoformat()}
    if there.draft:
        changes |= {"drafted_by": actor.name, "returns_to": case.state}
    elif here.draft:
        changes |= {"drafted_by": None, "returns_to": None}
    if request.choice:
        changes["measure"] = request.choice
    if request.amount_cny is not None:
        changes[step.amount] = float(request.amount_cny)
    if step.deadline:
        due, details["deadline"] = deadline(step.deadline, request.on, office, policy)
        changes |= due
    elif not there.draft and step.to != BACK:  # while a draft is looked at its deadline runs on
        changes |= {"due_date": None, "due_clause": None}
    if there.final:
        changes["closed_on"] = request.on.isoformat()
    return changes, details


def deadline(rule: Any, start: dt.date, office: Office, policy: Policy) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give due_date and due_clause by a rule, and the numbers they came from."""
    number = policy[rule.policy]
    due = office.deadline(start, int(number.value), working=rule.working)
    return ({"due_date": due.isoformat(), "due_clause": number.clause},
            {"policy": rule.policy, "days": int(number.value), "working": rule.working,
             "clause": number.clause, "standing": number.standing, "from": start.isoformat(),
             "version": policy.version})


def record(case_id: str, actor: Actor, at: dt.datetime, action: str, changes: dict[str, Any],
           details: dict[str, Any] | None = None, note: str = "",
           documents: Sequence[Document] = ()) -> Draft:
    """Make the event of an act."""
    content: dict[str, Any] = {"set": changes, **(details or {})}
    if note.strip():
        content["note"] = note.strip()
    if documents:
        content["documents"] = [asdict(document) for document in documents]
    return draft_event(case_id, actor, at, action, content)


def save(connection: Connection, row: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Write the changed columns of a case and its next version; lost updates are impossible."""
    cells = columns_of(changes) | {"version": row["version"] + 1}
    written = connection.execute(CASES.update().where(
        CASES.c.case_id == row["case_id"], CASES.c.version == row["version"]).values(cells))
    if written.rowcount != 1:
        raise OutputError("the case was changed meanwhile", row["case_id"], "read it again")
    return apply_changes(row, changes)


def open_rows(connection: Connection, new: Sequence[NewCase], flows: dict[str, Workflow], actor: Actor,
              at: dt.datetime, on: dt.date, office: Office, policy: Policy) -> tuple[list[str], list[Draft]]:
    """Insert new cases; give their numbers and the events to append."""
    series = {name: f"{flow.prefix}{on.year}-" for name, flow in flows.items()}
    last = {name: _last_number(connection, text) for name, text in series.items()}
    dues = {name: deadline(flow.deadline, on, office, policy) if flow.deadline else ({}, {})
            for name, flow in flows.items() if any(case.workflow == name for case in new)}
    rows, drafts = [], []
    for case in new:
        last[case.workflow] += 1
        case_id = f"{series[case.workflow]}{last[case.workflow]:0{_NUMBER_DIGITS}d}"
        due, details = dues[case.workflow]
        changes = {
            "workflow": case.workflow, "subject_kind": case.subject_kind, "subject_id": case.subject_id,
            "state": flows[case.workflow].initial, "opened_on": on.isoformat(), "stepped_on": on.isoformat(),
            "facts": case.facts, "findings": list(case.findings), "as_of": case.as_of,
            "flag": "stands" if case.findings else None, **case.columns, **due}
        told = {"to": changes["state"], "on": on.isoformat()} | ({"deadline": details} if details else {})
        rows.append(apply_changes(empty_case(case_id), changes))
        drafts.append(record(case_id, actor, at, "open", changes, told, case.note))
    if rows:
        connection.execute(CASES.insert(), rows)
    return [row["case_id"] for row in rows], drafts


def _last_number(connection: Connection, series: str) -> int:
    found = connection.execute(sa.select(sa.func.max(CASES.c.case_id)).where(
        CASES.c.case_id.like(f"{series}%"))).scalar()
    return int(found.rpartition("-")[2]) if found else 0


def open_case_of(connection: Connection, workflow: str, kind: str, subject_id: str) -> str | None:
    """Give the open case on a subject, if there is one."""
    return connection.execute(sa.select(CASES.c.case_id).where(
        CASES.c.workflow == workflow, CASES.c.subject_kind == kind, CASES.c.subject_id == subject_id,
        CASES.c.closed_on.is_(None))).scalar()


def row_of(connection: Connection, case_id: str) -> dict[str, Any]:
    """Give the row of a case.

    Raises
    ------
    InputDataError
        If there is none.
    """
    found = connection.execute(sa.select(CASES).where(CASES.c.case_id == case_id)).mappings().first()
    if found is None:
        raise InputDataError(f"no case {case_id!r}", "cases", "list them: landtool cases list WORKSPACE")
    return dict(found)


def case_of(row: dict[str, Any], events: Sequence[Any] = ()) -> Case:
    """Make a case from its row, and its history from its events."""
    cells = {**row, **{name: _day(row[name]) for name in _DATES}}
    cells["facts"] = json.loads(row["facts"])
    cells["findings"] = tuple(finding_of(one) for one in json.loads(row["findings"]))
    steps: list[Step] = []
    state = None
    for version, event in enumerate(events, 1):
        steps.append(_step(event, version, state))
        state = steps[-1].to_state or state
    return Case(**cells, steps=tuple(steps))


def finding_of(content: dict[str, Any]) -> Finding:
    """Make a finding from what a case keeps of it."""
    return Finding(**{**content, "since": _day(content.get("since")), "due": _day(content.get("due"))})


def _step(event: Any, version: int, state: str | None) -> Step:
    content = json.loads(event.payload)
    rest = {name: value for name, value in content.items() if name not in {"set", "note", "documents", "on"}}
    return Step(
        seq=event.seq, version=version, at=dt.datetime.fromisoformat(event.at), on=_day(content.get("on")),
        actor=event.actor, verified=event.verified, action=event.action,
        from_state=content.get("from", state), to_state=content.get("to"), note=content.get("note", ""),
        documents=tuple(Document(**one) for one in content.get("documents", ())),
        changes=content.get("set", {}), details=rest, hash=event.hash)


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
