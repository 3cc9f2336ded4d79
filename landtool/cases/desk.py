"""The store of a workspace as its catalogue says: policy of the day, language."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from landtool.cases.database import store_url
from landtool.cases.store import CaseStore, open_store
from landtool.policy import load_policy
from landtool.sources.catalogue import FILE_NAME, load_catalogue


@dataclass(frozen=True)
class Desk:
    """A store, the folder it belongs to, the language of its people."""

    store: CaseStore
    folder: Path
    language: str


def open_desk(workspace: Path, day: dt.date, *, make: bool = False) -> Desk:
    """Open the cases of a workspace by the numbers in force on a day.

    Raises
    ------
    LandtoolError
        If catalogue, policy or store cannot be read.
    """
    catalogue = load_catalogue(workspace)
    policy = load_policy(catalogue.name_or_path(catalogue.policy or "national"), day)
    return Desk(open_store(catalogue.root, policy, make=make), catalogue.root, catalogue.language)


def find_desk(workspace: Path, day: dt.date) -> Desk | None:
    """Open the cases of a workspace where there are any: looking makes no file.

    Returns
    -------
    Desk or None
        None where the folder is no workspace, or has no case yet.
    """
    return open_desk(workspace, day) if (workspace / FILE_NAME).is_file() and has_store(workspace) else None


def has_store(workspace: Path) -> bool:
    """Whether there is a store of cases to open; that of a server always is."""
    address = store_url(workspace)
    return address.get_backend_name() != "sqlite" or Path(str(address.database)).is_file()
