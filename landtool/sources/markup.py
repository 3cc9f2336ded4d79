"""Tables in HTML and in Spreadsheet XML 2003, which portals send under the suffix .xls."""

from __future__ import annotations

from collections.abc import Collection
from html.parser import HTMLParser

import numpy as np

from landtool.errors import InputDataError
from landtool.sources.block import Block, Merge, block_from_grid, note
from landtool.sources.header import find_header

_ROWS = {"tr", "row", "ss:row"}
_CELLS = {"td", "th", "cell", "ss:cell"}
_TABLES = {"table", "ss:table"}
_BREAKS = {"br", "p", "div"}
_SPAN_MAX = 5_000
_AREA_MAX = 100_000


class _Tables(HTMLParser):
    """Collects each table as a grid of texts, spans as merges."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self._source = source
        self.done: list[tuple[list[list[str]], list[Merge]]] = []
        self._open: list[tuple[list[dict[int, str]], list[Merge], dict[tuple[int, int], bool]]] = []
        self._cell: tuple[int, int] | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _TABLES:
            self._end_cell()
            self._open.append(([], [], {}))
        elif tag in _ROWS and self._open:
            self._end_cell()
            self._open[-1][0].append({})
        elif tag in _CELLS and self._open and self._open[-1][0]:
            self._end_cell()
            self._start_cell({name: value or "" for name, value in attrs})
        elif tag in _BREAKS and self._cell and self._text:
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _CELLS | _ROWS:
            self._end_cell()
        elif tag in _TABLES and self._open:
            self._end_cell()
            self._finish()

    def handle_data(self, data: str) -> None:
        if self._cell:
            self._text.append(data)

    def close(self) -> None:
        super().close()
        self._end_cell()
        while self._open:
            self._finish()

    def _start_cell(self, attributes: dict[str, str]) -> None:
        rows, merges, taken = self._open[-1]
        row = len(rows) - 1
        column = _whole(attributes.get("ss:index"), 0) - 1
        if column < 0:
            column = max(rows[row], default=-1) + 1
            while taken.get((row, column)):
                column += 1
        across = _whole(attributes.get("ss:mergeacross"), _whole(attributes.get("colspan"), 1) - 1)
        below = _whole(attributes.get("ss:mergedown"), _whole(attributes.get("rowspan"), 1) - 1)
        right, down = column + max(across, 0), row + max(below, 0)
        if (right - column + 1) * (down - row + 1) > _AREA_MAX:
            raise InputDataError(f"a cell of the table spans {down - row + 1} rows", self._source,
                                 "the page is damaged: export it again")
        if (right, down) != (column, row):
            merges.append((row, column, down, right))
        for y in range(row, down + 1):
            for x in range(column, right + 1):
                taken[y, x] = True
        for x in range(column, right + 1):
            rows[row][x] = ""
        self._cell, self._text = (row, column), []

    def _end_cell(self) -> None:
        if self._cell and self._open:
            row, column = self._cell
            self._open[-1][0][row][column] = " ".join("".join(self._text).split(" \n\t\r")).strip(" \n\t\r")
        self._cell, self._text = None, []

    def _finish(self) -> None:
        rows, merges, _ = self._open.pop()
        width = max((max(row, default=-1) + 1 for row in rows), default=0)
        self.done.append(([[row.get(i, "") for i in range(width)] for row in rows], merges))


def read_markup(text: str, header_words: Collection[str], source: str) -> Block:
    """Read the table of an HTML page: the one with the most known header words, then the largest.

    Returns
    -------
    Block
        All cells as text. Row numbers count the table's rows.

    Raises
    ------
    InputDataError
        If the page holds no table (portals send an error or log-in page under the name of an export).
    """
    parser = _Tables(source)
    parser.feed(text)
    parser.close()
    tables = [(grid, merges) for grid, merges in parser.done if grid and len(grid[0])]
    if not tables:
        raise InputDataError("a web page or XML without a table", source,
                             "if a portal sent a message instead of data, export it again")
    ranks = [(_hits(grid, header_words), sum(map(len, grid))) for grid, _ in tables]
    best = max(range(len(tables)), key=lambda i: ranks[i])
    grid, merges = tables[best]
    cells = [[cell or None for cell in row] for row in grid]
    block = block_from_grid(cells, np.arange(1, len(cells) + 1), header_words, source=source,
                            merges=merges, is_text=True)
    if len(tables) > 1:
        block.problems.append(note("sheet_chosen", source, value=f"table {best + 1}",
                                   detail=f"{len(tables)} tables"))
    return block


def _hits(grid: list[list[str]], words: Collection[str]) -> int:
    try:
        return find_header(grid, words).hits if words else 0
    except InputDataError:
        return 0


def _whole(text: str | None, otherwise: int) -> int:
    """A span as a number, at most 5 000 so that a wrong one cannot fill the memory."""
    return min(int(text), _SPAN_MAX) if text and text.isdecimal() else otherwise
