"""A series of snapshots: every step closes, and the trend is their sum."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import box

from landtool.balance import land_series
from landtool.errors import InputDataError

EAST, NORTH = 500_000.0, 3_270_000.0


def land(width: float, code: str = "0601", homes: str = "0701") -> gpd.GeoDataFrame:
    shapes = [box(EAST, NORTH, EAST + width, NORTH + 100), box(EAST + width, NORTH, EAST + 300, NORTH + 100)]
    return gpd.GeoDataFrame({"land_use_code": [code, homes]}, geometry=shapes, crs="EPSG:4544")


def test_trend_by_region_over_two_systems() -> None:
    halves = gpd.GeoDataFrame({"district_code": ["W", "E"]}, crs="EPSG:4544", geometry=[
        box(EAST, NORTH, EAST + 160, NORTH + 100), box(EAST + 160, NORTH, EAST + 300, NORTH + 100)])  # fmt: skip
    made = land_series(
        {"2015": land(200), "2020": land(150), "2025": land(180, "100102", "070101")},
        classification={"2015": "tdlb-2019", "2020": "tdlb-2019", "2025": "yhfl-2023"}, by=halves)  # fmt: skip
    trend = made.trend.set_index(["region_kind", "region_id", "snapshot"])
    east = trend.loc[("district", "E")]
    assert east["industrial_m2"].round(0).tolist() == [4000, 0, 2000]
    assert east["cumulative_net_change_m2"].round(0).tolist() == [0, -4000, -2000]
    assert [one.verdict for one in made.balances] == ["shrinks", "holds"]
    whole = made.trend[made.trend["region_kind"] == "whole"]
    moved = whole["industrial_m2"].iloc[-1] - whole["industrial_m2"].iloc[0]
    assert whole["cumulative_net_change_m2"].iloc[-1] == pytest.approx(moved, abs=1e-3)


def test_too_few_snapshots_and_classifications() -> None:
    with pytest.raises(InputDataError, match="give two or more"):
        land_series({"2020": land(200)}, classification="tdlb-2019")
    with pytest.raises(InputDataError, match="no classification for snapshot '2025'"):
        land_series({"2020": land(200), "2025": land(200)}, classification={"2020": "tdlb-2019"})
