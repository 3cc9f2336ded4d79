"""Layers that overlap themselves, through the balance: every place counts once, at both dates."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest

from landtool.balance import LandBalance, land_balance
from landtool.codes import Classification, load_classification
from landtool.geometry.topology import union_area_m2
from landtool.workspace import Workspace, open_workspace

PHILADELPHIA = 'name: philadelphia\nindustrial: ["I-*", "ICMX", "IRMX"]\nother: ["*"]\n'
ZONES = 'name: zones\nindustrial: ["industrial"]\nother: ["other"]\n'


def surveyed(build, files: str, path: str, code: str, rules: str) -> Workspace:
    source = f"{{path: {path}, classification: rules.yml, columns: {{land_use_code: {code}}}}}"
    folder = build([files], {"parcels": f"{{path: {path}}}", "land_use": f"{{2020: {source}}}"},
                   beside={"rules.yml": rules})  # fmt: skip
    return open_workspace(folder, only=["land_use"])


def rules_of(workspace: Workspace) -> Classification:
    return load_classification(Path(workspace.folder) / "rules.yml")


def overlaps(found: LandBalance) -> list[tuple[int, float]]:
    told = found.problems[found.problems["kind"] == "overlap"]
    return list(zip(told["rows"], told["area_m2"].round(2), strict=True))


def industrial(workspace: Workspace) -> gpd.GeoDataFrame:
    land = workspace.layers.land_use["2020"]
    found = rules_of(workspace).classify(land["land_use_code"])["is_industrial"]
    return land[found.fillna(False).to_numpy(dtype=bool)]


def test_vacant_land_of_philadelphia(build):
    """Against itself shuffled, a hundred industrial lots rezoned."""
    workspace = surveyed(build, "philadelphia/vacant_land.parquet", "vacant_land.parquet", "zoning_base_district",
                         PHILADELPHIA)  # fmt: skip
    land, own = workspace.layers.land_use["2020"], industrial(workspace)
    gone = own.index[:100]
    later = land.assign(land_use_code=land["land_use_code"].mask(land.index.isin(gone), "RSA-5"))
    found = land_balance(land, later.sample(frac=1.0, random_state=1), classification=rules_of(workspace))
    row = found.ledger.iloc[0]
    assert len(own) == 863
    assert row["opening_m2"] == pytest.approx(union_area_m2(own), rel=1e-6)
    assert row["opening_m2"] / 1e4 == pytest.approx(464.49, abs=0.005)
    assert row["closing_m2"] == pytest.approx(union_area_m2(own.iloc[100:]), rel=1e-6)
    assert row["converted_out_m2"] == pytest.approx(union_area_m2(own.iloc[:100]), rel=1e-5)
    # Some are about a millimetre wide, the width from which overlaps are told: processors part in the last digits.
    (rows, area), later_ones = overlaps(found)
    assert later_ones == (rows, area)
    assert rows == pytest.approx(289, abs=6)
    assert area == pytest.approx(2.58, abs=0.04)
    assert row["noise_m2"] < 0.1
    assert abs(row["residual_m2"]) < 1e-3
    assert found.verdict == "shrinks"


def test_industrial_zones_of_alexandria_in_degrees(build):
    workspace = surveyed(build, "osm_industrial/*", "industrial_zones.geojson", "fclass", ZONES)
    land = workspace.layers.land_use["2020"]
    found = land_balance(land, land, classification=rules_of(workspace))
    row = found.ledger.iloc[0]
    assert [rows for rows, _ in overlaps(found)] == [4, 4]
    assert overlaps(found)[0][1] == pytest.approx(524_695, abs=5)
    assert row["opening_m2"] / 1e6 == row["closing_m2"] / 1e6 == pytest.approx(38.068, abs=0.001)
    assert row["opening_m2"] == pytest.approx(union_area_m2(land), rel=1e-6)
    assert (found.verdict, len(found.changes)) == ("holds", 0)
