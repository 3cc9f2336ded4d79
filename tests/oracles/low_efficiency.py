"""Low-efficiency land, one parcel at a time: slow, and easy to check by hand.

A parcel is a dict (None: unknown): ``industrial, supplied, idle, producing, produced`` (date),
``agreed`` (date), ``area, output, tax, division, years`` ({year: (output, tax)}), ``control``
({indicator: verdict}). Its intensities are output and tax over area.
"""

from __future__ import annotations

import datetime as dt
from statistics import median

CONTROL = ("far", "building_coefficient", "service_land_share", "service_floor_share")


def months_later(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = [31, 29 if year % 4 == 0 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]
    return dt.date(year, month + 1, min(day.day, last))


def judged_from(parcel: dict, as_of: dt.date, ramp: int) -> dt.date | None:
    begun = parcel["produced"] if parcel["produced"] and parcel["produced"] <= as_of else None
    if begun is None:
        made = [year for year, (output, _) in parcel["years"].items() if output is not None and output > 0]
        begun = dt.date(min(made), 12, 31) if made else parcel["agreed"]
    return months_later(begun, ramp) if begun else None


def standing(parcel: dict, as_of: dt.date, ramp: int) -> str:
    if parcel["industrial"] is False or parcel["supplied"] is False:
        return "not_applicable"
    if parcel["idle"].startswith("idle_"):
        return "idle"
    due = judged_from(parcel, as_of, ramp)
    if due and due > as_of:
        return "in_ramp"
    unsure = parcel["idle"] == "not_assessable" and parcel["producing"] is not True
    if parcel["industrial"] is None or parcel["supplied"] is None or due is None or unsure:
        return "not_assessable"
    return "judged"


def intensity(parcel: dict, name: str) -> float | None:
    return None if parcel[name] is None or not parcel["area"] else parcel[name] / parcel["area"]


def relative(parcel: dict, name: str, judged: list[dict], ratio: float, least: int) -> str:
    own = intensity(parcel, name)
    known = [other for other in judged if intensity(other, name) is not None]
    peers = [other for other in known if parcel["division"] and other["division"] == parcel["division"]]
    if len(peers) < least:
        peers = known
    if own is None or len(peers) < least:
        return "not_assessable"
    limit = ratio * median([intensity(other, name) for other in peers])
    return "fires" if own < limit - 1e-9 * abs(limit) else "clear"


def zombie(parcel: dict, year: int, years: int) -> str:
    history = [parcel["years"].get(year - back, (None, None)) for back in range(years)]
    if all(output == 0 and tax == 0 for output, tax in history):
        return "fires"
    return "clear" if any(output or tax for output, tax in history) else "not_assessable"


def judge(parcels: list[dict], as_of: dt.date, ramp: int, ratio: float, least: int, year: int,
          years: int) -> list[tuple[str, list[str]]]:
    """Status and the rules that fire, parcel by parcel."""
    judged = [parcel for parcel in parcels if standing(parcel, as_of, ramp) == "judged"]
    found = []
    for parcel in parcels:
        place = standing(parcel, as_of, ramp)
        if place != "judged":
            found.append((place, []))
            continue
        verdicts = {f"{name}_intensity": relative(parcel, name, judged, ratio, least)
                    for name in ("output", "tax")}
        said = {"met": "clear", "failed": "fires", "not_applicable": "not_judged"}
        verdicts |= {name: said.get(parcel["control"][name], "not_assessable") for name in CONTROL}
        verdicts["zombie"] = zombie(parcel, year, years)
        fires = [name for name, verdict in verdicts.items() if verdict == "fires"]
        status = "low_efficiency" if fires else "not_low_efficiency"
        if not fires and "not_assessable" in verdicts.values():
            status = "not_assessable"
        found.append((status, fires))
    return found
