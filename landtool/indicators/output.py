"""Output over land: intensities, ratios of sums with their coverage, the Lorenz curve.

A ratio over many parcels is a ratio of sums, never a mean of ratios. Only parcels whose output is
known enter both sums; the share of the denominator's land that this covers stands beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from landtool.columns import booleans, day, numbers, require_columns
from landtool.errors import InputDataError

NUMERATORS = {
    "gross_output": "gross_output_cny", "revenue": "revenue_cny", "value_added": "value_added_cny",
}  # fmt: skip
DENOMINATORS = ("built_in_production", "supplied", "all_in_boundary")
RATIO_COLUMNS = (
    "output_cny", "area_m2", "covered_area_m2", "coverage_pct", "intensity", "parcels",
    "parcels_covered",
)  # fmt: skip


def output_of(figures: pd.DataFrame) -> pd.Series:
    """What was produced (CNY): gross output, else revenue; null where neither is known.

    Examples
    --------
    >>> output_of(pd.DataFrame({"gross_output_cny": [5.0, None], "revenue_cny": [4.0, 3.0]})).tolist()
    [5.0, 3.0]
    """
    return numbers(figures, "gross_output_cny").fillna(numbers(figures, "revenue_cny"))


def latest_year(
    operations: pd.DataFrame,
    as_of: dt.date | pd.Timestamp | str,
    columns: Sequence[str] = tuple(NUMERATORS.values()),
) -> int | None:
    """Find the latest complete year up to ``as_of`` that has any figure in ``columns``.

    A year is complete at the end of its 31 December. None: there is none.

    Raises
    ------
    InputDataError
        If there is no ``year`` column or ``as_of`` is no date.

    Examples
    --------
    >>> rows = pd.DataFrame({"year": [2024, 2025, 2026], "revenue_cny": [1.0, 2.0, 3.0]})
    >>> latest_year(rows, "2025-12-31"), latest_year(rows, "2025-12-30")
    (2025, 2024)
    """
    require_columns(operations, ["year"], "operations")
    at = day(as_of)
    last = at.year if (at.month, at.day) == (12, 31) else at.year - 1
    there = [name for name in columns if name in operations.columns]
    years = operations["year"][operations[there].notna().any(axis=1)]
    years = years[years <= last]
    return None if years.empty else int(years.max())


def output_intensity(output_cny: pd.Series, area_m2: pd.Series) -> pd.Series:
    """Measure a parcel's output over its area, in CNY/m²; null where either is not known."""
    return _over(output_cny, area_m2).rename("output_intensity_cny_m2")


def tax_intensity(tax_cny: pd.Series, area_m2: pd.Series) -> pd.Series:
    """Measure a parcel's tax over its area, in CNY/m²; null where either is not known."""
    return _over(tax_cny, area_m2).rename("tax_intensity_cny_m2")


def investment_intensity(investment_cny: pd.Series, area_m2: pd.Series) -> pd.Series:
    """Measure fixed investment over area, in CNY/m²; null where either is not known."""
    return _over(investment_cny, area_m2).rename("investment_intensity_cny_m2")


def fixed_investment(parcels: pd.DataFrame, tolerance_cny: float = 0.005) -> pd.DataFrame:
    """Choose the fixed investment: from operations, else from the contract.

    Parameters
    ----------
    parcels : pandas.DataFrame
        Reads ``fixed_investment_cny`` (operations, cumulative) and ``invested_cny`` (contract).
    tolerance_cny : float
        Figures further apart than this differ; half a fen, so that only rounding is forgiven.

    Returns
    -------
    pandas.DataFrame
        ``investment_cny`` (null: neither is known), ``investment_basis`` (``operations``,
        ``contract`` or null) and ``investment_differs`` (null unless both are known).

    Examples
    --------
    >>> parcels = pd.DataFrame({"fixed_investment_cny": [5.0, None], "invested_cny": [4.0, 3.0]})
    >>> fixed_investment(parcels).to_numpy().tolist()
    [[5.0, 'operations', True], [3.0, 'contract', <NA>]]
    """
    own, agreed = numbers(parcels, "fixed_investment_cny"), numbers(parcels, "invested_cny")
    both = own.notna() & agreed.notna()
    basis = np.select([own.notna(), agreed.notna()], ["operations", "contract"], "")
    differs = ((own - agreed).abs() > tolerance_cny).astype("boolean").mask(~both, pd.NA)
    return pd.DataFrame({
        "investment_cny": own.fillna(agreed),
        "investment_basis": pd.Series(basis, index=parcels.index, dtype="str").replace("", pd.NA),
        "investment_differs": differs,
    })  # fmt: skip


def in_denominator(parcels: pd.DataFrame, denominator: str) -> pd.Series:
    """Tell whether a parcel's land belongs to the denominator of the output ratio.

    ``built_in_production``: industrial and in production; ``supplied``: industrial and supplied;
    ``all_in_boundary``: every parcel (the land between parcels is added with the park's boundary).

    Returns
    -------
    pandas.Series
        Three-valued: null where ``is_industrial`` or the second condition leaves it open.

    Raises
    ------
    InputDataError
        If the denominator is none of :data:`DENOMINATORS`.

    Examples
    --------
    >>> parcels = pd.DataFrame({"is_industrial": [True, True, None, False],
    ...                         "in_production": [True, None, True, None]})
    >>> in_denominator(parcels, "built_in_production").tolist()
    [True, <NA>, <NA>, False]
    """
    if denominator not in DENOMINATORS:
        raise InputDataError(f"unknown denominator {denominator!r}", "output ratio",
                             f"choose one of: {', '.join(DENOMINATORS)}")
    if denominator == "all_in_boundary":
        return pd.Series(True, index=parcels.index, dtype="boolean", name="in_denominator")
    second = "in_production" if denominator == "built_in_production" else "is_supplied"
    both = booleans(parcels, "is_industrial") & booleans(parcels, second)
    return both.rename("in_denominator")


def counted_output(parcels: pd.DataFrame, numerator: str, denominator: str) -> pd.Series:
    """Give the output that enters the ratio: as reported; zero on land known not to produce.

    Land that is known not to be in production has no output where the denominator takes it in
    (``supplied``, ``all_in_boundary``); in the whole boundary, land known not to be industrial
    counts as zero too. Everything else that is unknown stays unknown.

    Raises
    ------
    InputDataError
        If the numerator is none of :data:`NUMERATORS`.

    Examples
    --------
    >>> parcels = pd.DataFrame({"gross_output_cny": [5.0, None, None],
    ...                         "in_production": [True, False, None]})
    >>> counted_output(parcels, "gross_output", "supplied").tolist()
    [5.0, 0.0, nan]
    """
    if numerator not in NUMERATORS:
        raise InputDataError(f"unknown numerator {numerator!r}", "output ratio",
                             f"choose one of: {', '.join(NUMERATORS)}")
    return zero_filled(numbers(parcels, NUMERATORS[numerator]), parcels, denominator)


def zero_filled(figure: pd.Series, parcels: pd.DataFrame, denominator: str) -> pd.Series:
    """Fill a figure with zero where land is known not to bring any (see :func:`counted_output`)."""
    idle = ~booleans(parcels, "in_production")
    if denominator == "all_in_boundary":
        idle = idle | ~booleans(parcels, "is_industrial")
    if denominator == "built_in_production":
        return figure
    return figure.mask(figure.isna() & idle.fillna(False).astype("bool"), 0.0)


def ratio_of_sums(
    parcels: pd.DataFrame,
    by: str | pd.Series | None,
    numerator: pd.Series,
    area: pd.Series,
    in_denominator: pd.Series,
    boundary_m2: pd.Series | None = None,
) -> pd.DataFrame:
    """Sum output and land per group, over the parcels whose output is known, and divide.

    Parameters
    ----------
    parcels : pandas.DataFrame
        Gives the index, and the column ``by``.
    by : str or pandas.Series or None
        The group of each parcel; a parcel without one is in no group. None: one group, ``all``.
    numerator : pandas.Series
        CNY per parcel; null: not known.
    area : pandas.Series
        m² per parcel; a parcel without a positive area enters neither sum.
    in_denominator : pandas.Series
        Three-valued. False: enters nothing. Null: not known whether it belongs; its land counts in
        ``area_m2`` but is not covered, so that what is unknown lowers the coverage.
    boundary_m2 : pandas.Series, optional
        Boundary area per group, in its place: ``area_m2`` is the boundary, and the covered land is
        the boundary minus the parcels in the denominator whose output is not known.

    Returns
    -------
    pandas.DataFrame
        Per group, in order: ``output_cny`` (CNY; null if nothing is covered), ``area_m2`` (the
        denominator's land), ``covered_area_m2`` (of it with known output), ``coverage_pct``
        (0–100), ``intensity`` (CNY/m²: output ÷ covered area), ``parcels``, ``parcels_covered``.

    Examples
    --------
    >>> parcels = pd.DataFrame({"park_id": ["K", "K", "K"], "cny": [10.0, None, 20.0],
    ...                         "m2": [1.0, 1.0, 2.0], "inside": [True, True, True]})
    >>> ratio_of_sums(parcels, "park_id", parcels.cny, parcels.m2, parcels.inside
    ...               )[["output_cny", "coverage_pct", "intensity"]].to_numpy().tolist()
    [[30.0, 75.0, 10.0]]
    """
    belongs = in_denominator.astype("boolean")
    inside = belongs.fillna(True).astype("bool") & (area > 0)
    covered = inside & belongs.fillna(False).astype("bool") & numerator.notna()
    table = pd.DataFrame({
        "output_cny": numerator.where(covered, 0.0), "area_m2": area.where(inside, 0.0),
        "covered_area_m2": area.where(covered, 0.0), "parcels": inside.astype("int64"),
        "parcels_covered": covered.astype("int64"),
    }, index=parcels.index)  # fmt: skip
    sums = table.groupby(_groups(parcels, by), sort=True).sum()
    if boundary_m2 is not None:
        boundary = boundary_m2.where(boundary_m2 > 0)
        sums = sums.reindex(boundary.index).fillna(0.0)
        open_land = sums["area_m2"] - sums["covered_area_m2"]
        sums["area_m2"] = boundary
        sums["covered_area_m2"] = (boundary - open_land).clip(lower=0.0)
    return _divided(sums)


def lorenz(output_cny: pd.Series, area_m2: pd.Series) -> pd.DataFrame:
    """Order land from the least to the most productive and add up: the Lorenz curve of output.

    Parcels with unknown output or no positive area do not enter.

    Returns
    -------
    pandas.DataFrame
        ``land_share`` and ``output_share``, from (0, 0) to (1, 1), one point per parcel; empty if
        there is no output at all.

    Examples
    --------
    >>> lorenz(pd.Series([0.0, 9.0]), pd.Series([1.0, 3.0]))["land_share"].tolist()
    [0.0, 0.25, 1.0]
    """
    known = (output_cny.notna() & (area_m2 > 0)).to_numpy()
    output, area = output_cny.to_numpy()[known], area_m2.to_numpy()[known]
    if not output.sum() > 0:
        return pd.DataFrame({"land_share": [], "output_share": []}, dtype="float64")
    order = np.lexsort((area, output / area))
    land, made = np.cumsum(area[order]), np.cumsum(output[order])
    return pd.DataFrame({
        "land_share": np.append(0.0, land / land[-1]),
        "output_share": np.append(0.0, made / made[-1]),
    })  # fmt: skip


def gini(curve: pd.DataFrame) -> float:
    """Measure how unevenly output lies on land: 0 evenly, to 1 on ever less land; nan if empty.

    Examples
    --------
    >>> gini(lorenz(pd.Series([5.0, 5.0]), pd.Series([1.0, 1.0])))
    0.0
    """
    if curve.empty:
        return float("nan")
    under = np.trapezoid(curve["output_share"], curve["land_share"])
    return float(1.0 - 2.0 * under)


def _over(figure: pd.Series, area_m2: pd.Series) -> pd.Series:
    return figure.astype("float64") / area_m2.astype("float64").where(area_m2 > 0)


def _groups(parcels: pd.DataFrame, by: str | pd.Series | None) -> Any:
    if by is None:
        return pd.Series("all", index=parcels.index, dtype="str", name="all")
    if isinstance(by, str):
        require_columns(parcels, [by], "parcels")
        return parcels[by]
    return by


def _divided(sums: pd.DataFrame) -> pd.DataFrame:
    covered, whole = sums["covered_area_m2"], sums["area_m2"]
    sums["output_cny"] = sums["output_cny"].where(covered > 0)
    sums["coverage_pct"] = 100.0 * covered / whole.where(whole > 0)
    sums["intensity"] = sums["output_cny"] / covered.where(covered > 0)
    counts = sums[["parcels", "parcels_covered"]].astype("int64")
    return sums.assign(**counts)[list(RATIO_COLUMNS)]
