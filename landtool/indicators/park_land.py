"""How a park's land is used (TD/T 1029): the parts of each ratio, summed over parcels or as reported.

A ratio is always a part over a whole, both kept, so that districts, region groups and the city divide
sums of parts by sums of wholes and never average ratios.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from landtool.columns import booleans, day, numbers, require_columns, texts

# ratio -> part and whole, in m² (but money in CNY). Funnel figures come from statistics if given.
FUNNEL = {
    "developed_rate": ("ready_area_m2", "developable_area_m2"),
    "supply_rate": ("supplied_area_m2", "ready_area_m2"),
    "built_rate": ("built_area_m2", "supplied_area_m2"),
}  # fmt: skip
PARCEL_RATIOS = (
    "industrial_share", "active_share", "overall_far", "building_density", "industrial_far",
    "industrial_building_coefficient", "overall_tax_cny_m2",
)  # fmt: skip
RATIOS = (*FUNNEL, *PARCEL_RATIOS)


def latest_statistics(
    statistics: pd.DataFrame | None, as_of: dt.date | pd.Timestamp | str
) -> pd.DataFrame:
    """Give each park's latest complete year that has any area, on ``park_id``.

    Examples
    --------
    >>> rows = pd.DataFrame({"park_id": "K", "year": [2024, 2025], "ready_area_m2": [1.0, None]})
    >>> latest_statistics(rows, "2025-12-31")[["year", "ready_area_m2"]].to_numpy().tolist()
    [[2024.0, 1.0]]
    """
    names = list(dict.fromkeys(name for pair in FUNNEL.values() for name in pair))
    if statistics is None:
        return pd.DataFrame(columns=["year", *names], index=pd.Index([], name="park_id", dtype="str"))
    require_columns(statistics, ["park_id", "year"], "park_statistics")
    at = day(as_of)
    last = at.year if (at.month, at.day) == (12, 31) else at.year - 1
    rows = pd.DataFrame({"park_id": statistics["park_id"], "year": statistics["year"],
                         **{name: numbers(statistics, name) for name in names}})  # fmt: skip
    usable = (rows["year"] <= last).fillna(False).astype("bool") & rows[names].notna().any(axis=1)
    return rows[usable].sort_values("year").drop_duplicates("park_id", keep="last").set_index("park_id")


def parcel_parts(parcels: pd.DataFrame) -> pd.DataFrame:
    """Give the part and the whole of every ratio for each parcel; a parcel that cannot tell has neither.

    Parameters
    ----------
    parcels : pandas.DataFrame
        Reads ``area_m2, is_supplied, is_built, is_active, is_industrial, is_storage`` (three-valued),
        ``floor_area_m2, building_footprint_m2, structure_and_yard_area_m2, tax_cny``.

    Returns
    -------
    pandas.DataFrame
        On the index of the parcels: ``<ratio>_part``, ``<ratio>_whole`` and ``<ratio>_due`` (area that
        belongs into the whole, known or not: the coverage is whole area over due area) of
        :data:`PARCEL_RATIOS`, and ``supplied``, ``built`` with their ``_due``.
    """
    area = numbers(parcels, "area_m2")
    area = area.where(area > 0)
    supplied, built = booleans(parcels, "is_supplied"), booleans(parcels, "is_built")
    used = booleans(parcels, "is_industrial") | booleans(parcels, "is_storage")
    industrial = built & booleans(parcels, "is_industrial")
    floor, foot = numbers(parcels, "floor_area_m2"), numbers(parcels, "building_footprint_m2")
    yards = numbers(parcels, "structure_and_yard_area_m2")
    covered = foot + yards
    return pd.DataFrame({
        **_flag("supplied", supplied, area, pd.Series(True, index=parcels.index, dtype="boolean")),
        **_flag("built", built, area, supplied),
        **_share("industrial_share", used, area, built),
        **_share("active_share", booleans(parcels, "is_active"), area, supplied),
        **_ratio("overall_far", floor, area, built), **_ratio("building_density", foot, area, built),
        **_ratio("industrial_far", floor, area, industrial),
        **_ratio("industrial_building_coefficient", covered, area, industrial),
        **_ratio("overall_tax_cny_m2", numbers(parcels, "tax_cny"), area, built),
    })  # fmt: skip


def _sure(flag: pd.Series) -> pd.Series:
    return flag.fillna(False).astype("bool")


def _flag(name: str, flag: pd.Series, area: pd.Series, within: pd.Series) -> dict[str, pd.Series]:
    """Area where a condition holds, inside another; due: also where it is not known."""
    inside = within.fillna(True).astype("bool")
    known = flag.notna() & within.notna()
    return {f"{name}_part": area.where(_sure(flag) & _sure(within), 0.0),
            f"{name}_whole": area.where(known & inside, 0.0), f"{name}_due": area.where(inside, 0.0)}


def _share(name: str, flag: pd.Series, area: pd.Series, base: pd.Series) -> dict[str, pd.Series]:
    """Area where a condition holds over the area of its base, where both are known."""
    due = base.fillna(True).astype("bool")
    known = _sure(base) & flag.notna()
    return {f"{name}_part": area.where(known & _sure(flag), 0.0),
            f"{name}_whole": area.where(known, 0.0), f"{name}_due": area.where(due, 0.0)}


def _ratio(name: str, figure: pd.Series, area: pd.Series, base: pd.Series) -> dict[str, pd.Series]:
    """A figure over the area of its base, where the figure is known."""
    due = base.fillna(True).astype("bool")
    known = _sure(base) & figure.notna() & area.notna()
    return {f"{name}_part": figure.where(known, 0.0), f"{name}_whole": area.where(known, 0.0),
            f"{name}_due": area.where(due, 0.0)}  # fmt: skip


def park_parts(
    parcels: pd.DataFrame, parks: pd.Index, statistics: pd.DataFrame, coverage_min: float
) -> pd.DataFrame:
    """Sum the parts per park; the funnel as reported, the built rate else from parcels.

    Parameters
    ----------
    parcels : pandas.DataFrame
        With ``park_id`` and what :func:`parcel_parts` reads.
    parks : pandas.Index
        Ids of all parks.
    statistics : pandas.DataFrame
        See :func:`latest_statistics`.
    coverage_min : float
        Least share of the land that must be known for a figure from parcels to count.

    Returns
    -------
    pandas.DataFrame
        On the parks: ``<ratio>_part``, ``<ratio>_whole`` of :data:`RATIOS`; both null where the ratio
        is not assessable; ``built_rate_basis`` (``statistics``, ``parcels`` or null) and
        ``statistics_year``.
    """
    sums = parcel_parts(parcels).groupby(texts(parcels, "park_id")).sum().reindex(parks)
    given = statistics.reindex(parks)
    covered = {name: sums[f"{name}_whole"] >= coverage_min * sums[f"{name}_due"] - 1e-9
               for name in ("supplied", "built", *PARCEL_RATIOS)}  # fmt: skip
    frame = pd.DataFrame({"statistics_year": given["year"].astype("Int64")}, index=parks)
    for name, sides in FUNNEL.items():
        part, whole = (given[side].astype("float64") for side in sides)
        both = part.notna() & whole.notna()
        frame[f"{name}_part"], frame[f"{name}_whole"] = part.where(both), whole.where(both)
    # Part and whole come from one source: two that count differently make no ratio.
    reported = frame["built_rate_part"].notna()
    counted = ~reported & covered["supplied"] & covered["built"] & (sums["supplied_part"] > 0)
    frame["built_rate_part"] = frame["built_rate_part"].mask(counted, sums["built_part"])
    frame["built_rate_whole"] = frame["built_rate_whole"].mask(counted, sums["supplied_part"])
    basis = pd.Series(None, index=parks, dtype="str")
    frame["built_rate_basis"] = basis.mask(counted, "parcels").mask(reported, "statistics")
    for name in PARCEL_RATIOS:
        usable = covered[name] & (sums[f"{name}_whole"] > 0)
        for side in ("part", "whole"):
            frame[f"{name}_{side}"] = sums[f"{name}_{side}"].where(usable)
    return frame


def divided(parts: pd.DataFrame) -> pd.DataFrame:
    """Divide the parts by the wholes: the ratios, null without a positive whole.

    Examples
    --------
    >>> parts = pd.DataFrame({f"{name}_{side}": [1.0] for name in RATIOS for side in ("part", "whole")})
    >>> divided(parts)["built_rate"].tolist()
    [1.0]
    """
    return pd.DataFrame({name: parts[f"{name}_part"] / parts[f"{name}_whole"].where(
        parts[f"{name}_whole"] > 0) for name in RATIOS}, index=parts.index)  # fmt: skip


def rolled_up(parts: pd.DataFrame, by: pd.Series) -> pd.DataFrame:
    """Sum the parts of the parks of a group and divide; null as soon as one park's part is unknown.

    Parameters
    ----------
    parts : pandas.DataFrame
        Of :func:`park_parts`.
    by : pandas.Series
        Group of each park; a park without one is in none.
    """
    names = [f"{name}_{side}" for name in RATIOS for side in ("part", "whole")]
    groups = parts[names].groupby(by)
    return divided(groups.sum().where(groups.count().eq(groups.size(), axis=0)))
