"""Proposals on a known balance: the quick way finds what a balance from the beginning finds."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.balance import LandBalance, apply_proposals, land_balance
from landtool.balance.rezoned import with_proposals
from landtool.balance.scenario import carry_out

CRS = "EPSG:4544"
CODES = np.array(["0601", "0508", "0701", "0103"])
SYSTEM = "tdlb-2019"


def lots(rng: np.random.Generator, side: int = 6) -> np.ndarray:
    grid = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), -1) * 80.0
    grid = np.round(grid + rng.uniform(-20, 20, grid.shape) + [5e5, 3.27e6], 3)
    corners = np.stack([grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]], axis=2)
    return shapely.polygons(corners.reshape(-1, 4, 2))


def land(rng: np.random.Generator, shapes: np.ndarray) -> gpd.GeoDataFrame:
    codes = pd.Series(CODES[rng.integers(0, 4, len(shapes))], dtype="str")
    codes[rng.random(len(codes)) < 0.01] = None
    return gpd.GeoDataFrame({"land_use_code": codes}, geometry=shapes, crs=CRS)


def later(rng: np.random.Generator, before: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Some lots gone, some moved or drawn twice, one broken, some jittered, all shuffled and renumbered."""
    shapes = before.geometry.to_numpy().copy()
    moved = rng.random(len(shapes)) < 0.1
    shapes[moved] = shapely.transform(shapes[moved], lambda xy: xy + np.round(rng.uniform(-9, 9, 2), 3))
    wave = rng.random(len(shapes)) < 0.2
    shapes[wave] = shapely.transform(shapes[wave], lambda xy: xy + 0.3 * np.sin(xy))
    shapes = np.append(shapes[rng.random(len(shapes)) < 0.9], [shapes[0], shapely.transform(
        shapely.Polygon([(0, 0), (90, 70), (90, 0), (0, 70)]), lambda xy: xy + [5e5 + 40, 3.27e6 + 40])])
    made = land(rng, shapes[rng.permutation(len(shapes))])
    return made.set_index(pd.Index([f"r{k}" for k in range(len(made))]))


def plans(rng: np.random.Generator, ground: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Boxes anywhere (also beyond the survey), a lot as a whole, a strip narrower than the tolerance."""
    corner = rng.uniform(-60, 480, (3, 2)) + [5e5, 3.27e6]
    size = rng.uniform(5, 130, (3, 2))
    lot = ground.geometry.iloc[int(rng.integers(len(ground)))]
    west, south, _, north = ground.total_bounds
    shapes = [*shapely.box(*corner.T, *(corner + size).T), lot, shapely.box(west, south, west + 50.4, north)]
    return gpd.GeoDataFrame({
        "proposal_id": list("ABCDE"), "to_code": CODES[rng.integers(0, 4, 5)], "replaces": [None, "A", None, "A", None],
        "stage": rng.choice(["draft", "submitted", "approved"], 5)}, geometry=shapes, crs=CRS)  # fmt: skip


def summed_changes(made: LandBalance) -> pd.Series:
    """Area by all that is told of a change; where slivers hang together is left to rounding."""
    keys = [name for name in made.changes if name not in ("geometry", "width_m", "area_m2")]
    found = made.changes.groupby(keys, dropna=False)["area_m2"].sum()
    return found[found > 0.01].sort_index()


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), clean=st.booleans())
def test_the_quick_way_is_the_long_way(seed: int, clean: bool) -> None:
    rng = np.random.default_rng(seed)
    before = land(rng, lots(rng))
    after = land(rng, lots(np.random.default_rng(seed))) if clean else later(rng, before)
    west, south, east, north = before.total_bounds
    regions = gpd.GeoDataFrame({"district_code": ["W", "E"]}, crs=CRS, geometry=[
        shapely.box(west + 30, south, west + 230, north), shapely.box(west + 230, south, east, north + 9)])
    parks = gpd.GeoDataFrame({"park_id": ["P"]}, crs=CRS, geometry=[shapely.box(west + 90, south, east - 55, north)])
    by: dict[str, object] = {"by": [regions, parks], "by_column": ["district_code", "park_id"]}
    proposals = plans(rng, after)
    base = land_balance(before, after, classification=SYSTEM, keep_workings=True, **by)  # type: ignore[arg-type]
    kept = base.ledger.copy()
    quick = with_proposals(base, after.index, carry_out(after, proposals), "plan")
    full = land_balance(before, apply_proposals(after, proposals), classification=SYSTEM, to_name="plan",
                        **by)  # type: ignore[arg-type]  # fmt: skip
    if quick is None:
        touched = after.geometry.intersects(proposals.union_all())
        assert after.loc[touched, "land_use_code"].isna().any()
        return
    figures = [name for name in full.ledger if name.endswith("_m2")]
    np.testing.assert_allclose(quick.ledger[figures].astype(float), full.ledger[figures].astype(float), atol=0.01)
    words = [name for name in full.ledger if name not in figures]
    pd.testing.assert_frame_equal(quick.ledger[words], full.ledger[words])
    keys = [name for name in full.transitions if name != "area_m2"]
    one, two = (made.transitions.set_index(keys)["area_m2"] for made in (quick, full))
    one, two = (side[side > 0.01].sort_index() for side in (one, two))
    pd.testing.assert_series_equal(one, two, atol=0.01, rtol=0)
    pd.testing.assert_series_equal(summed_changes(quick), summed_changes(full), atol=0.01, rtol=0)
    pd.testing.assert_frame_equal(base.ledger, kept)


def test_without_workings_or_with_labels_twice_the_long_way_is_asked_for() -> None:
    rng = np.random.default_rng(1)
    before = land(rng, lots(rng, 3))
    carried = carry_out(before, plans(rng, before))
    known = land_balance(before, before, classification=SYSTEM, keep_workings=True)
    assert with_proposals(known, before.index, carried, "x") is not None
    assert with_proposals(known, before.index[[0] * len(before)], carried, "x") is None
    assert with_proposals(land_balance(before, before, classification=SYSTEM), before.index, carried, "x") is None
    blank = carry_out(before, plans(rng, before).assign(to_code=" "))
    assert with_proposals(known, before.index, blank, "x") is None


def test_no_proposal_touches_the_land() -> None:
    rng = np.random.default_rng(2)
    before = land(rng, lots(rng, 3))
    far = plans(rng, before).translate(9e3, 0).to_frame("geometry").assign(
        proposal_id="A", to_code="0601", stage="draft")
    base = land_balance(before, before, classification=SYSTEM, keep_workings=True)
    made = with_proposals(base, before.index, carry_out(before, far), "x")
    assert made is not None
    assert made.ledger.iloc[0]["residual_m2"] == pytest.approx(0.0, abs=1e-6)
    pd.testing.assert_frame_equal(made.ledger, base.ledger)
