"""Compiled code against the NumPy version that it stands for, which is the plain one."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from landtool.balance import edges, kernels, lookup, traits
from landtool.geometry.columns import PolygonColumn, column_of, column_of_wkb

PLANE = CRS.from_epsg(4544)


def shapes_of_all_kinds(rng: np.random.Generator, count: int) -> np.ndarray:
    """Polygons with and without holes, of several parts, twisted, turned, with corners drawn twice; some in 3D."""
    made = []
    for _ in range(count):
        corners = int(rng.integers(3, 12))
        angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
        if rng.random() < 0.3:
            rng.shuffle(angle)
        xy = np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(5, 60, corners)[:, None]
        xy = np.repeat(np.round(xy, 3), rng.integers(1, 3, corners), axis=0)[:: rng.choice([1, -1])]
        corner = np.round(rng.uniform(0, 90, 2), 3) + [5e5, 3.27e6]
        hole = [xy * 0.1 + corner] if rng.random() < 0.3 else []
        polygon = shapely.Polygon(xy + corner, hole)
        kind = rng.random()
        if kind < 0.1:
            polygon = shapely.MultiPolygon([polygon, shapely.box(*corner, *(corner + 9))])
        elif kind < 0.2:
            polygon = shapely.MultiPolygon([polygon])
        elif kind < 0.3:
            polygon = shapely.force_3d(polygon, 7.0)
        made.append(polygon)
    return np.array([*made, None, shapely.Polygon(), shapely.Point(1, 2)], dtype=object)


def columns(shapes: np.ndarray) -> list[PolygonColumn]:
    return [column_of(shapes), column_of_wkb(pa.array(shapely.to_wkb(shapes)))]


def assert_alike(plain: traits.RingFacts, fast: traits.RingFacts) -> None:
    for one in fields(traits.RingFacts):
        first, second = getattr(plain, one.name), getattr(fast, one.name)
        if one.name in ("area", "moments"):
            np.testing.assert_allclose(second, first, rtol=1e-12, atol=1e-7)
        else:
            np.testing.assert_array_equal(second, first, err_msg=one.name)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_facts_of_rings(seed: int) -> None:
    for column in columns(shapes_of_all_kinds(np.random.default_rng(seed), 30)):
        plain, fast = (way.facts(column, 2, len(column)) for way in (traits._PLAIN, traits._compiled()))
        assert len(plain.owner) > 20
        assert_alike(plain, fast)


def test_a_vertex_that_is_nowhere_makes_nothing_sure() -> None:
    with np.errstate(invalid="ignore"):
        lost = shapely.Polygon([(0, 0), (9, 0), (np.nan, 9), (0, 9)])
    for way in (traits._PLAIN, traits._compiled()):
        facts = way.facts(column_of(np.array([lost])), 0, 1)
        assert np.isnan(facts.moments[0, [0, 5, 7]]).all()
        assert not facts.is_star.any()


@settings(max_examples=25, deadline=None)
@given(keys=st.lists(st.sampled_from([0, *range(2, 40)]), max_size=60))
def test_edges_that_may_stand_alone(keys: list[int]) -> None:
    given_keys = np.array(keys, dtype=np.uint64)
    fast = traits._compiled().maybe_unbalanced(given_keys)
    np.testing.assert_array_equal(fast, edges.maybe_unbalanced(given_keys))
    assert (fast | ~edges.unbalanced(given_keys)).all()


def test_a_large_layer_is_looked_at_by_compiled_code(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = shapes_of_all_kinds(np.random.default_rng(5), 400)
    for column in columns(shapes):
        plain = traits.traits_of(column, PLANE)
        with monkeypatch.context() as large:
            large.setattr(traits, "COMPILED_FROM_VERTICES", 0)
            large.setattr(traits, "_PLAIN", None)
            fast = traits.traits_of(column, PLANE)
        for one in fields(traits.Traits):
            first, second = (pd.Series(np.ravel(getattr(found, one.name))) for found in (plain, fast))
            pd.testing.assert_series_equal(first, second, rtol=1e-12, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(keys=st.lists(st.integers(0, 20), max_size=30), asked=st.lists(st.integers(0, 20), max_size=30))
def test_where_keys_stand_first(keys: list[int], asked: list[int]) -> None:
    want = [keys.index(key) if key in keys else -1 for key in asked]
    numbers = [np.array(values, dtype=np.uint64) for values in (keys, asked)]
    for loaded in (None, kernels):
        with pytest.MonkeyPatch.context() as one:
            one.setattr(lookup, "_kernels", loaded)
            assert lookup.positions(*numbers).tolist() == want
