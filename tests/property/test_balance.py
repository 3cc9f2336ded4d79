"""Random tessellations with random edits: what was done to them is what the ledger says."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.balance.areas import drawn_area_m2
from landtool.balance.land_use_table import table_of
from landtool.balance.ledger import land_balance
from landtool.balance.pieces import overlay
from landtool.balance.settle import settle
from landtool.balance.snapshot import common_plane, take_snapshot
from landtool.codes import load_classification

CRS = "EPSG:4544"
CODES = np.array(["0601", "0508", "0701", "0103"])
CLASS = {"0601": "industrial", "0508": "storage", "0701": "other", "0103": "other"}


def tessellation(rng: np.random.Generator, side: int) -> np.ndarray:
    """Quads that cover the ground once, corners on the millimetre."""
    grid = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), -1) * 80.0
    grid = np.round(grid + rng.uniform(-20, 20, grid.shape) + [5e5, 3.27e6], 3)
    corners = np.stack([grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]], axis=2)
    return shapely.polygons(corners.reshape(-1, 4, 2))


def frame(codes: np.ndarray, shapes: np.ndarray) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"land_use_code": pd.Series(codes, dtype="str")}, geometry=shapes, crs=CRS)


def rewritten(shapes: np.ndarray) -> np.ndarray:
    """The same polygons: reversed, with other starts, and with noise of the last digits."""
    turned = shapely.reverse(shapely.normalize(shapes))
    return shapely.transform(turned, lambda xy: xy + 1e-5 * np.sin(1e5 * xy))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), side=st.integers(1, 7), rewrite=st.booleans())
def test_edits_with_known_truth(seed: int, side: int, rewrite: bool) -> None:
    rng = np.random.default_rng(seed)
    shapes = tessellation(rng, side)
    count = len(shapes)
    was, now = CODES[rng.integers(0, 4, count)], CODES[rng.integers(0, 4, count)]
    now = np.where(rng.random(count) < 0.6, was, now)
    first, second = rng.random(count) < 0.9, rng.random(count) < 0.9
    order = rng.permutation(np.flatnonzero(second))
    drawn = rewritten(shapes) if rewrite else shapes
    made = land_balance(frame(was[first], shapes[first]), frame(now[order], drawn[order]),
                        classification="tdlb-2019")  # fmt: skip

    area = shapely.area(shapes)
    row = made.ledger.iloc[0]
    both = first & second
    gain, loss = (now == "0601") & (was != "0601"), (was == "0601") & (now != "0601")
    near = {"rel": 1e-6, "abs": 0.1 if rewrite else 1e-3}
    assert row["opening_m2"] == pytest.approx(area[first & (was == "0601")].sum(), **near)
    assert row["closing_m2"] == pytest.approx(area[second & (now == "0601")].sum(), **near)
    assert row["new_m2"] == pytest.approx(area[both & gain & (was == "0103")].sum(), **near)
    assert row["converted_in_m2"] == pytest.approx(area[both & gain & (was != "0103")].sum(), **near)
    assert row["converted_out_m2"] == pytest.approx(area[both & loss].sum(), **near)
    assert row["coverage_change_m2"] == pytest.approx(
        area[second & ~first & (now == "0601")].sum() - area[first & ~second & (was == "0601")].sum(), **near)
    assert row["noise_m2"] == pytest.approx(0.0, abs=1.0 if rewrite else 1e-6)
    assert abs(row["residual_m2"]) < 1e-2
    net = area[both & gain].sum() - area[both & loss].sum()
    if both.any() and abs(net) > 1.0:
        assert made.verdict == ("holds" if net > 0 else "shrinks")


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), merged=st.booleans(), rounded=st.booleans())
def test_lots_divided_and_written_elsewhere_keep_the_area_of_each_side(seed: int, merged: bool, rounded: bool) -> None:
    """No sliver of rounding is a change; what it amounts to is noise, and both sides keep their areas."""
    rng = np.random.default_rng(seed)
    # Lots with lanes between them: no corner of a neighbour leaves a sliver of overlap, which counts once.
    apart = shapely.buffer(tessellation(rng, 5), -2.0, join_style="mitre")
    shapes = shapely.transform(apart, lambda xy: np.round(xy, 3))
    west, south, east, north = shapely.bounds(shapes).T
    middle = np.round((west + east) / 2, 3)
    cut = rng.random(len(shapes)) < 0.4
    halves = [shapely.intersection(shapes, shapely.box(*sides))[cut]
              for sides in ((west, south, middle, north), (middle, south, east, north))]  # fmt: skip
    codes = CODES[rng.integers(0, 4, len(shapes))]
    drawn = np.concatenate([shapes[~cut], *halves])
    drawn = shapely.transform(drawn, lambda xy: np.round(xy, 3)) if rounded else rewritten(drawn)
    one = frame(codes, shapes)
    two = frame(np.concatenate([codes[~cut], codes[cut], CODES[rng.integers(0, 4, cut.sum())]]), drawn)
    if merged:
        one, two = two, one
    made = land_balance(one, two, classification="tdlb-2019")
    row = made.ledger.iloc[0]
    for layer, ends in ((one, "opening"), (two, "closing")):
        for of, code in (("", "0601"), ("_storage", "0508")):
            own = layer.geometry[layer["land_use_code"] == code].to_numpy()
            assert row[f"{ends}{of}_m2"] == pytest.approx(drawn_area_m2(own, layer.crs).sum(), rel=1e-9, abs=1e-6)
    assert made.changes["area_m2"].min() > 100.0 or made.changes.empty
    assert abs(row["residual_m2"]) < 1e-5
    assert row["noise_m2"] >= abs(row["survey_correction_m2"])
    if not rounded:
        assert (row["noise_m2"] > 1e-7) == (row["closing_m2"] > 0.0)
    assert row["noise_m2"] < 0.001 * shapely.length(shapes).sum()


def edited(rng: np.random.Generator, shapes: np.ndarray) -> np.ndarray:
    """Polygons turned, shifted and punched, so that they overlap and leave gaps; some broken."""
    moved = shapely.transform(shapes, lambda xy: xy + rng.uniform(-3, 3, 2))
    bow = shapely.Polygon([(0, 0), (90, 70), (90, 0), (0, 70)])
    broken = shapely.transform(bow, lambda xy: xy + [5e5 + 40, 3.27e6 + 40])
    hole = shapely.difference(moved[0], shapely.buffer(shapely.centroid(moved[0]), 9.0))
    double = shapely.MultiPolygon([shapely.box(5e5 - 60, 3.27e6, 5e5 - 40, 3.27e6 + 30),
                                   shapely.box(5e5 - 30, 3.27e6, 5e5 + 25, 3.27e6 + 30)])
    return np.concatenate([moved[1:], [hole, broken, double]])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), side=st.integers(2, 5))
def test_area_in_is_area_out_and_cells_are_those_of_geopandas(seed: int, side: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = tessellation(rng, side)
    first = frame(CODES[rng.integers(0, 4, len(shapes))], shapes)
    drawn = edited(rng, shapes)
    second = frame(CODES[rng.integers(0, 4, len(drawn))], drawn)
    tables = [table_of(one, "x") for one in (first, second)]
    plane, system = common_plane(*tables), load_classification("tdlb-2019")
    settled = settle(*(take_snapshot(one, system, plane, "x") for one in tables))
    pieces = overlay(settled).pieces
    ground = pieces.shapes(np.arange(len(pieces)))
    for snapshot, rows in ((settled.before, pieces.before), (settled.after, pieces.after)):
        union = shapely.area(shapely.union_all(snapshot.shapes.all()))
        assert shapely.area(ground[rows >= 0]).sum() == pytest.approx(union, rel=1e-9)
    assert shapely.area(shapely.union_all(ground)) == pytest.approx(shapely.area(ground).sum(), rel=1e-9)

    truth = gpd.overlay(_plain(first), _plain(second), how="union", keep_geom_type=True)
    truth = truth.assign(area=truth.area).fillna({"class_1": "not_surveyed", "class_2": "not_surveyed"})
    wanted = truth.groupby(["class_1", "class_2"])["area"].sum()
    balance = land_balance(first, second, classification="tdlb-2019")
    found = balance.transitions.groupby(["from_class", "to_class"])["area_m2"].sum()
    found = found.reindex(wanted.index.union(found.index), fill_value=0.0)
    pd.testing.assert_series_equal(
        found, wanted.reindex(found.index, fill_value=0.0), check_names=False, rtol=1e-6, atol=1e-2)
    assert abs(balance.ledger["residual_m2"].iloc[0]) < 1e-2


def _plain(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Slow and sure: each row without the rows before it, valid, with its class."""
    shapes, taken = [], shapely.Polygon()
    for shape in shapely.make_valid(rows.geometry.to_numpy()):
        shapes.append(shape.difference(taken))
        taken = taken.union(shape)
    return gpd.GeoDataFrame({"class": rows["land_use_code"].map(CLASS)}, geometry=shapes, crs=CRS)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), shift=st.floats(0.05, 0.4))
def test_jitter_of_the_corners_is_survey_correction_alone(seed: int, shift: float) -> None:
    rng = np.random.default_rng(seed)
    shapes = tessellation(rng, 5)
    codes = CODES[rng.integers(0, 4, len(shapes))]
    turn = rng.uniform(0, 2 * np.pi)
    wave = shapely.transform(shapes, lambda xy: xy + shift * np.sin(xy * 7.0 + turn))
    made = land_balance(frame(codes, shapes), frame(codes, wave), classification="tdlb-2019")
    row = made.ledger.iloc[0]
    assert set(made.changes["cause"]) <= {"survey_correction"}
    assert row["net_change_m2"] == 0
    assert row["noise_m2"] == pytest.approx(
        made.changes.loc[(made.changes["from_class"] == "industrial")
                         | (made.changes["to_class"] == "industrial"), "area_m2"].sum(), abs=0.05)  # fmt: skip
    assert row["closing_m2"] == pytest.approx(row["opening_m2"] + row["survey_correction_m2"], abs=0.01)
    assert made.verdict == "holds"


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_regions_that_cover_the_ground_add_up_to_the_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = tessellation(rng, 6)
    was, now = (CODES[rng.integers(0, 4, len(shapes))] for _ in range(2))
    cut = 5e5 + rng.uniform(0, 480)
    halves = gpd.GeoDataFrame({"district_code": ["W", "E"]}, crs=CRS, geometry=[
        shapely.box(4e5, 3.2e6, cut, 3.3e6), shapely.box(cut, 3.2e6, 6e5, 3.3e6)])  # fmt: skip
    made = land_balance(frame(was, shapes), frame(now, shapes), classification="tdlb-2019", by=halves)
    columns = [name for name in made.ledger if name.endswith("_m2")]
    whole, parts = made.ledger.iloc[0], made.ledger.iloc[1:]
    np.testing.assert_allclose(parts[columns].sum(), whole[columns].astype(float), rtol=1e-7, atol=1e-2)
    assert made.ledger["residual_m2"].abs().max() < 1e-2
    table = made.transitions.groupby("region_kind")["area_m2"].sum()
    assert table["district"] == pytest.approx(table["whole"], rel=1e-9)
