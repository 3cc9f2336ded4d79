"""Tables on a page: a result frame in people's words, numbers still numbers so that they sort."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
import streamlit as st

from landtool import messages
from landtool.reports.wording import heading, shown_unit, spoken

_ROW_PX = 35
# More rows than this scroll inside the table.
_MOST_ROWS = 12


def show(
    frame: pd.DataFrame, language: str, columns: Iterable[str] | None = None, *,
    key: str | None = None, select: bool = False, rows: int = _MOST_ROWS,
    headings: dict[str, str] | None = None,
) -> list[int]:  # fmt: skip
    """Show a result frame; every cell is text or a number, never HTML.

    Parameters
    ----------
    frame : pandas.DataFrame
    language : str
    columns : iterable of str, optional
        Which and in which order; those the frame lacks are left out.
    key : str, optional
        Needed where rows can be selected.
    select : bool
        Whether rows can be ticked.
    rows : int
        Rows before the table scrolls.
    headings : dict, optional
        Headings in place of the usual ones.

    Returns
    -------
    list of int
        Positions of the rows that are ticked.
    """
    said = spoken(frame, language, columns)
    if said.empty:
        st.caption(messages.say("app.nothing", language))
        return []
    # A column that is empty throughout tells nothing and takes room.
    said = said.drop(columns=[name for name in said if said[name].isna().all()])
    options: dict[str, Any] = {"on_select": "rerun", "selection_mode": "multi-row"} if select else {}
    event = st.dataframe(
        said, width="stretch", hide_index=True, key=key, height=_ROW_PX * (min(len(said), rows) + 1) + 3,
        column_config={name: _config(said[name], name, language, headings or {}) for name in said},
        **options)
    return list(event["selection"]["rows"]) if select else []


def _config(column: pd.Series, name: str, language: str, headings: dict[str, str]) -> Any:
    title = headings.get(name) or heading(name, language)
    if pd.api.types.is_datetime64_any_dtype(column):
        return st.column_config.DateColumn(title, format="YYYY-MM-DD")
    unit = shown_unit(name)
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        if name.endswith("year"):
            return st.column_config.NumberColumn(title, format="%d")
        digits = unit.digits if unit else 2
        whole = pd.api.types.is_integer_dtype(column) or (column.dropna() % 1 == 0).all()
        return st.column_config.NumberColumn(
            title, format="%d" if whole and not (unit and unit.digits) else f"%.{digits}f")
    return st.column_config.Column(title)
