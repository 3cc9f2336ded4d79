"""Which maps may be asked for now: each session's own, under a token nobody can guess.

Custom routes stand before no login and know no session; the token in the address is what says whose map
this is. It dies with the session, and it opens the one workspace it was made for and nothing else.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from landtool.maps.basemap import Basemap
from landtool.maps.themes import shown_bits
from landtool.maps.tiles import TileCache

_BITS = 192


@dataclass
class ServedMap:
    """What one session may ask for.

    Attributes
    ----------
    page : str
        The map's page.
    tiles : TileCache
        Tiles of the workspace; shared by its sessions.
    outlines : callable
        Shapes of one kind of outline, as JSON; None where there is none.
    names : callable
        Lines of the tip of a row.
    tables : dict
        Class of each parcel by theme.
    basemap : Basemap or None
        Local tiles below the parcels.
    """

    page: str
    tiles: TileCache
    outlines: Callable[[str], bytes | None]
    names: Callable[[int], list[str]]
    tables: dict[str, bytes]
    basemap: Basemap | None = None
    _shown: tuple[str, bytes] | None = field(default=None, repr=False)
    _count: int = 0

    def show_only(self, shown: np.ndarray | None) -> str | None:
        """Keep what a filter leaves visible under a new name; None: everything is.

        The same filter keeps its name, so that the map draws nothing anew.
        """
        if shown is None:
            self._shown = None
            return None
        bits = shown_bits(shown)
        if self._shown is None or self._shown[1] != bits:
            self._count += 1
            self._shown = (f"shown-{self._count}", bits)
        return self._shown[0]

    def table(self, name: str) -> bytes | None:
        """A class table, or what the filter of the moment leaves visible."""
        shown = self._shown
        return shown[1] if shown is not None and shown[0] == name else self.tables.get(name)


class MapServer:
    """The maps that may be asked for, by token; may be used from many threads.

    Attributes
    ----------
    first_opened : threading.Event
        Set as soon as a map was served.
    """

    def __init__(self) -> None:
        self.first_opened = threading.Event()
        self._maps: dict[str, ServedMap] = {}
        self._lock = threading.Lock()

    def open(self, served: ServedMap) -> str:
        """Serve a map from now on; returns its token."""
        token = secrets.token_urlsafe(_BITS // 8)
        with self._lock:
            self._maps[token] = served
        self.first_opened.set()
        return token

    def close(self, token: str) -> None:
        """Serve a map no longer."""
        with self._lock:
            self._maps.pop(token, None)

    def find(self, token: str) -> ServedMap | None:
        """The map of a token; None where there is none (any more)."""
        return self._maps.get(token)


# One per process: the routes and the pages' scripts meet here.
MAPS = MapServer()
