"""One pass over the bytes of a layer against the plain way over its geometries."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from landtool.balance import land_balance, read_land_use
from landtool.balance.areas import drawn_area_m2
from landtool.balance.edges import chain_of
from landtool.balance.land_use_table import table_of
from landtool.balance.settle import settle
from landtool.balance.snapshot import take_snapshot
from landtool.balance.traits import outlines_of, traits_of
from landtool.codes import load_classification
from landtool.errors import InputDataError
from landtool.geometry.area import ellipsoidal_area_m2
from landtool.geometry.columns import column_of, column_of_wkb

PLANE = CRS.from_epsg(4544)


def ragged(rng: np.random.Generator, count: int) -> np.ndarray:
    """Rings of any shape: many cross themselves, some run clockwise, some have holes."""
    made = []
    for _ in range(count):
        corners = int(rng.integers(3, 9))
        angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
        if rng.random() < 0.4:
            rng.shuffle(angle)
        radius = rng.uniform(5, 60, corners)
        xy = np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None] + rng.uniform(0, 400, 2)
        made.append(shapely.Polygon(np.round(xy[:: rng.choice([1, -1])], 3) + [5e5, 3.27e6]))
    return np.array(made)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_sure_is_valid_and_areas_and_boxes_are_right(seed: int) -> None:
    shapes = ragged(np.random.default_rng(seed), 60)
    for column in (column_of(shapes), column_of_wkb(pa.array(shapely.to_wkb(shapes)))):
        traits = traits_of(column, PLANE)
        assert shapely.is_valid(shapes[traits.is_sure]).all()
        valid = shapely.is_valid(shapes)
        area = drawn_area_m2(shapes, PLANE)
        geodesic = ellipsoidal_area_m2(gpd.GeoSeries(shapes, crs=PLANE)).to_numpy()
        np.testing.assert_allclose(traits.area_m2[valid], area[valid], rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(traits.area_m2[valid], geodesic[valid], rtol=1e-7, atol=1e-3)
        exact = shapely.bounds(shapes)
        assert (traits.box[:, :2] <= exact[:, :2] + 1e-6).all()
        assert (traits.box[:, 2:] >= exact[:, 2:] - 1e-6).all()
        assert (traits.key == outlines_of(column).key).all()
        open_keys = np.sort(chain_of(shapes).plus().key)
        assert (traits.open_edges == open_keys).all()


def test_simple_rings_are_sure() -> None:
    lots = [shapely.box(5e5 + 50 * k, 3.27e6, 5e5 + 50 * k + 40, 3.27e6 + 70) for k in range(5)]
    turned = shapely.reverse(np.array(lots))
    assert traits_of(column_of(np.concatenate([lots, turned])), PLANE).is_sure.all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_overlaps_inside_either_layer_are_those_of_comparing_every_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = [shapely.box(5e5 + 40 * x, 3.27e6 + 40 * y, 5e5 + 40 * x + 40, 3.27e6 + 40 * y + 40)
            for x in range(6) for y in range(6)]  # fmt: skip
    one = np.array(grid)
    two = one.copy()
    moved = rng.random(len(one)) < 0.3
    two[moved] = shapely.transform(two[moved], lambda xy: xy + np.round(rng.uniform(-9, 9, 2), 3))
    two = np.append(two, two[rng.integers(0, len(two), 2)])  # drawn twice
    one = np.append(one, shapely.box(5e5 + 30, 3.27e6 + 30, 5e5 + 130, 3.27e6 + 50))
    frames = [gpd.GeoDataFrame({"land_use_code": pd.Series(["0601"] * len(shapes), dtype="str")},
                               geometry=shapes, crs=PLANE) for shapes in (one, two)]
    system = load_classification("tdlb-2019")
    made = settle(*(take_snapshot(table_of(frame, "x"), system, PLANE, "x") for frame in frames))
    for snapshot, shapes in ((made.before, one), (made.after, two)):
        i, j = shapely.STRtree(shapes).query(shapes)
        i, j = i[i < j], j[i < j]
        area = shapely.area(shapely.intersection(shapes[i], shapes[j]))
        want = set(zip(i[area > 1e-6].tolist(), j[area > 1e-6].tolist(), strict=True))
        assert set(zip(snapshot.one.tolist(), snapshot.two.tolist(), strict=True)) == want


def test_a_file_gives_the_balance_of_its_frame(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    grid = np.array([shapely.box(5e5 + 40 * x, 3.27e6 + 40 * y, 5e5 + 40 * x + 40, 3.27e6 + 40 * y + 40)
                     for x in range(9) for y in range(9)])  # fmt: skip
    codes = np.array(["0601", "0508", "0701", "0103"])
    frames = [gpd.GeoDataFrame({"DLBM": codes[rng.integers(0, 4, 81)]}, geometry=grid, crs=PLANE) for _ in "ab"]
    frames[1] = frames[1].sample(frac=0.9, random_state=1)
    for name in ("x.parquet", "x.gpkg"):
        paths = [tmp_path / f"{side}{name}" for side in "ab"]
        for frame, path in zip(frames, paths, strict=True):
            frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_file(path)
        read = land_balance(*paths, classification="tdlb-2019")
        plain = land_balance(*(frame.rename(columns={"DLBM": "land_use_code"}) for frame in frames),
                             classification="tdlb-2019")
        pd.testing.assert_frame_equal(read.ledger, plain.ledger, rtol=1e-12, atol=1e-6)
    with pytest.raises(InputDataError, match="no field 'CODE'"):
        read_land_use(paths[0], code="CODE")
    with pytest.raises(InputDataError, match="no such file"):
        read_land_use(tmp_path / "none.parquet")
