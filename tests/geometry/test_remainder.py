"""Uniting by dropping shared borders against the plain union, on parts that are no clean coverage too."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.geometry import remainder
from landtool.geometry.remainder import common, counted_once, cover, meeting

BOXES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 3), st.integers(1, 3)).map(
    lambda b: shapely.box(b[0], b[1], b[0] + b[2], b[1] + b[3])), min_size=1, max_size=6)


def united(parts):
    shapes = np.array(parts, dtype=object)
    everything = np.zeros(len(shapes), dtype="int64"), np.arange(len(shapes))
    return cover(shapes, *everything, 1)[0], shapely.union_all(shapes)


@settings(max_examples=150, deadline=None)
@given(BOXES)
def test_cover_is_the_union_of_boxes_that_overlap_touch_or_lie_apart(boxes):
    found, plain = united(boxes)
    assert shapely.is_valid(found)
    assert shapely.equals(found, plain)


UNCLEAN = {
    "border shared without its corner": [shapely.box(0, 0, 2, 1), shapely.box(0, 1, 1, 2), shapely.box(1, 1, 2, 2)],
    "the same twice": [shapely.box(0, 0, 1, 1)] * 2,
    "the same three times": [shapely.box(0, 0, 1, 1)] * 3,
    "overlap of a thousandth": [shapely.box(0, 0, 1.001, 1), shapely.box(1, 0, 2, 1)],
    "a ring round a yard": [shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2)],
    "one of two places beside another": [shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)]),
                                         shapely.box(1, 0, 2, 1)],
    "ring and yard": [shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2), shapely.box(1, 1, 2, 2)],
}


@pytest.mark.parametrize("parts", UNCLEAN.values(), ids=UNCLEAN.keys())
def test_cover_of_parts_that_are_no_clean_coverage(parts):
    found, plain = united(parts)
    assert shapely.is_valid(found)
    assert shapely.equals(found, plain)


def test_parts_that_only_share_corners_and_borders_need_no_union(monkeypatch):
    grid = np.array([shapely.box(x, y, x + 1, y + 1) for x in range(3) for y in range(3)], dtype=object)
    monkeypatch.setattr(remainder.shapely, "union_all", None)
    found = cover(grid, np.repeat([0, 2], [6, 3]), np.arange(9), 3)
    assert shapely.area(found).tolist() == [6.0, 0.0, 3.0]
    assert shapely.is_empty(found[1])


GRID = np.array([shapely.box(x, y, x + 3, y + 3) for x in (0, 3, 6) for y in (0, 3, 6)], dtype=object)


@settings(max_examples=100, deadline=None)
@given(BOXES, st.booleans())
def test_pairs_that_share_ground_are_those_of_the_plain_intersections(boxes, apart):
    parts = np.array(boxes, dtype=object)
    one, two, inside = meeting(GRID, parts, apart=apart)
    plain = {(o, t): GRID[o].intersection(parts[t]) for o in range(len(GRID)) for t in range(len(parts))}
    plain = {pair: shape for pair, shape in plain.items() if shape.area > 0}
    assert set(zip(one.tolist(), two.tolist(), strict=True)) == set(plain)
    assert len(one) == len(plain)
    assert inside.tolist() == [GRID[o].covers(parts[t]) for o, t in zip(one, two, strict=True)]
    shared = common(GRID, parts, one, two, inside)
    assert all(shapely.equals(shape, plain[o, t]) for shape, o, t in zip(shared, one, two, strict=True))


@settings(max_examples=100, deadline=None)
@given(BOXES)
def test_ground_counts_for_the_first_that_holds_it(boxes):
    shapes = np.array(boxes, dtype=object)
    for at, left in enumerate(counted_once(shapes)):
        assert shapely.equals(left, shapes[at] - shapely.union_all(shapes[:at]))
