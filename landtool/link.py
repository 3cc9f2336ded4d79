"""Contract to parcel, enterprise to parcel: which rows of two layers speak of the same land.

A contract is linked by ``parcel_id``, else by its supervision number in the parcel table, else not
at all: it is still assessed by its dates. Enterprises stand on parcels through ``occupancy``: see
:mod:`landtool.spread`, whose functions can be had from here too. What cannot be linked is reported.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool.columns import among, dates, day, require_columns, texts
from landtool.occupied import year_end
from landtool.schema.problems import concat_problems, no_problems
from landtool.spread import MEASURES, Spread, notes, spread_to_parcels
from landtool.year_figures import parcel_operations

__all__ = [
    "MEASURES", "Linked", "Spread", "link_contracts", "parcel_operations", "spread_to_parcels",
    "year_end",
]  # fmt: skip


@dataclass(frozen=True)
class Linked:
    """Contracts with the parcels they stand on.

    Attributes
    ----------
    contracts : pandas.DataFrame
        The contracts on their index, with ``parcel_id`` resolved (null: unlinked), ``link_basis``
        (``parcel_id``, ``supervision_number``, ``unlinked``) and ``standing`` at ``as_of``:
        ``in_force`` (the one that counts), ``superseded``, ``expired``, ``not_yet_signed``.
    in_force : pandas.DataFrame
        ``parcel_id, contract_id, standing, contract_row``: per parcel the contract that it is
        judged by, one row per parcel: the one in force, else the one that expired last.
        ``contract_row`` is its position in ``contracts``. Parcels without either are not listed.
    problems : pandas.DataFrame
        Notes; see :mod:`landtool.schema.problems`.
    """

    contracts: pd.DataFrame
    in_force: pd.DataFrame
    problems: pd.DataFrame


def link_contracts(
    contracts: pd.DataFrame, parcels: pd.DataFrame | None, as_of: dt.date | pd.Timestamp | str
) -> Linked:
    """Link contracts to parcels and say which contract counts on each parcel.

    Many contracts may stand on one parcel in time. The one in force at the end of ``as_of`` counts:
    signed on or before that day (an empty signing date counts as signed, before all others) and
    with its last day not before it (no expiry date: in force). Several in force: the latest
    signed, then the lowest ``contract_id``.

    Parameters
    ----------
    contracts : pandas.DataFrame
        Needs ``contract_id``; reads ``parcel_id``, ``signed_date``, ``expiry_date``.
    parcels : pandas.DataFrame or None
        Needs ``parcel_id``; a column ``contract_id`` (supervision number) serves as second way.
        None: there is no parcel layer, and every ``parcel_id`` given is taken at its word.
    as_of : date
        The day the assessment speaks of.

    Raises
    ------
    InputDataError
        If a needed column is missing or ``as_of`` is no date.

    Examples
    --------
    >>> contracts = pd.DataFrame({
    ...     "contract_id": ["C1", "C2"], "parcel_id": ["P1", "P1"],
    ...     "signed_date": pd.to_datetime(["2015-01-01", "2020-01-01"])})
    >>> linked = link_contracts(contracts, pd.DataFrame({"parcel_id": ["P1"]}), "2025-12-31")
    >>> linked.contracts[["link_basis", "standing"]].to_numpy().tolist()
    [['parcel_id', 'superseded'], ['parcel_id', 'in_force']]
    """
    require_columns(contracts, ["contract_id"], "contracts")
    at = day(as_of)
    given = texts(contracts, "parcel_id")
    pairs = _contract_pairs(contracts, given, parcels)
    dated = _standing_by_date(contracts, at)
    counting = _counting(contracts, pairs, dated)
    standing = _final_standing(dated, pairs["row"].to_numpy(), counting["row"].to_numpy())
    first = pairs.drop_duplicates("row")
    at_row = np.full(len(contracts), -1)
    at_row[first["row"]] = np.arange(len(first))
    basis = np.append(first["basis"].to_numpy(), "unlinked")[at_row]
    linked = contracts.assign(
        parcel_id=pd.Series(first["parcel_id"].array.take(at_row, allow_fill=True),
                            index=contracts.index, dtype="str"),
        link_basis=pd.Series(basis, index=contracts.index, dtype="str"),
        standing=pd.Series(standing, index=contracts.index, dtype="str"),
    )  # fmt: skip
    problems = no_problems() if parcels is None else _link_problems(linked, given, pairs)
    rows = counting["row"].to_numpy()
    in_force = pd.DataFrame({
        "parcel_id": counting["parcel_id"].array,
        "contract_id": contracts["contract_id"].array.take(rows),
        "standing": dated[rows].astype(object), "contract_row": rows,
    }).astype({"standing": "str"})  # fmt: skip
    return Linked(linked, in_force, problems)



def _contract_pairs(
    contracts: pd.DataFrame, given: pd.Series, parcels: pd.DataFrame | None
) -> pd.DataFrame:
    """Row position of a contract, its parcel (or several), and the way it was found."""
    rows = np.arange(len(contracts))
    if parcels is None:
        known = given.notna().to_numpy()
    else:
        require_columns(parcels, ["parcel_id"], "parcels")
        known = among(given, parcels["parcel_id"]).to_numpy()
    by_id = pd.DataFrame(
        {"row": rows[known], "parcel_id": given.to_numpy()[known], "basis": "parcel_id"}
    )
    if parcels is None or "contract_id" not in parcels.columns or known.all():
        return by_id
    open_rows = pd.DataFrame(
        {"row": rows[~known], "contract_id": contracts["contract_id"].to_numpy()[~known]}
    )
    inside = parcels[["contract_id", "parcel_id"]].dropna().drop_duplicates()
    found = open_rows.dropna().merge(inside, on="contract_id").assign(basis="supervision_number")
    found = found.sort_values(["row", "parcel_id"], kind="stable")
    return pd.concat([by_id, found[["row", "parcel_id", "basis"]]], ignore_index=True)


def _standing_by_date(contracts: pd.DataFrame, at: pd.Timestamp) -> np.ndarray:
    signed, expiry = dates(contracts, "signed_date"), dates(contracts, "expiry_date")
    return np.select([signed > at, expiry < at], ["not_yet_signed", "expired"], "in_force")


def _counting(
    contracts: pd.DataFrame, pairs: pd.DataFrame, dated: np.ndarray
) -> pd.DataFrame:
    """One pair per parcel: the latest signed of those in force, else the last to have expired."""
    past = pairs[dated[pairs["row"]] != "not_yet_signed"]
    rows = past["row"].to_numpy()
    live = dated[rows] == "in_force"
    ended = dates(contracts, "expiry_date").to_numpy()[rows]
    keys = pd.DataFrame({
        "parcel": pd.factorize(past["parcel_id"])[0], "past": ~live,
        "ended": _latest_first(np.where(live, np.datetime64("NaT"), ended)),
        "signed": _latest_first(dates(contracts, "signed_date").to_numpy()[rows]),
    })  # fmt: skip
    tied = keys.duplicated(keep=False).to_numpy()
    ids = contracts["contract_id"].to_numpy()[rows]
    rank = np.zeros(len(rows), dtype="int64")
    rank[tied] = pd.factorize(ids[tied], sort=True)[0]
    order = np.lexsort((rank, keys["signed"], keys["ended"], keys["past"], keys["parcel"]))
    parcel = keys["parcel"].to_numpy()[order]
    return past.iloc[order[np.append(True, parcel[1:] != parcel[:-1])[: len(order)]]]


def _latest_first(days: np.ndarray) -> np.ndarray:
    """Give keys that sort the latest day first and an unknown day last."""
    count = days.astype("datetime64[s]").astype("int64")
    return np.where(np.isnat(days), np.iinfo("int64").max, -count)


def _final_standing(dated: np.ndarray, linked: np.ndarray, counting: np.ndarray) -> np.ndarray:
    superseded = np.zeros(len(dated), dtype=bool)
    superseded[linked] = True
    superseded[counting] = False
    superseded &= dated == "in_force"
    return np.where(superseded, "superseded", dated)


def _link_problems(out: pd.DataFrame, given: pd.Series, pairs: pd.DataFrame) -> pd.DataFrame:
    missed = given.notna() & (out["link_basis"] != "parcel_id")
    unlinked = (out["link_basis"] == "unlinked") & given.isna()
    count = np.bincount(pairs["row"].to_numpy(), minlength=len(out))
    many = pd.Series(count > 1, index=out.index)
    return concat_problems([
        notes(out[missed], "contracts", "contract_parcel_unknown", "contract_id", "parcel_id",
               given[missed]),
        notes(out[unlinked], "contracts", "contract_unlinked", "contract_id", "parcel_id"),
        notes(out[many], "contracts", "contract_on_many_parcels", "contract_id", "parcel_id",
               out.loc[many, "parcel_id"], detail=count[many.to_numpy()].astype(str)),
    ])  # fmt: skip
