"""Results left in their folder: a frame is read when it is first asked for, or only some columns or rows of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyproj import CRS

from landtool.assessment import Assessment
from landtool.errors import InputDataError
from landtool.geometry.columns import PolygonColumn, column_of, column_of_wkb
from landtool.reports.results import FRAMES, MARK, read_frame, read_summary
from landtool.sources.parquet import geometry_of

_UNREAD: Any = object()


@dataclass(frozen=True)
class KeyIndex:
    """Where the rows of each subject stand in a frame: what a click asks again and again.

    Attributes
    ----------
    known : pyarrow.Array
        Each subject once.
    codes : numpy.ndarray
        Its place in ``known`` for each row of the frame; below 0 for rows without.
    """

    known: pa.Array
    codes: np.ndarray

    def rows(self, values: Collection[Any]) -> np.ndarray:
        """Rows of some subjects, ascending."""
        places = {pc.index(self.known, value).as_py() for value in values} - {-1}
        found = [np.flatnonzero(self.codes == place) for place in places]
        return np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class StoredAssessment(Assessment):
    """An :class:`Assessment` whose frames are read when they are first asked for; from any thread.

    Attributes
    ----------
    folder : Path
        The result folder.
    made_ns : int
        When the results were written: frames of a later run are refused, not mixed in.
    """

    folder: Path = Path()
    made_ns: int = 0
    _indexes: dict[tuple[str, str], KeyIndex] = field(default_factory=dict, repr=False, compare=False)
    _lock: Any = field(default_factory=threading.RLock, repr=False, compare=False)

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        return self._frame(name) if value is _UNREAD else value

    @property
    def has_geometry(self) -> bool:
        """Whether there are parcels to draw; told by the head of their file where they were not read."""
        if not self.is_unread("parcels"):
            return super().has_geometry
        path = self.path("parcels")
        if not path.is_file():
            return False
        head = pq.read_metadata(path)
        if b"geo" not in (head.metadata or {}):
            return False
        at = head.schema.names.index("geometry")
        groups = (head.row_group(i).column(at).statistics for i in range(head.num_row_groups))
        return any(group is None or group.num_values > 0 for group in groups)

    def is_unread(self, name: str) -> bool:
        """Whether a frame was not asked for until now."""
        return object.__getattribute__(self, name) is _UNREAD

    def path(self, name: str) -> Path:
        """The file of a frame.

        Raises
        ------
        InputDataError
            If the results were made anew in the meantime.
        """
        mark = self.folder / MARK
        if not mark.is_file() or mark.stat().st_mtime_ns != self.made_ns:
            raise InputDataError("the results were made anew", str(self.folder), "reload the page")
        return self.folder / FRAMES[name]

    def index(self, name: str, key: str) -> KeyIndex:
        """The index of one column of a frame that is there, made when it is first asked for."""
        with self._lock:
            if (name, key) not in self._indexes:
                column = pq.read_table(self.path(name), columns=[key])[key].combine_chunks().dictionary_encode()
                self._indexes[name, key] = KeyIndex(column.dictionary, column.indices.fill_null(-1).to_numpy())
            return self._indexes[name, key]

    def _frame(self, name: str) -> pd.DataFrame | None:
        with self._lock:
            if self.is_unread(name):
                object.__setattr__(self, name, read_frame(self.path(name)))
            return object.__getattribute__(self, name)


def open_results(folder: str | Path) -> StoredAssessment:
    """Open what :func:`landtool.write_results` wrote, reading the summary alone for now.

    Raises
    ------
    InputDataError
        If the folder is not a result folder; when a frame is asked for, if its file is damaged.
    """
    folder = Path(folder)
    summary = read_summary(folder)
    frames = dict.fromkeys(FRAMES, _UNREAD)
    return StoredAssessment(summary=summary, **frames, folder=folder,
                            made_ns=(folder / MARK).stat().st_mtime_ns)


def rows_of(
    result: Assessment, name: str, key: str, values: Collection[Any], columns: Iterable[str] | None = None
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

    Returns
    -------
    pandas.DataFrame or None
        None where there is no such frame or key, or no row.
    """
    if not isinstance(result, StoredAssessment) or (path := _unread_path(result, name)) is None:
        frame = getattr(result, name)
        if frame is None or key not in frame:
            return None
        own = frame.loc[frame[key].isin(values), _shown(frame, columns, with_geometry=False)]
    else:
        if not path.is_file() or key not in pq.read_schema(path).names:
            return None
        own = rows_at(result, name, result.index(name, key).rows(values), columns)
    return None if own.empty else own


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
    if (path := _unread_path(result, name)) is None:
        frame = getattr(result, name)
        own: pd.DataFrame = frame.iloc[rows][_shown(frame, columns, with_geometry)]
        return own
    with pq.ParquetFile(path) as file:
        shown = _shown(file.schema_arrow.names, columns, with_geometry)
        ends = np.cumsum([file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)])
        place = np.searchsorted(ends, rows, side="right")
        tables = [file.read_row_group(group, columns=shown).take(
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
    with pq.ParquetFile(path) as file:
        geometry, _ = geometry_of(file, str(path))
        return column_of_wkb(file.read(columns=[geometry])[geometry])


def plane_of(result: Assessment, name: str) -> CRS | None:
    """The coordinate reference system of one frame that is there and has geometry."""
    if (path := _unread_path(result, name)) is None:
        return getattr(result, name).crs
    with pq.ParquetFile(path) as file:
        return geometry_of(file, str(path))[1]


def _unread_path(result: Assessment, name: str) -> Path | None:
    """The file of a frame that was not read until now."""
    return result.path(name) if isinstance(result, StoredAssessment) and result.is_unread(name) else None
