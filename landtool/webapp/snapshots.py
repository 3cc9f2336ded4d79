"""Balances of two snapshots: the assessment's own from the results, others made when asked for and kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import streamlit as st

from landtool.balance.ledger import LandBalance
from landtool.balance.of_workspace import balance_of, scenario_of
from landtool.balance.rezoning import ScenarioResult
from landtool.memory import hand_back_memory
from landtool.reports.workbook_sheets import ledger_rows
from landtool.webapp.keeping import WhileUsed
from landtool.webapp.view import View, kept_land

_IDLE_S = 15 * 60.0


@dataclass(frozen=True)
class Compared:
    """What the page shows of a balance.

    Attributes
    ----------
    names : tuple of str
        The two snapshots.
    ledger, table : pandas.DataFrame
        By region: the terms; from-class by to-class.
    changes : geopandas.GeoDataFrame
        The changed pieces.
    pairs : pandas.DataFrame or None
        The replacement ledger; None without proposals.
    breaches : pandas.DataFrame or None
        Losses inside control lines; None without control lines.
    """

    names: tuple[str, str]
    ledger: pd.DataFrame
    table: pd.DataFrame
    changes: gpd.GeoDataFrame
    pairs: pd.DataFrame | None
    breaches: pd.DataFrame | None


def balance_between(view: View, first: str, second: str) -> Compared:
    """The balance of two snapshots of the workspace."""
    kept = of_results(view, first, second)
    if kept is not None:
        return kept
    with st.spinner(view.say("app_balance.comparing", first=first, second=second)):
        return _between(view, str(view.folder), view.stamp, first, second)


def of_results(view: View, first: str, second: str) -> Compared | None:
    """The balance the assessment made, which nobody need wait for; None where it made another or none."""
    result, found = view.result, view.result.summary["balance"]
    if not found or (found["from"], found["to"]) != (first, second):
        return None
    changes = result.changes
    if result.balance is None or not isinstance(changes, gpd.GeoDataFrame):
        return None
    pairs, breaches = (None if found[name] is None else pd.DataFrame(found[name])
                       for name in ("replacements", "control_line_losses"))
    return Compared((first, second), ledger_rows(found), result.balance, changes, pairs, breaches)


def balance_with(
    view: View, first: str, second: str, proposals: gpd.GeoDataFrame | None, key: Any
) -> ScenarioResult:
    """The balance with proposals carried out (the workspace's own if None); ``key`` tells them apart.

    The land and the balance without proposals are as large as all else the server holds: they stay until nobody has tried
    a scenario for a quarter of an hour.
    """
    _SCENARIOS.used()
    is_first = not _base(str(view.folder), view.stamp, first, second)
    said = view.say("app_balance.trying_first" if is_first else "app_balance.trying", first=first, second=second)
    with st.spinner(said, show_time=is_first):
        return _with(view, proposals, str(view.folder), view.stamp, first, second, key)


@st.cache_resource(show_spinner=False, max_entries=3)
def _between(_view: View, folder: str, stamp: float, first: str, second: str) -> Compared:
    found = balance_of(_view.land_of(first, second), first, second)
    one = found.balance
    return Compared((one.from_name, one.to_name), one.ledger, found.table, one.changes, found.pairs, found.breaches)


@st.cache_resource(show_spinner=False, max_entries=3)
def _with(_view: View, _proposals: gpd.GeoDataFrame | None, folder: str, stamp: float, first: str,
          second: str, key: Any) -> ScenarioResult:  # fmt: skip
    kept = _base(folder, stamp, first, second)
    found = scenario_of(_view.land, _proposals, from_name=first, to_name=second, base=kept.get("base"))
    kept["base"] = found.base
    hand_back_memory()
    return found


@st.cache_resource(show_spinner=False, max_entries=3)
def _base(folder: str, stamp: float, first: str, second: str) -> dict[str, LandBalance | None]:
    """Where the first scenario leaves the balance without proposals: those that follow need not make it again."""
    return {}


def let_scenarios_go() -> None:
    """Forget land, balances and scenarios; whoever tries one again waits for them again."""
    for kept in (_with, _base, kept_land):
        kept.clear()
    hand_back_memory()


_SCENARIOS = WhileUsed(_IDLE_S, let_scenarios_go)
