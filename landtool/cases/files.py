"""Documents of cases: kept by the SHA-256 of their content; a name is a label, never a path."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from landtool.atomic import replace_file
from landtool.cases.case import Document
from landtool.errors import InputDataError

FOLDER_NAME = "case_files"
SIZE_MAX = 50 * 1024 * 1024
_NAME_MAX = 120
_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>:\"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")


class CaseFiles:
    """The folder ``case_files`` of a workspace.

    Examples
    --------
    >>> import tempfile
    >>> files = CaseFiles(Path(tempfile.mkdtemp()))
    >>> kept = files.add("../../调查通知书.docx", b"text")
    >>> kept.name, files.read(kept.sha256)
    ('调查通知书.docx', b'text')
    """

    def __init__(self, workspace: Path) -> None:
        self.folder = workspace / FOLDER_NAME

    def add(self, name: str, content: bytes) -> Document:
        """Keep a document; the same content is kept once.

        Raises
        ------
        InputDataError
            If it is empty or larger than :data:`SIZE_MAX`.
        OutputError
            If it cannot be written.
        """
        shown = safe_name(name)
        if not content:
            raise InputDataError("the document is empty", shown, "choose the right file")
        if len(content) > SIZE_MAX:
            raise InputDataError(f"the document has {len(content) / 2**20:.0f} MB", shown,
                                 f"documents hold at most {SIZE_MAX // 2**20} MB: scan it smaller or split it")
        digest = hashlib.sha256(content).hexdigest()
        place = self.path(digest)
        if not place.is_file():
            replace_file(place, content)
        return Document(digest, shown, len(content))

    def add_path(self, path: Path) -> Document:
        """Keep a file of this machine."""
        if not path.is_file():
            raise InputDataError("no such document", str(path), "check the path")
        if path.stat().st_size > SIZE_MAX:
            raise InputDataError(f"the document has {path.stat().st_size / 2**20:.0f} MB", str(path),
                                 f"documents hold at most {SIZE_MAX // 2**20} MB: scan it smaller or split it")
        return self.add(path.name, path.read_bytes())

    def read(self, sha256: str) -> bytes:
        """Give the content, checked against its name.

        Raises
        ------
        InputDataError
            If it is not there, or is not what was kept.
        """
        place = self.path(sha256)
        try:
            content = place.read_bytes()
        except OSError as error:
            raise InputDataError(f"a document of a case cannot be read ({error.strerror})", str(place),
                                 "restore the folder case_files from a backup") from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise InputDataError("a document of a case was changed", str(place),
                                 "restore the folder case_files from a backup")
        return content

    def path(self, sha256: str) -> Path:
        """Where a document lies."""
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise InputDataError("no SHA-256 of a document", repr(sha256[:80]), "take it from the case")
        return self.folder / sha256[:2] / sha256

    def faults(self, documents: Iterator[Document]) -> list[tuple[str, dict[str, str]]]:
        """Documents that are missing or were changed (``messages/case.yml: broken_document``)."""
        found: list[tuple[str, dict[str, str]]] = []
        for document in documents:
            try:
                self.read(document.sha256)
            except InputDataError:
                found.append(("document", {"name": document.name, "sha256": document.sha256[:12]}))
        return found


def safe_name(name: str) -> str:
    r"""Give the last part of a name without characters that no file system or page should see.

    Examples
    --------
    >>> safe_name("C:\\temp\\认定书<1>.docx"), safe_name("../..")
    ('认定书_1_.docx', 'document')
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    clean = _UNSAFE.sub("_", last).strip(" .")
    if len(clean) > _NAME_MAX:
        stem, dot, ending = clean.rpartition(".")
        clean = f"{(stem or clean)[: _NAME_MAX - 12]}{dot}{ending[:10]}" if dot else clean[:_NAME_MAX]
    return clean or "document"
