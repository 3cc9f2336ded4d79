"""What of some polygons is left once others are taken away: overlaps once, areas that add up."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from landtool.geometry.area import ellipsoidal_area_m2
from landtool.geometry.pairs import holds, in_threads, interiors_meet
from landtool.geometry.rings import polygon_parts

# Share of a whole by which the sum of its parts may differ from it, by rounding.
_SAME_AREA = 1e-9


def counted_once(shapes: np.ndarray) -> np.ndarray:
    """Give each polygon without what an earlier one holds already.

    Parameters
    ----------
    shapes : numpy.ndarray of shapely geometries
        (n,) valid polygons on one plane, the first to be counted first.

    Returns
    -------
    numpy.ndarray
        (n,) geometries, empty where nothing is left.

    Examples
    --------
    >>> two = np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])
    >>> shapely.area(counted_once(two)).tolist()
    [2.0, 1.0]
    """
    later, earlier = shapely.STRtree(shapes).query(shapes)
    before = earlier < later
    later, earlier, _ = _sharing(shapes, shapes, later[before], earlier[before])
    return without(shapes, shapes, later, earlier)


def meeting(
    wholes: np.ndarray, parts: np.ndarray, *, apart: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the pairs of positions that share ground, not only a border.

    Parameters
    ----------
    wholes, parts : numpy.ndarray of shapely geometries
        Valid polygons on one plane.
    apart : bool
        The wholes are known to share no ground among them: a part within one meets no other.

    Returns
    -------
    tuple of numpy.ndarray
        Position of the whole, position of the part, and whether the part lies within that whole.

    Examples
    --------
    >>> found = meeting(np.array([shapely.box(0, 0, 2, 1)]), np.array([shapely.box(1, 0, 3, 1)]))
    >>> [side.tolist() for side in found]
    [[0], [0], [False]]
    """
    return _sharing(wholes, parts, *shapely.STRtree(parts).query(wholes), apart=apart)


def _sharing(
    wholes: np.ndarray, parts: np.ndarray, one: np.ndarray, two: np.ndarray, *, apart: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keep the pairs that share ground (see :func:`meeting`), the quick questions asked first."""
    inside = holds(shapely.covers, wholes, parts, one, two)
    open_ = ~inside
    if apart:
        settled = np.zeros(len(parts), dtype=bool)
        settled[two[inside]] = True
        open_ &= ~settled[two]
    # Most boxes that meet hold shapes that do not.
    doubtful = np.flatnonzero(open_)
    doubtful = doubtful[holds(shapely.intersects, wholes, parts, one[doubtful], two[doubtful])]
    doubtful = doubtful[holds(interiors_meet, wholes, parts, one[doubtful], two[doubtful])]
    meet = inside.copy()
    meet[doubtful] = True
    return one[meet], two[meet], inside[meet]


def cover(parts: np.ndarray, owner: np.ndarray, other: np.ndarray, count: int) -> np.ndarray:
    """Unite the parts paired with each owner; empty where there are none.

    Parameters
    ----------
    parts : numpy.ndarray of shapely geometries
        Polygons; they may overlap.
    owner, other : numpy.ndarray
        (m,) pairs: ``parts[other[k]]`` belongs to owner ``owner[k]``.
    count : int
        How many owners.
    """
    return cover_and_apart(parts, owner, other, count)[0]


def cover_and_apart(
    parts: np.ndarray, owner: np.ndarray, other: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same, and for each owner whether its parts share no ground among them.

    Examples
    --------
    >>> three = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(0, 0, 2, 1)])
    >>> whole, apart = cover_and_apart(three, np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2]), 2)
    >>> shapely.area(whole).tolist(), apart.tolist()
    ([2.0, 2.0], [True, False])
    """
    order = np.argsort(owner, kind="stable")
    chosen, some = parts[other[order]], np.unique(owner)
    cuts = np.searchsorted(owner[order], [*some, count])
    made = np.full(count, shapely.GeometryCollection(), dtype=object)
    made[some] = _as_coverages(chosen, cuts)
    total = np.bincount(owner, shapely.area(parts)[other], minlength=count)
    apart = same_area(shapely.area(made), total)
    wrong = np.flatnonzero(~(apart & shapely.is_valid(made)))
    for at, place in zip(wrong, np.searchsorted(some, wrong), strict=True):
        made[at] = shapely.union_all(chosen[cuts[place] : cuts[place + 1]])
    apart[wrong] = same_area(shapely.area(made[wrong]), total[wrong])
    return made, apart


def same_area(parts: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Whether parts together are their whole, but for rounding; where there is no area they are not.

    Examples
    --------
    >>> same_area(np.array([1e6 + 1e-6, 1e6 + 1.0, np.nan]), np.array([1e6, 1e6, 1e6])).tolist()
    [True, False, False]
    """
    return np.asarray(np.abs(parts - whole) <= _SAME_AREA * whole)


def _as_coverages(parts: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Drop the borders that parts share: many times quicker than a union, and one where none overlap.

    Where they overlap, or share a border without sharing its corners, there is no answer, or one that
    is invalid or has another area than the parts together: the caller unites them then.
    """
    if not len(parts):
        return parts
    heaps = np.asarray(shapely.geometrycollections(parts, indices=np.repeat(np.arange(len(cuts) - 1), np.diff(cuts))))
    try:
        # In one call: each would have to ask for the interpreter again, and may have to wait for it.
        return np.asarray(shapely.coverage_union_all(heaps[:, None], axis=1))
    except shapely.errors.GEOSException:
        made = np.empty(len(heaps), dtype=object)
        made[:] = [_as_coverage(heap) for heap in heaps]
        return made


def _as_coverage(heap: shapely.GeometryCollection) -> shapely.Geometry | None:
    try:
        return shapely.coverage_union_all([heap])
    except shapely.errors.GEOSException:
        return None


def without(
    wholes: np.ndarray, parts: np.ndarray, owner: np.ndarray, other: np.ndarray
) -> np.ndarray:
    """Take from each polygon all the parts paired with it (see :func:`cover`).

    Examples
    --------
    >>> left = without(np.array([shapely.box(0, 0, 3, 1)]), np.array([shapely.box(1, 0, 2, 1)]),
    ...                np.array([0]), np.array([0]))
    >>> shapely.area(left).tolist()
    [2.0]
    """
    cut = np.unique(owner)
    made = wholes.copy()
    if len(cut):
        taken = cover(parts, np.searchsorted(cut, owner), other, len(cut))
        made[cut] = in_threads(shapely.difference, wholes[cut], taken)
    return made


def common(
    wholes: np.ndarray, parts: np.ndarray, one: np.ndarray, two: np.ndarray, inside: np.ndarray
) -> np.ndarray:
    """Give what each pair of :func:`meeting` has in common; a part within its whole is taken as it is.

    Examples
    --------
    >>> wholes, parts = np.array([shapely.box(0, 0, 3, 1)]), np.array([shapely.box(2, 0, 4, 1)])
    >>> common(wholes, parts, *meeting(wholes, parts))[0].area
    1.0
    """
    shared = parts[two]
    crossing = ~inside
    shared[crossing] = in_threads(shapely.intersection, wholes[one[crossing]], shared[crossing])
    return shared


def solid_parts(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split into polygons that have an area; the second array says whose each is.

    Examples
    --------
    >>> parts, owner = solid_parts(np.array([shapely.MultiPolygon([shapely.box(0, 0, 1, 1),
    ...                                                            shapely.box(5, 0, 6, 1)])]))
    >>> len(parts), owner.tolist()
    (2, [0, 0])
    """
    parts, owner = polygon_parts(shapes)
    solid = shapely.area(parts) > 0.0
    return parts[solid], owner[solid]


def area_of(shapes: np.ndarray, crs: object) -> np.ndarray:
    """Measure on the ellipsoid, in m²; 0 where nothing is left."""
    return ellipsoidal_area_m2(gpd.GeoSeries(shapes, crs=crs)).fillna(0.0).to_numpy()
