"""Control indicators of industrial projects, measured: what the register says, what the buildings say.

Both figures stand side by side; the register's counts first, because it knows what was approved.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from landtool.columns import booleans, numbers
from landtool.indicators.land import area_used

#: Indicator -> fields of the register whose sum stands over the last one (None: over the area used).
REGISTER = {
    "far": (("floor_area_m2",), None),
    "building_coefficient": (("building_footprint_m2", "structure_and_yard_area_m2"), None),
    "service_land_share": (("service_land_m2",), None),
    "service_floor_share": (("service_floor_area_m2",), "floor_area_m2"),
    "green_share": (("green_area_m2",), None),
}  # fmt: skip
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
        Per indicator :data:`FIGURE_COLUMNS` on the parcels' index. ``basis`` is ``register`` or
        ``geometry``. ``value`` is null where it is not known, and the least it can be where storeys
        of unknown height, or yards that the register does not state, leave it open: ``low`` and
        ``high`` are its bounds. ``missing`` names the fields that would settle it.
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
    return {name: _figure(parcels, area, name, measured.get(name)) for name in REGISTER}


def _figure(
    parcels: pd.DataFrame, area: pd.DataFrame, name: str, measured: pd.DataFrame | None
) -> pd.DataFrame:
    said, least, lacks = _by_register(parcels, area["area_used_m2"], name)
    if measured is None:
        measured = pd.DataFrame({"geometry_value": np.nan, "high": np.nan, "missing": None,
                                 "is_built_on": False}, index=parcels.index)  # fmt: skip
    seen = measured["geometry_value"]
    by_geometry = said.isna() & seen.notna()
    at_least = said.isna() & seen.isna() & least.notna()
    frame = pd.DataFrame({
        "value": said.fillna(seen).fillna(least),
        "register_value": said, "geometry_value": seen,
        "high": said.fillna(measured["high"]).mask(at_least, np.inf),
        "missing": lacks.mask(said.notna()).mask(
            said.isna() & ~at_least & measured["is_built_on"], measured["missing"]),
    })  # fmt: skip
    frame["low"] = frame["value"]
    codes = np.select([by_geometry, frame["value"].notna()], [1, 0], -1)
    frame["basis"] = pd.array(["register", "geometry"], dtype="str").take(codes, allow_fill=True)
    # A share of floor area needs no site.
    on_site = frame["value"].notna() & (REGISTER[name][1] is None)
    frame["area_used"] = area["area_used"].mask(by_geometry, "geometry").where(on_site)
    frame["area_used_m2"] = area["area_used_m2"].mask(
        by_geometry, numbers(parcels, "area_m2")).where(on_site)
    larger, gap = pd.concat([said, seen], axis=1).max(axis=1, skipna=False), (said - seen).abs()
    frame["difference_share"] = np.nan if name not in _COMPARED else (
        (gap / larger).where(larger > 0, gap))
    return frame[list(FIGURE_COLUMNS)]


def _by_register(
    parcels: pd.DataFrame, site: pd.Series, name: str
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Value by the register, the least it can be, and the fields that lack (null: none)."""
    fields, over = REGISTER[name]
    cells = {field: numbers(parcels, field) for field in fields}
    whole = site if over is None else numbers(parcels, over)
    whole = whole.where(whole > 0)
    lacks = {field: cell.isna() for field, cell in cells.items()} | {over or "area_m2": whole.isna()}
    return (sum(cells.values()) / whole, cells[fields[0]] / whole, _joined(lacks, parcels.index))


def _by_geometry(
    parcels: pd.DataFrame, built: pd.DataFrame | None
) -> dict[str, pd.DataFrame]:
    if built is None:
        return {}
    site = numbers(parcels, "area_m2")
    site = site.where(site > 0)
    floor = built["floor_area_m2"].where(built["floor_area_m2"] > 0)
    service = built["service_floor_area_m2"] / floor
    counted, most = built["far_floor_area_m2"] / site, built["far_floor_area_max_m2"] / site
    nothing = built["covered_m2"].isna()
    lacks = {"buildings": nothing, **{
        f"buildings.{field}": booleans(built, flag).fillna(False).astype("bool")
        for field, flag in (("floors", "floors_unknown"), ("height_m", "height_unknown"),
                            ("kind", "kind_unknown"))}}
    heights = _joined({name: flag for name, flag in lacks.items() if name != "buildings.kind"},
                      parcels.index)
    kinds = _joined({name: flag for name, flag in lacks.items() if name != "buildings.height_m"},
                    parcels.index)
    covered = built["covered_m2"] / site
    found = {
        "far": _bounded(counted, most, heights),
        "building_coefficient": _bounded(covered, covered, _joined({"buildings": nothing}, parcels.index)),
        "service_land_share": _bounded(service, service, kinds),
        "service_floor_share": _bounded(service, service, kinds),
    }  # fmt: skip
    return {name: frame.assign(is_built_on=~nothing) for name, frame in found.items()}


def _bounded(low: pd.Series, high: pd.Series, missing: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"geometry_value": low, "high": high, "missing": missing})


def _joined(lacks: dict[str, pd.Series], index: pd.Index) -> pd.Series:
    """Names of the true columns, joined by commas; null where none is."""
    bits = sum(flag.to_numpy().astype("int64") << at for at, flag in enumerate(lacks.values()))
    names = np.array(list(lacks), dtype=object)
    places, codes = np.unique(bits, return_inverse=True)
    words = [", ".join(names[(code >> np.arange(len(names))) & 1 == 1]) or None for code in places]
    return pd.Series(pd.array(words, dtype="str").take(codes), index=index)
