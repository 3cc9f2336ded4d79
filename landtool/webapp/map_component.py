"""The folium map inside a Streamlit page: one frame that stays, told what to show, telling what was clicked.

``streamlit-folium`` hands the map's script to its own page, where a varying script means a new map and a lost
view, and whose links are fixed to addresses of other machines. Here the folium page is served whole, by our
own routes, and shown in a frame; what changes (filter, selection, area) goes in as a message.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit.components.v1 as components

_frame = components.declare_component("landtool_map", path=str(Path(__file__).with_name("map_frame")))


def map_frame(
    page: str, wish: dict[str, Any], *, height: int, key: str, on_change: Callable[[], None]
) -> dict[str, Any] | None:
    """Show a served map.

    Parameters
    ----------
    page : str
        Address of the map's page (see :func:`landtool.webapp.map_routes.map_address`).
    wish : dict
        ``shown`` (name of a filter's table or None), ``selected`` and ``area`` (rings of [lat, lon] or
        None), ``go`` (``bounds`` and an ``id``, another one for each wish to move) or None.
    height : int
        Pixels; less in a low window, so that the whole map is in view.
    key : str
        The frame stays as long as the key does.
    on_change : callable
        Called before the rerun that an event brings.

    Returns
    -------
    dict or None
        The last event: ``kind`` ``click`` with ``lat`` and ``lng``, or ``area`` with ``ring`` (null:
        cleared), and a number ``n`` of its own.
    """
    return _frame(page=page, wish=wish, height=height, key=key, default=None, on_change=on_change)
