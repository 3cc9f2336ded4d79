"""Layers against one another: codes, zones, areas, references; what disagrees is reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from landtool.codes import Classification, load_classification, shipped_classifications
from landtool.columns import among, texts
from landtool.geometry.assign import disagreement, largest_overlap, split
from landtool.indicators.land import area_differences, is_industrial, is_storage
from landtool.policy import Policy
from landtool.schema.problems import concat_problems, make_problems

# Tried in this order for a parcel layer that names no classification; the first that knows all codes.
_SYSTEMS = ("tdlb-2019", "gbt21010-2017", "yhfl-2023", "gb50137-2011", "land-market")


def cross_check(
    layers: Any, policy: Policy, declared: Mapping[str, Classification] | None = None
) -> tuple[Any, pd.DataFrame]:
    """Fill what one layer says of another, and report where two of them disagree.

    Parcels gain ``is_industrial``, ``is_storage``, and ``park_id`` and ``district_code`` where the attribute is
    empty; contracts the former two. A given attribute is kept; that the geometry disagrees
    is a problem of scope ``note``.

    Parameters
    ----------
    layers : Layers
        Of the workspace; not changed.
    policy : Policy
        Uses ``assign.split_share`` and ``area.difference_share_max``.
    declared : mapping, optional
        By layer (``parcels``, ``contracts``): the classification of the rows that name none.

    Returns
    -------
    tuple
        The filled layers and the problems.
    """
    found: list[pd.DataFrame] = []
    given = declared or {}
    parcels, contracts = layers.parcels, layers.contracts
    if parcels is not None:
        parcels, unknown = _classified(parcels, "parcels", "parcel_id", given.get("parcels"))
        found.append(unknown)
        share = float(policy["assign.split_share"].value)
        for zones, key, kind in ((layers.parks, "park_id", "park"),
                                 (layers.districts, "district_code", "district")):  # fmt: skip
            if _is_drawn(zones) and _is_drawn(parcels):
                parcels, doubts = _assigned(parcels, zones, key, kind, share)
                found.append(doubts)
        found.append(_area_gaps(parcels, float(policy["area.difference_share_max"].value)))
    if contracts is not None:
        contracts, unknown = _classified(contracts, "contracts", "contract_id",
                                         given.get("contracts"))
        found.append(unknown)
    parks = layers.parks
    if _is_drawn(parks) and _is_drawn(layers.districts):
        parks, doubts = _assigned(parks, layers.districts, "district_code", "district",
                                  float(policy["assign.split_share"].value), "parks", "park_id")
        found.append(doubts)
    for name in ("government_causes", "commitments"):
        found.append(_dangling(getattr(layers, name), name, contracts))
    return replace(layers, parcels=parcels, contracts=contracts, parks=parks), concat_problems(found)


def _is_drawn(frame: pd.DataFrame | None) -> bool:
    """Whether some row has a place: a layer may be absent, a plain table, or without coordinates."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        return False
    return bool((frame.geometry.notna() & ~frame.geometry.is_empty).any())


def _classified(
    frame: pd.DataFrame, layer: str, key: str, declared: Classification | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add ``is_industrial``; codes that no system knows stay null and are reported.

    The row's own classification goes first, then the declared one, then the best shipped one.
    """
    if "land_use_code" not in frame:
        blank = pd.Series(pd.NA, index=frame.index, dtype="boolean")
        return frame.assign(is_industrial=blank, is_storage=blank), concat_problems([])
    codes = texts(frame, "land_use_code")
    named = texts(frame, "classification")
    shipped = named.isin(shipped_classifications())
    groups = [(named == name, load_classification(name)) for name in named[shipped].unique()]
    if declared is not None:
        own = named == declared.name
        groups = [(own, declared), *[(rows & ~own, system) for rows, system in groups]]
        shipped |= own
    rest = named.isna() & codes.notna()
    assumed = concat_problems([])
    if rest.any():
        system = declared or best_system(codes[rest])
        groups.append((rest, system))
        if declared is None:
            assumed = make_problems(layer=layer, kind="classification_assumed", scope="note",
                                    source=_source(frame[rest]).iloc[:1], source_row=pd.NA,
                                    field="land_use_code", value=system.name,
                                    detail=str(int(rest.sum())))
    flags = pd.Series(pd.NA, index=frame.index, dtype="boolean")
    stores = flags.copy()
    known = pd.Series(False, index=frame.index)
    for rows, system in groups:
        part = frame[rows]
        flags[rows] = is_industrial(part, system)
        stores[rows] = is_storage(part, system)
        known[rows] = ~among(codes[rows], system.unknown(codes[rows].dropna()).index)
    stray = named.notna() & ~shipped
    return frame.assign(is_industrial=flags, is_storage=stores), concat_problems([
        assumed,
        _cells(frame, codes.notna() & ~known & ~stray, layer, key, "code_unknown", "land_use_code"),
        _cells(frame, stray, layer, key, "classification_unknown", "classification"),
    ])  # fmt: skip


def _cells(
    frame: pd.DataFrame, bad: pd.Series, layer: str, key: str, kind: str, field: str
) -> pd.DataFrame:
    """Cells that say nothing landtool can use, as problems of scope ``field``."""
    if not bad.any():
        return concat_problems([])
    where = frame[bad]
    return make_problems(layer=layer, kind=kind, scope="field", source=_source(where),
                         source_row=where["source_row"], subject_id=where[key], field=field,
                         value=where[field])


def best_system(codes: pd.Series) -> Classification:
    """The shipped classification that knows most of the codes; the earlier one where two tie.

    Examples
    --------
    >>> best_system(pd.Series(["M1", "W2", "M1"])).name
    'gb50137-2011'
    """
    counts = codes.dropna().value_counts()
    best, fewest = load_classification(_SYSTEMS[0]), len(codes) + 1
    for name in _SYSTEMS:
        system = load_classification(name)
        missed = int(counts[counts.index.isin(system.unknown(codes.dropna()).index)].sum())
        if missed < fewest:
            best, fewest = system, missed
    return best


def _assigned(
    frame: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, key: str, kind: str, split_share: float,
    layer: str = "parcels", own: str = "parcel_id",
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:  # fmt: skip
    """Attribute if given, else the zone of largest overlap; disagreement and division reported."""
    place = largest_overlap(frame, zones, key)
    given = texts(frame, key)
    by_geometry = place["zone_id"].astype("str")
    differs = frame.index.isin(disagreement(given, by_geometry).index)
    unknown_zone = given.notna() & ~among(given, zones[key]) & ~differs
    divided = split(place, split_share).fillna(False).astype("bool")
    problems = [
        _note(frame, differs, layer, own, f"{kind}_disagrees", key, given, by_geometry),
        _note(frame, unknown_zone, layer, own, f"{kind}_unknown", key, given, by_geometry),
        _note(frame, divided, layer, own, f"{kind}_split", key, by_geometry,
              place["second_id"].astype("str")),
    ]
    return frame.assign(**{key: given.fillna(by_geometry)}), concat_problems(problems)


def _source(frame: pd.DataFrame) -> pd.Series:
    return frame["source_file"] if "source_file" in frame else frame["source"]


def _note(
    frame: pd.DataFrame, rows: Any, layer: str, own: str, kind: str, field: str,
    value: pd.Series, detail: pd.Series,
) -> pd.DataFrame:  # fmt: skip
    if not rows.any():
        return concat_problems([])
    part = frame[rows]
    return make_problems(layer=layer, kind=kind, scope="note", source=_source(part),
                         source_row=part["source_row"], subject_id=part[own], field=field,
                         value=value[rows].fillna(""), detail=detail[rows].fillna("–"))


def _area_gaps(parcels: pd.DataFrame, allowed: float) -> pd.DataFrame:
    """Parcels whose areas of geometry, contract and certificate lie further apart than allowed."""
    shares = area_differences(parcels)["area_difference_share"]
    wide = shares > allowed
    percent = (shares[wide] * 100).round(1).astype("str").reindex(shares.index) + " %"
    return _note(parcels, wide, "parcels", "parcel_id", "area_difference", "area_m2", percent,
                 percent)


def _dangling(
    frame: pd.DataFrame | None, layer: str, contracts: pd.DataFrame | None
) -> pd.DataFrame:
    """Rows that speak of a contract the contracts layer does not hold."""
    if frame is None or "contract_id" not in frame:
        return concat_problems([])
    known = pd.Index([], dtype="str") if contracts is None else contracts["contract_id"]
    ids = texts(frame, "contract_id")
    lost = ids.notna() & ~among(ids, known)
    return _note(frame, lost, layer, "contract_id", "reference_unknown", "contract_id", ids, ids)
