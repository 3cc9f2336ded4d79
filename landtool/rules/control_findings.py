"""What is said about control indicators: projects on the wrong side of one, and figures that disagree."""

from __future__ import annotations

import pandas as pd

from landtool import messages
from landtool.policy import Policy
from landtool.rules.findings import concat_findings, make_findings

_EVIDENCE = [
    "parcel_id", "contract_id", "indicator", "signed_date", "industry_division", "value", "basis",
    "register_value", "geometry_value", "threshold", "comparison", "threshold_verified", "valid_from",
    "margin", "area_used", "area_used_m2", "is_mandatory", "agreed_min", "agreed_max", "source_file",
    "source_row",
]  # fmt: skip
_SIDES = {">=": "below", "<=": "above"}


def control_findings(rows: pd.DataFrame, terms: Policy) -> pd.DataFrame:
    """Find failed control indicators, FAR outside the contract's limits, and figures that disagree.

    Investment intensity makes no finding here: the commitment that names it has its own.

    Parameters
    ----------
    rows : pandas.DataFrame
        The table of :class:`landtool.rules.control.ControlResult`.
    terms : Policy
        At the day of the assessment; uses ``control.difference_share_max``.
    """
    failed = rows[(rows["verdict"] == "failed") & (rows["threshold_source"] == "edition")]
    agreed = rows[rows["agreed_verdict"] == "failed"]
    found = [
        make_findings(
            _worded(part), rule_id=f"control.{indicator}", subject_kind="parcel",
            subject_id="parcel_id", severity="warning", clause=str(clause),
            message=f"control.{_SIDES[str(part['comparison'].iloc[0])]}_{_unit(str(indicator))}",
            measured="value", threshold="threshold", unit=_unit(str(indicator)),
            since="signed_date", evidence=_EVIDENCE)
        for (indicator, clause), part in failed.groupby(["indicator", "clause"], sort=True)
    ]  # fmt: skip
    found.append(make_findings(
        _worded(agreed.assign(limit=agreed["agreed_min"].where(
            agreed["value"] < agreed["agreed_min"], agreed["agreed_max"]))),
        rule_id="control.far_agreed", subject_kind="parcel", subject_id="parcel_id",
        severity="warning", clause=messages.say("control.contract_clause", "zh"),
        message="control.far_agreed", measured="value", threshold="limit", unit="ratio",
        since="signed_date", evidence=_EVIDENCE))  # fmt: skip
    limit = terms["control.difference_share_max"]
    differing = rows[rows["difference_share"] > float(limit.value)]
    found += [
        make_findings(
            _worded(part.assign(share_max=float(limit.value))), rule_id="control.figures_differ",
            subject_kind="parcel", subject_id="parcel_id", severity="info", clause=limit.clause,
            message=f"control.figures_differ_{unit}", measured="difference_share",
            threshold="share_max", unit="share", discriminator="indicator", evidence=_EVIDENCE)
        for unit, part in differing.groupby(differing["indicator"].map(_unit), sort=True)
    ]  # fmt: skip
    return concat_findings(found)


def _unit(indicator: str) -> str:
    """FAR is a ratio, all else a share."""
    return "ratio" if indicator == "far" else "share"


def _worded(hits: pd.DataFrame) -> pd.DataFrame:
    """Add the words for indicator and basis, and a note on a number that nobody verified."""
    words: dict[str, pd.Series] = {}
    for language in messages.LANGUAGES:
        for name in ("indicator", "basis"):
            words[f"{name}_{language}"] = messages.words(hits[name], f"control.{name}.", language)
        note = messages.say("control.unverified", language)
        doubtful = ~hits["threshold_verified"].fillna(True).astype("bool")
        notes = pd.Series(
            pd.array(["", note], dtype="str").take(doubtful.to_numpy(dtype="int64")), index=hits.index)
        capped = hits["agreed_max"] < hits["threshold"]
        if capped.any():  # who builds as agreed cannot reach the indicator
            notes = notes.where(~capped, messages.render("control.capped", language, hits) + notes)
        words[f"note_{language}"] = notes
    return hits.assign(**words)
