"""Commitments, case by case: at and beside each boundary, due and not due, known and unknown."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from landtool import messages
from landtool.errors import InputDataError
from landtool.link import link_contracts
from landtool.policy import Policy, load_policy
from landtool.rules.commitment_figures import FIELDS
from landtool.rules.commitments import (
    COMMITMENT_COLUMNS,
    figures_by_year,
    judge_commitments,
)
from landtool.schema import LAYERS
from tests.rules.commitment_frames import AS_OF, contracts, figures, judged, only, promises


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("chongqing-2021")


def with_value(policy: Policy, key: str, value: object) -> Policy:
    """Build the same policy with another value of one parameter."""
    first, *rest = policy.layers
    changed = replace(policy.history(key)[0], value=value)
    return replace(policy, layers=(replace(first, values={**first.values, key: (changed,)}), *rest))


@pytest.mark.parametrize(
    ("actual", "status", "shortfall"),
    [(100e3, "met", 0.0), (100e3 - 0.004, "met", 0.0), (99_999.9, "partly", 0.1), (80e3, "partly", 20e3),
     (79_999.9, "failed", 20_000.1), (0.0, "failed", 100e3), (250e3, "met", 0.0),
     (None, "not_assessable", None)],
)  # fmt: skip
@pytest.mark.parametrize(
    ("metric", "field"),
    [("output", "gross_output_cny"), ("tax", "tax_cny"), ("value_added", "value_added_cny"),
     ("revenue", "revenue_cny"), ("rd", "rd_cny")],
)  # fmt: skip
def test_met_partly_and_failed(policy, metric, field, actual, status, shortfall):
    row = only(judged(
        promises({"metric": metric, "intensity_cny_m2": 100.0, "due_date": "2024-06-30"}),
        contracts({}), figures(y2025={field: actual}), policy))  # fmt: skip
    assert row["status"] == status
    assert row["year"] == 2025
    if actual is None:
        assert row["missing"] == field
        assert row[["ratio", "actual_cny_m2", "shortfall_cny"]].isna().all()
    else:
        assert pd.isna(row["missing"])
        assert row["ratio"] == pytest.approx(actual / 100e3)
        assert row["actual_cny_m2"] == pytest.approx(actual / 1000)
        assert row["shortfall_cny"] == pytest.approx(shortfall)


def test_ratios_come_from_the_policy(policy):
    lax = with_value(with_value(policy, "commitment.met_ratio", 0.9), "commitment.partly_ratio", 0.5)
    promised = promises({"intensity_cny_m2": 100.0, "due_date": "2024-06-30"})
    for actual, status in ((90e3, "met"), (89e3, "partly"), (50e3, "partly"), (49e3, "failed")):
        found = judged(promised, contracts({}), figures(y2025={"gross_output_cny": actual}), lax)
        assert only(found)["status"] == status


@pytest.mark.parametrize(
    ("as_of", "status"), [("2025-06-29", "not_due"), ("2025-06-30", "failed"), ("2025-07-01", "failed")]
)
@pytest.mark.parametrize("own", [True, False])
def test_investment_is_due_on_the_day_of_completion(policy, as_of, status, own):
    row = only(judged(
        promises({"metric": "investment", "total_cny": 9e6, "due_date": "2025-06-30" if own else None}),
        contracts({"invested_cny": 1e6, "agreed_completion_date": "2030-01-01" if own else "2025-06-30"}),
        {}, policy, as_of))  # fmt: skip
    assert (row["status"], row["due_date"]) == (status, pd.Timestamp("2025-06-30"))
    assert row["due_basis"] == ("commitment" if own else "agreed_completion")
    assert pd.isna(row["year"])
    assert row["committed_cny_m2"] == 9000.0
    if status == "not_due":
        assert row[["ratio", "actual_cny_m2", "shortfall_cny", "missing"]].isna().all()


@pytest.mark.parametrize(
    ("as_of", "years"),
    [("2022-06-29", []), ("2023-12-30", []), ("2023-12-31", [2023]), ("2024-06-01", [2023]),
     ("2025-12-31", [2023, 2024, 2025])],
)
def test_yearly_metrics_are_tested_in_every_complete_year_from_full_production(policy, as_of, years):
    promised = promises({"intensity_cny_m2": 1.0, "due_date": "2022-06-30"})
    found = judged(promised, contracts({}), {}, policy, as_of).table
    if years:
        assert found["year"].tolist() == years
        assert set(found["status"]) == {"not_assessable"}
        assert found["test_date"].dt.year.tolist() == years
    else:
        assert found["year"].isna().all()
        assert found["status"].tolist() == ["not_due"]
        assert found["test_date"].tolist() == [pd.Timestamp("2023-12-31")]
    assert found["due_date"].eq("2022-06-30").all()


@pytest.mark.parametrize(("due", "first"), [("2022-01-01", 2022), ("2022-01-02", 2023),
                                            ("2021-12-31", 2022)])
def test_the_first_year_lies_wholly_on_or_after_the_due_day(policy, due, first):
    found = judged(promises({"intensity_cny_m2": 1.0, "due_date": due}), contracts({}), {}, policy)
    assert found.table["year"].iloc[0] == first


@pytest.mark.parametrize(
    ("dates", "due", "basis"),
    [({"actual_production_date": "2020-02-29", "agreed_production_date": "2018-01-01"}, "2023-02-28",
      "actual_production"),
     ({"agreed_production_date": "2018-01-01"}, "2021-01-01", "agreed_production"),
     ({"actual_production_date": "2026-01-01", "agreed_production_date": "2018-01-01"}, "2021-01-01",
      "agreed_production")],
)
def test_full_production_is_the_ramp_after_production(policy, dates, due, basis):
    found = judged(promises({"intensity_cny_m2": 1.0}), contracts(dates), {}, policy).table
    assert set(found["due_date"]) == {pd.Timestamp(due)}
    assert set(found["due_basis"]) == {basis}
    longer = with_value(policy, "commitment.ramp_months", 48)
    later = judged(promises({"intensity_cny_m2": 1.0}), contracts(dates), {}, longer).table
    assert set(later["due_date"].dt.year) == {pd.Timestamp(due).year + 1}


@pytest.mark.parametrize(
    ("promise", "contract", "missing"),
    [({"intensity_cny_m2": 1.0}, {}, "agreed_production_date"),
     ({"metric": "investment", "total_cny": 1.0}, {}, "agreed_completion_date"),
     ({"metric": "investment", "total_cny": 1.0, "due_date": "2020-01-01"}, {}, "fixed_investment_cny"),
     ({"intensity_cny_m2": 1.0, "due_date": "2024-12-01"}, {"area_m2": None},
      "area_m2, gross_output_cny"),
     ({"intensity_cny_m2": 0.0, "due_date": "2024-12-01"}, {}, "intensity_cny_m2, gross_output_cny"),
     ({"total_cny": 1.0, "due_date": "2024-12-01"}, {"parcel_id": None}, "parcel_id"),
     ({"contract_id": "X", "total_cny": 1.0, "due_date": "2024-12-01"}, {}, "contract_id"),
     ({"contract_id": None, "parcel_id": "Q", "total_cny": 1.0, "due_date": "2024-12-01"}, {},
      "contract_id")],
)  # fmt: skip
def test_what_is_missing_is_named(policy, promise, contract, missing):
    result = judged(promises(promise), contracts(contract), {}, policy)
    row = only(result)
    assert (row["status"], row["missing"]) == ("not_assessable", missing)
    assert row[["ratio", "shortfall_cny"]].isna().all()
    assert result.findings.empty


def test_without_contracts_every_commitment_stands_in_the_table(policy):
    found = judged(promises({"total_cny": 1.0}, {"contract_id": None, "parcel_id": "P"}), None, {},
                   policy).table  # fmt: skip
    assert found["missing"].tolist() == ["contract_id"] * 2
    assert found["contract_id"].isna().tolist() == [False, True]


def test_actual_completion_is_the_last_resort_for_the_due_day(policy):
    promised = promises({"metric": "investment", "total_cny": 1e6})
    row = only(judged(promised, contracts({"actual_completion_date": "2020-01-01", "invested_cny": 1e6}),
                      {}, policy))  # fmt: skip
    assert (row["status"], row["due_basis"]) == ("met", "actual_completion")


@pytest.mark.parametrize(
    ("found", "invested", "actual", "basis", "year"),
    [({"y2023": {"fixed_investment_cny": 4e6}, "y2024": {"fixed_investment_cny": 6e6}}, 1e6, 6e6,
      "operations", 2024),
     ({"y2023": {"fixed_investment_cny": 4e6}, "y2024": {"fixed_investment_cny": None}}, 1e6, 4e6,
      "operations", 2023),
     ({"y2024": {"fixed_investment_cny": None}}, 7e6, 7e6, "contract", None),
     ({}, 7e6, 7e6, "contract", None),
     # A figure from before the due day says "at least": enough if it suffices, else not known.
     ({"y2021": {"fixed_investment_cny": 9e6}}, 1e6, 9e6, "operations", 2021),
     ({"y2021": {"fixed_investment_cny": 4e6}}, 7e6, 7e6, "contract", None),
     ({"y2021": {"fixed_investment_cny": 4e6}}, 3e6, None, None, None),
     ({"y2021": {"fixed_investment_cny": 4e6}}, None, None, None, None)],
)  # fmt: skip
def test_investment_is_the_latest_cumulative_figure_else_the_contracts(
    policy, found, invested, actual, basis, year
):
    row = only(judged(
        promises({"metric": "investment", "total_cny": 8e6, "due_date": "2022-06-30"}),
        contracts({"invested_cny": invested}), figures(**found), policy))  # fmt: skip
    for name, value in (("actual_total_cny", actual), ("actual_basis", basis), ("actual_year", year)):
        assert pd.isna(row[name]) if value is None else row[name] == value
    assert (row["status"] == "not_assessable") == (actual is None)


def test_a_figure_of_an_incomplete_year_does_not_count(policy):
    operations = pd.DataFrame({"parcel_id": "P", "year": [2024, 2025], "gross_output_cny": [1.0, 9e9]})
    parcels = pd.DataFrame({"parcel_id": ["P"], "area_m2": [1000.0]})
    assert list(figures_by_year(operations, None, parcels, "2025-12-30")) == [2024]
    assert list(figures_by_year(operations, None, parcels, "2025-12-31")) == [2024, 2025]
    assert figures_by_year(None, None, parcels, AS_OF) == {}
    assert figures_by_year(operations, None, None, AS_OF) == {}


def test_contract_and_agreement_stand_side_by_side_and_their_difference_is_found(policy):
    due = {"due_date": "2024-06-30"}
    result = judged(
        promises({"intensity_cny_m2": 100.0, **due},
                 {"intensity_cny_m2": 150.0, "source": "agreement", **due},
                 {"metric": "tax", "total_cny": 7000.0, **due},
                 {"metric": "tax", "intensity_cny_m2": 7.0, "source": "agreement", **due}),
        contracts({}), figures(y2025={"gross_output_cny": 120e3, "tax_cny": 7e3}), policy)  # fmt: skip
    statuses = result.table.set_index(["metric", "source"])["status"].to_dict()
    assert statuses == {("output", "contract"): "met", ("output", "agreement"): "partly",
                        ("tax", "contract"): "met", ("tax", "agreement"): "met"}  # fmt: skip
    found = result.findings.set_index("rule_id")
    assert found.index.tolist() == ["commitment.output", "commitment.sources_differ"]
    differ = found.loc["commitment.sources_differ"]
    assert (differ["severity"], differ["measured"], differ["threshold"]) == ("info", 100.0, 150.0)
    assert json.loads(differ["evidence"])["metric"] == "output"


def test_findings_speak_of_the_latest_year_with_a_verdict(policy):
    result = judged(
        promises({"intensity_cny_m2": 100.0, "due_date": "2021-06-30"}), contracts({}),
        figures(y2022={"gross_output_cny": 10e3}, y2023={"gross_output_cny": 100e3},
                y2024={"gross_output_cny": 70e3}), policy)  # fmt: skip
    assert result.table["status"].tolist() == ["failed", "met", "failed", "not_assessable"]
    assert result.table["is_current"].tolist() == [False, False, True, False]
    row = result.findings.iloc[0]
    assert len(result.findings) == 1
    assert (row["rule_id"], row["subject_kind"], row["subject_id"], row["severity"]) == (
        "commitment.output", "contract", "C", "breach")
    assert row["clause"] == policy["commitment.metrics"].clause
    assert row["measured"] == pytest.approx(0.7)
    assert row["threshold"] == 1.0
    for text in ("2024", "100.00", "70.00", "70.0%", "3.00 万元", "出让合同", "产出", "未达标"):
        assert text in row["message_zh"]
    for text in ("2024", "100.00", "70.00", "70.0%", "30000.00", "grant contract", "output"):
        assert text in row["message_en"]
    evidence = json.loads(row["evidence"])
    assert (evidence["year"], evidence["actual_total_cny"]) == (2024, 70000)


@pytest.mark.parametrize(
    ("actual", "metric", "contract", "severity"),
    [(70e3, "output", {}, "breach"), (90e3, "output", {}, "warning"),
     # Not among the metrics the policy tests; or the contract no longer binds.
     (70e3, "value_added", {}, "info"), (70e3, "output", {"expiry_date": "2024-12-31"}, "info")],
)
def test_severity(policy, actual, metric, contract, severity):
    field = {"output": "gross_output_cny", "value_added": "value_added_cny"}[metric]
    result = judged(promises({"metric": metric, "intensity_cny_m2": 100.0, "due_date": "2022-06-30"}),
                    contracts(contract), figures(y2024={field: actual}), policy)  # fmt: skip
    assert result.findings["severity"].tolist() == [severity]
    assert result.table["is_tested"].all() == (metric == "output")


def test_finding_ids_are_stable_and_tell_sources_and_metrics_apart(policy):
    promised = promises(*({"metric": metric, "source": source, "total_cny": 9e9, "due_date": "2024-06-30"}
                          for metric in ("output", "tax") for source in ("contract", "agreement")))
    held, found = contracts({}), figures(y2025={"gross_output_cny": 1.0, "tax_cny": 1.0})
    once = judged(promised, held, found, policy).findings
    again = judged(promised.iloc[::-1], held, found, policy).findings
    assert len(once) == 4
    assert once["finding_id"].is_unique
    assert set(once["finding_id"]) == set(again["finding_id"])


def test_every_metric_of_the_layer_has_a_field_and_words():
    fields = set(LAYERS["operations"].names)
    assert set(FIELDS) == set(LAYERS["commitments"].field("metric").choices)
    assert set(FIELDS.values()) <= fields
    for metric in FIELDS:
        assert messages.has(f"commitment.metric.{metric}")


def test_nothing_to_judge_has_all_columns(policy):
    result = judged(promises({"total_cny": 1.0}).iloc[:0], contracts({}), {}, policy)
    assert result.table.columns.tolist() == COMMITMENT_COLUMNS
    assert result.table.empty
    assert result.findings.empty
    filled = judged(promises({"total_cny": 1.0}), contracts({}), {}, policy).table
    assert result.table.dtypes.to_dict() == filled.dtypes.to_dict()


def test_bad_input_is_named(policy):
    with pytest.raises(InputDataError, match="jobs"):
        judged(promises({"metric": "jobs"}), contracts({}), {}, policy)
    with pytest.raises(InputDataError, match="metric"):
        judged(promises({"total_cny": 1.0}).drop(columns="metric"), contracts({}), {}, policy)
    twice = contracts({}, {"parcel_id": "Q"})
    with pytest.raises(InputDataError, match="more than once"):
        judged(promises({"total_cny": 1.0}), twice, {}, policy)


def test_no_row_is_judged_on_its_own(policy):
    count, rng = 20_000, np.random.default_rng(0)
    ids = pd.Series([f"P{at:07d}" for at in range(count)], dtype="str")
    held = pd.DataFrame({"contract_id": "C" + ids, "parcel_id": ids, "area_m2": 1000.0,
                         "signed_date": pd.Timestamp("2012-01-01"),
                         "agreed_completion_date": pd.Timestamp("2015-01-01"),
                         "actual_production_date": pd.Timestamp("2015-06-01")})  # fmt: skip
    one = pd.DataFrame({"contract_id": held["contract_id"], "source": "contract",
                        "intensity_cny_m2": 100.0})
    promised = pd.concat([one.assign(metric=metric) for metric in ("investment", "output", "tax")],
                         ignore_index=True)
    found = {year: pd.DataFrame({"parcel_id": ids, "gross_output_cny": rng.uniform(0, 2e5, count),
                                 "tax_cny": rng.uniform(0, 2e5, count),
                                 "fixed_investment_cny": rng.uniform(0, 2e5, count)})
             for year in range(2019, 2026)}  # fmt: skip
    linked = link_contracts(held, None, AS_OF)
    began = time.process_time()
    result = judge_commitments(promised, linked, found, policy, AS_OF)
    took = time.process_time() - began
    assert len(result.table) == count * (1 + 2 * 7)
    # A whole-column judgement takes half a second; one row at a time takes a minute.
    assert took < 5.0
