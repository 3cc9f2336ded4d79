"""What can be told of every polygon from its coordinates alone, in one pass over a layer.

The hash by which it is known in another snapshot, where it lies, its area, whether it is certainly valid,
and the borders it shares with no neighbour. All of it in pieces that fit a processor's cache, in threads,
and without geometry objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import partial
from typing import TypeVar

import numpy as np
from pyproj import CRS

from landtool.balance.areas import SMALL_UNCUT_M
from landtool.balance.edges import (
    GRID_M,
    MIX,
    WHOLE,
    directed_keys,
    maybe_unbalanced,
    place_keys,
    segment_keys,
    unbalanced,
)
from landtool.balance.lookup import kernels_if_loaded, load_kernels
from landtool.geometry.area import areas_from_moments, plane_moments
from landtool.geometry.column_parts import Growing
from landtool.geometry.columns import PolygonColumn, RingBytes, column_of
from landtool.geometry.pairs import workers
from landtool.geometry.rings import Rings, ring_sums, signed_areas

# Pieces that stay in a processor's cache: NumPy holds a dozen arrays of their size, compiled code one.
_CHUNK_VERTICES, _COMPILED_CHUNK_VERTICES = 40_000, 160_000
# From so many vertices on compiled code repays, within a few runs, the time that loading it takes.
COMPILED_FROM_VERTICES = 1_000_000
# Cross products of corners are sure to about 1e-7 m² in coordinates of millions of metres.
_SURE_M2 = 1e-6
# Pieces are of about one size.
_SPARE = 1.2

Part = TypeVar("Part")


@dataclass(frozen=True)
class Traits:
    """Per row of a layer.

    Attributes
    ----------
    key : numpy.ndarray
        (n,) uint64 hash of the set of segments on a grid of 1 mm; 0 where there is no polygon.
    box : numpy.ndarray
        (n, 4) box of the polygon; NaN where there is none.
    is_sure : numpy.ndarray
        (n,) bool: certainly one valid polygon without holes.
    area_m2 : numpy.ndarray
        (n,) on the ellipsoid, edges straight on the plane; NaN where it must be taken from the geometry.
    plane_m2 : numpy.ndarray
        (n,) on the plane; 0 where there is no polygon. Means little where a ring crosses itself.
    open_edges, open_rows : numpy.ndarray
        Directed keys of the edges that are not walked as often one way as the other, ascending, and rows
        among which their owners are.
    """

    key: np.ndarray
    box: np.ndarray
    is_sure: np.ndarray
    area_m2: np.ndarray
    plane_m2: np.ndarray
    open_edges: np.ndarray
    open_rows: np.ndarray


def traits_of(column: PolygonColumn, plane: CRS) -> Traits:
    """Look over a layer on a metric plane."""
    way = way_for(column.vertices())
    return told(way, _over(column, partial(look, way), way.chunk_vertices), plane)


def told(way: Way, seen: Look, plane: CRS) -> Traits:
    """What was seen of a whole layer, put together."""
    moments, box, count = seen.moments, seen.box, len(seen.key)
    areas = np.zeros(0)
    if len(moments):
        areas = areas_from_moments(moments, np.nanmin(box[:, :2], axis=0), np.nanmax(box[:, 2:], axis=0),
                                   plane, straight_within_m=SMALL_UNCUT_M)  # fmt: skip
    area = np.bincount(seen.owner, weights=np.where(seen.is_hole, -areas, areas), minlength=count)
    drawn = np.abs(moments[:, 0])
    drawn = np.bincount(seen.owner, weights=np.where(seen.is_hole, -drawn, drawn), minlength=count)
    maybe = np.flatnonzero(way.maybe_unbalanced(seen.edges))
    edges, rows = seen.edges[maybe], seen.edge_rows[maybe]
    lone = unbalanced(edges)
    return Traits(
        key=seen.key, box=box, is_sure=seen.is_sure, area_m2=np.where(np.isnan(box[:, 0]), np.nan, area),
        plane_m2=drawn, open_edges=np.sort(edges[lone]), open_rows=np.unique(rows[lone]),
    )  # fmt: skip


@dataclass(frozen=True)
class Outlines:
    """Of :class:`Traits` the ``key`` and ``plane_m2`` alone: enough of a layer that is known from another."""

    key: np.ndarray
    plane_m2: np.ndarray


def outlines_of(column: PolygonColumn) -> Outlines:
    """By what each row is known in another layer, and its area on the plane."""
    way = way_for(column.vertices())
    return _over(column, partial(outline, way), way.chunk_vertices)


def surely_valid(shapes: np.ndarray) -> np.ndarray:
    """Whether each is certainly one valid polygon without holes; cheaper than asking GEOS.

    Examples
    --------
    >>> import shapely
    >>> surely_valid(np.array([shapely.box(0, 0, 9, 9), shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])])).tolist()
    [True, False]
    """
    column = column_of(shapes)
    way = _PLAIN if kernels_if_loaded() is None else _compiled()
    return _over(column, partial(_sureness, way), way.chunk_vertices).is_sure


@dataclass(frozen=True)
class _Sureness:
    is_sure: np.ndarray


def _sureness(way: Way, column: PolygonColumn, first: int, last: int) -> _Sureness:
    return _Sureness(_sure(way.facts(column, first, last), last - first))


@dataclass(frozen=True)
class RingOutlines:
    """What is told of each ring of a layer that is known from another.

    Attributes
    ----------
    owner, is_hole : numpy.ndarray
        (k,) as in :class:`~landtool.geometry.rings.Rings`.
    key : numpy.ndarray
        (k,) uint64 sum of the keys of its segments.
    area : numpy.ndarray
        (k,) signed, on the plane.
    """

    owner: np.ndarray
    is_hole: np.ndarray
    key: np.ndarray
    area: np.ndarray


@dataclass(frozen=True)
class RingFacts(RingOutlines):
    """What is told of each ring.

    Attributes
    ----------
    length : numpy.ndarray
        (k,) number of vertices.
    moments : numpy.ndarray
        (k, 9) as :func:`~landtool.geometry.area.plane_moments` gives, edges straight.
    is_star : numpy.ndarray
        (k,) bool: sees its centroid from everywhere and runs around it once, so that it is simple.
    edges : numpy.ndarray
        (v,) directed keys by vertex (:func:`~landtool.balance.edges.directed_keys`).
    """

    length: np.ndarray
    moments: np.ndarray
    is_star: np.ndarray
    edges: np.ndarray


def ring_outlines(rings: Rings) -> RingOutlines:
    """Look over rings as far as an outline needs it."""
    keys = ring_sums(segment_keys(place_keys(rings.xy), rings), rings.start)
    return RingOutlines(rings.owner, rings.is_hole, keys.astype(np.uint64), signed_areas(rings))


def ring_facts(rings: Rings) -> RingFacts:
    """Look over rings."""
    lengths = np.diff(rings.start)
    if not len(rings):
        nothing = np.zeros(0, np.uint64)
        return RingFacts(rings.owner, rings.is_hole, nothing, np.zeros(0), lengths, np.zeros((0, 9)),
                         nothing > 0, nothing)  # fmt: skip
    places = place_keys(rings.xy)
    segments = segment_keys(places, rings)
    moments = plane_moments(rings, 0, len(rings), straight=True)
    return RingFacts(
        rings.owner, rings.is_hole, ring_sums(segments, rings.start), moments[:, 0], lengths, moments,
        _is_star(rings, moments), directed_keys(segments, places, rings, moments[:, 0]),
    )  # fmt: skip


@dataclass(frozen=True)
class Way:
    """How to look at some rows of a column: in NumPy, or compiled."""

    chunk_vertices: int
    facts: Callable[[PolygonColumn, int, int], RingFacts]
    outlines: Callable[[PolygonColumn, int, int], RingOutlines]
    maybe_unbalanced: Callable[[np.ndarray], np.ndarray]


_PLAIN = Way(_CHUNK_VERTICES, lambda column, first, last: ring_facts(column.rings(first, last)),
              lambda column, first, last: ring_outlines(column.rings(first, last)), maybe_unbalanced)  # fmt: skip


def _compiled() -> Way:
    kernels = load_kernels()

    def some(part: RingBytes, whole: bool) -> RingFacts:
        keys, moments, is_star, edges = kernels.ring_facts(
            part.data, part.at, part.length, part.step, part.is_hole, whole, 1.0 / GRID_M, WHOLE, MIX, _SURE_M2)
        return RingFacts(part.owner, part.is_hole, keys, moments[:, 0], part.length, moments, is_star, edges)

    def facts(column: PolygonColumn, first: int, last: int, whole: bool = True) -> RingFacts:
        parts = [some(part, whole) for part in column.ring_bytes(first, last)]
        return parts[0] if len(parts) == 1 else RingFacts(*(
            np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(RingFacts)))

    return Way(_COMPILED_CHUNK_VERTICES, facts, partial(facts, whole=False), kernels.maybe_unbalanced)


def way_for(vertices: int) -> Way:
    """The way that suits a layer of about so many vertices."""
    return _PLAIN if vertices < COMPILED_FROM_VERTICES else _compiled()


def _over(column: PolygonColumn, see: Callable[[PolygonColumn, int, int], Part], vertices: int) -> Part:
    """Look at a column, in pieces of whole rows, in threads."""
    cuts = column.chunks(vertices)
    if len(cuts) <= 2:
        return see(column, 0, len(column))
    with ThreadPoolExecutor(workers()) as pool:
        return joined(pool.map(lambda first, last: see(column, first, last), cuts[:-1], cuts[1:]), len(cuts) - 1)


def joined(parts: Iterable[Part], about: int) -> Part:
    """One of about so many, at least one; each is let go once it is copied."""
    grown: dict[str, Growing] = {}
    kind = None
    for part in parts:
        for name in [one.name for one in fields(part)]:  # type: ignore[arg-type]
            values = getattr(part, name)
            if kind is None or name not in grown:
                grown[name] = Growing(values, int(_SPARE * about * len(values)))
            grown[name].add(values)
        kind = type(part)
    return kind(**{name: one.whole() for name, one in grown.items()})  # type: ignore[misc]


@dataclass(frozen=True)
class Look:
    """Of some rows of a layer what can be put together with what was seen of others (:func:`told`)."""

    key: np.ndarray
    box: np.ndarray
    is_sure: np.ndarray
    moments: np.ndarray
    owner: np.ndarray
    is_hole: np.ndarray
    edges: np.ndarray
    edge_rows: np.ndarray


def look(way: Way, column: PolygonColumn, first: int, last: int) -> Look:
    """Look at some rows."""
    facts = way.facts(column, first, last)
    at = np.flatnonzero(way.maybe_unbalanced(facts.edges))
    ring = np.searchsorted(np.cumsum(facts.length), at, side="right")
    return Look(
        key=_row_keys(facts, last - first), box=_boxes(facts, last - first),
        is_sure=_sure(facts, last - first), moments=facts.moments,
        owner=facts.owner + first, is_hole=facts.is_hole, edges=facts.edges[at],
        edge_rows=facts.owner[ring] + first,
    )  # fmt: skip


def outline(way: Way, column: PolygonColumn, first: int, last: int) -> Outlines:
    """Look at some rows as far as an outline needs it."""
    rings = way.outlines(column, first, last)
    drawn = np.abs(rings.area)
    drawn = np.bincount(rings.owner, np.where(rings.is_hole, -drawn, drawn), last - first)
    return Outlines(_row_keys(rings, last - first), drawn)


def _one_each(facts: RingOutlines, count: int) -> bool:
    return len(facts.owner) == count and bool((facts.owner == np.arange(count)).all())


def _row_keys(facts: RingOutlines, count: int) -> np.ndarray:
    if _one_each(facts, count):
        return facts.key
    found = np.zeros(count, dtype=np.uint64)
    np.add.at(found, facts.owner, facts.key)
    return found


def _sure(facts: RingFacts, count: int) -> np.ndarray:
    sure = np.zeros(count, dtype=bool)
    sure[facts.owner[facts.is_star]] = True
    return sure & (np.bincount(facts.owner, minlength=count) == 1)


def _boxes(facts: RingFacts, count: int) -> np.ndarray:
    """Box of each row from those of its rings."""
    boxes = facts.moments[:, 5:]
    if _one_each(facts, count):
        return boxes
    found = np.full((count, 4), [np.inf, np.inf, -np.inf, -np.inf])
    np.minimum.at(found[:, :2], facts.owner, boxes[:, :2])
    np.maximum.at(found[:, 2:], facts.owner, boxes[:, 2:])
    found[found[:, 0] > found[:, 2]] = np.nan
    return found


def _is_star(rings: Rings, moments: np.ndarray) -> np.ndarray:
    """Whether a ring sees its centroid from everywhere and runs around it once: then it is simple."""
    lengths = np.diff(rings.start)
    x = rings.xy[:, 0] - np.repeat(moments[:, 1], lengths)
    y = rings.xy[:, 1] - np.repeat(moments[:, 2], lengths)
    turn = x[:-1] * y[1:]
    turn -= x[1:] * y[:-1]
    backwards = moments[:, 0] < 0
    if backwards.any():
        np.negative(turn, where=np.repeat(backwards, lengths)[:-1], out=turn)
    turn[rings.start[1:-1] - 1] = np.inf
    above = y >= 0.0
    crossings = (above[1:] != above[:-1]).astype(np.int8)
    crossings[rings.start[1:-1] - 1] = 0
    sees = np.minimum.reduceat(turn, rings.start[:-1]) > _SURE_M2
    return sees & (np.add.reduceat(crossings, rings.start[:-1], dtype=np.int64) == 2)
