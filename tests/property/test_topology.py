"""Random layers: overlaps and gaps are those of comparing everything with everything."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from landtool.geometry.topology import gaps, overlaps, repair

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "geometry.py"
_SPEC = importlib.util.spec_from_file_location("geometry_oracle", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

ORIGIN = np.array([5e5, 3.27e6])
SEEDS = st.integers(0, 2**32 - 1)


def layer(shapes):
    moved = [shapely.transform(shape, lambda xy: xy + ORIGIN) for shape in shapes]
    return gpd.GeoDataFrame(geometry=moved, crs="EPSG:4544")


def cells(random):
    """Squares of a chessboard, taken at random: borders shared, corners touching."""
    share = random.uniform(0.2, 0.9)
    return [shapely.box(x, y, x + 1, y + 1) for x in range(8) for y in range(8) if random.random() < share]


def boxes(random):
    """Rectangles on a coarse grid, on top of one another, edges often on the same line."""
    low = random.integers(0, 20, (25, 2))
    high = low + random.integers(1, 8, (25, 2))
    return list(shapely.box(*low.T, *high.T))


def cuts(random):
    """A square cut again and again, pieces missing: borders without common corners."""
    pieces = [(0.0, 0.0, 50.0, 50.0)]
    for _ in range(25):
        x0, y0, x1, y1 = pieces.pop(int(random.integers(len(pieces))))
        if random.random() < 0.5:
            x = random.uniform(x0, x1)
            pieces += [(x0, y0, x, y1), (x, y0, x1, y1)]
        else:
            y = random.uniform(y0, y1)
            pieces += [(x0, y0, x1, y), (x0, y, x1, y1)]
    return [shapely.box(*piece) for piece in pieces if random.random() < 0.8]


def stars(random):
    """Star-shaped polygons, some with a hole, some drawn twice."""
    shapes = []
    for _ in range(12):
        corners = int(random.integers(3, 12))
        angle = (np.arange(corners) + random.uniform(0.1, 0.9, corners)) * 2 * np.pi / corners
        radius = random.uniform(3, 9, corners)[:, None]
        ring = radius * np.column_stack([np.cos(angle), np.sin(angle)]) + random.uniform(0, 40, 2)
        shape = shapely.Polygon(ring)
        if random.random() < 0.4:
            shape = shape.difference(shape.centroid.buffer(1.0))
        shapes += [shape] * (2 if random.random() < 0.2 else 1)
    return shapes


@given(SEEDS, st.sampled_from([cells, boxes, cuts, stars]))
@settings(max_examples=80, deadline=None)
def test_overlaps_and_gaps_are_those_of_the_plain_version(seed, kind):
    shapes = kind(np.random.default_rng(seed))
    frame = repair(layer(shapes), layer="x").frame.reset_index(drop=True)
    least = 1e-6
    want = {pair: area for pair, area in oracle.all_overlaps(frame).items() if area > least}
    got = overlaps(frame, min_area_m2=least)
    made = {(a, b): area for a, b, area in got.itertuples(index=False)}
    assert made.keys() == want.keys()
    assert [made[pair] for pair in want] == pytest.approx(list(want.values()), rel=1e-3)
    enclosed = [area for area in oracle.all_gaps(frame) if area > least] if len(frame) else []
    assert sorted(gaps(frame, min_area_m2=least)["area_m2"]) == pytest.approx(enclosed, rel=1e-3)


@given(SEEDS, st.floats(0, 0.1))
@example(seed=33554433, bad=0.09375)  # a gap whose inner point, rounded, lay on its neighbour
@settings(max_examples=15, deadline=None)
def test_city_blocks(seed, bad):
    frame = oracle.jittered_blocks(96, seed=seed, bad=bad)
    want = {pair: area for pair, area in oracle.all_overlaps(frame).items() if area > 1e-3}
    got = overlaps(frame, min_area_m2=1e-3)
    assert set(zip(got["id_a"], got["id_b"], strict=True)) == set(want)
    enclosed = [area for area in oracle.all_gaps(frame) if area > 1e-3]
    assert sorted(gaps(frame, min_area_m2=1e-3)["area_m2"]) == pytest.approx(enclosed, rel=1e-3)


@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_repair_is_complete_and_repeats_itself(seed):
    random = np.random.default_rng(seed)
    shapes = [shapely.Polygon(random.uniform(0, 20, (int(random.integers(3, 12)), 2))) for _ in range(10)]
    frame = layer(shapes)
    once = repair(frame, layer="x")
    assert once.frame.is_valid.all()
    assert (once.frame.area > 0).all()
    assert len(once.frame) + once.problems["scope"].eq("row").sum() == len(frame)
    assert len(repair(once.frame, layer="x").problems) == 0
