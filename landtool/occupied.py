"""Who occupies which land at a day: occupancy with its ids as numbers, once for all days and years."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from landtool.columns import dates, day, numbered, numbers, require_columns
from landtool.errors import InputDataError


@dataclass(frozen=True)
class CodedOccupancy:
    """Occupancy, each row once, with its ids as numbers: text is looked up once, however many years are asked.

    Attributes
    ----------
    rows : pandas.DataFrame
        The rows, with their ids and provenance.
    firm, spot : numpy.ndarray
        The number of each row's enterprise and parcel; -1: null.
    start, end : numpy.ndarray
        First and last day; not a time: without end.
    parcels : pandas.DataFrame
        The layer of parcels.
    firm_ids, spot_ids : pandas.Index
        Id by number.
    places : numpy.ndarray
        Position in ``parcels`` by number of parcel; -1: not there. One more, for null.
    others : tuple of numpy.ndarray
        The further lists of ids that were numbered alike, see :func:`code_occupancy`.
    """

    rows: pd.DataFrame
    firm: np.ndarray
    spot: np.ndarray
    start: np.ndarray
    end: np.ndarray
    parcels: pd.DataFrame
    firm_ids: pd.Index
    spot_ids: pd.Index
    places: np.ndarray
    others: tuple[np.ndarray, np.ndarray]

    def at(self, when: pd.Timestamp) -> CodedOccupancy:
        """Only what is valid on a day, both days included."""
        moment = np.datetime64(when)
        valid = ~((self.start > moment) | (self.end < moment))
        if valid.all():
            return self
        return replace(self, rows=self.rows[valid], firm=self.firm[valid], spot=self.spot[valid],
                       start=self.start[valid], end=self.end[valid])  # fmt: skip

    def ids_of(self, pairs: pd.DataFrame) -> dict[str, pd.Series]:
        """Give the ids of pairs of numbers ``firm`` and ``spot``, on their index."""
        return {name: pd.Series(ids.array.take(pairs[number].to_numpy(), allow_fill=True), index=pairs.index)
                for name, ids, number in (("enterprise_id", self.firm_ids, "firm"),
                                          ("parcel_id", self.spot_ids, "spot"))}  # fmt: skip


def code_occupancy(
    occupancy: pd.DataFrame, parcels: pd.DataFrame, firms: pd.Series | None = None,
    spots: pd.Series | None = None,
) -> CodedOccupancy:  # fmt: skip
    """Number the ids of occupancy, and those of further lists alike.

    Parameters
    ----------
    occupancy : pandas.DataFrame
        ``enterprise_id, parcel_id``; reads ``from_date``, ``to_date`` and ``occupied_area_m2``.
    parcels : pandas.DataFrame
        ``parcel_id`` (once each) and ``area_m2``.
    firms, spots : pandas.Series, optional
        Ids of enterprises and of parcels that are numbered with the rest, into ``others``.

    Raises
    ------
    InputDataError
        If a column is missing, or an id of ``parcels`` stands twice.

    Examples
    --------
    >>> coded = code_occupancy(pd.DataFrame({"enterprise_id": ["E", "F"], "parcel_id": ["P", "Q"]}),
    ...                        pd.DataFrame({"parcel_id": ["Q"], "area_m2": [5.0]}))
    >>> coded.places[coded.spot].tolist()
    [-1, 0]
    """
    require_columns(occupancy, ["enterprise_id", "parcel_id"], "occupancy")
    nobody = pd.Series(dtype="str")
    (listed, firm), firm_ids = numbered(nobody if firms is None else firms, occupancy["enterprise_id"])
    (layer, named, spot), spot_ids = numbered(
        parcels["parcel_id"], nobody if spots is None else spots, occupancy["parcel_id"])
    counts = np.bincount(layer + 1, minlength=1)
    if (counts > 1).any():
        twice = parcels["parcel_id"].iloc[np.flatnonzero(counts[layer + 1] > 1)[0]]
        raise InputDataError(f"parcel_id {twice!r} stands more than once", "parcels", "give one row per id")
    places = np.full(len(spot_ids) + 1, -1)
    places[layer] = np.arange(len(layer))
    places[-1] = -1
    start, end = (dates(occupancy, name).to_numpy() for name in ("from_date", "to_date"))
    again = pd.DataFrame({
        "firm": firm, "spot": spot, "start": start, "end": end,
        "area": numbers(occupancy, "occupied_area_m2").to_numpy(),
    }).duplicated().to_numpy()  # fmt: skip
    return CodedOccupancy(occupancy[~again], firm[~again], spot[~again], start[~again], end[~again], parcels,
                          firm_ids, spot_ids, places, (listed, named))  # fmt: skip


def occupied_pairs(occupancy: CodedOccupancy) -> pd.DataFrame:
    """Measure the land of each enterprise on each parcel, and its share of all the enterprise's land.

    Returns
    -------
    pandas.DataFrame
        One row per enterprise and parcel, in order of first appearance: the numbers ``firm`` and
        ``spot``; ``place``, the position in the layer (-1: not there); ``occupied_m2`` (m²; the
        whole parcel where no area is stated, null where neither is known), ``share`` (of 1) and
        ``is_stated``. Parcels outside the layer stay apart from one another.
    """
    area = numbers(occupancy.parcels, "area_m2").to_numpy()
    area = np.append(np.where(area > 0, area, np.nan), np.nan)
    place = occupancy.places[occupancy.spot]
    own = numbers(occupancy.rows, "occupied_area_m2").to_numpy()
    weight = np.where(own > 0, own, area[place])
    usable = np.flatnonzero(occupancy.firm >= 0)
    key = occupancy.firm[usable].astype("int64") * len(occupancy.places) + occupancy.spot[usable]
    cell, cells = pd.factorize(key)
    first = np.full(len(cells), len(cell))
    np.minimum.at(first, cell, np.arange(len(cell)))
    at = usable[first]
    firm, firms = occupancy.firm[at], len(occupancy.firm_ids)
    occupied = np.bincount(cell, weights=weight[usable], minlength=len(cells))
    silent = np.bincount(cell, weights=~(own[usable] > 0), minlength=len(cells)) > 0
    total = np.bincount(firm, weights=occupied, minlength=firms)
    alone = np.bincount(firm, minlength=firms) == 1
    return pd.DataFrame({
        "firm": firm, "spot": occupancy.spot[at], "place": place[at], "occupied_m2": occupied,
        "share": np.where(alone[firm], 1.0, occupied / total[firm]), "is_stated": ~silent,
    })  # fmt: skip


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
    require_columns(parcels, ["parcel_id", "area_m2"], "parcels")
    coded = code_occupancy(occupancy, parcels)
    pairs = occupied_pairs(coded.at(day(at, "at")))
    return pd.DataFrame({**coded.ids_of(pairs), "occupied_m2": pairs["occupied_m2"],
                         "is_stated": pairs["is_stated"]})  # fmt: skip


def year_end(year: int) -> pd.Timestamp:
    """Give the day on which a year's occupancy is read: its 31 December."""
    return pd.Timestamp(year=year, month=12, day=31)
