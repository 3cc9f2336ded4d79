"""Regions (districts, parks, control lines) in which the land is counted, and the land of each."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from landtool.balance.areas import drawn_area_m2
from landtool.balance.settle import subtract
from landtool.columns import require_columns
from landtool.crs import require_crs
from landtool.errors import InputDataError
from landtool.geometry.pairs import holds, in_threads
from landtool.geometry.topology import repair

OUTSIDE = -1
KINDS = {"district_code": "district", "park_id": "park", "line_id": "control_line",
         "region_group": "region_group"}  # fmt: skip
_NO_SHARE = 1e-9
_NO_OVERLAP_M2 = 1e-6


@dataclass(frozen=True)
class Regions:
    """One kind of region.

    Attributes
    ----------
    kind, column : str
        What they are and the column that names them.
    ids : pandas.Index
        Names in ascending order; a region is known by its position here.
    shapes : numpy.ndarray
        (n,) valid ground of each.
    later_shapes : numpy.ndarray or None
        (n,) ground at the second date, if the boundaries changed in between.
    """

    kind: str
    column: str
    ids: pd.Index
    shapes: np.ndarray
    later_shapes: np.ndarray | None = None


@dataclass(frozen=True)
class Shares:
    """Parts of polygons by region.

    Attributes
    ----------
    of : numpy.ndarray
        (n,) position of the polygon.
    region : numpy.ndarray
        (n,) position of the region; :data:`OUTSIDE` for what none covers.
    area_m2, shape : numpy.ndarray
        (n,) the part; ``shape`` is empty where it was not asked for.
    """

    of: np.ndarray
    region: np.ndarray
    area_m2: np.ndarray
    shape: np.ndarray


def take_regions(
    by: gpd.GeoDataFrame | tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], column: str | None, plane: CRS
) -> Regions:
    """Bring regions to the plane; rows with the same name are one region.

    Parameters
    ----------
    by : geopandas.GeoDataFrame or two of them
        One layer of regions, or that of each date if the boundaries changed.
    column : str, optional
        Column that names them; ``district_code``, ``park_id`` or ``line_id`` if not given.
    plane : pyproj.CRS
        Plane of the snapshots.

    Raises
    ------
    InputDataError
        Without such a column, or if regions of two dates overlap one another.
    """
    frames = by if isinstance(by, tuple) else (by,)
    column = column or next((name for name in KINDS if name in frames[0]), None)
    if column is None:
        raise InputDataError("no column that names the regions", "land balance, by",
                             f"say by_column=…; columns are: {', '.join(map(str, frames[0].columns))}")
    ground = [_ground(frame, column, plane) for frame in frames]
    ids = pd.Index(sorted(set().union(*(one.index for one in ground))), dtype="str", name=column)
    shapes = [one.reindex(ids).to_numpy(dtype=object) for one in ground]
    shapes = [np.where(pd.isna(one), shapely.Polygon(), one) for one in shapes]
    if len(shapes) == 2:
        _refuse_overlaps(shapes[0], column)
        _refuse_overlaps(shapes[1], column)
    return Regions(KINDS.get(column, column), column, ids, shapes[0],
                   shapes[1] if len(shapes) == 2 else None)  # fmt: skip


def _ground(frame: gpd.GeoDataFrame, column: str, plane: CRS) -> pd.Series:
    """Ground of each named region."""
    require_columns(frame, [column], "land balance, by")
    require_crs(frame, "land balance, by")
    kept = repair(frame[frame[column].notna()].to_crs(plane), layer="regions").frame
    shapes = pd.Series(np.asarray(kept.geometry.array, dtype=object),
                       index=kept[column].astype("str").to_numpy(), dtype=object)  # fmt: skip
    if shapes.index.is_unique:
        return shapes
    several = shapes.index.duplicated(keep=False)
    # A loop over names, of which there are few.
    merged = {name: shapely.union_all(group.to_numpy())
              for name, group in shapes[several].groupby(level=0)}  # fmt: skip
    return pd.concat([shapes[~several], pd.Series(merged, dtype=object)])


def _refuse_overlaps(shapes: np.ndarray, column: str) -> None:
    pairs = overlap(shapes, 1e-3)
    if pairs:
        raise InputDataError(
            f"regions of one date overlap ({pairs} pairs)", f"land balance, by {column}",
            "a change of boundaries can be told only between regions that do not overlap",
        )


def share_out(
    shapes: np.ndarray, area_m2: np.ndarray, regions: np.ndarray, crs: CRS, *, draw: bool = True
) -> Shares:
    """Divide polygons among regions; what lies in two regions counts in both.

    Parameters
    ----------
    shapes, area_m2 : numpy.ndarray
        (n,) valid polygons and their areas, which are divided in proportion.
    regions : numpy.ndarray
        (m,) valid polygons.
    crs : pyproj.CRS
        Plane of both.
    draw : bool
        False if the ground of the parts is not asked for (``shape`` is then empty): what lies in no region
        is then had by subtracting areas, where regions do not overlap.

    Examples
    --------
    >>> shapes = np.array([shapely.box(5e5, 0, 5e5 + 4, 1)])
    >>> left = np.array([shapely.box(5e5, 0, 5e5 + 1, 1)])
    >>> made = share_out(shapes, np.array([8.0]), left, CRS.from_epsg(4544))
    >>> made.region.tolist(), made.area_m2.round(6).tolist()
    ([0, -1], [2.0, 6.0])
    """
    zone, at = shapely.STRtree(shapes).query(regions)
    inside = holds(shapely.covers, regions, shapes, zone, at)
    border_zone, border = zone[~inside], at[~inside]
    meets = holds(shapely.intersects, regions, shapes, border_zone, border)
    border_zone, border = border_zone[meets], border[meets]
    part = in_threads(lambda a, b: shapely.intersection(a, b), shapes[border], regions[border_zone])
    share = _share(part, shapes, border, crs)
    real = share > _NO_SHARE
    border, border_zone, part, share = border[real], border_zone[real], part[real], share[real]
    alone, crossing = _without_region(len(shapes), at[inside], border)
    if draw or overlap(regions[np.unique(border_zone)]):
        rest = subtract(shapes, border, part, np.arange(len(part)), crossing)
        rest_share = _share(rest, shapes, crossing, crs)
    else:
        rest = np.zeros(0, dtype=object)
        rest_share = 1.0 - np.bincount(border, weights=share, minlength=len(shapes))[crossing]
    real = rest_share > _NO_SHARE
    of = np.concatenate([at[inside], border, crossing[real], alone])
    nowhere = np.full(int(real.sum()) + len(alone), OUTSIDE)
    return Shares(
        of=of, region=np.concatenate([zone[inside], border_zone, nowhere]),
        area_m2=area_m2[of] * np.concatenate([np.ones(int(inside.sum())), share, rest_share[real],
                                              np.ones(len(alone))]),
        shape=np.concatenate([shapes[at[inside]], part, rest[real], shapes[alone]]) if draw else rest[:0],
    )  # fmt: skip


def _share(part: np.ndarray, shapes: np.ndarray, of: np.ndarray, crs: CRS) -> np.ndarray:
    """Area of parts as shares of their wholes."""
    cut, back = np.unique(of, return_inverse=True)
    whole = drawn_area_m2(shapes[cut], crs)[back]
    made = drawn_area_m2(part, crs)
    return np.divide(made, whole, out=np.zeros(len(made)), where=whole > 0)


def _without_region(count: int, inside: np.ndarray, border: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of what no region meets, and of what lies partly, but nowhere wholly, in regions."""
    held = np.zeros(count, dtype=bool)
    held[inside] = True
    crossing = np.unique(border)
    crossing = crossing[~held[crossing]]
    held[border] = True
    return np.flatnonzero(~held), crossing


def overlap(shapes: np.ndarray, least_share: float = 0.0) -> int:
    """Number of pairs of polygons that share more than so much of the smaller one.

    Examples
    --------
    >>> overlap(np.array([shapely.box(0, 0, 2, 2), shapely.box(2, 0, 3, 1), shapely.box(1, 1, 3, 3)]))
    1
    """
    i, j = shapely.STRtree(shapes).query(shapes)
    i, j = i[i < j], j[i < j]
    area = shapely.area(shapes)
    common = shapely.area(in_threads(lambda a, b: shapely.intersection(a, b), shapes[i], shapes[j], worth=64))
    return int((common > np.maximum(least_share * np.minimum(area[i], area[j]), _NO_OVERLAP_M2)).sum())
