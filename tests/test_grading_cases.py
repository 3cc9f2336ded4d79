"""The clause cases of tests/cases/grading*.yml, which says in its header how a case is written."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from landtool.policy import load_policy
from landtool.rules.grading import EXCLUSIONS, GRADES, judge_grades
from landtool.schema import LAYERS
from landtool.schema.conform import conform

FOLDER = Path(__file__).parent / "cases"
ALLOWED = {"name", "clause", "policy", "year", "enterprises", "parcels", "absent_columns", "expect",
           "untested"}  # fmt: skip
FIGURES = {"value_added_cny": 100, "tax_cny": 10, "energy_tce": 1, "rd_cny": 1, "revenue_cny": 100}
REGISTER = {"registered_date": "2010-01-01", "is_public_utility": "否"}
POLICY = """\
name: with-benchmarks
title: {zh: 有基准值, en: with benchmarks}
extends: chongqing-2021
source: test
from: 2023-01-01
parameters:
  grading.benchmarks:
    values:
      - value: {value_added_per_mu: 1, tax_per_mu: 1, value_added_per_energy: 1000, rd_intensity: 1}
        clause: {zh: 测试}
        standing: M
        verified: false
"""
LAND = {"occupied_area_m2": 1000}


def _read() -> list[Any]:
    return [pytest.param(case, id=case["name"]) for path in sorted(FOLDER.glob("grading*.yml"))
            for case in yaml.safe_load(path.read_text(encoding="utf-8"))]  # fmt: skip


def sheet(rows: list[dict[str, Any]], layer: str) -> pd.DataFrame:
    """Rows as a register sheet holds them: read, checked and typed like any source."""
    cells = pd.DataFrame([{name: None if cell is None else str(cell) for name, cell in row.items()}
                          for row in rows], dtype=object)
    return conform(cells, LAYERS[layer], source=f"{layer}.xlsx",
                   source_row=pd.Series(range(2, len(cells) + 2), dtype="Int64")).frame


@pytest.fixture(scope="module")
def policy(tmp_path_factory) -> str:
    """Chongqing's policy with benchmarks far above every case, so that no sub-score is capped."""
    path = tmp_path_factory.mktemp("policy") / "with-benchmarks.yml"
    path.write_text(POLICY, encoding="utf-8")
    return str(path)


loaded = cache(load_policy)


def run(case: dict[str, Any], policy: str):
    year = case.get("year", 2025)
    firms, rows, land, parcels = [], [], [], []
    for name, cells in case["enterprises"].items():
        known = cells.keys() & {*FIGURES, *REGISTER, *LAND, "figures", "earlier"}
        assert known == cells.keys(), f"unknown cells {set(cells) - known}"

        def of(defaults, cells=cells, name=name):
            return {"enterprise_id": name} | {key: cells.get(key, value) for key, value in defaults.items()}

        firms.append(of({key: value for key, value in REGISTER.items()
                         if key not in case.get("absent_columns", ())}))
        if "figures" not in cells:
            rows.append(of(FIGURES) | {"year": year})
        if "earlier" in cells:
            rows.append(of(FIGURES) | {"year": cells["earlier"]})
        if cells.get("occupied_area_m2") != "none":
            land.append(of(LAND) | {"parcel_id": f"P{name}"})
        parcels.append({"parcel_id": f"P{name}", "area_m2": 5000.0, **case.get("parcels", {}).get(name, {})})
    frame = pd.DataFrame(parcels)
    for column in [name for name in frame if name.endswith("_date")]:
        frame[column] = pd.to_datetime(frame[column])
    day = f"{year}-12-31"
    return judge_grades(
        sheet(firms, "enterprises"), sheet(rows, "operations"), sheet(land, "occupancy"), frame,
        loaded(case.get("policy", policy)).at(day), day, year=year)  # fmt: skip


@pytest.mark.parametrize("case", _read())
def test_grading_case(case, policy):
    assert set(case) <= ALLOWED, f"unknown keys: {set(case) - ALLOWED}"
    result = run(case, policy)
    table = result.table.set_index("enterprise_id")
    for name, expected in case["expect"].items():
        row = table.loc[name]
        for key, value in expected.items():
            cell = None if pd.isna(row[key]) else row[key]
            if key == "missing":
                cell = cell.split(", ") if cell else []
            assert cell == value, f"{name}: {key}"
    assert result.untested == tuple(case.get("untested", ()))
    for language in ("zh", "en"):
        assert not result.findings[f"message_{language}"].str.contains(r"[{}–]|nan|None", regex=True).any()
    assert set(result.findings["subject_id"]) == set(table.index[table["grade"] == "D"])


def test_cases_cover_every_grade_and_reason():
    cases = [param.values[0] for param in _read()]
    expected = [row for case in cases for row in case["expect"].values()]
    assert {row.get("grade") for row in expected} >= {*GRADES, None}
    assert {row.get("excluded_reason") for row in expected} >= {*EXCLUSIONS, None}
