"""Two snapshots made ready to be cut: same polygons paired, broken ones repaired, overlaps known.

Pairing comes first, because what is the same in both needs to be looked at in one of them only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.balance.areas import drawn_area_m2
from landtool.balance.edges import GRID_M, Chain, among, chain_of, chain_with_owners
from landtool.balance.identity import Matched, match_keys, match_near, without
from landtool.balance.lookup import positions
from landtool.balance.snapshot import Snapshot, note
from landtool.balance.traits import Outlines, Traits, outlines_of, surely_valid, traits_of
from landtool.geometry.boxes import meeting
from landtool.geometry.overlaps import doubtful_windows, overlapping_pairs
from landtool.geometry.pairs import both, in_threads
from landtool.geometry.topology import repair

LEAST_OVERLAP_M2 = 1e-6
# Corners that one neighbour has and the other has not make loops of rounding, which hold less than this.
_LEAST_LOOP_M2 = LEAST_OVERLAP_M2 / 10
_POLYGONAL = (3, 6)
# Unions, and what is neither small nor simple, are worth threads soon.
_FEW = 64
_ONE = np.uint64(1)
# A difference is taken for right when its area is, to this share and this much.
_AREA_SHARE, _AREA_M2 = 1e-8, 1e-4
# Sums over the same corners from another start differ by less than this share.
_LAST_DIGITS = 1e-12
_GRIDS_M = (1e-7, 1e-6, 1e-5, 1e-4)


@dataclass(frozen=True)
class Settled:
    """Two snapshots ready to be cut.

    Attributes
    ----------
    before, after : Snapshot
        Valid polygons, and the pairs of rows that overlap in their own layer.
    same : Matched
        The same polygons in both; none of them overlaps another one of either layer.
    same_area_m2, same_later_m2 : numpy.ndarray
        Area of each pair of ``same`` on the ellipsoid, as the first and as the second snapshot draws it.
    drawn : tuple or None
        Edges of the rows of either snapshot without a partner, with the position among these rows of the owner of
        each; None where rows overlap, so that less than what is drawn may be theirs.
    """

    before: Snapshot
    after: Snapshot
    same: Matched
    same_area_m2: np.ndarray
    same_later_m2: np.ndarray
    drawn: tuple[tuple[Chain, np.ndarray], tuple[Chain, np.ndarray]] | None


@dataclass(frozen=True)
class First:
    """The first snapshot, made ready as far as that can be before the other one is known.

    Attributes
    ----------
    snapshot : Snapshot
        With all rows valid, and the pairs of rows that overlap by more than the grid.
    traits : Traits
        Of its rows; nothing is said of the areas of repaired ones.
    mended : numpy.ndarray
        Rows that were repaired.
    chain : Chain
        The edges that no neighbour walks the other way.
    narrow : numpy.ndarray
        Windows in which rows may overlap by less than the grid.
    """

    snapshot: Snapshot
    traits: Traits
    mended: np.ndarray
    chain: Chain
    narrow: np.ndarray


@dataclass(frozen=True)
class Looks:
    """What was seen of two layers already.

    Attributes
    ----------
    first : First
        The first one.
    outlines : Outlines
        Of the second one.
    partner : numpy.ndarray
        (n,) first row of the first layer that has the key of a row of the second; -1 where none has.
    """

    first: First
    outlines: Outlines
    partner: np.ndarray


def settle_first(snapshot: Snapshot, traits: Traits) -> First:
    """Repair the first snapshot, and find what overlaps in it."""
    chain = _open_chain(snapshot, traits)
    made, mended = _mended(snapshot, np.flatnonzero(~traits.is_sure))
    if len(mended):
        chain = chain.plus(chain_of(snapshot.shapes.take(mended)).reversed(), chain_of(made.shapes.take(mended)))
        traits.area_m2[mended] = traits.plane_m2[mended] = np.nan
    windows, width = doubtful_windows(chain.edges, _LEAST_LOOP_M2)
    made = _with_overlaps(made, windows[width >= GRID_M], _Places(np.arange(len(made)), traits.box))
    return First(made, traits, mended, chain, windows[width < GRID_M])


def settle(before: Snapshot, after: Snapshot, looks: Looks | None = None) -> Settled:
    """Pair, repair, and find what overlaps inside each layer.

    Parameters
    ----------
    before, after : Snapshot
        The two layers.
    looks : Looks, optional
        What was seen of them already; looked for if not given.
    """
    if looks is None:
        seen, outlines = both(lambda: settle_first(before, traits_of(before.shapes, before.crs)),
                              lambda: outlines_of(after.shapes))  # fmt: skip
        looks = Looks(seen, outlines, positions(seen.traits.key, outlines.key))
    traits, outlines, mended = looks.first.traits, looks.outlines, looks.first.mended
    same = match_keys(traits.key, outlines.key, looks.partner)
    before, after = _kept(before, same.left_before), _kept(after, same.left_after)
    same = match_near(before.shapes, after.shapes, same)
    shapes = before.shapes.with_shapes(mended, looks.first.snapshot.shapes.take(mended))
    before = replace(looks.first.snapshot, shapes=shapes)
    drawn, (after, drawn_after) = both(lambda: chain_with_owners(before.shapes.take(same.left_before)),
                                       lambda: _mended_rest(after, same.left_after))  # fmt: skip
    after = _repaired_twins(before, after, same, mended)
    later = looks.first.chain.plus(drawn[0].reversed(), drawn_after[0])
    windows, width = doubtful_windows(later.edges, _LEAST_LOOP_M2)
    place = _later_places(traits.box, after, same)
    after = _with_overlaps(after, windows[width >= GRID_M], place)
    alone = ~(before.overlaps_itself[same.before] | after.overlaps_itself[same.after])
    first, second = same.before[alone], same.after[alone]
    same = Matched(first, second, without(len(before), first), without(len(after), second))
    # Borders that neighbours drew less than the grid apart: of no account, but what is cut must add up.
    before = _with_overlaps(before, looks.first.narrow, _Places(same.left_before, traits.box[same.left_before]))
    after = _with_overlaps(after, windows[width < GRID_M], place.only(same.left_after))
    area = _areas(before, traits, first)
    # What was repaired was repaired alike in both (null), and so small a ratio is that on the ellipsoid, too.
    overlapping = len(before.one) or len(after.one)
    return Settled(before, after, same, area, area * growth(traits.plane_m2[first], outlines.plane_m2[same.after]),
                   None if overlapping else (drawn, drawn_after))  # fmt: skip


def _kept(snapshot: Snapshot, rows: np.ndarray) -> Snapshot:
    """The snapshot with the geometry objects of some rows made once and kept."""
    return replace(snapshot, shapes=snapshot.shapes.with_shapes(rows, snapshot.shapes.take(rows)))


def _open_chain(snapshot: Snapshot, traits: Traits) -> Chain:
    """The edges that no neighbour walks the other way."""
    chain = chain_of(snapshot.shapes.take(traits.open_rows))
    return chain.where(among(chain.key >> _ONE, np.unique(traits.open_edges >> _ONE)))


def _mended_rest(snapshot: Snapshot, rows: np.ndarray) -> tuple[Snapshot, tuple[Chain, np.ndarray]]:
    """A snapshot with the given rows valid, and their edges with the positions of their owners among the rows."""
    made, _ = _mended(snapshot, rows[~surely_valid(snapshot.shapes.take(rows))])
    return made, chain_with_owners(made.shapes.take(rows))


def _repaired_twins(before: Snapshot, after: Snapshot, same: Matched, mended: np.ndarray) -> Snapshot:
    """The later snapshot with the partners of repaired polygons repaired alike."""
    broken = np.isin(same.before, mended)
    if not broken.any():
        return after
    rows, shapes = same.after[broken], before.shapes.take(same.before[broken])
    return replace(after, shapes=after.shapes.with_shapes(rows, shapes), problems=_also(after, shapes))


@dataclass(frozen=True)
class _Places:
    """Rows in any order, and the box of each."""

    rows: np.ndarray
    boxes: np.ndarray

    def only(self, rows: np.ndarray) -> _Places:
        chosen = np.zeros(len(self.rows), dtype=bool)
        chosen[rows] = True
        chosen = chosen[self.rows]
        return _Places(self.rows[chosen], self.boxes[chosen])


def _later_places(boxes: np.ndarray, after: Snapshot, same: Matched) -> _Places:
    own = shapely.bounds(after.shapes.take(same.left_after))
    return _Places(np.concatenate([same.after, same.left_after]), np.concatenate([boxes[same.before], own]))


def _areas(snapshot: Snapshot, traits: Traits, rows: np.ndarray) -> np.ndarray:
    areas = traits.area_m2[rows]
    unknown = np.flatnonzero(np.isnan(areas))
    areas[unknown] = drawn_area_m2(snapshot.shapes.take(rows[unknown]), snapshot.crs)
    return areas


def growth(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Area of the same ground as drawn a second time over that of the first; exactly 1 where both agree.

    Examples
    --------
    >>> growth(np.array([8.0, 0.0, np.nan]), np.array([8.002, 0.0, 1.0])).tolist()
    [1.00025, 1.0, 1.0]
    """
    ratio = np.divide(two, one, out=np.ones(len(one)), where=one > 0.0)
    return np.where(np.abs(ratio - 1.0) > _LAST_DIGITS, ratio, 1.0)


def _mended(snapshot: Snapshot, rows: np.ndarray) -> tuple[Snapshot, np.ndarray]:
    """The snapshot with the given rows valid, and the rows that were not."""
    shapes = snapshot.shapes.take(rows)
    polygonal = np.isin(shapely.get_type_id(shapes), _POLYGONAL)
    bad = rows[~(polygonal & in_threads(shapely.is_valid, shapes, worth=_FEW))]
    if not len(bad):
        return snapshot, bad
    broken = gpd.GeoDataFrame(geometry=snapshot.shapes.take(bad), crs=snapshot.crs)
    done = repair(broken, layer="land_use").frame
    mended = np.full(len(bad), shapely.Polygon(), dtype=object)
    mended[done.index] = done.geometry.to_numpy()
    return replace(snapshot, shapes=snapshot.shapes.with_shapes(bad, mended),
                   problems=_also(snapshot, mended)), bad  # fmt: skip


def _also(snapshot: Snapshot, mended: np.ndarray) -> pd.DataFrame:
    return _added(snapshot.problems, note(snapshot.name, "geometry_repaired", mended, snapshot.crs))


def _added(problems: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    whole = pd.concat([problems, told], ignore_index=True)
    return whole.groupby(["snapshot", "kind"], as_index=False, sort=False).sum()


def _with_overlaps(snapshot: Snapshot, windows: np.ndarray, places: _Places) -> Snapshot:
    """The snapshot with the pairs of rows that share ground within some windows."""
    near = np.sort(places.rows[meeting(places.boxes, windows)])
    if not len(near):
        return snapshot
    shapes = snapshot.shapes.take(near)
    one, two = overlapping_pairs(shapes, LEAST_OVERLAP_M2, windows)
    if not len(one):
        return snapshot
    common = in_threads(lambda i, j: shapely.intersection(shapes[i], shapes[j]), one, two)
    pairs = pd.DataFrame({"one": near[one], "two": near[two], "common": common})
    known = pd.MultiIndex.from_arrays([snapshot.one, snapshot.two])
    fresh = (shapely.area(common) > LEAST_OVERLAP_M2) & ~pd.MultiIndex.from_frame(pairs[["one", "two"]]).isin(
        known)  # fmt: skip
    if not fresh.any():
        return snapshot
    pairs = pairs[fresh]
    told = note(snapshot.name, "overlap", pairs["common"].to_numpy(), snapshot.crs)
    return replace(snapshot, one=np.concatenate([snapshot.one, pairs["one"]]),
                   two=np.concatenate([snapshot.two, pairs["two"]]),
                   problems=_added(snapshot.problems, told))  # fmt: skip


def owned_shapes(snapshot: Snapshot, rows: np.ndarray) -> np.ndarray:
    """The ground of each row without what an earlier row of the same layer covers.

    Parameters
    ----------
    snapshot : Snapshot
        The layer.
    rows : numpy.ndarray
        Positions; every row that overlaps one of them must be among them.
    """
    shapes = snapshot.shapes.take(rows)
    if not len(snapshot.one):
        return shapes
    place = np.full(len(snapshot), -1)
    place[rows] = np.arange(len(rows))
    first, later = np.minimum(snapshot.one, snapshot.two), np.maximum(snapshot.one, snapshot.two)
    first, later = place[first], place[later]
    shapes = shapes.copy()
    who = np.unique(later)
    shapes[who] = subtract(shapes, later, shapes, first, who)
    return shapes


def subtract(
    wholes: np.ndarray, owner: np.ndarray, others: np.ndarray, other: np.ndarray, who: np.ndarray,
    left_area: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """What is left of ``wholes[who]`` once all ``others`` paired with them are taken away.

    Parameters
    ----------
    wholes, others : numpy.ndarray of shapely geometries
        Polygons.
    owner, other : numpy.ndarray
        (m,) pairs: ``others[other[k]]`` is taken from ``wholes[owner[k]]``.
    who : numpy.ndarray
        Ascending positions in ``wholes`` that are asked for; each is in ``owner``.
    left_area : numpy.ndarray, optional
        Plane area that should be left of each, if it is known.

    Examples
    --------
    >>> a, b, c = (shapely.box(x, 0, x + 2, 1) for x in (0, 1, 1.5))
    >>> left = subtract(np.array([a]), np.array([0, 0]), np.array([b, c]), np.array([0, 1]), np.array([0]))
    >>> shapely.area(left).tolist()
    [1.0]
    """
    wanted = np.isin(owner, who)
    owner, other = owner[wanted], other[wanted]
    order = np.argsort(owner, kind="stable")
    owner, other = owner[order], other[order]
    start = np.searchsorted(owner, who)
    count = np.searchsorted(owner, who, side="right") - start
    cover = np.empty(len(who), dtype=object)
    for width in 2 ** np.arange(int(count.max(initial=1)).bit_length() + 1):
        some = np.flatnonzero((count > width // 2) & (count <= width))
        slot = np.arange(width)
        at = np.minimum(start[some][:, None] + slot, len(other) - 1)
        group = others[other[at]]
        group[slot >= count[some][:, None]] = None
        cover[some] = in_threads(lambda block: shapely.union_all(block, axis=1), group, worth=_FEW)
    return _difference(wholes[who], cover, left_area)


def _difference(wholes: np.ndarray, cover: np.ndarray, left_area: np.ndarray | None) -> np.ndarray:
    """Differences that are checked by their area.

    Now and then GEOS returns the whole for a difference of nearly equal polygons. On a fine grid it does
    not; a grid that makes the area right is sought for these alone.
    """
    area = shapely.area(wholes)
    if left_area is None:
        left_area = area - shapely.area(in_threads(lambda a, b: shapely.intersection(a, b), wholes, cover))
    made = in_threads(lambda a, b: shapely.difference(a, b), wholes, cover, worth=_FEW)
    near = _AREA_SHARE * area + _AREA_M2
    for grid in _GRIDS_M:
        off = np.flatnonzero(np.abs(shapely.area(made) - left_area) > near)
        if not len(off):
            break
        again = shapely.difference(wholes[off], cover[off], grid_size=grid)
        better = np.abs(shapely.area(again) - left_area[off]) < np.abs(shapely.area(made[off]) - left_area[off])
        made[off[better]] = again[better]
    return made
