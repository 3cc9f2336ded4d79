"""Which zone (park, district, control line) a parcel or a point lies in, and where attributes disagree."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.errors import CrsError, InputDataError
from landtool.geometry.area import ellipsoidal_area_m2
from landtool.geometry.pairs import holds, in_threads

_TIE_DIGITS = 9
_NO_SHARE = 1e-9


def largest_overlap(
    parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, zone_id: str
) -> pd.DataFrame:
    """The zone that holds most of each parcel, and the runner-up.

    Parcels wholly inside a zone are found without cutting; only those on a border are cut. Shares are of
    the parcel's ellipsoidal area. Of zones with the same share (to 1e-9) the lowest id wins. Where zones
    overlap one another, shares may sum to more than 1.

    Parameters
    ----------
    parcels, zones : geopandas.GeoDataFrame
        Valid polygons in the same CRS.
    zone_id : str
        Column of ``zones`` that names them. A zone may take several rows; rows without id or polygon
        hold nothing.

    Returns
    -------
    pandas.DataFrame
        On the parcels' index: ``zone_id`` (null outside all zones or without a polygon), ``share`` (0 to
        1, null as ``zone_id``), ``second_id``, ``second_share`` (null unless a second zone holds some).

    Raises
    ------
    CrsError
        If the two are not in the same known CRS.
    InputDataError
        If ``zones`` has no such column.

    Examples
    --------
    >>> zones = gpd.GeoDataFrame({"park_id": ["P1", "P2"]}, crs="EPSG:4544", geometry=[
    ...     shapely.box(5e5, 3.27e6, 5e5 + 100, 3.27e6 + 100),
    ...     shapely.box(5e5 + 100, 3.27e6, 5e5 + 200, 3.27e6 + 100)])
    >>> parcel = gpd.GeoDataFrame(geometry=[shapely.box(5e5 + 90, 3.27e6, 5e5 + 130, 3.27e6 + 50)],
    ...     crs="EPSG:4544")
    >>> largest_overlap(parcel, zones, "park_id").round(4).to_numpy().tolist()
    [['P2', 0.75, 'P1', 0.25]]
    """
    shapes, code, names = _zone_arrays(parcels, zones, zone_id)
    own = np.asarray(parcels.geometry.array, dtype=object)
    at, zone, share = _shares(own, shapes, zones.crs)
    pairs = pd.DataFrame({"at": at, "code": code[zone], "share": share})
    pairs = pairs.groupby(["at", "code"], as_index=False, sort=False)["share"].sum()
    pairs["share"] = pairs["share"].clip(upper=1.0)
    order = np.lexsort((pairs["code"], -pairs["share"].round(_TIE_DIGITS), pairs["at"]))
    return _best_two(pairs.iloc[order], names, parcels.index)


def zone_of_points(
    points: gpd.GeoDataFrame | gpd.GeoSeries, zones: gpd.GeoDataFrame, zone_id: str
) -> pd.Series:
    """The zone each point lies in; of several, or on a border, the lowest id.

    Parameters
    ----------
    points : geopandas.GeoDataFrame or geopandas.GeoSeries
        Points in the same CRS as the zones.
    zones : geopandas.GeoDataFrame
        Polygons.
    zone_id : str
        Column of ``zones`` that names them.

    Returns
    -------
    pandas.Series
        ``zone_id`` on the points' index; null outside all zones or without a point.

    Raises
    ------
    CrsError
        If the two are not in the same known CRS.
    InputDataError
        If ``zones`` has no such column.

    Examples
    --------
    >>> zones = gpd.GeoDataFrame({"name": ["b", "a"]}, crs="EPSG:4490",
    ...     geometry=[shapely.box(106, 29, 107, 30), shapely.box(107, 29, 108, 30)])
    >>> zone_of_points(gpd.GeoSeries.from_xy([106.5, 107, 109], [29.5] * 3, crs=4490), zones, "name").tolist()
    ['b', 'a', nan]
    """
    shapes, code, names = _zone_arrays(points, zones, zone_id)
    zone, at = shapely.STRtree(np.asarray(points.geometry.array, dtype=object)).query(
        shapes, predicate="intersects")  # fmt: skip
    lowest = np.full(len(points), len(names))
    np.minimum.at(lowest, at, code[zone])
    lowest[lowest == len(names)] = -1
    found = names.take(lowest, allow_fill=True)
    return pd.Series(found, index=points.index, name="zone_id")


def split(assigned: pd.DataFrame, share_min: float) -> pd.Series:
    """Parcels divided between zones: in two at least, and in none with the share asked for.

    Parameters
    ----------
    assigned : pandas.DataFrame
        As :func:`largest_overlap` returns.
    share_min : float
        0 to 1.

    Returns
    -------
    pandas.Series
        ``is_split``, nullable boolean; null where the parcel lies in no zone.

    Examples
    --------
    >>> assigned = pd.DataFrame({"zone_id": ["a", "a", None], "share": [0.75, 0.98, None],
    ...                          "second_id": ["b", "b", None], "second_share": [0.25, 0.02, None]})
    >>> split(assigned, 0.95).tolist()
    [True, False, <NA>]
    """
    divided = (assigned["share"] < share_min) & assigned["second_id"].notna()
    return divided.astype("boolean").mask(assigned["zone_id"].isna()).rename("is_split")


def disagreement(attribute: pd.Series, assigned: pd.Series) -> pd.DataFrame:
    """Rows whose attribute names another zone than their geometry, or whose geometry lies in none.

    Rows without the attribute are left out: they say nothing to disagree with.

    Parameters
    ----------
    attribute : pandas.Series
        Zone that the row names.
    assigned : pandas.Series
        Zone by geometry, on the same index.

    Returns
    -------
    pandas.DataFrame
        On the index of the rows that disagree: ``value`` (the attribute) and ``detail`` (the zone by
        geometry; null outside all zones).

    Examples
    --------
    >>> disagreement(pd.Series(["a", "b", None]), pd.Series(["a", "c", "d"])).to_numpy().tolist()
    [['b', 'c']]
    """
    rows = attribute.notna() & (assigned.isna() | (attribute != assigned).fillna(True))
    return pd.DataFrame({"value": attribute[rows], "detail": assigned[rows]})


def _zone_arrays(
    features: gpd.GeoDataFrame | gpd.GeoSeries, zones: gpd.GeoDataFrame, zone_id: str
) -> tuple[np.ndarray, np.ndarray, pd.api.extensions.ExtensionArray]:
    """Shapes and id codes of the zones' usable rows, and the ids in ascending order."""
    if features.crs is None or zones.crs is None or features.crs != zones.crs:
        got = " and ".join("no CRS" if c is None else c.name for c in (features.crs, zones.crs))
        raise CrsError(f"two layers in {got}", "assignment to zones", "reproject one: to_crs()")
    if zone_id not in zones:
        raise InputDataError(f"no column {zone_id!r}", "zones",
                             f"there are: {', '.join(map(str, zones.columns))}")
    shapes = np.asarray(zones.geometry.array, dtype=object)
    codes, names = pd.factorize(zones[zone_id], sort=True)
    usable = (codes >= 0) & ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return shapes[usable], codes[usable], pd.Series(names).array


def _shares(
    own: np.ndarray, shapes: np.ndarray, crs: object
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parcel and zone positions of each pair with common area, and the share of the parcel's area."""
    # The tree holds the parcels: the few large zones are then the prepared side.
    zone, at = shapely.STRtree(own).query(shapes)
    inside = holds(shapely.covers, shapes, own, zone, at)
    edge_zone, edge_at = zone[~inside], at[~inside]
    meets = holds(shapely.intersects, shapes, own, edge_zone, edge_at)
    edge_zone, edge_at = edge_zone[meets], edge_at[meets]
    common = in_threads(lambda z, p: shapely.intersection(own[p], shapes[z]), edge_zone, edge_at)
    part = ellipsoidal_area_m2(gpd.GeoSeries(common, crs=crs)).fillna(0.0).to_numpy()
    cut, back = np.unique(edge_at, return_inverse=True)
    whole = ellipsoidal_area_m2(gpd.GeoSeries(own[cut], crs=crs)).to_numpy()
    share = np.divide(part, whole[back], out=np.zeros(len(part)), where=whole[back] > 0)
    real = share > _NO_SHARE
    return (np.concatenate([at[inside], edge_at[real]]),
            np.concatenate([zone[inside], edge_zone[real]]),
            np.concatenate([np.ones(int(inside.sum())), share[real]]))  # fmt: skip


def _best_two(
    ranked: pd.DataFrame, names: pd.api.extensions.ExtensionArray, index: pd.Index
) -> pd.DataFrame:
    """First and second row of each parcel, spread over all parcels."""
    place = ranked.groupby("at", sort=False).cumcount().to_numpy()
    cells = {}
    for rank, (name, amount) in enumerate((("zone_id", "share"), ("second_id", "second_share"))):
        chosen = ranked[place == rank]
        position = np.full(len(index), -1)
        position[chosen["at"]] = chosen["code"]
        share = np.full(len(index), np.nan)
        share[chosen["at"]] = chosen["share"]
        cells[name], cells[amount] = names.take(position, allow_fill=True), share
    return pd.DataFrame(cells, index=index)
