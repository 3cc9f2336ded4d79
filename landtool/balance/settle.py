"""Two snapshots made ready to be cut: same polygons paired, broken ones repaired, overlaps known.

Pairing comes first, because what is the same in both needs to be looked at in one of them only.
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.balance.identity import Matched, match, without
from landtool.balance.snapshot import Snapshot, note
from landtool.geometry.overlaps import overlaps
from landtool.geometry.pairs import in_threads
from landtool.geometry.topology import repair

LEAST_OVERLAP_M2 = 1e-6
_POLYGONAL = (3, 6)


def settle(before: Snapshot, after: Snapshot) -> tuple[Snapshot, Snapshot, Matched]:
    """Pair, repair, and find what overlaps inside each layer.

    Returns
    -------
    before, after : Snapshot
        Valid polygons, and the pairs of rows that overlap in their own layer.
    same : Matched
        The same polygons in both; none of them overlaps another one of either layer.
    """
    same = match(before.shapes, after.shapes)
    before, mended = _repaired(before, np.arange(len(before)))
    broken = np.isin(same.before, mended)
    # The partner of a repaired polygon is repaired alike.
    twins = after.shapes.copy()
    twins[same.after[broken]] = before.shapes[same.before[broken]]
    after = replace(after, shapes=twins, problems=_also(after, twins[same.after[broken]]))
    after, _ = _repaired(after, same.left_after)
    before = _with_overlaps(before, *_overlapping(before, np.arange(len(before))))
    one, two = _overlapping(after, same.left_after)
    partner = np.full(len(before), -1)
    partner[same.before] = same.after
    both = (partner[before.one] >= 0) & (partner[before.two] >= 0)
    one = np.concatenate([one, partner[before.one[both]]])
    two = np.concatenate([two, partner[before.two[both]]])
    after = _with_overlaps(after, one, two)
    alone = ~(before.overlaps_itself[same.before] | after.overlaps_itself[same.after])
    first, second = same.before[alone], same.after[alone]
    return before, after, Matched(
        first, second, without(len(before), first), without(len(after), second)
    )


def _repaired(snapshot: Snapshot, rows: np.ndarray) -> tuple[Snapshot, np.ndarray]:
    """The snapshot with the given rows valid, and the rows that were not."""
    shapes = snapshot.shapes[rows]
    polygonal = np.isin(shapely.get_type_id(shapes), _POLYGONAL)
    bad = rows[~(polygonal & in_threads(shapely.is_valid, shapes))]
    if not len(bad):
        return snapshot, bad
    done = repair(gpd.GeoDataFrame(geometry=snapshot.shapes[bad], crs=snapshot.crs), layer="land_use").frame
    mended = np.full(len(bad), shapely.Polygon(), dtype=object)
    mended[done.index] = done.geometry.to_numpy()
    whole = snapshot.shapes.copy()
    whole[bad] = mended
    return replace(snapshot, shapes=whole, problems=_also(snapshot, mended)), bad


def _also(snapshot: Snapshot, mended: np.ndarray) -> pd.DataFrame:
    told = pd.concat([snapshot.problems, note(snapshot.name, "geometry_repaired", mended, snapshot.crs)])
    return told.groupby(["snapshot", "kind"], as_index=False, sort=False).sum()


def _overlapping(snapshot: Snapshot, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of rows that overlap, at least one of them among the given rows."""
    near = rows
    if len(rows) < len(snapshot):
        near = np.unique(shapely.STRtree(snapshot.shapes).query(snapshot.shapes[rows])[1])
    layer = gpd.GeoDataFrame(geometry=snapshot.shapes[near], crs=snapshot.crs)
    pairs = overlaps(layer, min_area_m2=LEAST_OVERLAP_M2)
    one, two = (near[pairs[name].to_numpy(dtype=np.int64)] for name in ("id_a", "id_b"))
    asked = np.zeros(len(snapshot), dtype=bool)
    asked[rows] = True
    chosen = asked[one] | asked[two]
    return one[chosen], two[chosen]


def _with_overlaps(snapshot: Snapshot, one: np.ndarray, two: np.ndarray) -> Snapshot:
    common = in_threads(
        lambda i, j: shapely.intersection(snapshot.shapes[i], snapshot.shapes[j]), one, two
    )
    told = note(snapshot.name, "overlap", common, snapshot.crs)
    return replace(snapshot, one=one, two=two,
                   problems=pd.concat([snapshot.problems, told], ignore_index=True))  # fmt: skip


def owned_shapes(snapshot: Snapshot, rows: np.ndarray) -> np.ndarray:
    """The ground of each row without what an earlier row of the same layer covers.

    Parameters
    ----------
    snapshot : Snapshot
        The layer.
    rows : numpy.ndarray
        Positions; every row that overlaps one of them must be among them.
    """
    shapes = snapshot.shapes[rows]
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
    wholes: np.ndarray, owner: np.ndarray, others: np.ndarray, other: np.ndarray, who: np.ndarray
) -> np.ndarray:
    """What is left of ``wholes[who]`` once all ``others`` paired with them are taken away.

    Parameters
    ----------
    wholes, others : numpy.ndarray of shapely geometries
        Polygons.
    owner, other : numpy.ndarray
        (m,) pairs: ``others[other[k]]`` is taken from ``wholes[owner[k]]``.
    who : numpy.ndarray
        Ascending positions in ``wholes`` that are asked for; each is in ``owner``.

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
        cover[some] = in_threads(lambda block: shapely.union_all(block, axis=1), group)
    return in_threads(lambda a, b: shapely.difference(a, b), wholes[who], cover)
