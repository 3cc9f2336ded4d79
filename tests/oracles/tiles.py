"""Plain versions of what landtool.maps.store and tiles do fast: geometry objects, one parcel at a time."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import shapely


def in_map_coordinates(frame: gpd.GeoDataFrame) -> list:
    """Each geometry on the web map's square, x and y from 0 to 1, y downward."""
    def turn(xy: np.ndarray) -> np.ndarray:
        return np.array([[lon / 360 + 0.5, 0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)]
                         for lon, lat in xy])

    shapes = frame.geometry.to_crs("EPSG:4326")
    return [None if shape is None else shapely.transform(shape, turn) for shape in shapes]


def row_at(shapes: list, lon: float, lat: float) -> int | None:
    """The smallest geometry over a point."""
    point = gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat)], crs="EPSG:4326")
    at = in_map_coordinates(point)[0]
    over = [(shape.area, row) for row, shape in enumerate(shapes) if shape is not None and shape.contains(at)]
    return min(over)[1] if over else None


def rows_in(shapes: list, zoom: int, x: int, y: int) -> list[int]:
    """Rows whose box meets a tile of 512 pixels."""
    side = 1 / 2 ** (zoom - 1)
    tile = shapely.box(x * side, y * side, (x + 1) * side, (y + 1) * side)
    return [row for row, shape in enumerate(shapes)
            if shape is not None and shapely.box(*shape.bounds).intersects(tile)]


def polygons(rows: np.ndarray, rings) -> dict[int, list[np.ndarray]]:
    """The rings of a decoded tile by row."""
    found: dict[int, list[np.ndarray]] = {int(row): [] for row in rows}
    for ring, owner in enumerate(rings.owner):
        found[int(rows[owner])].append(rings.xy[rings.start[ring]:rings.start[ring + 1]])
    return found
