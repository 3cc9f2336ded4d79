"""The parcel store and its tiles."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import pytest
import shapely

from landtool.errors import CrsError, InputDataError
from landtool.gcj02 import to_gcj02
from landtool.maps import tiles
from landtool.maps.store import build_store, degrees, map_coordinates
from landtool.maps.tiles import TileCache, decode_tile, encode_squares, encode_tile

ORIGIN = np.array([412_000.0, 3_270_000.0])


def frame(*shapes):
    moved = [shape and shapely.transform(shape, lambda xy: xy + ORIGIN) for shape in shapes]
    return gpd.GeoDataFrame(geometry=moved, crs="EPSG:4545")


@pytest.fixture(scope="module")
def yard():
    """A yard with a hole, a parcel inside the hole, a row without geometry, one of two parts."""
    outer = shapely.box(0, 0, 400, 400).difference(shapely.box(100, 100, 300, 300))
    parts = shapely.union_all([shapely.box(500, 0, 600, 100), shapely.box(700, 0, 800, 100)])
    return frame(outer, shapely.box(150, 150, 250, 250), None, parts)


def where(land, x, y):
    point = frame(shapely.Point(x, y)).to_crs("EPSG:4326").geometry.iloc[0]
    return point.x, point.y


@pytest.mark.parametrize(("x", "y", "row"), [
    (50, 50, 0), (200, 200, 1), (120, 120, None), (550, 50, 3), (650, 50, None), (750, 50, 3),
])  # fmt: skip
def test_click_knows_holes_and_parts(yard, x, y, row):
    assert build_store(yard).row_at(*where(yard, x, y)) == row


def test_smallest_of_overlapping_parcels_is_clicked():
    land = frame(shapely.box(0, 0, 100, 100), shapely.box(0, 0, 40, 40), shapely.box(0, 0, 90, 90))
    assert build_store(land).row_at(*where(land, 20, 20)) == 1


def test_shifted_store_lies_over_a_gcj02_basemap(yard):
    store, moved = build_store(yard, shift_to_gcj02=True), to_gcj02(yard)
    assert store.is_shifted
    place = moved.geometry.iloc[1].centroid
    assert store.row_at(place.x, place.y) == 1
    assert store.row_at(*where(yard, 200, 200)) is None


def test_neighbouring_tiles_put_a_common_border_on_the_same_points(yard):
    store = build_store(frame(shapely.box(0, 0, 3000, 50)))
    x, y = (int(v) for v in store.centres[0] * 2**14)
    _, left = decode_tile(encode_tile(store, 15, x, y))
    _, right = decode_tile(encode_tile(store, 15, x + 1, y))
    assert (left.xy.astype("int64") == right.xy + (tiles.STEPS, 0)).all()


def test_close_to_the_ground_coordinates_are_wide():
    store = build_store(frame(shapely.box(0, 0, 3000, 50)))
    x, y = (int(v) for v in store.centres[0] * 2**20)
    content = encode_tile(store, 21, x, y)
    assert np.frombuffer(content[:16], "<u4")[3] == 4
    _, rings = decode_tile(content)
    assert np.ptp(rings.xy[:, 0]) > np.iinfo("int16").max


def test_empty_tile_and_no_tile(yard):
    store = build_store(yard)
    rows, rings = decode_tile(encode_tile(store, 14, 0, 0))
    assert (len(rows), len(rings)) == (0, 0)
    for zoom, x, y in ((0, 0, 0), (14, -1, 0), (14, 2**13, 0), (99, 0, 0)):
        with pytest.raises(InputDataError):
            encode_tile(store, zoom, x, y)


def test_a_result_without_any_geometry_has_a_store():
    store = build_store(frame(None, None))
    assert (store.size, len(store.rings)) == (2, 0)
    assert store.row_at(106.0, 29.0) is None
    assert len(encode_squares(store)) == 40 + 12


def test_no_crs_is_refused(yard):
    with pytest.raises(CrsError):
        build_store(yard.set_crs(None, allow_override=True))


def test_far_view_has_every_parcel_at_its_place_and_size(yard):
    store = build_store(yard)
    content = encode_squares(store)
    west, north, east, south, largest = np.frombuffer(content[:40], "<f8")
    cells = np.frombuffer(content[40:], "<u2").reshape(-1, 3).astype(float)
    assert (cells[:, 2] > 0).tolist() == [True, True, False, True]
    known = cells[:, 2] > 0
    x, y = west + cells[known, 0] / 65_535 * (east - west), north + cells[known, 1] / 65_535 * (south - north)
    assert np.column_stack([x, y]) == pytest.approx(store.centres[known], abs=(east - west) / 60_000)
    assert cells[known, 2] / 65_535 * largest == pytest.approx(store.sides[known], rel=1e-3)


def test_cache_is_bounded_and_the_same_from_many_threads(yard):
    store = build_store(yard)
    x, y = (int(v) for v in store.centres[0] * 2**13)
    places = [(14, x + i % 5 - 2, y + i // 5 - 2) for i in range(25)] * 8
    cache = TileCache(store, most_bytes=600)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda place: cache.tile(*place), places))
    assert found == [encode_tile(store, *place) for place in places]
    assert cache._bytes == sum(map(len, cache._kept.values())) <= 600 + max(map(len, found))


def test_degrees_and_map_coordinates_turn_back():
    lon, lat = np.linspace(-179, 179, 50), np.linspace(-84, 84, 50)
    assert np.allclose(np.column_stack(degrees(*map_coordinates(lon, lat))), np.column_stack([lon, lat]))
