"""Per-mu grading of the enterprise that occupies most of a parcel, with its figures and their rows."""

from __future__ import annotations

from typing import Any

from landtool import messages
from landtool.explanation.page import NO_UNIT, Input, RuleResult, Unit, figure, is_null, shown
from landtool.explanation.pieces import (
    Subject,
    in_words,
    inputs_of,
    lacking,
    thresholds,
    unit_of,
    whole,
)
from landtool.indicators.per_mu import INDICATORS
from landtool.schema import LAYERS

_NUMBERS = [
    "grading.indicators", "grading.weights", "grading.class_cuts", "grading.normalisation",
    "grading.benchmarks", "grading.benchmark_basis", "grading.score_cap",
    "grading.registered_years_min", "grading.excluded",
]  # fmt: skip
# What the register and the occupancy table say of the enterprise.
_REGISTERS = {"enterprises": ["registered_date", "is_public_utility"],
              "occupancy": ["parcel_id", "occupied_area_m2", "from_date", "to_date"]}  # fmt: skip
_FIGURES = ["value_added_cny", "tax_cny", "energy_tce", "rd_cny", "revenue_cny"]


def grading_rule(subject: Subject) -> RuleResult | None:
    """The page of the per-mu grading; None where nobody is known to occupy the parcel."""
    grades, parcel = subject.result.grades, subject.parcel
    if grades is None or parcel is None or is_null(parcel.get("main_enterprise_id")):
        return None
    rows = grades[grades["enterprise_id"] == parcel["main_enterprise_id"]].to_dict(orient="records")
    if not rows:
        return None
    row, summary = rows[0], subject.result.summary["grades"]

    def say(key: str, **values: Any) -> str:
        return messages.say(f"grading.{key}", subject.language, **values)

    def word(code: str) -> str | None:
        known = (kind for kind in ("indicator", "excluded", "way") if messages.has(f"grading.{kind}.{code}"))
        kind = next(known, None)
        return None if kind is None else say(f"{kind}.{code}")

    verdict = _verdict(row)
    missing = lacking(subject, row["missing"])
    reason = "" if is_null(row["excluded_reason"]) else say(f"excluded.{row['excluded_reason']}")
    label = say("graded", grade=verdict) if verdict in "ABCD" else say(verdict, reason=reason)
    derived = {say("enterprise"): f"{shown(row['name'])} ({row['enterprise_id']})",
               say("year"): row["year"], say("land_m2"): row["land_m2"]}  # fmt: skip
    for name in summary["weights"]:
        derived[say(f"indicator.{name}")] = say(
            "part", value=figure(row[INDICATORS[name][0]], _unit(name, subject.language)),
            benchmark=figure(summary["benchmarks"].get(name), _unit(name, subject.language)),
            score=row[f"score_{name}"], weight=summary["weights"][name])
    derived |= {say(name): row[name] for name in ("score", "rank", "grade_min_max")}
    derived[say("missing")] = None if is_null(row["missing"]) else missing
    change = say(f"change_{'graded' if verdict in 'ABCD' else verdict}", missing=missing)
    return RuleResult("grading", say("rule"), verdict, label, _inputs(subject, row), derived,
                      in_words(thresholds(subject.policy, _NUMBERS, subject.language), word), change)


def _unit(indicator: str, language: str) -> Unit:
    """R&D intensity is a share; the others have their unit in their name."""
    return unit_of("share", language) if indicator == "rd_intensity" else NO_UNIT


def _verdict(row: dict[str, Any]) -> str:
    if not is_null(row["grade"]):
        return str(row["grade"])
    if not is_null(row["excluded_reason"]):
        return "not_graded"
    return "not_assessable" if not is_null(row["missing"]) else "too_few"


def _inputs(subject: Subject, row: dict[str, Any]) -> list[Input]:
    """Where the enterprise stands, what the register says of it, and the year's figures, with their rows."""
    layers, found = subject.workspace.layers, []
    for layer, names in _REGISTERS.items():
        frame = getattr(layers, layer)
        if frame is not None and "enterprise_id" in frame:
            for source in frame[frame["enterprise_id"] == row["enterprise_id"]].to_dict(orient="records"):
                found += inputs_of(source, layer, names, subject.language)
    operations = layers.operations
    if operations is None or "enterprise_id" not in operations:
        return found
    mine = operations["enterprise_id"].eq(row["enterprise_id"]) & operations["year"].eq(row["year"])
    for source in operations[mine.fillna(False).astype("bool")].to_dict(orient="records"):
        for name in _FIGURES:
            spec = LAYERS["operations"].field(name)
            label = spec.zh if subject.language == "zh" else spec.en
            found.append(Input(name, label, source.get(name), unit_of(spec.unit, subject.language),
                               str(source.get("source") or ""), whole(source.get("source_row"))))
    return found
