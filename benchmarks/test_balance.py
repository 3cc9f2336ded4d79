"""Land balance against `geopandas.overlay`, in the same run: only the ratio counts.

LANDTOOL_BENCH_SIZE sets the polygons a side (default 20 000).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landtool.balance import land_balance

SIZE = int(os.environ.get("LANDTOOL_BENCH_SIZE", "20000"))
CODES = np.array(["0601", "0508", "0701", "0103"])
BLOCK = 12


def city(count: int, seed: int = 0) -> np.ndarray:
    """Blocks of quads with 12 vertices, separated by roads, corners on the millimetre."""
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(count))
    grid = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), -1) * 60.0
    grid += rng.uniform(-12, 12, grid.shape) + [4.6e5, 3.25e6]
    corners = np.stack([grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]], axis=2)
    road = np.stack(np.meshgrid(np.arange(side) // BLOCK, np.arange(side) // BLOCK), -1) * 15.0
    corners = (corners + road[:, :, None]).reshape(-1, 4, 2)
    steps = np.linspace(0, 1, 4)[:3, None]
    rings = corners[:, :, None] * (1 - steps) + np.roll(corners, -1, axis=1)[:, :, None] * steps
    return shapely.polygons(np.round(rings.reshape(len(corners), -1, 2), 3))


def snapshots(share: float) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Two layers; a share of the second's polygons is cut in two, and half of those change their use."""
    rng = np.random.default_rng(1)
    shapes = city(SIZE)
    codes = CODES[rng.integers(0, 4, len(shapes))]
    changed = rng.random(len(shapes)) < share
    boxes = shapely.bounds(shapes[changed])
    middle = (boxes[:, 0] + boxes[:, 2]) / 2
    halves = [shapely.intersection(shapes[changed], shapely.box(west, boxes[:, 1], east, boxes[:, 3]))
              for west, east in ((boxes[:, 0], middle), (middle, boxes[:, 2]))]
    after = np.concatenate([shapes[~changed], *halves])
    new = np.where(rng.random(changed.sum()) < 0.5, codes[changed], CODES[rng.integers(0, 4, changed.sum())])
    after_codes = np.concatenate([codes[~changed], codes[changed], new])
    order = rng.permutation(len(after))
    return _frame(codes, shapes), _frame(after_codes[order], after[order])


def _frame(codes: np.ndarray, shapes: np.ndarray) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"land_use_code": pd.Series(codes, dtype="str")}, geometry=shapes,
                            crs="EPSG:4544")  # fmt: skip


def timed(work: Callable[[], object]) -> tuple[float, object]:
    started = time.perf_counter()
    made = work()
    return time.perf_counter() - started, made


def report(title: str, first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, least: float,
           alike: float = 1e-4) -> None:  # fmt: skip
    """Compare with the overlay that tells the same: what both have, and what each has alone."""
    balance_s, made = timed(lambda: land_balance(first, second, classification="tdlb-2019"))
    common_s, _ = timed(lambda: gpd.overlay(first, second, how="intersection", keep_geom_type=True))
    union_s, cut = timed(lambda: gpd.overlay(first, second, how="union", keep_geom_type=True))
    print(f"\n{title}: {len(first)} x {len(second)}: balance {balance_s:.2f} s, overlay(intersection) "
          f"{common_s:.2f} s ({common_s / balance_s:.1f}x), overlay(union) {union_s:.2f} s "
          f"({union_s / balance_s:.1f}x)")
    cut = cut.dropna(subset=["land_use_code_1", "land_use_code_2"])
    plane = cut.assign(area=cut.area).groupby(["land_use_code_1", "land_use_code_2"])["area"].sum()
    table = made.transitions  # type: ignore[attr-defined]
    found = table.groupby(["from_code", "to_code"])["area_m2"].sum()
    np.testing.assert_allclose(found.reindex(plane.index), plane, rtol=alike, atol=1.0)
    assert union_s / balance_s > least


@pytest.mark.filterwarnings("ignore:`keep_geom_type")
@pytest.mark.parametrize(("share", "least"), [(0.05, 12.0), (0.2, 4.0), (1.0, 2.0)])
def test_changed_share(share: float, least: float) -> None:
    report(f"{share:.0%} changed", *snapshots(share), least)


def test_the_same_data_written_again() -> None:
    first, second = snapshots(0.05)
    clean, _ = timed(lambda: land_balance(first, second, classification="tdlb-2019"))
    shapes = shapely.reverse(shapely.normalize(second.geometry.to_numpy()))
    again = second.set_geometry(gpd.GeoSeries(
        shapely.transform(shapes, lambda xy: xy + 1e-5 * np.sin(1e5 * xy)), crs=second.crs))
    noisy, _ = timed(lambda: land_balance(first, again, classification="tdlb-2019"))
    print(f"\nwritten again: {clean:.2f} s clean, {noisy:.2f} s, {noisy / clean:.2f}x")
    assert noisy < 3.0 * clean


@pytest.mark.filterwarnings("ignore:`keep_geom_type")
def test_every_polygon_digitised_again() -> None:
    first, second = snapshots(0.05)
    jitter = shapely.transform(second.geometry.to_numpy(), lambda xy: xy + 0.3 * np.sin(xy * 7.0))
    again = second.set_geometry(gpd.GeoSeries(jitter, crs=second.crs))
    # Where a border was cut, the jittered layer overlaps itself: overlay counts that twice, the balance once.
    report("jitter 0.3 m", first, again, 2.0, alike=5e-3)
