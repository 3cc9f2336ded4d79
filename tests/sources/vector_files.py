"""Parcels written in any format, and what must hold of whatever is read."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.sources.raw import RawTable

COUNT = 6
GDAL_FORMATS = {"gpkg": "GPKG", "geojson": "GeoJSON", "fgb": "FlatGeobuf", "gdb": "OpenFileGDB",
                "gml": "GML", "tab": "MapInfo File", "sqlite": "SQLite"}  # fmt: skip


def some_parcels():
    number = np.arange(COUNT)
    return gpd.GeoDataFrame(
        {"宗地代码": [f"5001{i}" for i in number], "用途": ["工业用地"] * COUNT,
         "层数": pd.array([1, 2, None, 4, 5, 6], dtype="Int64"), "面积": number * 1.5,
         "日期": pd.to_datetime(["2021-03-05"] * COUNT)},
        geometry=shapely.box(106 + number, 29, 106.5 + number, 30), crs=4490)  # fmt: skip


def write(frame, path):
    suffix = path.suffix[1:]
    if suffix == "parquet":
        frame.to_parquet(path)
    elif suffix == "shp":
        frame.to_file(path, encoding="UTF-8")
    else:
        options = {"layer_options": {"ENCODING": "CP936"}} if suffix == "tab" else {}
        frame.to_file(path, driver=GDAL_FORMATS[suffix], **options)


def check(raw: RawTable) -> RawTable:
    """The account closes, rows are numbered, geometry is in 2D."""
    rows = raw.problems[raw.problems["scope"] == "row"]
    assert raw.rows_in == len(raw.frame) + len(rows)
    assert raw.source_row.index.equals(raw.frame.index)
    assert not set(raw.source_row) & set(rows["source_row"])
    assert isinstance(raw.frame.index, pd.RangeIndex)
    if isinstance(raw.frame, gpd.GeoDataFrame):
        shapes = np.asarray(raw.frame.geometry.array)
        assert not (shapely.has_z(shapes) | shapely.has_m(shapes)).any()
    return raw


def named(raw: RawTable, kind: str = "record_unreadable") -> list[int]:
    rows = raw.problems[(raw.problems["kind"] == kind) & (raw.problems["scope"] == "row")]
    assert (rows["detail"].str.len() + rows["value"].str.len() > 0).all()
    return rows["source_row"].tolist()
