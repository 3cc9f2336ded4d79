"""Leaflet from an installed package, as data addresses: a map asks no other machine for anything."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path

import folium
from xstatic.pkg import leaflet

from landtool.errors import LandtoolError

_MIME = {".png": "image/png", ".gif": "image/gif", ".svg": "image/svg+xml"}
_URL = re.compile(r"url\((?!['\"]?data:)['\"]?([^)'\"#]+)[^)]*\)")


def _data_address(content: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode('ascii')}"


def _read(name: str) -> bytes:
    path = Path(leaflet.BASE_DIR) / name
    if not path.is_file():
        raise LandtoolError(f"Leaflet's {name} is missing", str(path),
                            "reinstall the package XStatic-Leaflet")
    return path.read_bytes()


@cache
def leaflet_js() -> str:
    """Leaflet's script as a data address."""
    # The source map's address would be one more request from the browser's developer tools.
    script = re.sub(rb"\n//# sourceMappingURL=.*\s*$", b"\n", _read("leaflet.js"))
    return _data_address(script, "text/javascript")


@cache
def leaflet_css() -> str:
    """Leaflet's style sheet as a data address, its images inside it."""

    def inline(match: re.Match[str]) -> str:
        name = match.group(1)
        mime = _MIME.get(Path(name).suffix.lower())
        return f"url({_data_address(_read(name), mime)})" if mime else "none"

    text = _URL.sub(inline, _read("leaflet.css").decode("utf-8"))
    return _data_address(text.encode("utf-8"), "text/css")


class OfflineMap(folium.Map):
    """A :class:`folium.Map` whose links are data addresses: it opens with no network.

    Takes the arguments of :class:`folium.Map`; there is no tile layer unless one is added.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("tiles", None)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._name = "Map"
        self.default_js = [("leaflet", leaflet_js())]
        self.default_css = [("leaflet_css", leaflet_css())]
