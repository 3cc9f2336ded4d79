"""Three areas of a parcel side by side, and which one its ratios used."""

from __future__ import annotations

from typing import Any

import pandas as pd

from landtool import messages
from landtool.explanation.page import RuleResult, is_null, percent
from landtool.explanation.pieces import Subject, inputs_of, thresholds, worded
from landtool.indicators.land import AREA_COLUMNS, area_differences, area_used

_LIMIT = "area.difference_share_max"
_PAIRS = ("geometry_contract", "geometry_certificate", "contract_certificate")


def area_rule(subject: Subject) -> RuleResult | None:
    """The page of the areas; None for a contract or a park."""
    parcel, language = subject.parcel, subject.language
    if parcel is None:
        return None

    def say(key: str, **values: Any) -> str:
        return messages.say(f"explain.areas_{key}", language, **values)

    row = pd.DataFrame({name: pd.Series([parcel.get(name)], dtype="float64") for name in AREA_COLUMNS.values()})
    apart, used = area_differences(row).iloc[0], area_used(row).iloc[0]["area_used"]
    limit = float(subject.policy[_LIMIT].value)
    worst = apart["area_difference_share"]
    verdict = "not_assessable" if is_null(worst) else "differ" if worst > limit + 1e-12 else "agree"
    derived: dict[str, Any] = {say("used"): worded("area_used", used, language)}
    derived |= {say(f"pair_{pair}"): percent(apart[f"{pair}_share"]) for pair in _PAIRS
                if not is_null(apart[f"{pair}_share"])}
    return RuleResult("area.difference", say("rule"), verdict, say(f"verdict_{verdict}"),
                      inputs_of(parcel, "parcels", list(AREA_COLUMNS.values()), language), derived,
                      thresholds(subject.policy, [_LIMIT], language), say(f"change_{verdict}", limit=percent(limit)))
