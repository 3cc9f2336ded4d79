"""Nothing is changed or lost without being told."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from landtool.cases.canonical import canonical, event_hash
from tests.cases_store.conftest import LI, START, idle_case
from tests.cases_store.paths import FEE, walk


@pytest.fixture
def filled(store):
    for subject in ("A", "B", "C"):
        walk(store, store.open_case(idle_case(subject), LI, START), FEE, 4)
    assert store.verify() == []
    return store


def execute(store, text, **values):
    with store.engine.connect() as connection:
        connection = connection.execution_options(writes=True)
        with connection.begin():
            connection.execute(sa.text(text), values)


def unlock(store):
    """What only somebody with full rights on the database can do."""
    if store.engine.dialect.name == "sqlite":
        execute(store, "DROP TRIGGER events_no_update")
        execute(store, "DROP TRIGGER events_no_delete")
    else:
        execute(store, "DROP TRIGGER events_no_change ON events")


def kinds(store) -> set[str]:
    return {code for code, _ in store.verify()}


@pytest.mark.parametrize("text", [
    "UPDATE events SET actor = 'x' WHERE seq = 2", "DELETE FROM events WHERE seq = 2", "DELETE FROM events",
])  # fmt: skip
def test_the_database_itself_refuses_to_change_the_history(filled, text):
    with pytest.raises(DatabaseError, match="append-only"):
        execute(filled, text)
    assert filled.verify() == []


def test_postgres_refuses_truncate_too(filled):
    if filled.engine.dialect.name == "postgresql":
        with pytest.raises(DatabaseError, match="append-only"):
            execute(filled, "TRUNCATE events")


@pytest.mark.parametrize(("text", "found"), [
    ("UPDATE events SET actor = '别人' WHERE seq = 7", {"hash"}),
    ("UPDATE events SET at = '2020-01-01T00:00:00+00:00' WHERE seq = 7", {"hash"}),
    ("UPDATE events SET payload = 'no json' WHERE seq = 7", {"hash"}),
    ("DELETE FROM events WHERE seq = 7", {"missing", "link", "case"}),
    ("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)", {"end", "case"}),
    ("DELETE FROM events", {"end", "no_events"}),
    ("UPDATE cases SET state = 'closed' WHERE subject_id = 'B'", {"case"}),
    ("UPDATE cases SET amount_cny = 1 WHERE subject_id = 'B'", {"case"}),
    ("UPDATE cases SET facts = '{}' WHERE subject_id = 'B'", {"case"}),
    ("DELETE FROM cases WHERE subject_id = 'B'", {"no_case"}),
    ("UPDATE chain SET seq = seq + 1", {"end"}),
])  # fmt: skip
def test_what_was_changed_behind_the_programs_back_is_found(filled, text, found):
    unlock(filled)
    execute(filled, text)
    assert kinds(filled) == found


def test_a_rewritten_event_with_a_fitting_hash_breaks_the_next_link(filled):
    unlock(filled)
    with filled.engine.connect() as connection:
        row = connection.execute(sa.text("SELECT * FROM events WHERE seq = 7")).one()
    payload = canonical({**json.loads(row.payload), "note": "nachgetragen"})
    made = event_hash(row.prev_hash, 7, row.case_id, row.actor, bool(row.verified), row.at, row.action, payload)
    execute(filled, "UPDATE events SET payload = :payload, hash = :hash WHERE seq = 7", payload=payload, hash=made)
    assert kinds(filled) == {"link"}


def test_a_changed_or_lost_document_is_found(filled):
    kept = filled.files.path(filled.get("XZ2026-000001").documents[0].sha256)
    kept.write_bytes(b"another text")
    assert filled.verify() == [("document", {"name": "文书.pdf", "sha256": kept.name[:12]})]
    kept.unlink()
    assert kinds(filled) == {"document"}
    assert filled.verify(documents=False) == []
