"""Uncovered slivers that the polygons of one layer enclose."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.crs import require_metric
from landtool.geometry.area import ellipsoidal_area_m2
from landtool.geometry.outline import Edges, outline_rings, unmatched_edges
from landtool.geometry.pairs import holds, in_threads

# A face is covered by a polygon wholly or not at all; less than this share is rounding.
_SHARED = 1e-6


def gaps(
    frame: gpd.GeoDataFrame,
    *,
    max_area_m2: float | None = None,
    max_width_m: float | None = None,
    min_area_m2: float = 0.0,
    id_column: str | None = None,
) -> gpd.GeoDataFrame:
    """Pieces of uncovered ground closed in by the layer's polygons, within limits.

    A gap is a bounded piece of what the layer leaves uncovered; pieces that meet in one point only are
    two. Streets and squares closed in by parcels are such pieces too: the limits tell slivers from them.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Valid polygons on a metric plane.
    max_area_m2, max_width_m : float, optional
        Largest area, and largest mean width (twice the area by the perimeter), of a gap; a piece beyond
        either is left out. Not given: no limit.
    min_area_m2 : float
        Pieces up to this are rounding, not gaps.
    id_column : str, optional
        Column that names the rows; the index if not given.

    Returns
    -------
    geopandas.GeoDataFrame
        ``area_m2`` (ellipsoidal), ``width_m`` (on the plane), ``neighbours`` (names of the polygons
        around it, in the frame's order, joined by a comma), ``geometry``; largest first.

    Raises
    ------
    CrsError
        If the frame is in degrees, in Web Mercator, not in metres, or without a CRS.

    Examples
    --------
    >>> around, slit = shapely.box(5e5, 3.27e6, 5e5 + 9, 3.27e6 + 9), (5e5 + 1, 3.27e6 + 1)
    >>> shape = around.difference(shapely.box(*slit, slit[0] + 0.2, slit[1] + 7))
    >>> frame = gpd.GeoDataFrame({"parcel_id": ["A"]}, crs="EPSG:4544", geometry=[shape])
    >>> found = gaps(frame, max_width_m=0.5, id_column="parcel_id")
    >>> found[["area_m2", "neighbours"]].round(3).to_numpy().tolist()
    [[1.4, 'A']]
    """
    require_metric(frame.crs, "gaps")
    geometries = np.asarray(frame.geometry.array, dtype=object)
    limits = (min_area_m2, max_area_m2, max_width_m)
    return gaps_from(frame, geometries, unmatched_edges(geometries), limits, id_column)


def gaps_from(
    frame: gpd.GeoDataFrame, geometries: np.ndarray, edges: Edges,
    limits: tuple[float, float | None, float | None], id_column: str | None,
) -> gpd.GeoDataFrame:
    """The work of :func:`gaps` on an outline already taken; limits: least area, most area, most width."""
    least, most, widest = limits
    tree = shapely.STRtree(geometries)
    faces = _faces(edges)
    pieces = np.delete(faces, _covered(faces, geometries, tree))
    area = ellipsoidal_area_m2(gpd.GeoSeries(pieces, crs=frame.crs)).to_numpy()
    with np.errstate(invalid="ignore"):
        width = 2.0 * shapely.area(pieces) / shapely.length(pieces)
    keep = area > least
    keep &= True if most is None else area <= most
    keep &= True if widest is None else width <= widest
    names = (frame[id_column] if id_column else frame.index.to_series()).astype("str").to_numpy()
    found = gpd.GeoDataFrame({
        "area_m2": area[keep], "width_m": width[keep],
        "neighbours": _neighbours(pieces[keep], geometries, tree, names),
    }, geometry=pieces[keep], crs=frame.crs)
    return found.sort_values("area_m2", ascending=False, kind="stable", ignore_index=True)


def _covered(faces: np.ndarray, geometries: np.ndarray, tree: shapely.STRtree) -> np.ndarray:
    """Positions of the faces that polygons cover.

    A point inside a thin gap may lie on its neighbour's border once it is rounded: only common ground
    tells.
    """
    at, other = tree.query(shapely.point_on_surface(faces), predicate="intersects")
    common = in_threads(lambda face, polygon: shapely.area(shapely.intersection(face, polygon)),
                        faces[at], geometries[other])
    return np.unique(at[common > _SHARED * shapely.area(faces[at])])


def _faces(edges: Edges) -> np.ndarray:
    """The bounded pieces into which the layer's outline cuts the ground, each evenly covered.

    Rings that touch or cross others away from common corners are cut where they meet. The rim of a block
    that stands alone bounds no gap and is left out.
    """
    rings, _ = outline_rings(edges, "outside")
    doubtful = ~in_threads(shapely.is_simple, rings)
    one, two = shapely.STRtree(rings).query(rings)
    one, two = one[one < two], two[one < two]
    alone = np.ones(len(rings), dtype=bool)
    alone[one] = alone[two] = False
    touch = holds(shapely.intersects, rings, rings, one, two)
    doubtful[one[touch]] = True
    doubtful[two[touch]] = True
    lines = np.append(rings[~doubtful & ~alone], shapely.union_all(rings[doubtful]))
    return shapely.get_parts(shapely.polygonize(lines))


def _neighbours(
    pieces: np.ndarray, geometries: np.ndarray, tree: shapely.STRtree, names: np.ndarray
) -> np.ndarray:
    if not len(pieces):
        return np.zeros(0, dtype=object)
    at, other = tree.query(pieces, predicate="intersects")
    order = np.lexsort((other, at))
    joined = pd.Series(names[other[order]]).groupby(at[order]).agg(", ".join)
    return joined.reindex(np.arange(len(pieces)), fill_value="").to_numpy(dtype=object)
