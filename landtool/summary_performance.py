"""What the summary says of how land and enterprises perform: grades, low-efficiency land."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from landtool.rules.grading import EXCLUSIONS, GRADES, GradingResult
from landtool.workspace import Workspace


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
