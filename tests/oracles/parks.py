"""Park ratios parcel by parcel in plain Python; unknown is None."""

from __future__ import annotations


def ratio(parcels: list[dict], name: str, least: float) -> float | None:
    """One ratio of a park from its parcels, None where too little of the land is known."""
    part = whole = due = 0.0
    for one in parcels:
        area = one["area_m2"]
        base = {"active_share": one["is_supplied"]}.get(name, one["is_built"])
        if name.startswith("industrial_") and name != "industrial_share":
            base = both(one["is_built"], one["is_industrial"])
        figure = {
            "industrial_share": either(one["is_industrial"], one["is_storage"]),
            "active_share": one["is_active"], "overall_far": one["floor_area_m2"],
            "industrial_far": one["floor_area_m2"], "building_density": one["building_footprint_m2"],
        }[name]
        if base is False or area is None:
            continue
        due += area
        if base is None or figure is None:
            continue
        whole += area
        part += (area if figure else 0.0) if isinstance(figure, bool) else figure
    return part / whole if whole > 0 and whole >= least * due - 1e-9 else None


def both(one: bool | None, two: bool | None) -> bool | None:
    if one is False or two is False:
        return False
    return None if one is None or two is None else True


def either(one: bool | None, two: bool | None) -> bool | None:
    if one is True or two is True:
        return True
    return None if one is None or two is None else False
