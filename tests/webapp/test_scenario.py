"""The scenario of the balance page without a browser: areas taken on the map, files with codes and without."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import streamlit as st

import landtool as lt
from landtool.balance.of_workspace import balance_of, scenario_of
from landtool.balance.proposed import proposals_of_parcels
from landtool.maps.store import build_store
from landtool.webapp import scenario_sketch
from landtool.webapp.scenario_sketch import areas_of, take_event
from landtool.webapp.snapshots import let_scenarios_go, of_results
from landtool.webapp.view import View

TAB = {"zh": "情景推演", "en": "Scenario"}
EFFECT = {"zh": "对净变化的影响", "en": "Effect on the net change"}


@pytest.fixture(scope="module")
def view(assessed_town) -> View:
    return View(assessed_town, lt.read_results(assessed_town / "out"), "zh", 1.0)


@pytest.fixture(scope="module")
def parcel(view):
    parcels = view.result.parcels
    return parcels[parcels["is_industrial"].fillna(False) & (parcels["idle_status"] == "not_idle")].iloc[0]


@pytest.fixture
def session(monkeypatch):
    state: dict = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def opened(run_page, language="zh", way="draw"):
    app = run_page("balance", language)
    app.session_state[f"balance_tab_{language}"] = TAB[language]
    app.run()
    app.radio(key="scenario_way").set_value(way).run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def effect(app, language="zh") -> float:
    assert not app.exception, [error.value for error in app.exception]
    assert not app.error, app.error[0].value
    return float(next(cell for cell in app.metric if cell.label == EFFECT[language]).value.split()[0])


def test_rings_and_clicks_become_areas_and_go(view, parcel, session):
    store = build_store(view.result.parcels)
    point = gpd.GeoSeries([parcel.geometry.representative_point()], crs=view.result.parcels.crs).to_crs(4326).iloc[0]
    click = {"kind": "click", "lat": point.y, "lng": point.x}
    d = 0.001
    ring = [[point.y + a, point.x + b] for a, b in ((-d, -d), (-d, d), (d, d))]
    take_event(view, store, {"kind": "area", "ring": ring})
    session["scenario_to_1"], session["scenario_from_1"] = "0701", "industrial"
    take_event(view, store, click)
    assert [(one.number, one.parcel_id) for one in areas_of(view)] == [(1, ""), (2, parcel["parcel_id"])]
    assert (session["scenario_to_2"], session["scenario_from_2"]) == ("0701", "industrial")
    take_event(view, store, click)
    assert [one.number for one in areas_of(view)] == [1]
    take_event(view, store, {"kind": "area", "ring": [[0, 0]]})
    assert "three corners" in session["scenario_fault"]
    assert areas_of(View(view.folder / "other", view.result, "zh", 1.0)) == []
    for nothing in (None, "x", {"kind": "click", "lat": 0.0, "lng": 0.0}):
        take_event(view, store, nothing)
    assert len(areas_of(view)) == 1
    take_event(view, store, {"kind": "area", "ring": None})
    assert areas_of(view) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_area_tells_its_effect_once_its_use_is_chosen(run_page, view, parcel, language):
    app = opened(run_page, language)
    area = scenario_sketch.SketchedArea(1, str(parcel["parcel_id"]), parcel.geometry)
    app.session_state["scenario_areas"] = (str(view.folder), [area])
    app.run()
    assert not app.metric
    assert app.info
    app.selectbox(key="scenario_to_1").set_value("0701").run()
    lost = effect(app, language)
    assert lost == pytest.approx(-parcel.geometry.area / 1e4, abs=0.02)
    assert any(parcel["parcel_id"] in frame.value["parcel_id"].tolist() for frame in app.dataframe
               if "parcel_id" in frame.value)
    app.selectbox(key="scenario_from_1").set_value("storage").run()
    assert "no land of class storage" in app.error[0].value
    app.button(key="scenario_drop_1").click().run()
    assert not app.exception
    assert not app.error
    assert areas_of_app(app) == []


def areas_of_app(app) -> list:
    return app.session_state["scenario_areas"][1]


def test_a_file_brings_its_codes_or_is_asked_for_them(run_page, view, parcel):
    parcels = view.result.parcels
    app = opened(run_page, way="file")
    plans = proposals_of_parcels(parcels, [parcel["parcel_id"]], "0701").to_crs("EPSG:4490")
    app.file_uploader(key="scenario_file").set_value(("调整.geojson", plans.to_json().encode(), "application/json")).run()
    told = effect(app)
    outline = plans[["geometry"]].assign(name="<img src=x onerror=alert(1)>")
    app.file_uploader(key="scenario_file").set_value(("范围.geojson", outline.to_json().encode(), "application/json")).run()
    assert not app.metric
    app.selectbox(key="scenario_file_to").set_value("0701").run()
    assert effect(app) == told
    app.file_uploader(key="scenario_file").set_value(("坏.geojson", b"{", "application/json")).run()
    assert not app.exception
    assert app.error


def test_the_page_reads_the_land_alone_and_finds_what_the_results_hold(view):
    assert view.land.layers.operations is None
    assert list(view.land.layers.land_use) == ["2020", "2025"], "the plan is read for nobody"
    made, kept = balance_of(view.land, "2020", "2025"), of_results(view, "2020", "2025")
    assert of_results(view, "2025", "2020") is None
    alike = {"check_dtype": False, "check_like": True}
    pd.testing.assert_frame_equal(made.balance.ledger, kept.ledger[made.balance.ledger.columns], **alike)
    pd.testing.assert_frame_equal(made.table, kept.table, **alike)
    pd.testing.assert_frame_equal(pd.DataFrame(made.balance.changes)[["cause", "area_m2"]].reset_index(drop=True),
                                  pd.DataFrame(kept.changes)[["cause", "area_m2"]], **alike)
    assert len(made.pairs) == len(kept.pairs)
    assert made.breaches["area_m2"].tolist() == kept.breaches["area_m2"].tolist()


def test_what_scenarios_need_is_let_go_and_read_again(view):
    first = view.land
    assert view.land is first
    let_scenarios_go()
    again = view.land
    assert again is not first
    assert list(again.layers.land_use) == list(first.layers.land_use)


def test_a_known_base_is_not_made_again_and_changes_nothing(view, parcel):
    plans = proposals_of_parcels(view.result.parcels, [parcel["parcel_id"]], "0701")
    first = scenario_of(view.land, plans, from_name="2020", to_name="2025")
    again = scenario_of(view.land, plans, from_name="2020", to_name="2025", base=first.base)
    assert again.base is first.base
    pd.testing.assert_frame_equal(first.difference, again.difference)
    assert set(first.affected["parcel_id"]) >= {parcel["parcel_id"]}
