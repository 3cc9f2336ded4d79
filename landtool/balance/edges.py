"""Edges by hash: where two polygons share a border, and which borders stand alone.

Edges are those of a grid of a millimetre, so that the last digits of coordinates do not matter. The
directed edges of a layer, with the inside on their left, are a chain: edges walked once each way cancel,
and what is left bounds every place where the number of polygons changes (see
:mod:`landtool.geometry.outline`). Chains add up, so the chain of a layer in which some polygons were
replaced is had from the old one without looking at the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landtool.geometry.outline import Edges
from landtool.geometry.rings import Rings, rings_of, signed_areas

GRID_M = 0.001
# Added to a number below 2**51, it leaves no room for digits after the point.
WHOLE = 1.5 * 2.0**52
# What mixes the two cells of a place, and the bits of the sum.
MIX = np.array([0x9E3779B97F4A7C15, 0xD1B54A32D192ED03, 0xBF58476D1CE4E5B9], dtype=np.uint64)
_ONE = np.uint64(1)


def place_keys(xy: np.ndarray) -> np.ndarray:
    """64-bit hash of the millimetre cell of each vertex."""
    scaled = xy * (1.0 / GRID_M)
    scaled += WHOLE  # rounds, and the bits are then those of the whole number but for a constant
    cells = scaled.view(np.uint64)
    key = cells[:, 0] * MIX[0]
    key += cells[:, 1] * MIX[1]
    key ^= key >> np.uint64(32)
    key *= MIX[2]
    key ^= key >> np.uint64(29)
    return key


def segment_keys(places: np.ndarray, rings: Rings) -> np.ndarray:
    """Hash of the segment from each vertex to the next, the same both ways; 0 if it has no length."""
    segments = np.zeros_like(places)
    if len(rings):
        odd = places | _ONE  # a product of odd numbers is never 0, and keeps what they are made of
        np.multiply(odd[1:], odd[:-1], out=segments[:-1])
        segments[:-1][places[1:] == places[:-1]] = 0
        segments[rings.start[1:] - 1] = 0
    return segments


def directed_keys(
    segments: np.ndarray, places: np.ndarray, rings: Rings, signed_area: np.ndarray
) -> np.ndarray:
    """Segment hashes whose last bit tells which way the edge is walked, the inside on the left."""
    backwards = np.repeat((signed_area > 0) == rings.is_hole, np.diff(rings.start))
    up = np.zeros(len(places), dtype=bool)
    up[:-1] = places[1:] > places[:-1]
    keys = (segments & ~_ONE) | (up != backwards)
    keys[segments == 0] = 0
    return keys


def maybe_unbalanced(keys: np.ndarray) -> np.ndarray:
    """Edges that may not be walked as often one way as the other: all such, and a few more.

    In each bucket of a table the keys are added one way and taken away the other; nothing is left where
    all of them cancel (but for a chance of 2⁻⁶⁴).
    """
    bits = np.uint64(max(10, int(2 * len(keys)).bit_length()))
    bucket = ((keys >> _ONE) & ((_ONE << bits) - _ONE)).astype(np.intp)
    value = keys | _ONE
    left = np.zeros(1 << int(bits), dtype=np.uint64)
    np.add.at(left, bucket, np.where(keys & _ONE, value, -value))
    return (left[bucket] != 0) & (keys != 0)


def unbalanced(keys: np.ndarray) -> np.ndarray:
    """Edges that are not walked as often one way as the other; those without length are left out.

    Examples
    --------
    >>> unbalanced(np.array([8, 9, 4, 0, 6, 6, 7], dtype=np.uint64)).tolist()
    [False, False, True, False, True, True, True]
    """
    found = np.zeros(len(keys), dtype=bool)
    some = np.flatnonzero(maybe_unbalanced(keys))
    if len(some):
        some = some[np.argsort(keys[some])]
        ordered = keys[some]
        places = ordered >> _ONE
        first = np.flatnonzero(np.concatenate([[True], places[1:] != places[:-1]]))
        count = np.diff(np.append(first, len(places)))
        ups = np.add.reduceat(ordered & _ONE, first).astype(np.int64)
        found[some] = np.repeat(2 * ups != count, count)
    return found


def among(keys: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Whether each key is one of the chosen ones (ascending, well mixed)."""
    found = np.zeros(len(keys), dtype=bool)
    if not len(chosen):
        return found
    mask = (_ONE << np.uint64(len(chosen).bit_length() + 3)) - _ONE
    table = np.zeros(int(mask) + 1, dtype=bool)
    table[chosen & mask] = True
    asked = np.flatnonzero(table[keys & mask])
    at = np.minimum(np.searchsorted(chosen, keys[asked]), len(chosen) - 1)
    found[asked] = chosen[at] == keys[asked]
    return found


@dataclass(frozen=True)
class Chain:
    """Directed edges with their keys; the inside of their polygon is on the left.

    Attributes
    ----------
    key : numpy.ndarray
        (n,) directed keys.
    edges : Edges
        Their ends.
    """

    key: np.ndarray
    edges: Edges

    def __len__(self) -> int:
        return len(self.key)

    def where(self, chosen: np.ndarray) -> Chain:
        """Some of the edges."""
        one = self.edges
        return Chain(self.key[chosen], Edges(one.start[chosen], one.end[chosen], one.start_key[chosen],
                                             one.end_key[chosen]))  # fmt: skip

    def reversed(self) -> Chain:
        """The same edges walked the other way."""
        one = self.edges
        return Chain(self.key ^ _ONE, Edges(one.end, one.start, one.end_key, one.start_key))

    def plus(self, *others: Chain) -> Chain:
        """The sum of chains: what is walked once each way is gone."""
        all_ = [self, *others]
        stays = unbalanced(np.concatenate([one.key for one in all_]))
        ends = np.cumsum([len(one) for one in all_])[:-1]
        left = [one.where(mine) for one, mine in zip(all_, np.split(stays, ends), strict=True)]
        return Chain(np.concatenate([one.key for one in left]), Edges(*(
            np.concatenate([getattr(one.edges, name) for one in left])
            for name in ("start", "end", "start_key", "end_key"))))  # fmt: skip


def chain_of(geometries: np.ndarray) -> Chain:
    """All edges of polygons, none cancelled.

    Examples
    --------
    >>> import shapely
    >>> pair = chain_of(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]))
    >>> len(pair), len(pair.plus())
    (8, 6)
    """
    return chain_with_owners(geometries)[0]


def chain_with_owners(geometries: np.ndarray) -> tuple[Chain, np.ndarray]:
    """All edges of polygons, none cancelled, and the position of the polygon each belongs to."""
    rings = rings_of(geometries)
    places, signed, lengths = place_keys(rings.xy), signed_areas(rings), np.diff(rings.start)
    keys = directed_keys(segment_keys(places, rings), places, rings, signed)
    backwards = np.repeat((signed > 0) == rings.is_hole, lengths)
    at = np.flatnonzero(keys)
    begin, end = at + backwards[at], at + ~backwards[at]
    return (Chain(keys[at], Edges(rings.xy[begin], rings.xy[end], places[begin], places[end])),
            np.repeat(rings.owner, lengths)[at])  # fmt: skip
