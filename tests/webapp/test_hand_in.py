"""A file handed in on the page of the data: recognised, named by dropdown, assessed, and nothing lost."""

from __future__ import annotations

import json

import pytest
import yaml
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from landtool.sources.catalogue import load_catalogue
from landtool.webapp.hand_in import is_named
from landtool.webapp.serve import SCRIPT
from landtool.webapp.uploads import REPLACED

CONTRACTS = ("电子监管号,土地面积(公顷),约定动工时间,实际动工时间,实际交地时间\n"
             "5001,2.5,2020-01-01,,2019-06-01\n5002,1.5,2020-01-01,2020-03-01,2019-06-01\n")
OUTPUT = "企业名称,统一社会信用代码,电子监管号,年份,工业总产值(万元),税收(万元)\n甲,91500000000000001X,5001,2024,100,5\n"
CATALOGUE = "# 手写的备注\nname: 某区\nas_of: 2025-12-31\nlayers:\n  contracts: {path: 供地结果.csv}  # 台账\n"
RUN = {"zh": "写入 landtool.yaml 并重新评估", "en": "Name in landtool.yaml and run again"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "供地结果.csv").write_text(CONTRACTS, encoding="utf-8")
    (tmp_path / "landtool.yaml").write_text(CATALOGUE, encoding="utf-8")
    monkeypatch.setenv("LANDTOOL_WORKSPACE", str(tmp_path))
    return tmp_path


def done(changed) -> AppTest:
    app = changed.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def handed(*files: tuple[str, bytes], language="zh") -> AppTest:
    app = AppTest.from_file(SCRIPT, default_timeout=60)
    app.query_params["lang"] = language
    app.run()
    app._page_hash = calc_hash("data")
    app = done(app)
    return done(app.file_uploader(key="handed_in").set_value([(*file, "text/csv") for file in files]))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_new_table_is_named_by_dropdown_and_assessed(folder, language):
    app = handed(("2024年度运营.csv", OUTPUT.encode("gbk")), language=language)
    box = app.selectbox[0]
    assert box.value == "operations"
    button = app.button(key="name_and_run")
    assert button.label == RUN[language]
    app = done(button.click())
    assert not app.error, app.error[0].value
    text = (folder / "landtool.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["layers"]["operations"]["path"] == "2024年度运营.csv"
    assert "# 手写的备注" in text
    assert "# 台账" in text
    summary = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["layers"]["operations"]["accepted"] == 1
    assert (folder / REPLACED / "1-landtool.yaml").read_text(encoding="utf-8") == CATALOGUE
    # It is known now, and nothing is asked of it any more.
    assert not [one for one in app.button if one.label == RUN[language]]


def test_what_cannot_be_assessed_leaves_the_catalogue_as_it_was(folder):
    app = handed(("合同新.csv", b"\xe7\x94\xb5\n1\n"))
    app = done(app.selectbox[0].set_value("contracts"))
    assert "供地结果" in app.radio(key="way_合同新.csv_").label
    app = done(app.radio(key="way_合同新.csv_").set_value("instead"))
    before = (folder / "out" / "summary.json").read_bytes()
    app = done(app.button(key="name_and_run").click())
    assert app.error
    assert (folder / "landtool.yaml").read_text(encoding="utf-8") == CATALOGUE
    assert (folder / "out" / "summary.json").read_bytes() == before


def test_another_year_joins_the_source_there_is(folder):
    app = handed(("供地结果2.csv", CONTRACTS.replace("5001", "6001").replace("5002", "6002").encode()))
    assert app.selectbox[0].value == "contracts"
    app = done(app.button(key="name_and_run").click())
    assert not app.error, app.error[0].value
    assert load_catalogue(folder).layers["contracts"].path == ["供地结果.csv", "供地结果2.csv"]
    summary = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["layers"]["contracts"]["accepted"] == 4


def test_nothing_is_named_that_nobody_chose(folder):
    app = handed(("天气.csv", "甲,乙\n1,2\n".encode()), ("照片.tif", b"II*\x00"))
    assert app.selectbox[0].value == ""
    assert app.button(key="name_and_run").disabled
    app = done(app.selectbox[0].set_value("contracts"))
    assert not app.button(key="name_and_run").disabled


def test_one_layer_is_named_once(folder):
    app = handed(("2023年度运营.csv", OUTPUT.encode()), ("2024年度运营.csv", OUTPUT.encode()))
    assert any("operations" in one.value for one in app.warning)
    assert app.button(key="name_and_run").disabled


def test_a_hostile_name_is_a_name(folder):
    app = handed(("<img src=x onerror=alert(1)>`${x}`.csv", OUTPUT.encode()))
    names = [path.name for path in folder.iterdir()]
    assert not [name for name in names if set(name) & set("<>$`")]
    assert not app.error


def test_globs_and_what_lies_beside_a_shapefile_are_known(tmp_path):
    for name in ("a.shp", "m1.csv", "b.gpkg", "x.tif"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "landtool.yaml").write_text(
        "layers:\n  parcels: {path: a.shp}\n  contracts: {path: 'm*.csv'}\n  land_use:\n    2020: {path: b.gpkg}\n"
        "  rasters:\n    - {path: x.tif, kind: ndvi, date: 2025-07-01}\n", encoding="utf-8")
    catalogue = load_catalogue(tmp_path)
    assert all(is_named(catalogue, name) for name in ("a.shp", "a.dbf", "m2.csv", "b.gpkg", "x.tif"))
    assert not any(is_named(catalogue, name) for name in ("b.dbf", "c.csv", "a.csv"))
