"""Vector tiles of a whole city: loading, and one tile on demand, against a plain Python MVT encoder.

Size: ``LANDTOOL_BENCH_TILES`` parcels (default 300 000). Run with ``pytest benchmarks/test_tiles.py -s``.
"""

from __future__ import annotations

import os
import statistics
import time

import geopandas as gpd
import numpy as np
import pytest
import shapely

from landtool.maps.store import ParcelStore, build_store
from landtool.maps.tiles import encode_tile, tile_box
from landtool.sample import make_town

SIZE = int(os.environ.get("LANDTOOL_BENCH_TILES", "300000"))


@pytest.fixture(scope="module")
def city() -> gpd.GeoDataFrame:
    return make_town(parcels=SIZE, problems=False, only=["districts", "parks", "parcels"]).layers["parcels"]


@pytest.fixture(scope="module")
def store(city: gpd.GeoDataFrame) -> ParcelStore:
    return build_store(city)


def test_loading(city: gpd.GeoDataFrame) -> None:
    taken = []
    for _ in range(3):
        begin = time.perf_counter()
        build_store(city)
        taken.append(time.perf_counter() - begin)
    print(f"\nparcel store of {SIZE} parcels: {statistics.median(taken):.2f} s (goal < 4 s at 300 000)")
    assert statistics.median(taken) < 4.0 * SIZE / 300_000


@pytest.mark.parametrize("zoom", [14, 15, 16])
def test_one_tile(city: gpd.GeoDataFrame, store: ParcelStore, zoom: int) -> None:
    web = city.geometry.to_crs("EPSG:3857").to_numpy()
    tree = shapely.STRtree(web)
    chosen = np.random.default_rng(zoom).choice(store.size, 20)
    ours, peer, count = [], [], []
    for row in chosen:
        x, y = (int(v) for v in store.centres[row] * 2 ** (zoom - 1))
        begin = time.perf_counter()
        content = encode_tile(store, zoom, x, y)
        middle = time.perf_counter()
        mvt = mapbox_tile(web, tree, zoom, x, y)
        ours.append(middle - begin)
        peer.append(time.perf_counter() - middle)
        count.append(np.frombuffer(content[:8], "<u4")[1])
        assert count[-1] >= 1
        assert mvt
    mine, theirs = statistics.median(ours), statistics.median(peer)
    print(f"\ntile at zoom {zoom}, {statistics.median(count):.0f} parcels in the median: "
          f"{mine * 1e3:.1f} ms (goal < 10), plain MVT {theirs * 1e3:.0f} ms, ratio {theirs / mine:.0f}")
    assert mine < 0.010
    assert theirs / mine > 3.0


def varint(value: int) -> bytes:
    """A number as protocol buffers write it."""
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def mapbox_tile(web: np.ndarray, tree: shapely.STRtree, zoom: int, x: int, y: int) -> bytes:
    """A Mapbox vector tile of the same parcels, one feature after the other, as Python encoders make it."""
    west, north, side = tile_box(zoom, x, y)
    world = 2 * 20_037_508.342_789_244
    box = shapely.box((west - 0.5) * world, (0.5 - north - side) * world,
                      (west + side - 0.5) * world, (0.5 - north) * world)
    features = []
    for row in np.sort(tree.query(box, predicate="intersects")):
        commands: list[int] = []
        at = (0, 0)
        for part in shapely.get_parts(web[row]):
            for ring in (part.exterior, *part.interiors):
                points = [(round(((px / world + 0.5) - west) / side * 2048),
                           round(((0.5 - py / world) - north) / side * 2048))
                          for px, py in list(ring.coords)[:-1]]
                for place, point in enumerate(points):
                    if place == 0:
                        commands.append(9)
                    elif place == 1:
                        commands.append((len(points) - 1) << 3 | 2)
                    for step in (point[0] - at[0], point[1] - at[1]):
                        commands.append(step << 1 if step >= 0 else -step << 1 | 1)
                    at = point
                commands.append(15)
        packed = b"".join(map(varint, commands))
        features.append(field(2, varint(8) + varint(int(row)) + varint(24) + varint(3) + field(4, packed)))
    return field(3, field(1, b"parcels") + b"".join(features) + varint(40) + varint(2048))
