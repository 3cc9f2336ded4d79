"""Tables of the report: counts by two codes, a sheet's table, figures as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from landtool import messages
from landtool.reports.sheet_tables import Sheet
from landtool.reports.wording import label

if TYPE_CHECKING:
    from landtool.reports.document import Page


def count_table(page: Page, caption: str, cross: pd.DataFrame, first: str, row_words: str, order: list[str],
                column_words: str) -> None:  # fmt: skip
    """Table of counts, one row and one column a code; codes that do not occur are left out."""
    order = [name for name in order if name in cross]
    rows = [[messages.say(f"{row_words}{name}", page.language), *(int(cross.loc[name, one]) for one in order)]
            for name in cross.index]
    page.table(caption, [label(first, page.language),
                         *(messages.say(f"{column_words}{one}", page.language) for one in order)], rows,
               [50, *[110 / max(1, len(order))] * len(order)], numbers=tuple(range(1, len(order) + 1)))


def sheet_cells(sheet: Sheet) -> tuple[list[str], list[list[str]]]:
    """A sheet's table as texts, numbers with two digits."""
    table, columns = sheet.table, []
    for name in table:
        column = table[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            columns.append([figure(value, float, "{:,.2f}") for value in column.tolist()])
        elif pd.api.types.is_datetime64_any_dtype(column):
            columns.append(messages.cells(column).to_pylist())
        else:
            columns.append(["–" if pd.isna(value) else str(value) for value in column.tolist()])
    return sheet.headings, [list(row) for row in zip(*columns, strict=True)]


def number(value: Any, turn: Callable[[float], float]) -> float | None:
    """A figure in people's unit; None where it is unknown."""
    return None if value is None or pd.isna(value) else float(turn(float(value)))


def figure(value: Any, turn: Callable[[float], float], form: str) -> str:
    """A figure as text; a dash where it is unknown."""
    found = number(value, turn)
    return "–" if found is None else form.format(found + 0.0)
