"""`landtool cases …` as a person types it."""

from __future__ import annotations

import json
import os

import pytest

from landtool import cli
from landtool.reports import case_commands
from landtool.reports.results import write_results
from tests.cases_store.test_update import run as assessed


def run(*words) -> int:
    return cli.main(["cases", *(str(word) for word in words)])


@pytest.fixture
def office(tmp_path, capsys, monkeypatch):
    """A workspace with results and a store with one idle case."""
    monkeypatch.delenv("LANDTOOL_DATABASE_URL", raising=False)
    (tmp_path / "landtool.yaml").write_text(
        "name: 某区\npolicy: chongqing-2021\nas_of: 2025-12-31\nlayers:\n  contracts: {path: c.csv}\n",
        encoding="utf-8")
    result = assessed(rows=[("A", "1y", 400, 1e7)])
    summary = {"name": "某区", "policy": {}, "layers": {}, "idle": {}, "output": {}, "not_assessed": []}
    result.summary.update(summary)
    write_results(result, tmp_path / "out")
    assert run("update", tmp_path) == 0
    assert "新立案" in capsys.readouterr().out
    return tmp_path


def number_of(office, capsys) -> str:
    capsys.readouterr()
    assert run("list", office, "--json") == 0
    return json.loads(capsys.readouterr().out)[0]["case_id"]


def test_from_flag_to_the_next_step(office, capsys, tmp_path):
    number = number_of(office, capsys)
    assert run("list", office) == 0
    assert "甲公司" in capsys.readouterr().out
    assert run("show", office, number) == 0
    shown = capsys.readouterr().out
    for word in ("闲置土地处置", "serve_investigation_notice", "《闲置土地处置办法》第五条", "立案"):
        assert word in shown
    notice = tmp_path / "调查通知书.docx"
    notice.write_bytes(b"text")
    assert run("advance", office, number, "serve_investigation_notice", "--document", notice) == 0
    assert "调查中" in capsys.readouterr().out
    assert run("note", office, number, "已电话联系", "--as", "李明") == 0
    assert run("assign", office, number, "李明") == 0
    capsys.readouterr()
    assert run("list", office, "--mine", "--as", "李明", "--json") == 0
    assert [row["case_id"] for row in json.loads(capsys.readouterr().out)] == [number]
    assert run("show", office, number, "--json") == 0
    case = json.loads(capsys.readouterr().out)
    assert case["steps"][1]["documents"][0]["name"] == "调查通知书.docx"
    assert [(step["actor"], step["verified"]) for step in case["steps"][1:3]] == [
        (case_commands.system_user(), True), ("李明", False)]
    assert run("verify", office) == 0


def test_a_refused_step_is_one_line_with_reason_and_exit_1(office, capsys):
    number = number_of(office, capsys)
    assert run("advance", office, number, "record_payment") == 1
    said = capsys.readouterr().err
    assert said.startswith("error: step record_payment is refused")
    assert said.count("\n") == 1
    assert "serve_investigation_notice" in said or "draft_not_idle" in said


def test_a_conflict_is_told_with_exit_1(office, capsys):
    number = number_of(office, capsys)
    assert run("note", office, number, "x", "--as", "王芳") == 0
    assert run("note", office, number, "y", "--if-version", "1") == 1
    assert "王芳 note" in capsys.readouterr().err


def test_open_by_hand_and_funnel(office, capsys):
    assert run("open", office, "low_efficiency", "P9", "--kind", "parcel", "--note", "巡查发现") == 0
    assert "DX" in capsys.readouterr().out
    assert run("open", office, "no_such", "P9") == 2
    assert run("open", office, "idle", "P9", "--kind", "house") == 2
    capsys.readouterr()
    assert run("funnel", office) == 0
    assert "处置率" in capsys.readouterr().out
    assert run("funnel", office, "--json") == 0
    assert json.loads(capsys.readouterr().out)["stages"][0]["cases"] == 2


def test_export_import_backup_restore_verify(office, capsys, tmp_path):
    number = number_of(office, capsys)
    assert run("note", office, number, "x", "--document", office / "landtool.yaml") == 0
    assert run("export", office, "-o", tmp_path / "all.json") == 0
    assert run("backup", office, tmp_path / "all.zip") == 0
    for word, file in (("import", "all.json"), ("restore", "all.zip")):
        other = tmp_path / word
        other.mkdir()
        (other / "landtool.yaml").write_bytes((office / "landtool.yaml").read_bytes())
        assert run(word, other, tmp_path / file) == 0
        assert run("export", other, "-o", other / "again.json") == 0
        assert (other / "again.json").read_bytes() == (tmp_path / "all.json").read_bytes()
        assert run("verify", other) == (1 if word == "import" else 0)  # an export holds no documents
    capsys.readouterr()
    assert run("verify", tmp_path / "import", "--json") == 1
    assert json.loads(capsys.readouterr().out)["faults"][0]["kind"] == "document"


@pytest.mark.parametrize("words", [["list"], ["show", "X"], ["verify"], ["export"], ["funnel"]])
def test_without_cases_the_way_to_the_first_is_told(tmp_path, capsys, words, monkeypatch):
    monkeypatch.delenv("LANDTOOL_DATABASE_URL", raising=False)
    (tmp_path / "landtool.yaml").write_text("layers: {contracts: {path: c.csv}}\n")
    assert run(words[0], tmp_path, *words[1:]) == 2
    assert "landtool cases update" in capsys.readouterr().err
    assert not (tmp_path / "cases.sqlite").exists()


def test_english(office, capsys):
    number = number_of(office, capsys)
    assert run("show", office, number, "--language", "en") == 0
    shown = capsys.readouterr().out
    for word in ("Disposal of idle land", "serve the investigation notice", "Order 53, Art. 5", "days left"):
        assert word in shown


@pytest.mark.skipif(os.name != "posix", reason="the user's name comes from pwd on POSIX alone")
def test_the_environment_makes_nobody_another_person(monkeypatch):
    name = case_commands.system_user()
    for variable in ("LOGNAME", "USER", "USERNAME", "LNAME"):
        monkeypatch.setenv(variable, "王芳")
    assert case_commands.system_user() == name
