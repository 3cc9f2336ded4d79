"""The app as a person meets it: started by the command, drawn by a browser, nothing asked of other machines."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

import landtool as lt
from landtool.balance.proposed import proposals_of_parcels
from landtool.webapp.navigation import PAGES

pytestmark = pytest.mark.browser
BASE = "planning/land"
TITLES = {"zh": {"idle": "闲置与收回", "performance": "绩效", "balance": "用地总量", "data": "数据"},
          "en": {"idle": "Idle and recovery", "performance": "Performance", "balance": "Land balance",
                 "data": "Data"}}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def address(demo):
    """The app behind a base path, as a reverse proxy would have it."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "landtool.cli", "app", str(demo), "--port", str(port), "--base-path", BASE],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ})
    url = f"http://127.0.0.1:{port}/{BASE}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).read()
            break
        except OSError:
            time.sleep(0.2)
    yield url
    server.terminate()
    server.wait(10)


def settled(page) -> None:
    """Wait until the script has run to its end."""
    quiet = "!document.querySelector('[data-testid=stStatusWidget], [data-testid=stSpinner]')"
    for _ in range(2):  # between two runs of a script nothing turns for a moment
        page.wait_for_function(quiet, timeout=60_000)
        page.wait_for_timeout(600)
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_test_id("stAlertContentError").count() == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_opens_offline(page, address, shots, language):
    for place, one in enumerate(PAGES):
        page.goto(f"{address}/{'' if place == 0 else one.name}?lang={language}")
        page.locator("[data-testid=stMain] h1, [data-testid=stMain] iframe").first.wait_for(timeout=60_000)
        settled(page)
        wanted = TITLES[language].get(one.name)
        if wanted:
            assert page.locator("[data-testid=stMain] h1").first.inner_text() == wanted
        height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": 1400, "height": min(max(900, height), 4000)})
        page.wait_for_timeout(600)
        page.screenshot(path=shots / f"page-{one.name}-{language}.png")
        page.set_viewport_size({"width": 1400, "height": 900})


def test_language_switch_holds_from_page_to_page(page, address):
    page.goto(address)
    page.get_by_test_id("stMetric").first.wait_for(timeout=60_000)
    page.get_by_text("English").click()
    page.get_by_text("Findings (").wait_for(timeout=60_000)
    page.get_by_role("link", name="Performance").click()
    page.get_by_role("tab", name="Parks").wait_for(timeout=60_000)
    settled(page)


def test_the_idle_list_is_carried_away(page, address, tmp_path):
    page.goto(f"{address}/idle")
    page.get_by_role("button", name="Excel").wait_for(timeout=60_000)
    for name, start in (("Excel", b"PK"), ("GeoPackage", b"SQLite format 3"), ("Shapefile", b"PK")):
        with page.expect_download(timeout=30_000) as waited:
            page.get_by_role("button", name=name).click()
        target = tmp_path / name
        waited.value.save_as(target)
        assert target.read_bytes().startswith(start)


def test_workbook_and_report_are_carried_away(page, address, tmp_path):
    page.goto(address)
    for name in ("下载工作簿", "下载报告"):
        page.get_by_role("button", name=name).wait_for(timeout=60_000)
        with page.expect_download(timeout=60_000) as waited:
            page.get_by_role("button", name=name).click()
        target = tmp_path / waited.value.suggested_filename
        waited.value.save_as(target)
        assert target.read_bytes().startswith(b"PK")


def test_a_rezoning_is_handed_in_and_told_at_once(page, address, demo, tmp_path, shots):
    parcels = lt.read_results(demo / "out").parcels
    some = parcels.loc[parcels["is_industrial"].fillna(False), "parcel_id"].head(3)
    path = tmp_path / "调整.geojson"
    proposals_of_parcels(parcels, some, "0701").to_crs("EPSG:4490").to_file(path, driver="GeoJSON")
    page.goto(f"{address}/balance")
    page.get_by_role("tab", name="情景推演").click(timeout=60_000)
    page.get_by_test_id("stRadio").get_by_text("上传文件").click(timeout=60_000)
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_text("对净变化的影响").wait_for(timeout=60_000)
    settled(page)
    effect = page.get_by_test_id("stMetric").filter(has_text="对净变化的影响").inner_text()
    assert "-" in effect.replace("−", "-")
    page.screenshot(path=shots / "scenario.png")


def test_app_listens_on_this_machine_only(address):
    port = int(address.split(":")[2].split("/")[0])
    table = Path("/proc/net/tcp")
    found = table.read_text() if table.exists() else ""
    listening = [line.split()[1] for line in found.splitlines()[1:] if line.split()[3] == "0A"]
    mine = [place for place in listening if int(place.split(":")[1], 16) == port]
    assert mine == [] or all(place.startswith("0100007F") for place in mine)
