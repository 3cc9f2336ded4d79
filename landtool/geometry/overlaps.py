"""Polygons of one layer that lie on top of each other, and the area a layer covers once."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.crs import require_metric
from landtool.errors import InputDataError
from landtool.geometry.area import ellipsoidal_area_m2
from landtool.geometry.outline import Edges, outline_rings, unmatched_edges
from landtool.geometry.pairs import holds, in_threads, interiors_meet

# Windows with more polygons than this are looked at all together.
_CROWD = 12


def overlaps(
    frame: gpd.GeoDataFrame, *, min_area_m2: float, id_column: str | None = None
) -> pd.DataFrame:
    """Pairs of polygons whose common area exceeds a tolerance.

    Duplicates and polygons inside others are found like any other overlap. The answer is that of
    comparing every pair; only the places that the layer's outline shows to be doubtful are compared.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Valid polygons on a metric plane; missing and empty geometries overlap nothing.
    min_area_m2 : float
        Common areas up to this are borders drawn twice, not overlaps.
    id_column : str, optional
        Column that names the rows; the index if not given.

    Returns
    -------
    pandas.DataFrame
        ``id_a``, ``id_b`` (in the frame's order), ``area_m2`` (ellipsoidal); largest first.

    Raises
    ------
    CrsError
        If the frame is in degrees, in Web Mercator, not in metres, or without a CRS.
    InputDataError
        If a polygon that must be compared is invalid.

    Examples
    --------
    >>> parcels = gpd.GeoDataFrame(
    ...     {"parcel_id": ["A", "B", "C"]}, crs="EPSG:4544",
    ...     geometry=[shapely.box(x, 3.27e6, x + 100, 3.27e6 + 100) for x in (5e5, 5e5 + 99, 5e5 + 199)])
    >>> found = overlaps(parcels, min_area_m2=1.0, id_column="parcel_id")
    >>> found["area_m2"].round(2).tolist(), found[["id_a", "id_b"]].to_numpy().tolist()
    ([100.0], [['A', 'B']])
    """
    require_metric(frame.crs, "overlaps")
    geometries = np.asarray(frame.geometry.array, dtype=object)
    return overlaps_from(frame, geometries, unmatched_edges(geometries), min_area_m2, id_column)


def overlaps_from(
    frame: gpd.GeoDataFrame, geometries: np.ndarray, edges: Edges, min_area_m2: float,
    id_column: str | None,
) -> pd.DataFrame:
    """The work of :func:`overlaps` on an outline already taken."""
    windows, _ = doubtful_windows(edges)
    near = np.unique(shapely.STRtree(geometries).query(shapely.box(*windows.T))[1])
    one, two = (near[rows] for rows in overlapping_pairs(geometries[near], min_area_m2, windows))
    common = _common(geometries, one, two)
    area = ellipsoidal_area_m2(gpd.GeoSeries(common, crs=frame.crs)).to_numpy()
    keep = area > min_area_m2
    names = frame[id_column] if id_column else frame.index.to_series()
    found = pd.DataFrame({
        "id_a": names.array.take(one[keep]), "id_b": names.array.take(two[keep]),
        "area_m2": area[keep],
    })
    return found.sort_values("area_m2", ascending=False, kind="stable", ignore_index=True)


def doubtful_windows(edges: Edges, least_m2: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Boxes outside which nothing can be covered twice, and how wide such ground may be on average.

    A place is covered as often as rings wind around it. Simple rims that do not overlap wind once at
    most, and rings around gaps only take away; so a place covered twice lies in two rims at once, or in a
    ring that crosses itself.

    Parameters
    ----------
    edges : Edges
        The outline of a layer.
    least_m2 : float
        Rings that cannot hold so much ground are left out.

    Returns
    -------
    windows : numpy.ndarray
        (n, 4) boxes.
    width_m : numpy.ndarray
        (n,) mean width of the narrower of the two rims; infinite for a ring that crosses itself.
    """
    rings, is_rim = outline_rings(edges, "inside", least_m2)
    faces = shapely.polygons(rings)
    simple = in_threads(shapely.is_valid, faces)
    boxes = shapely.bounds(faces)
    rims, rim_boxes = faces[is_rim & simple], boxes[is_rim & simple]
    one, two = shapely.STRtree(rims).query(rims)
    one, two = one[one < two], two[one < two]
    meet = holds(interiors_meet, rims, rims, one, two)
    one, two = one[meet], two[meet]
    shared = _box_overlap(rim_boxes[one], rim_boxes[two])
    width = 2.0 * shapely.area(rims) / np.maximum(shapely.length(rims), 1e-12)
    crossing = np.full(int((~simple).sum()), np.inf)
    return (np.concatenate([boxes[~simple], shared]),
            np.concatenate([crossing, np.minimum(width[one], width[two])]))  # fmt: skip


def overlapping_pairs(
    geometries: np.ndarray, min_area_m2: float, windows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of pairs that may share more than the tolerance: their interiors meet.

    Parameters
    ----------
    geometries : numpy.ndarray of shapely geometries
        Valid polygons on a metric plane.
    min_area_m2 : float
        Pairs whose boxes share less are left out.
    windows : numpy.ndarray, optional
        (n, 4) only pairs that meet within one of these boxes are asked for; others may be found too.

    Raises
    ------
    InputDataError
        If a polygon that must be compared is invalid.
    """
    boxes = shapely.bounds(geometries)
    one, two = _near_pairs(geometries, boxes, windows)
    west, south, east, north = _box_overlap(boxes[one], boxes[two]).T
    # A plane's area is within 2 % of the ellipsoid's wherever a metric plane is any use.
    wide = (east - west) * (north - south) > 0.9 * min_area_m2
    one, two = one[wide], two[wide]
    _refuse_invalid(geometries[np.unique(np.concatenate([one, two]))])
    meet = holds(interiors_meet, geometries, geometries, one, two)
    return one[meet], two[meet]


def _near_pairs(
    geometries: np.ndarray, boxes: np.ndarray, windows: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of positions (the smaller first) whose boxes meet, in windows if there are any."""
    if windows is None:
        one, two = shapely.STRtree(geometries).query(geometries)
        return one[one < two], two[one < two]
    window, row = shapely.STRtree(geometries).query(shapely.box(*windows.T))
    count = np.bincount(window, minlength=len(windows))
    crowded = count[window] > _CROWD
    some = np.unique(row[crowded])
    one, two = (some[rows] for rows in _near_pairs(geometries[some], boxes[some], None))
    window, row = window[~crowded], row[~crowded]
    order = np.argsort(window, kind="stable")
    row, last = row[order], np.repeat(np.cumsum(count[count <= _CROWD]), count[count <= _CROWD])
    after = last - 1 - np.arange(len(row))
    first = np.repeat(np.arange(len(row)), after)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(after) - after, after)
    low, high = np.minimum(row[first], row[second]), np.maximum(row[first], row[second])
    pairs = np.unique(np.column_stack([np.concatenate([one, low]), np.concatenate([two, high])]), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _common(geometries: np.ndarray, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return in_threads(lambda i, j: shapely.intersection(geometries[i], geometries[j]), one, two)


def _box_overlap(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return np.column_stack(
        [np.maximum(one[:, :2], two[:, :2]), np.minimum(one[:, 2:], two[:, 2:])]
    )


def _refuse_invalid(geometries: np.ndarray) -> None:
    broken = geometries[~in_threads(shapely.is_valid, geometries)]
    if len(broken):
        raise InputDataError(
            f"{len(broken)} invalid polygon(s): {shapely.is_valid_reason(broken[0])}", "overlaps",
            "call landtool.geometry.topology.repair first",
        )


def union_area_m2(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> float:
    """Area that the polygons cover once, in m² on the ellipsoid: overlaps count one time.

    Lines that the union keeps straight are straight in the frame's own plane. Null if no row has a
    polygon.

    Raises
    ------
    CrsError
        If the CRS is unknown.

    Examples
    --------
    >>> twice = gpd.GeoSeries([shapely.box(5e5, 3.27e6, 5e5 + 100, 3.27e6 + 100)] * 2, crs="EPSG:4544")
    >>> round(union_area_m2(twice), 1)
    10000.0
    """
    whole = gpd.GeoSeries([frame.geometry.union_all()], crs=frame.crs)
    return float(ellipsoidal_area_m2(whole).iloc[0])
