"""Per-mu performance grading A to D (亩均效益评价, 渝府办发〔2023〕72号): who is graded, and how.

Figures are those of the latest complete year, land is what an enterprise occupies on its last day,
tenants included. R&D intensity is R&D spending over main-business revenue. An unknown figure is
named and the enterprise is not graded; zero is a figure. Scores stand in ``grading_scores``, facts
in ``grading_facts``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool.columns import day, numbered, positions, true_names
from landtool.errors import PolicyError
from landtool.indicators.per_mu import INDICATORS, benchmark_values, lacking, per_mu_figures
from landtool.policy import Policy
from landtool.rules.findings import make_findings
from landtool.rules.grading_facts import enterprise_facts, exclusions
from landtool.rules.grading_scores import (
    GRADES,
    audit_weights,
    grade_enterprises,
    grading_sensitivity,
)

__all__ = [
    "EXCLUSIONS", "GRADES", "GRADE_COLUMNS", "GradingResult", "GradingTerms", "audit_weights",
    "grade_enterprises", "grading_sensitivity", "grading_terms", "judge_grades", "parcel_grades",
]  # fmt: skip

EXCLUSIONS = ("public_utility", "newly_registered", "in_build_period")
GRADE_COLUMNS = [
    "enterprise_id", "name", "industry_code", "industry_division", "year", "land_m2", "parcels",
    "main_parcel_id", "registered_date", "value_added_cny", "tax_cny", "energy_tce", "rd_cny",
    "revenue_cny", *(column for column, _, _ in INDICATORS.values()),
    *(f"score_{name}" for name in INDICATORS), "score", "rank", "grade", "score_min_max",
    "grade_min_max", "changes_class", "excluded_reason", "missing",
]  # fmt: skip
_CLAUSE = "grading.indicators"


@dataclass(frozen=True)
class GradingTerms:
    """How the policy grades: what :func:`grade_enterprises` takes, and who is left out.

    Attributes
    ----------
    weights, cuts : dict
        Indicator -> weight; ``A, B, C`` -> cumulative share.
    benchmarks : dict or None
        Values of the policy; None: derived by ``benchmark_basis``.
    excluded : tuple of str
        Of :data:`EXCLUSIONS`.
    """

    weights: dict[str, float]
    cuts: dict[str, float]
    normalisation: str
    benchmarks: dict[str, float] | None
    benchmark_basis: str
    cap: float
    change: float
    enterprises_min: int
    excluded: tuple[str, ...]
    registered_years_min: int | None
    clause: str


@dataclass(frozen=True)
class GradingResult:
    """Enterprises with their grades.

    Attributes
    ----------
    table : pandas.DataFrame
        :data:`GRADE_COLUMNS`, one row per enterprise. ``grade`` and ``score`` are null where
        ``excluded_reason`` or ``missing`` (fields, joined by commas) says why.
    sensitivity : pandas.DataFrame
        See :func:`grading_sensitivity`.
    benchmarks : dict
        Indicator -> the value held against.
    terms : GradingTerms
        What the policy says.
    untested : tuple of str
        Reasons for leaving out that the registers do not tell; nobody was left out for them.
    occupied : pandas.DataFrame
        ``enterprise_id, parcel_id, occupied_m2``: who stands where at the end of the year.
    findings : pandas.DataFrame
        Enterprises of class D.
    """

    table: pd.DataFrame
    sensitivity: pd.DataFrame
    benchmarks: dict[str, float]
    terms: GradingTerms
    untested: tuple[str, ...]
    occupied: pd.DataFrame
    findings: pd.DataFrame


def grading_terms(policy: Policy, as_of: dt.date | pd.Timestamp | str) -> GradingTerms | None:
    """Read how the policy grades on a day; None where it names no indicators.

    Raises
    ------
    PolicyError
        If indicators and weights do not name the same, or benchmarks lack one of them.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> grading_terms(load_policy("chongqing-2021"), "2025-12-31").weights["rd_intensity"]
    0.15
    >>> grading_terms(load_policy("national"), "2025-12-31") is None
    True
    """
    terms = policy.at(day(as_of))
    named = terms.get("grading.indicators")
    if named is None:
        return None
    weights = dict(terms["grading.weights"].value)
    marks, excluded = terms.get("grading.benchmarks"), terms.get("grading.excluded")
    years = terms.get("grading.registered_years_min")
    where = f"policy {policy.name}"
    if set(weights) != set(named.value):
        raise PolicyError("grading.indicators and grading.weights name different indicators", where,
                          "give a weight to each indicator, and to no other")
    if marks is not None and not set(weights) <= set(marks.value):
        raise PolicyError("grading.benchmarks lack an indicator", where, "give one for each")
    return GradingTerms(
        weights, dict(terms["grading.class_cuts"].value),
        str(terms["grading.normalisation"].value),
        None if marks is None else dict(marks.value), str(terms["grading.benchmark_basis"].value),
        float(terms["grading.score_cap"].value), float(terms["grading.sensitivity_share"].value),
        int(terms["grading.enterprises_min"].value),
        () if excluded is None else tuple(excluded.value),
        None if years is None else int(years.value), named.clause,
    )  # fmt: skip


def judge_grades(
    enterprises: pd.DataFrame | None,
    operations: pd.DataFrame | None,
    occupancy: pd.DataFrame | None,
    parcels: pd.DataFrame,
    policy: Policy,
    as_of: dt.date | pd.Timestamp | str,
    *,
    year: int | None,
) -> GradingResult | None:
    """Grade every enterprise by the policy's indicators.

    Left out, in this order: public utilities; those registered for fewer full years at the year's end
    than the policy asks (an unknown registration is made good by figures of so early a year); those
    all of whose land is not in production and still before its agreed production (else completion).

    Parameters
    ----------
    enterprises : pandas.DataFrame or None
        ``enterprise_id``; reads ``name, industry_code, registered_date, is_public_utility``.
    operations, occupancy : pandas.DataFrame or None
        See :func:`landtool.year_figures.enterprise_operations` and
        :func:`landtool.occupied.occupied_land`.
    parcels : pandas.DataFrame
        ``parcel_id, area_m2``; reads ``in_production, actual_production_date,
        agreed_production_date, agreed_completion_date``.
    policy : Policy
        Uses ``grading.*``.
    as_of : date
        The day whose policy counts.
    year : int or None
        The year of the figures.

    Returns
    -------
    GradingResult or None
        None without a year of figures, or where the policy names no indicators.

    Raises
    ------
    InputDataError
        If a key column is missing or an enterprise stands twice.
    PolicyError
        See :func:`grading_terms`.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> firms = pd.DataFrame({"enterprise_id": list("abcd"),
    ...                       "registered_date": pd.to_datetime(["2010-01-01"] * 3 + ["2025-01-01"])})
    >>> figures = pd.DataFrame({
    ...     "enterprise_id": list("abcd"), "year": 2025, "value_added_cny": [9.0, 6.0, None, 5.0],
    ...     "tax_cny": 1.0, "energy_tce": 1.0, "rd_cny": 0.0, "revenue_cny": 5.0})
    >>> land = pd.DataFrame({"enterprise_id": list("abcd"), "parcel_id": "P", "occupied_area_m2": 1.0})
    >>> found = judge_grades(firms, figures, land, pd.DataFrame({"parcel_id": ["P"], "area_m2": [4.0]}),
    ...                      load_policy("chongqing-2021"), "2025-12-31", year=2025)
    >>> found.table[["rank", "excluded_reason", "missing"]].to_numpy().tolist()
    [[1, nan, nan], [2, nan, nan], [<NA>, nan, 'value_added_cny'], [<NA>, 'newly_registered', nan]]
    """
    terms = grading_terms(policy, as_of)
    if terms is None or year is None or operations is None:
        return None
    facts, occupied = enterprise_facts(enterprises, operations, occupancy, parcels, year)
    reason, open_facts, untested = exclusions(facts, terms.excluded, terms.registered_years_min, year)
    figures = per_mu_figures(facts)
    flags = lacking(facts, [name for name, weight in terms.weights.items() if weight > 0])
    missing = true_names(pd.concat([flags, open_facts], axis=1)).mask(reason.notna())
    figures["excluded_reason"] = reason.fillna(missing)
    counted = facts[figures["excluded_reason"].isna()]
    marks = terms.benchmarks or benchmark_values(counted, list(terms.weights), terms.benchmark_basis)
    given, least = (figures, terms.weights, terms.cuts), terms.enterprises_min
    scored = grade_enterprises(*given, terms.normalisation, marks, terms.cap, enterprises_min=least)
    other = grade_enterprises(*given, "min_max", enterprises_min=least)
    sensitivity, changes = grading_sensitivity(
        *given, terms.normalisation, marks, terms.cap, change=terms.change, enterprises_min=least)
    table = facts.assign(
        **figures.drop(columns="excluded_reason"), **scored, score_min_max=other["score"],
        grade_min_max=other["grade"], changes_class=changes, excluded_reason=reason,
        missing=missing, year=pd.array([year] * len(facts), dtype="Int64"),
    ).reindex(columns=GRADE_COLUMNS)  # fmt: skip
    return GradingResult(table, sensitivity, marks, terms, untested, occupied,
                         _findings(table, terms))


def parcel_grades(result: GradingResult, parcels: pd.DataFrame) -> pd.DataFrame:
    """Give each parcel the grade of the enterprise that occupies most of it.

    Equal areas: the lowest ``enterprise_id``; an unknown area comes last. Where that enterprise is
    not graded the parcel has no grade, whoever else stands on it.

    Returns
    -------
    pandas.DataFrame
        ``grade`` and ``main_enterprise_id`` on the index of the parcels.
    """
    pairs = result.occupied
    (lot, own), _ = numbered(pairs["parcel_id"], parcels["parcel_id"])
    first = np.full(max(lot.max(initial=-1), own.max(initial=-1)) + 2, -1)  # the last is for null
    order = _largest_first(lot, pairs)
    leads = order[np.diff(lot[order], prepend=-1) > 0]
    first[lot[leads]] = leads
    firm = pd.Series(pairs["enterprise_id"].array.take(first[own], allow_fill=True), index=parcels.index)
    row = positions(firm, result.table["enterprise_id"])
    grade = pd.Series(result.table["grade"].array.take(row, allow_fill=True), index=parcels.index)
    return pd.DataFrame({"grade": grade.astype("str"), "main_enterprise_id": firm.astype("str")})


def _largest_first(lot: np.ndarray, pairs: pd.DataFrame) -> np.ndarray:
    """Positions of the pairs parcel by parcel, the largest area first; of equal ones the lowest id."""
    size = -pairs["occupied_m2"].to_numpy(dtype="float64", na_value=-np.inf)
    tied = pd.DataFrame({"lot": lot, "size": size}).duplicated(keep=False).to_numpy()
    rank = np.zeros(len(lot), dtype="int64")
    rank[tied] = pd.factorize(pairs["enterprise_id"][tied], sort=True)[0]
    return np.lexsort((rank, size, lot))


def _findings(table: pd.DataFrame, terms: GradingTerms) -> pd.DataFrame:
    hits = table[table["grade"] == GRADES[-1]].assign(
        graded=table["grade"].notna().sum(), cut=terms.cuts[GRADES[-2]])
    hits["place_share"] = hits["rank"].astype("float64") / hits["graded"]
    return make_findings(
        hits, rule_id="grading.lowest_class", subject_kind="enterprise", subject_id="enterprise_id",
        severity="info", clause=terms.clause, message="grading.lowest_class", measured="place_share",
        threshold="cut", unit="share",
        evidence=["year", "land_m2", *_columns(terms.weights), "score", "rank", "graded"],
    )  # fmt: skip


def _columns(weights: Mapping[str, float]) -> list[str]:
    return [INDICATORS[name][0] for name in weights]
