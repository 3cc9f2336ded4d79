"""Unsupplied land against the plain oracle on random rectangles: nothing is lost, nothing counted twice."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landtool.policy import load_policy
from landtool.rules.unsupplied import find_unsupplied

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "unsupplied.py"
_SPEC = importlib.util.spec_from_file_location("oracle_unsupplied", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

POLICY = load_policy("national", "2025-12-31")
CELL, EAST, NORTH = 50.0, 500_000.0, 3_270_000.0
MANY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BOX = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 4), st.integers(1, 4)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))
APPROVALS = st.lists(st.tuples(BOX, st.sampled_from(["2019-05-01", "2023-06-30", "2025-02-01"])),
                     min_size=1, max_size=4)
PARCELS = st.lists(st.tuples(BOX, st.sampled_from([True, True, False, None]), st.sampled_from([2020, 2025])),
                   max_size=6)


def shape(box):
    west, south, east, north = box
    return shapely.box(EAST + west * CELL, NORTH + south * CELL, EAST + east * CELL, NORTH + north * CELL)


def frames(approvals, parcels):
    made = gpd.GeoDataFrame({
        "approval_id": [f"A{at}" for at in range(len(approvals))],
        "approved_date": pd.to_datetime([day for _, day in approvals])},
        geometry=[shape(box) for box, _ in approvals], crs="EPSG:4545")
    land = gpd.GeoDataFrame({
        "parcel_id": pd.Series([f"P{at}" for at in range(len(parcels))], dtype="str"),
        "is_supplied": pd.array([said for _, said, _ in parcels], dtype="boolean"),
        "supplied_date": pd.to_datetime([f"{year}-03-01" for _, _, year in parcels])},
        geometry=[shape(box) for box, _, _ in parcels], crs="EPSG:4545")
    return made, land


@MANY
@given(APPROVALS, PARCELS)
def test_sums_are_those_of_the_oracle(approvals, parcels):
    made, land = frames(approvals, parcels)
    found = find_unsupplied(made, land, None, POLICY, "2025-12-31")
    expected = oracle.sums(
        [{"id": f"A{at}", "box": box, "date": day} for at, (box, day) in enumerate(approvals)],
        [{"box": box, "is_supplied": bool(said), "year": year} for box, said, year in parcels], 2025)
    unit = CELL * CELL
    for row in found.approvals.itertuples():
        mine = expected[row.approval_id]
        for name, value in (("approved", row.approved_m2), ("supplied", row.supplied_m2),
                            ("unsupplied", row.unsupplied_m2), ("disposed", row.disposed_m2)):
            np.testing.assert_allclose(value, mine[name] * unit, rtol=2e-4, atol=1e-3, err_msg=name)
    rest = found.approvals
    np.testing.assert_allclose(rest["supplied_m2"] + rest["unsupplied_m2"] + rest["sliver_m2"],
                               rest["approved_m2"], rtol=1e-6, atol=1e-3)
    np.testing.assert_allclose(found.pieces["area_m2"].sum(),
                               rest["unsupplied_m2"].sum() + rest["sliver_m2"].sum(), rtol=1e-9, atol=1e-6)
    whole, years = found.years.iloc[-1], found.years.iloc[:-1]
    for name in ("approved_m2", "supplied_m2", "unsupplied_m2", "disposed_m2", "stock_at_start_m2"):
        np.testing.assert_allclose(years[name].sum(), whole[name], rtol=1e-12, atol=1e-6)
    assert found.unknown_parcels == sum(said is None for _, said, _ in parcels)


@settings(MANY, max_examples=8)
@given(APPROVALS, PARCELS)
def test_more_supply_never_leaves_more_unsupplied(approvals, parcels):
    made, land = frames(approvals, parcels)
    before = find_unsupplied(made, land, None, POLICY, "2025-12-31").years.iloc[-1]
    after = find_unsupplied(made, land.assign(is_supplied=pd.array([True] * len(land), dtype="boolean")), None,
                            POLICY, "2025-12-31").years.iloc[-1]
    assert after["unsupplied_m2"] <= before["unsupplied_m2"] + 1e-3
    assert after["approved_m2"] == before["approved_m2"]
