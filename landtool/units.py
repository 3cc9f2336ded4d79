"""Units of land and money: the only place with 10 000 / 15.

Inside landtool everything is in m² and CNY; mu, hectares, 万元 and 亿元 appear only where people read
or where a source declares them. Each table maps a unit's spellings to its size in the SI or CNY unit.

Examples
--------
>>> round(to_si(1.0, "亩"), 4)
666.6667
>>> to_si(65, "亿元/km²")
6500.0
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from landtool.errors import InputDataError

M2_PER_HA = 10_000.0
M2_PER_MU = 10_000.0 / 15.0
M2_PER_KM2 = 1_000_000.0
CNY_PER_WAN = 10_000.0
CNY_PER_YI = 100_000_000.0

AREA: dict[str, float] = {
    "m2": 1.0, "m²": 1.0, "㎡": 1.0, "平方米": 1.0, "平米": 1.0, "sqm": 1.0,
    "ha": M2_PER_HA, "hm2": M2_PER_HA, "hm²": M2_PER_HA, "公顷": M2_PER_HA,
    "mu": M2_PER_MU, "亩": M2_PER_MU,
    "km2": M2_PER_KM2, "km²": M2_PER_KM2, "平方公里": M2_PER_KM2, "平方千米": M2_PER_KM2,
    "万平方米": M2_PER_HA, "万m2": M2_PER_HA, "万㎡": M2_PER_HA,
}  # fmt: skip
MONEY: dict[str, float] = {
    "cny": 1.0, "元": 1.0, "rmb": 1.0, "人民币元": 1.0,
    "万元": CNY_PER_WAN, "万": CNY_PER_WAN, "千元": 1_000.0, "百万元": 1_000_000.0,
    "亿元": CNY_PER_YI, "亿": CNY_PER_YI,
}  # fmt: skip
LENGTH: dict[str, float] = {"m": 1.0, "米": 1.0, "km": 1000.0, "公里": 1000.0}
SHARE: dict[str, float] = {"%": 1.0, "pct": 1.0, "百分比": 1.0, "1": 100.0, "share": 100.0}
ENERGY: dict[str, float] = {"tce": 1.0, "吨标准煤": 1.0, "吨标煤": 1.0, "万吨标准煤": 1e4, "万吨标煤": 1e4}
MASS: dict[str, float] = {"t": 1.0, "吨": 1.0, "kg": 0.001, "千克": 0.001, "万吨": 1e4}
YEARS: dict[str, float] = {"years": 1.0, "年": 1.0, "a": 1.0, "月": 1 / 12, "months": 1 / 12}

# Canonical unit of a column -> the spellings a source may declare for it.
DIMENSIONS: dict[str, dict[str, float]] = {
    "m2": AREA, "cny": MONEY, "m": LENGTH, "pct": SHARE, "tce": ENERGY, "t": MASS, "years": YEARS,
}  # fmt: skip


def normal_unit(text: str) -> str:
    """Fold width, blanks and case of a unit's spelling.

    Examples
    --------
    >>> normal_unit(" 万元 "), normal_unit("M2")
    ('万元', 'm2')
    """
    return unicodedata.normalize("NFKC", text).replace(" ", "").replace("^", "").casefold()


def factor(unit: str, canonical: str) -> float:
    """Size of ``unit`` in ``canonical`` units (``m2``, ``cny``, ``cny_m2``, ``pct`` …).

    Raises
    ------
    InputDataError
        If the unit is unknown for that dimension; the allowed spellings are named.

    Examples
    --------
    >>> factor("公顷", "m2"), factor("万元", "cny"), factor("万元/亩", "cny_m2")
    (10000.0, 10000.0, 15.0)
    """
    spelled = normal_unit(unit)
    if canonical == "cny_m2":
        parts = re.split(r"/|每", spelled)
        if len(parts) == 2:
            return factor(parts[0], "cny") / factor(parts[1], "m2")
    elif canonical in DIMENSIONS:
        table = {normal_unit(name): size for name, size in DIMENSIONS[canonical].items()}
        if spelled in table:
            return table[spelled]
    allowed = "元/m², 万元/ha, 万元/亩, 亿元/km²" if canonical == "cny_m2" else ", ".join(
        DIMENSIONS.get(canonical, {}))
    raise InputDataError(f"unknown unit {unit!r} for a quantity in {canonical}", "unit",
                         f"use one of: {allowed}")


def to_si(value: Any, unit: str) -> Any:
    """Convert a number, array or Series from ``unit`` to m², CNY or CNY/m².

    Examples
    --------
    >>> to_si(1, "万元/亩")
    15.0
    """
    spelled = normal_unit(unit)
    if "/" in spelled or "每" in spelled:
        return value * factor(unit, "cny_m2")
    for canonical in ("m2", "cny"):
        try:
            return value * factor(unit, canonical)
        except InputDataError:
            continue
    raise InputDataError(f"unknown unit {unit!r}", "unit", "use m², ha, 亩, km², 元, 万元 or 亿元")


def ha(area_m2: Any) -> Any:
    """m² to hectares."""
    return area_m2 / M2_PER_HA


def mu(area_m2: Any) -> Any:
    """m² to mu (亩)."""
    return area_m2 / M2_PER_MU


def km2(area_m2: Any) -> Any:
    """m² to km²."""
    return area_m2 / M2_PER_KM2


def wan(cny: Any) -> Any:
    """CNY to 万元."""
    return cny / CNY_PER_WAN


def yi(cny: Any) -> Any:
    """CNY to 亿元."""
    return cny / CNY_PER_YI


def yi_per_km2(cny_m2: Any) -> Any:
    """CNY/m² to 亿元/km², the unit of the policy's output target.

    Examples
    --------
    >>> yi_per_km2(6500.0)
    65.0
    """
    return cny_m2 * M2_PER_KM2 / CNY_PER_YI
