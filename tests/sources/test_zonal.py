"""Zonal means: against pixel by pixel, in any CRS, with every way of saying "no data"."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyproj import CRS

from landtool.errors import CrsError, InputDataError
from landtool.sources import zonal
from landtool.sources.zonal import zone_values


@pytest.fixture(autouse=True, params=["exactextract", "compiled"])
def way(request, monkeypatch):
    """Every test for few zones and for many."""
    monkeypatch.setattr(zonal, "_WORTH_COMPILING", 0 if request.param == "compiled" else 10**9)
    return request.param


X, Y, SIZE = 500_000.0, 3_270_000.0, 10.0
PLANE = "EPSG:4545"


def write(folder: Path, pixels, *, crs=PLANE, place=None, nodata=None, scale=None, name="image.tif") -> Path:
    pixels = np.asarray(pixels)
    place = place or rasterio.Affine(SIZE, 0, X, 0, -SIZE, Y + SIZE * len(pixels))
    with rasterio.open(folder / name, "w", driver="GTiff", width=pixels.shape[1], height=len(pixels), count=1,
                       dtype=pixels.dtype, crs=crs, transform=place, nodata=nodata) as out:
        out.write(pixels[None])
        if scale is not None:
            out.scales = (scale,)
    return folder / name


def zones(*shapes, crs=PLANE):
    return gpd.GeoSeries(list(shapes), crs=crs)


def box(west, south, east, north):
    return shapely.box(X + west, Y + south, X + east, Y + north)


def by_hand(pixels, shape, nodata=None):
    """Sum of the parts inside, and mean: one pixel after another."""
    weight = total = 0.0
    for row, line in enumerate(pixels):
        for column, value in enumerate(line):
            if np.isnan(value) or value == nodata:
                continue
            top = len(pixels) - row
            cell = box(column * SIZE, (top - 1) * SIZE, (column + 1) * SIZE, top * SIZE)
            part = shapely.area(shapely.intersection(cell, shape)) / SIZE**2
            weight, total = weight + part, total + part * value
    return weight, total / weight if weight else None


POINT = st.tuples(st.floats(-20, 70), st.floats(-20, 60))
HULL = st.lists(POINT, min_size=3, max_size=7).map(
    lambda points: shapely.convex_hull(shapely.MultiPoint([(X + x, Y + y) for x, y in points])))
GRID = st.lists(st.lists(st.sampled_from([0.0, 1.0, 0.25, np.nan, -9999.0]), min_size=5, max_size=5),
                min_size=4, max_size=4)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(GRID, HULL.filter(lambda shape: shape.geom_type == "Polygon" and shape.area > 1))
def test_the_same_as_pixel_by_pixel(tmp_path_factory, grid, shape):
    path = write(tmp_path_factory.mktemp("grid"), np.array(grid), nodata=-9999.0)
    found = zone_values(path, zones(shape)).iloc[0]
    pixels, mean = by_hand(grid, shape, -9999.0)
    assert found["pixels"] == pytest.approx(pixels, abs=1e-5)
    if pixels > 1e-3:
        assert found["mean"] == pytest.approx(mean, abs=1e-4)


# Corners on the grid, between its lines, and on one line of it.
CORNER = st.tuples(st.sampled_from([-15.0, 0.0, 10.0, 13.7, 20.0, 25.0, 40.0, 55.0]),
                   st.sampled_from([-5.0, 0.0, 10.0, 11.1, 20.0, 32.0, 40.0, 47.0]))  # fmt: skip
PART = st.lists(CORNER, min_size=3, max_size=6, unique=True).map(
    lambda points: shapely.buffer(shapely.Polygon([(X + x, Y + y) for x, y in points]), 0))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(GRID, st.lists(PART, min_size=1, max_size=3), PART, st.booleans())
def test_holes_parts_and_corners_on_the_grid(tmp_path_factory, grid, parts, hole, turned):
    shape = shapely.difference(shapely.union_all(parts), hole)
    assume(shape.geom_type in ("Polygon", "MultiPolygon") and shape.area > 1)
    shape = shapely.reverse(shape) if turned else shape
    path = write(tmp_path_factory.mktemp("grid"), np.array(grid), nodata=-9999.0)
    found = zone_values(path, zones(shape, box(0, 0, 10, 10))).iloc[0]
    pixels, mean = by_hand(grid, shape, -9999.0)
    assert found["pixels"] == pytest.approx(pixels, abs=1e-5)
    if pixels > 1e-3:
        assert found["mean"] == pytest.approx(mean, abs=1e-4)


def test_many_zones_of_a_raster_in_strips_as_each_alone(tmp_path, monkeypatch, way):
    rng = np.random.default_rng(0)
    path = write(tmp_path, rng.integers(0, 5, (90, 70)).astype("uint8"), nodata=0)
    corner = rng.uniform([-50, -50], [700, 900], (300, 2))
    shapes = shapely.buffer(shapely.points(corner + [X, Y]), rng.uniform(1, 60, 300))
    alone = zone_values(path, zones(*shapes), values=[3])
    monkeypatch.setattr(zonal, "_STRIP", 500)  # pixels: a few rows
    pd.testing.assert_frame_equal(zone_values(path, zones(*shapes), values=[3]), alone, rtol=1e-9)
    if way == "compiled":
        monkeypatch.setattr(zonal, "_WORTH_COMPILING", 10**9)
        pd.testing.assert_frame_equal(zone_values(path, zones(*shapes), values=[3]), alone, atol=1e-5)


def test_classes_become_a_share_and_nodata_is_no_class(tmp_path):
    path = write(tmp_path, np.array([[3, 7], [255, 3]], dtype="uint8"), nodata=255)
    found = zone_values(path, zones(box(0, 0, 20, 20), box(0, 0, 10, 10)), values=[3, 4])
    assert found["mean"].tolist()[0] == pytest.approx(2 / 3)
    assert found["pixels"].tolist() == [3.0, 0.0]
    assert found["covered_share"].tolist() == [0.75, 0.0]
    assert np.isnan(found["mean"].iloc[1])


def test_nan_without_a_tag_is_no_data(tmp_path):
    path = write(tmp_path, np.array([[np.nan, 2.0], [4.0, np.nan]], dtype="float32"))
    found = zone_values(path, zones(box(0, 0, 20, 20))).iloc[0]
    assert (found["pixels"], found["mean"]) == (2.0, 3.0)


def test_scale_of_the_band_is_applied(tmp_path):
    path = write(tmp_path, np.array([[4000, 2000]], dtype="int16"), scale=0.0001)
    assert zone_values(path, zones(box(0, 0, 20, 10)))["mean"].iloc[0] == pytest.approx(0.3)


def test_a_parcel_partly_outside_and_one_wholly(tmp_path):
    path = write(tmp_path, np.ones((2, 2), dtype="uint8"))
    found = zone_values(path, zones(box(10, 0, 50, 20), box(100, 100, 120, 120), None, shapely.Polygon()))
    assert found["pixels"].tolist()[:2] == [2.0, 0.0]
    assert found["covered_share"].tolist()[:2] == [0.25, 0.0]
    assert found.iloc[2:].isna().all().all()


@pytest.mark.parametrize("at", [(20, 0, 30, 20), (-10, 0, 0, 20), (0, 20, 20, 30), (0, -10, 20, 0), (20, 20, 30, 30)])
def test_a_parcel_that_only_touches_the_raster(tmp_path, at):
    path = write(tmp_path, np.ones((2, 2), dtype="uint8"))
    found = zone_values(path, zones(box(*at))).iloc[0]
    assert (found["pixels"], found["covered_share"]) == (0.0, 0.0)
    assert np.isnan(found["mean"])


def test_a_raster_in_degrees_measures_parcels_of_the_plane(tmp_path):
    corner = gpd.GeoSeries.from_xy([X], [Y], crs=PLANE).to_crs(4490).iloc[0]
    place = rasterio.Affine(0.0001, 0, corner.x - 0.0007, 0, -0.0001, corner.y + 0.0033)
    pixels = np.zeros((40, 40), dtype="uint8")
    pixels[:, 20:] = 1
    path = write(tmp_path, pixels, crs="EPSG:4490", place=place)
    parcels = zones(box(0, 0, 150, 150))
    found = zone_values(path, parcels).iloc[0]
    own = parcels.to_crs(4490).iloc[0]
    east = shapely.box(place.c + 0.002, -90, 180, 90)
    assert found["mean"] == pytest.approx(own.intersection(east).area / own.area, abs=1e-6)
    assert found["covered_share"] == pytest.approx(1.0)


def test_two_grids_that_do_not_line_up_agree_on_a_flat_field(tmp_path):
    shape = zones(box(3, 4, 31, 29))
    for number, shift in enumerate((0.0, 3.7)):
        place = rasterio.Affine(7, 0, X - shift - 10, 0, -7, Y + shift + 60)
        path = write(tmp_path, np.full((12, 12), 0.4), place=place, name=f"{number}.tif")
        assert zone_values(path, shape)["mean"].iloc[0] == pytest.approx(0.4)


def test_what_has_no_place_is_refused(tmp_path):
    blank = write(tmp_path, np.ones((2, 2), dtype="uint8"), crs=None)
    with pytest.raises(CrsError, match="crs: EPSG"):
        zone_values(blank, zones(box(0, 0, 20, 20)))
    told = zone_values(blank, zones(box(0, 0, 20, 20)), crs=CRS.from_user_input(PLANE))
    assert told["pixels"].tolist() == [4.0]
    with pytest.raises(CrsError):
        zone_values(blank, zones(box(0, 0, 20, 20), crs=None))
    for place in (rasterio.Affine(10, 3, X, 3, -10, Y + 20), rasterio.Affine(0, 10, X, -10, 0, Y + 20)):
        turned = write(tmp_path, np.ones((2, 2), dtype="uint8"), name="turned.tif", place=place)
        with pytest.raises(InputDataError, match="rotated"):
            zone_values(turned, zones(box(0, 0, 20, 20)))
    (tmp_path / "cut.tif").write_bytes(blank.read_bytes()[:60])
    with pytest.raises(InputDataError):
        zone_values(tmp_path / "cut.tif", zones(box(0, 0, 20, 20)))
