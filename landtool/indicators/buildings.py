"""Buildings on parcels: covered ground once, floor area with high storeys counted again.

A building that stands on several parcels is divided between them by the ground it covers on each.
What lies beside every parcel counts on none.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.columns import numbers, texts
from landtool.errors import CrsError
from landtool.geometry.area import ellipsoidal_area_m2
from landtool.geometry.pairs import holds, in_threads, interiors_meet

BUILT_COLUMNS = (
    "building_count", "covered_m2", "floor_area_m2", "far_floor_area_m2", "far_floor_area_max_m2",
    "service_floor_area_m2", "floors_unknown", "height_unknown", "kind_unknown",
)  # fmt: skip
#: Kinds without storeys: they cover ground and have no floor area.
_WITHOUT_FLOORS = ("structure", "yard")
# Less than a square millimetre of common ground is a shared wall.
_NO_AREA_M2 = 1e-6


@dataclass(frozen=True)
class Built:
    """What stands on the parcels, and which buildings stand wholly on one.

    Attributes
    ----------
    table : pandas.DataFrame
        See :func:`buildings_on_parcels`.
    within_parcel, within_building : numpy.ndarray
        Positions of parcel and building, a pair for each building that a parcel holds whole.
    """

    table: pd.DataFrame
    within_parcel: np.ndarray
    within_building: np.ndarray


def buildings_on_parcels(
    parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, *, double_above_m: float, factor: float
) -> pd.DataFrame:
    """Measure what stands on each parcel, on ellipsoidal area.

    Parameters
    ----------
    parcels : geopandas.GeoDataFrame
        Valid polygons.
    buildings : geopandas.GeoDataFrame
        Valid polygons in the same CRS; reads ``floors``, ``height_m``, ``floor_area_m2`` (m², of the
        whole building) and ``kind`` (``building, structure, yard, service``; null has storeys, and
        may be service). Floor area is the one given, else covered ground × storeys; zero storeys and a
        floor area of zero are unknown. Structures and yards have none.
    double_above_m : float
        A storey higher than this (height ÷ storeys, m) counts ``factor`` times in FAR.
    factor : float
        See there.

    Returns
    -------
    pandas.DataFrame
        On the parcels' index: ``building_count`` (null without a polygon); ``covered_m2``, ground
        under buildings, structures and yards, overlaps once; ``floor_area_m2`` and
        ``service_floor_area_m2``, plain; ``far_floor_area_m2``, high storeys counted again where
        the height is known; ``far_floor_area_max_m2``, the same if every storey of unknown height
        were a high one; ``floors_unknown, height_unknown, kind_unknown``, whether some building
        leaves it open (with no building marked as service, rooms inside the others may
        be). Areas in m², null where nothing stands on the parcel (the layer may not reach
        it), floor areas also where ``floors_unknown``, service floor area also where
        no building is marked as service, or ``kind_unknown``: unknown is never zero.

    Raises
    ------
    CrsError
        If the two are not in the same known CRS.

    Examples
    --------
    >>> box = shapely.box
    >>> parcels = gpd.GeoDataFrame(geometry=[box(5e5, 3.2e6, 5e5 + 100, 3.2e6 + 100)], crs="EPSG:4545")
    >>> halls = gpd.GeoDataFrame({"floors": [1, 4], "height_m": [9.0, 16.0]}, crs="EPSG:4545",
    ...     geometry=[box(5e5, 3.2e6, 5e5 + 50, 3.2e6 + 40), box(5e5 + 40, 3.2e6, 5e5 + 60, 3.2e6 + 40)])
    >>> found = buildings_on_parcels(parcels, halls, double_above_m=8.0, factor=2.0)
    >>> found[["covered_m2", "floor_area_m2", "far_floor_area_m2"]].round(0).to_numpy().tolist()
    [[2400.0, 5200.0, 7200.0]]
    """
    return measure_buildings(parcels, buildings, double_above_m=double_above_m, factor=factor).table


def measure_buildings(
    parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, *, double_above_m: float, factor: float
) -> Built:
    """Do as :func:`buildings_on_parcels`, and say which buildings stand wholly on one parcel."""
    if parcels.crs is None or parcels.crs != buildings.crs:
        got = " and ".join("no CRS" if c is None else c.name for c in (parcels.crs, buildings.crs))
        raise CrsError(f"parcels and buildings in {got}", "buildings on parcels",
                       "reproject one: to_crs()")
    land, roofs = (np.asarray(frame.geometry.array, dtype=object) for frame in (parcels, buildings))
    index = shapely.STRtree(roofs)
    parcel, building, ground, inside = _pieces(land, roofs, index)
    within = parcel[inside], building[inside]
    whole = _areas(roofs, parcels)[building]
    area = whole.copy()
    area[~inside] = _areas(ground[~inside], parcels)
    real = area > _NO_AREA_M2
    parcel, building, ground, area, whole = (cells[real] for cells in (parcel, building, ground, area, whole))
    rows = _floors(buildings.iloc[building], area, whole, double_above_m, factor)
    sums = rows.assign(building_count=1.0, covered_m2=area).groupby(parcel).sum()
    found = sums.reindex(range(len(land)))
    once = _covered_once(roofs, index, parcel, building, ground, parcels)
    found.loc[once.index, "covered_m2"] = once
    for name in ("floors_unknown", "height_unknown", "kind_unknown"):
        found[name] = (found[name] > 0).astype("boolean").mask(found[name].isna(), pd.NA)
    open_floors = found["floors_unknown"].fillna(False).astype("bool")
    for name in ("floor_area_m2", "far_floor_area_m2", "far_floor_area_max_m2",
                 "service_floor_area_m2"):  # fmt: skip
        found[name] = found[name].mask(open_floors)
    found["kind_unknown"] |= found.pop("service_buildings") == 0
    found["service_floor_area_m2"] = found["service_floor_area_m2"].mask(
        found["kind_unknown"].fillna(False).astype("bool"))
    has_polygon = ~(shapely.is_missing(land) | shapely.is_empty(land))
    found["building_count"] = found["building_count"].fillna(0.0).where(has_polygon)
    return Built(found[list(BUILT_COLUMNS)].set_index(parcels.index), *within)


def _areas(shapes: np.ndarray, frame: gpd.GeoDataFrame) -> np.ndarray:
    """Ellipsoidal areas, 0 where there is no polygon."""
    return ellipsoidal_area_m2(gpd.GeoSeries(shapes, crs=frame.crs)).fillna(0.0).to_numpy()


def _pieces(
    land: np.ndarray, roofs: np.ndarray, index: shapely.STRtree
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Positions of parcel and building of each pair, the ground they have in common, and whether it is the whole."""
    parcel, building = index.query(land)
    inside = holds(shapely.covers, land, roofs, parcel, building)
    meets = inside.copy()
    meets[~inside] = holds(shapely.intersects, land, roofs, parcel[~inside], building[~inside])
    parcel, building, inside = parcel[meets], building[meets], inside[meets]
    ground = roofs[building]
    ground[~inside] = in_threads(
        lambda p, b: shapely.intersection(land[p], roofs[b]), parcel[~inside], building[~inside])
    return parcel, building, ground, inside


def _floors(
    rows: pd.DataFrame, area: np.ndarray, whole: np.ndarray, double_above_m: float, factor: float
) -> pd.DataFrame:
    """Floor areas of each piece, and whether storeys or their height are unknown (0 or 1)."""
    floors = _positive(rows, "floors")
    kind = texts(rows, "kind").to_numpy()
    roofed = ~np.isin(kind, _WITHOUT_FLOORS)
    given = _positive(rows, "floor_area_m2") * area / whole
    floor = np.where(roofed, np.where(np.isnan(given), area * floors, given), 0.0)
    height = numbers(rows, "height_m").to_numpy()
    # A building no higher than one high storey holds none, whatever its number of storeys.
    storey = np.where(height <= double_above_m, 0.0, height / floors)
    extra = floor * (factor - 1.0)
    return pd.DataFrame({
        "floor_area_m2": floor,
        "far_floor_area_m2": floor + np.where(storey > double_above_m, extra, 0.0),
        "far_floor_area_max_m2": floor + np.where(storey <= double_above_m, 0.0, extra),
        "service_floor_area_m2": np.where(kind == "service", floor, 0.0),
        "floors_unknown": np.isnan(floor).astype(float),
        "height_unknown": (np.isnan(storey) & roofed).astype(float),
        "service_buildings": (kind == "service").astype(float),
        "kind_unknown": pd.isna(kind).astype(float),
    })  # fmt: skip


def _positive(rows: pd.DataFrame, name: str) -> np.ndarray:
    values = numbers(rows, name)
    return values.where(values > 0).to_numpy()


def _covered_once(
    roofs: np.ndarray, index: shapely.STRtree, parcel: np.ndarray, building: np.ndarray,
    ground: np.ndarray, frame: gpd.GeoDataFrame,
) -> pd.Series:  # fmt: skip
    """Ground under the buildings of those parcels on which buildings overlap, by parcel position."""
    one, two = index.query(roofs)
    one, two = one[one < two], two[one < two]
    near = holds(shapely.intersects, roofs, roofs, one, two)
    one, two = one[near], two[near]
    over = in_threads(lambda a, b: interiors_meet(roofs[a], roofs[b]), one, two)
    doubtful = np.unique(np.concatenate([one[over], two[over]]))
    crowded = np.unique(parcel[np.isin(building, doubtful)])
    mine = np.isin(parcel, crowded)
    owner = np.searchsorted(crowded, parcel[mine])
    order = np.argsort(owner, kind="stable")
    heaps = shapely.geometrycollections(ground[mine][order], indices=owner[order])
    united = in_threads(lambda some: shapely.union_all(some[:, None], axis=1), np.asarray(heaps))
    return pd.Series(_areas(united, frame), index=crowded)
