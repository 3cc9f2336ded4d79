"""Leaflet and our own map script from installed packages: a map asks no other machine for anything."""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib import resources
from pathlib import Path

import folium
from xstatic.pkg import leaflet

from landtool.errors import LandtoolError

_IMAGES = {".png": "image/png", ".gif": "image/gif", ".svg": "image/svg+xml"}
_URL = re.compile(r"url\((?!['\"]?data:)['\"]?([^)'\"#]+)[^)]*\)")
# In the order in which they need one another.
_SCRIPTS = ("core.js", "parcels.js", "sketch.js", "panel.js", "start.js")
JAVASCRIPT, CSS = "text/javascript", "text/css"
# What a map page loads, in order: name -> MIME type.
ASSETS = {"leaflet.js": JAVASCRIPT, "map.js": JAVASCRIPT, "leaflet.css": CSS, "map.css": CSS}


def _read(name: str) -> bytes:
    path = Path(leaflet.BASE_DIR) / name
    if not path.is_file():
        raise LandtoolError(f"Leaflet's {name} is missing", str(path),
                            "reinstall the package XStatic-Leaflet")
    return path.read_bytes()


def _data_address(content: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode('ascii')}"


@cache
def asset(name: str) -> bytes:
    """The content of one of :data:`ASSETS`; style sheets have their images inside.

    Raises
    ------
    LandtoolError
        If the package that carries it is damaged.
    """
    if name == "leaflet.js":
        # The source map's address would be one more request from the browser's developer tools.
        return re.sub(rb"\n//# sourceMappingURL=.*\s*$", b"\n", _read(name))
    if name == "leaflet.css":
        return _URL.sub(_inline, _read(name).decode("utf-8")).encode("utf-8")
    client = resources.files("landtool") / "maps" / "client"
    return b"\n".join((client / file).read_bytes() for file in (_SCRIPTS if name == "map.js" else (name,)))


def _inline(match: re.Match[str]) -> str:
    name = match.group(1)
    mime = _IMAGES.get(Path(name).suffix.lower())
    return f"url({_data_address(_read(name), mime)})" if mime else "none"


class OfflineMap(folium.Map):
    """A :class:`folium.Map` that opens with no network; there is no tile layer unless one is added.

    Parameters
    ----------
    *args, **kwargs
        Of :class:`folium.Map`.
    links : str, optional
        Relative address under which :data:`ASSETS` are served; without it they are carried in the page.
    """

    def __init__(self, *args: object, links: str | None = None, **kwargs: object) -> None:
        kwargs.setdefault("tiles", None)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._name = "Map"

        def address(name: str) -> str:
            return _data_address(asset(name), ASSETS[name]) if links is None else links + name

        self.default_js = [(name, address(name)) for name, mime in ASSETS.items() if mime == JAVASCRIPT]
        self.default_css = [(name, address(name)) for name, mime in ASSETS.items() if mime == CSS]
