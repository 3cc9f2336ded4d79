"""What the summary says of how land and enterprises perform: grades, low-efficiency land."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from landtool.columns import numbers, positions
from landtool.rules.grading import EXCLUSIONS, GRADES, GradingResult
from landtool.rules.low_efficiency import LOW_EFFICIENCY_STATUSES, LowEfficiencyResult
from landtool.workspace import Workspace

# Lists of missing fields that are named; the rest are rarer, and stand in the table.
_LISTED = 8


@dataclass(frozen=True)
class Gap:
    """Something that was not assessed: what, why (keys of messages/summary.yml), fields missing."""

    words: tuple[str, str]
    missing: tuple[str, ...]
    values: dict[str, Any] = field(default_factory=dict)


def grading_summary(graded: GradingResult | None) -> dict[str, Any] | None:
    """Count the grades, say how they were given, and who would change class with other weights."""
    if graded is None:
        return None
    table, terms = graded.table, graded.terms
    counts, reasons = table["grade"].value_counts(), table["excluded_reason"].value_counts()
    both = table["grade"].notna() & table["grade_min_max"].notna()
    return {
        "year": table["year"].max(), "enterprises": len(table), "graded": table["score"].notna().sum(),
        "counts": {grade: counts[grade] for grade in GRADES if grade in counts},
        "excluded": {reason: reasons[reason] for reason in EXCLUSIONS if reason in reasons},
        "missing": table["missing"].notna().sum(),
        "normalisation": terms.normalisation, "weights": terms.weights, "cuts": terms.cuts,
        "cap": terms.cap, "benchmarks": graded.benchmarks,
        "benchmark_basis": "policy" if terms.benchmarks else terms.benchmark_basis,
        "change": terms.change, "sensitivity": graded.sensitivity.to_dict(orient="records"),
        "changes_class": table["changes_class"].sum(),
        "other_class_by_min_max": (both & (table["grade"] != table["grade_min_max"])).sum(),
    }


def grading_gaps(graded: GradingResult | None, workspace: Workspace) -> list[Gap]:
    """What keeps enterprises, or all of them, from being graded."""
    if graded is None:
        silent = workspace.policy.get("grading.indicators") is None
        figures = workspace.layers.operations is not None and workspace.layers.parcels is not None
        return [Gap(("grading", "policy_silent"), ("grading.indicators",))] if silent and figures else []
    gaps = [Gap(("grading", "enterprises_missing"), tuple(missing.split(", ")), {"count": int(count)})
            for missing, count in graded.table["missing"].value_counts().items()]  # fmt: skip
    if graded.untested:
        gaps.append(Gap(("grading", "exclusion_untested"),
                        tuple(f"is_{reason}" for reason in graded.untested)))
    return gaps


def low_efficiency_summary(
    parcels: pd.DataFrame | None, wasted: LowEfficiencyResult | None
) -> dict[str, Any] | None:
    """Count parcels and m² by status, by rule that fires and by route; zombies; what could be had back."""
    if parcels is None or wasted is None:
        return None
    area = numbers(parcels, "area_used_m2")
    low = parcels[parcels["is_low_efficiency"].fillna(False).astype("bool")]
    fires = wasted.table.loc[wasted.table["verdict"] == "fires", ["parcel_id", "rule"]].drop_duplicates()
    lands = area.iloc[positions(fires["parcel_id"], parcels["parcel_id"])].set_axis(fires.index)
    rules = wasted.table["rule"].unique()
    return {
        "status": _counted(parcels["low_efficiency_status"], area, LOW_EFFICIENCY_STATUSES),
        "reasons": _counted(fires["rule"], lands, tuple(rules)),
        "routes": _counted(low["low_efficiency_route"], area[low.index],
                           tuple(low["low_efficiency_route"].dropna().unique())),
        "zombies": parcels["is_zombie"].sum(),
        "recoverable_area_m2": low["recoverable_area_m2"].sum(min_count=1),
        "foregone_output_cny": low["foregone_output_cny"].sum(min_count=1),
    }


def _counted(status: pd.Series, area: pd.Series, order: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    table = pd.DataFrame({"status": status, "area_m2": area}).groupby("status", observed=True)["area_m2"]
    counts, sums = table.size(), table.sum(min_count=1)
    return {name: {"count": counts[name], "area_m2": sums[name]} for name in order if name in counts}


def low_efficiency_gaps(wasted: LowEfficiencyResult | None, workspace: Workspace) -> list[Gap]:
    """What keeps parcels, or all of them, from being judged as low-efficiency land."""
    if wasted is None:
        silent = workspace.policy.get("low_efficiency.rules") is None
        there = workspace.layers.parcels is not None
        return [Gap(("low_efficiency", "policy_silent"), ("low_efficiency.rules",))] if silent and there else []
    counts = wasted.parcels["low_efficiency_missing"].value_counts()
    return [Gap(("low_efficiency", "fields_missing"), tuple(missing.split(", ")), {"count": int(count)})
            for missing, count in counts.head(_LISTED).items()]  # fmt: skip
