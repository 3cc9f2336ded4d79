"""The clause cases of tests/cases/low-efficiency*.yml, which says in its header how a case is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from landtool.errors import PolicyError
from landtool.policy import load_policy
from landtool.rules.low_efficiency import LOW_EFFICIENCY_STATUSES, judge_low_efficiency
from landtool.rules.low_efficiency_terms import CONTROL, TESTS

FOLDER = Path(__file__).parent / "cases"
ALLOWED = {"name", "clause", "as_of", "parcel", "peers", "peer_division", "years", "commitments",
           "control", "policy", "expect"}  # fmt: skip
DEFAULTS = {"is_industrial": True, "is_supplied": True, "in_production": True, "idle_status": "not_idle",
            "actual_production_date": "2015-01-01", "agreed_production_date": None, "area": 10_000.0,
            "output": 5_000.0, "tax": 200.0, "occupant_division": "36"}  # fmt: skip
PROMISE = {"is_current": True, "is_tested": True, "ratio": None, "status": "failed", "missing": None,
           "parcel_id": None}  # fmt: skip


def _read() -> list[Any]:
    return [pytest.param(case, id=case["name"]) for path in sorted(FOLDER.glob("low-efficiency*.yml"))
            for case in yaml.safe_load(path.read_text(encoding="utf-8"))]  # fmt: skip


def with_values(policy, values: dict[str, Any]):
    first, *rest = policy.layers
    own = dict(first.values)
    for key, value in values.items():
        frozen = tuple(value) if isinstance(value, list) else value
        own[key] = (replace(policy.history(key)[0], value=frozen),)
    return replace(policy, layers=(replace(first, values=own), *rest))


def parcels_of(case: dict[str, Any]) -> pd.DataFrame:
    own = DEFAULTS | case.get("parcel", {})
    assert own.keys() == DEFAULTS.keys(), f"unknown facts {own.keys() - DEFAULTS.keys()}"
    others = [DEFAULTS | {"output": output, "occupant_division": case.get("peer_division", "36")}
              for output in case.get("peers", [5_000.0] * 5)]  # fmt: skip
    frame = pd.DataFrame([own, *others])
    for name in ("actual_production_date", "agreed_production_date"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    for name in ("is_industrial", "is_supplied", "in_production"):
        frame[name] = frame[name].astype("boolean")
    frame = frame.astype({"output": "float64", "tax": "float64", "area": "float64"})
    return frame.assign(
        parcel_id=["本案", *(f"邻{at}" for at in range(len(others)))],
        contract_id=["合同", *[None] * len(others)], area_used_m2=frame["area"],
        output_cny=frame["output"] * frame["area"], output_intensity_cny_m2=frame["output"],
        tax_intensity_cny_m2=frame["tax"], output_numerator="gross_output")  # fmt: skip


def figures_of(case: dict[str, Any], parcels: pd.DataFrame) -> dict[int, pd.DataFrame]:
    years = case.get("years", {2023: [5e3, 200], 2024: [5e3, 200], 2025: [5e3, 200]})
    found = {}
    for year, (output, tax) in years.items():
        frame = pd.DataFrame({"gross_output_cny": 1e6, "tax_cny": 1e4}, index=parcels.index)
        frame.loc[0, ["gross_output_cny", "tax_cny"]] = [float("nan") if cell is None else cell
                                                         for cell in (output, tax)]  # fmt: skip
        found[year] = frame
    return found


def commitments_of(case: dict[str, Any]) -> pd.DataFrame | None:
    given = case.get("commitments", [])
    if given == "none":
        return None
    columns = [*PROMISE, "contract_id", "metric", "due_date", "test_date"]
    rows = [PROMISE | {"contract_id": "合同", "test_date": row.get("test_date", f"{row.get('year', 2014)}-12-31")}
            | {name: cell for name, cell in row.items() if name != "year"} for row in given]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    kinds = {"ratio": "float64", "missing": "str", "parcel_id": "str", "is_current": "bool", "is_tested": "bool",
             "contract_id": "str", "metric": "str", "status": "str"}
    dates = {name: pd.to_datetime(frame[name]).astype("datetime64[us]") for name in ("due_date", "test_date")}
    return frame.astype(kinds).assign(**dates)


def control_of(case: dict[str, Any], parcels: pd.DataFrame) -> pd.DataFrame | None:
    given = case.get("control", {})
    if given == "none":
        return None
    return pd.DataFrame([
        {"parcel_id": parcel, "indicator": name, "value": 0.5, "threshold": 0.6, "comparison": ">=",
         "verdict": verdict, "missing": "floor_area_m2" if verdict == "not_assessable" else None}
        for parcel in parcels["parcel_id"] for name in CONTROL
        for verdict in [given.get(name, "met") if parcel == "本案" else "met"]])  # fmt: skip


def run(case: dict[str, Any]):
    as_of = str(case.get("as_of", "2025-12-31"))
    parcels = parcels_of(case)
    policy = with_values(load_policy("chongqing-2021", as_of), case.get("policy", {}))
    return judge_low_efficiency(parcels, figures_of(case, parcels), commitments_of(case),
                                control_of(case, parcels), policy, as_of, year=2025)


def listed(cell: Any) -> list[str]:
    return [] if pd.isna(cell) else str(cell).split(", ")


@pytest.mark.parametrize("case", _read())
def test_low_efficiency_case(case):
    assert set(case) <= ALLOWED, f"unknown keys: {set(case) - ALLOWED}"
    result = run(case)
    row = result.parcels.iloc[0]
    mine = result.table[result.table["parcel_id"] == "本案"]
    relative = mine[mine["rule"] == "output_intensity"]
    found = {
        "status": row["low_efficiency_status"], "low": row["is_low_efficiency"],
        "reasons": listed(row["low_efficiency_reasons"]), "missing": listed(row["low_efficiency_missing"]),
        "route": row["low_efficiency_route"], "zombie": row["is_zombie"],
        "recoverable": row["recoverable_area_m2"], "foregone": row["foregone_output_cny"],
        "peer_basis": None if relative.empty else relative["peer_basis"].iloc[0],
        "peers": None if relative.empty else relative["peers"].iloc[0], "rows": len(mine),
    }  # fmt: skip
    for key, expected in case["expect"].items():
        cell = found[key]
        if not isinstance(cell, list):
            cell = None if pd.isna(cell) else cell
        if key in ("recoverable", "foregone") and expected is not None:
            expected = pytest.approx(expected)
        assert cell == expected, key
    fires = mine.loc[mine["verdict"] == "fires", "rule"].drop_duplicates()
    assert sorted(fires) == sorted(found["reasons"])
    assert mine.loc[mine["part_verdict"] == "not_assessable", "missing"].notna().all()
    subjects = result.findings[result.findings["subject_id"] == "本案"]
    assert ("low_efficiency.parcel" in set(subjects["rule_id"])) == (found["low"] is True or bool(found["reasons"]))
    for language in ("zh", "en"):
        assert not subjects[f"message_{language}"].str.contains(r"[{}]|nan|None", regex=True).any()


def test_cases_cover_every_status_and_test():
    cases = [param.values[0] for param in _read()]
    assert {case["expect"].get("status") for case in cases} >= set(LOW_EFFICIENCY_STATUSES)
    fired = {part.strip() for case in cases for rule in case["expect"].get("reasons", ())
             for part in rule.split("&")}  # fmt: skip
    assert fired >= set(TESTS) - {"service_floor_share"}


@pytest.mark.parametrize(("key", "value", "words"), [
    ("low_efficiency.rules", ["output"], "no test 'output'"),
    ("low_efficiency.rule_routes", ["far=demolish"], "no route 'demolish'"),
    ("low_efficiency.rule_routes", ["far"], "no route ''"),
])
def test_a_policy_that_names_what_is_not_there_is_refused(key, value, words):
    case = {"policy": {key: value}}
    with pytest.raises(PolicyError, match=words):
        run(case)


def test_the_size_gate_says_who_is_judged_and_not_who_is_a_peer():
    land = pd.DataFrame({
        "parcel_id": list("abcdef"), "is_industrial": True, "is_supplied": True, "in_production": True,
        "actual_production_date": pd.Timestamp("2015-01-01"), "idle_status": "not_idle",
        "area_used_m2": [5000.0, 5000.0, 5000.0, 500.0, 500.0, 500.0], "occupant_division": "36",
        "output_intensity_cny_m2": [4e3, 9e3, 9e3, 1e3, 2e3, 3e3], "output_cny": 1e6})  # fmt: skip

    def limits(gate: float) -> dict[str, float]:
        policy = load_policy("chongqing-2021", "2025-12-31")
        first, *rest = policy.layers
        gated = replace(policy.history("low_efficiency.area_min_m2")[0], value=gate)
        policy = replace(policy, layers=(replace(first, values={**first.values, gated.key: (gated,)}), *rest))
        found = judge_low_efficiency(land, {}, None, None, policy, "2025-12-31", year=2025)
        rows = found.table[(found.table["part"] == "output_intensity") & found.table["threshold"].notna()]
        return dict(zip(rows["parcel_id"], rows["threshold"], strict=True))

    open_gate, shut = limits(0.0), limits(1000.0)
    assert set(open_gate) == set("abcdef")
    assert shut == {name: open_gate[name] for name in "abc"}
