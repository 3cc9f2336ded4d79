"""A list of land as files to carry away: Excel, GeoPackage, and a shapefile older software can read."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from landtool.reports.wording import heading, shown_unit, spoken

# Numbers of an Excel file; nothing else may turn text into a formula or a link.
_TEXT_ONLY = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_DBF_ENCODING = "GB18030"
_DBF_NAME_MAX = 10
_DBF_TEXT_MAX = 254


def list_workbook(rows: pd.DataFrame, language: str) -> bytes:
    """The rows as people read them, as one sheet; every text cell is text, whatever it begins with."""
    import xlsxwriter

    said = spoken(rows, language)
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _TEXT_ONLY) as book:
        sheet = book.add_worksheet()
        head = book.add_format({"bold": True, "bg_color": "#E8EEF2", "text_wrap": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for place, name in enumerate(said):
            unit = shown_unit(name)
            number = book.add_format({"num_format": f"#,##0.{'0' * unit.digits}" if unit and unit.digits
                                      else "#,##0" if unit else "General"})
            sheet.write_string(0, place, heading(name, language), head)
            sheet.set_column(place, place, 40 if name == "message" else 16)
            _write_column(sheet, place, said[name], number, day)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(said), max(len(said.columns) - 1, 0))
    return target.getvalue()


def _write_column(sheet: object, place: int, column: pd.Series, number: object, day: object) -> None:
    dated = pd.api.types.is_datetime64_any_dtype(column)
    counted = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    for row, value in enumerate(column.tolist(), start=1):
        if pd.isna(value):
            continue
        if dated:
            sheet.write_datetime(row, place, value.to_pydatetime(), day)  # type: ignore[attr-defined]
        elif counted:
            sheet.write_number(row, place, value, number)  # type: ignore[attr-defined]
        else:
            sheet.write_string(row, place, str(value))  # type: ignore[attr-defined]


def list_geopackage(rows: gpd.GeoDataFrame, language: str) -> bytes:
    """The rows in SI units under their canonical names, as one layer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.gpkg"
        _storable(rows).to_file(path, layer="idle_land", driver="GPKG", engine="pyogrio",
                                promote_to_multi=True)
        return path.read_bytes()


def list_shapefile(rows: gpd.GeoDataFrame, language: str) -> bytes:
    """The rows as a zipped shapefile in GB18030, with a list of what its short field names mean.

    Field names are cut to ten characters and stay unique; texts are cut to what the format holds.
    """
    plain = _storable(rows)
    names = _short_names([name for name in plain.columns if name != "geometry"])
    for name in names:
        if pd.api.types.is_datetime64_any_dtype(plain[name]):  # the format has no time of day
            plain[name] = plain[name].dt.strftime("%Y-%m-%d")
        if plain[name].dtype == object or isinstance(plain[name].dtype, pd.StringDtype):
            plain[name] = _cut(plain[name])
    with tempfile.TemporaryDirectory() as folder:
        plain.rename(columns=names).to_file(Path(folder) / "idle_land.shp", engine="pyogrio",
                                            encoding=_DBF_ENCODING)
        (Path(folder) / "idle_land.cpg").write_text(_DBF_ENCODING, encoding="ascii")
        told = "\r\n".join(f"{short}\t{heading(name, language)}\t{name}" for name, short in names.items())
        (Path(folder) / "fields.txt").write_bytes(told.encode("utf-8-sig"))
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(Path(folder).iterdir()):
                packed.write(path, path.name)
        return target.getvalue()


def _storable(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Only rows with a polygon, in types that GDAL stores; columns empty throughout left out."""
    kept = rows[rows.geometry.notna()]
    kept = kept.drop(columns=[name for name in kept if name != "geometry" and kept[name].isna().all()])
    return kept.assign(**{name: kept[name].astype("float64") for name in kept
                          if kept[name].dtype in ("Int64", "boolean")})  # fmt: skip


def _short_names(names: list[str]) -> dict[str, str]:
    """Field names of at most ten characters, each used once.

    Examples
    --------
    >>> _short_names(["cluster", "cluster_parcels", "cluster_area_m2"])
    {'cluster': 'cluster', 'cluster_parcels': 'cluster_pa', 'cluster_area_m2': 'cluster_ar'}
    """
    found: dict[str, str] = {}
    for name in names:
        short, number = name[:_DBF_NAME_MAX], 1
        while short in found.values():
            number += 1
            short = f"{name[: _DBF_NAME_MAX - len(str(number))]}{number}"
        found[name] = short
    return found


def _cut(column: pd.Series) -> pd.Series:
    """Texts cut to the bytes a field holds, never inside a character."""
    texts = column.astype("object").where(column.notna(), None)
    values = [None if value is None else
              str(value).encode(_DBF_ENCODING, "replace")[:_DBF_TEXT_MAX].decode(_DBF_ENCODING, "ignore")
              for value in texts]  # fmt: skip
    return pd.Series(np.array(values, dtype=object), index=column.index)
