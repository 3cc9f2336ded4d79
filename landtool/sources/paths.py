"""Where data may come from: inside the workspace, present, not empty, and safe to unpack."""

from __future__ import annotations

import difflib
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from landtool.errors import InputDataError

#: Bytes one archive may unpack to. A city's largest layers (a few million polygons) stay below 10 GB.
ZIP_MAX_BYTES = 20 * 1024**3
#: Unpacked bytes per packed byte. Blank-padded .dbf columns reach about 150; a bomb reaches 1 000.
ZIP_MAX_RATIO = 200
#: Below this size the ratio says nothing: it fits in memory whatever it holds.
ZIP_RATIO_FROM_BYTES = 256 * 1024**2
#: Entries in one archive. A file geodatabase has some ten files a layer.
ZIP_MAX_ENTRIES = 20_000

_GLOB = re.compile(r"[*?\[]")
_DRIVE = re.compile(r"^[A-Za-z]:")
_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]+://|/vsi)", re.I)
_SKIP = ("__MACOSX/", ".DS_Store")


def resolve_source(
    root: Path, path: str | Sequence[str], *, outside_allowed: bool = False
) -> list[Path]:
    """The files a catalogue entry names: one path, a glob, or a list of them.

    Parameters
    ----------
    root : Path
        Folder the paths are relative to.
    path : str or sequence of str
        As written in the catalogue. Globs are sorted; a file named twice is read once.
    outside_allowed : bool
        Allow absolute paths, ``..`` and links that leave the workspace.

    Raises
    ------
    InputDataError
        If a path leaves the workspace, matches nothing, is missing, or is empty.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.csv").write_text("x"), (folder / "b.csv").write_text("y")
    >>> [found.name for found in resolve_source(folder, "*.csv")]
    ['a.csv', 'b.csv']
    >>> resolve_source(folder, "../secret.csv")
    Traceback (most recent call last):
    landtool.errors.InputDataError: path leaves the workspace: ../secret.csv: ...
    """
    patterns = [path] if isinstance(path, str) else list(path)
    if not patterns:
        raise InputDataError("no path given", "landtool.yaml", "name at least one file")
    found: dict[Path, None] = {}
    for pattern in patterns:
        for match in _expand(root, pattern, outside_allowed):
            require_file(match, shown=pattern)
            found[match] = None
    return list(found)


def require_file(path: Path, shown: str | None = None) -> None:
    """Raise InputDataError unless the path is a folder or a file with something in it."""
    where = shown or path.name
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise InputDataError("file not found", where, _nearest(path)) from error
    except OSError as error:
        raise InputDataError(f"file cannot be opened ({error.strerror})", where,
                             "check the name and the permissions") from error
    if path.is_file() and size == 0:
        raise InputDataError("file is empty (0 bytes)", where, "copy or export it again")


def is_archive(path: Path) -> bool:
    """Whether the file is a zip of data files (by its content; office documents do not count)."""
    return (
        path.is_file()
        and path.suffix.lower() in {".zip", ".shz", ".gdbz"}
    )


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A zip's content in a temporary folder that is removed at the end.

    Names stored without a Unicode flag are read as UTF-8 or GB18030, as Chinese archivers write them.

    Raises
    ------
    InputDataError
        If the archive is damaged, encrypted, too large, packed too tightly, or an entry would be
        written outside the folder.
    """
    with tempfile.TemporaryDirectory(prefix="landtool-") as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(path) as archive:
                entries = check_zip(path, archive)
                _room_for(entries, folder, path)
                for entry in entries:
                    _extract(archive, entry, folder / _entry_name(entry), path)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise InputDataError(f"zip file is damaged ({error})", path.name,
                                 "copy or pack it again") from error
        except (NotImplementedError, RuntimeError, OSError, ValueError) as error:
            raise InputDataError(f"zip file cannot be unpacked ({error})", path.name,
                                 "pack it again as an ordinary zip without password") from error
        yield folder


def check_zip(path: Path, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The entries worth reading, after the whole archive was found safe to unpack."""
    entries = archive.infolist()
    if len(entries) > ZIP_MAX_ENTRIES:
        raise InputDataError(f"zip file has {len(entries)} entries, more than {ZIP_MAX_ENTRIES}",
                             path.name, "unpack it yourself and name the data file")
    for entry in entries:
        _check_entry(entry, path)
    total = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    too_tight = total > ZIP_RATIO_FROM_BYTES and total / packed > ZIP_MAX_RATIO
    if total > ZIP_MAX_BYTES or too_tight:
        raise InputDataError(
            f"zip file would unpack to {total / 1024**3:.1f} GB, {total / packed:.0f} times its size",
            path.name, "unpack it yourself, if you trust it, and name the data file",
        )
    kept = [entry for entry in entries if not entry.is_dir() and not _is_noise(entry.filename)]
    if not kept:
        raise InputDataError("zip file is empty", path.name, "pack it again")
    return kept


def _check_entry(entry: zipfile.ZipInfo, path: Path) -> None:
    name = _entry_name(entry)
    parts = PurePosixPath(name).parts
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    if is_link or ".." in parts or name.startswith("/") or _DRIVE.match(name) or "\x00" in name:
        raise InputDataError(f"zip entry {name!r} points outside the archive", path.name,
                             "do not trust this file; ask for it again")
    if entry.flag_bits & 0x1:
        raise InputDataError("zip file is protected by a password", path.name,
                             "unpack it yourself and name the data file")


def _entry_name(entry: zipfile.ZipInfo) -> str:
    name = entry.filename
    if not entry.flag_bits & 0x800 and not name.isascii():
        raw = name.encode("cp437", "replace")
        for codec in ("utf-8", "gb18030"):
            try:
                name = raw.decode(codec)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def _is_noise(name: str) -> bool:
    return name.startswith(_SKIP[0]) or PurePosixPath(name).name.startswith("._") or (
        PurePosixPath(name).name == _SKIP[1]
    )


def _room_for(entries: Sequence[zipfile.ZipInfo], folder: Path, path: Path) -> None:
    need = sum(entry.file_size for entry in entries)
    free = shutil.disk_usage(folder).free
    if need > free:
        raise InputDataError(
            f"no room to unpack the zip ({need / 1024**2:.0f} MB needed, {free / 1024**2:.0f} free)",
            path.name, "free some disk space, or set TMPDIR to another disk",
        )


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, path: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(entry) as packed, target.open("wb") as plain:
        while block := packed.read(1024**2):
            written += len(block)
            if written > entry.file_size:
                raise InputDataError(f"zip entry {target.name!r} is larger than it says", path.name,
                                     "do not trust this file; ask for it again")
            plain.write(block)


def _expand(root: Path, pattern: str, outside_allowed: bool) -> list[Path]:
    if not pattern.strip() or "\x00" in pattern:
        raise InputDataError("path is blank", repr(pattern), "name a file")
    if _SCHEME.match(pattern):
        raise InputDataError("path is an address, not a file", pattern.split("@")[-1],
                             "name a file in the workspace, or use url: and table:")
    text = pattern if (root / pattern).exists() else pattern.replace("\\", "/")
    leaves = Path(text).is_absolute() or _DRIVE.match(text) or ".." in PurePosixPath(text).parts
    if leaves and not outside_allowed:
        _refuse(pattern)
    literal = root / text
    if literal.exists() or not _GLOB.search(text):
        matches = [literal]
    else:
        base, rest = (root, text) if not Path(text).is_absolute() else (
            Path(Path(text).anchor), str(Path(text).relative_to(Path(text).anchor)))
        try:
            matches = sorted(base.glob(rest))
        except (ValueError, NotImplementedError) as error:
            raise InputDataError(f"pattern cannot be understood ({error})", pattern,
                                 "write ** only between slashes: data/**/*.csv") from error
        if not matches:
            raise InputDataError("no file matches", pattern, "check the pattern")
    if not outside_allowed:
        home = root.resolve()
        for match in matches:
            if not match.resolve().is_relative_to(home):
                _refuse(pattern)
    return matches


def _refuse(pattern: str) -> None:
    raise InputDataError("path leaves the workspace", pattern,
                         "copy the file beside landtool.yaml and use a relative path")


def _nearest(path: Path) -> str:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir())
    except OSError:
        return "check the path"
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5)
    return f"did you mean: {', '.join(near)}" if near else "check the name"
