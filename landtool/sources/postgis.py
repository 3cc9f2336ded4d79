"""Tables and views of a PostGIS database. Passwords never reach a label, a report or an error."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from pyproj import CRS
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from landtool.errors import InputDataError
from landtool.schema.problems import concat_problems, make_problems
from landtool.sources.gdal import first_line, note, unreadable
from landtool.sources.geometries import decode_wkb, type_name
from landtool.sources.raw import RawTable
from landtool.sources.vector_bulk import as_crs

#: Seconds to wait for the server to answer at all.
CONNECT_TIMEOUT = 8
_SCHEMES = {"postgresql", "postgres", "postgresql+psycopg", "postgis"}
_COLUMNS = """
    SELECT a.attname AS name, t.typname AS kind
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = :table AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""
_TABLES = """
    SELECT n.nspname AS schema, c.relname AS name, c.oid AS oid,
           pg_catalog.pg_table_is_visible(c.oid) AS visible
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT LIKE 'pg!_%' ESCAPE '!'
      AND n.nspname <> 'information_schema'
    ORDER BY 1, 2
"""


@dataclass(frozen=True)
class _Table:
    schema: str
    name: str
    oid: int


def read_postgis(
    url: str,
    table: str,
    *,
    geometry: bool = True,
    geometry_column: str | None = None,
    source: str | None = None,
) -> RawTable:
    """Read a table or view.

    Parameters
    ----------
    url : str
        ``postgresql://user:password@host:port/database``; the password may also come from the
        environment (PGPASSWORD) or ~/.pgpass.
    table : str
        Name, with its schema where it is not on the search path: ``land.parcels``.
    geometry : bool
        Read the geometry column; otherwise the table is read without it.
    geometry_column : str, optional
        Which one, where the table has several.
    source : str, optional
        Name in reports; made from host, database and table otherwise.

    Returns
    -------
    RawTable
        A GeoDataFrame in 2D with arcs as lines; the CRS follows from the SRID. Rows are numbered in the
        order the server returns them.

    Raises
    ------
    InputDataError
        If the server cannot be reached, refuses, or has no such table or geometry column.
    """
    address = server_address(url, f"url of table {table}")
    label = source or f"{safe_label(address)}::{table}"
    with _connected(address, label) as connection:
        found = _find(connection, table, label)
        columns = pd.read_sql(sa.text(_COLUMNS), connection, params={"table": found.oid})
        spatial = columns["kind"].isin(["geometry", "geography"])
        shape = _geometry_column(columns[spatial]["name"].tolist(), geometry_column, label) if (
            geometry) else None
        plain = columns[~spatial]["name"].tolist()
        frame, wkb = _fetch(connection, found, plain, shape)
        if shape is None:
            return _plain(frame, label)
        crs, notes = _crs(connection, found, shape, label)
    return _spatial(frame, wkb, crs, label, notes)


def safe_label(url: str | URL) -> str:
    """Host and database of an address, without user and password.

    Examples
    --------
    >>> safe_label("postgresql://planner:secret@db.local:5432/land")
    'postgresql://db.local:5432/land'
    """
    address = server_address(url) if isinstance(url, str) else url
    port = f":{address.port}" if address.port else ""
    return f"postgresql://{quote(address.host or 'localhost', safe='.-:')}{port}/{address.database or ''}"


def server_address(url: str, where: str = "url") -> URL:
    """Read the address of a PostgreSQL server, for the driver landtool carries.

    Raises
    ------
    InputDataError
        If it is no such address.

    Examples
    --------
    >>> server_address("postgres://planner@db.local/land").drivername
    'postgresql+psycopg'
    """
    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise InputDataError("database address cannot be understood", where,
                             "write postgresql://user@host:5432/database") from error
    if address.drivername not in _SCHEMES:
        raise InputDataError(f"unknown kind of database {address.drivername!r}", where,
                             "write postgresql://user@host:5432/database")
    return address.set(drivername="postgresql+psycopg")


@contextmanager
def _connected(address: URL, label: str) -> Iterator[Connection]:
    """A read-only connection, closed at the end."""
    engine = None
    try:
        engine = sa.create_engine(address, poolclass=sa.pool.NullPool,
                                  connect_args=_connect_args(address))
        with engine.connect() as connection:
            yield connection.execution_options(postgresql_readonly=True)
    except (SQLAlchemyError, NoSuchModuleError, UnicodeDecodeError) as error:
        said = _without_password(first_line(getattr(error, "orig", None) or error), address)
        raise InputDataError(f"database cannot be read ({said})", label,
                             "check address, user, password and rights") from None
    finally:
        if engine is not None:
            engine.dispose()


def _connect_args(address: URL) -> dict[str, int]:
    return {} if "connect_timeout" in address.query else {"connect_timeout": CONNECT_TIMEOUT}


def _without_password(text: str, address: URL) -> str:
    password = address.password
    if not password:
        return text
    return text.replace(str(password), "***").replace(quote(str(password)), "***")


def _find(connection: Connection, table: str, label: str) -> _Table:
    """The table by name; names are compared, never put into SQL."""
    listed = pd.read_sql(sa.text(_TABLES), connection)
    full = listed["schema"] + "." + listed["name"]
    bare = table.replace('"', "")
    exact = listed[full == bare]
    visible = listed[(listed["name"] == bare) & listed["visible"]]
    elsewhere = listed[listed["name"] == bare]
    for candidates in (exact, visible, elsewhere):
        if len(candidates) == 1:
            row = candidates.iloc[0]
            return _Table(str(row["schema"]), str(row["name"]), int(row["oid"]))
    if len(elsewhere) > 1:
        raise InputDataError(f"table {bare!r} stands in several schemas", label,
                             f"choose one of: {', '.join(full[elsewhere.index])}")
    near = difflib.get_close_matches(bare, [*full, *listed["name"]], n=3, cutoff=0.5)
    raise InputDataError(f"no table or view {bare!r}", label,
                         f"did you mean: {', '.join(near)}" if near else "check name, schema and rights")


def _geometry_column(names: list[str], wanted: str | None, label: str) -> str | None:
    if wanted is not None:
        if wanted not in names:
            raise InputDataError(f"no geometry column {wanted!r}", label,
                                 f"choose one of: {', '.join(names) or 'none there'}")
        return wanted
    if len(names) > 1:
        raise InputDataError("table has several geometry columns", label,
                             f"make a view with one of: {', '.join(names)}")
    return names[0] if names else None


def _fetch(
    connection: Connection, table: _Table, plain: list[str], shape: str | None
) -> tuple[pd.DataFrame, pa.Array | None]:
    quoted = connection.dialect.identifier_preparer.quote_identifier
    target = f"{quoted(table.schema)}.{quoted(table.name)}"
    wanted = [quoted(name) for name in plain]
    hidden = "landtool_wkb"
    if shape is not None:
        wanted.append(f"ST_AsBinary(ST_CurveToLine({quoted(shape)}::geometry)) AS {quoted(hidden)}")
    # Every identifier was found in the catalogue of the database itself and is quoted.
    statement = f"SELECT {', '.join(wanted) or '1 AS one'} FROM {target}"
    rows = connection.exec_driver_sql(statement).fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in wanted]
    wkb = pa.array([None if cell is None else bytes(cell) for cell in columns[-1]],
                   pa.large_binary()) if shape is not None else None
    settled = {name: _settle(pd.Series(list(cells), dtype="object"))
               for name, cells in zip(plain, columns, strict=False)}  # fmt: skip
    return pd.DataFrame(settled, index=pd.RangeIndex(len(rows))), wkb


def _settle(cells: pd.Series) -> pd.Series:
    """A column of Python values as its proper type; what has none stays as it is."""
    kind = pd.api.types.infer_dtype(cells, skipna=True)
    if kind in {"date", "datetime"}:
        return pd.to_datetime(cells)
    types = {"integer": "Int64", "boolean": "boolean", "decimal": "float64", "floating": "float64",
             "mixed-integer-float": "float64", "string": "str", "empty": "str"}  # fmt: skip
    return cells.astype(types[kind]) if kind in types else cells


def _crs(
    connection: Connection, table: _Table, shape: str, label: str
) -> tuple[CRS | None, list[pd.DataFrame]]:
    quoted = connection.dialect.identifier_preparer.quote_identifier
    target = f"{quoted(table.schema)}.{quoted(table.name)}"
    column = quoted(shape)
    statement = (f"SELECT DISTINCT ST_SRID({column}::geometry) FROM {target} "
                 f"WHERE {column} IS NOT NULL")
    srids = [int(row[0]) for row in connection.exec_driver_sql(statement)]
    if len(srids) > 1:
        raise InputDataError(f"geometries are in several systems (SRID {sorted(srids)})", label,
                             "make a view that transforms them into one")
    if not srids or srids[0] <= 0:
        return None, [note("crs_absent", label)]
    row = connection.execute(
        sa.text("SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = :srid"),
        {"srid": srids[0]}).first()
    crs = None
    if row is not None:
        crs = as_crs(f"{row[0]}:{row[1]}") if row[0] else None
        crs = crs or as_crs(row[2])
    return crs, [] if crs is not None else [note("crs_unreadable", label, value=f"SRID {srids[0]}")]


def _plain(frame: pd.DataFrame, label: str) -> RawTable:
    rows = pd.Series(np.arange(1, len(frame) + 1), index=frame.index, dtype="Int64")
    return RawTable(frame, label, rows, "utf-8", "format", None, len(frame))


def _spatial(
    frame: pd.DataFrame, wkb: pa.Array | None, crs: CRS | None, label: str, notes: list[pd.DataFrame]
) -> RawTable:
    made = decode_wkb(wkb)
    numbers = np.arange(1, len(frame) + 1)
    failed, spatial = made.failed, made.spatial | made.curved
    problems = [unreadable(label, numbers[failed], ["its geometry cannot be understood"] * int(failed.sum()))]
    if spatial.any():
        problems.append(make_problems(
            layer="", kind="geometry_not_polygon", scope="row", source=label, field="geometry",
            source_row=numbers[spatial].tolist(),
            value=[type_name(code) for code in made.codes[spatial].tolist()]))
    if made.flattened:
        problems.append(note("z_dropped", label, value=str(made.flattened)))
    keep = np.flatnonzero(~failed & ~spatial)
    frame = frame.rename(columns={"geometry": "geometry.2"}) if "geometry" in frame else frame
    whole = gpd.GeoDataFrame(frame.iloc[keep].reset_index(drop=True), geometry=made.geometry[keep],
                             crs=crs)
    return RawTable(whole, label, pd.Series(numbers[keep], index=whole.index, dtype="Int64"), "utf-8",
                    "format", crs, len(frame), concat_problems([*problems, *notes]))
