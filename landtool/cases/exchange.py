"""All cases as one JSON text, and back: the same bytes, the chain checked; backups with the documents."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landtool.atomic import replace_file
from landtool.atomic import writing as writing_files
from landtool.cases import history
from landtool.cases.canonical import GENESIS, canonical, event_hash
from landtool.cases.database import label, reading, writing
from landtool.cases.files import FOLDER_NAME
from landtool.cases.history import documents_of
from landtool.cases.models import CASES, CHAIN, EVENTS
from landtool.cases.office import FILE_NAME as OFFICE_FILE
from landtool.cases.store import CaseStore
from landtool.errors import InputDataError

FORMAT = "landtool-cases-1"
_JSON_NAME = "cases.json"
_BATCH = 2_000


@dataclass(frozen=True)
class _Event:
    """An event read from a file."""

    seq: int
    case_id: str
    actor: str
    verified: bool
    at: str
    action: str
    payload: str
    prev_hash: str
    hash: str


def export_cases(store: CaseStore) -> bytes:
    """Give the whole history as JSON, one event a line: all that the store knows."""
    with reading(store.engine) as connection:
        lines = [canonical({**{name: getattr(event, name) for name in _Event.__dataclass_fields__},
                            "payload": json.loads(event.payload)})
                 for event in history.read_events(connection)]
    text = f'{{"format":{json.dumps(FORMAT)},"events":[\n' + ",\n".join(lines) + "\n]}\n"
    return text.encode("utf-8")


def import_cases(store: CaseStore, content: bytes, where: str) -> int:
    """Take over a history; give the count of events that were new.

    The store is empty, or holds the beginning of the same history: two histories are never mixed.

    Raises
    ------
    InputDataError
        If the content is no export, its chain is broken, or the store holds another history.
    """
    events = _read(content, where)
    with writing(store.engine) as connection:
        seq, last = history.lock_chain(connection)
        if seq > len(events) or (seq and events[seq - 1].hash != last):
            raise InputDataError(f"the store ({label(store.engine.url)}) holds another history", where,
                                 "import into a new workspace or an empty database")
        fresh = events[seq:]
        for batch in _batches([vars(event) for event in fresh]):
            connection.execute(EVENTS.insert(), batch)
        if fresh:
            connection.execute(CHAIN.update().values(seq=fresh[-1].seq, hash=fresh[-1].hash))
        touched = {event.case_id for event in fresh}
        rows = list(history.replay(event for event in events if event.case_id in touched).values())
        for batch in _batches(rows):
            connection.execute(CASES.delete().where(CASES.c.case_id.in_([row["case_id"] for row in batch])))
            connection.execute(CASES.insert(), batch)
    return len(fresh)


def _batches(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def _read(content: bytes, where: str) -> list[_Event]:
    try:
        read = json.loads(content)
        if read["format"] != FORMAT:
            raise InputDataError(f"format {read['format']!r} is not known", where, f"this landtool reads {FORMAT}")
        events = [_Event(**{**event, "payload": canonical(event["payload"])}) for event in read["events"]]
    except (ValueError, TypeError, KeyError) as error:
        raise InputDataError(f"no export of cases ({error})", where,
                             "take a file written by `landtool cases export`") from None
    last = GENESIS
    for seq, event in enumerate(events, 1):
        made = event_hash(last, seq, event.case_id, event.actor, event.verified, event.at, event.action,
                          event.payload)
        if (event.seq, event.prev_hash, event.hash) != (seq, last, made):
            raise InputDataError(f"the history is broken at event {seq} ({event.case_id})", where,
                                 "take another copy")
        last = made
    return events


def backup(store: CaseStore, target: Path) -> int:
    """Write history, documents and ``cases.yml`` into one zip file, whole or not at all.

    Officers may go on working: the history is read in one view, and documents never change.

    Returns
    -------
    int
        Count of documents.
    """
    content = export_cases(store)
    kept = {document["sha256"] for event in _read(content, str(target)) if '"documents":' in event.payload
            for document in documents_of(event.payload)}
    office = store.files.folder.parent / OFFICE_FILE
    with writing_files(target):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(_JSON_NAME, content)
            for sha256 in sorted(kept):
                archive.writestr(f"{FOLDER_NAME}/{sha256[:2]}/{sha256}", store.files.read(sha256))
            if office.is_file():
                archive.writestr(OFFICE_FILE, office.read_bytes())
    replace_file(target, held.getvalue())
    return len(kept)


def restore(store: CaseStore, source: Path) -> tuple[int, int]:
    """Take over a backup into an empty store (or one that holds its beginning); checks everything.

    Returns
    -------
    tuple of int
        Count of new events, count of documents.

    Raises
    ------
    InputDataError
        If the file is no backup, is damaged, or the store holds another history.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            content = archive.read(_JSON_NAME)
            documents = [archive.read(name) for name in archive.namelist()
                         if name.startswith(f"{FOLDER_NAME}/")]
            office = archive.read(OFFICE_FILE) if OFFICE_FILE in archive.namelist() else None
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise InputDataError(f"no backup of cases ({error})", str(source),
                             "take a file written by `landtool cases backup`") from None
    for document in documents:  # kept by their content: what was changed on the way comes under another name
        store.files.add("document", document)
    place = store.files.folder.parent / OFFICE_FILE
    if office is not None and not place.exists():
        replace_file(place, office)
    return import_cases(store, content, str(source)), len(documents)
