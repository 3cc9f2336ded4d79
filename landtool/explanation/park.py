"""Evaluation of one park: every ratio against the national benchmark, and the gate of expansion."""

from __future__ import annotations

from typing import Any

from landtool import messages
from landtool.explanation.page import Input, RuleResult, is_null, percent
from landtool.explanation.pieces import Subject, in_words, thresholds, unit_of, whole
from landtool.indicators.park_land import FUNNEL
from landtool.rules.park_evaluation import BENCHMARKS, CONDITIONS, ratios_in_words
from landtool.schema import LAYERS

_NUMBERS = [*BENCHMARKS.values(), *CONDITIONS.values(), "intensity.weights", "intensity.score_cap",
            "output.coverage_share_min"]  # fmt: skip
_SHOWN = [*dict.fromkeys([*BENCHMARKS, *CONDITIONS]), "building_density",
          "industrial_building_coefficient", "idle_rate", "built_rate_basis", "score", "expansion_failed",
          "expansion_missing", "funnel_missing", "output_gap_cny", "output_gap_m2", "gap_parcels"]  # fmt: skip
_SHARES = (*FUNNEL, "industrial_share", "active_share", "building_density", "industrial_building_coefficient",
           "idle_rate")  # fmt: skip


def park_rule(subject: Subject) -> RuleResult | None:
    """The page of a park; None where the subject is none."""
    park, language = subject.park, subject.language
    if park is None or "expansion_gate" not in park:
        return None

    def say(key: str, **values: Any) -> str:
        return messages.say(f"park.{key}", language, **values)

    gate = "not_assessable" if is_null(park["expansion_gate"]) else str(park["expansion_gate"])
    derived = {say(f"column.{name}"): _value(name, park[name], language) for name in _SHOWN if name in park}
    named = {name: ratios_in_words(park.get(f"expansion_{name}"), language) for name in ("missing", "failed")}
    return RuleResult(
        "park", say("rule"), gate, say(f"gate.{gate}"), _statistics(subject, park), derived,
        in_words(thresholds(subject.policy, _NUMBERS, language), lambda code: None, with_unit=True),
        say(f"change_{gate}", **named))


def _value(name: str, value: Any, language: str) -> Any:
    if is_null(value):
        return None
    if name in _SHARES:
        return percent(value)
    if name in ("expansion_failed", "expansion_missing", "funnel_missing"):
        return ratios_in_words(value, language)
    key = f"park.basis.{value}"
    return messages.say(key, language) if isinstance(value, str) and messages.has(key) else value


def _statistics(subject: Subject, park: dict[str, Any]) -> list[Input]:
    """The park's reported areas of the year used, with their source row."""
    layer, year = subject.workspace.layers.park_statistics, park.get("statistics_year")
    if layer is None or is_null(year):
        return []
    rows = layer[(layer["park_id"] == subject.subject_id) & (layer["year"] == year)]
    names = list(dict.fromkeys(name for pair in FUNNEL.values() for name in pair))
    spec = LAYERS["park_statistics"]
    return [Input(name, f"{year} {spec.field(name).zh if subject.language == 'zh' else spec.field(name).en}",
                  row[name], unit_of("m2", subject.language), str(row.get("source") or ""), whole(row.get("source_row")))
            for row in rows.to_dict(orient="records") for name in names if name in row]  # fmt: skip
