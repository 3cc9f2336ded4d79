"""Low-efficiency land against the plain oracle, and what must hold whatever the registers say."""

from __future__ import annotations

import datetime as dt
import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landtool.policy import load_policy
from landtool.rules.low_efficiency import judge_low_efficiency
from landtool.spread import spread_to_parcels
from landtool.year_figures import enterprise_operations

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "low_efficiency.py"
_SPEC = importlib.util.spec_from_file_location("oracle_low_efficiency", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

AS_OF, YEAR = dt.date(2025, 12, 31), 2025
POLICY = load_policy("chongqing-2021", AS_OF)
FEW = settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
FLAG = st.sampled_from([True, True, True, True, False, None])
MONEY = st.sampled_from([None, 0.0, 0.0, 49.0, 50.0, 100.0, 100.0, 300.0])
DAY = st.sampled_from([None, dt.date(2015, 5, 1), dt.date(2022, 12, 31), dt.date(2023, 1, 1), dt.date(2027, 1, 1)])
PARCEL = st.fixed_dictionaries({
    "industrial": FLAG, "supplied": FLAG, "producing": FLAG, "produced": DAY, "agreed": DAY,
    "idle": st.sampled_from(["not_idle"] * 5 + ["idle_2y", "idle_suspended", "at_risk", "not_assessable"]),
    "area": st.sampled_from([None, 1.0, 1.0, 2.0]), "output": MONEY, "tax": MONEY,
    "division": st.sampled_from([None, "36", "36", "36", "27"]),
    "years": st.dictionaries(st.integers(2020, 2025), st.tuples(MONEY, MONEY), max_size=4),
    "control": st.fixed_dictionaries(dict.fromkeys(oracle.CONTROL, st.sampled_from(
        ["met", "met", "met", "failed", "not_assessable", "not_applicable"])))})
PARCELS = st.lists(PARCEL, min_size=1, max_size=14)


def frames(parcels):
    table = pd.DataFrame({
        "parcel_id": [f"P{at}" for at in range(len(parcels))],
        **{name: pd.array([parcel[short] for parcel in parcels], dtype="boolean") for name, short in (
            ("is_industrial", "industrial"), ("is_supplied", "supplied"), ("in_production", "producing"))},
        **{name: pd.to_datetime([parcel[short] for parcel in parcels]).astype("datetime64[us]") for name, short in (
            ("actual_production_date", "produced"), ("agreed_production_date", "agreed"))},
        "idle_status": [parcel["idle"] for parcel in parcels],
        "area_used_m2": np.array([parcel["area"] for parcel in parcels], dtype="float64"),
        "output_cny": np.array([parcel["output"] for parcel in parcels], dtype="float64"),
        "occupant_division": pd.array([parcel["division"] for parcel in parcels], dtype="str"),
    })
    for name in ("output", "tax"):
        own = [oracle.intensity(parcel, name) for parcel in parcels]
        table[f"{name}_intensity_cny_m2"] = np.array(own, dtype="float64")
    figures = {year: pd.DataFrame({
        key: np.array([parcel["years"].get(year, (None, None))[at] for parcel in parcels], dtype="float64")
        for at, key in enumerate(("gross_output_cny", "tax_cny"))}) for year in range(2020, 2026)}
    control = pd.DataFrame([
        {"parcel_id": f"P{at}", "indicator": name, "value": 0.5, "threshold": 0.6, "comparison": ">=",
         "verdict": verdict, "missing": None}
        for at, parcel in enumerate(parcels) for name, verdict in parcel["control"].items()])
    return table, figures, control


def with_ratio(ratio):
    first, *rest = POLICY.layers
    key = "low_efficiency.industry_median_ratio_min"
    values = first.values | {key: (replace(POLICY.history(key)[0], value=ratio),)}
    return replace(POLICY, layers=(replace(first, values=values), *rest))


NO_COMMITMENTS = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in {
    "contract_id": "str", "parcel_id": "str", "metric": "str", "status": "str", "missing": "str",
    "ratio": "float64", "due_date": "datetime64[us]", "test_date": "datetime64[us]", "is_current": "bool",
    "is_tested": "bool"}.items()})


def run(parcels, ratio=0.5):
    table, figures, control = frames(parcels)
    return judge_low_efficiency(table, figures, NO_COMMITMENTS, control, with_ratio(ratio), AS_OF, year=YEAR)


@FEW
@given(PARCELS, st.sampled_from([0.5, 0.8]))
def test_verdicts_are_the_oracles(parcels, ratio):
    found = run(parcels, ratio).parcels
    told = [(status, [] if pd.isna(reasons) else reasons.split(", ")) for status, reasons in zip(
        found["low_efficiency_status"], found["low_efficiency_reasons"], strict=True)]
    assert told == oracle.judge(parcels, AS_OF, 36, ratio, 5, YEAR, 3)


@FEW
@given(PARCELS)
def test_three_values_and_never_beside_idle_land(parcels):
    result = run(parcels)
    found = result.parcels
    idle = pd.Series([parcel["idle"].startswith("idle_") for parcel in parcels])
    assert found.loc[idle, "is_low_efficiency"].isna().all()
    known = found["is_low_efficiency"].notna()
    assert known.equals(found["low_efficiency_status"].isin(["low_efficiency", "not_low_efficiency"]))
    open_ = found["low_efficiency_status"].eq("not_assessable")
    assert found.loc[open_, "low_efficiency_missing"].notna().all()
    assert found.loc[~open_, "low_efficiency_missing"].isna().all()
    assert found.loc[~known, ["recoverable_area_m2", "foregone_output_cny"]].isna().all(axis=None)
    area = pd.Series([parcel["area"] for parcel in parcels], dtype="float64")
    spare = found["recoverable_area_m2"]
    assert ((spare >= 0) & (spare <= area * (1 + 1e-9)) | spare.isna()).all()


@FEW
@given(PARCELS)
def test_nothing_known_gives_nothing(parcels):
    blank = [parcel | {"output": None, "tax": None, "years": {}, "control": dict.fromkeys(oracle.CONTROL, "not_assessable")}
             for parcel in parcels]
    assert run(blank).parcels["is_low_efficiency"].isna().all()


# ---- figures of enterprises on parcels


@FEW
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.sampled_from([None, 10.0, 30.0])), max_size=12),
       st.lists(st.sampled_from([0.0, 0.01, 1e6, 123_456_789.13]), min_size=4, max_size=4))
def test_totals_are_conserved_when_enterprises_are_spread(links, amounts):
    pairs = {(firm, place): area for firm, place, area in links}
    occupancy = pd.DataFrame({
        "enterprise_id": pd.array([f"E{firm}" for firm, _ in pairs], dtype="str"),
        "parcel_id": pd.array([f"P{place}" for _, place in pairs], dtype="str"),
        "occupied_area_m2": np.array(list(pairs.values()), dtype="float64")})
    values = pd.DataFrame({"enterprise_id": [f"E{firm}" for firm in range(4)], "tax_cny": amounts})
    parcels = pd.DataFrame({"parcel_id": [f"P{place}" for place in range(5)], "area_m2": 100.0})
    spread = spread_to_parcels(values, occupancy, parcels, "2025-12-31")
    placed = spread.parcels["tax_cny"].sum() + spread.unplaced["tax_cny"].sum()
    assert placed == pytest.approx(sum(amounts), abs=0.01)
    own = enterprise_operations(values.assign(year=2025), 2025)["tax_cny"]
    assert own.sum() == pytest.approx(sum(amounts), abs=0.01)
