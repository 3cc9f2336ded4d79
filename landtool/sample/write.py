"""The town as a workspace: the files a bureau would have, each in another of their formats."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyogrio
import rasterio
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from landtool.concurrency import one_beside
from landtool.errors import InputDataError, OutputError
from landtool.sample.catalogue_text import MARK, MIXED_FILES, catalogue_text
from landtool.sample.headers import SNAPSHOT_NAMES, SURVEY_NAMES, in_words
from landtool.sample.images import Raster
from landtool.sample.town import Town

FORMATS = ("mixed", "plain")
_DAY = "2025-12-31"  # written where a format wants the day of writing: no clock in the files
_DEGREES = "EPSG:4490"
_TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def write_town(
    town: Town, folder: str | Path, formats: Literal["mixed", "plain"] = "mixed"
) -> Path:
    """Write the town as a workspace with its ``landtool.yaml``.

    Parameters
    ----------
    town : Town
    folder : str or Path
        Made if it is not there. Files of the same names are replaced.
    formats : {"mixed", "plain"}
        ``mixed`` as a bureau has them: a GBK shapefile without .cpg, workbooks with a title above the
        Chinese headers, GB18030 tables, GeoPackages, FlatGeobuf, a file geodatabase, GeoJSON,
        GeoTIFF. ``plain`` GeoParquet and CSV with canonical names: quick to write and to read.

    Returns
    -------
    Path
        The catalogue.

    Raises
    ------
    OutputError
        If the folder cannot be written, or holds a catalogue that is not the demo's.
    InputDataError
        If the format is unknown.
    """
    if formats not in FORMATS:
        raise InputDataError(f"unknown formats {formats!r}", "write_town", "use mixed or plain")
    root = Path(folder)
    catalogue = root / "landtool.yaml"
    if catalogue.is_file() and MARK not in catalogue.read_text(encoding="utf-8", errors="replace"):
        raise OutputError("a workspace of somebody's own is there", str(catalogue),
                          "name an empty folder")  # fmt: skip
    try:
        root.mkdir(parents=True, exist_ok=True)
        _write_plain(town, root) if formats == "plain" else _write_mixed(town, root)
        catalogue.write_text(catalogue_text(town, formats), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"the demo cannot be written ({error.strerror or error})", str(root),
                          "name a folder that you may write to, on a disk with room") from error
    return catalogue


def _write_mixed(town: Town, root: Path) -> None:
    # Images are burnt and packed without the interpreter, which workbooks keep busy.
    with one_beside() as aside:
        rasters = aside.submit(_write_rasters, town, root)
        _write_mixed_layers(town, root)
        rasters.result()


def _write_mixed_layers(town: Town, root: Path) -> None:
    option = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{_DAY}T00:00:00.000Z"})
    try:
        for file in set(MIXED_FILES.values()):
            (root / file).unlink(missing_ok=True)
        for name, file in MIXED_FILES.items():
            if name in town.layers:
                _write_layer(town, name, root / file)
        if "land_use" in town.parts:
            _write_snapshots(town, root)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": option})


def _write_layer(town: Town, name: str, path: Path) -> None:
    frame = town.layers[name]
    raw = town.raw_cells[town.raw_cells["layer"] == name]
    if path.suffix == ".shp":
        _write_shapefile(frame, path)
    elif path.suffix == ".xlsx":
        _write_workbook(in_words(name, frame, raw, texts=False), path)
    elif path.suffix == ".csv":
        encoding = "utf-8-sig" if name in ("government_causes", "occupancy") else "gb18030"
        in_words(name, frame, raw).to_csv(path, index=False, encoding=encoding, lineterminator="\r\n",
                                         float_format="%.15g")
    elif isinstance(frame, gpd.GeoDataFrame):
        _write_vector(name, frame, raw, path)


def _write_vector(name: str, frame: gpd.GeoDataFrame, raw: pd.DataFrame, path: Path) -> None:
    """GeoPackages and FlatGeobuf with Chinese fields; districts and proposals in degrees."""
    if path.suffix == ".gpkg":
        words = in_words(name, frame, raw)
        shown = gpd.GeoDataFrame(words, geometry=frame.geometry)
    else:
        shown = frame
    options: dict[str, object] = {}
    if name in ("districts", "proposals"):
        shown = shown.to_crs(_DEGREES if path.suffix == ".gpkg" else "EPSG:4326")
    if path.suffix == ".geojson":
        options = {"COORDINATE_PRECISION": 8}
    if path.suffix == ".fgb":
        options = {"SPATIAL_INDEX": "NO"}
    pyogrio.write_dataframe(shown, path, layer=name, **options)


def _write_shapefile(frame: gpd.GeoDataFrame, path: Path) -> None:
    """A shapefile whose text is GBK and which does not say so."""
    words = pd.DataFrame(index=frame.index)
    for name, short in SURVEY_NAMES.items():
        column = frame[name]
        if isinstance(column.dtype, pd.BooleanDtype):
            column = column.map({True: "是", False: "否"}).astype("str")
        elif name == "supply_status":
            column = column.map({"supplied": "已供应", "approved": "批而未供", "reserved": "储备"})
        elif name.endswith("_m2"):
            column = column.astype("Int64")
        words[short] = column
    shown = gpd.GeoDataFrame(words, geometry=frame.geometry)
    pyogrio.write_dataframe(shown, path, encoding="GBK", geometry_type="Polygon", RESIZE="YES",
                            DBF_DATE_LAST_UPDATE=_DAY)  # fmt: skip
    path.with_suffix(".cpg").unlink(missing_ok=True)


def _write_workbook(words: pd.DataFrame, path: Path) -> None:
    """A sheet with a title row, the header under it, then the rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    sheet.append([f"{path.stem}(示例数据,纯属虚构)"])
    sheet.append(list(words.columns))
    columns = [_python_cells(sheet, words[name]) for name in words.columns]
    for row in zip(*columns, strict=True):
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    _without_clock(buffer, path)


def _python_cells(sheet: Any, column: pd.Series) -> list[object]:
    """Cells as openpyxl takes them; a text that looks like a formula stays a text."""
    if pd.api.types.is_datetime64_any_dtype(column):
        column = pd.Series(column.dt.date, dtype="object")
    elif pd.api.types.is_string_dtype(column) and column.str.startswith("=").any():
        column = column.astype("object")
        for row in column.index[column.str.startswith("=", na=False)]:
            cell = WriteOnlyCell(sheet, column[row])
            cell.data_type = "s"
            column[row] = cell
    cells = column.astype("object")
    return cells.where(column.notna(), None).tolist()


def _without_clock(book: io.BytesIO, path: Path) -> None:
    """Copy a workbook with the day of the demo instead of the hour of writing."""
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(path, "w") as target:
        for part in source.namelist():
            content = source.read(part)
            if part == "docProps/core.xml":
                content = _TIMES.sub(f"{_DAY}T00:00:00Z".encode(), content)
            _add(target, part, content)


def _add(target: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=(2025, 12, 31, 0, 0, 0))
    target.writestr(entry, content, zipfile.ZIP_DEFLATED)


def _write_snapshots(town: Town, root: Path) -> None:
    geodatabase = root / "dltb_2020.gdb"
    if geodatabase.exists():
        shutil.rmtree(geodatabase)
    named = {name: frame.rename(columns=SNAPSHOT_NAMES) for name, frame in town.land_use.items()}
    pyogrio.write_dataframe(named["2020"], geodatabase, layer="DLTB", driver="OpenFileGDB",
                            XORIGIN=-5_000_000, YORIGIN=-10_000_000, XYSCALE=1000)  # fmt: skip
    named["2025"].to_parquet(root / "dltb_2025.parquet", compression="zstd", index=False)
    _write_zipped_shapefile(named["plan-2035"], root / "plan_2035.zip")


def _write_zipped_shapefile(frame: gpd.GeoDataFrame, path: Path) -> None:
    """A shapefile (UTF-8, with .cpg) in a zip; every entry bears the same day."""
    with tempfile.TemporaryDirectory() as folder:
        shape = Path(folder) / f"{path.stem}.shp"
        pyogrio.write_dataframe(frame, shape, encoding="UTF-8", geometry_type="Polygon",
                                RESIZE="YES", DBF_DATE_LAST_UPDATE=_DAY)  # fmt: skip
        with zipfile.ZipFile(path, "w") as target:
            for part in sorted(Path(folder).iterdir()):
                _add(target, part.name, part.read_bytes())


def _write_rasters(town: Town, root: Path) -> None:
    for name, raster in (town.rasters if "rasters" in town.parts else {}).items():
        _write_raster(raster, root / f"{name}.tif")


def _write_raster(raster: Raster, path: Path) -> None:
    high, wide = raster.values.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=high, width=wide, count=1, dtype=raster.values.dtype.name,
        crs=raster.crs, transform=raster.transform, nodata=raster.nodata, compress="deflate",
        zlevel=9, tiled=True, blockxsize=256, blockysize=256,
    ) as target:  # fmt: skip
        target.write(raster.values, 1)


def _write_plain(town: Town, root: Path) -> None:
    for name, frame in town.layers.items():
        if isinstance(frame, gpd.GeoDataFrame):
            _delisted(frame).to_parquet(root / f"{name}.parquet", compression="snappy", index=False)
        else:
            _write_csv(_with_raw_cells(town, name, frame), root / f"{name}.csv")
    for name, snapshot in (town.land_use if "land_use" in town.parts else {}).items():
        snapshot.to_parquet(root / f"land_use_{name}.parquet", compression="snappy", index=False)
    _write_rasters(town, root)


def _delisted(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    lists = [name for name in frame.columns if name == "leading_industries"]
    return frame.assign(**{name: frame[name].map("、".join).astype("str") for name in lists})


def _with_raw_cells(town: Town, name: str, frame: pd.DataFrame) -> pd.DataFrame:
    raw = town.raw_cells[town.raw_cells["layer"] == name]
    shown = frame.assign(**{
        column: frame[column].dt.strftime("%Y-%m-%d").astype("str")
        for column in frame.columns if pd.api.types.is_datetime64_any_dtype(frame[column])
    })  # fmt: skip
    for column, cells in raw.groupby("field"):
        text = shown[column].map(lambda cell: "" if pd.isna(cell) else str(cell)).astype("str")
        text.iloc[cells["row"].to_numpy()] = cells["text"].to_numpy()
        shown[str(column)] = text
    return shown


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    """CSV by Arrow: a million rows in seconds."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    options = pa.csv.WriteOptions(quoting_style="needed")
    with path.open("wb") as target:
        pa.csv.write_csv(table, target, options)

