"""What is said about commitments: tests that failed, and documents that disagree."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landtool import messages
from landtool.policy import Policy
from landtool.rules.commitment_dates import METRICS
from landtool.rules.findings import concat_findings, make_findings

_EVIDENCE = [
    "contract_id", "parcel_id", "source", "metric", "year", "due_date", "due_basis", "test_date", "area_m2",
    "committed_cny_m2", "committed_total_cny", "actual_cny_m2", "actual_total_cny", "actual_year",
    "actual_basis", "ratio", "shortfall_cny", "committed_amount", "actual_amount", "amount_unit", "status", "stage",
    "source_file", "source_row",
]  # fmt: skip
_MESSAGES = {"investment": "investment_short", "employees": "employees_short", "energy": "energy_over"}
# One figure stated in 万元/亩 and as a rounded total is the same figure.
_SAME_SHARE = 1e-3


def commitment_findings(rows: pd.DataFrame, bound: pd.DataFrame, terms: Policy) -> pd.DataFrame:
    """Find the commitments that were not kept, and those that contract and agreement state differently.

    A test that failed is a ``breach``, one met in part a ``warning``; either is ``info`` where the
    contract no longer binds, or where the policy does not test that metric or that document.

    Parameters
    ----------
    rows : pandas.DataFrame
        The table of :class:`landtool.rules.commitments.CommitmentResult` with ``standing``.
    bound : pandas.DataFrame
        The commitments themselves, one row each.
    terms : Policy
        At the day of the assessment.
    """
    hits = rows[rows["is_current"] & rows["has_verdict"] & (rows["status"] != "met")]
    counts = hits["is_tested"] & (hits["standing"] == "in_force")
    severity = np.where(counts, np.where(hits["status"] == "failed", "breach", "warning"), "info")
    hits = _worded(hits.assign(mark=hits["source"] + "|" + hits["metric"],
                               met_ratio=float(terms["commitment.met_ratio"].value)))  # fmt: skip
    found = [
        make_findings(
            part, rule_id=f"commitment.{metric}", subject_kind="contract",
            subject_id="contract_id", severity=str(level), clause=terms["commitment.metrics"].clause,
            message=f"commitment.{_MESSAGES.get(str(metric), 'yearly_short')}", measured="ratio", threshold="met_ratio", unit="ratio",
            since="due_date", discriminator="mark", evidence=_EVIDENCE)
        for (metric, level), part in hits.groupby(["metric", severity], sort=True)
    ]  # fmt: skip
    return concat_findings([*found, _differing(bound, terms)])


def _worded(hits: pd.DataFrame) -> pd.DataFrame:
    """Add the words for source, metric and status in both languages."""
    words = {}
    for name in ("source", "metric", "status"):
        for language in messages.LANGUAGES:
            words[f"{name}_{language}"] = messages.words(hits[name], f"commitment.{name}.", language)
    return hits.assign(**words)



def _differing(bound: pd.DataFrame, terms: Policy) -> pd.DataFrame:
    """Find contracts whose last stage of a metric differs between grant contract and agreement."""
    known = bound[(bound["contract_row"] >= 0) & bound["committed_cny_m2"].fillna(
        bound["committed_total_cny"]).notna()]  # fmt: skip
    pair = known["contract_row"].to_numpy() * len(METRICS) + known["metric_code"].to_numpy()
    stages = pd.DataFrame({"pair": pair, "source": pd.factorize(known["source"])[0], "due": known["due_date"].array})
    stages = stages.sort_values("due", na_position="first", kind="stable")
    last = known.take(stages.drop_duplicates(["pair", "source"], keep="last").index)
    contract, agreement = (last[last["source"] == source] for source in ("contract", "agreement"))
    _, one, other = np.intersect1d(*(
        part["contract_row"] * len(METRICS) + part["metric_code"] for part in (contract, agreement)),
        return_indices=True)  # fmt: skip
    names, keys = ["committed_cny_m2", "committed_total_cny"], ["contract_id", "metric"]
    both = contract[[*keys, "parcel_id", *names]].take(one).assign(
        **{f"{name}_agreed": agreement[name].array.take(other) for name in names})
    gaps = [(both[f"{name}_agreed"] - both[name]).abs() > _SAME_SHARE * both[name] for name in names]
    known_total = both[names[1]].notna() & both[f"{names[1]}_agreed"].notna()
    differs = gaps[1].where(known_total, gaps[0]).astype("bool")
    hits = both[differs].assign(source="contract", status="met").sort_values(keys)
    return make_findings(
        _worded(hits), rule_id="commitment.sources_differ", subject_kind="contract",
        subject_id="contract_id", severity="info", clause=terms["commitment.sources"].clause,
        message="commitment.sources_differ", measured=names[0], threshold=f"{names[0]}_agreed",
        unit="cny_m2", discriminator="metric",
        evidence=["contract_id", "parcel_id", "metric", *names, *(f"{name}_agreed" for name in names)],
    )  # fmt: skip
