"""What the summary says of the lives of contracts: milestones kept and missed, deadlines ahead."""

from __future__ import annotations

import pandas as pd

from landtool.indicators.progress import MILESTONES
from landtool.rules.deadlines import DEADLINE_KINDS
from landtool.rules.milestones import MILESTONE_STATUSES
from landtool.summary.performance import Gap


def milestone_counts(milestones: pd.DataFrame | None) -> dict[str, dict[str, int]]:
    """Count the milestones of contracts in force by what holds of them, per milestone."""
    if milestones is None:
        return {}
    counts = _in_force(milestones, ["milestone", "status"]).groupby(["milestone", "status"]).size()
    return {name: {status: int(counts[name, status]) for status in MILESTONE_STATUSES
                   if (name, status) in counts.index} for name in MILESTONES}  # fmt: skip


def deadline_counts(deadlines: pd.DataFrame | None) -> dict[str, int]:
    """Count the deadlines ahead by kind, up to the horizon of the policy."""
    counts = pd.Series(dtype="int64") if deadlines is None else deadlines["kind"].value_counts()
    return {kind: int(counts[kind]) for kind in DEADLINE_KINDS if kind in counts.index}


def milestone_gaps(milestones: pd.DataFrame | None) -> list[Gap]:
    """Fields without which milestones of contracts in force could not be judged."""
    if milestones is None:
        return []
    rows = _in_force(milestones[milestones["missing"].notna()], ["milestone", "missing"])
    counts = rows.groupby(["milestone", "missing"], sort=False).size()
    return [Gap(("milestones", "milestones_missing"), tuple(str(missing).split(", ")), {"count": int(count)})
            for (_, missing), count in counts.items()]  # fmt: skip


def _in_force(milestones: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The columns asked for alone: there are four rows a contract."""
    return milestones.loc[milestones["standing"] == "in_force", columns]
