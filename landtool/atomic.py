"""Writing that is whole or not at all: a temporary sibling, renamed when complete."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from landtool.errors import LandtoolError, OutputError

#: Seconds after which a temporary sibling that nobody writes to is taken for left behind.
_ABANDONED_S = 3600.0


def replace_folder(
    folder: Path, write: Callable[[Path], None], *, ours: Collection[str], mark: str
) -> None:
    """Fill a temporary sibling of ``folder`` and put it in its place when it is whole.

    Parameters
    ----------
    folder : Path
        The result folder. Until the last moment it keeps what the previous run left.
    write : callable
        Writes all files into the folder it is given.
    ours : collection of str
        Names this program writes: old ones vanish with the old folder, any other file moves along
        unless it is written anew.
    mark : str
        A file that shows that an existing folder is a result folder; a folder that is neither
        empty nor marked is refused, so that a mistyped path never costs anybody's files.

    Raises
    ------
    OutputError
        If the place cannot be written, is not a result folder, or is open in another program.
    """
    folder = folder.resolve()
    previous = folder.with_name(f".{folder.name}.previous")
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _recover(folder, previous)
        require_ours(folder, ours=ours, mark=mark)
        _sweep(folder)
        fresh = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        try:
            write(fresh)
            if folder.exists():
                _carry_over(folder, fresh, ours)
            try:
                if folder.exists():
                    folder.rename(previous)
                fresh.rename(folder)
            except BaseException:  # a broken-off run too leaves one whole result
                _recover(folder, previous)
                raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(previous, ignore_errors=True)


def replace_file(path: Path, content: bytes) -> None:
    """Write one file whole or not at all.

    Raises
    ------
    OutputError
        If the place cannot be written or the file is open in another program.
    """
    path = path.resolve()
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        try:
            fresh.write_bytes(content)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turn every failure to write into one :class:`OutputError` that names the place."""
    try:
        yield
    except LandtoolError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write: {error.strerror or error}", str(place), _remedy(error)) from error
    except Exception as error:
        # GDAL and Arrow report a full disk in exceptions of their own.
        if type(error).__module__.partition(".")[0] in {"pyogrio", "pyarrow", "sqlite3", "fiona"}:
            raise OutputError(f"cannot write: {error}", str(place), _remedy(None)) from error
        raise


def _remedy(error: OSError | None) -> str:
    import errno

    if error is not None and error.errno in {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}:
        return "free some disk space or choose another folder with -o"
    if error is not None and error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "close the file where it is open (Excel, QGIS), or choose a folder you may write to with -o"
    return "check disk space and rights, close the file where it is open, or choose another place with -o"


def _recover(folder: Path, previous: Path) -> None:
    """Put back what a run that was killed between the two renames left aside."""
    if previous.exists():
        if folder.exists():
            shutil.rmtree(previous, ignore_errors=True)
        else:
            previous.rename(folder)


def _sweep(place: Path) -> None:
    """Clear away what killed runs left beside ``place``; a run that still writes is left alone."""
    name = re.compile(rf"\.{re.escape(place.name)}\.\d+\.tmp")
    for entry in place.parent.iterdir():
        if name.fullmatch(entry.name) and time.time() - _last_change(entry) > _ABANDONED_S:
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


def _last_change(entry: Path) -> float:
    inner = entry.iterdir() if entry.is_dir() else ()
    return max(path.stat().st_mtime for path in (entry, *inner))


def require_ours(folder: Path, *, ours: Collection[str], mark: str) -> None:
    """Refuse a place for results where something else stands.

    A folder that is absent, empty, marked, or holds nothing but files of our names is ours.

    Raises
    ------
    OutputError
        If it is no folder, or holds other files and no mark.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> require_ours(folder, ours={"a.parquet"}, mark="summary.json")
    >>> _ = (folder / "thesis.docx").write_text("years of work")
    >>> require_ours(folder, ours={"a.parquet"}, mark="summary.json")
    Traceback (most recent call last):
    landtool.errors.OutputError: the folder holds other files and is no result folder: ...
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError("not a folder", str(folder), "choose another place with -o")
    others = {entry.name for entry in folder.iterdir()} - set(ours)
    if others and not (folder / mark).is_file():
        raise OutputError("the folder holds other files and is no result folder", str(folder),
                          "choose an empty or a new folder with -o")


def _carry_over(folder: Path, fresh: Path, ours: Collection[str]) -> None:
    for entry in folder.iterdir():
        if entry.name not in ours and not (fresh / entry.name).exists():
            if entry.is_dir():
                shutil.copytree(entry, fresh / entry.name)
            else:
                shutil.copy2(entry, fresh / entry.name)
