"""The map page without a browser: its routes and their token, its events, filters and exports."""

from __future__ import annotations

import asyncio
import gc
import gzip
import io
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
import streamlit as st
from starlette.applications import Starlette

import landtool as lt
from landtool.maps.basemap import open_basemap
from landtool.maps.selection import rows_inside
from landtool.maps.store import build_store, store_of
from landtool.maps.tiles import decode_tile
from landtool.reports.results import FRAMES
from landtool.webapp import map_area, map_data, map_state, warm
from landtool.webapp.map_data import _session_map
from landtool.webapp.map_exports import EXPORTS
from landtool.webapp.map_parcels import map_parcels
from landtool.webapp.map_routes import map_routes
from landtool.webapp.map_server import MAPS
from landtool.webapp.plain import as_text
from landtool.webapp.view import View, open_view
from landtool.webapp.warm import warm_up


@pytest.fixture(scope="module")
def view(assessed_town) -> View:
    return View(assessed_town, lt.read_results(assessed_town / "out"), "zh", 1.0)


@pytest.fixture(scope="module")
def served(view):
    """The map of a session, made as the page makes it, outside any session."""
    made = _session_map.__wrapped__(view, str(view.folder), view.stamp, view.language)
    yield made
    MAPS.close(made.token)


def ask(path: str, base: str = "", accept: str = "") -> tuple[int, dict[str, str], bytes]:
    """One request to the routes, as a server would make it."""
    app = Starlette(routes=map_routes(base))
    sent: list[dict] = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
             "headers": [(b"accept-encoding", accept.encode())], "scheme": "http", "server": ("127.0.0.1", 80),
             "root_path": "", "http_version": "1.1"}
    asyncio.run(app(scope, receive, send))
    head = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], head, b"".join(part.get("body", b"") for part in sent[1:])


def test_page_carries_a_policy_that_lets_nothing_else_run(served):
    status, head, page = ask(f"/landtool-map/{served.token}/map.html")
    policy = head["content-security-policy"]
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert status == 200
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert page.count(b"<script") == page.count(f'<script nonce="{nonce}"'.encode()) > 3
    assert b"http://" not in page.replace(b"http://www.w3.org", b"")
    assert b"https://" not in page
    assert head["cache-control"] == "no-store"
    assert nonce not in ask(f"/landtool-map/{served.token}/map.html")[1]["content-security-policy"]


def test_everything_the_page_asks_for_is_served(served, view):
    lead = f"/landtool-map/{served.token}"
    store = served.served.tiles.store
    x, y = (int(v) for v in store.centres[0] * 2**13)
    rows, _ = decode_tile(ask(f"{lead}/tiles/14/{x}/{y}")[2])
    assert 0 in rows
    assert len(ask(f"{lead}/squares")[2]) == 40 + 6 * store.size
    assert len(ask(f"{lead}/tables/idle")[2]) == store.size
    assert json.loads(ask(f"{lead}/names/0")[2])[0] == view.result.parcels["parcel_id"].iloc[0]
    for name in ("districts", "parks", "approvals", "control_lines", "proposals"):
        assert json.loads(ask(f"{lead}/outlines/{name}")[2]), name
    for name in ("leaflet.js", "leaflet.css", "map.js", "map.css"):
        status, head, content = ask(f"{lead}/assets/{name}")
        assert status == 200
        assert content
        assert head["x-content-type-options"] == "nosniff"


def test_what_is_large_is_packed_for_those_who_can_unpack_it(served):
    lead = f"/landtool-map/{served.token}"
    for path in ("squares", "outlines/parks", "assets/leaflet.js"):
        _, head, packed = ask(f"{lead}/{path}", accept="br, gzip")
        assert (head["content-encoding"], head["vary"]) == ("gzip", "Accept-Encoding"), path
        _, head, plain = ask(f"{lead}/{path}", accept="br")
        assert "content-encoding" not in head
        assert gzip.decompress(packed) == plain, path
    assert "content-encoding" not in ask(f"{lead}/names/0", accept="gzip")[1]


def test_sessions_share_all_but_the_filter(served, view):
    other = _session_map.__wrapped__(view, str(view.folder), view.stamp, view.language)
    try:
        assert other.token != served.token
        assert other.served.page is served.served.page
        assert other.served.tiles is served.served.tiles
        name = other.served.show_only(np.zeros(other.served.tiles.store.size, dtype=bool))
        assert ask(f"/landtool-map/{other.token}/tables/{name}")[0] == 200
        assert ask(f"/landtool-map/{served.token}/tables/{name}")[0] == 404
    finally:
        MAPS.close(other.token)


@pytest.mark.parametrize("path", [
    "map.html", "tiles/14/0/0", "squares", "tables/idle", "outlines/parks", "names/0", "assets/leaflet.js",
    "basemap/1/0/0",
])  # fmt: skip
@pytest.mark.parametrize("token", ["", "guess", "../x"])
def test_a_wrong_token_opens_nothing(served, token, path):
    status, _, content = ask(f"/landtool-map/{token}/{path}")
    assert status in (403, 404)
    assert content in (b"", b"Not Found")
    if token == "guess":
        assert status == 403


@pytest.mark.parametrize("path", [
    "tables/nothing", "tables/shown-9", "outlines/parcels", "outlines/land_use", "names/999999",
    "tiles/14/99999999/0", "tiles/99/0/0", "assets/../map.html", "assets/%2e%2e%2fmap.html", "assets/core.js",
    "basemap/1/0/0", "basemap/999999999/0/0",
])  # fmt: skip
def test_what_is_not_there_is_404(served, path):
    assert ask(f"/landtool-map/{served.token}/{path}")[0] == 404


def test_routes_stand_under_the_base_path(served):
    path = f"/city/land/landtool-map/{served.token}/squares"
    assert ask(path, "/city/land/")[0] == 200
    assert ask(path)[0] == 404


def test_a_closed_session_is_served_no_longer(view):
    made = _session_map.__wrapped__(view, str(view.folder), view.stamp, view.language)
    lead = f"/landtool-map/{made.token}/squares"
    assert ask(lead)[0] == 200
    MAPS.close(made.token)
    assert ask(lead)[0] == 403


def test_two_workspaces_are_two_maps(view, served):
    part = replace(view.result, parcels=view.result.parcels.iloc[:50])
    other = View(view.folder, part, "zh", 2.0)
    second = _session_map.__wrapped__(other, "another folder", other.stamp, other.language)
    try:
        assert second.token != served.token
        assert len(ask(f"/landtool-map/{second.token}/tables/idle")[2]) == 50
        assert len(ask(f"/landtool-map/{served.token}/tables/idle")[2]) == len(view.result.parcels)
    finally:
        MAPS.close(second.token)


def test_a_filter_is_a_new_table_and_the_last_one_goes(served):
    size = served.served.tiles.store.size
    shown = np.zeros(size, dtype=bool)
    shown[3] = True
    first = served.served.show_only(shown)
    assert served.served.show_only(shown.copy()) == first
    bits = np.frombuffer(ask(f"/landtool-map/{served.token}/tables/{first}")[2], "uint8")
    assert np.flatnonzero(np.unpackbits(bits, bitorder="little")).tolist() == [3]
    second = served.served.show_only(~shown)
    assert second != first
    assert ask(f"/landtool-map/{served.token}/tables/{first}")[0] == 404
    assert served.served.show_only(None) is None
    assert ask(f"/landtool-map/{served.token}/tables/{second}")[0] == 404


@pytest.fixture
def session(monkeypatch):
    state: dict = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def inside(view, row):
    return view.result.parcels.geometry.iloc[[row]].representative_point().to_crs("EPSG:4326").iloc[0]


def test_a_click_chooses_the_parcel_unless_the_filter_hides_it(view, served, session):
    store, point = served.served.tiles.store, inside(view, 7)
    click = {"kind": "click", "lat": point.y, "lng": point.x, "n": 1}
    map_state.take_event(view, store, click, None)
    assert map_state.selected_row(view) == 7
    assert map_state.wish(view, store, None)["selected"]
    hidden = np.ones(store.size, dtype=bool)
    hidden[7] = False
    map_state.take_event(view, store, click, hidden)
    assert map_state.selected_row(view) is None
    map_state.take_event(view, store, {"kind": "click", "lat": 0.0, "lng": 0.0}, None)
    assert map_state.selected_row(view) is None


def test_a_drawn_ring_becomes_the_area_and_a_bad_one_a_warning(view, served, session):
    store, point = served.served.tiles.store, inside(view, 7)
    d = 0.002
    ring = [[point.y - d, point.x - d], [point.y - d, point.x + d], [point.y + d, point.x + d], [point.y + d, point.x - d]]
    map_state.take_event(view, store, {"kind": "area", "ring": ring}, None)
    assert map_state.area().crs == view.result.parcels.crs
    drawn = map_state.wish(view, store, None)["area"][0][0]
    assert sorted(np.round(drawn, 6).tolist()) == sorted(np.round(ring, 6).tolist())
    map_state.take_event(view, store, {"kind": "area", "ring": None}, None)
    assert map_state.area() is None
    map_state.take_event(view, store, {"kind": "area", "ring": [[1, 1], "<img>", None]}, None)
    assert map_state.area() is None
    assert "three corners" in map_state.take_fault()
    assert map_state.take_fault() is None
    map_state.take_event(view, store, "nonsense", None)


def test_an_area_counts_what_the_whole_frame_would(view, served, monkeypatch):
    """Only rows near the area are read, in parts: none may be lost, over a shifted basemap neither."""
    monkeypatch.setattr(map_area, "_AT_ONCE", 20)
    parcels, parks, store = view.result.parcels, view.result.parks, served.served.tiles.store
    shifted = build_store(parcels, shift_to_gcj02=True)
    east = shapely.box(*(parcels.total_bounds + [0, 0, -3_000, 0]))
    for shape in [*parks.geometry[:4], parcels.geometry.iloc[7], east, shapely.box(0, 0, 1, 1)]:
        expected = rows_inside(parcels, shape)
        for drawn in (store, shifted):
            area = gpd.GeoSeries([shape], crs=parcels.crs)
            assert map_area._inside(map_parcels(view), area, drawn).tolist() == expected.tolist()


def test_the_map_page_does_not_read_the_whole_frame(run_page, assessed_town):
    st.cache_resource.clear()
    app = run_page("map")
    shown = open_view(assessed_town, "zh")
    first = map_parcels(shown).table["parcel_id"].iloc[2]
    app.session_state["map_selected"] = first
    app.session_state["map_area"] = gpd.GeoSeries([shapely.box(106, 29, 107, 30)], crs="EPSG:4490")
    app.run()
    assert not app.exception, [error.value for error in app.exception]
    assert as_text(first) in " ".join(cell.value for cell in app.markdown)
    unread = [name for name in FRAMES if shown.result.is_unread(name)]
    assert {"parcels", "contracts", "control", "commitments"} <= set(unread)


def test_exports_hold_the_chosen_parcels_and_cells_are_no_formulas(view, tmp_path):
    parcels = view.result.parcels.copy()
    parcels.loc[parcels.index[:2], "holder"] = ["=HYPERLINK(1)", "@cmd"]
    evil = View(view.folder, lt.Assessment(**{**vars(view.result), "parcels": parcels}), "zh", 3.0)
    rows = np.array([0, 1, 5])
    sheet = openpyxl.load_workbook(io.BytesIO(EXPORTS["Excel"].write(evil, rows))).active
    cells = [cell for line in sheet.iter_rows(values_only=True) for cell in line]
    assert "=HYPERLINK(1)" in cells
    assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)
    assert sheet.max_row == 4
    table = pd.read_csv(io.BytesIO(EXPORTS["CSV"].write(evil, rows)))
    assert len(table) == 3
    assert {"'=HYPERLINK(1)", "'@cmd"} <= set(table.astype(str).to_numpy().ravel())
    (tmp_path / "x.gpkg").write_bytes(EXPORTS["GeoPackage"].write(evil, rows))
    assert gpd.read_file(tmp_path / "x.gpkg", layer="parcels")["parcel_id"].tolist() == (
        parcels["parcel_id"].iloc[rows].tolist())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_map_page_shows_card_filter_and_area(run_page, view, language):
    app = run_page("map", language)
    app.session_state["map_selected"] = view.result.parcels["parcel_id"].iloc[2]
    app.session_state["map_area"] = gpd.GeoSeries([view.result.parks.geometry.iloc[0]], crs=view.result.parks.crs)
    app.run()
    assert not app.exception, [error.value for error in app.exception]
    texts = " ".join(cell.value for cell in app.markdown)
    assert as_text(view.result.parcels["parcel_id"].iloc[2]) in texts
    assert ("三种面积" if language == "zh" else "Three areas") in texts
    assert not app.multiselect, "the filters' fields are loaded before anybody wants them"
    app.session_state["map_filters"] = True
    app.run().multiselect(key="map_idle_status").set_value(["idle_2y"]).run()
    assert not app.exception
    count = int((view.result.parcels["idle_status"] == "idle_2y").sum())
    assert any(str(count) in cell.value for cell in app.caption)
    app.session_state["map_filters"] = False
    app.run()
    assert app.multiselect(key="map_idle_status").value == ["idle_2y"], "a filter is gone when its box is shut"
    assert any(str(count) in cell.value for cell in app.caption)


def test_search_finds_and_goes_there(run_page, view):
    wanted = view.result.parcels["parcel_id"].iloc[4]
    app = run_page("map")
    app.text_input(key="map_search").set_value(wanted[-6:].lower()).run()
    app.selectbox[0].set_value(0).run()
    assert not app.exception
    chosen = app.session_state["map_selected"]
    assert chosen in set(view.result.parcels["parcel_id"])
    assert len(app.session_state["map_go"]["bounds"]) == 2
    # Another search has a choice of its own, and clearing it leaves the card.
    app.text_input(key="map_search").set_value(wanted[:3]).run()
    assert app.selectbox[0].value is None
    app.text_input(key="map_search").set_value("").run()
    assert not app.exception
    assert app.session_state["map_selected"] == chosen


def pictures(path: Path) -> bytes:
    png = b"\x89PNG\r\n\x1a\n rest"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)")
        base.execute("INSERT INTO tiles VALUES (3, 6, 4, ?)", (png,))
        base.execute("INSERT INTO tiles VALUES (3, 6, 5, ?)", (b"<script>",))
    return png


def test_local_basemap_from_mbtiles_and_folder(tmp_path):
    png = pictures(tmp_path / "base.mbtiles")
    packed = open_basemap(tmp_path / "base.mbtiles")
    assert packed.max_zoom == 3
    assert packed.tile(3, 6, 3) == (png, "image/png")
    assert packed.tile(3, 6, 2) is None  # what is no picture is not served
    assert packed.tile(3, 0, 0) is None
    (tmp_path / "xyz" / "3" / "6").mkdir(parents=True)
    (tmp_path / "xyz" / "3" / "6" / "3.png").write_bytes(png)
    assert open_basemap(tmp_path / "xyz").tile(3, 6, 3) == (png, "image/png")
    for path in ("nothing.mbtiles", "xyz/3/6/3.png"):
        with pytest.raises(lt.InputDataError):
            open_basemap(tmp_path / path)


def test_basemap_of_the_catalogue_moves_the_parcels_over_gcj02(view, assessed_town, tmp_path):
    pictures(tmp_path / "base.mbtiles")
    text = (assessed_town / "landtool.yaml").read_text(encoding="utf-8")
    (tmp_path / "landtool.yaml").write_text(f"{text}\nbasemap: {{path: base.mbtiles, gcj02: true}}\n", "utf-8")
    own = View(tmp_path, view.result, "zh", 4.0)
    made = _session_map.__wrapped__(own, str(tmp_path), 4.0, "zh")
    try:
        assert made.served.tiles.store.is_shifted
        assert ask(f"/landtool-map/{made.token}/basemap/3/6/3")[0] == 200
        point = inside(view, 7)
        assert made.served.tiles.store.row_at(point.x, point.y) != 7
    finally:
        MAPS.close(made.token)


def test_what_the_map_needs_is_made_ahead_and_once(assessed_town, tmp_path, monkeypatch):
    st.cache_resource.clear()
    made = []
    monkeypatch.setattr(warm, "_BEFORE_CARDS_S", 0.0)
    monkeypatch.setattr(warm, "_MAP_WITHIN_S", 0.0)
    monkeypatch.setattr(map_data, "store_of", lambda *given, **named: made.append(1) or store_of(*given, **named))
    frozen = []
    monkeypatch.setattr(warm.gc, "freeze", lambda: frozen.append(len(gc.get_objects())))
    warm_up(tmp_path)  # never assessed: the page says so
    assert not made
    assert not frozen
    warm_up(assessed_town)
    assert made == [1]
    assert len(frozen) == 2, "after the map, and after all else"
    shown = open_view(assessed_town, "zh")
    opened = _session_map.__wrapped__(shown, str(shown.folder), shown.stamp, "zh")
    MAPS.close(opened.token)
    assert made == [1]
    assert shown.result.is_unread("parcels")


def test_an_area_is_counted_once(view, session):
    area, other = (gpd.GeoSeries([shapely.box(0, 0, side, side)], crs=4490) for side in (1, 2))
    counts = iter(np.array([[1], [2], [3]]))
    seen = [map_state.remembered(one, shape, lambda: next(counts)).tolist() for one, shape in (
        (view, area), (view, area), (view, other), (View(view.folder, view.result, "en", 9.0), other),
        (View(view.folder, view.result, "zh", 9.0), other))]  # fmt: skip
    assert seen == [[1], [1], [2], [3], [3]]
