"""Grades under other weights, beside those of the policy: what a change of weights would do."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from landtool.assessment import Assessment
from landtool.errors import InputDataError
from landtool.rules.grading import grade_enterprises


def regrade(result: Assessment, points: Mapping[str, float]) -> pd.DataFrame:
    """Grade the enterprises of an assessment by other weights.

    Parameters
    ----------
    result : Assessment
        With ``grades``; cuts, normalisation, benchmarks and cap are those it was made with.
    points : mapping
        Indicator -> points; the weights are their shares in the sum.

    Returns
    -------
    DataFrame
        Those graded, best first: ``enterprise_id, name, industry_code, grade_before, grade, rank, score,
        land_m2, changed``.

    Raises
    ------
    InputDataError
        If the assessment has no grades, or no indicator has points.
    """
    terms = result.summary.get("grades")
    if result.grades is None or not terms:
        raise InputDataError("no grades", "grades.parquet", "assess the workspace again")
    total = sum(points.values())
    if total <= 0:
        raise InputDataError("no indicator has points", "weights", "give points to one indicator at least")
    weights = {name: value / total for name, value in points.items()}
    least = 1 if result.policy_numbers is None else _least(result.policy_numbers)
    tried = grade_enterprises(result.grades, weights, terms["cuts"], terms["normalisation"],
                              terms["benchmarks"], terms["cap"], enterprises_min=least)
    table = result.grades.assign(grade_before=result.grades["grade"], **{
        name: tried[name] for name in ("grade", "rank", "score")})
    table = table[table["rank"].notna()]
    changed = (table["grade"] != table["grade_before"]).astype("boolean")
    return table.assign(changed=changed.mask(table["grade_before"].isna())).sort_values(
        "rank", kind="stable")[["enterprise_id", "name", "industry_code", "grade_before", "grade",
                                "rank", "score", "land_m2", "changed"]]  # fmt: skip


def _least(numbers: pd.DataFrame) -> int:
    found = numbers.loc[numbers["key"] == "grading.enterprises_min", "value"].tolist()
    return int(float(found[0])) if found else 1
