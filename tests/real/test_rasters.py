"""Real rasters: CORINE classes on two grids that do not line up, night lights with NaN, climate zones in degrees."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from landtool.assessment import assess
from landtool.sources.zonal import zone_values
from landtool.workspace import open_workspace


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "rasters"


def frame_of(path) -> gpd.GeoSeries:
    with rasterio.open(path) as raster:
        return gpd.GeoSeries([shapely.box(*raster.bounds)], crs=raster.crs.to_wkt())


def class_3_ha(path, zones) -> float:
    found = zone_values(path, zones, values=[3])
    with rasterio.open(path) as raster:
        pixel_ha = abs(raster.transform.a * raster.transform.e) / 1e4
    return float((found["pixels"] * found["mean"]).sum() * pixel_ha)


@pytest.mark.parametrize(("file", "plane_hectares", "in_lausanne"), [
    ("ls100_06.tif", 634.1, 53.2), ("ls100_12.tif", 639.9, 56.1)])
def test_industrial_land_of_two_years_on_two_grids(folder, file, plane_hectares, in_lausanne):
    """Squares that fit neither grid: each pixel is divided among them, none lost, none counted twice.

    Hectares of the plane, as the pixels are: on the ellipsoid they are 634.03 and 639.87, which the balance tells
    (tests/balance/test_raster_balance.py).
    """
    west, south = np.meshgrid(np.arange(2_511_000, 2_560_000, 777), np.arange(1_145_000, 1_179_000, 777))
    squares = shapely.box(west.ravel(), south.ravel(), west.ravel() + 777, south.ravel() + 777)
    assert class_3_ha(folder / file, gpd.GeoSeries(squares, crs=2056)) == pytest.approx(plane_hectares, abs=0.05)
    commune = gpd.read_file(folder / "gmb-lausanne.gpkg")
    assert class_3_ha(folder / file, commune) == pytest.approx(in_lausanne, abs=0.05)


def test_night_lights_of_a_clipped_raster_leave_out_nan(folder):
    means = {}
    for file in ("viirs_dnb_pune_2025-12.tif", "viirs_dnb_pune_2025-12_clipped_nan.tif"):
        found = zone_values(folder / file, frame_of(folder / file)).iloc[0]
        means[file] = (round(found["mean"], 2), round(found["covered_share"], 2))
    assert list(means.values()) == [(2.25, 1.0), (4.69, 0.48)]


def test_climate_zones_in_degrees_give_the_shares_of_a_count(folder):
    path = folder / "lcz_zaragoza_epsg4326.tif"
    with rasterio.open(path) as raster:
        pixels = raster.read(1, masked=True)
    classes, counts = np.unique(pixels.compressed(), return_counts=True)
    most = int(classes[counts.argmax()])
    # The frame in metres comes back to the raster's degrees: edges bend by far less than a pixel.
    frame = frame_of(path)
    assert zone_values(path, frame, values=[most])["mean"].iloc[0] == pytest.approx(
        counts.max() / counts.sum(), abs=1e-6)
    metres = gpd.GeoSeries(shapely.segmentize(frame.array, 0.001), crs=frame.crs).to_crs(25830)
    assert zone_values(path, metres, values=[most])["mean"].iloc[0] == pytest.approx(
        counts.max() / counts.sum(), abs=1e-3)


def test_an_assessment_with_a_class_raster(build):
    workspace = open_workspace(build(
        ["rasters/gmb-lausanne.gpkg", "rasters/ls100_12.tif"],
        {"parcels": "{path: gmb-lausanne.gpkg}",
         "rasters": "[{path: ls100_12.tif, kind: land_cover, date: 2012-07-01, built_values: [3]}]"}))
    result = assess(workspace)
    assert len(result.evidence) == len(result.parcels)
    assert result.evidence["built_share"].between(0, 1).all()
    # Without a register there is nothing to contradict.
    assert result.parcels["evidence_conflict"].isna().all()
