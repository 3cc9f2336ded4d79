"""One year's operations on parcels: figures given for parcels, and figures given for enterprises.

A row of ``operations`` speaks of an enterprise (its figures are shared out over the land it
occupies), of a parcel (used as it is), or of an enterprise on a parcel (one part of that parcel's
sum). Where a parcel has a figure of its own and a spread one, its own wins and the contradiction is
reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from landtool.columns import among, numbers, positions, require_columns, texts
from landtool.schema.problems import concat_problems, no_problems
from landtool.spread import MEASURES, Spread, notes, spread_to_parcels, year_end

_SUBJECT = ["enterprise_id", "parcel_id"]


def parcel_operations(
    operations: pd.DataFrame,
    occupancy: pd.DataFrame | None,
    parcels: pd.DataFrame,
    year: int,
    *,
    enterprises: pd.DataFrame | None = None,
) -> Spread:
    """Put the figures of one year on every parcel.

    Two rows of one subject in one year that disagree are not added up: the cells that differ are
    unknown, and reported. An enterprise that has a row for one of its parcels and another row for
    itself is taken from its parcel rows.

    Parameters
    ----------
    operations : pandas.DataFrame
        ``year``, ``enterprise_id`` or ``parcel_id`` or both, and measures (see :data:`MEASURES`).
    occupancy : pandas.DataFrame or None
        See :func:`landtool.spread.spread_to_parcels`; None: no enterprise can be placed.
    parcels : pandas.DataFrame
        ``parcel_id`` (once each) and ``area_m2``.
    year : int
        The year; occupancy is read at its 31 December.
    enterprises : pandas.DataFrame, optional
        The ``enterprises`` layer; default: the ids that ever had operations.

    Raises
    ------
    InputDataError
        If a needed column is missing or a parcel id stands twice.

    Examples
    --------
    >>> operations = pd.DataFrame({"parcel_id": ["P1"], "year": [2025], "tax_cny": [9.0]})
    >>> parcels = pd.DataFrame({"parcel_id": ["P1", "P2"], "area_m2": [3.0, 4.0]})
    >>> parcel_operations(operations, None, parcels, 2025).parcels.tax_cny.tolist()
    [9.0, nan]
    """
    names = [name for name in MEASURES if name in operations.columns]
    rows, doubled = _one_row_each(_rows_of(operations, year, names), names)
    firm, place = rows["enterprise_id"].notna(), rows["parcel_id"].notna()
    at_parcel = among(rows["parcel_id"], parcels["parcel_id"])
    lost = notes(rows[place & ~at_parcel], "operations", "operations_parcel_unknown", "parcel_id",
                 "parcel_id", rows.loc[place & ~at_parcel, "parcel_id"])  # fmt: skip
    nobody = notes(rows[~firm & ~place], "operations", "operations_without_subject", "parcel_id",
                   "enterprise_id")  # fmt: skip
    both = rows[firm & at_parcel]
    split = among(rows["enterprise_id"], rows.loc[firm & place, "enterprise_id"])
    twice = notes(rows[firm & ~place & split], "operations", "enterprise_output_given_twice",
                  "enterprise_id", "enterprise_id")  # fmt: skip
    ids = operations["enterprise_id"] if "enterprise_id" in operations.columns else None
    known = enterprises["enterprise_id"] if enterprises is not None else ids
    spread = spread_to_parcels(
        rows[firm & ~place & ~split], _occupancy(occupancy), parcels, year_end(year),
        enterprises=None if known is None else known.dropna(), columns=names,
    )  # fmt: skip
    spread = _with_parts(spread, both, parcels, names)
    on_parcels, clash = _direct_wins(spread.parcels, rows[~firm & at_parcel], names)
    problems = concat_problems([doubled, nobody, lost, twice, spread.problems, clash])
    return replace(spread, parcels=on_parcels, problems=problems)


def enterprise_operations(operations: pd.DataFrame, year: int) -> pd.DataFrame:
    """Give the figures of one year by enterprise, wherever its land lies.

    An enterprise with rows for its parcels is the sum of these, one unknown part making the sum
    unknown; its row for itself is left out then. Repeated rows count as in
    :func:`parcel_operations`.

    Parameters
    ----------
    operations : pandas.DataFrame
        ``year``, ``enterprise_id``; reads ``parcel_id`` and the measures.
    year : int
        The year.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``enterprise_id``; one column per measure that ``operations`` has.

    Raises
    ------
    InputDataError
        If there is no ``year`` column.

    Examples
    --------
    >>> operations = pd.DataFrame({"enterprise_id": ["E", "E", "E"], "parcel_id": [None, "P", "Q"],
    ...                            "year": 2025, "tax_cny": [9.0, 3.0, 4.0]})
    >>> enterprise_operations(operations, 2025)["tax_cny"].to_dict()
    {'E': 7.0}
    """
    names = [name for name in MEASURES if name in operations.columns]
    rows, _ = _one_row_each(_rows_of(operations, year, names), names)
    firms = rows[rows["enterprise_id"].notna()]
    place = firms["parcel_id"].notna()
    split = among(firms["enterprise_id"], firms.loc[place, "enterprise_id"])
    return firms[place | ~split].groupby("enterprise_id", sort=False)[names].sum(skipna=False)


def _rows_of(operations: pd.DataFrame, year: int, names: Sequence[str]) -> pd.DataFrame:
    require_columns(operations, ["year"], "operations")
    rows = operations[(operations["year"] == year).fillna(False).astype("bool")]
    return rows.assign(**{name: texts(rows, name) for name in _SUBJECT},
                       **{name: numbers(rows, name) for name in names})  # fmt: skip


def _occupancy(occupancy: pd.DataFrame | None) -> pd.DataFrame:
    if occupancy is not None:
        return occupancy
    return pd.DataFrame({name: pd.Series(dtype="str") for name in _SUBJECT})


def _one_row_each(
    rows: pd.DataFrame, names: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per subject: a repeated row counts once, cells where repeats differ are unknown."""
    spoken = rows[_SUBJECT].notna().any(axis=1)
    again = rows.duplicated(_SUBJECT) & spoken
    if not again.any():
        return rows, no_problems()
    all_of = rows[rows.duplicated(_SUBJECT, keep=False) & spoken]
    groups = all_of.groupby(_SUBJECT, dropna=False, sort=False)
    first = all_of[~all_of.duplicated(_SUBJECT)].copy()
    for name in names:
        filled, size = groups[name].transform("count"), groups[name].transform("size")
        differs = groups[name].transform("min") != groups[name].transform("max")
        differs |= (filled < size) & (filled > 0)
        first.loc[differs.loc[first.index], name] = np.nan
    kept = rows[~again].copy()
    kept.loc[first.index, list(names)] = first[list(names)]
    repeats = rows[again]
    subject = repeats["enterprise_id"].fillna(repeats["parcel_id"])
    return kept, notes(repeats.assign(subject_id=subject), "operations", "operations_given_twice",
                       "subject_id", "year", repeats["year"])  # fmt: skip


def _with_parts(
    spread: Spread, both: pd.DataFrame, parcels: pd.DataFrame, names: Sequence[str]
) -> Spread:
    """Put figures of an enterprise on a parcel in the place of that pair's spread share."""
    if both.empty:
        return spread
    old = spread.shares
    area = parcels.set_index("parcel_id")["area_m2"]
    land = old.set_index(_SUBJECT)["occupied_m2"]
    keys = pd.MultiIndex.from_frame(both[_SUBJECT])
    occupied = land.reindex(keys).to_numpy()
    parts = both[[*_SUBJECT, *names]].assign(
        occupied_m2=np.where(np.isnan(occupied), area.reindex(both["parcel_id"]), occupied),
        share=np.nan,
    )
    stay = ~pd.MultiIndex.from_frame(old[_SUBJECT]).isin(keys)
    shares = pd.concat([old[stay], parts[old.columns]], ignore_index=True)
    place = positions(shares["parcel_id"], parcels["parcel_id"])
    occupants = np.bincount(place, minlength=len(parcels))
    out = spread.parcels.copy()
    for name in names:
        sums = np.bincount(place, weights=shares[name].to_numpy(), minlength=len(parcels))
        out[name] = np.where(occupants > 0, sums, np.nan)
    out["occupants"] = pd.array(occupants, dtype="Int64")
    out["figures_basis"] = out["figures_basis"].mask(occupants > 0, "spread")
    out.loc[among(out["parcel_id"], both["parcel_id"]), "figures_basis"] = "direct"
    return replace(spread, parcels=out, shares=shares)


def _direct_wins(
    on_parcels: pd.DataFrame, direct: pd.DataFrame, names: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put a parcel's own figure in the place of the spread one, cell by cell."""
    if direct.empty:
        return on_parcels, no_problems()
    at = positions(on_parcels["parcel_id"], direct["parcel_id"])
    out, clash = on_parcels.copy(), np.zeros(len(on_parcels), dtype=bool)
    for name in names:
        own = np.append(direct[name].to_numpy(), np.nan)[at]
        spread = out[name].to_numpy()
        clash |= ~np.isnan(own) & ~np.isnan(spread)
        out[name] = np.where(np.isnan(own), spread, own)
    out["figures_basis"] = out["figures_basis"].mask(at >= 0, "direct")
    again = direct[among(direct["parcel_id"], on_parcels["parcel_id"][clash])]
    return out, notes(again, "operations", "parcel_output_given_twice", "parcel_id", "parcel_id")
