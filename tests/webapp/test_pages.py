"""Every page, in both languages, without a browser: no exception, nothing left untranslated."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

import landtool as lt
from landtool import messages
from landtool.reports.wording import label
from landtool.webapp import tables
from landtool.webapp.navigation import LANGUAGES, PAGES
from landtool.webapp.pages import overview
from landtool.webapp.serve import SCRIPT


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_page_runs(run_page, page, language):
    app = run_page(page, language)
    assert not app.error
    assert app.sidebar.radio[0].value == language


def test_overview_counts_idle_land(run_page):
    assert len(run_page("overview").metric) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_not_assessed_is_told_in_words(run_page, language):
    tables = [frame.value for frame in run_page("overview", language).dataframe if "missing" in frame.value]
    said = [words for table in tables for words in table["missing"].dropna()]
    assert said
    assert not [words for words in said if re.search(r"[a-z]_[a-z]|[a-z]\.[a-z]", words)]


def test_language_can_be_switched_and_stays(run_page):
    app = run_page("overview")
    app.sidebar.radio[0].set_value("en").run()
    assert not app.exception
    assert any("Findings" in head.value for head in app.subheader)
    assert app.query_params["lang"] in ("en", ["en"])


def test_a_folder_without_catalogue_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setenv("LANDTOOL_WORKSPACE", str(tmp_path))
    app = AppTest.from_file(SCRIPT, default_timeout=60).run()
    assert not app.exception
    assert "landtool.yaml" in app.error[0].value.replace("\\", "")


def test_idle_list_can_be_narrowed(run_page):
    app = run_page("idle")
    whole = len(app.dataframe[0].value)
    app.multiselect[0].set_value(["idle_2y"]).run()
    assert not app.exception
    narrowed = app.dataframe[0].value
    assert 0 < len(narrowed) < whole
    assert set(narrowed["idle_status"]) == {"疑似闲置满两年"}
    app.text_input[0].set_value(narrowed["parcel_id"].iloc[0]).run()
    assert len(app.dataframe[0].value) == 1


def test_weights_can_be_tried(run_page):
    app = run_page("performance", "en")
    app.slider[0].set_value(100).run()
    assert not app.exception
    assert any("change class" in cell.value for cell in app.markdown)
    for slider in app.slider:
        slider.set_value(0)
    app.run()
    assert not app.exception
    assert any("Give points" in cell.value for cell in app.warning)


def test_a_rezoning_of_named_parcels_shows_its_effect(run_page, assessed_town):
    parcels = lt.read_results(assessed_town / "out").parcels
    one = parcels.loc[parcels["is_industrial"].fillna(False), "parcel_id"].iloc[0]
    app = run_page("balance")
    app.session_state["balance_tab_zh"] = "情景推演"
    app.run()
    app.radio(key="scenario_way").set_value("parcels").run()
    app.text_area(key="scenario_words").set_value(f"{one}、")
    app.selectbox(key="scenario_code").set_value("0701")
    app.run()
    assert not app.exception
    assert not app.error, app.error[0].value
    effect = next(cell for cell in app.metric if cell.label == "对净变化的影响")
    assert effect.value.startswith("-")
    app.text_area(key="scenario_words").set_value("nobody").run()
    assert not app.exception
    assert "nobody" in app.error[0].value


def test_every_rule_that_fired_has_a_name_in_both_languages(assessed_town):
    rules = lt.read_results(assessed_town / "out").findings["rule_id"]
    named = {rule for rule in rules.unique() if messages.has(f"rule.{rule}") or rule.startswith("data.")}
    assert set(rules.unique()) - named == set()


def test_columns_of_pages_are_words(run_page):
    seen = [column for page in PAGES for table in run_page(page.name).dataframe for column in table.value]
    said = {column: label(column, "zh") for column in seen}
    assert {name for name, text in said.items() if text == name} == set()


def test_a_long_list_shows_its_gravest_rows_and_says_so(run_page, assessed_town, monkeypatch):
    for module in (tables, overview):
        monkeypatch.setattr(module, "MOST_SENT", 7)
    found = lt.read_results(assessed_town / "out").findings
    app = run_page("overview", "en")
    assert all(len(table.value) <= 7 for table in app.dataframe)
    assert any(f"first 7 of {len(found)}" in cell.value.replace(",", "") for cell in app.caption)
    listed = next(table.value for table in app.dataframe if "severity" in table.value)
    gravest = sorted(found["severity"], key=["recover", "breach", "warning", "info"].index)[:7]
    assert sorted(listed["severity"]) == sorted(gravest)
    rule = found["rule_id"].iloc[-1]
    app.multiselect[1].set_value([rule]).run()
    assert not app.exception
    listed = next(table.value for table in app.dataframe if "severity" in table.value)
    assert listed["rule_id"].nunique() == 1
    assert len(listed) == min(7, int((found["rule_id"] == rule).sum()))


def test_what_shows_results_imports_no_rules_and_no_readers():
    """They would be half of the time before the first page."""
    heavy = ["landtool.judgement", "landtool.workspace", "landtool.summary", "sqlalchemy", "pandera", "docx",
             "xlsxwriter", "matplotlib", "rasterio"]  # fmt: skip
    script = ("import sys\nimport landtool.webapp.main, landtool.webapp.pages.map, landtool.webapp.pages.overview\n"
              f"print([name for name in {heavy} if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
