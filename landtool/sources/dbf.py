"""dBASE tables (.dbf), read from their bytes so that no text passes through a wrong code page.

GDAL decodes a .dbf by its .cpg or language byte and hands on mojibake when they are wrong or absent;
here the bytes of all records and of the field names decide (see
:func:`landtool.sources.dbf_encoding.choose_dbf_encoding`). Columns are decoded whole, not cell by cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from landtool.errors import InputDataError

CELL_END = "\x00"  # ends a cell in the joined text; NULs inside cells are blanked first

@dataclass(frozen=True)
class DbfField:
    """A field of the header; ``offset`` counts from the record's deletion flag."""

    raw_name: bytes
    kind: str
    width: int
    decimals: int
    offset: int


@dataclass(frozen=True)
class DbfFile:
    """The bytes of a table.

    Attributes
    ----------
    fields : list of DbfField
        In file order.
    records : numpy.ndarray
        uint8, (records in the file, record length).
    promised : int
        Records the header counts; more than ``len(records)`` where the file was cut off.
    language : int
        The language byte.
    """

    fields: list[DbfField]
    records: np.ndarray
    promised: int
    language: int

    @property
    def deleted(self) -> np.ndarray:
        """True where a record carries the deletion mark."""
        marks: np.ndarray = self.records[:, 0] == ord("*")
        return marks

    def cells(self, field: DbfField) -> np.ndarray:
        """The bytes of one column, uint8 (records, width), everything from the first NUL blanked."""
        block = self.records[:, field.offset : field.offset + field.width]
        zero = block == 0
        if not zero.any():
            return block
        return np.where(np.logical_or.accumulate(zero, axis=1), np.uint8(32), block)


@dataclass(frozen=True)
class DecodedCells:
    """One column decoded: the text with cells ended by NUL, cut-off cells, the first failing cell."""

    text: str
    cut: list[int]
    failed: int | None


def read_dbf(path: Path, where: str = "") -> DbfFile:
    """Read header and records.

    Raises
    ------
    InputDataError
        If it is not a dBASE table.
    """
    data = np.fromfile(path, dtype=np.uint8)
    where = where or path.name
    if len(data) < 33:
        raise InputDataError(f".dbf holds {len(data)} bytes, less than its header", where,
                             "copy or export it again")
    promised = int(data[4:8].view("<u4")[0])
    head, length = (int(size) for size in data[8:12].view("<u2"))
    fields = list(_fields(data[:head].tobytes(), length))
    if not fields or length < 2 or len(data) < head:
        raise InputDataError(".dbf header is damaged", where, "copy or export it again")
    count = min(promised, (len(data) - head) // length)
    return DbfFile(fields, data[head : head + count * length].reshape(count, length), promised,
                   int(data[29]))


def dbf_frame(table: DbfFile, encoding: str) -> tuple[pd.DataFrame, dict[str, list[int]], list[str]]:
    """All columns, typed; also the cells cut off by the field width and the columns not readable.

    Returns
    -------
    frame : DataFrame
        Text as ``str`` (blank = null), numbers as Int64 or float64 (``****`` = null), dates as
        datetime64, logicals as boolean. A column with a cell its type does not allow stays text.
    cut : dict
        Column name -> positions of the cells whose last character was cut in two and dropped.
    unsupported : list of str
        Memo and other columns stored outside the record; all null.
    """
    names = _unique([field_name(field, encoding) for field in table.fields])
    columns: dict[str, pd.Series] = {}
    cut: dict[str, list[int]] = {}
    unsupported: list[str] = []
    for name, field in zip(names, table.fields, strict=True):
        if field.kind == "C":
            tried = decode_cells(table.cells(field), encoding)
            columns[name] = _text(tried.text)
            if tried.cut:
                cut[name] = tried.cut
        else:
            columns[name] = _typed(table, field)
            if field.kind in "MGBP":
                unsupported.append(name)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(table.records))), cut, unsupported


def _fields(head: bytes, length: int) -> Iterator[DbfField]:
    offset = 1
    for at in range(32, len(head) - 31, 32):
        if head[at] == 0x0D:
            return
        raw = head[at : at + 11].split(b"\x00")[0].rstrip(b" ")
        kind, width, decimals = chr(head[at + 11]), head[at + 16], head[at + 17]
        if offset + width > length:
            return
        yield DbfField(raw, kind, width, decimals, offset)
        offset += width


def joined_cells(block: np.ndarray) -> bytes:
    """The cells of a column one after the other, each ended by NUL."""
    joined = np.zeros((len(block), block.shape[1] + 1), dtype=np.uint8)
    joined[:, :-1] = block
    return joined.tobytes()


def decode_cells(block: np.ndarray, name: str) -> DecodedCells:
    """Decode a column in as many strict calls as there are cut cells, plus one."""
    data = memoryview(joined_cells(block))
    stride = block.shape[1] + 1
    parts: list[str] = []
    cut: list[int] = []
    at = 0
    while at < len(data):
        try:
            parts.append(str(data[at:], name))
            break
        except UnicodeDecodeError as error:
            bad = at + error.start
        row = bad // stride
        end = row * stride + stride - 1
        tail = bytes(data[bad:end])
        if not _is_cut(tail, name):
            return DecodedCells("", cut, row)
        parts.append(str(data[at:bad], name))
        cut.append(row)
        at = end
    return DecodedCells("".join(parts), cut, None)


def _is_cut(tail: bytes, name: str) -> bool:
    """Whether the bytes are the beginning of one character, cut off by the field width."""
    rest = tail.rstrip(b" ")
    if not 0 < len(rest) < 4:
        return False
    if name == "utf-8":
        lead = rest[0]
        need = 2 if 0xC2 <= lead < 0xE0 else 3 if 0xE0 <= lead < 0xF0 else 4 if lead < 0xF5 else 0
        return lead >= 0xC2 and len(rest) < need and all(0x80 <= byte < 0xC0 for byte in rest[1:])
    return 0x81 <= rest[0] <= 0xFE and (len(rest) == 1 or 0x30 <= rest[1] <= 0x39)


def field_name(field: DbfField, encoding: str) -> str:
    """A field's name; a last character cut in two by the ten bytes it may have is dropped."""
    return field.raw_name.decode(encoding, "ignore").strip() or "FIELD"


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    made = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return made


def _strings(text: str) -> pa.Array:
    return pa.array(text.split(CELL_END)[:-1] if text else [], pa.large_string())


def _text(text: str) -> pd.Series:
    trimmed = pc.utf8_rtrim_whitespace(_strings(text))
    blank = pc.equal(pc.utf8_trim_whitespace(trimmed), "")
    return _series(pc.if_else(blank, pa.scalar(None, pa.large_string()), trimmed))


def _series(array: pa.Array) -> pd.Series:
    return pd.Series(array.to_pandas(), dtype="str") if pa.types.is_large_string(array.type) else (
        array.to_pandas())


def _typed(table: DbfFile, field: DbfField) -> pd.Series:
    count = len(table.records)
    if field.kind in "IO@T+" and field.kind != "T":
        return _binary(table, field)
    if field.kind not in "NFDL":
        return pd.Series(np.full(count, None), dtype="str")
    raw = pc.utf8_trim_whitespace(_strings(str(joined_cells(table.cells(field)), "latin-1")))
    empty = pc.match_substring_regex(raw, r"^\**$" if field.kind in "NF" else r"^[0? ]*$")
    raw = pc.if_else(empty, pa.scalar(None, pa.large_string()), raw)
    if field.kind == "D":
        return _dates(raw)
    return _logicals(raw) if field.kind == "L" else _numbers(raw, field)


def _numbers(raw: pa.Array, field: DbfField) -> pd.Series:
    whole = field.kind == "N" and field.decimals == 0 and field.width <= 18
    try:
        if whole:
            return pd.Series(pd.array(pc.cast(raw, pa.int64()).to_pandas(
                types_mapper={pa.int64(): pd.Int64Dtype()}.get), dtype="Int64"))
        return pc.cast(raw, pa.float64()).to_pandas().astype("float64")
    except pa.ArrowInvalid:
        numbers = pd.to_numeric(_series(raw), errors="coerce")
        lost = numbers.isna() & pd.Series(np.asarray(pc.is_valid(raw)))
        return _series(raw) if lost.any() else numbers.astype("float64")


def _dates(raw: pa.Array) -> pd.Series:
    text = _series(raw)
    dates = pd.to_datetime(text, format="%Y%m%d", errors="coerce")
    return text if (dates.isna() & text.notna()).any() else dates


def _logicals(raw: pa.Array) -> pd.Series:
    text = _series(raw)
    truth = text.str.upper().map({"T": True, "Y": True, "F": False, "N": False})
    return text if (truth.isna() & text.notna()).any() else truth.astype("boolean")


def _binary(table: DbfFile, field: DbfField) -> pd.Series:
    block = np.ascontiguousarray(
        table.records[:, field.offset : field.offset + field.width])
    kind = {("I", 4): "<i4", ("+", 4): ">i4", ("O", 8): "<f8"}.get((field.kind, field.width))
    if kind is None:
        return pd.Series(np.full(len(block), None), dtype="str")
    numbers = block.view(kind).ravel()
    return pd.Series(numbers.astype("float64" if kind == "<f8" else "int64"))
