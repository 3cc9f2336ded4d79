"""Areas, topology and assignment against what one would write with geopandas and pyproj.

Each figure is a ratio to a peer in the same run on the same data; answers are compared first. Size:
``LANDTOOL_BENCH_SIZE`` parcels (default 20 000). Run with ``pytest benchmarks/test_geometry.py -s``.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from landtool.geometry.area import ellipsoidal_area_m2
from landtool.geometry.assign import largest_overlap
from landtool.geometry.gaps import gaps_from
from landtool.geometry.outline import unmatched_edges
from landtool.geometry.overlaps import overlaps_from

_PATH = Path(__file__).resolve().parents[1] / "tests" / "oracles" / "geometry.py"
_SPEC = importlib.util.spec_from_file_location("geometry_oracle", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

SIZE = int(os.environ.get("LANDTOOL_BENCH_SIZE", "20000"))
GOALS = {"area": 15.0, "topology": 13.0, "assign": 9.0}


@pytest.fixture(scope="module")
def city() -> gpd.GeoDataFrame:
    """Blocks of 16 parcels with shared borders, streets between; 0.6 % drawn too wide or too narrow."""
    return oracle.jittered_blocks(SIZE, bad=0.003)


def seconds(work: Callable[[], Any], times: int) -> tuple[float, Any]:
    """Median time of a few runs, and the last answer."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        answer = work()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken), answer


def report(name: str, peer: float, ours: float, goal: float) -> None:
    ratio = peer / ours
    print(f"\n{name}, {SIZE} parcels: peer {peer:.3f} s, landtool {ours:.3f} s, ratio {ratio:.1f} (goal {goal})")
    assert ratio >= goal


@pytest.mark.parametrize("crs", ["EPSG:4544", "EPSG:4490"])
def test_area(city: gpd.GeoDataFrame, crs: str) -> None:
    frame = city.to_crs(crs)

    def loop() -> np.ndarray:
        degrees = frame.to_crs("EPSG:4490").geometry
        geod = degrees.crs.get_geod()
        return np.array([abs(geod.geometry_area_perimeter(shape)[0]) for shape in degrees])

    peer, want = seconds(loop, 1)
    ours, got = seconds(lambda: ellipsoidal_area_m2(frame), 5)
    assert np.abs(got.to_numpy() - want).max() < 1e-3
    report(f"ellipsoidal area in {crs}", peer, ours, GOALS["area"])


def test_topology(city: gpd.GeoDataFrame) -> None:
    def plain() -> tuple[set[tuple[int, int]], Any]:
        pairs: set[tuple[int, int]] = set()
        for predicate in ("overlaps", "contains"):
            joined = gpd.sjoin(city[["geometry"]], city[["geometry"]], predicate=predicate)
            one, two = joined.index.to_numpy(), joined["index_right"].to_numpy()
            differ = one != two
            low, high = np.minimum(one, two)[differ], np.maximum(one, two)[differ]
            pairs |= set(zip(low.tolist(), high.tolist(), strict=True))
        return pairs, city.union_all()

    def ours() -> tuple[Any, Any]:
        shapes = np.asarray(city.geometry.array, dtype=object)
        edges = unmatched_edges(shapes)
        return (overlaps_from(city, shapes, edges, 0.0, None),
                gaps_from(city, shapes, edges, (1e-6, None, None), None))

    peer, (want_pairs, union) = seconds(plain, 1)
    mine, (got_pairs, got_gaps) = seconds(ours, 5)
    found = set(zip(got_pairs["id_a"], got_pairs["id_b"], strict=True))
    assert found <= want_pairs
    # Of what the peer names beyond that, nothing has an area: relate sees borders cross in the last digit.
    shapes = city.geometry.to_numpy()
    assert max((shapes[i].intersection(shapes[j]).area for i, j in want_pairs - found), default=0) < 1e-6
    want_gaps = [area for area in oracle.gaps_in(union) if area > 1e-6]
    assert sorted(got_gaps["area_m2"]) == pytest.approx(want_gaps, rel=1e-3)
    report("overlaps and gaps", peer, mine, GOALS["topology"])


def test_assign(city: gpd.GeoDataFrame) -> None:
    zones = districts(city)

    def overlay() -> Any:
        named = city[["geometry"]].reset_index(names="parcel")
        pieces = gpd.overlay(named, zones, how="intersection")
        pieces["area"] = pieces.area
        return pieces.loc[pieces.groupby("parcel")["area"].idxmax()].set_index("parcel")["zone"]

    peer, want = seconds(overlay, 1)
    mine, got = seconds(lambda: largest_overlap(city, zones, "zone"), 5)
    assert (got["zone_id"] == want.reindex(city.index)).mean() > 0.9999  # ties apart
    report("parcel to zone", peer, mine, GOALS["assign"])


def districts(city: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Zones of some 2 500 parcels that tile the city, with winding borders of 400 vertices that cut them."""
    side, points = max(2, round((len(city) / 2_500) ** 0.5)), 100
    west, south, east, north = city.total_bounds
    x, y = np.meshgrid(np.linspace(west - 99, east + 99, side * points + 1),
                       np.linspace(south - 99, north + 99, side * points + 1), indexing="ij")
    random = np.random.default_rng(1)
    node = np.stack([x, y], axis=-1) + random.uniform(-3, 3, (*x.shape, 2))
    shapes = []
    for i in range(0, side * points, points):
        for j in range(0, side * points, points):
            a, b = slice(i, i + points + 1), slice(j, j + points + 1)
            ring = [node[a, j], node[i + points, b], node[a, j + points][::-1], node[i, b][::-1]]
            shapes.append(shapely.Polygon(np.vstack(ring)))
    return gpd.GeoDataFrame({"zone": [f"D{k:02d}" for k in range(len(shapes))]}, geometry=shapes,
                            crs=city.crs)
