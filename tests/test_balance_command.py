"""Total industrial land between two surveys, from the command line and as part of the assessment."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

import landtool as lt
from landtool import cli

EAST, NORTH = 450_000.0, 3_270_000.0


def square(column: int, row: int, size: float = 100.0):
    return box(EAST + column * size, NORTH + row * size, EAST + (column + 1) * size, NORTH + (row + 1) * size)


def snapshot(codes: list[str]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"DLBM": codes}, geometry=[square(place, 0) for place in range(len(codes))],
                            crs="EPSG:4545")


@pytest.fixture
def place(tmp_path) -> Path:
    """Four hectares: one industrial plot becomes housing, one field becomes industrial."""
    snapshot(["0601", "0601", "0101", "0701"]).to_file(tmp_path / "a.gpkg")
    snapshot(["0601", "0701", "0101", "0701"]).to_file(tmp_path / "b.gpkg")
    snapshot(["0601", "0601", "0601", "0701"]).to_file(tmp_path / "c.gpkg")
    gpd.GeoDataFrame({"district_code": ["D1"], "district_name": ["甲区"]}, crs="EPSG:4545",
                     geometry=[box(EAST - 10, NORTH - 10, EAST + 500, NORTH + 200)]).to_file(
                         tmp_path / "districts.gpkg")  # fmt: skip
    pd.DataFrame({"contract_id": ["C1"]}).to_csv(tmp_path / "contracts.csv", index=False)
    (tmp_path / "landtool.yaml").write_text(
        "policy: chongqing-2021\nas_of: 2025-12-31\nlayers:\n"
        "  contracts: {path: contracts.csv}\n  districts: {path: districts.gpkg}\n  land_use:\n"
        "    2020: {path: a.gpkg, classification: tdlb-2019}\n"
        "    2023: {path: c.gpkg, classification: tdlb-2019}\n"
        "    2025: {path: b.gpkg, classification: tdlb-2019}\n", encoding="utf-8")
    return tmp_path


def run(*words: object) -> int:
    return cli.main([str(word) for word in words])


def test_exit_three_when_it_shrinks_and_zero_when_it_holds(place, capsys):
    assert run("balance", place, "--from", "2020", "--to", "2025") == 3
    assert "总量减少" in capsys.readouterr().out
    assert run("balance", place, "--from", "2020", "--to", "2023") == 0
    assert "总量未减少" in capsys.readouterr().out


def test_json_reconciles_to_a_square_metre(place, capsys):
    assert run("balance", place, "--from", "2020", "--to", "2025", "--json") == 3
    content = json.loads(capsys.readouterr().out)
    assert content["verdict"] == "shrinks"
    assert content["opening_m2"] == pytest.approx(20_000, rel=2e-3)
    assert content["converted_out_m2"] == pytest.approx(10_000, rel=2e-3)
    for row in (content, *content["regions"]):
        closing = (row["opening_m2"] + row["new_m2"] + row["converted_in_m2"] + row["replacement_m2"]
                   - row["converted_out_m2"] + row["survey_correction_m2"] + row["boundary_change_m2"]
                   + row["coverage_change_m2"])  # fmt: skip
        assert abs(closing - row["closing_m2"]) <= 1.0
    assert {"opening_m0_m2", "opening_storage_m2", "bound_m2", "noise_m2", "residual_m2"} <= set(content)


def test_three_ledgers_and_sensitivity_in_json(place, capsys):
    gpd.GeoDataFrame({"proposal_id": ["Z1", "Z2"], "to_code": ["0701", "0601"], "replaces": [None, "Z1"],
                      "stage": ["approved", "approved"]}, geometry=[square(0, 0), square(2, 0)],
                     crs="EPSG:4545").to_file(place / "proposals.gpkg")  # fmt: skip
    snapshot(["0701", "0601", "0601", "0701"]).to_file(place / "plan.gpkg")
    catalogue = place / "landtool.yaml"
    text = catalogue.read_text(encoding="utf-8")
    assert run("balance", place, "--json") == 3
    lacking = json.loads(capsys.readouterr().out)
    assert lacking["ledgers"]["planned"] is None
    assert set(lacking["ledgers_lacking"]) == {"planned", "pipeline"}
    catalogue.write_text(text + "    plan-2035: {path: plan.gpkg, classification: tdlb-2019}\n"
                         "  proposals: {path: proposals.gpkg}\n", encoding="utf-8")
    assert run("balance", place, "--json") == 3
    content = json.loads(capsys.readouterr().out)
    existing, planned, pipeline = (content["ledgers"][name] for name in ("existing", "planned", "pipeline"))
    hectare = pytest.approx(10_000, rel=2e-3)
    assert (existing["from"], existing["to"], existing["verdict"]) == ("2023", "2025", "shrinks")
    assert (planned["from"], planned["to"], planned["verdict"]) == ("2025", "plan-2035", "holds")
    assert planned["converted_out_m2"] == hectare
    assert pipeline["verdict"] == "holds"
    assert (pipeline["converted_out_m2"], pipeline["replacement_m2"]) == (hectare, hectare)
    assert pipeline["replacements"][0]["ratio"] == pytest.approx(1.0, abs=1e-3)
    assert content["sensitivity"]["agree"] is True
    assert content["sensitivity"]["narrow"]["net_change_m2"] == pytest.approx(content["net_change_m2"])
    assert {row["region_kind"] for row in pipeline["regions"]} == {"district"}
    assert run("balance", place) == 3
    shown = capsys.readouterr().out
    assert "三本账" in shown
    assert "敏感性" in shown
    assert "补充率" in shown


def test_files_are_written(place, capsys):
    assert run("balance", place, "--from", "2020", "--to", "2025", "-o", place / "out") == 3
    table = pd.read_parquet(place / "out/balance.parquet")
    changes = gpd.read_parquet(place / "out/changes.parquet")
    assert set(table.columns) >= {"region_kind", "region_id", "from_class", "to_class", "area_m2"}
    assert changes["cause"].tolist() == ["converted_out"]
    ledger = pd.read_csv(place / "out/balance_ledger.csv")
    assert ledger["region_kind"].tolist() == ["whole", "district"]
    for name in ("balance_sankey.png", "balance_map.png"):
        assert (place / "out" / name).read_bytes().startswith(b"\x89PNG")


def test_three_surveys_make_a_trend_and_two_do_not(place, capsys):
    assert run("balance", place, "--from", "2020", "--to", "2025", "-o", place / "out") == 3
    trend = pd.read_csv(place / "out/balance_trend.csv", dtype={"snapshot": "str"})
    whole = trend[trend["region_kind"] == "whole"]
    assert whole["snapshot"].tolist() == ["2020", "2023", "2025"]
    assert (whole["industrial_m2"] / 1e4).tolist() == pytest.approx([2.0, 3.0, 1.0], rel=2e-3)
    assert (whole["cumulative_net_change_m2"] / 1e4).tolist() == pytest.approx([0.0, 1.0, -1.0], abs=5e-3)
    assert trend.loc[trend["region_kind"] == "district", "region_id"].unique().tolist() == ["D1"]
    assert (place / "out/balance_trend.png").read_bytes().startswith(b"\x89PNG")
    catalogue = place / "landtool.yaml"
    text = catalogue.read_text(encoding="utf-8")
    catalogue.write_text("".join(line for line in text.splitlines(True) if "2023" not in line), encoding="utf-8")
    assert run("balance", place, "-o", place / "out") == 3
    # What was written of three surveys does not stand beside a run on two.
    assert not list((place / "out").glob("balance_trend.*"))


def test_scenario_is_carried_out_and_refused_when_empty(place, capsys):
    proposal = gpd.GeoDataFrame({"proposal_id": ["Z1"], "to_code": ["0601"], "stage": ["draft"]},
                                geometry=[square(1, 0)], crs="EPSG:4545")
    proposal.to_file(place / "rezoning.gpkg")
    assert run("balance", place, "--from", "2020", "--to", "2025", "--scenario", place / "rezoning.gpkg") == 0
    proposal.assign(to_code=None).to_file(place / "empty.gpkg")
    assert run("balance", place, "--from", "2020", "--to", "2025", "--scenario", place / "empty.gpkg") == 2
    assert run("balance", place, "--scenario", place / "nothing.gpkg") == 2
    assert run("balance", place, "--stages", "someday") == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 3


def test_a_scenario_says_what_it_changes_whom_it_touches_and_what_room_is_left(place, capsys):
    gpd.GeoDataFrame({"parcel_id": ["P1"]}, geometry=[square(0, 0)], crs="EPSG:4545").to_file(place / "parcels.gpkg")
    gpd.GeoDataFrame({"proposal_id": ["Z1"], "to_code": ["0701"], "stage": ["draft"]}, geometry=[square(0, 0)],
                     crs="EPSG:4545").to_file(place / "sketch.gpkg")  # fmt: skip
    catalogue = place / "landtool.yaml"
    text = catalogue.read_text(encoding="utf-8").replace("layers:\n", "layers:\n  parcels: {path: parcels.gpkg}\n")
    catalogue.write_text(text, encoding="utf-8")
    assert run("balance", place, "--scenario", place / "sketch.gpkg") == 3
    shown = capsys.readouterr().out
    for words in ("尚可转出", "与不实施方案相比", "净变化相差 -1.00 公顷", "涉及 1 宗地、0 份合同", "宗地 P1，合同 –", "占宗地 100.0%",
                  "（实施草案、报批中、已批准方案后）"):
        assert words in shown, words


def test_unknown_snapshot_names_those_there(place, capsys):
    assert run("balance", place, "--from", "1999", "--to", "2025") == 2
    assert "2020" in capsys.readouterr().err


def test_assess_carries_the_balance_of_the_last_two_surveys(place):
    result = lt.assess(lt.open_workspace(place))
    balance = result.summary["balance"]
    assert (balance["from"], balance["to"], balance["verdict"]) == ("2023", "2025", "shrinks")
    assert "甲区" in balance["memo"] or "D1" in balance["memo"]
    shrinking = result.findings[result.findings["rule_id"] == "balance.shrinks"]
    assert shrinking["subject_id"].tolist() == ["D1"]
    assert shrinking["subject_kind"].tolist() == ["district"]
    row = result.districts.set_index("district_code").loc["D1"]
    assert row["balance_verdict"] == "shrinks"
    written = lt.write_results(result, place / "out")
    assert (written / "balance.parquet").is_file()
    assert (written / "changes.parquet").is_file()


def test_assess_goes_on_without_a_balance_when_a_code_is_unknown(place):
    snapshot(["0601", "9999", "0101", "0701"]).to_file(place / "b.gpkg")
    result = lt.assess(lt.open_workspace(place))
    assert result.summary["balance"] is None
    assert any("9999" in row["why"] for row in result.summary["not_assessed"])
    assert cli.main(["balance", str(place)]) == 2


def test_frames_in_frames_out():
    before, after = (snapshot(codes).rename(columns={"DLBM": "land_use_code"})
                     for codes in (["0601", "0101"], ["0601", "0601"]))
    found = lt.land_balance(before, after, classification="tdlb-2019")
    assert found.verdict == "holds"
    assert found.ledger.iloc[0]["new_m2"] == pytest.approx(10_000, rel=2e-3)
