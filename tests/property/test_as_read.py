"""Files that are looked over as they are read against the same files read whole."""

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

from landtool.balance import LandBalance, as_read, land_balance, lookup, read_land_use, traits
from landtool.errors import CrsError, UnknownCodeError
from landtool.geometry.column_parts import ColumnBeside, Gathering, Growing
from landtool.geometry.columns import PolygonColumn, column_of, column_of_wkb

CODES = np.array(["0601", "0508", " 0601 ", "0103", "0701", "", None], dtype=object)


def town(rng: np.random.Generator, side: int = 7) -> np.ndarray:
    """Lots, some of them with a hole that is a lot too, some drawn twice, some broken, some absent."""
    grid = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), -1) * 50
    grid = np.round(grid + rng.uniform(-10, 10, grid.shape) + [5e5, 3.27e6], 3)
    corners = np.stack([grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]], axis=2).reshape(-1, 4, 2)
    shapes = shapely.polygons(corners)
    some = rng.choice(len(shapes), 12, replace=False)
    middle = shapely.transform(shapes[some[:4]], lambda xy: xy.mean(axis=0) + (xy - xy.mean(axis=0)) * 0.0001)
    shapes[some[:4]] = shapely.difference(shapes[some[:4]], shapely.buffer(shapely.centroid(middle), 5))
    twisted = shapely.polygons(corners[some[4:6]][:, [0, 2, 1, 3]])
    shapes[some[4:6]] = twisted
    shapes[some[6]] = None
    shapes[some[7]] = shapely.Polygon()
    shapes[some[8]] = shapely.MultiPolygon([shapes[some[8]]])
    shapes[some[9]] = shapely.force_3d(shapes[some[9]], 5.0)
    return np.append(shapes, shapes[some[10]])


def later(rng: np.random.Generator, shapes: np.ndarray) -> np.ndarray:
    """The same, some cut in two, some moved, some written otherwise, one drawn twice, in any order."""
    shapes = shapes.copy()
    there = np.flatnonzero(~shapely.is_missing(shapes) & shapely.is_valid(shapes) & ~shapely.is_empty(shapes))
    cut, turned, moved, double = np.split(rng.permutation(there)[:20], [6, 12, 16])
    boxes = shapely.bounds(shapes[cut])
    west = shapely.box(boxes[:, 0], boxes[:, 1], boxes[:, [0, 2]].mean(axis=1), boxes[:, 3])
    halves = [shapely.intersection(shapes[cut], west), shapely.difference(shapes[cut], west)]
    shapes[turned] = shapely.reverse(shapes[turned])
    shapes[moved] = shapely.transform(shapes[moved], lambda xy: xy + rng.uniform(-3, 3, 2))
    shapes[cut] = halves[0]
    shapes = np.concatenate([shapes, halves[1], shapes[double[:1]]])
    return shapes[rng.permutation(len(shapes))]


def written(folder: Path, name: str, shapes: np.ndarray, rng: np.random.Generator) -> Path:
    codes = CODES[rng.integers(0, len(CODES), len(shapes))]
    frame = gpd.GeoDataFrame({"DLBM": pd.Series(codes, dtype="str"),
                              "replaces": pd.Series(np.where(rng.random(len(shapes)) < 0.1, "x", None), dtype="str")},
                             geometry=shapes, crs="EPSG:4544")  # fmt: skip
    path = folder / name
    frame.to_parquet(path, row_group_size=int(rng.integers(5, 80)))
    return path


def assert_same(read: LandBalance, whole: LandBalance) -> None:
    for name in ("ledger", "transitions", "problems"):
        pd.testing.assert_frame_equal(getattr(read, name), getattr(whole, name), rtol=1e-12, atol=1e-6)
    plain = [pd.DataFrame(one.changes.drop(columns="geometry")) for one in (read, whole)]
    pd.testing.assert_frame_equal(*plain, rtol=1e-12, atol=1e-6)
    assert shapely.equals_exact(read.changes.geometry.to_numpy(), whole.changes.geometry.to_numpy()).all()


@pytest.mark.parametrize("compiled", [False, True])
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_balance_is_that_of_the_files_read_whole(
    tmp_path_factory: pytest.TempPathFactory, compiled: bool, seed: int
) -> None:
    rng, folder = np.random.default_rng(seed), tmp_path_factory.mktemp("files")
    shapes = town(rng)
    paths = [written(folder, "a.parquet", shapes, rng), written(folder, "b.parquet", later(rng, shapes), rng)]
    whole = land_balance(*(read_land_use(path) for path in paths), classification="tdlb-2019")
    with pytest.MonkeyPatch.context() as small:
        small.setattr(traits, "COMPILED_FROM_VERTICES", 0 if compiled else 1 << 40)
        small.setattr(traits, "_CHUNK_VERTICES", 60)
        small.setattr(traits, "_COMPILED_CHUNK_VERTICES", 60)
        small.setattr(lookup, "_kernels", None)
        made = []
        small.setattr(as_read, "ColumnBeside", lambda *given, **named: made.append(ColumnBeside(*given, **named)) or made[0])
        assert_same(land_balance(*paths, classification="tdlb-2019"), whole)
    assert 0 < len(made[0].wkb) < len(made[0])


def test_what_is_not_ready_to_be_looked_over_is_read_whole(tmp_path: Path) -> None:
    shapes = town(np.random.default_rng(1))
    codes = pd.Series(["0601"] * len(shapes), dtype="str")
    frame = gpd.GeoDataFrame({"land_use_code": codes}, geometry=shapes, crs="EPSG:4544")
    odd = frame.assign(land_use_code="9999")
    degrees = gpd.GeoDataFrame({"land_use_code": codes[:1]}, geometry=[shapely.box(106, 29, 106.01, 29.01)],
                               crs="EPSG:4490")  # fmt: skip
    paths = {}
    for name, one in {"plain": frame, "odd": odd, "degrees": degrees, "none": frame[:0], "empty": frame[:2].set_geometry(
            gpd.GeoSeries([None, shapely.Polygon()], crs=frame.crs))}.items():  # fmt: skip
        paths[name] = tmp_path / f"{name}.parquet"
        one.to_parquet(paths[name])
    with pytest.raises(UnknownCodeError, match="9999"):
        land_balance(paths["plain"], paths["odd"], classification="tdlb-2019")
    for first, second in (("plain", "degrees"), ("degrees", "degrees"), ("none", "plain"), ("plain", "none"),
                          ("plain", "empty"), ("plain", "plain")):  # fmt: skip
        tables = [read_land_use(paths[name]) for name in (first, second)]
        made = land_balance(paths[first], paths[second], classification="tdlb-2019")
        assert_same(made, land_balance(*tables, classification="tdlb-2019"))
    with pytest.raises(CrsError, match="no coordinates"):
        land_balance(paths["empty"], paths["plain"], classification="tdlb-2019")


def test_a_file_whose_polygons_repeat_needs_more_room_than_it_tells(tmp_path: Path) -> None:
    """Equal polygons are written once (a dictionary): the unpacked bytes are many times those that are told of."""
    lot = shapely.box(5e5, 3.27e6, 5e5 + 9, 3.27e6 + 9)
    frame = gpd.GeoDataFrame({"land_use_code": pd.Series(["0601"] * 500, dtype="str")}, geometry=[lot] * 500,
                             crs="EPSG:4544")  # fmt: skip
    path = tmp_path / "twins.parquet"
    frame.to_parquet(path)
    tables = [read_land_use(path)] * 2
    assert_same(land_balance(path, path, classification="tdlb-2019"), land_balance(*tables, classification="tdlb-2019"))


@settings(max_examples=25, deadline=None)
@given(sizes=st.lists(st.integers(0, 5), max_size=8), about=st.integers(0, 10))
def test_an_array_grows_to_what_was_added(sizes: list[int], about: int) -> None:
    parts = [np.full((size, 3), number, np.int64) for number, size in enumerate(sizes)]
    grown = Growing(np.zeros((0, 3), np.int64), about)
    for part in parts:
        grown.add(part)
    np.testing.assert_array_equal(grown.whole(), np.concatenate([np.zeros((0, 3), np.int64), *parts]))


def test_a_column_beside_another_gives_what_it_was_made_of() -> None:
    shapes = np.array([shapely.box(x, 0, x + 1, 1 + x) for x in range(6)])
    gathering = Gathering(0, 0)
    gathering.add(column_of_wkb(pa.array(shapely.to_wkb(shapes[4:]))))
    at = np.array([3, ~1, 0, ~0])
    column: PolygonColumn = ColumnBeside(None, gathering.column().wkb, other=column_of(shapes[:4]), at=at)
    want = column_of(shapes[[3, 5, 0, 4]])
    assert (column.all() == want.all()).all()
    assert (column.take(np.array([2, 1])) == shapes[[0, 5]]).all()
    changed = column.with_shapes(np.array([1]), shapes[:1])
    assert (changed.all() == shapes[[3, 0, 0, 4]]).all()
    assert column.is_absent().tolist() == [False] * 4
    assert column.vertices() == want.vertices()
    assert (column.where(at >= 0).all() == shapes[[3, 0]]).all()
    np.testing.assert_array_equal(column.rings(1, 3).xy, want.rings(1, 3).xy)
    np.testing.assert_array_equal(traits.outlines_of(column).key, traits.outlines_of(want).key)


def test_codes_are_numbered_as_pandas_does(tmp_path: Path) -> None:
    path = written(tmp_path, "a.parquet", town(np.random.default_rng(0)), np.random.default_rng(0))
    with as_read.open_parquet(path) as opened:
        number, names = opened.numbered_codes()
    want, codes = pd.factorize(read_land_use(path).code)
    np.testing.assert_array_equal(number, want)
    assert names.tolist() == list(codes)
    assert len(want) == opened.rows
