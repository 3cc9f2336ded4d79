"""At every level a ratio is a sum over a sum: park, district, region group and city against the plain oracle."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.policy import load_policy
from landtool.rules.output_target import find_below_target
from landtool.rules.target_board import target_board

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "roll_ups.py"
_SPEC = importlib.util.spec_from_file_location("oracle_roll_ups", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

AS_OF = "2025-12-31"
POLICY = load_policy("chongqing-2021", AS_OF)
LEAST = float(POLICY["output.coverage_share_min"].value)
FEW = settings(max_examples=8)
# Two parks of one group in two districts, one of another group, one whose district is in no group.
LEVELS = {"district_of": {"K": "1", "L": "2", "M": "3", "N": "4"},
          "group_of": {"1": "渝东北", "2": "渝东北", "3": "渝东南"}}
PARKS = pd.DataFrame({"park_id": list(LEVELS["district_of"]), "district_code": list(LEVELS["district_of"].values())})
GROUP = pd.Series(LEVELS["group_of"])
DISTRICTS = pd.DataFrame({"district_code": ["1", "2", "3", "4"], "district_name": ["甲", "乙", "丙", "丁"]}).assign(
    region_group=lambda table: table["district_code"].map(GROUP))
FLAG = st.sampled_from([True, True, True, False, None])
PARCELS = st.lists(st.fixed_dictionaries({
    "park_id": st.sampled_from(["K", "L", "M", "N", None]), "area": st.sampled_from([1e3, 2.5e4]),
    "output": st.sampled_from([None, 0.0, 5e6, 9e8]), "is_industrial": FLAG, "in_production": FLAG}),
    min_size=1, max_size=14)
FIGURE = st.sampled_from([None, 0.0, 3.0, 40.0])


@FEW
@given(PARCELS)
def test_output_intensity(parcels):
    land = pd.DataFrame(parcels).rename(columns={"area": "area_m2", "output": "gross_output_cny"}).astype({
        "park_id": "str", "gross_output_cny": "float64", "is_industrial": "boolean", "in_production": "boolean"})
    land = land.assign(parcel_id=[f"P{at}" for at in range(len(land))])
    found = find_below_target(land, PARKS, DISTRICTS, POLICY, AS_OF, year=2025)
    expected = oracle.output_intensity(parcels, LEVELS, LEAST)
    for level, frame, key in (("park", found.parks, "park_id"), ("district", found.districts, "district_code"),
                              ("region_group", found.region_groups, "region_group"), ("city", found.city, "city")):
        told = frame.set_index(key)["output_intensity_cny_m2"]
        assert {name for lev, name in expected if lev == level} <= set(told.index)
        for name, got in told.items():
            wanted = expected.get((level, name))
            assert pd.isna(got) if wanted is None else np.isclose(got, wanted, rtol=1e-12), (level, name)


@FEW
@given(st.dictionaries(st.sampled_from(["K", "L", "M", "N"]), st.tuples(FIGURE, FIGURE), min_size=1))
def test_shares_of_the_target_board(figures):
    sheet = pd.DataFrame({"park_id": list(figures), "year": 2025,
                          "rd_cny": [one[0] for one in figures.values()],
                          "above_scale_revenue_cny": [one[1] for one in figures.values()]}).astype(
        {"rd_cny": "float64", "above_scale_revenue_cny": "float64"})
    board = target_board(sheet, PARKS, POLICY, AS_OF, region_group=GROUP)
    told = board[board["target"] == "rd.intensity_share"].set_index(["subject_kind", "subject_id"])["measured"]
    parks = [{"park_id": name, "top": figures.get(name, (None, None))[0], "base": figures.get(name, (None, None))[1]}
             for name in LEVELS["district_of"]]
    subjects = {("region", "city"): ("city", "city"), **{
        ("region_group", name): ("region_group", name) for name in ("渝东北", "渝东南")}, **{
        ("park", name): ("park", name) for name in LEVELS["district_of"]}}
    assert set(told.index) == set(subjects)
    for key, (level, name) in subjects.items():
        wanted = oracle.share(parks, LEVELS, level, name)
        assert pd.isna(told[key]) if wanted is None else np.isclose(told[key], wanted, rtol=1e-12), key
