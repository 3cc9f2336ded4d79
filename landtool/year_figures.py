"""One year's operations on parcels: figures given for parcels, and figures given for enterprises.

A row of ``operations`` speaks of an enterprise (its figures are shared out over the land it
occupies), of a parcel (used as it is), or of an enterprise on a parcel (one part of that parcel's
sum). Where a parcel has a figure of its own and a spread one, its own wins and the contradiction is
reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from landtool.columns import numbered, numbers, require_columns, texts
from landtool.occupied import CodedOccupancy, code_occupancy, year_end
from landtool.schema.problems import concat_problems
from landtool.spread import (
    MEASURES,
    FirmFigures,
    Spread,
    notes,
    on_parcels,
    share_out,
    shares_of,
    spread_problems,
    unplaced,
)  # fmt: skip


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
    return OperationsByYear.of(operations, occupancy, parcels, enterprises).spread(year)


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
    require_columns(operations, ["year"], "operations")
    names = [name for name in MEASURES if name in operations.columns]
    rows = operations[operations["year"].eq(year).fillna(False).to_numpy(dtype=bool)]
    (firm,), ids = numbered(texts(rows, "enterprise_id"))
    (spot,), _ = numbered(texts(rows, "parcel_id"))
    kept, amounts, _ = _one_row_each(firm, spot, {name: numbers(rows, name).to_numpy() for name in names})
    firm, spot = firm[kept], spot[kept]
    split = np.bincount(firm[(firm >= 0) & (spot >= 0)], minlength=len(ids)) > 0
    mine = (firm >= 0) & ((spot >= 0) | ~np.append(split, False)[firm])
    there = np.bincount(firm[mine], minlength=len(ids)) > 0
    sums = {name: np.bincount(firm[mine], weights=values[mine], minlength=len(ids))
            for name, values in amounts.items()}  # fmt: skip
    return pd.DataFrame(sums, index=ids.rename("enterprise_id"), columns=names)[there]


@dataclass(frozen=True)
class OperationsByYear:
    """Operations and who occupies which land, with their ids as numbers, for any number of years.

    Attributes
    ----------
    rows : pandas.DataFrame
        The rows of ``operations``.
    year, firm, spot : numpy.ndarray
        Of each row: its year (float64; null: none) and the numbers of its enterprise and parcel (-1: none).
    amounts : dict
        Measure -> its figures, null where unknown.
    occupancy : CodedOccupancy
        Of all days.
    enterprises : pandas.Series or None
        All enterprise ids there are.
    """

    rows: pd.DataFrame
    year: np.ndarray
    firm: np.ndarray
    spot: np.ndarray
    amounts: dict[str, np.ndarray]
    occupancy: CodedOccupancy
    enterprises: pd.Series | None

    @classmethod
    def of(
        cls, operations: pd.DataFrame, occupancy: pd.DataFrame | None, parcels: pd.DataFrame,
        enterprises: pd.DataFrame | None = None,
    ) -> OperationsByYear:  # fmt: skip
        """Number the ids; the arguments are those of :func:`parcel_operations`.

        Examples
        --------
        >>> operations = pd.DataFrame({"parcel_id": ["P", "P"], "year": [2024, 2025], "tax_cny": [8.0, 9.0]})
        >>> by_year = OperationsByYear.of(operations, None, pd.DataFrame({"parcel_id": ["P"], "area_m2": [3.0]}))
        >>> [by_year.on_parcels(year)["tax_cny"].tolist() for year in (2024, 2025)]
        [[8.0], [9.0]]
        """
        require_columns(operations, ["year"], "operations")
        require_columns(parcels, ["parcel_id", "area_m2"], "parcels")
        firms = texts(operations, "enterprise_id")
        if occupancy is None:
            occupancy = pd.DataFrame({"enterprise_id": pd.Series(dtype="str"), "parcel_id": pd.Series(dtype="str")})
        coded = code_occupancy(occupancy, parcels, firms, texts(operations, "parcel_id"))
        known = enterprises["enterprise_id"] if enterprises is not None else (
            firms if "enterprise_id" in operations.columns else None)
        amounts = {name: numbers(operations, name).to_numpy() for name in MEASURES if name in operations.columns}
        firm, spot = coded.others
        return cls(operations, numbers(operations, "year").to_numpy(), firm, spot, amounts, coded,
                   None if known is None else known.dropna())  # fmt: skip

    def on_parcels(self, year: int) -> pd.DataFrame:
        """Only the figures on the parcels, see :class:`landtool.spread.Spread`."""
        return self._settled(year).on_parcels[0]

    def spread(self, year: int) -> Spread:
        """The figures on the parcels, the shares they are made of, and every problem."""
        told = self._settled(year)
        coded, rows = told.occupancy, self.rows.iloc[told.row]
        firm, spot = told.firm, told.spot
        lost = rows[(spot >= 0) & ~told.in_layer]
        on_parcels, clash = told.on_parcels
        twice = self.rows.iloc[told.repeated]
        names = texts(twice, "enterprise_id").fillna(texts(twice, "parcel_id"))
        problems = concat_problems([
            notes(twice.assign(subject_id=names), "operations", "operations_given_twice", "subject_id", "year",
                  twice["year"]),
            notes(rows[(firm < 0) & (spot < 0)].assign(parcel_id=None), "operations", "operations_without_subject",
                  "parcel_id", "enterprise_id"),
            notes(lost, "operations", "operations_parcel_unknown", "parcel_id", "parcel_id",
                  texts(lost, "parcel_id")),
            notes(rows[(firm >= 0) & (spot < 0) & told.split], "operations", "enterprise_output_given_twice",
                  "enterprise_id", "enterprise_id"),
            spread_problems(told.shared, told.own, coded, self.enterprises),
            notes(rows[(firm < 0) & clash[spot]], "operations", "parcel_output_given_twice", "parcel_id",
                  "parcel_id"),
        ])  # fmt: skip
        return Spread(on_parcels, shares_of(told.pairs, coded, list(self.amounts)),
                      unplaced(told.own, told.shared), problems)  # fmt: skip

    def _settled(self, year: int) -> _Settled:
        at = np.flatnonzero(self.year == year)
        kept, amounts, repeated = _one_row_each(
            self.firm[at], self.spot[at], {name: values[at] for name, values in self.amounts.items()})
        return _Settled(self, at[kept], at[repeated], amounts, self.occupancy.at(year_end(year)))


@dataclass(frozen=True)
class _Settled:
    """The rows of one year, one per subject, and what they come to."""

    of: OperationsByYear
    row: np.ndarray
    repeated: np.ndarray
    amounts: dict[str, np.ndarray]
    occupancy: CodedOccupancy

    @cached_property
    def firm(self) -> np.ndarray:
        return self.of.firm[self.row]

    @cached_property
    def spot(self) -> np.ndarray:
        return self.of.spot[self.row]

    @cached_property
    def in_layer(self) -> np.ndarray:
        """Which rows name a parcel of the layer."""
        return self.occupancy.places[self.spot] >= 0

    @cached_property
    def split(self) -> np.ndarray:
        """Which rows speak of an enterprise that has a row for one of its parcels."""
        count = len(self.occupancy.firm_ids)
        parts = np.bincount(self.firm[(self.firm >= 0) & (self.spot >= 0)], minlength=count) > 0
        return np.append(parts, False)[self.firm]

    @cached_property
    def own(self) -> FirmFigures:
        """The figures that enterprises have for themselves, to be shared out."""
        mine = (self.firm >= 0) & (self.spot < 0) & ~self.split
        return FirmFigures(self.of.rows.iloc[self.row[mine]], self.firm[mine],
                           {name: values[mine] for name, values in self.amounts.items()})  # fmt: skip

    @cached_property
    def shared(self) -> pd.DataFrame:
        """See :func:`landtool.spread.share_out`."""
        return share_out(self.own, self.occupancy)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """What was shared out, a pair's own figure in the place of its share."""
        mine = (self.firm >= 0) & self.in_layer
        if not mine.any():
            return self.shared
        old, wide = self.shared, len(self.occupancy.spot_ids) + 1
        key = self.firm[mine] * wide + self.spot[mine]
        at = pd.Index(old["firm"].to_numpy() * wide + old["spot"].to_numpy()).get_indexer(key)
        occupied = np.append(old["occupied_m2"].to_numpy(), np.nan)[at]
        place = self.occupancy.places[self.spot[mine]]
        whole = numbers(self.occupancy.parcels, "area_m2").to_numpy()[place]
        parts = pd.DataFrame({
            "firm": self.firm[mine], "spot": self.spot[mine], "place": place,
            "occupied_m2": np.where(np.isnan(occupied), whole, occupied), "share": np.nan, "is_stated": False,
            "held": -1, **{name: values[mine] for name, values in self.amounts.items()},
        })  # fmt: skip
        stay = np.ones(len(old), dtype=bool)
        stay[at[at >= 0]] = False
        return pd.concat([old[stay], parts], ignore_index=True)

    @cached_property
    def on_parcels(self) -> tuple[pd.DataFrame, np.ndarray]:
        """The figures on parcels; and, by number of parcel, where its own and a spread one contradict."""
        out = on_parcels(self.pairs, self.occupancy.parcels, list(self.amounts))
        basis = out["figures_basis"]
        places = self.occupancy.places
        clash = np.zeros(len(places), dtype=bool)
        direct = np.zeros(len(out), dtype=bool)
        direct[places[self.spot[(self.firm >= 0) & self.in_layer]]] = True
        alone = np.flatnonzero((self.firm < 0) & self.in_layer)
        at = np.full(len(out), -1)
        at[places[self.spot[alone]]] = alone
        columns = {}
        for name, values in self.amounts.items():
            given, spread = np.append(values, np.nan)[at], out[name].to_numpy()
            both = ~np.isnan(given) & ~np.isnan(spread)
            clash[:-1] |= np.append(both, False)[places[:-1]]
            columns[name] = np.where(np.isnan(given), spread, given)
        columns["figures_basis"] = basis.mask(direct | (at >= 0), "direct")
        return out.assign(**columns), clash


def _one_row_each(
    firm: np.ndarray, spot: np.ndarray, amounts: dict[str, np.ndarray]
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """One row per subject: a repeated row counts once, cells where repeats differ are unknown.

    Returns the rows that stay, their figures, and the rows that only repeat.
    """
    key = (firm + 1) * (np.max(spot, initial=-1) + 2) + spot + 1
    again = pd.Series(key).duplicated().to_numpy() & (key > 0)
    if not again.any():
        return np.arange(len(key)), amounts, np.flatnonzero(again)
    kept = np.flatnonzero(~again)
    groups = pd.DataFrame(amounts).groupby(key, sort=False)
    low, high, filled = (getattr(groups, how)().reindex(key[kept]) for how in ("min", "max", "count"))
    size = groups.size().reindex(key[kept]).to_numpy()
    settled = {}
    for name, values in amounts.items():
        count = filled[name].to_numpy()
        differs = (low[name].to_numpy() != high[name].to_numpy()) & (count > 0) | ((count < size) & (count > 0))
        settled[name] = np.where(differs & (key[kept] > 0), np.nan, values[kept])
    return kept, settled, np.flatnonzero(again)
