"""Per-mu performance of enterprises (亩均效益): the four core indicators, and what they lack.

Money and land stay in CNY and m²: the ratio to a benchmark is the same per mu as per m².
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from landtool.columns import numbers
from landtool.errors import InputDataError

INDICATORS: dict[str, tuple[str, str, str]] = {
    "value_added_per_mu": ("value_added_cny_m2", "value_added_cny", "land_m2"),
    "tax_per_mu": ("tax_cny_m2", "tax_cny", "land_m2"),
    "value_added_per_energy": ("value_added_per_energy_cny_tce", "value_added_cny", "energy_tce"),
    "rd_intensity": ("rd_intensity", "rd_cny", "revenue_cny"),
}
"""Indicator -> its column, the numerator's and the denominator's."""
BENCHMARK_BASES = ("ratio_of_sums", "median")


def per_mu_figures(enterprises: pd.DataFrame) -> pd.DataFrame:
    """Measure the core indicators of each enterprise.

    Value added and tax over the land it occupies, value added over energy, and R&D spending over
    main-business revenue. Nothing over nothing (0 ÷ 0 of energy or revenue) is nothing; something over
    nothing, and anything over unknown land, is not known.

    Parameters
    ----------
    enterprises : pandas.DataFrame
        Reads ``land_m2, value_added_cny, tax_cny, energy_tce, rd_cny, revenue_cny`` of one year.

    Returns
    -------
    pandas.DataFrame
        ``value_added_cny_m2, tax_cny_m2`` (CNY/m²), ``value_added_per_energy_cny_tce`` (CNY/tce) and
        ``rd_intensity`` (share), null where not known.

    Examples
    --------
    >>> rows = pd.DataFrame({"land_m2": [50.0, 50.0], "value_added_cny": [0.0, 100.0],
    ...                      "energy_tce": [0.0, None]})
    >>> per_mu_figures(rows)[["value_added_cny_m2", "value_added_per_energy_cny_tce"]].to_numpy().tolist()
    [[0.0, 0.0], [2.0, nan]]
    """
    found = {}
    for column, above, below in INDICATORS.values():
        part, whole = numbers(enterprises, above), numbers(enterprises, below)
        nothing = (part == 0) & (whole == 0) & (below != "land_m2")
        found[column] = (part / whole.where(whole > 0)).mask(nothing, 0.0)
    return pd.DataFrame(found)


def lacking(enterprises: pd.DataFrame, indicators: Sequence[str]) -> pd.DataFrame:
    """Tell which figures keep the indicators from being known.

    Returns
    -------
    pandas.DataFrame
        One boolean column per field that the indicators use; ``occupied_area_m2`` stands for the land.

    Examples
    --------
    >>> rows = pd.DataFrame({"land_m2": [None, 5.0], "tax_cny": [1.0, None]})
    >>> lacking(rows, ["tax_per_mu"]).to_numpy().tolist()
    [[False, True], [True, False]]
    """
    known = per_mu_figures(enterprises)
    flags: dict[str, pd.Series] = {}
    for name in indicators:
        column, above, below = INDICATORS[name]
        # Something over nothing is defined by neither: the denominator is what must be mended.
        for field, bad in ((above, numbers(enterprises, above).isna()),
                           (below, known[column].isna() & ~(numbers(enterprises, below) > 0))):
            shown = "occupied_area_m2" if field == "land_m2" else field
            flags[shown] = bad | flags.get(shown, False)
    return pd.DataFrame(flags, index=enterprises.index)


def benchmark_values(
    enterprises: pd.DataFrame, indicators: Sequence[str], basis: str = "ratio_of_sums"
) -> dict[str, float]:
    """Derive a benchmark of each indicator from the enterprises that are graded.

    Parameters
    ----------
    enterprises : pandas.DataFrame
        As for :func:`per_mu_figures`; only the rows that are graded.
    indicators : sequence of str
        Keys of :data:`INDICATORS`.
    basis : str
        ``ratio_of_sums``: all numerators over all denominators (for land: the land-weighted mean);
        ``median``.

    Returns
    -------
    dict
        Indicator -> benchmark; nan where nothing is known.

    Raises
    ------
    InputDataError
        If the basis is none of :data:`BENCHMARK_BASES`.

    Examples
    --------
    >>> rows = pd.DataFrame({"land_m2": [10.0, 30.0], "tax_cny": [100.0, 60.0]})
    >>> benchmark_values(rows, ["tax_per_mu"]), benchmark_values(rows, ["tax_per_mu"], "median")
    ({'tax_per_mu': 4.0}, {'tax_per_mu': 6.0})
    """
    if basis not in BENCHMARK_BASES:
        raise InputDataError(f"unknown basis {basis!r} of benchmarks", "per-mu grading",
                             f"choose one of: {', '.join(BENCHMARK_BASES)}")
    figures = per_mu_figures(enterprises)
    found = {}
    for name in indicators:
        column, above, below = INDICATORS[name]
        rows = enterprises[figures[column].notna()]
        whole = numbers(rows, below).sum()
        found[name] = float(figures[column].median()) if basis == "median" else (
            float(numbers(rows, above).sum() / whole) if whole > 0 else np.nan)  # fmt: skip
    return found
