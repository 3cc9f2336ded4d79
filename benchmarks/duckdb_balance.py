"""The strongest peer: DuckDB with its spatial extension, from files, unchanged polygons dismissed first.

Its dismissal compares bytes, so that it holds for layers written by the same program alone; areas are those of
the plane, and it tells areas of pairs of codes only: no gains and losses, no overlaps inside a layer, no causes.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import duckdb
import pandas as pd

_MATRIX = """
WITH same AS (SELECT a.code AS was, b.code AS now, ST_Area(ST_GeomFromWKB(a.shape)) AS area
              FROM a JOIN b ON a.shape = b.shape),
     one AS (SELECT code, ST_GeomFromWKB(shape) AS shape FROM a ANTI JOIN b ON a.shape = b.shape),
     two AS (SELECT code, ST_GeomFromWKB(shape) AS shape FROM b ANTI JOIN a ON a.shape = b.shape),
     cut AS (SELECT one.code AS was, two.code AS now, ST_Area(ST_Intersection(one.shape, two.shape)) AS area
             FROM one JOIN two ON ST_Intersects(one.shape, two.shape))
SELECT was, now, sum(area) AS area FROM (FROM same UNION ALL FROM cut) GROUP BY ALL ORDER BY ALL
"""


def connect() -> duckdb.DuckDBPyConnection:
    """A database in memory with the spatial extension of the package index: nothing is downloaded."""
    package = resources.files("duckdb_extension_spatial")
    extension = Path(str(package)) / "extensions" / f"v{duckdb.__version__}" / "spatial.duckdb_extension"
    link = duckdb.connect()
    link.execute(f"LOAD '{extension}'")
    link.execute("SET enable_geoparquet_conversion = false")  # bytes as they stand in the file
    return link


def by_duckdb(first: Path, second: Path) -> pd.Series:
    """Plane area by pair of codes."""
    with connect() as link:
        for name, path in (("a", first), ("b", second)):
            link.execute(f"CREATE TEMP TABLE {name} AS SELECT land_use_code AS code, geometry AS shape "
                         f"FROM read_parquet('{path}')")  # fmt: skip
        found = link.execute(_MATRIX).fetchall()
    index = pd.MultiIndex.from_tuples([row[:2] for row in found])
    return pd.Series([row[2] for row in found], index=index, dtype="float64")
