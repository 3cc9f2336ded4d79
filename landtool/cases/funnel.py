"""The funnel of recovery: how far the cases came, in parcels, hectares and CNY; disposal by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from landtool.cases.workflow import Workflow

STAGES = ("suspected", "investigation", "determined", "plan", "hearing", "decision", "executed", "closed")
#: Outcomes that dispose of the land or the breach; the others found that there was nothing to dispose of.
DISPOSED = ("executed", "rectified")


def funnel(rows: Sequence[Mapping[str, Any]], flows: Mapping[str, Workflow]) -> pd.DataFrame:
    """Count cases by the stage they stand in, and by how many came at least so far.

    Parameters
    ----------
    rows : sequence of mappings
        The worklist, see :meth:`landtool.cases.CaseStore.rows`.
    flows : mapping of Workflow
        The stage of each state.

    Returns
    -------
    DataFrame
        One row per stage: stage, cases, area_m2, amount_cny, reached_cases, reached_area_m2,
        reached_amount_cny. ``amount_cny`` is what was paid, else decided, else the draft. Cases closed
        because nothing was to be disposed of stand under ``closed`` and count as reached nothing but
        the first stage. Unknown areas and amounts add nothing; ``area_unknown`` and
        ``amount_unknown`` count them.

    Examples
    --------
    >>> from landtool.cases.workflow import load_workflow
    >>> rows = [{"workflow": "idle", "state": "stated", "outcome": None, "area_m2": 1e4, "amount_cny": None,
    ...          "paid_cny": None}]
    >>> table = funnel(rows, {"idle": load_workflow("idle")}).set_index("stage")
    >>> table.loc["investigation", ["cases", "reached_cases", "amount_unknown"]].tolist()
    [1, 1, 1]
    """
    table = _frame(rows)
    stages = {(name, state): what.stage for name, flow in flows.items() for state, what in flow.states.items()}
    keys = list(zip(table["workflow"], table["state"], strict=True))
    rank = np.array([STAGES.index(stages[key]) for key in keys], dtype="int64")
    nothing = (rank == len(STAGES) - 1) & ~table["outcome"].isin(DISPOSED).to_numpy(dtype=bool)
    reached = np.where(nothing, 0, rank)
    lines = []
    for place, stage in enumerate(STAGES):
        here, came = table[rank == place], table[reached >= place]
        lines.append({
            "stage": stage, "cases": len(here), "area_m2": here["area_m2"].sum(),
            "amount_cny": here["sum_cny"].sum(), "area_unknown": int(here["area_m2"].isna().sum()),
            "amount_unknown": int(here["sum_cny"].isna().sum()), "reached_cases": len(came),
            "reached_area_m2": came["area_m2"].sum(), "reached_amount_cny": came["sum_cny"].sum()})
    return pd.DataFrame(lines)


def disposal_by_year(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Disposal rate by year: disposed of in the year over what was open in it.

    Returns
    -------
    DataFrame
        One row per year from the first case on: year, opening_cases (open at its start), opened_cases,
        disposed_cases, withdrawn_cases (closed with nothing to dispose of; they leave the
        denominator), disposal_rate (a share; null where nothing was open), disposed_area_m2.

    Examples
    --------
    >>> rows = [{"opened_on": "2025-03-01", "closed_on": "2026-02-01", "outcome": "executed", "area_m2": 1e4},
    ...         {"opened_on": "2025-05-01", "closed_on": None, "outcome": None, "area_m2": 1e4}]
    >>> disposal_by_year(rows)[["year", "disposed_cases", "disposal_rate"]].values.tolist()
    [[2025.0, 0.0, 0.0], [2026.0, 1.0, 0.5]]
    """
    table = _frame(rows)
    if table.empty:
        return pd.DataFrame(columns=["year", "opening_cases", "opened_cases", "disposed_cases",
                                     "withdrawn_cases", "disposal_rate", "disposed_area_m2"])
    opened = table["opened_on"].str[:4].astype("int64")
    closed = table["closed_on"].str[:4].astype("float64")
    disposed = table["outcome"].isin(DISPOSED)
    lines = []
    for year in range(int(opened.min()), int(max(opened.max(), closed.max() if closed.notna().any() else 0)) + 1):
        opening = int(((opened < year) & ~(closed < year)).sum())
        new = int((opened == year).sum())
        done = (closed == year) & disposed
        withdrawn = int(((closed == year) & ~disposed).sum())
        base = opening + new - withdrawn
        lines.append({"year": year, "opening_cases": opening, "opened_cases": new,
                      "disposed_cases": int(done.sum()), "withdrawn_cases": withdrawn,
                      "disposal_rate": done.sum() / base if base else np.nan,
                      "disposed_area_m2": table.loc[done, "area_m2"].sum()})
    return pd.DataFrame(lines)


def _frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    names = ["workflow", "state", "outcome", "opened_on", "closed_on"]
    table = pd.DataFrame({name: pd.Series([row.get(name) for row in rows], dtype="str") for name in names})
    for name in ("area_m2", "amount_cny", "paid_cny"):
        table[name] = pd.Series([row.get(name) for row in rows], dtype="float64")
    return table.assign(sum_cny=table["paid_cny"].fillna(table["amount_cny"]))
