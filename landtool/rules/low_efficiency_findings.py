"""What is said of low-efficiency land: which rules fire, by how much, which route is suggested."""

from __future__ import annotations

from functools import partial

import pandas as pd

from landtool import messages
from landtool.columns import numbers, translated
from landtool.rules.findings import concat_findings, make_findings
from landtool.rules.low_efficiency_terms import Terms, parts_of

_EVIDENCE = ["low_efficiency_reasons", "low_efficiency_margin", "low_efficiency_route", "area_used_m2",
             "judged_from_date", "recoverable_area_m2", "foregone_output_cny"]  # fmt: skip


def low_efficiency_findings(
    parcels: pd.DataFrame, by_parcel: pd.DataFrame, terms: Terms
) -> pd.DataFrame:
    """Find low-efficiency parcels (``low_efficiency.parcel``) and zombie parcels.

    Parameters
    ----------
    parcels : pandas.DataFrame
        ``parcel_id``; reads ``area_used_m2``.
    by_parcel : pandas.DataFrame
        ``parcels`` of :class:`landtool.rules.low_efficiency.LowEfficiencyResult`.
    terms : Terms
        The policy's words.
    """
    table = by_parcel.assign(parcel_id=parcels["parcel_id"], years=terms.zombie_years,
                             area_used_m2=numbers(parcels, "area_used_m2"))
    low = table[table["is_low_efficiency"].fillna(False).astype("bool")]
    zombies = table[table["is_zombie"].fillna(False).astype("bool")]
    return concat_findings([
        make_findings(
            _worded(low), rule_id="low_efficiency.parcel", subject_kind="parcel",
            subject_id="parcel_id", severity="warning", clause=terms.clauses["output_intensity"],
            message="low_efficiency.parcel", measured="low_efficiency_margin", unit="share",
            evidence=_EVIDENCE),
        make_findings(
            zombies, rule_id="low_efficiency.zombie", subject_kind="parcel", subject_id="parcel_id",
            severity="warning", clause=terms.clauses["zombie"], message="low_efficiency.zombie_parcel",
            measured="years", threshold="years", unit="years",
            evidence=["area_used_m2", "judged_from_date"]),
    ])  # fmt: skip


def _worded(low: pd.DataFrame) -> pd.DataFrame:
    """Add the words for rules and routes in both languages; few lists of rules occur."""
    words = {}
    for language in messages.LANGUAGES:
        words[f"reasons_{language}"] = translated(
            low["low_efficiency_reasons"], partial(reasons_in_words, language=language))
        none = messages.say("low_efficiency.no_route", language)
        words[f"route_{language}"] = translated(
            low["low_efficiency_route"], partial(_route, language)).fillna(none)
    return low.assign(**words)


def _route(language: str, route: str) -> str:
    return messages.say(f"low_efficiency.route.{route}", language)


def reasons_in_words(reasons: str, language: str) -> str:
    """Name the rules of a list such as ``far, output_intensity & tax_intensity``.

    Examples
    --------
    >>> reasons_in_words("far, tax_intensity & commitment", "en")
    'FAR; tax intensity and commitments'
    """
    both = messages.say("low_efficiency.both", language)
    return messages.say("low_efficiency.between", language).join(
        both.join(messages.say(f"low_efficiency.test.{part}", language) for part in parts_of(rule))
        for rule in reasons.split(", "))
