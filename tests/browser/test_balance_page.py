"""A rezoning drawn on the map of the balance page: what it does to the total is told at once."""

from __future__ import annotations

import contextlib
import re

import geopandas as gpd
import pytest

pytestmark = pytest.mark.browser
SCENARIO = {"zh": "情景推演", "en": "Scenario"}
EFFECT = {"zh": "对净变化的影响", "en": "Effect on the net change"}


class Scenario:
    """The scenario of the balance page in a browser."""

    def __init__(self, page, address, language="zh"):
        self.page, self.language = page, language
        page.goto(f"{address}/balance?lang={language}")
        page.get_by_role("tab", name=SCENARIO[language]).click(timeout=60_000)
        self.map = page.frame_locator("iframe").first.frame_locator("iframe")
        self.map.locator(".lt-panel .lt-row").first.wait_for(timeout=60_000)
        frame = next(one for one in page.frames if "/map.html" in one.url and not one.is_detached())
        self.run = frame.evaluate
        self.run("landtoolMap.ready.then(() => 1)")

    def fit(self, shape, crs):
        """Put a shape into the middle of the map; pixels of its corners on the screen."""
        west, south, east, north = gpd.GeoSeries([shape], crs=crs).to_crs("EPSG:4326").total_bounds
        self.run("""([w, s, e, n]) => landtoolMap.map.fitBounds([[s, w], [n, e]],
                    {animate: false, paddingTopLeft: [90, 60], paddingBottomRight: [240, 60]}) && null""", [west, south, east, north])
        self.page.wait_for_timeout(400)
        box = self.page.locator("iframe").first.bounding_box()
        return [(box["x"] + x, box["y"] + y) for x, y in (
            self.run("([lat, lng]) => { const p = landtoolMap.map.latLngToContainerPoint([lat, lng]); return [p.x, p.y]; }",
                     [lat, lng]) for lat, lng in ((north, west), (north, east), (south, east), (south, west)))]

    def draw(self, corners, button):
        self.map.get_by_role("button", name=button).click()
        for place in corners[:-1]:
            self.page.mouse.click(*place)
            self.page.wait_for_timeout(80)
        self.page.mouse.dblclick(*corners[-1])

    def choose(self, label, words):
        """Pick an entry of a dropdown by what it says."""
        from playwright.sync_api import TimeoutError as TooSlow

        box = self.page.get_by_test_id("stSelectbox").filter(has_text=label).last
        for _ in range(5):  # an open menu does not outlive the page's being drawn anew: then again
            box.locator("input").fill(words, timeout=30_000)
            with contextlib.suppress(TooSlow):
                self.page.get_by_role("option").filter(has_text=words).first.click(timeout=5000)
                return
        pytest.fail(f"{words} could not be chosen")

    def effect(self):
        metric = self.page.get_by_test_id("stMetric").filter(has_text=EFFECT[self.language])
        metric.wait_for(timeout=30_000)
        return float(re.search(r"-?[\d,.]+", metric.get_by_test_id("stMetricValue").inner_text()).group().replace(",", ""))

    def sound(self):
        assert self.page.get_by_test_id("stException").count() == 0
        assert self.page.get_by_test_id("stAlertContentError").count() == 0


def industrial(result):
    """A parcel that is industrial land, and its shape."""
    parcels = result.parcels[result.parcels["is_industrial"].fillna(False) & (result.parcels["idle_status"] == "not_idle")]
    return parcels.iloc[0]


def test_a_drawn_rezoning_is_told_at_once(page, address, result, shots):
    parcel = industrial(result)
    at = Scenario(page, address)
    at.draw(at.fit(parcel.geometry, result.parcels.crs), "画范围")
    page.get_by_text("还有 1 处未选择调整后用途").wait_for(timeout=20_000)
    at.choose("调整前", "工业用地")
    at.choose("调整后用地代码", "0701")
    lost = at.effect()
    assert lost < 0
    page.get_by_text("涉及的宗地与合同").wait_for(timeout=20_000)
    touched = page.get_by_test_id("stMetric").filter(has_text="涉及").inner_text()
    assert int(re.search(r"(\d+) 宗", touched).group(1)) >= 1
    page.wait_for_timeout(600)
    page.screenshot(path=shots / "scenario-drawn.png", full_page=True)
    # Back to industrial land: nothing is lost any more.
    at.choose("调整后用地代码", "1001")
    page.get_by_test_id("stMetricValue").filter(has_text=f"{lost:.2f}").wait_for(state="detached", timeout=20_000)
    assert at.effect() >= 0
    at.sound()
    at.map.get_by_role("button", name="清除").click()
    page.get_by_test_id("stMetric").first.wait_for(state="detached", timeout=20_000)


def test_parcels_are_taken_and_let_go_by_a_click(page, address, result, shots):
    parcel = industrial(result)
    at = Scenario(page, address, "en")
    corners = at.fit(parcel.geometry, result.parcels.crs)
    middle = tuple(sum(values) / len(corners) for values in zip(*corners, strict=True))
    page.mouse.click(*middle)
    taken = page.get_by_test_id("stMarkdown").filter(has_text=parcel["parcel_id"])
    taken.first.wait_for(timeout=20_000)
    at.choose("Use after", "0701")
    assert at.effect() < 0
    page.wait_for_timeout(600)
    page.screenshot(path=shots / "scenario-en.png", full_page=True)
    page.mouse.click(*middle)
    taken.first.wait_for(state="detached", timeout=20_000)
    at.sound()
