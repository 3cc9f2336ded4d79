"""Approved but unsupplied land in one assessment: what the layers give the rule, and where pieces lie."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from landtool.columns import booleans, dates, numbered, texts
from landtool.geometry.assign import zone_of_points
from landtool.indicators.buildings import Built
from landtool.link import Linked
from landtool.rules.unsupplied import UnsuppliedResult, find_unsupplied
from landtool.workspace import Workspace

# Later than every signature.
_NEVER = np.datetime64("9999-12-31", "us")
# What the rule reads of a parcel: rows are taken several times, and a parcel has sixty columns.
_READ = ["parcel_id", "is_supplied", "in_production", "floor_area_m2"]


def measure_unsupplied(
    workspace: Workspace, land: pd.DataFrame | None, linked: Linked | None, built: Built | None = None
) -> UnsuppliedResult | None:
    """Find the unsupplied land; None without approvals, without parcels, or where no supply is known.

    Parameters
    ----------
    workspace : Workspace
        Gives approvals, buildings, zones, policy and day.
    land : pandas.DataFrame or None
        Rows of the layer ``parcels`` with ``is_supplied`` and ``in_production``.
    linked : Linked or None
        Contracts: the first signature on a parcel is the day of its supply.
    built : Built or None
        Where the buildings stand, positions as in the layers, if that was measured before.
    """
    layers = workspace.layers
    drawn = layers.parcels
    if layers.approvals is None or land is None or not isinstance(drawn, gpd.GeoDataFrame):
        return None
    if land["is_supplied"].isna().all():
        return None
    facts = land[[name for name in _READ if name in land]].assign(supplied_date=_first_signed(land, linked))
    parcels = gpd.GeoDataFrame(facts, geometry=drawn.geometry)
    buildings = _beside_supplied(layers.buildings, land, built)
    found = find_unsupplied(layers.approvals, parcels, buildings, workspace.policy, workspace.as_of)
    points = found.pieces.representative_point()
    zones = {key: zone_of_points(points, layer, key).astype("str")
             for key, layer in (("park_id", layers.parks), ("district_code", layers.districts))
             if isinstance(layer, gpd.GeoDataFrame) and layer.crs == points.crs}  # fmt: skip
    return replace(found, pieces=found.pieces.assign(**zones))


def _beside_supplied(
    buildings: gpd.GeoDataFrame | None, land: pd.DataFrame, built: Built | None
) -> gpd.GeoDataFrame | None:
    """Leave out the buildings that stand wholly on a supplied parcel: on none of the unsupplied land."""
    if buildings is None or built is None:
        return buildings
    supplied = booleans(land, "is_supplied").fillna(False).to_numpy(dtype=bool)
    beside = np.ones(len(buildings), dtype=bool)
    beside[built.within_building[supplied[built.within_parcel]]] = False
    return buildings[beside]


def _first_signed(land: pd.DataFrame, linked: Linked | None) -> pd.Series:
    if linked is None:
        return pd.Series(pd.NaT, index=land.index, dtype="datetime64[us]")
    signed = dates(linked.contracts, "signed_date").to_numpy(dtype="datetime64[us]")
    (lot, on), _ = numbered(land["parcel_id"], texts(linked.contracts, "parcel_id"))
    known = (on >= 0) & ~np.isnat(signed)
    first = np.full(max(lot.max(initial=-1), on.max(initial=-1)) + 1, _NEVER)
    np.minimum.at(first, on[known], signed[known])
    found = np.append(first, _NEVER)[lot]
    return pd.Series(np.where(found == _NEVER, np.datetime64("NaT"), found), index=land.index)
