"""Park evaluation case by case (tests/cases/parks-*.yml), and weights that a bureau writes in its own file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
import yaml

from landtool.errors import PolicyError
from landtool.policy import load_policy
from landtool.rules.park_evaluation import evaluate_parks

AS_OF = "2025-12-31"
CASES = [pytest.param(case, id=case["name"])
         for path in sorted((Path(__file__).parents[1] / "cases").glob("parks-*.yml"))
         for case in yaml.safe_load(path.read_text(encoding="utf-8"))]


def bureau(folder: Path, weights: dict[str, float]):
    """A policy file of a bureau: its own weights, under its own clause."""
    content = {"name": "our-bureau", "title": {"zh": "本局", "en": "our bureau"}, "extends": "chongqing-2021",
               "parameters": {"intensity.weights": {"values": [
                   {"value": weights, "from": dt.date(2024, 1, 1), "source": "本局文件",
                    "clause": {"zh": "本局文件第一条"}, "standing": "S",
                    "verified": True}]}}}
    path = folder / "our.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return load_policy(path, AS_OF)


def evaluated(case, policy):
    parks = pd.DataFrame({"park_id": ["K"], "park_name": ["示例园区"], "district_code": ["D"]})
    active = case.get("active")
    land = pd.DataFrame({
        "park_id": "K", "area_m2": [1.0] * 100, "is_supplied": pd.array([True] * 100, dtype="boolean"),
        "is_active": pd.array([None if active is None else at < active for at in range(100)], dtype="boolean")})
    statistics = pd.DataFrame([{"park_id": "K", "year": 2025, **case["statistics"]}])
    output = pd.DataFrame([{"park_id": "K", **case.get("output", {})}])
    group = pd.Series({"D": case["group"]}) if "group" in case else None
    return evaluate_parks(parks, land, statistics, output, policy, AS_OF, region_group=group)


@pytest.mark.parametrize("case", CASES)
def test_park_case(case, tmp_path):
    policy = bureau(tmp_path, case["weights"]) if "weights" in case else load_policy("chongqing-2021", AS_OF)
    found = evaluated(case, policy)
    row = found.parks.loc["K"]
    for name, value in case["expect"].items():
        if value is None:
            assert pd.isna(row[name]), name
        else:
            assert row[name] == (pytest.approx(value) if isinstance(value, float) else value), name
    rules = set(found.findings["rule_id"])
    assert set(case.get("findings", ())) <= rules
    assert not set(case.get("no_findings", ())) & rules
    for column in ("message_zh", "message_en"):
        assert not found.findings[column].str.contains(r"[{}]|nan|NaT|None|<NA>", regex=True).any()


def test_weights_that_do_not_sum_to_one_or_name_nothing_are_refused(tmp_path):
    with pytest.raises(PolicyError, match="sum to"):
        bureau(tmp_path, {"developed_rate": 0.5, "supply_rate": 0.4})
    strange = bureau(tmp_path, {"develop_rate": 1.0})
    with pytest.raises(PolicyError, match="developed_rate"):
        evaluated({"statistics": {"ready_area_m2": 1}}, strange)


def test_without_a_regional_policy_the_gate_is_open_and_names_what_lacks():
    found = evaluated({"statistics": {"developable_area_m2": 1000, "ready_area_m2": 900}, "active": 90},
                      load_policy("national", AS_OF))
    assert found.parks.loc["K", "expansion_gate"] == "not_assessable"
    assert "park.expansion_gate" not in set(found.findings["rule_id"])
