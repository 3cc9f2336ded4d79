"""Scores and classes of the per-mu grading: pure, so that other weights can be tried on the spot.

A class is cut at cumulative shares of the enterprises graded, from the top. Enterprises with equal
scores share the mean of their places and so get one class; a place exactly on a cut belongs to the
better class. A share of the enterprises may thus come out above its cut only through ties.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from landtool.columns import numbers
from landtool.errors import InputDataError
from landtool.indicators.per_mu import INDICATORS

GRADES = ("A", "B", "C", "D")
NORMALISATIONS = ("benchmark", "min_max")
FULL_MARKS = 100.0
_ROUNDING = 1e-9
# Decimals to which scores are compared: what lies below is the rounding of sums.
_SCORE_DECIMALS = 9


def audit_weights(weights: Mapping[str, float]) -> None:
    """Raise unless the weights name known indicators, are not negative and sum to 1.

    Raises
    ------
    InputDataError
        Saying which weight is wrong, or what the sum is.

    Examples
    --------
    >>> audit_weights({"tax_per_mu": 0.5, "rd_intensity": 0.4})
    Traceback (most recent call last):
    ...
    landtool.errors.InputDataError: weights sum to 0.9, not 1: per-mu grading: change them so that they do
    """
    where, known = "per-mu grading", ", ".join(INDICATORS)
    strange = [name for name in weights if name not in INDICATORS]
    if strange or not weights:
        raise InputDataError(f"no indicator {strange[0]!r}" if strange else "no weights", where,
                             f"use some of: {known}")
    bad = [name for name, weight in weights.items() if not (math.isfinite(weight) and weight >= 0)]
    if bad:
        raise InputDataError(f"the weight of {bad[0]} is {weights[bad[0]]}", where,
                             "give a number from 0 to 1")
    if abs(sum(weights.values()) - 1.0) > _ROUNDING:
        raise InputDataError(f"weights sum to {sum(weights.values()):g}, not 1", where,
                             "change them so that they do")


def audit_cuts(cuts: Mapping[str, float]) -> None:
    """Raise unless the cuts are those of A, B and C, rising, from above 0 to 1.

    Raises
    ------
    InputDataError
        Saying what is wrong.
    """
    steps = [cuts.get(grade, math.nan) for grade in GRADES[:-1]]
    rising = all(low <= high for low, high in zip([0.0, *steps], [*steps, 1.0], strict=True))
    if set(cuts) != set(GRADES[:-1]) or not rising:
        raise InputDataError(f"class cuts {dict(cuts)}", "per-mu grading",
                             "give A, B and C as rising cumulative shares up to 1")


def grade_enterprises(
    figures: pd.DataFrame,
    weights: Mapping[str, float],
    cuts: Mapping[str, float],
    normalisation: str = "benchmark",
    benchmarks: Mapping[str, float] | None = None,
    cap: float = 1.0,
    *,
    enterprises_min: int = 1,
) -> pd.DataFrame:
    """Score enterprises by weighted indicators, rank them and cut classes A to D.

    An enterprise is graded if every indicator with a weight above 0 is known and
    ``excluded_reason`` is null; the others stay null and do not count in the shares.

    Parameters
    ----------
    figures : pandas.DataFrame
        The columns of :func:`landtool.indicators.per_mu.per_mu_figures`; reads ``excluded_reason``.
    weights : mapping
        Indicator -> weight; they must sum to 1.
    cuts : mapping
        ``A, B, C`` -> cumulative share from the top.
    normalisation : str
        ``benchmark``: value ÷ benchmark, from 0 to ``cap``; ``min_max``: place between the least and
        the greatest value of those graded (1 where all are equal).
    benchmarks : mapping, optional
        Indicator -> value; needed for ``benchmark``. Against a benchmark that is not above 0
        every value that is not negative gets the cap.
    cap : float
        Most that one indicator counts, as a multiple of its benchmark.
    enterprises_min : int
        With fewer enterprises graded there are scores and ranks, and no classes.

    Returns
    -------
    pandas.DataFrame
        On the index of the figures: ``score_<indicator>`` (0–100 × cap), ``score``, ``rank`` (Int64;
        equal scores share the best place) and ``grade``.

    Raises
    ------
    InputDataError
        If weights, cuts, normalisation or benchmarks are not usable.

    Examples
    --------
    >>> figures = pd.DataFrame({"tax_cny_m2": [90.0, 30.0, 60.0, 0.0, None]})
    >>> grade_enterprises(figures, {"tax_per_mu": 1.0}, {"A": 0.25, "B": 0.70, "C": 0.95},
    ...                   benchmarks={"tax_per_mu": 60.0})["grade"].tolist()
    ['B', 'C', 'B', 'D', nan]
    """
    audit_weights(weights)
    audit_cuts(cuts)
    used = [name for name, weight in weights.items() if weight > 0]
    parts = _sub_scores(figures, used, normalisation, benchmarks, cap)
    return _graded(parts, weights, cuts, enterprises_min)


def grading_sensitivity(
    figures: pd.DataFrame,
    weights: Mapping[str, float],
    cuts: Mapping[str, float],
    normalisation: str = "benchmark",
    benchmarks: Mapping[str, float] | None = None,
    cap: float = 1.0,
    *,
    change: float,
    enterprises_min: int = 1,
) -> tuple[pd.DataFrame, pd.Series]:
    """Count who changes class when one weight is changed, the others making room in proportion.

    Parameters
    ----------
    figures, weights, cuts, normalisation, benchmarks, cap, enterprises_min
        See :func:`grade_enterprises`.
    change : float
        Share by which each weight is taken down and up; a weight never passes 1.

    Returns
    -------
    table : pandas.DataFrame
        One row per indicator and direction: ``indicator, change, weight, graded, changed, better,
        worse`` (enterprises).
    changes_class : pandas.Series
        boolean: whether the enterprise changes class in any of the runs; null where not graded.

    Examples
    --------
    >>> figures = pd.DataFrame({"tax_cny_m2": [4.0, 3.0, 2.0, 1.0],
    ...                         "rd_intensity": [0.1, 0.2, 0.3, 0.4]})
    >>> table, _ = grading_sensitivity(
    ...     figures, {"tax_per_mu": 0.5, "rd_intensity": 0.5}, {"A": 0.25, "B": 0.70, "C": 0.95},
    ...     "min_max", change=0.1)
    >>> table[["indicator", "change", "changed"]].head(2).to_numpy().tolist()
    [['tax_per_mu', -0.1, 3], ['tax_per_mu', 0.1, 3]]
    """
    audit_weights(weights)
    audit_cuts(cuts)
    used = [name for name, weight in weights.items() if weight > 0]
    parts = _sub_scores(figures, used, normalisation, benchmarks, cap)
    places = _places(_scores(parts, weights), cuts, enterprises_min)
    rows, changes = [], np.zeros(len(figures), dtype=bool)
    for name in used:
        for share in (-change, change):
            tried = shifted_weights(weights, name, share)
            after = _places(_scores(parts, tried), cuts, enterprises_min)
            changes |= after != places
            rows.append({
                "indicator": name, "change": share, "weight": tried[name],
                "graded": int((places >= 0).sum()), "changed": int((after != places).sum()),
                "better": int((after < places).sum()), "worse": int((after > places).sum()),
            })  # fmt: skip
    return pd.DataFrame(rows), pd.Series(
        pd.arrays.BooleanArray(changes, places < 0), index=figures.index)


def shifted_weights(weights: Mapping[str, float], name: str, change: float) -> dict[str, float]:
    """Change one weight by a share of itself; the others make room in proportion.

    Examples
    --------
    >>> shifted = shifted_weights({"tax_per_mu": 0.5, "rd_intensity": 0.5}, "tax_per_mu", 0.1)
    >>> {indicator: round(weight, 2) for indicator, weight in shifted.items()}
    {'tax_per_mu': 0.55, 'rd_intensity': 0.45}
    """
    others = 1.0 - weights[name]
    if others <= _ROUNDING:
        return dict(weights)
    own = min(1.0, weights[name] * (1.0 + change))
    return {key: own if key == name else weight * (1.0 - own) / others
            for key, weight in weights.items()}  # fmt: skip


def _sub_scores(
    figures: pd.DataFrame, used: list[str], normalisation: str,
    benchmarks: Mapping[str, float] | None, cap: float,
) -> pd.DataFrame:  # fmt: skip
    if normalisation not in NORMALISATIONS:
        raise InputDataError(f"unknown normalisation {normalisation!r}", "per-mu grading",
                             f"choose one of: {', '.join(NORMALISATIONS)}")
    absent = [name for name in used if name not in (benchmarks or {})]
    if normalisation == "benchmark" and absent:
        raise InputDataError(f"no benchmark of {absent[0]}", "per-mu grading",
                             "give benchmarks of all indicators, or normalise by min_max")
    values = pd.DataFrame({name: numbers(figures, INDICATORS[name][0]) for name in used})
    counts = values.notna().all(axis=1)
    if "excluded_reason" in figures:
        counts &= figures["excluded_reason"].isna()
    values = values.where(counts)
    found = {}
    for name in used:
        value = values[name]
        if normalisation == "min_max":
            low, high = value.min(), value.max()
            part = (value - low) / (high - low) if high > low else value * 0.0 + 1.0
        else:
            mark = float((benchmarks or {})[name])
            ratio = value / mark if mark > 0 else value.mask(value >= 0, np.inf)
            part = ratio.clip(lower=0.0, upper=cap)
        found[f"score_{name}"] = part * FULL_MARKS
    return pd.DataFrame(found, index=figures.index)


def _graded(
    parts: pd.DataFrame, weights: Mapping[str, float], cuts: Mapping[str, float], least: int
) -> pd.DataFrame:
    score = _scores(parts, weights)
    grade = pd.array(GRADES, dtype="str").take(_places(score, cuts, least), allow_fill=True)
    return parts.assign(
        score=score, rank=score.rank(ascending=False, method="min").astype("Int64"),
        grade=pd.Series(grade, index=parts.index))  # fmt: skip


def _scores(parts: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series:
    score = pd.Series(0.0, index=parts.index)
    for column in parts.columns:
        score = score + parts[column] * weights[str(column).removeprefix("score_")]
    return score.round(_SCORE_DECIMALS)


def _places(score: pd.Series, cuts: Mapping[str, float], least: int) -> np.ndarray:
    """Classes as places 0 … 3 in :data:`GRADES`; -1 where there is none."""
    count = int(score.notna().sum())
    place = score.rank(ascending=False, method="average")
    limits = np.array([cuts[grade] * count + _ROUNDING for grade in GRADES[:-1]])
    letter = np.searchsorted(limits, place.to_numpy(), side="left")
    return np.where(score.notna().to_numpy() & (count >= least), letter, -1)
