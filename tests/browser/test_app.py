"""The app as a person meets it: started by the command, drawn by a browser, nothing asked of other machines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import landtool as lt
from landtool import messages
from landtool.balance.proposed import proposals_of_parcels
from landtool.webapp.navigation import LANGUAGES, PAGES

pytestmark = pytest.mark.browser
# Pages headed by something else than their name.
HEADED_OTHERWISE = {"overview", "map"}


def test_every_page_opens_offline_in_both_languages(page, address, shots, settled):
    """From page to page by the menu; the language is switched on each, and holds on the next."""
    page.goto(address)
    page.get_by_test_id("stMetric").first.wait_for(timeout=60_000)
    language, other = "zh", "en"
    for place, one in enumerate(PAGES):
        if place:
            page.get_by_role("link", name=messages.say(f"app.page_{one.name}", language)).click()
            page.wait_for_url(re.compile(rf"/{one.name}(\?.*)?$"))
        photograph(page, one.name, language, shots, settled)
        page.get_by_text(LANGUAGES[other], exact=True).click()
        page.get_by_role("link", name=messages.say(f"app.page_{one.name}", other)).wait_for(timeout=30_000)
        photograph(page, one.name, other, shots, settled)
        language, other = other, language


def photograph(page, name: str, language: str, shots: Path, settled) -> None:
    """The page as it is now, whole, once it is drawn and is what its name says."""
    page.locator("[data-testid=stMain] h1, [data-testid=stMain] iframe").first.wait_for(timeout=60_000)
    if name not in HEADED_OTHERWISE:
        title = messages.say(f"app.page_{name}", language)
        page.locator("[data-testid=stMain] h1").filter(has_text=title).wait_for(timeout=60_000)
    settled(page)
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": 1400, "height": min(max(900, height), 4000)})
    page.wait_for_timeout(250)  # charts are drawn anew in the new size
    page.screenshot(path=shots / f"page-{name}-{language}.png")
    page.set_viewport_size({"width": 1400, "height": 900})


def test_the_idle_list_is_carried_away(page, address, tmp_path, carried_away):
    page.goto(f"{address}/idle")
    for name, start in (("Excel", b"PK"), ("GeoPackage", b"SQLite format 3"), ("Shapefile", b"PK")):
        target = tmp_path / name
        carried_away(page, page.get_by_role("button", name=name)).save_as(target)
        assert target.read_bytes().startswith(start)


def test_the_workbook_is_carried_away(page, address, tmp_path, carried_away):
    """The report goes the same way; what stands in either is tested without a browser."""
    page.goto(address)
    page.get_by_role("button", name="下载报告").wait_for(timeout=60_000)
    given = carried_away(page, page.get_by_role("button", name="下载工作簿"))
    target = tmp_path / given.suggested_filename
    given.save_as(target)
    assert target.read_bytes().startswith(b"PK")


def test_a_rezoning_is_handed_in_and_told_at_once(page, address, demo, tmp_path, shots, settled):
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
