"""Vector sources: whatever GDAL reads, and GeoParquet, plain, in a folder or in a zip.

The whole layer is read at once through Arrow. Where that fails, or hands over fewer or emptier records
than the file promises, fiona asks record by record, so that the good ones survive and the bad ones are
named. No record disappears: ``rows_in`` is what came plus what is named in ``problems``.
"""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from pyproj import CRS

from landtool.errors import InputDataError
from landtool.schema.problems import concat_problems, make_problems
from landtool.sources.datasets import PARQUET, Entry, LayerInfo, layers_of, opened
from landtool.sources.dbf import dbf_frame, read_dbf
from landtool.sources.dbf_encoding import choose_dbf_encoding
from landtool.sources.encoding import EncodingChoice, codec_name, decode_text
from landtool.sources.gdal import (
    first_line,
    listening,
    messages_as_notes,
    note,
    require_plausible_count,
    unreadable,
)
from landtool.sources.geojson import Examined, examine, needs_look
from landtool.sources.geometries import Decoded, decode_wkb, type_name
from landtool.sources.parquet import read_parquet
from landtool.sources.polygons import require_polygons
from landtool.sources.raw import RawTable
from landtool.sources.shapefile import read_shapefile, text_notes
from landtool.sources.vector_bulk import Bulk, BulkError, attributes_frame, promised, read_bulk
from landtool.sources.vector_recover import Recovered, look_again, read_each

__all__ = ["LayerInfo", "list_layers", "read_vector", "require_polygons"]

_JSON = {".geojson", ".json", ".topojson", ".geojsonl"}
_FORMAT = EncodingChoice("utf-8", "format")
#: Layer names listed in an error; a geodatabase may hold hundreds.
NAMES_SHOWN = 40


def list_layers(path: Path) -> list[LayerInfo]:
    """The layers of a file, a folder or an archive.

    Raises
    ------
    InputDataError
        If it cannot be opened or holds none.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4545)
    >>> frame.to_file(folder / "parks.geojson")
    >>> list_layers(folder / "parks.geojson")
    [LayerInfo(name='parks', geometry_type='Polygon', count=1)]
    """
    with opened(path, path.name) as files:
        return [entry.info for entry in layers_of(files, path.name)]


def read_vector(
    path: Path, *, source: str, layer: str | None = None, encoding: str | None = None
) -> RawTable:
    """Read one layer.

    Parameters
    ----------
    path : Path
        A file, a geodatabase folder, a folder of data files, or a zip of any of these.
    source : str
        Its name in reports; ``::layer`` is added where there are several.
    layer : str, optional
        Which layer; may be left out where there is one, or one with polygons.
    encoding : str, optional
        Text encoding, where the format does not settle it (.dbf, GeoJSON); overrides all detection.

    Returns
    -------
    RawTable
        A GeoDataFrame in 2D with the CRS of the file (None if it states none); a DataFrame for a layer
        without geometry. A null geometry means that the record has none.

    Raises
    ------
    InputDataError
        If the file cannot be read, the layer is not there or not named, or the text is mojibake.
    """
    with opened(path, source) as files:
        entries = layers_of(files, source) if layer or not _is_single(files) else [
            Entry(files[0], None, LayerInfo(files[0].stem, None, -1))]
        entry, notes = _select(entries, layer, source)
        label = f"{source}::{entry.info.name}" if len(entries) > 1 else source
        raw = _read(entry, label, encoding)
    notes = notes.assign(source=label) if len(notes) else notes
    problems = concat_problems([raw.problems, notes])
    return RawTable(raw.frame, label, raw.source_row, raw.encoding, raw.encoding_basis, raw.crs,
                    raw.rows_in, problems)


def _is_single(files: list[Path]) -> bool:
    return len(files) == 1 and files[0].suffix.lower() in {".shp", ".dbf", ".geojson", ".fgb", *PARQUET}


def _select(entries: list[Entry], layer: str | None, source: str) -> tuple[Entry, pd.DataFrame]:
    names = [entry.info.name for entry in entries]
    listed = ", ".join(names[:NAMES_SHOWN]) + (", …" if len(names) > NAMES_SHOWN else "")
    if layer is not None:
        wanted = [entry for entry in entries
                  if layer in {entry.info.name, entry.inner, entry.path.stem, entry.path.name}]  # fmt: skip
        if len(wanted) != 1:
            many = "names several layers" if wanted else "is not in the file"
            raise InputDataError(f"layer {layer!r} {many}", source, f"choose one of: {listed}")
        return wanted[0], concat_problems([])
    if len(entries) == 1:
        return entries[0], concat_problems([])
    polygons = [entry for entry in entries if "Polygon" in (entry.info.geometry_type or "")]
    if len(polygons) != 1:
        raise InputDataError(f"file holds {len(entries)} layers and none is named", source,
                             f"add `layer:` with one of: {listed}")
    others = ", ".join(name for name in names if name != polygons[0].info.name)
    return polygons[0], note("layer_chosen", source, value=polygons[0].info.name, detail=others)


def _read(entry: Entry, source: str, encoding: str | None) -> RawTable:
    suffix = entry.path.suffix.lower()
    if suffix == ".shp":
        return read_shapefile(entry.path, source=source, encoding=encoding)
    if suffix == ".dbf":
        return _read_dbf_table(entry.path, source, encoding)
    if suffix in PARQUET:
        bulk, bad = read_parquet(entry.path, source)
        return _from_bulk(bulk, entry, source, _FORMAT, [], bulk.fids + 1, bad)
    if suffix not in _JSON:
        return _read_gdal(entry, source, _FORMAT)
    with _as_utf8(entry.path, source, encoding) as (path, choice):
        return _read_gdal(Entry(path, entry.inner, entry.info), source, choice)


def _read_gdal(entry: Entry, source: str, choice: EncodingChoice) -> RawTable:
    bulk, why = None, ""
    with listening() as said:
        try:
            bulk = read_bulk(entry.path, entry.inner)
        except BulkError as error:
            why = str(error)
    if bulk is not None and bulk.promised <= len(bulk.fids):
        try:
            return _from_bulk(bulk, entry, source, choice, said)
        except pa.ArrowException as error:
            why = first_line(error)
    count = bulk.promised if bulk else promised(entry.path, entry.inner)
    got = read_each(entry.path, entry.inner, source, why, count)
    return _from_records(got, source, choice, why)


def _from_bulk(
    bulk: Bulk,
    entry: Entry,
    source: str,
    choice: EncodingChoice,
    said: list[str],
    numbers: np.ndarray | None = None,
    bad: dict[int, str] | None = None,
) -> RawTable:
    """A bulk read as a RawTable; ``numbers`` are the record numbers, ``bad`` those already lost."""
    frame, recoded = attributes_frame(bulk.table, source)
    examined = _examine(bulk, entry, source)
    if examined is not None:
        numbers, bad = examined.numbers, examined.skipped
    bad = bad or {}
    numbers = np.arange(1, len(frame) + 1) if numbers is None else numbers
    notes = [messages_as_notes(said, source), _encoding_note(choice, source)]
    notes += [note("text_recoded", source, field=name, detail="GB18030") for name in recoded]
    if bulk.wkb is None:
        return _table(frame, numbers, source, choice, bad, notes)
    made = decode_wkb(bulk.wkb)
    geometry, curves = made.geometry, 0
    if made.curved.any():
        geometry, curves = _straighten(geometry, made, bulk, entry)
    reasons = {**bad, **_reasons(geometry, made, bulk, numbers, entry, examined)}
    spatial = made.spatial
    lost = np.isin(numbers, list(reasons)) | spatial
    problems = [unreadable(source, list(reasons), list(reasons.values())),
                _in_space(made, numbers, source), *notes]
    problems += [note("curves_linearised", source, value=str(curves))] if curves else []
    problems += [note("z_dropped", source, value=str(made.flattened))] if made.flattened else []
    crs, about = _crs(bulk.crs, geometry, entry.path, source)
    keep = np.flatnonzero(~lost)
    kept = frame if len(keep) == len(frame) else frame.iloc[keep].reset_index(drop=True)
    whole = _geoframe(kept, geometry if len(keep) == len(frame) else geometry[keep], crs)
    return RawTable(whole, source, pd.Series(numbers[keep], index=whole.index, dtype="Int64"),
                    choice.name, choice.basis, crs, len(frame) + len(bad),
                    concat_problems([*problems, *about]))


def _table(
    frame: pd.DataFrame, numbers: np.ndarray, source: str, choice: EncodingChoice,
    bad: dict[int, str], notes: list[pd.DataFrame],
) -> RawTable:  # fmt: skip
    problems = [unreadable(source, list(bad), list(bad.values())), *notes]
    return RawTable(frame, source, pd.Series(numbers, index=frame.index, dtype="Int64"), choice.name,
                    choice.basis, None, len(frame) + len(bad), concat_problems(problems))


def _straighten(
    geometry: np.ndarray, made: Decoded, bulk: Bulk, entry: Entry
) -> tuple[np.ndarray, int]:
    """Arcs as lines, asked for record by record: shapely cannot hold an arc."""
    rows = np.flatnonzero(made.curved)
    found, _ = look_again(entry.path, entry.inner, bulk.fids[rows])
    shapes = np.array([found.get(fid) for fid in bulk.fids[rows].tolist()] + [None], dtype=object)[:-1]
    straight = geometry.copy()
    straight[rows] = shapely.force_2d(shapes)
    return straight, int((~shapely.is_missing(shapes)).sum())


def _reasons(
    geometry: np.ndarray, made: Decoded, bulk: Bulk, numbers: np.ndarray, entry: Entry,
    examined: Examined | None,
) -> dict[int, str]:  # fmt: skip
    """Why records whose geometry is not there should have had one."""
    failed = made.failed
    missing = shapely.is_missing(geometry) & ~made.spatial & ~failed
    reasons = {}
    if examined is not None:
        failed = failed | (missing & examined.given)
    elif missing.any() and entry.path.suffix.lower() not in _JSON | PARQUET:
        rows = np.flatnonzero(missing)
        _, said = look_again(entry.path, entry.inner, bulk.fids[rows])
        reasons = {int(numbers[row]): said[fid]
                   for row, fid in zip(rows.tolist(), bulk.fids[rows].tolist(), strict=True)
                   if fid in said}  # fmt: skip
        reasons |= {int(numbers[row]): "arcs cannot be turned into lines"
                    for row in np.flatnonzero(missing & made.curved).tolist()}  # fmt: skip
    unsound = ~shapely.is_missing(geometry) & failed
    reasons |= {int(number): "its geometry cannot be understood" for number in numbers[failed & ~unsound]}
    return reasons | {int(number): "a coordinate is not a number" for number in numbers[unsound]}


def _examine(bulk: Bulk, entry: Entry, source: str) -> Examined | None:
    """Look into a GeoJSON file itself where GDAL handed over fewer features or geometries than it has."""
    if entry.path.suffix.lower() not in _JSON or bulk.wkb is None:
        return None
    if not bulk.wkb.null_count and not needs_look(entry.path, len(bulk.fids)):
        return None
    return examine(entry.path, len(bulk.fids), source)


def _in_space(made: Decoded, numbers: np.ndarray, source: str) -> pd.DataFrame:
    spatial = made.spatial
    if not spatial.any():
        return concat_problems([])
    return make_problems(
        layer="", kind="geometry_not_polygon", scope="row", source=source, field="geometry",
        source_row=numbers[spatial].tolist(),
        value=[type_name(code) for code in made.codes[spatial].tolist()],
    )


def _from_records(got: Recovered, source: str, choice: EncodingChoice, why: str) -> RawTable:
    frame = got.frame()
    shapes = shapely.force_2d(got.shapes())
    problems = [unreadable(source, got.bad, got.bad.values()),
                note("read_record_by_record", source, detail=why), _encoding_note(choice, source)]
    problems += [note("field_type_unsupported", source, detail=text) for text in got.skipped]
    numbers = pd.Series(got.numbers, dtype="Int64")
    crs = got.crs if got.has_geometry else None
    whole = _geoframe(frame, shapes, crs) if got.has_geometry else frame
    return RawTable(whole, source, numbers, choice.name, choice.basis, crs,
                    len(frame) + len(got.bad), concat_problems(problems))


def _geoframe(frame: pd.DataFrame, geometry: np.ndarray, crs: CRS | None) -> gpd.GeoDataFrame:
    """A field called ``geometry`` gives way to the geometry."""
    frame = frame.rename(columns={"geometry": "geometry.2"}) if "geometry" in frame else frame
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=crs)


def _crs(
    crs: CRS | None, geometry: np.ndarray, path: Path, source: str
) -> tuple[CRS | None, list[pd.DataFrame]]:
    """What the file states; for GeoJSON without a ``crs`` member, what the format means by that."""
    if crs is None:
        return None, [note("crs_absent", source)]
    if path.suffix.lower() not in _JSON or crs.to_epsg() not in {4326, 4979}:
        return crs, []
    with path.open("rb") as file:
        if b'"crs"' in file.read(4096):
            return crs, []
    bounds = shapely.total_bounds(geometry)
    if np.isfinite(bounds).all() and (np.abs(bounds) > (180, 90, 180, 90)).any():
        return None, [note("crs_absent", source)]
    return crs, [note("crs_by_format", source, value="WGS 84")]


def _encoding_note(choice: EncodingChoice, source: str) -> pd.DataFrame:
    return note(choice.note, source, detail=choice.name) if choice.note else concat_problems([])


def _read_dbf_table(path: Path, source: str, encoding: str | None) -> RawTable:
    table = read_dbf(path, source)
    choice = choose_dbf_encoding(table, declared=encoding, where=source)
    require_plausible_count(table.promised, len(table.records), source)
    frame, cut, unsupported = dbf_frame(table, choice.name)
    notes = [text_notes(cut, unsupported, source)]
    keep = np.flatnonzero(~table.deleted)
    lost = range(len(frame) + 1, table.promised + 1)
    frame = frame.iloc[keep].reset_index(drop=True)
    bad = dict.fromkeys(lost, "the .dbf ends before this record")
    return _table(frame, keep + 1, source, choice, bad, notes)


@contextmanager
def _as_utf8(
    path: Path, source: str, encoding: str | None
) -> Iterator[tuple[Path, EncodingChoice]]:
    """A JSON file as GDAL needs it: UTF-8, rewritten in a temporary folder if it is not."""
    if not (encoding and codec_name(encoding, source) != "utf-8") and _passes_utf8(path, source):
        yield path, _FORMAT
        return
    text, choice = decode_text(path.read_bytes(), encoding, source)
    with tempfile.TemporaryDirectory(prefix="landtool-") as name:
        copy = Path(name) / path.name
        copy.write_text(text, encoding="utf-8")
        note_kind = "" if choice.basis == "declared" else "json_not_utf8"
        yield copy, EncodingChoice(choice.name, choice.basis, note_kind)


def _passes_utf8(path: Path, source: str) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(8 * 1024**2):
                decoder.decode(block)
                if b"\x00" in block:
                    # GDAL takes a NUL for the end of the file and drops what follows.
                    raise InputDataError("text file holds NUL bytes", source,
                                         "the file is damaged; copy or export it again")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
