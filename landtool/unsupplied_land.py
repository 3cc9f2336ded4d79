"""Approved but unsupplied land in one assessment: what the layers give the rule, and where pieces lie."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd

from landtool.columns import dates, texts
from landtool.geometry.assign import zone_of_points
from landtool.link import Linked
from landtool.rules.unsupplied import UnsuppliedResult, find_unsupplied
from landtool.workspace import Workspace


def measure_unsupplied(
    workspace: Workspace, land: pd.DataFrame | None, linked: Linked | None
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
    """
    layers = workspace.layers
    drawn = layers.parcels
    if layers.approvals is None or land is None or not isinstance(drawn, gpd.GeoDataFrame):
        return None
    if land["is_supplied"].isna().all():
        return None
    parcels = gpd.GeoDataFrame(land.assign(supplied_date=_first_signed(land, linked)),
                               geometry=drawn.geometry)  # fmt: skip
    found = find_unsupplied(layers.approvals, parcels, layers.buildings, workspace.policy, workspace.as_of)
    points = found.pieces.representative_point()
    zones = {key: zone_of_points(points, layer, key).astype("str")
             for key, layer in (("park_id", layers.parks), ("district_code", layers.districts))
             if isinstance(layer, gpd.GeoDataFrame) and layer.crs == points.crs}  # fmt: skip
    return replace(found, pieces=found.pieces.assign(**zones))


def _first_signed(land: pd.DataFrame, linked: Linked | None) -> pd.Series:
    if linked is None:
        return pd.Series(pd.NaT, index=land.index, dtype="datetime64[us]")
    contracts = linked.contracts
    first = dates(contracts, "signed_date").groupby(texts(contracts, "parcel_id").to_numpy()).min()
    return land["parcel_id"].map(first).astype("datetime64[us]")
