"""The officer's list: idle land with its marks, its route and the recoverable land beside it."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from landtool.assessment import Assessment
from landtool.columns import dates, numbers
from landtool.geometry.contiguity import contiguous_groups
from landtool.reports.workbook_sheets import idle_list

# Land that may come back to the authority, so that its neighbours matter.
_RECOVERABLE = ("idle_2y", "idle_1y", "idle_government_cause", "idle_suspended")
LIST_COLUMNS = [
    "parcel_id", "idle_status", "to_1y_days", "to_2y_days", "holder", "area_m2", "idle_fee_cny", "route",
    "park_name", "idle_since", "idle_days", "turns_idle_date", "recovery_date", "idle_cause", "cluster",
    "cluster_parcels", "cluster_area_m2", "contract_id", "district_name", "idle_missing", "message",
]  # fmt: skip


def recovery_list(result: Assessment, language: str, gap_m: float) -> pd.DataFrame | None:
    """The idle list with days to the marks, the route, and groups of recoverable land that touch.

    Parameters
    ----------
    result : Assessment
    language : str
        Of ``message``.
    gap_m : float
        Parcels with no more than this between them lie together.

    Returns
    -------
    DataFrame or None
        :data:`LIST_COLUMNS` as far as known, and the geometry. ``to_1y_days`` and ``to_2y_days`` count
        from the day of the assessment to the mark, null once it is passed or where there is none.
        ``route`` is a code of ``column.route_is``. ``cluster`` numbers groups of recoverable land, the
        largest first; null for land that is not recoverable. None without any judged land.
    """
    rows = idle_list(result, language)
    if rows is None:
        return None
    at = pd.Timestamp(result.summary["as_of"])
    marks = {"to_1y_days": "turns_idle_date", "to_2y_days": "recovery_date"}
    ahead = {name: (dates(rows, mark) - at).dt.days.astype("float64") for name, mark in marks.items()}
    rows = rows.assign(route=rows["idle_status"],
                       **{name: left.where(left > 0) for name, left in ahead.items()})
    if not isinstance(rows, gpd.GeoDataFrame):
        return rows[[name for name in LIST_COLUMNS if name in rows]]
    return _with_clusters(rows, gap_m)


def _with_clusters(rows: gpd.GeoDataFrame, gap_m: float) -> gpd.GeoDataFrame:
    ours = rows[rows["idle_status"].isin(_RECOVERABLE)]
    cluster = contiguous_groups(ours, gap_m).reindex(rows.index)
    by = numbers(rows, "area_m2").groupby(cluster)
    rows = rows.assign(
        cluster=cluster, cluster_parcels=cluster.map(by.size()).astype("Int64"),
        cluster_area_m2=cluster.map(by.sum(min_count=1)).astype("float64"))
    return rows[[name for name in [*LIST_COLUMNS, "geometry"] if name in rows]]
