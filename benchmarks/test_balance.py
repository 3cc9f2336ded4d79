"""Land balance against `geopandas.overlay`, from files, in the same run: only the ratio counts.

Both read GeoParquet and end with the areas of all pairs of codes; the balance finds gains, losses and
causes besides. LANDTOOL_BENCH_SIZE sets the polygons a side.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from city import city, digitised_again, edited, written_again

from landtool.balance import LandBalance, land_balance, read_land_use

SIZE = int(os.environ.get("LANDTOOL_BENCH_SIZE", "20000"))


def timed(work: Callable[[], object]) -> tuple[float, object]:
    started = time.perf_counter()
    made = work()
    return time.perf_counter() - started, made


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> tuple[gpd.GeoDataFrame, Path]:
    layer, path = city(SIZE), tmp_path_factory.mktemp("city") / "before.parquet"
    layer.to_parquet(path)
    return layer, path


def balance(first: Path, second: Path) -> LandBalance:
    return land_balance(read_land_use(first), read_land_use(second), classification="tdlb-2019")


def by_overlay(first: Path, second: Path, how: str) -> pd.Series:
    cut = gpd.overlay(gpd.read_parquet(first), gpd.read_parquet(second), how=how, keep_geom_type=True)
    cut = cut.assign(area=cut.area).dropna(subset=["land_use_code_1", "land_use_code_2"])
    return cut.groupby(["land_use_code_1", "land_use_code_2"])["area"].sum()


def compare(title: str, first: Path, after: gpd.GeoDataFrame, least: float, alike: float = 1e-4,
            union: bool = False) -> None:  # fmt: skip
    second = first.with_name("after.parquet")
    after.to_parquet(second)
    balance(first, second)  # imports and PROJ's data
    balance_s, made = timed(lambda: balance(first, second))
    ratios = []
    for how in ("intersection", *(["union"] if union else [])):
        overlay_s, plane = timed(lambda how=how: by_overlay(first, second, how))
        ratios.append(f"overlay({how}) {overlay_s:.1f} s ({overlay_s / balance_s:.1f}x)")
        found = made.transitions.groupby(["from_code", "to_code"])["area_m2"].sum()  # type: ignore[attr-defined]
        np.testing.assert_allclose(found.reindex(plane.index), plane, rtol=alike, atol=1.0)
        assert overlay_s / balance_s > least
    print(f"\n{title}: {SIZE} a side: balance {balance_s:.2f} s, {', '.join(ratios)}")


@pytest.mark.filterwarnings("ignore:`keep_geom_type")
@pytest.mark.parametrize(("share", "least"), [(0.05, 12.0), (0.2, 6.0), (1.0, 1.5)])
def test_changed_share(before, share: float, least: float) -> None:
    layer, path = before
    compare(f"{share:.0%} changed", path, edited(layer, share), least, union=share == 0.05)


def test_the_same_data_written_again(before) -> None:
    layer, path = before
    after = edited(layer, 0.05)
    again = path.with_name("again.parquet")
    clean = path.with_name("clean.parquet")
    after.to_parquet(clean)
    written_again(after).to_parquet(again)
    clean_s = min(timed(lambda: balance(path, clean))[0] for _ in range(3))
    again_s = min(timed(lambda: balance(path, again))[0] for _ in range(3))
    print(f"\nwritten again: {clean_s:.2f} s clean, {again_s:.2f} s, {again_s / clean_s:.2f}x")
    assert again_s < 2.0 * clean_s


@pytest.mark.filterwarnings("ignore:`keep_geom_type")
def test_every_polygon_digitised_again(before) -> None:
    layer, path = before
    # Where a border was cut, the jittered layer overlaps itself: overlay counts that twice, the balance once.
    compare("jitter 0.3 m", path, digitised_again(edited(layer, 0.05)), 0.5, alike=5e-3)
