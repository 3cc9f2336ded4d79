"""Random layers with holes and several parts: tiles and clicks are those of plain geometry."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.maps.store import build_store, degrees
from landtool.maps.tiles import decode_tile, encode_tile

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "tiles.py"
_SPEC = importlib.util.spec_from_file_location("tiles_oracle", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)


def star(random, middle):
    """A star-shaped polygon of 5 to 12 corners, with a hole at times."""
    turns = np.sort(random.uniform(0, 2 * np.pi, random.integers(5, 12)))
    far = random.uniform(40, 160, len(turns))
    shell = middle + np.column_stack([far * np.cos(turns), far * np.sin(turns)])
    shape = shapely.make_valid(shapely.Polygon(shell))
    return shape.difference(shapely.Point(middle).buffer(15)) if random.random() < 0.4 else shape


def layer(seed):
    random = np.random.default_rng(seed)
    shapes = []
    for _ in range(int(random.integers(1, 25))):
        middle = random.uniform(0, 3000, 2)
        shape = star(random, middle)
        if random.random() < 0.3:
            shape = shapely.union_all([shape, star(random, middle + random.uniform(200, 900, 2))])
        shapes.append(None if random.random() < 0.1 else shape)
    moved = [shape and shapely.transform(shape, lambda xy: xy + (412_000.0, 3_270_000.0)) for shape in shapes]
    return gpd.GeoDataFrame(geometry=moved, crs="EPSG:4545"), random


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_clicks_and_tiles_are_those_of_plain_geometry(seed):
    frame, random = layer(seed)
    shapes = oracle.in_map_coordinates(frame)
    store = build_store(frame)
    if all(shape is None for shape in shapes):
        assert not len(store.rings)
        return
    west, north, east, south = store.bounds
    for x, y in random.uniform((west, north), (east, south), (15, 2)):
        lon, lat = (float(v[0]) for v in degrees(np.array([x]), np.array([y])))
        assert store.row_at(lon, lat) == oracle.row_at(shapes, lon, lat)
    zoom = int(random.integers(10, 19))
    x, y = (int(v) for v in store.centres[int(random.choice(np.flatnonzero(store.sides)))] * 2 ** (zoom - 1))
    rows, rings = decode_tile(encode_tile(store, zoom, x, y))
    assert set(oracle.rows_in(shapes, zoom, x, y)) <= set(rows.tolist())
    check_shapes(shapes, rows, rings, zoom, x, y)


def check_shapes(shapes, rows, rings, zoom, x, y):
    """Every parcel's area in the tile is its own, but for the lattice."""
    side = 1 / 2 ** (zoom - 1)
    for row, loops in oracle.polygons(rows, rings).items():
        drawn = shapely.Polygon()
        for loop in loops:  # as a browser fills by the even-odd rule
            drawn = drawn.symmetric_difference(shapely.make_valid(shapely.Polygon(loop)))
        true = shapely.transform(shapes[row], lambda xy: (xy - (x * side, y * side)) * (2048 / side))
        assert abs(drawn.area - true.area) <= 1.5 * true.length + 4


@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1))
def test_centres_and_sizes(seed):
    frame, _ = layer(seed)
    store = build_store(frame)
    for row, shape in enumerate(oracle.in_map_coordinates(frame)):
        if shape is None:
            assert np.isnan(store.centres[row]).all()
            assert store.sides[row] == 0
            continue
        shells = shapely.MultiPolygon([shapely.Polygon(p.exterior) for p in shapely.get_parts(shape)
                                       if p.geom_type == "Polygon"])
        assert store.centres[row] == pytest.approx(shapely.get_coordinates(shells.centroid)[0], abs=1e-11)
        assert store.sides[row] ** 2 == pytest.approx(shape.area, rel=1e-6)
