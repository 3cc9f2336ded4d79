"""The map page at the size of a whole city: the app started, a browser driven, seconds and megabytes taken.

``LANDTOOL_BENCH_MAP`` parcels (default 300 000). Run with ``pytest benchmarks/test_app.py -s``. Needs Chromium.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import folium
import pytest

import landtool as lt
from landtool.maps.assets import OfflineMap
from landtool.reports.stored import open_results
from landtool.webapp.serve import command, environment

SIZE = int(os.environ.get("LANDTOOL_BENCH_MAP", "300000"))
# After the first map ours gets ready for cards and other pages; then both are warm.
_WARM_S = 8.0
SMALL = 5000
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
          "--disable-sync", "--no-first-run", "--enable-precise-memory-info"]  # fmt: skip
# One process that writes the workspace: its memory is not the server's.
_TOWN = """
import sys
import landtool as lt
from pathlib import Path
place, parcels = Path(sys.argv[1]), int(sys.argv[2])
layers = ["districts", "parks", "parcels", "contracts", "government_causes", "enterprises", "occupancy", "operations"]
lt.write_town(lt.make_town(parcels=parcels, problems=False, only=layers), place, formats="plain")
lt.write_results(lt.assess(lt.open_workspace(place)), place / "out")
"""


@pytest.fixture(scope="module")
def browser():
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=_FLAGS)
        yield opened
        opened.close()


def make_town(place: Path, parcels: int) -> Path:
    kept = os.environ.get("LANDTOOL_BENCH_TOWNS")
    place = Path(kept) / str(parcels) if kept else place
    if not (place / "out" / "summary.json").is_file():
        subprocess.run([sys.executable, "-c", _TOWN, str(place), str(parcels)], check=True)
    return place


# The same parcels as plain folium in a Streamlit page.
_PLAIN = """
from pathlib import Path
import streamlit as st
st.set_page_config(layout="wide")
st.iframe(Path({path!r}).read_text(encoding="utf-8"), height=720)
"""


class Server:
    """The app on one workspace, or any script in its place."""

    def __init__(self, folder: Path, script: Path | None = None) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = int(taken.getsockname()[1])
        self.url = f"http://127.0.0.1:{port}"
        words = command("127.0.0.1", port)
        if script is not None:
            words[words.index("run") + 1] = str(script)
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=environment(folder))
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).read()
                return
            except OSError:
                time.sleep(0.1)

    def memory_mb(self, what: str = "VmRSS") -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith(what)).split()[1]) / 1024

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def open_map(page, url: str) -> float:
    """Seconds from the address to parcels on the screen."""
    begin = time.perf_counter()
    page.goto(f"{url}/map")
    inner = page.frame_locator("iframe").first.frame_locator("iframe")
    inner.locator("canvas.leaflet-tile-loaded").first.wait_for(state="attached", timeout=120_000)
    settle(page)
    return time.perf_counter() - begin


def settle(page) -> None:
    """Until every tile in view is drawn; asked again and again, for the page's policy allows no eval."""
    while not frame(page).evaluate("!!landtoolMap.parcels.state.order && !landtoolMap.parcels.layer._loading"):
        page.wait_for_timeout(5)


def frame(page):
    return next(f for f in page.frames if "/map.html" in f.url and not f.is_detached())


def tab_mb() -> float:
    """Memory of the tab: what its process holds of its own, the largest of this machine's renderers."""
    largest = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if "--type=renderer" in (status.parent / "cmdline").read_text():
                rss = next(line for line in status.read_text().splitlines() if line.startswith("RssAnon"))
                largest = max(largest, int(rss.split()[1]) / 1024)
        except (OSError, StopIteration):
            continue
    return largest


PAN = """async () => { const took = [];
  for (let i = 0; i < 12; i++) {
    const start = performance.now();
    landtoolMap.map.panBy([i % 2 ? -260 : 300, 40], {animate: false});
    await new Promise(go => { const look = () => landtoolMap.parcels.layer._loading ? setTimeout(look, 2) : go(); look(); });
    await new Promise(go => requestAnimationFrame(() => setTimeout(go)));
    took.push(performance.now() - start);
  } return took; }"""


def test_city(browser, tmp_path):
    folder = make_town(tmp_path / "city", SIZE)
    result = open_results(folder / "out")
    point = result.parcels.geometry.iloc[[SIZE // 2]].representative_point().to_crs("EPSG:4326").iloc[0]
    parcel_id = result.parcels["parcel_id"].iloc[SIZE // 2]
    del result
    server = Server(folder)
    try:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        cold = open_map(page, server.url)
        page.close()
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        warm = open_map(page, server.url)
        frame(page).evaluate("p => landtoolMap.map.setView(p, 15, {animate: false}) && null", [point.y, point.x])
        settle(page)
        pan = statistics.median(frame(page).evaluate(PAN))
        frame(page).evaluate("p => landtoolMap.map.setView(p, 16, {animate: false}) && null", [point.y, point.x])
        page.wait_for_timeout(1000)
        box = page.locator("iframe").first.bounding_box()
        begin = time.perf_counter()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.get_by_role("heading", name=parcel_id).wait_for(timeout=20_000)
        click = time.perf_counter() - begin
        # Its last line: everything of the card is there.
        page.get_by_role("button", name="逐条说明").wait_for(timeout=20_000)
        whole = time.perf_counter() - begin
        begin = time.perf_counter()
        frame(page).evaluate("landtoolMap.parcels.setTheme(1).then(() => 1)")
        recolour = time.perf_counter() - begin
        figures = {"parcels": SIZE, "cold_s": cold, "warm_s": warm, "pan_ms": pan, "click_to_card_s": click,
                   "whole_card_s": whole, "recolour_s": recolour, "tab_mb": tab_mb(),
                   "server_mb": server.memory_mb(), "server_peak_mb": server.memory_mb("VmHWM")}
        page.close()
    finally:
        server.close()
    print("\n" + json.dumps({name: round(value, 3) for name, value in figures.items()}))
    assert cold <= 9.0
    assert warm <= 3.5
    assert pan <= 100.0
    assert whole <= 0.5
    assert figures["tab_mb"] <= 300.0
    assert figures["server_mb"] <= 1024.0


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> tuple[Path, Path]:
    """A workspace of 5 000 parcels, and a folder with the same as plain folium and as our file."""
    place = tmp_path_factory.mktemp("small")
    folder = make_town(place / "town", SMALL)
    result = lt.read_results(folder / "out")
    plain = OfflineMap(location=[29.5, 106.5], zoom_start=12)
    shown = result.parcels[["parcel_id", "holder", "idle_status", "geometry"]].to_crs("EPSG:4326")
    folium.GeoJson(shown, tooltip=folium.GeoJsonTooltip(["parcel_id", "holder"])).add_to(plain)
    plain.fit_bounds([[shown.total_bounds[1], shown.total_bounds[0]], [shown.total_bounds[3], shown.total_bounds[2]]])
    plain.save(place / "plain.html")
    lt.map_assessment(result).save(place / "ours.html")
    return folder, place


def test_small_file_is_no_slower_than_plain_folium(browser, small):
    """Two files, opened from disk."""
    _, place = small
    took: dict[str, list[float]] = {"plain": [], "ours": []}
    for _ in range(3):
        for name in took:
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            begin = time.perf_counter()
            page.goto((place / f"{name}.html").as_uri())
            if name == "plain":
                page.locator("path.leaflet-interactive").first.wait_for(state="attached", timeout=60_000)
            else:
                page.wait_for_function("window.landtoolMap && landtoolMap.parcels.state.order "
                                       "&& !landtoolMap.parcels.layer._loading")
            page.evaluate("new Promise(go => requestAnimationFrame(() => setTimeout(go)))")
            took[name].append(time.perf_counter() - begin)
            page.close()
    compared("a file", took)


def test_small_page_is_no_slower_than_plain_folium(browser, small):
    """Our page of the app against a page of Streamlit that holds plain folium alone, both warm."""
    folder, place = small
    (place / "plain.py").write_text(_PLAIN.format(path=str(place / "plain.html")), encoding="utf-8")
    servers = {"plain": Server(folder, place / "plain.py"), "ours": Server(folder)}
    took: dict[str, list[float]] = {"plain": [], "ours": []}
    try:
        for turn in range(4):
            if turn == 1:
                time.sleep(_WARM_S)
            for name, server in servers.items():
                page = browser.new_page(viewport={"width": 1400, "height": 900})
                took[name].append(open_map(page, server.url) if name == "ours" else open_plain(page, server.url))
                page.close()
    finally:
        for server in servers.values():
            server.close()
    compared("the app", {name: seconds[1:] for name, seconds in took.items()})


def open_plain(page, url: str) -> float:
    begin = time.perf_counter()
    page.goto(url)
    page.frame_locator("iframe").first.locator("path.leaflet-interactive").first.wait_for(
        state="attached", timeout=60_000)
    page.frames[-1].evaluate("new Promise(go => requestAnimationFrame(() => setTimeout(go)))")
    return time.perf_counter() - begin


def compared(where: str, took: dict[str, list[float]]) -> None:
    ours, theirs = statistics.median(took["ours"]), statistics.median(took["plain"])
    print(f"\n{SMALL} parcels in {where}: ours {ours:.2f} s, plain folium {theirs:.2f} s, ratio {theirs / ours:.1f}")
    assert ours <= theirs
