"""Proposals made from parcels that are there already, or from areas sketched on the map."""

from __future__ import annotations

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import shapely

from landtool.balance.land_use_table import CODE
from landtool.codes import Classification
from landtool.columns import require_columns, texts
from landtool.crs import require_crs
from landtool.errors import InputDataError
from landtool.geometry.topology import repair


def proposals_of_parcels(
    parcels: gpd.GeoDataFrame, parcel_ids: Collection[str], to_code: str
) -> gpd.GeoDataFrame:
    """Turn parcels into draft proposals that give them another use.

    Parameters
    ----------
    parcels : geopandas.GeoDataFrame
        ``parcel_id`` and polygons.
    parcel_ids : collection of str
        Parcels to rezone.
    to_code : str
        Code of the use after, in the classification of the later snapshot.

    Returns
    -------
    geopandas.GeoDataFrame
        ``proposal_id`` (the parcel's number)``, to_code, stage`` and the polygons.

    Raises
    ------
    InputDataError
        Without a code or parcels, or naming the parcels that are not there or have no polygon.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> land = gpd.GeoDataFrame({"parcel_id": ["A"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:4544")
    >>> proposals_of_parcels(land, ["A"], "0701")[["proposal_id", "to_code", "stage"]].values.tolist()
    [['A', '0701', 'draft']]
    """
    wanted = list(dict.fromkeys(parcel_ids))
    drawn = parcels[parcels.geometry.notna()].drop_duplicates("parcel_id").set_index("parcel_id")
    missing = [name for name in wanted if name not in drawn.index]
    if not wanted or not to_code.strip():
        raise InputDataError("parcels or the code of the new use are missing", "scenario",
                             "name one parcel at least and one code")
    if missing:
        raise InputDataError(f"no parcel {', '.join(missing[:5])}", "scenario",
                             "check the numbers; parcels without a polygon cannot be rezoned")
    rows = drawn.loc[wanted, ["geometry"]].reset_index(names="proposal_id")
    return rows.assign(to_code=to_code.strip(), stage="draft")


def proposals_of_sketch(
    sketch: gpd.GeoDataFrame, snapshot: gpd.GeoDataFrame, classification: Classification
) -> gpd.GeoDataFrame:
    """Turn areas drawn on a map into draft proposals, each for the land of one class inside it.

    Parameters
    ----------
    sketch : geopandas.GeoDataFrame
        ``proposal_id``, ``from_class`` (a class of :data:`landtool.codes.classification.CLASSES`; null: all
        land in the area), ``to_code`` and polygons in any known CRS.
    snapshot : geopandas.GeoDataFrame
        The survey that is to be rezoned: ``land_use_code`` and polygons.
    classification : Classification
        Of the snapshot.

    Returns
    -------
    geopandas.GeoDataFrame
        ``proposal_id, to_code, stage`` and the polygons to rezone, on the snapshot's plane.

    Raises
    ------
    InputDataError
        Where an area names no code, or holds no land of the class it is to be changed from.
    CrsError
        If a layer has no CRS.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> from landtool.codes import load_classification
    >>> land = gpd.GeoDataFrame({"land_use_code": ["0601", "0103"]}, crs="EPSG:4544",
    ...                         geometry=[box(0, 0, 2, 1), box(2, 0, 4, 1)])
    >>> drawn = gpd.GeoDataFrame({"proposal_id": ["1"], "from_class": ["industrial"], "to_code": ["0701"]},
    ...                          geometry=[box(1, 0, 4, 1)], crs="EPSG:4544")
    >>> proposals_of_sketch(drawn, land, load_classification("tdlb-2019")).area.tolist()
    [1.0]
    """
    require_columns(sketch, ["proposal_id", "from_class", "to_code"], "sketch")
    require_columns(snapshot, [CODE], "land use")
    without = sketch.loc[texts(sketch, "to_code").str.strip().fillna("") == "", "proposal_id"].tolist()
    if without or sketch.empty:
        raise InputDataError(f"no code of the new use for {', '.join(map(str, without)) or 'any area'}", "scenario",
                             "choose the use after the change")
    plans = repair(sketch.to_crs(require_crs(snapshot, "land use")), layer="proposals").frame
    shapes = np.array(plans.geometry.array, dtype=object)
    wanted, land_class = texts(plans, "from_class"), classification.classify(snapshot[CODE])["land_class"]
    for name in wanted.dropna().unique():
        chosen = np.flatnonzero((wanted == name).fillna(False))
        shapes[chosen] = _land_inside(shapes[chosen], snapshot[(land_class == name).fillna(False)])
    bare = plans[shapely.area(shapes) == 0.0]
    if len(bare):
        first = bare.iloc[0]
        raise InputDataError(f"area {first['proposal_id']} holds no land of class {first['from_class']}", "scenario",
                             "draw it elsewhere, or choose all land as the use before")
    made = gpd.GeoDataFrame({"proposal_id": texts(plans, "proposal_id"), "to_code": texts(plans, "to_code").str.strip(),
                             "stage": "draft"}, geometry=shapes, crs=plans.crs)  # fmt: skip
    return repair(made, layer="proposals").frame


def _land_inside(areas: np.ndarray, land: gpd.GeoDataFrame) -> np.ndarray:
    """The part of each area that some land covers."""
    near = np.unique(shapely.STRtree(np.asarray(land.geometry.array, dtype=object)).query(areas)[1])
    ground = np.asarray(repair(land.iloc[near], layer="land_use").frame.geometry.array, dtype=object)
    area, row = shapely.STRtree(ground).query(areas, predicate="intersects")
    parts = gpd.GeoSeries(shapely.intersection(ground[row], areas[area]))
    inside = np.full(len(areas), shapely.Polygon(), dtype=object)
    united = parts.groupby(area).agg(shapely.union_all) if len(parts) else parts
    inside[united.index.to_numpy(dtype="int64")] = united.to_numpy(dtype=object)
    return inside
