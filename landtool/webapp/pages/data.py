"""The data behind the results: sources, what was set aside and why, numbers in force."""

from __future__ import annotations

import streamlit as st

from landtool.reports.list_files import list_workbook
from landtool.reports.source_ages import source_ages
from landtool.reports.wording import label
from landtool.reports.workbook_sheets import layer_names
from landtool.webapp.hand_in import hand_in
from landtool.webapp.running import run_again
from landtool.webapp.tables import show, show_sheet
from landtool.webapp.view import View

_SET_ASIDE = ["layer", "source", "source_row", "scope", "field", "value", "reason", "remedy"]


def render(view: View) -> None:
    """Draw the page."""
    st.title(view.say("app.page_data"))
    _sources(view)
    _set_aside(view)
    hand_in(view)
    st.subheader(view.say("app_data.policy"))
    st.caption(view.say("terminal.standing"))
    if not show_sheet("policy", view.result, view.language, rows=15):
        st.caption(view.say("app.nothing"))


def _sources(view: View) -> None:
    st.subheader(view.say("app.layers"))
    ages = source_ages(view.result.summary, view.folder, view.stamp, view.language)
    if ages["changed_since"].fillna(False).any():
        st.warning(view.say("app_data.stale"))
    # Above the list: its bar is seen without scrolling.
    if st.button(view.say("app_data.run_again"), type="primary", icon=":material/refresh:"):
        run_again(view.folder, view.language)
        st.rerun()
    show(ages, view.language, rows=20)


def _set_aside(view: View) -> None:
    rows = view.set_aside
    st.subheader(view.say("app_data.set_aside", count=0 if rows is None else len(rows)))
    if rows is None or rows.empty:
        st.caption(view.say("app_data.nothing_set_aside"))
        return
    said = rows.assign(layer=layer_names(rows["layer"], view.language), field=rows["field"].map(
        {name: label(name, view.language) for name in rows["field"].dropna().unique()}).astype("object"))
    show(said, view.language, _SET_ASIDE)
    st.download_button(view.say("app_idle.export_xlsx"), file_name="set-aside.xlsx", on_click="ignore",
                       data=lambda: list_workbook(said[_SET_ASIDE], view.language))
