"""The ellipsoid under a CRS: the CRS itself checked once, its geodesics, and coordinates in degrees on it."""

from __future__ import annotations

import numpy as np
from pyproj import CRS, Geod, Transformer

from landtool.errors import CrsError
from landtool.geometry.pairs import in_threads


def earth_crs(crs: CRS | str | None) -> CRS:
    """Give the CRS in two dimensions, tied to the Earth.

    Raises
    ------
    CrsError
        If there is none, or it is a plane of its own.
    """
    if crs is None:
        raise CrsError("no coordinate reference system", "ellipsoidal area",
                       "set the frame's crs or pass crs=")
    known = CRS.from_user_input(crs).to_2d()
    _base(known)
    return known


def _base(crs: CRS) -> CRS:
    """The CRS in latitude and longitude under a CRS, on the same ellipsoid."""
    base = crs.geodetic_crs
    if base is None or not base.is_geographic:
        raise CrsError(f"{crs.name!r} is not tied to the Earth", "ellipsoidal area",
                       "give the CRS of the coordinates, such as EPSG:4545")
    return base.to_2d()


def geod_of(crs: CRS) -> Geod:
    """Geodesics on the CRS's own ellipsoid.

    Raises
    ------
    CrsError
        If it has none.
    """
    geod = crs.get_geod()
    if geod is None:
        raise CrsError(f"{crs.name!r} has no ellipsoid", "ellipsoidal area",
                       "give the CRS of the coordinates, such as EPSG:4545")
    return geod


def degrees_of(xy: np.ndarray, crs: CRS) -> np.ndarray:
    """Longitude and latitude on the CRS's own ellipsoid; NaN where the projection cannot say."""
    base = _base(crs)
    to_degrees = np.degrees(base.axis_info[0].unit_conversion_factor)  # 1, or 0.9 for grads
    if abs(to_degrees - 1.0) < 1e-9:
        to_degrees = 1.0
    if crs.is_geographic:
        return xy if to_degrees == 1.0 else xy * to_degrees
    inverse = Transformer.from_crs(crs, base, always_xy=True)

    def convert(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.column_stack(inverse.transform(x, y)) * to_degrees

    found = in_threads(convert, xy[:, 0].copy(), xy[:, 1].copy())
    return np.where(np.isfinite(found), found, np.nan)
