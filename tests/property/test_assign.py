"""Random parcels over random zones: the assignment is overlay's."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.geometry.assign import largest_overlap

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "geometry.py"
_SPEC = importlib.util.spec_from_file_location("geometry_oracle", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=40, deadline=None)
def test_largest_overlap_is_overlays(seed, on_grid):
    random = np.random.default_rng(seed)

    def boxes(count, most):
        low = random.uniform(0, 100, (count, 2))
        high = low + random.uniform(1, most, (count, 2))
        box = np.hstack([low, high])
        box = np.hstack([np.floor(low), np.ceil(high)]) if on_grid else box
        return shapely.box(*(box + np.array([5e5, 3.27e6, 5e5, 3.27e6])).T)

    parcels = gpd.GeoDataFrame(geometry=boxes(40, 12), crs="EPSG:4544")
    names = [f"Z{random.integers(6)}" for _ in range(8)]
    zones = gpd.GeoDataFrame({"zone": names}, geometry=boxes(8, 60), crs="EPSG:4544")
    zones = zones.dissolve("zone").reset_index()
    got = largest_overlap(parcels, zones, "zone")
    want = oracle.overlay_largest(parcels, zones, "zone")
    assert got["zone_id"].fillna("-").tolist() == want.fillna("-").tolist()
    assert got["share"].dropna().between(0, 1).all()
    assert (got["second_share"].dropna() <= got.loc[got["second_share"].notna(), "share"] + 1e-9).all()
