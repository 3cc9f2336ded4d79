"""Three areas of a parcel side by side (geometry, contract, certificate): large gaps are found."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from landtool.columns import day, numbers, require_columns
from landtool.indicators.land import AREA_COLUMNS, area_differences
from landtool.policy import Policy
from landtool.rules.findings import make_findings


def find_area_differences(
    parcels: pd.DataFrame, policy: Policy, as_of: dt.date | pd.Timestamp | str
) -> pd.DataFrame:
    """Find parcels whose areas differ by more than the policy's share.

    Parameters
    ----------
    parcels : pandas.DataFrame
        ``parcel_id``; reads ``area_m2`` (ellipsoidal), ``contract_area_m2``,
        ``certificate_area_m2``. Unknown areas are not compared.
    policy : Policy
        Uses ``area.difference_share_max``.
    as_of : date
        The day.

    Returns
    -------
    pandas.DataFrame
        Findings ``area.difference``, severity ``info``.

    Raises
    ------
    InputDataError
        If there is no ``parcel_id`` column.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> parcels = pd.DataFrame({"parcel_id": ["P1", "P2"], "area_m2": [104.0, 103.0],
    ...                         "contract_area_m2": [100.0, 100.0]})
    >>> find_area_differences(parcels, load_policy("national"), "2025-12-31").subject_id.tolist()
    ['P1']
    """
    require_columns(parcels, ["parcel_id"], "parcels")
    limit = policy.at(day(as_of))["area.difference_share_max"]
    found = area_differences(parcels)["area_difference_share"]
    over = found > float(limit.value) + 1e-12
    columns = {name: numbers(parcels, name)[over] for name in AREA_COLUMNS.values()}
    hits = pd.DataFrame({"parcel_id": parcels["parcel_id"][over], **columns,
                         "area_difference_share": found[over],
                         "share_max": float(limit.value)})  # fmt: skip
    return make_findings(
        hits, rule_id="area.difference", subject_kind="parcel", subject_id="parcel_id",
        severity="info", clause=limit.clause, message="output.area_difference",
        measured="area_difference_share", threshold="share_max", unit="share",
        evidence=list(AREA_COLUMNS.values()),
    )  # fmt: skip
