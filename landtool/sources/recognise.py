"""What a folder of files seems to hold, field by field, for a person to correct before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from landtool import units
from landtool.errors import InputDataError
from landtool.schema import LAYERS, Layer
from landtool.schema.headers import map_headers
from landtool.sources.guess import guess_catalogue, parts_of

FIELD_COLUMNS = ["field", "header", "unit", "needs_unit", "is_required"]
MEASURED = ("m2", "cny", "cny_m2")


@dataclass(frozen=True)
class Recognised:
    """One layer as it was recognised.

    Attributes
    ----------
    key : str
        Its place in the catalogue: ``parcels``, ``land_use:2020``.
    layer : Layer
    spec : dict
        Its entry in the catalogue.
    headers : tuple of str
        Field names of the source.
    fields : DataFrame
        :data:`FIELD_COLUMNS`, one row per canonical field: the source's field taken for it (empty if
        none), the unit its numbers are in (empty if it has none or is not known), whether the unit is
        not known, and whether rows without the field are set aside.
    """

    key: str
    layer: Layer
    spec: dict[str, Any]
    headers: tuple[str, ...]
    fields: pd.DataFrame


def recognise(folder: Path) -> tuple[dict[str, Any], list[Recognised]]:
    """Guess the catalogue of a folder, and how the fields of each source are understood.

    Returns
    -------
    dict, list of Recognised
        The catalogue as ``landtool init`` would write it, and its layers.

    Raises
    ------
    InputDataError
        See :func:`landtool.sources.guess.guess_catalogue`.
    """
    document: dict[str, Any] = yaml.safe_load(guess_catalogue(folder))
    found = []
    for name, spec in document["layers"].items():
        entries = {f"land_use:{key}": one for key, one in spec.items()} if name == "land_use" else {name: spec}
        for key, one in entries.items():
            if name in LAYERS:
                found.append(recognised_as(folder, key, one))
    return document, found


def recognised_as(folder: Path, key: str, spec: dict[str, Any]) -> Recognised:
    """How the fields of one source are understood as a certain layer.

    Parameters
    ----------
    folder : Path
    key : str
        ``contracts``, ``land_use:2025``.
    spec : dict
        Its entry in the catalogue.

    Raises
    ------
    InputDataError
        If the source cannot be read.
    """
    layer = LAYERS[key.partition(":")[0]]
    path = spec["path"] if isinstance(spec["path"], str) else spec["path"][0]
    parts = parts_of(folder / path)
    wanted = spec.get("layer", spec.get("sheet"))
    part = next((part for part in parts if part.part == wanted), parts[0])
    mapped = {one.canonical: one for one in map_headers(part.fields, layer, source=path)[0]}
    rows = []
    for field in layer.fields:
        one = mapped.get(field.name)
        rows.append({"field": field.name, "header": one.field_in_source if one else "",
                     "unit": one.unit if one else "", "is_required": field.required,
                     "needs_unit": bool(one and not one.unit and field.unit in MEASURED)})
    return Recognised(key, layer, spec, part.fields, pd.DataFrame(rows, columns=FIELD_COLUMNS))


def unit_names(unit: str) -> list[str]:
    """Names of the units that a field of that canonical unit may be in."""
    if unit == "cny_m2":
        return ["元/平方米", "万元/亩", "万元/公顷", "亿元/平方公里"]
    return {"m2": ["平方米", "公顷", "亩", "平方公里"], "cny": ["元", "万元", "亿元"]}.get(unit, [])


def catalogue_text(
    document: Mapping[str, Any], layers: list[Recognised], chosen: Mapping[str, pd.DataFrame],
    settings: Mapping[str, str],
) -> str:  # fmt: skip
    """The text of ``landtool.yaml`` with what a person corrected.

    Parameters
    ----------
    document : mapping
        As :func:`recognise` returns it.
    layers : list of Recognised
    chosen : mapping
        Key of a layer -> its ``fields`` as corrected; what is as recognised is not written.
    settings : mapping
        ``name, policy, as_of, crs, language``; empty ones are left out.

    Raises
    ------
    InputDataError
        If a unit is none that the field can be in.
    """
    made: dict[str, Any] = {key: value for key, value in settings.items() if value}
    made["layers"] = {}
    for one in layers:
        spec = entry_of(one, chosen.get(one.key, one.fields))
        name, _, snapshot = one.key.partition(":")
        if snapshot:
            made["layers"].setdefault(name, {})[snapshot] = spec
        else:
            made["layers"][name] = spec
    if document["layers"].get("rasters"):
        made["layers"]["rasters"] = document["layers"]["rasters"]
    head = "# 由 landtool 生成,可以修改。Made by landtool; edit at will.\n"
    return head + yaml.safe_dump(made, allow_unicode=True, sort_keys=False, width=110)


def entry_of(one: Recognised, chosen: pd.DataFrame) -> dict[str, Any]:
    """The entry of one layer in the catalogue with the fields as a person corrected them.

    Raises
    ------
    InputDataError
        If a unit is none that the field can be in.
    """
    columns = _changed(one, chosen)
    return {**one.spec, **({"columns": columns} if columns else {})}


def _changed(one: Recognised, chosen: pd.DataFrame) -> dict[str, Any]:
    """Fields that a person gave another source field or a unit."""
    before = one.fields.set_index("field")
    columns: dict[str, Any] = {}
    for row in chosen.itertuples(index=False):
        was = before.loc[row.field]
        header, unit = str(row.header or ""), str(row.unit or "")
        if not header or (header == was["header"] and unit == was["unit"]):
            continue
        if unit and unit != was["unit"]:
            _require_unit(unit, one.layer.field(row.field).unit, row.field)
            columns[row.field] = {"field": header, "unit": unit}
        else:
            columns[row.field] = header
    return columns


def _require_unit(unit: str, canonical: str, field: str) -> None:
    try:
        units.factor(unit, canonical)
    except (ValueError, KeyError, InputDataError) as error:
        raise InputDataError(f"{unit!r} is no unit of {field}", "columns",
                             f"use one of: {', '.join(unit_names(canonical)) or 'none'}") from error
