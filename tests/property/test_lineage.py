"""What was split or merged along its outline is found, and is what cutting would give."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.balance.lineage import lineage

_ORIGIN = np.array([5e5, 3.27e6])


def tessellation(rng: np.random.Generator, side: int = 5) -> np.ndarray:
    grid = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), -1) * 80.0
    grid = np.round(grid + rng.uniform(-20, 20, grid.shape) + _ORIGIN, 3)
    corners = np.stack([grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]], axis=2)
    return shapely.polygons(corners.reshape(-1, 4, 2))


def halves(shapes: np.ndarray, decimals: int | None) -> np.ndarray:
    """Both sides of a line through each polygon; new corners rounded if asked for."""
    west, south, east, north = shapely.bounds(shapes).T
    middle = np.round((west + east) / 2, 3)
    cut = np.concatenate([shapely.intersection(shapes, shapely.box(west, south, middle, north)),
                          shapely.intersection(shapes, shapely.box(middle, south, east, north))])
    return cut if decimals is None else shapely.transform(cut, lambda xy: np.round(xy, decimals))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), decimals=st.sampled_from([None, 3]), turned=st.booleans())
def test_what_is_known_is_what_cutting_gives(seed: int, decimals: int | None, turned: bool) -> None:
    rng = np.random.default_rng(seed)
    shapes = tessellation(rng)
    fate = rng.integers(0, 4, len(shapes))  # stays, is halved, loses a bite to nobody, gets an island
    bite = shapely.buffer(shapely.centroid(shapes), 4.0)
    after = [shapes[fate == 0], halves(shapes[fate == 1], decimals), bite[fate == 3],
             shapely.difference(shapes[fate >= 2], bite[fate >= 2])]  # fmt: skip
    merged = shapely.union_all(after[0][: len(after[0]) // 2])
    after[0] = np.concatenate([shapely.get_parts(merged), after[0][len(after[0]) // 2 :]])
    one, two = shapes, np.concatenate(after)
    two = shapely.reverse(two)[rng.permutation(len(two))]
    if turned:
        one, two = two, one
    made = lineage(one, two)
    for parts, wholes, of in ((two, one, made.of_two), (one, two, made.of_one)):
        part = np.flatnonzero(of >= 0)
        inside = shapely.area(shapely.intersection(parts[part], wholes[of[part]]))
        np.testing.assert_allclose(inside, shapely.area(parts[part]), rtol=0, atol=0.001 * 400)
        covered = np.bincount(of[part], weights=shapely.area(parts[part]), minlength=len(wholes))
        filled = np.unique(of[part])
        np.testing.assert_allclose(covered[filled], shapely.area(wholes[filled]), rtol=0, atol=0.001 * 400)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_plain_division_and_union_is_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = tessellation(rng)
    parts = halves(shapes, None)
    order = rng.permutation(len(parts))
    parts, parent = parts[order], np.tile(np.arange(len(shapes)), 2)[order]
    assert lineage(shapes, parts).of_two.tolist() == parent.tolist()
    assert lineage(parts, shapes).of_one.tolist() == parent.tolist()


def test_a_whole_with_a_part_missing_moved_or_doubled_is_left_to_be_cut() -> None:
    whole = np.array([shapely.box(0, 0, 4, 1)])
    left, right = shapely.box(0, 0, 2, 1), shapely.box(2, 0, 4, 1)
    for parts in ([left], [left, shapely.box(2, 0, 4.01, 1)], [left, left], [left, shapely.box(2, 0, 4, 2)]):
        assert (lineage(whole, np.array(parts)).of_two == -1).all()
    assert lineage(whole, np.array([left, right])).of_two.tolist() == [0, 0]
    assert lineage(whole[:0], np.array([left])).of_two.tolist() == [-1]
    assert lineage(whole, whole[:0]).of_two.tolist() == []
