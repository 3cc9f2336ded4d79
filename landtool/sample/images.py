"""Three small rasters of the town: built-up cover, NDVI and night lights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine

from landtool.sample.ground import CRS, Ground
from landtool.sample.life import Life
from landtool.sample.registers import Plots

FINE_M, COARSE_M = 20.0, 40.0
MOST_PIXELS = 12_000_000


@dataclass(frozen=True)
class Raster:
    """One band with its place, kind and date; ``nodata`` is null where every pixel counts."""

    kind: str
    date: str
    values: np.ndarray
    transform: Affine
    crs: str = CRS
    nodata: float | None = None


def make_rasters(
    seed: int, ground: Ground, life: Life, plots: Plots, odd: dict[str, np.ndarray]
) -> dict[str, Raster]:
    """Rasters that agree with the registers, but for the parcels named in ``odd``.

    Parameters
    ----------
    odd : dict
        Parcel numbers that look built though the register says not started (``built``), and that
        look bare though the register says in production (``bare``).
    """
    rng = np.random.default_rng([seed, 50])
    tree = shapely.STRtree(ground.parcel_polygons())
    parks = np.array([shapely.Polygon(park.boundary) for park in ground.parks])
    built = plots.built.copy()
    built[odd["built"]], built[odd["bare"]] = 1.0, 0.0
    size, shape, place = _frame(ground, FINE_M)
    spots = _centres(parks, shape, place)
    cover = _burn(tree, np.where(built > 0.3, 2, 1), spots, shape)
    inside = _burn(shapely.STRtree(parks), np.ones(len(parks)), spots, shape) > 0
    noise = rng.random(shape, dtype=np.float32)
    roads = inside & (cover == 0)
    built_up = ((cover == 2) & (noise < 0.9)) | (roads & (noise < 0.6))
    green = np.where(built_up, 0.12, np.where(inside, 0.42, 0.62)).astype(np.float32)
    green += np.where(inside, np.round(noise * 3) / 50, 0).astype(np.float32)
    _, dim_shape, dim_place = _frame(ground, size * COARSE_M / FINE_M)
    light = np.where(built > 0.99, rng.integers(14, 46, len(built)), rng.integers(2, 6, len(built)))
    glow = _burn(tree, light, _centres(parks, dim_shape, dim_place), dim_shape).astype(np.float32)
    return {
        "ndvi": Raster("ndvi", "2025-07-01", np.round(green, 2), place, nodata=-9999.0),
        "built_up": Raster("built_up", "2025-07-01", built_up.astype(np.uint8), place, nodata=255),
        "night_lights": Raster("night_lights", "2025-06-30", glow + np.float32(0.5), dim_place,
                               nodata=-9999.0),
    }  # fmt: skip


def _frame(ground: Ground, size: float) -> tuple[float, tuple[int, int], Affine]:
    """Pixel size, shape and transform over the districts; large towns get larger pixels."""
    low = ground.district_rings.coords.min(axis=0)
    high = ground.district_rings.coords.max(axis=0)
    size = max(size, size * round(float(np.prod((high - low) / size) / MOST_PIXELS) ** 0.5))
    low = np.floor(low / size) * size
    columns, rows = np.ceil((high - low) / size).astype(int)
    place = Affine(size, 0, low[0], 0, -size, low[1] + rows * size)
    return size, (int(rows), int(columns)), place


def _centres(
    parks: np.ndarray, shape: tuple[int, int], place: Affine
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Flat numbers and centres of the pixels in the boxes of the parks."""
    pixel = np.unique(np.concatenate([_window(park.bounds, shape, place) for park in parks]))
    row, column = np.divmod(pixel, shape[1])
    return pixel, shapely.points(place.c + (column + 0.5) * place.a, place.f + (row + 0.5) * place.e)


def _burn(
    tree: shapely.STRtree, values: np.ndarray, spots: tuple[np.ndarray, np.ndarray], shape: tuple[int, int]
) -> np.ndarray:
    """The value of the polygon under each pixel's centre, 0 where there is none."""
    pixel, centres = spots
    at, polygon = tree.query(centres, predicate="intersects")
    burned = np.zeros(shape, dtype=np.uint8)
    burned.ravel()[pixel[at]] = values[polygon]
    return burned


def _window(
    bounds: tuple[float, float, float, float], shape: tuple[int, int], place: Affine
) -> np.ndarray:
    """Flat numbers of the pixels of a bounding box."""
    west, south, east, north = bounds
    columns = np.arange(int((west - place.c) / place.a), int((east - place.c) / place.a) + 1)
    rows = np.arange(int((place.f - north) / place.a), int((place.f - south) / place.a) + 1)
    columns, rows = columns[columns < shape[1]], rows[rows < shape[0]]
    return (rows[:, None] * shape[1] + columns[None, :]).ravel()
