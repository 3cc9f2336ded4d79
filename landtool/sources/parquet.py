"""GeoParquet, read with pyarrow row group by row group where it is damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS

from landtool.errors import InputDataError
from landtool.sources.gdal import first_line
from landtool.sources.vector_bulk import FAULTS, Bulk, as_crs

#: What a GeoParquet file means when it names no CRS at all (GeoParquet 1.1, "crs").
DEFAULT_CRS = "OGC:CRS84"


def read_parquet(path: Path, source: str) -> tuple[Bulk, dict[int, str]]:
    """The table, and the reason for each row number (from 1) that could not be read.

    Raises
    ------
    InputDataError
        If the file is cut off, no Parquet, or none of it can be read.
    """
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        geo = json.loads((file.metadata.metadata or {}).get(b"geo", b"{}"))
    except FAULTS as error:
        raise InputDataError(f"file cannot be read ({first_line(error)})", source,
                             "copy or export it again") from error
    with file:
        table, numbers, bad = _groups(file, source)
    name = geo.get("primary_column", "")
    if name not in table.column_names:
        return Bulk(table, None, numbers - 1, None, -1), bad
    about = geo.get("columns", {}).get(name, {})
    wkb = _as_wkb(table, name, about, path)
    others = [column for column in geo.get("columns", {}) if column in table.column_names]
    return Bulk(table.drop_columns(others), wkb, numbers - 1, _crs(about), -1), bad


def geometry_of(file: pq.ParquetFile, source: str) -> tuple[str, CRS | None]:
    """Name and CRS of the geometry column of a GeoParquet file whose geometries are WKB.

    Raises
    ------
    InputDataError
        If there is none, or it is written otherwise.
    """
    geo = json.loads((file.metadata.metadata or {}).get(b"geo", b"{}"))
    name = geo.get("primary_column", "")
    about = geo.get("columns", {}).get(name, {})
    if about.get("encoding") != "WKB":
        raise InputDataError("no geometry column with WKB", source, "write it with geopandas or GDAL")
    return name, _crs(about)


def _groups(file: pq.ParquetFile, source: str) -> tuple[pa.Table, np.ndarray, dict[int, str]]:
    total = file.metadata.num_rows
    try:
        return file.read(), np.arange(1, total + 1), {}
    except FAULTS as error:
        whole = first_line(error)
    parts, numbers, bad = [], [], {}
    start = 1
    for group in range(file.num_row_groups):
        rows = np.arange(start, start + file.metadata.row_group(group).num_rows)
        start += len(rows)
        try:
            parts.append(file.read_row_group(group))
            numbers.append(rows)
        except FAULTS as error:
            bad.update(dict.fromkeys(rows.tolist(), f"row group {group + 1}: {first_line(error)}"))
    if not parts:
        raise InputDataError(f"file cannot be read ({whole})", source, "copy or export it again")
    return pa.concat_tables(parts), np.concatenate(numbers), bad


def _as_wkb(table: pa.Table, name: str, about: dict[str, Any], path: Path) -> pa.ChunkedArray:
    if about.get("encoding", "WKB") == "WKB":
        return table[name]
    native = gpd.read_parquet(path, columns=[name])
    return pa.chunked_array([pa.array(native.geometry.to_wkb(), pa.large_binary())])


def _crs(about: dict[str, Any]) -> CRS | None:
    return as_crs(about["crs"]) if "crs" in about else CRS.from_user_input(DEFAULT_CRS)
