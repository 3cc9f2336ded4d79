"""Per-mu grading against the plain oracle, and what must hold whatever the figures say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.indicators.per_mu import INDICATORS
from landtool.rules.grading import GRADES, grade_enterprises, grading_sensitivity

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "grading.py"
_SPEC = importlib.util.spec_from_file_location("oracle_grading", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

CUTS = {"A": 0.25, "B": 0.70, "C": 0.95}
NAMES = list(INDICATORS)
VALUE = st.sampled_from([None, -3.0, 0.0, 0.5, 1.0, 2.0, 3.0, 8.0, 13.0])
ENTERPRISES = st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, VALUE)), min_size=1, max_size=24)
WEIGHTS = st.lists(st.integers(0, 4), min_size=4, max_size=4).filter(any).map(
    lambda parts: {name: part / sum(parts) for name, part in zip(NAMES, parts, strict=True)})
MARKS = st.fixed_dictionaries(dict.fromkeys(NAMES, st.sampled_from([0.0, 1.0, 4.0])))
CAP = st.sampled_from([1.0, 1.5])
FEW = settings(max_examples=30)


def frame(enterprises):
    return pd.DataFrame([{INDICATORS[name][0]: row[name] for name in NAMES} for row in enterprises],
                        dtype="float64")


def listed(grades):
    return [None if pd.isna(grade) else grade for grade in grades]


@FEW
@given(ENTERPRISES, WEIGHTS, MARKS, CAP)
def test_grades_are_the_oracles(enterprises, weights, marks, cap):
    figures = frame(enterprises)
    found = grade_enterprises(figures, weights, CUTS, "benchmark", marks, cap)
    assert listed(found["grade"]) == oracle.graded(enterprises, weights, CUTS, marks, cap)
    found = grade_enterprises(figures, weights, CUTS, "min_max")
    assert listed(found["grade"]) == oracle.graded_by_min_max(enterprises, weights, CUTS)


@FEW
@given(ENTERPRISES, WEIGHTS, MARKS, st.randoms())
def test_the_order_of_weights_and_rows_says_nothing(enterprises, weights, marks, shuffle):
    figures = frame(enterprises)
    order = list(weights.items())
    rows = list(range(len(figures)))
    shuffle.shuffle(order)
    shuffle.shuffle(rows)
    before = grade_enterprises(figures, weights, CUTS, benchmarks=marks)
    after = grade_enterprises(figures.iloc[rows], dict(order), CUTS, benchmarks=marks)
    assert after["grade"].sort_index().equals(before["grade"])
    assert after["rank"].sort_index().equals(before["rank"])


@FEW
@given(ENTERPRISES, WEIGHTS, MARKS, st.data())
def test_better_figures_never_make_a_worse_class(enterprises, weights, marks, data):
    at = data.draw(st.integers(0, len(enterprises) - 1))
    name = data.draw(st.sampled_from(NAMES))
    before = grade_enterprises(frame(enterprises), weights, CUTS, benchmarks=marks)["grade"].iloc[at]
    if pd.isna(before) or enterprises[at][name] is None:
        return
    better = [dict(row) for row in enterprises]
    better[at][name] += 5.0
    after = grade_enterprises(frame(better), weights, CUTS, benchmarks=marks)["grade"].iloc[at]
    assert GRADES.index(after) <= GRADES.index(before)


@FEW
@given(ENTERPRISES, WEIGHTS, MARKS)
def test_who_is_not_graded_changes_nobody(enterprises, weights, marks):
    figures = frame(enterprises)
    found = grade_enterprises(figures, weights, CUTS, benchmarks=marks)
    used = [INDICATORS[name][0] for name in NAMES if weights[name] > 0]
    known = figures[used].notna().all(axis=1)
    assert found["grade"].notna().equals(known)
    alone = grade_enterprises(figures[known], weights, CUTS, benchmarks=marks)
    assert alone["grade"].equals(found.loc[known, "grade"])
    left_out = figures.assign(excluded_reason=pd.Series("newly_registered", index=figures.index).where(known))
    assert grade_enterprises(left_out, weights, CUTS, benchmarks=marks)["grade"].isna().all()


@FEW
@given(ENTERPRISES, WEIGHTS, MARKS)
def test_sensitivity_counts_who_moves(enterprises, weights, marks):
    table, moves = grading_sensitivity(frame(enterprises), weights, CUTS, benchmarks=marks, change=0.1)
    assert (table["changed"] == table["better"] + table["worse"]).all()
    assert table["changed"].max() <= moves.fillna(False).sum() <= table["changed"].sum()
    still, _ = grading_sensitivity(frame(enterprises), weights, CUTS, benchmarks=marks, change=0.0)
    assert (still["changed"] == 0).all()
