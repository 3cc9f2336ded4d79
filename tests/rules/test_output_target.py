"""Output intensity at every level against the target of 65 亿元/km² by 2025."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.policy import Policy, load_policy
from landtool.rules.findings import FINDING_COLUMNS
from landtool.rules.output_target import find_below_target

AS_OF = "2025-12-31"
TARGET = 6500.0
PARKS = pd.DataFrame({"park_id": ["K", "L", "M"], "park_name": ["甲园", "乙园", None],
                      "district_code": ["01", "02", "02"], "area_m2": [10e3, 20e3, 30e3]})
DISTRICTS = pd.DataFrame({"district_code": ["01", "02"], "district_name": ["东区", "西区"],
                          "region_group": ["中心城区", "渝东北"]})


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("chongqing-2021")


def with_value(policy: Policy, key: str, value: object) -> Policy:
    """Build the same policy with another value of one parameter."""
    first, *rest = policy.layers
    changed = replace(policy.history(key)[0], value=value)
    return replace(policy, layers=(replace(first, values={**first.values, key: (changed,)}), *rest))


def town(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["parcel_id", "park_id", "area_m2", "gross_output_cny",
                                        "is_industrial", "in_production"])
    kinds = {"area_m2": "float64", "gross_output_cny": "float64", "is_industrial": "boolean",
             "in_production": "boolean"}
    return frame.astype(kinds)


TOWN = town([
    ("P1", "K", 1000.0, 9.0e6, True, True),
    ("P2", "K", 1000.0, 2.0e6, True, True),
    ("P3", "K", 500.0, 1.0e6, True, True),
    ("P4", "K", 2000.0, None, True, False),
    ("P5", "L", 1000.0, 6.5e6, True, True),
    ("P6", "L", 100.0, None, True, True),
    ("P7", "L", 4000.0, None, False, None),
    ("P8", None, 1000.0, 0.0, True, True),
])


def park(found: object, park_id: str) -> pd.Series:
    return found.parks.set_index("park_id").loc[park_id]


def test_parks_against_the_target(policy: Policy) -> None:
    before = TOWN.copy()
    found = find_below_target(TOWN, PARKS, DISTRICTS, policy, AS_OF, year=2025)
    below = park(found, "K")
    assert below["output_intensity_cny_m2"] == 12e6 / 2500
    assert below["output_gap_cny"] == TARGET * 2500 - 12e6
    assert below["output_gap_m2"] == 2500 - 12e6 / TARGET
    assert below["output_verdict"] == "below"
    # P2 lacks 4.5 M and closes the park's 4.25 M alone; P3 lacks 2.25 M and is not needed.
    assert below["gap_parcels"] == "P2"
    assert not found.parcels.set_index("parcel_id").loc["P3", "closes_gap"]
    met = park(found, "L")
    assert (met["output_verdict"], met["output_gap_cny"], met["output_gap_m2"]) == ("met", 0.0, 0.0)
    assert met["coverage_pct"] == pytest.approx(100 * 1000 / 1100)
    bare = park(found, "M")
    assert (bare["output_verdict"], bare["output_missing"]) == ("not_assessable", "parcels")
    assert np.isnan(bare["output_intensity_cny_m2"])
    assert bare["park_name"] == "M"
    pd.testing.assert_frame_equal(TOWN, before)


def test_every_frame_names_its_terms(policy: Policy) -> None:
    shares = pd.DataFrame({"enterprise_id": ["E", "E", "F"], "parcel_id": ["P1", "P2", "P3"],
                           "occupied_m2": [100.0, 300.0, 50.0], "share": [0.25, 0.75, 1.0],
                           "gross_output_cny": [1e6, 3e6, None]})
    found = find_below_target(TOWN, PARKS, DISTRICTS, policy, AS_OF, year=2025, shares=shares)
    for frame in (found.parcels, found.parks, found.districts, found.region_groups, found.city,
                  found.enterprises):
        assert set(frame["output_numerator"]) == {"gross_output"}
        assert frame["output_denominator"].isin(["built_in_production", "occupied"]).all()
        assert (frame["output_year"] == 2025).all()
        assert (frame["target_cny_m2"] == TARGET).all()
        assert {"area_used", "coverage_pct", "output_gap_cny", "output_gap_m2",
                "output_missing"} <= set(frame.columns)
    firms = found.enterprises.set_index("enterprise_id")
    assert firms.loc["E", "output_intensity_cny_m2"] == 1e4
    assert firms.loc["F", "output_verdict"] == "not_assessable"
    assert firms.loc["F", "output_missing"] == "gross_output_cny"


def test_roll_ups_are_ratios_of_sums(policy: Policy) -> None:
    found = find_below_target(TOWN, PARKS, DISTRICTS, policy, AS_OF, year=2025)
    by_group = found.region_groups.set_index("region_group")["output_intensity_cny_m2"]
    assert by_group.to_dict() == {"中心城区": 12e6 / 2500, "渝东北": 6500.0}
    assert found.districts["district_name"].tolist() == ["东区", "西区"]
    city = found.city.iloc[0]
    # P8 belongs to no park and to no district, but to the city.
    assert city["output_intensity_cny_m2"] == pytest.approx((12e6 + 6.5e6) / 4500)
    assert 0 < city["gini"] < 1
    assert found.lorenz["land_share"].iloc[-1] == 1.0


@pytest.mark.parametrize(
    ("denominator", "made", "land", "coverage"),
    [("built_in_production", 12e6, 2500, 100), ("supplied", 12e6, 4500, 100),
     ("all_in_boundary", 12e6, 10e3, 100), ("park", 12e6, 10e3, 100)],
)
def test_denominators(
    policy: Policy, denominator: str, made: float, land: float, coverage: float
) -> None:
    other = with_value(policy, "output.denominator", denominator)
    rows = TOWN.assign(is_supplied=pd.array([True] * len(TOWN), "boolean"))
    found = park(find_below_target(rows, PARKS, DISTRICTS, other, AS_OF, year=2025), "K")
    assert found["output_intensity_cny_m2"] == pytest.approx(made / land)
    assert found["coverage_pct"] == coverage


def test_in_the_whole_boundary_unknown_output_is_taken_out(policy: Policy) -> None:
    other = with_value(policy, "output.denominator", "all_in_boundary")
    found = find_below_target(TOWN, PARKS, DISTRICTS, other, AS_OF, year=2025)
    met = park(found, "L")
    assert met["coverage_pct"] == pytest.approx(100 * (20e3 - 100) / 20e3)
    assert met["output_intensity_cny_m2"] == pytest.approx(6.5e6 / (20e3 - 100))
    assert found.city["denominator_area_m2"].tolist() == [60e3]
    no_area = PARKS.assign(area_m2=[10e3, np.nan, 30e3])
    unsure = find_below_target(TOWN, no_area, DISTRICTS, other, AS_OF, year=2025)
    assert unsure.city["output_verdict"].tolist() == ["not_assessable"]
    assert "boundary_area_m2" in unsure.city["output_missing"].iloc[0]


@pytest.mark.parametrize(("unknown_m2", "verdict"), [(250.0, "met"), (251.0, "not_assessable")])
def test_the_least_coverage(policy: Policy, unknown_m2: float, verdict: str) -> None:
    rows = town([("P1", "K", 1000.0, 9e6, True, True), ("P2", "K", unknown_m2, None, True, True)])
    found = park(find_below_target(rows, PARKS, None, policy, AS_OF, year=2025), "K")
    assert found["output_verdict"] == verdict
    if verdict == "not_assessable":
        assert found["output_missing"] == "gross_output_cny"
        assert np.isnan(found["output_gap_cny"])


def test_unknown_membership_lowers_the_coverage(policy: Policy) -> None:
    rows = town([("P1", "K", 1000.0, 9e6, True, True), ("P2", "K", 900.0, 5e6, True, None)])
    found = park(find_below_target(rows, PARKS, None, policy, AS_OF, year=2025), "K")
    assert found["output_verdict"] == "not_assessable"
    assert found["output_missing"] == "is_industrial, in_production"


def test_null_in_null_out_at_every_level(policy: Policy) -> None:
    rows = TOWN.assign(gross_output_cny=np.nan)
    for year, frame in ((2025, rows), (None, TOWN)):
        found = find_below_target(frame, PARKS, DISTRICTS, policy, AS_OF, year=year)
        for level in (found.parks, found.districts, found.region_groups, found.city):
            assert level["output_intensity_cny_m2"].isna().all()
            assert level["output_gap_cny"].isna().all()
            assert (level["output_verdict"] == "not_assessable").all()
        assert found.parcels["output_intensity_cny_m2"].isna().all()
        assert found.findings.empty


@pytest.mark.parametrize(
    ("as_of", "severity"),
    [("2025-12-31", "warning"), ("2025-01-01", "warning"), ("2024-12-31", "info"),
     ("2020-06-30", "info"), ("2030-01-01", "warning")],
)
def test_before_2025_the_target_lies_ahead(policy: Policy, as_of: str, severity: str) -> None:
    found = find_below_target(TOWN, PARKS, DISTRICTS, policy, as_of, year=2019)
    assert set(found.findings["severity"]) == {severity}


def test_findings_are_complete_and_stable(policy: Policy) -> None:
    found = find_below_target(TOWN, PARKS, DISTRICTS, policy, AS_OF, year=2025).findings
    assert found.columns.tolist() == FINDING_COLUMNS
    rows = set(zip(found["rule_id"], found["subject_kind"], found["subject_id"], strict=True))
    assert rows == {("output.park_below_target", "park", "K"),
                    ("output.district_below_target", "district", "01"),
                    ("output.region_below_target", "region", "中心城区"),
                    ("output.city_below_target", "region", "city")}
    first = found.iloc[0]
    assert "甲园" in first["message_zh"]
    assert "48.00 亿元/平方公里" in first["message_zh"]
    assert "gross industrial output" in first["message_en"]
    assert first["clause"]
    assert (first["measured"], first["threshold"]) == (4800.0, TARGET)
    again = find_below_target(TOWN[::-1], PARKS[::-1], DISTRICTS, policy, AS_OF, year=2025).findings
    assert set(again["finding_id"]) == set(found["finding_id"])


def test_two_investment_figures_that_differ_are_a_finding(policy: Policy) -> None:
    rows = TOWN.assign(fixed_investment_cny=[5e6] + [np.nan] * 7,
                       invested_cny=[4e6, 3e6] + [np.nan] * 6)
    found = find_below_target(rows, None, None, policy, AS_OF, year=2025)
    hits = found.findings[found.findings["rule_id"] == "output.investment_differs"]
    assert hits["subject_id"].tolist() == ["P1"]
    assert found.parcels["investment_intensity_cny_m2"].tolist()[:2] == [5000.0, 3000.0]
    assert found.parcels["investment_basis"].tolist()[:2] == ["operations", "contract"]


def test_no_parcels_and_no_layers(policy: Policy) -> None:
    found = find_below_target(TOWN.iloc[:0], PARKS, DISTRICTS, policy, AS_OF, year=2025)
    assert len(found.parks) == 3
    assert (found.parks["output_verdict"] == "not_assessable").all()
    assert len(found.city) == 1
    bare = find_below_target(TOWN[["parcel_id"]], None, None, policy, AS_OF, year=2025)
    assert bare.parks.empty
    assert bare.city["output_verdict"].tolist() == ["not_assessable"]


CELL = st.tuples(st.sampled_from(["K", "L", None]), st.sampled_from([100.0, 250.0, 1000.0, None]),
                 st.one_of(st.none(), st.floats(0, 1e8)), st.sampled_from([True, False, pd.NA]),
                 st.sampled_from([True, False, pd.NA]))


@given(st.lists(CELL, min_size=1, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_order_and_splitting_change_nothing(cells: list, chance: object) -> None:
    policy = load_policy("chongqing-2021")
    rows = town([(f"P{i:02}", *cell) for i, cell in enumerate(cells)])
    order = list(range(len(rows)))
    chance.shuffle(order)
    halves = pd.concat([rows.assign(parcel_id=rows["parcel_id"] + end, area_m2=rows["area_m2"] / 2,
                                    gross_output_cny=rows["gross_output_cny"] / 2)
                        for end in "ab"], ignore_index=True)
    whole = find_below_target(rows, PARKS, DISTRICTS, policy, AS_OF, year=2025)
    for frame, same in ((rows.iloc[order], []), (halves, ["gap_parcels", "parcels",
                                                          "parcels_covered"])):
        other = find_below_target(frame, PARKS, DISTRICTS, policy, AS_OF, year=2025)
        pd.testing.assert_frame_equal(whole.parks.drop(columns=same),
                                      other.parks.drop(columns=same), rtol=1e-9, atol=1e-6)
        pd.testing.assert_frame_equal(whole.city.drop(columns=["parcels", "parcels_covered"]),
                                      other.city.drop(columns=["parcels", "parcels_covered"]),
                                      rtol=1e-9, atol=1e-6)


def test_a_policy_without_a_target_still_measures():
    found = find_below_target(TOWN, PARKS, DISTRICTS, load_policy("national"), AS_OF, year=2025)
    with_target = find_below_target(TOWN, PARKS, DISTRICTS, load_policy("chongqing-2021"), AS_OF, year=2025)
    assert park(found, "K")["output_intensity_cny_m2"] == park(with_target, "K")["output_intensity_cny_m2"]
    assert found.parks["output_verdict"].eq("not_assessable").all()
    assert found.parks["output_missing"].str.contains("output.target_cny_m2", regex=False).all()
    assert found.parks[["target_cny_m2", "output_gap_cny", "output_gap_m2"]].isna().all(axis=None)
    assert found.parcels["closes_gap"].eq(False).all()
    assert not found.findings["rule_id"].str.contains("below_target").any()
