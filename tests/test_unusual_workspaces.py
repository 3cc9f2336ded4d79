"""Workspaces that lack what the demo has: polygons, contracts, a target, a known classification."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from landtool import messages
from landtool.assessment import assess
from landtool.errors import LandtoolError
from landtool.explanation import explain
from landtool.maps.assessment_map import map_html
from landtool.workspace import open_workspace

OWN = """\
name: own
industrial: ["I-*"]
storage: []
m0: []
other: ["*"]
"""


def write(folder: Path, layers: str, policy: str = "national") -> Path:
    (folder / "own.yml").write_text(OWN, encoding="utf-8")
    (folder / "landtool.yaml").write_text(
        f"name: t\npolicy: {policy}\nas_of: 2025-12-31\nlayers:\n{layers}", encoding="utf-8")
    return folder


def lots(folder: Path, codes: list[str], systems: list[str | None] | None = None) -> None:
    east = [500_000 + 200 * at for at in range(len(codes))]
    frame = gpd.GeoDataFrame(
        {"parcel_id": [f"P{at}" for at in range(len(codes))], "land_use_code": codes},
        geometry=[box(x, 3_270_000, x + 100, 3_270_100) for x in east], crs=4545)
    if systems is not None:
        frame["classification"] = pd.Series(systems, dtype="str")
    frame.to_file(folder / "lots.gpkg")


def flags(folder: Path) -> list[bool | None]:
    found = open_workspace(folder).layers.parcels["is_industrial"]
    return [None if pd.isna(flag) else bool(flag) for flag in found]


def test_the_declared_classification_reads_the_codes(tmp_path):
    lots(tmp_path, ["I-1", "RSA-5"])
    assert flags(write(tmp_path, "  parcels: {path: lots.gpkg, classification: own.yml}\n")) == [True, False]
    assert flags(write(tmp_path, "  parcels: {path: lots.gpkg}\n")) == [None, None]


def test_a_classification_that_was_assumed_is_said(tmp_path):
    lots(tmp_path, ["0601", "0701"])
    notes = open_workspace(write(tmp_path, "  parcels: {path: lots.gpkg}\n")).problems
    said = notes[notes["kind"] == "classification_assumed"]
    assert said[["scope", "value", "detail"]].to_numpy().tolist() == [["note", "tdlb-2019", "2"]]
    declared = write(tmp_path, "  parcels: {path: lots.gpkg, classification: gbt21010-2017}\n")
    assert not open_workspace(declared).problems["kind"].eq("classification_assumed").any()


def test_the_declared_classification_reads_contracts_too(tmp_path):
    pd.DataFrame({"contract_id": ["A"], "land_use_code": ["I-2"]}).to_csv(tmp_path / "c.csv", index=False)
    write(tmp_path, "  contracts: {path: c.csv, classification: own.yml}\n")
    assert open_workspace(tmp_path).layers.contracts["is_industrial"].tolist() == [True]


def test_a_row_that_names_its_classification_is_read_by_that(tmp_path):
    lots(tmp_path, ["0601", "I-1", "0601"], ["tdlb-2019", "own", None])
    assert flags(write(tmp_path, "  parcels: {path: lots.gpkg, classification: own.yml}\n")) == [
        True, True, False]  # fmt: skip


def test_a_classification_nobody_knows_is_reported_and_the_run_goes_on(tmp_path):
    lots(tmp_path, ["0601", "0601"], ["某市分类", "tdlb-2019"])
    workspace = open_workspace(write(tmp_path, "  parcels: {path: lots.gpkg}\n"))
    assert workspace.layers.parcels["is_industrial"].isna().tolist() == [True, False]
    found = workspace.set_aside[workspace.set_aside["kind"] == "classification_unknown"]
    assert found[["subject_id", "value"]].to_numpy().tolist() == [["P0", "某市分类"]]
    assert "某市分类" in found["reason"].iloc[0]


def test_a_classification_file_that_is_not_there_is_refused(tmp_path):
    lots(tmp_path, ["0601"])
    with pytest.raises(LandtoolError, match="elsewhere"):
        open_workspace(write(tmp_path, "  parcels: {path: lots.gpkg, classification: elsewhere.yml}\n"))


def test_parcels_alone_are_assessed_drawn_and_explained(tmp_path):
    lots(tmp_path, ["0601", "0701"])
    workspace = open_workspace(write(tmp_path, "  parcels: {path: lots.gpkg}\n"))
    result = assess(workspace)
    assert result.summary["output"]["city"]["output_verdict"] == "not_assessable"
    assert result.parcels["idle_status"].eq("not_assessable").all()
    assert "P0" in map_html(result)
    assert explain(workspace, result, "P0").as_text("zh")


def test_parks_that_are_a_table_need_no_districts_to_lie_in(tmp_path):
    lots(tmp_path, ["0601"])
    pd.DataFrame({"园区代码": ["K1"], "园区名称": ["甲园"]}).to_csv(tmp_path / "parks.csv", index=False)
    gpd.GeoDataFrame({"district_code": ["500101"], "district_name": ["甲区"]},
                     geometry=[box(4e5, 3.2e6, 6e5, 3.3e6)], crs=4545).to_file(tmp_path / "d.gpkg")
    workspace = open_workspace(write(tmp_path, (
        "  parcels: {path: lots.gpkg}\n  parks: {path: parks.csv}\n  districts: {path: d.gpkg}\n")))
    assert workspace.layers.parks["park_name"].tolist() == ["甲园"]
    assert workspace.layers.parcels["district_code"].tolist() == ["500101"]
    assert len(assess(workspace).parks) == 1


def test_parcels_without_polygons_count_by_the_area_they_state(tmp_path):
    pd.DataFrame({"宗地代码": ["P1", "P2"], "证载面积(公顷)": [1.5, 2.0]}).to_csv(tmp_path / "p.csv", index=False)
    result = assess(open_workspace(write(tmp_path, "  parcels: {path: p.csv}\n")))
    assert result.summary["idle"]["not_assessable"]["area_m2"] == pytest.approx(35_000.0)


def test_figures_are_shared_by_the_areas_that_parcels_without_polygons_state(tmp_path):
    pd.DataFrame({"宗地代码": ["P1", "P2"], "证载面积(公顷)": [1.5, 2.0]}).to_csv(tmp_path / "p.csv", index=False)
    pd.DataFrame({"enterprise_id": ["E"], "year": [2025], "工业总产值(元)": [7e6]}).to_csv(tmp_path / "o.csv", index=False)
    pd.DataFrame({"enterprise_id": ["E", "E"], "宗地代码": ["P1", "P2"]}).to_csv(tmp_path / "h.csv", index=False)
    layers = "  parcels: {path: p.csv}\n  operations: {path: o.csv}\n  occupancy: {path: h.csv}\n"
    result = assess(open_workspace(write(tmp_path, layers)))
    assert result.parcels["output_cny"].tolist() == pytest.approx([3e6, 4e6])
    assert result.parcels["area_used"].tolist() == ["certificate"] * 2


def test_a_layer_of_points_is_set_aside_row_by_row(tmp_path):
    gpd.GeoDataFrame({"parcel_id": ["P1", "P2"]}, geometry=[Point(106.5, 29.5), Point(106.6, 29.5)],
                     crs=4490).to_file(tmp_path / "points.gpkg")
    gpd.GeoDataFrame({"district_code": ["500101"], "district_name": ["甲区"]},
                     geometry=[box(4e5, 3.2e6, 6e5, 3.3e6)], crs=4545).to_file(tmp_path / "d.gpkg")
    workspace = open_workspace(write(
        tmp_path, "  parcels: {path: points.gpkg}\n  districts: {path: d.gpkg}\n"))
    report = workspace.reports["parcels"]
    assert (report.rows_in, report.accepted, report.set_aside) == (2, 0, 2)
    assert workspace.set_aside["kind"].eq("geometry_not_polygon").all()


def test_binary_cells_are_shown_and_do_not_end_the_run(tmp_path):
    frame = gpd.GeoDataFrame({"parcel_id": ["P1"], "blob": pd.Series([b"\xff\xfe"], dtype="object")},
                             geometry=[box(5e5, 3.27e6, 5.001e5, 3.2701e6)], crs=4545)
    frame.to_parquet(tmp_path / "lots.parquet")
    assert len(open_workspace(write(tmp_path, "  parcels: {path: lots.parquet}\n")).layers.parcels) == 1


@pytest.mark.parametrize("dtype", ["object", "str", "float64"])
def test_dates_that_are_all_unknown_are_written_as_such(dtype):
    assert messages.cells(pd.Series([None, None], dtype=dtype), "date").tolist() == ["–", "–"]


def test_the_area_of_a_contract_is_not_called_one_of_geometry(tmp_path):
    pd.DataFrame({"电子监管号": ["A"], "面积(公顷)": [1.0]}).to_csv(tmp_path / "c.csv", index=False)
    workspace = open_workspace(write(tmp_path, "  contracts: {path: c.csv}\n"))
    said = explain(workspace, assess(workspace), "A").as_text("zh")
    assert "供地面积" in said
    assert "图形面积" not in said


def test_a_lease_turned_into_a_grant_is_not_told_to_begin_again(tmp_path):
    pd.DataFrame({
        "contract_id": ["前租", "出让", "他案"], "parcel_id": ["P1", "P1", "P2"], "holder": ["甲", "甲", "乙"],
        "kind": ["先租后让", "出让", "出让"], "signed_date": ["2015-01-01", "2020-01-01", "2012-01-01"],
        "expiry_date": ["2019-12-31", None, None], "agreed_start_date": ["2015-06-01", "2021-01-01", "2013-01-01"],
        "agreed_completion_date": [None, "2022-01-01", "2015-01-01"], "actual_start_date": ["2015-06-01", None, "2013-01-01"],
        "actual_completion_date": ["2017-01-01", None, "2015-01-01"],
    }).to_csv(tmp_path / "c.csv", index=False)
    result = assess(open_workspace(write(tmp_path, "  contracts: {path: c.csv}\n")))
    rules = set(result.findings["rule_id"])
    assert "data.started_under_earlier_contract" in rules
    assert not {rule for rule in rules if rule.startswith(("idle.order53", "milestone."))}
    grant = result.contracts.set_index("contract_id").loc["出让"]
    assert (grant["idle_basis"], grant["lifecycle_stage"]) == ("started_under_earlier_contract", "unknown")
    mine = result.milestones[result.milestones["contract_id"] == "出让"].set_index("milestone")["status"]
    assert mine[["start", "completion"]].tolist() == ["not_assessable"] * 2
