"""The numbers of the control indicators that bind a contract: those of the day it was signed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool.codes.industry import division, division_2002, is_manufacturing
from landtool.policy import Parameter, Policy
from landtool.rules.dated import in_force_on

#: Indicator -> its number in the policy.
KEYS = {
    "far": "control.far_min", "building_coefficient": "control.building_coefficient_min",
    "service_land_share": "control.service_land_share_max",
    "service_floor_share": "control.service_floor_share_max",
    "green_share": "control.green_share_max",
}  # fmt: skip
_FIRST_EDITION = "2002"


@dataclass(frozen=True)
class Terms:
    """One indicator's numbers.

    Attributes
    ----------
    key, comparison : str
        Of the policy.
    rows : pandas.DataFrame
        Per parcel: ``threshold``, ``clause``, ``threshold_verified``, ``valid_from``,
        ``industry_division`` (of the edition the FAR table is written in; null for other indicators),
        and ``bar``: why there is no threshold (``not_in_edition``, ``edition_absent``,
        ``industry_unknown``, ``not_manufacturing``; null with one).
    """

    key: str
    comparison: str
    rows: pd.DataFrame


def edition_in_force(policy: Policy, signed: pd.Series) -> pd.Series:
    """Tell whether any edition of the indicators that the policy knows is in force on each day."""
    known = np.zeros(len(signed), dtype=bool)
    for key in KEYS.values():
        known |= in_force_on(policy, key, signed)[1] >= 0
    return pd.Series(known, index=signed.index)


def terms_of(policy: Policy, name: str, sites: pd.DataFrame, edition: pd.Series) -> Terms:
    """Give an indicator's threshold for each contract, by the day it was signed.

    An edition that is in force and has never had the indicator asks nothing. A number that ended
    without a successor, or a day before the first edition the policy knows, leaves it open.
    """
    key = KEYS[name]
    found, at = in_force_on(policy, key, sites["signed_date"])
    threshold, verified, group = _values(policy, found, at, sites["industry_code"])
    begun = pd.Series(False, index=sites.index)
    if found:
        begun = sites["signed_date"] >= pd.Timestamp(min(n.valid_from for n in policy.history(key)))
    is_table = np.array([number.is_table for number in found] + [False])[at]
    makes_goods = is_manufacturing(division(sites["industry_code"])) if is_table.any() else None
    bars = [(at < 0) & edition & ~begun, at < 0]
    if makes_goods is not None:
        bars += [is_table & (~makes_goods).fillna(False).astype("bool"), is_table & threshold.isna()]
    codes = np.select([np.asarray(bar, dtype=bool) for bar in bars], range(len(bars)), -1)
    words = ["not_in_edition", "edition_absent", "not_manufacturing", "industry_unknown"]
    rows = pd.DataFrame({
        "threshold": threshold, "threshold_verified": verified,
        "clause": _take([number.clause for number in found], np.where(threshold.notna(), at, -1)),
        "valid_from": np.append(np.array([number.valid_from for number in found], dtype="datetime64[us]"),
                                np.datetime64("NaT", "us"))[at],
        "industry_division": group, "bar": _take(words, codes),
    }, index=sites.index)  # fmt: skip
    return Terms(key, policy.declared[key].comparison, rows)


def _values(
    policy: Policy, found: list[Parameter], at: np.ndarray, industry: pd.Series
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Threshold, whether it is verified, and the division it was looked up by."""
    value = pd.Series(np.nan, index=industry.index)
    verified = pd.Series(pd.NA, index=industry.index, dtype="boolean")
    group = pd.Series(None, index=industry.index, dtype="str")
    for position, number in enumerate(found):
        mine = pd.Series(at == position, index=industry.index)
        if not number.is_table:
            value, verified = value.mask(mine, number.value), verified.mask(mine, number.verified)
            continue
        own = _divisions(policy.at(number.valid_from), industry)
        checked = pd.Series({code: number.entry_verified(code) for code in number.value})
        value = value.mask(mine, own.map(number.series()))
        verified = verified.mask(mine, own.map(checked).astype("boolean"))
        group = group.mask(mine, own)
    return value, verified.mask(value.isna()), group


def _divisions(terms: Policy, industry: pd.Series) -> pd.Series:
    """Divisions in the edition in which the table of that day is written."""
    written = terms["control.contract_industry_edition"].value
    if terms["control.far_industry_edition"].value == _FIRST_EDITION:
        return division_2002(industry, edition=written)
    return division(industry, edition=written)


def _take(words: list[str], codes: np.ndarray) -> pd.api.extensions.ExtensionArray:
    return pd.array([*words, None], dtype="str").take(codes)
