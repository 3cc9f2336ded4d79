"""What a raster is, before anything is measured on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.errors
from pyproj import CRS

from landtool import messages
from landtool.errors import InputDataError
from landtool.sources.gdal import first_line, listening
from landtool.sources.paths import require_file
from landtool.sources.vector_bulk import as_crs

#: Pixels looked at, at most, when searching for NaN in a raster without a nodata tag.
LOOKED_AT = 2_000_000


@dataclass(frozen=True)
class RasterInfo:
    """A raster as its file describes it; date and kind stand in the catalogue.

    Attributes
    ----------
    source : str
        Name in reports.
    crs : pyproj.CRS or None
        As the file states it.
    shape : tuple of int
        Bands, rows, columns.
    nodata : float or None
        The value that means "nothing known here"; NaN where NaN pixels were found without a tag.
    dtype : str
        Type of the pixels.
    bounds : tuple of float
        West, south, east, north, in units of the CRS.
    resolution : tuple of float
        Pixel width and height, in units of the CRS.
    notes : tuple of str
        Keys of messages: ``source.raster_nan_without_nodata``, ``source.raster_in_degrees``,
        ``source.raster_without_crs``, ``source.raster_rotated``, ``source.raster_several_bands``.
    """

    source: str
    crs: CRS | None
    shape: tuple[int, int, int]
    nodata: float | None
    dtype: str
    bounds: tuple[float, float, float, float]
    resolution: tuple[float, float]
    notes: tuple[str, ...]

    def say_notes(self, language: str) -> list[str]:
        """The notes as sentences."""
        return [messages.say(key, language, source=self.source) for key in self.notes]


def describe_raster(path: Path, source: str | None = None) -> RasterInfo:
    """Read the header of a raster, and look for NaN where no nodata value is tagged.

    Parameters
    ----------
    path : Path
        Any raster GDAL reads.
    source : str, optional
        Name in reports; the file name otherwise.

    Raises
    ------
    InputDataError
        If the file is missing, empty, cut off or no raster, or has no place on the ground.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "lit.tif"
    >>> with rasterio.open(path, "w", driver="GTiff", width=2, height=2, count=1, dtype="float32",
    ...                    crs="EPSG:4545", transform=rasterio.Affine(10, 0, 500000, 0, -10, 3e6)) as out:
    ...     out.write(np.array([[[1, np.nan], [2, 3]]], dtype="float32"))
    >>> describe_raster(path).notes
    ('source.raster_nan_without_nodata',)
    """
    where = source or path.name
    require_file(path, where)
    with listening():
        try:
            with rasterio.open(path) as raster:
                return _describe(raster, where)
        except (rasterio.errors.RasterioError, OSError, ValueError) as error:
            raise InputDataError(f"raster cannot be read ({first_line(error)})", where,
                                 "copy or export it again, as GeoTIFF") from error


def _describe(raster: rasterio.DatasetReader, where: str) -> RasterInfo:
    if raster.count == 0:
        raise InputDataError("file holds no raster band", where, "choose another file")
    if raster.transform.is_identity:
        raise InputDataError("raster has no place on the ground (no geotransform)", where,
                             "export it again with georeference, or put its world file beside it")
    crs = as_crs(raster.crs.to_wkt()) if raster.crs else None
    has_nan = _nan_untagged(raster)
    marks = (
        ("raster_nan_without_nodata", has_nan),
        ("raster_in_degrees", crs is not None and crs.is_geographic),
        ("raster_without_crs", crs is None),
        ("raster_rotated", not raster.transform.is_rectilinear),
        ("raster_several_bands", raster.count > 1),
    )
    nodata = float("nan") if has_nan else raster.nodata
    return RasterInfo(
        where, crs, (raster.count, raster.height, raster.width), nodata, raster.dtypes[0],
        tuple(raster.bounds), (abs(raster.res[0]), abs(raster.res[1])),
        tuple(f"source.{key}" for key, holds in marks if holds),
    )


def _nan_untagged(raster: rasterio.DatasetReader) -> bool:
    """Whether pixels are NaN although the file tags no nodata value; reads at most 2 million pixels."""
    floats = np.issubdtype(np.dtype(raster.dtypes[0]), np.floating)
    if raster.nodata is not None and not np.isnan(raster.nodata):
        floats = False
    shrink = max(1.0, (raster.height * raster.width / LOOKED_AT) ** 0.5)
    shape = (max(1, int(raster.height / shrink)), max(1, int(raster.width / shrink)))
    # Read one band even where NaN is impossible: a file cut off behind its header fails here, not later.
    pixels = raster.read(1, out_shape=shape)
    return bool(floats and raster.nodata is None and np.isnan(pixels).any())
