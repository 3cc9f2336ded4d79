"""Which polygons of two snapshots are the same, however they were written.

A polygon is known by the *set of its segments* on a grid of a millimetre: where a ring starts, which way
it runs, and the last digits of its coordinates do not matter. Coordinates that lie between two grid
lines may fall to either side; what the hash then misses is matched by distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from landtool.balance.edges import GRID_M
from landtool.balance.lookup import positions
from landtool.geometry.columns import PolygonColumn
from landtool.geometry.pairs import in_threads

_POLYGONAL = (3, 6)


@dataclass(frozen=True)
class Matched:
    """Positions of the same polygons in two arrays, and of the others.

    Attributes
    ----------
    before, after : numpy.ndarray
        (n,) positions; ``before[k]`` and ``after[k]`` are the same polygon.
    left_before, left_after : numpy.ndarray
        Positions without a partner, ascending.
    """

    before: np.ndarray
    after: np.ndarray
    left_before: np.ndarray
    left_after: np.ndarray


def match(
    before: PolygonColumn, after: PolygonColumn, before_keys: np.ndarray, after_keys: np.ndarray
) -> Matched:
    """Pair the polygons that are the same in both columns, one to one.

    A polygon that occurs twice in one column is never paired: which one is meant cannot be said.

    Parameters
    ----------
    before, after : PolygonColumn
        Polygons on the same metric plane.
    before_keys, after_keys : numpy.ndarray
        Their hashes (:func:`landtool.balance.traits.outlines_of`).

    Examples
    --------
    >>> from landtool.balance.traits import outlines_of
    >>> from landtool.geometry.columns import column_of
    >>> a, b = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    >>> one, two = (column_of(np.array(shapes)) for shapes in
    ...             ([a, b], [shapely.reverse(b), shapely.box(5, 5, 6, 6)]))
    >>> found = match(one, two, outlines_of(one).key, outlines_of(two).key)
    >>> found.before.tolist(), found.after.tolist(), found.left_before.tolist()
    ([1], [0], [0])
    """
    return match_near(before, after, match_keys(before_keys, after_keys, positions(before_keys, after_keys)))


def match_keys(before_keys: np.ndarray, after_keys: np.ndarray, partner: np.ndarray) -> Matched:
    """Pair the polygons whose hashes are the same, given where each hash of the second stands first in the first."""
    return _matched(*_equal_once(before_keys, partner), len(before_keys), len(after_keys))


def match_near(before: PolygonColumn, after: PolygonColumn, same: Matched) -> Matched:
    """Pair what the hashes missed by distance; only the geometries of rows without a partner are looked at."""
    rest_before, rest_after = same.left_before, same.left_after
    if not len(rest_before) or not len(rest_after):
        return same
    first, second = _near(before.take(rest_before), after.take(rest_after))
    return _matched(np.concatenate([same.before, rest_before[first]]),
                    np.concatenate([same.after, rest_after[second]]), len(before), len(after))  # fmt: skip


def _matched(first: np.ndarray, second: np.ndarray, count_before: int, count_after: int) -> Matched:
    partner = np.full(count_before, -1)
    partner[first] = second
    paired = partner >= 0
    return Matched(np.flatnonzero(paired), partner[paired], np.flatnonzero(~paired),
                   without(count_after, second))  # fmt: skip


def _equal_once(one: np.ndarray, at_one: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of keys that occur once on each side; 0 is no key."""
    first = positions(one, one)
    alone = (first == np.arange(len(one))) & (one != 0)
    alone[first[~alone]] = False
    hits = np.bincount(at_one[at_one >= 0], minlength=len(one))
    at_two = np.flatnonzero(np.append(alone & (hits == 1), False)[at_one])
    return at_one[at_two], at_two


def without(count: int, taken: np.ndarray) -> np.ndarray:
    """Positions up to ``count`` that are not taken, ascending."""
    free = np.ones(count, dtype=bool)
    free[taken] = False
    return np.flatnonzero(free)


def _near(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of polygons with as many vertices, nowhere farther apart than the grid, each in one pair."""
    corners = [shapely.bounds(shapes)[:, :2] for shapes in (one, two)]
    there = [np.flatnonzero(np.isin(shapely.get_type_id(shapes), _POLYGONAL) & ~shapely.is_empty(shapes))
             for shapes in (one, two)]  # fmt: skip
    points = [shapely.points(corner[at]) for corner, at in zip(corners, there, strict=True)]
    j, i = shapely.STRtree(points[0]).query(points[1], predicate="dwithin", distance=2 * GRID_M)
    i, j = there[0][i], there[1][j]
    alike = shapely.get_num_coordinates(one[i]) == shapely.get_num_coordinates(two[j])
    i, j = i[alike], j[alike]
    boxes = np.abs(shapely.bounds(one[i]) - shapely.bounds(two[j])) <= GRID_M
    i, j = i[boxes.all(axis=1)], j[boxes.all(axis=1)]
    apart = in_threads(lambda a, b: shapely.hausdorff_distance(a, b), one[i], two[j])
    i, j = i[apart <= GRID_M], j[apart <= GRID_M]
    lone = (np.bincount(i, minlength=len(one))[i] == 1) & (np.bincount(j, minlength=len(two))[j] == 1)
    return i[lone], j[lone]
