"""What a balance of known areas says: findings, region groups, the paragraph in both languages."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from landtool.balance import WorkspaceBalance, balance_of_workspace_layers, land_balance, memo
from landtool.balance.describe import tell_pairs
from landtool.balance.findings import balance_findings
from landtool.balance.series import land_series
from landtool.errors import InputDataError
from landtool.policy import load_policy

EAST, NORTH = 450_000.0, 3_270_000.0
POLICY = load_policy("national")
HECTARE = pytest.approx(10_000, rel=2e-3)


def frame(*boxes: tuple[float, float], **columns: list[Any]) -> gpd.GeoDataFrame:
    """Strips of a hectare's height: from so many hectares east to so many."""
    shapes = [box(EAST + 100 * first, NORTH, EAST + 100 * last, NORTH + 100) for first, last in boxes]
    return gpd.GeoDataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()},
                            geometry=shapes, crs="EPSG:4545")  # fmt: skip


LOTS = [(0, 1), (1, 2), (2, 3), (3, 4)]
BEFORE = frame(*LOTS, land_use_code=["0601", "0601", "0103", "0601"])
AFTER = frame(*LOTS, land_use_code=["0701", "0601", "0601", "0601"])
# Two districts of one group and one of another; the group as a whole holds, one of its districts shrinks.
DISTRICTS = frame((0, 2), (2, 3), (3, 4), district_code=["D1", "D2", "D3"], region_group=["G1", "G1", "G2"])
LINES = frame((0.5, 2), (3, 4), line_id=["L1", "L2"])


def found(proposals: gpd.GeoDataFrame | None = None) -> WorkspaceBalance:
    return balance_of_workspace_layers({"2020": BEFORE, "2025": AFTER}, dict.fromkeys(("2020", "2025"), "tdlb-2019"),
                                       DISTRICTS, None, LINES, POLICY, proposals=proposals)  # fmt: skip


def test_a_region_group_is_the_union_of_its_districts() -> None:
    ledger = found().balance.ledger
    group = ledger[ledger["region_kind"] == "region_group"].set_index("region_id")
    assert group.loc["G1", ["opening_m2", "new_m2", "converted_out_m2", "closing_m2"]].tolist() == [
        pytest.approx(20_000, rel=2e-3), HECTARE, HECTARE, pytest.approx(20_000, rel=2e-3)]  # fmt: skip
    assert group["verdict"].to_dict() == {"G1": "holds", "G2": "holds"}
    district = ledger[ledger["region_kind"] == "district"].set_index("region_id")
    assert district["verdict"].to_dict() == {"D1": "shrinks", "D2": "holds", "D3": "holds"}


def test_findings_name_the_district_that_shrinks_and_the_loss_inside_a_line() -> None:
    table = balance_findings(found(), POLICY).set_index("rule_id")
    lost = table.loc[["balance.control_line_loss"]].iloc[0]
    assert (lost["subject_id"], lost["severity"]) == ("L1", "breach")
    assert lost["measured"] == pytest.approx(5_000, rel=2e-3)
    assert lost["clause"]
    shrinks = table.loc[["balance.shrinks"]]
    assert sorted(shrinks["subject_id"]) == ["D1", "L1"]
    assert set(shrinks["severity"]) == {"warning"}


def test_a_loss_that_is_replaced_in_full_is_no_breach() -> None:
    plans = frame((0, 1), (2, 3), proposal_id=["Z1", "Z2"], to_code=["0701", "0601"], stage=["approved"] * 2,
                  replaces=[None, "Z1"])  # fmt: skip
    told = found(plans)
    assert told.breaches is not None
    assert told.breaches["is_replaced"].tolist() == [True]
    assert "balance.control_line_loss" not in set(balance_findings(told, POLICY)["rule_id"])


def test_a_replacement_that_falls_short_by_less_than_a_square_metre_is_full() -> None:
    for width, is_full in ((0.99995, True), (0.999, False)):  # of 10 000 m²
        plans = frame((0, 1), (2, 2 + width), proposal_id=["Z1", "Z2"], to_code=["0701", "0601"],
                      stage=["approved"] * 2, replaces=[None, "Z1"])  # fmt: skip
        told = found(plans)
        assert told.breaches is not None
        assert told.breaches["is_replaced"].tolist() == [is_full]


def test_a_loss_that_is_replaced_in_part_is_a_breach_by_the_rest() -> None:
    plans = frame((0, 1), (2, 2.4), proposal_id=["Z1", "Z2"], to_code=["0701", "0601"], stage=["approved"] * 2,
                  replaces=[None, "Z1"])  # fmt: skip
    told = found(plans)
    assert told.breaches is not None
    assert told.breaches["is_replaced"].tolist() == [False]
    # Half of the lost hectare lies inside the line; two fifths of it are made good.
    assert told.breaches[["area_m2", "unreplaced_m2"]].iloc[0].tolist() == [
        pytest.approx(5_000, rel=2e-3), pytest.approx(3_000, rel=2e-3)]  # fmt: skip
    lost = balance_findings(told, POLICY).set_index("rule_id").loc["balance.control_line_loss"]
    assert lost["measured"] == pytest.approx(3_000, rel=2e-3)
    assert "其中 0.30 公顷未见已批准的补充" in lost["message_zh"]
    assert "0.30 ha of it have no approved replacement" in lost["message_en"]
    assert "1 处，共 0.30 公顷" in memo(told.balance, "zh", breaches=told.breaches)


def test_a_replacement_that_is_named_but_not_carried_out_is_told_with_the_order() -> None:
    plans = frame((0, 1), (2, 3), proposal_id=["Z1", "Z2"], to_code=["0701", "0601"], stage=["approved", "submitted"],
                  replaces=[None, "Z1"])  # fmt: skip
    pair = found(plans).pairs
    assert pair is not None
    row = pair.iloc[0]
    assert (row["is_paired"], row["in_order"], row["awaited"], row["awaited_stage"]) == (False, False, "Z2", "submitted")
    assert tell_pairs(pair, "zh") == [
        "方案 Z1（已批准）减少 1.00 公顷，指定的补充方案 Z2（报批中）未计入本账，补充晚于减少，应先补后改。"]
    assert "its replacement Z2 (submitted) is not carried out" in tell_pairs(pair, "en")[0]


def test_a_loss_below_a_hundredth_of_a_hectare_is_told_in_square_metres() -> None:
    before, after = (frame((0, 0.9975), (0.9975, 1), land_use_code=codes) for codes in (["0601"] * 2, ["0601", "0701"]))
    balance = land_balance(before, after, classification="tdlb-2019")
    assert balance.verdict == "shrinks"
    assert "结论：总量减少" in memo(balance, "zh")
    assert "净减少 25.0 平方米。" in memo(balance, "zh")
    assert "The net loss is 25.0 m²." in memo(balance, "en")


def test_a_snapshot_is_not_compared_with_itself() -> None:
    with pytest.raises(InputDataError, match="'2020' compared with itself"):
        balance_of_workspace_layers({"2020": BEFORE}, {"2020": "tdlb-2019"}, None, None, None, POLICY, "2020", "2020")


def test_the_paragraph_in_english_has_the_figures_of_the_chinese_one() -> None:
    balance = land_balance(BEFORE, AFTER.assign(land_use_code=["0701", "0601", "0103", "0601"]),
                           classification="tdlb-2019", by=DISTRICTS, from_name="2020", to_name="2025")  # fmt: skip
    text = memo(balance, "en", names={"D1": "First District"})
    for said in ("From 2020 to 2025, total industrial land of", "went from 3.00 ha to 2.00 ha", "1.00 ha converted out",
                 "a real net change of -1.00 ha", "It shrinks in: First District (by 1.00 ha).",
                 "Largest losses: 1.00 ha (0601 → 0701)."):  # fmt: skip
        assert said in text, text
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in text)
    assert "由 3.00 公顷" in memo(balance, "zh")


def test_a_step_that_is_known_is_not_balanced_again() -> None:
    lands = {"2015": BEFORE, "2020": BEFORE, "2025": AFTER}
    plain = land_series(lands, classification="tdlb-2019", by=DISTRICTS)
    known = found().ledgers["existing"].balance
    made = land_series(lands, classification="tdlb-2019", by=DISTRICTS, known=[known])
    assert made.balances[1].transitions is known.transitions
    pd.testing.assert_frame_equal(made.trend, plain.trend, atol=1e-6)
