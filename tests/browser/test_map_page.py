"""The map page as a planner meets it: under a base path, in a browser that may speak to this machine only."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import geopandas as gpd
import pytest

import landtool as lt
from landtool.maps.selection import rows_inside

pytestmark = pytest.mark.browser


def _beside(name: str):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HOSTILE, hostile_result = _beside("hostile").HOSTILE, _beside("test_map").hostile_result


class MapPage:
    """The map page in a browser."""

    def __init__(self, page, address, language="zh"):
        self.page, self.loads = page, []
        page.on("request", lambda request: self.loads.append(request.url) if "map.html" in request.url else None)
        page.goto(f"{address}/map?lang={language}")
        self.map = page.frame_locator("iframe").first.frame_locator("iframe")
        self.map.locator(".lt-panel .lt-row").first.wait_for(timeout=60_000)
        self.run("landtoolMap.ready.then(() => 1)")

    def run(self, script, argument=None):
        frame = next(f for f in self.page.frames if "/map.html" in f.url and not f.is_detached())
        return frame.evaluate(script, argument)

    def go(self, lat, lng, zoom=16):
        self.run("([a, b, z]) => landtoolMap.map.setView([a, b], z, {animate: false}) && null", [lat, lng, zoom])
        self.page.wait_for_timeout(400)

    def view(self):
        return self.run("[landtoolMap.map.getCenter().lat, landtoolMap.map.getCenter().lng, landtoolMap.map.getZoom()]")

    def spot(self, dx=0, dy=0):
        box = self.page.locator("iframe").first.bounding_box()
        return box["x"] + box["width"] / 2 + dx, box["y"] + box["height"] / 2 + dy

    def click(self, dx=0, dy=0):
        self.page.mouse.click(*self.spot(dx, dy))

    def painted(self):
        return self.run("""() => [...document.querySelectorAll('canvas.leaflet-tile')].reduce((sum, c) => {
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            for (let i = 3; i < d.length; i += 4) { sum += d[i] > 0 ? 1 : 0; }
            return sum; }, 0)""")

    def sound(self):
        assert self.page.get_by_test_id("stException").count() == 0
        assert self.page.get_by_test_id("stAlert").count() == 0


def open_menu(page, label):
    """Open a menu; while the page is drawn anew the open menu may be taken away: then again."""
    from playwright.sync_api import TimeoutError as TooSlow

    box = page.get_by_test_id("stMultiSelect").filter(has_text=label)
    for _ in range(10):
        if page.get_by_role("option").count() == 0:
            box.locator("input").click()
        with contextlib.suppress(TooSlow):
            page.get_by_role("option").first.wait_for(timeout=4000)
            return box
    pytest.fail(f"the menu {label} does not open")


def choose(page, label, option):
    """Take a value in a menu, again if the menu was taken away under the mouse."""
    from playwright.sync_api import TimeoutError as TooSlow

    for _ in range(10):
        box = open_menu(page, label)
        with contextlib.suppress(TooSlow):
            page.get_by_role("option", name=option).click(timeout=4000)
            box.get_by_text(option).wait_for(timeout=4000)
        if box.get_by_text(option).count():
            page.keyboard.press("Escape")
            return
    pytest.fail(f"{option} could not be chosen")


def place(result, row):
    point = result.parcels.geometry.iloc[[row]].representative_point().to_crs("EPSG:4326").iloc[0]
    return point.y, point.x


def test_click_shows_the_card_and_filter_and_theme_keep_the_view(page, address, result, shots, settled):
    row = int((result.parcels["idle_status"] == "idle_1y").to_numpy().argmax())
    parcel_id = result.parcels["parcel_id"].iloc[row]
    at = MapPage(page, address)
    at.go(*place(result, row))
    assert at.painted() > 1000
    page.mouse.move(*at.spot())
    at.map.locator(".lt-tip").filter(has_text=parcel_id).wait_for(timeout=5000)
    at.click()
    page.get_by_role("heading", name=parcel_id).wait_for(timeout=20_000)
    page.get_by_text("三种面积").wait_for()
    view, before = at.view(), at.painted()
    page.wait_for_timeout(800)
    page.screenshot(path=shots / "map-card.png")
    at.map.locator("select.lt-theme").select_option(label="产出强度(占目标)")
    at.map.get_by_role("button", name="达到目标").wait_for()
    assert at.view() == view
    settled(page)
    page.get_by_text("筛选", exact=True).click()
    choose(page, "闲置情况", "疑似闲置满一年")
    idle = int((result.parcels["idle_status"] == "idle_1y").sum())
    page.get_by_text(f"{len(result.parcels)} 宗中的 {idle} 宗").wait_for(timeout=20_000)
    page.wait_for_timeout(1000)
    assert 0 < at.painted() < before
    assert at.view() == view
    assert len(at.loads) == 1, "the map was loaded anew"
    at.sound()
    page.screenshot(path=shots / "map-filter.png")


def test_the_whole_map_is_seen_in_a_low_window(page, address):
    page.set_viewport_size({"width": 1366, "height": 768})
    MapPage(page, address)
    page.wait_for_timeout(300)
    box = page.locator("iframe").first.bounding_box()
    assert box["height"] > 500
    assert box["y"] + box["height"] <= 768
    page.set_viewport_size({"width": 1366, "height": 1000})
    page.wait_for_timeout(300)
    assert page.locator("iframe").first.bounding_box()["height"] == 720


def test_area_is_drawn_uploaded_and_exported(page, address, result, tmp_path, shots, carried_away):
    at = MapPage(page, address)
    at.go(*place(result, 3), zoom=15)
    at.map.get_by_role("button", name="画范围").click()
    for dx, dy in ((-180, -150), (120, -160), (150, 180)):
        at.click(dx, dy)
        page.wait_for_timeout(80)
    page.mouse.dblclick(*at.spot(-160, 170))
    page.get_by_text("清除范围").wait_for(timeout=20_000)
    drawn = page.get_by_text(re.compile(r"^\d+ 宗,[\d.]+ 公顷$")).inner_text()
    assert int(drawn.split()[0]) > 1
    page.wait_for_timeout(500)
    page.screenshot(path=shots / "map-area.png", full_page=True)
    park = result.parks.iloc[[0]]
    gpd.GeoDataFrame(geometry=park.geometry).to_crs("EPSG:4326").to_file(tmp_path / "area.geojson")
    page.locator("input[type=file]").set_input_files(tmp_path / "area.geojson")
    inside = len(rows_inside(result.parcels, park.geometry.iloc[0]))
    page.get_by_text(re.compile(rf"^{inside} 宗,")).wait_for(timeout=20_000)
    page.get_by_role("radio", name="Excel").or_(page.get_by_role("button", name="Excel")).first.click()
    saved = carried_away(page, page.get_by_text(f"保存 {inside} 宗"))
    assert Path(saved.path()).read_bytes()[:2] == b"PK"
    at.sound()


def test_language_switch_keeps_view_theme_outlines_and_open_menu(page, address, result, shots, settled):
    at = MapPage(page, address)
    at.go(*place(result, 3), zoom=15)
    settled(page)
    at.map.locator("select.lt-theme").select_option(label="产出强度(占目标)")
    at.map.locator(".lt-layers summary").click()
    lines = at.map.locator(".lt-layers").get_by_role("button", name="控制线")
    assert lines.get_attribute("aria-pressed") == "false"
    lines.click()
    view = at.view()
    page.get_by_text("English").click()
    at.map.get_by_role("button", name="target reached").wait_for(timeout=30_000)
    settled(page)
    assert at.view() == pytest.approx(view, abs=1e-6)
    lines = at.map.locator(".lt-layers").get_by_role("button", name="Control lines")
    assert lines.is_visible(), "the menu that was open is closed"
    assert lines.get_attribute("aria-pressed") == "true"
    at.map.locator("select.lt-theme").select_option(label="Idle status")
    at.map.get_by_text("not idle").wait_for(timeout=30_000)
    page.get_by_text("Filters", exact=True).click()
    page.wait_for_timeout(1500)
    at.sound()
    page.screenshot(path=shots / "map-english.png")


def test_another_token_is_refused(page, address):
    at = MapPage(page, address)
    mine = at.loads[0]
    assert urllib.request.urlopen(mine).status == 200
    token = mine.split("/landtool-map/")[1].split("/")[0]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(mine.replace(token, token[:-1] + ("A" if token[-1] != "A" else "B")))


@pytest.fixture(scope="module")
def hostile_address(demo, result, served, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "demo"
    shutil.copytree(demo, folder)
    lt.write_results(hostile_result(result), folder / "out")
    return served(folder)


def test_hostile_text_is_text_on_the_whole_page(page, hostile_address, result, shots, settled):
    at = MapPage(page, hostile_address)
    for row, text in enumerate(HOSTILE):
        at.go(*place(result, row), zoom=17)
        page.mouse.move(*at.spot(3, 3))
        at.map.locator(".lt-tip").filter(has_text=text).wait_for(timeout=5000)
        at.click()
        page.get_by_role("heading", name=result.parcels["parcel_id"].iloc[row]).wait_for(timeout=20_000)
        page.get_by_test_id("stMarkdown").filter(has_text=text).first.wait_for(timeout=5000)
    settled(page)  # the last card is still being drawn, and a menu does not outlive that
    page.get_by_text("筛选", exact=True).click()
    open_menu(page, "园区")
    page.keyboard.press("Escape")
    page.get_by_role("textbox", name="查找").fill("<img")
    page.keyboard.press("Enter")
    page.get_by_text(re.compile(r"找到 \d+ 宗")).wait_for(timeout=20_000)
    at.map.locator(".lt-layers summary").click()
    at.sound()
    page.screenshot(path=shots / "map-page-hostile.png", full_page=True)
