"""YAML with its line numbers, in which a key said twice is an error (PyYAML would keep the last)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from landtool.errors import InputDataError

Place = tuple[str, ...]


class _Loader(yaml.SafeLoader):
    """The safe loader, which leaves a date that no calendar has (2025-13-01) as text."""


def _timestamp(loader: _Loader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)


@dataclass
class Document:
    """A YAML document: its data, the line of every entry, and what is wrong with its keys.

    Attributes
    ----------
    data : object
        As PyYAML's safe loader builds it; the keys of every mapping are text.
    lines : dict
        Path of keys (list positions as text) -> line counted from 1.
    errors : list of (int, str)
        Line and message of each key that stands twice.
    """

    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    errors: list[tuple[int, str]] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """Line of the entry, or of the nearest entry around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def load_document(text: str, where: str) -> Document:
    r"""Parse one YAML document.

    Raises
    ------
    InputDataError
        If it is no YAML; with line and column.

    Examples
    --------
    >>> load_document("a: 1\na: 2\n", "x.yaml").errors
    [(2, "key 'a' stands twice (first in line 1)")]
    """
    try:
        loader = _Loader(text)
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise _not_yaml(error, where) from error
    try:
        node = loader.get_single_node()
        document = Document()
        if node is not None:
            _walk(node, (), document, set())
            document.data = _text_keys(loader.construct_document(node), 0)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _not_yaml(error, where) from error
    finally:
        loader.dispose()
    return document


def _walk(node: yaml.Node, place: Place, document: Document, seen: set[int]) -> None:
    document.lines[place] = node.start_mark.line + 1
    if id(node) in seen:
        raise yaml.MarkedYAMLError(None, None, "aliases (*name) are not allowed", node.start_mark)
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            _walk(item, (*place, str(position)), document, seen)
    elif isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in first:
                document.errors.append(
                    (line, f"key {name!r} stands twice (first in line {first[name]})"))
            first.setdefault(name, line)
            _walk(value, (*place, name), document, seen)
            document.lines[(*place, name)] = line


def _text_keys(data: Any, depth: int) -> Any:
    if depth > 20:
        raise ValueError("nested too deep")
    if isinstance(data, dict):
        return {_key(key): _text_keys(value, depth + 1) for key, value in data.items()}
    if isinstance(data, list):
        return [_text_keys(item, depth + 1) for item in data]
    return data


def _key(key: Any) -> str:
    return key.isoformat() if hasattr(key, "isoformat") else str(key)


def _not_yaml(error: Exception, where: str) -> InputDataError:
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    what = getattr(error, "problem", None) or " ".join(str(error).split())[:120]
    mend = "check indentation (blanks, no tabs), brackets and the blank after each colon"
    return InputDataError(f"not valid YAML: {place}{what}", where, mend)
