"""Control indicators against the plain oracle, and what must hold whatever the registers say."""

from __future__ import annotations

import datetime as dt
import importlib.util
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landtool.geometry.area import ellipsoidal_area_m2
from landtool.indicators.buildings import buildings_on_parcels
from landtool.policy import load_policy
from landtool.rules.control import CONTROL_VERDICTS, INDICATORS, judge_control

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "control.py"
_SPEC = importlib.util.spec_from_file_location("oracle_control", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

POLICY = load_policy("national")
AS_OF = dt.date(2025, 12, 31)
SLOW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
# Many rows in few frames: what costs is the frame.
FEW = settings(SLOW, max_examples=10)
CRS, X, Y, CELL = "EPSG:4545", 500_000.0, 3_270_000.0, 10.0
FIELDS = ["floor_area_m2", "building_footprint_m2", "structure_and_yard_area_m2", "service_land_m2",
          "service_floor_area_m2", "green_area_m2"]  # fmt: skip
AREA = st.sampled_from([None, 0.0, 700.0, 701.0, 1500.0, 2000.0, 3000.0, 4000.0, 6000.0, 7000.0, 10000.0])
SIGNED = st.sampled_from([dt.date(2008, 1, 30), dt.date(2008, 1, 31), dt.date(2015, 6, 1), dt.date(2023, 5, 15),
                          dt.date(2023, 5, 16), None])
SITE = st.fixed_dictionaries({
    "is_industrial": st.sampled_from([True, True, True, False, None]),
    "contract_id": st.sampled_from(["C", "C", "C", None]), "signed_date": SIGNED,
    "industry_code": st.sampled_from([*oracle.TO_2002, None]),
    "actual_completion_date": st.sampled_from([None, dt.date(2025, 12, 31), dt.date(2026, 1, 1), dt.date(2010, 1, 1)]),
    "area_m2": st.sampled_from([None, 10000.0, 10000.0, 5000.0]), **dict.fromkeys(FIELDS, AREA)})  # fmt: skip
SITES = st.lists(SITE, min_size=8, max_size=30)
SPAN = st.tuples(st.integers(-2, 9), st.integers(1, 6))
BUILDING = st.fixed_dictionaries({
    "x": SPAN, "y": SPAN, "floors": st.sampled_from([None, 0, 1, 2, 3]),
    "height_m": st.sampled_from([None, 6.0, 8.0, 9.0, 17.0]),
    "floor_area_m2": st.sampled_from([None, None, 0.0, 900.0]),
    "kind": st.sampled_from([None, "building", "structure", "yard", "service"])})  # fmt: skip
BUILDINGS = st.lists(BUILDING, min_size=1, max_size=7)


def frame(sites):
    kinds = {"is_industrial": "boolean", "signed_date": "datetime64[us]", "contract_id": "str",
             "actual_completion_date": "datetime64[us]", "industry_code": "str",
             **dict.fromkeys(["area_m2", *FIELDS], "float64")}
    # A row of the register that is not under test: it shows that completion is kept.
    keeper = {**sites[0], "contract_id": "K", "actual_completion_date": dt.date(2020, 1, 1)}
    table = pd.DataFrame([*sites, keeper]).astype(kinds)
    table["actual_production_date"] = pd.Series(pd.NaT, index=table.index)
    return table.assign(parcel_id=[f"P{at}" for at in range(len(table))], in_production=False)


def judged(sites, policy=POLICY):
    found = judge_control(frame(sites), None, None, policy, AS_OF).table
    return found.pivot(index="parcel_id", columns="indicator", values="verdict")


@FEW
@given(SITES)
def test_the_same_as_one_by_one(sites):
    found = judged(sites)
    for at, site in enumerate(sites):
        for indicator in INDICATORS[:-1]:
            assert found.loc[f"P{at}", indicator] == oracle.judge(site, indicator, AS_OF), (site, indicator)


def stricter(by: float):
    """The national policy with every threshold moved to the strict side."""
    first, *rest = POLICY.layers
    values = dict(first.values)
    for key, factor in (("control.building_coefficient_min", 1 + by), ("control.green_share_max", 1 - by),
                        ("control.service_land_share_max", 1 - by), ("control.service_floor_share_max", 1 - by)):
        values[key] = tuple(replace(one, value=one.value * factor) for one in values[key])
    values["control.far_min"] = tuple(
        replace(one, value=type(one.value)({code: number * (1 + by) for code, number in one.value.items()}))
        for one in values["control.far_min"])  # fmt: skip
    return replace(POLICY, layers=(replace(first, values=values), *rest))


@FEW
@given(SITES, st.sampled_from([0.01, 0.3]))
def test_a_stricter_threshold_never_flags_fewer(sites, by):
    before, after = judged(sites) == "failed", judged(sites, stricter(by)) == "failed"
    assert not (before & ~after).to_numpy().any()


@FEW
@given(SITES)
def test_rows_are_kept_inputs_unchanged_and_null_stays_null(sites):
    land = frame(sites)
    copy = land.copy(deep=True)
    table = judge_control(land, None, None, POLICY, AS_OF).table
    pd.testing.assert_frame_equal(land, copy)
    assert len(table) == len(land) * len(INDICATORS)
    assert set(table["verdict"]) <= set(CONTROL_VERDICTS)
    unknown = table["value"].isna()
    assert not table.loc[unknown, "verdict"].isin(["met", "failed"]).any()
    assert table.loc[unknown, ["basis", "area_used"]].isna().all().all()
    open_rows = table[table["verdict"] == "not_assessable"]
    assert open_rows["missing"].notna().all()
    blank = judge_control(land.assign(**dict.fromkeys(FIELDS, np.nan)), None, None, POLICY, AS_OF).table
    assert blank["value"].isna().all()


def boxes(buildings):
    corners = np.array([[b["x"][0], b["y"][0], b["x"][0] + b["x"][1], b["y"][0] + b["y"][1]]
                        for b in buildings], dtype=float) * CELL
    corners += [X, Y, X, Y]
    rows = pd.DataFrame(buildings).drop(columns=["x", "y"])
    rows = rows.astype({"floors": "float64", "height_m": "float64", "floor_area_m2": "float64", "kind": "str"})
    return gpd.GeoDataFrame(rows, geometry=list(shapely.box(*corners.T)), crs=CRS)


def land(*spans):
    return gpd.GeoDataFrame(
        geometry=[shapely.box(X + w * CELL, Y + s * CELL, X + e * CELL, Y + n * CELL)
                  for w, s, e, n in spans], crs=CRS)


def measure(parcels, buildings):
    return buildings_on_parcels(parcels, boxes(buildings), double_above_m=8.0, factor=2.0)


def cells(west, south, east, north):
    return {(x, y) for x in range(west, east) for y in range(south, north)}


NAMES = ["covered_m2", "floor_area_m2", "far_floor_area_m2", "far_floor_area_max_m2"]


@SLOW
@given(BUILDINGS)
def test_the_same_as_counting_cells(buildings):
    spans = [(0, 0, 6, 8), (6, 0, 9, 8)]
    found = measure(land(*spans), buildings)
    shapes = [{**b, "cells": cells(b["x"][0], b["y"][0], b["x"][0] + b["x"][1], b["y"][0] + b["y"][1])}
              for b in buildings]
    for at, span in enumerate(spans):
        expected = oracle.built(CELL, cells(*span), shapes)
        got = [None if pd.isna(v) else v for v in found.loc[at, NAMES]]
        for one, other, name in zip(got, expected, NAMES, strict=True):
            assert (one is None) == (other is None), (name, got, expected)
            # The ellipsoid and the plane differ by less than 1e-3 here.
            assert one is None or abs(one - other) <= 1e-3 * other + 1e-6, (name, got, expected)


@SLOW
@given(BUILDINGS, st.integers(1, 8))
def test_splitting_a_parcel_keeps_its_sums(buildings, cut):
    whole = measure(land((0, 0, 9, 8)), buildings)
    parts = measure(land((0, 0, cut, 8), (cut, 0, 9, 8)), buildings)
    known = buildings and not whole["floors_unknown"].fillna(False).any()
    for name in NAMES if known else NAMES[:1]:
        assert np.isclose(whole[name].sum(), parts[name].sum(), rtol=1e-9), name


@SLOW
@given(BUILDINGS)
def test_covered_ground_is_never_more_than_the_parcel_nor_than_the_footprints(buildings):
    parcels = land((0, 0, 9, 8))
    covered = measure(parcels, buildings)["covered_m2"].fillna(0.0)
    site = ellipsoidal_area_m2(parcels)
    assert (covered <= site * (1 + 1e-9)).all()
    twice = measure(parcels, [*buildings, *buildings])["covered_m2"].fillna(0.0)
    assert np.allclose(covered, twice, rtol=1e-9)
