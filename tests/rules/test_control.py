"""Control indicators in an assessment: the commitment's test beside them, columns, what is not assessed."""

from __future__ import annotations

import pandas as pd
import pytest

import landtool as lt
from landtool import messages
from landtool.errors import InputDataError
from landtool.policy import load_policy
from landtool.rules.control import CONTROL_COLUMNS, INDICATORS, judge_control

REGION = load_policy("chongqing-2021")
AS_OF = "2025-12-31"


def parcels(**columns):
    return pd.DataFrame({
        "parcel_id": ["P1"], "contract_id": ["C1"], "is_industrial": [True], "area_m2": [1e4],
        "signed_date": pd.to_datetime(["2024-01-01"]), "industry_code": ["2710"],
        "actual_completion_date": pd.to_datetime(["2025-01-01"]), **columns})


def promise(source, committed, actual, status):
    return {"contract_id": "C1", "metric": "investment", "source": source, "is_current": True,
            "committed_cny_m2": committed, "actual_cny_m2": actual, "actual_basis": "operations",
            "status": status, "missing": None, "area_m2": 9000.0}


def row(found, indicator):
    return found.table.set_index("indicator").loc[indicator]


def test_investment_shows_the_strictest_commitment_and_finds_nothing_again():
    promised = pd.DataFrame([promise("contract", 4000.0, 4500.0, "met"),
                             promise("agreement", 5000.0, 4500.0, "partly")])
    found = judge_control(parcels(), None, promised, REGION, AS_OF)
    got = row(found, "investment_intensity")
    assert (got["threshold"], got["threshold_source"], got["verdict"]) == (5000.0, "agreement", "failed")
    assert (got["value"], got["margin"], got["area_used"]) == (4500.0, -500.0, "contract")
    assert not found.findings["rule_id"].str.contains("investment").any()


def test_investment_that_nobody_named_is_not_assessable():
    got = row(judge_control(parcels(invested_cny=[2e7]), None, None, REGION, AS_OF), "investment_intensity")
    assert (got["verdict"], got["reason"], got["missing"]) == (
        "not_assessable", "not_named", "commitments.investment")
    assert got["value"] == pytest.approx(2000.0)


def test_mandatory_by_the_region_and_the_day():
    found = judge_control(parcels(), None, None, REGION, AS_OF).table.set_index("indicator")["is_mandatory"]
    assert found["far"]
    assert not found["green_share"]
    before = parcels(signed_date=pd.to_datetime(["2015-01-01"]))
    assert judge_control(before, None, None, REGION, AS_OF).table["is_mandatory"].isna().all()


def test_a_number_of_the_region_binds_from_its_own_day(tmp_path):
    own = tmp_path / "own.yml"
    own.write_text("""name: own
title: {zh: 本局, en: own}
extends: national
source: 本局文件
from: 2024-06-01
parameters:
  control.building_coefficient_min:
    values:
      - {value: 0.5, clause: {zh: 本局文件第一条}, standing: V, verified: true}
""", encoding="utf-8")
    policy = load_policy(own)
    signed = pd.to_datetime(["2024-05-31", "2024-06-01"])
    land = pd.concat([parcels(), parcels(parcel_id=["P2"])], ignore_index=True).assign(
        signed_date=signed, building_footprint_m2=4500.0, structure_and_yard_area_m2=0.0)
    rows = judge_control(land, None, None, policy, AS_OF).table
    rows = rows[rows["indicator"] == "building_coefficient"]
    assert rows["threshold"].tolist() == [0.4, 0.5]
    assert rows["verdict"].tolist() == ["met", "failed"]


def test_no_parcels_and_a_missing_column():
    found = judge_control(parcels().iloc[:0], None, None, REGION, AS_OF)
    assert found.table.columns.tolist() == CONTROL_COLUMNS
    assert len(found.table) == len(found.findings) == 0
    with pytest.raises(InputDataError, match="contract_id"):
        judge_control(parcels().drop(columns="contract_id"), None, None, REGION, AS_OF)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    lt.write_town(lt.make_town(parcels=200), folder, formats="plain")
    return lt.assess(lt.open_workspace(folder))


def test_one_row_per_parcel_and_indicator(result):
    assert len(result.control) == len(result.parcels) * len(INDICATORS)
    assert not result.control.duplicated(["parcel_id", "indicator"]).any()
    counts = result.summary["control"]
    assert {sum(row.values()) for row in counts.values()} == {len(result.parcels)}
    assert {"met", "failed", "not_due", "not_assessable", "not_applicable"} <= set(counts["far"])


def test_parcels_carry_the_figures_with_their_basis(result):
    rows = result.control.pivot(index="parcel_id", columns="indicator", values="value")
    own = result.parcels.set_index("parcel_id")
    for name in ("far", "building_coefficient"):
        pd.testing.assert_series_equal(own[name], rows[name].reindex(own.index), check_names=False)
        assert own[name].notna().equals(own[f"{name}_basis"].notna())


def test_what_could_not_be_tested_is_listed(result):
    named = [row for row in result.summary["not_assessed"]
             if "control.far_min" in row["missing"] and row["what_en"] == messages.say("summary.control", "en")]
    assert len(named) == 1
    missing = result.control.loc[result.control["missing"] == "control.far_min", "verdict"]
    assert f"{len(missing)}" in named[0]["why"]
