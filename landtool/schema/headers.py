"""Source fields to canonical fields, and the unit each number comes in.

In this order: what the catalogue says, what is known of the export format, the canonical name, an alias
letter by letter, an alias after folding (:mod:`landtool.schema.folding`). Where two source fields claim
one canonical field the first of the better kind is taken and the other is noted.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from landtool import units
from landtool.errors import InputDataError
from landtool.schema.export_formats import FORMATS, NEXT, REGULATION_UNITS, ExportFormat
from landtool.schema.facts import FOLLOWS
from landtool.schema.fields import Field, Layer
from landtool.schema.folding import fits, fold, split_glued, split_header

_MUST_BE_KNOWN = ("m2", "cny", "cny_m2")
_CATALOGUE, _FORMAT, _CANONICAL, _ALIAS, _FOLDED, _GLUED = range(6)
_BASIS = ("catalogue", "export format", "canonical name", "alias", "alias folded", "alias folded")


@dataclass(frozen=True)
class ColumnChoice:
    """What a catalogue may say of a field: which source field it is, and in what unit."""

    field: str
    unit: str | None = None


@dataclass(frozen=True)
class FieldMapping:
    """Which source field became a canonical field, and why.

    Attributes
    ----------
    canonical : str
        Canonical name.
    field_in_source : str
        Name in the source.
    unit : str
        Unit of its plain numbers; empty where it has none or where it is not known.
    basis : str
        ``catalogue``, ``export format``, ``canonical name``, ``alias``, ``alias folded`` or ``follows``.
    unit_basis : str
        ``catalogue``, ``header``, ``export format``, ``regulation``, ``canonical name``, ``default``
        or empty.
    others : tuple of str
        Source fields that fill the cells which the first leaves blank.
    """

    canonical: str
    field_in_source: str
    unit: str = ""
    basis: str = ""
    unit_basis: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeaderNote:
    """Something people should know of the mapping; ``kind`` has texts ``problem.<kind>``."""

    kind: str
    field: str
    value: str
    detail: str = ""


@dataclass(frozen=True)
class _Claim:
    canonical: str
    header: str
    tier: int
    unit: str
    order: tuple[int, ...]


def map_headers(
    headers: Sequence[str],
    layer: Layer,
    columns: Mapping[str, Any] | None = None,
    export_format: str | None = None,
    *,
    source: str = "",
) -> tuple[list[FieldMapping], list[HeaderNote]]:
    """Map a source's fields to a layer's.

    Parameters
    ----------
    headers : sequence of str
        Field names of the source; a repeated one is ``X``, ``X.2``.
    layer : Layer
        The layer it fills.
    columns : mapping, optional
        Canonical name to a field name, or to a :class:`ColumnChoice` (or a mapping with ``field`` and
        ``unit``). It overrules everything else.
    export_format : str, optional
        Name of a known format (:mod:`landtool.schema.export_formats`); recognised if left out.
    source : str
        For messages.

    Returns
    -------
    list of FieldMapping, list of HeaderNote
        In the order of the layer's fields; fields the source lacks are not in the list.

    Raises
    ------
    InputDataError
        If ``columns`` names a field that is not there, or a unit that does not fit.

    Examples
    --------
    >>> from landtool.schema import LAYERS
    >>> found, notes = map_headers(["电子监管号：", "面积(公顷):", "成交价格"], LAYERS["contracts"])
    >>> [(m.canonical, m.unit) for m in found]
    [('contract_id', ''), ('area_m2', '公顷'), ('price_cny', '')]
    """
    known = find_format(headers, layer, export_format, source)
    claims: list[_Claim] = []
    notes: list[HeaderNote] = []
    others: dict[str, tuple[str, ...]] = {}
    for canonical, choice in (columns or {}).items():
        claims.append(_chosen(canonical, choice, headers, layer, source))
    if known is not None:
        for canonical, names in known.columns.items():
            there = [header for name in names if (header := _locate(name, headers)) is not None]
            if there:
                unit = split_header(there[0])[1] or known.units.get(_base(there[0]), "")
                claims.append(_Claim(canonical, there[0], _FORMAT, unit, (0,)))
                others[canonical] = tuple(there[1:])
    taken = {claim.header for claim in claims} | {name for more in others.values() for name in more}
    shut = {name for name, names in known.columns.items() if not names} if known else set()
    named = _by_name([header for header in headers if header not in taken], headers, layer)
    claims += [claim for claim in named if claim.canonical not in shut]
    best, lost = _best(claims, layer, known)
    found = [_settle(claim, layer, known, columns or {}, others.get(name, ()), notes, source)
             for name, claim in best.items()]
    notes += [HeaderNote("field_claimed_twice", claim.canonical, claim.header,
                         best[claim.canonical].header) for claim in lost]
    found += _followers(found, layer)
    order = {name: at for at, name in enumerate(layer.names)}
    return sorted(found, key=lambda mapping: order[mapping.canonical]), notes


def find_format(
    headers: Sequence[str], layer: Layer, name: str | None = None, source: str = ""
) -> ExportFormat | None:
    """The known export format that headers tell, or the one that is named.

    Raises
    ------
    InputDataError
        If the named format is not known.
    """
    mine = [known for known in FORMATS if known.layer == layer.name]
    if name is not None:
        for known in mine:
            if known.name == name:
                return known
        raise InputDataError(f"no export format {name!r} for {layer.name}", source,
                             f"known are: {', '.join(known.name for known in mine) or 'none'}")
    there = {fold(header) for header in headers} | {split_header(header)[0] for header in headers}
    for known in mine:
        if all(fold(mark) in there for mark in known.marks) and (
            not known.nameless_after or _is_nameless(known.nameless_after + NEXT, headers)
        ):
            return known
    return None


def known_headers(layer: Layer) -> list[str]:
    """Every name that a layer's fields go by, to find the header row of a sheet."""
    return [name for field in layer.fields for name in (field.name, field.zh, *field.aliases)]


def _chosen(
    canonical: str, choice: Any, headers: Sequence[str], layer: Layer, source: str
) -> _Claim:
    if canonical not in layer.names:
        raise InputDataError(f"layer {layer.name} has no field {canonical!r}", source,
                             f"nearest: {_nearest(canonical, layer.names)}")
    wanted = _choice(choice)
    header = _locate(wanted.field, headers)
    if header is None:
        raise InputDataError(f"no field {wanted.field!r} for {canonical}", source,
                             f"nearest: {_nearest(wanted.field, headers)}")
    unit = wanted.unit or ""
    target = layer.field(canonical).unit
    if unit and not fits(unit, target):
        if target in units.DIMENSIONS or target == "cny_m2":
            units.factor(unit, target)
        raise InputDataError(f"{canonical} takes no unit, but {unit!r} is declared", source,
                             "leave the unit out")
    return _Claim(canonical, header, _CATALOGUE, unit, (0,))


def _choice(choice: Any) -> ColumnChoice:
    if isinstance(choice, str):
        return ColumnChoice(choice)
    if isinstance(choice, Mapping):
        return ColumnChoice(str(choice["field"]), choice.get("unit"))
    return ColumnChoice(str(choice.field), choice.unit)


def _locate(name: str, headers: Sequence[str]) -> str | None:
    """The header of that name: letter by letter, else folded, else without its unit."""
    if name.endswith(NEXT):
        at = _locate(name.removesuffix(NEXT), headers)
        after = list(headers).index(at) + 1 if at is not None else len(headers)
        return headers[after] if after < len(headers) else None
    if name in headers:
        return name
    for way in (fold, _base):
        wanted = way(name)
        for header in headers:
            if way(header) == wanted:
                return header
    return None


def _is_nameless(name: str, headers: Sequence[str]) -> bool:
    """Whether a column has no header: readers call it by its letter."""
    header = _locate(name, headers)
    return header is not None and re.fullmatch(r"|column [A-Z]+'*", header) is not None


def _by_name(headers: Sequence[str], all_headers: Sequence[str], layer: Layer) -> list[_Claim]:
    exact, flat = _names(tuple((one.name, one.zh, one.aliases) for one in layer.fields))
    claims = []
    for position, header in enumerate(headers):
        single = _single(header, all_headers)
        name, unit = split_header(single)
        hits = [(field, _CANONICAL, 0, "") for field in layer.names if fold(single) == field]
        if not hits:
            hits = [(field, _ALIAS, order, "") for field, order in exact.get(single.strip(), ())]
        if not hits:
            hits = [(field, _FOLDED, order, unit) for field, order in flat.get(name, ())]
        if not hits and split_glued(name)[0]:
            bare, unit = split_glued(name)
            hits = [(field, _GLUED, order, unit) for field, order in flat.get(bare, ())]
        claims += [_Claim(field, header, tier, unit, (order, position))
                   for field, tier, order, unit in hits
                   if not unit or fits(unit, layer.field(field).unit)]
    return claims


@cache
def _names(
    fields: tuple[tuple[str, str, tuple[str, ...]], ...],
) -> tuple[dict[str, list[tuple[str, int]]], dict[str, list[tuple[str, int]]]]:
    """Aliases to (field, order): letter by letter, and folded."""
    exact: dict[str, list[tuple[str, int]]] = {}
    flat: dict[str, list[tuple[str, int]]] = {}
    for canonical, zh, aliases in fields:
        stem = re.sub(r"_(cny_m2|m2|cny|pct|tce|t|m)$", "", canonical)
        for order, alias in enumerate((*aliases, zh, stem)):
            for table, spelling in ((exact, alias), (flat, fold(alias))):
                entries = table.setdefault(spelling, [])
                if canonical not in (name for name, _ in entries):
                    entries.append((canonical, order))
    return exact, flat


def _best(
    claims: list[_Claim], layer: Layer, known: ExportFormat | None
) -> tuple[dict[str, _Claim], list[_Claim]]:
    """Per canonical field the best claim; and the claims that lost."""
    def rank(claim: _Claim) -> tuple[int, int, int, tuple[int, ...]]:
        needs = layer.field(claim.canonical).unit in _MUST_BE_KNOWN
        basis = _unit(claim, layer.field(claim.canonical), known)[1]
        doubt = 0 if not needs or basis == "header" else 1 if basis else 2
        named = claim.tier <= _CANONICAL
        return (claim.tier if named else _ALIAS, doubt, claim.tier, claim.order)

    best: dict[str, _Claim] = {}
    lost = []
    for claim in sorted(claims, key=rank):
        if claim.canonical in best:
            lost.append(claim)
        else:
            best[claim.canonical] = claim
    used = {claim.header for claim in best.values()}
    return best, [claim for claim in lost if claim.header not in used]


def _settle(
    claim: _Claim,
    layer: Layer,
    known: ExportFormat | None,
    columns: Mapping[str, Any],
    others: tuple[str, ...],
    notes: list[HeaderNote],
    source: str,
) -> FieldMapping:
    field = layer.field(claim.canonical)
    unit, unit_basis = _unit(claim, field, known)
    in_header = split_header(claim.header)[1]
    declared = claim.unit if claim.tier == _CATALOGUE else ""
    if declared and in_header and fits(in_header, field.unit) and (
        size_of(in_header, field.unit) != size_of(declared, field.unit)
    ):
        notes.append(HeaderNote("unit_overruled", field.name, claim.header, declared))
    basis = _BASIS[claim.tier]
    if claim.tier == _FORMAT and known is not None:
        notes.append(HeaderNote("export_format_column", field.name, claim.header, known.name))
    return FieldMapping(field.name, claim.header, unit, basis, unit_basis, others)


def size_of(unit: str, canonical: str) -> float:
    """Size of a unit in the canonical one, which may be named itself.

    Examples
    --------
    >>> size_of("万元/亩", "cny_m2"), size_of("cny_m2", "cny_m2")
    (15.0, 1.0)
    """
    return 1.0 if unit == canonical else units.factor(unit, canonical)


def _unit(claim: _Claim, field: Field, known: ExportFormat | None) -> tuple[str, str]:
    """Unit of a claim's plain numbers, and where it is from."""
    if field.unit not in units.DIMENSIONS and field.unit != "cny_m2":
        return "", ""
    if claim.tier == _CATALOGUE and claim.unit:
        return claim.unit, "catalogue"
    if claim.tier == _CANONICAL or fold(claim.header) == field.name:
        return field.unit, "canonical name"
    in_header = claim.unit or split_header(claim.header)[1]
    if in_header and fits(in_header, field.unit):
        return in_header, "header"
    base = _base(claim.header)
    if known is not None:
        for header, unit in known.units.items():
            if fold(header) == base and fits(unit, field.unit):
                return unit, "export format"
    for header, unit in REGULATION_UNITS.items():
        if fold(header) == base and fits(unit, field.unit):
            return unit, "regulation"
    return (field.default_unit, "default") if field.default_unit else ("", "")


def _followers(found: list[FieldMapping], layer: Layer) -> list[FieldMapping]:
    there = {mapping.canonical: mapping for mapping in found}
    return [FieldMapping(name, there[leader].field_in_source, "", "follows", "", there[leader].others)
            for name, leader in FOLLOWS.get(layer.name, {}).items()
            if name not in there and leader in there]  # fmt: skip


def _single(header: str, headers: Sequence[str]) -> str:
    """A repeated header without its number (``土地用途.2`` is 土地用途 again)."""
    base = re.sub(r"\.\d+$", "", header)
    return base if base != header and base in headers else header


def _base(header: str) -> str:
    return split_header(re.sub(r"\.\d+$", "", header))[0]


def _nearest(name: str, there: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, [str(one) for one in there], n=3, cutoff=0.3)
    return ", ".join(close or [str(one) for one in there][:12]) or "none"
