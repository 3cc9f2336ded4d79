"""One layer from its sources: read, named, put on the working plane, validated, accounted for."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from landtool.crs import CrsGuess, guess_crs, label, working_plane
from landtool.errors import InputDataError, LandtoolError
from landtool.geometry.area import ellipsoidal_area_m2
from landtool.geometry.topology import check_topology, repair
from landtool.policy import Policy
from landtool.schema import LAYERS
from landtool.schema.conform import (
    ColumnChoice,
    Conformed,
    FieldMapping,
    conform,
    drop_duplicates,
    empty_frame,
    known_headers,
    unique_keys,
)
from landtool.schema.fields import Layer
from landtool.schema.problems import concat_problems, make_problems
from landtool.schema.validate import validate_layer
from landtool.sources.boundary_points import is_boundary_points, read_boundary_points
from landtool.sources.catalogue import Catalogue, SourceSpec
from landtool.sources.paths import resolve_source
from landtool.sources.raster import RasterInfo, describe_raster
from landtool.sources.raw import RawTable
from landtool.sources.tables import read_table
from landtool.sources.vector import list_layers, read_vector, require_polygons

_VECTOR_SUFFIXES = {".shp", ".gpkg", ".gdb", ".geojson", ".fgb", ".topojson", ".dbf", ".kml", ".gml",
                    ".tab", ".mif", ".sqlite", ".zip", ".geoparquet"}  # fmt: skip
# A polygon layer may come as a sheet without polygons: parcels are assessed by their attributes then.
_TABLE_SUFFIXES = {".xlsx", ".xlsm", ".xls", ".xlsb", ".et", ".ods", ".csv", ".tsv", ".txt", ".html"}


@dataclass(frozen=True)
class SourceReport:
    """How one source was read."""

    source: str
    rows_in: int
    encoding: str
    encoding_basis: str
    crs: str
    crs_basis: str
    mapping: list[FieldMapping]


@dataclass(frozen=True)
class LayerReport:
    """The account of one layer: ``rows_in`` = ``accepted`` + ``set_aside``, always."""

    layer: str
    rows_in: int
    accepted: int
    set_aside: int
    sources: list[SourceReport] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The form it has in summary.json."""
        def several(name: str) -> str:
            return "; ".join(dict.fromkeys(t for s in self.sources if (t := getattr(s, name))))

        return {"rows_in": self.rows_in, "accepted": self.accepted, "set_aside": self.set_aside,
                "encoding": several("encoding"), "crs": several("crs"),
                "source": several("source"),
                "sources": [{"source": s.source, "rows_in": s.rows_in, "encoding": s.encoding,
                             "encoding_basis": s.encoding_basis, "crs": s.crs,
                             "crs_basis": s.crs_basis} for s in self.sources]}  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """A layer as taken in."""

    frame: pd.DataFrame
    report: LayerReport
    problems: pd.DataFrame


def read_layer(
    root: Path,
    title: str,
    layer: Layer,
    spec: SourceSpec,
    policy: Policy,
    plane: CRS | None,
    districts: gpd.GeoDataFrame | None,
) -> Taken:
    """Take in one layer from all its sources.

    Parameters
    ----------
    root : Path
        Folder of the catalogue.
    title : str
        Name in reports (``parcels``, ``land_use:2020``).
    layer : Layer
        Its data model.
    spec : SourceSpec
        Its entry in the catalogue.
    policy : Policy
        Tolerances of the topology checks.
    plane : CRS or None
        Working plane, if it is known by now.
    districts : GeoDataFrame or None
        To tell zones and GCJ-02 apart.

    Raises
    ------
    InputDataError, CrsError
        If a source cannot be read or its CRS cannot be known.
    LandtoolError
        If the account does not close: rows in ≠ accepted + set aside.
    """
    raws = read_sources(root, title, layer, spec)
    problems = [raw.problems for raw in raws]
    rows_in = sum(raw.rows_in for raw in raws)
    if layer.geometry == "none":
        raws, repeated = drop_duplicates(raws)
        problems.append(repeated)
    reports, parts, extra = [], [], 0
    for raw in raws:
        part, guess, crs_problems = _conform(raw, layer, spec, districts)
        extra += part.extra_rows
        plane = plane or _plane_of(part.frame)
        parts.append(_to_plane(part.frame, plane))
        problems += [part.problems, crs_problems]
        reports.append(_source_report(raw, part, guess))
    frame = _concat(parts, layer)
    frame, clashes = unique_keys(frame, layer)
    problems.append(clashes)
    if isinstance(frame, gpd.GeoDataFrame):
        frame, found = _geometry(frame, layer, policy)
        problems += found
    problems.append(validate_layer(frame, layer))
    table = concat_problems(problems).assign(layer=title)
    set_aside = int((table["scope"] == "row").sum())
    # A wide row (a commitment per column) says several things: each is a row of its own.
    rows_in += extra
    if rows_in != len(frame) + set_aside:
        raise InputDataError(
            f"the account does not close: {rows_in} rows in, {len(frame)} accepted, "
            f"{set_aside} set aside", title, "report this as a fault of landtool")
    return Taken(frame, LayerReport(title, rows_in, len(frame), set_aside, reports), table)


def read_sources(root: Path, title: str, layer: Layer, spec: SourceSpec) -> list[RawTable]:
    """Read every file, sheet or table a catalogue entry names."""
    if spec.url:
        # SQLAlchemy takes half a second to load, and most workspaces are files.
        from landtool.sources.postgis import read_postgis

        raws = [read_postgis(spec.url, spec.table or "", geometry=layer.geometry == "polygon")]
    else:
        raws = [_read_file(path, source, layer, spec) for path, source in _files(root, spec)]
    if layer.geometry == "polygon":
        raws = [require_polygons(raw) if isinstance(raw.frame, gpd.GeoDataFrame) else raw
                for raw in raws]  # fmt: skip
    for raw in raws:
        if layer.geometry_required and not isinstance(raw.frame, gpd.GeoDataFrame):
            raise InputDataError(f"layer {title} needs polygons, this source has none", raw.source,
                                 "name a source with geometry")
    return raws


def source_bytes(root: Path, spec: SourceSpec) -> int:
    """Size of the files that a catalogue entry names; 0 for a database, and for what is not there."""
    with suppress(LandtoolError, OSError):  # told when it is read
        return sum(path.stat().st_size for path in _paths(root, spec))
    return 0


def _paths(root: Path, spec: SourceSpec) -> list[Path]:
    patterns = [spec.path] if isinstance(spec.path, str) else list(spec.path or [])
    return list(dict.fromkeys(path for pattern in patterns for path in resolve_source(root, pattern)))


def _files(root: Path, spec: SourceSpec) -> list[tuple[Path, str]]:
    return [(path, _source_name(root, path)) for path in _paths(root, spec)]


def _source_name(root: Path, path: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.as_posix()


def _read_file(path: Path, source: str, layer: Layer, spec: SourceSpec) -> RawTable:
    suffix = path.suffix.lower()
    if layer.geometry == "polygon":
        if suffix == ".txt" and is_boundary_points(path):
            return read_boundary_points(path, source=source, encoding=spec.encoding)
        if suffix not in _TABLE_SUFFIXES:
            return read_vector(path, source=source, layer=_layer_name(path, spec), encoding=spec.encoding)
    elif suffix in _VECTOR_SUFFIXES:
        return read_vector(path, source=source, layer=_layer_name(path, spec), encoding=spec.encoding)
    fields = {choice if isinstance(choice, str) else choice.field for choice in spec.columns.values()}
    return read_table(path, source=source, sheet=spec.sheet, encoding=spec.encoding,
                      header_words=[*known_headers(layer), *fields])


def _layer_name(path: Path, spec: SourceSpec) -> str | None:
    """The layer the catalogue names, by its name or by its position from 0."""
    if not isinstance(spec.layer, int):
        return spec.layer
    names = [layer.name for layer in list_layers(path)]
    if not 0 <= spec.layer < len(names):
        raise InputDataError(f"no layer {spec.layer}", path.name, f"it holds: {', '.join(names)}")
    return names[spec.layer]


def _conform(
    raw: RawTable, layer: Layer, spec: SourceSpec, districts: gpd.GeoDataFrame | None
) -> tuple[Conformed, CrsGuess | None, pd.DataFrame]:
    columns = {name: choice if isinstance(choice, str) else ColumnChoice(choice.field, choice.unit)
               for name, choice in spec.columns.items()}  # fmt: skip
    part = conform(raw.frame, layer, source=raw.source, source_row=raw.source_row, columns=columns)
    frame = part.frame
    if not isinstance(frame, gpd.GeoDataFrame) or layer.geometry == "none":
        plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
        return dataclasses.replace(part, frame=plain), None, concat_problems([])
    shapes = frame.geometry
    if shapes.isna().all() or shapes.is_empty.all():
        return part, None, concat_problems([])
    guess = guess_crs(tuple(shapes.total_bounds), declared=raw.crs, override=spec.crs,
                      districts=districts, where=raw.source, frame=frame)
    placed = frame.set_crs(guess.crs, allow_override=True)
    return dataclasses.replace(part, frame=placed), guess, guess.problems


def _plane_of(frame: pd.DataFrame) -> CRS | None:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        return None
    # Rows without a single corner place nothing: the next layer tells the plane.
    drawn = frame.geometry.notna() & ~frame.geometry.is_empty
    return working_plane(frame) if drawn.any() else None


def _to_plane(frame: pd.DataFrame, plane: CRS | None) -> pd.DataFrame:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        return frame
    # The area is taken before the corners move, in the source's own system.
    measured = frame.assign(area_m2=ellipsoidal_area_m2(frame))
    return measured if plane is None or measured.crs == plane else measured.to_crs(plane)


def _concat(parts: list[pd.DataFrame], layer: Layer) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        return parts[0].reset_index(drop=True) if parts else empty_frame(layer)
    joined = pd.concat(filled, ignore_index=True) if len(filled) > 1 else filled[0]
    for name in [c for c in joined.columns if c.endswith("_is_known")]:
        joined[name] = joined[name].astype("boolean").fillna(False)
    return joined.reset_index(drop=True)


def _geometry(
    frame: gpd.GeoDataFrame, layer: Layer, policy: Policy
) -> tuple[gpd.GeoDataFrame, list[pd.DataFrame]]:
    key = layer.key.name if layer.key else "source_row"
    repaired = repair(frame, layer=layer.name, id_column=key)
    whole = repaired.frame.reset_index(drop=True)
    if not np.array_equal(frame["source_row"].to_numpy(), whole["source_row"].to_numpy()) or len(
        repaired.problems
    ):
        whole = whole.assign(area_m2=ellipsoidal_area_m2(whole))
    found = [repaired.problems]
    if layer.name in {"parcels", "parks", "districts", "land_use", "control_lines"} and len(whole):
        found.append(check_topology(whole, layer=layer.name, id_column=key, policy=policy))
    return whole, found


def _source_report(raw: RawTable, part: Conformed, guess: CrsGuess | None) -> SourceReport:
    return SourceReport(
        source=raw.source, rows_in=raw.rows_in, encoding=raw.encoding,
        encoding_basis=raw.encoding_basis, crs=label(guess.crs) if guess else "",
        crs_basis=guess.basis if guess else "", mapping=part.mapping,
    )  # fmt: skip


@dataclass(frozen=True)
class Raster:
    """A raster of evidence: its file, what it shows, of which day, and which classes are built."""

    info: RasterInfo
    kind: str
    date: date
    path: Path
    crs: CRS | None = None
    built_values: tuple[int, ...] | None = None


def read_rasters(catalogue: Catalogue) -> tuple[list[Raster], pd.DataFrame]:
    """Describe every raster of the catalogue; the cells are read only where they are measured."""
    found: list[Raster] = []
    problems: list[pd.DataFrame] = []
    for spec in catalogue.rasters:
        for path in resolve_source(catalogue.root, spec.path):
            info = describe_raster(path, source=_source_name(catalogue.root, path))
            crs = info.crs if spec.crs is None else CRS.from_user_input(spec.crs)
            found.append(Raster(info, spec.kind, spec.date, path, crs,
                                None if spec.built_values is None else tuple(spec.built_values)))
            problems += [make_problems(layer="rasters", kind=key.partition(".")[2], scope="note",
                                       source=info.source) for key in info.notes]
    return found, concat_problems(problems)


def layer_of(title: str) -> Layer:
    """The data model behind a report's title (``land_use:2020`` -> land_use)."""
    return LAYERS[title.partition(":")[0]]
