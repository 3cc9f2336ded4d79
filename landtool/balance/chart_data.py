"""What charts of a balance are drawn from, as plain frames: for paper, the app and notebooks alike."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landtool.balance.ledger import LandBalance
from landtool.balance.series import LandSeries

# Gains and losses of industrial land as a map shows them.
GAIN_OR_LOSS = {"new": "gain", "converted_in": "gain", "replacement": "replacement", "converted_out": "loss",
                "survey_correction": "neither", "coverage_change": "neither",
                "within_industrial": "neither"}  # fmt: skip


def transition_flows(balance: LandBalance) -> pd.DataFrame:
    """Land of the whole area by class before and after: the ribbons of a Sankey chart.

    Land that is of another use at both dates is left out: it would dwarf the rest.

    Returns
    -------
    pandas.DataFrame
        ``from_class, to_class, area_m2, changed`` in the order of the classes.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> from landtool.balance import land_balance
    >>> def land(code):
    ...     return gpd.GeoDataFrame({"land_use_code": [code]}, crs="EPSG:4544",
    ...                             geometry=[box(5e5, 3.27e6, 5e5 + 100, 3.27e6 + 100)])
    >>> made = land_balance(land("0601"), land("0701"), classification="tdlb-2019")
    >>> transition_flows(made)[["from_class", "to_class", "changed"]].to_numpy().tolist()
    [['industrial', 'other', True]]
    """
    rows = balance.transitions[balance.transitions["region_kind"] == "whole"]
    flows = rows.groupby(["from_class", "to_class"], as_index=False)["area_m2"].sum()
    apart = flows["from_class"].isin(_APART) & flows["to_class"].isin(_APART)
    flows = flows[~apart & (flows["area_m2"] > 0.0)]
    order = {name: place for place, name in enumerate(_ORDER)}
    keys = [flows["to_class"].map(order), flows["from_class"].map(order)]
    flows = flows.iloc[np.lexsort(keys)].reset_index(drop=True)
    return flows.assign(changed=flows["from_class"] != flows["to_class"])


_APART = ("other", "not_surveyed")
_ORDER = ("industrial", "m0", "industrial_or_storage", "storage", "other", "not_surveyed")


def trend_points(series: LandSeries, kind: str = "whole") -> pd.DataFrame:
    """Industrial land by snapshot, and the change added up: the lines of a trend chart.

    Parameters
    ----------
    series : LandSeries
        Any number of snapshots.
    kind : str
        ``whole``, ``district``, ``region_group``, ``park`` or ``control_line``.

    Returns
    -------
    pandas.DataFrame
        ``region_id, step, snapshot, industrial_m2, cumulative_net_change_m2``.
    """
    rows = series.trend[series.trend["region_kind"] == kind]
    columns = ["region_id", "snapshot", "industrial_m2", "cumulative_net_change_m2"]
    step = rows.groupby("region_id", dropna=False).cumcount()
    return rows[columns].assign(step=step).reset_index(drop=True)


def gains_and_losses(balance: LandBalance) -> pd.DataFrame:
    """The changed pieces with ``change``: gain, replacement, loss or neither; a GeoDataFrame for a map."""
    changes = balance.changes
    return changes.assign(change=changes["cause"].map(GAIN_OR_LOSS).fillna("neither").where(
        ~changes["is_noise"], "neither"))  # fmt: skip
