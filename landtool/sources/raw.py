"""What every reader returns: the source's own columns, untouched, with their provenance."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd
from pyproj import CRS

from landtool.schema.problems import no_problems


@dataclass(frozen=True)
class RawTable:
    """One source as read, before names, types and units are settled.

    Attributes
    ----------
    frame : pandas.DataFrame or geopandas.GeoDataFrame
        The source's own column names (a repeated header is made unique as ``X``, ``X.2``), on a
        RangeIndex; a vector source has a ``geometry`` column.
    source : str
        Path as the catalogue names it, with ``::layer`` or ``::sheet`` where one file holds several.
    source_row : pandas.Series
        Int64, on the frame's index: the row number a person sees (sheet row, or record counted from 1).
    encoding, encoding_basis : str
        Text encoding and why it was chosen (``declared``, ``cpg``, ``utf-8``, ``gb18030``, ``format``).
    crs : pyproj.CRS or None
        As the file states it; None if it states none.
    rows_in : int
        Records in the source, the unreadable ones included: ``len(frame)`` plus the rows in
        ``problems`` with scope ``row``.
    problems : pandas.DataFrame
        Records that could not be read, and notes (see :mod:`landtool.schema.problems`); ``layer`` is
        left empty and filled in by the workspace.
    """

    frame: pd.DataFrame
    source: str
    source_row: pd.Series
    encoding: str = ""
    encoding_basis: str = ""
    crs: CRS | None = None
    rows_in: int = 0
    problems: pd.DataFrame = field(default_factory=no_problems)
