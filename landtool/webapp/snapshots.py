"""Balances of two snapshots, kept between clicks."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import streamlit as st

from landtool.balance.ledger import LandBalance
from landtool.balance.of_workspace import balance_of, scenario_of
from landtool.balance.rezoning import ScenarioResult
from landtool.balance.workspace_layers import WorkspaceBalance
from landtool.webapp.view import View


def balance_between(view: View, first: str, second: str) -> WorkspaceBalance:
    """The balance of two snapshots of the workspace."""
    with st.spinner(view.say("step.balance")):
        return _between(view, str(view.folder), view.stamp, first, second)


def balance_with(
    view: View, first: str, second: str, proposals: gpd.GeoDataFrame | None, key: Any
) -> ScenarioResult:
    """The balance with proposals carried out (the workspace's own if None); ``key`` tells them apart."""
    with st.spinner(view.say("step.balance")):
        return _with(view, proposals, str(view.folder), view.stamp, first, second, key)


@st.cache_resource(show_spinner=False, max_entries=3)
def _between(_view: View, folder: str, stamp: float, first: str, second: str) -> WorkspaceBalance:
    return balance_of(_view.land, first, second)


@st.cache_resource(show_spinner=False, max_entries=3)
def _with(_view: View, _proposals: gpd.GeoDataFrame | None, folder: str, stamp: float, first: str,
          second: str, key: Any) -> ScenarioResult:  # fmt: skip
    kept = _base(folder, stamp, first, second)
    found = scenario_of(_view.land, _proposals, from_name=first, to_name=second, base=kept.get("base"))
    kept["base"] = found.base
    return found


@st.cache_resource(show_spinner=False, max_entries=3)
def _base(folder: str, stamp: float, first: str, second: str) -> dict[str, LandBalance | None]:
    """Where the first scenario leaves the balance without proposals: those that follow need not make it again."""
    return {}
