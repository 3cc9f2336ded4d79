"""What was actually invested, produced and paid on the land of a contract, year by year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from landtool.columns import day, numbers, positions, texts
from landtool.link import Linked
from landtool.rules.commitment_dates import METRICS, complete_year, year_ends
from landtool.units import CNY_PER_WAN
from landtool.year_figures import OperationsByYear

FIELDS = {
    "investment": "fixed_investment_cny", "output": "gross_output_cny", "tax": "tax_cny",
    "value_added": "value_added_cny", "revenue": "revenue_cny", "rd": "rd_cny", "employees": "employees", "energy": "energy_tce",
}  # fmt: skip
"""Metric of a commitment -> the field of ``operations`` that tells whether it is kept."""
# Energy is held against the value that was added with it.
PER_VALUE = {"energy": "value_added_cny"}
# Half a fen: money is conserved to a fen when it is spread, and what is below is rounding.
ROUNDING_CNY = 0.005


def figures_by_year(
    operations: pd.DataFrame | None,
    occupancy: pd.DataFrame | None,
    parcels: pd.DataFrame | None,
    as_of: dt.date | pd.Timestamp | str,
    *,
    enterprises: pd.DataFrame | None = None,
) -> dict[int, pd.DataFrame]:
    """Put the figures of every complete year up to ``as_of`` on the parcels.

    Returns
    -------
    dict
        Year -> ``parcels`` of :func:`landtool.link.parcel_operations`; empty where there is no
        layer of operations or of parcels.

    Examples
    --------
    >>> operations = pd.DataFrame({"parcel_id": ["P1", "P1"], "year": [2024, 2025],
    ...                            "tax_cny": [8.0, 9.0]})
    >>> parcels = pd.DataFrame({"parcel_id": ["P1"], "area_m2": [3.0]})
    >>> found = figures_by_year(operations, None, parcels, "2025-06-30")
    >>> {year: frame.tax_cny.tolist() for year, frame in found.items()}
    {2024: [8.0]}
    """
    if operations is None or parcels is None:
        return {}
    last = int(complete_year(pd.Series([day(as_of)])).iloc[0])
    years = operations["year"].dropna()
    by_year = OperationsByYear.of(operations, occupancy, parcels, enterprises)
    return {int(year): by_year.on_parcels(int(year)) for year in np.sort(years[years <= last].unique())}


def actual_figures(
    rows: pd.DataFrame, bound: pd.DataFrame, linked: Linked | None,
    figures: Mapping[int, pd.DataFrame], met_ratio: float,
) -> pd.DataFrame:  # fmt: skip
    """Look up what was reached in each test; null where it is not known, never zero.

    Parameters
    ----------
    rows : pandas.DataFrame
        See :func:`landtool.rules.commitment_dates.yearly_rows`; with ``asked``, the committed total in
        the metric's own unit.
    bound : pandas.DataFrame
        The commitments themselves, see :func:`landtool.rules.commitment_dates.bind_commitments`.
    linked : Linked or None
        Says on which parcels a contract stands; over several the figures are added up.
    figures : mapping
        See :func:`figures_by_year`.
    met_ratio : float
        A cumulative figure from before the due day serves only where it suffices already.

    Returns
    -------
    pandas.DataFrame
        ``actual`` (in the metric's own unit)``, actual_year`` (Int64) and ``actual_basis``
        (``operations``, ``contract`` or null) on the index of the rows; null where the row is not due.
    """
    units, unit = np.unique(bound["contract_row"].to_numpy(), return_inverse=True)
    unit = unit[rows["commitment_row"].to_numpy()]
    pairs = _places(bound, linked, units)
    years = sorted(figures)
    places = _rows_by_year(pairs["parcel_id"], [texts(figures[year], "parcel_id") for year in years])
    total = np.full(len(rows), np.nan)
    year = rows["year"].copy()
    due, code = rows["is_due"].to_numpy(), rows["metric_code"].to_numpy()
    for at, metric in enumerate(METRICS):
        mine = np.flatnonzero(due & (code == at))
        if not len(mine) or not years:
            continue
        frames, own = [figures[year] for year in years], pairs["unit"].to_numpy()
        table = _by_contract(frames, places, FIELDS[metric], own, len(units))
        if metric in PER_VALUE:
            table = _per_wan(table, _by_contract(frames, places, PER_VALUE[metric], own, len(units)))
        if metric == "investment":
            last = complete_year(rows["limit"].iloc[mine]).to_numpy()
            total[mine], year.iloc[mine] = _latest(table[unit[mine]], years, last)
        else:
            total[mine] = _in_year(table, unit[mine], years, year.iloc[mine])
    total = pd.Series(total, index=rows.index)
    once = rows["is_due"] & ~rows["is_yearly"]
    total, from_contract = _else_contract(rows, total, year, once, met_ratio * rows["asked"])
    basis = pd.Series("operations", index=rows.index, dtype="str").mask(from_contract, "contract")
    return pd.DataFrame({
        "actual": total,
        "actual_year": year.mask(from_contract | total.isna()).astype("Int64"),
        "actual_basis": basis.where(total.notna()),
    })  # fmt: skip


def _rows_by_year(ids: pd.Series, listed: list[pd.Series]) -> list[np.ndarray]:
    """Positions of ids in each year's list of parcels; lists that are the same are looked through once."""
    places: list[np.ndarray] = []
    for at, own in enumerate(listed):
        same = at and own.array.equals(listed[at - 1].array)
        places.append(places[-1] if same else positions(ids, own))
    return places


def _in_year(
    table: np.ndarray, unit: np.ndarray, years: list[int], year: pd.Series
) -> np.ndarray:
    """Give the figure of a year; null where there are none of that year."""
    known, asked = np.array(years), year.to_numpy(dtype="int64")
    at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[at] == asked, table[unit, at], np.nan)


def _places(bound: pd.DataFrame, linked: Linked | None, units: np.ndarray) -> pd.DataFrame:
    """Pair the contracts (as positions in ``units``) with the parcels whose figures are theirs."""
    judged = pd.DataFrame({"contract_row": [], "parcel_id": []}).astype(
        {"contract_row": "int64", "parcel_id": "str"})
    if linked is not None:
        judged = linked.in_force[["contract_row", "parcel_id"]]
    # A contract that no parcel is judged by any more keeps its parcel; so does a commitment's own.
    others = bound.loc[bound["contract_row"] >= 0, ["contract_row", "parcel_id"]]
    lone = ~np.isin(others["contract_row"].to_numpy(), judged["contract_row"].to_numpy())
    judged = judged[np.isin(judged["contract_row"].to_numpy(), units)]
    pairs = pd.concat([judged, others[lone].drop_duplicates()], ignore_index=True)
    pairs = pairs[pairs["parcel_id"].notna()]
    return pairs.assign(unit=np.searchsorted(units, pairs["contract_row"].to_numpy()))


def _by_contract(
    figures: Sequence[pd.DataFrame], places: Sequence[np.ndarray], field: str, unit: np.ndarray, count: int
) -> np.ndarray:
    """Sum a field per contract and year; one unknown part makes the sum unknown.

    ``places`` are the positions, in each year's figures, of the parcels whose figures are ``unit``'s.
    """
    bare = np.bincount(unit, minlength=count) == 0
    table = np.empty((count, len(figures)))
    for column, (frame, at) in enumerate(zip(figures, places, strict=True)):
        values = np.append(numbers(frame, field).to_numpy(), np.nan)[at]
        table[:, column] = np.bincount(unit, weights=values, minlength=count)
    table[bare] = np.nan
    return table


def _per_wan(used: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Sum over sum, per 万元; null where nothing was added, or no use was reported."""
    known = (used > 0) & (value > 0)
    return np.where(known, used, np.nan) / np.where(known, value / CNY_PER_WAN, 1.0)


def _latest(
    table: np.ndarray, years: list[int], last: np.ndarray
) -> tuple[np.ndarray, pd.arrays.IntegerArray]:
    """Give the figure of the latest year up to ``last`` that is known, and that year."""
    known = ~np.isnan(table) & (np.array(years) <= last[:, None])
    at = len(years) - 1 - np.argmax(known[:, ::-1], axis=1)
    found = known.any(axis=1)
    value = np.where(found, table[np.arange(len(at)), at], np.nan)
    return value, pd.arrays.IntegerArray(np.array(years, dtype="int64")[at], ~found)


def _else_contract(
    rows: pd.DataFrame, total: pd.Series, year: pd.Series, once: pd.Series, asked: pd.Series
) -> tuple[pd.Series, pd.Series]:
    """Fall back on the contract's investment where the operations do not reach the due day.

    A cumulative figure of a year that ended before the due day only says "at least so much".
    """
    early = (year_ends(year) < rows["due_date"]) & ~(total >= asked - ROUNDING_CNY)
    stale = once & (total.isna() | early)
    invested = rows["invested_cny"]
    newer = invested.where(~(invested < total))
    return total.mask(stale, newer), stale & newer.notna()
