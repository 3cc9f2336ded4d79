"""The assessment: the rules in their order, on one workspace, gathered into explained results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landtool.columns import numbers, texts
from landtool.errors import InputDataError
from landtool.indicators.land import is_supplied
from landtool.indicators.output import latest_year
from landtool.indicators.progress import in_production, lifecycle_stage, parcel_stage
from landtool.link import MEASURES, Linked, Spread, link_contracts, parcel_operations
from landtool.progress import Progress, silent
from landtool.rules.areas import find_area_differences
from landtool.rules.commitments import CommitmentResult, figures_by_year, judge_commitments
from landtool.rules.data_findings import data_findings
from landtool.rules.findings import concat_findings
from landtool.rules.idle import IdleResult, find_idle
from landtool.rules.output_target import OutputResult, find_below_target
from landtool.rules.target_board import target_board
from landtool.schema.problems import concat_problems, no_problems
from landtool.summary import summarise
from landtool.workspace import Workspace, with_reasons

# Result columns of a contract's verdict that its parcel carries too.
VERDICT_COLUMNS = [
    "idle_status", "idle_fee_cny", "idle_since", "idle_days", "idle_cause", "turns_idle_date",
    "idle_due_date", "idle_due_basis", "cause_days", "idle_paragraph1", "idle_paragraph2",
    "idle_missing", "idle_basis",
]  # fmt: skip
_CONTRACT_FACTS = [
    "holder", "kind", "signed_date", "price_cny", "agreed_start_date", "actual_start_date",
    "actual_delivery_date", "actual_completion_date", "actual_production_date", "expiry_date",
    "invested_cny",
]  # fmt: skip


# Result columns whose rules are not part of this version: null, and named in `not_assessed`.
_LATER = {
    "grade": "str", "is_low_efficiency": "boolean", "low_efficiency_reasons": "str",
    "recoverable_area_m2": "float64", "foregone_output_cny": "float64",
    "evidence_conflict": "boolean",
}  # fmt: skip


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
    ['as_of', 'commitments', 'findings', 'idle']
    """
    layers = workspace.layers
    progress("step.link")
    linked = _link(workspace)
    progress("step.idle")
    idle = None if linked is None else _idle(workspace, linked.contracts)
    contracts = None if idle is None or linked is None else _contract_table(
        workspace, linked.contracts, idle)
    progress("step.output")
    parts = _output(workspace, linked, idle, contracts)
    progress("step.commitments")
    promised = _commitments(workspace, linked)
    board = target_board(layers.park_statistics, layers.parks, workspace.policy, workspace.as_of)
    progress("step.gather")
    problems = concat_problems([workspace.problems, _late_problems(parts)])
    findings = concat_findings([
        data_findings(problems), *([] if idle is None else [_on_parcels(idle.findings, linked)]),
        *([] if parts.output is None else [parts.output.findings]),
        *([] if promised is None else [_on_parcels(promised.findings, linked)]),
        *([] if layers.parcels is None else [
            find_area_differences(layers.parcels, workspace.policy, workspace.as_of)]),
    ])  # fmt: skip
    parcels = _parcel_table(workspace, parts, contracts)
    parks = _zone_table(layers.parks, parts.output and parts.output.parks, "park_id", parcels)
    districts = _zone_table(layers.districts, parts.output and parts.output.districts,
                            "district_code", parcels)
    left = with_reasons(problems[problems["scope"] != "note"], workspace.language)
    summary = summarise(workspace, parcels, contracts, parts.output, parts.year, board, findings,
                        problems, None if promised is None else promised.table)
    return Assessment(summary, parcels, contracts, parks, districts, findings, left,
                      commitments=None if promised is None else promised.table)


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
    return contracts.assign(lifecycle_stage=stage, **{
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


def _output(
    workspace: Workspace,
    linked: Linked | None,
    idle: IdleResult | None,
    contracts: pd.DataFrame | None,
) -> Parts:
    layers = workspace.layers
    spread, year = _operations(workspace)
    if layers.parcels is None:
        return Parts(linked, idle, spread, None, year)
    land = _with_contract(layers.parcels, linked, contracts)
    if spread is not None:
        land = land.assign(**{name: spread.parcels[name].to_numpy() for name in MEASURES
                              if name in spread.parcels})  # fmt: skip
    output_cny = numbers(land, "gross_output_cny").fillna(numbers(land, "revenue_cny"))
    land = land.assign(
        in_production=in_production(land, workspace.as_of, output_cny),
        is_supplied=is_supplied(land, land["contract_id"].notna()),
    )
    found = find_below_target(
        pd.DataFrame(land.drop(columns="geometry", errors="ignore")), layers.parks,
        layers.districts, workspace.policy, workspace.as_of, year=year,
        shares=None if spread is None else spread.shares)
    return Parts(linked, idle, spread, found, year)


def _commitments(workspace: Workspace, linked: Linked | None) -> CommitmentResult | None:
    layers = workspace.layers
    if layers.commitments is None:
        return None
    figures = figures_by_year(layers.operations, layers.occupancy, layers.parcels, workspace.as_of,
                              enterprises=layers.enterprises)
    return judge_commitments(layers.commitments, linked, figures, workspace.policy, workspace.as_of)


def _with_contract(
    parcels: pd.DataFrame, linked: Linked | None, contracts: pd.DataFrame | None
) -> pd.DataFrame:
    """Parcels with the facts and the verdict of the contract each is judged by."""
    own = parcels.drop(columns=[name for name in ("contract_id",) if name in parcels])
    if linked is None or contracts is None:
        return own.assign(contract_id=pd.Series(None, index=own.index, dtype="str"))
    names = [name for name in ["contract_id", *_CONTRACT_FACTS, *VERDICT_COLUMNS]
             if name in contracts]
    names += [f"{name}_is_known" for name in _CONTRACT_FACTS if f"{name}_is_known" in contracts]
    place = pd.Index(linked.in_force["parcel_id"]).get_indexer(pd.Index(own["parcel_id"]))
    rows = np.append(linked.in_force["contract_row"].to_numpy(dtype="int64"), -1)[place]
    taken = {name: _take(contracts[name], rows, own.index) for name in names}
    if "holder" in taken and "holder" in own:
        taken["holder"] = own["holder"].fillna(taken["holder"])
    return own.assign(**taken)


def _take(column: pd.Series, at: Any, index: pd.Index) -> pd.Series:
    """Values at the positions given; null at -1, in the column's own type."""
    return pd.Series(column.array.take(at, allow_fill=True), index=index)


def _parcel_table(
    workspace: Workspace, parts: Parts, contracts: pd.DataFrame | None
) -> pd.DataFrame | None:
    parcels = workspace.layers.parcels
    if parcels is None:
        return None
    table = _with_contract(parcels, parts.linked, contracts)
    if "idle_status" in table:
        # A parcel with no contract at all is bound by none.
        table["idle_status"] = table["idle_status"].fillna("not_applicable")
    else:
        table["idle_status"] = pd.Series("not_assessable", index=table.index, dtype="str")
    table["lifecycle_stage"] = _stages(table, parts.linked, contracts)
    if parts.output is not None:
        measured = parts.output.parcels.drop(columns=["parcel_id"])
        table = table.assign(**{name: measured[name] for name in measured.columns
                                if name not in table.columns})  # fmt: skip
    table["far"] = _ratio(numbers(table, "floor_area_m2"), numbers(table, "area_used_m2"))
    covered = numbers(table, "building_footprint_m2") + numbers(table, "structure_and_yard_area_m2")
    table["building_coefficient"] = _ratio(covered, numbers(table, "area_used_m2"))
    park_names = workspace.layers.parks
    if park_names is not None:
        names = park_names.drop_duplicates("park_id").set_index("park_id")["park_name"]
        table["park_name"] = texts(table, "park_id").map(names).astype("str")
    return _without_companions(table.assign(**{
        name: pd.Series(None, index=table.index, dtype=kind)
        for name, kind in _LATER.items() if name not in table}))


def _stages(
    table: pd.DataFrame, linked: Linked | None, contracts: pd.DataFrame | None
) -> pd.Series:
    if linked is None or contracts is None:
        nothing = pd.DataFrame({"parcel_id": pd.Series(dtype="str"),
                                "contract_row": pd.Series(dtype="int64")})
        return parcel_stage(table, pd.Series([], dtype="str"), nothing)
    return parcel_stage(table, contracts["lifecycle_stage"], linked.in_force)


def _ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part / whole.where(whole > 0)


def _without_companions(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns=[name for name in table.columns if name.endswith("_is_known")])


def _zone_table(
    zones: pd.DataFrame | None, measured: pd.DataFrame | None, key: str,
    parcels: pd.DataFrame | None,
) -> pd.DataFrame | None:  # fmt: skip
    if zones is None:
        return None
    table = _without_companions(zones)
    if measured is not None:
        extra = measured.drop_duplicates(key).set_index(key)
        extra = extra[[name for name in extra.columns if name not in table.columns]]
        table = table.join(extra, on=key)
    if parcels is not None and key in parcels and "idle_status" in parcels:
        table = table.join(_idle_shares(parcels, key), on=key)
    return table


def _idle_shares(parcels: pd.DataFrame, key: str) -> pd.DataFrame:
    """Idle land of a zone, in m² and as a share of its supplied land (parcels a contract binds)."""
    area = numbers(parcels, "area_m2")
    idle = parcels["idle_status"].isin(["idle_1y", "idle_2y", "idle_suspended",
                                        "idle_government_cause"])
    bound = ~parcels["idle_status"].isin(["not_applicable"])
    known = ~parcels["idle_status"].isin(["not_applicable", "not_assessable"])
    sums = pd.DataFrame({
        "idle_area_m2": area.where(idle, 0.0), "bound_area_m2": area.where(bound, 0.0),
        "idle_assessed_area_m2": area.where(known, 0.0),
    }).groupby(parcels[key]).sum()  # fmt: skip
    whole = sums["idle_assessed_area_m2"]
    sums["idle_rate"] = sums["idle_area_m2"] / whole.where(whole > 0)
    return sums.drop(columns="bound_area_m2")


def _on_parcels(findings: pd.DataFrame, linked: Linked | None) -> pd.DataFrame:
    """Findings on the contract a parcel is judged by are findings on the parcel."""
    if linked is None or linked.in_force.empty:
        return findings
    places = linked.in_force.drop_duplicates("contract_id").set_index("contract_id")["parcel_id"]
    parcel = findings["subject_id"].map(places)
    here = (findings["subject_kind"] == "contract") & parcel.notna()
    return findings.assign(
        subject_kind=findings["subject_kind"].mask(here, "parcel"),
        subject_id=findings["subject_id"].mask(here, parcel),
    )


def subject_frame(result: Assessment) -> pd.DataFrame:
    """The frame that carries the verdicts: parcels, or contracts where there are no parcels.

    Raises
    ------
    InputDataError
        If the assessment has neither.
    """
    frame = result.parcels if result.parcels is not None else result.contracts
    if frame is None:
        raise InputDataError("no parcels and no contracts", "assessment",
                             "add at least one of the two to landtool.yaml")
    return frame
