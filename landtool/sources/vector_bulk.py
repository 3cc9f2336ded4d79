"""The fast way into a vector source: GDAL through Arrow, the whole layer in one go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pyogrio.raw
from pyproj import CRS
from pyproj.exceptions import CRSError

from landtool.errors import InputDataError
from landtool.sources.gdal import first_line

#: Formats whose header counts the records, so that a silent stop can be noticed.
COUNTED = {".gpkg", ".sqlite", ".gdb", ".fgb", ".shp"}

#: What pyogrio, GDAL and Arrow raise on a file they cannot read.
FAULTS = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError, RuntimeError,
          ValueError, IndexError, TypeError, KeyError, pa.ArrowException)  # fmt: skip

_TYPES = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int64Dtype(), pa.int16(): pd.Int64Dtype(),
          pa.int8(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}  # fmt: skip


class BulkError(Exception):
    """The bulk reader gave up; the records have to be read one by one."""


@dataclass(frozen=True)
class Bulk:
    """A layer as GDAL hands it over.

    Attributes
    ----------
    table : pyarrow.Table
        Attributes, without record ids and geometry.
    wkb : pyarrow.ChunkedArray or None
        Geometries; None for a table without.
    fids : numpy.ndarray
        GDAL's record ids.
    crs : pyproj.CRS or None
        As the file states it.
    promised : int
        Records the header counts; -1 where it counts none.
    """

    table: pa.Table
    wkb: pa.ChunkedArray | None
    fids: np.ndarray
    crs: CRS | None
    promised: int


def read_bulk(path: Path, layer: str | None, *, attributes: bool = True) -> Bulk:
    """Read a whole layer.

    Raises
    ------
    BulkError
        If GDAL raises while reading; the message is GDAL's.
    """
    # Without attributes their encoding must not matter: Latin-1 decodes any field name.
    options: dict[str, Any] = {} if attributes else {"columns": [], "encoding": "ISO-8859-1"}
    try:
        meta, table = pyogrio.raw.read_arrow(path, layer=layer, return_fids=True, **options)
    except FAULTS as error:
        raise BulkError(first_line(error)) from error
    fid_name = meta["fid_column"] or "OGC_FID"
    geometry_name = meta["geometry_name"] or "wkb_geometry"
    has_geometry = meta["geometry_type"] is not None and geometry_name in table.column_names
    fids = table[fid_name].to_numpy() if fid_name in table.column_names else np.arange(len(table))
    extra = [name for name in (fid_name, geometry_name if has_geometry else "")
             if name in table.column_names]  # fmt: skip
    return Bulk(table.drop_columns(extra), table[geometry_name] if has_geometry else None,
                fids, as_crs(meta["crs"]), promised(path, layer) if attributes else -1)


def promised(path: Path, layer: str | None) -> int:
    """Records the header counts, or -1."""
    if path.suffix.lower() not in COUNTED:
        return -1
    try:
        counted = int(pyogrio.read_info(path, layer=layer)["features"])
    except FAULTS:
        counted = -1
    return max(counted, _geodatabase_rows(path, layer)) if path.is_dir() else counted


def _geodatabase_rows(path: Path, layer: str | None) -> int:
    """Rows by the header of a geodatabase table; -1 if it cannot be found.

    GDAL takes a table whose row index (.gdbtablx) is damaged for an empty one. The catalogue's row
    number of a table is the number in its file name; its header holds the row count at byte 4.
    """
    try:
        meta, catalogue = pyogrio.raw.read_arrow(path, layer="GDB_SystemCatalog", return_fids=True)
        numbers = dict(zip(catalogue["Name"].to_pylist(),
                           catalogue[meta["fid_column"]].to_pylist(), strict=True))  # fmt: skip
    except FAULTS:
        return -1
    table = path / f"a{numbers.get(layer, 0):08x}.gdbtable"
    if not table.is_file() or table.stat().st_size < 8:
        return -1
    with table.open("rb") as file:
        return int.from_bytes(file.read(8)[4:], "little", signed=True)


def as_crs(text: object) -> CRS | None:
    """Make a CRS of what GDAL or a PROJJSON says; None of none and of GDAL's "undefined" ones.

    Examples
    --------
    >>> as_crs("EPSG:4545").to_epsg(), as_crs(None)
    (4545, None)
    """
    if text is None or (isinstance(text, str) and not text.strip()):
        return None
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        return None
    return None if crs.is_engineering or crs.name.lower().startswith("undefined") else crs


def attributes_frame(table: pa.Table, source: str) -> tuple[pd.DataFrame, list[str]]:
    """Attributes as a frame, and the columns whose text had to be read as GB18030.

    Whole numbers with gaps stay Int64, dates become datetime64.

    Raises
    ------
    InputDataError
        If a text column holds bytes that are neither UTF-8 nor GB18030.
    """
    if not table.num_columns:
        return pd.DataFrame(index=pd.RangeIndex(table.num_rows)), []
    recoded = []
    for place, name in enumerate(table.column_names):
        if _is_text(table.schema.field(place).type):
            checked = _checked(table, place, name, source)
            recoded += [name] if checked is not table else []
            table = checked
    plain = table.replace_schema_metadata(None)
    frame: pd.DataFrame = plain.to_pandas(types_mapper=_TYPES.get, date_as_object=False)
    frame.columns = pd.Index(_unique(list(frame.columns)), dtype="object")
    return frame.reset_index(drop=True), recoded


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _checked(table: pa.Table, place: int, name: str, source: str) -> pa.Table:
    column = table.column(place)
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        cells = column.cast(pa.binary()).to_pylist()
        texts = [_cell(cell, row, name, source) for row, cell in enumerate(cells, start=1)]
        return table.set_column(place, name, pa.array(texts, pa.large_string()))
    return table


def _cell(cell: bytes | None, row: int, name: str, source: str) -> str | None:
    if cell is None:
        return None
    for codec in ("utf-8", "gb18030"):
        try:
            return cell.decode(codec)
        except UnicodeDecodeError:
            continue
    raise InputDataError(
        f"text is neither UTF-8 nor GB18030: record {row}, field {name}, bytes "
        f"{cell[:12].hex(' ').upper()}", source, "export the layer again with its text as UTF-8",
    )


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    made = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return made
