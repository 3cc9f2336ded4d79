"""Plain versions of what landtool.geometry does fast: slow, obvious, the truth in tests."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geographiclib.geodesic import Geodesic


def geodesic_area_m2(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> np.ndarray:
    """Area of each polygon by geographiclib, ring by ring: abs of shells minus abs of holes."""
    geod = frame.crs.get_geod()
    earth = Geodesic(geod.a, geod.f)
    degrees = frame.geometry.to_crs(frame.crs.geodetic_crs)

    def ring(line: shapely.LinearRing) -> float:
        polygon = earth.Polygon()
        for x, y, *_ in list(line.coords)[:-1]:
            polygon.AddPoint(y, x)
        return abs(polygon.Compute(False, True)[2])

    return np.array([
        sum(ring(p.exterior) - sum(ring(h) for h in p.interiors) for p in shapely.get_parts(shape))
        for shape in degrees
    ])  # fmt: skip


def all_overlaps(frame: gpd.GeoDataFrame) -> dict[tuple[int, int], float]:
    """Common plane area of every pair of rows by position, zero left out."""
    shapes = list(frame.geometry)
    found = {}
    for i, one in enumerate(shapes):
        for j in range(i + 1, len(shapes)):
            if one is not None and shapes[j] is not None and one.intersects(shapes[j]):
                area = one.intersection(shapes[j]).area
                if area > 0:
                    found[i, j] = area
    return found


def all_gaps(frame: gpd.GeoDataFrame) -> list[float]:
    """Plane areas of the bounded pieces of what the union leaves uncovered, ascending."""
    return gaps_in(frame.union_all())


def gaps_in(union: shapely.Geometry) -> list[float]:
    """Plane areas of the bounded pieces of ground outside a shape, ascending."""
    around = shapely.box(*union.bounds).buffer(10.0)
    pieces = shapely.get_parts(around.difference(union))
    return sorted(p.area for p in pieces if not p.intersects(around.exterior))


def overlay_largest(parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, zone_id: str) -> pd.Series:
    """Zone of largest overlap by overlay and a sort; ties to the lowest id; nothing where none."""
    named = parcels.geometry.to_frame("geometry").reset_index(names="parcel")
    pieces = gpd.overlay(named, zones[[zone_id, "geometry"]], how="intersection", keep_geom_type=True)
    pieces["area"] = pieces.area.round(6)
    summed = pieces.groupby(["parcel", zone_id], as_index=False)["area"].sum()
    best = summed.sort_values(["parcel", "area", zone_id], ascending=[True, False, True])
    return best.drop_duplicates("parcel").set_index("parcel")[zone_id].reindex(parcels.index)


def jittered_blocks(count: int, *, seed: int = 0, bad: float = 0.0, road: float = 16.0) -> gpd.GeoDataFrame:
    """Blocks of 4 x 4 quads that share jittered borders; a share drawn 0.5 m too wide or too narrow."""
    random = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(count / 16)))
    block = np.arange(side) * (4 * 80.0 + road)
    corners = np.arange(5) * 80.0
    jitter = random.uniform(-5, 5, (side, side, 5, 5, 2))
    x = 460_000 + block[:, None, None, None] + corners[None, None, :, None] + jitter[..., 0]
    y = 3_270_000 + block[None, :, None, None] + corners[None, None, None, :] + jitter[..., 1]
    node = np.stack([x, y], axis=-1)
    middles = [_middles(node[:, :, :-1], node[:, :, 1:], random),
               _middles(node[:, :, :, :-1], node[:, :, :, 1:], random)]
    east, north = middles
    ring = np.concatenate([
        node[:, :, :-1, :-1, None], east[:, :, :, :-1], node[:, :, 1:, :-1, None], north[:, :, 1:],
        node[:, :, 1:, 1:, None], east[:, :, :, 1:, ::-1], node[:, :, :-1, 1:, None],
        north[:, :, :-1, :, ::-1],
    ], axis=4).reshape(side * side * 16, -1, 2)[:count]
    shapes = shapely.polygons(ring)
    chosen = random.choice(count, 2 * int(count * bad), replace=False)
    half = len(chosen) // 2
    shapes[chosen[:half]] = shapely.buffer(shapes[chosen[:half]], 0.5, join_style="mitre")
    shapes[chosen[half:]] = shapely.buffer(shapes[chosen[half:]], -0.5, join_style="mitre")
    names = [f"P{i:07d}" for i in range(count)]
    return gpd.GeoDataFrame({"parcel_id": names}, geometry=shapes, crs="EPSG:4544")


def _middles(begin: np.ndarray, end: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Four points along each border, up to a metre off the line."""
    share = np.array([0.2, 0.4, 0.6, 0.8])[:, None]
    line = begin[..., None, :] * (1 - share) + end[..., None, :] * share
    return line + random.uniform(-1, 1, line.shape)
