"""Land balance against its peers, from files, in the same run: only the ratios count.

All read GeoParquet and end with the areas of all pairs of codes; the balance finds gains, losses, causes and
overlaps inside the layers besides. Peers: `geopandas.overlay`, and DuckDB with the same dismissal of unchanged
polygons. LANDTOOL_BENCH_SIZE sets the polygons a side; above 200 000 `geopandas.overlay` runs only as
LANDTOOL_BENCH_OVERLAY says: `intersection` (ten minutes and 10 GB at 1 000 000), `union` (six times as long), or both.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from city import city, digitised_again, edited, written_again
from duckdb_balance import by_duckdb

from landtool.balance import LandBalance, land_balance

SIZE = int(os.environ.get("LANDTOOL_BENCH_SIZE", "100000"))
OVERLAYS = ["intersection", "union"] if SIZE <= 200_000 else os.environ.get("LANDTOOL_BENCH_OVERLAY", "").split(",")
pytestmark = pytest.mark.filterwarnings("ignore:`keep_geom_type")
CHILD = """
import json, sys, time
from peak import peak_gb
from landtool.balance import land_balance
begin = time.perf_counter()
land_balance(*sys.argv[1:], classification="tdlb-2019")
print(json.dumps([time.perf_counter() - begin, peak_gb()]))
"""


class Took(NamedTuple):
    """Seconds by the clock and of processor time."""

    s: float
    cpu_s: float

    def __str__(self) -> str:
        return f"{self.s:.2f} s ({self.cpu_s:.2f} s of processor time)"


def timed(work: Callable[[], object]) -> tuple[Took, object]:
    started, used = time.perf_counter(), time.process_time()
    made = work()
    return Took(time.perf_counter() - started, time.process_time() - used), made


def median(work: Callable[[], object], runs: int) -> tuple[Took, object]:
    """Median times of some runs after a first one (imports, PROJ's data), and what they make."""
    made = work()
    took = [timed(work)[0] for _ in range(runs)]
    return Took(*map(statistics.median, zip(*took, strict=True))), made


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("city") / "before.parquet"
    city(SIZE).to_parquet(path)
    return path


def some_years_on(path: Path, name: str, *changes: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> Path:
    """A later survey as a file: what is timed reads files, and no million of polygons lies about meanwhile."""
    layer, later = gpd.read_parquet(path), path.with_name(f"{name}.parquet")
    for change in changes:
        layer = change(layer)
    layer.to_parquet(later)
    return later


def share_edited(share: float) -> Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]:
    return lambda layer: edited(layer, share)


def balance(first: Path, second: Path) -> LandBalance:
    return land_balance(first, second, classification="tdlb-2019")


def by_overlay(first: Path, second: Path, how: str) -> pd.Series:
    cut = gpd.overlay(gpd.read_parquet(first), gpd.read_parquet(second), how=how, keep_geom_type=True)
    cut = cut.assign(area=cut.area).dropna(subset=["land_use_code_1", "land_use_code_2"])
    return cut.groupby(["land_use_code_1", "land_use_code_2"])["area"].sum()


def compare(title: str, path: Path, second: Path, least: dict[str, float], alike: float = 1e-4) -> None:
    """Time the balance and its peers; each ratio must be above its floor and the areas alike."""
    balance_took, made = median(lambda: balance(path, second), 5)
    found = made.transitions.groupby(["from_code", "to_code"])["area_m2"].sum()  # type: ignore[attr-defined]
    ratios = {}
    for peer in least:
        if peer == "duckdb":
            took, plane = median(lambda: by_duckdb(path, second), 3)
        elif peer in OVERLAYS:
            took, plane = timed(lambda how=peer: by_overlay(path, second, how))
        else:
            continue
        ratios[peer] = took.s / balance_took.s
        print(f"\n{title}, {SIZE} a side: balance {balance_took}, {peer} {took}: {ratios[peer]:.1f}x", end="")
        np.testing.assert_allclose(found.reindex(plane.index, fill_value=0.0), plane, rtol=alike, atol=1.0)  # type: ignore[attr-defined]
    slow = {peer: ratio for peer, ratio in ratios.items() if ratio < least[peer]}
    assert not slow, slow


# Goals (docs/speed.md): 80x, 250x, and no slower than DuckDB; 20x; none where every lot is divided. What is
# asked for here is what must not be lost.
@pytest.mark.parametrize(("share", "least"), [
    (0.05, {"intersection": 35.0, "union": 150.0, "duckdb": 1.3}),
    (0.2, {"intersection": 15.0, "duckdb": 1.3}),
    (1.0, {"intersection": 3.0}),
])  # fmt: skip
def test_changed_share(before, share: float, least: dict[str, float]) -> None:
    compare(f"{share:.0%} changed", before, some_years_on(before, "after", share_edited(share)), least)


def test_new_corners_on_the_millimetre(before) -> None:
    """Divided lots whose new corners a file has rounded: off the outline by half a millimetre."""
    def rounded(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return layer.set_geometry(layer.geometry.transform(lambda xy: np.round(xy, 3)))

    after = some_years_on(before, "after", share_edited(0.05), rounded)
    compare("5% changed, on the millimetre", before, after, {"intersection": 15.0})


def test_the_same_data_written_again(before) -> None:
    clean = some_years_on(before, "clean", share_edited(0.05))
    again = some_years_on(clean, "again", written_again)
    clean_took, _ = median(lambda: balance(before, clean), 5)
    again_took, _ = median(lambda: balance(before, again), 5)
    ratio = again_took.s / clean_took.s
    print(f"\nwritten again, {SIZE} a side: clean {clean_took}, again {again_took}: {ratio:.2f}x", end="")
    assert ratio < 2.0


def test_every_polygon_digitised_again(before) -> None:
    # Where a border was cut, the jittered layer overlaps itself: overlay counts that twice, the balance once.
    after = some_years_on(before, "after", share_edited(0.05), digitised_again)
    compare("jitter 0.3 m", before, after, {"intersection": 1.5}, alike=5e-3)


def test_memory_and_the_first_run(before) -> None:
    """A process of its own: what it holds at most, and the time with imports and PROJ's data unread."""
    second = some_years_on(before, "after", share_edited(0.05))
    done = subprocess.run([sys.executable, "-c", CHILD, before, second], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)})  # fmt: skip
    seconds, gigabytes = json.loads(done.stdout)
    print(f"\nfirst run in a process, {SIZE} a side: {seconds:.2f} s, at most {gigabytes:.2f} GB", end="")
    assert gigabytes < 0.5 + 1.1 * SIZE / 1e6
