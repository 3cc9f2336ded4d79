"""The data behind the results: sources read, what was set aside and why."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from landtool.webapp.tables import show
from landtool.webapp.view import View


def render(view: View) -> None:
    """Draw the page."""
    st.title(view.say("app.page_data"))
    st.subheader(view.say("app.layers"))
    layers = pd.DataFrame(view.result.summary["layers"]).T.drop(columns="sources", errors="ignore")
    show(layers.rename_axis("layer").reset_index(), view.language)
    if view.result.set_aside is not None:
        show(view.result.set_aside, view.language)
