"""Findings of two runs side by side: new, resolved, changed; and in what they changed."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

import numpy as np
import pandas as pd

from landtool.rules.findings import no_findings

#: Evidence that speaks of the whole register, not of the subject: it moves with every other row.
_OF_THE_REGISTER = ("idle_start_fill_share",)
#: What makes a finding another one for people; ``due`` follows the day of the run by itself.
_PARTS = ("severity", "clause", "threshold", "since")
_SAME_NUMBER = 1e-9
CHANGES = ("new", "resolved", "changed", "same")
_SHOWN = ["rule_id", "subject_kind", "subject_id"]
_BOTH = ["severity", "measured", "threshold", "unit", "since", "message_zh", "message_en"]


def compare_findings(before: pd.DataFrame | None, after: pd.DataFrame | None, days: int) -> pd.DataFrame:
    """Match the findings of two runs by ``finding_id``.

    Parameters
    ----------
    before, after : DataFrame or None
        Findings of the earlier and the later run.
    days : int
        Days between the days the two runs speak of: a count of days that grew by just so many has
        not changed, it has only aged.

    Returns
    -------
    DataFrame
        One row per finding of either: finding_id, rule_id, subject_kind, subject_id, change (``new``,
        ``resolved``, ``changed``, ``same``), what (names of what changed, joined by commas: severity,
        clause, threshold, since, measured, and inputs as ``evidence.<name>``), and severity,
        measured, threshold, unit, since and message with ``_before`` and ``_after``.

    Examples
    --------
    >>> compare_findings(None, None, 0).empty
    True
    """
    one = (no_findings() if before is None else before).set_index("finding_id")
    two = (no_findings() if after is None else after).set_index("finding_id")
    both = one.merge(two, how="outer", left_index=True, right_index=True, suffixes=("_before", "_after"))
    was, now = both["rule_id_before"].notna(), both["rule_id_after"].notna()
    parts = _changed_parts(both, days)
    what = pd.Series("", index=both.index, dtype="str")
    for name, differs in parts.items():
        what = what.mask(differs & was & now, what + f",{name}")
    inputs = was & now & (both["evidence_before"] != both["evidence_after"])
    what = what + _changed_inputs(both[inputs]).reindex(both.index).fillna("")
    table = pd.DataFrame({name: both[f"{name}_after"].fillna(both[f"{name}_before"]) for name in _SHOWN})
    table["change"] = np.select([~was, ~now, what.ne("")], CHANGES[:3], CHANGES[3])
    table["what"] = what.str.lstrip(",")
    for name in _BOTH:
        for side in ("before", "after"):
            table[f"{name}_{side}"] = both[f"{name}_{side}"]
    order = table["change"].map({name: rank for rank, name in enumerate(CHANGES)})
    table = table.assign(_order=order).sort_values(["_order", "rule_id", "subject_id"], kind="stable")
    return table.drop(columns="_order").reset_index()


def _changed_parts(both: pd.DataFrame, days: int) -> dict[str, pd.Series]:
    parts = {name: _differs(both[f"{name}_before"], both[f"{name}_after"]) for name in _PARTS}
    ages = both["unit_before"].eq("days").fillna(False).to_numpy(dtype=bool)
    # What counts towards a day ahead shrinks as the calendar goes on.
    moved = both["measured_after"] - both["measured_before"]
    aged = ages & (moved.abs() == abs(days)).to_numpy(dtype=bool)
    parts["measured"] = _differs(both["measured_before"], both["measured_after"]) & ~aged
    return parts


def _differs(one: pd.Series, two: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(one) and pd.api.types.is_float_dtype(two):
        same = np.isclose(one, two, rtol=_SAME_NUMBER, atol=_SAME_NUMBER, equal_nan=True)
        return pd.Series(~same, index=one.index)
    return (one.ne(two) & ~(one.isna() & two.isna())).fillna(True).astype("bool")


def _changed_inputs(rows: pd.DataFrame) -> pd.Series:
    """Names of the inputs that differ; only findings whose evidence differs come here."""
    names = [changed_evidence(json.loads(one), json.loads(two)) for one, two in zip(
        rows["evidence_before"], rows["evidence_after"], strict=True)]
    return pd.Series(["".join(f",evidence.{name}" for name in each) for each in names], index=rows.index,
                     dtype="str")


def changed_evidence(one: dict[str, Any], two: dict[str, Any]) -> list[str]:
    """Names of inputs that differ between two evidences of one finding.

    Examples
    --------
    >>> changed_evidence({"price_cny": 1, "idle_start_fill_share": 0.5}, {"price_cny": 2})
    ['price_cny']
    """
    return [name for name in sorted(one.keys() | two.keys())
            if name not in _OF_THE_REGISTER and not _is_same(one.get(name), two.get(name))]


def _is_same(one: Any, two: Any) -> bool:
    """Whether two values say the same: what reckoning in another order leaves behind the ninth digit is no news."""
    is_reckoned = isinstance(one, float) or isinstance(two, float)  # whole numbers are told whole
    if is_reckoned and isinstance(one, int | float) and isinstance(two, int | float):
        return math.isclose(one, two, rel_tol=_SAME_NUMBER, abs_tol=_SAME_NUMBER)
    return bool(one == two)


def finding_changes(one: dict[str, Any], two: dict[str, Any], days: int) -> list[str]:
    """Names of what changed between two states of one finding that a case keeps.

    Examples
    --------
    >>> old = {"severity": "breach", "unit": "days", "measured": 400.0, "evidence": {}}
    >>> finding_changes(old, old | {"measured": 430.0}, 30)
    []
    >>> finding_changes(old, old | {"measured": 800.0, "severity": "recover"}, 30)
    ['severity', 'measured']
    """
    found = [name for name in _PARTS if not _is_same(one.get(name), two.get(name))]
    was, now = one.get("measured"), two.get("measured")
    if not _is_same(was, now):
        aged = (one.get("unit") == "days" and was is not None and now is not None
                and abs(now - was) == abs(days))
        found += [] if aged else ["measured"]
    return found + [f"evidence.{name}" for name in changed_evidence(one["evidence"], two["evidence"])]


def days_between(one: str | None, two: str | None) -> int:
    """Days from one ISO date to the other; 0 where either is unknown."""
    if not one or not two:
        return 0
    return (dt.date.fromisoformat(two) - dt.date.fromisoformat(one)).days
