"""Every page, in both languages, without a browser: no exception, nothing left untranslated."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from landtool.webapp.navigation import LANGUAGES, PAGES
from landtool.webapp.serve import SCRIPT


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_page_runs(run_page, page, language):
    app = run_page(page, language)
    assert not app.error
    assert app.sidebar.radio[0].value == language


def test_each_page_is_the_one_asked_for(run_page):
    titles = {page.name: [cell.value for cell in run_page(page.name).title] for page in PAGES}
    assert titles["overview"] != titles["data"]


def test_overview_counts_idle_land(run_page):
    assert len(run_page("overview").metric) >= 5


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
    assert "landtool.yaml" in app.error[0].value
