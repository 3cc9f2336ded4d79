"""Rasters are balanced on the lines of both grids, or refused."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine, from_origin
from shapely.geometry import box

from landtool.balance.raster_balance import raster_balance
from landtool.errors import CrsError, InputDataError
from landtool.geometry.area import ellipsoidal_area_m2


def write(path: Path, rows: list[list[int]], west: float = 5e5, cell: float = 10.0, crs: str | None = "EPSG:4544",
          place: Affine | None = None) -> Path:  # fmt: skip
    values = np.array(rows, dtype="uint8")
    with rasterio.open(path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1,
                       dtype="uint8", crs=crs, nodata=255,
                       transform=place or from_origin(west, 3.27e6, cell, cell)) as raster:  # fmt: skip
        raster.write(values, 1)
    return path


def test_aligned_grids_are_counted_by_cell(tmp_path):
    one = write(tmp_path / "a.tif", [[3, 3, 1], [1, 1, 255]])
    two = write(tmp_path / "b.tif", [[3, 1, 3], [1, 3, 3]])
    made = raster_balance(one, two, industrial_values=[3])
    assert (made.opening_m2, made.gained_m2, made.lost_m2, made.coverage_change_m2,
            made.closing_m2) == pytest.approx((200.0, 200.0, 100.0, 100.0, 400.0), rel=1e-6)
    assert made.is_aligned
    assert (made.bound_m2, made.verdict) == (0.0, "holds")
    assert raster_balance(two, one, industrial_values=[3]).verdict == "shrinks"
    assert made.residual_m2 == pytest.approx(0.0, abs=1e-6)


def test_grids_that_are_not_aligned_are_cut_not_resampled(tmp_path):
    one = write(tmp_path / "a.tif", [[3, 1]])
    two = write(tmp_path / "b.tif", [[3, 1]], west=5e5 - 4.0)
    made = raster_balance(one, two, industrial_values=[3])
    assert not made.is_aligned
    assert made.lost_m2 == pytest.approx(40.0)
    assert made.coverage_change_m2 == pytest.approx(40.0)
    assert made.residual_m2 == pytest.approx(0.0, abs=1e-6)
    assert made.verdict == "within_tolerance"


def test_areas_are_those_of_the_ellipsoid_even_far_from_the_meridian(tmp_path):
    """At 200 km from the central meridian the plane shows a tenth of a per cent too much."""
    one = write(tmp_path / "a.tif", [[3, 1, 3], [1, 3, 3]], west=7e5, cell=500.0)
    two = write(tmp_path / "b.tif", [[3, 3, 3], [1, 3, 1]], west=7e5 - 120.0, cell=500.0)
    made = raster_balance(one, two, industrial_values=[3])
    squares = [box(7e5 + 500 * x, 3.27e6 - 500 * (y + 1), 7e5 + 500 * (x + 1), 3.27e6 - 500 * y)
               for x, y in ((0, 0), (2, 0), (1, 1), (2, 1))]  # fmt: skip
    truth = ellipsoidal_area_m2(gpd.GeoSeries(squares, crs="EPSG:4544")).sum()
    assert made.opening_m2 == pytest.approx(truth, rel=1e-7)
    assert made.opening_m2 < 1e6 * 0.9992
    assert made.residual_m2 == pytest.approx(0.0, abs=0.01)


def test_what_cannot_be_compared_is_refused(tmp_path):
    one = write(tmp_path / "a.tif", [[3, 1]])
    with pytest.raises(CrsError):
        raster_balance(one, write(tmp_path / "b.tif", [[3, 1]], crs="EPSG:4545"), industrial_values=[3])
    with pytest.raises(CrsError):
        raster_balance(one, write(tmp_path / "c.tif", [[3, 1]], crs=None), industrial_values=[3])
    with pytest.raises(InputDataError, match="no known ground"):
        raster_balance(one, write(tmp_path / "d.tif", [[3, 1]], west=6e5), industrial_values=[3])
    with pytest.raises(InputDataError, match="no industrial class"):
        raster_balance(one, one, industrial_values=[])
    turned = write(tmp_path / "e.tif", [[3, 1]], place=Affine(10, 2, 5e5, 2, -10, 3.27e6))
    with pytest.raises(InputDataError, match="rotated"):
        raster_balance(one, turned, industrial_values=[3])


def _plane_ha(path: Path) -> float:
    """Cells of class 3 by their size on the plane."""
    with rasterio.open(path) as raster:
        return float((raster.read(1) == 3).sum() * abs(raster.transform.a * raster.transform.e) / 1e4)


def test_corine_of_vaud_on_two_grids(shared_data):
    folder = shared_data / "rasters"
    made = raster_balance(folder / "ls100_06.tif", folder / "ls100_12.tif", industrial_values=[3])
    # On the plane 634.1 and 639.9 ha (tests/real/test_rasters.py): there a hectare is shown larger by a ten-thousandth.
    assert made.opening_m2 / 1e4 == pytest.approx(634.03, abs=0.005)
    assert made.closing_m2 / 1e4 == pytest.approx(639.87, abs=0.005)
    plane = [_plane_ha(folder / name) for name in ("ls100_06.tif", "ls100_12.tif")]
    assert plane == pytest.approx([634.1, 639.9], abs=0.05)
    for shown, real in zip(plane, (made.opening_m2, made.closing_m2), strict=True):
        assert 1.00005 < shown / (real / 1e4) < 1.0002
    assert not made.is_aligned
    assert made.bound_m2 > 10 * abs(made.gained_m2 - made.lost_m2)
    assert made.residual_m2 == pytest.approx(0.0, abs=1e-3)
