"""Control indicators and raster evidence on a city: seconds, and ratios to peers in the same run."""

from __future__ import annotations

import os
import statistics
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from exactextract import exact_extract
from rasterio.features import rasterize

from landtool.geometry.area import ellipsoidal_area_m2
from landtool.indicators.buildings import buildings_on_parcels
from landtool.link import link_contracts
from landtool.policy import load_policy
from landtool.result_tables import with_contract
from landtool.rules.control import judge_control
from landtool.sample import make_town
from landtool.sources import zonal

SIZE = int(os.environ.get("LANDTOOL_BENCH_SIZE", "100000"))
REPEATS = int(os.environ.get("LANDTOOL_BENCH_REPEATS", "3"))
AS_OF = "2025-12-31"


def seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_control_indicators():
    town = make_town(parcels=SIZE, problems=False, only=["parcels", "contracts", "buildings"])
    parcels, buildings = town.layers["parcels"], town.layers["buildings"]
    parcels["area_m2"] = ellipsoidal_area_m2(parcels)
    parcels["is_industrial"] = parcels["land_use_code"].str.startswith("1001").astype("boolean")
    linked = link_contracts(town.layers["contracts"], parcels, AS_OF)
    land = pd.DataFrame(with_contract(parcels, linked, linked.contracts).drop(columns="geometry"))
    policy = load_policy("chongqing-2021", AS_OF)
    rule = [seconds(lambda: judge_control(land, None, None, policy, AS_OF)) for _ in range(REPEATS)]
    measure, overlay = [], []
    for _ in range(REPEATS):
        measure.append(seconds(lambda: buildings_on_parcels(parcels, buildings, double_above_m=8.0, factor=2.0)))
        overlay.append(seconds(lambda: gpd.overlay(parcels[["parcel_id", "geometry"]], buildings, "intersection")))
    ratio = statistics.median(o / m for o, m in zip(overlay, measure, strict=True))
    print(f"\ncontrol rule, {SIZE} parcels: {statistics.median(rule):.2f} s; {len(buildings)} buildings on "
          f"parcels: {statistics.median(measure):.2f} s, {ratio:.1f}x overlay")
    assert ratio >= 1.0


def test_zonal_shares(tmp_path):
    """A 5 m raster of classes, parcels of about a hundred pixels."""
    count = max(20_000, SIZE // 5)
    side = int(count**0.5)
    rng = np.random.default_rng(0)
    west, south = (part.ravel() * 60.0 for part in np.meshgrid(np.arange(side), np.arange(side)))
    corner = np.stack([np.stack([west + x, south + y], axis=1) for x, y in ((2, 3), (51, 1), (53, 50), (4, 52))], 1)
    corner += rng.uniform(-1, 1, corner.shape) + [5e5, 3.2e6]
    zones = gpd.GeoDataFrame(geometry=shapely.polygons(corner), crs="EPSG:4545")
    pixels = rng.integers(0, 5, (side * 12 + 2, side * 12 + 2), dtype=np.uint8)
    place = rasterio.Affine(5, 0, 5e5 - 3, 0, -5, 3.2e6 + side * 60 + 7)
    path = tmp_path / "classes.tif"
    with rasterio.open(path, "w", driver="GTiff", width=pixels.shape[1], height=pixels.shape[0], count=1, tiled=True,
                       dtype="uint8", crs="EPSG:4545", transform=place, compress="deflate") as out:
        out.write(pixels[None])

    def by_feature():
        return exact_extract(str(path), zones, ["count", "frac"], output="pandas")

    def by_centre():
        number = rasterize(zip(zones.geometry, range(1, len(zones) + 1), strict=True), pixels.shape,
                           transform=place, dtype="int32").ravel()
        return np.bincount(number, np.isin(pixels.ravel(), [3])) / np.bincount(number)

    def by_raster():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(zonal, "_WORTH_COMPILING", len(zones) + 1)
            return zonal.zone_values(path, zones, values=[3])

    share = zonal.zone_values(path, zones, values=[3])  # compiled by now
    ours, feature, sequential, centre = [], [], [], []
    for _ in range(REPEATS):
        ours.append(seconds(lambda: zonal.zone_values(path, zones, values=[3])))
        feature.append(seconds(by_feature))
        sequential.append(seconds(by_raster))
        centre.append(seconds(by_centre))
    np.testing.assert_allclose(share["mean"], by_raster()["mean"], atol=1e-6)
    gap = np.abs(share["mean"].to_numpy() - by_centre()[1:])
    ratio = statistics.median(s / o for s, o in zip(sequential, ours, strict=True))
    print(f"\nzonal shares, {len(zones)} parcels: {statistics.median(ours):.2f} s, {ratio:.0f}x exactextract raster by "
          f"raster ({statistics.median(sequential):.2f} s; parcel by parcel {statistics.median(feature):.2f} s); pixel "
          f"centres {statistics.median(centre):.2f} s, which are {np.median(gap):.4f} of share off in the median")
    assert ratio >= 30.0
