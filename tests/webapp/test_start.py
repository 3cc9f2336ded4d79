"""The start page: from nothing to an assessed workspace."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from landtool.cli import main
from landtool.webapp.serve import SCRIPT, WORKSPACE_VARIABLE
from landtool.webapp.start import folders_near

ROWS = ("电子监管号,土地面积(公顷),约定动工时间,实际动工时间,实际交地时间\n"
        "5001,2.5,2020-01-01,,2019-06-01\n5002,1.5,2020-01-01,2020-03-01,2019-06-01\n")


@pytest.fixture
def start(tmp_path, monkeypatch):
    monkeypatch.delenv(WORKSPACE_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return AppTest.from_file(str(SCRIPT), default_timeout=60)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_opens_and_offers_templates(start, language):
    start.query_params["lang"] = language
    app = start.run()
    assert not app.exception
    assert not app.error
    assert app.title[0].value == {"zh": "打开或新建工作区", "en": "Open or make a workspace"}[language]


def test_a_folder_becomes_an_assessed_workspace(start, tmp_path):
    folder = tmp_path / "某区"
    folder.mkdir()
    (folder / "供地结果.csv").write_text(ROWS, encoding="gbk")
    app = start.run()
    app.text_input[0].set_value(str(folder)).run()
    assert not app.exception
    assert not app.error, app.error[0].value
    app.button[0].click().run()
    assert not app.exception
    assert (folder / "landtool.yaml").is_file()
    assert (folder / "out" / "summary.json").is_file()
    assert app.title[0].value == "某区"


def test_no_such_folder_is_said(start):
    app = start.run()
    app.text_input[0].set_value("/no/such/place").run()
    assert not app.exception
    assert "/no/such/place" in app.error[0].value.replace("\\", "")


def test_workspaces_stand_before_other_folders(tmp_path):
    for name in ("a", "b", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "b" / "landtool.yaml").touch()
    assert [path.name for path in folders_near(tmp_path)] == ["b", "a"]


def test_others_never_get_the_start_page(capsys):
    assert main(["app", "--host", "0.0.0.0"]) == 2
    assert "name the workspace" in capsys.readouterr().err


def test_another_workspace_begins_with_nothing_chosen(start, tmp_path):
    for name in ("甲区", "乙区"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "供地结果.csv").write_text(ROWS, encoding="utf-8")
        (tmp_path / name / "landtool.yaml").write_text(
            f"name: {name}\nas_of: 2025-12-31\nlayers:\n  contracts: {{path: 供地结果.csv}}\n", encoding="utf-8")
    app = start.run()
    app.text_input[0].set_value(str(tmp_path / "甲区")).run()
    app.button[0].click().run()
    assert app.title[0].value == "甲区"
    app.session_state["map_selected"] = "5001"
    app.session_state["stored_files"] = {"x": "y"}
    next(one for one in app.sidebar.button).click().run()
    assert not app.exception
    assert not [name for name in ("map_selected", "stored_files", "workspace") if name in app.session_state]
    app.text_input[0].set_value(str(tmp_path / "乙区")).run()
    app.button[0].click().run()
    assert app.title[0].value == "乙区"
    said = " ".join(cell.value for cell in (*app.text, *app.caption, *app.markdown, *app.title))
    assert "甲区" not in said


def test_what_is_wrong_with_a_folder_is_text(start, tmp_path):
    app = start.run()
    app.text_input[0].set_value("/no/![x](http://evil.example/x.png)<img src=x>").run()
    assert not app.exception
    # Every sign that Markdown could take for more than itself is escaped.
    assert not set(re.sub(r"\\.", "", app.error[0].value)) & set("![](<`$*_")
