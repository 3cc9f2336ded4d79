"""Areas sketched on a map become proposals for the land that is to change."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import Polygon, box

from landtool.balance.proposed import proposals_of_sketch
from landtool.balance.rezoning import scenario_result
from landtool.codes import load_classification
from landtool.errors import InputDataError

SYSTEM = load_classification("tdlb-2019")
X, Y = 500_000.0, 3_270_000.0


def at(west: float, south: float, east: float, north: float) -> Polygon:
    return box(X + west, Y + south, X + east, Y + north)


@pytest.fixture
def land() -> gpd.GeoDataFrame:
    """Two factories with a field between them, and a row without a code and one without a place."""
    shapes = [at(0, 0, 100, 100), at(100, 0, 200, 100), at(200, 0, 300, 100), at(300, 0, 400, 100), None]
    return gpd.GeoDataFrame({"land_use_code": ["0601", "0103", "0601", None, "0601"]}, geometry=shapes, crs="EPSG:4544")


def sketch(shape: Polygon, from_class: str | None, to_code: str | None = "0701") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"proposal_id": ["1"], "from_class": [from_class], "to_code": [to_code]},
                            geometry=[shape], crs="EPSG:4544")


@pytest.mark.parametrize(("from_class", "area_m2"), [
    (None, 40_000.0), ("industrial", 20_000.0), ("other", 10_000.0),
])  # fmt: skip
def test_only_land_of_the_class_is_rezoned(land, from_class, area_m2):
    before = land.copy(deep=True)
    made = proposals_of_sketch(sketch(at(0, 0, 400, 100), from_class), land, SYSTEM)
    assert made.area.sum() == pytest.approx(area_m2)
    assert made[["proposal_id", "to_code", "stage"]].to_numpy().tolist() == [["1", "0701", "draft"]]
    assert land.geometry.equals(before.geometry)


def test_what_the_sketch_does_to_the_total_is_the_land_it_takes(land):
    made = proposals_of_sketch(sketch(at(50, 0, 150, 100), "industrial"), land, SYSTEM)
    found = scenario_result(land.dropna(), made, classification=SYSTEM)
    assert found.headroom["deficit_m2"].iloc[0] == pytest.approx(5_000.0, rel=1e-3)


def test_a_sketch_that_crosses_itself_and_is_in_degrees_is_taken(land):
    bow = Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    drawn = gpd.GeoDataFrame(sketch(bow, "industrial")).to_crs("EPSG:4326")
    made = proposals_of_sketch(drawn, land, SYSTEM)
    assert made.crs == land.crs
    assert made.area.sum() == pytest.approx(5_000.0, rel=1e-6)


@pytest.mark.parametrize(("drawn", "said"), [
    (sketch(at(110, 10, 190, 90), "industrial"), "holds no land of class industrial"),
    (sketch(at(900, 0, 950, 10), "other"), "holds no land"),
    (sketch(at(0, 0, 9, 9), None, " "), "no code of the new use"),
    (sketch(at(0, 0, 9, 9), None, None), "no code of the new use"),
    (sketch(at(0, 0, 9, 9), None).iloc[:0], "no code of the new use for any area"),
])  # fmt: skip
def test_what_cannot_be_rezoned_is_said(land, drawn, said):
    with pytest.raises(InputDataError, match=said):
        proposals_of_sketch(drawn, land, SYSTEM)
