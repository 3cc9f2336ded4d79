"""The numbers of the control indicators that bind a contract: those of the day it was signed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool.codes.industry import division, division_2002, is_manufacturing
from landtool.columns import coded, positions
from landtool.policy import Parameter, Policy
from landtool.rules.dated import in_force_on

#: Indicator -> its number in the policy.
KEYS = {
    "far": "control.far_min", "building_coefficient": "control.building_coefficient_min",
    "service_land_share": "control.service_land_share_max",
    "service_floor_share": "control.service_floor_share_max",
    "green_share": "control.green_share_max",
}  # fmt: skip
#: Why there is no threshold.
BARS = ("not_in_edition", "edition_absent", "not_manufacturing", "industry_unknown")
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
        and ``bar``: why there is no threshold (position in :data:`BARS`; -1 with one).
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
    bars = [(at < 0) & edition & ~begun, at < 0]
    if is_table.any():
        makes_goods = is_manufacturing(division(sites["industry_code"]))
        bars += [is_table & (~makes_goods).fillna(False).astype("bool"), is_table & np.isnan(threshold)]
    codes = np.select([np.asarray(bar, dtype=bool) for bar in bars], range(len(bars)), -1)
    rows = pd.DataFrame({
        "threshold": threshold, "threshold_verified": verified,
        "clause": coded(np.where(np.isnan(threshold), -1, at), [number.clause for number in found]),
        "valid_from": np.append(np.array([number.valid_from for number in found], dtype="datetime64[us]"),
                                np.datetime64("NaT", "us"))[at],
        "industry_division": group, "bar": codes,
    }, index=sites.index)  # fmt: skip
    return Terms(key, policy.declared[key].comparison, rows)


def _values(
    policy: Policy, found: list[Parameter], at: np.ndarray, industry: pd.Series
) -> tuple[np.ndarray, pd.arrays.BooleanArray, pd.Series]:
    """Threshold, whether it is verified, and the division it was looked up by."""
    value, verified = np.full(len(at), np.nan), np.zeros(len(at), dtype=bool)
    group = pd.Series(None, index=industry.index, dtype="str")
    for position, number in enumerate(found):
        mine = at == position
        if not number.is_table:
            value[mine], verified[mine] = number.value, number.verified
            continue
        own = _divisions(policy.at(number.valid_from), industry)
        entry = positions(own, pd.Index(list(number.value), dtype="str"))
        entries = np.append(np.array(list(number.value.values()), dtype="float64"), np.nan)
        checked = np.array([bool(number.entry_verified(code)) for code in number.value] + [False])
        value, verified = np.where(mine, entries[entry], value), np.where(mine, checked[entry], verified)
        group = group.mask(pd.Series(mine, index=group.index), own)
    return value, pd.arrays.BooleanArray(verified, np.isnan(value)), group


def _divisions(terms: Policy, industry: pd.Series) -> pd.Series:
    """Divisions in the edition in which the table of that day is written."""
    written = terms["control.contract_industry_edition"].value
    if terms["control.far_industry_edition"].value == _FIRST_EDITION:
        return division_2002(industry, edition=written)
    return division(industry, edition=written)
