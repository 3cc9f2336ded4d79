"""A made-up land-use layer for benchmarks: blocks of irregular quads, roads between them, nothing uncovered."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

CODES = np.array(["0601", "0508", "0701", "0103"])
ROAD = "1003"
BLOCK = 12
_LOT_M, _ROAD_M, _WOBBLE_M, _BENDS = 60.0, 40.0, 0.8, 7


def city(count: int, seed: int = 0) -> gpd.GeoDataFrame:
    """About ``count`` polygons with 8 to 30 vertices, corners on the millimetre; neighbours share vertices.

    Every block of 12 × 12 quads lies in the hole of a polygon of road, so that the layer is a full coverage.
    """
    rng = np.random.default_rng(seed)
    blocks = max(1, round(np.sqrt(count / (BLOCK**2 + 1))))
    lots = []
    outlines = []
    for row in range(blocks):  # a row of blocks at a time: memory stays small
        for column in range(blocks):
            corner = np.array([column, row]) * (BLOCK * _LOT_M + _ROAD_M) + [4.6e5, 3.25e6]
            rings, outline = _block(rng, corner + _ROAD_M / 2)
            lots.append(rings)
            outlines.append((corner, outline))
    pitch = BLOCK * _LOT_M + _ROAD_M
    roads = [shapely.Polygon(shapely.box(*corner, *(corner + pitch)).exterior, [outline])
             for corner, outline in outlines]  # fmt: skip
    shapes = np.concatenate([*lots, np.array(roads, dtype=object)])
    codes = CODES[rng.integers(0, len(CODES), len(shapes))]
    codes[len(shapes) - len(roads):] = ROAD
    return frame(codes, shapes)


def _block(rng: np.random.Generator, corner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quads of one block, and its outline."""
    side = np.arange(BLOCK + 1.0) * _LOT_M
    nodes = np.stack(np.meshgrid(side, side), -1) + rng.uniform(-8, 8, (BLOCK + 1, BLOCK + 1, 2)) + corner
    across, up = _bent(rng, nodes[:, :-1], nodes[:, 1:]), _bent(rng, nodes[:-1], nodes[1:])
    # South edge, east edge, then north and west edge backwards; NaN where an edge has fewer bends.
    rings = np.concatenate([across[:-1], up[:, 1:], _back(across[1:], nodes[1:, 1:]),
                            _back(up[:, :-1], nodes[1:, :-1])], axis=2)  # fmt: skip
    rings = rings.reshape(BLOCK**2, -1, 2)
    there = ~np.isnan(rings[:, :, 0])
    lots = shapely.polygons(shapely.linearrings(
        rings[there], indices=np.repeat(np.arange(BLOCK**2), there.sum(axis=1))))  # fmt: skip
    outline = np.concatenate([across[0].reshape(-1, 2), up[:, -1].reshape(-1, 2),
                              _back(across[-1], nodes[-1, 1:])[::-1].reshape(-1, 2),
                              _back(up[:, 0], nodes[1:, 0])[::-1].reshape(-1, 2)])  # fmt: skip
    return lots, outline[~np.isnan(outline[:, 0])]


def _bent(rng: np.random.Generator, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Edges as (…, points, 2): the start and one to seven bends, NaN after the last; the end is left out."""
    bends = rng.integers(1, _BENDS + 1, start.shape[:2])[..., None, None]
    step = np.arange(_BENDS + 1)[:, None]
    share = step / (bends + 1.0)
    xy = start[..., None, :] * (1 - share) + end[..., None, :] * share
    xy = xy + np.where(step > 0, rng.uniform(-_WOBBLE_M, _WOBBLE_M, xy.shape), 0.0)
    return np.round(np.where(step <= bends, xy, np.nan), 3)


def _back(edges: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The same edges from their end: the end and the bends, the start left out."""
    return np.concatenate([np.round(end, 3)[..., None, :], edges[..., :0:-1, :]], axis=-2)


def edited(before: gpd.GeoDataFrame, share: float, seed: int = 1) -> gpd.GeoDataFrame:
    """The layer some years on: a share of its lots cut in two, half of those with a new use, all shuffled."""
    rng = np.random.default_rng(seed)
    shapes, codes = before.geometry.to_numpy(), before["land_use_code"].to_numpy(dtype=object)
    changed = (rng.random(len(shapes)) < share) & (codes != ROAD)
    boxes = shapely.bounds(shapes[changed])
    middle = np.round((boxes[:, 0] + boxes[:, 2]) / 2, 3)
    halves = [shapely.intersection(shapes[changed], shapely.box(west, boxes[:, 1], east, boxes[:, 3]))
              for west, east in ((boxes[:, 0], middle), (middle, boxes[:, 2]))]  # fmt: skip
    drawn = rng.integers(0, len(CODES), changed.sum())
    new = np.where(rng.random(changed.sum()) < 0.5, codes[changed], CODES[drawn])
    order = rng.permutation(len(shapes) + int(changed.sum()))
    return frame(np.concatenate([codes[~changed], codes[changed], new])[order],
                 np.concatenate([shapes[~changed], *halves])[order])  # fmt: skip


def written_again(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The same polygons from another program: rings turned and reversed, noise of 1e-5 m."""
    shapes = shapely.reverse(shapely.normalize(layer.geometry.to_numpy()))
    return layer.set_geometry(gpd.GeoSeries(
        shapely.transform(shapes, lambda xy: xy + 1e-5 * np.sin(1e5 * xy)), crs=layer.crs))  # fmt: skip


def digitised_again(layer: gpd.GeoDataFrame, shift_m: float = 0.3) -> gpd.GeoDataFrame:
    """Every corner drawn a little elsewhere, alike in all polygons that share it."""
    shapes = shapely.transform(layer.geometry.to_numpy(), lambda xy: xy + shift_m * np.sin(xy * 7.0))
    return layer.set_geometry(gpd.GeoSeries(shapes, crs=layer.crs))


def frame(codes: np.ndarray, shapes: np.ndarray) -> gpd.GeoDataFrame:
    """A land-use layer."""
    return gpd.GeoDataFrame({"land_use_code": pd.Series(codes, dtype="str")}, geometry=shapes,
                            crs="EPSG:4544")  # fmt: skip
