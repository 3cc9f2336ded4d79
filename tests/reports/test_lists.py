"""Lists people carry away, and what stands beside the results."""

from __future__ import annotations

import io
import zipfile

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import box

import landtool as lt
from landtool.balance.proposed import proposals_of_parcels
from landtool.errors import InputDataError
from landtool.reports.list_files import list_geopackage, list_shapefile, list_workbook
from landtool.reports.recovery_list import recovery_list
from landtool.reports.regrading import regrade
from landtool.reports.source_ages import source_ages

HOSTILE = ["=1+1", "+SUM(A1)", "-2", "@cmd|' /C calc'!A0", "http://x.invalid", "<b>", "𡋾甲" * 80]


@pytest.fixture(scope="module")
def result(assessed_town):
    return lt.read_results(assessed_town / "out")


def listed():
    return gpd.GeoDataFrame({
        "parcel_id": HOSTILE, "idle_status": "idle_2y", "area_m2": 25000.0, "cluster": pd.array([1] * 7, "Int64"),
        "cluster_parcels": 1, "cluster_area_m2": 5.0, "turns_idle_date": pd.Timestamp("2026-01-01")},
        geometry=[box(i, 0, i + 1, 1) for i in range(7)], crs="EPSG:4544")  # fmt: skip


def test_cells_of_a_workbook_are_text():
    sheet = openpyxl.load_workbook(io.BytesIO(list_workbook(listed(), "zh"))).active
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == HOSTILE
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.hyperlink is None for cell in cells)
    assert [cell.value for cell in sheet[1]][:3] == ["宗地", "闲置情况", "面积(公顷)"]
    assert sheet["C2"].value == 2.5


def test_shapefile_keeps_chinese_and_names_its_fields(tmp_path):
    with zipfile.ZipFile(io.BytesIO(list_shapefile(listed(), "zh"))) as packed:
        packed.extractall(tmp_path)
    assert (tmp_path / "idle_land.cpg").read_text() == "GB18030"
    back = gpd.read_file(tmp_path / "idle_land.shp")
    assert back["parcel_id"].tolist()[:6] == HOSTILE[:6]
    assert back["parcel_id"].iloc[6].startswith("𡋾甲𡋾甲")
    assert back.crs == "EPSG:4544"
    told = (tmp_path / "fields.txt").read_text(encoding="utf-8-sig")
    assert "cluster_ar\t连片面积(公顷)\tcluster_area_m2" in told


def test_geopackage_holds_the_rows(tmp_path):
    (tmp_path / "a.gpkg").write_bytes(list_geopackage(listed(), "zh"))
    assert gpd.read_file(tmp_path / "a.gpkg")["parcel_id"].tolist() == HOSTILE


def test_recovery_list_counts_down_and_groups(result):
    rows = recovery_list(result, "zh", 1.0)
    ahead = rows[rows["idle_status"] == "at_risk"]
    days = (ahead["turns_idle_date"] - pd.Timestamp(result.summary["as_of"])).dt.days
    assert ahead["to_1y_days"].tolist() == days.tolist()
    assert (ahead["to_1y_days"] > 0).all()
    recoverable = rows["idle_status"].isin(["idle_2y", "idle_1y", "idle_government_cause", "idle_suspended"])
    assert rows["cluster"].notna().equals(recoverable)
    one = rows[rows["cluster"] == 1]
    assert one["cluster_area_m2"].iloc[0] == pytest.approx(one["area_m2"].sum())
    assert not rows["route"].isna().any()


def test_source_ages_say_what_changed(result, assessed_town):
    made = (assessed_town / "out" / "summary.json").stat().st_mtime
    ages = source_ages(result.summary, assessed_town, made, "en")
    told = ages.loc[ages["crs"] != "", "crs"]
    assert told.str.contains("Gauss-Kruger").all()
    assert not told.str.contains("[一-鿿]").any()
    assert len(ages) == len(result.summary["layers"])
    assert not ages["changed_since"].any()
    assert source_ages(result.summary, assessed_town, 0.0, "en")["changed_since"].all()
    gone = source_ages(result.summary, assessed_town / "nowhere", made, "en")
    assert gone["changed_since"].isna().all()


def test_regrading_by_the_same_weights_changes_nothing(result):
    weights = result.summary["grades"]["weights"]
    assert not regrade(result, weights)["changed"].any()
    other = regrade(result, {name: float(place == 0) for place, name in enumerate(weights)})
    assert other["changed"].any()
    with pytest.raises(InputDataError, match="no indicator"):
        regrade(result, dict.fromkeys(weights, 0.0))


def test_named_parcels_become_proposals(result):
    ids = result.parcels["parcel_id"].tolist()[:2]
    made = proposals_of_parcels(result.parcels, [*ids, ids[0]], " 0701 ")
    assert made["proposal_id"].tolist() == ids
    assert set(made["to_code"]) == {"0701"}
    with pytest.raises(InputDataError, match="no parcel X"):
        proposals_of_parcels(result.parcels, ["X"], "0701")
    with pytest.raises(InputDataError, match="missing"):
        proposals_of_parcels(result.parcels, ids, " ")
