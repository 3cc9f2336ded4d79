"""The map file: opened from disk with no network, hostile text shown as text."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from landtool.maps.assessment_map import save_map
from landtool.maps.change_map import change_map_html

pytestmark = pytest.mark.browser

_SPEC = importlib.util.spec_from_file_location("hostile", Path(__file__).with_name("hostile.py"))
_HOSTILE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_HOSTILE)
HOSTILE = _HOSTILE.HOSTILE
PANEL, TITLE = ".lt-panel", ".leaflet-top.leaflet-left .lt-box"


def open_map(page, result, place, language=None):
    save_map(result, place / "map.html", language)
    page.goto((place / "map.html").as_uri())
    page.wait_for_function("window.landtoolMap && window.landtoolMap.parcels.state.order")


def click_parcel(page, result, row, zoom=17):
    """Go to a parcel and click it."""
    point = result.parcels.geometry.iloc[[row]].representative_point().to_crs("EPSG:4326").iloc[0]
    page.evaluate("([lat, lng, z]) => landtoolMap.map.setView([lat, lng], z, {animate: false}) && null",
                  [point.y, point.x, zoom])
    page.evaluate("landtoolMap.map.closePopup() && null")
    page.locator(".lt-popup").wait_for(state="detached", timeout=5000)
    box = page.locator(".folium-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".lt-popup").wait_for(timeout=5000)
    return page.locator(".lt-popup").inner_text()


def painted(page) -> int:
    """Pixels of parcels on the screen."""
    return page.evaluate("""() => [...document.querySelectorAll('canvas.leaflet-tile')].reduce((sum, c) => {
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        for (let i = 3; i < d.length; i += 4) { sum += d[i] > 0 ? 1 : 0; }
        return sum; }, 0)""")


def test_map_opens_from_disk_and_draws_every_parcel(page, result, tmp_path, shots):
    open_map(page, result, tmp_path)
    legend = page.locator(PANEL).inner_text()
    assert "疑似闲置满两年" in legend
    counts = sum(int(word.replace(",", "")) for word in legend.split() if word.replace(",", "").isdigit())
    assert counts == len(result.parcels)
    assert painted(page) > 1000
    page.screenshot(path=shots / "map.png")


def test_popup_shows_the_facts(page, result, tmp_path, shots):
    open_map(page, result, tmp_path)
    row = int((result.parcels["idle_status"] == "idle_1y").to_numpy().argmax())
    text = click_parcel(page, result, row)
    assert result.parcels["parcel_id"].iloc[row] in text
    assert "疑似闲置满一年" in text
    assert "第" in text or "万元" in text
    page.wait_for_timeout(400)
    page.screenshot(path=shots / "map-popup.png")


def test_a_link_names_the_parcel_it_opens(page, result, tmp_path):
    save_map(result, tmp_path / "map.html")
    ids = result.parcels["parcel_id"]
    card = page.locator(".lt-popup")
    page.goto((tmp_path / "map.html").as_uri() + f"#parcel={ids.iloc[3]}")
    card.wait_for()
    assert ids.iloc[3] in card.inner_text()
    page.evaluate("id => { location.hash = 'parcel=' + id; }", ids.iloc[7])
    card.filter(has_text=ids.iloc[7]).wait_for()
    page.evaluate("landtoolMap.map.closePopup() && null")
    page.evaluate("location.hash = 'parcel=nobody'")
    page.wait_for_function("document.querySelectorAll('.lt-popup').length === 0")


def test_theme_recolours_in_place_and_a_class_can_be_hidden(page, result, tmp_path):
    open_map(page, result, tmp_path)
    centre = page.evaluate("landtoolMap.map.getCenter()")
    page.evaluate("document.querySelectorAll('canvas.leaflet-tile').forEach(c => { c.kept = true; })")
    before = painted(page)
    page.locator("select.lt-theme").select_option(label="产出强度(占目标)")
    page.get_by_role("button", name="未知").wait_for()
    assert page.evaluate("landtoolMap.map.getCenter()") == centre
    assert page.evaluate("[...document.querySelectorAll('canvas.leaflet-tile')].every(c => c.kept)")
    page.get_by_role("button", name="未知").click()
    assert 0 < painted(page) < before


def test_lengths_and_areas_are_measured_on_the_ellipsoid(page, result, tmp_path):
    open_map(page, result, tmp_path)
    got = page.evaluate("""() => { const p = [[29.5, 106.5], [29.5, 106.51], [29.51, 106.51], [29.51, 106.5]]
        .map(c => L.latLng(c)); return [LandtoolMap.lengthM(p.slice(0, 2)), LandtoolMap.areaM2(p)]; }""")
    from pyproj import Geod
    geod = Geod(ellps="GRS80")
    assert got[0] == pytest.approx(geod.line_length([106.5, 106.51], [29.5, 29.5]), rel=1e-6)
    true = abs(geod.polygon_area_perimeter([106.5, 106.51, 106.51, 106.5], [29.5, 29.5, 29.51, 29.51])[0])
    assert got[1] == pytest.approx(true, rel=1e-5)


def test_an_area_is_measured_by_clicks(page, result, tmp_path, shots):
    open_map(page, result, tmp_path)
    page.get_by_role("button", name="量面").click()
    for x, y in ((500, 300), (800, 320), (780, 600)):
        page.mouse.click(x, y)
        page.wait_for_timeout(60)
    page.keyboard.press("Enter")
    assert "公顷" in page.locator(".lt-hint").inner_text()
    page.screenshot(path=shots / "map-measure.png")
    page.get_by_role("button", name="清除").click()
    assert page.locator(".lt-hint").inner_text() == ""


def hostile_result(result):
    """The same result with every name of people and places replaced by something that would do harm."""
    parcels, parks, districts = result.parcels.copy(), result.parks.copy(), result.districts.copy()
    findings = result.findings.copy()
    for place, text in enumerate(HOSTILE):
        for name in ("holder", "park_name"):
            parcels.iloc[place, parcels.columns.get_loc(name)] = text
        parks.iloc[place % len(parks), parks.columns.get_loc("park_name")] = text
        districts.iloc[place % len(districts), districts.columns.get_loc("district_name")] = text
    findings["message_zh"] = findings["message_zh"] + HOSTILE[0]
    summary = {**result.summary, "name": HOSTILE[0] + "</title><script>alert(5)</script>{{7*7}}"}
    return replace(result, summary=summary, parcels=parcels, parks=parks, districts=districts, findings=findings)


def test_hostile_text_is_shown_and_never_run(page, result, tmp_path, shots):
    evil = hostile_result(result)
    open_map(page, evil, tmp_path)
    for row, text in enumerate(HOSTILE):
        assert click_parcel(page, evil, row).count(text) >= 2
    assert HOSTILE[0] in page.locator(TITLE).inner_text()
    assert page.title() == evil.summary["name"]
    assert page.locator(".lt-pick option").all_inner_texts().count(HOSTILE[-1]) == 1
    page.locator(".lt-layers summary").click()
    page.wait_for_timeout(300)
    page.screenshot(path=shots / "map-hostile.png")


def test_english_map(page, result, tmp_path):
    open_map(page, result, tmp_path, "en")
    assert "suspected idle" in page.locator(PANEL).inner_text()
    assert page.locator(".lt-tools").inner_text().split() == ["Length", "Area", "Clear"]


def test_a_pair_of_maps_goes_to_a_park(page, result, tmp_path, shots):
    pieces = result.parcels.head(40).assign(
        cause="converted_out", is_noise=False, from_class="industrial", to_class="residential",
        from_code="0601", to_code="0701")
    parks = result.parks.assign(park_name=[HOSTILE[0], *result.parks["park_name"].iloc[1:]])
    (tmp_path / "pair.html").write_text(change_map_html(pieces, "zh", ("甲", "乙"), "cause", parks), "utf-8")
    page.goto((tmp_path / "pair.html").as_uri())
    page.wait_for_function("window.landtoolPair")
    shown = "landtoolPair.left.getBounds().contains(%s) && landtoolPair.right.getBounds().contains(%s)"
    for name, shape in zip(parks["park_name"], parks.to_crs("EPSG:4490").geometry, strict=True):
        page.get_by_label("转到园区").select_option(label=name)
        west, south, east, north = shape.bounds
        corners = f"[[{south}, {west}], [{north}, {east}]]"
        page.wait_for_function(shown % (corners, corners))
        assert page.evaluate("landtoolPair.left.getZoom() === landtoolPair.right.getZoom()")
    near = page.evaluate("landtoolPair.left.getZoom()")
    page.screenshot(path=shots / "pair.png")
    page.get_by_label("转到园区").select_option(index=0)
    assert page.evaluate("landtoolPair.left.getZoom()") <= near
