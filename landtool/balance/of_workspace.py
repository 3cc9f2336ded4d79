"""The land balance of an opened workspace, for the command line and as part of the assessment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import geopandas as gpd

from landtool.balance.workspace_layers import (
    WorkspaceBalance,
    balance_of_workspace_layers,
    surveys,
)
from landtool.codes import Classification, load_classification
from landtool.crosscheck import best_system
from landtool.errors import LandtoolError
from landtool.workspace import Workspace

STAGES = ("draft", "submitted", "approved")


@dataclass(frozen=True)
class BalanceAttempt:
    """A balance, or the reason why there is none.

    Attributes
    ----------
    found : WorkspaceBalance or None
    refusal : LandtoolError or None
        What stands in the way; None too where there are no two surveys to compare.
    """

    found: WorkspaceBalance | None
    refusal: LandtoolError | None = None


def balance_of(
    workspace: Workspace,
    from_name: str | None = None,
    to_name: str | None = None,
    *,
    scenario: gpd.GeoDataFrame | None = None,
    stages: Collection[str] | None = None,
) -> WorkspaceBalance:
    """Balance two snapshots of a workspace; the last two surveys if none are named.

    Parameters
    ----------
    workspace : Workspace
        Gives snapshots, districts, parks, control lines, proposals and policy.
    from_name, to_name : str, optional
        Snapshots by name.
    scenario : GeoDataFrame, optional
        Proposals to carry out instead of the workspace's.
    stages : collection of str, optional
        Carry out the proposals of these stages first.

    Raises
    ------
    InputDataError, UnknownCodeError
        For an unknown snapshot, fewer than two surveys, or codes no line covers.
    """
    layers = workspace.layers
    return balance_of_workspace_layers(
        layers.land_use, classifications(workspace), layers.districts, layers.parks,
        layers.control_lines, workspace.policy, from_name, to_name,
        proposals=layers.proposals if scenario is None else scenario, stages=stages)


def try_balance(workspace: Workspace) -> BalanceAttempt:
    """The balance of the last two surveys as part of an assessment, which goes on without it."""
    if len(surveys(workspace.layers.land_use)) < 2:
        return BalanceAttempt(None)
    try:
        return BalanceAttempt(balance_of(workspace))
    except LandtoolError as refusal:
        return BalanceAttempt(None, refusal)


def classifications(workspace: Workspace) -> dict[str, Classification]:
    """The classification of each snapshot: as named in the catalogue, else the one that knows its codes."""
    found = {}
    for name, frame in workspace.layers.land_use.items():
        named = workspace.catalogue.land_use[name].classification
        if named:
            found[name] = load_classification(workspace.catalogue.name_or_path(named))
        else:
            found[name] = best_system(frame["land_use_code"])
    return found
