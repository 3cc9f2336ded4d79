"""Chosen parcels as a file to take away: workbook, GeoPackage, CSV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool.assessment import Assessment
from landtool.reports.geopackage import geopackage_bytes
from landtool.reports.list_files import list_workbook
from landtool.reports.wording import heading, spoken
from landtool.webapp.map_parcels import map_parcels
from landtool.webapp.view import View

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Export:
    """One kind of file."""

    suffix: str
    mime: str
    write: Callable[[View, np.ndarray], bytes]


def _table(view: View, rows: np.ndarray) -> pd.DataFrame:
    """The parcels in people's words, without geometry."""
    own = map_parcels(view).at(rows)
    said = spoken(own, view.language).dropna(axis="columns", how="all")
    return said.rename(columns={name: heading(str(name), view.language) for name in said})


def _workbook(view: View, rows: np.ndarray) -> bytes:
    own = map_parcels(view).at(rows)
    return list_workbook(own.dropna(axis="columns", how="all"), view.language)


def _csv(view: View, rows: np.ndarray) -> bytes:
    table = _table(view, rows)
    for name in table.columns:
        if not pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_datetime64_any_dtype(table[name]):
            text = table[name].astype("str")
            table[name] = text.where(~text.str.startswith(_FORMULA_SIGNS).fillna(False), "'" + text)
    # With a mark of its encoding: Excel reads it as Chinese.
    return table.to_csv(index=False, date_format="%Y-%m-%d").encode("utf-8-sig")


def _geopackage(view: View, rows: np.ndarray) -> bytes:
    own = map_parcels(view).at(rows, with_geometry=True)
    return geopackage_bytes(Assessment(view.result.summary, parcels=own))


EXPORTS = {
    "Excel": Export("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _workbook),
    "GeoPackage": Export("gpkg", "application/geopackage+sqlite3", _geopackage),
    "CSV": Export("csv", "text/csv", _csv),
}
