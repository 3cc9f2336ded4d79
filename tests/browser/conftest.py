"""A headless Chromium that may speak to this machine only, and a demo town to look at."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlparse

import pytest

import landtool as lt
from landtool.webapp.serve import command, environment

# As behind a reverse proxy that serves it under a path of its own.
BASE = "city/land"

SHOTS = Path(os.environ.get("LANDTOOL_SCREENSHOTS", "build/screenshots"))
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
          "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
_LOCAL = {"127.0.0.1", "localhost", ""}


def _require(reason: str) -> None:
    if "browser" in os.environ.get("LANDTOOL_REQUIRE", "").split(","):
        pytest.fail(f"LANDTOOL_REQUIRE names browser, but: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium():
    """The system's Chromium under Playwright."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        _require("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A page that fails the test on any script error and on any request to another machine."""
    opened = chromium.new_page(viewport={"width": 1400, "height": 900})
    strangers, errors, dialogs = [], [], []

    def guard(route):
        host = urlparse(route.request.url).hostname or ""
        if host in _LOCAL:
            route.continue_()
        else:
            strangers.append(route.request.url)
            route.abort()

    opened.route("**/*", guard)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    yield opened
    opened.close()
    assert strangers == [], "requests left this machine"
    assert errors == [], "script errors"
    assert dialogs == [], "text of the data was run as script"


@pytest.fixture(scope="session")
def shots() -> Path:
    """Where screenshots are kept."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    return SHOTS


@pytest.fixture(scope="session")
def demo(assessed_town) -> Path:
    """An assessed town."""
    return assessed_town


@pytest.fixture(scope="session")
def result(demo) -> lt.Assessment:
    """Its results."""
    return lt.read_results(demo / "out")


@pytest.fixture(scope="session")
def served():
    """Start the app's server on a workspace, under a base path; gives its address."""
    servers = []

    def start(folder: Path, words: list[str] | None = None) -> str:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = int(taken.getsockname()[1])
        servers.append(subprocess.Popen([*words, "--port", str(port)] if words else command("127.0.0.1", port, BASE),
                                        env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        url = f"http://127.0.0.1:{port}/{BASE}"
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).read()
                break
            except OSError:
                time.sleep(0.2)
        return url

    yield start
    for server in servers:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="session")
def address(demo, served) -> str:
    """The app on the town, started as people start it; one server for all tests that only look."""
    return served(demo, [sys.executable, "-m", "landtool.cli", "app", str(demo), "--base-path", BASE])


_QUIET = """() => {
  const app = document.querySelector('[data-testid=stApp]'), now = performance.now();
  const busy = !app || app.getAttribute('data-test-script-state') !== 'notRunning'
    || document.querySelector('[data-testid=stSpinner], [data-testid=stSkeleton]');
  window.quietSince = busy ? null : window.quietSince ?? now;
  return window.quietSince !== null && now - window.quietSince > 200;
}"""


@pytest.fixture(scope="session")
def settled():
    """Wait until the script has run to its end and nothing turns; nothing may have gone wrong by then."""

    def wait(page) -> None:
        page.evaluate("window.quietSince = null")
        page.wait_for_function(_QUIET, timeout=60_000)  # between two runs of a script it is quiet for a moment
        assert page.get_by_test_id("stException").count() == 0
        assert page.get_by_test_id("stAlertContentError").count() == 0

    return wait


@pytest.fixture(scope="session")
def carried_away(settled):
    """Click what gives a file, once the page is quiet, and again if the click fell into its being drawn anew."""
    from playwright.sync_api import TimeoutError as TooSlow

    def click(page, button):
        button.wait_for(timeout=60_000)
        for _ in range(4):
            settled(page)
            with contextlib.suppress(TooSlow):
                with page.expect_download(timeout=20_000) as waited:
                    button.click()
                return waited.value
        return pytest.fail("no file came")

    return click
