"""Parts of a page that run again by themselves: the page around them, which tells errors, does not run then."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import streamlit as st

from landtool.errors import LandtoolError
from landtool.webapp.plain import as_text
from landtool.webapp.view import View


def fragment(draw: Callable[..., None]) -> Callable[..., None]:
    """A part of a page as one that runs by itself; its first argument is the view.

    What the data or the person got wrong is one clear line, as on the page. Where the results were made anew
    meanwhile the whole page is drawn again.
    """

    @st.fragment
    @wraps(draw)
    def run(view: View, *rest: Any) -> None:
        if not view.is_current:
            st.rerun()
        try:
            draw(view, *rest)
        except LandtoolError as error:
            st.error(as_text(error))

    return run
