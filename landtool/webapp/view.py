"""What every page is given: the open workspace, its results, and the language they are shown in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from landtool import messages
from landtool.assessment import Assessment
from landtool.errors import InputDataError
from landtool.memory import hand_back_memory
from landtool.reports.parts import columns_of, rows_at
from landtool.reports.results import MARK
from landtool.reports.stored import open_results
from landtool.schema.reasons import with_reasons
from landtool.sources.catalogue import RESULTS_FOLDER, load_catalogue
from landtool.webapp.plain import as_text
from landtool.webapp.running import ensure_results

if TYPE_CHECKING:
    from landtool.workspace import Workspace

# What a land balance and its scenarios are made of; reading the rest takes longer than balancing.
_LAND = ("districts", "parks", "control_lines", "proposals")

# What a rezoning asks of parcels and contracts: which lie on it.
_GROUND = {"parcels": ("parcel_id", "land_use_code", "classification"), "contracts": ("contract_id", "parcel_id")}


@dataclass(frozen=True)
class View:
    """One workspace as one person looks at it.

    Attributes
    ----------
    folder : Path
        The workspace.
    result : Assessment
        What stands in its result folder; shared by all sessions: never change its frames.
    language : str
        ``zh`` or ``en``, as chosen in the sidebar.
    stamp : float
        Changes whenever the results do: part of the key of everything a page keeps.
    """

    folder: Path
    result: Assessment
    language: str
    stamp: float

    @property
    def out(self) -> Path:
        """The result folder."""
        return self.folder / RESULTS_FOLDER

    @property
    def is_current(self) -> bool:
        """Whether the results are still those the view was opened on."""
        mark = self.out / MARK
        return mark.is_file() and mark.stat().st_mtime == self.stamp

    @property
    def land(self) -> Workspace:
        """The workspace with its latest two surveys and zones only, and the parcels and contracts of the results.

        Kept while somebody tries scenarios: see :func:`landtool.webapp.snapshots.balance_with`.
        """
        return kept_land(self, str(self.folder), self.stamp)

    def land_of(self, *snapshots: str) -> Workspace:
        """The same with these snapshots, read now."""
        from landtool.workspace import open_workspace

        opened = open_workspace(self.folder, as_of=date.fromisoformat(str(self.result.summary["as_of"])),
                                only=[*_LAND, *(f"land_use.{name}" for name in snapshots)])
        parcels, contracts = (_some_columns(self.result, name, columns) for name, columns in _GROUND.items())
        return replace(opened, layers=replace(opened.layers, parcels=parcels, contracts=contracts))

    @property
    def title(self) -> str:
        """The name of the workspace, fit to stand where Markdown is read: it shows as it is."""
        return as_text(str(self.result.summary["name"]))

    @property
    def set_aside(self) -> pd.DataFrame | None:
        """What was not used and why, in the language of the view."""
        rows = self.result.set_aside
        if rows is None or self.language == self.result.language:
            return rows
        return with_reasons(rows, self.language)

    def policy_number(self, key: str) -> float:
        """A number of the policy the assessment was made by.

        Raises
        ------
        InputDataError
            If the results hold no such number.
        """
        numbers = self.result.policy_numbers
        found = [] if numbers is None else numbers.loc[numbers["key"] == key, "value"].tolist()
        if not found:
            raise InputDataError(f"the results hold no policy number {key}", str(self.out),
                                 "assess the workspace again")
        return float(found[0])

    def say(self, key: str, **values: Any) -> str:
        """One sentence of the catalogue in the language of the view."""
        return messages.say(key, self.language, **values)


def has_results(folder: Path) -> bool:
    """Whether a workspace was assessed."""
    return (folder / RESULTS_FOLDER / MARK).is_file()


def open_view(folder: Path, language: str) -> View:
    """The view of a workspace; assesses it first, with a progress bar, if it never was.

    Raises
    ------
    LandtoolError
        If the workspace or its results cannot be read.
    """
    ensure_results(folder, language)
    stamp = (folder / RESULTS_FOLDER / MARK).stat().st_mtime
    return View(folder, _results(str(folder), stamp), language, stamp)


@st.cache_resource(show_spinner=False, max_entries=2)
def _results(folder: str, stamp: float) -> Assessment:
    return open_results(Path(folder) / RESULTS_FOLDER)


@st.cache_resource(show_spinner=False, max_entries=1)
def kept_land(_view: View, folder: str, stamp: float) -> Workspace:
    """What :attr:`View.land` keeps."""
    from landtool.balance.workspace_layers import latest_two

    read = _view.land_of(*latest_two(load_catalogue(_view.folder).land_use))
    hand_back_memory()
    return read


def _some_columns(result: Assessment, name: str, columns: tuple[str, ...]) -> pd.DataFrame | None:
    """All rows of a frame with a few columns and the geometry it has."""
    known = columns_of(result, name, columns[:1])
    return None if known is None else rows_at(result, name, np.arange(len(known)), columns, with_geometry=True)

