"""Control indicators read slowly, one parcel at a time, in plain Python; numbers written out again here."""

from __future__ import annotations

import datetime as dt

FAR_2008 = {13: 1.0, 14: 1.0, 15: 1.0, 16: 1.0, 18: 1.0, 19: 1.0, 24: 1.0, 30: 1.0, 17: 0.8, 20: 0.8, 21: 0.8,
            22: 0.8, 23: 0.8, 28: 0.8, 29: 0.8, 27: 0.7, 31: 0.7, 26: 0.6, 32: 0.6, 33: 0.6, 25: 0.5,
            34: 0.7, 35: 0.7, 36: 0.7, 37: 0.7, 39: 0.7, 43: 0.7, 40: 1.0, 41: 1.0, 42: 1.0}  # fmt: skip
#: Four-digit code of 2017 -> division of 2002.
TO_2002 = {"2710": 27, "2911": 29, "2921": 30, "3011": 31, "3110": 32, "3411": 35, "3611": 37, "3811": 39,
           "1311": 13, "2511": 25}  # fmt: skip
START_2008, START_2023 = dt.date(2008, 1, 31), dt.date(2023, 5, 16)
FIGURES = {"far": ("floor_area_m2", "site"), "service_land_share": ("service_land_m2", "site"),
           "green_share": ("green_area_m2", "site"),
           "service_floor_share": ("service_floor_area_m2", "floor_area_m2")}  # fmt: skip


def threshold(indicator, signed, code):
    """The number in force on the day, ``"none"`` where the edition asks nothing, None where unknown."""
    if signed < START_2008:
        return None
    new = signed >= START_2023
    if indicator == "far":
        return None if new else FAR_2008.get(TO_2002.get(code))
    if indicator == "building_coefficient":
        return 0.4 if new else 0.3
    if indicator == "service_land_share":
        return 0.07
    if indicator == "service_floor_share":
        return 0.15 if new else "none"
    return None if new else 0.2


def value(indicator, row):
    """(least, most) of the value by the register; None where nothing is known."""
    site = row["area_m2"]
    if indicator == "building_coefficient":
        if row["building_footprint_m2"] is None or not site:
            return None
        low = row["building_footprint_m2"] / site
        yards = row["structure_and_yard_area_m2"]
        return (low, float("inf")) if yards is None else (low + yards / site,) * 2
    part, whole = FIGURES[indicator]
    whole = site if whole == "site" else row[whole]
    if row[part] is None or not whole:
        return None
    return (row[part] / whole,) * 2


def judge(row, indicator, as_of):
    """Verdict of one indicator on one parcel."""
    if row["is_industrial"] is False:
        return "not_applicable"
    if row["is_industrial"] is None or row["contract_id"] is None or row["signed_date"] is None:
        return "not_assessable"
    limit = threshold(indicator, row["signed_date"], row["industry_code"])
    if limit == "none":
        return "not_applicable"
    if limit is None:
        return "not_assessable"
    done = row["actual_completion_date"]
    if done is None or done > as_of:
        return "not_due"  # the register keeps the date
    bounds = value(indicator, row)
    if bounds is None:
        return "not_assessable"
    low, high = bounds
    least = indicator in ("far", "building_coefficient")
    if (low >= limit - 1e-9) if least else (high <= limit + 1e-9):
        return "met"
    if (high < limit - 1e-9) if least else (low > limit + 1e-9):
        return "failed"
    return "not_assessable"


def built(cell_m, parcel, buildings):
    """What stands on a parcel, counted cell by cell; every shape is a set of cells of ``cell_m`` a side.

    Returns covered, plain, counted and most counted floor area in m²; None where unknown.
    """
    size = cell_m * cell_m
    covered, plain, counted, most, count = set(), 0.0, 0.0, 0.0, 0
    for one in buildings:
        here = one["cells"] & parcel
        if not here:
            continue
        count += 1
        covered |= here
        if one["kind"] in ("structure", "yard") or plain is None:
            continue
        if one["floor_area_m2"]:
            floor = one["floor_area_m2"] * len(here) / len(one["cells"])
        elif one["floors"]:
            floor = len(here) * size * one["floors"]
        else:
            plain = counted = most = None
            continue
        height, floors = one["height_m"], one["floors"]
        if height is not None and height <= 8:
            high = False
        elif height is None or not floors:
            high = None
        else:
            high = height / floors > 8
        plain += floor
        counted += floor * (2 if high else 1)
        most += floor * (1 if high is False else 2)
    if not count:
        return None, None, None, None
    return len(covered) * size, plain, counted, most
