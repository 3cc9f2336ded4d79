"""A source's own columns made canonical: names, types and units settled, nothing lost silently.

Every row in ends as an accepted row or as a problem of scope ``row`` with a reason; every cell that was
filled ends as a value or as a problem of scope ``field``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landtool import units
from landtool.errors import InputDataError
from landtool.schema.cells import Parsed, as_text, parse_cells
from landtool.schema.duplicates import drop_duplicates, unique_keys
from landtool.schema.facts import ONE_OF, ZERO_MEANS_NONE, provenance_column
from landtool.schema.fields import Field, Layer
from landtool.schema.headers import (
    ColumnChoice,
    FieldMapping,
    HeaderNote,
    known_headers,
    map_headers,
    size_of,
)
from landtool.schema.problems import concat_problems, make_problems
from landtool.schema.wide import to_long

__all__ = [
    "ColumnChoice", "Conformed", "FieldMapping", "conform", "drop_duplicates", "empty_frame",
    "known_headers", "unique_keys",
]  # fmt: skip

_DTYPES = {"text": "str", "code": "str", "choice": "str", "number": "float64", "integer": "Int64",
           "date": "datetime64[us]", "boolean": "boolean", "list": "object"}  # fmt: skip
_ENOUGH = 5
_LONGEST = 300
# Field names listed in an error, and characters of each.
_NAMES_SHOWN, _NAME_SHOWN = 20, 20


@dataclass(frozen=True)
class Conformed:
    """A source in canonical form.

    Attributes
    ----------
    frame : DataFrame or GeoDataFrame
        The canonical columns that the source has, in the layer's order; ``<field>_is_known`` for every
        field whose blank says something; ``source`` (``source_file`` where the layer has a field
        ``source``) and ``source_row``; ``geometry`` if the source has one. On a RangeIndex.
    problems : DataFrame
        Rows and cells set aside, and notes (see :mod:`landtool.schema.problems`).
    mapping : list of FieldMapping
        Which source field became which column, and in which unit.
    extra_rows : int
        Rows that were made beyond those of the source, where one row of a wide sheet says several
        things: rows in + ``extra_rows`` = accepted + problems of scope ``row``.
    """

    frame: pd.DataFrame
    problems: pd.DataFrame
    mapping: list[FieldMapping] = field(default_factory=list)
    extra_rows: int = 0


@dataclass(frozen=True)
class _Work:
    """What the steps below share."""

    layer: Layer
    source: str
    table: pd.DataFrame
    rows: pd.Series
    mapping: list[FieldMapping]
    parsed: dict[str, Parsed]
    geometry: gpd.GeoSeries | None


def conform(
    frame: pd.DataFrame,
    layer: Layer,
    *,
    source: str,
    source_row: pd.Series,
    columns: Mapping[str, str | ColumnChoice] | None = None,
    export_format: str | None = None,
) -> Conformed:
    """Make one source canonical.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        As read; not changed.
    layer : Layer
        What it fills.
    source : str
        Its name in reports.
    source_row : Series of Int64
        On the frame's index: the row number a person sees.
    columns : mapping, optional
        Canonical name to source field, or to a :class:`ColumnChoice` with the unit; it overrules names.
    export_format : str, optional
        A known export format by name; recognised by its headers if left out.

    Returns
    -------
    Conformed
        Areas in m², money in CNY. Null means: the cell is blank, or was set aside.

    Raises
    ------
    InputDataError
        If a declared field or unit does not exist, or a required field is nowhere.

    Examples
    --------
    >>> from landtool.schema import LAYERS
    >>> sheet = pd.DataFrame({"电子监管号：": ["5001", None], "面积(公顷):": ["1.5", "-1"]})
    >>> made = conform(sheet, LAYERS["contracts"], source="a.xls", source_row=pd.Series([2, 3]))
    >>> made.frame[["contract_id", "area_m2"]].to_numpy().tolist()
    [['5001', 15000.0], ['a.xls#3', nan]]
    >>> made.problems["kind"].tolist()
    ['key_made', 'area_not_positive']
    """
    table, rows, geometry = _taken_apart(frame, source_row)
    table, rows, extra = to_long(table, rows, layer)
    mapping, notes = map_headers([str(name) for name in table.columns], layer, columns,
                                 export_format, source=source)
    parsed = {one.canonical: _parse(table, one, layer) for one in mapping}
    idle = [one for one in mapping if _no_unit(parsed[one.canonical], one, layer)]
    mapping = [one for one in mapping if one not in idle]
    work = _Work(layer, source, table, rows, mapping,
                 {one.canonical: parsed[one.canonical] for one in mapping}, geometry)
    _require_fields(work, idle)
    keys, made = _keys(work)
    gone, reasons = _rows_gone(work, keys)
    problems = [_of_keys(work, int((made & ~gone).sum())), _of_headers(work, notes, idle), reasons,
                *_of_cells(work, keys)]
    return Conformed(_assemble(work, keys, gone), concat_problems(problems), mapping, extra)


def empty_frame(layer: Layer) -> pd.DataFrame:
    """No rows, all canonical columns in their types: what an absent or empty source comes to.

    Examples
    --------
    >>> from landtool.schema import LAYERS
    >>> str(empty_frame(LAYERS["contracts"])["signed_date"].dtype)
    'datetime64[us]'
    """
    made = {one.name: pd.Series(dtype=_DTYPES[one.kind]) for one in layer.fields}
    made |= {f"{one.name}_is_known": pd.Series(dtype="boolean")
             for one in layer.fields if one.blank_is_known}  # fmt: skip
    made |= {provenance_column(layer): pd.Series(dtype="str"), "source_row": pd.Series(dtype="Int64")}
    frame = pd.DataFrame(made)
    return frame if layer.geometry == "none" else gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([]))


def _taken_apart(
    frame: pd.DataFrame, source_row: pd.Series
) -> tuple[pd.DataFrame, pd.Series, gpd.GeoSeries | None]:
    table = pd.DataFrame(frame).reset_index(drop=True)
    rows = pd.Series(source_row.to_numpy(), dtype="Int64")
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return table, rows, None
    shapes = frame.geometry.reset_index(drop=True)
    return table.drop(columns=frame.active_geometry_name), rows, shapes


def _parse(table: pd.DataFrame, one: FieldMapping, layer: Layer) -> Parsed:
    target = layer.field(one.canonical)
    has_unit = target.unit in units.DIMENSIONS or target.unit == "cny_m2"
    size = size_of(one.unit, target.unit) if one.unit else None if has_unit else 1.0
    column = table[one.field_in_source]
    for other in one.others:
        column = column.where(~_blank(column), table[other])
    zero_is_none = one.canonical in ZERO_MEANS_NONE.get(layer.name, ())
    return parse_cells(column, target, size, zero_is_none=zero_is_none)


def _blank(column: pd.Series) -> pd.Series:
    return column.isna() | as_text(column).str.strip().eq("")


def _no_unit(parsed: Parsed, one: FieldMapping, layer: Layer) -> bool:
    """Whether a column stays unused because nothing says what its numbers measure."""
    unknown = any(issue.kind == "unit_unknown" for issue in parsed.issues)
    return unknown and not one.unit and bool(parsed.values.isna().all())


def _require_fields(work: _Work, idle: list[FieldMapping]) -> None:
    """Raise where a required field is nowhere: every row would be lost, and the mend is one line."""
    layer = work.layer
    there = _listed(work.table.columns)
    if not work.mapping and not idle and work.geometry is None:
        raise InputDataError(f"no field of layer {layer.name} stands in this source", work.source,
                             f"check the file, the sheet and the header row, or map the fields in "
                             f"the catalogue under columns:; fields: {there}")
    for one in layer.fields:
        if not one.required or one.is_key or one.name in work.parsed:
            continue
        lacking = next((idler for idler in idle if idler.canonical == one.name), None)
        if lacking is not None:
            raise InputDataError(
                f"the unit of {one.name} ({one.zh}) is unknown", f"{work.source}: {lacking.field_in_source}",
                f"declare it: columns: {{{one.name}: {{field: {lacking.field_in_source}, unit: …}}}}")
        raise InputDataError(f"layer {layer.name}: no field for {one.name} ({one.zh})", work.source,
                             f"map it in the catalogue: columns: {{{one.name}: …}}; fields: {there}")
    for group in ONE_OF.get(layer.name, ()):
        if not any(name in work.parsed for name in group):
            raise InputDataError(f"layer {layer.name}: no field for any of {', '.join(group)}", work.source,
                                 f"map one in the catalogue; fields: {there}")
    if layer.geometry_required and work.geometry is None:
        raise InputDataError(f"layer {layer.name} needs polygons, this source has none", work.source,
                             "name a source with geometry")


def _listed(names: Iterable[object]) -> str:
    """Names for an error: not more than a line holds."""
    shown = [str(name)[:_NAME_SHOWN] for name in names]
    more = f", … ({len(shown)})" if len(shown) > _NAMES_SHOWN else ""
    return (", ".join(shown[:_NAMES_SHOWN]) or "none") + more


def _keys(work: _Work) -> tuple[pd.Series, np.ndarray]:
    """The name of each row, made as ``source#row`` where the source has none; and where it was made."""
    key = work.layer.key
    if key is None:
        first = next((one for one in work.layer.fields if one.name in work.parsed), None)
        if first is not None and first.kind == "code":
            return work.parsed[first.name].values.fillna(""), np.zeros(len(work.rows), dtype=bool)
        return _no_text(work), np.zeros(len(work.rows), dtype=bool)
    names = work.source + "#" + work.rows.astype("str").fillna("?")
    read = work.parsed.get(key.name)
    if read is None:
        return names.astype("str"), np.ones(len(names), dtype=bool)
    blank = read.values.isna().to_numpy()
    return read.values.mask(blank, names).astype("str"), blank & ~read.unread


def _of_keys(work: _Work, count: int) -> pd.DataFrame:
    if not count or work.layer.key is None:
        return concat_problems([])
    return make_problems(layer=work.layer.name, kind="key_made", scope="note", source=work.source,
                         field=work.layer.key.name, detail=str(count))


def _rows_gone(work: _Work, keys: pd.Series) -> tuple[np.ndarray, pd.DataFrame]:
    """Rows that cannot be used, each with its first reason."""
    gone = np.zeros(len(work.rows), dtype=bool)
    reasons = []
    for kind, name, rows in _reasons(work):
        fresh = rows & ~gone
        if fresh.any():
            reasons.append(make_problems(
                layer=work.layer.name, kind=kind, scope="row", source=work.source, field=name,
                source_row=work.rows[fresh], subject_id=keys[fresh],
                value=_as_read(work, name)[fresh]))  # fmt: skip
        gone |= rows
    return gone, concat_problems(reasons)


def _reasons(work: _Work) -> list[tuple[str, str, np.ndarray]]:
    parsed, layer = work.parsed, work.layer
    says = np.zeros(len(work.rows), dtype=bool)
    for cells in parsed.values():
        says |= cells.values.notna().to_numpy() | cells.unread
    shapeless = np.ones(len(work.rows), dtype=bool)
    if work.geometry is not None:
        shapeless = (work.geometry.isna() | work.geometry.is_empty).to_numpy()
    found = [("row_empty", "", ~says & shapeless)]
    for one in layer.fields:
        if one.required and one.name in parsed:
            unread = parsed[one.name].unread
            found.append(("required_unreadable", one.name, unread))
            if not one.is_key:
                missing = parsed[one.name].values.isna().to_numpy() & ~unread
                found.append(("required_missing", one.name, missing))
    for group in ONE_OF.get(layer.name, ()):
        there = [parsed[name].values.notna().to_numpy() for name in group if name in parsed]
        found.append(("one_of_missing", " / ".join(group), ~np.logical_or.reduce(there)))
    if layer.geometry_required:
        found.append(("geometry_missing", "geometry", shapeless))
    return found


def _as_read(work: _Work, name: str) -> pd.Series:
    """The cells of a field as text as read; for no field in particular, the whole row."""
    one = next((one for one in work.mapping if one.canonical == name), None)
    if one is not None:
        return as_text(work.table[one.field_in_source]).fillna("")
    if name:
        return _no_text(work)
    whole = _no_text(work)
    for column in work.table:
        text = as_text(work.table[column]).str.strip().fillna("")
        between = (text.ne("") & whole.ne("")).map({True: " | ", False: ""})
        whole = whole + between + text
    return whole.str.slice(0, _LONGEST)


def _no_text(work: _Work) -> pd.Series:
    return pd.Series("", index=work.rows.index, dtype="str")


def _of_headers(
    work: _Work, notes: list[HeaderNote], idle: list[FieldMapping]
) -> pd.DataFrame:
    """Notes on the mapping, and the columns left unused for want of a unit."""
    def note(kind: str, name: str, value: str, detail: str, scope: str = "note") -> pd.DataFrame:
        return make_problems(layer=work.layer.name, kind=kind, scope=scope, source=work.source,
                             field=name, value=value, detail=detail)

    found = [note(one.kind, one.field, one.value, one.detail) for one in notes]
    found += [note("unit_unknown", one.canonical, one.field_in_source, "", "field") for one in idle]
    used = {name for one in (*work.mapping, *idle) for name in (one.field_in_source, *one.others)}
    unused = [str(name) for name in work.table.columns if name not in used]
    if unused:
        found.append(note("fields_unused", "", "", ", ".join(unused)))
    return concat_problems(found)


def _of_cells(work: _Work, keys: pd.Series) -> list[pd.DataFrame]:
    """Cells set aside and cells to be noted, field by field."""
    found = []
    for one in work.mapping:
        if one.basis == "follows":
            continue
        parsed = work.parsed[one.canonical]
        as_read = _as_read(work, one.canonical) if parsed.issues else keys
        for issue in parsed.issues:
            at = issue.rows
            common = {"layer": work.layer.name, "kind": issue.kind, "source": work.source,
                      "field": one.canonical}  # fmt: skip
            if issue.scope == "column":
                found.append(make_problems(scope="note", detail=str(int(at.sum())), **common))
            else:
                detail = issue.detail if isinstance(issue.detail, str) else issue.detail[at]
                found.append(make_problems(scope=issue.scope, source_row=work.rows[at],
                                           subject_id=keys[at], value=as_read[at], detail=detail,
                                           **common))  # fmt: skip
        found.append(_mostly_unread(work, one, parsed))
    return found


def _mostly_unread(work: _Work, one: FieldMapping, parsed: Parsed) -> pd.DataFrame:
    """Note a column of which most cells cannot be read: its cells may stand under a wrong header."""
    unread, read = int(parsed.unread.sum()), int(parsed.values.notna().sum())
    if unread < _ENOUGH or unread <= read:
        return concat_problems([])
    return make_problems(layer=work.layer.name, kind="column_mostly_unreadable", scope="note",
                         source=work.source, field=one.canonical, value=one.field_in_source,
                         detail=f"{unread} / {unread + read}")  # fmt: skip


def _assemble(work: _Work, keys: pd.Series, gone: np.ndarray) -> pd.DataFrame:
    layer, count = work.layer, len(work.rows)
    key = layer.key
    made: dict[str, Any] = {}
    for one in layer.fields:
        if key is not None and one.name == key.name:
            made[one.name] = keys
        elif one.name in work.parsed:
            made[one.name] = work.parsed[one.name].values
    made |= {f"{one.name}_is_known": pd.array(_known(work, one, count), dtype="boolean")
             for one in layer.fields if one.blank_is_known}
    made[provenance_column(layer)] = pd.Series(work.source, index=work.rows.index, dtype="str")
    made["source_row"] = work.rows
    frame = pd.DataFrame(made, index=work.rows.index)
    if work.geometry is not None:
        frame = gpd.GeoDataFrame(frame, geometry=work.geometry.to_numpy(), crs=work.geometry.crs)
    return frame if not gone.any() else frame[~gone].reset_index(drop=True)


def _known(work: _Work, one: Field, count: int) -> np.ndarray:
    if one.name not in work.parsed:
        return np.zeros(count, dtype=bool)
    return ~work.parsed[one.name].unread
