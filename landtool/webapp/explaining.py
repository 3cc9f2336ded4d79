"""Why a parcel is judged as it is: of results and workspace no more is read than its page needs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from landtool.assessment import Assessment
from landtool.explanation import Explanation, explain
from landtool.reports.parts import rows_of, rows_of_any
from landtool.webapp.view import View

if TYPE_CHECKING:
    from landtool.workspace import Workspace

# Layers whose rows the pages of the rules name beside the results.
_LAYERS = ("occupancy", "operations", "approvals", "government_causes", "enterprises", "buildings")
_BY_PARCEL = ("unsupplied", "control", "evidence")
_BY_PARCEL_OR_CONTRACT = ("commitments", "low_efficiency", "milestones")


def explained(view: View, parcel_id: str) -> Explanation:
    """Explain a parcel of the results in the language of the view.

    Raises
    ------
    LandtoolError
        If there is no such parcel, or a source cannot be read any more.
    """
    day = str(view.result.summary["as_of"])
    judged = [(view.result.summary.get(name) or {}).get("year") for name in ("output", "grades")]
    sources = _sources(str(view.folder), view.stamp, day, tuple(int(year) for year in judged if year is not None))
    return explain(replace(sources, language=view.language), part_of_parcel(view.result, parcel_id), parcel_id)


@st.cache_resource(show_spinner=False, max_entries=1)
def _sources(folder: str, stamp: float, as_of: str, years: tuple[int, ...]) -> Workspace:
    """The workspace with these layers alone, and of the figures the years that were judged."""
    from landtool.workspace import open_workspace

    opened = open_workspace(folder, as_of=date.fromisoformat(as_of), only=_LAYERS)
    figures = opened.layers.operations
    if figures is None or "year" not in figures:
        return opened
    judged = figures[figures["year"].isin(years)]
    return replace(opened, layers=replace(opened.layers, operations=judged))


def part_of_parcel(result: Assessment, parcel_id: str) -> Assessment:
    """The rows of a result that speak of one parcel and of the contract it is judged by.

    Parameters
    ----------
    result : Assessment
        Of stored results little more than these rows is read.
    parcel_id : str
    """
    parcel = rows_of(result, "parcels", "parcel_id", [parcel_id], with_geometry=True)
    own = _cell(parcel, "contract_id")
    ids = [parcel_id, *own]
    frames: dict[str, pd.DataFrame | None] = {"parcels": parcel, "set_aside": result.set_aside}
    frames["contracts"] = _contracts(result, own)
    frames["findings"] = rows_of(result, "findings", "subject_id", ids)
    frames["grades"] = rows_of(result, "grades", "enterprise_id", _cell(parcel, "main_enterprise_id"))
    frames |= {name: rows_of(result, name, "parcel_id", [parcel_id]) for name in _BY_PARCEL}
    frames |= {name: rows_of_any(result, name, {"parcel_id": ids, "contract_id": ids})
               for name in _BY_PARCEL_OR_CONTRACT}
    return Assessment(result.summary, policy_numbers=result.policy_numbers, **frames)


def _contracts(result: Assessment, own: Collection[Any]) -> pd.DataFrame | None:
    """The contract, and all others on its parcel."""
    place = _cell(rows_of(result, "contracts", "contract_id", own, ["parcel_id"]), "parcel_id")
    return rows_of_any(result, "contracts", {"contract_id": own, "parcel_id": place})


def _cell(rows: pd.DataFrame | None, name: str) -> list[Any]:
    """What stands in a column of the first row, as a list: nothing where there is no such cell."""
    if rows is None or name not in rows or pd.isna(rows[name].iloc[0]):
        return []
    return [rows[name].iloc[0]]
