"""The append-only history: one chain of events for the whole store, and what it adds up to.

Each event carries in its payload the columns of the case that it set (``set``). A case is the sum of
its events, so the table of cases can be rebuilt from the history and checked against it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from landtool.cases.canonical import GENESIS, canonical, event_hash
from landtool.cases.models import CASE_COLUMNS, CASES, CHAIN, EVENTS

#: Columns that hold JSON.
JSON_COLUMNS = ("facts", "findings")
_BATCH = 2_000


@dataclass(frozen=True)
class Draft:
    """An event before it has its place in the chain."""

    case_id: str
    actor: str
    verified: bool
    at: str
    action: str
    payload: str


def draft_event(case_id: str, actor: Any, at: dt.datetime, action: str, content: dict[str, Any]) -> Draft:
    """Make an event; the moment is stored in UTC, to the second."""
    moment = at.astimezone(dt.UTC).replace(microsecond=0)
    return Draft(case_id, actor.name, actor.verified, moment.isoformat(), action, canonical(content))


def lock_chain(connection: Connection) -> tuple[int, str]:
    """Wait for one's turn to write, and give the end of the chain.

    Every writer begins here, so that no two can wait for one another. (SQLite has locked the whole
    file by then.)
    """
    end = connection.execute(sa.select(CHAIN.c.seq, CHAIN.c.hash).with_for_update()).one()
    return int(end.seq), str(end.hash)


def append(connection: Connection, end: tuple[int, str], drafts: Iterable[Draft]) -> tuple[int, str]:
    """Add events at the end of the locked chain; give the new end."""
    seq, last = end
    rows: list[dict[str, Any]] = []
    for draft in drafts:
        seq += 1
        made = event_hash(last, seq, draft.case_id, draft.actor, draft.verified, draft.at, draft.action,
                          draft.payload)
        rows.append({**vars(draft), "seq": seq, "prev_hash": last, "hash": made})
        last = made
    for start in range(0, len(rows), _BATCH):
        connection.execute(EVENTS.insert(), rows[start : start + _BATCH])
    connection.execute(CHAIN.update().values(seq=seq, hash=last))
    return seq, last


def columns_of(changes: dict[str, Any]) -> dict[str, Any]:
    """Turn the changes of an event into cells: JSON columns become canonical text."""
    return {name: canonical(value) if name in JSON_COLUMNS else value for name, value in changes.items()}


def apply_changes(row: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Fold one event into a case: its changes, and one version more."""
    return {**row, **columns_of(changes), "version": row.get("version", 0) + 1}


def empty_case(case_id: str) -> dict[str, Any]:
    """Give a case before its first event."""
    return {**dict.fromkeys(CASE_COLUMNS), "case_id": case_id, "version": 0}


def read_events(connection: Connection, case_id: str | None = None) -> Iterator[Any]:
    """Give events in the order of the chain, of one case or of all."""
    query = sa.select(EVENTS).order_by(EVENTS.c.seq)
    if case_id is not None:
        query = query.where(EVENTS.c.case_id == case_id)
    return iter(connection.execution_options(yield_per=_BATCH).execute(query))


def replay(events: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """Add up events into the rows of the table of cases."""
    cases: dict[str, dict[str, Any]] = {}
    for event in events:
        row = cases.get(event.case_id) or empty_case(event.case_id)
        cases[event.case_id] = apply_changes(row, json.loads(event.payload).get("set", {}))
    return cases


def verify(connection: Connection) -> list[tuple[str, dict[str, Any]]]:
    """Check the whole history: every hash, the end of the chain, every case against its events.

    Returns
    -------
    list of (code, values)
        ``messages/case.yml: broken_…``; empty when all is well.
    """
    faults: list[tuple[str, dict[str, Any]]] = []
    last, expected = GENESIS, 1
    cases: dict[str, dict[str, Any]] = {}
    for event in read_events(connection):
        if event.seq != expected:
            faults.append(("missing", {"first": expected, "last": event.seq - 1}))
        if event.prev_hash != last:
            faults.append(("link", {"seq": event.seq, "case_id": event.case_id}))
        if event.hash != event_hash(event.prev_hash, event.seq, event.case_id, event.actor, event.verified,
                                    event.at, event.action, event.payload):
            faults.append(("hash", {"seq": event.seq, "case_id": event.case_id}))
        last, expected = event.hash, event.seq + 1
        row = cases.get(event.case_id) or empty_case(event.case_id)
        cases[event.case_id] = apply_changes(row, _changes(event.payload))
    end = connection.execute(sa.select(CHAIN.c.seq, CHAIN.c.hash)).one()
    if (end.seq, end.hash) != (expected - 1, last):
        faults.append(("end", {"seq": end.seq, "last": expected - 1}))
    return faults + _differing(connection, cases)


def _changes(payload: str) -> dict[str, Any]:
    try:
        found = json.loads(payload).get("set", {})
    except (ValueError, AttributeError):  # its hash has told already
        return {}
    return found if isinstance(found, dict) else {}


def _differing(connection: Connection, wanted: dict[str, dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Cases whose row is not what their events add up to."""
    faults: list[tuple[str, dict[str, Any]]] = []
    left = set(wanted)
    for row in connection.execution_options(yield_per=_BATCH).execute(sa.select(CASES)):
        left.discard(row.case_id)
        should, found = wanted.get(row.case_id), dict(row._mapping)
        if should is None:
            faults.append(("no_events", {"case_id": row.case_id}))
        elif should != found:
            names = sorted(name for name in CASE_COLUMNS if should.get(name) != found.get(name))
            faults.append(("case", {"case_id": row.case_id, "names": ", ".join(names)}))
    return faults + [("no_case", {"case_id": case_id}) for case_id in sorted(left)]


def documents_of(payload: str) -> list[dict[str, Any]]:
    """Give the documents that an event brought."""
    return list(json.loads(payload).get("documents", ()))
