"""The workbook: every result as a sheet that people filter, print and follow by its links.

Text of the data is written as text, whatever it begins with; numbers are numbers in the units people
read; unknown is an empty cell.
"""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from landtool import messages
from landtool.assessment import Assessment
from landtool.atomic import replace_file
from landtool.maps.assessment_map import drawn_parcels
from landtool.reports.district import district_part
from landtool.reports.sheet_rows import Fill, fill_rows, is_number, numbers_of
from landtool.reports.sheet_tables import Sheet, text_places
from landtool.reports.wording import shown_unit
from landtool.reports.workbook_links import Places, with_places
from landtool.reports.workbook_sheets import make_sheets
from landtool.reports.workbook_summary import write_summary

# A sheet of Excel holds 1 048 576 rows, and 65 530 links.
ROWS_MOST = 1_000_000
LINKS_MOST = 60_000
_WIDEST, _NARROWEST, _SAMPLE = 60, 9, 200
_FITS_A4 = 12
# Two lines of a heading; a row that shows more lines than this hides the others.
_HEAD_PT, _LINES_MOST = 32, 12
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
# Lines break at words: a text fills not quite the width.
_CLOSE = 1.1
_DECIMALS = {"1": 1, "2": 2, "ha": 4, "raw": 4}
_LONG = frozenset({"message", "clause", "reason", "remedy", "meaning", "note"})
_FORMATS: dict[str, dict[str, Any]] = {
    "head": {"bold": True, "bg_color": "#E8EEF2", "bottom": 1, "text_wrap": True, "valign": "vcenter"},
    "link": {"num_format": "@", "indent": 1, "font_color": "#0563C1", "underline": 1},
    "text": {"num_format": "@", "indent": 1}, "long": {"num_format": "@", "text_wrap": True},
    "date": {"num_format": "yyyy-mm-dd", "align": "center"}, "whole": {"num_format": "#,##0"},
    "plain": {"num_format": "0", "align": "center"}, "0": {"num_format": "#,##0"}, "1": {"num_format": "#,##0.0"},
    "2": {"num_format": "#,##0.00"}, "ha": {"num_format": "#,##0.00##"}, "raw": {"num_format": "#,##0.####"},
}  # fmt: skip


def write_workbook(
    result: Assessment, path: str | Path, language: str | None = None, *, map_file: Path | None = None,
    cases: Sequence[Mapping[str, Any]] = (), app: str | None = None, district: str | None = None,
) -> Path:  # fmt: skip
    """Write an assessment as one xlsx file.

    Parameters
    ----------
    result : Assessment
        What :func:`landtool.assess` returned or :func:`landtool.read_results` read.
    path : str or Path
        The file; replaced as a whole or not at all.
    language : {"zh", "en"}, optional
        The assessment's own if not given.
    map_file : Path, optional
        A map that the first sheet and every row with a parcel link to, by its way from the workbook.
    cases : sequence of mappings, optional
        The worklist, see :meth:`landtool.cases.CaseStore.rows`: a sheet of its own, and a link from every
        row that has a case.
    app : str, optional
        Address of the app (``http://127.0.0.1:8501``): case numbers lead to their page there.
    district : str, optional
        Code or name of a district: the workbook holds its land and its cases alone.

    Returns
    -------
    Path

    Raises
    ------
    InputDataError
        If there is no such district.
    OutputError
        If the place cannot be written, or the file is open in another program.
    """
    path = Path(path)
    link = None if map_file is None else _relative(map_file, path.parent)
    replace_file(path, workbook_bytes(result, language, map_link=link, cases=cases, app=app, district=district))
    return path


def workbook_bytes(
    result: Assessment, language: str | None = None, *, map_link: str | None = None,
    cases: Sequence[Mapping[str, Any]] = (), app: str | None = None, district: str | None = None,
) -> bytes:  # fmt: skip
    """The content of :func:`write_workbook`; the same bytes for the same assessment."""
    language = language or result.language
    if district is not None:
        result = district_part(result, district)
        cases = [case for case in cases if case["district_code"] == result.summary["district"]]
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, _OPTIONS)
    day = dt.datetime.fromisoformat(str(result.summary["as_of"]))
    book.set_properties({"title": str(result.summary["name"]), "created": day})
    drawn = frozenset() if map_link is None else frozenset(drawn_parcels(result))
    sheets = with_places(make_sheets(result, language), Places(map_link, drawn, cases, app), language)
    tables = [sheet for sheet in sheets if isinstance(sheet, Sheet)]
    front = book.add_worksheet(messages.say("workbook.sheet_summary", language))
    pages = _Pages(book, tables, language)
    write_summary(book, front, result, language, sheets, pages.first_of, map_link)
    fills = [fill for sheet in tables for fill in pages.write(sheet)]
    book.close()
    return fill_rows(target.getvalue(), {at: fill for at, fill in enumerate(fills, start=1)
                                         if len(fill.table)})


def _relative(target: Path, start: Path) -> str | None:
    """Way from the workbook's folder to a file, as a link takes it; None across drives."""
    try:
        return Path(os.path.relpath(target.resolve(), start.resolve())).as_posix()
    except ValueError:
        return None


class _Pages:
    """The worksheets of the tables: heading, widths, filter and one pattern row a kind of cell."""

    def __init__(self, book: Any, sheets: list[Sheet], language: str) -> None:
        self._book = book
        self._formats: dict[str, Any] = {}
        self._names: dict[str, list[str]] = {}
        self._places: dict[str, pd.Series] = {}
        wanted = {to for sheet in sheets for to in sheet.links.values()}
        for sheet in sheets:
            name = messages.say(f"workbook.sheet_{sheet.key}", language)
            count = max(1, -(-len(sheet.table) // ROWS_MOST))
            self._names[sheet.key] = [name] + [f"{name} {part}" for part in range(2, count + 1)]
            if sheet.key in wanted and sheet.row_key in sheet.table:
                self._places[sheet.key] = self._where(sheet)

    def first_of(self, key: str) -> str:
        """Name of the worksheet on which a table begins."""
        return self._names[key][0]

    def write(self, sheet: Sheet) -> list[Fill]:
        """Prepare the worksheets of one table, several where it has more rows than one holds."""
        fills = []
        for part, name in enumerate(self._names[sheet.key]):
            rows = sheet.table.iloc[part * ROWS_MOST : (part + 1) * ROWS_MOST]
            fill = Fill(rows, self._targets(sheet, rows), _outside(sheet, rows), _lines(sheet, rows))
            self._prepare(sheet, name, fill)
            fills.append(fill)
        return fills

    def _where(self, sheet: Sheet) -> pd.Series:
        """Place of each row of a sheet by the text that names it."""
        at = pd.RangeIndex(len(sheet.table)).to_series()
        names = pd.Series(self._names[sheet.key])
        sheets = (at // ROWS_MOST).map(names)
        places = "'" + sheets + "'!A" + (at % ROWS_MOST + 2).astype("str")
        places.index = pd.Index(sheet.table[sheet.row_key].astype("object"))
        return places[places.index.notna() & ~places.index.duplicated()]

    def _targets(self, sheet: Sheet, rows: pd.DataFrame) -> dict[str, pd.Series]:
        if len(rows) * (len(sheet.links) + len(sheet.outside)) > LINKS_MOST:
            return {}
        found = {name: rows[name].astype("object").map(self._places[to])
                 for name, to in sheet.links.items() if to in self._places}
        return {name: places for name, places in found.items() if places.notna().any()}

    def _prepare(self, sheet: Sheet, name: str, fill: Fill) -> None:
        rows = fill.table
        page, last = self._book.add_worksheet(name), max(0, len(rows.columns) - 1)
        for at, column in enumerate(rows.columns):
            kind = _kind(rows[column], str(column))
            page.set_column(at, at, _width(sheet.headings[at], rows[column], kind))
            page.write_string(0, at, sheet.headings[at], self._format("head"))
            if len(rows):
                page.write_blank(1, at, None, self._format(kind))
                if column in fill.outside:
                    page.write_url(2, at, "external:x.x", self._format("link"), "x")
                elif column in fill.targets:
                    page.write_url(2, at, "internal:'x'!A1", self._format("link"), "x")
        page.set_row(0, _HEAD_PT)
        page.freeze_panes(1, 1)
        page.autofilter(0, 0, len(rows), last)
        page.set_landscape()
        page.set_paper(8 if last > _FITS_A4 else 9)
        # A table of forty columns on one page wide could not be read.
        page.fit_to_pages(1 if last <= _FITS_A4 else 2, 0)
        page.repeat_rows(0)

    def _format(self, kind: str) -> Any:
        if kind not in self._formats:
            self._formats[kind] = self._book.add_format({"valign": "top", **_FORMATS[kind]})
        return self._formats[kind]


def _outside(sheet: Sheet, rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Ways out of a worksheet, as long as Excel holds all of its links."""
    if len(rows) * (len(sheet.links) + len(sheet.outside)) > LINKS_MOST:
        return {}
    return {name: own for name, ways in sheet.outside.items() if (own := ways.loc[rows.index]).notna().any()}


def _lines(sheet: Sheet, rows: pd.DataFrame) -> np.ndarray | None:
    """Lines that the long texts of each row take in the width of their column."""
    found = np.ones(len(rows), dtype="int64")
    for at, name in enumerate(rows.columns):
        if _kind(rows[name], str(name)) == "long":
            width = _width(sheet.headings[at], rows[name], "long")
            texts = pa.array(rows[name].astype("object").where(rows[name].notna(), "").astype("str"), pa.large_string())
            # Chinese takes three bytes and two places a sign, Latin one and one.
            places = (pc.add(pc.binary_length(texts), pc.cast(pc.utf8_length(texts), pa.int64()))).to_numpy(
                zero_copy_only=False) / 2
            found = np.maximum(found, np.ceil(places * _CLOSE / width).astype("int64"))
    return np.minimum(found, _LINES_MOST) if (found > 1).any() else None


def _kind(column: pd.Series, name: str) -> str:
    """Which format the cells of a column take."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    if not is_number(column):
        return "long" if name in _LONG else "text"
    unit = shown_unit(name)
    if name.endswith(("year", "source_row", "_grade")):
        return "plain"
    if unit is not None:
        return "ha" if unit.name == "ha" else str(unit.digits)
    return "whole" if pd.api.types.is_integer_dtype(column) else "raw"


def _width(title: str, column: pd.Series, kind: str) -> float:
    """Width that fits the words: a Chinese sign takes two places."""
    if kind == "date":
        return 12.0
    if kind not in ("text", "long"):
        return float(max(_NARROWEST, min(text_places(title) * 0.7, 16), _figure_places(column, kind) + 2))
    longest = max((text_places(str(text)) for text in column.iloc[:_SAMPLE].dropna()), default=0)
    return float(min(max(_NARROWEST, longest + 2, text_places(title) * 0.7), _WIDEST))


def _figure_places(column: pd.Series, kind: str) -> int:
    """Signs of the longest figure of a column: one too long for its cell would be shown as ####."""
    figures = numbers_of(column)
    known = figures[np.isfinite(figures)]
    most = float(np.abs(known).max()) if len(known) else 0.0
    return len(f"{-most:,.{_DECIMALS.get(kind, 0)}f}")
