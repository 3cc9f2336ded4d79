"""The parcels as the map page holds them: a few columns of each, the rest of a row read when it is asked for.

The whole frame of a city, with an object for each polygon, would be most of the server's memory, and most of
the time before the first map is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from pyproj import CRS

from landtool.assessment import Assessment
from landtool.columns import dates
from landtool.errors import InputDataError
from landtool.maps.selection import FILTER_COLUMNS, SEARCH_COLUMNS, industries_of
from landtool.maps.themes import THEME_COLUMNS
from landtool.reports.parts import columns_of, plane_of, rows_at
from landtool.webapp.view import View

_COLUMNS = (*THEME_COLUMNS, *FILTER_COLUMNS, *SEARCH_COLUMNS)
# Texts that many rows share.
_REPEATED = ("holder", "park_name", "park_id", "district_code", "idle_status", "industry_code",
             "land_use_code", "classification", "grade")  # fmt: skip


@dataclass(frozen=True)
class MapParcels:
    """Parcels of one result by row; safe to read from many threads.

    Attributes
    ----------
    result : Assessment
        Where the rest of a row is read.
    table : pandas.DataFrame
        What themes, filters, search and tips need of every row; no geometry.
    plane : pyproj.CRS or None
        Of the geometry.
    industries : pandas.Series
        Division of industry of each row.
    years : tuple of int or None
        First and last year of signature; None where there are not two.
    """

    result: Assessment
    table: pd.DataFrame
    plane: CRS | None
    industries: pd.Series
    years: tuple[int, int] | None

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.table)

    def row_of(self, parcel_id: object) -> int | None:
        """Row of a parcel; None where there is none of that number (any more)."""
        rows = np.flatnonzero((self.table["parcel_id"] == parcel_id).to_numpy(dtype=bool, na_value=False))
        return int(rows[0]) if len(rows) else None

    def at(self, rows: np.ndarray, columns: Iterable[str] | None = None, *,
           with_geometry: bool = False) -> pd.DataFrame:  # fmt: skip
        """Ascending rows of the result, read now (see :func:`landtool.reports.parts.rows_at`)."""
        return rows_at(self.result, "parcels", rows, columns, with_geometry=with_geometry)


def map_parcels(view: View) -> MapParcels:
    """The parcels of a view that has geometry; shared by all sessions."""
    return _parcels(view.result, str(view.folder), view.stamp)


@st.cache_resource(show_spinner=False, max_entries=2)
def _parcels(_result: Assessment, folder: str, stamp: float) -> MapParcels:
    table = columns_of(_result, "parcels", _COLUMNS, repeated=_REPEATED)
    if table is None:
        raise InputDataError("the results hold no parcels", folder, "assess the workspace again")
    years = dates(table, "signed_date").dt.year
    return MapParcels(_result, table, plane_of(_result, "parcels"), industries_of(table).astype("category"),
                      (int(years.min()), int(years.max())) if years.nunique() > 1 else None)
