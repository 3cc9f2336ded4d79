"""Clause cases of milestones and unsupplied land (tests/cases): the header of each file says how a case is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml

from landtool.indicators.progress import MILESTONES
from landtool.policy import load_policy
from landtool.rules.milestones import MILESTONE_STATUSES, judge_milestones
from landtool.rules.unsupplied import find_unsupplied
from landtool.schema import LAYERS
from landtool.schema.conform import conform

FOLDER = Path(__file__).parent / "cases"
MILESTONE_KEYS = {"name", "clause", "as_of", "contract", "alone", "causes", "milestone", "expect",
                  "findings", "no_findings", "message_zh"}
FILLERS = {"date": "2010-01-01", "number": "1000000", "boolean": "否", "text": "某公司", "code": "1"}


def cases(kind: str) -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob(f"{kind}-*.yml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            found.append(pytest.param(case, id=f"{path.stem}: {case['name']}"))
    return found


def plain(cell: Any) -> Any:
    if isinstance(cell, pd.Timestamp):
        return cell.date()
    return None if pd.isna(cell) else cell


def sheet(rows: list[dict[str, Any]], layer: str) -> pd.DataFrame:
    """Rows as a register sheet holds them: read, checked and typed like any source."""
    cells = [{name: None if cell is None else str(cell) for name, cell in row.items()} for row in rows]
    return conform(pd.DataFrame(cells, dtype=object), LAYERS[layer], source=f"{layer}.xlsx",
                   source_row=pd.Series(range(2, len(rows) + 2), dtype="Int64")).frame


def neighbour(names: list[str]) -> dict[str, str]:
    def cell(name: str) -> str:
        field = LAYERS["contracts"].field(name)
        return next(iter(field.choices)) if field.choices else FILLERS.get(field.kind, "1")

    return {name: cell(name) for name in names} | {"contract_id": "邻近合同"}


@pytest.mark.parametrize("case", cases("milestones"))
def test_milestone_case(case):
    assert set(case) <= MILESTONE_KEYS, f"unknown keys: {set(case) - MILESTONE_KEYS}"
    row = {"contract_id": "本案"} | case["contract"]
    rows = [row] if case.get("alone") else [row, neighbour(list(row))]
    causes = None
    if "causes" in case:
        causes = sheet([{"contract_id": "本案"} | cause for cause in case["causes"]], "government_causes")
    policy = load_policy("national", case["as_of"])
    found = judge_milestones(sheet(rows, "contracts"), causes, policy, case["as_of"])
    table = found.table[(found.table["contract_id"] == "本案") & (found.table["milestone"] == case["milestone"])]
    assert len(table) == 1
    assert {name: plain(table.iloc[0][name]) for name in case["expect"]} == case["expect"]
    mine = found.findings[found.findings["subject_id"] == "本案"]
    rules = set(mine["rule_id"])
    assert set(case.get("findings", ())) <= rules
    assert not set(case.get("no_findings", ())) & rules
    for words in case.get("message_zh", ()):
        assert mine["message_zh"].str.contains(words, regex=False).any(), words
    for column in ("message_zh", "message_en"):
        assert not found.findings[column].str.contains(r"[{}]|nan|NaT|None|<NA>", regex=True).any()


def test_milestone_cases_cover_every_status_and_milestone():
    given = [param.values[0] for param in cases("milestones")]
    assert len({case["name"] for case in given}) == len(given)
    assert {case["expect"]["status"] for case in given} == set(MILESTONE_STATUSES)
    assert {case["milestone"] for case in given} == set(MILESTONES)


def place(box):
    west, south, east, north = box
    return shapely.box(5e5 + west, 3.27e6 + south, 5e5 + east, 3.27e6 + north)


def drawn(boxes, **columns):
    return gpd.GeoDataFrame(columns, geometry=[place(box) for box in boxes], crs="EPSG:4545")


@pytest.mark.parametrize("case", cases("unsupplied"))
def test_unsupplied_case(case):
    rows, said = case["parcels"], {"yes": True, "no": False, "unknown": None}
    approvals = drawn([one["box"] for one in case["approvals"].values()],
                      approval_id=list(case["approvals"]),
                      approved_date=pd.to_datetime([one["date"] for one in case["approvals"].values()]))
    parcels = drawn([one["box"] for one in rows], parcel_id=pd.Series([f"P{n}" for n in range(len(rows))], dtype="str"),
                    is_supplied=pd.array([said[one["supplied"]] for one in rows], dtype="boolean"),
                    supplied_date=pd.to_datetime([one.get("signed") for one in rows]),
                    in_production=pd.array([one.get("in_production") for one in rows], dtype="boolean"))
    buildings = drawn(case["buildings"]) if "buildings" in case else None
    found = find_unsupplied(approvals, parcels, buildings, load_policy("national", case["as_of"]), case["as_of"])
    total = found.years.iloc[-1]
    for name, value in case["expect"].items():
        if value is None:
            assert pd.isna(total[name])
        else:
            assert total[name] == pytest.approx(value, abs=0.5 if name.endswith("m2") else 1e-4), name
    if "built" in case:
        inside = found.pieces["is_built_without_supply"]
        assert (inside.any() if case["built"] else inside.isna().all() if case["built"] is None
                else not inside.any() and inside.notna().all())
    rules = set(found.findings["rule_id"])
    assert set(case.get("findings", ())) <= rules
    assert not set(case.get("no_findings", ())) & rules
    assert found.findings["clause"].str.len().gt(3).all()
    for column in ("message_zh", "message_en"):
        assert not found.findings[column].str.contains(r"[{}]|nan|NaT|None|<NA>", regex=True).any()
