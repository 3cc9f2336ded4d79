"""The land balance of an assessment as charts and words take it: of all the land, or of one district's."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from landtool.assessment import Assessment
from landtool.balance import LandBalance, memo


def balance_in(result: Assessment) -> LandBalance | None:
    """The balance that a result holds; None where there were no two surveys, or it kept no pieces.

    Of :func:`landtool.reports.district.district_part` the district is the whole.

    Parameters
    ----------
    result : Assessment

    Returns
    -------
    LandBalance or None
        Ledger, transitions by class (without codes) and changes; the problems stay in the summary.
    """
    found, rows, changes = result.summary.get("balance"), result.balance, result.changes
    if not found or rows is None or not isinstance(changes, gpd.GeoDataFrame):
        return None
    code = result.summary.get("district")
    if code is not None:
        rows = rows[rows["region_kind"] == "district"].assign(region_kind="whole", region_id=None)
    whole = {**found, "region_kind": "whole", "region_id": None}
    terms = [name for name in whole if name in ("region_kind", "region_id") or name.endswith("_m2")
             or name.startswith("verdict")]  # fmt: skip
    ledger = pd.DataFrame([whole, *found["regions"]])[terms]
    return LandBalance(ledger, rows, changes, found["verdict"], found["classification"], found["from"],
                       found["to"], pd.DataFrame())  # fmt: skip


def district_memo(result: Assessment, name: str, language: str) -> str:
    """The paragraph of a district; empty where the result holds no balance."""
    found = balance_in(result)
    return "" if found is None else memo(found, language, place=name)
