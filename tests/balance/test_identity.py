"""Same polygons are known as the same, however they were written."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import shapely

from landtool.balance import identity
from landtool.balance.identity import Matched
from landtool.balance.identity import match as match_columns
from landtool.balance.traits import outlines_of
from landtool.geometry.columns import PolygonColumn, column_of, column_of_wkb

HOLED = shapely.Polygon(
    [(0, 0), (60.123, 3), (57, 41.5), (20, 55), (-3, 30)], [[(10, 10), (20, 10), (15, 25)]]
)
TWO_PARTS = shapely.MultiPolygon([HOLED, shapely.box(100, 0, 130, 20)])


def _turned(polygon: shapely.Polygon, by: int) -> shapely.Polygon:
    def turn(ring: shapely.LinearRing) -> np.ndarray:
        return np.roll(shapely.get_coordinates(ring)[:-1], by, axis=0)

    return shapely.Polygon(turn(polygon.exterior), [turn(ring) for ring in polygon.interiors])


def _as_wkb(shapes: np.ndarray) -> PolygonColumn:
    return column_of_wkb(pa.array(shapely.to_wkb(shapes), type=pa.binary()))


def _one(shape: shapely.Geometry) -> np.uint64:
    keys = [outlines_of(make(np.array([shape]))).key[0] for make in (column_of, _as_wkb)]
    assert keys[0] == keys[1]
    return keys[0]


def match(before: np.ndarray, after: np.ndarray) -> Matched:
    one, two = column_of(before), _as_wkb(after)
    return match_columns(one, two, outlines_of(one).key, outlines_of(two).key)


@pytest.mark.parametrize(
    "written",
    [
        _turned(HOLED, 2),
        shapely.reverse(HOLED),
        shapely.reverse(_turned(HOLED, 3)),
        shapely.force_3d(HOLED, 7.0),
        shapely.transform(HOLED, lambda xy: xy + 1e-5),
        shapely.MultiPolygon([HOLED]),
    ],
)
def test_hash_is_free_of_the_way_of_writing(written: shapely.Geometry) -> None:
    assert _one(written) == _one(HOLED)


@pytest.mark.parametrize(
    "other",
    [
        shapely.Polygon(HOLED.exterior),
        shapely.transform(HOLED, lambda xy: xy + 0.002),
        shapely.transform(HOLED, lambda xy: xy[:, ::-1]),
        TWO_PARTS,
        shapely.box(*HOLED.bounds),
    ],
)
def test_hash_tells_other_polygons_apart(other: shapely.Geometry) -> None:
    assert _one(other) != _one(HOLED)


def test_parts_may_stand_in_any_order() -> None:
    turned = shapely.MultiPolygon([TWO_PARTS.geoms[1], TWO_PARTS.geoms[0]])
    assert _one(turned) == _one(TWO_PARTS)


def test_no_polygon_has_no_hash_and_no_partner() -> None:
    shapes = np.array([None, shapely.Polygon(), shapely.Point(0, 0)], dtype=object)
    assert outlines_of(column_of(shapes)).key.tolist() == [0, 0, 0]
    assert len(match(shapes, shapes).before) == 0


def _lattice(side: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), -1) * 50
    grid += rng.uniform(-10, 10, grid.shape) + [5e5, 3.27e6]
    corners = np.stack([grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]], axis=2)
    return shapely.polygons(corners.reshape(-1, 4, 2))


@pytest.mark.parametrize("on_grid", [True, False])
def test_every_polygon_finds_itself_after_noise_of_the_last_digits(on_grid: bool) -> None:
    shapes = _lattice(30, 1)
    if on_grid:
        shapes = shapely.transform(shapes, lambda xy: np.round(xy, 3))
    rng = np.random.default_rng(2)
    noisy = shapely.transform(shapes, lambda xy: xy + 1e-5 * np.sin(1e5 * xy))
    order = rng.permutation(len(shapes))
    found = match(shapes, shapely.reverse(noisy)[order])
    assert len(found.before) == len(shapes)
    assert (order[found.after] == found.before).all()
    assert not len(found.left_before)
    assert not len(found.left_after)


def test_twins_are_not_paired() -> None:
    shapes = _lattice(3, 1)
    found = match(np.append(shapes, shapes[0]), shapes)
    assert found.before.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found.left_before.tolist() == [0, 9]
    assert found.left_after.tolist() == [0]


def test_near_boxes_are_those_of_comparing_every_pair() -> None:
    rng = np.random.default_rng(4)
    one = np.round(rng.uniform(0, 0.02, (60, 4)), 3) + [5e5, 3.27e6, 5e5, 3.27e6]
    two = one[rng.integers(0, 60, 40)] + rng.choice([0, 0.0009, -0.0009, 0.0021], (40, 4))
    one[3] = two[5] = np.nan
    with np.errstate(invalid="ignore"):
        want = (np.abs(one[:, None] - two) <= 0.001).all(axis=2)
    found = np.zeros_like(want)
    found[identity._close(one, two)] = True
    assert (found == want).all()
    assert want.sum() > 5
