"""Buildings on parcels: divided between parcels, overlaps once, doubts named."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landtool.errors import CrsError
from landtool.geometry.area import ellipsoidal_area_m2
from landtool.indicators.buildings import BUILT_COLUMNS, buildings_on_parcels
from landtool.indicators.control import control_figures

X, Y = 500_000.0, 3_270_000.0


def square(west, south, east, north):
    return shapely.box(X + west, Y + south, X + east, Y + north)


def frame(shapes, crs="EPSG:4545", **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def measure(parcels, buildings):
    return buildings_on_parcels(parcels, buildings, double_above_m=8.0, factor=2.0)


def test_a_building_on_two_parcels_is_divided_by_ground():
    parcels = frame([square(0, 0, 50, 100), square(50, 0, 100, 100)])
    found = measure(parcels, frame([square(20, 0, 60, 10)], floor_area_m2=[1000.0], height_m=[5.0]))
    assert found["floor_area_m2"].round(6).tolist() == pytest.approx([750.0, 250.0], rel=1e-6)
    assert found["building_count"].tolist() == [1, 1]


def test_parcels_without_polygon_or_building_are_null_not_zero():
    parcels = frame([None, shapely.Polygon(), square(0, 0, 10, 10), square(200, 0, 210, 10)])
    found = measure(parcels, frame([square(0, 0, 5, 5)], floors=[1], height_m=[4.0]))
    assert found["building_count"].isna().tolist() == [True, True, False, False]
    assert found["covered_m2"].isna().tolist() == [True, True, False, True]
    assert found.columns.tolist() == list(BUILT_COLUMNS)


def test_no_buildings_at_all():
    found = measure(frame([square(0, 0, 10, 10)]), frame([]))
    assert found["covered_m2"].isna().all()
    assert found["building_count"].tolist() == [0]


def test_a_shared_wall_is_no_building():
    found = measure(frame([square(0, 0, 10, 10)]), frame([square(10, 0, 20, 10)], floors=[1]))
    assert found["building_count"].tolist() == [0]


def test_three_overlapping_buildings_cover_their_union():
    shapes = [square(0, 0, 40, 40), square(20, 20, 60, 60), square(30, 0, 50, 50)]
    found = measure(frame([square(0, 0, 100, 100)]), frame(shapes, floors=[1, 1, 1], height_m=[3.0] * 3))
    union = ellipsoidal_area_m2(gpd.GeoSeries([shapely.union_all(shapes)], crs="EPSG:4545"))
    assert found["covered_m2"].iloc[0] == pytest.approx(union.iloc[0], rel=1e-9)
    # Storeys of a tower on a podium are both floor area.
    total = ellipsoidal_area_m2(gpd.GeoSeries(shapes, crs="EPSG:4545")).sum()
    assert found["floor_area_m2"].iloc[0] == pytest.approx(total, rel=1e-9)


def test_in_degrees_as_on_the_plane():
    parcels, halls = frame([square(0, 0, 100, 100)]), frame([square(0, 0, 30, 50)], floors=[2], height_m=[9.0])
    plane = measure(parcels, halls)
    degrees = measure(parcels.to_crs(4490), halls.to_crs(4490))
    assert degrees["covered_m2"].iloc[0] == pytest.approx(plane["covered_m2"].iloc[0], rel=1e-5)


def test_two_coordinate_systems_are_refused():
    with pytest.raises(CrsError, match="to_crs"):
        measure(frame([square(0, 0, 1, 1)]), frame([square(0, 0, 1, 1)], crs="EPSG:4544"))


def test_service_floors_are_known_only_where_marked():
    parcels = frame([square(0, 0, 50, 100), square(50, 0, 100, 100)], area_m2=[5000.0, 5000.0])
    halls = frame([square(0, 0, 40, 100), square(41, 0, 50, 100), square(50, 0, 90, 100)],
                  floors=[1, 1, 1], height_m=[5.0] * 3, kind=["building", "service", "building"])
    found = measure(parcels, halls)
    assert found["service_floor_area_m2"].isna().tolist() == [False, True]
    shares = control_figures(parcels, found)["service_land_share"]
    assert shares["value"].iloc[0] == pytest.approx(9 / 49, rel=1e-6)
    assert shares["missing"].tolist()[1] == "buildings.kind"


def test_register_counts_before_geometry_and_yards_unknown_leave_a_lower_bound():
    parcels = pd.DataFrame({"area_m2": [100.0] * 3, "building_footprint_m2": [30.0, 30.0, None],
                            "structure_and_yard_area_m2": [5.0, None, 5.0]})
    figure = control_figures(parcels, None)["building_coefficient"]
    assert figure["value"].tolist()[:2] == [0.35, 0.3]
    assert figure["high"].tolist()[:2] == [0.35, np.inf]
    assert figure["missing"].isna().tolist() == [True, False, False]
    assert figure["value"].isna().tolist() == [False, False, True]
