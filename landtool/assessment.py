"""The assessment: the rules in their order, on one workspace, gathered into explained results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from landtool.balance.findings import balance_findings
from landtool.balance.of_workspace import try_balance
from landtool.columns import numbers
from landtool.contract_lives import ends_and_chain, follow_contracts
from landtool.indicators.buildings import buildings_on_parcels
from landtool.indicators.land import is_supplied
from landtool.indicators.output import latest_year
from landtool.indicators.progress import in_production, lifecycle_stage
from landtool.link import MEASURES, Linked, Spread, link_contracts, parcel_operations
from landtool.policy.describe import describe_in_both
from landtool.progress import Progress, silent
from landtool.result_tables import (
    VERDICT_COLUMNS,
    on_parcels,
    parcel_table,
    with_contract,
    zone_table,
)
from landtool.rules.areas import find_area_differences
from landtool.rules.commitments import CommitmentResult, figures_by_year, judge_commitments
from landtool.rules.control import ControlResult, judge_control
from landtool.rules.data_findings import data_findings
from landtool.rules.evidence import EvidenceResult, Image, judge_evidence
from landtool.rules.findings import concat_findings, no_findings
from landtool.rules.grading import GradingResult, judge_grades, parcel_grades
from landtool.rules.idle import IdleResult, find_idle
from landtool.rules.low_efficiency import LowEfficiencyResult, judge_low_efficiency
from landtool.rules.output_target import OutputResult, find_below_target
from landtool.rules.target_board import target_board
from landtool.rules.zombies import find_zombies
from landtool.schema.problems import concat_problems, no_problems
from landtool.schema.reasons import with_reasons
from landtool.sources.zonal import zone_values
from landtool.summary import summarise
from landtool.workspace import Workspace


@dataclass(frozen=True)
class Assessment:
    """What :func:`assess` found; frames are None where their layer is absent.

    Attributes
    ----------
    summary : dict
        Headline figures, counts, what was not assessed and why, versions: the content of summary.json.
    parcels : GeoDataFrame or None
        One row per accepted parcel; null where not assessable. On the working plane.
    contracts : DataFrame or None
        One row per accepted contract, with the same result columns.
    parks, districts : GeoDataFrame or None
        One row per park and district with indicators, target and gap.
    findings : DataFrame
        One row per subject and rule that fires.
    set_aside : DataFrame
        Everything that was not used, with the reason.
    commitments, balance, changes : DataFrame or None
        Committed against actual; the land balance and its changed pieces.
    milestones, deadlines : DataFrame or None
        Per contract and milestone, agreed against actual; every deadline ahead.
    control : DataFrame or None
        One row per parcel and control indicator: register, geometry, threshold, verdict.
    evidence : DataFrame or None
        One row per parcel and image: what it shows, and what the register says.
    policy_numbers : DataFrame or None
        Every number of the policy in force on the day, with clause and standing, in both languages.
    grades : DataFrame or None
        One row per enterprise: per-mu indicators, score and grade; see
        :class:`landtool.rules.grading.GradingResult`.
    low_efficiency : DataFrame or None
        One row per parcel and rule of low-efficiency land; see
        :class:`landtool.rules.low_efficiency.LowEfficiencyResult`.
    """

    summary: dict[str, Any]
    parcels: pd.DataFrame | None = None
    contracts: pd.DataFrame | None = None
    parks: pd.DataFrame | None = None
    districts: pd.DataFrame | None = None
    findings: pd.DataFrame | None = None
    set_aside: pd.DataFrame | None = None
    commitments: pd.DataFrame | None = None
    balance: pd.DataFrame | None = None
    changes: pd.DataFrame | None = None
    milestones: pd.DataFrame | None = None
    deadlines: pd.DataFrame | None = None
    control: pd.DataFrame | None = None
    evidence: pd.DataFrame | None = None
    policy_numbers: pd.DataFrame | None = None
    grades: pd.DataFrame | None = None
    low_efficiency: pd.DataFrame | None = None

    @property
    def language(self) -> str:
        """Language of the texts, ``zh`` or ``en``."""
        return str(self.summary["language"])

    @property
    def has_geometry(self) -> bool:
        """Whether there are parcels to draw."""
        return isinstance(self.parcels, gpd.GeoDataFrame) and bool(
            self.parcels.geometry.notna().any()
        )

    @property
    def output_target_cny_m2(self) -> float | None:
        """The output target the parcels are held against, in CNY/m²; None without one."""
        city = self.summary["output"]["city"]
        return None if not city else city["target_cny_m2"]


@dataclass(frozen=True)
class Parts:
    """The intermediate results of one assessment, kept for explanation."""

    linked: Linked | None
    idle: IdleResult | None
    spread: Spread | None
    output: OutputResult | None
    year: int | None


def assess(workspace: Workspace, *, progress: Progress = silent) -> Assessment:
    """Assess a workspace by every rule of its policy.

    Parameters
    ----------
    workspace : Workspace
        See :func:`landtool.open_workspace`; it is not changed.
    progress : callable
        Told at the start of each step.

    Returns
    -------
    Assessment

    Examples
    --------
    >>> import tempfile, landtool as lt
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = lt.write_town(lt.make_town(parcels=200), folder, formats="plain")
    ...     result = lt.assess(lt.open_workspace(folder))
    >>> sorted(result.summary)[:4]
    ['as_of', 'balance', 'commitments', 'control']
    """
    layers = workspace.layers
    progress("step.link")
    linked = _link(workspace)
    progress("step.idle")
    idle = None if linked is None else _idle(workspace, linked.contracts)
    contracts = None if idle is None or linked is None else _contract_table(
        workspace, linked.contracts, idle)
    progress("step.output")
    spread, year = _operations(workspace)
    land = _land(workspace, linked, contracts, spread)
    parts = _output(workspace, linked, idle, land, spread, year)
    progress("step.commitments")
    figures = figures_by_year(layers.operations, layers.occupancy, layers.parcels, workspace.as_of,
                              enterprises=layers.enterprises)
    promised = _commitments(workspace, linked, figures)
    lives = follow_contracts(workspace, linked, contracts, idle,
                             None if promised is None else promised.table)
    progress("step.control")
    control = _control(workspace, land, promised)
    evidence = _evidence(workspace, land, progress)
    progress("step.grading")
    graded = _grades(workspace, land, year)
    progress("step.low_efficiency")
    wasted = _low_efficiency(workspace, land, parts, figures, promised, control, graded)
    zombies = _zombies(workspace, land, year)
    progress("step.balance")
    total = try_balance(workspace)
    board = target_board(layers.park_statistics, layers.parks, workspace.policy, workspace.as_of)
    progress("step.gather")
    problems = concat_problems([workspace.problems, _late_problems(parts)])
    findings = concat_findings([
        data_findings(problems), *([] if idle is None else [on_parcels(idle.findings, linked)]),
        *([] if parts.output is None else [parts.output.findings]),
        *([] if promised is None else [on_parcels(promised.findings, linked)]),
        *([] if lives is None else [lives.findings]),
        *([] if control is None else [control.findings]),
        *([] if evidence is None else [evidence.findings]),
        *([] if graded is None else [graded.findings]),
        *([] if wasted is None else [wasted.findings]), zombies,
        *([] if total.found is None else [balance_findings(total.found, workspace.policy)]),
        *([] if layers.parcels is None else [
            find_area_differences(layers.parcels, workspace.policy, workspace.as_of)]),
    ])  # fmt: skip
    parcels = parcel_table(workspace, linked, parts.output, contracts, [
        *([] if control is None else [control.parcels]),
        *([] if evidence is None else [evidence.conflict.to_frame()]),
        *([] if graded is None or layers.parcels is None else [
            parcel_grades(graded, layers.parcels)]),
        *([] if wasted is None else [wasted.parcels]),
    ])  # fmt: skip
    ledger = None if total.found is None else total.found.balance.ledger
    parks = zone_table(layers.parks, parts.output and parts.output.parks, "park_id", parcels, ledger)
    districts = zone_table(layers.districts, parts.output and parts.output.districts,
                           "district_code", parcels, ledger)
    left = with_reasons(problems[problems["scope"] != "note"], workspace.language)
    summary = summarise(workspace, parcels, contracts, parts.output, parts.year, board, findings,
                        problems, None if promised is None else promised.table, total, graded=graded,
                        wasted=wasted, control=None if control is None else control.table, lives=lives,
                        evidence=evidence)
    return Assessment(
        summary, parcels, contracts, parks, districts, findings, left,
        commitments=None if promised is None else promised.table,
        balance=None if total.found is None else total.found.table,
        changes=None if total.found is None else total.found.balance.changes,
        milestones=None if lives is None else lives.milestones,
        deadlines=None if lives is None else lives.deadlines,
        control=None if control is None else control.table,
        evidence=None if evidence is None else evidence.table,
        grades=None if graded is None else graded.table,
        low_efficiency=None if wasted is None else wasted.table,
        policy_numbers=describe_in_both(workspace.policy))


def all_problems(workspace: Workspace) -> pd.DataFrame:
    """Every problem of the data: those found on reading, and those found in linking the layers."""
    linked = _link(workspace)
    spread, _ = _operations(workspace)
    return concat_problems([workspace.problems, _late_problems(Parts(linked, None, spread, None, None))])


def _late_problems(parts: Parts) -> pd.DataFrame:
    return concat_problems([
        no_problems() if parts.linked is None else parts.linked.problems,
        no_problems() if parts.spread is None else parts.spread.problems,
    ])  # fmt: skip


def _link(workspace: Workspace) -> Linked | None:
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
    stage = lifecycle_stage(contracts, workspace.as_of, **months)
    return contracts.assign(lifecycle_stage=stage, **ends_and_chain(contracts, workspace), **{
        name: idle.verdicts[name] for name in VERDICT_COLUMNS if name in idle.verdicts})


def _operations(workspace: Workspace) -> tuple[Spread | None, int | None]:
    layers = workspace.layers
    if layers.operations is None or layers.parcels is None:
        return None, None
    year = latest_year(layers.operations, workspace.as_of)
    if year is None:
        return None, None
    spread = parcel_operations(layers.operations, layers.occupancy, layers.parcels, year,
                               enterprises=layers.enterprises)
    return spread, year


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
    output_cny = numbers(land, "gross_output_cny").fillna(numbers(land, "revenue_cny"))
    land = land.assign(
        in_production=in_production(land, workspace.as_of, output_cny),
        is_supplied=is_supplied(land, land["contract_id"].notna()),
    )
    return pd.DataFrame(land.drop(columns="geometry", errors="ignore"))


def _output(
    workspace: Workspace, linked: Linked | None, idle: IdleResult | None,
    land: pd.DataFrame | None, spread: Spread | None, year: int | None,
) -> Parts:  # fmt: skip
    layers = workspace.layers
    if land is None:
        return Parts(linked, idle, spread, None, year)
    found = find_below_target(land, layers.parks, layers.districts, workspace.policy,
                              workspace.as_of, year=year,
                              shares=None if spread is None else spread.shares)  # fmt: skip
    return Parts(linked, idle, spread, found, year)


def _control(
    workspace: Workspace, land: pd.DataFrame | None, promised: CommitmentResult | None
) -> ControlResult | None:
    if land is None:
        return None
    parcels, buildings = workspace.layers.parcels, workspace.layers.buildings
    terms, built = workspace.policy.at(workspace.as_of), None
    if buildings is not None and isinstance(parcels, gpd.GeoDataFrame):
        built = buildings_on_parcels(
            parcels, buildings, factor=float(terms["control.double_storey_factor"].value),
            double_above_m=float(terms["control.double_storey_height_m"].value))  # fmt: skip
    return judge_control(land, built, None if promised is None else promised.table,
                         workspace.policy, workspace.as_of)


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


def _low_efficiency(
    workspace: Workspace, land: pd.DataFrame | None, parts: Parts,
    figures: Mapping[int, pd.DataFrame], promised: CommitmentResult | None,
    control: ControlResult | None, graded: GradingResult | None,
) -> LowEfficiencyResult | None:  # fmt: skip
    if land is None or parts.output is None:
        return None
    measured = parts.output.parcels
    land = land.assign(**{name: measured[name] for name in measured if name not in land})
    if "idle_status" in land:
        land["idle_status"] = land["idle_status"].fillna("not_applicable")
    if graded is not None:
        firm = parcel_grades(graded, land)["main_enterprise_id"]
        divisions = graded.table.set_index("enterprise_id")["industry_division"]
        land["occupant_division"] = divisions.reindex(firm).array
    return judge_low_efficiency(
        land, figures, None if promised is None else promised.table,
        None if control is None else control.table, workspace.policy, workspace.as_of,
        year=parts.year)  # fmt: skip


def _zombies(workspace: Workspace, land: pd.DataFrame | None, year: int | None) -> pd.DataFrame:
    layers = workspace.layers
    if land is None or year is None or layers.operations is None:
        return no_findings()
    return find_zombies(layers.operations, layers.occupancy, land, workspace.policy,
                        workspace.as_of, year=year)


def _commitments(
    workspace: Workspace, linked: Linked | None, figures: Mapping[int, pd.DataFrame]
) -> CommitmentResult | None:
    layers = workspace.layers
    if layers.commitments is None:
        return None
    return judge_commitments(layers.commitments, linked, figures, workspace.policy, workspace.as_of)
