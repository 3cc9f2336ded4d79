"""Polygons as flat arrays of rings: what areas and topology share.

Polygons without holes (nearly all parcels) go straight from GEOS to one coordinate array; only those
with holes are taken apart ring by ring.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

_POLYGON, _MULTI_POLYGON, _COLLECTION = 3, 6, 7


@dataclass(frozen=True)
class Rings:
    """All rings of an array of polygons.

    Attributes
    ----------
    xy : numpy.ndarray
        (n, 2) vertices, ring after ring, each ring closed; Z is left out.
    start : numpy.ndarray
        (k + 1,) offsets: ring ``i`` is ``xy[start[i]:start[i + 1]]``.
    owner : numpy.ndarray
        (k,) position of the geometry that the ring belongs to.
    is_hole : numpy.ndarray
        (k,) true for interior rings.
    """

    xy: np.ndarray
    start: np.ndarray
    owner: np.ndarray
    is_hole: np.ndarray

    def __len__(self) -> int:
        return len(self.owner)

    def take(self, chosen: np.ndarray) -> Rings:
        """The rings at the given positions or under the given mask."""
        positions = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        counts = np.diff(self.start)[positions]
        start = np.concatenate([[0], np.cumsum(counts)])
        at = np.arange(start[-1]) + np.repeat(self.start[positions] - start[:-1], counts)
        return Rings(self.xy[at], start, self.owner[positions], self.is_hole[positions])

    def plus(self, more: Rings) -> Rings:
        """These rings, then others; owners count alike in both."""
        if not len(more):
            return self
        return Rings(np.concatenate([self.xy, more.xy]),
                     np.concatenate([self.start, self.start[-1] + more.start[1:]]),
                     np.concatenate([self.owner, more.owner]),
                     np.concatenate([self.is_hole, more.is_hole]))  # fmt: skip


def polygon_parts(geometries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Non-empty polygons inside polygons, multipolygons and collections, with their owners' positions.

    Points, lines, empty and missing geometries yield nothing.

    Examples
    --------
    >>> parts, owner = polygon_parts(np.array([shapely.box(0, 0, 1, 1), None, shapely.Point(0, 0)]))
    >>> len(parts), owner.tolist()
    (1, [0])
    """
    kinds = shapely.get_type_id(geometries)
    owner = np.arange(len(geometries))
    if not (kinds == _POLYGON).all():
        parts, owner = shapely.get_parts(geometries, return_index=True)
        while (shapely.get_type_id(parts) >= _MULTI_POLYGON).any():
            parts, inner = shapely.get_parts(parts, return_index=True)
            owner = owner[inner]
        good = (shapely.get_type_id(parts) == _POLYGON) & ~shapely.is_empty(parts)
        return parts[good], owner[good]
    good = ~shapely.is_empty(geometries)
    return (geometries, owner) if good.all() else (geometries[good], owner[good])


def rings_of(geometries: np.ndarray) -> Rings:
    """Take polygons apart into rings.

    Examples
    --------
    >>> ring = shapely.box(0, 0, 4, 4).difference(shapely.box(1, 1, 2, 2))
    >>> rings_of(np.array([shapely.box(9, 9, 10, 10), ring])).is_hole.tolist()
    [False, False, True]
    """
    parts, owner = polygon_parts(np.asarray(geometries, dtype=object))
    simple = shapely.get_num_interior_rings(parts) == 0
    pieces, is_hole = parts[simple], np.zeros(int(simple.sum()), dtype=bool)
    owners = owner[simple]
    if not simple.all():
        loops, at = shapely.get_rings(parts[~simple], return_index=True)
        first = np.concatenate([[True], at[1:] != at[:-1]])
        pieces = np.concatenate([pieces, loops])
        is_hole = np.concatenate([is_hole, ~first])
        owners = np.concatenate([owners, owner[~simple][at]])
    start = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(pieces))])
    return Rings(shapely.get_coordinates(pieces), start, owners, is_hole)


def edge_steps(values: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Difference to the next vertex of the same ring; 0 at each ring's last (closing) vertex."""
    steps = np.empty_like(values)
    np.subtract(values[1:], values[:-1], out=steps[:-1])
    steps[start[1:] - 1] = 0.0
    return steps


def ring_sums(values: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Sum of per-vertex values over each ring."""
    return np.add.reduceat(values, start[:-1]) if len(values) else np.zeros(0)


def signed_areas(rings: Rings) -> np.ndarray:
    """Plane area of each ring in squared units of its coordinates; positive when counter-clockwise."""
    if not len(rings):
        return np.zeros(0)
    x = rings.xy[:, 0] - np.repeat(rings.xy[rings.start[:-1], 0], np.diff(rings.start))
    x += edge_steps(x, rings.start) / 2.0
    return ring_sums(x * edge_steps(rings.xy[:, 1], rings.start), rings.start)
