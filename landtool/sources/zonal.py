"""What a raster shows of each zone: the mean of its pixels, each weighted by the part inside.

Pixels need not line up with anything: a pixel half inside counts half. Zones are brought into the
raster's own CRS, never the raster into theirs, so that no pixel is resampled.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from landtool.sources.gdal import first_line, listening

ZONE_COLUMNS = ("pixels", "covered_share", "mean")


class _Band(RasterioRasterSource):
    """The first band, in the CRS that is known of it: the file's own, or a declared one."""

    def srs_wkt(self) -> None:
        # The zones have been brought here already.
        return None


class _Share(_Band):
    """A raster of classes read as one where the class is among the values, else zero."""

    def __init__(self, raster: rasterio.DatasetReader, values: Sequence[int]) -> None:
        super().__init__(raster, 1)
        self._values = np.array(values)

    def nodata_value(self) -> float:
        return float("nan")

    def read_window(self, x0: int, y0: int, nx: int, ny: int) -> np.ndarray:
        window = rasterio.windows.Window(x0, y0, nx, ny)
        classes = self.ds.read(1, window=window, masked=True)
        share = np.isin(classes.data, self._values).astype("float64")
        return np.where(np.ma.getmaskarray(classes), np.nan, share)


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
                if not raster.transform.is_rectilinear:
                    raise InputDataError("raster is rotated", where, "warp it to a north-up grid")
                _measure(raster, zones.geometry.to_crs(known), values, found)
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
    frame = gpd.GeoDataFrame({"zone": np.flatnonzero(inside)}, geometry=shapes[inside], crs=zones.crs)
    band = _Band(raster, 1) if values is None else _Share(raster, values)
    rows = exact_extract(band, frame, ["count", "mean"], include_cols=["zone"], output="pandas",
                         strategy="raster-sequential")
    at = rows["zone"].to_numpy()
    pixel = abs(raster.transform.a * raster.transform.e)
    spanned = shapely.area(shapes[at]) / pixel
    found.loc[at, "pixels"] = rows["count"].to_numpy()
    found.loc[at, "covered_share"] = np.minimum(rows["count"].to_numpy() / spanned, 1.0)
    found.loc[at, "mean"] = rows["mean"].to_numpy()
