"""Rows of a worksheet as XML, a column at a time: a city's 100 000 parcels in seconds.

xlsxwriter makes the book with everything but the rows: under its heading each table has two pattern
rows, from which the numbers of the cell styles are read. Here the pattern is replaced by the rows.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from landtool.messages import number_cells

_TEXT = pa.large_string()
_ROWS_AT_ONCE = 20_000
_DAY_ZERO = np.datetime64("1899-12-30")
_TEXT_MOST = 32_000
# What XML cannot hold; Excel writes such a sign as _xHHHH_, and so a text that looks like that too.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ROWS = re.compile(rb'<row r="2".*</row>', re.DOTALL)
_STYLE = re.compile(rb'<c r="([A-Z]+)([23])" s="(\d+)"')
_LINKS = re.compile(rb"<hyperlinks>.*</hyperlinks>", re.DOTALL)
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')
_PLAIN_STYLE = b"0"
_LINE_PT = 15
_XML = "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_HYPERLINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"


@dataclass(frozen=True)
class Fill:
    """The rows of one worksheet.

    Attributes
    ----------
    table : DataFrame
        Texts, numbers and dates; null is an empty cell.
    targets : dict
        Column -> Series of places inside the book (``'sheet'!A7``), null where a cell leads nowhere.
    outside : dict
        Column -> Series of addresses outside the book; what follows a ``#`` is a place in the file.
    lines : numpy.ndarray, optional
        Lines of text each row shows; one line if not given. Not every program makes room by itself.
    """

    table: pd.DataFrame
    targets: dict[str, pd.Series] = field(default_factory=dict)
    outside: dict[str, pd.Series] = field(default_factory=dict)
    lines: np.ndarray | None = None

    def leads(self, name: str) -> pd.Series | None:
        """Where the cells of a column lead, inside or outside; None where none leads anywhere."""
        return self.targets.get(name, self.outside.get(name))

    def part(self, rows: slice) -> Fill:
        """Some of the rows."""
        return Fill(self.table.iloc[rows], {name: to.iloc[rows] for name, to in self.targets.items()},
                    {name: to.iloc[rows] for name, to in self.outside.items()},
                    None if self.lines is None else self.lines[rows])


def fill_rows(book: bytes, fills: dict[int, Fill]) -> bytes:
    """Put rows into a book in place of its pattern rows.

    Parameters
    ----------
    book : bytes
        An xlsx whose tables have a heading in row 1, a cell with the column's style in row 2 and, in
        row 3, a link in every column that has links.
    fills : dict
        Position of the worksheet in the book, from 0 -> its rows.
    """
    target = io.BytesIO()
    names = {f"xl/worksheets/sheet{at + 1}.xml": fill for at, fill in fills.items()}
    related = {f"xl/worksheets/_rels/sheet{at + 1}.xml.rels": fill for at, fill in fills.items()}
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(
            target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as made:
        for name in source.namelist():
            # One moment for all, so that the same results give the same file.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            content, fill = source.read(name), names.get(name)
            if name in related:
                content = _relations(related[name])
            with made.open(entry, "w", force_zip64=fill is not None and _is_huge(fill)) as stream:
                for piece in [content] if fill is None else _filled(content, fill):
                    stream.write(piece)
    return target.getvalue()


def _is_huge(fill: Fill) -> bool:
    return bool(fill.table.size > 20_000_000)


def _filled(content: bytes, fill: Fill) -> Iterator[bytes]:
    """The pieces of a worksheet with its rows."""
    columns = [column_letters(at) for at in range(len(fill.table.columns))]
    styles = {(letters.decode(), row.decode()): number.decode()
              for letters, row, number in _STYLE.findall(content)}
    content = _DIMENSION.sub(f'<dimension ref="A1:{columns[-1]}{len(fill.table) + 1}"/>'.encode(), content)
    content = _LINKS.sub(_links(fill, columns), content)
    pattern = _ROWS.search(content)
    if pattern is None:
        raise ValueError("the worksheet has no pattern rows")
    yield content[: pattern.start()]
    for first in range(0, len(fill.table), _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        yield rows_xml(fill.part(rows), first + 2, columns, styles)
    yield content[pattern.end() :]


def rows_xml(fill: Fill, first_row: int, columns: list[str], styles: dict[tuple[str, str], str]) -> bytes:
    """Rows as XML; ``styles`` gives the number of a style by column letters and pattern row."""
    count = len(fill.table)
    rows = pa.array(np.arange(first_row, first_row + count)).cast(_TEXT)
    parts: list[Any] = [_scalar('<row r="'), rows, _heights(fill)]
    for at, name in enumerate(fill.table.columns):
        letters = columns[at]
        style = styles.get((letters, "2"), _PLAIN_STYLE.decode())
        targets = fill.leads(str(name))
        mark: Any = _scalar(style)
        if targets is not None:
            linked = pa.array(targets.notna().to_numpy())
            mark = pc.if_else(linked, _scalar(styles.get((letters, "3"), style)), _scalar(style))
        parts.append(_cells(fill.table.iloc[:, at], letters, rows, mark))
    parts.append(_scalar("</row>"))
    lines = pc.binary_join_element_wise(*parts, _scalar(""))
    return "".join(lines.to_pylist()).encode("utf-8")


def _heights(fill: Fill) -> Any:
    """The end of each row's tag: higher where its texts take more than one line."""
    if fill.lines is None:
        return _scalar('">')
    points = pa.array(fill.lines * _LINE_PT).cast(_TEXT)
    high = pc.binary_join_element_wise(_scalar('" ht="'), points, _scalar('" customHeight="1">'), _scalar(""))
    return pc.if_else(pa.array(fill.lines > 1), high, _scalar('">'))


def _cells(column: pd.Series, letters: str, rows: pa.Array, mark: Any) -> pa.Array:
    if is_number(column):
        figures = numbers_of(column)
        known = np.isfinite(figures)
        body = pc.fill_null(number_cells(np.where(known, figures, np.nan), "%.15g"), "")
        lead, tail = '"><v>', "</v></c>"
    else:
        known = column.notna().to_numpy()
        body = _escaped(_texts(column, known))
        lead, tail = '" t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"
    made = pc.binary_join_element_wise(
        _scalar(f'<c r="{letters}'), rows, _scalar('" s="'), mark, _scalar(lead), body, _scalar(tail),
        _scalar(""))
    return pc.if_else(pa.array(known), made, _scalar(""))


def is_number(column: pd.Series) -> bool:
    """Whether the cells of a column are numbers or dates, not texts."""
    return pd.api.types.is_datetime64_any_dtype(column) or (
        pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column))


def numbers_of(column: pd.Series) -> np.ndarray:
    """Numbers as Excel keeps them: a date is its day, counted from the end of 1899."""
    if pd.api.types.is_datetime64_any_dtype(column):
        days = (column.to_numpy(dtype="datetime64[D]") - _DAY_ZERO) / np.timedelta64(1, "D")
        return np.where(column.isna().to_numpy(), np.nan, days)
    return column.to_numpy(dtype="float64", na_value=np.nan)


def column_letters(at: int) -> str:
    """Letters of a column by its position from 0.

    Examples
    --------
    >>> column_letters(0), column_letters(25), column_letters(26), column_letters(701)
    ('A', 'Z', 'AA', 'ZZ')
    """
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _texts(column: pd.Series, known: np.ndarray) -> pa.Array:
    plain = column.astype("object").where(known, "").astype("str")
    made = pa.array(plain, type=_TEXT)
    whole = made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made
    return pc.utf8_slice_codeunits(pc.fill_null(whole, ""), 0, _TEXT_MOST)


def _escaped(texts: pa.Array) -> pa.Array:
    """Text as XML takes it: no markup, no sign that XML forbids."""
    made = texts
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        made = pc.replace_substring(made, sign, written)
    made = pc.replace_substring_regex(made, r"_x([0-9A-Fa-f]{4})_", r"_x005F_x\1_")
    for sign in sorted({sign for text in _odd(made) for sign in _NOT_XML.findall(text)}):
        made = pc.replace_substring(made, sign, f"_x{ord(sign):04X}_")
    # A lone carriage return would be read back as a line feed.
    return pc.replace_substring(made, "\r", "_x000D_")


def _odd(texts: pa.Array) -> list[str]:
    odd = pc.match_substring_regex(texts, "[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\\x00")
    return list(texts.filter(odd).to_pylist())


def _links(fill: Fill, columns: list[str]) -> bytes:
    found = []
    for at, name in enumerate(fill.table.columns):
        targets = fill.targets.get(str(name))
        if targets is not None:
            there = np.flatnonzero(targets.notna().to_numpy())
            places = _escaped(pa.array(targets.iloc[there].astype("str"), _TEXT))
            rows = pa.array(there + 2).cast(_TEXT)
            lines = pc.binary_join_element_wise(
                _scalar(f'<hyperlink ref="{columns[at]}'), rows, _scalar('" location="'), places,
                _scalar('"/>'), _scalar(""))
            found += lines.to_pylist()
    numbers = _files(fill)
    for at, name in enumerate(fill.table.columns):
        if str(name) in fill.outside:
            ways = fill.outside[str(name)]
            there = np.flatnonzero(ways.notna().to_numpy())
            split = _split(ways.iloc[there])
            places = _escaped(pa.array(split["place"].astype("str"), _TEXT)).to_pylist()
            found += [f'<hyperlink ref="{columns[at]}{row + 2}" r:id="rId{numbers[file]}"'
                      + (f' location="{place.replace(chr(34), "&quot;")}"' if place else "") + "/>"
                      for row, file, place in zip(there, split["file"], places, strict=True)]
    return f"<hyperlinks>{''.join(found)}</hyperlinks>".encode() if found else b""


def _split(ways: pd.Series) -> pd.DataFrame:
    """Addresses as the file and the place in it: rows that lead into one file share one relation."""
    parts = ways.astype("str").str.partition("#")
    return pd.DataFrame({"file": parts[0], "place": parts[2]})


def _files(fill: Fill) -> dict[str, int]:
    """Files outside the book that a worksheet leads to, numbered from 1."""
    files = [_split(ways.dropna())["file"] for ways in fill.outside.values()]
    return {name: at for at, name in enumerate(pd.concat(files).unique(), start=1)} if files else {}


def _relations(fill: Fill) -> bytes:
    made = "".join(f"<Relationship Id='rId{at}' Type='{_HYPERLINK}' Target={quoteattr(name)} TargetMode='External'/>"
                   for name, at in _files(fill).items())
    return f"{_XML}<Relationships xmlns='{_RELATIONS}'>{made}</Relationships>".encode()


def _scalar(text: str) -> pa.Scalar:
    return pa.scalar(text, _TEXT)
