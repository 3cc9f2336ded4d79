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

pytestmark = pytest.mark.browser


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def address(demo):
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "landtool.cli", "app", str(demo), "--port", str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ})
    url = f"http://127.0.0.1:{port}"
    for _ in range(150):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).read()
            break
        except OSError:
            time.sleep(0.2)
    yield url
    server.terminate()
    server.wait(10)


def test_app_shows_summary_and_findings_offline(page, address, shots):
    page.goto(address)
    page.get_by_text("评估发现").wait_for(timeout=60_000)
    page.get_by_test_id("stMetric").first.wait_for()
    assert page.get_by_test_id("stException").count() == 0
    page.wait_for_timeout(1500)
    page.screenshot(path=shots / "app.png", full_page=True)


def test_app_switches_to_english(page, address):
    page.goto(address)
    page.get_by_text("评估发现").wait_for(timeout=60_000)
    page.get_by_text("English").click()
    page.get_by_text("Findings (").wait_for(timeout=60_000)
    assert page.get_by_test_id("stException").count() == 0


def test_app_listens_on_this_machine_only(address):
    port = int(address.rpartition(":")[2])
    table = Path("/proc/net/tcp")
    found = table.read_text() if table.exists() else ""
    listening = [line.split()[1] for line in found.splitlines()[1:] if line.split()[3] == "0A"]
    mine = [place for place in listening if int(place.split(":")[1], 16) == port]
    assert mine == [] or all(place.startswith("0100007F") for place in mine)
