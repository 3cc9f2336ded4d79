"""Coordinate reference systems: guess, require, label, and the plane to work on.

A CRS is settled once, when a layer comes in: stated by the catalogue or the file and checked against the
numbers, or told by the numbers themselves, or refused (:func:`guess_crs`). From then on it is required.
With :mod:`landtool.gauss_kruger` and :mod:`landtool.gcj02` this is all CRS logic of landtool.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS

from landtool import messages
from landtool.crs_guess import CrsGuess, guess_crs
from landtool.errors import CrsError
from landtool.gauss_kruger import (
    GEOGRAPHIC,
    LAT,
    LON,
    STATE_IT,
    Bounds,
    finite_bounds,
    gauss_kruger,
    grid_crs,
    to_degrees,
    within,
)
from landtool.gcj02 import Gcj02Suspicion, suspect_gcj02, to_gcj02

__all__ = [
    "CrsGuess", "Gcj02Suspicion", "guess_crs", "label", "require_crs", "require_metric",
    "suspect_gcj02", "to_gcj02", "working_plane",
]  # fmt: skip


def require_crs(frame: gpd.GeoDataFrame | gpd.GeoSeries, where: str) -> CRS:
    """The frame's CRS.

    Raises
    ------
    CrsError
        If it has none.
    """
    if frame.crs is None:
        raise CrsError("no coordinate reference system", where, STATE_IT)
    return frame.crs


def require_metric(crs: Any, where: str) -> CRS:
    """The CRS, if lengths may be taken in it: projected, in metres, not a Mercator of the world.

    Raises
    ------
    CrsError
        If it is missing, in degrees or feet, or Web Mercator.

    Examples
    --------
    >>> require_metric("EPSG:4545", "overlaps").to_epsg()
    4545
    """
    known = None if crs is None else CRS.from_user_input(crs)
    if known is not None and _is_metric(known):
        return known
    got = "no coordinate reference system" if known is None else f"{known.name} is not a metric plane"
    raise CrsError(got, where, "reproject first: frame.to_crs(landtool.crs.working_plane(frame))")


def label(crs: Any, language: str = "zh") -> str:
    """Name of a CRS for people, with its code.

    Examples
    --------
    >>> label("EPSG:4524")
    'CGCS2000 3度带高斯-克吕格，第 36 带（中央经线 108°E，坐标带号） [EPSG:4524]'
    >>> label("EPSG:4490", "en")
    'CGCS2000 longitude and latitude [EPSG:4490]'
    """
    if crs is None:
        return messages.say("crs.local_unknown", language)
    known = CRS.from_user_input(crs)
    own, code = gauss_kruger(known), _epsg(known.to_wkt())
    if own is None:
        key = "crs.degrees" if known.is_geographic else "crs.other"
        # By the name its planes go by: one name for one datum.
        datum = next((name for name, geographic in GEOGRAPHIC.items() if geographic == code), known.name)
        text = messages.say(key, language, name=datum)
    else:
        kind = "gk_plain" if not own.zone else "gk3_zone" if own.zone >= 25 else "gk6_zone"
        text = messages.say(f"crs.{kind}", language, datum=own.datum, zone=own.zone,
                            cm=own.meridian)
    return f"{text} [EPSG:{code}]" if code else text


def relabel(words: str | None, language: str) -> str:
    """Say labels that results keep (:func:`label` in Chinese, several joined by "; ") in another language.

    Examples
    --------
    >>> relabel("CGCS2000 高斯-克吕格，中央经线 108°E（坐标不带号）; CGCS2000 经纬度 [EPSG:4490]", "en")
    'CGCS2000 Gauss-Kruger, central meridian 108°E (no zone in the easting); CGCS2000 longitude and latitude [EPSG:4490]'
    >>> relabel("my grid", "en"), relabel(None, "en")
    ('my grid', '')
    """
    return "; ".join(_relabelled(one, language) for one in (words or "").split("; "))


def _relabelled(words: str, language: str) -> str:
    name, _, code = words.partition(" [EPSG:")
    for key, pattern in _kept_forms().items():
        told = pattern.fullmatch(name)
        if told:
            values = {slot: int(text) if slot in ("zone", "cm") else text for slot, text in told.groupdict().items()}
            name = messages.say(key, language, **values)
            break
    return f"{name} [EPSG:{code}" if code else name


@cache
def _kept_forms() -> dict[str, re.Pattern[str]]:
    """The Chinese labels as patterns, made of their own templates."""
    slots = {"datum": "@D@", "name": "@N@", "zone": 99801, "cm": 99802}
    found = {}
    for key in ("crs.gk3_zone", "crs.gk6_zone", "crs.gk_plain", "crs.degrees"):
        form = re.escape(messages.say(key, "zh", **slots))
        for slot, mark in slots.items():
            form = form.replace(re.escape(str(mark)), rf"(?P<{slot}>{'[0-9]+' if slot in ('zone', 'cm') else '.+'})", 1)
        found[key] = re.compile(form)
    return found


def working_plane(
    frame_or_bounds: gpd.GeoDataFrame | gpd.GeoSeries | Bounds,
    districts: gpd.GeoDataFrame | None = None,
) -> CRS:
    """The metric plane for lengths and cutting: the frame's own if it is one, else a local one.

    In China the CGCS2000 3-degree Gauss-Kruger plane of the central longitude, elsewhere UTM.

    Parameters
    ----------
    frame_or_bounds : GeoDataFrame, GeoSeries or tuple
        A layer with a CRS, or bounds in degrees.
    districts : geopandas.GeoDataFrame, optional
        The plane is centred on these if given, so that all layers share it.

    Raises
    ------
    CrsError
        If the frame has no CRS or no coordinates.

    Examples
    --------
    >>> working_plane((106.4, 29.4, 106.6, 29.6)).to_epsg(), working_plane((8.4, 47.3, 8.6, 47.4)).to_epsg()
    (4545, 32632)
    """
    if isinstance(frame_or_bounds, tuple):
        box = np.asarray(frame_or_bounds, dtype="float64")
    else:
        anchor = frame_or_bounds if districts is None else districts
        crs = require_crs(anchor, "working plane")
        box = np.asarray(finite_bounds(tuple(anchor.total_bounds), "working plane"))
        if _is_metric(crs) and _is_near(crs, box):
            return crs
        box = np.asarray(to_degrees(crs).transform_bounds(*box))
    if not np.isfinite(box).all():
        raise CrsError(f"bounds {box.tolist()} are not on the Earth", "working plane", STATE_IT)
    lon, lat = (box[0] + box[2]) / 2.0, (box[1] + box[3]) / 2.0
    if within((lon, lon), LON) and within((lat, lat), LAT):
        return grid_crs("CGCS2000", float(np.clip(round(lon / 3.0) * 3, 75, 135)))
    zone = int((lon + 180.0) // 6.0) % 60 + 1
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


@cache
def _epsg(wkt: str) -> int | None:
    return CRS.from_wkt(wkt).to_epsg()


def _is_metric(crs: CRS) -> bool:
    way = crs.coordinate_operation
    return bool(
        crs.is_projected and way is not None and "mercator" not in _world_mercator(way.method_name)
        and abs(crs.axis_info[0].unit_conversion_factor - 1.0) < 1e-9
    )


def _world_mercator(method: str) -> str:
    """The method's name, empty for the Mercators that keep lengths near their line."""
    name = method.casefold()
    return "" if "transverse" in name or "oblique" in name else name


def _is_near(crs: CRS, box: np.ndarray) -> bool:
    """Whether the box lies where the projection keeps lengths: in its area of use, give or take 1.5°."""
    area = crs.area_of_use
    lon, lat = to_degrees(crs).transform((box[0] + box[2]) / 2.0, (box[1] + box[3]) / 2.0)
    if not np.isfinite([lon, lat]).all() or area is None:
        return area is None
    return (within((lon, lon), (area.west - 1.5, area.east + 1.5))
            and within((lat, lat), (area.south - 1.5, area.north + 1.5)))
