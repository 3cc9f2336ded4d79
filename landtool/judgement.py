"""The rules in their order, on one workspace: what each of them said.

Each rule is one call; what it needs of the others is handed to it. Tables and headline are made of
the results in ``result_tables``, ``summary`` and ``assessment``.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from landtool.balance.of_workspace import BalanceAttempt, try_balance
from landtool.columns import positions
from landtool.concurrency import begin, no_collecting, one_beside
from landtool.contract_lives import Lives, ends_and_chain, follow_contracts
from landtool.indicators.buildings import Built, measure_buildings
from landtool.indicators.land import area_used, is_supplied
from landtool.indicators.output import latest_year, output_of
from landtool.indicators.progress import in_production, kept_by_source, lifecycle_stage
from landtool.link import MEASURES, Linked, Spread, link_contracts, parcel_operations
from landtool.park_land import judge_parks, region_groups
from landtool.progress import Progress, silent
from landtool.result_tables import (
    VERDICT_COLUMNS,
    on_parcels,
    with_contract,
)
from landtool.rules.areas import find_area_differences
from landtool.rules.commitments import CommitmentResult, figures_by_year, judge_commitments
from landtool.rules.control import ControlResult, judge_control
from landtool.rules.data_findings import idle_with_output
from landtool.rules.evidence import EvidenceResult, Image, judge_evidence
from landtool.rules.findings import no_findings
from landtool.rules.grading import GradingResult, judge_grades, parcel_grades
from landtool.rules.idle import IdleResult, find_idle
from landtool.rules.low_efficiency import LowEfficiencyResult, judge_low_efficiency
from landtool.rules.output_target import OutputResult, find_below_target
from landtool.rules.park_evaluation import ParkResult
from landtool.rules.target_board import target_board
from landtool.rules.unsupplied import UnsuppliedResult
from landtool.rules.zombies import find_zombies
from landtool.schema.problems import concat_problems, no_problems
from landtool.sources.zonal import zone_values
from landtool.unsupplied_land import measure_unsupplied
from landtool.workspace import Workspace


@dataclass(frozen=True)
class Judgement:
    """What every rule said; None where the layers it needs are absent.

    Attributes
    ----------
    linked : Linked or None
        Which contract stands on which parcel.
    spread : Spread or None
        The figures of ``year`` on parcels.
    contracts, land : DataFrame or None
        Contracts with verdict and stage; parcels with the facts of their contracts and the year's
        figures, without geometry.
    parcel_grades : DataFrame or None
        What the grades say of parcels.
    zombies, area_differences, idle_with_output : DataFrame
        Findings of rules that have no other result.
    balance : BalanceAttempt
        Of the last two surveys, or why there is none.
    target_board : DataFrame
        The targets of the policy for parks.
    """

    linked: Linked | None
    idle: IdleResult | None
    contracts: pd.DataFrame | None
    spread: Spread | None
    year: int | None
    land: pd.DataFrame | None
    output: OutputResult | None
    commitments: CommitmentResult | None
    lives: Lives | None
    unsupplied: UnsuppliedResult | None
    park_evaluation: ParkResult | None
    control: ControlResult | None
    evidence: EvidenceResult | None
    grading: GradingResult | None
    parcel_grades: pd.DataFrame | None
    low_efficiency: LowEfficiencyResult | None
    zombies: pd.DataFrame
    balance: BalanceAttempt
    target_board: pd.DataFrame
    area_differences: pd.DataFrame
    idle_with_output: pd.DataFrame

    @property
    def findings(self) -> list[pd.DataFrame]:
        """What each rule found, in the order of the rules."""
        on_contracts = [on_parcels(rule.findings, self.linked)
                        for rule in (self.idle, self.commitments) if rule is not None]
        rules = (self.output, self.lives, self.unsupplied, self.park_evaluation, self.control,
                 self.evidence, self.grading, self.low_efficiency)
        return [*on_contracts, *(rule.findings for rule in rules if rule is not None),
                self.zombies, self.area_differences, self.idle_with_output]

    @property
    def parcel_columns(self) -> list[pd.DataFrame]:
        """Result columns of parcels, on their index, beyond those of contract and output."""
        return [
            *([] if self.control is None else [self.control.parcels]),
            *([] if self.evidence is None else [self.evidence.conflict.to_frame()]),
            *([] if self.parcel_grades is None else [self.parcel_grades]),
            *([] if self.low_efficiency is None else [self.low_efficiency.parcels]),
        ]  # fmt: skip

    @property
    def problems(self) -> pd.DataFrame:
        """Problems of the data that came up when layers were put together."""
        return concat_problems([
            no_problems() if self.linked is None else self.linked.problems,
            no_problems() if self.spread is None else self.spread.problems,
        ])  # fmt: skip


def judge(workspace: Workspace, progress: Progress = silent) -> Judgement:
    """Run every rule of the policy on a workspace; it is not changed.

    Examples
    --------
    >>> import tempfile, landtool as lt
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = lt.write_town(lt.make_town(parcels=200), folder, formats="plain")
    ...     judged = judge(lt.open_workspace(folder))
    >>> judged.year, judged.idle is not None
    (2025, True)
    """
    with no_collecting(), one_beside() as aside:
        return _judge(workspace, progress, aside)


def _judge(workspace: Workspace, progress: Progress, aside: ThreadPoolExecutor) -> Judgement:
    """Begin aside, as soon as its inputs are there, what is not asked for until later."""
    layers, policy, at = workspace.layers, workspace.policy, workspace.as_of
    built = begin(aside, _built, workspace)
    figures = begin(aside, figures_by_year, layers.operations, layers.occupancy, _measured(layers.parcels), at,
                    enterprises=layers.enterprises)
    progress("step.link")
    linked = link(workspace)
    progress("step.idle")
    chained = None if linked is None else linked.contracts.assign(**ends_and_chain(linked.contracts, workspace))
    idle = None if chained is None else _idle(workspace, chained)
    contracts = None if idle is None or chained is None else _contract_table(workspace, chained, idle)
    progress("step.output")
    spread, year = spread_operations(workspace)
    land = _land(workspace, linked, contracts, spread)
    sized = _measured(land)
    unsupplied = begin(aside, lambda: measure_unsupplied(workspace, land, linked, built.result()))
    graded = begin(aside, _grades, workspace, sized, year)
    graded_land = begin(aside, lambda: _parcel_grades(graded.result(), land))
    output = _output(workspace, land, spread, year)
    progress("step.commitments")
    promised = _commitments(workspace, linked, figures.result())
    lives = begin(aside, follow_contracts, workspace, linked, contracts, idle, table_of(promised))
    evaluated = begin(aside, judge_parks, workspace, sized, output)
    board, balance = begin(aside, _target_board, workspace), begin(aside, try_balance, workspace)
    progress("step.control")
    control = None if land is None else judge_control(
        land, table_of(built.result()), table_of(promised), policy, at)
    evidence = _evidence(workspace, land, progress)
    progress("step.grading")
    grades, land_grades = graded.result(), graded_land.result()
    progress("step.low_efficiency")
    wasted = _low_efficiency(
        workspace, land, output, figures.result(), promised, control, grades, land_grades, year)
    zombies = begin(aside, _zombies, workspace, sized, wasted, year)
    doubts = no_findings() if land is None else idle_with_output(land, year)
    differences = _area_differences(workspace)
    progress("step.balance")
    return Judgement(
        linked, idle, contracts, spread, year, land, output, promised, lives.result(), unsupplied.result(),
        evaluated.result(), control, evidence, grades, land_grades, wasted, zombies.result(), balance.result(),
        board.result(), differences, doubts)


def table_of(result: Any) -> pd.DataFrame | None:
    """The table of a rule's result; None where the rule did not run."""
    return None if result is None else result.table


def link(workspace: Workspace) -> Linked | None:
    """Link contracts to parcels; None without contracts."""
    layers = workspace.layers
    if layers.contracts is None:
        return None
    return link_contracts(layers.contracts, layers.parcels, workspace.as_of)


def _idle(workspace: Workspace, contracts: pd.DataFrame) -> IdleResult:
    found = find_idle(contracts, workspace.layers.government_causes, workspace.policy,
                      workspace.as_of, unreadable_causes=_unreadable_causes(workspace.problems))
    # A contract that a later one on the same parcel has taken the place of binds nobody any more.
    past = contracts["standing"] == "superseded"
    if not past.any():
        return found
    verdicts = found.verdicts.copy()
    for name in verdicts.columns:
        verdicts[name] = verdicts[name].mask(past)
    verdicts["idle_status"] = found.verdicts["idle_status"].mask(past, "not_applicable")
    ids = contracts.loc[past, "contract_id"]
    return IdleResult(verdicts, found.findings[~found.findings["subject_id"].isin(ids)])


def _unreadable_causes(problems: pd.DataFrame) -> pd.Index:
    """Contracts with a government-cause row or date that could not be read: no verdict against them."""
    bad = problems[(problems["layer"] == "government_causes") & (problems["scope"] != "note")
                   & (problems["kind"] != "duplicate_row")]
    return pd.Index(bad["subject_id"].unique())


def _contract_table(
    workspace: Workspace, contracts: pd.DataFrame, idle: IdleResult
) -> pd.DataFrame:
    months = {name: float(workspace.policy[key].value) for name, key in (
        ("ramp_months", "commitment.ramp_months"),
        ("warning_months", "contract.expiry_warning_months"))}
    contracts = contracts.assign(**kept_by_source(contracts))
    # Where works had begun under an earlier contract, they may have gone on: an empty cell says nothing.
    alone = contracts["earlier_start_id"].isna()
    for name in (f"actual_{milestone}_date_is_known" for milestone in ("start", "completion", "production")):
        if name in contracts and not alone.all():
            contracts[name] = contracts[name] & alone
    stage = lifecycle_stage(contracts, workspace.as_of, **months)
    return contracts.assign(lifecycle_stage=stage, **{
        name: idle.verdicts[name] for name in VERDICT_COLUMNS if name in idle.verdicts})


def spread_operations(workspace: Workspace) -> tuple[Spread | None, int | None]:
    """The latest complete year's figures on parcels, and that year; None without them."""
    layers = workspace.layers
    if layers.operations is None or layers.parcels is None:
        return None, None
    year = latest_year(layers.operations, workspace.as_of)
    if year is None:
        return None, None
    spread = parcel_operations(layers.operations, layers.occupancy, _measured(layers.parcels), year,
                               enterprises=layers.enterprises)
    return spread, year


def _measured(parcels: Any) -> Any:
    """Parcels with an area to share figures by: a register without polygons states one."""
    if parcels is None or ("area_m2" in parcels and parcels["area_m2"].notna().all()):
        return parcels
    return parcels.assign(area_m2=area_used(parcels)["area_used_m2"])


def _land(
    workspace: Workspace, linked: Linked | None, contracts: pd.DataFrame | None,
    spread: Spread | None,
) -> pd.DataFrame | None:  # fmt: skip
    """Parcels with the facts of their contracts and the year's figures, without geometry."""
    parcels = workspace.layers.parcels
    if parcels is None:
        return None
    land = with_contract(parcels, linked, contracts)
    if spread is not None:
        land = land.assign(**{name: spread.parcels[name].to_numpy() for name in MEASURES
                              if name in spread.parcels})  # fmt: skip
    output_cny = output_of(land)
    land = land.assign(
        in_production=in_production(land, workspace.as_of, output_cny),
        is_supplied=is_supplied(land, land["contract_id"].notna()),
    )
    return pd.DataFrame(land.drop(columns="geometry", errors="ignore"))


def _output(
    workspace: Workspace, land: pd.DataFrame | None, spread: Spread | None, year: int | None
) -> OutputResult | None:
    layers = workspace.layers
    if land is None:
        return None
    return find_below_target(land, layers.parks, layers.districts, workspace.policy, workspace.as_of,
                             year=year, shares=None if spread is None else spread.shares)


def _built(workspace: Workspace) -> Built | None:
    """What stands on each parcel; None without a layer of buildings or parcels that are drawn."""
    parcels, buildings = workspace.layers.parcels, workspace.layers.buildings
    if buildings is None or not isinstance(parcels, gpd.GeoDataFrame):
        return None
    terms = workspace.policy.at(workspace.as_of)
    return measure_buildings(
        parcels, buildings, factor=float(terms["control.double_storey_factor"].value),
        double_above_m=float(terms["control.double_storey_height_m"].value))  # fmt: skip


def _evidence(
    workspace: Workspace, land: pd.DataFrame | None, progress: Progress
) -> EvidenceResult | None:
    parcels, rasters = workspace.layers.parcels, workspace.layers.rasters
    if land is None or not rasters or not isinstance(parcels, gpd.GeoDataFrame):
        return None
    progress("step.evidence")
    images = [
        Image(raster.kind, raster.date, raster.info.source, zone_values(
            raster.path, parcels, crs=raster.crs, values=raster.built_values,
            source=raster.info.source))
        for raster in rasters
    ]  # fmt: skip
    return judge_evidence(land, images, workspace.policy, workspace.as_of)


def _grades(
    workspace: Workspace, land: pd.DataFrame | None, year: int | None
) -> GradingResult | None:
    layers = workspace.layers
    if land is None:
        return None
    return judge_grades(layers.enterprises, layers.operations, layers.occupancy, land,
                        workspace.policy, workspace.as_of, year=year)


def _parcel_grades(graded: GradingResult | None, land: pd.DataFrame | None) -> pd.DataFrame | None:
    return None if graded is None or land is None else parcel_grades(graded, land)


def _low_efficiency(
    workspace: Workspace, land: pd.DataFrame | None, output: OutputResult | None,
    figures: Mapping[int, pd.DataFrame], promised: CommitmentResult | None,
    control: ControlResult | None, graded: GradingResult | None, land_grades: pd.DataFrame | None,
    year: int | None,
) -> LowEfficiencyResult | None:  # fmt: skip
    if land is None or output is None:
        return None
    measured = output.parcels
    land = land.assign(**{name: measured[name] for name in measured if name not in land})
    # As the table of parcels says it: bound by no contract, or no contracts to tell by.
    land["idle_status"] = (land["idle_status"].fillna("not_applicable")
                           if "idle_status" in land else "not_assessable")
    if graded is not None and land_grades is not None:
        at = positions(land_grades["main_enterprise_id"], graded.table["enterprise_id"])
        land["occupant_division"] = graded.table["industry_division"].array.take(at, allow_fill=True)
    return judge_low_efficiency(
        land, figures, table_of(promised), table_of(control), workspace.policy, workspace.as_of,
        year=year)


def _zombies(
    workspace: Workspace, land: pd.DataFrame | None, wasted: LowEfficiencyResult | None, year: int | None
) -> pd.DataFrame:
    layers = workspace.layers
    if land is None or year is None or layers.operations is None:
        return no_findings()
    if wasted is not None:
        land = land.assign(low_efficiency_status=wasted.parcels["low_efficiency_status"])
    return find_zombies(layers.operations, layers.occupancy, land, workspace.policy,
                        workspace.as_of, year=year)


def _commitments(
    workspace: Workspace, linked: Linked | None, figures: Mapping[int, pd.DataFrame]
) -> CommitmentResult | None:
    layers = workspace.layers
    if layers.commitments is None:
        return None
    return judge_commitments(layers.commitments, linked, figures, workspace.policy, workspace.as_of)


def _target_board(workspace: Workspace) -> pd.DataFrame:
    layers = workspace.layers
    return target_board(layers.park_statistics, layers.parks, workspace.policy, workspace.as_of,
                        region_group=region_groups(layers.districts))


def _area_differences(workspace: Workspace) -> pd.DataFrame:
    parcels = workspace.layers.parcels
    if parcels is None:
        return no_findings()
    return find_area_differences(parcels, workspace.policy, workspace.as_of)
