"""The 35 provincial parks of the 2018 catalogue, and the 38 districts in two coordinate systems."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from landtool.geometry.assign import disagreement, zone_of_points
from landtool.intake import read_sources
from landtool.schema import LAYERS
from landtool.workspace import Workspace, open_workspace

FILES = ["chongqing/*", "land_market/landchina_2007/2007年02月-工业用地.xls"]
SHEET = "{path: 2007年02月-工业用地.xls}"
TRUE = "{path: districts_cgcs2000.geojson}"


@pytest.fixture(scope="module")
def catalogue(build) -> Workspace:
    """The parks as the catalogue gives them: a table with a point each, no boundary."""
    return open_workspace(build(FILES, {
        "districts": TRUE, "parks": "{path: industrial_parks_2018.csv}", "contracts": SHEET,
    }, policy="chongqing-2021"))  # fmt: skip


@pytest.fixture(scope="module")
def shifted(build) -> Workspace:
    """The same districts in GCJ-02, given as if they were WGS 84."""
    return open_workspace(build(FILES, {
        "districts": TRUE, "parks": "{path: districts_gcj02.json, columns: {park_id: adcode}}",
        "contracts": SHEET,
    }, policy="chongqing-2021"))  # fmt: skip


def test_parks_without_boundaries_are_accepted(catalogue):
    parks = catalogue.layers.parks
    assert not isinstance(parks, gpd.GeoDataFrame)
    assert len(parks) == 35
    assert parks["approved_area_m2"].sum() / 1e4 == pytest.approx(29_860.12, abs=0.01)
    assert parks["level"].eq("municipal").all()


def test_districts(catalogue):
    districts = catalogue.layers.districts
    assert len(districts) == 38
    area = districts["area_m2"].sum() / 1e6
    assert area == pytest.approx(districts.to_crs(6933).area.sum() / 1e6, rel=1e-5)
    assert area == pytest.approx(82_424, abs=1)


def test_the_one_misplaced_park_is_found(catalogue):
    spec = catalogue.catalogue.layers["parks"]
    table = read_sources(catalogue.folder, "parks", LAYERS["parks"], spec)[0].frame
    points = gpd.GeoDataFrame(
        table, geometry=gpd.points_from_xy(table["经度_WGS84"].astype("float64"),
                                           table["纬度_WGS84"].astype("float64")), crs=4326)
    districts = catalogue.layers.districts
    placed = zone_of_points(points.to_crs(districts.crs), districts, "district_name")
    assert placed.notna().all()
    # 区县 holds the first word of a park's name: a district for some, a town for others.
    stems = districts["district_name"].str[:2]
    by_stem = pd.Series(districts["district_name"].to_numpy(), index=stems)[~stems.duplicated(keep=False).to_numpy()]
    stated = table["区县"].str[:2].map(by_stem).astype("str")
    assert stated.notna().sum() == 24
    wrong = disagreement(stated, placed)
    assert table.loc[wrong.index, "开发区名称"].tolist() == ["重庆九龙工业园区"]
    assert wrong.iloc[0].tolist() == ["九龙坡区", "奉节县"]


def test_gcj02_is_suspected_and_nothing_is_moved(shifted):
    found = shifted.problems[shifted.problems["kind"] == "gcj02_suspected"]
    assert found["layer"].tolist() == ["parks"]
    east, north = (int(part.split()[0]) for part in found["detail"].iloc[0].split(","))
    assert east == pytest.approx(416, abs=20)
    assert north == pytest.approx(-314, abs=20)
    assert shifted.reports["parks"].sources[0].crs.startswith("WGS 84")
    assert shifted.problems["kind"].eq("geometry_repaired").sum() == 6
    # Shifted by half a kilometre, a district reaches into its neighbours, but not by the split share.
    assert len(shifted.layers.parks) == 38


def test_true_coordinates_are_not_suspected(catalogue):
    assert not catalogue.problems["kind"].eq("gcj02_suspected").any()
