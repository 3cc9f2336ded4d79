"""The target board, figure by figure, at and beside each threshold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from landtool.policy import Policy, load_policy
from landtool.rules.target_board import BOARD_COLUMNS, target_board

AS_OF = "2025-12-31"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("chongqing-2021")


def statistics(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"park_id": ["K"], "year": [2025]} | columns)


def row(board: pd.DataFrame, target: str, subject: str) -> pd.Series:
    found = board[(board["target"] == target) & (board["subject_id"] == subject)]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(
    ("target", "columns", "verdict"),
    [
        ("leading.output_share", {"leading_industry_output_cny": 60.0, "gross_output_cny": 100.0},
         "met"),
        ("leading.output_share", {"leading_industry_output_cny": 59.9, "gross_output_cny": 100.0},
         "not_met"),
        ("rd.intensity_share", {"rd_cny": 2.0, "above_scale_revenue_cny": 100.0}, "met"),
        ("rd.intensity_share", {"rd_cny": 1.9, "above_scale_revenue_cny": 100.0}, "not_met"),
        ("rd.body_share", {"enterprises_with_rd_body": 5, "enterprises": 10}, "met"),
        ("rd.body_share", {"enterprises_with_rd_body": 4, "enterprises": 10}, "not_met"),
        ("rd.activity_share", {"enterprises_with_rd_activity": 9, "enterprises": 10}, "met"),
        ("rd.activity_share", {"enterprises_with_rd_activity": 8, "enterprises": 10}, "not_met"),
        ("rd.activity_share", {"enterprises_with_rd_activity": None, "enterprises": 10},
         "not_assessable"),
        ("rd.activity_share", {"enterprises_with_rd_activity": 0, "enterprises": 0},
         "not_assessable"),
    ],
)
def test_shares_per_park_and_city(
    policy: Policy, target: str, columns: dict, verdict: str
) -> None:
    board = target_board(statistics(**columns), None, policy, AS_OF)
    for subject in ("K", "city"):
        found = row(board, target, subject)
        assert found["verdict"] == verdict
        assert bool(found["missing"]) is (verdict == "not_assessable") or pd.isna(found["missing"])
        assert found["clause"]


@pytest.mark.parametrize(
    ("last", "verdict"), [(100 * 1.06**5, "met"), (100 * 1.0599**5, "not_met")]
)
def test_growth_is_compound(policy: Policy, last: float, verdict: str) -> None:
    table = pd.DataFrame({"park_id": ["K", "K", "L"], "year": [2020, 2025, 2026],
                          "above_scale_revenue_cny": [100.0, last, 1.0]})
    found = row(target_board(table, None, policy, AS_OF), "growth.revenue_growth_share", "city")
    assert found["verdict"] == verdict
    assert (found["year_from"], found["year"]) == (2020, 2025)


def test_growth_starts_where_every_park_reports(policy: Policy) -> None:
    table = pd.DataFrame({"park_id": ["K", "K", "K", "L", "L"],
                          "year": [2020, 2023, 2025, 2023, 2025],
                          "above_scale_revenue_cny": [1.0, 100.0, 121.0, 100.0, 121.0]})
    found = row(target_board(table, None, policy, AS_OF), "growth.revenue_growth_share", "city")
    assert found["measured"] == pytest.approx(0.1)
    assert found["year_from"] == 2023
    parks = pd.DataFrame({"park_id": ["K", "L", "M"]})
    unsure = row(target_board(table, parks, policy, AS_OF), "growth.revenue_growth_share", "city")
    assert (unsure["verdict"], unsure["missing"]) == (
        "not_assessable", "above_scale_revenue_cny (2025)")


@pytest.mark.parametrize(
    ("city", "verdict"), [([100.0, 100.0], "met"), ([101.0, 101.0], "not_met"),
                          ([100.0, 99.0], "not_assessable"), ([None, None], "not_assessable")],
)
def test_share_of_the_city(policy: Policy, city: list, verdict: str) -> None:
    table = pd.DataFrame({"park_id": ["K", "L"], "year": 2025,
                          "above_scale_revenue_cny": [80.0, 6.0],
                          "city_above_scale_revenue_cny": city})
    assert row(target_board(table, None, policy, AS_OF), "growth.city_share", "city")[
        "verdict"] == verdict


@pytest.mark.parametrize(
    ("satisfied", "special", "verdict"),
    [(90.0, False, "met"), (89.0, False, "not_met"), (89.0, True, "exempt"), (None, True, "exempt"),
     (89.0, None, "not_assessable"), (95.0, None, "met"), (None, False, "not_assessable")],
)
def test_facilities_and_the_exemption(
    policy: Policy, satisfied: float | None, special: bool | None, verdict: str
) -> None:
    parks = pd.DataFrame({"park_id": ["K"], "has_special_safety": pd.array([special], "boolean")})
    table = statistics(facility_satisfaction_pct=np.array([satisfied], dtype=float))
    found = row(target_board(table, parks, policy, AS_OF), "facility.satisfaction_share", "K")
    assert found["verdict"] == verdict
    if verdict == "not_assessable":
        assert found["missing"] == (
            "facility_satisfaction_pct" if satisfied is None else "has_special_safety")


@pytest.mark.parametrize(
    ("industries", "verdict"),
    [("36", "not_met"), ("36、39", "met"), ("36;39;40", "met"),
     (["36", "39", "40", "27"], "not_met"), (None, "not_assessable"), ([], "not_assessable")],
)
def test_two_or_three_leading_industries(policy: Policy, industries: object, verdict: str) -> None:
    parks = pd.DataFrame({"park_id": ["K"], "leading_industries": pd.Series(
        [industries], dtype="str" if isinstance(industries, str) else "object")})
    found = row(target_board(None, parks, policy, AS_OF), "leading.count_min", "K")
    assert found["verdict"] == verdict
    assert (found["threshold"], found["threshold_max"]) == (2, 3)


@pytest.mark.parametrize(
    ("yes", "unknown", "verdict"),
    [(15, 0, "met"), (14, 0, "not_met"), (14, 1, "not_assessable"), (15, 3, "met"),
     (3, 2, "not_met")],
)
def test_counts_of_bases(policy: Policy, yes: int, unknown: int, verdict: str) -> None:
    flags = [True] * yes + [None] * unknown + [False] * 2
    parks = pd.DataFrame({"park_id": [f"K{i}" for i in range(len(flags))],
                          "is_national_demonstration_base": pd.array(flags, "boolean")})
    found = row(target_board(None, parks, policy, AS_OF), "bases.national_count", "city")
    assert found["verdict"] == verdict
    assert found["measured"] == yes


def test_without_any_layer_everything_is_named_as_missing(policy: Policy) -> None:
    board = target_board(None, None, policy, AS_OF)
    assert board.columns.tolist() == BOARD_COLUMNS
    assert (board["verdict"] == "not_assessable").all()
    assert board["missing"].notna().all()
    assert {"region"} == set(board["subject_kind"])


def test_region_groups_are_sums_of_their_parks_and_no_mean_of_ratios(policy: Policy) -> None:
    """Two parks of one group: 90 of 100 and 0 of 900 are 9 %, not the mean of 90 % and 0 %."""
    parks = pd.DataFrame({"park_id": ["K", "L", "M", "N"], "district_code": ["1", "2", "3", None]})
    table = pd.DataFrame({
        "park_id": ["K", "L", "M", "N"] * 2, "year": [2020] * 4 + [2025] * 4,
        "above_scale_revenue_cny": [100.0, 300.0, None, 50.0, 200.0, 329.0, 80.0, 60.0],
        "leading_industry_output_cny": [None] * 4 + [90.0, 0.0, 61.0, 7.0],
        "gross_output_cny": [None] * 4 + [100.0, 900.0, 100.0, None]})
    group = pd.Series({"1": "渝东北", "2": "渝东北", "3": "渝东南"})
    board = target_board(table, parks, policy, AS_OF, region_group=group)
    assert set(board.loc[board["subject_kind"] == "region_group", "subject_id"]) == {"渝东北", "渝东南"}
    share = row(board, "leading.output_share", "渝东北")
    assert (share["measured"], share["verdict"]) == (pytest.approx(0.09), "not_met")
    assert row(board, "leading.output_share", "渝东南")["verdict"] == "met"
    assert row(board, "leading.output_share", "city")["missing"] == "gross_output_cny"
    growth = row(board, "growth.revenue_growth_share", "渝东北")
    assert growth["measured"] == pytest.approx((529 / 400) ** 0.2 - 1)
    assert (growth["verdict"], growth["year_from"]) == ("not_met", 2020)
    young = row(board, "growth.revenue_growth_share", "渝东南")
    assert (young["verdict"], young["missing"]) == ("not_assessable", "above_scale_revenue_cny (< 2025)")


def test_what_is_asked_of_the_city_alone_or_of_each_park_has_no_row_of_a_group(policy: Policy) -> None:
    parks = pd.DataFrame({"park_id": ["K"], "district_code": ["1"]})
    board = target_board(statistics(), parks, policy, AS_OF, region_group=pd.Series({"1": "渝东北"}))
    grouped = set(board.loc[board["subject_kind"] == "region_group", "target"])
    assert grouped == {"growth.revenue_growth_share", "leading.output_share", "rd.intensity_share",
                       "rd.body_share", "rd.activity_share"}
