"""One land-use layer as a table: codes, and polygons that stay as they stand in the file."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
from pyproj import CRS

from landtool.columns import require_columns
from landtool.crs import require_crs
from landtool.errors import InputDataError
from landtool.geometry.columns import PolygonColumn, column_of, column_of_wkb
from landtool.geometry.pairs import workers
from landtool.schema import LAYERS
from landtool.schema.headers import map_headers
from landtool.sources.parquet import geometry_of
from landtool.sources.vector_bulk import as_crs

CODE = "land_use_code"
_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True)
class LandUseTable:
    """A land-use layer.

    Attributes
    ----------
    code : pandas.Series
        Code of each row, on the index of the layer.
    shapes : PolygonColumn
        Polygon of each row.
    crs : pyproj.CRS
        Of the coordinates.
    replaces : pandas.Series or None
        What a row replaces, text.
    """

    code: pd.Series
    shapes: PolygonColumn
    crs: CRS
    replaces: pd.Series | None = None

    def __len__(self) -> int:
        return len(self.code)

    def to_frame(self) -> gpd.GeoDataFrame:
        """The same layer with all geometry objects."""
        columns = {CODE: self.code} | ({} if self.replaces is None else {"replaces": self.replaces})
        return gpd.GeoDataFrame(columns, geometry=self.shapes.all(), crs=self.crs)

    def on(self, plane: CRS) -> LandUseTable:
        """The same layer on another plane; itself if it stands there already."""
        if self.crs == plane:
            return self
        moved = gpd.GeoSeries(self.shapes.all(), crs=self.crs).to_crs(plane)
        return LandUseTable(self.code, column_of(moved.to_numpy()), plane, self.replaces)


Land: TypeAlias = gpd.GeoDataFrame | LandUseTable | str | Path


def table_of(frame: gpd.GeoDataFrame, name: str) -> LandUseTable:
    """A frame as a table.

    Raises
    ------
    InputDataError, CrsError
        Without ``land_use_code`` or CRS.
    """
    require_columns(frame, [CODE], f"land use {name}")
    crs = require_crs(frame, f"land balance, {name}")
    return LandUseTable(frame[CODE], column_of(frame.geometry.to_numpy()), crs, frame.get("replaces"))


def tables_of(*layers: tuple[Land, str]) -> list[LandUseTable]:
    """Layers with their names as tables; files are read side by side."""
    def take(land: Land, name: str) -> LandUseTable:
        if isinstance(land, LandUseTable):
            return land
        return read_land_use(land) if isinstance(land, (str, Path)) else table_of(land, name)

    with ThreadPoolExecutor(workers()) as pool:
        return list(pool.map(take, *zip(*layers, strict=True)))


def read_land_use(path: str | Path, *, layer: str | None = None, code: str | None = None) -> LandUseTable:
    """Read only what a balance needs of a land-use file, and make no geometry object of it.

    For clean files of any size; a workspace reads with all checks and repairs of cells instead.

    Parameters
    ----------
    path : str or Path
        GeoParquet, or anything GDAL reads (GeoPackage, FileGDB, Shapefile, FlatGeobuf …).
    layer : str, optional
        Layer of the file, if it has several.
    code : str, optional
        Field of the land-use code; found by its usual names (``DLBM`` …) if not given.

    Returns
    -------
    LandUseTable
        For :func:`landtool.balance.land_balance`.

    Raises
    ------
    InputDataError
        If the file cannot be read or has no such field.
    CrsError
        If it does not say its CRS.
    """
    place = _existing(path)
    if place.suffix.lower() == ".parquet":
        with open_parquet(place, code) as file:
            found = file.table()
    else:
        table, geometry, crs, field = _gdal(place, layer, code)
        found = _table(table, field, geometry, require_crs(gpd.GeoSeries([], crs=crs), str(place)))
    pa.default_memory_pool().release_unused()  # what was unpacked on the way; a large file's is hundreds of MB
    return found


def _existing(path: str | Path) -> Path:
    place = Path(path)
    if not place.exists():
        raise InputDataError("no such file", str(place), "check the path")
    return place


def _table(table: pa.Table, field: str, geometry: str, crs: CRS) -> LandUseTable:
    return LandUseTable(_codes(table, field), column_of_wkb(table[geometry]), crs, _replaces(table))


def _codes(table: pa.Table, field: str) -> pd.Series:
    return pd.Series(table[field].cast(pa.string()).to_pandas(), dtype="str").str.strip()


def _replaces(table: pa.Table) -> pd.Series | None:
    return table["replaces"].to_pandas() if "replaces" in table.column_names else None


@dataclass(frozen=True)
class ParquetLand:
    """A GeoParquet file of land use of which nothing but its foot is read yet.

    Attributes
    ----------
    file : pyarrow.parquet.ParquetFile
        The file.
    field, geometry : str
        Its columns of codes and of polygons.
    crs : pyproj.CRS
        Of the coordinates.
    """

    file: pq.ParquetFile
    field: str
    geometry: str
    crs: CRS

    def table(self) -> LandUseTable:
        """All of it."""
        names = _wanted(self.file.schema_arrow.names, self.geometry, self.field)
        return _table(self.file.read(columns=names), self.field, self.geometry, self.crs)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.file.metadata.num_rows

    def numbered_codes(self) -> tuple[np.ndarray, pd.Series]:
        """Number of each row's code, -1 where there is none, and the codes by number."""
        values = self.file.read(columns=[self.field])[self.field].cast(pa.string()).dictionary_encode()
        values = values.unify_dictionaries().combine_chunks()
        number, names = pd.factorize(pd.Series(values.dictionary.to_pandas(), dtype="str").str.strip())
        return np.append(number, -1)[values.indices.fill_null(-1).to_numpy()], pd.Series(names)

    def replaces(self) -> pd.Series | None:
        """What each row replaces, if the file tells."""
        names = [name for name in self.file.schema_arrow.names if name == "replaces"]
        return _replaces(self.file.read(columns=names))

    def polygon_bytes(self) -> int:
        """How many bytes the polygons take unpacked, about."""
        about = self.file.metadata
        at = [about.schema.column(k).path for k in range(about.num_columns)].index(self.geometry)
        return sum(about.row_group(k).column(at).total_uncompressed_size for k in range(about.num_row_groups))

    def batches(self, rows: int) -> Iterator[PolygonColumn]:
        """The polygons, so many rows at a time."""
        for batch in self.file.iter_batches(rows, columns=[self.geometry], use_threads=False):
            yield column_of_wkb(batch.column(0))


@contextmanager
def open_parquet(path: str | Path, code: str | None = None) -> Iterator[ParquetLand]:
    """Open a GeoParquet file of land use for as long as it is read; see :func:`read_land_use`."""
    place = _existing(path)
    # Pages are unpacked as they come: neither the packed file nor a second copy of what was unpacked is held.
    with pq.ParquetFile(place, pre_buffer=False, buffer_size=_BUFFER_BYTES, binary_type=pa.large_binary()) as file:
        field = _field(file.schema_arrow.names, code, place)
        geometry, crs = geometry_of(file, str(place))
        yield ParquetLand(file, field, geometry, require_crs(gpd.GeoSeries([], crs=crs), str(place)))


def _gdal(path: Path, layer: str | None, code: str | None) -> tuple[pa.Table, str, CRS | None, str]:
    try:
        names = list(pyogrio.read_info(path, layer=layer)["fields"])
        field = _field(names, code, path)
        wanted = [name for name in _wanted(names, "", field) if name]
        about, table = pyogrio.read_arrow(path, layer=layer, columns=wanted, datetime_as_string=True)
    except pyogrio.errors.DataSourceError as error:
        raise InputDataError(f"file cannot be read ({error})", str(path), "copy or export it again") from error
    return table, about["geometry_name"] or "wkb_geometry", as_crs(about["crs"]), field


def _wanted(names: list[str], geometry: str, field: str) -> list[str]:
    return [field, geometry, *(["replaces"] if "replaces" in names else [])]


def _field(names: list[str], code: str | None, path: Path) -> str:
    if code is not None:
        if code not in names:
            raise InputDataError(f"no field {code!r}", str(path), f"fields are: {', '.join(names)}")
        return code
    found, _ = map_headers(names, LAYERS["land_use"], source=str(path))
    fields = [one.field_in_source for one in found if one.canonical == CODE]
    if not fields:
        raise InputDataError("no field of land-use codes", str(path),
                             f"name it with code=…; fields are: {', '.join(names)}")
    return fields[0]

