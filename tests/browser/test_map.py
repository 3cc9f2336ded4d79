"""The map file: opened from disk with no network, hostile text shown as text."""

from __future__ import annotations

import pytest

import landtool as lt
from landtool.maps.assessment_map import save_map

pytestmark = pytest.mark.browser
HOSTILE = ["<img src=x onerror=alert(1)>", "${alert(1)}", "`${alert(2)}`", "</script><script>alert(3)</script>",
           "'\"><svg onload=alert(4)>", "{{7*7}}", "{% raw %}", "{#x"]  # fmt: skip
LAYERS_BUTTON = ".leaflet-control-layers"


@pytest.fixture(scope="module")
def result(demo):
    return lt.read_results(demo / "out")


def open_map(page, result, place):
    save_map(result, place / "map.html")
    page.goto((place / "map.html").as_uri())
    page.wait_for_function("window.landtoolMap !== undefined")


def test_map_opens_from_disk_and_draws_every_parcel(page, result, tmp_path, shots):
    open_map(page, result, tmp_path)
    assert page.evaluate("window.landtoolMap.shapes.length") == len(result.parcels)
    legend = page.locator(".leaflet-bottom.leaflet-right .lt-box").inner_text()
    assert "疑似闲置满两年" in legend
    counts = sum(int(word) for word in legend.split() if word.isdigit())
    assert counts == len(result.parcels)
    page.screenshot(path=shots / "map.png")


def test_popup_shows_the_facts(page, result, tmp_path, shots):
    open_map(page, result, tmp_path)
    row = result.parcels[result.parcels["idle_status"] == "idle_1y"].iloc[0]
    page.evaluate("id => window.landtoolMap.shapes.find(s => s.feature.v[0] === id).openPopup() && null",
                  row["parcel_id"])
    text = page.locator(".lt-popup").inner_text()
    assert row["parcel_id"] in text
    assert "疑似闲置满一年" in text
    assert "第" in text or "万元" in text
    page.wait_for_timeout(400)
    page.screenshot(path=shots / "map-popup.png")


def test_theme_recolours_without_redrawing(page, result, tmp_path):
    open_map(page, result, tmp_path)
    before = page.evaluate("window.landtoolMap.shapes[0].options.fillColor")
    centre = page.evaluate("window.landtoolMap.map.getCenter()")
    page.hover(LAYERS_BUTTON)
    page.get_by_text("产出强度(占目标)").first.click()
    legend = page.locator(".leaflet-bottom.leaflet-right .lt-box").inner_text()
    assert "未知" in legend
    assert page.evaluate("window.landtoolMap.map.getCenter()") == centre
    colours = page.evaluate("[...new Set(window.landtoolMap.shapes.map(s => s.options.fillColor))]")
    assert len(colours) > 1
    assert before


def test_hostile_text_is_shown_and_never_run(page, result, tmp_path, shots):
    parcels, parks, districts = result.parcels.copy(), result.parks.copy(), result.districts.copy()
    for place, text in enumerate(HOSTILE):
        parcels.iloc[place, parcels.columns.get_loc("holder")] = text
        parks.iloc[place % len(parks), parks.columns.get_loc("park_name")] = text
        districts.iloc[place % len(districts), districts.columns.get_loc("district_name")] = text
    summary = {**result.summary, "name": HOSTILE[0] + "</title><script>alert(5)</script>{{7*7}}"}
    evil = lt.Assessment(summary, parcels, result.contracts, parks, districts, result.findings,
                         result.set_aside)
    open_map(page, evil, tmp_path)
    for place, text in enumerate(HOSTILE):
        page.evaluate("i => window.landtoolMap.shapes[i].openPopup() && null", place)
        page.wait_for_function("document.querySelectorAll('.lt-popup').length === 1")
        assert text in page.locator(".lt-popup").inner_text()
    assert HOSTILE[0] in page.locator(".leaflet-top.leaflet-left .lt-box h4").inner_text()
    assert page.title() == summary["name"]
    page.hover(LAYERS_BUTTON)
    page.wait_for_timeout(300)
    page.screenshot(path=shots / "map-hostile.png")


def test_english_map(page, result, tmp_path):
    save_map(result, tmp_path / "map.html", "en")
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_function("window.landtoolMap !== undefined")
    assert "suspected idle" in page.locator(".leaflet-bottom.leaflet-right .lt-box").inner_text()
