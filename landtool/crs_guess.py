"""Settle the CRS of a layer: what is stated, checked against what the numbers say.

Chinese plane coordinates come as Gauss-Kruger eastings with a zone number in front (``36 512 345`` m:
zone 36, central meridian 108°E) or without one (``512 345`` m: any central meridian).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from landtool import messages
from landtool.errors import CrsError
from landtool.gauss_kruger import (
    FALSE_EASTING,
    GEOGRAPHIC,
    STATE_IT,
    ZONE_STEP,
    Bounds,
    GaussKruger,
    Numbers,
    candidates,
    datum_of,
    finite_bounds,
    gauss_kruger,
    grid_crs,
    look_of,
    meridian_of,
    show,
    to_degrees,
    within,
)
from landtool.gcj02 import suspect_gcj02

Confidence = Literal["high", "medium", "low"]

_TOO_FAR_EAST_M = 450_000.0
_AREA_MARGIN_DEG = 5.0
_MOSTLY, _HARDLY = 0.9, 0.5
_SWAP = "exchange the two coordinate columns so that x is east (longitude) and y north (latitude)"
# The columns of landtool.schema.problems, which stands above this module.
_COLUMNS = ("layer", "source", "source_row", "subject_id", "scope", "field", "value", "kind", "detail")


@dataclass(frozen=True)
class CrsGuess:
    """A settled CRS and why.

    Attributes
    ----------
    crs : pyproj.CRS
        What the coordinates are in.
    basis : str
        ``override`` (the catalogue), ``declared`` (the file), ``coordinates`` or ``districts``.
    note : str
        One sentence, English; :meth:`text` gives it in either language.
    confidence : {"high", "medium", "low"}
        Low: people should check.
    """

    crs: CRS
    basis: str
    note: str
    confidence: Confidence
    note_key: str = field(default="stated", repr=False)
    note_values: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    notices: tuple[dict[str, Any], ...] = field(default=(), repr=False, compare=False)

    @property
    def problems(self) -> pd.DataFrame:
        """What people should know, as a problem table of scope ``note``; ``layer`` is left empty."""
        frame = pd.DataFrame(list(self.notices), columns=list(_COLUMNS))
        return frame.astype({name: "Int64" if name == "source_row" else "str" for name in _COLUMNS})

    def text(self, language: str) -> str:
        """The note in a language."""
        return _note(self.note_key, self.note_values, language)


def guess_crs(
    bounds: Bounds,
    *,
    declared: CRS | None = None,
    override: str | int | CRS | None = None,
    districts: gpd.GeoDataFrame | None = None,
    sample_points: np.ndarray | None = None,
    where: str = "",
    frame: gpd.GeoDataFrame | None = None,
) -> CrsGuess:
    """Settle the CRS of a layer from what is stated and what the numbers say.

    Parameters
    ----------
    bounds : tuple of float
        x min, y min, x max, y max.
    declared : pyproj.CRS, optional
        What the file states. Where the numbers contradict it in a way with one reading (a zone number
        too many or too few, degrees for metres), that reading is taken and reported.
    override : str or CRS, optional
        What the catalogue states; a contradiction is refused, naming the CRS that would fit.
    districts : geopandas.GeoDataFrame, optional
        Known districts: tell the central meridian where the easting has no zone number.
    sample_points : numpy.ndarray, optional
        (n, 2) coordinates inside the shapes; taken from ``frame`` or ``bounds`` if not given.
    where : str
        Source, for errors and problems.
    frame : geopandas.GeoDataFrame, optional
        The layer itself, to sample points and to suspect GCJ-02.

    Returns
    -------
    CrsGuess

    Raises
    ------
    CrsError
        If the CRS cannot be known, axes are swapped, zones are mixed, or a statement is contradicted
        with no single reading; the candidates are named.

    Examples
    --------
    >>> guess = guess_crs((36_412_000, 3_270_000, 36_413_000, 3_271_000))
    >>> guess.crs.to_epsg(), guess.basis
    (4524, 'coordinates')
    >>> guess_crs((412_000, 3_270_000, 413_000, 3_271_000), declared=CRS(4545)).confidence
    'high'
    """
    box = finite_bounds(bounds, where)
    points = _sample(box, sample_points, frame)
    stated = _as_crs(override, where) if override is not None else declared
    guess = (_from_numbers(box, districts, points, where) if stated is None
             else _check_stated(stated, override is not None, box, where))
    return _with_districts(guess, districts, points, where, frame)


# --- what is stated -----------------------------------------------------------------------------


def _check_stated(crs: CRS, by_catalogue: bool, box: Bounds, where: str) -> CrsGuess:
    own = gauss_kruger(crs)
    # Only Chinese grids and degrees are read by their numbers; other planes by where they are used.
    numbers = look_of(box, where) if own or crs.is_geographic else Numbers("other")
    basis = "override" if by_catalogue else "declared"
    if numbers.swapped:
        raise CrsError(f"x and y are swapped: {show(box)} in {crs.name}", where, _SWAP)
    taken, reason = _reading(crs, own, numbers, box, where)
    if taken is not None:
        values = {"stated": crs.name, "taken": taken.name, "reason": reason}
        if by_catalogue:
            raise CrsError(f"the coordinates {show(box)} contradict {crs.name}: "
                           f"{messages.say(f'crs.{reason}', 'en')}", where,
                           f"the numbers fit {taken.name} (`crs: EPSG:{taken.to_epsg()}`)")
        notice = _notice("crs_resolved", where, crs.name, taken.name)
        return _guess(taken, basis, "resolved", values, "medium", (notice,))
    if _is_outside(crs, own, box, where):
        notice = _notice("crs_outside_area", where, crs.name, show(box))
        return _guess(crs, basis, "outside", {"stated": crs.name}, "low", (notice,))
    return _guess(crs, basis, "stated", {"by": basis}, "high")


def _reading(
    crs: CRS, own: GaussKruger | None, numbers: Numbers, box: Bounds, where: str
) -> tuple[CRS | None, str]:
    """The one CRS that the numbers mean instead of the stated one, if they contradict it."""
    datum = datum_of(crs)
    if numbers.look == "zoned" and (crs.is_geographic or (own and own.zone != numbers.zone)):
        meridian = meridian_of(numbers.zone)
        same = crs.is_geographic or (own and not own.zone and own.meridian == meridian)
        if same and datum:
            return grid_crs(datum, meridian, numbers.zone), "reason_prefixed"
        raise CrsError(f"the easting carries zone {numbers.zone} ({show(box)}), but {crs.name} is "
                       "stated", where, f"state one of: {candidates([numbers.zone])}")
    if numbers.look == "plain" and own and own.zone:
        return grid_crs(own.datum, own.meridian), "reason_plain"
    if numbers.look == "plain" and crs.is_geographic:
        raise CrsError(f"{crs.name} is stated, but the numbers are metres without a zone: "
                       f"{show(box)}", where, f"state one of: {candidates([])}")
    if numbers.look == "degrees" and own:
        return crs.geodetic_crs, "reason_degrees"
    return None, ""


def _is_outside(crs: CRS, own: GaussKruger | None, box: Bounds, where: str) -> bool:
    """Whether a CRS is used far from where it is meant for; refused where it makes no sense at all."""
    if own is not None:
        origin = own.zone * ZONE_STEP + FALSE_EASTING
        if max(abs(box[0] - origin), abs(box[2] - origin)) > _TOO_FAR_EAST_M:
            raise CrsError(f"{crs.name} is stated, but the eastings are {box[0]:.0f} to {box[2]:.0f}, "
                           "as in a local grid", where, "reproject the local grid, or state its CRS")
    degrees = to_degrees(crs).transform([box[0], box[2]], [box[1], box[3]])
    lon, lat = (np.asarray(values, dtype="float64") for values in degrees)
    on_earth = np.isfinite([lon, lat]).all() and (abs(lat) <= 90).all() and (abs(lon) <= 360).all()
    area = crs.area_of_use
    near = on_earth and (area is None or (
        within((lon.mean(), lon.mean()), (area.west - _AREA_MARGIN_DEG, area.east + _AREA_MARGIN_DEG))
        and within((lat.mean(), lat.mean()),
                    (area.south - _AREA_MARGIN_DEG, area.north + _AREA_MARGIN_DEG))))
    if near or (own is not None and on_earth):
        return not near
    raise CrsError(f"{crs.name} is stated, but {show(box)} does not lie where it is used", where,
                   "state the CRS that the coordinates are in; check the order of the axes")


# --- what the numbers say -----------------------------------------------------------------------


def _from_numbers(
    box: Bounds, districts: gpd.GeoDataFrame | None, points: np.ndarray, where: str
) -> CrsGuess:
    numbers = look_of(box, where)
    if numbers.swapped:
        raise CrsError(f"x and y are swapped: {show(box)}", where, f"{_SWAP}; or {STATE_IT}")
    if numbers.look == "zoned":
        crs = grid_crs("CGCS2000", meridian_of(numbers.zone), numbers.zone)
        notice = _notice("crs_guessed", where, crs.name, str(numbers.zone))
        return _guess(crs, "coordinates", "by_zone", {"zone": numbers.zone}, "medium", (notice,))
    if numbers.look == "degrees" and numbers.in_china:
        crs = CRS.from_epsg(GEOGRAPHIC["CGCS2000"])
        notice = _notice("crs_guessed", where, crs.name)
        return _guess(crs, "coordinates", "by_degrees", {}, "medium", (notice,))
    if numbers.look == "plain":
        return _by_districts(box, districts, points, where)
    raise CrsError(f"no CRS is stated and {show(box)} fits no national grid: a local grid?", where,
                   f"{STATE_IT}; reproject a local grid with its own parameters first")


def _by_districts(
    box: Bounds, districts: gpd.GeoDataFrame | None, points: np.ndarray, where: str
) -> CrsGuess:
    refuse = f"no CRS is stated; eastings without a zone number ({show(box)}) fit any central meridian"
    if districts is None or districts.crs is None or not len(districts):
        raise CrsError(refuse, where, f"state one of: {candidates([])}; or add the districts layer")
    shares = {cm: _share_inside(grid_crs("CGCS2000", cm), points, districts) for cm in range(75, 138, 3)}
    fitting = [cm for cm, share in shares.items() if share >= _MOSTLY]
    doubtful = [cm for cm, share in shares.items() if share >= _HARDLY]
    if len(fitting) != 1 or len(doubtful) != 1:
        named = doubtful or fitting
        raise CrsError(refuse + (f"; in the districts with {len(named)} of them" if named else
                                 "; none puts the shapes into the districts"), where,
                       f"state one of: {candidates([], named)}")
    crs = grid_crs("CGCS2000", fitting[0])
    notice = _notice("crs_guessed", where, crs.name, str(fitting[0]))
    return _guess(crs, "districts", "by_districts", {"cm": fitting[0]}, "medium", (notice,))


def _with_districts(
    guess: CrsGuess, districts: gpd.GeoDataFrame | None, points: np.ndarray, where: str,
    frame: gpd.GeoDataFrame | None,
) -> CrsGuess:
    """Add what the districts show: shapes far outside them, or shapes moved to GCJ-02."""
    if districts is None or districts.crs is None or not len(districts):
        return guess
    notices = list(guess.notices)
    key, values, confidence = guess.note_key, guess.note_values, guess.confidence
    if guess.basis != "districts" and _share_inside(guess.crs, points, districts, 0.5) == 0.0:
        notices.append(_notice("crs_far_from_districts", where, guess.crs.name))
        key, values, confidence = "far_from_districts", {"stated": guess.crs.name}, "low"
    if frame is not None and guess.crs.is_geographic and len(frame) <= 4 * len(districts):
        suspicion = suspect_gcj02(frame.set_crs(guess.crs, allow_override=True), districts)
        if suspicion.is_suspected:
            confidence = "low"
            shift = f"{suspicion.east_m:.0f} m E, {suspicion.north_m:.0f} m N"
            notices.append(_notice("gcj02_suspected", where, guess.crs.name, shift))
    return _guess(guess.crs, guess.basis, key, values, confidence, tuple(notices))


# --- helpers ------------------------------------------------------------------------------------


def _guess(
    crs: CRS, basis: str, key: str, values: dict[str, Any], confidence: Confidence,
    notices: tuple[dict[str, Any], ...] = (),
) -> CrsGuess:
    return CrsGuess(crs, basis, _note(key, values, "en"), confidence, key, values, notices)


def _note(key: str, values: dict[str, Any], language: str) -> str:
    named = dict(values)
    for name, prefix in (("by", "by_"), ("reason", "")):
        if name in named:
            named[name] = messages.say(f"crs.{prefix}{named[name]}", language)
    return messages.say(f"crs.{key}", language, **named)


def _share_inside(
    crs: CRS, points: np.ndarray, districts: gpd.GeoDataFrame, reach_deg: float | None = None
) -> float:
    """Share of points that fall into a district; with a reach, into the districts' box and around."""
    lon, lat = Transformer.from_crs(crs, districts.crs, always_xy=True).transform(*points.T)
    good = np.isfinite(lon) & np.isfinite(lat)
    placed = shapely.points(np.where(good, lon, 0.0), np.where(good, lat, 0.0))
    if reach_deg is not None:
        west, south, east, north = districts.total_bounds
        unit = reach_deg if districts.crs.is_geographic else reach_deg * 111_000.0
        area = shapely.box(west - unit, south - unit, east + unit, north + unit)
        return float((shapely.intersects(area, placed) & good).mean())
    hits = shapely.STRtree(np.asarray(districts.geometry.array)).query(placed, predicate="intersects")
    inside = np.isin(np.arange(len(placed)), hits[0])
    return float((inside & good).mean())


def _sample(
    box: Bounds, points: np.ndarray | None, frame: gpd.GeoDataFrame | None
) -> np.ndarray:
    if points is not None and len(points):
        return np.asarray(points, dtype="float64")[:, :2]
    if frame is not None and len(frame):
        shapes = np.asarray(frame.geometry.array, dtype=object)
        chosen = shapes[np.linspace(0, len(shapes) - 1, min(len(shapes), 500)).astype(int)]
        found = shapely.get_coordinates(shapely.centroid(chosen))
        if len(found := found[np.isfinite(found).all(axis=1)]):
            return found
    x, y = np.meshgrid(np.linspace(box[0], box[2], 5), np.linspace(box[1], box[3], 5))
    return np.column_stack([x.ravel(), y.ravel()])


def _as_crs(stated: str | int | CRS, where: str) -> CRS:
    try:
        return CRS.from_user_input(stated)
    except CRSError as error:
        raise CrsError(f"unknown CRS {stated!r}", where, "write it as `crs: EPSG:4545`") from error


def _notice(kind: str, where: str, value: str, detail: str = "") -> dict[str, Any]:
    """One row of a problem table, of scope ``note``."""
    blank: dict[str, Any] = dict.fromkeys(_COLUMNS, "")
    return blank | {"source_row": pd.NA, "scope": "note", "source": where, "kind": kind,
                    "value": value, "detail": detail}
