"""What is said about output intensity: groups below the target, figures that disagree."""

from __future__ import annotations

import pandas as pd

from landtool import messages
from landtool.rules.findings import make_findings, no_findings
from landtool.rules.output_terms import Terms


def below_target_findings(
    frame: pd.DataFrame, kind: str, key: str, name: str, terms: Terms
) -> pd.DataFrame:
    """Find the groups of one level that are below the target: ``info`` while it lies ahead.

    Parameters
    ----------
    frame : pandas.DataFrame
        A level of :class:`landtool.rules.output_target.OutputResult`.
    kind, key, name : str
        Subject kind, and the columns that hold id and name.
    terms : Terms
        What was divided by what, against which target.
    """
    hits = frame[frame["output_verdict"] == "below"]
    if hits.empty:
        return no_findings()
    words = {
        f"{what}_{language}": messages.say(f"output.{term}", language)
        for language in messages.LANGUAGES
        for what, term in (("numerator", terms.numerator), ("denominator", terms.denominator))
    }  # fmt: skip
    for language in messages.LANGUAGES:
        words[f"name_{language}"] = hits[name]
        if key == "city":
            words[f"name_{language}"] = messages.say("output.city", language)
    hits = hits.assign(**words, target_from=pd.Timestamp(terms.applies_from))
    return make_findings(
        hits, rule_id=f"output.{'city' if key == 'city' else key.split('_')[0]}_below_target",
        subject_kind=kind, subject_id=key, severity="info" if terms.is_ahead else "warning",
        clause=terms.clause, measured="output_intensity_cny_m2", threshold="target_cny_m2",
        unit="cny_m2", message="output.target_ahead" if terms.is_ahead else "output.below_target",
        evidence=["output_year", "output_numerator", "output_denominator", "area_used",
                  "coverage_pct", "output_cny", "covered_area_m2", "output_gap_cny",
                  "output_gap_m2"],
    )  # fmt: skip


def investment_findings(rows: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """Find parcels whose fixed investment differs between operations and contract."""
    hits = rows[rows["investment_differs"].fillna(False).astype("bool")]
    return make_findings(
        hits, rule_id="output.investment_differs", subject_kind="parcel", subject_id="parcel_id",
        severity="info", clause=terms.clause, message="output.investment_differs",
        measured="fixed_investment_cny", threshold="invested_cny", unit="cny",
        evidence=["fixed_investment_cny", "invested_cny", "output_year"],
    )  # fmt: skip
