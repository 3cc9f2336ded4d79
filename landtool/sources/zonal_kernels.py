"""The compiled sums of pixels over zones: what :mod:`landtool.sources.zonal` asks of it where zones are many.

Importing this module loads numba and compiles, once per installation. A pixel counts by the exact part of it that lies
inside, as with exactextract, which is the oracle: every edge of a polygon adds, to the pixels it runs through, the
ground to its right, and to all pixels further right the height it spans in their row; summed along the row that is the
part inside. Edges that run down and edges that run up cancel where there is nothing between them.
"""

from __future__ import annotations

import math

import numpy as np
from numba import float64, int64, void

from landtool.geometry.compiled import array, compiled

# Pixels of one zone that are held at a time: a district on a fine raster is taken in strips of rows.
_HELD = 1 << 22
# A part of a pixel below this is what rounding leaves of none.
_NONE = 1e-12


@compiled(void(float64[::1], float64, float64, float64))
def _beside(row: np.ndarray, one: float, two: float, height: float) -> None:
    """Add the ground to the right of a piece of edge that runs from column ``one`` to ``two`` within a row."""
    west, east = min(one, two), max(one, two)
    column = math.floor(west)
    if east <= column + 1:
        past = (west + east) / 2.0 - column
        row[column] += height * (1.0 - past)
        row[column + 1] += height * past
        return
    share, x = height / (east - west), west
    while x < east:
        end = min(column + 1.0, east)
        part, past = share * (end - x), (x + end) / 2.0 - column
        row[column] += part * (1.0 - past)
        row[column + 1] += part * past
        x, column = end, column + 1


@compiled(void(array(float64, 2), array(int64), array(float64), int64, int64, int64, int64, float64[:, ::1]))
def _draw(
    xy: np.ndarray, ring: np.ndarray, turn: np.ndarray, first: int, last: int, top: int, left: int, held: np.ndarray
) -> None:
    """Add every edge of some rings to the rows from ``top`` and the columns from ``left`` on."""
    bottom = top + held.shape[0]
    for r in range(first, last):
        for k in range(ring[r], ring[r + 1] - 1):
            x0, y0, x1, y1, height = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1], turn[r]
            if y0 > y1:
                x0, y0, x1, y1, height = x1, y1, x0, y0, -height
            if y0 == y1 or y1 <= top or y0 >= bottom:
                continue
            slope, west, east = (x1 - x0) / (y1 - y0), min(x0, x1), max(x0, x1)
            y, last_y = max(y0, float(top)), min(y1, float(bottom))
            x = min(max(x0 + (y - y0) * slope, west), east)
            row = math.floor(y)
            while y < last_y:
                below = min(row + 1.0, last_y)
                end = min(max(x0 + (below - y0) * slope, west), east)
                _beside(held[row - top], x - left, end - left, (below - y) * height)
                x, y, row = end, below, row + 1


@compiled(void(array(float64, 2), array(int64), array(float64), array(int64), array(int64), array(float64, 2), int64, int64,
               float64[::1], float64[::1]))  # fmt: skip
def add_zones(
    xy: np.ndarray, ring: np.ndarray, turn: np.ndarray, zone: np.ndarray, chosen: np.ndarray, pixels: np.ndarray,
    first_row: int, first_column: int, count: np.ndarray, total: np.ndarray,
) -> None:  # fmt: skip
    """Add to each chosen zone the pixels of a window: how many lie inside, and their sum.

    Parameters
    ----------
    xy, ring, turn, zone : numpy.ndarray
        Vertices in columns and rows of the raster; offsets of the rings in them; -1 for a ring around ground whose
        vertices follow one another from columns to rows, 1 for the other way and, for holes, the other way round;
        offsets of the zones in the rings.
    chosen : numpy.ndarray
        Positions of zones.
    pixels : numpy.ndarray
        The window, from ``first_row`` and ``first_column`` on; NaN where there are no data.
    count, total : numpy.ndarray
        A place per zone.
    """
    rows, columns = pixels.shape
    for z in chosen:
        low, high = ring[zone[z]], ring[zone[z + 1]]
        west, east, north, south = xy[low, 0], xy[low, 0], xy[low, 1], xy[low, 1]
        for k in range(low, high):
            west, east = min(west, xy[k, 0]), max(east, xy[k, 0])
            north, south = min(north, xy[k, 1]), max(south, xy[k, 1])
        left = math.floor(west)
        width = math.floor(east) - left + 2
        begin, end = max(math.floor(north), first_row), min(math.ceil(south), first_row + rows)
        step = max(1, _HELD // width)
        for top in range(begin, end, step):
            held = np.zeros((min(step, end - top), width))
            _draw(xy, ring, turn, zone[z], zone[z + 1], top, left, held)
            for row in range(held.shape[0]):
                part, line = 0.0, pixels[top + row - first_row]
                for column in range(width):
                    part += held[row, column]
                    at = left + column - first_column
                    if part > _NONE and 0 <= at < columns and line[at] == line[at]:
                        count[z] += part
                        total[z] += part * line[at]
