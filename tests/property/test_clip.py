"""Clipping by compiled code against GEOS, on outlines that cross cleanly and on those that touch."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.balance import land_balance
from landtool.geometry import clip, clip_kernels
from landtool.geometry.clip import common_parts
from landtool.geometry.rings import polygon_parts

seeds = st.integers(0, 2**32 - 1)


def ragged(rng: np.random.Generator, middle: np.ndarray, step: float) -> shapely.Geometry:
    """A valid polygon, often with a hole, sometimes of two parts; corners on a grid if there is a step."""
    def star(corners: int, centre: np.ndarray, radius: float) -> shapely.Geometry:
        angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
        xy = np.column_stack([np.cos(angle), np.sin(angle)]) * (radius * rng.uniform(0.3, 1, corners))[:, None] + centre
        return shapely.make_valid(shapely.Polygon(np.round(xy / step) * step if step else xy))

    shape = star(int(rng.integers(3, 25)), middle, 40.0)
    for _ in range(int(rng.integers(0, 3))):
        shape = shapely.difference(shape, star(5, middle + rng.uniform(-20, 20, 2), 15.0))
    if rng.random() < 0.3:
        shape = shapely.union(shape, star(6, middle + rng.uniform(-60, 60, 2), 20.0))
    parts = polygon_parts(np.array([shape]))[0]
    whole = shapely.union_all(parts) if len(parts) else shapely.box(*middle, *(middle + 10.0))
    return shapely.reverse(whole) if rng.random() < 0.5 else whole


def two_layers(seed: int, count: int, step: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    corner = rng.choice([0.0, 1.0]) * np.array([3.6e7, 3.27e6])
    return tuple(np.array([ragged(rng, rng.uniform(0, 60, 2) + corner, step) for _ in range(count)])
                 for _ in range(2))  # type: ignore[return-value]


def all_pairs(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    i, j = np.meshgrid(np.arange(len(one)), np.arange(len(two)), indexing="ij")
    return i.ravel(), j.ravel()


def assert_as_by_geos(one: np.ndarray, two: np.ndarray) -> None:
    i, j = all_pairs(one, two)
    parts, owner = common_parts(one, two, i, j, worth=0)
    assert (np.diff(owner) >= 0).all()
    assert (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON).all()
    assert shapely.is_valid(parts).all()
    want = shapely.intersection(one[i], two[j])
    # How finely coordinates this large can tell places apart, along the whole outline.
    digits = 4 * np.spacing(np.abs(shapely.bounds(two)).max()) * (shapely.length(one[i]) + shapely.length(two[j]))
    area = np.bincount(owner, weights=shapely.area(parts), minlength=len(i))
    assert (np.abs(area - shapely.area(want)) <= digits + 1e-12).all()
    # Differences of polygons that are nearly equal are not asked for: GEOS now and then takes the whole for one.
    flat, of = polygon_parts(want)
    flat, of = flat[shapely.area(flat) > 0.0], of[shapely.area(flat) > 0.0]
    made, flat = (np.array([shapely.union_all(shapes[at == pair]) for pair in np.flatnonzero(area > 1e-6)])
                  for shapes, at in ((parts, owner), (flat, of)))  # fmt: skip
    assert (shapely.hausdorff_distance(made, flat) < 1e-6).all()


@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_outlines_that_cross(seed: int) -> None:
    assert_as_by_geos(*two_layers(seed, 6))


@settings(max_examples=40, deadline=None)
@given(seed=seeds, step=st.sampled_from([1.0, 5.0, 10.0]))
def test_corners_on_one_grid_touch_and_share_borders(seed: int, step: float) -> None:
    assert_as_by_geos(*two_layers(seed, 6, step))


@settings(max_examples=25, deadline=None)
@given(seed=seeds, nearness=st.sampled_from([0.0, 1e-10, 1e-9, 1e-8, 1e-6]))
def test_outlines_nearer_than_coordinates_tell(seed: int, nearness: float) -> None:
    one, _ = two_layers(seed, 5)
    # The same place moves alike wherever it stands, so that rings stay closed.
    two = shapely.transform(one, lambda xy: xy + nearness * np.sin(1e3 * xy[:, ::-1] + seed))
    two = two if shapely.is_valid(two).all() else one
    assert_as_by_geos(one, two)


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_pieces_and_what_is_left_add_up(seed: int) -> None:
    one, two = two_layers(seed, 5)
    i, j = all_pairs(one, two)
    parts, owner = common_parts(one, two, i, j, worth=0)
    shared = np.bincount(owner, weights=shapely.area(parts), minlength=len(i))
    left = shapely.area(shapely.difference(one[i], two[j]))
    np.testing.assert_allclose(shared + left, shapely.area(one[i]), rtol=1e-9, atol=1e-6)


def test_most_pairs_that_cross_are_clipped_and_those_with_common_borders_are_left() -> None:
    one, two = two_layers(7, 30)
    i, j = all_pairs(one, two)
    sides = [clip._side(layer) for layer in (one, two)]
    state = clip_kernels.common_rings(*zip(*sides, strict=True), i, j, 1e-7)[0]
    assert np.mean(state == clip_kernels.MADE) > 0.5
    assert np.mean(state == clip_kernels.LEFT) < 0.1
    pair = np.zeros(1, dtype=int)
    assert clip_kernels.common_rings(*zip(sides[0], sides[0], strict=True), pair, pair, 1e-7)[0] == clip_kernels.LEFT


def frame_of(*holes: shapely.Polygon) -> shapely.Polygon:
    return shapely.Polygon(shapely.box(0, 0, 20, 20).exterior, [hole.exterior for hole in holes])


@pytest.mark.parametrize(("one", "two"), [
    (frame_of(shapely.box(4, 4, 16, 16)), shapely.box(5, 5, 15, 15)),  # in the hole
    (frame_of(shapely.box(4, 4, 16, 16)), shapely.box(3, 3, 17, 17)),  # around the hole
    (frame_of(shapely.box(4, 4, 6, 6), shapely.box(8, 8, 10, 10)), shapely.box(-1, -1, 21, 21)),  # all of it
    (frame_of(shapely.box(4, 4, 6, 6)), shapely.box(5, -1, 12, 21)),  # across the hole
    (frame_of(shapely.box(4, 4, 16, 16)), frame_of(shapely.box(5, 5, 15, 15))),  # the same shell: borders in common
    (shapely.box(0, 0, 3, 3), shapely.box(1, 1, 2, 2)),
    (shapely.box(0, 0, 3, 3), shapely.box(3, 0, 4, 3)),  # a common border
    (shapely.box(0, 0, 3, 3), shapely.box(9, 9, 12, 12)),
    (shapely.force_3d(shapely.box(0, 0, 3, 3), 5.0), shapely.box(1, 1, 5, 5)),
    (shapely.Polygon([(0, 0), (3, 0), (3, 0), (3, 3), (0, 3)]), shapely.box(1, 1, 5, 5)),  # a corner drawn twice
])  # fmt: skip
def test_cases(one: shapely.Geometry, two: shapely.Geometry) -> None:
    for first, second in ((one, two), (two, one)):
        assert_as_by_geos(np.array([first]), np.array([second]))


def test_what_is_no_polygon_shares_none() -> None:
    shapes = np.array([shapely.box(0, 0, 2, 2), shapely.GeometryCollection([shapely.Point(1, 1), shapely.box(1, 1, 3, 3)]),
                       None, shapely.Point(1, 1)])  # fmt: skip
    parts, owner = common_parts(shapes[:1].repeat(4), shapes, np.arange(4), np.arange(4), worth=0)
    assert owner.tolist() == [0, 1]
    assert shapely.area(parts).tolist() == [4.0, 1.0]
    empty = np.array([shapely.Polygon()])
    assert len(common_parts(shapes[:1], empty, np.zeros(1, dtype=int), np.zeros(1, dtype=int), worth=0)[0]) == 0
    none = np.zeros(0, dtype=int)
    assert [len(told) for told in common_parts(shapes[:1], shapes[:1], none, none, worth=0)] == [0, 0]


def test_a_balance_of_redrawn_land_is_the_same_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    nodes = np.stack(np.meshgrid(np.arange(31) * 50.0, np.arange(31) * 50.0), -1) + [5e5, 3.27e6]
    codes = rng.choice(["0601", "0508", "0701", "0103"], 900)
    layers = []
    for _ in range(2):
        moved = nodes + rng.uniform(-0.4, 0.4, nodes.shape)
        rings = np.stack([moved[:-1, :-1], moved[:-1, 1:], moved[1:, 1:], moved[1:, :-1]], axis=2).reshape(-1, 4, 2)
        layers.append(gpd.GeoDataFrame({"land_use_code": codes}, geometry=shapely.polygons(rings), crs="EPSG:4544"))
    plain = land_balance(*layers, classification="tdlb-2019")
    monkeypatch.setattr(clip, "_by_geos", lambda one, two, i, j: pytest.fail(f"{len(i)} pairs") if len(i) > 99
                        else polygon_parts(shapely.intersection(one[i], two[j])))  # fmt: skip
    monkeypatch.setattr(common_parts, "__kwdefaults__", {"worth": 0})
    fast = land_balance(*layers, classification="tdlb-2019")
    assert plain.verdict == fast.verdict
    assert len(plain.changes) == len(fast.changes) > 1_000
    figures = plain.ledger.select_dtypes("number").columns
    np.testing.assert_allclose(fast.ledger[figures], plain.ledger[figures], atol=1e-5)
    assert fast.changes["cause"].value_counts().to_dict() == plain.changes["cause"].value_counts().to_dict()
