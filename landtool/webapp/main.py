"""One run of the app: one workspace, one language, one page."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from landtool.errors import LandtoolError
from landtool.sources.catalogue import load_catalogue
from landtool.webapp import navigation
from landtool.webapp.look import apply_look
from landtool.webapp.plain import as_text
from landtool.webapp.serve import WORKSPACE_VARIABLE
from landtool.webapp.view import open_view


def main(workspace: str | Path | None = None) -> None:
    """Draw the app on the workspace it was started on, or the start page without one."""
    # A page's own icon would be fetched from another machine for the tab.
    st.set_page_config(page_title="landtool", page_icon="🏭", layout="wide")
    given = workspace or os.environ.get(WORKSPACE_VARIABLE)
    language = navigation.choose_language(_written_language(Path(given)) if given else "zh")
    apply_look()
    folder = Path(given) if given else _chosen(language)
    if folder is None:
        return
    try:
        view = open_view(folder, language)
    except LandtoolError as error:
        st.error(as_text(error))
        st.stop()
    navigation.draw(view)
    if not given and st.sidebar.button(view.say("app.another")):
        # What was chosen in one workspace says nothing of another.
        for name in [name for name in st.session_state if name != "language"]:
            del st.session_state[name]
        st.rerun()


def _chosen(language: str) -> Path | None:
    """What the start page opens; an app started on a workspace never loads it."""
    from landtool.webapp.start import choose_workspace

    return choose_workspace(language)


@st.cache_data(show_spinner=False, max_entries=8)
def _written_language(folder: Path) -> str:
    """The language the catalogue names; Chinese where it cannot be read, which is said elsewhere."""
    try:
        return load_catalogue(folder).language
    except LandtoolError:
        return "zh"

