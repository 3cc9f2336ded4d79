"""The main job on a whole town: what was planted is found, what was intended is concluded."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import landtool as lt
from landtool import cli
from landtool.assessment import all_problems, assess
from landtool.errors import InputDataError
from landtool.reports.results import FRAMES, read_results
from landtool.sample import make_town, planted_problems, write_town
from landtool.workspace import open_workspace

RESULT_COLUMNS = [
    "parcel_id", "park_id", "district_code", "land_use_code", "is_industrial", "area_m2", "contract_id",
    "lifecycle_stage", "idle_status", "idle_fee_cny", "idle_since", "idle_days", "idle_cause",
    "investment_intensity_cny_m2", "output_intensity_cny_m2", "tax_intensity_cny_m2", "far",
    "building_coefficient", "grade", "is_low_efficiency", "low_efficiency_reasons",
    "recoverable_area_m2", "foregone_output_cny", "evidence_conflict",
]  # fmt: skip
PARK_COLUMNS = [
    "park_id", "park_name", "area_m2", "industrial_area_m2", "output_year", "output_cny",
    "output_intensity_cny_m2", "output_numerator", "output_denominator", "area_used",
    "coverage_pct", "target_cny_m2", "output_gap_cny", "output_gap_m2",
    "investment_intensity_cny_m2", "tax_intensity_cny_m2",
]  # fmt: skip


@pytest.fixture(scope="module")
def town():
    return make_town(seed=0, parcels=900)


@pytest.fixture(scope="module")
def folder(town, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("town") / "demo"
    write_town(town, place)
    return place


@pytest.fixture(scope="module")
def workspace(folder):
    return open_workspace(folder)


@pytest.fixture(scope="module")
def result(workspace):
    return assess(workspace)


@pytest.fixture(scope="module")
def out(result, folder) -> Path:
    return lt.write_results(result, folder / "out")


def test_every_row_is_accounted_for(workspace):
    for name, report in workspace.reports.items():
        assert report.rows_in == report.accepted + report.set_aside, name
        rows = workspace.problems
        rows = rows[(rows["layer"] == name) & (rows["scope"] == "row")]
        assert len(rows) == report.set_aside, name


def test_exactly_the_planted_problems_are_found(workspace, town):
    """Each planted kind, no less; of the kinds that set something aside, no more."""
    planted, found = planted_problems(town), all_problems(workspace)
    gone = {"row", "field"}
    mine = planted[planted["scope"].isin(gone)].groupby(["layer", "kind"]).size()
    theirs = found[found["scope"].isin(gone)].groupby(["layer", "kind"]).size()
    pd.testing.assert_series_equal(mine.sort_index(), theirs.sort_index(), check_names=False)


def test_planted_doubts_are_notes_or_findings(result, workspace, town):
    planted, found = planted_problems(town), all_problems(workspace)
    kinds = set(found["kind"]) | set(result.findings["rule_id"].str.partition(".")[2])
    # A hostile name is no fault of the data: it is shown as the text it is (see tests/browser).
    # What the rasters say against the register is held below.
    elsewhere = {"hostile_text", "evidence_conflict"}
    planted = planted[(planted["scope"] == "note") & ~planted["kind"].isin(elsewhere)]
    for row in planted.itertuples():
        assert row.kind in kinds, (row.kind, sorted(kinds))


@pytest.mark.parametrize("kind", ["overlap", "sliver", "duplicate_geometry", "park_split",
                                  "area_difference", "contract_parcel_unknown"])  # fmt: skip
def test_doubts_are_found_where_they_were_planted(workspace, town, kind):
    planted, found = planted_problems(town), all_problems(workspace)
    mine = set(planted.loc[planted["kind"] == kind, "subject_id"])
    theirs = found[found["kind"] == kind]
    assert mine
    named = set(theirs["subject_id"]) | set(theirs["value"])
    assert mine <= named
    assert len(theirs) <= 2 * len(mine)


def test_images_contradict_the_register_exactly_where_planted(result, town):
    planted = planted_problems(town)
    mine = set(planted.loc[planted["kind"] == "evidence_conflict", "subject_id"])
    found = result.findings[result.findings["rule_id"] == "evidence.conflict"]
    assert mine == set(found["subject_id"])
    parcels = result.parcels
    assert mine == set(parcels.loc[parcels["evidence_conflict"].fillna(False), "parcel_id"])
    assert found["message_zh"].str.contains("未动工").any()
    assert found["message_zh"].str.contains("已投产").any()


def test_idle_status_is_what_the_dates_were_drawn_to_give(result, town):
    intended = town.intended.dropna(subset=["idle_status"])
    odd = set(planted_problems(town)["subject_id"])
    intended = intended[~intended["parcel_id"].isin(odd) & ~intended["contract_id"].isin(odd)]
    got = result.parcels.set_index("parcel_id")["idle_status"].reindex(intended["parcel_id"])
    differs = got.to_numpy() != intended["idle_status"].to_numpy()
    assert len(intended) > 500
    assert not differs.any(), intended.assign(got=got.to_numpy())[differs].head(20).to_string()
    assert intended["idle_status"].nunique() >= 7


def test_result_columns_and_null_where_unknown(result):
    parcels = result.parcels
    assert isinstance(parcels, gpd.GeoDataFrame)
    assert set(RESULT_COLUMNS) <= set(parcels.columns)
    assert set(PARK_COLUMNS) <= set(result.parks.columns)
    assert parcels["parcel_id"].is_unique
    # A fee only where it is due, and never zero where it is not known.
    fee = parcels["idle_fee_cny"]
    assert fee[parcels["idle_status"] != "idle_1y"].isna().all()
    assert (fee.dropna() > 0).all()
    unknown = parcels["output_cny"].isna()
    assert unknown.any()
    assert parcels.loc[unknown, "output_intensity_cny_m2"].isna().all()


def test_ratios_are_ratios_of_sums(result):
    parcels = result.parcels
    inside = parcels["in_denominator"].fillna(False).astype(bool) & parcels["output_cny"].notna()
    sums = parcels[inside].groupby("park_id")[["output_cny", "area_used_m2"]].sum()
    expected = sums["output_cny"] / sums["area_used_m2"]
    parks = result.parks.set_index("park_id")["output_intensity_cny_m2"].dropna()
    np.testing.assert_allclose(parks, expected.reindex(parks.index), rtol=1e-12)
    city = result.summary["output"]["city"]
    np.testing.assert_allclose(city["output_intensity_cny_m2"],
                               sums["output_cny"].sum() / sums["area_used_m2"].sum(), rtol=1e-12)


def test_findings_are_explained_and_stable(result, workspace):
    findings = result.findings
    assert findings["finding_id"].is_unique
    for name in ("rule_id", "subject_id", "clause", "message_zh", "message_en", "evidence"):
        assert (findings[name].str.len() > 0).all(), name
    assert all(isinstance(json.loads(text), dict) for text in findings["evidence"].head(200))
    again = assess(workspace).findings
    pd.testing.assert_frame_equal(findings, again)


def test_later_day_never_un_flags(workspace, result):
    later = assess(open_workspace(workspace.folder, as_of=pd.Timestamp("2026-12-31").date()))
    flagged = {"idle_1y", "idle_2y"}
    before = result.parcels.set_index("parcel_id")
    after = later.parcels.set_index("parcel_id").reindex(before.index)
    # A contract that has ended, or a newer one in force by then, is a new fact.
    same = (before["contract_id"] == after["contract_id"]) & (after["idle_status"] != "not_applicable")
    was = before["idle_status"].isin(flagged) & same
    assert was.any()
    assert after.loc[was, "idle_status"].isin(flagged).all()


def test_files_are_written_and_read_back(out, result):
    for name in ("parcels", "parks", "districts", "findings", "set_aside"):
        assert (out / FRAMES[name]).is_file()
    again = read_results(out)
    assert again.summary == json.loads(json.dumps(result.summary))
    assert again.parcels["idle_status"].tolist() == result.parcels["idle_status"].tolist()
    assert again.parcels.crs == result.parcels.crs


def test_set_aside_says_where_and_why(out):
    aside = pd.read_parquet(out / "set_aside.parquet")
    assert list(aside.columns[:7]) == ["layer", "source", "source_row", "scope", "field", "value", "reason"]
    assert set(aside["scope"]) <= {"row", "field"}
    assert (aside["reason"].str.len() > 3).all()
    assert (aside["remedy"].str.len() > 1).all()


def test_geopackage_carries_styles_that_qgis_reads(out):
    with sqlite3.connect(out / "assessment.gpkg") as base:
        styles = dict(base.execute("SELECT f_table_name, styleQML FROM layer_styles"))
        registered = {name for (name,) in base.execute("SELECT table_name FROM gpkg_contents")}
        column = base.execute("SELECT column_name FROM gpkg_geometry_columns").fetchone()[0]
    assert column == "geom"
    assert {"parcels", "parks", "districts", "findings", "layer_styles"} <= registered
    assert "categorizedSymbol" in styles["parcels"]
    assert "疑似闲置满两年" in styles["parcels"]
    parcels = gpd.read_file(out / "assessment.gpkg", layer="parcels")
    assert parcels["idle_status"].notna().all()


def test_summary_is_plain_and_names_what_was_not_assessed(result):
    summary = result.summary
    json.dumps(summary, allow_nan=False)
    assert summary["layers"]["parcels"]["encoding"] == "gb18030"
    assert all({"what", "why", "missing"} <= set(row) for row in summary["not_assessed"])
    assert sum(row["count"] for row in summary["idle"].values()) == len(result.parcels)
    assert len(summary["versions"]["inputs"]["parcels.shp"]) == 64
    assert summary["output"]["lorenz"]["gini"] > 0


def test_contracts_alone(folder, tmp_path):
    shutil.copy(folder / "供地结果.xlsx", tmp_path)
    (tmp_path / "landtool.yaml").write_text(
        "name: 只有合同\npolicy: national\nas_of: 2025-12-31\n"
        "layers:\n  contracts: {path: 供地结果.xlsx}\n", encoding="utf-8")
    result = lt.assess(lt.open_workspace(tmp_path))
    assert result.parcels is None
    assert {"idle_1y", "idle_2y", "not_idle"} <= set(result.contracts["idle_status"])
    written = lt.write_results(result, tmp_path / "out")
    assert (written / "contracts.parquet").is_file()
    assert not (written / "parcels.parquet").exists()
    why = {tuple(row["missing"]) for row in result.summary["not_assessed"]}
    assert ("parcels",) in why
    with pytest.raises(InputDataError, match="no parcel geometry"):
        lt.map_assessment(result)


def test_a_gap_is_found_once(workspace, town):
    planted, found = planted_problems(town), all_problems(workspace)
    assert (found["kind"] == "gap").sum() == (planted["kind"] == "gap").sum() == 1


def test_a_contract_that_was_superseded_binds_nobody(folder, tmp_path):
    """The first contract was never built upon; a second one on the same parcel has taken its place."""
    pd.DataFrame({
        "contract_id": ["OLD", "NEW", "LONE"], "parcel_id": ["P1", "P1", "P2"],
        "signed_date": ["2015-01-01", "2023-01-01", "2015-01-01"],
        "agreed_start_date": ["2015-06-01", "2023-06-01", "2015-06-01"],
        "actual_start_date": [None, "2023-05-01", None],
        "actual_completion_date": [None, "2024-05-01", None],
    }).to_csv(tmp_path / "contracts.csv", index=False)
    (tmp_path / "landtool.yaml").write_text(
        "policy: national\nas_of: 2025-12-31\nlayers:\n  contracts: {path: contracts.csv}\n")
    result = lt.assess(lt.open_workspace(tmp_path))
    verdicts = result.contracts.set_index("contract_id")["idle_status"].to_dict()
    assert verdicts == {"OLD": "not_applicable", "NEW": "not_idle", "LONE": "idle_2y"}
    assert "OLD" not in set(result.findings["subject_id"])


def test_a_contract_on_two_parcels_is_one_finding_and_idle_land_unknown_is_not_zero(tmp_path):
    from shapely.geometry import box

    east, north = 450_000.0, 3_270_000.0
    gpd.GeoDataFrame(
        {"parcel_id": ["P1", "P2", "P3"], "contract_id": ["C1", "C1", "C2"], "park_id": ["K1", "K1", "K2"]},
        geometry=[box(east + i * 200, north, east + i * 200 + 100, north + 100) for i in range(3)],
        crs="EPSG:4545").to_file(tmp_path / "parcels.gpkg")
    gpd.GeoDataFrame(
        {"park_id": ["K1", "K2"], "park_name": ["甲", "乙"]}, crs="EPSG:4545",
        geometry=[box(east - 9, north - 9, east + 350, north + 200),
                  box(east + 350, north - 9, east + 900, north + 200)]).to_file(tmp_path / "parks.gpkg")
    pd.DataFrame({"contract_id": ["C1", "C2", "C3"], "signed_date": "2015-01-01",
                  "agreed_start_date": ["2015-06-01", None, "2015-06-01"],
                  "actual_start_date": [None, None, "2015-05-01"]}).to_csv(
                      tmp_path / "contracts.csv", index=False)  # fmt: skip
    (tmp_path / "landtool.yaml").write_text(
        "policy: national\nas_of: 2025-12-31\nlayers:\n  parcels: {path: parcels.gpkg}\n"
        "  parks: {path: parks.gpkg}\n  contracts: {path: contracts.csv}\n")
    result = lt.assess(lt.open_workspace(tmp_path))
    status = result.parcels.set_index("parcel_id")["idle_status"].to_dict()
    assert status == {"P1": "idle_2y", "P2": "idle_2y", "P3": "not_assessable"}
    idle = result.findings[result.findings["rule_id"] == "idle.order53.art2_1"]
    assert idle[["subject_kind", "subject_id"]].to_numpy().tolist() == [["contract", "C1"]]
    parks = result.parks.set_index("park_id")
    assert parks.loc["K1", "idle_rate"] == 1.0
    assert pd.isna(parks.loc["K2", "idle_area_m2"])
    assert pd.isna(parks.loc["K2", "idle_rate"])
    lt.map_assessment(result)


def test_inputs_are_not_changed(workspace):
    before = {name: frame.copy() for name in ("parcels", "contracts", "operations")
              if (frame := getattr(workspace.layers, name)) is not None}
    assess(workspace)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(getattr(workspace.layers, name)))


def test_explain_shows_clause_inputs_and_what_would_change_it(workspace, result):
    parcel = result.parcels.loc[result.parcels["idle_status"] == "idle_1y", "parcel_id"].iloc[0]
    page = lt.explain(workspace, result, parcel)
    text = page.as_text("zh")
    for word in ("第二条第一款", "第十四条", "实际动工日期", "供地结果.xlsx", "何种事实会改变结论"):
        assert word in text
    content = page.as_dict()
    json.dumps(content, allow_nan=False)
    idle = next(rule for rule in content["rules"] if rule["rule"] == "idle.order53")
    assert idle["verdict"] == "idle_1y"
    assert any(number["value"] == 0.2 for number in idle["thresholds"])
    assert any(row["source_row"] for row in idle["inputs"])


def test_explain_of_an_unknown_parcel_names_the_nearest(workspace, result):
    known = str(result.parcels["parcel_id"].iloc[0])
    with pytest.raises(InputDataError, match=known[:-2]):
        lt.explain(workspace, result, known[:-1] + "X")


def test_english(workspace):
    english = open_workspace(workspace.folder, language="en")
    result = assess(english)
    assert result.summary["policy"]["title"].isascii()
    assert all(row["what"].isascii() for row in result.summary["not_assessed"])
    text = lt.explain(english, result, str(result.parcels["parcel_id"].iloc[0])).as_text("en")
    assert "what would change it" in text
    assert "何种" not in text


@pytest.mark.parametrize("words", [["check"], ["assess"], ["explain"]])
def test_json_is_one_object_on_standard_output(words, folder, result, tmp_path, capsys):
    command = [words[0], str(folder), "--json"]
    if words[0] == "explain":
        command.insert(2, str(result.parcels["parcel_id"].iloc[0]))
    else:
        command += ["-o", str(tmp_path / "out")]
    code = cli.main(command)
    printed = capsys.readouterr().out
    content = json.loads(printed)
    assert isinstance(content, dict)
    assert code == (1 if words[0] == "check" else 0)


def test_town_in_plain_formats_gives_the_same_verdicts(town, result, tmp_path):
    write_town(town, tmp_path / "plain", formats="plain")
    plain = assess(open_workspace(tmp_path / "plain"))
    one = result.parcels.set_index("parcel_id")["idle_status"].sort_index()
    two = plain.parcels.set_index("parcel_id")["idle_status"].sort_index()
    pd.testing.assert_series_equal(one, two)


def test_region_groups_divide_sums(result, out):
    """Every ratio of a group is its parts' sum over its wholes' sum; areas and money add up."""
    groups, districts = result.region_groups.set_index("region_group"), result.districts
    assert groups.index.tolist() == sorted(districts["region_group"].unique())
    by = districts.groupby("region_group")
    assert groups["districts"].to_dict() == by.size().to_dict()
    for name in ("area_m2", "industrial_area_m2", "output_cny", "covered_area_m2", "idle_area_m2",
                 "idle_assessed_area_m2", "balance_opening_m2", "balance_closing_m2", "balance_net_change_m2"):
        np.testing.assert_allclose(groups[name], by[name].sum(), rtol=1e-9, atol=1e-3)
    known = groups["output_intensity_cny_m2"].dropna()
    assert len(known)
    np.testing.assert_allclose(known, (groups["output_cny"] / groups["covered_area_m2"])[known.index])
    np.testing.assert_allclose(groups["idle_rate"], groups["idle_area_m2"] / groups["idle_assessed_area_m2"])
    assert groups["built_rate"].notna().any()
    said = {row["name"]: row["built_rate"] for row in result.summary["parks"]["region_groups"]}
    assert groups["built_rate"].dropna().to_dict() == {name: cell for name, cell in said.items() if cell}
    board = pd.DataFrame(result.summary["target_board"])
    assert set(board.loc[board["subject_kind"] == "region_group", "subject_id"]) <= set(groups.index)
    back = read_results(out).region_groups
    pd.testing.assert_frame_equal(back, result.region_groups, check_dtype=False)
