"""The land balance of an opened workspace, for the command line and as part of the assessment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import geopandas as gpd

from landtool.balance.ledger import LandBalance
from landtool.balance.rezoning import ScenarioResult, affected_parcels, scenario_result
from landtool.balance.scenario import STAGES
from landtool.balance.series import LandSeries, land_series
from landtool.balance.workspace_layers import (
    WorkspaceBalance,
    balance_of_workspace_layers,
    regions_of,
    surveys,
)
from landtool.codes import Classification, load_classification
from landtool.columns import texts
from landtool.crosscheck import best_system
from landtool.errors import InputDataError, LandtoolError
from landtool.workspace import Workspace


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
    for name in (from_name, to_name):
        if name is not None and name not in layers.land_use and name in workspace.catalogue.land_use:
            raise InputDataError(f"snapshot {name!r} is a raster", "land_use",
                                 "balance two rasters by their paths: landtool balance OLD.tif NEW.tif --industrial VALUES")
    proposals = layers.proposals if scenario is None else scenario
    found = balance_of_workspace_layers(
        layers.land_use, classifications(workspace), layers.districts, layers.parks,
        layers.control_lines, workspace.policy, from_name, to_name, proposals=proposals, stages=stages)
    if stages is None or proposals is None or layers.parcels is None:
        return found
    used = proposals[texts(proposals, "stage").fillna("draft").isin(list(stages))]
    return replace(found, affected=affected_parcels(used, layers.parcels, layers.contracts))


def scenario_of(
    workspace: Workspace,
    proposals: gpd.GeoDataFrame | None = None,
    *,
    from_name: str | None = None,
    to_name: str | None = None,
    stages: Collection[str] = STAGES,
    only: Collection[str] | None = None,
    base: LandBalance | None = None,
) -> ScenarioResult:
    """Carry out a rezoning on the latest survey of a workspace: ledger, headroom, parcels and contracts.

    Parameters
    ----------
    workspace : Workspace
        Gives snapshots, regions, control lines, parcels, contracts and policy.
    proposals : GeoDataFrame, optional
        As for :func:`landtool.balance.scenario_result`, an uploaded layer or a sketch from a map; the
        workspace's own if not given.
    from_name, to_name : str, optional
        The ledger runs from the first snapshot (none: from the second itself) to the second with the
        proposals carried out; the second is the latest survey if not given.
    stages, only : collection of str, optional
        Stages and ids of the proposals to carry out.
    base : LandBalance, optional
        ``ScenarioResult.base`` of another scenario of the same two snapshots: it is not made again.

    Raises
    ------
    InputDataError, UnknownCodeError, CrsError
        For an unknown snapshot or stage, no proposals, codes no line covers, an unknown CRS.
    """
    layers, systems = workspace.layers, classifications(workspace)
    plans = layers.proposals if proposals is None else proposals
    if plans is None:
        raise InputDataError("no proposals", "scenario", "give a layer, or add proposals: to the catalogue")
    dated = surveys(layers.land_use)
    after = to_name or (dated[-1] if dated else None)
    for name in (after, from_name):
        if name is not None and name not in layers.land_use:
            raise InputDataError(f"no snapshot {name!r}", "land_use", f"there are: {', '.join(layers.land_use)}")
    if after is None:
        raise InputDataError("no survey", "land_use", "add a snapshot whose name begins with a year")
    regions = regions_of(layers.districts, layers.parks, layers.control_lines)
    return scenario_result(
        layers.land_use[after], plans, classification=(systems[from_name or after], systems[after]),
        before=None if from_name is None else layers.land_use[from_name],
        by=[layer for layer, _ in regions] or None, by_column=[column for _, column in regions],
        control_lines=layers.control_lines, parcels=layers.parcels, contracts=layers.contracts,
        policy=workspace.policy, stages=stages, only=only, from_name=from_name or after, to_name=after, base=base)


def series_of(workspace: Workspace, known: WorkspaceBalance | None = None) -> LandSeries | None:
    """The trend over all surveys of a workspace, by district where there are districts.

    None with fewer than three surveys: two make a balance, not a trend. Plans are no part of it. The step
    that the existing ledger of ``known`` tells of is taken from there.

    Raises
    ------
    UnknownCodeError
        For codes no line covers.
    """
    layers = workspace.layers
    names = surveys(layers.land_use)
    if len(names) < 3:
        return None
    regions = regions_of(layers.districts, None, None)
    existing = None if known is None else known.ledgers.get("existing")
    return land_series({name: layers.land_use[name] for name in names}, policy=workspace.policy,
                       classification=classifications(workspace), by=[layer for layer, _ in regions] or None,
                       by_column=[column for _, column in regions],
                       known=[] if existing is None else [existing.balance])


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
