"""The field names of a source without reading all of it: what ``landtool init`` guesses from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pyogrio

from landtool.errors import InputDataError
from landtool.sources.boundary_points import is_boundary_points
from landtool.sources.datasets import layers_of, opened
from landtool.sources.delimited import read_delimited
from landtool.sources.gdal import listening
from landtool.sources.sheets import sheet_headers
from landtool.sources.tables import decode_table, read_table, table_kind

HEAD_BYTES = 1 << 18


@dataclass(frozen=True)
class Found:
    """A layer, sheet or table in a file.

    Attributes
    ----------
    path : Path
        The file or geodatabase folder.
    part : str
        Layer or sheet, where the file holds several; else empty.
    part_key : str
        ``layer``, ``sheet`` or empty: the catalogue's key for ``part``.
    fields : tuple of str
        Field names.
    geometry : str
        Geometry type as the file states it; empty for a table.
    """

    path: Path
    part: str
    part_key: str
    fields: tuple[str, ...]
    geometry: str = ""


def vector_parts(path: Path) -> list[Found]:
    """The layers of a vector source with their fields.

    Raises
    ------
    InputDataError
        If it cannot be opened.
    """
    with opened(path, path.name) as files:
        entries = layers_of(files, path.name)
        several = len(entries) > 1
        return [
            Found(path, entry.info.name if several else "", "layer" if several else "",
                  _vector_fields(entry.path, entry.inner), entry.info.geometry_type or "")
            for entry in entries
        ]  # fmt: skip


def table_parts(path: Path, header_words: Collection[str]) -> list[Found]:
    """The sheets of a workbook, or the one table of another file, with their fields.

    A boundary-point text (界址点 TXT) counts as a polygon layer without fields.

    Raises
    ------
    InputDataError
        If it is no table or has no header.
    """
    if is_boundary_points(path):
        return [Found(path, "", "", (), "Polygon")]
    kind = table_kind(path)
    if kind == "workbook":
        sheets = sheet_headers(path, header_words, path.name)
        several = len(sheets) > 1
        return [Found(path, name.strip() if several else "", "sheet" if several else "", fields)
                for name, fields in sheets]
    if kind == "parquet":
        return [Found(path, "", "", tuple(pq.read_schema(path).names))]
    if kind != "delimited":
        table = read_table(path, source=path.name, header_words=header_words)
        return [Found(path, "", "", tuple(map(str, table.frame.columns)))]
    text = _head(path)
    block = read_delimited(text.encode("utf-8"), header_words, path.name)
    return [Found(path, "", "", tuple(block.frame.columns))]


def _head(path: Path) -> str:
    """The first lines of a text, whole."""
    with path.open("rb") as file:
        data = file.read(HEAD_BYTES)
    if len(data) == HEAD_BYTES:
        wide = b"\x00" in data[:64]
        end = data.rfind(b"\n\x00" if wide else b"\n")
        data = data[: end + (2 if wide else 1)] if end > 0 else data
    return decode_table(data, None, path.name)[0]


def _vector_fields(path: Path, layer: str | None) -> tuple[str, ...]:
    if path.suffix.lower() in {".parquet", ".geoparquet"}:
        return tuple(pq.read_schema(path).names)
    try:
        with listening():
            names = pyogrio.read_info(path, layer=layer)["fields"]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InputDataError(f"cannot be opened ({str(error)[:80]})", path.name) from error
    return tuple(_readable(str(name)) for name in names)


def _readable(name: str) -> str:
    """A .dbf field name that was read as Latin-1 although it is Chinese."""
    if name.isascii():
        return name
    for codec in ("utf-8", "gb18030"):
        try:
            return name.encode("latin-1").decode(codec)
        except UnicodeError:
            continue
    return name
