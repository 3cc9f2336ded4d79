"""What a new run means for the cases."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from landtool.assessment import Assessment
from landtool.cases.update import cases_to_open, update_cases
from landtool.rules.findings import concat_findings, make_findings
from tests.cases_store.conftest import LI, START, WANG, day, idle_case


def run(as_of="2025-12-31", rows=(), commitments=()):
    """A run that found these: (contract, status, days, price)."""
    tables = []
    for contract, status, days, price in rows:
        rule, severity = {"1y": ("idle.order53.art2_1", "breach"), "2y": ("idle.order53.art2_1", "recover"),
                          "gov": ("idle.order53.art8", "warning"), "risk": ("idle.at_risk", "warning")}[status]
        hits = pd.DataFrame({"contract_id": [contract], "price_cny": [price], "days": [float(days)],
                             "idle_fee_cny": [price * 0.2 if status == "1y" else None], "area_m2": [1e4],
                             "idle_start_fill_share": [0.5 + days / 1e6], "since": [pd.Timestamp("2024-01-01")]})
        tables.append(make_findings(
            hits, rule_id=rule, subject_kind="contract", subject_id="contract_id", severity=severity, clause="c",
            message="core.example", measured="days", threshold=366.0, unit="days", since="since",
            evidence=["price_cny", "idle_fee_cny", "idle_start_fill_share"]))
    for contract, metric, year, ratio in commitments:
        hits = pd.DataFrame({"contract_id": [contract], "year": [year], "ratio": [ratio], "area_m2": [1e4],
                             "shortfall_cny": [1000.0 * (1 - ratio)]})
        tables.append(make_findings(
            hits, rule_id=f"commitment.{metric}", subject_kind="contract", subject_id="contract_id",
            severity="breach" if ratio < 0.8 else "warning", clause="c", message="core.example", measured="ratio",
            threshold=1.0, unit="ratio", evidence=["year", "shortfall_cny"]))
    names = sorted({row[0] for row in rows} | {row[0] for row in commitments})
    contracts = pd.DataFrame({"contract_id": names, "parcel_id": [f"P{name}" for name in names], "holder": "甲公司",
                              "area_m2": 5e4, "price_cny": [{r[0]: r[3] for r in rows}.get(n) for n in names],
                              "signed_date": pd.Timestamp("2020-01-01")})
    parcels = pd.DataFrame({"parcel_id": [f"P{name}" for name in names], "area_m2": 5.1e4, "district_code": "500112"})
    return Assessment({"as_of": as_of, "language": "zh"}, parcels=parcels, contracts=contracts,
                      findings=concat_findings(tables))


def update(store, result, days=0):
    return update_cases(store, result, LI, day(days))


def test_a_run_opens_cases_with_facts_and_calculation(store):
    done = update(store, run(rows=[("A", "1y", 400, 1e7), ("B", "gov", 300, 2e7), ("C", "risk", 90, 1e6)]))
    assert done.opened == ("XZ2026-000001", "XZ2026-000002")
    case = store.get(done.opened[0])
    assert (case.contract_id, case.parcel_id, case.holder, case.district_code) == ("A", "PA", "甲公司", "500112")
    assert (case.area_m2, case.amount_cny) == (5.1e4, 2e6)
    assert case.facts["signed_date"] == "2020-01-01"
    assert "idle_fee_cny" not in case.facts
    assert case.findings[0].evidence["price_cny"] == 1e7
    assert case.findings[0].measured == 400
    assert (case.flag, str(case.as_of), str(case.due_date)) == ("stands", "2025-12-31", "2026-02-04")
    assert store.verify() == []


def test_one_subject_is_opened_as_the_whole_run_would(store):
    result = run(rows=[("A", "1y", 400, 1e7), ("B", "gov", 300, 2e7)], commitments=[("A", "output", 2024, 0.1)])
    made = cases_to_open(store, result, [("contract", "A"), ("parcel", "PA")])
    assert [(new.workflow, new.subject_id) for new in made] == [("idle", "A"), ("commitment", "A")]
    numbers = [store.open_case(new, LI, START) for new in made]
    done = update(store, result)
    assert set(done.stands) == set(numbers)
    assert [store.get(number).subject_id for number in done.opened] == ["B"]
    assert cases_to_open(store, result, [("contract", "A")]) == []
    # What was decided is not opened again, and a subject nobody knows has nothing to open.
    store.advance(numbers[0], "draft_not_idle", LI, START, note="x")
    store.advance(numbers[0], "approve_not_idle", WANG, START)
    assert cases_to_open(store, result, [("contract", "A"), ("contract", "nobody")]) == []


def test_the_same_run_again_changes_nothing(store):
    result = run(rows=[("A", "1y", 400, 1e7)], commitments=[("A", "output", 2024, 0.1)])
    assert len(update(store, result).opened) == 2
    before = store.cases()
    done = update(store, result, 3)
    assert (done.counts()["opened"], done.counts()["stands"]) == (0, 2)
    assert store.cases() == before


def test_days_that_merely_passed_are_no_change(store):
    number = update(store, run(rows=[("A", "1y", 400, 1e7)])).opened[0]
    done = update(store, run("2026-01-30", [("A", "1y", 430, 1e7)]), 30)
    assert done.stands == (number,)
    case = store.get(number)
    assert (case.flag, case.findings[0].measured, str(case.as_of)) == ("stands", 430, "2026-01-30")
    assert case.steps[-1].action == "reassess"


@pytest.mark.parametrize(("row", "what"), [
    (("A", "2y", 431, 1e7), ["severity", "measured", "evidence.idle_fee_cny"]),
    (("A", "1y", 430, 1.1e7), ["evidence.idle_fee_cny", "evidence.price_cny"]),
    (("A", "1y", 429, 1e7), ["measured"]),
])  # fmt: skip
def test_a_changed_verdict_measure_or_input_is_told(store, row, what):
    number = update(store, run(rows=[("A", "1y", 400, 1e7)])).opened[0]
    assert update(store, run("2026-01-30", [row]), 30).changed == (number,)
    case = store.get(number)
    assert case.flag == "changed"
    assert case.steps[-1].details["differs"] == {case.findings[0].finding_id: what}
    again = update(store, run("2026-01-30", [row]), 31)
    assert again.changed == (number,)
    assert store.get(number).version == case.version


def test_a_finding_that_is_gone_leaves_the_case_open_and_said_so(store):
    number = update(store, run(rows=[("A", "1y", 400, 1e7)])).opened[0]
    assert update(store, run("2026-01-30"), 30).gone == (number,)
    case = store.get(number)
    assert (case.flag, case.is_open, case.state) == ("gone", True, "suspected")
    assert case.findings[0].standing == "gone"
    assert update(store, run("2026-02-28", [("A", "1y", 459, 1e7)]), 60).changed == (number,)
    assert store.get(number).findings[0].standing == "changed"


def test_another_rule_on_the_same_subject_joins_the_open_case(store):
    number = update(store, run(rows=[("A", "1y", 400, 1e7)])).opened[0]
    done = update(store, run("2026-01-30", [("A", "gov", 200, 1e7)]), 30)
    assert (done.opened, done.changed) == ((), (number,))
    assert [finding.standing for finding in store.get(number).findings] == ["gone", "changed"]


def test_failed_commitments_of_a_contract_are_one_case(store):
    done = update(store, run(commitments=[("A", "output", 2024, 0.1), ("A", "tax", 2024, 0.5),
                                          ("B", "tax", 2024, 0.9)]))  # fmt: skip
    assert done.opened == ("LY2026-000001",)
    case = store.get(done.opened[0])
    assert (len(case.findings), case.amount_cny) == (2, 1400.0)
    done = update(store, run("2026-12-31", commitments=[("A", "output", 2025, 0.9), ("A", "tax", 2025, 0.5)]), 360)
    assert done.changed == ("LY2026-000001",)
    assert store.get("LY2026-000001").findings[0].severity == "warning"


def close(store, number):
    store.advance(number, "propose_closing", LI, day(5), note="x")
    store.advance(number, "approve_closing", WANG, day(5))


def test_what_was_decided_is_not_opened_again_until_it_differs(store):
    number = update(store, run(rows=[("A", "1y", 400, 1e7)])).opened[0]
    close(store, number)
    done = update(store, run("2026-01-30", [("A", "1y", 430, 1e7)]), 30)
    assert (done.opened, done.decided) == ((), (number,))
    done = update(store, run("2026-12-31", [("A", "2y", 765, 1e7)]), 365)
    assert done.opened == ("XZ2027-000001",)


def test_a_commitment_that_fails_another_year_is_another_case(store):
    close(store, update(store, run(commitments=[("A", "output", 2024, 0.1)])).opened[0])
    assert update(store, run("2026-12-31", commitments=[("A", "output", 2025, 0.1)]), 361).opened


def test_a_case_opened_by_hand_takes_up_what_a_run_finds(store):
    number = store.open_case(idle_case("A"), LI, START)
    assert update(store, run(rows=[("Z", "risk", 1, 1)]), 1).counts()["stands"] == 0
    assert store.get(number).flag is None
    assert update(store, run(rows=[("A", "1y", 400, 1e7)]), 1).changed == (number,)
    assert json.loads(store.rows(heavy=True)[0]["findings"])[0]["rule_id"] == "idle.order53.art2_1"


def test_the_amount_follows_the_run_only_while_nothing_is_decided(store):
    from tests.cases_store.paths import FEE, walk

    number = update(store, run(rows=[("A", "1y", 400, 1e7)])).opened[0]
    update(store, run("2026-01-01", [("A", "1y", 401, 2e7)]), 1)
    assert store.get(number).amount_cny == 4e6
    walk(store, number, FEE, 9)
    update(store, run("2026-04-01", [("A", "1y", 491, 5e7)]), 90)
    assert store.get(number).amount_cny == 3e6


def test_findings_of_other_rules_open_nothing(store):
    hits = pd.DataFrame({"p": ["P1"], "area_m2": [1.0]})
    other = make_findings(hits, rule_id="area.difference", subject_kind="parcel", subject_id="p", severity="breach",
                          clause="c", message="core.example")
    done = update(store, Assessment({"as_of": "2025-12-31"}, findings=other))
    assert not any(done.counts().values())
    assert not any(update(store, Assessment({"as_of": "2025-12-31"})).counts().values())
