"""What a raster shows of each zone: the mean of its pixels, each weighted by the part inside.

Pixels need not line up with anything: a pixel half inside counts half. Zones are brought into the
raster's own CRS, never the raster into theirs, so that no pixel is resampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import rasterio.errors
import shapely
from exactextract import exact_extract
from exactextract.raster import RasterioRasterSource
from pyproj import CRS

from landtool.errors import CrsError, InputDataError
from landtool.geometry.pairs import in_blocks
from landtool.geometry.rings import rings_of, signed_areas
from landtool.sources.gdal import first_line, listening

ZONE_COLUMNS = ("pixels", "covered_share", "mean")
# From so many zones on compiled sums repay loading them, and compiling once per installation; exactextract takes a
# third of a millisecond for each.
_WORTH_COMPILING = 10_000
# Pixels read at a time.
_STRIP = 1 << 23


class _Band(RasterioRasterSource):
    """The first band, in the CRS that is known of it: the file's own, or a declared one."""

    def srs_wkt(self) -> None:
        # The zones have been brought here already.
        return None


class _Share(_Band):
    """A raster of classes read as one where the class is among the values, else zero."""

    def __init__(self, raster: rasterio.DatasetReader, values: Sequence[int]) -> None:
        super().__init__(raster, 1)
        self._values = values

    def nodata_value(self) -> float:
        return float("nan")

    def read_window(self, x0: int, y0: int, nx: int, ny: int) -> np.ndarray:
        return _pixels(self.ds, rasterio.windows.Window(x0, y0, nx, ny), self._values)


def zone_values(
    path: Path, zones: gpd.GeoSeries | gpd.GeoDataFrame, *, crs: CRS | None = None,
    values: Sequence[int] | None = None, source: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Average a raster's first band over each zone.

    Parameters
    ----------
    path : Path
        Any raster GDAL reads, with axes along north and east. Scale and offset of the band are
        applied; nodata, masked and NaN pixels are left out.
    zones : geopandas.GeoSeries or geopandas.GeoDataFrame
        Valid polygons in a known CRS.
    crs : pyproj.CRS, optional
        Of the raster; what the file says otherwise.
    values : sequence of int, optional
        Of a raster of classes: the mean is then the share of these classes.
    source : str, optional
        Name in errors; the file name otherwise.

    Returns
    -------
    pandas.DataFrame
        On the zones' index: ``pixels`` (sum of the parts inside, of pixels with data), ``covered_share``
        (those over all pixels the zone would span, 0 … 1) and ``mean`` (null without such pixels).
        Null throughout without a polygon.

    Raises
    ------
    CrsError
        If the CRS of the zones or of the raster is unknown.
    InputDataError
        If the raster cannot be read, or is rotated.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "cover.tif"
    >>> with rasterio.open(path, "w", driver="GTiff", width=2, height=1, count=1, dtype="uint8",
    ...                    crs="EPSG:4545", transform=rasterio.Affine(10, 0, 5e5, 0, -10, 3e6)) as out:
    ...     out.write(np.array([[[3, 7]]], dtype="uint8"))
    >>> zones = gpd.GeoSeries([shapely.box(5e5, 3e6 - 10, 5e5 + 15, 3e6)], crs="EPSG:4545")
    >>> zone_values(path, zones, values=[3]).round(3).to_numpy().tolist()
    [[1.5, 1.0, 0.667]]
    """
    where = source or path.name
    if zones.crs is None:
        raise CrsError("zones without a coordinate reference system", where, "set the frame's crs")
    found = pd.DataFrame(np.nan, index=range(len(zones)), columns=list(ZONE_COLUMNS))
    with listening():
        try:
            with rasterio.open(path) as raster:
                known = crs or (CRS.from_wkt(raster.crs.to_wkt()) if raster.crs else None)
                if known is None:
                    raise CrsError("raster without a coordinate reference system", where,
                                   "declare it: crs: EPSG:…")
                if raster.transform.b or raster.transform.d:
                    raise InputDataError("raster is rotated", where, "warp it to a north-up grid")
                same = zones.crs.equals(known, ignore_axis_order=True)
                _measure(raster, zones.geometry if same else zones.geometry.to_crs(known), values, found)
        except (rasterio.errors.RasterioError, OSError) as error:
            raise InputDataError(f"raster cannot be read ({first_line(error)})", where,
                                 "copy or export it again, as GeoTIFF") from error
    return found.set_index(zones.index)


def _measure(
    raster: rasterio.DatasetReader, zones: gpd.GeoSeries, values: Sequence[int] | None,
    found: pd.DataFrame,
) -> None:  # fmt: skip
    """Fill ``found`` for the zones that have a place in the raster's CRS."""
    shapes = np.asarray(zones.array, dtype=object)
    placed = np.isfinite(shapely.bounds(shapes)).all(axis=1)  # NaN without a polygon
    found.loc[placed, ["pixels", "covered_share"]] = 0.0
    inside = placed & shapely.intersects(shapes, shapely.box(*raster.bounds))
    if not inside.any():
        return
    at = np.flatnonzero(inside)
    sums = _by_exactextract if len(at) < _WORTH_COMPILING else _compiled
    chosen = zones.iloc[at]
    pixels, mean = sums(raster, chosen, values)
    spanned = shapely.area(shapes[at]) / abs(raster.transform.a * raster.transform.e)
    found.loc[at, "pixels"] = pixels
    found.loc[at, "covered_share"] = np.minimum(pixels / spanned, 1.0)
    found.loc[at, "mean"] = mean


def _by_exactextract(
    raster: rasterio.DatasetReader, zones: gpd.GeoSeries, values: Sequence[int] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Pixels inside each zone, and their mean."""
    frame = gpd.GeoDataFrame({"zone": np.arange(len(zones))}, geometry=zones.array)
    band = _Band(raster, 1) if values is None else _Share(raster, values)
    rows = exact_extract(band, frame, ["count", "mean"], include_cols=["zone"], output="pandas",
                         strategy="raster-sequential").sort_values("zone")  # fmt: skip
    return rows["count"].to_numpy(), rows["mean"].to_numpy(dtype="float64")


def _compiled(
    raster: rasterio.DatasetReader, zones: gpd.GeoSeries, values: Sequence[int] | None
) -> tuple[np.ndarray, np.ndarray]:
    """The same by compiled sums, strip by strip of the raster, the zones of each on all cores."""
    from landtool.sources.zonal_kernels import add_zones

    rings = rings_of(np.asarray(zones.array, dtype=object))
    rings = rings.take(np.argsort(rings.owner, kind="stable"))
    place = raster.transform
    xy = (rings.xy - [place.c, place.f]) / [place.a, place.e]
    rings = replace(rings, xy=xy)
    turn = np.where((signed_areas(rings) > 0) == rings.is_hole, 1.0, -1.0)
    zone = np.searchsorted(rings.owner, np.arange(len(zones) + 1))
    north, south = (pick.reduceat(xy[:, 1], rings.start[zone[:-1]]) for pick in (np.minimum, np.maximum))
    (west, top), (east, bottom) = np.floor(xy.min(axis=0)), np.ceil(xy.max(axis=0))
    left, right = max(0, int(west)), min(raster.width, int(east))
    count, total = np.zeros(len(zones)), np.zeros(len(zones))
    block = raster.block_shapes[0][0]
    height = max(1, _STRIP // max(1, (right - left) * block)) * block
    rows = range(max(0, int(top)), min(raster.height, int(bottom)), height)
    for row in rows if left < right else ():  # zones may do no more than touch the raster's border
        window = rasterio.windows.Window(left, row, right - left, min(height, raster.height - row))
        pixels = _pixels(raster, window, values)
        here = np.flatnonzero((north < row + len(pixels)) & (south > row))
        in_blocks(lambda some, pixels=pixels, row=row: add_zones(
            xy, rings.start, turn, zone, some, pixels, row, left, count, total), here)
    with np.errstate(invalid="ignore"):
        return count, total / np.where(count > 0, count, np.nan)


def _pixels(
    raster: rasterio.DatasetReader, window: rasterio.windows.Window, values: Sequence[int] | None
) -> np.ndarray:
    """A window of the first band as numbers, NaN where there are no data."""
    read = raster.read(1, window=window, masked=True)
    if values is None:
        said = read.data.astype("float64")
        if (raster.scales[0], raster.offsets[0]) != (1.0, 0.0):
            said = said * raster.scales[0] + raster.offsets[0]
    elif read.dtype in ("uint8", "uint16"):  # every value there may be is asked for once
        said = np.isin(np.arange(np.iinfo(read.dtype).max + 1), values).astype("float64")[read.data]
    else:
        said = np.isin(read.data, values).astype("float64")
    if np.ma.is_masked(read):
        said[np.ma.getmaskarray(read)] = np.nan
    return said
