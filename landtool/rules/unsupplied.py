"""Approved but unsupplied land (批而未供): approvals minus supplied parcels, by geometry.

Land that was built on without supply is named, and still counts as unsupplied where the policy says so.
Overlapping approvals count once, for the earliest. Pieces below the sliver width are kept apart, never
dropped: approved land is the supplied part plus the unsupplied pieces plus the slivers.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.columns import booleans, dates, day, numbers, positions, require_columns, texts
from landtool.crs import require_metric
from landtool.geometry.pairs import in_threads
from landtool.geometry.remainder import (
    area_of,
    common,
    counted_once,
    cover,
    cover_and_apart,
    meeting,
    same_area,
    solid_parts,
    without,
)
from landtool.policy import Policy
from landtool.rules.dated import in_force_or_next
from landtool.rules.unsupplied_findings import unsupplied_findings

PIECE_COLUMNS = [
    "piece_id", "approval_id", "approved_date", "approval_year", "kind", "parcel_id", "area_m2", "is_sliver",
    "is_built_without_supply", "built_basis", "built_m2", "age_days", "geometry",
]  # fmt: skip
YEAR_COLUMNS = [
    "approval_year", "approvals", "approved_m2", "supplied_m2", "unsupplied_m2", "sliver_m2",
    "built_without_supply_m2", "age_years", "stock_at_start_m2", "disposed_m2", "disposal_rate",
]  # fmt: skip
_SUMS = YEAR_COLUMNS[2:7]
_DAYS_A_YEAR = 365.2425
_KEY = "unsupplied.built_without_supply"
# A footprint that only touches a piece along a wall is none of its buildings.
_LEAST_BUILT_M2 = 1.0


@dataclass(frozen=True)
class UnsuppliedResult:
    """Unsupplied pieces, sums by approval and by year, findings.

    Attributes
    ----------
    pieces : geopandas.GeoDataFrame
        :data:`PIECE_COLUMNS`, one row per connected piece, cut along the parcels without supply
        (``parcel_id``; null between parcels), slivers included. ``area_m2`` and
        ``built_m2`` (ground under footprints) are ellipsoidal; ``is_built_without_supply`` is null
        where neither buildings nor parcels could tell; ``built_basis``: ``buildings``, ``parcels``
        (a parcel without supply that is in production or has floor area), or both. Of a parcel all
        counts as built on, between parcels the ground under footprints.
    approvals : pandas.DataFrame
        Per approval the sums of :data:`YEAR_COLUMNS`.
    years : pandas.DataFrame
        :data:`YEAR_COLUMNS`, one row per approval year and a last one, ``approval_year`` null, for
        all. ``age_years``: mean age of the unsupplied land, weighted by area. ``disposed_m2``: supplied
        in the calendar year of ``as_of``; ``disposal_rate`` = disposed ÷ stock on 1 January of that
        year; null where there was no stock.
    findings : pandas.DataFrame
        Per approval: what is unsupplied, and what of it is built on.
    unknown_parcels : int
        Parcels of which it is not known whether they were supplied; they count as not supplied.
    """

    pieces: gpd.GeoDataFrame
    approvals: pd.DataFrame
    years: pd.DataFrame
    findings: pd.DataFrame
    unknown_parcels: int


def find_unsupplied(
    approvals: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame | None,
    policy: Policy,
    as_of: dt.date | pd.Timestamp | str,
) -> UnsuppliedResult:
    """Take the supplied parcels out of the approved land.

    Parameters
    ----------
    approvals : geopandas.GeoDataFrame
        ``approval_id, approved_date``; reads ``kind``. Approvals after ``as_of`` do not count.
    parcels : geopandas.GeoDataFrame
        ``is_supplied`` (three-valued); reads ``supplied_date`` (first signature; null: not known,
        taken as before this year), ``in_production, floor_area_m2``.
    buildings : geopandas.GeoDataFrame or None
        Footprints.
    policy : Policy
        Uses ``topology.sliver_width_m, unsupplied.built_without_supply``.
    as_of : date
        The day.

    Raises
    ------
    CrsError
        If the layers are not on a metric plane.
    InputDataError
        If a needed column is missing.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> box = lambda west, east: shapely.box(5e5 + west, 3.27e6, 5e5 + east, 3.27e6 + 100)
    >>> approved = gpd.GeoDataFrame({"approval_id": ["A"], "approved_date": pd.to_datetime(["2020-03-01"])},
    ...                             geometry=[box(0, 100)], crs="EPSG:4545")
    >>> parcels = gpd.GeoDataFrame({"is_supplied": [True]}, geometry=[box(0, 60)], crs="EPSG:4545")
    >>> found = find_unsupplied(approved, parcels, None, load_policy("national"), "2025-12-31")
    >>> found.pieces[["approval_id", "approval_year"]].to_numpy().tolist(), found.pieces["area_m2"].round().tolist()
    ([['A', 2020]], [4000.0])
    """
    require_columns(approvals, ["approval_id", "approved_date"], "approvals")
    require_columns(parcels, ["is_supplied"], "parcels")
    crs, at = require_metric(approvals.crs, "unsupplied land"), day(as_of)
    known = approvals.geometry.notna() & (dates(approvals, "approved_date") <= at)
    rows = approvals[known].sort_values(["approved_date", "approval_id"], kind="stable", ignore_index=True)
    own = counted_once(_shapes(rows))
    land = parcels[parcels.geometry.notna()]
    is_supplied = booleans(land, "is_supplied").fillna(False).to_numpy(dtype=bool)
    supplied, rest = land[is_supplied], land[~is_supplied]
    found = _divide(own, _shapes(supplied), counted_once(_shapes(rest)))
    width = float(policy.at(at)["topology.sliver_width_m"].value)
    pieces = _with_built(_pieces(rows, found, rest, width, at), buildings, rest)
    sums = _per_approval(rows, own, found, pieces, crs)
    recent = dates(supplied, "supplied_date") >= pd.Timestamp(at.year, 1, 1)
    sums["disposed_m2"] = _disposed(own, found, recent.to_numpy(), crs)
    rule, _ = in_force_or_next(policy, _KEY, at.date())
    if rule is not None and rule.value == "supplied":
        sums = _as_supplied(sums)
    sums["stock_at_start_m2"] = (sums["unsupplied_m2"] + sums["disposed_m2"]).where(
        sums["approved_date"] < pd.Timestamp(at.year, 1, 1), 0.0)
    clause = "" if rule is None else rule.clause
    return UnsuppliedResult(pieces, sums, _years(sums, at), unsupplied_findings(sums, clause, at),
                            int(land["is_supplied"].isna().sum()))


def _shapes(frame: gpd.GeoDataFrame) -> np.ndarray:
    return np.asarray(frame.geometry.array, dtype=object)


@dataclass(frozen=True)
class _Divided:
    """Approved land by what lies on it.

    Attributes
    ----------
    supplied : numpy.ndarray
        The supplied parcels.
    owner, other : numpy.ndarray
        Positions of approval and supplied parcel that share ground.
    apart : numpy.ndarray
        bool per approval: no two parcels on it share ground.
    taken : numpy.ndarray
        What all parcels, supplied or not, cover of each approval.
    bare : numpy.ndarray
        What no parcel covers of it.
    lot_owner, lot : numpy.ndarray
        Positions of approval and parcel without supply that share ground which no supplied parcel covers.
    lots : numpy.ndarray
        That ground.
    """

    supplied: np.ndarray
    owner: np.ndarray
    other: np.ndarray
    apart: np.ndarray
    taken: np.ndarray
    bare: np.ndarray
    lot_owner: np.ndarray
    lot: np.ndarray
    lots: np.ndarray


def _divide(own: np.ndarray, supplied: np.ndarray, lots: np.ndarray) -> _Divided:
    """Take all parcels out of each approval at once; where two share ground, it is the supplied one's."""
    parcels = np.concatenate([supplied, lots])
    owner, other, inside = meeting(own, parcels, apart=True)
    taken, apart = cover_and_apart(parcels, owner, other, len(own))
    bare = in_threads(shapely.difference, own, taken)
    crossed = np.unique(owner[~inside])  # of what lies within, all is the approval's
    taken[crossed] = in_threads(shapely.intersection, own[crossed], taken[crossed])
    is_lot = other >= len(supplied)
    whose, lot = owner[is_lot], other[is_lot] - len(supplied)
    pieces = common(own, lots, whose, lot, inside[is_lot])
    shared = np.flatnonzero(~apart[whose])
    pieces[shared] = _less(pieces[shared], supplied)
    return _Divided(supplied, owner[~is_lot], other[~is_lot], apart, taken, bare, whose, lot, pieces)


def _less(shapes: np.ndarray, others: np.ndarray) -> np.ndarray:
    return without(shapes, others, *meeting(shapes, others)[:2]) if len(shapes) else shapes


def _pieces(
    rows: gpd.GeoDataFrame, found: _Divided, rest: gpd.GeoDataFrame, width: float, at: pd.Timestamp
) -> gpd.GeoDataFrame:
    """Tell apart what is left along the parcels without supply; an overlap of two belongs to the first."""
    crs, count = rows.crs, len(rows)
    parts, at_part = solid_parts(np.concatenate([found.lots, found.bare]))
    owner = np.concatenate([found.lot_owner, np.arange(count)])[at_part]
    place = np.concatenate([found.lot, np.full(count, -1)])[at_part]
    # In the order of the parcels, what none covers first: numbers of pieces do not hang on the order of an index.
    order = np.lexsort((place, owner))
    shapes, owner, place = parts[order], owner[order], place[order]
    thin = 2.0 * shapely.area(shapes) < width * shapely.length(shapes)
    approved = dates(rows, "approved_date").take(owner).reset_index(drop=True)
    ids = texts(rows, "approval_id").take(owner).reset_index(drop=True)
    number = ids.groupby(ids).cumcount() + 1
    return gpd.GeoDataFrame({
        "piece_id": ids + "#" + number.astype("str"), "approval_id": ids, "approved_date": approved,
        "approval_year": approved.dt.year.astype("Int64"),
        "kind": texts(rows, "kind").take(owner).reset_index(drop=True),
        "parcel_id": texts(rest, "parcel_id").array.take(place, allow_fill=True),
        "area_m2": area_of(shapes, crs), "is_sliver": thin, "age_days": (at - approved).dt.days,
    }, geometry=shapes, crs=crs)  # fmt: skip


def _with_built(
    pieces: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None, rest: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Say which pieces are built on: by footprints, or by parcels without supply that are in use."""
    shapes, count = _shapes(pieces), len(pieces)
    built = np.full(count, np.nan)
    if buildings is not None:
        feet = _shapes(buildings[buildings.geometry.notna()])
        owner, other, _ = meeting(shapes, feet, apart=True)
        some = np.unique(owner)
        under = cover(feet, np.searchsorted(some, owner), other, len(some))
        built = np.zeros(count)
        built[some] = area_of(in_threads(shapely.intersection, shapes[some], under), pieces.crs)
    using = booleans(rest, "in_production").fillna(False).astype("bool") | (numbers(rest, "floor_area_m2") > 0)
    used = np.zeros(count, dtype=bool)
    used[meeting(shapes, _shapes(rest[using]), apart=True)[0]] = True
    footed = built >= _LEAST_BUILT_M2
    told = ~np.isnan(built) | used
    basis = np.select([footed & used, footed, used], [2, 0, 1], -1)
    words = pd.array(["buildings", "parcels", "buildings, parcels"], dtype="str")
    return pieces.assign(
        is_built_without_supply=pd.arrays.BooleanArray(footed | used, ~told), built_m2=built,
        built_basis=words.take(basis, allow_fill=True))[PIECE_COLUMNS]  # fmt: skip


def _per_approval(
    rows: gpd.GeoDataFrame, own: np.ndarray, found: _Divided, pieces: gpd.GeoDataFrame, crs: object,
) -> pd.DataFrame:  # fmt: skip
    """Sum per approval."""
    at = positions(pieces["approval_id"], rows["approval_id"])
    area, sliver = pieces["area_m2"].to_numpy(), pieces["is_sliver"].to_numpy()
    built = pieces["is_built_without_supply"].fillna(False).to_numpy(dtype=bool) & ~sliver
    ground = np.where(pieces["parcel_id"].notna(), area, pieces["built_m2"].fillna(0.0))
    age = pieces["age_days"].to_numpy(dtype="float64") / _DAYS_A_YEAR

    def total(where: np.ndarray, weight: np.ndarray = area) -> np.ndarray:
        return np.bincount(at[where], weight[where], minlength=len(rows))

    approved, approved_m2 = dates(rows, "approved_date"), area_of(own, crs)
    supplied = _supplied(own, found, approved_m2, np.bincount(at, area, minlength=len(rows)), crs)
    return pd.DataFrame({
        "approval_id": texts(rows, "approval_id"), "approved_date": approved,
        "approval_year": approved.dt.year.astype("Int64"), "kind": texts(rows, "kind"), "approvals": 1,
        "approved_m2": approved_m2, "supplied_m2": supplied,
        "unsupplied_m2": total(~sliver), "sliver_m2": total(sliver),
        "built_without_supply_m2": total(built, ground), "age_area": total(~sliver, area * age),
    })  # fmt: skip


def _supplied(
    own: np.ndarray, found: _Divided, approved_m2: np.ndarray, left_m2: np.ndarray, crs: object
) -> np.ndarray:
    """What supplied parcels cover: the rest, where what was cut out is seen to add up; else measured on its own."""
    supplied = approved_m2 - left_m2
    doubtful = np.flatnonzero(~same_area(shapely.area(found.taken) + shapely.area(found.bare), shapely.area(own)))
    on = np.isin(found.lot_owner, doubtful)
    lots = np.bincount(found.lot_owner[on], area_of(found.lots[on], crs), minlength=len(own))
    supplied[doubtful] = area_of(found.taken[doubtful], crs) - lots[doubtful]
    has_some = np.bincount(found.owner, minlength=len(own)) > 0
    return np.where(has_some, np.maximum(supplied, 0.0), 0.0)


def _disposed(own: np.ndarray, found: _Divided, recent: np.ndarray, crs: object) -> np.ndarray:
    """Measure what parcels supplied this year, and no earlier ones, took from the stock of each approval."""
    pairs = recent[found.other]
    changed, whose = np.unique(found.owner[pairs], return_inverse=True)
    fresh = found.supplied[found.other[pairs]]
    # Where parcels share ground, an earlier one may have taken it before.
    shared = np.flatnonzero(~found.apart[changed[whose]])
    fresh[shared] = _less(fresh[shared], found.supplied[~recent])
    disposed = np.zeros(len(own))
    taken = cover(fresh, whose, np.arange(len(fresh)), len(changed))
    disposed[changed] = area_of(in_threads(shapely.intersection, own[changed], taken), crs)
    return disposed


def _as_supplied(sums: pd.DataFrame) -> pd.DataFrame:
    """Move the land built on without supply to the supplied land, as a policy may have it."""
    built = sums["built_without_supply_m2"]
    return sums.assign(supplied_m2=sums["supplied_m2"] + built, unsupplied_m2=sums["unsupplied_m2"] - built)


def _years(sums: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    """Sum by approval year, and in a last row over all: rates are ratios of sums."""
    columns = ["approvals", *_SUMS, "age_area", "stock_at_start_m2", "disposed_m2"]
    by_year = sums.groupby("approval_year")[columns].sum().reset_index()
    whole = sums[columns].sum().to_frame().T.assign(approval_year=pd.NA)
    table = pd.concat([by_year, whole.astype({"approval_year": "Int64"})], ignore_index=True)
    stock, rest = table["stock_at_start_m2"], table["unsupplied_m2"]
    return table.assign(
        approvals=table["approvals"].astype("int64"), age_years=table["age_area"] / rest.where(rest > 0),
        disposal_rate=(table["disposed_m2"] / stock.where(stock > 0)).where(
            ~(table["approval_year"] >= at.year).fillna(False)))[YEAR_COLUMNS]
