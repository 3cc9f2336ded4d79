"""A rezoning on a small town with known areas: ledger, headroom, parcels and contracts, pairs, breaches."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from landtool.balance import scenario_result
from landtool.errors import InputDataError

EAST, NORTH, CRS = 450_000.0, 3_270_000.0, "EPSG:4545"


def lot(column: float, row: float = 0.0, wide: float = 1.0):
    return box(EAST + 100 * column, NORTH + 100 * row, EAST + 100 * (column + wide), NORTH + 100 * (row + 1))


def frame(shapes, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


LAND = frame([lot(0), lot(1), lot(2), lot(3)], land_use_code=["0601", "0601", "0103", "0701"])
PARCELS = frame([lot(0), lot(1)], parcel_id=["P1", "P2"])
CONTRACTS = pd.DataFrame({"contract_id": ["C1", "C2", "C3"], "parcel_id": ["P1", "P1", "P9"]})
DISTRICTS = frame([lot(0, wide=2), lot(2, wide=2)], district_code=["W", "E"])
HECTARE = pytest.approx(10_000, rel=2e-3)


def test_a_sketch_with_a_code_alone_will_do():
    made = scenario_result(LAND, frame([lot(0, wide=0.5)], to_code=["0701"]), classification="tdlb-2019",
                           parcels=PARCELS, contracts=CONTRACTS, by=DISTRICTS)
    assert made.verdict == "shrinks"
    assert made.base is None
    assert made.proposals["proposal_id"].tolist() == ["#1"]
    assert made.affected[["parcel_id", "contract_id"]].to_numpy().tolist() == [["P1", "C1"], ["P1", "C2"]]
    assert made.affected["share"].tolist() == pytest.approx([0.5, 0.5])
    assert made.affected["area_m2"].tolist() == [pytest.approx(5_000, rel=2e-3)] * 2
    room = made.headroom.set_index("region_id")
    assert room.loc["W", "deficit_m2"] == pytest.approx(5_000, rel=2e-3)
    assert room.loc["E", ["headroom_m2", "deficit_m2"]].tolist() == [0, 0]


def test_headroom_is_what_may_still_be_converted():
    before = LAND.assign(land_use_code=["0601", "0103", "0103", "0701"])
    made = scenario_result(LAND, frame([lot(0, wide=0.25)], to_code=["0701"], proposal_id=["T1"]),
                           classification="tdlb-2019", before=before, by=DISTRICTS)
    west = made.headroom.set_index("region_id").loc["W"]
    assert west["headroom_m2"] == pytest.approx(7_500, rel=2e-3)
    more = scenario_result(LAND, frame([lot(0, wide=1.0)], to_code=["0701"]), classification="tdlb-2019",
                           before=before, by=DISTRICTS)
    assert more.verdict == "holds"
    row = made.difference.set_index("region_kind").loc["whole"]
    assert row["converted_out_m2"] == pytest.approx(2_500, rel=2e-3)
    assert (row["verdict_base"], row["verdict"]) == ("holds", "holds")


PLAN = frame([lot(0), lot(2)], proposal_id=["T1", "T2"], to_code=["0701", "0601"],
             stage=["approved", "draft"], replaces=[None, "T1"])  # fmt: skip
LINES = frame([lot(0, wide=1)], line_id=["L1"])


def test_pairs_ratio_order_and_breaches():
    made = scenario_result(LAND, PLAN, classification="tdlb-2019", control_lines=LINES)
    pair = made.pairs.iloc[0]
    assert (pair["proposal_id"], pair["replaced_by"], pair["is_paired"], pair["in_order"]) == (
        "T1", "T2", True, False)
    assert pair["ratio"] == pytest.approx(1.0, abs=1e-3)
    assert made.verdict == "holds"
    assert made.balance.ledger.iloc[0]["replacement_m2"] == HECTARE
    alone = scenario_result(LAND, PLAN, classification="tdlb-2019", control_lines=LINES, stages=["approved"])
    assert alone.verdict == "shrinks"
    assert alone.breaches["is_replaced"].tolist() == [False]
    assert alone.breaches["line_id"].tolist() == ["L1"]
    assert alone.proposals["proposal_id"].tolist() == ["T1"]


def test_ground_that_is_not_surveyed_is_named():
    made = scenario_result(LAND, frame([lot(3, wide=2)], to_code=["0601"]), classification="tdlb-2019")
    assert made.uncovered_m2.loc["#1"] == HECTARE


def test_inputs_are_not_changed_and_faults_are_named():
    copy = PLAN.copy()
    scenario_result(LAND, PLAN, classification="tdlb-2019")
    pd.testing.assert_frame_equal(pd.DataFrame(copy), pd.DataFrame(PLAN))
    with pytest.raises(InputDataError, match="to_code"):
        scenario_result(LAND, PLAN.drop(columns="to_code"), classification="tdlb-2019")
    with pytest.raises(InputDataError, match="no stage"):
        scenario_result(LAND, PLAN, classification="tdlb-2019", stages=["someday"])
