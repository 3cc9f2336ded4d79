"""The clause cases of tests/cases/idle-*.yml: each file says in its header how a case is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from landtool.policy import load_policy
from landtool.rules.idle import IdleResult, find_idle
from landtool.schema import LAYERS
from landtool.schema.conform import conform

FOLDER = Path(__file__).parent / "cases"
ALLOWED = {"name", "clause", "as_of", "policy", "contract", "alone", "absent_columns", "causes",
           "expect", "findings", "no_findings", "message_zh"}  # fmt: skip
FILLERS = {"date": "2010-01-01", "number": 1000000, "boolean": "否", "text": "某公司", "code": "1"}


def _read() -> list[Any]:
    cases = []
    for path in sorted(FOLDER.glob("idle-*.yml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            cases.append(pytest.param(case, id=f"{path.stem}: {case['name']}"))
    return cases


def _conform(rows: list[dict[str, Any]], layer: str):
    """Rows as a register sheet holds them: read, checked and typed like any source."""
    sheet = pd.DataFrame([{name: None if cell is None else str(cell) for name, cell in row.items()}
                          for row in rows], dtype=object)
    return conform(sheet, LAYERS[layer], source=f"{layer}.xlsx",
                   source_row=pd.Series(range(2, len(sheet) + 2), dtype="Int64"))


def _neighbour(case: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Another contract of the same register, long finished, with every cell filled."""
    def cell(name: str) -> Any:
        field = LAYERS["contracts"].field(name)
        return next(iter(field.choices)) if field.choices else FILLERS.get(field.kind, "1")

    return {name: cell(name) for name in names} | {"contract_id": "邻近合同"}


def run(case: dict[str, Any]) -> IdleResult:
    """The case as an assessment of a small register; the contract in question is the first row."""
    row = {"contract_id": "本案"} | case["contract"]
    rows = [row] if case.get("alone") else [row, _neighbour(case, list(row))]
    contracts = _conform(rows, "contracts").frame
    causes, unreadable = None, set()
    if "causes" in case:
        other = {"contract_id": "邻近合同", "cause_code": "1", "from_date": "2009-01-01",
                 "to_date": "2009-02-01"}
        told = _conform([{"contract_id": "本案", "to_date": None} | cause
                         for cause in case["causes"]] + [other], "government_causes")
        causes = told.frame
        unreadable = {"本案"} if told.problems["scope"].eq("row").any() else set()
    policy = load_policy(case.get("policy", "national"), case["as_of"])
    return find_idle(contracts, causes, policy, case["as_of"], unreadable_causes=unreadable)


def _plain(cell: Any) -> Any:
    if isinstance(cell, pd.Timestamp):
        return cell.date()
    return None if pd.isna(cell) else cell


@pytest.mark.parametrize("case", _read())
def test_clause_case(case):
    assert set(case) <= ALLOWED, f"unknown keys: {set(case) - ALLOWED}"
    result = run(case)
    verdict = result.verdicts.iloc[0]
    expected = dict(case["expect"])
    if "idle_missing" in expected:
        assert set(str(_plain(verdict["idle_missing"]) or "").split(",")) == set(
            expected.pop("idle_missing"))
    assert {name: _plain(verdict[name]) for name in expected} == expected
    mine = result.findings[result.findings["subject_id"].eq("本案")]
    rules = set(mine["rule_id"])
    assert set(case.get("findings", ())) <= rules
    assert not set(case.get("no_findings", ())) & rules
    for words in case.get("message_zh", ()):
        assert mine["message_zh"].str.contains(words, regex=False).any(), words
    assert_texts_are_whole(result.findings)


def assert_texts_are_whole(found):
    for column in ("message_zh", "message_en"):
        assert not found[column].str.contains(r"[{}]|nan|NaT|None|<NA>", regex=True).any()
    assert found["clause"].ne("").all()
    assert all(isinstance(json.loads(text), dict) for text in found["evidence"])


def test_cases_cover_every_status_and_every_cause():
    cases = [param.values[0] for param in _read()]
    assert len({case["name"] for case in cases}) == len(cases)
    statuses = {case["expect"].get("idle_status") for case in cases}
    codes = {str(cause.get("cause_code")) for case in cases for cause in case.get("causes") or ()}
    assert statuses >= {"idle_2y", "idle_1y", "idle_government_cause", "idle_suspended", "at_risk",
                        "not_idle", "not_assessable", "not_applicable"}
    assert codes >= set("1234567")
