"""Commitments against the plain oracle, and what must hold whatever the registers say."""

from __future__ import annotations

import datetime as dt
import importlib.util
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landtool.link import link_contracts
from landtool.policy import load_policy
from landtool.rules.commitments import COMMITMENT_STATUSES, judge_commitments

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "commitments.py"
_SPEC = importlib.util.spec_from_file_location("oracle_commitments", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

POLICY = load_policy("national")
SLOW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(SLOW, max_examples=25)
LONG = settings(SLOW, max_examples=300)
ANCHORS = [dt.date(2020, 2, 29), dt.date(2021, 12, 31), dt.date(2022, 1, 1), dt.date(2022, 1, 2),
           dt.date(2023, 12, 30), dt.date(2023, 12, 31), dt.date(2024, 6, 30), dt.date(2026, 3, 1)]
DAY = st.one_of(st.none(), st.sampled_from(ANCHORS), st.dates(dt.date(2018, 1, 1), dt.date(2026, 12, 31)))
MONEY = st.sampled_from([None, 0.0, 79.0, 80.0, 99.0, 100.0, 120.0, 1000.0])
DATES = ["expiry_date", "agreed_completion_date", "actual_completion_date", "agreed_production_date",
         "actual_production_date"]  # fmt: skip
CONTRACT = st.fixed_dictionaries({
    "parcel_id": st.sampled_from(["P", "P", None]), "area_m2": st.sampled_from([None, 1.0, 10.0]),
    "invested_cny": MONEY, **dict.fromkeys(DATES, DAY)})
PROMISE = st.fixed_dictionaries({
    "known": st.sampled_from([True, True, True, False]), "metric": st.sampled_from(list(oracle.FIELD)),
    "due_date": DAY, "stated": st.sampled_from(["intensity_cny_m2", "total_cny", "both"]),
    "amount": st.sampled_from([0.0, 1.0, 10.0, 100.0])})
YEAR = st.fixed_dictionaries(dict.fromkeys(oracle.FIELD.values(), MONEY))
CASE = st.tuples(PROMISE, CONTRACT, st.dictionaries(st.integers(2019, 2026), YEAR, max_size=8))
CASES = st.lists(CASE, min_size=1, max_size=8)
AS_OF = st.sampled_from([*ANCHORS, dt.date(2025, 12, 31)])
RATIOS = st.tuples(st.sampled_from([0.5, 0.79, 0.8, 1.0, 1.2]), st.sampled_from([0.5, 0.79, 0.8])).map(
    lambda pair: (max(pair), min(pair)))


def with_ratios(met: float, partly: float):
    first, *rest = POLICY.layers
    values = dict(first.values)
    for key, value in (("commitment.met_ratio", met), ("commitment.partly_ratio", partly)):
        values[key] = (replace(POLICY.history(key)[0], value=value),)
    return replace(POLICY, layers=(replace(first, values=values), *rest))


def plain(cases):
    """Give the commitments, contracts and figures as the oracle reads them, one of each per case."""
    for at, (promise, contract, figures) in enumerate(cases):
        place = contract["parcel_id"] and f"P{at}"
        stated = {"intensity_cny_m2": None, "total_cny": None, "amount": None}
        names = {"both": ["intensity_cny_m2", "total_cny"]}.get(promise["stated"], [promise["stated"]])
        for name in ["amount"] if promise["metric"] in oracle.NO_MONEY else names:
            stated[name] = promise["amount"]
        yield ({"contract_id": f"C{at}" if promise["known"] else f"X{at}", "source": "contract",
                "metric": promise["metric"], "due_date": promise["due_date"], **stated},
               {**contract, "contract_id": f"C{at}", "parcel_id": place},
               {year: {place: found} for year, found in figures.items() if place})


def frames(cases):
    found = list(plain(cases))
    kinds = {"contract_id": "str", "intensity_cny_m2": "float64", "total_cny": "float64", "amount": "float64",
             "due_date": "datetime64[us]"}
    promised = pd.DataFrame([promise for promise, _, _ in found]).astype(kinds)
    kinds = {"parcel_id": "str", "area_m2": "float64", "invested_cny": "float64",
             **dict.fromkeys(DATES, "datetime64[us]")}
    held = pd.DataFrame([contract for _, contract, _ in found]).astype(kinds)
    figures = {}
    for _, _, by_year in found:
        for year, by_place in by_year.items():
            for place, row in by_place.items():
                figures.setdefault(year, []).append({"parcel_id": place, **row})
    kinds = {"parcel_id": "str", **dict.fromkeys(oracle.FIELD.values(), "float64")}
    return promised, held, {year: pd.DataFrame(rows).astype(kinds) for year, rows in figures.items()}


def judged(cases, as_of, ratios=(1.0, 0.8)):
    promised, held, figures = frames(cases)
    linked = link_contracts(held, None, as_of)
    return judge_commitments(promised, linked, figures, with_ratios(*ratios), as_of)


@MANY
@given(CASES, AS_OF, RATIOS)
def test_the_same_as_the_oracle(cases, as_of, ratios):
    the_same_as_the_oracle(cases, as_of, ratios)


@pytest.mark.soak
@LONG
@given(CASES, AS_OF, RATIOS)
def test_the_same_as_the_oracle_at_length(cases, as_of, ratios):
    the_same_as_the_oracle(cases, as_of, ratios)


def the_same_as_the_oracle(cases, as_of, ratios):
    table = judged(cases, as_of, ratios).table
    expected = []
    for promise, contract, figures in plain(cases):
        tests = oracle.judge(
            promise, contract if promise["contract_id"] == contract["contract_id"] else None, figures,
            as_of, met=ratios[0], partly=ratios[1], ramp=36)
        expected += [{**test, "contract_id": promise["contract_id"]} for test in tests]
    assert len(table) == len(expected)
    for row, test in zip(table.to_dict(orient="records"), expected, strict=True):
        assert row["contract_id"] == test["contract_id"]
        assert (None if pd.isna(row["year"]) else row["year"]) == test["year"]
        assert row["status"] == test["status"], (row, test)
        missing = set() if pd.isna(row["missing"]) else set(row["missing"].split(", "))
        assert missing == test["missing"]
        if "ratio" in test:
            assert abs(row["ratio"] - test["ratio"]) < 1e-9


@SLOW
@given(CASES, AS_OF)
def test_what_is_not_known_stays_not_known(cases, as_of):
    table = judged(cases, as_of).table
    assert set(table["status"]) <= set(COMMITMENT_STATUSES)
    open_rows = table["status"].isin(["not_due", "not_assessable"])
    assert table.loc[open_rows, ["ratio", "shortfall_cny"]].isna().all(axis=None)
    money = table["amount_unit"].isna()
    assert table.loc[~open_rows, "ratio"].notna().all()
    assert table.loc[~open_rows & money, ["shortfall_cny", "actual_total_cny"]].notna().all(axis=None)
    assert table.loc[~open_rows & ~money, ["committed_amount", "actual_amount"]].notna().all(axis=None)
    assert table.loc[~money, ["shortfall_cny", "committed_total_cny", "actual_cny_m2"]].isna().all(axis=None)
    assert table.loc[money, ["committed_amount", "actual_amount"]].isna().all(axis=None)
    assert (table["missing"].notna() == table["status"].eq("not_assessable")).all()
    assert (table.loc[~open_rows & money, "shortfall_cny"] >= 0).all()
    blank = [(promise, {**contract, "invested_cny": None},
              {year: dict.fromkeys(row) for year, row in figures.items()})
             for promise, contract, figures in cases]
    nothing = judged(blank, as_of)
    assert set(nothing.table["status"]) <= {"not_due", "not_assessable"}
    assert nothing.table[["actual_total_cny", "actual_amount"]].isna().all(axis=None)
    assert not nothing.findings["rule_id"].isin([f"commitment.{name}" for name in oracle.FIELD]).any()


@SLOW
@given(CASES, AS_OF, RATIOS, st.sampled_from([0.0, 0.1, 0.5]))
def test_stricter_ratios_never_yield_fewer_failures(cases, as_of, ratios, more):
    lax = judged(cases, as_of, ratios).table["status"]
    strict = judged(cases, as_of, (ratios[0] + more, ratios[1] + more)).table["status"]
    assert (strict[lax == "failed"] == "failed").all()
    assert (strict == "failed").sum() >= (lax == "failed").sum()
    assert (strict == "met").sum() <= (lax == "met").sum()


@SLOW
@given(CASES, AS_OF)
def test_every_commitment_has_a_row_and_one_that_speaks_for_it(cases, as_of):
    table = judged(cases, as_of).table
    promised, _, _ = frames(cases)
    assert set(table["contract_id"]) == set(promised["contract_id"])
    keys = ["contract_id", "source", "metric"]
    assert (table.groupby(keys)["is_current"].sum() == 1).all()
    assert not table.duplicated([*keys, "year"]).any()
