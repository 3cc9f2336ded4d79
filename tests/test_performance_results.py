"""Grades and low-efficiency land through the whole tool: assessment, summary, files, explanation."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import landtool as lt
from landtool.reports.results import read_results
from landtool.rules.grading import GRADES, grade_enterprises, grading_terms


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    lt.write_town(lt.make_town(seed=1, parcels=700, problems=False), folder, formats="plain")
    return lt.open_workspace(folder)


@pytest.fixture(scope="module")
def result(workspace):
    return lt.assess(workspace)


def test_every_enterprise_has_a_grade_or_a_reason(workspace, result):
    grades = result.grades
    assert set(workspace.layers.enterprises["enterprise_id"]) == set(grades["enterprise_id"])
    said = grades[["grade", "excluded_reason", "missing"]].notna().sum(axis=1)
    assert (said == 1).all()
    assert set(grades["grade"].dropna()) == set(GRADES)
    assert set(grades["excluded_reason"].dropna()) == {"public_utility", "newly_registered", "in_build_period"}


def test_class_shares_keep_to_the_cuts(result):
    shares = result.grades["grade"].value_counts(normalize=True)
    assert shares["A"] <= 0.26
    assert shares["A"] + shares["B"] <= 0.71
    assert 0.04 <= shares["D"] <= 0.06


def test_summary_counts_grades_and_who_would_move(result):
    found = result.summary["grades"]
    json.dumps(result.summary, allow_nan=False)
    assert sum(found["counts"].values()) == found["graded"]
    assert found["graded"] + sum(found["excluded"].values()) + found["missing"] == found["enterprises"]
    assert len(found["sensitivity"]) == 2 * len(found["weights"])
    assert found["benchmark_basis"] == "ratio_of_sums"
    assert max(row["changed"] for row in found["sensitivity"]) <= found["changes_class"]


def test_the_app_can_grade_again_from_the_result(workspace, result):
    """The table holds all that the pure function needs; the same numbers give the same grades."""
    terms = grading_terms(workspace.policy, workspace.as_of)
    figures = result.grades.assign(excluded_reason=result.grades["excluded_reason"].fillna(result.grades["missing"]))
    again = grade_enterprises(figures, terms.weights, terms.cuts, terms.normalisation,
                              result.summary["grades"]["benchmarks"], terms.cap)
    assert again["grade"].equals(result.grades["grade"])


def test_a_parcel_has_the_grade_of_its_largest_occupant(workspace, result):
    occupancy = workspace.layers.occupancy
    now = occupancy[occupancy["to_date"].isna() | (occupancy["to_date"] > "2025-12-31")]
    first = now.sort_values(["occupied_area_m2", "enterprise_id"], ascending=[False, True]).drop_duplicates("parcel_id")
    expected = first.set_index("parcel_id")["enterprise_id"].map(result.grades.set_index("enterprise_id")["grade"])
    found = result.parcels.set_index("parcel_id")["grade"]
    assert found.notna().sum() > 100
    pd.testing.assert_series_equal(found, expected.reindex(found.index), check_names=False, check_dtype=False)


def test_files_hold_the_grades(result, tmp_path):
    lt.write_results(result, tmp_path / "out")
    back = read_results(tmp_path / "out").grades
    pd.testing.assert_frame_equal(back, result.grades, check_dtype=False)


@pytest.mark.parametrize("kind", ["graded", "excluded_reason", "missing"])
def test_the_page_of_a_graded_parcel(workspace, result, kind):
    column = "grade" if kind == "graded" else kind
    row = result.grades[result.grades[column].notna() & result.grades["main_parcel_id"].notna()].iloc[0]
    parcels = result.parcels
    subject = parcels.loc[parcels["main_enterprise_id"] == row["enterprise_id"], "parcel_id"].iloc[0]
    page = lt.explain(workspace, result, subject)
    rule = next(rule for rule in page.rules if rule.rule == "grading")
    assert rule.verdict == {"graded": row["grade"], "excluded_reason": "not_graded", "missing": "not_assessable"}[kind]
    assert row["enterprise_id"] in page.as_text("zh")
    assert {item.key for item in rule.thresholds} >= {"grading.weights", "grading.class_cuts"}
    if kind == "graded":
        assert {item.name for item in rule.inputs} >= {"value_added_cny", "rd_cny"}
        assert all(item.source_row for item in rule.inputs)
