"""Unsupplied land with and without what was measured of the buildings before: the same pieces."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from landtool import unsupplied_land
from landtool.indicators.buildings import measure_buildings
from landtool.policy import load_policy
from landtool.rules import unsupplied
from landtool.unsupplied_land import measure_unsupplied


def drawn(boxes, **columns):
    return gpd.GeoDataFrame(columns, crs="EPSG:4545", geometry=[
        shapely.box(5e5 + west, 3.27e6 + south, 5e5 + east, 3.27e6 + north) for west, south, east, north in boxes])


@pytest.fixture
def workspace():
    parcels = drawn([(0, 0, 60, 100), (60, 0, 100, 100)], parcel_id=pd.Series(["P1", "P2"], dtype="str"),
                    is_supplied=pd.array([True, False], dtype="boolean"))
    # Within the supplied parcel, across the border, within the other, beside all parcels.
    buildings = drawn([(5, 5, 20, 20), (50, 30, 70, 50), (80, 80, 90, 90), (40, 100, 60, 110)])
    approvals = drawn([(0, 0, 100, 120)], approval_id=["A"], approved_date=pd.to_datetime(["2020-03-01"]))
    layers = SimpleNamespace(approvals=approvals, parcels=parcels, buildings=buildings, parks=None, districts=None)
    return SimpleNamespace(layers=layers, policy=load_policy("national"), as_of="2025-12-31")


def test_buildings_on_supplied_land_are_not_looked_at_again(workspace, monkeypatch):
    layers, looked_at = workspace.layers, []
    land = layers.parcels.drop(columns="geometry")
    built = measure_buildings(layers.parcels, layers.buildings, double_above_m=8.0, factor=2.0)
    plain = unsupplied_land.find_unsupplied
    monkeypatch.setattr(unsupplied_land, "find_unsupplied",
                        lambda *given: (looked_at.append(len(given[2])), plain(*given))[1])
    quick, whole = (measure_unsupplied(workspace, land, None, known).pieces for known in (built, None))
    assert looked_at == [3, 4]
    pd.testing.assert_frame_equal(pd.DataFrame(quick.drop(columns="geometry")),
                                  pd.DataFrame(whole.drop(columns="geometry")))
    assert quick.geometry.to_wkb().tolist() == whole.geometry.to_wkb().tolist()
    assert sorted(quick["built_m2"].round()) == [200.0, 300.0]


def test_parts_that_do_not_add_up_are_measured_on_their_own(workspace, monkeypatch):
    layers = workspace.layers
    layers.approvals = drawn([(0, 0, 100, 120), (200, 0, 260, 50)], approval_id=["A", "B"],
                             approved_date=pd.to_datetime(["2020-03-01", "2021-03-01"]))
    land = layers.parcels.drop(columns="geometry")
    usual = measure_unsupplied(workspace, land, None).approvals
    monkeypatch.setattr(unsupplied, "same_area", lambda parts, whole: parts < 0)
    doubted = measure_unsupplied(workspace, land, None).approvals
    assert usual["supplied_m2"].round().tolist() == [6000.0, 0.0]
    pd.testing.assert_frame_equal(doubted, usual, rtol=1e-9)


def test_the_first_signature_on_a_parcel_is_the_day_of_its_supply():
    contracts = pd.DataFrame({"parcel_id": ["P2", "P1", "P1", None, "P3"], "signed_date": pd.to_datetime(
        ["2020-01-01", "2019-05-01", "2018-05-01", "2001-01-01", None])})
    land = pd.DataFrame({"parcel_id": pd.array(["P1", "P2", "P3", "P4", None], dtype="str")}, index=[9, 8, 7, 6, 5])
    found = unsupplied_land._first_signed(land, SimpleNamespace(contracts=contracts))
    assert found.dt.strftime("%Y-%m-%d").fillna("-").to_dict() == {
        9: "2018-05-01", 8: "2020-01-01", 7: "-", 6: "-", 5: "-"}
