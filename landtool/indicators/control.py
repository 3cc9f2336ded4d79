"""Control indicators of industrial projects, measured: what the register says, what the buildings say.

Both figures stand side by side; the register's counts first, because it knows what was approved.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from landtool.columns import booleans, coded, either, numbers
from landtool.indicators.land import area_used

#: Indicator -> fields of the register whose sum stands over the last one (None: over the area used).
REGISTER = {
    "far": (("floor_area_m2",), None),
    "building_coefficient": (("building_footprint_m2", "structure_and_yard_area_m2"), None),
    "service_land_share": (("service_land_m2",), None),
    "service_floor_share": (("service_floor_area_m2",), "floor_area_m2"),
    "green_share": (("green_area_m2",), None),
}  # fmt: skip
BASES = ("geometry", "register")
# Both ways measure the same thing; service land by floor area is another way of reckoning.
_COMPARED = ("far", "building_coefficient")
FIGURE_COLUMNS = (
    "value", "basis", "register_value", "geometry_value", "low", "high", "missing", "area_used",
    "area_used_m2", "difference_share",
)  # fmt: skip


def control_figures(
    parcels: pd.DataFrame, built: pd.DataFrame | None, area: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """Measure each control indicator by the register and by the geometry of the buildings.

    FAR is floor area as counted (high storeys again) over the site; the building coefficient is
    buildings, structures and yards over the site; service and green land are shares of the site,
    service floor area a share of all floor area. Service land that has no area of its own is taken in
    proportion to its floor area, as the clause allows: the geometry's figure is that one.

    Parameters
    ----------
    parcels : pandas.DataFrame
        Reads the three areas and the fields of :data:`REGISTER`, all m².
    built : pandas.DataFrame or None
        See :func:`landtool.indicators.buildings.buildings_on_parcels`, on the parcels' index.
    area : pandas.DataFrame, optional
        See :func:`landtool.indicators.land.area_used`; made from the parcels otherwise.

    Returns
    -------
    dict of str to pandas.DataFrame
        Per indicator :data:`FIGURE_COLUMNS` on the parcels' index. ``basis`` (``register`` or
        ``geometry``), ``area_used`` and ``missing`` are categories. ``value`` is null where it is not known, and the
        least it can be where storeys of unknown height, or yards that the register does not state, leave it open:
        ``low`` and ``high`` are its bounds. ``missing`` names the fields that would settle it.
        ``difference_share`` is the gap between the two figures over the larger, of FAR and the
        building coefficient.

    Examples
    --------
    >>> parcels = pd.DataFrame({"area_m2": [1e4, 1e4], "floor_area_m2": [8e3, None]})
    >>> control_figures(parcels, None)["far"][["value", "basis", "missing"]].to_numpy().tolist()
    [[0.8, 'register', nan], [nan, nan, 'floor_area_m2']]
    """
    area = area_used(parcels) if area is None else area
    measured = _by_geometry(parcels, built)
    used = pd.Categorical(area["area_used"])
    return {name: _figure(parcels, area["area_used_m2"].to_numpy(), used, name, measured.get(name))
            for name in REGISTER}  # fmt: skip


class _Measured(NamedTuple):
    """An indicator by the buildings: its least and its highest value, and the fields that would settle it."""

    low: np.ndarray
    high: np.ndarray
    missing: pd.Categorical
    is_built_on: np.ndarray


def _figure(
    parcels: pd.DataFrame, site: np.ndarray, used: pd.Categorical, name: str, measured: _Measured | None
) -> pd.DataFrame:
    said, least, lacks = _by_register(parcels, site, name)
    count = len(parcels)
    if measured is None:
        unknown = np.full(count, np.nan)
        measured = _Measured(unknown, unknown, coded(np.full(count, -1), []), np.zeros(count, dtype=bool))
    seen, unsaid = measured.low, np.isnan(said)
    by_geometry = unsaid & ~np.isnan(seen)
    at_least = unsaid & ~by_geometry & ~np.isnan(least)
    value = np.where(by_geometry, seen, np.where(at_least, least, said))
    known = ~np.isnan(value)
    missing = either(unsaid & ~at_least & measured.is_built_on, measured.missing, lacks)
    # A share of floor area needs no site.
    on_site = known & (REGISTER[name][1] is None)
    words = [*used.categories, "geometry"]
    area = np.where(by_geometry, numbers(parcels, "area_m2").to_numpy(), site)
    return pd.DataFrame({
        "value": value, "basis": coded(np.select([by_geometry, known], [0, 1], -1), BASES),
        "register_value": said, "geometry_value": seen,
        "low": value, "high": np.where(at_least, np.inf, np.where(unsaid, measured.high, said)),
        "missing": missing,
        "area_used": coded(np.where(on_site, np.where(by_geometry, len(words) - 1, used.codes), -1), words),
        "area_used_m2": np.where(on_site, area, np.nan),
        "difference_share": _difference(said, seen) if name in _COMPARED else np.nan,
    }, index=parcels.index)[list(FIGURE_COLUMNS)]  # fmt: skip


def _difference(said: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The gap between two figures over the larger; null where one is not known."""
    larger, gap = np.maximum(said, seen), np.abs(said - seen)
    return gap / np.where(larger > 0, larger, 1.0)


def _by_register(
    parcels: pd.DataFrame, site: np.ndarray, name: str
) -> tuple[np.ndarray, np.ndarray, pd.Categorical]:
    """Value by the register, the least it can be, and the fields that lack where there is none."""
    fields, over = REGISTER[name]
    cells = {field: numbers(parcels, field).to_numpy() for field in fields}
    whole = site if over is None else numbers(parcels, over).to_numpy()
    whole = np.where(whole > 0, whole, np.nan)
    lacks = {field: np.isnan(cell) for field, cell in cells.items()} | {over or "area_m2": np.isnan(whole)}
    return sum(cells.values()) / whole, cells[fields[0]] / whole, _joined(lacks)


def _by_geometry(
    parcels: pd.DataFrame, built: pd.DataFrame | None
) -> dict[str, _Measured]:
    if built is None:
        return {}
    cell = {name: built[name].to_numpy() for name in built if str(name).endswith("_m2")}
    site = numbers(parcels, "area_m2").to_numpy()
    site = np.where(site > 0, site, np.nan)
    floor = np.where(cell["floor_area_m2"] > 0, cell["floor_area_m2"], np.nan)
    service = cell["service_floor_area_m2"] / floor
    counted, most = cell["far_floor_area_m2"] / site, cell["far_floor_area_max_m2"] / site
    nothing = np.isnan(cell["covered_m2"])
    floors, height, kind = (booleans(built, flag).fillna(False).to_numpy(dtype=bool)
                            for flag in ("floors_unknown", "height_unknown", "kind_unknown"))
    lacks = {"buildings": nothing, "buildings.floors": floors}
    kinds = _joined({**lacks, "buildings.kind": kind})
    covered = cell["covered_m2"] / site
    return {
        "far": _Measured(counted, most, _joined({**lacks, "buildings.height_m": height}), ~nothing),
        "building_coefficient": _Measured(covered, covered, _joined({"buildings": nothing}), ~nothing),
        "service_land_share": _Measured(service, service, kinds, ~nothing),
        "service_floor_share": _Measured(service, service, kinds, ~nothing),
    }  # fmt: skip


def _joined(lacks: dict[str, np.ndarray]) -> pd.Categorical:
    """Names of the true columns, joined by commas; null where none is."""
    bits = sum(flag.astype("int64") << at for at, flag in enumerate(lacks.values()))
    words = [", ".join(name for at, name in enumerate(lacks) if code >> at & 1) for code in range(1, 1 << len(lacks))]
    return coded(np.asarray(bits) - 1, words)
