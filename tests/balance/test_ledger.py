"""The ledger of total industrial land, by cases with known answers."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import box

from landtool.balance import ledger
from landtool.balance.ledger import LandBalance, land_balance
from landtool.errors import CrsError, InputDataError, LandtoolError, UnknownCodeError
from landtool.geometry.area import ellipsoidal_area_m2

CRS = "EPSG:4544"
EAST, NORTH = 500_000.0, 3_270_000.0
FACTORY, HOMES, FIELD, STORE = "0601", "0701", "0103", "0508"


def at(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + [EAST, NORTH])


def layer(*rows: tuple[Any, ...], crs: str = CRS) -> gpd.GeoDataFrame:
    """Rows of (code, x0, y0, x1, y1) or (code, polygon)."""
    shapes = [at(row[1] if len(row) == 2 else box(*row[1:])) for row in rows]
    codes = pd.Series([row[0] for row in rows], dtype="str")
    return gpd.GeoDataFrame({"land_use_code": codes}, geometry=shapes, crs=crs)


def balance(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, **more: Any) -> LandBalance:
    return land_balance(before, after, **{"classification": "tdlb-2019", **more})


def whole(made: LandBalance) -> pd.Series:
    return made.ledger.iloc[0]


def close(value: float, wanted: float) -> bool:
    """Near the middle of the zone the plane's area is the ellipsoid's to 1e-8."""
    return value == pytest.approx(wanted, rel=1e-6, abs=1e-4)


def test_each_term() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (FACTORY, 100, 0, 200, 100), (FIELD, 200, 0, 300, 100),
                   (HOMES, 300, 0, 400, 100), (FACTORY, 400, 0, 500, 100))  # fmt: skip
    after = layer((FACTORY, 0, 0, 100, 100), (HOMES, 100, 0, 200, 100), (FACTORY, 200, 0, 300, 100),
                  (FACTORY, 300, 0, 350, 100), (HOMES, 350, 0, 400, 100),
                  (FACTORY, 500, 0, 530, 100))  # fmt: skip
    made = balance(before, after)
    row = whole(made)
    assert close(row["opening_m2"], 30_000)
    assert close(row["converted_out_m2"], 10_000)
    assert close(row["new_m2"], 10_000)
    assert close(row["converted_in_m2"], 5_000)
    assert close(row["coverage_change_m2"], 3_000 - 10_000)
    assert close(row["closing_m2"], 28_000)
    assert close(row["net_change_m2"], 5_000)
    assert row[["survey_correction_m2", "noise_m2", "boundary_change_m2", "replacement_m2"]].eq(0).all()
    assert abs(row["residual_m2"]) < 1e-3
    assert made.verdict == "holds"
    causes = made.changes.groupby("cause")["area_m2"].sum()
    assert causes.round(0).to_dict() == {
        "converted_out": 10_000, "new": 10_000, "converted_in": 5_000, "coverage_change": 13_000}  # fmt: skip


def test_opening_is_the_ellipsoidal_area_of_the_union() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (FACTORY, 50, 50, 150, 150), (HOMES, 140, 140, 300, 300))
    made = balance(before, before)
    union = before.geometry[:2].union_all()
    wanted = ellipsoidal_area_m2(gpd.GeoSeries([union], crs=CRS)).iloc[0]
    assert whole(made)["opening_m2"] == pytest.approx(wanted, abs=1e-3)
    assert whole(made)["closing_m2"] == pytest.approx(wanted, abs=1e-3)
    assert made.changes.empty
    assert made.problems.set_index(["snapshot", "kind"])["rows"].to_dict() == {
        ("before", "overlap"): 2, ("after", "overlap"): 2}  # fmt: skip


def test_an_overlap_belongs_to_the_earliest_row() -> None:
    first = layer((FACTORY, 0, 0, 100, 100), (HOMES, 50, 0, 150, 100))
    assert close(whole(balance(first, first))["opening_m2"], 10_000)
    assert close(whole(balance(first.iloc[::-1], first.iloc[::-1]))["opening_m2"], 5_000)


def test_a_polygon_drawn_twice_counts_once() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (FACTORY, 0, 0, 100, 100), (HOMES, 0, 0, 100, 100))
    row = whole(balance(before, before.iloc[:1]))
    assert close(row["opening_m2"], 10_000)
    assert close(row["closing_m2"], 10_000)
    assert row["verdict"] == "holds"


def test_one_layer_overlapping_itself_over_a_polygon_that_stays() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (HOMES, 100, 0, 200, 100))
    after = layer((HOMES, 80, 0, 130, 100), (FACTORY, 0, 0, 100, 100), (HOMES, 100, 0, 200, 100))
    row = whole(balance(before, after))
    assert close(row["converted_out_m2"], 2_000)
    assert close(row["closing_m2"], 8_000)
    assert row["verdict"] == "shrinks"


@pytest.mark.parametrize(("width", "cause"), [(0.6, "survey_correction"), (6.0, "converted_out")])
def test_a_moved_border_is_noise_up_to_the_tolerance(width: float, cause: str) -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (HOMES, 100, 0, 200, 100))
    after = layer((FACTORY, 0, 0, 100 - width, 100), (HOMES, 100 - width, 0, 200, 100))
    made = balance(before, after)
    row = whole(made)
    assert made.changes["cause"].tolist() == [cause]
    assert made.changes["width_m"].iloc[0] == pytest.approx(2 * width * 100 / (2 * (width + 100)))
    noise = width * 100 if cause == "survey_correction" else 0.0
    assert close(row["noise_m2"], noise)
    assert close(row["bound_m2"], noise)
    assert close(row["survey_correction_m2"], -noise)
    assert close(row["converted_out_m2"], 100 * width - noise)
    assert made.verdict == ("holds" if noise else "shrinks")


def test_a_small_loss_within_the_noise_is_within_tolerance() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (HOMES, 100, 0, 200, 100), (FACTORY, 300, 0, 305, 5))
    after = layer((FACTORY, 0, 0, 100.7, 100), (HOMES, 100.7, 0, 200, 100), (HOMES, 300, 0, 305, 5))
    made = balance(before, after)
    assert close(whole(made)["net_change_m2"], -25)
    assert close(whole(made)["bound_m2"], 70)
    assert made.verdict == "within_tolerance"


def test_a_whole_polygon_is_real_however_narrow() -> None:
    before = layer((FACTORY, 0, 0, 100, 0.4), (HOMES, 0, 0.4, 100, 50))
    same_shape = layer((HOMES, 0, 0, 100, 0.4), (HOMES, 0, 0.4, 100, 50))
    merged = layer((HOMES, 0, 0, 100, 50))
    for after in (same_shape, merged):
        made = balance(before, after)
        assert made.changes["cause"].tolist() == ["converted_out"]
        assert not made.changes["is_noise"].any()
        assert made.verdict == "shrinks"


def test_renumbered_split_and_merged_polygons_are_no_change() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (FACTORY, 100, 0, 200, 100), (FACTORY, 0, 200, 90, 300))
    after = layer((FACTORY, 0, 200, 30, 300), (FACTORY, 30, 200, 90, 300), (FACTORY, 0, 0, 200, 100))
    made = balance(before, after)
    assert made.changes.empty
    assert close(whole(made)["closing_m2"], 29_000)
    assert made.verdict == "holds"


def test_holes_parts_and_broken_rings() -> None:
    court = box(0, 0, 100, 100).difference(box(40, 40, 60, 60))
    twin = shapely.MultiPolygon([box(200, 0, 220, 20), box(300, 0, 320, 20)])
    bow_tie = shapely.Polygon([(400, 0), (440, 40), (440, 0), (400, 40)])
    before = layer((FACTORY, shapely.reverse(court)), (HOMES, 40, 40, 60, 60), (FACTORY, twin),
                   (FACTORY, bow_tie))  # fmt: skip
    after = layer((FACTORY, 0, 0, 100, 100), (HOMES, twin), (FACTORY, bow_tie))
    made = balance(before, after)
    row = whole(made)
    assert close(row["opening_m2"], 9_600 + 800 + 800)
    assert close(row["converted_in_m2"], 400)
    assert close(row["converted_out_m2"], 800)
    assert made.problems.set_index(["snapshot", "kind"]).loc[("before", "geometry_repaired"), "rows"] == 1


def test_m0_is_in_the_total_and_apart_and_storage_only_apart() -> None:
    before = layer(("100102", 0, 0, 100, 100), ("100100", 100, 0, 200, 100), ("1101", 200, 0, 300, 100))
    after = layer(("100100", 0, 0, 100, 100), ("0701", 100, 0, 200, 100), ("0701", 200, 0, 300, 100))
    made = balance(before, after, classification="yhfl-2023")
    row = whole(made)
    assert close(row["opening_m2"], 20_000)
    assert close(row["converted_out_m2"], 10_000)
    assert close(row["converted_in_m0_m2"], 10_000)
    assert close(row["converted_out_m0_m2"], 10_000)
    assert close(row["converted_out_storage_m2"], 10_000)
    assert close(row["closing_storage_m2"], 0)
    assert made.changes["cause"].tolist() == ["within_industrial", "converted_out", "other_change"]
    assert (row["verdict"], row["verdict_narrow"], row["verdict_wide"]) == ("shrinks",) * 3


def test_the_verdict_depends_on_the_reading() -> None:
    before = layer(("100102", 0, 0, 100, 100), ("1101", 200, 0, 300, 100))
    after = layer(("100100", 0, 0, 100, 100), ("0701", 200, 0, 300, 100))
    row = whole(balance(before, after, classification="yhfl-2023"))
    assert (row["verdict_narrow"], row["verdict"], row["verdict_wide"]) == ("shrinks", "holds", "shrinks")


def test_a_mixed_class_settles_nothing() -> None:
    before, after = layer(("工矿仓储用地", 0, 0, 100, 100)), layer(("工业用地", 0, 0, 100, 100))
    row = whole(balance(before, after, classification="land-market"))
    assert close(row["survey_correction_m2"], 10_000)
    assert close(row["unsettled_m2"], 10_000)
    assert row["noise_m2"] == 0
    assert row["net_change_m2"] == 0


def test_two_systems_are_compared_by_class() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (HOMES, 100, 0, 200, 100))
    after = layer(("100102", 0, 0, 100, 100), ("070101", 100, 0, 200, 100))
    made = balance(before, after, classification=("tdlb-2019", "yhfl-2023"))
    assert made.changes.empty
    assert made.classification == "tdlb-2019 → yhfl-2023"
    assert made.transitions[["from_code", "to_code"]].to_numpy().tolist() == [
        ["0601", "100102"], ["0701", "070101"]]  # fmt: skip


def test_transitions_cover_all_ground_once() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (HOMES, 100, 0, 200, 100), (FIELD, 0, 100, 50, 200))
    after = layer((FACTORY, 30, 0, 130, 100), (HOMES, 130, 0, 200, 100), (HOMES, 0, 0, 30, 100))
    made = balance(before, after)
    assert close(made.transitions["area_m2"].sum(), 25_000)
    cell = made.transitions.set_index(["from_code", "to_code"])["area_m2"].round(0)
    assert cell.loc[(FACTORY, HOMES)] == 3_000
    assert cell.loc[(HOMES, FACTORY)] == 3_000
    assert made.transitions.loc[made.transitions["to_class"] == "not_surveyed", "area_m2"].round().tolist() == [
        5_000]  # fmt: skip


def test_blank_codes_are_not_surveyed_and_unknown_ones_refused() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (None, 100, 0, 200, 100))
    after = layer((FACTORY, 0, 0, 100, 100), (FACTORY, 100, 0, 200, 100))
    made = balance(before, after)
    assert close(whole(made)["coverage_change_m2"], 10_000)
    assert made.problems[["kind", "rows"]].to_numpy().tolist() == [["code_blank", 1]]
    with pytest.raises(UnknownCodeError, match=r"1 codes on 2 rows, 15,000 m².*9999×2"):
        balance(before, layer(("9999", 0, 0, 100, 100), ("9999", 200, 0, 250, 100)))


def test_no_common_ground_gives_no_verdict() -> None:
    made = balance(layer((FACTORY, 0, 0, 100, 100)), layer((FACTORY, 200, 0, 300, 100)))
    assert made.verdict is None
    assert close(whole(made)["coverage_change_m2"], 0)
    assert made.as_dict()["verdict"] is None


def test_an_empty_snapshot() -> None:
    full = layer((FACTORY, 0, 0, 100, 100))
    for before, after in ((full, full.iloc[:0]), (full.iloc[:0], full)):
        made = balance(before, after)
        assert made.verdict is None
        assert abs(whole(made)["residual_m2"]) < 1e-6


def _districts(cut: float) -> gpd.GeoDataFrame:
    frame = layer(("A", 0, 0, cut, 100), ("B", cut, 0, 400, 100))
    return frame.rename(columns={"land_use_code": "district_code"})


def test_regions_add_up_and_name_where_it_shrinks() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (FACTORY, 100, 0, 300, 100), (FIELD, 300, 0, 500, 100))
    after = layer((HOMES, 0, 0, 100, 100), (FACTORY, 100, 0, 300, 100), (FACTORY, 300, 0, 500, 100))
    made = balance(before, after, by=_districts(150))
    ledger = made.ledger.set_index(made.ledger["region_id"].fillna("none").where(
        made.ledger["region_kind"] != "whole", "whole"))  # fmt: skip
    assert ledger.index.tolist() == ["whole", "A", "B", "none"]
    assert ledger["verdict"].tolist() == ["holds", "shrinks", "holds", "holds"]
    assert ledger["opening_m2"].round(0).tolist() == [30_000, 15_000, 15_000, 0]
    assert ledger["new_m2"].round(0).tolist() == [20_000, 0, 10_000, 10_000]
    assert ledger["residual_m2"].abs().max() < 1e-3
    assert made.changes["district_code"].tolist() == ["A", "B"]
    assert close(made.losses["area_m2"].sum(), 10_000)


def test_a_moved_boundary_is_boundary_change_and_nothing_else() -> None:
    before = layer((FACTORY, 0, 0, 200, 100), (FACTORY, 200, 0, 400, 100))
    after = layer((FACTORY, 0, 0, 200, 100), (HOMES, 200, 0, 400, 100))
    made = balance(before, after, by=(_districts(250), _districts(150)))
    whole_row, a, b = (made.ledger.iloc[n] for n in range(3))
    assert (close(a["boundary_change_m2"], -10_000), close(b["boundary_change_m2"], 10_000)) == (True, True)
    assert whole_row["boundary_change_m2"] == 0
    assert close(b["converted_out_m2"], 20_000)
    assert close(a["closing_m2"], 15_000)
    assert made.ledger["residual_m2"].abs().max() < 1e-3


def test_overlapping_parks_each_count_their_own_land() -> None:
    parks = layer(("P1", 0, 0, 60, 100), ("P2", 40, 0, 100, 100)).rename(
        columns={"land_use_code": "park_id"})  # fmt: skip
    before = layer((FACTORY, 0, 0, 100, 100))
    made = balance(before, layer((HOMES, 0, 0, 100, 100)), by=parks)
    assert made.ledger["converted_out_m2"].round(0).tolist() == [10_000, 6_000, 6_000]


def test_replacement_is_a_term_of_its_own() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (FIELD, 100, 0, 200, 100))
    after = layer((HOMES, 0, 0, 100, 100), (FACTORY, 100, 0, 200, 100)).assign(replaces=[None, "T1"])
    made = balance(before, after)
    assert close(whole(made)["replacement_m2"], 10_000)
    assert whole(made)["new_m2"] == 0
    assert made.verdict == "holds"


def test_reference_systems() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (FACTORY, 100, 0, 200, 100))
    after = layer((FACTORY, 0, 0, 100, 100), (HOMES, 100, 0, 200, 100))
    plain = whole(balance(before, after))
    for crs in ("EPSG:4490", "EPSG:4545", "EPSG:4326"):
        row = whole(balance(before, after.to_crs(crs)))
        assert row["converted_out_m2"] == pytest.approx(plain["converted_out_m2"], abs=0.01)
        assert row["noise_m2"] < 0.01
    in_degrees = whole(balance(before.to_crs(4490), after.to_crs(4490)))
    assert in_degrees["converted_out_m2"] == pytest.approx(plain["converted_out_m2"], abs=0.01)
    with pytest.raises(CrsError, match="different datums"):
        balance(before, after.set_crs("EPSG:2379", allow_override=True))
    with pytest.raises(CrsError, match="no coordinate reference system"):
        balance(before, after.set_crs(None, allow_override=True))


def test_bad_calls_are_named() -> None:
    before = layer((FACTORY, 0, 0, 100, 100))
    with pytest.raises(InputDataError, match="no column land_use_code"):
        balance(before.rename(columns={"land_use_code": "DLBM"}), before)
    with pytest.raises(InputDataError, match="no column that names the regions"):
        balance(before, before, by=before)
    with pytest.raises(InputDataError, match="regions of one date overlap"):
        balance(before, before, by=(pd.concat([_districts(150), _districts(250)[1:].assign(district_code="C")]),
                                    _districts(150)))  # fmt: skip


def test_inputs_are_not_changed_and_the_result_is_json() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (FIELD, 100, 0, 200, 100))
    after = layer((FACTORY, 0, 0, 80, 100), (HOMES, 80, 0, 200, 100))
    kept = before.copy(), after.copy()
    made = balance(before, after, by=_districts(150), from_name="2020", to_name="2025")
    pd.testing.assert_frame_equal(before, kept[0])
    pd.testing.assert_frame_equal(after, kept[1])
    told = json.loads(json.dumps(made.as_dict(), allow_nan=False))
    assert (told["from"], told["to"], told["verdict"]) == ("2020", "2025", "shrinks")
    assert told["converted_out_m2"] == pytest.approx(2_000, rel=1e-6)
    assert [row["region_id"] for row in told["regions"]] == ["A", "B"]
    assert {"opening_m0_m2", "closing_storage_m2", "noise_m2", "bound_m2", "residual_m2"} <= told.keys()


def test_row_labels_of_the_layers_come_back() -> None:
    before = layer((FACTORY, 0, 0, 100, 100), (FACTORY, 100, 0, 200, 100)).set_index(np.array([7, 9]))
    after = layer((FACTORY, 0, 0, 100, 100), (HOMES, 100, 0, 200, 100))
    after.index = ["x", "y"]
    made = balance(before, after)
    assert made.changes[["from_row", "to_row"]].to_numpy().tolist() == [[9, "y"]]


def test_plots_inside_a_countryside_of_many_corners() -> None:
    angle = np.linspace(0, 2 * np.pi, 2_001)[:-1]
    country = shapely.Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * 3_000)
    plots = [box(x, y, x + 60, y + 60) for x in range(-1500, 1500, 300) for y in range(-1500, 1500, 300)]
    before = layer((FIELD, country))
    after = layer(*((FACTORY, plot) for plot in plots), (FIELD, country - shapely.union_all(plots)))
    row = whole(balance(before, after))
    assert close(row["new_m2"], len(plots) * 3_600)
    assert abs(row["residual_m2"]) < 1e-3
    back = whole(balance(after, before))
    assert close(back["converted_out_m2"], len(plots) * 3_600)


@pytest.mark.parametrize("off_m2", [1.5, -1.5, float("nan")])
def test_a_ledger_that_does_not_close_or_cannot_be_told_to_is_refused(monkeypatch, off_m2) -> None:
    def tampered(*given: Any) -> dict[str, np.ndarray]:
        made = one_set(*given)
        return {**made, "residual": made["residual"] + off_m2}

    one_set = ledger._one_set
    full = layer((FACTORY, 0, 0, 100, 100))
    monkeypatch.setattr(ledger, "_one_set", tampered)
    with pytest.raises(LandtoolError, match="does not close"):
        balance(full, full)
