"""Some columns or some rows of a result: of stored results little more than these is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS

from landtool.assessment import Assessment
from landtool.geometry.columns import PolygonColumn, column_of, column_of_wkb
from landtool.reports.results import reading
from landtool.reports.stored import StoredAssessment
from landtool.sources.parquet import geometry_of

# As many as one look asks for: they are there sooner without the threads that a whole frame is worth.
_FEW_ROWS = 1000


def rows_of(
    result: Assessment, name: str, key: str, values: Collection[Any], columns: Iterable[str] | None = None,
    with_geometry: bool = False,
) -> pd.DataFrame | None:
    """Rows of one frame that belong to some subjects; of stored results little more than these is read.

    Parameters
    ----------
    name : str
        Of a frame of :class:`Assessment`.
    key : str
        Column that names the subject.
    values : collection
        Few subjects.
    columns : iterable of str, optional
        Those the frame lacks are left out; all but the geometry if not given.
    with_geometry : bool
        Whether the geometry comes too, where the frame has one.

    Returns
    -------
    pandas.DataFrame or None
        None where there is no such frame or key, or no row.
    """
    return rows_of_any(result, name, {key: values}, columns, with_geometry)


def rows_of_any(
    result: Assessment, name: str, wanted: Mapping[str, Collection[Any]], columns: Iterable[str] | None = None,
    with_geometry: bool = False,
) -> pd.DataFrame | None:
    """Rows of one frame that belong to subjects by any of several columns, in the order of the frame.

    Parameters
    ----------
    name : str
        Of a frame of :class:`Assessment`.
    wanted : mapping of str to collection
        Column that names the subject -> few subjects; columns the frame lacks are passed over.
    columns, with_geometry
        As for :func:`rows_of`.

    Returns
    -------
    pandas.DataFrame or None
        None where there is no such frame, none of the columns, or no row.
    """
    found = [_places(result, name, key, values) for key, values in wanted.items()]
    places = [one for one in found if one is not None]
    rows = np.unique(np.concatenate(places)) if places else np.zeros(0, dtype=np.int64)
    return rows_at(result, name, rows, columns, with_geometry=with_geometry) if len(rows) else None


def _places(result: Assessment, name: str, key: str, values: Collection[Any]) -> np.ndarray | None:
    """Positions of the rows of some subjects; None where there is no such frame or column."""
    if not isinstance(result, StoredAssessment) or not result.is_unread(name):
        frame = getattr(result, name)
        return None if frame is None or key not in frame else np.flatnonzero(frame[key].isin(values))
    head = result.head(name)
    return None if head is None or key not in head.schema.names else result.index(name, key).rows(values)


def columns_of(
    result: Assessment, name: str, columns: Iterable[str], repeated: Collection[str] = ()
) -> pd.DataFrame | None:
    """Some columns of one frame, every row, numbered from 0; of stored results no others are read.

    Parameters
    ----------
    name : str
        Of a frame of :class:`Assessment`.
    columns : iterable of str
        Those the frame lacks are left out, as is the geometry.
    repeated : collection of str
        Those that hold few different texts: read as categories, which take a tenth of the room.

    Returns
    -------
    pandas.DataFrame or None
        None where there is no such frame.
    """
    wanted = [column for column in dict.fromkeys(columns) if column != "geometry"]
    if (path := _unread_path(result, name)) is None:
        frame = getattr(result, name)
        return None if frame is None else pd.DataFrame(
            frame[[one for one in wanted if one in frame]]).reset_index(drop=True)
    if not path.is_file():
        return None
    with reading(path):
        there = pq.read_schema(path).names
        kept = [one for one in wanted if one in there]
        found: pd.DataFrame = pq.read_table(path, columns=kept, read_dictionary=[
            one for one in kept if one in repeated]).to_pandas()  # fmt: skip
    return found


def rows_at(
    result: Assessment, name: str, rows: np.ndarray, columns: Iterable[str] | None = None, *,
    with_geometry: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Rows of one frame at ascending positions; of stored results only their row groups are read.

    Parameters
    ----------
    name : str
        Of a frame of :class:`Assessment` that is there.
    rows : numpy.ndarray
    columns : iterable of str, optional
        Those the frame lacks are left out; all if not given.
    with_geometry : bool
        Whether the geometry comes too, where the frame has one.

    Returns
    -------
    pandas.DataFrame or geopandas.GeoDataFrame
    """
    if not isinstance(result, StoredAssessment) or not result.is_unread(name):
        frame = getattr(result, name)
        own: pd.DataFrame = frame.iloc[rows][_shown(frame, columns, with_geometry)]
        return own
    path, head = result.path(name), result.head(name)
    with reading(path), pq.ParquetFile(path, metadata=head) as file:
        shown = _shown(file.schema_arrow.names, columns, with_geometry)
        ends = np.cumsum([file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)])
        place = np.searchsorted(ends, rows, side="right")
        tables = [file.read_row_group(group, columns=shown, use_threads=len(rows) > _FEW_ROWS).take(
                      pa.array(rows[place == group] - (ends[group] - file.metadata.row_group(group).num_rows)))
                  for group in np.unique(place).tolist()]  # fmt: skip
        table = pa.concat_tables(tables) if tables else file.schema_arrow.empty_table().select(shown)
        if "geometry" not in shown:
            return table.to_pandas()
        frame = table.drop_columns("geometry").to_pandas()
        shapes = column_of_wkb(table["geometry"]).all()
        return gpd.GeoDataFrame(frame, geometry=shapes, crs=geometry_of(file, str(path))[1])[shown]


def rows_where(
    result: Assessment, name: str, column: str, is_wanted: Callable[[pd.Series], pd.Series], *,
    with_geometry: bool = False,
) -> pd.DataFrame | None:  # fmt: skip
    """Rows of one frame that hold a wanted value; of stored results the column first, then those rows.

    Parameters
    ----------
    name : str
        Of a frame of :class:`Assessment`.
    column : str
        Of few different texts.
    is_wanted : callable
        Given the column, which rows are wanted.
    with_geometry : bool
        Whether the geometry comes too, where the frame has one.

    Returns
    -------
    pandas.DataFrame or None
        None where there is no such frame or column.
    """
    table = columns_of(result, name, [column], repeated=[column])
    if table is None or column not in table:
        return None
    rows = np.flatnonzero(is_wanted(table[column]).to_numpy(dtype=bool, na_value=False))
    return rows_at(result, name, rows, with_geometry=with_geometry)


def _shown(there: Collection[str], columns: Iterable[str] | None, with_geometry: bool) -> list[str]:
    """Those columns that are there, in the order of the frame."""
    wanted = set(there if columns is None else columns) - {"geometry"} | ({"geometry"} if with_geometry else set())
    return [name for name in there if name in wanted]


def polygons_of(result: Assessment, name: str) -> PolygonColumn:
    """The geometry of one frame; of stored results no geometry objects are made.

    Parameters
    ----------
    name : str
        Of a frame of :class:`Assessment` that is there and has geometry.
    """
    if (path := _unread_path(result, name)) is None:
        frame = getattr(result, name)
        return column_of(np.asarray(frame.geometry.array, dtype=object))
    with reading(path), pq.ParquetFile(path) as file:
        geometry, _ = geometry_of(file, str(path))
        return column_of_wkb(file.read(columns=[geometry])[geometry])


def plane_of(result: Assessment, name: str) -> CRS | None:
    """The coordinate reference system of one frame that is there and has geometry."""
    if (path := _unread_path(result, name)) is None:
        return getattr(result, name).crs
    with reading(path), pq.ParquetFile(path) as file:
        return geometry_of(file, str(path))[1]


def _unread_path(result: Assessment, name: str) -> Path | None:
    """The file of a frame that was not read until now."""
    return result.path(name) if isinstance(result, StoredAssessment) and result.is_unread(name) else None
