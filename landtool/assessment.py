"""The assessment: the rules in their order, on one workspace, gathered into explained results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from landtool.concurrency import no_collecting, one_beside
from landtool.progress import Progress, silent

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from landtool.judgement import Judgement
    from landtool.workspace import Workspace

# Who only shows results needs none of the rules: they are imported where they are run.


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
    region_groups : DataFrame or None
        One row per region group, with the columns of districts: sums divided by sums.
    findings : DataFrame
        One row per subject and rule that fires.
    set_aside : DataFrame
        Everything that was not used, with the reason.
    commitments, balance, changes : DataFrame or None
        Committed against actual; the land balance and its changed pieces.
    control_lines : GeoDataFrame or None
        One row per control line of industrial land, with its balance.
    unsupplied : GeoDataFrame or None
        Pieces of approved land that are not supplied, slivers marked.
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
    region_groups: pd.DataFrame | None = None
    findings: pd.DataFrame | None = None
    set_aside: pd.DataFrame | None = None
    commitments: pd.DataFrame | None = None
    balance: pd.DataFrame | None = None
    changes: pd.DataFrame | None = None
    milestones: pd.DataFrame | None = None
    deadlines: pd.DataFrame | None = None
    unsupplied: pd.DataFrame | None = None
    control: pd.DataFrame | None = None
    evidence: pd.DataFrame | None = None
    policy_numbers: pd.DataFrame | None = None
    grades: pd.DataFrame | None = None
    low_efficiency: pd.DataFrame | None = None
    control_lines: pd.DataFrame | None = None

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
    from landtool.judgement import judge
    from landtool.memory import hand_back_freed

    judged = judge(workspace, progress)
    hand_back_freed()
    progress("step.gather")
    with no_collecting(), one_beside() as aside:
        return _gather(workspace, judged, aside)


def _gather(workspace: Workspace, judged: Judgement, aside: ThreadPoolExecutor) -> Assessment:
    from landtool.balance.findings import balance_findings
    from landtool.judgement import table_of
    from landtool.park_land import region_group_table, with_evaluation
    from landtool.policy.describe import describe_in_both
    from landtool.result_tables import line_table, parcel_table, zone_table
    from landtool.rules.data_findings import data_findings
    from landtool.rules.findings import concat_findings
    from landtool.schema.problems import concat_problems
    from landtool.schema.reasons import with_reasons
    from landtool.summary import summarise, versions

    layers, total = workspace.layers, judged.balance.found
    problems = concat_problems([workspace.problems, judged.problems])
    found = aside.submit(lambda: concat_findings([
        data_findings(problems), *judged.findings,
        *([] if total is None else [balance_findings(total, workspace.policy)]),
    ]))  # fmt: skip
    made_of = aside.submit(versions, workspace)
    parcels = parcel_table(workspace, judged.linked, judged.output, judged.contracts,
                           judged.parcel_columns)
    ledger, output = None if total is None else total.balance.ledger, judged.output
    parks = with_evaluation(
        zone_table(layers.parks, output and output.parks, "park_id", parcels, ledger),
        judged.park_evaluation, "park_id")  # fmt: skip
    districts = with_evaluation(
        zone_table(layers.districts, output and output.districts, "district_code", parcels, ledger),
        judged.park_evaluation, "district_code")  # fmt: skip
    groups = with_evaluation(
        region_group_table(layers.districts, output and output.region_groups, parcels, ledger),
        judged.park_evaluation, "region_group")  # fmt: skip
    findings = found.result()
    return Assessment(
        summarise(workspace, judged, parcels, findings, problems, made_of.result()),
        parcels, judged.contracts, parks, districts, groups, findings,
        with_reasons(problems[problems["scope"] != "note"], workspace.language),
        commitments=table_of(judged.commitments),
        balance=None if total is None else total.table,
        changes=None if total is None else total.balance.changes,
        milestones=None if judged.lives is None else judged.lives.milestones,
        deadlines=None if judged.lives is None else judged.lives.deadlines,
        unsupplied=None if judged.unsupplied is None else judged.unsupplied.pieces,
        control=table_of(judged.control), evidence=table_of(judged.evidence),
        grades=table_of(judged.grading), low_efficiency=table_of(judged.low_efficiency),
        policy_numbers=describe_in_both(workspace.policy),
        control_lines=line_table(layers.control_lines, ledger))  # fmt: skip


def all_problems(workspace: Workspace) -> pd.DataFrame:
    """Every problem of the data: those found on reading, and those found in linking the layers."""
    from landtool.judgement import link, spread_operations
    from landtool.schema.problems import concat_problems

    linked, (spread, _) = link(workspace), spread_operations(workspace)
    return concat_problems([workspace.problems,
                            *(part.problems for part in (linked, spread) if part is not None)])
