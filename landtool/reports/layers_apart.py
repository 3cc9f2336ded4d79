"""Layers of a GeoPackage written by a process of their own: GDAL keeps the interpreter as long as it writes.

Started as ``python -m landtool.reports.layers_apart FILE``; reads on its standard input, for each layer, a line of JSON
(what pyogrio is told) and an Arrow stream. When whoever sends is gone its input ends, and so does it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from landtool.concurrency import one_beside

if TYPE_CHECKING:
    import pyarrow as pa

# Nothing is safer for waiting for the disk: the file is a result only once it is whole and renamed.
GDAL_OPTIONS = {"OGR_SQLITE_SYNCHRONOUS": "OFF"}
_BATCH = 8_192
_PIPE_BYTES = 1 << 20
# pyogrio looks whether they are there; to write Arrow it needs none of them, and two thirds of the start would be theirs.
_NOT_NEEDED = ("geopandas", "pandas", "shapely", "pyproj")


class Layer(NamedTuple):
    """What pyogrio writes: a table, and name, geometry column, type and plane by pyogrio's own names."""

    table: pa.Table
    options: dict[str, str | None]


def can_start() -> bool:
    """Whether there is a Python to start: inside QGIS ``sys.executable`` is QGIS, in a service of Windows the service.

    Examples
    --------
    >>> can_start()
    True
    """
    return re.fullmatch(r"pythonw?[0-9.]*(\.exe)?", Path(sys.executable or "").name.lower()) is not None


def write_apart(layers: Iterable[Layer], path: Path) -> None:
    """Write layers into a fresh GeoPackage by another process.

    Parameters
    ----------
    layers : iterable of Layer
        Most of a table is its frame's own memory, so they may well wait for one another.
    path : Path

    Raises
    ------
    OSError
        What the other process could not write, in GDAL's words.
    """
    words = [sys.executable, "-P", "-m", __name__, str(path)]
    # It finds the libraries where this process found them.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(place or os.getcwd() for place in sys.path)}
    with TemporaryFile() as said, subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=environment) as writer:  # fmt: skip
        pipe, broken = cast(IO[bytes], writer.stdin), None
        _widen(pipe)
        try:
            _send_all(layers, pipe, writer)
            pipe.close()
        except OSError as error:  # when the writer is gone, it has said why
            broken = error
        finally:
            with suppress(OSError):
                pipe.close()
        code = writer.wait()
        said.seek(0)
        if code:
            text = said.read().decode("utf-8", "replace").strip()
            raise OSError(text or f"the writer of the GeoPackage ended with {code}")
        if broken is not None:
            raise broken


def _widen(pipe: IO[bytes]) -> None:
    """Let a pipe of Linux hold more than its 64 kB: who sends waits less for who writes."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # when the machine allows no more
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _send_all(layers: Iterable[Layer], pipe: IO[bytes], writer: subprocess.Popen[bytes]) -> None:
    with one_beside() as sender:  # the next layer is made while one is sent
        try:
            for sent in [sender.submit(_send, layer, pipe) for layer in layers]:
                sent.result()
        except OSError:
            raise
        except BaseException:
            writer.kill()  # first of all: whoever sends may be waiting for it
            raise


def _send(layer: Layer, pipe: IO[bytes]) -> None:
    import pyarrow as pa

    pipe.write(json.dumps(layer.options).encode() + b"\n")
    with pa.ipc.new_stream(pipe, layer.table.schema) as stream:
        stream.write_table(layer.table, max_chunksize=_BATCH)


def _receive(source: IO[bytes], path: str) -> None:
    import pyarrow as pa
    import pyogrio

    pyogrio.set_gdal_config_options(GDAL_OPTIONS)
    while line := source.readline():
        pyogrio.write_arrow(pa.ipc.open_stream(source), path, driver="GPKG", **json.loads(line))


def _tell(kind: type[BaseException], error: BaseException, _: object) -> None:
    sys.stderr.buffer.write((str(error) or kind.__name__).encode("utf-8", "replace"))


if __name__ == "__main__":
    sys.excepthook = _tell
    for _name in _NOT_NEEDED:
        sys.modules[_name] = None  # type: ignore[assignment]
    _receive(sys.stdin.buffer, sys.argv[1])
