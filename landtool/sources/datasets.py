"""What a path holds: the data files in a folder or an archive, and the layers in each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pyogrio

from landtool.errors import InputDataError
from landtool.sources.dbf import read_dbf
from landtool.sources.gdal import first_line, listening
from landtool.sources.paths import is_archive, require_file, unpacked
from landtool.sources.vector_bulk import FAULTS

#: Files read as vector layers when they stand in a folder or an archive.
SUFFIXES = {".shp", ".gpkg", ".gdb", ".geojson", ".geojsonl", ".json", ".topojson", ".fgb", ".parquet",
            ".geoparquet", ".kml", ".kmz", ".gml", ".tab", ".mif", ".dxf", ".sqlite", ".dbf"}  # fmt: skip
PARQUET = {".parquet", ".geoparquet"}
_SHAPE_TYPES = {1: "Point", 3: "LineString", 5: "Polygon", 8: "MultiPoint", 31: "MultiPatch"}


@dataclass(frozen=True)
class LayerInfo:
    """A layer of a source.

    Attributes
    ----------
    name : str
        The name to give as ``layer:``.
    geometry_type : str or None
        As the file states it (``Unknown`` where records differ); None for a table.
    count : int
        Records the header counts; -1 where it counts none.
    """

    name: str
    geometry_type: str | None
    count: int


@dataclass(frozen=True)
class Entry:
    """A layer and the file it stands in; ``inner`` is its name there, None if it is the only one."""

    path: Path
    inner: str | None
    info: LayerInfo


@contextmanager
def opened(path: Path, source: str) -> Iterator[list[Path]]:
    """The data files behind a path: itself, those in a folder, or those in an archive."""
    require_file(path, source)
    if is_archive(path):
        with unpacked(path) as folder:
            yield _inside(folder, source)
    elif path.is_dir() and not is_geodatabase(path):
        yield _inside(path, source)
    else:
        yield [path]


def layers_of(files: list[Path], source: str) -> list[Entry]:
    """All layers of the files, in file order; names are unique over the files."""
    entries = [entry for path in files for entry in _layers(path, source, alone=len(files) == 1)]
    if not entries:
        raise InputDataError("file holds no layer", source, "choose another file")
    names = [entry.info.name for entry in entries]
    if len(set(names)) == len(names):
        return entries
    return [Entry(entry.path, entry.inner,
                  LayerInfo(f"{entry.path.parent.name}/{entry.info.name}",
                            entry.info.geometry_type, entry.info.count))
            for entry in entries]  # fmt: skip


def is_geodatabase(path: Path) -> bool:
    """Whether the path is a file geodatabase folder, whatever its name."""
    return path.is_dir() and (path.suffix.lower() == ".gdb" or any(path.glob("*.gdbtable")))


def _inside(folder: Path, source: str) -> list[Path]:
    found: list[Path] = []
    for path in sorted(folder.rglob("*")):
        if any(parent in found for parent in path.parents):
            continue
        if is_geodatabase(path) or (path.is_file() and path.suffix.lower() in SUFFIXES):
            found.append(path)
    if is_geodatabase(folder):
        found = [folder]
    stems = {(path.parent, path.stem.lower()) for path in found if path.suffix.lower() == ".shp"}
    kept = [path for path in found
            if path.suffix.lower() != ".dbf" or (path.parent, path.stem.lower()) not in stems]  # fmt: skip
    if not kept:
        raise InputDataError("no vector file inside", source,
                             f"expected one of: {', '.join(sorted(SUFFIXES))}")
    return kept


def _layers(path: Path, source: str, *, alone: bool) -> list[Entry]:
    suffix = path.suffix.lower()
    if suffix == ".shp":
        return [Entry(path, None, LayerInfo(path.stem, *_shape_header(path)))]
    if suffix == ".dbf":
        return [Entry(path, None, LayerInfo(path.stem, None, read_dbf(path, source).promised))]
    if suffix in PARQUET:
        return [_parquet_layer(path, source)]
    with listening():
        try:
            listed = pyogrio.list_layers(path)
            counts = [_count(path, name) for name, _ in listed]
        except FAULTS as error:
            raise InputDataError(f"file cannot be read ({first_line(error)})", source,
                                 "copy or export it again") from error
    only = len(listed) == 1
    return [Entry(path, name,
                  LayerInfo(path.stem if only and not alone else name, kind or None, count))
            for (name, kind), count in zip(listed, counts, strict=True)]  # fmt: skip


def _count(path: Path, name: str) -> int:
    try:
        return int(pyogrio.read_info(path, layer=name)["features"])
    except FAULTS:
        return -1


def _shape_header(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        head = file.read(100)
    kind = int.from_bytes(head[32:36], "little") if len(head) == 100 else 0
    base, suffix = (kind % 10, " Z" if kind // 10 == 1 else "") if kind != 31 else (31, "")
    index = path.with_suffix(".shx")
    count = (index.stat().st_size - 100) // 8 if index.exists() else -1
    return _SHAPE_TYPES.get(base, "Unknown") + suffix, count


def _parquet_layer(path: Path, source: str) -> Entry:
    try:
        meta = pq.read_metadata(path)
    except FAULTS as error:
        raise InputDataError(f"file cannot be read ({first_line(error)})", source,
                             "copy or export it again") from error
    kind = "Unknown" if meta.metadata and b"geo" in meta.metadata else None
    return Entry(path, None, LayerInfo(path.stem, kind, meta.num_rows))
