"""A grid of cells turned into records under settled names, whatever file it came from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from landtool.errors import InputDataError
from landtool.schema.problems import make_problems
from landtool.sources.header import SEARCHED_ROWS, Header, find_header

Merge = tuple[int, int, int, int]


@dataclass(frozen=True)
class Block:
    """Records of one table, before blank, total and other foreign rows are sorted out.

    Attributes
    ----------
    frame : pandas.DataFrame
        One column per header cell, on a RangeIndex.
    rows : numpy.ndarray of int64
        The row number a person sees, for each row of the frame.
    labels : tuple of str
        The header as printed, before names were made unique.
    problems : list of DataFrame
        Rows already set aside, and notes.
    sheet : str
        The sheet read, where the file holds several.
    is_text : bool
        True where every cell came as text and numbers are still to be told from codes.
    """

    frame: pd.DataFrame
    rows: np.ndarray
    labels: tuple[str, ...]
    problems: list[pd.DataFrame] = field(default_factory=list)
    sheet: str = ""
    is_text: bool = False


def note(kind: str, source: str, **cells: Any) -> pd.DataFrame:
    """One note for people: nothing is set aside."""
    return make_problems(layer="", kind=kind, scope="note", source=source, **cells)


def header_notes(header: Header, source: str) -> list[pd.DataFrame]:
    """What was found around the header and left out of the records."""
    notes = []
    if header.above:
        notes.append(note("rows_above_header", source, value=header.above[:300]))
    if header.numbered:
        notes.append(note("column_number_row", source))
    return notes


def block_from_grid(
    grid: Sequence[Sequence[Any]],
    numbers: np.ndarray,
    header_words: Collection[str],
    *,
    source: str,
    merges: Sequence[Merge] = (),
    is_text: bool = False,
    sheet: str = "",
) -> Block:
    """Find the header in a grid and make records of what stands below it.

    Parameters
    ----------
    grid : sequence of rows
        All rows of equal length; None is an empty cell.
    numbers : numpy.ndarray of int64
        The row number a person sees, per row.
    merges : sequence of (row, column, last row, last column)
        Merged cells as positions in the grid. Inside the header they are filled; below it a text that
        spans rows of one column is filled down, a number is left in its first row (it may be a sum of
        the rows it spans), and both are reported.

    Raises
    ------
    InputDataError
        If the grid is empty or has no header.
    """
    if not grid:
        raise InputDataError("the table is empty", source, "export it again with its records")
    header = find_header(_fill(grid[:SEARCHED_ROWS], merges), header_words, where=source)
    columns = [list(column) for column in zip(*grid[header.after :], strict=True)]
    rows = numbers[header.after :]
    names = _padded(header.names, len(grid[0]))
    if not columns:
        columns = [[] for _ in names]
    problems = header_notes(header, source)
    problems += _fill_down(columns, merges, header.after, names, rows, source)
    frame = pd.DataFrame({i: as_column(column) for i, column in enumerate(columns)})
    frame, more = named(frame, names, source)
    return Block(frame, rows, header.labels, problems + more, sheet, is_text)


def named(
    frame: pd.DataFrame, names: Sequence[str], source: str
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Name the columns; one without a name is dropped if blank, else named by its letter."""
    from_letter = {}
    problems = []
    for position, name in enumerate(names):
        if name:
            continue
        column = frame.iloc[:, position]
        if blank_cells(column).all():
            continue
        fresh = f"column {letter(position)}"
        while fresh in names:
            fresh += "'"
        from_letter[position] = fresh
        problems.append(note("column_without_name", source, field=fresh))
    keep = [i for i, name in enumerate(names) if name or i in from_letter]
    out = frame.iloc[:, keep]
    out.columns = pd.Index([names[i] or from_letter[i] for i in keep], dtype="str")
    return out, problems


def letter(position: int) -> str:
    """The letter a sheet shows over a column counted from 0.

    Examples
    --------
    >>> letter(0), letter(27)
    ('A', 'AB')
    """
    text = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        text = chr(65 + rest) + text
    return text


def as_column(values: Sequence[Any]) -> pd.Series:
    """Cells as a column: text, float64, Int64, boolean or datetime64 where all agree, else object.

    Whole numbers too large for Int64 stay text.
    """
    cells = [None if value == "" else value for value in values]
    kinds = {type(cell) for cell in cells} - {type(None)}
    if kinds <= {dt.date, dt.datetime} and kinds:
        return pd.Series(np.array(cells, dtype="datetime64[us]"))
    if kinds == {int} and any(cell is not None and abs(cell) >= 2**63 for cell in cells):
        return pd.Series([None if cell is None else str(cell) for cell in cells], dtype="str")
    if kinds == {int}:
        return pd.Series(cells, dtype="Int64")
    if kinds == {bool}:
        return pd.Series(cells, dtype="boolean")
    if kinds and kinds <= {int, float}:
        return pd.Series(cells, dtype="float64")
    if kinds <= {str}:
        return pd.Series(cells, dtype="str")
    plain = [str(c) if isinstance(c, dt.time | dt.timedelta) else c for c in cells]
    return pd.Series(plain, dtype="object")


def blank_cells(column: pd.Series) -> np.ndarray:
    """Which cells hold nothing: null, or white space of any width."""
    missing = column.isna().to_numpy(dtype=bool)
    if pd.api.types.is_object_dtype(column):
        text = column.where(~missing, "").astype("str")
    elif pd.api.types.is_string_dtype(column):
        text = column.fillna("")
    else:
        return missing
    return missing | text.str.strip().eq("").to_numpy(dtype=bool)


def _padded(names: tuple[str, ...], width: int) -> list[str]:
    return [*names[:width], *[""] * (width - len(names))]


def _fill(rows: Sequence[Sequence[Any]], merges: Sequence[Merge]) -> list[list[Any]]:
    """The rows with every merged area filled from its first cell."""
    filled = [list(row) for row in rows]
    for top, left, bottom, right in merges:
        for row in filled[top : bottom + 1]:
            row[left : right + 1] = [filled[top][left]] * len(row[left : right + 1])
    return filled


def _fill_down(
    columns: list[list[Any]],
    merges: Sequence[Merge],
    start: int,
    names: Sequence[str],
    rows: np.ndarray,
    source: str,
) -> list[pd.DataFrame]:
    spans: dict[str, list[tuple[str, int, str]]] = {"merged_filled": [], "merged_number_left": []}
    for top, left, bottom, right in merges:
        if top < start or left != right or bottom <= top or left >= len(columns):
            continue
        first, last = top - start, min(bottom - start, len(rows) - 1)
        value = columns[left][first]
        if value is None or value == "":
            continue
        if isinstance(value, str):
            columns[left][first : last + 1] = [value] * (last + 1 - first)
        kind = "merged_filled" if isinstance(value, str) else "merged_number_left"
        spans[kind].append((names[left], int(rows[first]), f"{value} ({last + 1 - first})"))
    return [
        note(kind, source, field=list(f), source_row=list(r), value=list(v))
        for kind, found in spans.items() if found
        for f, r, v in [zip(*found, strict=True)]
    ]  # fmt: skip
