"""Layers that overlap themselves, through the balance: every place counts once, at both dates."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest

from landtool.balance import LandBalance, land_balance
from landtool.balance.of_workspace import balance_of
from landtool.codes import load_classification
from landtool.geometry.topology import union_area_m2
from landtool.workspace import Workspace, open_workspace

PHILADELPHIA = 'name: philadelphia\nindustrial: ["I-*", "ICMX", "IRMX"]\nother: ["*"]\n'
ZONES = 'name: zones\nindustrial: ["industrial"]\nother: ["other"]\n'


def twice(build, files: str, path: str, code: str, rules: str) -> Workspace:
    source = f"{{path: {path}, classification: rules.yml, columns: {{land_use_code: {code}}}}}"
    folder = build([files], {"parcels": f"{{path: {path}}}", "land_use": f"{{2020: {source}, 2025: {source}}}"},
                   beside={"rules.yml": rules})  # fmt: skip
    return open_workspace(folder, only=["land_use"])


def overlaps(found: LandBalance) -> tuple[int, float]:
    told = found.problems
    row = told[(told["snapshot"] == "2020") & (told["kind"] == "overlap")].iloc[0]
    return int(row["rows"]), float(row["area_m2"])


def industrial(workspace: Workspace) -> gpd.GeoDataFrame:
    land = workspace.layers.land_use["2020"]
    rules = load_classification(Path(workspace.folder) / "rules.yml")
    return land[rules.classify(land["land_use_code"])["is_industrial"].fillna(False).to_numpy(dtype=bool)]


def test_vacant_land_of_philadelphia(build):
    workspace = twice(build, "philadelphia/vacant_land.parquet", "vacant_land.parquet", "zoning_base_district",
                      PHILADELPHIA)  # fmt: skip
    found = balance_of(workspace).balance
    row = found.ledger.iloc[0]
    own = industrial(workspace)
    assert len(own) == 863
    assert row["opening_m2"] == row["closing_m2"] == pytest.approx(4_644_904.6, abs=1.0)
    assert row["opening_m2"] == pytest.approx(union_area_m2(own), rel=1e-6)
    assert overlaps(found) == (287, pytest.approx(2.568, abs=0.005))
    assert found.changes.empty
    assert abs(row["residual_m2"]) < 1e-3

    land = workspace.layers.land_use["2020"]
    gone = own.index[:100]
    later = land.assign(land_use_code=land["land_use_code"].mask(land.index.isin(gone), "RSA-5")).sample(
        frac=1.0, random_state=1)
    made = land_balance(land, later, classification=load_classification(Path(workspace.folder) / "rules.yml"))
    lost = made.ledger.iloc[0]
    assert lost["converted_out_m2"] == pytest.approx(union_area_m2(land.loc[gone]), rel=1e-5)
    assert lost["noise_m2"] < 0.1
    assert made.verdict == "shrinks"
    assert abs(lost["residual_m2"]) < 1e-3


def test_industrial_zones_of_alexandria_in_degrees(build):
    workspace = twice(build, "osm_industrial/*", "industrial_zones.geojson", "fclass", ZONES)
    found = balance_of(workspace).balance
    row = found.ledger.iloc[0]
    assert overlaps(found) == (4, pytest.approx(524_695, abs=5))
    assert row["opening_m2"] / 1e6 == row["closing_m2"] / 1e6 == pytest.approx(38.068, abs=0.001)
    assert row["opening_m2"] == pytest.approx(union_area_m2(industrial(workspace)), rel=1e-6)
    assert (found.verdict, len(found.changes)) == ("holds", 0)
