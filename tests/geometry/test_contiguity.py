"""Groups of touching land against a plain search."""

from __future__ import annotations

import geopandas as gpd
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from landtool.geometry.contiguity import contiguous_groups

CELLS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=25)


def plain_groups(shapes, gap_m):
    left, groups = set(range(len(shapes))), []
    while left:
        group, edge = set(), {min(left)}
        while edge:
            group |= edge
            edge = {j for i in edge for j in left - group if shapes[i].distance(shapes[j]) <= gap_m}
        groups.append(group)
        left -= group
    return {frozenset(group) for group in groups}


@given(CELLS, st.sampled_from([0.0, 0.5, 1.0]))
def test_groups_equal_a_plain_search(cells, gap_m):
    shapes = [box(2 * x, 2 * y, 2 * x + 1.5, 2 * y + 1.5) for x, y in cells]
    frame = gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4544", index=range(100, 100 + len(shapes)))
    found = contiguous_groups(frame, gap_m)
    by_number = {}
    for place, number in enumerate(found):
        by_number.setdefault(number, set()).add(place)
    assert {frozenset(group) for group in by_number.values()} == plain_groups(shapes, gap_m)
    sizes = [sum(shapes[i].area for i in by_number[n]) for n in sorted(by_number)]
    assert sizes == sorted(sizes, reverse=True)


def test_no_geometry_no_group():
    frame = gpd.GeoDataFrame(geometry=[None, box(0, 0, 1, 1)], crs="EPSG:4544")
    assert contiguous_groups(frame, 1.0).isna().tolist() == [True, False]
    assert contiguous_groups(frame.iloc[:0], 1.0).empty
