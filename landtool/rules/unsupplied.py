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
from landtool.geometry.remainder import area_of, common, counted_once, cover, meeting, solid_parts, without
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
    supplied = land[land["is_supplied"].fillna(False).astype("bool")]
    shapes = _shapes(supplied)
    owner, other, inside = meeting(own, shapes, apart=True)
    taken = cover(shapes, owner, other, len(own))
    left = in_threads(shapely.difference, own, taken)
    width = float(policy.at(at)["topology.sliver_width_m"].value)
    rest = land[~land["is_supplied"].fillna(False).astype("bool")]
    pieces = _with_built(_pieces(rows, left, rest, width, at), buildings, rest)
    given = taken.copy()
    crossed = np.unique(owner[~inside])  # of what lies within, all is the approval's
    given[crossed] = in_threads(shapely.intersection, own[crossed], taken[crossed])
    sums = _per_approval(rows, own, given, pieces, crs)
    recent = dates(supplied, "supplied_date") >= pd.Timestamp(at.year, 1, 1)
    sums["disposed_m2"] = _disposed(own, shapes, owner, other, recent.to_numpy(), crs)
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


def _pieces(
    rows: gpd.GeoDataFrame, left: np.ndarray, rest: gpd.GeoDataFrame, width: float, at: pd.Timestamp
) -> gpd.GeoDataFrame:
    """Cut what is left along the parcels without supply; an overlap of two belongs to the first."""
    crs, lots = rows.crs, counted_once(_shapes(rest))
    whose, lot, inside = meeting(left, lots, apart=True)
    shared = common(left, lots, whose, lot, inside)
    parts, at_part = solid_parts(np.concatenate([shared, without(left, lots, whose, lot)]))
    owner = np.concatenate([whose, np.arange(len(left))])[at_part]
    place = np.concatenate([lot, np.full(len(left), -1)])[at_part]
    order = np.argsort(owner, kind="stable")
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
    rows: gpd.GeoDataFrame, own: np.ndarray, given: np.ndarray, pieces: gpd.GeoDataFrame, crs: object,
) -> pd.DataFrame:  # fmt: skip
    """Sum per approval; the supplied part is measured on its own, not as what is left over."""
    at = positions(pieces["approval_id"], rows["approval_id"])
    area, sliver = pieces["area_m2"].to_numpy(), pieces["is_sliver"].to_numpy()
    built = pieces["is_built_without_supply"].fillna(False).to_numpy(dtype=bool) & ~sliver
    ground = np.where(pieces["parcel_id"].notna(), area, pieces["built_m2"].fillna(0.0))
    age = pieces["age_days"].to_numpy(dtype="float64") / _DAYS_A_YEAR

    def total(where: np.ndarray, weight: np.ndarray = area) -> np.ndarray:
        return np.bincount(at[where], weight[where], minlength=len(rows))

    approved = dates(rows, "approved_date")
    return pd.DataFrame({
        "approval_id": texts(rows, "approval_id"), "approved_date": approved,
        "approval_year": approved.dt.year.astype("Int64"), "kind": texts(rows, "kind"), "approvals": 1,
        "approved_m2": area_of(own, crs), "supplied_m2": area_of(given, crs),
        "unsupplied_m2": total(~sliver), "sliver_m2": total(sliver),
        "built_without_supply_m2": total(built, ground), "age_area": total(~sliver, area * age),
    })  # fmt: skip


def _disposed(
    own: np.ndarray, shapes: np.ndarray, owner: np.ndarray, other: np.ndarray, recent: np.ndarray,
    crs: object,
) -> np.ndarray:  # fmt: skip
    """Measure what parcels supplied this year, and no earlier ones, took from the stock of each approval."""
    new, old = shapes[recent], shapes[~recent]
    fresh = without(new, old, *meeting(new, old)[:2])
    pairs, place = recent[other], np.cumsum(recent) - 1
    changed, whose = np.unique(owner[pairs], return_inverse=True)
    disposed = np.zeros(len(own))
    taken = cover(fresh, whose, place[other[pairs]], len(changed))
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
