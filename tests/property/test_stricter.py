"""A stricter threshold never flags fewer: every number of the policy that draws a line, one by one.

The figures of each town lie on both sides of the line and between the two lines, so that the stricter
one must flag more; idle land, commitments, control indicators and images have tests of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.indicators.per_mu import INDICATORS
from landtool.policy import Policy, load_policy
from landtool.rules.areas import find_area_differences
from landtool.rules.grading import grade_enterprises
from landtool.rules.low_efficiency import judge_low_efficiency
from landtool.rules.milestones import judge_milestones
from landtool.rules.output_target import find_below_target
from landtool.rules.park_evaluation import BENCHMARKS, CONDITIONS, evaluate_parks
from landtool.rules.target_board import target_board
from landtool.rules.zombies import find_zombies

AS_OF, YEAR = "2025-12-31", 2025
POLICY = load_policy("chongqing-2021", AS_OF)
ONE, MANY = settings(max_examples=1), settings(max_examples=20, deadline=None)
GROUPS = ("中心城区", "主城新区", "渝东北", "渝东南")

# Stricter values are tried elsewhere.
ELSEWHERE = {
    "idle.": "tests/rules/test_idle.py", "commitment.": "tests/property/test_commitments.py",
    "control.": "tests/property/test_control.py", "evidence.": "tests/property/test_evidence.py",
}
# They say when a figure can be judged, how it is counted or how long somebody has: no line to fall short of.
NO_LINE = {
    "output.coverage_share_min", "low_efficiency.peers_min", "low_efficiency.verification_days",
    "low_efficiency.agreement_days", "low_efficiency.commitment_years", "grading.registered_years_min",
    "grading.enterprises_min", "grading.score_cap", "intensity.score_cap", "grading.benchmarks",
}


def with_value(key: str, value: Any) -> Policy:
    first, *rest = POLICY.layers
    changed = replace(POLICY.history(key)[0], value=value)
    return replace(POLICY, layers=(replace(first, values={**first.values, key: (changed,)}), *rest))


def around(line: float, seed: int, *, rows: int = 24) -> np.ndarray:
    """Figures from far below a line to far above it, in no order."""
    chance = np.random.default_rng(seed)
    steps = np.concatenate([np.linspace(0.3, 1.7, 12), chance.uniform(0.3, 1.7, rows - 12)])
    return line * chance.permutation(steps)


def parcels_below(policy: Policy, seed: int) -> set[Any]:
    made = around(6500.0, seed)
    land = pd.DataFrame({
        "parcel_id": [f"P{at}" for at in range(len(made))], "park_id": [f"K{at % 5}" for at in range(len(made))],
        "district_code": [str(at % 3) for at in range(len(made))], "area_m2": 1000.0, "is_industrial": True,
        "in_production": True, "gross_output_cny": made * 1000.0})
    found = find_below_target(land, None, None, policy, AS_OF, year=YEAR)
    below = found.parcels.loc[found.parcels["output_verdict"] == "below", "parcel_id"]
    return set(below) | set(found.findings["subject_id"])


def board(key: str) -> Callable[[Policy, int], set[Any]]:
    def run(policy: Policy, seed: int) -> set[Any]:
        line = float(POLICY[key].value)
        many = around(line, seed)
        # City and groups: a little above the line, below the stricter one.
        near = line * 1.05
        ids = [f"K{at}" for at in range(len(many))]
        base = pd.DataFrame({"park_id": ids, "year": YEAR})
        parks = pd.DataFrame({"park_id": ids, "district_code": [str(at % 2) for at in range(len(ids))],
                              "has_special_safety": pd.array([False] * len(ids), dtype="boolean")})
        if key == "growth.revenue_growth_share":
            base = pd.concat([base.assign(year=year, above_scale_revenue_cny=100.0 * (1 + near) ** (year - 2020))
                              for year in (2020, YEAR)])
        elif key == "growth.city_share":
            base = base.assign(above_scale_revenue_cny=near, city_above_scale_revenue_cny=float(len(ids)))
        elif key == "facility.satisfaction_share":
            base = base.assign(facility_satisfaction_pct=100.0 * many)
        elif key.startswith("leading.count"):
            parks["leading_industries"] = [[str(one) for one in range(1 + at % 5)] for at in range(len(ids))]
        elif key.startswith("bases."):
            parks = pd.DataFrame({"park_id": [f"K{at}" for at in range(int(line) + 1)], BASE[key]: True})
        else:
            top, bottom = SHARES[key]
            base = base.assign(**{top: many, bottom: 1.0})
        found = target_board(base, parks, policy, AS_OF, region_group=pd.Series({"0": GROUPS[0], "1": GROUPS[1]}))
        target = "leading.count_min" if key.startswith("leading.count") else key
        missed = found[(found["target"] == target) & (found["verdict"] == "not_met")]
        return set(missed["subject_id"])

    return run


SHARES = {"leading.output_share": ("leading_industry_output_cny", "gross_output_cny"),
          "rd.intensity_share": ("rd_cny", "above_scale_revenue_cny"),
          "rd.body_share": ("enterprises_with_rd_body", "enterprises"),
          "rd.activity_share": ("enterprises_with_rd_activity", "enterprises")}
BASE = {"bases.characteristic_count": "is_characteristic_base",
        "bases.national_count": "is_national_demonstration_base"}


def parks_flagged(rule: str) -> Callable[[Policy, int], set[Any]]:
    """Parks whose every ratio runs from 0.3 to 1.7 of its benchmark, or of the gate's own limit."""
    limits = CONDITIONS if rule == "park.expansion_gate" else BENCHMARKS

    def line(name: str) -> float:
        number = POLICY[limits[name]] if name in limits else None
        return 1.0 if number is None else float(number.value[GROUPS[1]] if number.is_table else number.value)

    def run(policy: Policy, seed: int) -> set[Any]:
        rows = 24
        ids = [f"K{at}" for at in range(rows)]
        area, chance = 1000.0, np.random.default_rng(seed)
        shares = {name: np.clip(around(line(name), seed + at), 0, 1.0)
                  for at, name in enumerate(("developed_rate", "supply_rate", "built_rate", "active_share"))}
        statistics = pd.DataFrame({
            "park_id": ids, "year": YEAR, "developable_area_m2": area, "ready_area_m2": area * shares["developed_rate"]})
        statistics["supplied_area_m2"] = statistics["ready_area_m2"] * shares["supply_rate"]
        statistics["built_area_m2"] = statistics["supplied_area_m2"] * shares["built_rate"]
        land = pd.DataFrame({
            "park_id": np.repeat(ids, 2), "area_m2": np.column_stack(
                [shares["active_share"], 1 - shares["active_share"]]).ravel() * area, "is_supplied": True,
            "is_active": [True, False] * rows, "is_built": True, "is_industrial": [True, False] * rows,
            "is_storage": False, "building_footprint_m2": 10.0, "structure_and_yard_area_m2": 0.0,
            "floor_area_m2": np.repeat(around(line("overall_far"), seed), 2) * area / 2,
            "tax_cny": np.repeat(around(line("overall_tax_cny_m2"), seed), 2) * area / 2})
        money = pd.DataFrame({"park_id": ids, **{name: chance.permutation(around(line(name), seed)) for name in (
            "investment_intensity_cny_m2", "tax_intensity_cny_m2", "output_intensity_cny_m2")}})
        if rule == "park.expansion_gate":  # one condition at a time decides: the others are met
            kept = getattr(run, "condition", None)
            for name in ("investment_intensity_cny_m2", "output_intensity_cny_m2"):
                if name != kept:
                    money[name] = 1e9
            if kept != "developed_rate":
                statistics["ready_area_m2"] = area
            if kept != "active_share":
                land["is_active"] = True
        parks = pd.DataFrame({"park_id": ids, "district_code": "D"})
        found = evaluate_parks(parks, land, statistics, money, policy, AS_OF,
                               region_group=pd.Series({"D": GROUPS[1]})).findings
        hits = found[found["rule_id"] == rule]
        return set(zip(hits["subject_id"], hits["clause"], hits["unit"], hits["measured"].fillna(0), strict=True))

    return run


def gate_on(condition: str) -> Callable[[Policy, int], set[Any]]:
    run = parks_flagged("park.expansion_gate")
    run.condition = condition  # type: ignore[attr-defined]
    return run


def milestones_late(policy: Policy, seed: int) -> set[Any]:
    days = np.round(around(90.0, seed)).astype("int64")
    agreed = pd.Timestamp("2023-01-01")
    held = pd.DataFrame({"contract_id": [f"C{at}" for at in range(len(days))], "agreed_start_date": agreed,
                         "actual_start_date": agreed + pd.to_timedelta(days, unit="D")})
    return set(judge_milestones(held, None, policy, AS_OF).findings["subject_id"])


def areas_apart(policy: Policy, seed: int) -> set[Any]:
    gap = around(0.03, seed)
    land = pd.DataFrame({"parcel_id": [f"P{at}" for at in range(len(gap))], "area_m2": 1000.0 * (1 + gap),
                         "contract_area_m2": 1000.0})
    return set(find_area_differences(land, policy, AS_OF)["subject_id"])


def zombies(policy: Policy, seed: int) -> set[Any]:
    chance = np.random.default_rng(seed)
    asleep = np.concatenate([np.arange(6), chance.integers(0, 6, 6)])
    rows = [(f"E{at}", YEAR - back, 0.0 if back < years else 1e6) for at, years in enumerate(asleep) for back in range(6)]
    figures = pd.DataFrame(rows, columns=["enterprise_id", "year", "gross_output_cny"]).assign(
        tax_cny=lambda table: table["gross_output_cny"])
    land = pd.DataFrame({"parcel_id": [f"P{at}" for at in range(len(asleep))], "area_m2": 900.0, "is_supplied": True})
    homes = land[["parcel_id"]].assign(enterprise_id=[f"E{at}" for at in range(len(asleep))])
    return set(find_zombies(figures, homes, land, policy, AS_OF, year=YEAR)["subject_id"])


def graded_d(policy: Policy, seed: int) -> set[Any]:
    firms = pd.DataFrame({INDICATORS[name][0]: around(1.0, seed + at) for at, name in enumerate(INDICATORS)})
    weights = dict(policy["grading.weights"].value)
    found = grade_enterprises(firms, weights, dict(policy["grading.class_cuts"].value), "min_max")
    return set(found.index[found["grade"] == "D"])


def low_efficiency(policy: Policy, seed: int) -> set[Any]:
    made = around(5_000.0, seed)
    rows = len(made)
    ids, old = [f"P{at}" for at in range(rows)], pd.Timestamp("2015-01-01").as_unit("us")
    area = around(2000.0, seed + 1)
    land = pd.DataFrame({
        "parcel_id": ids, "contract_id": [f"C{at}" for at in range(rows)], "area_used_m2": area, "is_industrial": True,
        "is_supplied": True, "in_production": True, "idle_status": "not_idle", "actual_production_date": old,
        "occupant_division": "36", "output_cny": made * area, "output_intensity_cny_m2": made,
        "tax_intensity_cny_m2": made, "output_numerator": "gross_output"})
    asleep = np.random.default_rng(seed).permutation(np.arange(rows) % 5)
    years = {YEAR - back: pd.DataFrame({"gross_output_cny": np.where(asleep > back, 0.0, 1e6),
                                        "tax_cny": np.where(asleep > back, 0.0, 1e4)}) for back in range(4)}
    ratio = around(0.5, seed + 2)
    promised = pd.DataFrame({
        "contract_id": land["contract_id"], "parcel_id": land["parcel_id"], "metric": "output", "status": "failed",
        "missing": None, "ratio": ratio, "due_date": pd.Timestamp("2024-12-31").as_unit("us"),
        "test_date": pd.Timestamp("2025-12-31").as_unit("us"), "is_current": True, "is_tested": True})
    found = judge_low_efficiency(land, years, promised.astype({"missing": "str"}), None, policy, AS_OF, year=YEAR)
    return set(found.parcels.index[found.parcels["is_low_efficiency"].fillna(False)])


def scaled(factor: float) -> Callable[[Any], Any]:
    def change(value: Any) -> Any:
        return type(value)({name: one * factor for name, one in value.items()}) if hasattr(value, "items") else value * factor

    return change


BELOW = parks_flagged("park.below_benchmark")


@cache
def flagged_now(flagged: Callable[[Policy, int], set[Any]], seed: int) -> set[Any]:
    """What the policy as it stands flags: once for all numbers of one rule."""
    return flagged(POLICY, seed)


# Parameter -> the rule, and how the number becomes stricter.
STRICTER: dict[str, tuple[Callable[[Policy, int], set[Any]], Callable[[Any], Any]]] = {
    "output.target_cny_m2": (parcels_below, scaled(1.2)),
    **{key: (board(key), scaled(1.2)) for key in (
        "growth.revenue_growth_share", "growth.city_share", "facility.satisfaction_share", *BASE, *SHARES)},
    "leading.count_min": (board("leading.count_min"), lambda value: value + 1),
    "leading.count_max": (board("leading.count_min"), lambda value: value - 1),
    **{key: (BELOW, scaled(1.2)) for key in BENCHMARKS.values()},
    **{key: (gate_on(name), scaled(1.1)) for name, key in CONDITIONS.items()},
    "milestone.finding_days_min": (milestones_late, scaled(0.6)),
    "area.difference_share_max": (areas_apart, scaled(0.6)),
    "zombie.years": (zombies, lambda value: value - 1),
    "grading.class_cuts": (graded_d, lambda cuts: type(cuts)({**cuts, "C": 0.80})),
    "low_efficiency.industry_median_ratio_min": (low_efficiency, scaled(1.4)),
    "low_efficiency.commitment_ratio_min": (low_efficiency, scaled(1.4)),
    "low_efficiency.area_min_m2": (low_efficiency, lambda value: value),
}


@pytest.mark.parametrize("key", STRICTER)
@ONE
@given(seed=st.integers(0, 2**20))
def test_a_stricter_threshold_never_flags_fewer(key: str, seed: int) -> None:
    before, after = flagged_before_and_after(key, seed)
    assert before < after, (sorted(map(str, before - after)), len(before), len(after))


@pytest.mark.soak
@pytest.mark.parametrize("key", STRICTER)
@MANY
@given(seed=st.integers(0, 2**20))
def test_a_stricter_threshold_never_flags_fewer_in_many_towns(key: str, seed: int) -> None:
    before, after = flagged_before_and_after(key, seed)
    assert before <= after, sorted(map(str, before - after))


def flagged_before_and_after(key: str, seed: int) -> tuple[set[Any], set[Any]]:
    flagged, change = STRICTER[key]
    if key == "low_efficiency.area_min_m2":  # the gate for small land is open by default
        before, after = flagged(with_value(key, 2000.0), seed), flagged(with_value(key, 1000.0), seed)
    else:
        before, after = flagged_now(flagged, seed), flagged(with_value(key, change(POLICY[key].value)), seed)
    return before, after


def test_every_number_that_draws_a_line_is_tried() -> None:
    lines = {"output", "area", "milestone", "growth", "leading", "rd", "facility", "bases", "intensity", "expansion",
             "zombie", "grading", "low_efficiency"}
    drawn = {key for key, one in POLICY.declared.items()
             if key.split(".")[0] in lines and one.comparison in (">=", "<=", ">", "<")}
    assert drawn - STRICTER.keys() == NO_LINE
    assert not {lead for lead in ELSEWHERE if lead.removesuffix(".") in lines}
