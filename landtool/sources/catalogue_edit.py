"""Naming one more source in a ``landtool.yaml`` that a person may have written: its comments stay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from landtool.errors import InputDataError

_LAND_USE = "land_use"


def with_source(text: str, key: str, spec: Mapping[str, Any]) -> str:
    r"""The text of a catalogue with one source named, or named anew.

    The line is put in by hand, so that comments and order stay; where the catalogue is written in a way that
    this does not reach (blocks over several lines, anchors) the whole is written anew without its comments.

    Parameters
    ----------
    text : str
        A ``landtool.yaml``.
    key : str
        Place of the source: ``contracts``, ``land_use:2025``.
    spec : mapping
        Its entry: ``path`` and what else a source may say.

    Raises
    ------
    InputDataError
        If the text is no catalogue.

    Examples
    --------
    >>> print(with_source("layers:\n  parcels: {path: a.shp}  # ours\n", "contracts", {"path": "供地.xlsx"}))
    layers:
      contracts: {path: 供地.xlsx}
      parcels: {path: a.shp}  # ours
    <BLANKLINE>
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputDataError("not YAML", "landtool.yaml", str(error).splitlines()[0]) from error
    if not isinstance(document, dict) or not isinstance(document.get("layers"), dict):
        raise InputDataError("no layers", "landtool.yaml", "write layers: and a source for each")
    name, _, snapshot = key.partition(":")
    wanted = {**document, "layers": _placed(document["layers"], name, snapshot, dict(spec))}
    if _same(text, wanted):
        return text
    made = "\n".join(_with_line(text.split("\n"), name, snapshot, spec))
    if _same(made, wanted):
        return made
    return yaml.safe_dump(wanted, allow_unicode=True, sort_keys=False, width=110)


def _placed(layers: Mapping[str, Any], name: str, snapshot: str, spec: dict[str, Any]) -> dict[str, Any]:
    if not snapshot:
        return {**layers, name: spec}
    others = {str(key): value for key, value in (layers.get(name) or {}).items()}
    return {**layers, name: {**others, snapshot: spec}}


def _same(made: str, wanted: Mapping[str, Any]) -> bool:
    """Whether a text says what is wanted; the names of snapshots are text however they are written."""
    try:
        found = yaml.safe_load(made)
    except yaml.YAMLError:
        return False
    for document in (found, wanted):
        if document["layers"].get(_LAND_USE):
            document["layers"][_LAND_USE] = {str(key): value for key, value in document["layers"][_LAND_USE].items()}
    return bool(found == wanted)


def _with_line(lines: list[str], name: str, snapshot: str, spec: Mapping[str, Any]) -> list[str]:
    """The lines with one put in or replaced; unchanged where the place is not found."""
    head = _find(lines, r"layers:\s*(#.*)?", 0)
    if head is None:
        return lines
    indent = _indent_after(lines, head, "  ")
    if not snapshot:
        return _put(lines, head, indent, name, spec)
    inner = _find(lines, rf"{indent}{name}:\s*(#.*)?", head)
    if inner is None:
        lines = [*lines[: head + 1], f"{indent}{name}:", *lines[head + 1 :]]
        return _put(lines, head + 1, f"{indent}  ", snapshot, spec)
    return _put(lines, inner, _indent_after(lines, inner, f"{indent}  "), snapshot, spec)


def _put(lines: list[str], head: int, indent: str, name: str, spec: Mapping[str, Any]) -> list[str]:
    written = f"{_flow(name)}: {_flow(dict(spec))}"
    there = _find(lines, rf"{indent}(['\"]?){re.escape(name)}\1:\s*\{{.*\}}\s*(#.*)?", head)
    if there is not None:
        remark = re.search(r"\}\s*(#.*)?$", lines[there])
        tail = f"  {remark.group(1)}" if remark and remark.group(1) else ""
        return [*lines[:there], f"{indent}{written}{tail}", *lines[there + 1 :]]
    return [*lines[: head + 1], f"{indent}{written}", *lines[head + 1 :]]


def _find(lines: list[str], pattern: str, start: int) -> int | None:
    return next((place for place in range(start, len(lines)) if re.fullmatch(pattern, lines[place].rstrip())), None)


def _indent_after(lines: list[str], head: int, default: str) -> str:
    """The indent of what stands under a line."""
    for line in lines[head + 1 :]:
        if line.strip() and not line.lstrip().startswith("#"):
            found = re.match(r" *", line)
            indent = found.group() if found else ""
            return indent if len(indent) >= len(default) else default
    return default


def _flow(value: Any) -> str:
    """A value on one line."""
    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, default_flow_style=True, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...").strip()
