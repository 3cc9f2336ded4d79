"""Polygons as bytes tell the same as polygons as objects."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import shapely

from landtool.geometry.boxes import meeting
from landtool.geometry.columns import column_of, column_of_wkb

HOLED = shapely.Polygon([(0, 0), (60.123, 3), (57, 41.5), (-3, 30)], [[(10, 10), (20, 10), (15, 25)]])
SHAPES = np.array([
    shapely.box(0, 0, 1, 2), None, HOLED, shapely.MultiPolygon([HOLED]), shapely.Polygon(),
    shapely.MultiPolygon([HOLED, shapely.box(100, 0, 130, 20)]), shapely.Point(1, 2),
    shapely.force_3d(HOLED, 5.0), shapely.LineString([(0, 0), (1, 1), (3, 4)]),
    shapely.GeometryCollection([shapely.box(5, 5, 6, 6), shapely.Point(0, 0)]), shapely.MultiPolygon(),
], dtype=object)  # fmt: skip


def as_wkb(shapes: np.ndarray, **way) -> pa.Array:
    return pa.array(shapely.to_wkb(shapes, **way), type=pa.binary())


@pytest.mark.parametrize("way", [{}, {"byte_order": 0}, {"flavor": "iso"}, {"include_srid": True}])
def test_rings_of_bytes_are_those_of_objects(way):
    shapes = shapely.set_srid(SHAPES, 4544) if "include_srid" in way else SHAPES
    one, two = column_of(SHAPES), column_of_wkb(as_wkb(shapes, **way))
    for first, last in ((0, len(SHAPES)), (2, 6), (4, 5)):
        a, b = one.rings(first, last), two.rings(first, last)
        assert sorted(zip(a.owner, a.is_hole, np.diff(a.start), strict=True)) == sorted(
            zip(b.owner, b.is_hole, np.diff(b.start), strict=True))
        np.testing.assert_array_equal(np.sort(a.xy, axis=0), np.sort(b.xy, axis=0))
    assert (one.is_absent() == two.is_absent()).all()
    assert shapely.equals_identical(one.all()[2:], two.all()[2:]).all()
    assert not shapely.has_z(two.all()).any()


def test_a_sliced_and_chunked_array_is_read_where_it_begins():
    whole = as_wkb(SHAPES)
    column = column_of_wkb(pa.chunked_array([whole[2:4], whole[5:6]]))
    assert shapely.equals_identical(column.all(), SHAPES[[2, 3, 5]]).all()
    column = column_of_wkb(whole[2:6])
    assert len(column.rings(0, 4)) == len(column_of(SHAPES[2:6]).rings(0, 4))


def test_rows_may_be_given_another_shape():
    column = column_of_wkb(as_wkb(SHAPES)).with_shapes(np.array([3, 0]), np.array([HOLED, None]))
    column = column.with_shapes(np.array([3]), np.array([shapely.box(7, 7, 8, 8)]))
    assert column.take(np.array([3, 0, 2, 3])).tolist() == [shapely.box(7, 7, 8, 8), None, HOLED,
                                                           shapely.box(7, 7, 8, 8)]
    assert len(column_of_wkb(pa.array([None, None], type=pa.binary())).rings(0, 2)) == 0


@pytest.mark.parametrize("few", [12, 60])
def test_boxes_that_meet_are_those_of_comparing_all(few):
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 100, (400, 2))
    boxes = np.column_stack([low, low + rng.uniform(0, 8, (400, 2))])
    boxes[::50] = np.nan
    windows = boxes[rng.integers(0, 400, few)] + 3.0
    want = [k for k, box in enumerate(boxes) if any(
        (box[:2] <= other[2:]).all() and (box[2:] >= other[:2]).all() for other in windows)]
    assert meeting(boxes, windows).tolist() == want


@pytest.mark.parametrize("shape", [SHAPES[0], HOLED, shapely.MultiPolygon([HOLED])])
def test_broken_bytes_are_refused_and_never_read_beyond(shape):
    whole, good = shapely.to_wkb(shape), shapely.to_wkb(SHAPES[0])
    for size in range(40, len(whole), 4):
        column = column_of_wkb(pa.array([good, whole[:size], good], type=pa.binary()))
        with pytest.raises(shapely.errors.GEOSException):
            column.rings(0, 3)
        assert len(column.rings(2, 3)) == 1
