"""What the polygons of many pairs share, cut by compiled code where that is safe and worth it.

GEOS takes some twenty-five microseconds for a pair, most of them for finding its way in general input. Outlines that
were drawn anew cross each other cleanly; such pairs are clipped by :mod:`landtool.geometry.clip_kernels` in one or two.
Pairs that touch, or share borders, go to GEOS.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from landtool.geometry.pairs import in_blocks, in_threads
from landtool.geometry.rings import polygon_parts

# Loading compiled code takes as long as GEOS takes for so many pairs.
_WORTH_COMPILING = 20_000
# Borders nearer to each other than so many units in the last place of the largest coordinate are not told apart.
_NEAR_DIGITS = 16


class _Side(NamedTuple):
    """Polygons as closed rings with the ground on their left: vertices, offsets of rings and polygons, boxes."""

    xy: np.ndarray
    ring: np.ndarray
    shape: np.ndarray
    box: np.ndarray


def common_parts(
    one: np.ndarray, two: np.ndarray, i: np.ndarray, j: np.ndarray, *, worth: int = _WORTH_COMPILING
) -> tuple[np.ndarray, np.ndarray]:
    """Connected polygons that pairs of polygons share, and the pair of each.

    Parameters
    ----------
    one, two : numpy.ndarray of shapely geometries
        Valid polygons and multipolygons on one plane.
    i, j : numpy.ndarray
        (m,) pairs: ``one[i[k]]`` and ``two[j[k]]``.
    worth : int
        Fewer pairs are left to GEOS altogether.

    Returns
    -------
    parts, owner : numpy.ndarray
        Polygons with an area, and the position of their pair, ascending. Where two only touch there is none.

    Examples
    --------
    >>> comb = shapely.from_wkt("POLYGON ((0 0, 5 0, 5 3, 4 3, 4 1, 1 1, 1 3, 0 3, 0 0))")
    >>> bar = shapely.box(-1, 2, 6, 2.5)
    >>> parts, owner = common_parts(np.array([comb]), np.array([bar, comb]), np.array([0, 0]), np.array([0, 1]))
    >>> shapely.area(parts).tolist(), owner.tolist()
    ([0.5, 0.5, 9.0], [0, 0, 1])
    """
    if len(i) < worth or not (_polygonal(one) and _polygonal(two)):
        parts, owner = _by_geos(one, two, i, j)
    else:
        first, second = _side(one), _side(two)
        near = _NEAR_DIGITS * np.finfo(float).eps * max(*(np.abs(side.xy).max(initial=1.0) for side in (first, second)))
        blocks = in_blocks(lambda a, b: _clipped(first, second, a, b, near), i, j)
        left = np.flatnonzero(np.concatenate([block[2] for block in blocks]))
        hard, of = _by_geos(one, two, i[left], j[left])
        begins = np.cumsum([0, *(len(block[2]) for block in blocks)])
        parts = np.concatenate([*(block[0] for block in blocks), hard])
        owner = np.concatenate([*(block[1] + begin for block, begin in zip(blocks, begins, strict=False)), left[of]])
        order = np.argsort(owner, kind="stable")
        parts, owner = parts[order], owner[order]
    solid = shapely.area(parts) > 0.0
    return (parts, owner) if solid.all() else (parts[solid], owner[solid])


def _by_geos(one: np.ndarray, two: np.ndarray, i: np.ndarray, j: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return polygon_parts(in_threads(lambda a, b: shapely.intersection(one[a], two[b]), i, j))


def _polygonal(shapes: np.ndarray) -> bool:
    return bool(np.isin(shapely.get_type_id(shapes), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)).all())


def _side(shapes: np.ndarray) -> _Side:
    kind, xy, offsets = shapely.to_ragged_array(shapely.orient_polygons(shapes), include_z=False)
    ring, shape = offsets[:2]
    if kind == shapely.GeometryType.MULTIPOLYGON:
        shape = shape[offsets[2]]
    return _Side(np.ascontiguousarray(xy), ring.astype("int64"), shape.astype("int64"),
                 np.ascontiguousarray(shapely.bounds(shapes)))  # fmt: skip


def _clipped(
    first: _Side, second: _Side, i: np.ndarray, j: np.ndarray, near: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Polygons of the pairs that can be clipped, the pair of each, and whether a pair is left to GEOS."""
    from landtool.geometry import clip_kernels

    state, xy, ring, pair, is_hole = clip_kernels.common_rings(*zip(first, second, strict=True), i, j, near)
    if is_hole.any():  # only pairs with one shell have holes
        order = np.lexsort((is_hole, pair))
        count = np.diff(ring)[order]
        moved = np.concatenate([[0], np.cumsum(count)])
        xy = xy[np.repeat(ring[:-1][order] - moved[:-1], count) + np.arange(moved[-1])]
        ring, pair, is_hole = moved, pair[order], is_hole[order]
    shells = np.flatnonzero(~is_hole)
    parts = shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (ring, np.append(shells, len(is_hole))))
    pair = pair[shells]
    left = state == clip_kernels.LEFT
    # Two rings of one polygon may touch in a corner; what is walked there may have to be taken apart.
    several = (np.diff(first.shape)[i] > 1) | (np.diff(second.shape)[j] > 1)
    asked = np.flatnonzero(several[pair])
    left[pair[asked[~shapely.is_valid(parts[asked])]]] = True
    return parts[~left[pair]], pair[~left[pair]], left
