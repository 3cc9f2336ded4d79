"""What it would take for a figure on the wrong side of its threshold to reach it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from landtool import messages
from landtool.explanation.page import figure, is_null
from landtool.explanation.pieces import unit_of

# Figures that are floor area or ground over the site: test or indicator -> what has to grow or shrink.
_GROUND = ("far", "building_coefficient", "service_land_share", "green_share")


def step(
    name: str, code: str, value: float, threshold: float, unit: str, area_m2: Any, language: str
) -> str:
    """Say from where to where a figure has to move, and how much money or ground that is.

    Parameters
    ----------
    name : str
        What people call it.
    code : str
        Of the test or indicator.
    value, threshold : float
        The figure, and the limit it has to reach.
    unit : str
        Of both: ``cny_m2``, ``ratio``, ``share``, ``years``.
    area_m2 : float or null
        The site; without it only the figure is told.
    language : {"zh", "en"}
        Language.

    Examples
    --------
    >>> step("容积率", "far", 0.4, 0.7, "ratio", 10_000.0, "zh")
    '容积率由 0.4 升至 0.7（计容建筑面积再增 3000 平方米）'
    >>> step("output intensity", "output_intensity", 500.0, 1500.0, "cny_m2", 10_000.0, "en")
    'output intensity from 500 CNY/m² up to 1,500 CNY/m² (CNY 10000000 more a year)'
    """
    way = "up" if threshold > value else "down"
    amount = ""
    if not is_null(area_m2) and (code in _GROUND or unit == "cny_m2"):
        kind = code if code in _GROUND else "once" if code == "investment_intensity" else "money"
        # Rounded up: with what is told the limit is reached.
        whole = float(math.ceil(round(abs(threshold - value) * float(area_m2), 2)))
        amount = messages.say(f"explain.step_{kind}", language, amount=whole)
    words = unit_of(unit, language)
    return messages.say(f"explain.step_{way}", language, name=name, value=figure(value, words),
                        threshold=figure(threshold, words), amount=amount)


def listed(steps: Iterable[str], language: str) -> str:
    """Steps one after the other."""
    return messages.say("explain.step_separator", language).join(dict.fromkeys(steps))
