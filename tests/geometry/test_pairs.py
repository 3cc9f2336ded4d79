"""Predicates over pairs: right in threads, and the caller's geometries are only read."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from landtool.geometry import pairs
from landtool.geometry.pairs import holds, in_threads


@pytest.mark.parametrize("pairs_each", [0, 10**9])
@pytest.mark.parametrize("prepared", [False, True])
def test_prepared_or_not_the_answer_is_the_same(pairs_each, prepared, monkeypatch):
    monkeypatch.setattr(pairs, "_WORTH_PREPARING", pairs_each)
    large = np.array([shapely.box(0, 0, 4, 4), shapely.box(10, 0, 14, 4)])
    if prepared:
        shapely.prepare(large)
    small = np.array([shapely.box(1, 1, 2, 2), shapely.box(3, 3, 5, 5), shapely.box(4, 0, 10, 4)])
    one, two = np.repeat([1, 0], 3), np.tile(np.arange(3), 2)
    for predicate in (shapely.intersects, shapely.covers, pairs.interiors_meet):
        assert holds(predicate, large, small, one, two).tolist() == [
            bool(predicate(large[o], small[t])) for o, t in zip(one, two, strict=True)]  # fmt: skip
    assert shapely.is_prepared(large).all() == prepared


@pytest.mark.parametrize("predicate", [shapely.intersects, shapely.covers, pairs.interiors_meet])
def test_many_pairs_on_few_large_geometries(predicate, monkeypatch):
    """The case that crashes GEOS when threads share a prepared geometry."""
    monkeypatch.setattr(pairs, "workers", lambda: 4)
    large = shapely.buffer(shapely.points([[0, 0], [60, 0], [30, 40]]), 50, quad_segs=2000)
    random = np.random.default_rng(0)
    low = random.uniform(-60, 120, (6000, 2))
    small = shapely.box(*np.hstack([low, low + 3]).T)
    one, two = random.integers(0, 3, 6000), np.arange(6000)
    got = holds(predicate, large, small, one, two)
    sample = random.integers(0, 6000, 300)
    assert got[sample].tolist() == [bool(predicate(large[one[k]], small[two[k]])) for k in sample]
    assert not shapely.is_prepared(large).any()
    assert not shapely.is_prepared(small).any()


def test_nothing_and_one():
    boxes = np.array([shapely.box(0, 0, 1, 1)])
    nothing = np.zeros(0, dtype=int)
    assert holds(shapely.intersects, boxes, boxes, nothing, nothing).tolist() == []
    assert holds(shapely.intersects, boxes, boxes, np.array([0]), np.array([0])).tolist() == [True]


def test_slices_come_back_in_order(monkeypatch):
    monkeypatch.setattr(pairs, "workers", lambda: 3)
    values = np.arange(10_007)
    assert (in_threads(np.negative, values) == -values).all()
