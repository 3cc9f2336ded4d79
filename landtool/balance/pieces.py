"""The ground of two snapshots cut into pieces, each with one row of each snapshot, or of one alone.

Polygons that are the same in both and overlap nothing in their own layer stay whole; only the rest is
overlaid. What overlaps inside one layer belongs to the earliest row, so that every place is counted once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import CRS

from landtool.balance.areas import drawn_area_m2
from landtool.balance.edges import Chain
from landtool.balance.identity import without
from landtool.balance.lineage import lineage
from landtool.balance.settle import Settled, growth, owned_shapes, subtract
from landtool.balance.snapshot import COUNTED, Snapshot, at_rows
from landtool.errors import LandtoolError
from landtool.geometry.clip import common_parts
from landtool.geometry.columns import PolygonColumn
from landtool.geometry.pairs import holds
from landtool.geometry.rings import polygon_parts

_NO_SHARE = 1e-9
_NO_AREA = 1e-6
_CLOSES = 1e-9
_MANY_VERTICES = 200


@dataclass(frozen=True)
class Pieces:
    """Pieces of ground: the same in both snapshots, parts of what was split or merged, then what was cut.

    Attributes
    ----------
    column : PolygonColumn
        Where the polygons that are the same in both stand, by row of the first snapshot.
    parts, cut : numpy.ndarray
        (p,) and (c,) polygons of the others.
    before, after : numpy.ndarray
        (n,) row of each snapshot; -1 where it has none.
    area_m2, later_m2 : numpy.ndarray
        (n,) on the ellipsoid, as the first snapshot draws the piece and as the second does. They differ only
        in pieces that were not cut, by no more than a millimetre of their outline.
    """

    column: PolygonColumn
    parts: np.ndarray
    cut: np.ndarray
    before: np.ndarray
    after: np.ndarray
    area_m2: np.ndarray
    later_m2: np.ndarray

    def __len__(self) -> int:
        return len(self.before)

    @property
    def is_whole(self) -> np.ndarray:
        """Whether each piece is a polygon as it stands in a snapshot, not cut."""
        return np.arange(len(self)) < len(self) - len(self.cut)

    def shapes(self, at: np.ndarray) -> np.ndarray:
        """Polygons at the given positions; what was not cut may have any number of parts."""
        drawn = np.concatenate([self.parts, self.cut])
        first_drawn = len(self) - len(drawn)
        made = np.empty(len(at), dtype=object)
        same = at < first_drawn
        made[same] = self.column.take(self.before[at[same]])
        made[~same] = drawn[at[~same] - first_drawn]
        return made


@dataclass(frozen=True)
class Owned:
    """What each counted row of a snapshot covers, an overlap once.

    Attributes
    ----------
    row : numpy.ndarray
        (n,) row of the snapshot.
    shape, area_m2 : numpy.ndarray
        (n,) its ground and the area of it on the ellipsoid, measured on its own, not from the pieces.
    """

    row: np.ndarray
    shape: np.ndarray
    area_m2: np.ndarray


@dataclass(frozen=True)
class Overlay:
    """The pieces, and the ground of both snapshots that was cut."""

    pieces: Pieces
    cut_before: Owned
    cut_after: Owned


def overlay(settled: Settled) -> Overlay:
    """Cut two settled snapshots into pieces.

    Raises
    ------
    LandtoolError
        If a side's pieces do not add up to its ground: a fault of the overlay, not of the data.
    """
    before, after, same = settled.before, settled.after, settled.same
    rows = [same.left_before, same.left_after]
    owned = [owned_shapes(before, rows[0]), owned_shapes(after, rows[1])]
    parts, of, left = _divided(owned[0], owned[1], settled.drawn)
    part_areas = _part_areas(parts, of, owned, before.crs)
    part_rows = [row[at] for row, at in zip(rows, of, strict=True)]
    rows, owned = ([one[at] for one, at in zip(both, left, strict=True)] for both in (rows, owned))
    shape, i, j = _cut(*owned)
    require_closure(before.name, shape, i, owned[0])
    require_closure(after.name, shape, j, owned[1])
    cut_area = drawn_area_m2(shape, before.crs)
    pieces = Pieces(
        column=before.shapes, parts=parts, cut=shape,
        before=np.concatenate([same.before, part_rows[0], at_rows(rows[0], i, -1)]),
        after=np.concatenate([same.after, part_rows[1], at_rows(rows[1], j, -1)]),
        area_m2=np.concatenate([settled.same_area_m2, part_areas[0], cut_area]),
        later_m2=np.concatenate([settled.same_later_m2, part_areas[1], cut_area]),
    )  # fmt: skip
    return Overlay(pieces, _owned(before, rows[0], owned[0]), _owned(after, rows[1], owned[1]))


def _divided(
    one: np.ndarray, two: np.ndarray, drawn: tuple[tuple[Chain, np.ndarray], tuple[Chain, np.ndarray]] | None
) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Parts of what was only split or merged, their positions on both sides, and the positions left to cut."""
    known = lineage(one, two, drawn)
    part_one, part_two = np.flatnonzero(known.of_one >= 0), np.flatnonzero(known.of_two >= 0)
    of_one = np.concatenate([part_one, known.of_two[part_two]])
    of_two = np.concatenate([known.of_one[part_one], part_two])
    left = [without(len(one), of_one), without(len(two), of_two)]
    return np.concatenate([one[part_one], two[part_two]]), [of_one, of_two], left


def _part_areas(
    parts: np.ndarray, of: list[np.ndarray], owned: list[np.ndarray], crs: CRS
) -> list[np.ndarray]:
    """Area of parts on each side: of what is drawn there as one whole, their shares of it."""
    area, drawn = drawn_area_m2(parts, crs), shapely.area(parts)
    found = []
    for at, wholes in zip(of, owned, strict=True):
        used, back = np.unique(at, return_inverse=True)
        united = np.bincount(back, weights=drawn, minlength=len(used))
        found.append(area * growth(united, shapely.area(wholes[used]))[back])
    return found


def _owned(snapshot: Snapshot, rows: np.ndarray, shapes: np.ndarray) -> Owned:
    counted = COUNTED[snapshot.classes[rows]]
    rows, shapes = rows[counted], shapes[counted]
    return Owned(rows, shapes, drawn_area_m2(shapes, snapshot.crs))


def _cut(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Connected common pieces of two arrays of polygons, and what each has alone."""
    return cut_pairs(one, two, *_near_pairs(one, two))


def cut_pairs(
    one: np.ndarray, two: np.ndarray, i: np.ndarray, j: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Connected common pieces of pairs of polygons, and what each has alone: shape, position in both or -1."""
    parts, owner = _common(one, two, i, j)
    shared = np.unique(owner)
    pair_one, pair_two, i, j = i[shared], j[shared], i[owner], j[owner]
    alone_one, at_one = _rest(one, pair_one, two, pair_two, parts, i)
    alone_two, at_two = _rest(two, pair_two, one, pair_one, parts, j)
    nobody_one, nobody_two = np.full(len(at_one), -1), np.full(len(at_two), -1)
    return (np.concatenate([parts, alone_one, alone_two]),
            np.concatenate([i, at_one, nobody_two]),
            np.concatenate([j, nobody_one, at_two]))  # fmt: skip


def _near_pairs(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of pairs whose boxes share ground.

    Most of them share some, or so much border that asking whether they do costs as much as cutting them.
    """
    i, j = shapely.STRtree(two).query(one)
    boxes_one, boxes_two = shapely.bounds(one)[i], shapely.bounds(two)[j]
    low = np.maximum(boxes_one[:, :2], boxes_two[:, :2])
    high = np.minimum(boxes_one[:, 2:], boxes_two[:, 2:])
    wide = (high > low).all(axis=1)
    return i[wide], j[wide]


def _common(
    one: np.ndarray, two: np.ndarray, i: np.ndarray, j: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What each pair shares; what lies wholly inside a road net or a countryside is not cut by it."""
    whole, at = [], []
    todo = np.ones(len(i), dtype=bool)
    for big, small, b, s in ((one, two, i, j), (two, one, j, i)):
        asked = np.flatnonzero(todo & (shapely.get_num_coordinates(big)[b] > _MANY_VERTICES))
        held = asked[holds(shapely.covers, big, small, b[asked], s[asked])]
        parts, owner = polygon_parts(small[s[held]])
        whole.append(parts)
        at.append(held[owner])
        todo[held] = False
    rest = np.flatnonzero(todo)
    parts, owner = common_parts(one, two, i[rest], j[rest])
    parts, owner = np.concatenate([*whole, parts]), np.concatenate([*at, rest[owner]])
    order = np.argsort(owner, kind="stable")
    return parts[order], owner[order]


def _rest(
    wholes: np.ndarray, owner: np.ndarray, others: np.ndarray, other: np.ndarray,
    parts: np.ndarray, of: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Connected ground of each whole that no other covers, and its position."""
    area = shapely.area(wholes)
    covered = np.bincount(of, weights=shapely.area(parts), minlength=len(wholes))
    open_ground = area - covered > np.maximum(_NO_SHARE * area, _NO_AREA)
    none = open_ground & (covered == 0.0)
    some = np.flatnonzero(open_ground & ~none)
    left = np.zeros(0, dtype=object)
    if len(some):
        left = subtract(wholes, owner, others, other, some, area[some] - covered[some])
    pieces, at = polygon_parts(np.concatenate([wholes[none], left]))
    at = np.concatenate([np.flatnonzero(none), some])[at]
    solid = shapely.area(pieces) > 0.0
    return pieces[solid], at[solid]


def require_closure(name: str, shape: np.ndarray, of: np.ndarray, wholes: np.ndarray) -> None:
    """Area in = area out, on the plane, to 1e-9 of the side's area (and the rounding of each row)."""
    total = float(shapely.area(wholes).sum())
    made = float(shapely.area(shape[of >= 0]).sum())
    if abs(made - total) > _CLOSES * total + _NO_AREA * (1 + len(wholes)):
        raise LandtoolError(
            f"the pieces cover {made:.3f} m² of {total:.3f} m²", f"overlay of land use {name}",
            "this is a fault of landtool: please report it with the data",
        )
