"""Where a layer may lie twice: rings too small to hold ground worth a look are left out, no others."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from landtool.geometry.outline import unmatched_edges
from landtool.geometry.overlaps import doubtful_windows


def windows(shapes: list[shapely.Polygon], least_m2: float) -> int:
    return len(doubtful_windows(unmatched_edges(np.array(shapes)), least_m2)[0])


@pytest.mark.parametrize(("into_m", "least_m2", "found"), [(1.0, 4.0, 1), (1e-9, 0.0, 1), (1e-9, 1e-7, 0)])
def test_small_loops_are_left_out(into_m: float, least_m2: float, found: int) -> None:
    # Two neighbours in a frame; one has a corner, a little into the other, which the other has not.
    left = shapely.box(0, 0, 10, 10)
    right = shapely.Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10 - into_m, 5)])
    frame = shapely.Polygon([(-9, -9), (29, -9), (29, 19), (-9, 19)],
                            [[(0, 0), (10, 0), (20, 0), (20, 10), (10, 10), (0, 10)]])  # fmt: skip
    assert windows([left, right, frame], least_m2) == found


def test_a_ring_that_crosses_itself_is_kept_by_all_the_ground_it_may_hold() -> None:
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])  # 50 m² in two loops that cancel
    assert windows([bow], 49.0) == 1
    assert windows([bow], 500.0) == 0
