"""Industrial zones of Zürich: a row per building in the built layer, no footprint on the unbuilt one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import shapely

from landtool.assessment import assess
from landtool.workspace import open_workspace

BUILDINGS = "{path: buildings.parquet, columns: {building_id: egid, floors: geschosse}}"


def side(build, file: str) -> SimpleNamespace:
    workspace = open_workspace(build(
        [f"zurich/{file}", "zurich/buildings.parquet"],
        {"parcels": f"{{path: {file}, columns: {{parcel_id: egrid}}}}", "buildings": BUILDINGS}))
    return SimpleNamespace(workspace=workspace, parcels=workspace.layers.parcels,
                           report=workspace.reports["parcels"], problems=workspace.problems,
                           footprint=footprint_m2(workspace.layers))


def footprint_m2(layers) -> np.ndarray:
    """Area under buildings of each parcel, on the working plane."""
    land = np.asarray(layers.parcels.geometry.array)
    roofs = np.asarray(layers.buildings.geometry.array)
    parcel, roof = shapely.STRtree(roofs).query(land, predicate="intersects")
    area = shapely.area(shapely.intersection(land[parcel], roofs[roof]))
    return np.bincount(parcel, weights=area, minlength=len(land))


@pytest.fixture(scope="module")
def built(build) -> SimpleNamespace:
    return side(build, "built_parcels.parquet")


@pytest.fixture(scope="module")
def unbuilt(build) -> SimpleNamespace:
    return side(build, "unbuilt_parcels.parquet")


def test_built_parcels_once_each(built):
    assert (built.report.rows_in, built.report.accepted, built.report.set_aside) == (4_465, 2_240, 2_225)
    repeats = built.problems[(built.problems["layer"] == "parcels") & (built.problems["scope"] == "row")]
    assert repeats["kind"].eq("duplicate_key").all()
    # Each names the row that stands for it.
    kept = built.parcels["source"] + "#" + built.parcels["source_row"].astype("str")
    assert repeats["detail"].isin(kept).all()
    assert built.parcels["area_m2"].sum() / 1e6 == pytest.approx(10.84, abs=0.005)


def test_unbuilt_parcels(unbuilt):
    assert (unbuilt.report.rows_in, unbuilt.report.accepted) == (1_078, 1_078)
    area = unbuilt.parcels["area_m2"]
    assert area.sum() / 1e6 == pytest.approx(1.635, abs=0.001)
    assert (area > 2_000).sum() == 236
    assert (area < 1).sum() == 165
    slivers = unbuilt.problems[unbuilt.problems["kind"] == "sliver"]
    assert len(slivers) == 410
    assert slivers["scope"].eq("note").all()  # shown, not dropped


def test_no_footprint_on_unbuilt_parcels(built, unbuilt):
    assert unbuilt.footprint.sum() == 0.0
    assert (built.footprint > 0).sum() == 2_229  # eleven are touched by a wall only
    assert built.footprint.sum() / 1e6 == pytest.approx(3.915, abs=0.001)


def test_repeated_footprints_count_once(unbuilt):
    report = unbuilt.workspace.reports["buildings"]
    assert (report.rows_in, report.accepted, report.set_aside) == (15_789, 3_784, 12_005)


def test_both_in_one_layer(build):
    workspace = open_workspace(build(
        ["zurich/*_parcels.parquet", "zurich/*built_parcels.parquet"],
        {"parcels": "{path: '*built_parcels.parquet', columns: {parcel_id: egrid}}"}))
    report = workspace.reports["parcels"]
    assert (report.rows_in, report.accepted) == (5_543, 3_318)
    assert not workspace.problems["kind"].eq("overlap").any()
    # Without contracts nothing is judged idle, and that is said.
    summary = assess(workspace).summary
    assert set(summary["idle"]) == {"not_assessable"}
    assert any("contracts" in row["missing"] for row in summary["not_assessed"])


def test_built_share_and_floors_of_built_parcels(built):
    """What the footprints cover, each place once; storeys where the register of buildings has them."""
    control = assess(built.workspace).control.set_index(["indicator", "parcel_id"])
    covered, floors = control.loc["building_coefficient"], control.loc["far"]
    assert set(covered["basis"].dropna()) | set(floors["basis"].dropna()) == {"geometry"}
    # A wall within a square millimetre is no building: one parcel less than merely touched.
    assert covered["value"].notna().sum() == 2_228
    ground = (covered["value"] * covered["area_used_m2"]).sum()
    assert ground / 1e6 == pytest.approx(3.915, abs=0.001)
    assert ground / built.parcels["area_m2"].sum() == pytest.approx(0.361, abs=0.0005)
    # A parcel with one building of unknown storeys has no FAR: unknown is never zero.
    assert floors["value"].notna().sum() == 924
    assert floors["value"].median() == pytest.approx(0.899, abs=0.001)
    # No contract, no code that says industrial: figures without a verdict.
    assert set(control["verdict"]) == {"not_assessable"}
