"""Commitments over the life of contracts: ended, superseded, changed, on several parcels."""

from __future__ import annotations

import pandas as pd
import pytest

from landtool.link import link_contracts
from landtool.policy import Policy, load_policy
from landtool.rules.commitments import (
    judge_commitments,
)
from tests.rules.commitment_frames import AS_OF, contracts, figures, judged, only, promises


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("chongqing-2021")


def test_a_commitment_on_a_parcel_speaks_of_the_contract_the_parcel_is_judged_by(policy):
    held = contracts({"contract_id": "OLD", "signed_date": "2010-01-01"},
                     {"contract_id": "NEW", "signed_date": "2018-01-01", "area_m2": 2000.0})
    row = only(judged(
        promises({"contract_id": None, "parcel_id": "P", "intensity_cny_m2": 100.0,
                  "due_date": "2024-06-30"}),
        held, figures(y2025={"gross_output_cny": 150e3}), policy))  # fmt: skip
    assert (row["contract_id"], row["area_m2"], row["status"]) == ("NEW", 2000.0, "failed")
    assert row["ratio"] == pytest.approx(0.75)


def test_an_expired_lease_is_tested_up_to_its_end(policy):
    promised = promises({"intensity_cny_m2": 1.0, "due_date": "2020-06-30"})
    for expiry, years in (("2023-12-31", [2021, 2022, 2023]), ("2023-12-30", [2021, 2022])):
        found = judged(promised, contracts({"expiry_date": expiry}), {}, policy).table
        assert found["year"].tolist() == years
        assert set(found["stage"]) == {"expired"}
        assert found["bound_until"].eq(expiry).all()
    early = only(judged(promised, contracts({"expiry_date": "2020-06-29"}), {}, policy))
    assert early["status"] == "not_due"
    assert pd.isna(early["year"])


def test_investment_after_the_end_of_a_contract_is_not_its_own(policy):
    row = only(judged(
        promises({"metric": "investment", "total_cny": 8e6, "due_date": "2020-06-30"}),
        contracts({"expiry_date": "2022-12-31"}),
        figures(y2022={"fixed_investment_cny": 5e6}, y2025={"fixed_investment_cny": 9e6}), policy))
    assert (row["actual_total_cny"], row["actual_year"], row["status"]) == (5e6, 2022, "failed")


def test_a_superseded_contract_is_tested_until_the_next_was_signed(policy):
    held = contracts({"contract_id": "A", "signed_date": "2010-01-01"},
                     {"contract_id": "B", "signed_date": "2018-01-01"},
                     {"contract_id": "C", "signed_date": "2022-05-01"},
                     {"contract_id": "D", "signed_date": "2026-05-01"})  # fmt: skip
    promised = promises(*({"contract_id": name, "total_cny": 1.0, "due_date": "2015-06-30"}
                          for name in "ABCD"))
    none = {"gross_output_cny": 0.0}
    found = judged(promised, held, figures(y2017=none, y2025=none), policy)
    years = found.table.groupby("contract_id")["year"].agg(lambda years: list(years.dropna()))
    assert years["A"] == [2016, 2017]
    # Nobody answers for a year before the contract was signed.
    assert years["B"] == list(range(2018, 2022))
    assert years["C"] == list(range(2023, 2026))
    assert years["D"] == []
    assert set(found.table.loc[found.table["contract_id"] == "D", "status"]) == {"not_due"}
    assert found.findings.set_index("subject_id")["severity"].to_dict() == {"A": "info", "C": "breach"}


def test_a_superseded_contract_whose_end_is_not_known_is_not_assessable(policy):
    held = contracts({"contract_id": "A"}, {"contract_id": "B"})
    promised = promises({"contract_id": "B", "total_cny": 1.0, "due_date": "2024-06-30"})
    row = only(judged(promised, held, figures(y2025={"gross_output_cny": 9.0}), policy))
    assert (row["status"], row["missing"]) == ("not_assessable", "signed_date")


def test_a_later_stage_takes_the_earlier_ones_place(policy):
    found = judged(
        promises({"intensity_cny_m2": 50.0, "due_date": "2021-06-30"},
                 {"intensity_cny_m2": 100.0, "due_date": "2023-06-30"}), contracts({}),
        figures(**{f"y{year}": {"gross_output_cny": 60e3} for year in range(2020, 2026)}), policy)
    assert found.table[["year", "committed_cny_m2", "status"]].to_numpy().tolist() == [
        [2022, 50.0, "met"], [2023, 50.0, "met"], [2024, 100.0, "failed"], [2025, 100.0, "failed"]]
    assert found.table["is_current"].tolist() == [False, False, False, True]


def test_a_contract_on_two_parcels_has_the_sum_of_both_and_null_if_one_is_unknown(policy):
    held = contracts({"parcel_id": None})
    parcels = pd.DataFrame({"parcel_id": ["P", "Q"], "contract_id": "C", "area_m2": 500.0})
    linked = link_contracts(held, parcels, AS_OF)
    promised = promises({"intensity_cny_m2": 100.0, "due_date": "2024-06-30"})
    for second, status in ((60e3, "met"), (None, "not_assessable")):
        found = {2025: pd.DataFrame({"parcel_id": ["Q", "P"], "gross_output_cny": [40e3, second]})}
        assert only(judge_commitments(promised, linked, found, policy, AS_OF))["status"] == status
