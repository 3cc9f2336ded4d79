"""Proposals applied to a snapshot: pure, exact, and told apart by stage."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from landtool.balance import (
    apply_proposals,
    difference,
    headroom,
    land_balance,
    memo,
    pair_replacements,
)
from landtool.balance.scenario import losses_in_lines, uncovered_m2
from landtool.errors import InputDataError, UnknownCodeError
from landtool.policy import load_policy

CRS = "EPSG:4544"
EAST, NORTH = 500_000.0, 3_270_000.0


def layer(columns: dict[str, list[Any]], *boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    shapes = [box(EAST + a, NORTH + b, EAST + c, NORTH + d) for a, b, c, d in boxes]
    return gpd.GeoDataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()},
                            geometry=shapes, crs=CRS)  # fmt: skip


def land() -> gpd.GeoDataFrame:
    return layer({"land_use_code": ["0601", "0601", "0103", "0701"], "polygon_id": ["a", "b", "c", "d"]},
                 (0, 0, 100, 100), (100, 0, 200, 100), (200, 0, 300, 100), (300, 0, 400, 100))  # fmt: skip


def plans() -> gpd.GeoDataFrame:
    return layer({"proposal_id": ["L1", "G1", "L2", "D1"], "to_code": ["0701", "0601", "0701", "0501"],
                  "stage": ["approved", "submitted", "approved", "draft"],
                  "replaces": [None, "L1", None, None]},
                 (0, 0, 100, 50), (200, 0, 260, 100), (150, 50, 200, 100), (0, 25, 100, 75))  # fmt: skip


def codes(frame: gpd.GeoDataFrame) -> dict[tuple[str, str], float]:
    key = [frame["polygon_id"], frame["land_use_code"]]
    return frame.area.groupby(key).sum().round(6).to_dict()


def test_proposals_cut_the_land_and_touch_nothing_else() -> None:
    before, proposals = land(), plans()
    kept = before.copy(), proposals.copy()
    made = apply_proposals(before, proposals, stages=["approved", "submitted"])
    assert codes(made) == {("a", "0601"): 5000, ("a", "0701"): 5000, ("b", "0601"): 7500, ("b", "0701"): 2500,
                           ("c", "0103"): 4000, ("c", "0601"): 6000, ("d", "0701"): 10000}  # fmt: skip
    assert made.area.sum() == pytest.approx(before.area.sum(), rel=1e-12)
    pd.testing.assert_frame_equal(before, kept[0])
    pd.testing.assert_frame_equal(proposals, kept[1])
    assert made.loc[made["replaces"].notna(), "proposal_id"].tolist() == ["G1"]


def test_of_overlapping_proposals_the_further_stage_wins() -> None:
    codes_only = plans().replace({"to_code": {"0501": "0508"}})
    made = apply_proposals(land(), codes_only)
    assert codes(made)[("a", "0701")] == 5000
    assert codes(made)[("a", "0508")] == 2500


def test_stages_and_numbers_choose() -> None:
    assert "proposal_id" in apply_proposals(land(), plans(), stages=[])
    one = apply_proposals(land(), plans(), only=["G1"])
    assert one["proposal_id"].dropna().tolist() == ["G1"]
    with pytest.raises(InputDataError, match="no proposal X9"):
        apply_proposals(land(), plans(), only=["X9"])
    with pytest.raises(InputDataError, match="no stage signed"):
        apply_proposals(land(), plans(), stages=["signed"])
    with pytest.raises(InputDataError, match="no column to_code"):
        apply_proposals(land(), plans().drop(columns="to_code"))
    wrong = plans().assign(to_code="9999")
    with pytest.raises(UnknownCodeError, match="9999"):
        land_balance(land(), apply_proposals(land(), wrong), classification="tdlb-2019")


def test_marking_without_recoding() -> None:
    made = apply_proposals(land(), plans(), stages=["approved"], recode=False)
    assert set(made["land_use_code"]) == {"0601", "0103", "0701"}
    assert made.loc[made["proposal_id"].notna()].area.sum() == pytest.approx(7500)
    assert land_balance(land(), made, classification="tdlb-2019").changes.empty


def test_scenario_ledger_pairs_headroom_and_breaches() -> None:
    before = land()
    after = apply_proposals(before, plans(), stages=["approved", "submitted"])
    base = land_balance(before, before, classification="tdlb-2019")
    made = land_balance(before, after, classification="tdlb-2019")
    row = made.ledger.iloc[0]
    assert row["replacement_m2"] == pytest.approx(6000, rel=1e-6)
    assert row["converted_out_m2"] == pytest.approx(7500, rel=1e-6)
    assert made.verdict == "shrinks"

    added = difference(base, made).iloc[0]
    assert added["closing_m2"] == pytest.approx(-1500, rel=1e-5)
    assert (added["verdict_base"], added["verdict"]) == ("holds", "shrinks")

    pairs = pair_replacements(made.changes, after, plans()).set_index("proposal_id")
    assert pairs.index.tolist() == ["L1", "L2"]
    assert pairs.loc["L1", "ratio"] == pytest.approx(1.2)
    assert pairs["replaced_by"].fillna("").tolist() == ["G1", ""]
    assert pairs["is_paired"].tolist() == [True, False]
    assert pairs.loc["L1", "in_order"] == False  # noqa: E712 - the loss is approved, its replacement not yet
    assert pd.isna(pairs.loc["L2", "in_order"])

    room = headroom(made, load_policy("national")).iloc[0]
    assert (room["headroom_m2"], round(room["deficit_m2"])) == (0.0, 1500)

    lines = layer({"line_id": ["K1"]}, (0, 0, 175, 100))
    open_losses = losses_in_lines(made.changes, lines)
    assert open_losses["area_m2"].round(0).tolist() == [5000, 1250]
    assert not open_losses["is_replaced"].any()
    text = memo(made, "zh", breaches=open_losses)
    assert "控制线内未落实置换的减少 2 处" in text
    assert "总量减少" in text
    assert "-0.00" not in text


def test_a_proposal_beyond_the_survey_is_told() -> None:
    far = layer({"proposal_id": ["F", "N"], "to_code": ["0601", "0601"]}, (390, 0, 450, 100), (0, 0, 10, 10))
    assert len(apply_proposals(land(), far)) == 6
    assert uncovered_m2(land(), far).round(1).tolist() == [5000.0, 0.0]


def test_no_change_has_no_pairs_and_no_losses() -> None:
    after = apply_proposals(land(), plans(), stages=[])
    made = land_balance(land(), after, classification="tdlb-2019")
    assert pair_replacements(made.changes, after, plans()).empty
    assert losses_in_lines(made.changes, layer({"line_id": ["K1"]}, (0, 0, 175, 100))).empty
