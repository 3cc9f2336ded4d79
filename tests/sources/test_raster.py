"""What is said of a raster before it is used."""

from __future__ import annotations

import math

import numpy as np
import pytest
import rasterio

from landtool.errors import InputDataError
from landtool.messages import has
from landtool.sources.raster import describe_raster

PLACE = rasterio.Affine(10, 0, 500_000, 0, -10, 3_280_000)


def _write(path, pixels, crs="EPSG:4545", transform=PLACE, **options):
    bands, rows, columns = pixels.shape
    with rasterio.open(path, "w", driver="GTiff", count=bands, height=rows, width=columns,
                       dtype=pixels.dtype, crs=crs, transform=transform, **options) as out:  # fmt: skip
        out.write(pixels)
    return path


def test_plain_raster(tmp_path):
    path = _write(tmp_path / "a.tif", np.ones((1, 3, 4), dtype="uint8"), nodata=255)
    info = describe_raster(path, "rasters/a.tif")
    assert (info.source, info.crs.to_epsg(), info.shape) == ("rasters/a.tif", 4545, (1, 3, 4))
    assert (info.nodata, info.dtype, info.resolution, info.notes) == (255, "uint8", (10, 10), ())
    assert info.bounds == (500_000, 3_279_970, 500_040, 3_280_000)


def test_nan_without_tag_degrees_bands_and_no_crs_are_noted(tmp_path):
    pixels = np.full((2, 3, 4), np.nan, dtype="float32")
    degrees = rasterio.Affine(0.001, 0, 106, 0, -0.001, 29)
    info = describe_raster(_write(tmp_path / "a.tif", pixels, "EPSG:4490", degrees))
    assert math.isnan(info.nodata)
    assert set(info.notes) == {"source.raster_nan_without_nodata", "source.raster_in_degrees",
                               "source.raster_several_bands"}  # fmt: skip
    bare = describe_raster(_write(tmp_path / "b.tif", pixels[:1], crs=None, nodata=np.nan))
    assert bare.notes == ("source.raster_without_crs",)
    assert all(has(note) for note in (*info.notes, *bare.notes))
    assert "a.tif" in info.say_notes("zh")[0]


def test_what_is_no_raster(tmp_path):
    text = tmp_path / "a.tif"
    text.write_text("not a raster")
    with pytest.raises(InputDataError, match="raster cannot be read"):
        describe_raster(text)
    with pytest.raises(InputDataError, match="not found"):
        describe_raster(tmp_path / "none.tif")
    (tmp_path / "empty.tif").touch()
    with pytest.raises(InputDataError, match="empty"):
        describe_raster(tmp_path / "empty.tif")


def test_cut_off_raster(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (1, 300, 300), dtype="uint8")
    path = _write(tmp_path / "a.tif", noise)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(InputDataError, match="raster cannot be read"):
        describe_raster(path)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_raster_without_place(tmp_path):
    path = _write(tmp_path / "a.tif", np.ones((1, 3, 4), dtype="uint8"), None, rasterio.Affine.identity())
    with pytest.raises(InputDataError, match="no place on the ground"):
        describe_raster(path)


def test_real_rasters(shared_data):
    corine = describe_raster(shared_data / "rasters/ls100_06.tif")
    assert (corine.nodata, corine.crs.to_epsg()) == (255, 2056)
    clipped = describe_raster(shared_data / "rasters/viirs_dnb_pune_2025-12_clipped_nan.tif")
    assert "source.raster_nan_without_nodata" in clipped.notes
    assert "source.raster_in_degrees" in describe_raster(
        shared_data / "rasters/lcz_zaragoza_epsg4326.tif").notes
