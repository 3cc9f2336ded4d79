"""The first sheet of the workbook: headline, contents, what was not assessed, sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from landtool import messages, units
from landtool.assessment import Assessment
from landtool.columns import numbers
from landtool.crs import relabel
from landtool.reports.sheet_tables import Sheet, text_places
from landtool.reports.wording import heading, label, missing_words
from landtool.reports.workbook_sheets import layer_names

_WIDTHS = (34, 16, 16, 16, 16, 18, 18)


def write_summary(
    book: Any,
    page: Any,
    result: Assessment,
    language: str,
    sheets: list[Sheet | str],
    sheet_name: Callable[[str], str],
    map_link: str | None,
) -> None:
    """Write the first sheet.

    Parameters
    ----------
    book, page : xlsxwriter objects
    sheets : list
        What :func:`landtool.reports.workbook_sheets.make_sheets` gave.
    sheet_name : callable
        Name of the sheet a key begins on.
    map_link : str, optional
        Way from the workbook to the map's file.
    """
    front = _Front(book, page, language)
    summary = result.summary
    front.title(front.say("title", name=summary["name"]))
    front.line(front.say("basis", as_of=summary["as_of"], policy=summary["policy"]["title"]))
    front.line(front.say("suspected"))
    if map_link is not None:
        front.link(f"external:{map_link}", front.say("map"))
    _idle(front, result)
    # Of a district's part the one row above the parks is the district's own.
    _output(front, summary["output"], summary.get("district_name") or messages.say("output.city", language))
    _commitments(front, summary.get("commitments") or {})
    if summary.get("balance") and summary["balance"]["memo"]:
        front.head(front.say("balance"))
        front.line(summary["balance"]["memo"], wrap=True)
    _contents(front, sheets, sheet_name)
    _not_assessed(front, result)
    _sources(front, summary["layers"])
    front.line(front.say("note_columns"))
    front.line(front.say("note_areas"))
    front.line(front.say("software", version=summary["versions"]["landtool"],
                         policy=summary["policy"]["version"][:12]))
    for at, width in enumerate(_WIDTHS):
        page.set_column(at, at, width)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.print_area(0, 0, front.rows - 1, len(_WIDTHS) - 1)
    page.hide_gridlines(2)


class _Front:
    """Writes downwards; numbers keep their format, texts stay texts."""

    def __init__(self, book: Any, page: Any, language: str) -> None:
        self.language, self._page, self._row = language, page, 0
        self._title = book.add_format({"bold": True, "font_size": 15})
        self._bold = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF2", "text_wrap": True})
        self._head = book.add_format({"bold": True, "font_size": 12})
        self._wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self._forms = {form: book.add_format({"num_format": form})
                       for form in ("#,##0", "#,##0.0", "#,##0.00", "@")}

    def say(self, key: str, **values: Any) -> str:
        """A text of the workbook."""
        return messages.say(f"workbook.{key}", self.language, **values)

    @property
    def rows(self) -> int:
        """Rows written so far."""
        return self._row

    def title(self, text: str) -> None:
        """The title."""
        self._page.write_string(self._row, 0, text, self._title)
        self._row += 1

    def head(self, text: str) -> None:
        """A heading after an empty row."""
        self._page.write_string(self._row + 1, 0, text, self._head)
        self._row += 2

    def line(self, text: str, *, wrap: bool = False) -> None:
        """A line over the whole width."""
        if wrap:
            self.spread([(text, 0, len(_WIDTHS) - 1)])
            return
        self._page.write_string(self._row, 0, text)
        self._row += 1

    def spread(self, cells: list[tuple[str, int, int]]) -> None:
        """One row of texts that wrap, each over some columns, high enough for the longest."""
        lines = 1
        for text, first, last in cells:
            if last > first:
                self._page.merge_range(self._row, first, self._row, last, "", self._wrap)
            self._page.write_string(self._row, first, text, self._wrap)
            lines = max(lines, -(-text_places(text) // sum(_WIDTHS[first : last + 1])))
        self._page.set_row(self._row, 15 * lines)
        self._row += 1

    def link(self, target: str, text: str) -> None:
        """A line that leads somewhere."""
        self._page.write_url(self._row, 0, target, string=text)
        self._row += 1

    def row(self, cells: list[Any], forms: list[str] | None = None, *, head: bool = False) -> None:
        """One row of a small table; None stays empty, ``(target, text)`` is a link."""
        for at, cell in enumerate(cells):
            if cell is None:
                continue
            if isinstance(cell, tuple):
                self._page.write_url(self._row, at, cell[0], string=cell[1])
            elif isinstance(cell, str):
                self._page.write_string(self._row, at, cell, self._bold if head else self._forms["@"])
            else:
                self._page.write_number(self._row, at, cell, self._forms[forms[at] if forms else "#,##0"])
        self._row += 1


def _idle(front: _Front, result: Assessment) -> None:
    counts = result.summary["idle"]
    if not counts:
        return
    def terminal(key: str) -> str:
        return messages.say(f"terminal.{key}", front.language)

    front.head(front.say("idle"))
    front.row([terminal("status"), terminal("count"), terminal("hectares"), terminal("mu")], head=True)
    for status, found in counts.items():
        area = found["area_m2"]
        front.row([messages.say(f"idle.status.{status}", front.language), found["count"],
                   None if area is None else units.ha(area), None if area is None else units.mu(area)],
                  ["@", "#,##0", "#,##0.00", "#,##0.0"])
    judged = result.parcels if result.parcels is not None else result.contracts
    fees = numbers(judged, "idle_fee_cny") if judged is not None else None
    if fees is not None and fees.notna().any():
        front.row([f"{front.say('fee_total')}({messages.say('column.unit_wan', front.language)})",
                   float(units.wan(fees.sum()))], ["@", "#,##0.00"])


def _output(front: _Front, output: dict[str, Any], whole: str) -> None:
    named = [] if not output["city"] else [{**output["city"], "name": whole}]
    rows = [*named, *output["region_groups"], *output["parks"]]
    if not rows:
        return
    columns = ["output_intensity_cny_m2", "target_cny_m2", "coverage_pct", "output_gap_cny", "output_gap_m2"]
    front.head(front.say("output") + " · " + " ÷ ".join(
        str(output["basis"][key]) for key in ("output_numerator", "output_denominator"))
        + f" · {output['basis']['output_year']}")
    front.row([label("zone", front.language), *(heading(name, front.language) for name in columns)], head=True)
    turns: list[Any] = [units.yi_per_km2, units.yi_per_km2, float, units.wan, units.ha]
    for row in rows:
        cells = [None if row.get(name) is None else float(turn(row[name]))
                 for name, turn in zip(columns, turns, strict=True)]
        front.row([str(row["name"]), *cells],
                  ["@", "#,##0.00", "#,##0.00", "#,##0.0", "#,##0.0", "#,##0.00"])


def _commitments(front: _Front, counts: dict[str, dict[str, int]]) -> None:
    if counts:
        front.head(front.say("commitments"))
        for status, found in counts.items():
            front.row([messages.say(f"commitment.status.{status}", front.language), found["count"]])


def _contents(front: _Front, sheets: list[Sheet | str], sheet_name: Callable[[str], str]) -> None:
    front.head(front.say("contents"))
    front.row([front.say("sheet"), front.say("rows")], head=True)
    for sheet in sheets:
        if isinstance(sheet, Sheet):
            name = sheet_name(sheet.key)
            front.row([(f"internal:'{name}'!A1", name), len(sheet.table)])
        else:
            front.row([front.say(f"sheet_{sheet}"), front.say("absent")])


def _not_assessed(front: _Front, result: Assessment) -> None:
    rows = result.summary["not_assessed"]
    if rows:
        front.head(front.say("not_assessed"))
        what, why, lacking = (label(name, front.language) for name in ("what", "why", "missing"))
        front.row([what, why, "", "", lacking, "", ""], head=True)
        for row in rows:
            missing = missing_words(result.policy_numbers, row["missing"], front.language)
            front.spread([(row[f"what_{front.language}"], 0, 0), (row[f"why_{front.language}"], 1, 3), (missing, 4, 6)])


def _sources(front: _Front, layers: dict[str, dict[str, Any]]) -> None:
    names = ["layer", "rows_in", "accepted", "set_aside", "encoding", "crs"]
    front.head(front.say("sources"))
    front.row([label(name, front.language) for name in names], head=True)
    shown = layer_names(pd.Series(list(layers)), front.language)
    for name, report in zip(shown.tolist(), layers.values(), strict=True):
        front.row([name, *(report[key] for key in names[1:4]),
                   str(report["encoding"] or ""), relabel(report["crs"], front.language)])
