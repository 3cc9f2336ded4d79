"""Park ratios against the plain oracle: ratios of sums, unmoved by a split, null where too little is known."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landtool.indicators.park_land import RATIOS, divided, latest_statistics, park_parts, rolled_up

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "parks.py"
_SPEC = importlib.util.spec_from_file_location("oracle_parks", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

MANY = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SAID = st.sampled_from([True, True, False, None])
FIGURE = st.sampled_from([0.0, 10.0, 55.0, None])
FLAGS = ["is_supplied", "is_built", "is_active", "is_industrial", "is_storage"]
FIGURES = ["floor_area_m2", "building_footprint_m2", "structure_and_yard_area_m2", "tax_cny"]
PARCEL = st.fixed_dictionaries({
    "park_id": st.sampled_from(["K", "L"]), "area_m2": st.sampled_from([100.0, 250.0, None]),
    **dict.fromkeys(FLAGS, SAID), **dict.fromkeys(FIGURES, FIGURE)})
PARCELS = st.lists(PARCEL, min_size=1, max_size=10)
TESTED = ["industrial_share", "active_share", "overall_far", "industrial_far", "building_density"]
LEAST = 0.8


def frame(parcels):
    kinds = dict.fromkeys(FLAGS, "boolean") | dict.fromkeys([*FIGURES, "area_m2"], "float64")
    return pd.DataFrame(parcels).astype({"park_id": "str", **kinds})


def parts(table):
    return park_parts(table, pd.Index(["K", "L"], name="park_id"), latest_statistics(None, "2025-12-31"), LEAST)


@MANY
@given(PARCELS)
def test_ratios_are_those_of_the_oracle(parcels):
    table = frame(parcels)
    before = table.copy()
    found = divided(parts(table))
    for park in ("K", "L"):
        mine = [one for one in parcels if one["park_id"] == park]
        for name in TESTED:
            expected = oracle.ratio(mine, name, LEAST)
            got = found.loc[park, name]
            assert pd.isna(got) if expected is None else np.isclose(got, expected, rtol=1e-12), (park, name)
    pd.testing.assert_frame_equal(table, before)


@MANY
@given(PARCELS, st.integers(0, 9), st.floats(0.1, 0.9))
def test_a_split_parcel_changes_no_figure_and_rollups_are_ratios_of_sums(parcels, which, share):
    table = frame(parcels)
    sums = parts(table)
    row = which % len(table)
    halves = table.iloc[[row, row]].copy()
    for name in ["area_m2", *FIGURES]:
        halves[name] = halves[name] * np.array([share, 1 - share])
    split = pd.concat([table.drop(index=row), halves], ignore_index=True)
    pd.testing.assert_frame_equal(divided(parts(split)), divided(sums), rtol=1e-9)
    city = rolled_up(sums, pd.Series("city", index=sums.index))
    for name in RATIOS:
        part, whole = sums[f"{name}_part"], sums[f"{name}_whole"]
        if part.isna().any():
            assert pd.isna(city.loc["city", name])
        elif whole.sum() > 0:
            assert np.isclose(city.loc["city", name], part.sum() / whole.sum(), rtol=1e-12)


@MANY
@given(PARCELS)
def test_null_in_null_out(parcels):
    table = frame(parcels)
    blank = table.assign(**{name: pd.array([None] * len(table), dtype="boolean") for name in FLAGS},
                         **dict.fromkeys(FIGURES, np.nan))
    assert divided(parts(blank)).isna().all(axis=None)
