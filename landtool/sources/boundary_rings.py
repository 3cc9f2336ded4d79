"""Rings of points made into polygons, holes found by where they lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely


@dataclass(frozen=True)
class Rings:
    """Polygons by parcel.

    Attributes
    ----------
    geometry : numpy.ndarray
        Polygon or MultiPolygon by parcel, null where it has no sound ring.
    reasons : dict
        Parcel -> why it has none.
    closed : int
        Rings whose last point had to be joined to the first.
    multipart : list of int
        Parcels of more than one part.
    """

    geometry: np.ndarray
    reasons: dict[int, str]
    closed: int
    multipart: list[int]


def nest_rings(points: pd.DataFrame, parcels: int) -> Rings:
    """Polygons from points in order.

    Parameters
    ----------
    points : DataFrame
        ``parcel`` (0 to ``parcels`` - 1), ``ring``, ``x`` (north, m), ``y`` (east, m), all sound.
    parcels : int
        Number of parcels, those without points included.

    Examples
    --------
    >>> square = pd.DataFrame({"parcel": 0, "ring": 1, "x": [0., 0, 1, 1], "y": [0., 2, 2, 0]})
    >>> made = nest_rings(square, 1)
    >>> made.geometry[0].area, made.closed
    (2.0, 1)
    """
    points = points.reset_index(drop=True)
    number = points.groupby(["parcel", "ring"], sort=False).ngroup().to_numpy()
    order = np.argsort(number, kind="stable")
    points, number = points.iloc[order], number[order]
    size = np.bincount(number) if len(number) else np.zeros(0, dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(size)[:-1]]).astype(int) if len(size) else size
    owner = points["parcel"].to_numpy(dtype=np.int64)[first] if len(size) else size
    coordinates = points[["y", "x"]].to_numpy(dtype="float64")
    last = first + size - 1
    is_open = (coordinates[first] != coordinates[last]).any(axis=1) if len(size) else size.astype(bool)
    distinct = size - ~is_open
    small = np.unique(owner[distinct < 3])
    reasons = dict.fromkeys(small.tolist(), "a ring has fewer than 3 points")
    reasons |= dict.fromkeys(sorted(set(range(parcels)) - set(owner.tolist())), "no points")
    sound = ~np.isin(owner, small)
    rings = np.full(len(size), None, dtype=object)
    chosen = sound[number] if len(size) else np.zeros(0, dtype=bool)
    if chosen.any():
        dense = np.cumsum(sound)[number[chosen]] - 1
        rings[sound] = shapely.linearrings(coordinates[chosen], indices=dense)
    geometry, multipart = _assemble(rings[sound], owner[sound], parcels)
    return Rings(geometry, reasons, int((is_open & sound).sum()), multipart)


def _assemble(rings: np.ndarray, owner: np.ndarray, parcels: int) -> tuple[np.ndarray, list[int]]:
    geometry = np.full(parcels, None, dtype=object)
    if not len(rings):
        return geometry, []
    depth, parent = _depth(rings, owner)
    is_shell = depth % 2 == 0
    shells = np.flatnonzero(is_shell)
    place = np.full(len(rings), -1)
    place[shells] = np.arange(len(shells))
    holes = np.flatnonzero(~is_shell)
    polygons = shapely.polygons(rings[shells])
    if len(holes):
        inside = place[parent[holes]]
        order = np.argsort(inside, kind="stable")
        pierced, starts = np.unique(inside[order], return_index=True)
        groups = np.split(rings[holes[order]], starts[1:])
        for at, group in zip(pierced.tolist(), groups, strict=True):
            polygons[at] = shapely.polygons(rings[shells[at]], holes=group)
    count = np.bincount(owner[shells], minlength=parcels)
    single = count[owner[shells]] == 1
    geometry[owner[shells][single]] = polygons[single]
    many = np.flatnonzero(count > 1)
    if len(many):
        dense = np.searchsorted(many, owner[shells][~single])
        order = np.argsort(dense, kind="stable")
        geometry[many] = shapely.multipolygons(polygons[~single][order], indices=dense[order])
    return geometry, many.tolist()


def _depth(rings: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many rings of the same parcel enclose a ring, and the smallest that does (-1: none)."""
    areas = shapely.area(shapely.polygons(rings))
    table = pd.DataFrame({"owner": owner, "ring": np.arange(len(rings))})
    pairs = table.merge(table, on="owner", suffixes=("", "_outer"))
    pairs = pairs[pairs["ring"] != pairs["ring_outer"]]
    inner, outer = pairs["ring"].to_numpy(), pairs["ring_outer"].to_numpy()
    # A point on the ring's own surface decides: a shared corner or edge does not make it a neighbour.
    spots = shapely.point_on_surface(shapely.polygons(rings))
    within = (areas[outer] > areas[inner]) & shapely.contains_properly(
        shapely.polygons(rings)[outer], spots[inner])
    pairs = pairs[within].assign(area=areas[outer[within]])
    depth = np.bincount(pairs["ring"], minlength=len(rings))
    nearest = pairs.sort_values("area").drop_duplicates("ring")
    parent = np.full(len(rings), -1)
    parent[nearest["ring"].to_numpy()] = nearest["ring_outer"].to_numpy()
    return depth, parent
