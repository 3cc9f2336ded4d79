"""Clause cases of commitments, output, target board, zombies, areas and lives of contracts (tests/cases).

Every case is rows of registers, read, checked and typed like any source; the header of each file says how
a case is written, and a jurist can add one without touching a program.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from landtool.indicators.land import area_used
from landtool.indicators.progress import contract_end, lifecycle_stage
from landtool.indicators.timeline import contract_chain, earlier_start
from landtool.link import link_contracts
from landtool.policy import load_policy
from landtool.rules.areas import find_area_differences
from landtool.rules.commitments import figures_by_year, judge_commitments
from landtool.rules.deadlines import find_deadlines
from landtool.rules.idle import find_idle
from landtool.rules.milestone_findings import chain_findings
from landtool.rules.milestones import judge_milestones
from landtool.rules.output_target import find_below_target
from landtool.rules.target_board import target_board
from landtool.rules.zombies import find_zombies
from landtool.schema import LAYERS
from landtool.schema.conform import conform

FOLDER = Path(__file__).parent / "cases"
POLICY = load_policy("chongqing-2021")
COMMON = {"name", "clause", "shows", "as_of", "expect", "findings", "no_findings", "message_zh"}
SHOWS = {"just_met", "just_missed", "missing_input", "exempt", "other"}


def cases(stem: str) -> list[Any]:
    read = yaml.safe_load((FOLDER / f"{stem}.yml").read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["name"]) for case in read]


def sheet(layer: str, rows: list[dict[str, Any]], **filled: Any) -> pd.DataFrame:
    """Rows as a register sheet holds them; ``filled`` stands in every row that does not say otherwise."""
    names = list(dict.fromkeys([*filled, *(name for row in rows for name in row)]))
    cells = [{name: None if (cell := (filled | row).get(name)) is None else str(cell) for name in names} for row in rows]
    return conform(pd.DataFrame(cells, columns=names, dtype=object), LAYERS[layer], source=f"{layer}.xlsx",
                   source_row=pd.Series(range(2, len(rows) + 2), dtype="Int64")).frame


def plain(cell: Any) -> Any:
    if isinstance(cell, pd.Timestamp):
        return cell.date()
    if pd.isna(cell):
        return None
    return cell.item() if hasattr(cell, "item") else cell


def told(row: pd.Series | dict[str, Any], expected: dict[str, Any]) -> None:
    got = {name: plain(row[name]) for name in expected}
    assert got == {name: pytest.approx(value) if isinstance(value, float) else value
                   for name, value in expected.items()}


def spoken(found: pd.DataFrame, case: dict[str, Any], own: set[str]) -> None:
    assert set(case) <= COMMON | own, f"unknown keys: {set(case) - COMMON - own}"
    rules = set(found["rule_id"])
    assert set(case.get("findings", ())) <= rules
    assert not set(case.get("no_findings", ())) & rules
    for words in case.get("message_zh", ()):
        assert found["message_zh"].str.contains(words, regex=False).any(), words
    for column in ("message_zh", "message_en"):
        assert not found[column].str.contains(r"[{}]|nan|NaT|None|<NA>", regex=True).any()
    assert found["clause"].ne("").all()


@pytest.mark.parametrize("case", cases("commitments-tests"))
def test_commitments(case):
    day = case["as_of"]
    linked = link_contracts(sheet("contracts", case["contracts"]), None, day)
    operations = case.get("operations", [])
    figures = figures_by_year(
        sheet("operations", operations, parcel_id="宗地") if operations else None, None,
        pd.DataFrame({"parcel_id": ["宗地"], "area_m2": [1000.0]}), day)
    found = judge_commitments(sheet("commitments", case["promises"], contract_id="本案"), linked, figures, POLICY, day)
    for key, expected in case["expect"].items():
        source, metric, *year = key.split()
        rows = found.table[(found.table["source"] == source) & (found.table["metric"] == metric)]
        rows = rows[rows["year"] == int(year[0])] if year else rows
        assert len(rows) == 1, key
        told(rows.iloc[0], expected)
    spoken(found.findings, case, {"contracts", "promises", "operations"})


@pytest.mark.parametrize("case", cases("output-target"))
def test_output_target(case):
    kinds = {"area_m2": "float64", "gross_output_cny": "float64", "is_industrial": "boolean", "in_production": "boolean"}
    land = pd.DataFrame(case["parcels"]).astype(kinds).assign(park_id="园区")
    found = find_below_target(land, None, None, POLICY, case["as_of"], year=case["as_of"].year)
    told(found.parks.iloc[0], case["expect"].get("park", {}))
    told(found.parcels.set_index("parcel_id").loc["本宗"], case["expect"].get("parcel", {}))
    mine = found.findings[found.findings["subject_kind"] == "park"]
    spoken(mine, case, {"parcels", "severity"})
    if "severity" in case:
        assert set(mine["severity"]) == {case["severity"]}


@pytest.mark.parametrize("case", cases("target-board"))
def test_target_board(case):
    parks, figures = case.get("parks"), case.get("park_statistics")
    group = pd.Series(case["region_group"]) if "region_group" in case else None
    board = target_board(None if figures is None else sheet("park_statistics", figures),
                         None if parks is None else sheet("parks", parks), POLICY, case["as_of"], region_group=group)
    assert set(case) <= COMMON | {"parks", "park_statistics", "region_group"}
    for key, expected in case["expect"].items():
        target, subject = key.split()
        rows = board[(board["target"] == target) & (board["subject_id"] == subject)]
        assert len(rows) == 1, key
        told(rows.iloc[0], expected)
        assert rows["clause"].ne("").all()


@pytest.mark.parametrize("case", cases("zombies"))
def test_zombies(case):
    land = pd.DataFrame({"parcel_id": ["宗地"], "area_m2": [900.0],
                         "is_supplied": pd.array([case["supplied"]], dtype="boolean"),
                         "low_efficiency_status": [case.get("status", "low_efficiency")]})  # fmt: skip
    homes = sheet("occupancy", [{"parcel_id": "宗地", "enterprise_id": "本案", "to_date": case.get("left")}])
    found = find_zombies(sheet("operations", case["operations"], enterprise_id="本案"), homes, land, POLICY,
                         case["as_of"], year=case["as_of"].year)
    assert (set(found["subject_id"]) == {"本案"}) == case["expect"]["zombie"]
    if "land_m2" in case["expect"]:
        assert found["evidence"].str.contains(str(case["expect"]["land_m2"]), regex=False).all()
    spoken(found, case, {"operations", "supplied", "left", "status"})


@pytest.mark.parametrize("case", cases("areas"))
def test_areas(case):
    names = {"geometry": "area_m2", "contract": "contract_area_m2", "certificate": "certificate_area_m2"}
    land = pd.DataFrame({names[name]: pd.array([area], dtype="Float64").astype("float64")
                         for name, area in case["areas"].items()}).assign(parcel_id="本宗")
    found = find_area_differences(land, POLICY, case["as_of"])
    assert bool(len(found)) == case["expect"]["found"]
    assert area_used(land)["area_used"].iloc[0] == case["expect"]["used"]
    spoken(found, case, {"areas"})


@pytest.mark.parametrize("case", cases("lives"))
def test_lives_of_contracts(case):
    day = case["as_of"]
    linked = link_contracts(sheet("contracts", case["contracts"], parcel_id="宗地"), None, day)
    held = linked.contracts
    stage = lifecycle_stage(held, day, ramp_months=float(POLICY["commitment.ramp_months"].value),
                            warning_months=float(POLICY["contract.expiry_warning_months"].value))
    end = contract_end(held, day)
    chain = contract_chain(held, day)
    held = held.assign(**end, **chain, **earlier_start(held, chain, day), stage=stage,
                       has_ended=end["end_date"] < pd.Timestamp(day))
    mine = held["contract_id"] == "本案"
    told(held[mine].iloc[0], case["expect"])
    idle = find_idle(held, None, POLICY, day)
    told(idle.verdicts[mine.to_numpy()].iloc[0], case.get("idle", {}))
    rules = set(idle.findings.loc[idle.findings["subject_id"] == "本案", "rule_id"])
    assert set(case.get("idle_findings", ())) <= rules
    milestones = judge_milestones(held, None, POLICY, day)
    ahead = find_deadlines(held, milestones.table, None, POLICY, day)
    dates = dict(zip(ahead["kind"], ahead["date"].dt.date, strict=True))
    assert case.get("deadlines", {}).items() <= dates.items()
    assert not set(case.get("no_deadlines", ())) & dates.keys()
    spoken(chain_findings(held), case, {"contracts", "deadlines", "no_deadlines", "idle", "idle_findings"})


@pytest.mark.parametrize(("stem", "never"), [
    ("commitments-tests", set()), ("output-target", set()), ("target-board", set()), ("zombies", set()),
    # Every parcel with two areas is compared.
    ("areas", {"exempt"}), ("lives", set())])
def test_every_file_shows_what_is_met_missed_missing_and_exempt(stem, never):
    given = [param.values[0] for param in cases(stem)]
    assert len({case["name"] for case in given}) == len(given)
    assert all(case["clause"] and case["shows"] in SHOWS for case in given)
    assert {case["shows"] for case in given} >= SHOWS - {"other"} - never


def test_every_rule_has_a_file_of_cases():
    """What each rule of the policy is called, and the file that shows it by cases."""
    files = {"idle": "idle-", "commitments": "commitments-", "control": "control-", "evidence": "evidence",
             "grading": "grading", "low_efficiency": "low-efficiency", "zombies": "zombies", "milestones": "milestones-",
             "deadlines": "lives", "unsupplied": "unsupplied-", "park_evaluation": "parks-", "areas": "areas",
             "output_target": "output-", "target_board": "target-board"}
    contract = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    named = contract.split("rules do not import one another")[1].split("]")[0].split('"landtool.rules.')[1:]
    rules = {part.split('"')[0] for part in named} | {"areas"}
    stems = [path.stem for path in FOLDER.glob("*.yml")]
    bare = {rule for rule in rules if not any(
        stem.startswith(files.get(rule, rule.replace("_", "-"))) for stem in stems)}
    assert not bare, f"rules without a file of clause cases: {bare}"
