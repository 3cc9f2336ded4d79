"""Records in JSON: one list, several glued together, one object per line, or a list inside an object."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pandas as pd

from landtool.errors import InputDataError
from landtool.schema.problems import make_problems
from landtool.sources.block import Block, as_column, block_from_grid, note
from landtool.sources.header import unique_names

_SPACE = re.compile(r"[\s,;\x1e]*")
_WRAPPERS = {"properties", "attributes"}
_DEPTH = 4


def read_json(text: str, header_words: Any, source: str) -> Block:
    """Read the records of a JSON text.

    Accepted are a list of objects; several such lists or objects one behind the other (JSON lines
    too); an object that holds one list of objects (``{"data": […]}``); features of GeoJSON or of an
    Esri service, whose geometry is left out with a note; and a list of lists with a header.

    Returns
    -------
    Block
        Columns in the order of their first appearance; a key repeated in one object becomes ``X.2``.
        Nested values are kept as JSON text. Row numbers count records from 1. A list item that is no
        object, or a line that cannot be parsed among lines that can, is set aside.

    Raises
    ------
    InputDataError
        If the text is no JSON, is cut short, or holds no records or several lists of them.
    """
    items: list[Any] = []
    for document in _documents(text, source):
        items.extend(_records(document, source))
    if items and all(isinstance(item, list) for item in items):
        width = max(len(row) for row in items)
        grid = [row + [None] * (width - len(row)) for row in items]
        return block_from_grid(grid, np.arange(1, len(grid) + 1), header_words, source=source)
    good = [i for i, item in enumerate(items) if isinstance(item, dict)]
    bad = [i for i, item in enumerate(items) if not isinstance(item, dict)]
    if not good and items:
        raise InputDataError("the JSON holds values but no records", source,
                             "give a list of objects: [{\"field\": value, …}, …]")
    problems = []
    if bad:
        problems.append(
            make_problems(layer="", kind="not_a_record", scope="row", source=source,
                          source_row=[i + 1 for i in bad],
                          value=[_shown(items[i]) for i in bad])
        )  # fmt: skip
    records = [items[i] for i in good]
    plain = [_unwrapped(record) for record in records]
    if any(a is not b for a, b in zip(records, plain, strict=True)):
        problems.append(note("geometry_ignored", source))
    return Block(_frame(plain), np.array(good, dtype="int64") + 1, (), problems)


class Unreadable(str):
    """A line that is no JSON, standing for a record that is lost."""


def _frame(records: list[dict[str, Any]]) -> pd.DataFrame:
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = {
        name: as_column([_flat(record.get(name)) for record in records]) for name in names
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(len(records)))


def _documents(text: str, source: str) -> list[Any]:
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    documents: list[Any] = []
    at = _skip(text, 0)
    while at < len(text):
        try:
            document, at = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as error:
            end = text.find("\n", at)
            lines_of_objects = documents and all(isinstance(item, dict) for item in documents)
            if end < 0 or not lines_of_objects or text[at - 1 : at] not in ("\n", ""):
                raise _broken(text, error, source) from error
            document, at = Unreadable(text[at:end].strip()), end
            documents.append([document])
        else:
            documents.append(document)
        at = _skip(text, at)
    if not documents:
        raise InputDataError("the JSON is empty", source, "export it again with its records")
    return documents


def _broken(text: str, error: Exception, source: str) -> InputDataError:
    position = getattr(error, "pos", 0)
    line = text.count("\n", 0, position) + 1
    if len(text.rstrip()) - position < 2 or "Unterminated" in str(error):
        return InputDataError(f"the JSON is cut short at line {line}", source,
                              "copy or export the file again")
    return InputDataError(f"not valid JSON at line {line} ({getattr(error, 'msg', 'nested too deep')})",
                          source, "export it again, or mend that line")


def _records(document: Any, source: str) -> list[Any]:
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return [document]
    lists = _lists_inside(document, _DEPTH)
    if not lists:
        return [document]
    if len(lists) > 1:
        raise InputDataError(f"the JSON holds several lists: {', '.join(lists)}", source,
                             "keep the one that holds this layer's records")
    return next(iter(lists.values()))


def _lists_inside(document: dict[str, Any], depth: int) -> dict[str, list[Any]]:
    """Lists of objects found under an object's keys; none if the object is a record itself."""
    found: dict[str, list[Any]] = {}
    plain = sum(not isinstance(value, dict | list) for value in document.values())
    if plain > 12 or depth == 0:
        return found
    for key, value in document.items():
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            if key not in {"fields", "crs"}:
                found[key] = value
        elif isinstance(value, dict):
            inner = _lists_inside(value, depth - 1)
            found.update({f"{key}.{name}": items for name, items in inner.items()})
    return found


def _unwrapped(record: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a feature; any other record as it is."""
    for name in _WRAPPERS & record.keys():
        inner = record[name]
        if isinstance(inner, dict) and record.keys() <= {name, "type", "geometry", "id", "bbox"}:
            return inner
    return record


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    names = unique_names([name for name, _ in pairs])
    return {name: value for name, (_, value) in zip(names, pairs, strict=True)}


def _flat(value: Any) -> Any:
    return _shown(value) if isinstance(value, dict | list) else value


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
