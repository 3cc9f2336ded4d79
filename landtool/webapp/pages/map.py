"""The map: parcels by status, with parks and districts."""

from __future__ import annotations

import streamlit as st

from landtool.maps.assessment_map import map_html
from landtool.webapp.view import View


def render(view: View) -> None:
    """Draw the page."""
    if not view.result.has_geometry:
        st.info(view.say("app.no_geometry"))
        return
    st.iframe(_page(view, str(view.folder), view.stamp, view.language), height=760)


@st.cache_data(show_spinner=False, max_entries=4)
def _page(_view: View, folder: str, stamp: float, language: str) -> str:
    return map_html(_view.result, language)
