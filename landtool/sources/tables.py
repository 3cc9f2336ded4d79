"""Tables of any common kind, told apart by content: a suffix is only what someone typed.

The sample register of brownfield sites is an xlsx named .csv; what Chinese portals export as .xls may be
a workbook, an HTML page, Spreadsheet XML or tab-separated text.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from landtool.errors import InputDataError
from landtool.schema.problems import concat_problems
from landtool.sources.block import Block, note
from landtool.sources.delimited import read_delimited
from landtool.sources.encoding import EncodingChoice, decode_text
from landtool.sources.json_records import read_json
from landtool.sources.markup import read_markup
from landtool.sources.paths import check_zip, require_file
from landtool.sources.raw import RawTable
from landtool.sources.sheets import encrypted, read_sheet
from landtool.sources.tidy import settle

TableKind = Literal["workbook", "parquet", "json", "markup", "delimited"]
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_JSON_START = re.compile(rb"\{|\[\s*[\[{\]\"\d-]|\[\s*(?:true|false|null)")
_LOST = "\ufffd"
_LOST_UTF8 = _LOST.encode()
_LOST_SHARE = 0.001
_BINARY = {
    b"SQLite format 3": "a database (GeoPackage?)", b"\x1f\x8b": "a gzip archive",
    b"Rar!": "a RAR archive", b"7z\xbc\xaf": "a 7-Zip archive", b"%PDF": "a PDF",
    b"ARROW1": "an Arrow file", b"II*\x00": "a TIFF", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture",
}  # fmt: skip
_INTEGERS = {getattr(pa, name)(): pd.Int64Dtype()
             for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")}


def read_table(
    path: Path,
    *,
    source: str,
    sheet: int | str | None = None,
    encoding: str | None = None,
    header_words: Collection[str] = (),
) -> RawTable:
    r"""Read a table whatever it is: workbook, delimited text, JSON records, HTML table or parquet.

    Title rows above the header are skipped and noted, a header of two rows is joined as ``上(下)``, and
    repeated names are made unique. Total rows (合计, 小计), remarks below the table and repeats of the
    header are set aside as rows. Fully blank rows are no records: they are skipped and not counted in
    ``rows_in``.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    source : str
        How the catalogue names it.
    sheet : int or str, optional
        Sheet of a workbook: its position counted from 0, or its name.
    encoding : str, optional
        Encoding of a text file. None: byte order mark, then UTF-8, then GB18030, whichever decodes
        strictly.
    header_words : collection of str
        Names that the layer's columns go by: they tell the header from titles and the right sheet from
        others.

    Returns
    -------
    RawTable
        Cells as read: workbooks and JSON keep their types; text columns become numbers only where no
        leading zero or digit is lost. ``source_row`` is the row a spreadsheet shows (header included),
        or the record counted from 1 for JSON and parquet.

    Raises
    ------
    InputDataError
        If the file is missing, empty, damaged, encrypted, of another kind, or without a header.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = file.write_text("某区宗地台账,\n\n宗地代码,面积(亩)\n007,12\n合计,12\n", encoding="gbk")
    >>> table = read_table(file, source="a.csv")
    >>> table.frame.to_numpy().tolist(), table.source_row.tolist(), table.encoding
    ([['007', 12]], [4], 'gb18030')
    >>> table.problems[["kind", "scope", "source_row"]].to_numpy().tolist()
    [['rows_above_header', 'note', <NA>], ['total_row', 'row', 5]]
    """
    require_file(path, shown=source)
    if path.is_dir():
        raise InputDataError("a folder, not a table", source, "name the file in it")
    kind = table_kind(path, source)
    if kind != "workbook" and sheet not in (None, 0):
        raise InputDataError(f"sheet {sheet!r} is asked of a file without sheets", source,
                             "remove `sheet:` in landtool.yaml")
    choice = EncodingChoice("", "format")
    if kind == "workbook":
        block = read_sheet(path, sheet, header_words, source)
    elif kind == "parquet":
        block = _parquet(path, source)
    else:
        block, choice = _from_text(kind, path, encoding, header_words, source)
    full = f"{source}::{block.sheet.strip()}" if block.sheet else source
    block = settle(block, full)
    if choice.name.startswith("utf-8"):
        block.problems.extend(_lost_characters(block, full))
    return _raw(block, choice, full)


def table_kind(path: Path, source: str = "") -> TableKind:
    """What kind of table a file is, by its first bytes.

    Raises
    ------
    InputDataError
        If it is empty, damaged, encrypted, or no table at all.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    where = source or path.name
    if not head.strip(b" \r\n\t\x00\xef\xbb\xbf\xff\xfe"):
        raise InputDataError("the file is empty", where, "copy or export it again")
    if head.startswith(b"PK"):
        return _zip_kind(path, where)
    if head.startswith(_OLE):
        if _ENCRYPTED in path.read_bytes():
            raise encrypted(where)
        return "workbook"
    if head.startswith(b"PAR1"):
        return "parquet"
    for magic, what in _BINARY.items():
        if head.startswith(magic):
            raise InputDataError(f"no table but {what}", where,
                                 "name an xlsx, xls, csv, txt, json or parquet file")
    return _text_kind(head)


def _zip_kind(path: Path, where: str) -> TableKind:
    try:
        with zipfile.ZipFile(path) as archive:
            check_zip(path, archive)
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise InputDataError("the workbook is damaged or cut short", where,
                             "copy or export the file again") from error
    if any(name in ("xl/workbook.xml", "xl/workbook.bin", "content.xml") for name in names):
        return "workbook"
    raise InputDataError(f"a zip archive, not a workbook (holds {names[0]})", where,
                         "unpack it and name the table inside")


def _text_kind(head: bytes) -> TableKind:
    ascii_only = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").lower()
    if _JSON_START.match(ascii_only):
        return "json"
    looks = (b"<html", b"<table", b"<!doctype", b"<?xml", b"<meta", b"<head", b"<style", b"<!--", b"<tr")
    return "markup" if ascii_only.startswith(looks) else "delimited"


def decode_table(
    data: bytes, encoding: str | None, source: str
) -> tuple[str, EncodingChoice]:
    """The text of a table and its encoding.

    Sound UTF-8 in which a few characters were lost before it came here (at most one in a thousand) is
    read; the cells concerned are noted.

    Raises
    ------
    InputDataError
        If the encoding cannot be told, the text is mojibake, or the content is binary.
    """
    text, choice = "", None
    if _LOST_UTF8 in data:
        text, choice = _with_lost_characters(data, encoding, source)
    if choice is None:
        text, choice = decode_text(data, encoding, source)
    if "\x00" in text:
        raise InputDataError("binary content where text is expected", source,
                             "name an xlsx, xls, csv, txt, json or parquet file")
    return text.removeprefix("\ufeff"), choice


def _with_lost_characters(
    data: bytes, encoding: str | None, source: str
) -> tuple[str, EncodingChoice | None]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "", None
    if text.count(_LOST) > _LOST_SHARE * len(text):
        return "", None
    _, choice = decode_text(data.replace(_LOST_UTF8, b"?"), encoding, source)
    return (text, choice) if choice.name.startswith("utf-8") else ("", None)


def _lost_characters(block: Block, source: str) -> list[pd.DataFrame]:
    notes = []
    for name, column in block.frame.items():
        if pd.api.types.is_string_dtype(column):
            hurt = column.str.contains(_LOST, regex=False).to_numpy(dtype=bool, na_value=False)
            if hurt.any():
                notes.append(note("characters_lost", source, field=str(name),
                                  source_row=block.rows[hurt], value=column[hurt].tolist()))
    return notes


def _from_text(
    kind: TableKind, path: Path, encoding: str | None, words: Collection[str], source: str
) -> tuple[Block, EncodingChoice]:
    text, choice = decode_table(path.read_bytes(), encoding, source)
    if kind == "json":
        return read_json(text, words, source), choice
    if kind == "markup":
        return read_markup(text, words, source), choice
    data = text.encode("utf-8")
    del text  # large files: one copy is enough
    return read_delimited(data, words, source), choice


def _parquet(path: Path, source: str) -> Block:
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise InputDataError(f"parquet cannot be read ({str(error)[:120]})", source,
                             "copy or export the file again") from error
    problems = []
    if b"geo" in (table.schema.metadata or {}):
        problems.append(note("geometry_ignored", source))
    shapes = [field.name for field in table.schema
              if pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type)]
    table = _plain(table.drop_columns(shapes))
    frame = table.to_pandas(types_mapper=_INTEGERS.get, date_as_object=False, ignore_metadata=True)
    rows = np.arange(1, len(frame) + 1, dtype="int64")
    return Block(frame, rows, (), problems)


def _plain(table: pa.Table) -> pa.Table:
    """Dictionary columns as their values, decimals as float64."""
    for position, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            column = table.column(position).cast(field.type.value_type)
        elif pa.types.is_decimal(field.type):
            column = table.column(position).cast(pa.float64())
        else:
            continue
        table = table.set_column(position, field.name, column)
    return table


def _raw(block: Block, choice: EncodingChoice, source: str) -> RawTable:
    if choice.note:
        block.problems.append(note(choice.note, source, value=choice.name))
    problems = concat_problems(block.problems)
    if len(problems):
        problems = problems.assign(source=source)
    lost = int(problems["scope"].eq("row").sum())
    return RawTable(
        frame=block.frame, source=source,
        source_row=pd.Series(block.rows, index=block.frame.index, dtype="Int64"),
        encoding=choice.name, encoding_basis=choice.basis, rows_in=len(block.frame) + lost,
        problems=problems,
    )  # fmt: skip
