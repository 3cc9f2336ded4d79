"""The app run without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from landtool.webapp import running
from landtool.webapp.assess_apart import assess_here
from landtool.webapp.navigation import PAGES
from landtool.webapp.serve import SCRIPT


@pytest.fixture(autouse=True)
def assessed_here(monkeypatch):
    """No process of its own for each assessment: test_assess_apart proves that they are the same."""
    monkeypatch.setattr(running, "assess_apart", assess_here)


@pytest.fixture
def run_page(assessed_town, monkeypatch):
    """Run one page of the app as the browser would, and fail on any exception in it."""

    def run(page: str, language: str = "zh", folder: Path | None = None) -> AppTest:
        monkeypatch.setenv("LANDTOOL_WORKSPACE", str(folder or assessed_town))
        app = AppTest.from_file(SCRIPT, default_timeout=60)
        app.query_params["lang"] = language
        app.run()
        if page != PAGES[0].name:
            # The pages are known from the first run on; a page's address tells which one is asked for.
            assert not app.exception, [error.value for error in app.exception]
            app._page_hash = calc_hash(page)
            app.run()
        assert not app.exception, [error.value for error in app.exception]
        return app

    return run
