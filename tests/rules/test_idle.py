"""Idle land: the fast rule against the plain one, and what must hold whatever the register says."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landtool.errors import InputDataError
from landtool.policy import load_policy
from landtool.rules.idle import IDLE_STATUSES, find_idle

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "idle.py"
_SPEC = importlib.util.spec_from_file_location("oracle_idle", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

POLICY = load_policy("national", "2024-06-30")
NUMBER = {
    "full_years": 1, "recovery_years": 2, "suspended_years": 1, "delivery_years": 1,
    "developed_min": 1 / 3, "invested_min": 0.25, "fee_share": 0.20, "warning_days": 180,
}  # fmt: skip
IDLE = ("idle_1y", "idle_2y", "idle_suspended")
SLOW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(SLOW, max_examples=60)
LONG = settings(SLOW, max_examples=600)

# Few days close to each other and to the years' ends, so that boundaries are met often.
ANCHORS = [dt.date(2022, 2, 28), dt.date(2022, 6, 30), dt.date(2023, 6, 29), dt.date(2023, 6, 30),
           dt.date(2024, 2, 29), dt.date(2024, 6, 29), dt.date(2024, 6, 30), dt.date(2024, 7, 1),
           dt.date(2024, 12, 27), dt.date(2025, 6, 30)]  # fmt: skip
DAY = st.one_of(st.sampled_from(ANCHORS), st.dates(dt.date(2021, 1, 1), dt.date(2025, 12, 31)))
AREA = st.sampled_from([None, 0.0, 100.0, 300.0, 99.0])
MONEY = st.sampled_from([None, 0.0, 25.0, 100.0, 200.0])
DATES = ["signed_date", "expiry_date", "agreed_start_date", "actual_delivery_date",
         "actual_start_date", "actual_completion_date", "actual_production_date",
         "suspended_since_date", "disposal_start_date", "earlier_start_date", "end_date"]  # fmt: skip
RARE = {"signed_date", "expiry_date", "actual_completion_date", "actual_production_date",
        "disposal_start_date", "earlier_start_date", "end_date"}  # fmt: skip
KNOWN = ["agreed_start_date", "actual_delivery_date", "actual_start_date", "actual_completion_date",
         "actual_production_date", "suspended_since_date", "total_investment_includes_land",
         "disposal_start_date"]  # fmt: skip
PLAIN = {
    "developed_area_m2": AREA, "area_due_m2": AREA, "invested_cny": MONEY,
    "total_investment_cny": MONEY, "price_cny": MONEY,
    "kind": st.sampled_from([None, "grant", "lease"]),
    "total_investment_includes_land": st.sampled_from([None, None, True, False]),
    "disposal_route": st.sampled_from([None, "extend", "paid_recovery"]),
    "earlier_start_is_own": st.sampled_from([None, True, False]),
}  # fmt: skip
CAUSES = st.lists(
    st.tuples(DAY, st.one_of(st.none(), st.integers(0, 500)), st.integers(1, 7)).map(
        lambda told: {"from_date": told[0], "cause_code": str(told[2]),
                      "to_date": None if told[1] is None else told[0] + told[1] * oracle.DAY}),
    max_size=3)  # fmt: skip


@st.composite
def contracts(draw):
    """A row as the oracle takes it; cells may be blank, or blank because they could not be read."""
    row = {}
    for name in DATES:
        rare = name in RARE and draw(st.integers(0, 3)) > 0
        row[name] = None if rare else draw(st.one_of(st.none(), DAY))
    row |= {name: draw(cells) for name, cells in PLAIN.items()}
    for name in KNOWN:
        row[f"{name}_is_known"] = row[name] is not None or draw(st.integers(0, 9)) > 0
    return row


REGISTERS = st.tuples(
    st.lists(st.tuples(contracts(), CAUSES, st.sampled_from([False] * 9 + [True])), min_size=1,
             max_size=6),
    st.sets(st.sampled_from([*DATES, *PLAIN]), max_size=3))  # fmt: skip


def frames(register):
    """The rows as layers: ``absent`` columns are left out, nothing else is changed."""
    told, absent = register
    frame = pd.DataFrame([row for row, _, _ in told])
    for name in DATES:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    for name in ("kind", "disposal_route"):
        frame[name] = frame[name].astype("str")
    for name in [*KNOWN]:
        frame[f"{name}_is_known"] = frame[f"{name}_is_known"].astype("boolean")
    frame["total_investment_includes_land"] = frame["total_investment_includes_land"].astype(
        "boolean")
    for name in absent:
        frame[f"{name}_is_known"] = pd.array([False] * len(frame), dtype="boolean")
    frame = frame.drop(columns=list(absent))
    frame.insert(0, "contract_id", [f"合同{at}" for at in range(len(frame))])
    rows = [{"contract_id": f"合同{at}", **cause}
            for at, (_, causes, _) in enumerate(told) for cause in causes]
    causes = pd.DataFrame(rows, columns=["contract_id", "cause_code", "from_date", "to_date"])
    for name in ("from_date", "to_date"):
        causes[name] = pd.to_datetime(causes[name]).astype("datetime64[us]")
    unreadable = {f"合同{at}" for at, (_, _, bad) in enumerate(told) if bad}
    return frame, causes, unreadable


def judged(register, as_of, policy=POLICY):
    frame, causes, unreadable = frames(register)
    return find_idle(frame, causes, policy, as_of, unreadable_causes=unreadable)


def plain(cell):
    if isinstance(cell, pd.Timestamp):
        return cell.date()
    return None if pd.isna(cell) else cell


@given(REGISTERS, st.sampled_from(ANCHORS))
@MANY
def test_equals_the_plain_rule(register, as_of):
    equals_the_plain_rule(register, as_of)


@pytest.mark.soak
@given(REGISTERS, st.sampled_from(ANCHORS))
@LONG
def test_equals_the_plain_rule_at_length(register, as_of):
    equals_the_plain_rule(register, as_of)


def equals_the_plain_rule(register, as_of):
    told, absent = register
    made = judged(register, as_of).verdicts
    rows = [{name: cell for name, cell in row.items() if name not in absent} for row, _, _ in told]
    says = any(row.get("actual_start_date") for row in rows)
    for at, (row, (_, causes, bad)) in enumerate(zip(rows, told, strict=True)):
        expected = oracle.judge(row, causes, NUMBER, as_of, start_column_says=says,
                                causes_unreadable=bad)
        found = {name: plain(made[name].iloc[at]) for name in expected}
        found["idle_missing"] = set(filter(None, str(found["idle_missing"] or "").split(",")))
        assert found == expected


@given(REGISTERS, st.sampled_from(ANCHORS), st.integers(1, 800))
@SLOW
def test_idle_land_stays_idle_without_a_new_fact(register, as_of, later):
    then = as_of + later * oracle.DAY
    frame, causes, unreadable = frames(register)
    # Facts between the two days (a start, a completion, an end) are new; without them …
    for name in [*DATES]:
        if name in frame and name not in ("agreed_start_date", "disposal_start_date"):
            new = frame[name].between(pd.Timestamp(as_of), pd.Timestamp(then), inclusive="right")
            frame = frame[~new | (name == "signed_date")].copy()
    if "expiry_date" in frame:
        frame = frame[~(frame["expiry_date"] < pd.Timestamp(then))].copy()
    before = find_idle(frame, causes, POLICY, as_of, unreadable_causes=unreadable).verdicts
    after = find_idle(frame, causes, POLICY, then, unreadable_causes=unreadable).verdicts
    was = before["idle_status"].isin(IDLE)
    assert after.loc[was, "idle_status"].isin(IDLE).all()
    assert after.loc[was, "idle_since"].equals(before.loc[was, "idle_since"])
    twice = before["idle_status"].eq("idle_2y")
    assert after.loc[twice, "idle_status"].eq("idle_2y").all()


class Changed:
    """A policy with some numbers changed."""

    def __init__(self, **values):
        self.values = {f"idle.{name}": value for name, value in values.items()}

    def __getitem__(self, key):
        return replace(POLICY[key], value=self.values.get(key, POLICY[key].value))


@given(REGISTERS, st.sampled_from(ANCHORS), st.sampled_from([
    {"developed_share_min": 0.5}, {"invested_share_min": 0.5}, {"full_years": 0.5},
    {"suspended_years": 0.5}, {"recovery_years": 1.5}]))  # fmt: skip
@SLOW
def test_a_stricter_threshold_never_flags_fewer(register, as_of, stricter):
    loose = judged(register, as_of).verdicts["idle_status"]
    strict = judged(register, as_of, Changed(**stricter)).verdicts["idle_status"]
    assert strict[loose.isin(IDLE)].isin(IDLE).all()
    assert strict[loose.eq("idle_2y")].eq("idle_2y").all()


@given(REGISTERS, st.sampled_from(ANCHORS), st.booleans())
@SLOW
def test_a_start_column_that_says_nothing_gives_no_verdict_on_the_start(register, as_of, absent):
    told, without = register
    rows = [(row | {"actual_start_date": None, "actual_completion_date": None,
                    "actual_production_date": None, "earlier_start_date": None}, causes, bad) for row, causes, bad in told]
    gone = without | ({"actual_start_date"} if absent else set())
    made = judged((rows, gone), as_of).verdicts
    assert made["idle_status"].isin(["not_assessable", "not_applicable"]).all()
    open_ones = made["idle_status"].eq("not_assessable")
    assert made.loc[open_ones, "idle_missing"].str.contains("actual_start_date").all()


@given(REGISTERS, REGISTERS, st.sampled_from(ANCHORS))
@SLOW
def test_files_of_one_layer_are_judged_as_each_would_be_alone(one, two, as_of):
    """A file whose start column is empty throughout is not lent the dates of the other files."""
    tables = []
    for place, (told, _) in enumerate((one, two)):
        frame, causes, _ = frames((told, frozenset()))
        frame = frame[[name for name in frame if not name.endswith("_is_known")]]
        frame = frame.assign(contract_id=frame["contract_id"] + f"/{place}", source=f"{place}.xls")
        tables.append((frame, causes.assign(contract_id=causes["contract_id"] + f"/{place}")))
    apart = [find_idle(frame, causes, POLICY, as_of).verdicts for frame, causes in tables]
    frame, causes = (pd.concat(parts, ignore_index=True) for parts in zip(*tables, strict=True))
    together = find_idle(frame, causes, POLICY, as_of).verdicts
    pd.testing.assert_frame_equal(together, pd.concat(apart, ignore_index=True))


@given(REGISTERS, st.sampled_from(ANCHORS))
@SLOW
def test_every_contract_ends_in_one_status_and_every_doubt_is_named(register, as_of):
    frame, causes, unreadable = frames(register)
    kept = frame.copy(), causes.copy()
    result = find_idle(frame, causes, POLICY, as_of, unreadable_causes=unreadable)
    assert frame.equals(kept[0])
    assert causes.equals(kept[1])
    made = result.verdicts
    assert made.index.equals(frame.index)
    assert made["idle_status"].isin(IDLE_STATUSES).all()
    unsure = made["idle_status"].eq("not_assessable")
    assert made["idle_missing"].notna().equals(unsure)
    assert made["idle_since"].notna().equals(made["idle_status"].isin([*IDLE, "idle_government_cause"]))
    assert not (made["idle_fee_cny"].notna() & made["idle_status"].ne("idle_1y")).any()
    found = result.findings
    assert found["finding_id"].is_unique
    spoken = set(found.loc[found["rule_id"].str.startswith("idle."), "subject_id"])
    loud = ~made["idle_status"].isin(["not_idle", "not_applicable"])
    assert set(frame.loc[loud, "contract_id"]) <= spoken
    for column in ("message_zh", "message_en"):
        assert not found[column].str.contains(r"[{}]|nan|NaT|None|<NA>", regex=True).any()
    assert all(json.loads(text) for text in found["evidence"])


def sheet(**columns):
    frame = pd.DataFrame({"contract_id": ["A", "B"], **columns})
    for name in frame.columns:
        if name.endswith("_date"):
            frame[name] = pd.to_datetime(frame[name])
    return frame


START = {"agreed_start_date": ["2023-06-30"] * 2, "actual_start_date": [None, "2010-01-01"]}


def test_index_is_kept_and_rows_may_come_in_any_order():
    frame = sheet(**START).set_axis(["x", "y"])
    turned = frame.iloc[::-1]
    first = find_idle(frame, None, POLICY, "2024-06-30")
    second = find_idle(turned, None, POLICY, "2024-06-30")
    pd.testing.assert_frame_equal(second.verdicts, first.verdicts.iloc[::-1])
    assert set(second.findings["finding_id"]) == set(first.findings["finding_id"])


def test_no_contracts():
    made = find_idle(sheet(**START).iloc[:0], None, POLICY, "2024-06-30")
    assert made.verdicts.empty
    assert made.findings.empty
    full = find_idle(sheet(**START), None, POLICY, "2024-06-30")
    assert made.verdicts.columns.equals(full.verdicts.columns)
    assert made.verdicts.dtypes.equals(full.verdicts.dtypes)


def test_a_contract_that_stands_twice_is_judged_twice_with_the_same_causes():
    frame = sheet(**START | {"actual_start_date": [None, None]}).assign(contract_id="A")
    frame.loc[2] = {"contract_id": "Z", "actual_start_date": pd.Timestamp("2010-01-01")}
    causes = pd.DataFrame({"contract_id": ["A"], "cause_code": ["2"],
                           "from_date": pd.to_datetime(["2023-08-01"]),
                           "to_date": pd.to_datetime(["2023-08-11"])})
    made = find_idle(frame, causes, POLICY, "2024-06-30")
    assert made.verdicts["cause_days"].tolist()[:2] == [10, 10]
    assert made.findings["finding_id"].is_unique


def test_causes_of_other_contracts_and_of_no_contract_do_not_count():
    causes = pd.DataFrame({"contract_id": ["C", None], "cause_code": ["2", "2"],
                           "from_date": pd.to_datetime(["2023-08-01"] * 2),
                           "to_date": pd.to_datetime(["2023-12-01"] * 2)})
    made = find_idle(sheet(**START), causes, POLICY, "2024-06-30").verdicts
    assert made["idle_status"][0] == "idle_1y"


@pytest.mark.parametrize("change", [
    {"cause_code": ["9"]}, {"cause_code": [None]}, {"cause_code": ["inf"]},
    {"from_date": pd.to_datetime([None])}, {"to_date_is_known": [False]},
])  # fmt: skip
def test_a_cause_that_cannot_be_used_keeps_its_contract_open(change):
    causes = pd.DataFrame({"contract_id": ["A"], "cause_code": ["2"],
                           "from_date": pd.to_datetime(["2023-08-01"]),
                           "to_date": pd.to_datetime([None])} | change)
    made = find_idle(sheet(**START), causes, POLICY, "2024-06-30").verdicts
    assert made.loc[0, ["idle_status", "idle_missing"]].tolist() == [
        "not_assessable", "government_causes"]


def test_causes_without_a_column_of_ends_keep_their_contract_open():
    causes = pd.DataFrame({"contract_id": ["A"], "cause_code": [2],
                           "from_date": pd.to_datetime(["2023-08-01"])})
    made = find_idle(sheet(**START), causes, POLICY, "2024-06-30").verdicts
    assert made["idle_missing"][0] == "government_causes"


def test_a_code_that_the_policy_does_not_count_is_not_deducted():
    causes = pd.DataFrame({"contract_id": ["A"], "cause_code": ["6"],
                           "from_date": pd.to_datetime(["2023-08-01"]),
                           "to_date": pd.to_datetime(["2023-12-01"])})
    strict = Changed(government_causes=("1", "2"))
    assert find_idle(sheet(**START), causes, strict, "2024-06-30").verdicts["idle_status"][0] == (
        "idle_1y")
    assert find_idle(sheet(**START), causes, POLICY, "2024-06-30").verdicts["idle_status"][0] == (
        "idle_government_cause")


def test_rows_whose_source_is_not_told_are_one_source():
    verdicts = find_idle(sheet(**START, source=[None, None]), None, POLICY, "2025-12-31").verdicts
    assert verdicts["idle_status"].iloc[0] == "idle_2y"
    assert verdicts["idle_start_fill_share"].iloc[0] == 0.5


def test_one_source_without_a_disposal_column_is_not_unread():
    frame = sheet(**START, disposal_start_date=[None, "2012-01-01"], source=["a.xls", "b.xls"],
                  disposal_start_date_is_known=[False, True])
    kept = pd.DataFrame({"contract_id": ["C"], "source": ["a.xls"], "actual_start_date": [pd.Timestamp("2010-01-01")],
                         "disposal_start_date_is_known": [False]})  # fmt: skip
    frame = pd.concat([frame, kept], ignore_index=True)
    assert find_idle(frame, None, POLICY, "2024-06-30").verdicts["idle_status"][0] == "idle_1y"
    unread = frame.assign(source="a.xls")
    assert find_idle(unread, None, POLICY, "2024-06-30").verdicts["idle_missing"][0] == (
        "disposal_start_date")


def test_yes_and_no_as_text_and_as_boolean():
    works = {"actual_start_date": ["2020-01-01"] * 2, "suspended_since_date": ["2022-01-01"] * 2,
             "developed_area_m2": [300.0] * 2, "area_due_m2": [300.0] * 2,
             "invested_cny": [240.0] * 2, "total_investment_cny": [1500.0] * 2,
             "price_cny": [600.0] * 2}
    for answers in (["yes", "no"], pd.array([True, False], dtype="boolean")):
        made = find_idle(sheet(**works, total_investment_includes_land=answers), None, POLICY,
                         "2024-06-30").verdicts
        assert made["idle_status"].tolist() == ["not_idle", "idle_suspended"]


def test_finding_id_stays_when_one_year_becomes_two():
    one, two = (find_idle(sheet(**START), None, POLICY, day).findings.set_index("rule_id")
                for day in ("2024-06-30", "2025-06-30"))
    rule = "idle.order53.art2_1"
    assert one.loc[rule, "finding_id"] == two.loc[rule, "finding_id"]
    assert [one.loc[rule, "severity"], two.loc[rule, "severity"]] == ["breach", "recover"]
    assert one.loc[rule, ["measured", "threshold"]].tolist() == [366.0, 366.0]
    assert two.loc[rule, ["measured", "threshold"]].tolist() == [731.0, 731.0]
    assert one.loc[rule, "due"] == pd.Timestamp("2024-07-30")


@pytest.mark.parametrize(("change", "as_of", "said"), [
    ({}, None, "as_of"), ({"signed_date": ["x", "y"]}, "2024-06-30", "signed_date"),
])  # fmt: skip
def test_wrong_input_is_named(change, as_of, said):
    frame = sheet(**START)
    for name, cells in change.items():
        frame[name] = cells
    with pytest.raises(InputDataError, match=said):
        find_idle(frame, None, POLICY, as_of)


def test_layers_without_their_key_columns_are_named():
    with pytest.raises(InputDataError, match="contract_id"):
        find_idle(pd.DataFrame({"a": [1]}), None, POLICY, "2024-06-30")
    with pytest.raises(InputDataError, match="cause_code"):
        find_idle(sheet(**START), pd.DataFrame({"contract_id": ["A"]}), POLICY, "2024-06-30")


def test_many_contracts_take_linear_time():
    count = 50_000
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1800, count), unit="D")
    frame = pd.DataFrame({"contract_id": np.arange(count).astype(str), "agreed_start_date": days,
                          "actual_start_date": days.where(rng.random(count) < 0.9)})
    began = dt.datetime.now()
    find_idle(frame, None, POLICY, "2024-06-30")
    assert (dt.datetime.now() - began).total_seconds() < 20  # under 1 s on an idle core
