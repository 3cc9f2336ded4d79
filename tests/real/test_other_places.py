"""Parcels, lots, zones and buildings of other countries: feet, degrees, missing ids, overlaps."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pytest

from landtool.assessment import assess
from landtool.errors import LandtoolError
from landtool.geometry.topology import union_area_m2
from landtool.policy import load_policy
from landtool.workspace import Workspace, open_workspace

PHILADELPHIA = """\
name: philadelphia
industrial: ["I-*", "ICMX", "IRMX"]
storage: []
m0: []
other: ["*"]
"""
NEW_YORK = """\
name: new-york
industrial: ["06"]
storage: []
m0: []
other: ["*"]
"""


def kinds(workspace: Workspace, layer: str) -> dict[str, int]:
    problems = workspace.problems
    return problems.loc[problems["layer"] == layer, "kind"].value_counts().to_dict()


# ---- Philadelphia: US survey feet


@pytest.fixture(scope="module")
def philadelphia(build) -> Workspace:
    return open_workspace(build(["philadelphia/vacant_land.parquet"], {"parcels": (
        "{path: vacant_land.parquet, classification: philadelphia.yml, "
        "columns: {parcel_id: opa_id, land_use_code: zoning_base_district}}")},
        beside={"philadelphia.yml": PHILADELPHIA}))  # fmt: skip


def test_areas_of_parcels_in_feet(philadelphia):
    parcels = philadelphia.layers.parcels
    assert philadelphia.reports["parcels"].sources[0].crs.endswith("[EPSG:2272]")
    assert len(parcels) == philadelphia.reports["parcels"].rows_in == 25_663
    assert parcels["area_m2"].sum() / 1e4 == pytest.approx(1_307.9, abs=0.1)
    assert parcels.crs.axis_info[0].unit_name == "metre"


def test_industrial_by_the_citys_own_classification(philadelphia):
    parcels = philadelphia.layers.parcels
    flags = parcels["is_industrial"]
    assert int(flags.sum()) == 863
    assert parcels.loc[flags.fillna(False), "area_m2"].sum() / 1e4 == pytest.approx(464.5, abs=0.1)
    # Without a zoning code nothing is known: neither industrial nor not.
    assert flags.isna().sum() == parcels["land_use_code"].isna().sum() == 45


def test_missing_numbers_and_the_invalid_polygon(philadelphia):
    parcels = philadelphia.layers.parcels
    # The 14 repeated numbers are blanks, 15 of them: each parcel gets a name of its own, and stays.
    assert parcels["parcel_id"].str.fullmatch(r"vacant_land\.parquet#\d+").sum() == 15
    found = kinds(philadelphia, "parcels")
    assert found["key_made"] == found["geometry_repaired"] == 1
    assert "duplicate_key" not in found
    assert "code_unknown" not in found


def test_a_policy_without_a_target_measures_and_does_not_judge(philadelphia):
    result = assess(philadelphia)
    assert result.summary["output"]["city"]["target_cny_m2"] is None
    assert result.summary["output"]["city"]["output_verdict"] == "not_assessable"
    assert result.parcels["idle_status"].eq("not_assessable").all()
    assert result.summary["idle"]["not_assessable"]["area_m2"] == pytest.approx(13.079e6, rel=1e-3)
    # Neither rules of low-efficiency land: the policy is silent, and the result says so.
    assert result.low_efficiency is None
    assert ["low_efficiency.rules"] in [row["missing"] for row in result.summary["not_assessed"]]


def test_vacant_industrial_land_is_open_not_efficient(philadelphia):
    """Under a policy with rules: what the register does not say is named, lot by lot, and nothing fires."""
    policy = load_policy("chongqing-2021", philadelphia.as_of)
    result = assess(replace(philadelphia, policy=policy))
    lots = result.parcels
    status = lots["low_efficiency_status"]
    assert status.value_counts().to_dict() == {"not_applicable": 25_663 - 863 - 45, "not_assessable": 863 + 45}
    open_industrial = lots["is_industrial"].fillna(False).astype("bool")
    assert lots.loc[open_industrial, "area_m2"].sum() / 1e4 == pytest.approx(464.5, abs=0.1)
    assert set(lots.loc[open_industrial, "low_efficiency_missing"]) == {
        "supply_status, idle_status, actual_production_date"}
    assert lots["is_low_efficiency"].isna().all()
    assert lots[["recoverable_area_m2", "foregone_output_cny", "grade"]].isna().all(axis=None)
    assert result.grades is None
    gaps = {tuple(row["missing"]): row["why"] for row in result.summary["not_assessed"]}
    assert "863" in gaps["supply_status", "idle_status", "actual_production_date"]
    assert ("operations",) in gaps
    assert ("commitments",) in gaps


def test_a_classification_that_is_nowhere_is_refused(build):
    folder = build(["osm_industrial/*"], {"parcels": (
        "{path: industrial_zones.geojson, classification: nowhere, columns: {parcel_id: osm_id}}")})
    with pytest.raises(LandtoolError, match="nowhere"):
        open_workspace(folder)


# ---- Lower Manhattan: lots at three dates, without numbers


def test_lots_of_lower_manhattan(build):
    workspace = open_workspace(build(["lower_manhattan/*"], {
        "parcels": "{path: lm2018.geojson, classification: new-york.yml}",
        "land_use": "{2002: {path: lm2002.geojson}, 2010: {path: lm2010.geojson}, 2018: {path: lm2018.geojson}}",
    }, beside={"new-york.yml": NEW_YORK}))  # fmt: skip
    lots = {"2002": (736, 27, 65, 16_671), "2010": (746, 21, 43, 10_447), "2018": (725, 11, 22, 5_995)}
    for year, (rows_in, without_code, industrial, area_m2) in lots.items():
        report = workspace.reports[f"land_use:{year}"]
        assert (report.rows_in, report.set_aside) == (rows_in, without_code)
        assert kinds(workspace, f"land_use:{year}")["required_missing"] == without_code
        frame = workspace.layers.land_use[year]
        found = frame[frame["land_use_code"] == "06"]
        assert len(found) == industrial
        assert found["area_m2"].sum() == pytest.approx(area_m2, rel=1e-3)
    # As parcels the lots without a code stay, and the code is read by the city's own classification.
    parcels = workspace.layers.parcels
    assert len(parcels) == 725
    assert int(parcels["is_industrial"].sum()) == 22
    assert parcels["is_industrial"].isna().sum() == 11


# ---- Alexandria: overlapping zones in degrees


def test_overlapping_industrial_zones(build):
    workspace = open_workspace(build(["osm_industrial/*"], {
        "parcels": "{path: industrial_zones.geojson, columns: {parcel_id: osm_id}}"}))
    zones = workspace.layers.parcels
    assert len(zones) == 109
    assert workspace.plane.is_projected
    assert kinds(workspace, "parcels")["overlap"] == 4
    summed, once = zones["area_m2"].sum(), union_area_m2(zones)
    assert summed / 1e6 == pytest.approx(38.63, abs=0.05)
    assert once / 1e6 == pytest.approx(38.11, abs=0.05)
    assert summed - once == pytest.approx(0.52e6, abs=0.01e6)


# ---- Stoke-on-Trent: a register that is a workbook under the name of a text file


def test_brownfield_register_without_polygons(build):
    workspace = open_workspace(build(["brownfield/*"], {
        "districts": "{path: boundary.geojson, columns: {district_code: gss_code}}",
        "parcels": "{path: brownfield_register_2024.csv, columns: {parcel_id: SiteReference, "
                   "certificate_area_m2: {field: Hectares, unit: 公顷}}}",
    }))  # fmt: skip
    sites = workspace.layers.parcels
    assert not isinstance(sites, gpd.GeoDataFrame)
    assert len(sites) == workspace.reports["parcels"].rows_in == 218
    assert sites["certificate_area_m2"].sum() / 1e4 == pytest.approx(214.8, abs=0.1)
    # The area they state is the area they count with.
    idle = assess(workspace).summary["idle"]
    assert idle["not_assessable"]["area_m2"] / 1e4 == pytest.approx(214.8, abs=0.1)


# ---- Boulder: footprints in a zip


def test_buildings_as_buildings_and_as_parcels(build):
    workspace = open_workspace(build(["buildings/*"], {
        "buildings": "{path: boulder_buildings.zip}", "parcels": "{path: boulder_buildings.zip}"}))
    for layer in ("buildings", "parcels"):
        report = workspace.reports[layer]
        assert report.rows_in == report.accepted == 13_491
        assert kinds(workspace, layer)["geometry_repaired"] == 10
    shapes = workspace.layers.buildings
    assert shapes.is_valid.all()
    assert shapes["area_m2"].sum() == pytest.approx(workspace.layers.parcels["area_m2"].sum())
    assert workspace.layers.parcels["area_m2"].sum() / 1e4 == pytest.approx(343.3, abs=0.1)
    # Only land that must not overlap is checked for it.
    assert "overlap" not in kinds(workspace, "buildings")
    assert kinds(workspace, "parcels")["overlap"] == 303
