"""Proposals made from parcels that are there already: a change of use before anyone draws it."""

from __future__ import annotations

from collections.abc import Collection

import geopandas as gpd

from landtool.errors import InputDataError


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
