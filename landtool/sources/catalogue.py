"""The catalogue of a workspace, ``landtool.yaml``: which file is which layer.

Strict: an unknown key, a layer that the data model does not have and a key said twice are errors, each
with its line and the nearest known name. All errors of a file are reported at once.
"""

from __future__ import annotations

import datetime as dt
import difflib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pyproj import CRS
from pyproj.exceptions import CRSError

from landtool.errors import InputDataError
from landtool.schema import LAYERS
from landtool.sources.encoding import decode_text
from landtool.sources.paths import resolve_source
from landtool.sources.strict_yaml import Document, Place, load_document

FILE_NAME = "landtool.yaml"
#: Where results go unless another place is named, beside that file.
RESULTS_FOLDER = "out"
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_NAME_OF_POLICY_FILE = re.compile(r".*\.ya?ml$", re.IGNORECASE)
_EXACT_CRS = re.compile(r"\w+:[\w:.]+$|\+?\w+=|[A-Z]+\[|\{")
_NO_CRS = "{!r} is no coordinate reference system: write it as EPSG:4545"
_MEND = "see the layers and keys in a file written by `landtool init`"


def _as_text(value: Any) -> Any:
    """YAML reads 2020 and 2025-01-01 as numbers and dates; a name is text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, int | float) else value


def _as_date(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value.strip())
        except ValueError as error:
            raise ValueError(f"{value!r} is no date: write it as 2025-12-31") from error
    return value.date() if isinstance(value, dt.datetime) else value


def _as_crs(value: Any) -> Any:
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else value
    if isinstance(text, str):
        text = f"EPSG:{text}" if text.isdecimal() else text
        try:
            crs = CRS.from_user_input(text)
        except CRSError as error:
            raise ValueError(_NO_CRS.format(value)) from error
        # PROJ takes a name that is only alike: "Beijing" would become Beijing 1954.
        if not _EXACT_CRS.match(text) and crs.name.casefold() != text.casefold():
            raise ValueError(_NO_CRS.format(value))
    return text


def _expanded(value: Any) -> Any:
    """An address with ``${NAME}`` replaced from the environment, so that passwords stay out of files."""
    if not isinstance(value, str):
        return value
    missing = [name for name in _VARIABLE.findall(value) if name not in os.environ]
    if missing:
        raise ValueError(f"environment variable {missing[0]} is not set")
    return _VARIABLE.sub(lambda found: os.environ[found.group(1)], value)


# Endings of rasters that GDAL reads.
RASTER_FILES = frozenset({".tif", ".tiff", ".img"})
Text = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]
Day = Annotated[dt.date, BeforeValidator(_as_date)]
CrsText = Annotated[str, BeforeValidator(_as_crs)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class ColumnSpec(_Strict):
    """Which field of the source a canonical column is, and the unit its header does not name."""

    field: Text
    unit: Text | None = None


class SourceSpec(_Strict):
    """Where one layer comes from.

    Attributes
    ----------
    path : str or list of str, optional
        File, glob or list of them, relative to the catalogue.
    url, table : str, optional
        Instead of ``path``: a PostGIS database and its table. ``${NAME}`` in the address is taken from
        the environment.
    layer : str or int, optional
        Layer inside the file.
    sheet : int or str, optional
        Sheet of a workbook, by position from 0 or by name.
    encoding, crs, classification : str, optional
        What the file does not say itself.
    columns : dict
        Canonical column -> field name, or :class:`ColumnSpec`.
    """

    path: Text | Annotated[list[Text], Field(min_length=1)] | None = None
    url: Annotated[str, BeforeValidator(_expanded)] | None = Field(default=None, repr=False)
    table: Text | None = None
    layer: str | int | None = None
    sheet: int | str | None = None
    encoding: Text | None = None
    crs: CrsText | None = None
    classification: Text | None = None
    columns: dict[str, Text | ColumnSpec] = Field(default_factory=dict)

    @property
    def is_raster(self) -> bool:
        """Whether the source is a raster, by its name."""
        paths = [self.path] if isinstance(self.path, str) else self.path or []
        return any(Path(path).suffix.lower() in RASTER_FILES for path in paths)

    @property
    def shown(self) -> str:
        """The source as people may see it: never the address, which may hold a password."""
        if self.table is not None:
            return f"postgis:{self.table}"
        return self.path if isinstance(self.path, str) else ", ".join(self.path or [])


class RasterSpec(_Strict):
    """A raster of evidence: what it shows and of which day.

    ``built_values`` names the classes that are built, where the pixels are classes: always for
    ``land_cover``; without it ``built_up`` holds shares from 0 to 1.
    """

    path: Text
    kind: Literal["ndvi", "built_up", "night_lights", "land_cover"]
    date: Day
    crs: CrsText | None = None
    built_values: Annotated[list[int], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _classes_fit_the_kind(self) -> RasterSpec:
        if self.kind == "land_cover" and self.built_values is None:
            raise ValueError("land_cover needs built_values: the classes that are built, such as [3]")
        if self.kind in ("ndvi", "night_lights") and self.built_values is not None:
            raise ValueError(f"built_values says nothing of {self.kind}: leave it out")
        return self


class BasemapSpec(_Strict):
    """Picture tiles on this machine, drawn below the parcels in the app: an MBTiles file or a folder z/x/y."""

    path: Text
    gcj02: bool = False


class Catalogue(_Strict):
    """A workspace's sources.

    Attributes
    ----------
    file : Path
        The catalogue itself; paths are relative to its folder, ``root``.
    name, policy, language, crs, as_of
        As written; ``policy`` is a shipped name or a path (see :meth:`name_or_path`).
    layers : dict of str to SourceSpec
        By layer of the data model; the land-use snapshots stand apart.
    land_use : dict of str to SourceSpec
        By snapshot name, in the order written.
    rasters : list of RasterSpec
    basemap : BasemapSpec, optional
        None by default: no map asks other machines for tiles.
    """

    file: Path
    name: Text = "landtool"
    policy: Text | None = None
    as_of: Day | None = None
    crs: CrsText | None = None
    language: Literal["zh", "en"] = "zh"
    layers: dict[str, SourceSpec] = Field(default_factory=dict)
    land_use: dict[str, SourceSpec] = Field(default_factory=dict)
    rasters: list[RasterSpec] = Field(default_factory=list)
    basemap: BasemapSpec | None = None

    @property
    def root(self) -> Path:
        """Folder that relative paths start from."""
        return self.file.parent

    def files(self, spec: SourceSpec | RasterSpec) -> list[Path]:
        """The files a source names, each there and not empty (see ``resolve_source``)."""
        return resolve_source(self.root, spec.path or [])

    def name_or_path(self, text: str) -> str | Path:
        """A policy or classification: the file beside the catalogue if there is one, else the name."""
        beside = self.root / text
        return beside if beside.is_file() or _NAME_OF_POLICY_FILE.fullmatch(text) else text


def load_catalogue(workspace: Path) -> Catalogue:
    r"""Read ``landtool.yaml``.

    Parameters
    ----------
    workspace : pathlib.Path
        The folder that holds it, or the file itself.

    Raises
    ------
    InputDataError
        If it is missing or wrong; the one message names every error with its line.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "landtool.yaml"
    >>> _ = file.write_text("layers:\n  contracts: {path: 供地结果.xlsx, shet: 0}\n", encoding="utf-8")
    >>> load_catalogue(file)
    Traceback (most recent call last):
    landtool.errors.InputDataError: line 2: unknown key 'shet' in contracts (did you mean 'sheet'?): ...
    """
    file = _find(Path(workspace))
    text, _ = decode_text(file.read_bytes(), None, file.name)
    document = load_document(text.removeprefix("\ufeff"), file.name)
    if not isinstance(document.data, dict):
        raise InputDataError("the catalogue is empty or no list of keys", file.name, _MEND)
    errors = list(document.errors)
    plain = _arranged(document, errors)
    _check_sources(plain, document, errors)
    catalogue = _validated(plain, file, document, errors)
    if errors or catalogue is None:
        raise InputDataError(_gathered(errors), file.name, _MEND)
    return catalogue


def _find(workspace: Path) -> Path:
    file = workspace / FILE_NAME if workspace.is_dir() else workspace
    if file.is_file():
        return file
    if not workspace.exists():
        raise InputDataError("no such folder or file", str(workspace), "check the path")
    raise InputDataError(f"no {FILE_NAME}", str(workspace), "write one with `landtool init FOLDER`")


def _arranged(document: Document, errors: list[tuple[int, str]]) -> dict[str, Any]:
    """Top-level keys checked, land use and rasters taken out of the layers."""
    data = dict(document.data)
    known = ["name", "policy", "as_of", "crs", "language", "layers", "basemap"]
    for key in [key for key in data if key not in known]:
        hint = "put it under layers" if key in _layer_names() else _nearest(key, known)
        errors.append((document.line((key,)), f"unknown key {key!r} ({hint})"))
        del data[key]
    layers = data.pop("layers", None)
    if not isinstance(layers, dict) or not layers:
        errors.append((document.line(("layers",)), "no layers: name at least parcels or contracts"))
        return data
    for key in [key for key in layers if key not in _layer_names()]:
        where = document.line(("layers", key))
        errors.append((where, f"unknown layer {key!r} ({_nearest(key, _layer_names())})"))
    data["layers"] = {key: value for key, value in layers.items()
                      if key in LAYERS and key != "land_use"}
    data["land_use"] = _mapping_or_empty(layers, "land_use", document, errors)
    rasters = layers.get("rasters") or []
    if not isinstance(rasters, list):
        errors.append((document.line(("layers", "rasters")), "rasters must be a list: - {path: …}"))
        rasters = []
    data["rasters"] = rasters
    if not {"parcels", "contracts"} & layers.keys():
        errors.append((document.line(("layers",)), "neither parcels nor contracts is named"))
    return data


def _mapping_or_empty(
    layers: dict[str, Any], key: str, document: Document, errors: list[tuple[int, str]]
) -> dict[str, Any]:
    value = layers.get(key) or {}
    sources = SourceSpec.model_fields.keys()
    if isinstance(value, dict) and not (set(value) & {"path", "url", "table"} & set(sources)):
        return value
    errors.append((document.line(("layers", key)),
                   f"{key} needs a snapshot name: {key}: {{2020: {{path: …}}}}"))
    return {}


def _layer_names() -> list[str]:
    return [*LAYERS, "rasters"]


def _check_sources(
    plain: dict[str, Any], document: Document, errors: list[tuple[int, str]]
) -> None:
    """Each source: a mapping with known keys, from a path or from a table; columns of its layer."""
    kept: dict[str, dict[str, Any]] = {"layers": {}, "land_use": {}}
    for group, prefix in (("layers", ("layers",)), ("land_use", ("layers", "land_use"))):
        for name, source in plain.get(group, {}).items():
            place = (*prefix, name)
            if not isinstance(source, dict):
                errors.append((document.line(place), f"{name} must be written as {{path: FILE}}"))
                continue
            _check_source(name, source, LAYERS["land_use" if group == "land_use" else name],
                          place, document, errors)
            kept[group][name] = source
    plain.update(kept)


def _check_source(
    name: str, source: dict[str, Any], layer: Any, place: Place, document: Document,
    errors: list[tuple[int, str]],
) -> None:  # fmt: skip
    line = document.line(place)
    if "path" in source and ({"url", "table"} & source.keys()):
        errors.append((line, f"{name} has both a path and a database table: keep one"))
    elif source.get("path") in (None, "", []) and not {"url", "table"} <= source.keys():
        errors.append((line, f"{name} needs path, or url and table"))
    columns = source.get("columns")
    for column in columns if isinstance(columns, dict) else ():
        if column not in layer.names and column != "geometry":
            where = document.line((*place, "columns", column))
            errors.append((where, f"unknown column {column!r} of {layer.name} "
                                  f"({_nearest(column, layer.names)})"))


def _validated(
    plain: dict[str, Any], file: Path, document: Document, errors: list[tuple[int, str]]
) -> Catalogue | None:
    try:
        return Catalogue(file=file, **plain)
    except ValidationError as failed:
        said: dict[tuple[int, str], str] = {}
        for error in failed.errors(include_url=False):
            line, text = _translated(error, document)
            said.setdefault((line, text.split(":")[0]), text)
        errors.extend((line, text) for (line, _), text in said.items())
        return None


def _translated(error: Any, document: Document) -> tuple[int, str]:
    place = tuple(str(step) for step in error["loc"])
    if place[:1] in (("land_use",), ("rasters",)):
        place = ("layers", *place)
    known = place
    while known and known not in document.lines:
        known = known[:-1]
    label = ".".join(known[1:] if known[:1] == ("layers",) and len(known) > 1 else known)
    if error["type"] == "extra_forbidden":
        owner = RasterSpec if "rasters" in place else ColumnSpec if "columns" in place else SourceSpec
        parent = ".".join(known[1:-1]) or "the catalogue"
        hint = _nearest(place[-1], owner.model_fields)
        return document.line(place), f"unknown key {place[-1]!r} in {parent} ({hint})"
    if error["type"] == "missing":
        return document.line(place), f"{label}: {place[-1]} is missing"
    message = error["msg"].removeprefix("Value error, ")
    return document.line(place), f"{label}: {message[:1].lower()}{message[1:]}"


def _nearest(name: str, known: Iterable[str]) -> str:
    options = list(known)
    near = difflib.get_close_matches(name.lower(), options, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(options)}"


def _gathered(errors: list[tuple[int, str]]) -> str:
    lines = [f"line {line}: {text}" for line, text in dict.fromkeys(sorted(errors))]
    head = f"{len(lines)} errors: " if len(lines) > 1 else ""
    return head + "; ".join(lines)
