"""Park evaluation (TD/T 1029): ratios against the national benchmark, score, and the expansion gate.

There is no score without weights, and weights stand in a policy file only; sub-scores are capped. The
gate passes where every condition is known and met, fails where one is known and missed, and is not
assessable otherwise.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool import messages
from landtool.codes.nearest import did_you_mean
from landtool.columns import day, numbers, texts
from landtool.errors import PolicyError
from landtool.indicators.park_land import RATIOS, divided, latest_statistics, park_parts, rolled_up
from landtool.policy import Policy
from landtool.rules.dated import in_force_or_next
from landtool.rules.findings import concat_findings, make_findings

GATES = ("pass", "fail", "not_assessable")
# measured column -> benchmark
BENCHMARKS = {
    "developed_rate": "intensity.benchmark_developed_share",
    "supply_rate": "intensity.benchmark_supply_share",
    "built_rate": "intensity.benchmark_built_share",
    "industrial_share": "intensity.benchmark_industrial_share",
    "overall_far": "intensity.benchmark_far",
    "industrial_far": "intensity.benchmark_industrial_far",
    "investment_intensity_cny_m2": "intensity.benchmark_investment_cny_m2",
    "tax_intensity_cny_m2": "intensity.benchmark_industrial_tax_cny_m2",
    "overall_tax_cny_m2": "intensity.benchmark_tax_cny_m2",
}  # fmt: skip
# measured column -> condition of the expansion gate
CONDITIONS = {
    "developed_rate": "expansion.developed_share_min",
    "active_share": "expansion.active_share_min",
    "investment_intensity_cny_m2": "expansion.investment_min_cny_m2",
    "output_intensity_cny_m2": "expansion.output_min_cny_m2",
}  # fmt: skip
_POINTS = 100.0
_ROUNDING = 1e-9


@dataclass(frozen=True)
class ParkResult:
    """Parks evaluated, and the same ratios rolled up.

    Attributes
    ----------
    parks : pandas.DataFrame
        On ``park_id``: the ratios of :data:`landtool.indicators.park_land.RATIOS` (null: not
        assessable), ``built_rate_basis, statistics_year``, ``score`` (0 to the cap; null
        without weights or with one of the weighted ratios unknown), ``expansion_gate`` (``pass``,
        ``fail``, ``not_assessable``), ``expansion_failed`` and ``expansion_missing`` (columns, joined
        by commas) and ``funnel_missing``.
    districts, region_groups, city : pandas.DataFrame
        The ratios, of sums over the parks.
    findings : pandas.DataFrame
        Parks below the benchmark, and parks that do not pass the gate.
    """

    parks: pd.DataFrame
    districts: pd.DataFrame
    region_groups: pd.DataFrame
    city: pd.DataFrame
    findings: pd.DataFrame


def evaluate_parks(
    parks: pd.DataFrame,
    parcels: pd.DataFrame,
    statistics: pd.DataFrame | None,
    output: pd.DataFrame | None,
    policy: Policy,
    as_of: dt.date | pd.Timestamp | str,
    *,
    region_group: pd.Series | None = None,
) -> ParkResult:
    """Evaluate every park.

    Parameters
    ----------
    parks : pandas.DataFrame
        ``park_id``; reads ``park_name, district_code``.
    parcels : pandas.DataFrame
        ``park_id`` and what :func:`landtool.indicators.park_land.parcel_parts` reads.
    statistics : pandas.DataFrame or None
        Layer ``park_statistics``.
    output : pandas.DataFrame or None
        Per park ``park_id, investment_intensity_cny_m2, tax_intensity_cny_m2, output_intensity_cny_m2``.
    policy : Policy
        Uses ``intensity.*, expansion.*, output.coverage_share_min``.
    as_of : date
        The day.
    region_group : pandas.Series, optional
        Region group of each district code.

    Raises
    ------
    PolicyError
        If the weights name a ratio that is not measured.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> parks = pd.DataFrame({"park_id": ["K"]})
    >>> statistics = pd.DataFrame({"park_id": ["K"], "year": [2025], "ready_area_m2": [90.0],
    ...                            "developable_area_m2": [100.0]})
    >>> found = evaluate_parks(parks, pd.DataFrame({"park_id": []}), statistics, None,
    ...                        load_policy("chongqing-2021"), "2025-12-31")
    >>> row = found.parks.loc["K"]
    >>> float(row["developed_rate"]), row["expansion_gate"], row["expansion_missing"].split(", ")[0]
    (0.9, 'not_assessable', 'active_share')
    """
    at = day(as_of)
    once = parks.drop_duplicates("park_id").set_index("park_id")
    least = in_force_or_next(policy, "output.coverage_share_min", at.date())[0]
    coverage = 1.0 if least is None else float(least.value)
    parts = park_parts(parcels, once.index, latest_statistics(statistics, at), coverage)
    table = divided(parts).join(parts[["built_rate_basis", "statistics_year"]])
    money = pd.DataFrame(index=once.index) if output is None else output.set_index("park_id")
    for name in ("investment_intensity_cny_m2", "tax_intensity_cny_m2", "output_intensity_cny_m2"):
        table[name] = numbers(money, name).reindex(once.index)
    home = texts(once, "district_code")
    group = home.map(region_group) if region_group is not None else pd.Series(None, index=once.index, dtype="str")
    table = table.assign(
        park_name=texts(once, "park_name").fillna(pd.Series(once.index, index=once.index, dtype="str")),
        score=_score(table, policy, at.date()), funnel_missing=_named(table[list(RATIOS)].isna()))
    table = table.join(_gate(table, group.astype("str"), policy, at.date()))
    everywhere = pd.Series("city", index=once.index, dtype="str")
    return ParkResult(
        table, rolled_up(parts, home), rolled_up(parts, group.astype("str")), rolled_up(parts, everywhere),
        _findings(table, policy, at.date()))


def _named(flags: pd.DataFrame) -> pd.Series:
    """Names of the columns that are true, joined by commas; null where none is."""
    joined = pd.Series("", index=flags.index, dtype="str")
    for name in flags:
        joined = joined + np.where(flags[name], f"{name}, ", "")
    return joined.str.removesuffix(", ").replace("", None)


def ratios_in_words(names: object, language: str) -> str:
    """Ratios of a park, joined by commas, as people call them; a dash where there is none.

    Examples
    --------
    >>> ratios_in_words("developed_rate, active_share", "en"), ratios_in_words(None, "en")
    ('developed rate, share in production or building', '–')
    """
    if not isinstance(names, str):
        return "–"
    return messages.say("core.separator", language).join(
        messages.say(f"park.column.{name}", language) for name in names.split(", "))


def _score(table: pd.DataFrame, policy: Policy, at: dt.date) -> pd.Series:
    """Weigh each ratio over its benchmark, in points up to the cap; null without weights."""
    weights, cap = policy.at(at).get("intensity.weights"), policy.at(at).get("intensity.score_cap")
    score = pd.Series(np.nan, index=table.index)
    if weights is None or cap is None:
        return score
    strange = [name for name in weights.value if name not in BENCHMARKS]
    if strange:
        raise PolicyError(f"intensity.weights names {strange[0]!r}", f"policy {policy.name}",
                          did_you_mean(strange[0], BENCHMARKS))
    total = 0.0
    for name, weight in weights.value.items():
        benchmark, _ = in_force_or_next(policy, BENCHMARKS[name], at)
        value = np.nan if benchmark is None else float(benchmark.value)
        total = total + weight * (_POINTS * table[name] / value).clip(upper=float(cap.value))
    return score + 0.0 if isinstance(total, float) else total.rename("score")


def _gate(table: pd.DataFrame, group: pd.Series, policy: Policy, at: dt.date) -> pd.DataFrame:
    """Judge the four conditions; a condition by region group needs the park's group."""
    least = {}
    for name, key in CONDITIONS.items():
        number = policy.at(at).get(key)
        if number is None:
            least[name] = pd.Series(np.nan, index=table.index)
        elif number.is_table:
            least[name] = group.map(dict(number.value)).astype("float64")
        else:
            least[name] = pd.Series(float(number.value), index=table.index)
    limits = pd.DataFrame(least)
    measured = table[list(CONDITIONS)]
    unknown = measured.isna() | limits.isna()
    failed = ~unknown & (measured < limits - _ROUNDING)
    verdict = np.select([failed.any(axis=1), unknown.any(axis=1)], ["fail", "not_assessable"], "pass")
    return pd.DataFrame({
        "expansion_gate": pd.Series(verdict, index=table.index, dtype="str"),
        "expansion_failed": _named(failed), "expansion_missing": _named(unknown)})  # fmt: skip


def _findings(table: pd.DataFrame, policy: Policy, at: dt.date) -> pd.DataFrame:
    found = []
    rows = table.reset_index()
    for name, key in BENCHMARKS.items():
        number = policy.at(at).get(key)
        if number is None:
            continue
        below = rows[rows[name] < float(number.value) - _ROUNDING]
        hits = below.assign(measured=below[name], benchmark=float(number.value), mark=name,
                            what_zh=number.meaning_zh, what_en=number.meaning_en)  # fmt: skip
        found.append(make_findings(
            hits, rule_id="park.below_benchmark", subject_kind="park", subject_id="park_id",
            severity="info", clause=number.clause, message="park.below_benchmark", measured="measured",
            threshold="benchmark", unit=number.unit, discriminator="mark",
            evidence=["park_id", "mark", "measured", "benchmark", "built_rate_basis",
                      "statistics_year"]))  # fmt: skip
    gate = policy.at(at).get("expansion.developed_share_min")
    failed = rows[rows["expansion_gate"] == "fail"]
    if gate is not None:
        lists = ("expansion_failed", "expansion_missing")
        said = {f"{name}_{language}": failed[name].map(lambda text, tongue=language: ratios_in_words(text, tongue))
                for name in lists for language in messages.LANGUAGES}  # fmt: skip
        found.append(make_findings(
            failed.assign(**said), rule_id="park.expansion_gate", subject_kind="park", subject_id="park_id",
            severity="info", clause=gate.clause, message="park.expansion_gate",
            evidence=["park_id", *CONDITIONS, "expansion_failed", "expansion_missing"]))  # fmt: skip
    return concat_findings(found)
