"""Milestones, chains and deadlines against the plain oracle, and what must hold whatever the dates say."""

from __future__ import annotations

import datetime as dt
import importlib.util
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landtool.indicators.progress import MILESTONES, contract_end, lifecycle_stage
from landtool.indicators.timeline import RELATIONS, contract_chain, contract_timeline
from landtool.policy import load_policy
from landtool.rules.deadlines import DEADLINE_COLUMNS, find_deadlines
from landtool.rules.milestones import EXCUSES, MILESTONE_STATUSES, PARTIES, judge_milestones

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "milestones.py"
_SPEC = importlib.util.spec_from_file_location("oracle_milestones", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

POLICY = load_policy("national", "2025-12-31")
AS_OF = dt.date(2025, 12, 31)
MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FEW = settings(MANY, max_examples=10)
DAY = st.one_of(st.none(), st.sampled_from([AS_OF, dt.date(2026, 1, 1), dt.date(2025, 12, 30),
                                            dt.date(2024, 2, 29)]),
                st.dates(dt.date(2018, 1, 1), dt.date(2028, 12, 31)))
FIELDS = [f"{form}_{name}_date" for name in oracle.ORDER for form in ("agreed", "actual")]
CONTRACT = st.fixed_dictionaries({
    **dict.fromkeys([*FIELDS, "expiry_date", "signed_date"], DAY),
    "cause_from": DAY, "term_years": st.sampled_from([None, 1, 3, 20]),
    "holder": st.sampled_from(["甲", "乙", None]), "kind": st.sampled_from(["grant", "lease", "equity", None]),
    "parcel_id": st.sampled_from(["P", "Q", None])})
CONTRACTS = st.lists(CONTRACT, min_size=1, max_size=8)


def frame(contracts):
    rows = [{**one, "contract_id": f"C{at}"} for at, one in enumerate(contracts)]
    kinds = {"contract_id": "str", "parcel_id": "str", "holder": "str", "kind": "str",
             "term_years": "float64", **dict.fromkeys([*FIELDS, "expiry_date", "signed_date"], "datetime64[us]")}
    causes = pd.DataFrame([{"contract_id": f"C{at}", "cause_code": "1", "from_date": one["cause_from"]}
                           for at, one in enumerate(contracts) if one["cause_from"]],
                          columns=["contract_id", "cause_code", "from_date"])
    return pd.DataFrame(rows).astype(kinds), causes.astype({"from_date": "datetime64[us]"})


def null(value):
    return None if pd.isna(value) else value


@MANY
@given(CONTRACTS)
def test_milestones_are_those_of_the_oracle(contracts):
    table, causes = frame(contracts)
    found = judge_milestones(table, causes, POLICY, AS_OF).table
    kept = {name for name in FIELDS if table[name].notna().any()}
    assert len(found) == 4 * len(contracts)
    for at, one in enumerate(contracts):
        for place, name in enumerate(oracle.ORDER):
            row, expected = found.iloc[4 * at + place], oracle.judge(one, name, AS_OF, kept)
            got = {"status": row["status"], "days_late": null(row["days_late"]),
                   "party": null(row["defaulting_party"]), "excuse": null(row["excuse"])}
            assert (row["contract_id"], row["milestone"]) == (f"C{at}", name)
            assert got == expected, (one, name)
            assert (row["status"] == "not_assessable") == (null(row["missing"]) is not None)


@MANY
@given(CONTRACTS)
def test_chains_are_those_of_the_oracle(contracts):
    table, _ = frame(contracts)
    found = contract_chain(table, AS_OF).assign(contract_id=table["contract_id"]).set_index("contract_id")
    by_place = {}
    for at, one in enumerate(contracts):
        by_place.setdefault(one["parcel_id"], []).append({**one, "contract_id": f"C{at}"})
    for place, rows in by_place.items():
        for name, expected in oracle.chain(rows, AS_OF).items():
            row = found.loc[name]
            if place is None:
                assert row.isna().all()
                continue
            got = {"place": row["chain_place"], "previous": null(row["previous_contract_id"]),
                   "relation": row["relation"], "overlap": null(row["overlap_days"])}
            assert got == expected, rows
            assert row["relation"] in RELATIONS
    ends = contract_end(table, AS_OF)["end_date"]
    assert [null(day) and day.date() for day in ends] == [oracle.end(one, AS_OF) for one in contracts]


@FEW
@given(CONTRACTS, st.permutations(range(8)))
def test_order_of_rows_does_not_matter_and_inputs_stay(contracts, order):
    table, causes = frame(contracts)
    before = table.copy()
    mixed = table.iloc[[at for at in order if at < len(table)]]
    keys = ["contract_id", "milestone"]
    one = judge_milestones(table, causes, POLICY, AS_OF).table.sort_values(keys, ignore_index=True)
    two = judge_milestones(mixed, causes, POLICY, AS_OF).table.sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(one, two)
    pd.testing.assert_frame_equal(contract_chain(table, AS_OF), contract_chain(mixed, AS_OF).loc[table.index])
    pd.testing.assert_frame_equal(table, before)


@FEW
@given(CONTRACTS, st.integers(1, 900))
def test_a_later_day_without_a_new_fact_never_mends_a_default(contracts, days):
    """What was overdue stays overdue, and longer; what was late or met stays as it was."""
    # A date between the two days would be a new fact.
    later = AS_OF + dt.timedelta(days=days)
    for one in contracts:
        for name in FIELDS:
            if name.startswith("actual") and one[name] and one[name] > AS_OF:
                one[name] = None
    table, causes = frame(contracts)
    now = judge_milestones(table, causes, POLICY, AS_OF).table
    then = judge_milestones(table, causes, POLICY, later).table
    fixed = now["status"].isin(["met", "late"])
    assert (then["status"][fixed] == now["status"][fixed]).all()
    overdue = now["status"] == "overdue"
    assert (then["status"][overdue] == "overdue").all()
    assert (then["days_late"][overdue] == now["days_late"][overdue] + days).all()


@FEW
@given(CONTRACTS)
def test_values_are_of_the_lists_and_null_stays_null(contracts):
    table, causes = frame(contracts)
    found = judge_milestones(table, causes, POLICY, AS_OF).table
    for name, words in (("status", MILESTONE_STATUSES), ("defaulting_party", PARTIES), ("excuse", EXCUSES)):
        assert set(found[name].dropna()) <= set(words)
    nothing = table.assign(**dict.fromkeys(FIELDS)).astype(dict.fromkeys(FIELDS, "datetime64[us]"))
    blank = judge_milestones(nothing, causes, POLICY, AS_OF)
    assert (blank.table["status"] == "not_assessable").all()
    assert blank.findings.empty
    stage = lifecycle_stage(table, AS_OF, ramp_months=36, warning_months=12)
    assert stage.notna().all()


@FEW
@given(CONTRACTS)
def test_timeline_and_deadlines_hold_the_dates_they_were_given(contracts):
    table, causes = frame(contracts)
    events = contract_timeline(table, AS_OF, ramp_months=36)
    assert events["date"].is_monotonic_increasing
    agreed = events[events["event"].isin([f"agreed_{name}" for name in MILESTONES])]
    assert len(agreed) == sum(one[f"agreed_{name}_date"] is not None for one in contracts for name in MILESTONES)
    actual = events[events["event"].str.startswith("actual_")]
    assert not actual["is_ahead"].any()
    judged = judge_milestones(table, causes, POLICY, AS_OF).table
    ends = contract_end(table, AS_OF)
    found = find_deadlines(table.assign(**ends), judged, None, POLICY, AS_OF)
    assert list(found) == DEADLINE_COLUMNS
    assert found["date"].is_monotonic_increasing
    assert found["days_ahead"].between(0, 1096).all()
    assert found["deadline_id"].is_unique
    due = judged[(judged["status"] == "not_due") & (judged["agreed_date"] <= pd.Timestamp("2028-12-31"))]
    assert found["kind"].isin([f"{name}_due" for name in MILESTONES]).sum() == len(due)
