"""Local picture tiles below the parcels: an MBTiles file or a folder z/x/y, never an address elsewhere."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from landtool.errors import InputDataError

_SIGNS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
_DEEPEST = 24
_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


@dataclass(frozen=True)
class Basemap:
    """Picture tiles on this machine.

    Attributes
    ----------
    path : Path
        An ``.mbtiles`` file, or a folder with ``z/x/y.png`` (counted from the north, as web maps do).
    is_gcj02 : bool
        Whether its pictures are shifted to GCJ-02: parcels are moved for display to lie right over them.
    max_zoom : int
        Its deepest zoom; further in its pictures are enlarged.
    """

    path: Path
    is_gcj02: bool
    max_zoom: int

    def tile(self, zoom: int, x: int, y: int) -> tuple[bytes, str] | None:
        """The picture of a place and its type; None where there is none."""
        if not 0 <= zoom <= _DEEPEST:
            return None
        content = self._packed(zoom, x, y) if self.path.is_file() else self._loose(zoom, x, y)
        if content is None:
            return None
        mime = next((mime for sign, mime in _SIGNS.items() if content.startswith(sign)), None)
        return None if mime is None else (content, mime)

    def _packed(self, zoom: int, x: int, y: int) -> bytes | None:
        # MBTiles count rows from the south.
        with closing(_connect(self.path)) as base:
            row = base.execute("SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND "
                               "tile_row = ?", (zoom, x, 2**zoom - 1 - y)).fetchone()
        return None if row is None else bytes(row[0])

    def _loose(self, zoom: int, x: int, y: int) -> bytes | None:
        for suffix in _SUFFIXES:
            place = self.path / str(zoom) / str(x) / f"{y}{suffix}"
            if place.is_file():
                return place.read_bytes()
        return None


def open_basemap(path: Path, *, is_gcj02: bool = False) -> Basemap:
    """Open local tiles.

    Raises
    ------
    InputDataError
        If they are not there or are no picture tiles.
    """
    try:
        zooms = _zooms(path)
    except (sqlite3.Error, OSError) as error:
        raise InputDataError(f"no picture tiles ({error})", str(path),
                             "give an .mbtiles file or a folder of z/x/y.png") from error
    if not zooms:
        raise InputDataError("no picture tiles", str(path), "give an .mbtiles file or a folder of z/x/y.png")
    return Basemap(path, is_gcj02, max(zooms))


def _zooms(path: Path) -> list[int]:
    if path.is_dir():
        return [int(place.name) for place in path.iterdir() if place.is_dir() and place.name.isdigit()]
    if not path.is_file():
        return []
    with closing(_connect(path)) as base:
        found = base.execute("SELECT DISTINCT zoom_level FROM tiles").fetchall()
    return [int(zoom) for (zoom,) in found]


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
