"""Shapefiles: geometry by GDAL, text by the bytes of the .dbf, every record accounted for.

GDAL hands over a damaged record as one without geometry, and stops without a word where the .dbf is cut
off. So the index and the record headers are checked here first, all records at once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from landtool.errors import InputDataError
from landtool.schema.problems import concat_problems, make_problems
from landtool.sources.dbf import DbfFile, dbf_frame, read_dbf
from landtool.sources.dbf_encoding import choose_dbf_encoding
from landtool.sources.encoding import EncodingChoice
from landtool.sources.gdal import (
    listening,
    messages_as_notes,
    note,
    require_plausible_count,
    unreadable,
)
from landtool.sources.geometries import Decoded, decode_wkb
from landtool.sources.raw import RawTable
from landtool.sources.vector_bulk import BulkError, read_bulk
from landtool.sources.vector_recover import FAULTS, look_again

_MAGIC = 9994
_HEADER = 100
#: Shape types whose content starts with a box, the number of parts and the number of points.
_WITH_PARTS = (3, 5, 13, 15, 23, 25)
_NULL_SHAPE = 0


@dataclass(frozen=True)
class _Files:
    shp: Path
    shx: Path | None
    dbf: Path
    prj: Path | None
    cpg: Path | None


@dataclass(frozen=True)
class _Shapes:
    """Record headers: type by record (-1 where unreadable) and the reason by record number."""

    kinds: np.ndarray
    reasons: dict[int, str]


def read_shapefile(path: Path, *, source: str, encoding: str | None = None) -> RawTable:
    """Read a shapefile.

    Parameters
    ----------
    path : Path
        The .shp file.
    source : str
        Its name in reports.
    encoding : str, optional
        Encoding of the .dbf, overriding .cpg, language byte and detection.

    Returns
    -------
    RawTable
        Record numbers count from 1 in file order, deleted records included.

    Raises
    ------
    InputDataError
        If the .shp or .dbf is missing, empty or no such file, or its text cannot be decoded.
    """
    files = _files(path, source)
    table = read_dbf(files.dbf, source)
    choice = choose_dbf_encoding(table, declared=encoding, cpg=_cpg(files), where=source)
    frame, cut, unsupported = dbf_frame(table, choice.name)
    with _with_index(files, source) as (shp, rebuilt):
        shapes = _check_records(shp, source)
        with listening() as said:
            geometry, reasons, flattened = _geometry(shp, shapes)
    notes = [_encoding_notes(choice, files, source), messages_as_notes(_plain(said), source),
             text_notes(cut, unsupported, source)]
    notes += [note("shx_rebuilt", source)] if rebuilt else []
    table, about_count = _settle_count(table, len(geometry), rebuilt, source)
    notes += [note("z_dropped", source, value=str(flattened))] if flattened else []
    crs, crs_note = _crs(files, source)
    return _assemble(frame, table, geometry, reasons, source, choice, crs,
                     [*notes, crs_note, about_count])


def _assemble(
    frame: pd.DataFrame,
    table: DbfFile,
    geometry: np.ndarray,
    reasons: dict[int, str],
    source: str,
    choice: EncodingChoice,
    crs: CRS | None,
    notes: list[pd.DataFrame],
) -> RawTable:
    total = max(len(geometry), table.promised)
    present = min(len(frame), len(geometry))
    deleted = np.zeros(total, dtype=bool)
    deleted[: len(frame)] = table.deleted
    for number in range(present + 1, total + 1):
        gone = "the .dbf" if number > len(frame) else "the .shx"
        reasons[number] = f"{gone} ends before this record"
    bad = np.zeros(total, dtype=bool)
    bad[[number - 1 for number in reasons]] = True
    bad &= ~deleted
    keep = np.flatnonzero(~(bad | deleted)[:present])
    kept = frame.iloc[keep].reset_index(drop=True)
    made = gpd.GeoDataFrame(_without_geometry_name(kept), geometry=geometry[keep], crs=crs)
    rows = [number for number in sorted(reasons) if bad[number - 1]]
    problems = [unreadable(source, rows, [reasons[number] for number in rows]), *notes]
    if deleted.any():
        problems.append(note("records_deleted", source, value=str(int(deleted.sum()))))
    return RawTable(
        frame=made, source=source, source_row=pd.Series(keep + 1, index=made.index, dtype="Int64"),
        encoding=choice.name, encoding_basis=choice.basis, crs=crs, rows_in=len(made) + len(rows),
        problems=concat_problems(problems),
    )


def _settle_count(
    table: DbfFile, shapes: int, rebuilt: bool, source: str
) -> tuple[DbfFile, pd.DataFrame]:
    """Overrule the .dbf header's count where the file's own records and the index both say another."""
    here = len(table.records)
    if table.promised > here == shapes and not rebuilt:
        about = note("dbf_count_differs", source, value=str(table.promised), detail=str(here))
        return replace(table, promised=here), about
    require_plausible_count(table.promised, max(here, shapes), source)
    return table, concat_problems([])


def _without_geometry_name(frame: pd.DataFrame) -> pd.DataFrame:
    """A field called ``geometry`` gives way to the geometry."""
    return frame.rename(columns={"geometry": "geometry.2"}) if "geometry" in frame else frame


def _files(path: Path, source: str) -> _Files:
    beside = {entry.suffix.lower(): entry for entry in sorted(path.parent.iterdir())
              if entry.stem.lower() == path.stem.lower()}  # fmt: skip
    beside[".shp"] = path
    for suffix, holds in ((".shp", "the geometry"), (".dbf", "the attributes")):
        found = beside.get(suffix)
        if found is None:
            raise InputDataError(f"the shapefile has no {suffix} file, which holds {holds}", source,
                                 f"copy {path.stem}{suffix} beside it")
        if found.stat().st_size == 0:
            raise InputDataError(f"the {suffix} file is empty (0 bytes)", source,
                                 "copy or export it again")
    return _Files(path, beside.get(".shx"), beside[".dbf"], beside.get(".prj"), beside.get(".cpg"))


def _cpg(files: _Files) -> str | None:
    if files.cpg is None:
        return None
    text = files.cpg.read_bytes()[:64].decode("ascii", "ignore").strip("\x00 \r\n\t\ufeff")
    return text.splitlines()[0].strip() if text else None


def _crs(files: _Files, source: str) -> tuple[CRS | None, pd.DataFrame]:
    if files.prj is None:
        return None, note("crs_absent", source)
    text = files.prj.read_bytes().decode("utf-8-sig", "replace").strip("\x00 \r\n\t")
    try:
        return CRS.from_wkt(text), concat_problems([])
    except CRSError:
        return None, note("crs_unreadable", source, value=text[:60])


@contextmanager
def _with_index(files: _Files, source: str) -> Iterator[tuple[Path, bool]]:
    """The .shp with an index GDAL can use; a missing or broken one is rebuilt in a temporary folder."""
    plain = files.shx is not None and files.shp.suffix in {".shp", ".SHP"} and _index_fits(files.shx)
    if plain:
        yield files.shp, False
        return
    with tempfile.TemporaryDirectory(prefix="landtool-") as name:
        copy = Path(name) / "shape.shp"
        _link(files.shp, copy)
        with listening() as said:
            try:
                with fiona.Env(SHAPE_RESTORE_SHX="YES"), fiona.open(copy) as records:
                    len(records)
            except FAULTS as error:
                detail = "; ".join(said) or str(error)
                raise InputDataError(f"the .shx index is missing and cannot be rebuilt ({detail})",
                                     source, "copy or export the shapefile again") from error
        yield copy, True


def _link(original: Path, copy: Path) -> None:
    try:
        copy.symlink_to(original.resolve())
    except OSError:
        copy.write_bytes(original.read_bytes())


def _index_fits(shx: Path) -> bool:
    size = shx.stat().st_size
    if size < _HEADER or (size - _HEADER) % 8:
        return False
    with shx.open("rb") as file:
        head = file.read(_HEADER)
    return int.from_bytes(head[:4], "big") == _MAGIC and int.from_bytes(head[24:28], "big") * 2 <= size


def _check_records(shp: Path, source: str) -> _Shapes:
    """Check every record's place, type and part counts against the file, all at once."""
    data = np.memmap(shp, dtype=np.uint8, mode="r")
    if len(data) < _HEADER or int.from_bytes(bytes(data[:4]), "big") != _MAGIC:
        raise InputDataError("the .shp is no shapefile or is cut off in its header", source,
                             "copy or export it again")
    kind = int.from_bytes(bytes(data[32:36]), "little")
    shx = next(entry for entry in shp.parent.iterdir()
               if entry.stem.lower() == shp.stem.lower() and entry.suffix.lower() == ".shx")  # fmt: skip
    index = np.fromfile(shx, dtype=">i4", offset=_HEADER).reshape(-1, 2).astype(np.int64) * 2
    start, length = index[:, 0], index[:, 1]
    inside = (start >= _HEADER) & (length >= 4) & (start + 8 + length <= len(data))
    kinds = np.full(len(index), -1, dtype=np.int64)
    kinds[inside] = _int_at(data, start[inside] + 8)
    reasons: dict[int, str] = {}
    _name(reasons, ~inside, "the .shp ends before this record")
    wrong = inside & (kinds != kind) & (kinds != _NULL_SHAPE)
    _name(reasons, wrong, f"shape type differs from the file's ({kind})")
    if kind in _WITH_PARTS:
        _name(reasons, _short(data, start, length, inside & (kinds == kind)),
              "part and point counts do not fit the record's length")
    return _Shapes(kinds, reasons)


def _short(data: np.ndarray, start: np.ndarray, length: np.ndarray, look: np.ndarray) -> np.ndarray:
    bad = look & (length < 44)
    rows = np.flatnonzero(look & ~bad)
    parts, points = _int_at(data, start[rows] + 44), _int_at(data, start[rows] + 48)
    fits = (parts >= 0) & (points >= parts) & (44 + 4 * parts + 16 * points <= length[rows])
    bad[rows[~fits]] = True
    return bad


def _int_at(data: np.ndarray, at: np.ndarray) -> np.ndarray:
    four = np.ascontiguousarray(data[at[:, None] + np.arange(4)])
    numbers: np.ndarray = four.view("<i4").ravel().astype(np.int64)
    return numbers


def _name(reasons: dict[int, str], marks: np.ndarray, reason: str) -> None:
    reasons.update(dict.fromkeys((np.flatnonzero(marks) + 1).tolist(), reason))


def _geometry(shp: Path, shapes: _Shapes) -> tuple[np.ndarray, dict[int, str], int]:
    """Geometries by record; the reasons of the check plus those of the reading."""
    count = len(shapes.kinds)
    reasons = dict(shapes.reasons)
    geometry = np.full(count, None, dtype=object)
    decoded = _bulk(shp, count, geometry)
    if decoded is None:
        sound = np.array([row for row in range(count) if row + 1 not in reasons], dtype=np.int64)
        found, said = look_again(shp, None, sound)
        for row, shape in found.items():
            geometry[row] = shapely.force_2d(shape)
        reasons.update({row + 1: text for row, text in said.items()})
        return geometry, reasons, 0
    fids, made = decoded
    silent = shapely.is_missing(geometry) & (shapes.kinds != _NULL_SHAPE)
    empty = np.zeros(count, dtype=bool)
    empty[fids[made.failed]] = True
    finite = np.flatnonzero(empty & ~shapely.is_missing(geometry)) + 1
    for number in (np.flatnonzero(silent | empty) + 1).tolist():
        reasons.setdefault(number, "its bytes make no geometry")
    reasons.update(dict.fromkeys(finite.tolist(), "a coordinate is not a number"))
    return geometry, reasons, made.flattened


def _bulk(shp: Path, count: int, geometry: np.ndarray) -> tuple[np.ndarray, Decoded] | None:
    try:
        bulk = read_bulk(shp, None, attributes=False)
    except BulkError:
        return None
    if bulk.wkb is None:
        return None
    made = decode_wkb(bulk.wkb)
    fids = bulk.fids.astype(np.int64)
    inside = fids < count
    geometry[fids[inside]] = made.geometry[inside]
    return fids, made


def _plain(said: list[str]) -> list[str]:
    """Without the messages on single records, which are named one by one anyway."""
    noise = ("Corrupted .shp", "Error in fread", "Non closed ring", "fread(", "Failed to open")
    return [text for text in said if not text.startswith(noise)]


def _encoding_notes(choice: EncodingChoice, files: _Files, source: str) -> pd.DataFrame:
    if not choice.note:
        return concat_problems([])
    return note(choice.note, source, value=_cpg(files) or "", detail=choice.name)


def text_notes(
    cut: dict[str, list[int]], unsupported: list[str], source: str
) -> pd.DataFrame:
    """Notes on cells that lost half a character, and on columns that are not in the .dbf itself."""
    tables = [make_problems(layer="", kind="text_cut", scope="note", source=source,
                            source_row=[row + 1 for row in rows], field=name)
              for name, rows in cut.items()]  # fmt: skip
    tables += [note("field_type_unsupported", source, field=name) for name in unsupported]
    return concat_problems(tables)
