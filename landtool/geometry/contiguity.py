"""Which polygons lie together: groups of land that touch, directly or through others."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.crs import require_crs


def contiguous_groups(frame: gpd.GeoDataFrame, gap_m: float) -> pd.Series:
    """Number the groups of polygons that lie within ``gap_m`` of one another.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        On a plane in metres; rows without geometry stand in no group.
    gap_m : float
        Two polygons touch if no more than this lies between them.

    Returns
    -------
    pandas.Series
        ``Int64`` on the index of the frame, 1 for the group with the largest summed plane area; null
        without geometry. A polygon that touches none is a group of its own.

    Raises
    ------
    CrsError
        If the frame has no CRS.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> land = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), box(9, 9, 10, 10), box(1.5, 0, 3, 1)],
    ...                         crs="EPSG:4544")
    >>> contiguous_groups(land, 1.0).tolist()
    [1, 2, 1]
    """
    require_crs(frame, "land")
    shapes = np.asarray(frame.geometry.array, dtype=object)
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    shapes = shapes[there]
    one, two = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=gap_m)
    root = _components(len(shapes), one, two)
    size = pd.Series(shapely.area(shapes)).groupby(root).sum()
    order = size.sort_values(ascending=False, kind="stable").index
    number = pd.Series(np.arange(1, len(order) + 1), index=order)
    found = pd.Series(pd.NA, index=frame.index, dtype="Int64", name="cluster")
    found.iloc[there] = number.reindex(root).to_numpy()
    return found


def _components(count: int, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """The least member of each node's component; edges stand in both directions."""
    root = np.arange(count)
    while True:
        least = root.copy()
        np.minimum.at(least, root[one], root[two])
        least = least[least]
        if (least == root).all():
            return root
        root = least
