"""The outline of a layer: what is left of its boundaries once shared borders cancel.

Walk every polygon with its inside on the left. An edge walked once in each direction is a border between
two neighbours, and crossing it changes nothing about how many polygons cover the ground. Take those
pairs away, and the remaining edges alone bound every place where that number changes: the rims of
blocks, the gaps, and the overlaps. They close into far fewer rings than there are parcels, so both
topology checks look at them first. Edges match by exact coordinates (through a
64-bit hash of each place); what does not match merely stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from landtool.geometry.rings import ring_sums, rings_of, signed_areas


@dataclass(frozen=True)
class Edges:
    """Directed edges, the inside of their polygon on the left.

    Attributes
    ----------
    start, end : numpy.ndarray
        (n, 2) coordinates.
    start_key, end_key : numpy.ndarray
        (n,) uint64 hash of each end's coordinates.
    """

    start: np.ndarray
    end: np.ndarray
    start_key: np.ndarray
    end_key: np.ndarray


def unmatched_edges(geometries: np.ndarray) -> Edges:
    """Edges that no neighbour walks in the other direction.

    Examples
    --------
    >>> pair = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> len(unmatched_edges(pair).start)
    6
    """
    xy, begin, end = _directed_edges(geometries)
    places = _place_keys(xy)
    start_key, end_key = places[begin], places[end]
    key = start_key + end_key  # the same in both directions
    order = np.argsort(key)
    ordered = key[order]
    same = np.concatenate([[False], ordered[1:] == ordered[:-1], [False]])
    # Exactly two of a kind: equal to the next, and neither before nor after.
    first = np.flatnonzero(~same[:-2] & same[1:-1] & ~same[2:]) if len(key) > 1 else np.zeros(0, int)
    one, two = order[first], order[first + 1]
    opposite = (start_key[one] == end_key[two]) & (end_key[one] == start_key[two])
    left = start_key != end_key  # an edge without length bounds nothing
    left[one[opposite]] = False
    left[two[opposite]] = False
    return Edges(xy[begin[left]], xy[end[left]], start_key[left], end_key[left])


def _directed_edges(geometries: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, and the positions where each edge begins and ends with its polygon on the left."""
    rings = rings_of(geometries)
    backwards = np.repeat((signed_areas(rings) > 0) == rings.is_hole, np.diff(rings.start) - 1)
    is_edge = np.ones(len(rings.xy), dtype=bool)
    is_edge[rings.start[1:] - 1] = False
    at = np.flatnonzero(is_edge)
    return rings.xy + 0.0, at + backwards, at + ~backwards  # -0.0 and 0.0 are one place


def _place_keys(xy: np.ndarray) -> np.ndarray:
    """64-bit hash of each place (splitmix finaliser over both coordinates)."""
    bits = np.ascontiguousarray(xy).view(np.uint64)
    key = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    key ^= key >> np.uint64(29)
    key += bits[:, 1]
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        key ^= key >> np.uint64(shift)
        key *= np.uint64(factor)
    return key ^ (key >> np.uint64(31))


def outline_rings(edges: Edges, tight: str, least_m2: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Close the edges into rings.

    Parameters
    ----------
    edges : Edges
        Unmatched edges; at each place as many begin as end.
    tight : {"inside", "outside"}
        Where several rings meet in one place, which side each ring hugs. ``inside`` keeps blocks that
        touch at a corner apart; ``outside`` keeps gaps apart that are closed only by touching corners.
    least_m2 : float
        Rings that cannot hold so much ground, however they cross themselves, are left out.

    Returns
    -------
    rings : numpy.ndarray of shapely.LinearRing
    is_counter_clockwise : numpy.ndarray of bool
        True for outer rims, false for rings around uncovered ground.
    """
    if not len(edges.start):
        return np.zeros(0, dtype=object), np.zeros(0, dtype=bool)
    ring, place, length = _walk(_successors(edges, tight))
    offset = np.concatenate([[0], np.cumsum(length)])
    xy = np.empty_like(edges.start)
    xy[offset[ring] + place] = edges.start
    real = length >= 3  # a pair of edges there and back encloses nothing
    real &= _most_ground(xy, offset) >= least_m2
    if not real.any():
        return np.zeros(0, dtype=object), np.zeros(0, dtype=bool)
    number = np.repeat(np.cumsum(real) - 1, length)
    real = np.repeat(real, length)
    rings = shapely.linearrings(xy[real], indices=number[real])
    return rings, shapely.is_ccw(rings)


def _most_ground(xy: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Area that a ring, however it crosses itself, surely does not exceed: its fan of triangles."""
    local = xy - np.repeat(xy[start[:-1]], np.diff(start), axis=0)
    fan = np.zeros(len(xy))
    fan[:-1] = np.abs(local[:-1, 0] * local[1:, 1] - local[1:, 0] * local[:-1, 1])
    fan[start[1:] - 1] = 0.0
    return ring_sums(fan, start) / 2.0


def _successors(edges: Edges, tight: str) -> np.ndarray:
    """For each edge the edge that follows it in its ring (a permutation).

    As many edges end in a place as begin there, so both sorted by place line up.
    """
    leaving, arriving = np.argsort(edges.start_key), np.argsort(edges.end_key)
    following = np.empty_like(leaving)
    following[arriving] = leaving
    places = edges.start_key[leaving]
    alike = places[1:] == places[:-1]
    if alike.any():
        crowd = np.concatenate([[False], alike]) | np.concatenate([alike, [False]])
        _choose(edges, following, leaving[crowd], arriving[crowd], tight)
    return following


def _choose(
    edges: Edges, following: np.ndarray, leaving: np.ndarray, arriving: np.ndarray, tight: str
) -> None:
    """Where several edges leave a place, let each arriving one take the next by angle.

    Both arrays are sorted by place. Where rings cross in a place, so that two would take the same, the
    permutation is left as it was: any one winds around the same ground.
    """
    places = edges.start_key[leaving]
    first = np.searchsorted(places, places)
    count = np.searchsorted(places, places, side="right") - first
    pair = np.repeat(np.arange(len(arriving)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    option = leaving[first[pair] + nth]
    angle = _turn(edges, arriving[pair], option)
    angle = np.where(angle == 0.0, 2.0 * np.pi, angle) if tight == "outside" else -angle
    chosen = option[np.lexsort((angle, pair))[np.cumsum(count) - count]]
    _, inverse, uses = np.unique(chosen, return_inverse=True, return_counts=True)
    clean = ~np.isin(places, places[uses[inverse] > 1])
    following[arriving[clean]] = chosen[clean]


def _turn(edges: Edges, arriving: np.ndarray, leaving: np.ndarray) -> np.ndarray:
    """Angle, counter-clockwise, from the way back to the way on: [0, 2π)."""
    back = edges.start[arriving] - edges.end[arriving]
    on = edges.end[leaving] - edges.start[leaving]
    turn = np.arctan2(on[:, 1], on[:, 0]) - np.arctan2(back[:, 1], back[:, 0])
    return np.mod(turn, 2.0 * np.pi)


def _walk(following: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ring number and place in the ring of each edge, and the rings' lengths, by pointer doubling."""
    everyone = np.arange(len(following))
    head, jump = everyone, following
    while True:
        smaller = np.minimum(head, head[jump])
        if (smaller == head).all():
            break
        head, jump = smaller, jump[jump]
    _, ring, length = np.unique(head, return_inverse=True, return_counts=True)
    is_head = head == everyone
    left = (~is_head).astype(np.int64)
    jump = np.where(is_head, everyone, following)
    while not is_head[jump].all():
        left += left[jump]
        jump = jump[jump]
    return ring, np.where(is_head, 0, length[ring] - left), length
