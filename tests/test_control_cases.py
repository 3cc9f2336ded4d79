"""The clause cases of tests/cases/control-*.yml: the first file says in its header how a case is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml

from landtool.geometry.area import ellipsoidal_area_m2
from landtool.indicators.buildings import buildings_on_parcels
from landtool.indicators.land import is_supplied
from landtool.link import link_contracts
from landtool.policy import load_policy
from landtool.result_tables import with_contract
from landtool.rules.control import CONTROL_VERDICTS, INDICATORS, ControlResult, judge_control
from landtool.schema import LAYERS
from landtool.schema.conform import conform

FOLDER = Path(__file__).parent / "cases"
ALLOWED = {"name", "clause", "as_of", "policy", "industrial", "parcel", "contract", "site", "buildings",
           "expect", "findings", "no_findings", "message_zh"}  # fmt: skip
CRS, CORNER = "EPSG:4545", (500_000.0, 3_270_000.0)


def _read() -> list[Any]:
    return [pytest.param(case, id=f"{path.stem}: {case['name']}")
            for path in sorted(FOLDER.glob("control-*.yml"))
            for case in yaml.safe_load(path.read_text(encoding="utf-8"))]


def _register(row: dict[str, Any], layer: str) -> pd.DataFrame:
    """A row as a register holds it: read, checked and typed like any source."""
    sheet = pd.DataFrame([{name: None if cell is None else str(cell) for name, cell in row.items()}],
                         dtype=object)
    return conform(sheet, LAYERS[layer], source=f"{layer}.xlsx",
                   source_row=pd.Series([2], dtype="Int64")).frame


def _box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    x, y = CORNER
    return shapely.box(x + west, y + south, x + east, y + north)


def _built(case: dict[str, Any], parcels: gpd.GeoDataFrame, policy: Any) -> pd.DataFrame:
    rows = pd.DataFrame(case["buildings"])
    buildings = gpd.GeoDataFrame(rows.drop(columns="box"), geometry=[_box(*box) for box in rows["box"]],
                                 crs=CRS)  # fmt: skip
    return buildings_on_parcels(
        parcels, buildings, double_above_m=policy["control.double_storey_height_m"].value,
        factor=policy["control.double_storey_factor"].value)


def run(case: dict[str, Any]) -> ControlResult:
    """The case as an assessment of a town of one parcel."""
    policy = load_policy(case.get("policy", "national"), case["as_of"])
    parcels = _register({"parcel_id": "本案"} | case.get("parcel", {}), "parcels")
    flag = {"yes": True, "no": False, "unknown": pd.NA}[case.get("industrial", "yes")]
    parcels["is_industrial"] = pd.array([flag], dtype="boolean")
    built = None
    if "site" in case:
        side = case["site"]
        parcels = gpd.GeoDataFrame(parcels, geometry=[_box(0, 0, side, side)], crs=CRS)
        parcels["area_m2"] = ellipsoidal_area_m2(parcels)
        built = _built(case, parcels, policy)
    linked = contracts = None
    if "contract" in case:
        row = {"contract_id": "合同", "parcel_id": "本案"} | case["contract"]
        linked = link_contracts(_register(row, "contracts"), parcels, case["as_of"])
        contracts = linked.contracts
    land = with_contract(pd.DataFrame(parcels), linked, contracts)
    land["is_supplied"] = is_supplied(land, land["contract_id"].notna())
    return judge_control(land, built, None, policy, case["as_of"])


def _plain(cell: Any) -> Any:
    return None if pd.isna(cell) else round(cell, 3) if isinstance(cell, float) else cell


@pytest.mark.parametrize("case", _read())
def test_control_case(case):
    assert set(case) <= ALLOWED, f"unknown keys: {set(case) - ALLOWED}"
    result = run(case)
    table = result.table.set_index("indicator")
    for indicator, expected in case["expect"].items():
        got = {name: _plain(table.loc[indicator, name]) for name in expected}
        assert got == expected, indicator
    rules = set(result.findings["rule_id"])
    assert set(case.get("findings", ())) <= rules
    assert not set(case.get("no_findings", ())) & rules
    for words in case.get("message_zh", ()):
        assert result.findings["message_zh"].str.contains(words, regex=False).any(), words
    for column in ("message_zh", "message_en"):
        assert not result.findings[column].str.contains(r"[{}]|nan|NaT|None|<NA>", regex=True).any()
    assert result.findings["clause"].ne("").all()
    assert all(isinstance(json.loads(text), dict) for text in result.findings["evidence"])


def test_cases_cover_every_verdict_and_every_indicator():
    cases = [param.values[0] for param in _read()]
    assert len({case["name"] for case in cases}) == len(cases)
    expected = [cells for case in cases for cells in case["expect"].values()]
    assert {cells.get("verdict") for cells in expected} >= set(CONTROL_VERDICTS)
    assert {name for case in cases for name in case["expect"]} >= set(INDICATORS) - {"investment_intensity"}
