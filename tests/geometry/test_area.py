"""Ellipsoidal areas against geographiclib, in every kind of CRS, on synthetic and real polygons."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landtool.errors import CrsError
from landtool.geometry.area import ellipsoidal_area_m2

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "geometry.py"
_SPEC = importlib.util.spec_from_file_location("geometry_oracle", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

GK_EDGE = "EPSG:4544"  # central meridian 105°E; x = 650 km lies at the rim of the zone
ALBERS = "+proj=aea +lat_1=25 +lat_2=47 +lon_0=105 +ellps=GRS80"


def assert_true(frame, got=None):
    got = ellipsoidal_area_m2(frame) if got is None else got
    want = oracle.geodesic_area_m2(frame)
    off = np.abs(got.to_numpy() - want)
    assert ((off <= 1e-3) | (off <= 1e-7 * want)).all(), (off.max(), (off / want).max())


def at(shape, x=500_000.0, y=3_270_000.0, crs=GK_EDGE):
    return gpd.GeoSeries([shapely.transform(shape, lambda xy: xy + np.array([x, y]))], crs=crs)


@pytest.mark.parametrize("crs", ["EPSG:4544", "EPSG:4523", "EPSG:4490", "EPSG:3857", "EPSG:32648",
                                 "EPSG:2379", ALBERS])  # fmt: skip
def test_parcels_in_any_crs(crs):
    assert_true(oracle.jittered_blocks(64).to_crs(crs))


@pytest.mark.parametrize("size", [1.0, 10.0, 300.0, 1_000.0, 5_000.0, 40_000.0, 120_000.0])
@pytest.mark.parametrize("crs", ["EPSG:4544", "EPSG:4490"])
def test_long_edges_at_the_rim_of_the_zone(size, crs):
    triangle = shapely.Polygon([(0, 0), (size, 0.1 * size), (0.3 * size, 0.8 * size)])
    assert_true(at(triangle, x=650_000.0).to_crs(crs))


@pytest.mark.parametrize("length", [300.0, 3_000.0, 30_000.0])
def test_strip_with_one_side_densely_drawn(length):
    steps = np.linspace(length, 0, 60)
    strip = shapely.Polygon([(0, 0), (length, 0), *zip(steps, np.full(60, 20.0), strict=True)])
    assert_true(at(strip, x=640_000.0))
    assert_true(at(strip, x=640_000.0).to_crs(4490))


def test_hole_is_subtracted_whichever_way_its_ring_runs():
    shell = [(0, 0), (300, 0), (300, 300), (0, 300)]
    hole = [(100, 100), (200, 100), (200, 200), (100, 200)]
    pieces = [shapely.Polygon(s, [h]) for s in (shell, shell[::-1]) for h in (hole, hole[::-1])]
    for crs in ("EPSG:4544", "EPSG:4490"):
        frame = gpd.GeoSeries([at(piece).iloc[0] for piece in pieces], crs=GK_EDGE).to_crs(crs)
        areas = ellipsoidal_area_m2(frame)
        assert areas.to_numpy() == pytest.approx(areas.iloc[0], abs=1e-6)
        assert areas.iloc[0] == pytest.approx(80_000, rel=1e-4)
        assert_true(frame)


def test_parts_are_summed_and_height_is_left_out():
    one, two = shapely.box(0, 0, 50, 50), shapely.box(80, 0, 90, 50)
    parts = at(shapely.MultiPolygon([one, two]))
    alone = ellipsoidal_area_m2(at(one)).iloc[0] + ellipsoidal_area_m2(at(two)).iloc[0]
    assert ellipsoidal_area_m2(parts).iloc[0] == pytest.approx(alone, abs=1e-6)
    high = gpd.GeoSeries(shapely.force_3d(parts.array, 700.0), crs=GK_EDGE)
    assert ellipsoidal_area_m2(high).iloc[0] == pytest.approx(alone, abs=1e-6)


def test_unknown_is_null_and_never_zero():
    shapes = [None, shapely.Polygon(), shapely.Point(5e5, 3e6), shapely.LineString([(0, 0), (9, 9)]),
              shapely.Polygon([(5e5, 3e6), (np.nan, 3e6), (5e5, 3e6 + 9)]),
              shapely.Polygon([(5e5, 3e6), (5e5 + 9, 3e6), (5e5, 3e6 + 9)])]  # fmt: skip
    areas = ellipsoidal_area_m2(gpd.GeoSeries(shapes, crs=GK_EDGE))
    assert areas.isna().tolist() == [True, True, True, True, True, False]
    assert areas.iloc[5] == pytest.approx(40.5, rel=1e-4)


def test_empty_frame_and_index_and_name():
    empty = ellipsoidal_area_m2(gpd.GeoSeries([], crs=GK_EDGE))
    assert (len(empty), empty.name, empty.dtype) == (0, "area_m2", "float64")
    frame = gpd.GeoDataFrame(geometry=at(shapely.box(0, 0, 9, 9)).array, index=["K7"])
    assert ellipsoidal_area_m2(frame).index.tolist() == ["K7"]


def test_input_is_not_changed():
    frame = oracle.jittered_blocks(32)
    before = frame.copy()
    ellipsoidal_area_m2(frame)
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))


def test_one_far_outlier_does_not_spoil_the_rest():
    shapes = [*oracle.jittered_blocks(32).geometry, shapely.box(9e5, 9e5, 9.0002e5, 9.0001e5)]
    assert_true(gpd.GeoSeries(shapes, crs=GK_EDGE))


@pytest.mark.parametrize("crs", [None, "LOCAL_CS[\"site\",UNIT[\"metre\",1]]"])
def test_without_a_place_on_earth_it_is_refused(crs):
    with pytest.raises(CrsError):
        ellipsoidal_area_m2(gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=crs))


def test_crs_may_be_given():
    bare = gpd.GeoSeries([shapely.box(5e5, 3e6, 5e5 + 100, 3e6 + 100)])
    assert ellipsoidal_area_m2(bare, "EPSG:4544").iloc[0] == pytest.approx(10_000, abs=0.01)


def test_grads_and_other_meridians():
    paris = gpd.GeoSeries([shapely.box(2.3, 48.8, 2.31, 48.81)], crs="EPSG:4326").to_crs("EPSG:27572")
    assert ellipsoidal_area_m2(paris).iloc[0] == pytest.approx(
        ellipsoidal_area_m2(paris.to_crs(4326)).iloc[0], rel=3e-4)  # two ellipsoids


@pytest.mark.parametrize(("file", "unit"), [
    ("philadelphia/vacant_land.parquet", "feet"), ("zurich/built_parcels.parquet", "Swiss"),
    ("zurich/unbuilt_parcels.parquet", "Swiss"),
])  # fmt: skip
def test_real_parcels(shared_data, file, unit):
    frame = gpd.read_parquet(shared_data / file)[["geometry"]].iloc[:400]
    assert_true(frame[frame.geometry.notna() & frame.is_valid])


def test_real_totals(shared_data):
    vacant = gpd.read_parquet(shared_data / "philadelphia" / "vacant_land.parquet")
    industrial = vacant["zoning_base_district"].str.match(r"I-|ICMX|IRMX", na=False)
    assert ellipsoidal_area_m2(vacant[industrial]).sum() / 1e4 == pytest.approx(464.5, abs=0.1)
    assert ellipsoidal_area_m2(vacant).sum() / 1e4 == pytest.approx(1307.9, abs=0.2)
    built = gpd.read_parquet(shared_data / "zurich" / "built_parcels.parquet").drop_duplicates("egrid")
    assert ellipsoidal_area_m2(built).sum() / 1e6 == pytest.approx(10.84, abs=0.005)
    unbuilt = gpd.read_parquet(shared_data / "zurich" / "unbuilt_parcels.parquet")
    assert ellipsoidal_area_m2(unbuilt).sum() / 1e6 == pytest.approx(1.635, abs=0.001)


def test_real_districts_of_a_hundred_kilometres(shared_data):
    districts = gpd.read_file(shared_data / "chongqing" / "districts_cgcs2000.geojson")
    for crs in (4490, 4544, ALBERS):
        assert_true(districts.to_crs(crs))
