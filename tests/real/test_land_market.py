"""The main job on real land-market sheets: every row accounted for, no verdict from an empty register."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from landtool import cli
from landtool.assessment import assess
from landtool.workspace import Workspace, open_workspace

MARKET = "land_market"
ALL_XLS = {"contracts": "{path: '*.xls'}"}
INDUSTRIAL = ["工矿仓储用地", "工业用地", "仓储用地"]
PLACEHOLDERS = {"1900年01月01日", "1901年01月02日"}
IDLE = ["idle_2y", "idle_1y", "idle_government_cause", "idle_suspended", "at_risk"]
# Chongqing's districts under their names of 2005 and of today.
CHONGQING = (
    "万州", "涪陵", "渝中", "大渡口", "江北", "沙坪坝", "九龙坡", "南岸", "北碚", "万盛", "双桥", "渝北", "巴南",
    "黔江", "长寿", "江津", "合川", "永川", "南川", "綦江", "潼南", "铜梁", "大足", "荣昌", "璧山", "梁平", "城口",
    "丰都", "垫江", "武隆", "忠县", "开县", "开州", "云阳", "奉节", "巫山", "巫溪", "石柱", "秀山", "酉阳", "彭水",
)  # fmt: skip


def opened(folder: Path, day: date | None = None) -> SimpleNamespace:
    workspace = open_workspace(folder, as_of=day)
    return SimpleNamespace(workspace=workspace, result=assess(workspace), folder=folder,
                           contracts=workspace.layers.contracts,
                           report=workspace.reports["contracts"], problems=workspace.problems)


def count(problems: pd.DataFrame, kind: str, field: str | None = None) -> int:
    return int((problems["kind"].eq(kind) & (field is None or problems["field"].eq(field))).sum())


def closes(workspace: Workspace) -> bool:
    """Rows in = accepted + set aside, and each row set aside is listed with a reason."""
    report = workspace.reports["contracts"]
    rows = workspace.set_aside[workspace.set_aside["scope"] == "row"]
    return (report.rows_in == report.accepted + report.set_aside == sum(
        source.rows_in for source in report.sources)
        and len(rows) == report.set_aside and len(workspace.layers.contracts) == report.accepted
        and bool(workspace.set_aside["reason"].str.len().gt(0).all()))


def with_repeats(sheets: SimpleNamespace) -> pd.DataFrame:
    """Every row as published: those accepted, and the exact repeats after the row they repeat."""
    table = sheets.contracts.assign(
        place=sheets.contracts["source"] + "#" + sheets.contracts["source_row"].astype("str"))
    repeats = sheets.problems.loc[sheets.problems["kind"] == "duplicate_row", "detail"]
    again = table.set_index("place").loc[repeats].reset_index()
    return pd.concat([table, again], ignore_index=True)


# ---- January to June 2005: 16 193 rows in seven sheets


@pytest.fixture(scope="module")
def of_2005(build) -> SimpleNamespace:
    return opened(build([f"{MARKET}/landchina_2005H1/*.xls"], ALL_XLS, as_of="2012-12-31"))


def test_2005_every_row_is_accounted_for(of_2005):
    assert closes(of_2005.workspace)
    assert (of_2005.report.rows_in, of_2005.report.accepted, of_2005.report.set_aside) == (
        16_193, 14_955, 1_238)  # fmt: skip
    assert len(of_2005.report.sources) == 7
    gone = of_2005.problems[of_2005.problems["scope"] == "row"]
    assert gone["kind"].eq("duplicate_row").all()
    assert gone["detail"].str.fullmatch(r"2005-0\d-.*\.xls#\d+").all()
    assert len(with_repeats(of_2005)) == 16_193


def test_2005_cells_that_could_not_be_used(of_2005):
    problems = of_2005.problems
    assert count(problems, "area_not_positive", "area_m2") == 22 == of_2005.contracts["area_m2"].isna().sum()
    dates = problems[problems["kind"] == "placeholder_date"]
    assert dates["field"].value_counts().to_dict() == {
        "agreed_completion_date": 36, "agreed_delivery_date": 33, "agreed_start_date": 19}  # fmt: skip
    assert set(dates["value"]) == PLACEHOLDERS
    # 70/40, 伍拾年, 商业40年住宅70年: several terms or words are no number.
    assert count(problems, "number_unreadable", "term_years") == 354
    assert set(problems.loc[problems["scope"] == "field", "field"]) == {
        "area_m2", "term_years", "agreed_start_date", "agreed_delivery_date", "agreed_completion_date"}


def test_2005_industrial_land(of_2005):
    rows = with_repeats(of_2005)
    used = rows[rows["land_use_code"].isin(INDUSTRIAL)]
    assert used["land_use_code"].value_counts().to_dict() == {"工矿仓储用地": 4_041, "工业用地": 434, "仓储用地": 2}
    assert used["area_m2"].sum() / 1e4 == pytest.approx(11_312, abs=1)
    # Once each: what the assessment speaks of.
    once = of_2005.contracts[of_2005.contracts["land_use_code"].isin(INDUSTRIAL)]
    assert (len(once), round(once["area_m2"].sum() / 1e4)) == (4_272, 11_004)
    # 工矿仓储用地 may be mines or stores: neither industrial nor not.
    flags = of_2005.contracts.groupby("land_use_code")["is_industrial"]
    assert flags.get_group("工业用地").eq(True).all()
    assert flags.get_group("仓储用地").eq(False).all()
    assert flags.get_group("工矿仓储用地").isna().all()


def test_2005_chongqing(of_2005):
    rows = with_repeats(of_2005)
    here = rows[rows["district_name"].str.startswith(CHONGQING, na=False)]
    used = here[here["land_use_code"].isin(INDUSTRIAL)]
    assert (len(here), len(used)) == (428, 59)
    assert used["area_m2"].sum() / 1e4 == pytest.approx(913, abs=1)


def test_2005_a_start_column_empty_throughout_gives_no_verdict(of_2005):
    verdicts = of_2005.result.contracts
    assert verdicts["actual_start_date"].isna().all()
    assert verdicts["idle_status"].value_counts().to_dict() == {"not_assessable": 14_933, "not_applicable": 22}
    open_ones = verdicts[verdicts["idle_status"] == "not_assessable"]
    assert open_ones["idle_missing"].str.contains("actual_start_date", regex=False).all()
    # Signed "2020" in a sheet of 2005: no contract binds on the day.
    none_binds = verdicts.loc[verdicts["idle_status"] == "not_applicable", "signed_date"]
    assert (none_binds > pd.Timestamp(2012, 12, 31)).all()
    rules = of_2005.result.findings["rule_id"]
    assert not rules.str.startswith("idle.order53").any()
    assert of_2005.result.summary["findings"]["idle.not_assessable"] == 14_933


def test_2005_is_not_lent_the_dates_of_2007(build):
    both = opened(build([f"{MARKET}/landchina_2005H1/*.xls", f"{MARKET}/landchina_2007/*.xls"], ALL_XLS,
                        as_of="2012-12-31"))  # fmt: skip
    verdicts = both.contracts.merge(both.result.contracts[["contract_id", "idle_status"]], on="contract_id")
    old = verdicts[verdicts["source"].str.startswith("2005")]
    assert set(old["idle_status"]) == {"not_assessable", "not_applicable"}
    assert verdicts["idle_status"].eq("idle_2y").sum() == 100


# ---- January and February 2007: 157 rows in six sheets, `Nah` for empty


@pytest.fixture(scope="module")
def of_2007(build) -> SimpleNamespace:
    return opened(build([f"{MARKET}/landchina_2007/*.xls"], ALL_XLS, as_of="2012-12-31"))


def test_2007_every_row_is_accounted_for(of_2007):
    assert closes(of_2007.workspace)
    assert (of_2007.report.rows_in, of_2007.report.accepted) == (157, 157)
    assert of_2007.contracts["actual_start_date"].notna().sum() == 10  # `Nah` in the other 147
    industrial = of_2007.contracts[of_2007.contracts["is_industrial"].fillna(False)]
    assert len(industrial) == 128
    assert industrial["area_m2"].sum() / 1e4 == pytest.approx(459.5, abs=0.1)


def test_2007_verdicts(of_2007):
    verdicts = of_2007.result.contracts
    assert verdicts["idle_status"].value_counts().to_dict() == {
        "idle_2y": 100, "idle_1y": 1, "not_assessable": 56}  # fmt: skip
    flagged = verdicts[verdicts["idle_status"].isin(IDLE)]
    assert flagged["agreed_start_date"].between("2004-01-01", "2011-12-31").all()
    assert flagged["actual_start_date"].isna().all()
    assert flagged["idle_basis"].eq("register_cell_empty").all()
    year_on = flagged["agreed_start_date"] + pd.DateOffset(years=1)
    assert (flagged["idle_since"] >= year_on).all()
    # Four of the six sheets hold no start at all: none of their rows is judged by an empty cell.
    kept = verdicts.groupby("source")["actual_start_date"].transform("count") > 0
    assert kept[flagged.index].all()
    assert verdicts.loc[~kept, "idle_status"].eq("not_assessable").all()
    assert verdicts["source"][kept].nunique() == 2
    # Each verdict says how thin its sheet is kept: 8 of 90 and 2 of 38 have a start date.
    said = of_2007.result.findings
    said = said[said["rule_id"] == "idle.order53.art2_1"]
    assert len(said) == len(flagged)
    assert said["message_zh"].str.contains("填写率8.9%|填写率5.3%").all()


def test_2007_milestones_that_nobody_recorded_are_not_judged(of_2007):
    counts = of_2007.result.summary["milestones"]
    assert counts["start"] == {"overdue": 101, "late": 1, "not_assessable": 46, "met": 9}
    assert counts["delivery"] == {"not_assessable": 157}
    assert counts["production"] == {"not_assessable": 157}
    gaps = [row for row in of_2007.result.summary["not_assessed"] if "agreed_production_date" in row["missing"]]
    assert gaps


def test_2007_no_verdict_from_a_placeholder_date(of_2007):
    verdicts = of_2007.result.contracts.set_index("contract_id")
    placed = of_2007.problems[(of_2007.problems["kind"] == "placeholder_date")
                              & (of_2007.problems["field"] == "agreed_start_date")]  # fmt: skip
    assert len(placed) == 20
    assert set(placed["value"]) == PLACEHOLDERS
    held = verdicts.loc[placed["subject_id"]]
    assert held["idle_status"].eq("not_assessable").all()
    assert held["idle_missing"].str.contains("agreed_start_date", regex=False).all()
    # A contract that was started on is never idle for want of a start.
    started = verdicts[verdicts["actual_start_date"].notna()]
    assert started["idle_status"].eq("not_assessable").all()
    assert started["idle_missing"].str.contains("suspended_since_date", regex=False).all()


def test_2007_on_the_command_line(of_2007, tmp_path, capsys):
    assert cli.main(["check", str(of_2007.folder), "-o", str(tmp_path / "check"), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["layers"]["contracts"]["rows_in"] == 157
    assert len(pd.read_parquet(tmp_path / "check" / "set_aside.parquet")) == 56
    out = tmp_path / "results"
    assert cli.main(["assess", str(of_2007.folder), "-o", str(out), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["idle"]["idle_2y"]["count"] == 100
    assert len(pd.read_parquet(out / "contracts.parquet")) == 157
    assert not (out / "parcels.parquet").exists()


def test_2007_before_the_order_was_in_force_is_refused_in_one_line(of_2007, tmp_path, capsys):
    command = ["assess", str(of_2007.folder), "-o", str(tmp_path / "out"), "--as-of", "2008-12-31"]
    assert cli.main(command) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert "2012-07-01" in error
    assert not (tmp_path / "out").exists()


# ---- other exports: read, accounted for, counted

EXPORTS = {
    # sample: (rows in, accepted, industrial, storage, industrial hectares)
    "landchina_2016/supply_results_2016.xls": (323, 323, 56, 21, 303.75),
    "landchina_2016/land_transfer_market_2016.xls": (395, 395, 12, 1, None),
    "landchina_2018_gbk/output.json": (241, 241, 35, 4, 154.92),
    "landchina_2019_06/jieguo_output.txt": (30, 30, 3, 0, 8.59),
    "landchina_2019_06/concat_output.txt": (88, 30, 9, 0, 32.26),
    "landchina_beijing_2019H1/data_raw_cn.xlsx": (189, 189, 5, 0, 38.62),
    "landchina_lease_market_2016_2017/lease_a.xls": (28, 28, 1, 4, None),
    "landchina_lease_market_2016_2017/lease_b.xls": (24, 24, 5, 1, 11.41),
}


@pytest.fixture(scope="module")
def exports(build) -> dict[str, SimpleNamespace]:
    return {sample: opened(build([f"{MARKET}/{sample}"], {"contracts": f"{{path: {Path(sample).name}}}"}))
            for sample in EXPORTS}  # fmt: skip


@pytest.mark.parametrize("sample", EXPORTS)
def test_export_is_accounted_for(exports, sample):
    rows_in, accepted, industrial, storage, hectares = EXPORTS[sample]
    sheet = exports[sample]
    assert closes(sheet.workspace)
    assert (sheet.report.rows_in, sheet.report.accepted) == (rows_in, accepted)
    flags = sheet.contracts["is_industrial"]
    assert int(flags.sum()) == industrial
    assert int((sheet.contracts["land_use_code"] == "仓储用地").sum()) == storage
    if hectares is None:
        assert "area_m2" not in sheet.contracts
    else:
        area = sheet.contracts.loc[flags.fillna(False), "area_m2"].sum() / 1e4
        assert area == pytest.approx(hectares, abs=0.01)


@pytest.mark.parametrize("sample", EXPORTS)
def test_export_without_actual_starts_is_not_assessable(exports, sample):
    verdicts = exports[sample].result.contracts
    assert set(verdicts["idle_status"]) <= {"not_assessable", "not_applicable"}
    open_ones = verdicts[verdicts["idle_status"] == "not_assessable"]
    assert open_ones["idle_missing"].str.contains("actual_start_date", regex=False).all()


def test_2016_has_no_field_for_the_start(exports):
    sheet = exports["landchina_2016/supply_results_2016.xls"]
    assert "actual_start_date" not in sheet.contracts
    assert sheet.contracts["agreed_start_date"].notna().sum() == 268
    assert sheet.result.summary["idle"]["not_assessable"]["count"] == 323


def test_sheets_without_commitments_or_figures_say_so(exports):
    """Supply sheets promise nothing and report nothing: no ratio, no grade, and each is listed."""
    for sample, sheet in exports.items():
        missing = [name for row in sheet.result.summary["not_assessed"] for name in row["missing"]]
        assert {"commitments", "operations", "parcels"} <= set(missing), sample
        result = sheet.result
        assert result.commitments is None
        assert result.grades is None
        assert result.low_efficiency is None
        assert result.summary["grades"] is result.summary["low_efficiency"] is None


def test_2018_is_gb18030_and_its_one_code_among_names_is_reported(exports):
    sheet = exports["landchina_2018_gbk/output.json"]
    assert sheet.report.sources[0].encoding == "gb18030"
    assert sheet.contracts["district_name"].str.contains(r"^[\u4e00-\u9fff（）()]+$").all()
    odd = sheet.problems[sheet.problems["kind"] == "code_unknown"]
    assert odd["value"].tolist() == ["0601"]


def test_2019_notices_joined_to_results_are_set_aside_with_their_text(exports):
    sheet = exports["landchina_2019_06/concat_output.txt"]
    gone = sheet.problems[sheet.problems["scope"] == "row"]
    assert gone["kind"].value_counts().to_dict() == {"row_empty": 57, "duplicate_key": 1}
    notices = gone[gone["kind"] == "row_empty"]
    assert notices["value"].str.contains("公告", regex=False).all()


def test_area_without_a_unit_is_used_once_it_is_declared(exports, build):
    sample = "landchina_2016/land_transfer_market_2016.xls"
    unused = exports[sample].problems
    assert count(unused, "unit_unknown", "area_m2") == 1
    declared = build([f"{MARKET}/{sample}"], {"contracts": (
        "{path: land_transfer_market_2016.xls, columns: {area_m2: {field: 土地面积, unit: 公顷}}}")})
    sheet = open_workspace(declared)
    assert not sheet.problems["field"].eq("area_m2").any()
    assert sheet.layers.contracts["area_m2"].notna().sum() == 394  # one cell is blank


def test_a_sheet_of_mortgages_says_nothing_of_use_and_area(build):
    folder = build([f"{MARKET}/landchina_2016/land_mortgage_2016.xls"], ALL_XLS)
    sheet = opened(folder)
    assert closes(sheet.workspace)
    assert sheet.report.accepted == 82
    assert sheet.contracts["is_industrial"].isna().all()
    assert count(sheet.problems, "unit_unknown", "area_m2") == 1
    assert sheet.result.summary["idle"]["not_assessable"]["area_m2"] is None


def test_leases(exports):
    shifted = exports["landchina_lease_market_2016_2017/lease_a.xls"]
    assert count(shifted.problems, "columns_shifted") == 8
    plain = exports["landchina_lease_market_2016_2017/lease_b.xls"]
    stages = plain.result.contracts.groupby("lifecycle_stage")["expiry_date"]
    assert (stages.get_group("expired") <= pd.Timestamp(2025, 12, 31)).all()
    assert plain.result.summary["lifecycle"]["expired"]["count"] > 0
