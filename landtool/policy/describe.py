"""The numbers in force as a table, for people and for reports."""

from __future__ import annotations

from typing import Any

import pandas as pd

from landtool.messages import say
from landtool.policy.model import Parameter, Policy

COLUMNS = [
    "key", "meaning", "value", "unit", "comparison", "clause", "source", "standing", "verified",
    "in_force_from", "in_force_until", "policy", "note",
]  # fmt: skip
_WORDED = ("meaning", "unit", "clause", "note")


def describe_policy(policy: Policy, language: str = "zh", history: bool = False) -> pd.DataFrame:
    """One row per number in force: what it means, where it stands, and whether it is confirmed.

    Parameters
    ----------
    policy : Policy
    language : {"zh", "en"}
        Of meaning, unit, clause and note.
    history : bool
        Also the values of other days (laws that follow the date of a contract, overridden numbers).

    Returns
    -------
    pandas.DataFrame
        Columns ``key, meaning, value`` (text)``, unit, comparison, clause, source, standing,
        verified, in_force_from, in_force_until`` (null while no end is known)``, policy, note``.
        A table gives a row per entry, its code in brackets after the key, each with its own
        ``verified``.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> shown = describe_policy(load_policy("national", "2025-12-31"), "en").set_index("key")
    >>> shown.loc["idle.fee_share", ["value", "unit"]].tolist()
    ['0.2', 'share (0–1)']
    >>> shown.loc["floor_price.minimum_cny_m2[15]", "value"]
    '60'
    """
    found = (
        [value for key in sorted(policy.declared) for value in policy.history(key)]
        if history
        else [policy[key] for key in policy]
    )
    rows = [row for parameter in found for row in _rows(parameter, language)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    for name in ("in_force_from", "in_force_until"):
        frame[name] = pd.to_datetime(frame[name])
    return frame.astype({"verified": "boolean"})


def describe_in_both(policy: Policy) -> pd.DataFrame:
    """:func:`describe_policy` with ``meaning, unit, clause, note`` in both languages (``…_zh``, ``…_en``).

    It goes with the results, so that a report made later shows the numbers that were in force.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> both = describe_in_both(load_policy("national", "2025-12-31")).set_index("key")
    >>> both.loc["idle.fee_share", ["value", "unit_zh", "unit_en"]].tolist()
    ['0.2', '比例（0–1）', 'share (0–1)']
    """
    zh, en = (describe_policy(policy, language) for language in ("zh", "en"))
    named = {f"{name}_{language}": table[name] for name in _WORDED
             for language, table in (("zh", zh), ("en", en))}
    return zh.drop(columns=list(_WORDED)).assign(**named).astype(
        dict.fromkeys([*named, "key", "value", "comparison", "source", "standing", "policy"], "str"))


def _rows(parameter: Parameter, language: str) -> list[list[Any]]:
    in_zh = language == "zh"
    tail = [
        parameter.valid_from,
        parameter.valid_until,
        parameter.policy,
        parameter.note_zh if in_zh else parameter.note_en,
    ]
    meaning = parameter.meaning_zh if in_zh else parameter.meaning_en
    clause = parameter.clause if in_zh else parameter.clause_en
    unit = say(f"policy.unit_{parameter.unit}", language)
    entries = parameter.value.items() if parameter.is_table else [(None, parameter.value)]
    rows = []
    for code, value in entries:
        verified = parameter.verified if code is None else parameter.entry_verified(code)
        rows.append([
            parameter.key if code is None else f"{parameter.key}[{code}]",
            meaning, _text(value), unit, parameter.comparison, clause, parameter.source,
            parameter.standing if verified else "M", verified, *tail,
        ])  # fmt: skip
    return rows


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return value if isinstance(value, str) else f"{value:.10g}"
