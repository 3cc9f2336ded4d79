"""Zombie enterprises (僵尸企业): years without output and without tax on supplied land."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from landtool.columns import booleans, day, numbered, numbers, positions, texts
from landtool.indicators.output import output_of
from landtool.indicators.peers import years_of_nothing
from landtool.occupied import occupied_land, year_end
from landtool.policy import Policy
from landtool.rules.findings import make_findings, no_findings
from landtool.year_figures import enterprise_operations

_NOT_YET = ("idle", "in_ramp")


def find_zombies(
    operations: pd.DataFrame,
    occupancy: pd.DataFrame | None,
    parcels: pd.DataFrame,
    policy: Policy,
    as_of: dt.date | pd.Timestamp | str,
    *,
    year: int,
) -> pd.DataFrame:
    """Find enterprises that reported neither output nor tax for years, on supplied land.

    Every one of the years must be known to be zero: a year without figures says nothing.

    Parameters
    ----------
    operations : pandas.DataFrame
        See :func:`landtool.year_figures.enterprise_operations`.
    occupancy : pandas.DataFrame or None
        See :func:`landtool.occupied.occupied_land`, read at the end of the year.
    parcels : pandas.DataFrame
        ``parcel_id, area_m2``; reads ``is_supplied`` and ``low_efficiency_status``: land that is idle, or
        still within its ramp, makes no zombie of who builds on it.
    policy : Policy
        Uses ``zombie.years``.
    as_of : date
        The day whose policy counts.
    year : int
        The latest year of figures.

    Returns
    -------
    pandas.DataFrame
        Findings ``low_efficiency.zombie`` on enterprises.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> operations = pd.DataFrame({"enterprise_id": ["E"] * 3 + ["F"] * 2, "year": [2023, 2024, 2025, 2024, 2025],
    ...                            "gross_output_cny": 0.0, "tax_cny": 0.0})
    >>> land = pd.DataFrame({"enterprise_id": ["E", "F"], "parcel_id": "P"})
    >>> parcels = pd.DataFrame({"parcel_id": ["P"], "area_m2": [900.0], "is_supplied": [True]})
    >>> find_zombies(operations, land, parcels, load_policy("national"), "2025-12-31",
    ...              year=2025)["subject_id"].tolist()
    ['E']
    """
    number = policy.at(day(as_of))["zombie.years"]
    if occupancy is None or "enterprise_id" not in operations:
        return no_findings()
    land = occupied_land(occupancy, parcels, year_end(year))
    at = positions(land["parcel_id"], parcels["parcel_id"])
    supplied = pd.Series(booleans(parcels, "is_supplied").array.take(at, allow_fill=True))
    status = pd.Series(texts(parcels, "low_efficiency_status").array.take(at, allow_fill=True))
    land = land[supplied.fillna(False).to_numpy(dtype=bool) & ~status.isin(_NOT_YET).to_numpy(dtype=bool)]
    (firm,), ids = numbered(land["enterprise_id"])
    history = []
    for back in range(int(number.value)):
        figures = enterprise_operations(operations, year - back)
        row = positions(ids, figures.index)
        output = output_of(figures)
        history.append(pd.DataFrame({"output_cny": np.append(output.to_numpy(), np.nan)[row],
                                     "tax_cny": np.append(numbers(figures, "tax_cny").to_numpy(), np.nan)[row]}))
    silent = years_of_nothing(history)["years_of_nothing"].to_numpy(dtype="int64") >= int(number.value)
    theirs = land[np.append(silent, False)[firm]]
    hits = theirs.groupby("enterprise_id")["occupied_m2"].sum(skipna=False).rename("land_m2").reset_index()
    return make_findings(
        hits.assign(years=int(number.value), year=year), rule_id="low_efficiency.zombie",
        subject_kind="enterprise", subject_id="enterprise_id", severity="warning",
        clause=number.clause, message="low_efficiency.zombie_enterprise", measured="years",
        threshold="years", unit="years", evidence=["land_m2", "year", "years"],
    )  # fmt: skip
