"""The data of a map page, whether it carries its parcels with it or is served beside them."""

from __future__ import annotations

import html
import re
from typing import Any

import folium
import numpy as np

from landtool import messages, units
from landtool.maps.assets import OfflineMap
from landtool.maps.parcel_map import ParcelMap
from landtool.maps.store import ParcelStore, degrees
from landtool.maps.themes import Theme

_TEXTS = ["theme", "layers", "everything", "go", "tool_length", "tool_area", "tool_draw", "tool_clear",
          "title_length", "title_area", "title_draw", "title_clear", "hint", "far"]  # fmt: skip
# A script that is not ours does not run, even if it came into the page; nothing is asked of other machines.
_POLICY = ("default-src 'none'; script-src 'nonce-{nonce}' 'self'; style-src 'self' 'unsafe-inline'; "
           "img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'self'; base-uri 'none'; "
           "form-action 'none'")  # fmt: skip
_INLINE_SCRIPT = re.compile(r"<script(?=[ >])")


def page_data(
    store: ParcelStore, themes: list[Theme], outlines: list[dict[str, Any]], language: str, detail: int
) -> dict[str, Any]:
    """What every map page is told; the rest is the caller's."""
    said = {name: messages.say(f"map.{name}", language) for name in _TEXTS}
    # The script fills the figures while the pointer moves.
    said["area"] = messages.template("map.measured_area", language)
    return {
        "size": store.size, "bounds": corner_degrees(store), "detailZoom": detail, "outlines": outlines,
        "texts": {**said, "m2_per_mu": units.M2_PER_MU},
        "themes": [{"name": theme.name, "title": theme.title, "classes": [
            {"label": label, "colour": colour}
            for label, colour in zip(theme.labels, theme.colours, strict=True)]} for theme in themes],
    }  # fmt: skip


def corner_degrees(store: ParcelStore, row: int | None = None) -> list[list[float]]:
    """South-west and north-east of everything, or of one row, as [lat, lon]."""
    west, north, east, south = store.bounds if row is None else store.boxes[row]
    lon, lat = degrees(np.array([west, east]), np.array([south, north]))
    return [[float(lat[0]), float(lon[0])], [float(lat[1]), float(lon[1])]]


def folium_map(data: dict[str, Any], links: str | None = None) -> OfflineMap:
    """The folium map of a page's data."""
    (south, west), (north, east) = data["bounds"]
    drawn = OfflineMap(location=[(south + north) / 2, (west + east) / 2], zoom_start=12, links=links)
    ParcelMap(data).add_to(drawn)
    return drawn


def page_html(drawn: folium.Map, title: str) -> str:
    """The whole page of a map as text."""
    figure = drawn.get_root()
    # branca puts the title into the page as it stands.
    figure.title = html.escape(title)  # type: ignore[attr-defined]
    return figure.render()


def with_nonce(page: str, nonce: str) -> tuple[str, str]:
    """The page with its own scripts marked, and the content security policy that lets only those run."""
    return _INLINE_SCRIPT.sub(f'<script nonce="{nonce}"', page), _POLICY.format(nonce=nonce)
