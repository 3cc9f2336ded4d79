"""The lives of contracts in one assessment: chains, milestones, deadlines, in the order they need each other."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from landtool.columns import among, day, positions, texts
from landtool.indicators.progress import contract_end
from landtool.indicators.timeline import contract_chain, earlier_start
from landtool.link import Linked
from landtool.result_tables import on_parcels
from landtool.rules.deadlines import find_deadlines
from landtool.rules.findings import concat_findings
from landtool.rules.idle import IdleResult
from landtool.rules.milestone_findings import chain_findings
from landtool.rules.milestones import judge_milestones
from landtool.workspace import Workspace

# Statuses whose finding says already that development has not started in time.
_OVERDUE_START = ("idle_2y", "idle_1y", "idle_government_cause", "at_risk")


@dataclass(frozen=True)
class Lives:
    """Milestones, deadlines and findings of the contracts of one workspace.

    Attributes
    ----------
    milestones : pandas.DataFrame
        See :class:`landtool.rules.milestones.MilestoneResult`.
    deadlines : pandas.DataFrame
        See :func:`landtool.rules.deadlines.find_deadlines`; a contract that judges one parcel speaks
        of that parcel.
    findings : pandas.DataFrame
        Of milestones and of chains.
    """

    milestones: pd.DataFrame
    deadlines: pd.DataFrame
    findings: pd.DataFrame


def ends_and_chain(contracts: pd.DataFrame, workspace: Workspace) -> dict[str, pd.Series]:
    """Columns that say when each contract ends, how it follows the one before on its parcel, and what had started."""
    end, chain = contract_end(contracts, workspace.as_of), contract_chain(contracts, workspace.as_of)
    return {**end, **chain, "has_ended": end["end_date"] < day(workspace.as_of),
            **earlier_start(contracts, chain, workspace.as_of)}  # fmt: skip


def follow_contracts(
    workspace: Workspace,
    linked: Linked | None,
    contracts: pd.DataFrame | None,
    idle: IdleResult | None,
    commitments: pd.DataFrame | None,
) -> Lives | None:
    """Judge milestones and list deadlines; None without contracts.

    What the idle-land rule says of an overdue start, or of a late delivery, is not said again.

    Parameters
    ----------
    workspace : Workspace
        Gives policy, day and government causes.
    linked : Linked or None
        See :func:`landtool.link.link_contracts`.
    contracts : pandas.DataFrame or None
        The result table of contracts, with :func:`ends_and_chain` and the verdicts on idle land.
    idle : IdleResult or None
        Verdicts and findings on idle land.
    commitments : pandas.DataFrame or None
        Table of :class:`landtool.rules.commitments.CommitmentResult`.
    """
    if linked is None or contracts is None or idle is None:
        return None
    late = idle.findings.loc[idle.findings["rule_id"] == "idle.late_delivery_suggested", "subject_id"]
    said = {"delivery": among(contracts["contract_id"], late),
            "start": contracts["idle_status"].isin(_OVERDUE_START)}  # fmt: skip
    found = judge_milestones(contracts, workspace.layers.government_causes, workspace.policy,
                             workspace.as_of, end=_bound_until(contracts), said_elsewhere=said)
    ahead = find_deadlines(_with_park(contracts, workspace.layers.parcels), found.table, commitments,
                           workspace.policy, workspace.as_of)
    findings = concat_findings([found.findings, chain_findings(contracts)])
    return Lives(found.table, on_parcels(ahead, linked), on_parcels(findings, linked))


def _bound_until(contracts: pd.DataFrame) -> pd.Series:
    """Last day of the contracts that bind no more: their own, or the day before the next was signed."""
    end = contracts["end_date"].where(contracts["standing"] == "expired")
    replaced = contracts["replaced_date"] - pd.Timedelta(days=1)
    return end.mask(contracts["standing"] == "superseded", replaced)


def _with_park(contracts: pd.DataFrame, parcels: pd.DataFrame | None) -> pd.DataFrame:
    if parcels is None or "park_id" not in parcels:
        return contracts
    known = parcels.drop_duplicates("parcel_id")
    at = positions(contracts["parcel_id"], known["parcel_id"])
    return contracts.assign(park_id=texts(known, "park_id").array.take(at, allow_fill=True))
