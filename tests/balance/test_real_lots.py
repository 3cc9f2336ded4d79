"""Real tax lots at three dates: right areas, and causes that account for all of the change."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest

from landtool.balance import land_balance
from landtool.codes import Classification, load_classification
from landtool.geometry.overlaps import union_area_m2

YEARS = {2002: ("landUse2", 65, 16_671), 2010: ("LandUse", 43, 10_447), 2018: ("LandUse", 22, 5_995)}


@pytest.fixture(scope="module")
def lots_use(tmp_path_factory: pytest.TempPathFactory) -> Classification:
    path = tmp_path_factory.mktemp("codes") / "lots.yml"
    path.write_text('name: lots\nindustrial: ["06"]\nother: ["*"]\n', encoding="utf-8")
    return load_classification(path)


def lots(shared_data: Path, year: int, crs: str) -> gpd.GeoDataFrame:
    read = gpd.read_file(shared_data / "lower_manhattan" / f"lm{year}.geojson")
    return read.rename(columns={YEARS[year][0]: "land_use_code"}).to_crs(crs)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2263"])
@pytest.mark.parametrize(("first", "second"), [(2002, 2010), (2010, 2018)])
def test_lots(
    shared_data: Path, lots_use: Classification, first: int, second: int, crs: str
) -> None:  # fmt: skip
    before, after = lots(shared_data, first, crs), lots(shared_data, second, crs)
    assert (before["land_use_code"] == "06").sum() == YEARS[first][1]
    made = land_balance(before, after, classification=lots_use, from_name=str(first), to_name=str(second))
    row = made.ledger.iloc[0]
    assert row["opening_m2"] == pytest.approx(YEARS[first][2], abs=1)
    assert row["closing_m2"] == pytest.approx(YEARS[second][2], abs=1)
    assert abs(row["residual_m2"]) < 1e-3
    assert made.verdict == "shrinks"
    assert "code_blank" in set(made.problems["kind"])
    changed = made.changes.assign(
        signed=made.changes["area_m2"] * ((made.changes["to_class"] == "industrial").astype(int)
                                          - (made.changes["from_class"] == "industrial")))  # fmt: skip
    assert changed["signed"].sum() == pytest.approx(row["closing_m2"] - row["opening_m2"], abs=0.01)


def test_self_overlapping_zones_open_as_their_union(shared_data: Path, lots_use: Classification) -> None:
    zones = gpd.read_file(shared_data / "osm_industrial" / "industrial_zones.geojson").to_crs(32635)
    zones = zones[zones.geom_type.isin(["Polygon", "MultiPolygon"])].assign(land_use_code="06")
    row = land_balance(zones, zones.iloc[::-1], classification=lots_use).ledger.iloc[0]
    assert row["opening_m2"] == pytest.approx(union_area_m2(zones), rel=1e-6)
    assert row["closing_m2"] == pytest.approx(row["opening_m2"], rel=1e-9)
    assert row["net_change_m2"] == 0
