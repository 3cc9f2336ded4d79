"""The map: parcels by theme, filters that keep the view, a card for each parcel, figures of any area."""

from __future__ import annotations

import numpy as np
import streamlit as st

from landtool.webapp import map_state
from landtool.webapp.fragments import fragment
from landtool.webapp.map_area import area_panel
from landtool.webapp.map_component import map_frame
from landtool.webapp.map_data import session_map
from landtool.webapp.map_filters import filters, search
from landtool.webapp.parcel_card import parcel_card
from landtool.webapp.plain import as_text
from landtool.webapp.view import View

_HEIGHT = 720
_CARD_HEIGHT = 640
_KEY = "map_frame"


def render(view: View) -> None:
    """Draw the page."""
    if not view.result.has_geometry:
        st.info(view.say("app.no_geometry"))
        return
    _filtered(view)


@fragment
def _filtered(view: View) -> None:
    """The filters, and what they leave."""
    _map(view, filters(view))


@fragment
def _map(view: View, shown: np.ndarray | None) -> None:
    """Map and card; an event on the map runs this alone: the frame and an open filter stay as they are."""
    served = session_map(view)
    store = served.served.tiles.store
    left, right = st.columns([2.6, 1])
    with right:
        search(view, store)

    def happened() -> None:
        map_state.take_event(view, store, st.session_state.get(_KEY), shown)

    with left:
        map_frame(served.address, map_state.wish(view, store, served.served.show_only(shown)),
                  height=_HEIGHT, key=_KEY, on_change=happened)
        fault = map_state.take_fault()
        if fault:
            st.warning(as_text(fault))
    with right:
        first, second = st.container(), st.container()
        area_first = map_state.is_area_latest()
        with first if area_first else second:
            area_panel(view, shown)
        with second if area_first else first:
            _card(view)


def _card(view: View) -> None:
    row = map_state.selected_row(view)
    if row is None:
        st.caption(view.say("map.card_none"))
        return
    # A long card scrolls by itself: the map stays beside it.
    with st.container(height=_CARD_HEIGHT, border=False, key="lt_card"):
        parcel_card(view, row)
