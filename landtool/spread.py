"""Enterprise figures on parcels: shared out by occupied area, totals conserved.

What cannot be placed (an enterprise without a parcel, land outside the parcel layer) is reported
and kept in ``unplaced``. A parcel with one unknown occupant is unknown: a sum with an unknown part
is not known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool.columns import among, day, numbers, require_columns, texts
from landtool.errors import InputDataError
from landtool.occupied import CodedOccupancy, code_occupancy, occupied_pairs
from landtool.schema.problems import concat_problems, make_problems, no_problems

MEASURES = (
    "gross_output_cny", "revenue_cny", "value_added_cny", "tax_cny", "fixed_investment_cny",
    "energy_tce", "emissions_t", "rd_cny", "employees",
)  # fmt: skip


@dataclass(frozen=True)
class Spread:
    """Enterprise figures on parcels.

    Attributes
    ----------
    parcels : pandas.DataFrame
        On the index of the parcels given: ``parcel_id``, one column per measure (null: not known;
        null too where only some of the occupants are known, because a sum with an unknown part is
        not known), ``occupants`` (Int64) and ``figures_basis`` (``spread``, ``direct`` or null).
    shares : pandas.DataFrame
        One row per enterprise and parcel: ``enterprise_id, parcel_id, occupied_m2, share`` and the
        measures. Totals are conserved here: shares plus ``unplaced`` is what was given.
    unplaced : pandas.DataFrame
        ``enterprise_id`` and the part of each measure that stands on no parcel of the layer.
    problems : pandas.DataFrame
        Notes; see :mod:`landtool.schema.problems`.
    """

    parcels: pd.DataFrame
    shares: pd.DataFrame
    unplaced: pd.DataFrame
    problems: pd.DataFrame


def spread_to_parcels(
    values: pd.DataFrame,
    occupancy: pd.DataFrame,
    parcels: pd.DataFrame,
    at: dt.date | pd.Timestamp | str,
    *,
    enterprises: pd.Series | None = None,
    columns: Sequence[str] | None = None,
) -> Spread:
    """Share each enterprise's figures out over the parcels it occupies at a day.

    The shares follow ``occupied_area_m2``, or the whole parcel's area where it is missing; tenants
    count like owners. Totals are conserved: what stands on parcels plus what is unplaced is what
    was given. A null figure stays null on every parcel of the enterprise. Land occupied outside the
    parcel layer keeps its share, which is unplaced and reported. Where an enterprise stands on
    several parcels and the area of one is unknown, nothing can be shared out: null on all of them,
    and reported.

    Parameters
    ----------
    values : pandas.DataFrame
        ``enterprise_id`` (once each) and the figures of one year.
    occupancy : pandas.DataFrame
        ``enterprise_id, parcel_id``; reads ``from_date`` and ``to_date`` (both days included;
        empty: without end), ``occupied_area_m2``.
    parcels : pandas.DataFrame
        ``parcel_id`` (once each) and ``area_m2``.
    at : date
        Only occupancy valid on that day counts; for a year's figures its 31 December.
    enterprises : pandas.Series, optional
        All enterprise ids there are; default those of ``values``.
    columns : sequence of str, optional
        The figures; default every measure of ``operations`` that ``values`` has.

    Raises
    ------
    InputDataError
        If a column is missing, or an id in ``values`` or ``parcels`` stands twice.

    Examples
    --------
    >>> values = pd.DataFrame({"enterprise_id": ["E"], "gross_output_cny": [300.0]})
    >>> occupancy = pd.DataFrame({"enterprise_id": ["E", "E"], "parcel_id": ["P1", "P2"],
    ...                           "occupied_area_m2": [None, 500.0]})
    >>> parcels = pd.DataFrame({"parcel_id": ["P1", "P2"], "area_m2": [1000.0, 9000.0]})
    >>> spread = spread_to_parcels(values, occupancy, parcels, "2025-12-31")
    >>> spread.parcels["gross_output_cny"].tolist()
    [200.0, 100.0]
    """
    require_columns(values, ["enterprise_id"], "enterprise figures")
    require_columns(parcels, ["parcel_id", "area_m2"], "parcels")
    names = [name for name in columns or MEASURES if name in values.columns]
    _refuse_repeats(values["enterprise_id"], "enterprise figures")
    coded = code_occupancy(occupancy, parcels, values["enterprise_id"])
    amounts = {name: numbers(values, name).to_numpy() for name in names}
    figures = FirmFigures(values, coded.others[0], amounts)
    coded = coded.at(day(at, "at"))
    pairs = share_out(figures, coded)
    return Spread(on_parcels(pairs, parcels, names), shares_of(pairs, coded, names), unplaced(figures, pairs),
                  spread_problems(pairs, figures, coded, enterprises))  # fmt: skip


@dataclass(frozen=True)
class FirmFigures:
    """Figures of enterprises: their rows, the number of each row's enterprise, an array per measure."""

    rows: pd.DataFrame
    firm: np.ndarray
    amounts: Mapping[str, np.ndarray]


def share_out(figures: FirmFigures, occupancy: CodedOccupancy) -> pd.DataFrame:
    """Share figures out over the land each enterprise occupies, ids as numbers.

    Parameters
    ----------
    figures : FirmFigures
        Each enterprise once.
    occupancy : CodedOccupancy
        Of the day.

    Returns
    -------
    pandas.DataFrame
        See :func:`landtool.occupied.occupied_pairs`; and ``held``, the enterprise's row in the
        figures (-1: none), and a column per measure.
    """
    pairs = occupied_pairs(occupancy)
    held = np.full(len(occupancy.firm_ids) + 1, -1)
    held[figures.firm] = np.arange(len(figures.firm))
    held[-1] = -1
    pairs["held"] = held[pairs["firm"].to_numpy()]
    share = pairs["share"].to_numpy()
    for name, amounts in figures.amounts.items():
        pairs[name] = np.append(amounts, np.nan)[pairs["held"].to_numpy()] * share
    return pairs


def on_parcels(pairs: pd.DataFrame, parcels: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Sum per parcel of the layer; one unknown part makes the sum unknown."""
    pairs = pairs[pairs["place"].to_numpy() >= 0]
    place = pairs["place"].to_numpy()
    occupants = np.bincount(place, minlength=len(parcels))
    sums = {name: np.where(occupants > 0, np.bincount(place, weights=pairs[name].to_numpy(),
                                                      minlength=len(parcels)), np.nan)
            for name in names}  # fmt: skip
    basis = pd.array(["spread", None], dtype="str").take(np.where(occupants > 0, 0, 1))
    return pd.DataFrame({"parcel_id": parcels["parcel_id"], **sums,
                         "occupants": pd.array(occupants, dtype="Int64"), "figures_basis": basis},
                        index=parcels.index)  # fmt: skip


def shares_of(pairs: pd.DataFrame, occupancy: CodedOccupancy, names: Sequence[str]) -> pd.DataFrame:
    """Give what stands on parcels of the layer with its ids, see :class:`Spread`."""
    there = pairs[pairs["place"].to_numpy() >= 0]
    return pd.DataFrame({**occupancy.ids_of(there), **there[["occupied_m2", "share", *names]]}
                        ).reset_index(drop=True)  # fmt: skip


def spread_problems(
    pairs: pd.DataFrame, figures: FirmFigures, occupancy: CodedOccupancy, enterprises: pd.Series | None
) -> pd.DataFrame:
    """Note what kept figures from being placed; ``pairs`` as :func:`share_out` gives them."""
    held = pairs["held"].to_numpy()
    stands = (pairs["place"].to_numpy() >= 0) & (held >= 0)
    placed = np.bincount(held[stands], minlength=len(figures.firm)) > 0
    return concat_problems([
        _occupancy_problems(occupancy, figures, enterprises),
        _unshared(pairs, occupancy),
        notes(figures.rows[~placed], "operations", "enterprise_without_parcel", "enterprise_id", "parcel_id"),
    ])  # fmt: skip


def _refuse_repeats(ids: pd.Series, where: str) -> None:
    index = pd.Index(ids)
    if index.has_duplicates:
        twice = index[index.duplicated()][0]
        raise InputDataError(f"{ids.name} {twice!r} stands more than once", where, "give one row per id")


def unplaced(figures: FirmFigures, pairs: pd.DataFrame) -> pd.DataFrame:
    """Gather what stands on no parcel: enterprises with none, and shares outside the layer."""
    held, share = pairs["held"].to_numpy(), pairs["share"].to_numpy()
    known, count = held >= 0, len(figures.firm)
    outside = known & (pairs["place"].to_numpy() < 0)
    listed = np.bincount(held[known], minlength=count) > 0
    lost = np.bincount(held[outside], weights=share[outside], minlength=count)
    unshared = np.bincount(held[known], weights=share[known], minlength=count)
    part = np.where(listed & ~np.isnan(unshared), lost, 1.0)
    keep = part > 0
    return pd.DataFrame({
        "enterprise_id": texts(figures.rows, "enterprise_id").to_numpy()[keep],
        **{name: amounts[keep] * part[keep] for name, amounts in figures.amounts.items()},
    })  # fmt: skip


def _occupancy_problems(
    occupancy: CodedOccupancy, figures: FirmFigures, enterprises: pd.Series | None
) -> pd.DataFrame:
    """Note occupancy of unknown parcels, and by enterprises that nobody knows."""
    strange = np.ones(len(occupancy.firm_ids) + 1, dtype=bool)
    strange[figures.firm[figures.firm >= 0]] = False
    if enterprises is not None:
        strange[:-1] &= ~among(occupancy.firm_ids, enterprises).to_numpy()
    no_place = occupancy.rows[occupancy.places[occupancy.spot] < 0]
    no_firm = occupancy.rows[strange[occupancy.firm]]
    return concat_problems([
        notes(no_place, "occupancy", "occupancy_parcel_unknown", "enterprise_id", "parcel_id",
              no_place["parcel_id"]),
        notes(no_firm, "occupancy", "occupancy_enterprise_unknown", "parcel_id", "enterprise_id",
              no_firm["enterprise_id"]),
    ])  # fmt: skip


def _unshared(pairs: pd.DataFrame, occupancy: CodedOccupancy) -> pd.DataFrame:
    blank = pairs[(pairs["held"].to_numpy() >= 0) & pairs["share"].isna().to_numpy()
                  & pairs["occupied_m2"].isna().to_numpy()]  # fmt: skip
    ids = pd.DataFrame(occupancy.ids_of(blank))
    return notes(ids, "occupancy", "occupied_area_unknown", "enterprise_id", "occupied_area_m2",
                 detail=ids["parcel_id"])  # fmt: skip


def notes(
    rows: pd.DataFrame, layer: str, kind: str, subject: str, field: str,
    value: object = "", detail: object = "",
) -> pd.DataFrame:  # fmt: skip
    """Problems of scope ``note``, one per row of ``rows``, with the row's provenance if it has one.

    Parameters
    ----------
    rows : pandas.DataFrame
        The rows with the problem; ``source`` and ``source_row`` are used where they are there.
    layer, kind, field : str
        See :mod:`landtool.schema.problems`.
    subject : str
        The column that names the subject.
    value, detail : scalar or Series
        What was got, and what the remedy needs.
    """
    if rows.empty:
        return no_problems()
    return make_problems(
        layer=layer, kind=kind, scope="note", subject_id=rows[subject], field=field, value=value,
        source=rows["source"] if "source" in rows.columns else "",
        source_row=rows["source_row"] if "source_row" in rows.columns else pd.NA, detail=detail,
    )  # fmt: skip
