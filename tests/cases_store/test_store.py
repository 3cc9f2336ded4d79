from __future__ import annotations

import datetime as dt
import sqlite3

import pytest

from landtool.cases import Actor, CaseConflictError, Office, StepRefusedError, open_store
from landtool.cases.database import StoreError
from landtool.errors import InputDataError
from tests.cases_store.conftest import LI, POLICY, START, WANG, ZHAO, day, idle_case
from tests.cases_store.paths import FEE, walk


def codes(refused) -> set[str]:
    return {code for code, _ in refused.value.reasons}


def test_the_whole_way_to_a_paid_fee(store):
    number = store.open_case(idle_case(), LI, START)
    seen = walk(store, number)
    assert [case.state for case in seen] == [
        "investigating", "stated", "holder_cause_drafted", "determined", "plan_drafted", "planned",
        "hearing_offered", "heard", "decision_drafted", "decided", "served", "executed", "closed"]
    case = store.get(number)
    assert (case.outcome, case.measure, case.paid_cny, case.is_open) == ("executed", "fee", 3e6, False)
    assert case.closed_on == START.date() + dt.timedelta(days=81)
    assert [step.action for step in case.steps] == ["open", *(name for name, *_ in FEE)]
    assert case.version == len(case.steps) == 14
    assert len(case.documents) == 8
    step = case.steps[1]
    assert (step.actor, step.verified, step.from_state, step.to_state) == (
        "李明", True, "suspected", "investigating")
    assert step.on == dt.date(2026, 1, 15)
    assert step.details["deadline"]["clause"] == "《闲置土地处置办法》第五条第二款"
    assert store.verify() == []


def test_deadlines_come_from_the_policy_and_the_day_of_the_act(store):
    number = store.open_case(idle_case(), LI, START)
    assert store.get(number).due_date == dt.date(2026, 2, 4)
    kept = store.files.add("通知.pdf", b"x")
    case = store.advance(number, "serve_investigation_notice", LI, day(12), on=day(7).date(), documents=[kept])
    assert case.due_date == dt.date(2026, 2, 11)  # 30 days from 12 January, not from entry
    served = walk(store, store.open_case(idle_case("C2"), LI, START), FEE, 7)[-1]
    assert served.due_date == dt.date(2026, 3, 3)  # five working days from 24 February
    assert served.due_clause == POLICY["idle.hearing_application_days"].clause


@pytest.mark.parametrize(("step", "given", "code"), [
    ("record_statement", {"documents": True}, "state"),
    ("serve_investigation_notice", {}, "needs_document"),
    ("draft_not_idle", {"note": "  "}, "needs_note"),
    ("serve_investigation_notice", {"documents": True, "on": dt.date(2026, 1, 4)}, "before"),
    ("serve_investigation_notice", {"documents": True, "on": dt.date(2026, 1, 9)}, "future"),
])  # fmt: skip
def test_illegal_steps_are_refused_with_the_reason_and_what_is_allowed(store, step, given, code):
    number = store.open_case(idle_case(), LI, START)
    kept = [store.files.add("x.pdf", b"x")] if given.get("documents") else []
    with pytest.raises(StepRefusedError) as refused:
        store.advance(number, step, LI, day(2), **{**given, "documents": kept})
    assert code in codes(refused)
    assert "serve_investigation_notice" in refused.value.next_steps or code == "before"
    assert store.get(number).version == 1


def test_unknown_step_and_case_are_refused(store):
    number = store.open_case(idle_case(), LI, START)
    with pytest.raises(InputDataError, match="record_statement"):
        store.advance(number, "record_statemnt", LI, START)
    with pytest.raises(InputDataError, match="no case"):
        store.advance("XZ1999-000001", "close", LI, START)


def test_whoever_drafts_does_not_approve_under_any_spelling(store):
    number = store.open_case(idle_case(), LI, START)
    walk(store, number, FEE, 3)
    for name in ("李明", " 李明 "):
        with pytest.raises(StepRefusedError, match="whoever drafts") as refused:
            store.advance(number, "approve_holder_cause", Actor(name, True), day(41))
        assert codes(refused) == {"four_eyes"}
    with pytest.raises(StepRefusedError, match="whoever drafts"):
        store.advance(number, "return_draft", LI, day(41), note="x")
    returned = store.advance(number, "return_draft", WANG, day(41), note="依据不足")
    assert (returned.state, returned.drafted_by) == ("stated", None)


def test_roles_hold(open_fresh):
    office = Office(officers=frozenset({"李明"}), reviewers=frozenset({"王芳"}), require_verified=True)
    store = open_fresh(office=office)
    number = store.open_case(idle_case(), LI, START)
    walk(store, number, FEE, 3)
    for actor, code in ((ZHAO, "role"), (Actor("王芳", False), "verified")):
        with pytest.raises(StepRefusedError) as refused:
            store.advance(number, "approve_holder_cause", actor, day(41))
        assert codes(refused) == {code}
    with pytest.raises(StepRefusedError, match="nobody verified"):
        store.note(number, Actor("李明"), START, "x")
    assert store.advance(number, "approve_holder_cause", WANG, day(41)).state == "determined"


def test_time_limits_must_have_passed(store):
    number = store.open_case(idle_case(), LI, START)
    walk(store, number, FEE, 1)  # served on day 10, answer due on day 40 (a Saturday): day 42
    with pytest.raises(StepRefusedError, match="passed"):
        store.advance(number, "record_no_statement", LI, day(42), note="x")
    assert store.advance(number, "record_no_statement", LI, day(43), note="x").state == "stated"


def test_suspended_works_never_come_to_fee_or_recovery(store):
    new = idle_case()
    new.facts["idle_status"] = "idle_suspended"
    number = store.open_case(new, LI, START)
    walk(store, number, FEE, 2)
    kept = [store.files.add("x.pdf", b"x")]
    with pytest.raises(StepRefusedError, match="idle_suspended"):
        store.advance(number, "draft_holder_cause", LI, day(40), documents=kept)
    store.advance(number, "draft_government_cause", LI, day(40), documents=kept)
    store.advance(number, "approve_government_cause", WANG, day(40))
    with pytest.raises(StepRefusedError, match="paid_recovery"):
        store.advance(number, "draft_route", LI, day(41), documents=kept, choice="no_such_route")
    store.advance(number, "draft_route", LI, day(41), documents=kept, choice="extend")
    assert store.advance(number, "approve_route", WANG, day(42)).measure == "extend"


def test_measures_are_not_mixed(store):
    number = store.open_case(idle_case(), LI, START)
    walk(store, number, FEE, 8)
    with pytest.raises(StepRefusedError, match="measure = recovery; it is fee"):
        store.advance(number, "draft_recovery_decision", LI, day(61), documents=[store.files.add("x", b"x")])


def test_a_draft_keeps_its_deadline_running(store):
    number = store.open_case(idle_case(), LI, START)
    due = store.get(number).due_date
    drafted = store.advance(number, "draft_not_idle", LI, day(1), note="已动工")
    assert drafted.due_date == due
    assert store.advance(number, "return_draft", WANG, day(2), note="请现场核实").due_date == due


def test_the_second_officer_is_told_and_shown_the_difference(store):
    number = store.open_case(idle_case(), LI, START)
    read = store.get(number)
    walk(store, number, FEE, 1)
    store.note(number, WANG, day(11), "电话联系")
    with pytest.raises(CaseConflictError, match="at version 3, you read 1") as conflict:
        store.advance(number, "draft_not_idle", ZHAO, day(12), note="x", version=read.version)
    assert [(step.actor, step.action) for step in conflict.value.since] == [
        ("李明", "serve_investigation_notice"), ("王芳", "note")]
    assert conflict.value.since[0].changes["state"] == "investigating"
    assert conflict.value.case.version == 3
    assert store.note(number, ZHAO, day(12), "看过了", version=3).version == 4


def test_one_open_case_a_subject(store):
    number = store.open_case(idle_case(), LI, START)
    with pytest.raises(InputDataError, match="has an open case") as refused:
        store.open_case(idle_case(), WANG, START)
    assert number in str(refused.value)
    store.advance(number, "draft_not_idle", LI, START, note="x")
    store.advance(number, "approve_not_idle", WANG, START)
    assert store.open_case(idle_case(), WANG, START) == "XZ2026-000002"


def test_the_worklist_is_filtered_and_ordered_by_deadline(store):
    first = store.open_case(idle_case("A"), LI, day(5))
    second = store.open_case(idle_case("B"), LI, START)
    store.assign(second, WANG, START, "李明")
    assert [row["case_id"] for row in store.rows()] == [second, first]
    assert [row["case_id"] for row in store.rows(assignee="李明")] == [second]
    assert [row["case_id"] for row in store.rows(due_before=dt.date(2026, 2, 5))] == [second]
    assert store.rows(is_open=False) == []
    assert [row["case_id"] for row in store.rows(subjects=[("contract", "A"), ("parcel", "B")])] == [first]
    assert store.rows(subjects=[]) == []
    assert store.cases([first])[0].facts["price_cny"] == 1.5e7
    assert store.get(second).steps[-1].details["was"] == {"assignee": None}


def test_nobody_acts_without_a_name_or_a_word(store):
    with pytest.raises(InputDataError, match="nobody is named"):
        Actor("  ")
    number = store.open_case(idle_case(), LI, START)
    with pytest.raises(InputDataError, match="nothing to note"):
        store.note(number, LI, START, " ")


def test_names_and_words_are_kept_as_text(store):
    odd = "=cmd|'/c calc'!A0 <b>甲</b> \u202e'; DROP TABLE cases;--"
    number = store.open_case(idle_case(odd), Actor(odd, True), START)
    store.note(number, LI, START, odd)
    case = store.get(number)
    assert (case.subject_id, case.steps[0].actor, case.steps[1].note) == (odd, odd, odd)


def test_a_store_that_is_absent_newer_or_not_ours_is_refused(tmp_path):
    with pytest.raises(StoreError, match="no cases yet"):
        open_store(tmp_path, POLICY, make=False)
    with open_store(tmp_path, POLICY) as store:
        assert store.verify() == []
    connection = sqlite3.connect(tmp_path / "cases.sqlite")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="newer landtool"):
        open_store(tmp_path, POLICY)
    (tmp_path / "other.sqlite").write_bytes(b"this is no database at all, only text that is long enough")
    with pytest.raises(StoreError, match="restore a backup"):
        open_store(tmp_path, POLICY, url=f"sqlite:///{tmp_path}/other.sqlite")
    connection = sqlite3.connect(tmp_path / "third.sqlite")
    connection.execute("CREATE TABLE cases (x)")
    connection.close()
    with pytest.raises(StoreError, match="other tables"):
        open_store(tmp_path, POLICY, url=f"sqlite:///{tmp_path}/third.sqlite")


def test_a_server_that_does_not_answer_is_one_line_without_the_password(tmp_path):
    with pytest.raises(StoreError, match="server runs") as failed:
        open_store(tmp_path, POLICY, url="postgresql://planner:geheim@127.0.0.1:9/land?connect_timeout=2")
    assert "geheim" not in str(failed.value)


def test_the_file_is_durable_by_its_settings(tmp_path):
    with open_store(tmp_path, POLICY) as store, store.engine.connect() as connection:
        assert [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in (
            "journal_mode", "synchronous", "foreign_keys")] == ["wal", 2, 1]
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() >= 10_000
