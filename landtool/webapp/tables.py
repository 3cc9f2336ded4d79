"""Tables on a page: results in people's words, numbers still numbers so that they sort."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from landtool import messages
from landtool.assessment import Assessment
from landtool.reports.wording import heading, shown_unit, spoken

if TYPE_CHECKING:
    from landtool.reports.sheet_tables import Sheet

_ROW_PX = 35
# More rows than this are not sent to the browser: it would take hundreds of megabytes for a list nobody reads.
MOST_SENT = 5_000
# More rows than this scroll inside the table.
_MOST_ROWS = 12
# Width of a column: as wide as its longest cell of the first rows, within bounds. Left to itself the table
# squeezes Chinese until layers that differ at the end look alike.
_MEASURED_ROWS, _CELL_PX, _LEAST_PX, _MOST_PX = 100, 20, 60, 300
_WIDE_PX, _NARROW_PX = 14, 7.5


def show(
    frame: pd.DataFrame, language: str, columns: Iterable[str] | None = None, *,
    key: str | None = None, select: bool = False, rows: int = _MOST_ROWS,
) -> list[int]:  # fmt: skip
    """Show a result frame in people's words.

    Parameters
    ----------
    frame : pandas.DataFrame
    language : str
    columns : iterable of str, optional
        Which and in which order; those the frame lacks are left out.
    key : str, optional
        Needed where rows can be ticked.
    select : bool
        Whether rows can be ticked.
    rows : int
        Rows before the table scrolls.

    Returns
    -------
    list of int
        Positions of the rows that are ticked.
    """
    said = spoken(frame.head(MOST_SENT), language, columns)
    titles = {name: heading(name, language) for name in said}
    return _draw(said, titles, language, key=key, select=select, rows=rows, whole=len(frame))


def show_sheet(
    key: str, result: Assessment, language: str, *, rows: int = _MOST_ROWS, whole: int | None = None,
) -> bool:  # fmt: skip
    """Show what the workbook's sheet of that key holds; False where there is nothing for it.

    ``whole`` tells how many rows there are, where the result holds the first of them alone.
    """
    from landtool.reports.workbook_sheets import Sheet, make_sheet

    found = make_sheet(key, result, language)
    if not isinstance(found, Sheet):
        return False
    draw_sheet(found, language, rows=rows, whole=whole)
    return True


def draw_sheet(sheet: Sheet, language: str, *, rows: int = _MOST_ROWS, whole: int | None = None) -> None:
    """Show a sheet of the workbook that is made already; ``whole`` as for :func:`show_sheet`."""
    _draw(sheet.table, dict(zip(sheet.table, sheet.headings, strict=True)), language, rows=rows, whole=whole)


def _draw(
    said: pd.DataFrame, titles: dict[str, str], language: str, *,
    key: str | None = None, select: bool = False, rows: int = _MOST_ROWS, whole: int | None = None,
) -> list[int]:  # fmt: skip
    """The table itself: every cell is text or a number, never HTML; of a long one its beginning."""
    if said.empty:
        st.caption(messages.say("app.nothing", language))
        return []
    whole, said = whole or len(said), said.head(MOST_SENT)
    # A column that is empty throughout tells nothing and takes room.
    said = said.drop(columns=[name for name in said if said[name].isna().all()])
    said = said.assign(**{name: _without_minus_zero(said[name], name) for name in said
                          if shown_unit(name) and pd.api.types.is_float_dtype(said[name])})
    options: dict[str, Any] = {"on_select": "rerun", "selection_mode": "multi-row"} if select else {}
    event = st.dataframe(
        said, width="stretch", hide_index=True, key=key, placeholder="", height=_ROW_PX * (min(len(said), rows) + 1) + 3,
        column_config={name: _config(said[name], name, titles[name]) for name in said}, **options)
    if len(said) < whole:
        st.caption(messages.say("app.first_rows", language, count=len(said), whole=whole))
    return list(event["selection"]["rows"]) if select else []


def _without_minus_zero(column: pd.Series, name: str) -> pd.Series:
    """Digits as they are shown: what rounds to zero has no sign."""
    unit = shown_unit(name)
    return column if unit is None else column.round(unit.digits) + 0.0


def _config(column: pd.Series, name: str, title: str) -> Any:
    if pd.api.types.is_datetime64_any_dtype(column):
        return st.column_config.DateColumn(title, format="YYYY-MM-DD")
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return st.column_config.NumberColumn(title, format=_number_format(column, name),
                                             width=column_width_px(column.round(2), title))
    return st.column_config.Column(title, width=column_width_px(column, title))


def column_width_px(column: pd.Series, title: str) -> int:
    """Pixels that the cells of a column need, its heading included; a long text is cut, and opens on a click.

    Examples
    --------
    >>> column_width_px(pd.Series(["土地利用图斑 2020"]), "图层")
    141
    >>> column_width_px(pd.Series([None]), "A")
    60
    """
    texts = pd.concat([column.head(_MEASURED_ROWS).dropna().astype("str"), pd.Series([title], dtype="str")])
    wide = texts.str.count("[\u2e80-\uffef]")
    longest = (wide * _WIDE_PX + (texts.str.len() - wide) * _NARROW_PX).max()
    return int(min(max(longest + _CELL_PX, _LEAST_PX), _MOST_PX))


def _number_format(column: pd.Series, name: str) -> str:
    if name.endswith(("year", "_row")):
        return "%d"
    unit = shown_unit(name)
    if unit is not None:
        return f"%.{unit.digits}f"
    known = column.dropna().astype("float64")
    return "%d" if (known % 1 == 0).all() else "%.2f"
