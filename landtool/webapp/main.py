"""One run of the app: one workspace, one language, one page."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from landtool.errors import LandtoolError
from landtool.sources.catalogue import load_catalogue
from landtool.webapp import navigation
from landtool.webapp.look import apply_look
from landtool.webapp.serve import WORKSPACE_VARIABLE
from landtool.webapp.view import open_view


def main(workspace: str | Path | None = None) -> None:
    """Draw the app on the workspace it was started on."""
    # A page's own icon would be fetched from another machine for the tab.
    st.set_page_config(page_title="landtool", page_icon="🏭", layout="wide")
    folder = Path(workspace or os.environ.get(WORKSPACE_VARIABLE, "data/demo"))
    language = navigation.choose_language(_written_language(folder))
    apply_look()
    try:
        view = open_view(folder, language)
    except LandtoolError as error:
        st.error(str(error))
        st.stop()
    navigation.draw(view)


@st.cache_data(show_spinner=False, max_entries=8)
def _written_language(folder: Path) -> str:
    """The language the catalogue names; Chinese where it cannot be read, which is said elsewhere."""
    try:
        return load_catalogue(folder).language
    except LandtoolError:
        return "zh"

