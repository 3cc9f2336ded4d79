"""The same row twice: exact duplicates of source rows, and rows that share a key."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd

from landtool.schema.cell_base import as_text
from landtool.schema.facts import provenance_column
from landtool.schema.fields import Layer
from landtool.schema.folding import fold
from landtool.schema.problems import make_problems, no_problems

_DECIMAL = r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?"


class Raw(Protocol):
    """What this module needs of a table as read (see :class:`landtool.sources.raw.RawTable`)."""

    @property
    def frame(self) -> pd.DataFrame: ...  # noqa: D102

    @property
    def source(self) -> str: ...  # noqa: D102

    @property
    def source_row(self) -> pd.Series: ...  # noqa: D102


R = TypeVar("R", bound=Raw)


def drop_duplicates(tables: Sequence[R]) -> tuple[list[R], pd.DataFrame]:
    """Set exact duplicates aside over all sources of one layer, before they are conformed.

    Two rows are duplicates if all their source cells are equal as read, under folded field names; the
    first is kept. A cell that is null and one that is empty text are equal.

    Parameters
    ----------
    tables : sequence of RawTable
        Dataclasses with ``frame``, ``source`` and ``source_row``.

    Returns
    -------
    list of RawTable, DataFrame
        The tables without the repeats, on fresh RangeIndexes; the problems (scope ``row``, kind
        ``duplicate_row``, ``detail`` the place of the first).

    Examples
    --------
    >>> from landtool.sources.raw import RawTable
    >>> one = RawTable(pd.DataFrame({"名称:": ["a", "b"]}), "1.xls", pd.Series([2, 3], dtype="Int64"))
    >>> two = RawTable(pd.DataFrame({"名称": ["b"]}), "2.xls", pd.Series([2], dtype="Int64"))
    >>> kept, problems = drop_duplicates([one, two])
    >>> [len(table.frame) for table in kept], problems[["source", "detail"]].to_numpy().tolist()
    ([2, 0], [['2.xls', '1.xls#3']])
    """
    if not tables:
        return [], no_problems()
    cells = _aligned([table.frame for table in tables])
    repeated = cells.duplicated(keep="first").to_numpy()
    if not repeated.any():
        return list(tables), no_problems()
    source = np.repeat([table.source for table in tables], [len(t.frame) for t in tables])
    row = np.concatenate([table.source_row.to_numpy(dtype="int64", na_value=-1) for table in tables])
    involved = cells[cells.duplicated(keep=False)]
    first = involved.groupby(list(involved.columns), sort=False, dropna=False).ngroup()
    place = pd.Series(_places(source, row), index=cells.index)
    detail = first.map(place[first.index].groupby(first.to_numpy()).first())
    problems = make_problems(
        layer="", kind="duplicate_row", scope="row", source=source[repeated],
        source_row=row[repeated], detail=detail[cells.index[repeated]],
    )  # fmt: skip
    ends = np.cumsum([len(table.frame) for table in tables])
    masks = np.split(~repeated, ends[:-1])
    return [_keep(table, mask) for table, mask in zip(tables, masks, strict=True)], problems


def unique_keys(frame: pd.DataFrame, layer: Layer) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Set rows aside whose key an earlier row has; run it again after joining sources.

    Parameters
    ----------
    frame : DataFrame
        Conformed rows.
    layer : Layer
        Its ``unique_key`` names the columns; those that the frame lacks are left out, and a row in which
        all of them are null is never a repeat.

    Returns
    -------
    DataFrame, DataFrame
        The frame without repeats on a fresh RangeIndex; the problems (scope ``row``, kind
        ``duplicate_key``, ``detail`` the place of the first).

    Examples
    --------
    >>> from landtool.schema import LAYERS
    >>> frame = pd.DataFrame({"contract_id": ["A", "A"], "source": "x", "source_row": [2, 5]})
    >>> kept, problems = unique_keys(frame, LAYERS["contracts"])
    >>> len(kept), problems[["source_row", "value", "detail"]].to_numpy().tolist()
    (1, [[5, 'A', 'x#2']])
    """
    names = [name for name in layer.unique_key if name in frame.columns]
    if not names or frame.empty:
        return frame, no_problems()
    keys = pd.DataFrame(frame[names])
    repeated = (keys.duplicated(keep="first") & keys.notna().any(axis=1)).to_numpy()
    if not repeated.any():
        return frame, no_problems()
    where = provenance_column(layer)
    places = pd.Series(_places(_column(frame, where), _column(frame, "source_row")), frame.index)
    first = places.groupby([keys[name] for name in names], sort=False, dropna=False).transform("first")
    value = as_text(keys[names[0]]).fillna("")
    for name in names[1:]:
        value = value + " | " + as_text(keys[name]).fillna("")
    problems = make_problems(
        layer=layer.name, kind="duplicate_key", scope="row", field=" + ".join(names),
        source=_column(frame, where)[repeated], source_row=_column(frame, "source_row")[repeated],
        subject_id=as_text(keys[names[0]])[repeated], value=value[repeated],
        detail=first[repeated],
    )  # fmt: skip
    return frame[~repeated].reset_index(drop=True), problems


def _aligned(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All cells as text under folded names; absent and null are empty."""
    if len(frames) == 1 and not any(pd.api.types.is_object_dtype(kind) for kind in frames[0].dtypes):
        # One source spells a value one way: its typed columns can be compared as they are.
        return frames[0].reset_index(drop=True).fillna(
            {name: "" for name, kind in frames[0].dtypes.items() if isinstance(kind, pd.StringDtype)})
    parts = [frame.set_axis(_folded_names(frame), axis=1).reset_index(drop=True) for frame in frames]
    names = list(dict.fromkeys(name for part in parts for name in part.columns))
    columns = {}
    for name in names:
        pieces = [_piece(part, name) for part in parts]
        numeric = [pd.api.types.is_numeric_dtype(piece) for piece in pieces]
        if any(numeric) and not all(numeric):
            pieces = [_plain_number(piece) for piece in pieces]
        columns[name] = pd.concat([as_text(piece).fillna("") for piece in pieces], ignore_index=True)
    return pd.DataFrame(columns)


def _folded_names(frame: pd.DataFrame) -> list[str]:
    """Folded names; a name that two columns share after folding stays as it is."""
    flat = [fold(name) for name in frame.columns]
    return [one if flat.count(one) == 1 else str(name)
            for one, name in zip(flat, frame.columns, strict=True)]


def _piece(part: pd.DataFrame, name: str) -> pd.Series:
    if name not in part.columns:
        return pd.Series("", index=part.index, dtype="str")
    column = part[name]
    return column.astype("float64") if pd.api.types.is_integer_dtype(column) else column


def _plain_number(piece: pd.Series) -> pd.Series:
    """Text of plain numbers spelled as a numeric column spells them (1.50 as 1.5)."""
    text = as_text(piece)
    plain = text.str.fullmatch(_DECIMAL).to_numpy(dtype=bool, na_value=False)
    spelled = as_text(pd.to_numeric(text.where(plain)).astype("float64"))
    return text.mask(plain, spelled)


def _keep(table: R, mask: np.ndarray) -> R:
    if mask.all():
        return table
    changed: Any = dataclasses.replace(
        table,  # type: ignore[type-var]
        frame=table.frame[mask].reset_index(drop=True),
        source_row=table.source_row[mask].reset_index(drop=True),
    )
    return changed


def _column(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame.columns:
        return np.full(len(frame), pd.NA if name == "source_row" else "", dtype=object)
    return frame[name].to_numpy(dtype=object)


def _places(source: np.ndarray, row: np.ndarray) -> pd.Series:
    text = pd.Series(row, dtype="object").astype("str").fillna("")
    return (pd.Series(source, dtype="object").astype("str").fillna("") + "#" + text).array
