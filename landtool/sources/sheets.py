"""Workbooks: xlsx, xls, xlsb and ods, with the types their cells carry."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import python_calamine as calamine

from landtool.errors import InputDataError
from landtool.sources.block import Block, Merge, block_from_grid, letter, note
from landtool.sources.header import SEARCHED_ROWS, find_header

CELLS_MAX = 100_000_000
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
_LATER_COLUMN = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{2,3})\d+"[^>]*(?<!/)>')
_ROW = re.compile(rb'<(?:\w+:)?row\s[^>]*?\br="(\d+)"')
_ERROR = re.compile(
    rb'<c\s(?=[^>]*\bt="e")[^>]*?\br="([A-Z]+)(\d+)"[^>]*>(?:<f[^>]*?/>|<f[^>]*>[^<]*</f>)?<v>([^<]*)</v>'
)
_NO_VALUE = re.compile(
    rb'<c\s(?![^>]*\bt="str")[^>]*?\br="([A-Z]+)(\d+)"[^>]*><f(?:\s[^>]*)?>([^<]*)</f>'
    rb"(?:<v\s*/>|<v></v>)?</c>"
)
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
_SHEET = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_VISIBLE = calamine.SheetVisibleEnum.Visible
_MEND_OPEN = "open it in a spreadsheet program and save it again as .xlsx"


def read_sheet(
    path: Path, sheet: int | str | None, header_words: Collection[str], source: str
) -> Block:
    """Read one sheet of a workbook.

    Parameters
    ----------
    path : pathlib.Path
        An xlsx, xls, xlsb or ods file, whatever its suffix.
    sheet : int or str, optional
        Position counted from 0, or name. None: the only sheet with cells; of several, the first whose
        header holds known words, with a note.
    header_words : collection of str
        Names that the layer's columns go by.
    source : str
        Path as the catalogue names it.

    Returns
    -------
    Block
        Cells keep their types: text, float64, Int64, datetime64[us], boolean, object where mixed. An
        error cell (``#N/A``) and a formula that was never calculated hold their own text, so that they
        are not taken for empty.

    Raises
    ------
    InputDataError
        If the file is damaged or encrypted, the sheet is not there or empty, or its cells lie so far
        apart that it cannot be held in memory.
    """
    odd = _odd_cells(path, source) if zipfile.is_zipfile(path) else {}
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            return _read(book, sheet, header_words, source, odd)
    except calamine.PasswordError as error:
        raise encrypted(source) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise InputDataError(f"workbook cannot be read ({_short(error)})", source, _MEND_OPEN) from error


def sheet_headers(
    path: Path, header_words: Collection[str], source: str
) -> list[tuple[str, tuple[str, ...]]]:
    """The visible sheets that have a header, with its names.

    Raises
    ------
    InputDataError
        If the workbook cannot be read.
    """
    if zipfile.is_zipfile(path):
        _odd_cells(path, source)
    found = []
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            for meta in book.sheets_metadata:
                if meta.typ != calamine.SheetTypeEnum.WorkSheet or meta.visible != _VISIBLE:
                    continue
                sheet = book.get_sheet_by_name(meta.name)
                try:
                    block = _block(sheet, header_words, source, [], SEARCHED_ROWS)
                except InputDataError:
                    continue
                found.append((meta.name, tuple(map(str, block.frame.columns))))
    except calamine.PasswordError as error:
        raise encrypted(source) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise InputDataError(f"workbook cannot be read ({_short(error)})", source, _MEND_OPEN) from error
    return found


def encrypted(source: str) -> InputDataError:
    """The error for a workbook that asks for a password."""
    return InputDataError("the workbook is encrypted", source,
                          "open it with its password and save a copy without one")


def _read(
    book: Any, sheet: int | str | None, words: Collection[str], source: str,
    odd: dict[str, list[tuple[int, int, str]]],
) -> Block:  # fmt: skip
    visible = [meta.name for meta in book.sheets_metadata
               if meta.typ == calamine.SheetTypeEnum.WorkSheet]
    hidden = {meta.name for meta in book.sheets_metadata
              if meta.visible != _VISIBLE}
    notes: list[pd.DataFrame] = []
    if sheet is None:
        name, others = _choose(book, [n for n in visible if n not in hidden] or visible, words, source)
        if others:
            notes.append(note("sheet_chosen", source, value=name, detail="、".join(others)))
    else:
        name, others = _named(visible, sheet, source), visible[1:]
    where = f"{source}::{name}" if others else source
    block = _block(book.get_sheet_by_name(name), words, where, odd.get(name, []))
    block.problems.extend(notes)
    return Block(block.frame, block.rows, block.labels, block.problems, name if others else "")


def _named(names: list[str], sheet: int | str, source: str) -> str:
    offer = f"name one of: {', '.join(name.strip() for name in names)}"
    if isinstance(sheet, int):
        if 0 <= sheet < len(names):
            return names[sheet]
        raise InputDataError(f"no sheet number {sheet} (counted from 0)", source, offer)
    same = [name for name in names if name == sheet] or [
        name for name in names if name.strip().casefold() == sheet.strip().casefold()
    ]
    if not same:
        raise InputDataError(f"no sheet {sheet!r}", source, offer)
    return same[0]


def _choose(
    book: Any, names: list[str], words: Collection[str], source: str
) -> tuple[str, list[str]]:
    filled = [name for name in names if book.get_sheet_by_name(name).height]
    if not filled:
        raise InputDataError("the workbook has no cells", source, "export it again with its records")
    chosen = filled[0]
    if len(filled) > 1 and words:
        hits = {name: _hits(book.get_sheet_by_name(name), words) for name in filled}
        chosen = next((name for name in filled if hits[name] >= 2), chosen)
    return chosen, [name.strip() for name in filled if name != chosen]


def _hits(sheet: Any, words: Collection[str]) -> int:
    try:
        return find_header(sheet.to_python(nrows=SEARCHED_ROWS), words).hits
    except InputDataError:
        return 0


def _block(
    sheet: Any, words: Collection[str], where: str, odd: list[tuple[int, int, str]],
    rows: int | None = None,
) -> Block:  # fmt: skip
    grid = sheet.to_python(nrows=rows)
    top, left = sheet.start or (0, 0)
    width = max((len(row) for row in grid), default=0)
    for row, column, text in odd:
        if 0 <= row - top < len(grid) and 0 <= column - left < width:
            grid[row - top][column - left] = text
    numbers = np.arange(len(grid), dtype="int64") + top + 1
    block = block_from_grid(grid, numbers, words, source=where, merges=_merges(sheet, top, left))
    if odd:
        block.problems.append(
            note("cell_not_calculated", where, source_row=[row + 1 for row, _, _ in odd],
                 field=[f"column {letter(column)}" for _, column, _ in odd],
                 value=[text for _, _, text in odd])
        )  # fmt: skip
    return block


def _merges(sheet: Any, top: int, left: int) -> list[Merge]:
    return [
        (a - top, b - left, c - top, d - left)
        for (a, b), (c, d) in sheet.merged_cell_ranges or []
        if a >= top and b >= left
    ]


def _odd_cells(path: Path, source: str) -> dict[str, list[tuple[int, int, str]]]:
    """Per sheet of an xlsx: error cells and formulas without a value, which read as empty.

    Also refuses a sheet whose used cells span an area too large to be held.
    """
    found: dict[str, list[tuple[int, int, str]]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            sheets = _sheet_parts(archive)
            for part in filter(_SHEET_PART.fullmatch, archive.namelist()):
                xml = archive.read(part)
                _refuse_scattered(xml, source)
                cells = _ERROR.findall(xml) if b't="e"' in xml else []
                cells += _NO_VALUE.findall(xml) if b"<f" in xml else []
                found[sheets.get(part, part)] = [
                    (int(row) - 1, _position(column), _shown(text)) for column, row, text in cells
                ]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise InputDataError(f"workbook is damaged or cut short ({_short(error)})", source,
                             "copy or export the file again") from error
    return {name: cells for name, cells in found.items() if cells}


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Path of each worksheet part -> the sheet's name."""
    names = archive.namelist()
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return {}
    links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {_attribute(tag, "Id"): _attribute(tag, "Target") for tag in _RELATION.findall(links)}
    book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    parts = {}
    for tag in _SHEET.findall(book):
        target = targets.get(_attribute(tag, r"\w+:id"), "").lstrip("/")
        parts[target if target.startswith("xl/") else f"xl/{target}"] = _attribute(tag, "name")
    return parts


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    text = found.group(1) if found else ""
    for mark, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(mark, sign)
    return text


def _refuse_scattered(xml: bytes, source: str) -> None:
    last = max(xml.rfind(b"</v>"), xml.rfind(b"</is>"))
    at = max(xml.rfind(b"<row ", 0, max(last, 0)), xml.rfind(b":row ", 0, max(last, 0)))
    row = _ROW.search(xml, max(at - 8, 0)) if at >= 0 else None
    height = int(row.group(1)) if row else 0
    if height * 16_384 <= CELLS_MAX:
        return
    columns = set(_LATER_COLUMN.findall(xml))
    width = max((_position(column) + 1 for column in columns), default=26)
    if height * width > CELLS_MAX:
        raise InputDataError(
            f"cells lie too far apart: row {height}, column {letter(width - 1)}", source,
            "delete what stands beside and below the table, or save the sheet as CSV",
        )  # fmt: skip


def _position(letters: bytes) -> int:
    place = 0
    for character in letters:
        place = place * 26 + character - 64
    return place - 1


def _shown(text: bytes) -> str:
    plain = text.decode("utf-8", "replace").replace("&lt;", "<").replace("&gt;", ">")
    plain = plain.replace("&quot;", '"').replace("&amp;", "&")
    return plain if plain.startswith("#") else f"={plain}"


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
