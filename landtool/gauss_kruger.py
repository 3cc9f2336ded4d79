"""Chinese Gauss-Kruger grids: their codes, how to know them, and what coordinates look like.

Zones 25-45 are 3 degrees wide (central meridian 3 x zone), zones 13-23 six (6 x zone - 3). The number
stands in front of the easting, or nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from pyproj import CRS, Transformer

from landtool.errors import CrsError

Bounds = tuple[float, float, float, float]

# Extent of China in degrees and in metres from the equator; eastings around a central meridian.
LON, LAT, _NORTH = (73.0, 136.0), (3.0, 54.0), (1.9e6, 6.1e6)
_EAST = (150_000.0, 850_000.0)
FALSE_EASTING, ZONE_STEP = 500_000.0, 1_000_000.0
# EPSG of the first code of each family: 3-degree zone 25, CM 75°E, 6-degree zone 13.
FAMILIES = {"CGCS2000": (4513, 4534, 4491), "Xian 1980": (2349, 2370, 2327),
             "Beijing 1954": (2401, 2422, 21413)}  # fmt: skip
GEOGRAPHIC = {"CGCS2000": 4490, "Xian 1980": 4610, "Beijing 1954": 4214}

STATE_IT = "state the CRS in the catalogue, such as `crs: EPSG:4545`"


@dataclass(frozen=True)
class GaussKruger:
    """Parameters of a Gauss-Kruger CRS; zone 0 means that the easting carries none."""

    datum: str
    meridian: float
    zone: int


@dataclass(frozen=True)
class Numbers:
    """What coordinates look like: degrees, zoned, plain, or other; swapped if x runs north."""

    look: Literal["degrees", "zoned", "plain", "other"]
    swapped: bool = False
    zone: int = 0
    in_china: bool = False


def look_of(box: Bounds, where: str) -> Numbers:
    """What the numbers look like; CrsError where one source mixes zones.

    Examples
    --------
    >>> look_of((36_412_000, 3_270_000, 36_413_000, 3_271_000), "").zone
    36
    >>> look_of((29.5, 106.4, 29.6, 106.5), "").swapped
    True
    """
    x, y = (box[0], box[2]), (box[1], box[3])
    for swapped, east, north in ((False, x, y), (True, y, x)):
        if within(east, LON) and within(north, LAT):
            return Numbers("degrees", swapped, in_china=True)
        if within(north, _NORTH):
            zones = [int(value // ZONE_STEP) for value in east]
            rest = (east[0] % ZONE_STEP, east[1] % ZONE_STEP)
            if within(rest, _EAST) and all(13 <= z <= 23 or 25 <= z <= 45 for z in zones):
                if zones[0] != zones[1]:
                    raise CrsError(f"eastings of zones {zones[0]} to {zones[1]} in one source", where,
                                   "split the source by zone and list both files")
                return Numbers("zoned", swapped, zones[0])
            if within(east, _EAST):
                return Numbers("plain", swapped)
    is_globe = within(x, (-180.0, 180.0)) and within(y, (-90.0, 90.0))
    return Numbers("degrees" if is_globe else "other")


@cache
def grid_crs(datum: str, meridian: float, zone: int = 0) -> CRS:
    """The grid of a datum and central meridian, with a zone number in the easting if one is given.

    Examples
    --------
    >>> grid_crs("CGCS2000", 105.0).to_epsg(), grid_crs("Xian 1980", 105.0, 35).to_epsg()
    (4544, 2359)
    """
    zone3, plain, zone6 = FAMILIES[datum]
    if not zone:
        return CRS.from_epsg(plain + round((meridian - 75) / 3))
    return CRS.from_epsg(zone3 + zone - 25 if zone >= 25 else zone6 + zone - 13)


def meridian_of(zone: int) -> float:
    """Central meridian of a zone, degrees east."""
    return zone * 3.0 if zone >= 25 else zone * 6.0 - 3.0


def gauss_kruger(crs: CRS) -> GaussKruger | None:
    """Parameters if the CRS is one of the Chinese Gauss-Kruger grids, by whatever name."""
    way = crs.coordinate_operation
    if not crs.is_projected or way is None or way.method_name != "Transverse Mercator":
        return None
    values = {p.name: float(p.value) for p in way.params if not isinstance(p.value, str)}
    zone, rest = divmod(values.get("False easting", 0.0), ZONE_STEP)
    datum, meridian = datum_of(crs), values.get("Longitude of natural origin", 0.0)
    regular = rest == FALSE_EASTING and values.get("Scale factor at natural origin") == 1.0
    if datum is None or not regular or meridian % 3 or not within((meridian, meridian), (75, 135)):
        return None
    return GaussKruger(datum, meridian, int(zone))


def datum_of(crs: CRS) -> str | None:
    """Chinese datum by name; WGS 84 counts as CGCS2000 (the same to centimetres)."""
    name = f"{crs.datum.name if crs.datum else ''} {crs.name}".casefold()
    if "xian" in name or "1980" in name:
        return "Xian 1980"
    if "beijing" in name or "krasovsky" in name:
        return "Beijing 1954"
    known = ("china 2000", "china_2000", "cgcs2000", "china geodetic", "wgs 84", "wgs84", "wgs_1984",
             "world geodetic system 1984")
    return "CGCS2000" if any(word in name for word in known) else None


def candidates(zones: list[int], meridians: list[int] | None = None) -> str:
    """Grids that could be meant, for the mend of an error: of these zones or central meridians."""
    if zones:
        return ", ".join(f"EPSG:{grid_crs(d, meridian_of(z), z).to_epsg()} ({d}, zone {z})"
                         for z in zones for d in FAMILIES)
    named = meridians if meridians else [102, 105, 108, 111, 114, 117, 120]
    return ", ".join(f"EPSG:{grid_crs('CGCS2000', cm).to_epsg()} (CM {cm}°E)" for cm in named)


def within(pair: tuple[float, float], limits: tuple[float, float]) -> bool:
    """Whether a low and a high value lie within limits."""
    return limits[0] <= pair[0] and pair[1] <= limits[1]


def show(box: Bounds) -> str:
    """Bounds for an error's text."""
    return f"x {box[0]:.6g} to {box[2]:.6g}, y {box[1]:.6g} to {box[3]:.6g}"


def to_degrees(crs: CRS) -> Transformer:
    """From a CRS to longitude and latitude on its own datum; CrsError if it has none."""
    base = crs.to_2d().geodetic_crs
    if base is None or not base.is_geographic:
        raise CrsError(f"{crs.name} is not tied to the Earth", "crs", STATE_IT)
    return Transformer.from_crs(crs.to_2d(), base.to_2d(), always_xy=True)


def finite_bounds(bounds: Any, where: str) -> Bounds:
    """The bounds as four finite numbers in order; CrsError if they are not."""
    values = [float(value) for value in bounds]
    box = (values[0], values[1], values[2], values[3])
    if not np.isfinite(box).all() or box[0] > box[2] or box[1] > box[3]:
        raise CrsError(f"bounds {box} hold no coordinates", where, "check that the source has geometry")
    return box
