"""Which polygons were split or merged along their own outline, so that nothing has to be cut.

Most parcels change by being divided or united. If the parts of a whole, their common borders taken away,
leave just its outline, then each part is what the two share, and it shares ground with nothing else. That is
asked of the edges: walked in the same direction they have the same ground on their left. Outlines are the same
as those of unchanged polygons are (:mod:`landtool.balance.identity`), to a millimetre, new corners included;
what is farther apart is left to be cut. Cutting outlines so near would make slivers of rounding that belong to
lots whose use changed, and so would pass for real changes. They are none: the parts stand for the whole, and
what one date draws more of it than the other is summed as survey correction and noise
(:attr:`landtool.balance.pieces.Pieces.later_m2`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from landtool.balance.edges import GRID_M, Chain, chain_with_owners, unbalanced
from landtool.balance.lookup import positions
from landtool.geometry.outline import Edges

_MOST_OPEN = 64
_ONE = np.uint64(1)
_SALT = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Lineage:
    """For each polygon of two arrays the one of the other array that it fills, alone or with others.

    Attributes
    ----------
    of_one : numpy.ndarray
        (n,) position in ``two`` of the whole that this polygon of ``one`` is a part of; -1 for none.
    of_two : numpy.ndarray
        (m,) position in ``one`` of the whole that this polygon of ``two`` is a part of; -1 for none.
    """

    of_one: np.ndarray
    of_two: np.ndarray


@dataclass(frozen=True)
class _Side:
    """One array: areas and lengths, edges, and which of them are asked about, with the polygon of each."""

    area: np.ndarray
    length: np.ndarray
    edges: Edges
    key: np.ndarray
    owner: np.ndarray
    at: np.ndarray

    def where(self, polygons: np.ndarray) -> _Side:
        chosen = polygons[self.owner]
        return _Side(self.area, self.length, self.edges, self.key[chosen], self.owner[chosen], self.at[chosen])


def _side(shapes: np.ndarray, drawn: tuple[Chain, np.ndarray]) -> _Side:
    chain, owner = drawn
    return _Side(shapely.area(shapes), shapely.length(shapes), chain.edges, chain.key, owner,
                 np.arange(len(chain)))  # fmt: skip


def lineage(
    one: np.ndarray, two: np.ndarray,
    drawn: tuple[tuple[Chain, np.ndarray], tuple[Chain, np.ndarray]] | None = None,
) -> Lineage:  # fmt: skip
    """Find what was split or merged along its outline between two arrays of polygons.

    Parameters
    ----------
    one, two : numpy.ndarray of shapely geometries
        Valid polygons on a metric plane; none overlaps another of its own array.
    drawn : tuple, optional
        Edges of both with their owners, where they are known (:func:`landtool.balance.edges.chain_with_owners`).

    Returns
    -------
    Lineage
        A polygon that is neither a part of one whole nor such a whole is -1 in both.

    Examples
    --------
    >>> whole, west, east = (shapely.box(x, 0, y, 1) for x, y in ((0, 3), (0, 1), (1, 3)))
    >>> lineage(np.array([whole]), np.array([east, west, shapely.box(5, 0, 6, 1)])).of_two.tolist()
    [0, 0, -1]
    >>> lineage(np.array([west, east]), np.array([whole])).of_one.tolist()
    [0, 0]
    """
    edges = drawn or (chain_with_owners(one), chain_with_owners(two))
    sides = [_side(shapes, own) for shapes, own in zip((one, two), edges, strict=True)]
    of_two = _parts(*sides)
    filled = np.isin(np.arange(len(one)), of_two)
    if not filled.all() and not (of_two >= 0).all():
        sides = [sides[0].where(~filled), sides[1].where(of_two < 0)]
        return Lineage(_parts(sides[1], sides[0]), of_two)
    return Lineage(np.full(len(one), -1), of_two)


def _parts(wholes: _Side, parts: _Side) -> np.ndarray:
    """Position of the whole that each part fills with its sisters; -1 for none."""
    parent = _parents(wholes, parts)
    count = len(wholes.area)
    filled = np.isin(np.arange(count), parent) & _closed(*_left_over(wholes, parts, parent), count)
    known = parent >= 0
    covered = np.bincount(parent[known], weights=parts.area[known], minlength=count)
    filled &= np.abs(covered - wholes.area) <= GRID_M * wholes.length
    return np.where(np.append(filled, False)[parent], parent, -1)


def _parents(wholes: _Side, parts: _Side) -> np.ndarray:
    """The only whole that a part walks edges with."""
    lowest, highest = np.full(len(parts.area), len(wholes.area)), np.full(len(parts.area), -1)
    at = positions(wholes.key, parts.key)
    hit = at >= 0
    whole, part = wholes.owner[at[hit]], parts.owner[hit]
    np.minimum.at(lowest, part, whole)
    np.maximum.at(highest, part, whole)
    return np.where(lowest == highest, lowest, -1)


def _left_over(wholes: _Side, parts: _Side, parent: np.ndarray) -> tuple[_Edges, _Edges]:
    """Outline of each whole less those of its parts: what is left of the whole, and of its parts."""
    has_parts = np.zeros(len(wholes.area), dtype=bool)
    has_parts[parent[parent >= 0]] = True
    wholes, parts = wholes.where(has_parts), parts.where(parent >= 0)
    of = np.concatenate([wholes.owner, parent[parts.owner]])
    # Only sisters and their whole may cancel: their keys are mixed with the whole's number.
    key = np.concatenate([wholes.key ^ _ONE, parts.key]) ^ ((of.astype(np.uint64) + _ONE) * _SALT << _ONE)
    open_ = unbalanced(key)
    count = len(wholes.key)
    return (_edges(wholes.edges, wholes.at[open_[:count]], of[:count][open_[:count]]),
            _edges(parts.edges, parts.at[open_[count:]], of[count:][open_[count:]]))  # fmt: skip


def _closed(edges: _Edges, added: _Edges, count: int) -> np.ndarray:
    """Whether nothing is left of each whole but edges that new corners divide."""
    order = np.argsort(edges.of, kind="stable")
    first = np.searchsorted(edges.of[order], np.arange(count + 1))
    options = np.diff(first)[added.of]
    asked = np.flatnonzero(options <= _MOST_OPEN)
    options = options[asked]
    new = np.repeat(asked, options)
    nth = np.arange(len(new)) - np.repeat(np.cumsum(options) - options, options)
    old = order[np.repeat(first[added.of[asked]], options) + nth]
    lies = _lies_on(edges, old, added, new)
    old, new = old[lies], new[lies]
    pieces = np.bincount(old, minlength=len(edges.of))
    length = np.bincount(old, weights=added.length[new], minlength=len(edges.of))
    found = np.ones(count, dtype=bool)
    found[added.of[np.bincount(new, minlength=len(added.of)) != 1]] = False
    found[edges.of[np.abs(length - edges.length) > GRID_M * (2 + pieces)]] = False
    return found


@dataclass(frozen=True)
class _Edges:
    """Edges, and the whole they are left over from."""

    start: np.ndarray
    step: np.ndarray
    length: np.ndarray
    of: np.ndarray


def _edges(edges: Edges, at: np.ndarray, of: np.ndarray) -> _Edges:
    start = edges.start[at]
    step = edges.end[at] - start
    return _Edges(start, step, np.hypot(*step.T), of)


def _lies_on(edges: _Edges, old: np.ndarray, added: _Edges, new: np.ndarray) -> np.ndarray:
    """Whether an added edge is a stretch of an old one, walked the same way."""
    unit = edges.step[old] / edges.length[old, None]
    begin = added.start[new] - edges.start[old]
    on = np.ones(len(old), dtype=bool)
    along = []
    for point in (begin, begin + added.step[new]):
        along.append(point[:, 0] * unit[:, 0] + point[:, 1] * unit[:, 1])
        on &= np.abs(point[:, 0] * unit[:, 1] - point[:, 1] * unit[:, 0]) <= GRID_M
        on &= (along[-1] >= -GRID_M) & (along[-1] <= edges.length[old] + GRID_M)
    return on & (along[1] > along[0])
