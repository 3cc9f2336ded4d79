"""How many m² of the ellipsoid a unit of a conformal plane holds: one smooth function fitted to the projection."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import chebyshev
from pyproj import CRS

from landtool.geometry.ellipsoid import degrees_of, geod_of

_FIT_DEGREES = (4, 8, 12)
_FIT_ERROR = 2e-9
_CONFORMAL_ERROR = 1e-6
_SQUARE_M = 10_000.0


@dataclass(frozen=True)
class AreaScale:
    """ln(m² of ellipsoid per squared unit of the plane) as a Chebyshev polynomial over a box."""

    centre: np.ndarray
    half: np.ndarray
    log: np.ndarray
    slope_x: np.ndarray
    slope_y: np.ndarray

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Area scale at points inside the box."""
        return np.exp(self._value(self.log, x, y))

    def slopes_at(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The two slopes of the logarithm of the area scale at points inside the box."""
        return (self._value(self.slope_x, x, y) / self.half[0], self._value(self.slope_y, x, y) / self.half[1])

    def _value(self, terms: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        u, v = (x - self.centre[0]) / self.half[0], (y - self.centre[1]) / self.half[1]
        return chebyshev.chebval2d(u, v, terms)


def _area_scale(centre: np.ndarray, half: np.ndarray, log: np.ndarray) -> AreaScale:
    """The polynomial and its slopes without the terms of high order that say nothing."""
    slopes = [chebyshev.chebder(log, axis=axis) for axis in (0, 1)]
    # Slopes only move an edge from its chord to the geodesic: less than a millionth part of an area.
    least = 1e-4 * max(np.abs(one).max() for one in slopes)
    return AreaScale(centre, half, _trimmed(log, _FIT_ERROR / 20.0), *(_trimmed(one, least) for one in slopes))


def _trimmed(terms: np.ndarray, least: float) -> np.ndarray:
    """Coefficients without the last rows and columns that add up to less than this."""
    size = np.abs(terms)
    rows, columns = (max(int((np.cumsum(size.sum(axis=axis)[::-1])[::-1] > least).sum()), 1) for axis in (1, 0))
    return terms[:rows, :columns]


def fit_area_scale(low: np.ndarray, high: np.ndarray, crs: CRS) -> AreaScale | None:
    """The projection's area scale over an extent; None if not conformal or not smooth.

    Taken for the whole squares that the extent meets, so that the layers of one town share a fit.
    """
    if not np.isfinite(low).all():
        return None
    square = _SQUARE_M / crs.axis_info[0].unit_conversion_factor
    corners = (*(np.floor(low / square) * square), *(np.ceil(high / square) * square))
    return _fitted(crs.to_wkt(), *map(float, corners))


@lru_cache(maxsize=32)
def _fitted(wkt: str, west: float, south: float, east: float, north: float) -> AreaScale | None:
    crs = CRS.from_wkt(wkt)
    unit = crs.axis_info[0].unit_conversion_factor
    low, high = np.array([west, south]), np.array([east, north])
    centre, half = (low + high) / 2.0, np.maximum((high - low) / 2.0, 1_000.0 / unit)
    for degree in _FIT_DEGREES:
        nodes = np.cos(np.pi * (np.arange(degree + 4) + 0.5) / (degree + 4))
        u, v = (axis.ravel() for axis in np.meshgrid(nodes, nodes))
        values = _log_area_scale(centre[0] + half[0] * u, centre[1] + half[1] * v, crs, 500.0 / unit)
        if values is None:
            return None
        terms = chebyshev.chebvander2d(u, v, [degree, degree])
        solution = np.linalg.lstsq(terms, values, rcond=None)[0]
        if np.abs(terms @ solution - values).max() < _FIT_ERROR:
            return _area_scale(centre, half, solution.reshape(degree + 1, degree + 1))
    return None


def _log_area_scale(x: np.ndarray, y: np.ndarray, crs: CRS, step: float) -> np.ndarray | None:
    """Logarithm of the area scale from central differences; None if the CRS is not conformal there."""
    east_x, north_x = _slopes(x, y, crs, step, 0.0)
    east_y, north_y = _slopes(x, y, crs, 0.0, step)
    length_x, length_y = np.hypot(east_x, north_x), np.hypot(east_y, north_y)
    with np.errstate(divide="ignore", invalid="ignore"):  # beyond the edge of the projection
        across = (east_x * east_y + north_x * north_y) / (length_x * length_y)
        uneven = np.abs(length_x / length_y - 1.0) + np.abs(across)
    if not (uneven < _CONFORMAL_ERROR).all():
        return None
    return np.log(np.abs(east_x * north_y - east_y * north_x))


def _slopes(
    x: np.ndarray, y: np.ndarray, crs: CRS, dx: float, dy: float
) -> tuple[np.ndarray, np.ndarray]:
    """Metres east and north on the ellipsoid per unit of the plane, in direction (dx, dy)."""
    geod = geod_of(crs)
    at = [degrees_of(np.column_stack([x + k * dx, y + k * dy]), crs) for k in (-2, -1, 0, 1, 2)]
    change = np.radians(8.0 * (at[3] - at[1]) - (at[4] - at[0])) / (12.0 * (dx + dy))
    sine = np.sin(np.radians(at[2][:, 1]))
    across = geod.a / np.sqrt(1.0 - geod.es * sine**2)
    along = geod.a * (1.0 - geod.es) / (1.0 - geod.es * sine**2) ** 1.5
    return change[:, 0] * across * np.sqrt(1.0 - sine**2), change[:, 1] * along
