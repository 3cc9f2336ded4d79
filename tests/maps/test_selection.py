"""Filters, search, areas and their figures."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landtool.errors import CrsError, InputDataError
from landtool.maps.selection import (
    Choice,
    area_of_ring,
    chosen,
    figures_by_status,
    find_parcels,
    industries_of,
    output_figures,
    rows_inside,
)


@pytest.fixture
def land():
    boxes = [shapely.box(x, 0, x + 100, 100) for x in (400_000, 400_100, 400_200, 400_300)]
    return gpd.GeoDataFrame({
        "parcel_id": ["A1", "A2", "B1", "B2"], "holder": ["East Co", None, "West & A1 Co", "x"],
        "park_name": ["North", "North", "South", "A1 park"], "park_id": ["N", "N", "S", None],
        "district_code": ["1", "1", "2", "2"], "idle_status": ["idle_1y", "not_idle", "idle_1y", None],
        "contract_id": ["c1", "c2", "c3", None], "area_m2": [10_000.0, 10_000.0, 2_000.0, None],
        "signed_date": pd.to_datetime(["2015-01-01", "2020-12-31", None, "2021-01-01"]),
        "area_used_m2": [10_000.0, 10_000.0, 2_000.0, np.nan], "output_cny": [5e6, np.nan, 4e6, 1e6],
        "in_denominator": pd.array([True, True, True, True], dtype="boolean"),
        "geometry": boxes}, crs="EPSG:4545").assign(
            geometry=lambda f: f.geometry.translate(0, 3_270_000))  # fmt: skip


INDUSTRIES = pd.Series(["36", "39", None, "36"])


@pytest.mark.parametrize(("choice", "rows"), [
    (Choice(), [0, 1, 2, 3]), (Choice(parks=("N",)), [0, 1]), (Choice(districts=("2",)), [2, 3]),
    (Choice(statuses=("idle_1y",), parks=("S",)), [2]), (Choice(divisions=("36",)), [0, 3]),
    (Choice(least_mu=10.0), [0, 1]), (Choice(most_mu=10.0), [2]), (Choice(first_year=2020), [1, 3]),
    (Choice(first_year=2015, last_year=2020), [0, 1]),
])  # fmt: skip
def test_filters(land, choice, rows):
    assert np.flatnonzero(chosen(land, INDUSTRIES, choice)).tolist() == rows
    assert choice.is_empty == (rows == [0, 1, 2, 3])


def test_search_puts_the_number_itself_first(land):
    assert find_parcels(land, " a1 ").tolist() == [0, 2, 3]
    assert find_parcels(land, "north").tolist() == [0, 1]
    assert find_parcels(land, "c3").tolist() == [2]
    assert find_parcels(land, ".*").tolist() == []
    assert find_parcels(land, "  ").tolist() == []
    assert len(find_parcels(land, "a", most=2)) == 2
    few = land.assign(holder=pd.Categorical(land["holder"]))
    for words in ("a1", "north", "NORTH", "nobody"):
        assert find_parcels(few, words).tolist() == find_parcels(land, words).tolist()


def test_industries_are_divisions(land):
    found = industries_of(land.assign(industry_code=["3611", None, "C39", "?"]))
    assert found.fillna("").tolist() == ["36", "", "39", ""]
    assert industries_of(land).isna().all()


def test_a_parcel_counts_where_half_of_it_lies_inside(land):
    area = shapely.box(400_000, 3_269_000, 400_151, 3_280_000)
    assert rows_inside(land, area).tolist() == [0, 1]
    assert rows_inside(land, shapely.box(400_000, 3_269_000, 400_149, 3_280_000)).tolist() == [0]
    with pytest.raises(CrsError):
        rows_inside(land.to_crs("EPSG:4490"), area)


def test_a_ring_drawn_on_the_map_finds_its_parcels(land):
    degrees = gpd.GeoSeries([shapely.box(400_090, 3_269_990, 400_210, 3_270_110)], crs="EPSG:4545").to_crs(4326)
    ring = [[lat, lon] for lon, lat in shapely.get_coordinates(degrees.iloc[0])[:-1]]
    assert rows_inside(land, area_of_ring(ring, land.crs)).tolist() == [1]


@pytest.mark.parametrize("ring", [
    [], [[29.0, 106.0]], [[29.0, 106.0]] * 4, [[29.0, 106.0], [29.1, 106.0], [29.2, 106.0]],
    [[290.0, 106.0], [29.1, 106.1], [29.2, 106.0]], "text", [[None, 1], [2, 3], [3, 4]],
    [[float("nan"), 1.0], [2.0, 3.0], [3.0, 4.0]],
])  # fmt: skip
def test_a_ring_that_encloses_nothing_is_refused(land, ring):
    with pytest.raises(InputDataError):
        area_of_ring(ring, land.crs)


def test_figures_by_status_account_for_every_parcel(land):
    table = figures_by_status(land)
    assert table["parcels"].sum() == len(land)
    idle = table[table["idle_status"] == "idle_1y"].iloc[0]
    assert (idle["parcels"], idle["area_m2"]) == (2, 12_000.0)


def test_output_is_a_ratio_of_sums_and_null_below_the_coverage(land):
    known = output_figures(land, 0.5)
    assert known["output_intensity_cny_m2"] == pytest.approx(9e6 / 12_000)
    assert known["coverage_pct"] == pytest.approx(12 / 22 * 100)
    assert output_figures(land, 0.8)["output_intensity_cny_m2"] is None
    assert output_figures(land.iloc[:0], 0.8)["output_cny"] is None
