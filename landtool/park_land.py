"""Park evaluation in one assessment: what the layers give the rule, and its columns on the zones."""

from __future__ import annotations

import pandas as pd

from landtool.columns import booleans, numbers, texts
from landtool.indicators.park_land import RATIOS
from landtool.indicators.progress import milestone_reached
from landtool.result_tables import zone_table
from landtool.rules.output_target import OutputResult
from landtool.rules.park_evaluation import ParkResult, evaluate_parks
from landtool.workspace import Workspace

_PARK_COLUMNS = [*RATIOS, "built_rate_basis", "statistics_year", "score", "expansion_gate",
                 "expansion_failed", "expansion_missing", "funnel_missing"]  # fmt: skip


def judge_parks(
    workspace: Workspace, land: pd.DataFrame | None, output: OutputResult | None
) -> ParkResult | None:
    """Evaluate the parks; None without parks.

    Parameters
    ----------
    workspace : Workspace
        Gives parks, districts, statistics, policy and day.
    land : pandas.DataFrame or None
        Rows of the layer ``parcels`` with ``is_supplied, in_production`` and their contracts' dates.
    output : OutputResult or None
        Investment, tax and output intensity of each park.
    """
    layers = workspace.layers
    if layers.parks is None:
        return None
    parcels = pd.DataFrame({"park_id": pd.Series(dtype="str")}) if land is None else _in_use(land, workspace)
    return evaluate_parks(layers.parks, parcels, layers.park_statistics,
                          None if output is None else output.parks, workspace.policy, workspace.as_of,
                          region_group=region_groups(layers.districts))


def _in_use(land: pd.DataFrame, workspace: Workspace) -> pd.DataFrame:
    """Add ``is_built`` (completed or in production) and ``is_active`` (also: works begun), three-valued."""
    made = booleans(land, "in_production")
    built = made | milestone_reached(land, "completion", workspace.as_of)
    foot = numbers(land, "building_footprint_m2")
    active = built | milestone_reached(land, "start", workspace.as_of)
    # Nothing stands on land of which it is known that nobody has begun to build.
    built = built.mask(built.isna() & (~active).fillna(False), False)
    built = built.mask(built.isna() & made.isna() & (foot == 0).fillna(False), False)
    return land.assign(is_built=built, is_active=active)


def region_groups(districts: pd.DataFrame | None) -> pd.Series | None:
    """Region group of each district code; None where no layer says it.

    Examples
    --------
    >>> region_groups(pd.DataFrame({"district_code": ["D"], "region_group": ["渝东北"]})).to_dict()
    {'D': '渝东北'}
    """
    if districts is None or "region_group" not in districts:
        return None
    return districts.drop_duplicates("district_code").set_index("district_code")["region_group"]


def region_group_table(
    districts: pd.DataFrame | None, measured: pd.DataFrame | None, parcels: pd.DataFrame | None,
    ledger: pd.DataFrame | None = None,
) -> pd.DataFrame | None:  # fmt: skip
    """One row per region group that districts name, with the columns of districts; None without any."""
    groups = region_groups(districts)
    if districts is None or groups is None or not groups.notna().any():
        return None
    members = districts.drop_duplicates("district_code")
    # One district of unknown area leaves the group's unknown.
    zones = pd.DataFrame({"area_m2": numbers(members, "area_m2"), "districts": 1}).groupby(
        members["region_group"]).agg({"districts": "sum", "area_m2": lambda area: area.sum(skipna=False)})
    if parcels is not None and "district_code" in parcels:
        parcels = pd.DataFrame(parcels).assign(region_group=texts(parcels, "district_code").map(groups))
    return zone_table(zones.reset_index(), measured, "region_group", parcels, ledger)


def with_evaluation(
    zones: pd.DataFrame | None, found: ParkResult | None, key: str
) -> pd.DataFrame | None:
    """Put the ratios on a table of parks, districts or region groups."""
    if zones is None or found is None:
        return zones
    measured = {"park_id": found.parks[_PARK_COLUMNS], "district_code": found.districts,
                "region_group": found.region_groups}[key]  # fmt: skip
    named = zones[key] if key == "park_id" else texts(zones, key)
    columns = measured.reindex(pd.Index(named)).set_axis(zones.index)
    return zones.assign(**{name: columns[name] for name in columns.columns})
