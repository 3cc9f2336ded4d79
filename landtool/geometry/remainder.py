"""What of some polygons is left once others are taken away: overlaps once, areas that add up."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely

from landtool.geometry.area import ellipsoidal_area_m2
from landtool.geometry.pairs import holds, in_threads, interiors_meet
from landtool.geometry.rings import polygon_parts

# Share of the area by which a union may differ from the sum of its parts, by rounding.
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
    order = np.argsort(owner, kind="stable")
    cuts = np.searchsorted(owner[order], np.arange(count + 1))
    chosen = parts[other[order]]
    made = np.empty(count, dtype=object)
    # One union an owner: owners (approvals) are few where parts (parcels) are many.
    made[:] = [_as_coverage(chosen[low:high]) for low, high in pairwise(cuts)]
    total = np.bincount(owner, shapely.area(parts)[other], minlength=count)
    right = np.abs(shapely.area(made) - total) <= _SAME_AREA * total
    for at in np.flatnonzero(~(right & shapely.is_valid(made))):
        made[at] = shapely.union_all(chosen[cuts[at] : cuts[at + 1]])
    return made


def _as_coverage(parts: np.ndarray) -> shapely.Geometry | None:
    """Drop the borders that parts share: many times quicker than a union, and one where none overlap.

    Where they overlap, or share a border without sharing its corners, there is no answer, or one that
    is invalid or has another area than the parts together: the caller unites them then.
    """
    try:
        return shapely.coverage_union_all(parts)
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
