"""Enterprise figures on parcels: shared out by occupied area, totals conserved.

What cannot be placed (an enterprise without a parcel, land outside the parcel layer) is reported
and kept in ``unplaced``. A parcel with one unknown occupant is unknown: a sum with an unknown part
is not known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool.columns import among, dates, day, numbers, positions, require_columns
from landtool.errors import InputDataError
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
    require_columns(occupancy, ["enterprise_id", "parcel_id"], "occupancy")
    require_columns(parcels, ["parcel_id", "area_m2"], "parcels")
    names = [name for name in columns or MEASURES if name in values.columns]
    firms = _unique_index(values["enterprise_id"], "enterprise figures")
    places = _unique_index(parcels["parcel_id"], "parcels")
    valid = _coded(occupancy[_valid_at(occupancy, day(at, "at"))], firms, places)
    pairs = _occupied(valid, parcels)
    held = pairs["held"].to_numpy()
    for name in names:
        amounts = np.append(numbers(values, name).to_numpy(), np.nan)
        pairs[name] = amounts[held] * pairs["share"].to_numpy()
    placed = pairs["place"].to_numpy() >= 0
    problems = concat_problems([
        _occupancy_problems(valid, enterprises),
        _unshared(pairs, held),
        _without_parcel(values, np.bincount(held[placed & (held >= 0)], minlength=len(firms)) > 0),
    ])  # fmt: skip
    return Spread(
        _on_parcels(pairs[placed], parcels, names),
        pairs.loc[placed, ["enterprise_id", "parcel_id", "occupied_m2", "share", *names]]
        .reset_index(drop=True),
        _unplaced(values, pairs, firms, held, names),
        problems,
    )  # fmt: skip


def occupied_land(
    occupancy: pd.DataFrame, parcels: pd.DataFrame, at: dt.date | pd.Timestamp | str
) -> pd.DataFrame:
    """Measure the land each enterprise occupies at a day, as :func:`spread_to_parcels` counts it.

    Parameters
    ----------
    occupancy, parcels, at
        See :func:`spread_to_parcels`.

    Returns
    -------
    pandas.DataFrame
        One row per enterprise and parcel: ``enterprise_id, parcel_id, occupied_m2`` (m²; the whole
        parcel where no area is stated; null where neither is known) and ``is_stated``.

    Examples
    --------
    >>> occupancy = pd.DataFrame({"enterprise_id": ["E", "F"], "parcel_id": ["P", "P"],
    ...                           "occupied_area_m2": [20.0, None]})
    >>> occupied_land(occupancy, pd.DataFrame({"parcel_id": ["P"], "area_m2": [50.0]}),
    ...               "2025-12-31")[["occupied_m2", "is_stated"]].to_numpy().tolist()
    [[20.0, True], [50.0, False]]
    """
    require_columns(occupancy, ["enterprise_id", "parcel_id"], "occupancy")
    require_columns(parcels, ["parcel_id", "area_m2"], "parcels")
    valid = occupancy[_valid_at(occupancy, day(at, "at"))]
    coded = _coded(valid, pd.Index([], dtype="str"), _unique_index(parcels["parcel_id"], "parcels"))
    return _occupied(coded, parcels)[["enterprise_id", "parcel_id", "occupied_m2", "is_stated"]]


def year_end(year: int) -> pd.Timestamp:
    """Give the day on which a year's occupancy is read: its 31 December."""
    return pd.Timestamp(year=year, month=12, day=31)



def _valid_at(occupancy: pd.DataFrame, at: pd.Timestamp) -> pd.Series:
    start, end = dates(occupancy, "from_date"), dates(occupancy, "to_date")
    return (start.isna() | (start <= at)) & (end.isna() | (end >= at))


def _unique_index(ids: pd.Series, where: str) -> pd.Index:
    index = pd.Index(ids)
    if index.has_duplicates:
        twice = index[index.duplicated()][0]
        raise InputDataError(f"{ids.name} {twice!r} stands more than once", where,
                             "give one row per id")
    return index


@dataclass(frozen=True)
class _Coded:
    """Occupancy rows, each once, with their ids as numbers; -1 is null or, in a lookup, unknown."""

    rows: pd.DataFrame
    firm: np.ndarray
    spot: np.ndarray
    firm_ids: pd.Index
    held: np.ndarray
    places: np.ndarray


def _coded(valid: pd.DataFrame, firms: pd.Index, places: pd.Index) -> _Coded:
    firm, firm_ids = pd.factorize(pd.Index(valid["enterprise_id"]))
    spot, spot_ids = pd.factorize(pd.Index(valid["parcel_id"]))
    again = pd.DataFrame({
        "firm": firm, "spot": spot, "start": dates(valid, "from_date").to_numpy(),
        "end": dates(valid, "to_date").to_numpy(),
        "area": numbers(valid, "occupied_area_m2").to_numpy(),
    }).duplicated().to_numpy()  # fmt: skip
    return _Coded(
        valid[~again], firm[~again], spot[~again], firm_ids,
        np.append(positions(firm_ids, firms), -1), np.append(positions(spot_ids, places), -1),
    )  # fmt: skip


def _occupied(valid: _Coded, parcels: pd.DataFrame) -> pd.DataFrame:
    """One row per enterprise and parcel: the area occupied, whether stated, its share of the enterprise's land.

    ``place`` and ``held`` are positions in ``parcels`` and in the figures; -1: not there. Places
    outside the layer stay apart from one another.
    """
    area = np.append(numbers(parcels, "area_m2").to_numpy(), np.nan)
    own = numbers(valid.rows, "occupied_area_m2").to_numpy()
    weight = np.where(own > 0, own, np.where(area > 0, area, np.nan)[valid.places[valid.spot]])
    usable = np.flatnonzero(valid.firm >= 0)
    key = valid.firm[usable].astype("int64") * len(valid.places) + valid.spot[usable]
    cell, cells = pd.factorize(key)
    first = np.full(len(cells), len(cell))
    np.minimum.at(first, cell, np.arange(len(cell)))
    at = usable[first]
    firm = valid.firm[at]
    occupied = np.bincount(cell, weights=weight[usable], minlength=len(cells))
    silent = np.bincount(cell, weights=~(own[usable] > 0), minlength=len(cells)) > 0
    total = np.bincount(firm, weights=occupied, minlength=len(valid.firm_ids))
    alone = np.bincount(firm, minlength=len(valid.firm_ids)) == 1
    return pd.DataFrame({
        "enterprise_id": valid.rows["enterprise_id"].array.take(at),
        "parcel_id": valid.rows["parcel_id"].array.take(at),
        "place": valid.places[valid.spot[at]], "held": valid.held[firm], "occupied_m2": occupied,
        "share": np.where(alone[firm], 1.0, occupied / total[firm]), "is_stated": ~silent,
    })  # fmt: skip


def _on_parcels(pairs: pd.DataFrame, parcels: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Sum per parcel; one unknown part makes the sum unknown."""
    place = pairs["place"].to_numpy()
    occupants = np.bincount(place, minlength=len(parcels))
    out = pd.DataFrame({"parcel_id": parcels["parcel_id"]}, index=parcels.index)
    for name in names:
        sums = np.bincount(place, weights=pairs[name].to_numpy(), minlength=len(parcels))
        out[name] = np.where(occupants > 0, sums, np.nan)
    out["occupants"] = pd.array(occupants, dtype="Int64")
    basis = pd.Series("spread", index=out.index, dtype="str")
    out["figures_basis"] = basis.where(occupants > 0)
    return out


def _unplaced(
    values: pd.DataFrame, pairs: pd.DataFrame, firms: pd.Index, held: np.ndarray,
    names: Sequence[str],
) -> pd.DataFrame:  # fmt: skip
    """Gather what stands on no parcel: enterprises with none, and shares outside the layer."""
    outside = (pairs["place"].to_numpy() < 0) & (held >= 0)
    listed = np.bincount(held[held >= 0], minlength=len(firms)) > 0
    lost = np.bincount(held[outside], weights=pairs["share"].to_numpy()[outside],
                       minlength=len(firms))  # fmt: skip
    unshared = np.bincount(held[held >= 0], weights=pairs["share"].to_numpy()[held >= 0],
                           minlength=len(firms))  # fmt: skip
    part = np.where(listed & ~np.isnan(unshared), lost, 1.0)
    keep = part > 0
    out = pd.DataFrame({"enterprise_id": firms.to_numpy()[keep]})
    for name in names:
        out[name] = numbers(values, name).to_numpy()[keep] * part[keep]
    return out


def _occupancy_problems(valid: _Coded, enterprises: pd.Series | None) -> pd.DataFrame:
    """Note occupancy of unknown parcels, and by enterprises that nobody knows."""
    strange = np.append(valid.held[:-1] < 0, True)
    if enterprises is not None:
        strange[:-1] &= ~among(valid.firm_ids, enterprises).to_numpy()
    no_place, no_firm = valid.rows[valid.places[valid.spot] < 0], valid.rows[strange[valid.firm]]
    return concat_problems([
        notes(no_place, "occupancy", "occupancy_parcel_unknown", "enterprise_id", "parcel_id",
              no_place["parcel_id"]),
        notes(no_firm, "occupancy", "occupancy_enterprise_unknown", "parcel_id", "enterprise_id",
              no_firm["enterprise_id"]),
    ])  # fmt: skip


def _unshared(pairs: pd.DataFrame, held: np.ndarray) -> pd.DataFrame:
    blank = pairs[(held >= 0) & pairs["share"].isna().to_numpy()]
    once = blank[blank["occupied_m2"].isna()]
    return notes(once, "occupancy", "occupied_area_unknown", "enterprise_id", "occupied_area_m2",
                  detail=once["parcel_id"])  # fmt: skip


def _without_parcel(values: pd.DataFrame, placed: np.ndarray) -> pd.DataFrame:
    return notes(values[~placed], "operations", "enterprise_without_parcel", "enterprise_id",
                  "parcel_id")  # fmt: skip


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
