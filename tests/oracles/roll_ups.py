"""Figures of parks, districts, region groups and the city, added up one by one; unknown is None."""

from __future__ import annotations


def members(levels: dict, park: str | None) -> dict[str, str | None]:
    """Whom a park belongs to: itself, its district, the district's region group, the city."""
    district = levels["district_of"].get(park)
    return {"park": park, "district": district, "region_group": levels["group_of"].get(district), "city": "city"}


def output_intensity(parcels: list[dict], levels: dict, least: float) -> dict[tuple[str, str], float | None]:
    """Output over land of everybody who has a parcel; None where too little of the land is known."""
    sums: dict[tuple[str, str], list[float]] = {}
    for one in parcels:
        if one["is_industrial"] is False or one["in_production"] is False:
            continue
        belongs = one["is_industrial"] is True and one["in_production"] is True
        known = belongs and one["output"] is not None
        for level, name in members(levels, one["park_id"]).items():
            if name is not None:
                made, land, covered = sums.setdefault((level, name), [0.0, 0.0, 0.0])
                sums[level, name] = [made + (one["output"] if known else 0.0), land + one["area"],
                                     covered + (one["area"] if known else 0.0)]
    return {key: made / covered if covered > 0 and covered >= least * land - 1e-9 else None
            for key, (made, land, covered) in sums.items()}


def share(parks: list[dict], levels: dict, level: str, name: str) -> float | None:
    """The share of all parks of a group together; None as soon as one park's part is not known."""
    mine = [one for one in parks if members(levels, one["park_id"])[level] == name]
    if not mine or any(one["top"] is None or one["base"] is None for one in mine):
        return None
    base = sum(one["base"] for one in mine)
    return sum(one["top"] for one in mine) / base if base > 0 else None
