"""Files handed in by the browser: kept under a safe name in the workspace, or read once and forgotten."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath

from landtool.atomic import replace_file
from landtool.errors import InputDataError

ACCEPTED = ["xlsx", "xls", "csv", "txt", "json", "geojson", "gpkg", "zip", "shp", "dbf", "shx", "prj",
            "cpg", "parquet", "tif"]  # fmt: skip
# Where a file goes whose name is handed in again; hidden, so that no layer is read from it.
REPLACED = ".replaced"
_NAME_MAX = 80
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def safe_name(name: str) -> str:
    r"""A file name without path, control or shell characters, that every system takes.

    Raises
    ------
    InputDataError
        If nothing usable is left, or the kind of file is not accepted.

    Examples
    --------
    >>> safe_name("C:\\data\\供地结果 2025.xlsx"), safe_name("../../etc/a;b.csv")
    ('供地结果 2025.xlsx', 'a_b.csv')
    """
    # Both separators, whichever system the browser runs on.
    last = PureWindowsPath(name).name
    clean = re.sub(r"[^\w.\- ]", "_", last).strip(" .")
    stem, _, kind = clean.rpartition(".")
    stem = stem.strip(" .")
    if not stem or kind.lower() not in ACCEPTED or _RESERVED.fullmatch(f"{stem}.{kind}"):
        raise InputDataError(f"{last!r} cannot be taken", "upload",
                             f"name it with letters or digits and one of: {', '.join(ACCEPTED)}")
    return f"{stem[:_NAME_MAX]}.{kind.lower()}"


def store(folder: Path, name: str, content: bytes) -> Path:
    """Keep a file in the workspace; one of the same name moves to a hidden folder, it is not lost.

    Raises
    ------
    InputDataError, OutputError
        If the name is not usable or the place cannot be written.
    """
    place = folder / safe_name(name)
    if place.is_symlink() or (place.exists() and not place.is_file()):
        raise InputDataError("something else stands under this name", str(place), "rename the file")
    if place.is_file():
        former = place.read_bytes()
        if former == content:
            return place
        keep_former(folder, place.name, former)
    replace_file(place, content)
    return place


def keep_former(folder: Path, name: str, content: bytes) -> None:
    """Keep what a file of the workspace held before it is written anew."""
    (folder / REPLACED).mkdir(exist_ok=True)
    number = 1
    while (folder / REPLACED / f"{number}-{name}").exists():
        number += 1
    replace_file(folder / REPLACED / f"{number}-{name}", content)


@contextmanager
def handed_in(name: str, content: bytes) -> Iterator[Path]:
    """The file on disk for as long as it is read; the browser's name only tells its kind."""
    with tempfile.TemporaryDirectory(prefix="landtool-") as folder:
        place = Path(folder) / f"file.{safe_name(name).rpartition('.')[2]}"
        place.write_bytes(content)
        yield place
