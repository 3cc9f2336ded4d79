"""What the browser may ask for beside Streamlit: the map page, its assets, tiles and tables, under a token."""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Callable
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from landtool.errors import LandtoolError
from landtool.maps.assets import ASSETS, asset
from landtool.maps.outlines import as_json
from landtool.maps.page import with_nonce
from landtool.webapp.map_server import MAPS, ServedMap

PREFIX = "landtool-map"
_BYTES, _JSON = "application/octet-stream", "application/json"
_SAFE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
         "Cross-Origin-Resource-Policy": "same-origin"}  # fmt: skip
# A token's answers never change, but for the page (a new nonce each time) and the filter's table (a new name).
_KEPT = {**_SAFE, "Cache-Control": "private, max-age=3600, immutable"}
_FRESH = {**_SAFE, "Cache-Control": "no-store"}
# Packed here, and what all sessions share once: left to Streamlit, it is packed for every request anew, at a level that
# takes a quarter of a second for a city's table.
_PACKED = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
_LEVEL = 1
_LEAST_PACKED = 500


def map_address(token: str) -> str:
    """The map page's address, relative to the frame that shows it: right under any base path.

    Examples
    --------
    >>> map_address("abc")
    '../../landtool-map/abc/map.html'
    """
    return f"../../{PREFIX}/{token}/map.html"


def map_routes(base_path: str = "") -> list[Route]:
    """The routes of the map.

    Parameters
    ----------
    base_path : str
        Streamlit's ``server.baseUrlPath``: it prefixes its own routes only.

    Examples
    --------
    >>> map_routes("/land/")[0].path
    '/land/landtool-map/{token}/map.html'
    """
    lead = "/".join(["", *filter(None, [base_path.strip("/")]), PREFIX, "{token}"])
    return [Route(f"{lead}/{path}", _guarded(answer)) for path, answer in _ANSWERS.items()]


Answer = Callable[[ServedMap, Request], Response]


def _guarded(answer: Answer) -> Callable[[Request], Response]:
    # A plain function: Starlette runs it in a thread, off the loop that serves everybody.
    def endpoint(request: Request) -> Response:
        served = MAPS.find(request.path_params["token"])
        if served is None:
            return Response(status_code=403, headers=_FRESH)
        try:
            return answer(served, request)
        except LandtoolError:
            return _nothing()

    return endpoint


def _nothing() -> Response:
    return Response(status_code=404, headers=_FRESH)


def _page(served: ServedMap, request: Request) -> Response:
    page, policy = with_nonce(served.page, secrets.token_urlsafe(16))
    return Response(page, media_type="text/html", headers={**_FRESH, "Content-Security-Policy": policy})


def _asset(served: ServedMap, request: Request) -> Response:
    name = request.path_params["name"]
    if name not in ASSETS:
        return _nothing()
    return _shared(request, asset(name), ASSETS[name])


def _place(request: Request) -> tuple[int, int, int]:
    at = request.path_params
    return at["z"], at["x"], at["y"]


def _tile(served: ServedMap, request: Request) -> Response:
    return _sent(request, served.tiles.tile(*_place(request)), _BYTES)


def _squares(served: ServedMap, request: Request) -> Response:
    return _shared(request, served.tiles.squares(), _BYTES)


def _table(served: ServedMap, request: Request) -> Response:
    table = served.table(request.path_params["name"])
    return _nothing() if table is None else _shared(request, table, _BYTES)


def _outlines(served: ServedMap, request: Request) -> Response:
    shapes = served.outlines(request.path_params["name"])
    return _nothing() if shapes is None else _shared(request, shapes, _JSON)


def _names(served: ServedMap, request: Request) -> Response:
    row = request.path_params["row"]
    return _sent(request, as_json(served.names(row)), _JSON) if row < served.tiles.store.size else _nothing()


def _shared(request: Request, content: bytes, mime: str) -> Response:
    """What many ask for."""
    return _sent(request, content, mime, _packed_once)


def _sent(request: Request, content: bytes, mime: str, pack: Callable[[bytes], bytes] | None = None) -> Response:
    if len(content) < _LEAST_PACKED or "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(content, media_type=mime, headers=_KEPT)
    return Response((pack or _packed)(content), media_type=mime, headers={**_KEPT, **_PACKED})


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, _LEVEL, mtime=0)


_packed_once = lru_cache(maxsize=16)(_packed)


def _basemap(served: ServedMap, request: Request) -> Response:
    picture = None if served.basemap is None else served.basemap.tile(*_place(request))
    if picture is None:
        return _nothing()
    content, mime = picture
    return Response(content, media_type=mime, headers=_KEPT)


_ANSWERS: dict[str, Answer] = {
    "map.html": _page,
    "assets/{name:str}": _asset,
    "tiles/{z:int}/{x:int}/{y:int}": _tile,
    "squares": _squares,
    "tables/{name:str}": _table,
    "outlines/{name:str}": _outlines,
    "names/{row:int}": _names,
    "basemap/{z:int}/{x:int}/{y:int}": _basemap,
}
