"""What is said about milestones that are overdue or were reached late, and about a parcel's contracts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from landtool import messages
from landtool.columns import dates, numbers, texts, translated
from landtool.policy import Policy
from landtool.rules.findings import concat_findings, make_findings

_EVIDENCE = ["contract_id", "parcel_id", "agreed_date", "actual_date", "agreed_basis", "days_late",
             "defaulting_party", "excuse", "remedy"]  # fmt: skip


def milestone_findings(table: pd.DataFrame, terms: Policy, counts: np.ndarray) -> pd.DataFrame:
    """Find the milestones of contracts in force that are overdue or were reached late.

    Overdue is a ``warning``; late, from the policy's days on, is ``info``.

    Parameters
    ----------
    table : pandas.DataFrame
        Of :class:`landtool.rules.milestones.MilestoneResult`.
    terms : Policy
        At the day of the assessment.
    counts : numpy.ndarray
        bool per row: whether it is told here.
    """
    least = int(terms["milestone.finding_days_min"].value)
    in_force = table["standing"].isna() | table["standing"].eq("in_force")
    days = table["days_late"].fillna(0).to_numpy(dtype="int64")
    overdue = table["status"].eq("overdue").to_numpy()
    told = counts & in_force.to_numpy() & (overdue | (table["status"].eq("late").to_numpy() & (days >= least)))
    hits = table[told]
    found = []
    for (name, status), rows in hits.groupby(["milestone", "status"], sort=True):
        key = "idle.clause.art8_1" if name == "delivery" else "milestone.clause"
        found.append(make_findings(
            _worded(rows, str(name)), rule_id=f"milestone.late_{name}", subject_kind="contract",
            subject_id="contract_id", severity="warning" if status == "overdue" else "info",
            clause=messages.say(key, "zh"), message=f"milestone.{status}", measured="days_late",
            threshold=0.0, unit="days", since="agreed_date", evidence=_EVIDENCE))  # fmt: skip
    return concat_findings(found)


def _worded(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Add the words of milestone, party, excuse and remedy in both languages."""
    words: dict[str, object] = {}
    for language in messages.LANGUAGES:
        say = partial(_say, language=language)
        words |= {
            f"milestone_{language}": say(f"name.{name}"),
            f"party_{language}": messages.words(rows["defaulting_party"], "milestone.party.", language),
            f"excuse_{language}": translated(rows["excuse"], partial(_because, say)).fillna(""),
            f"remedy_{language}": translated(rows["remedy"], partial(_remedied, say)).fillna(""),
        }
    return rows.assign(**words)


def _say(key: str, language: str, **values: str) -> str:
    return messages.say(f"milestone.{key}", language, **values)


def _because(say: Callable[..., str], excuse: str) -> str:
    return say("because", reason=", ".join(say(f"excuse.{part}") for part in excuse.split(", ")))


def _remedied(say: Callable[..., str], remedy: str) -> str:
    return say("remedy") + remedy if remedy else ""


def chain_findings(contracts: pd.DataFrame) -> pd.DataFrame:
    """Find contracts that overlap in time on one parcel, and those whose term has run out unregistered.

    Parameters
    ----------
    contracts : pandas.DataFrame
        With ``standing``, ``end_date, end_basis`` (:func:`landtool.indicators.progress.contract_end`),
        the columns of :func:`landtool.indicators.timeline.contract_chain` and ``has_ended``.
    """
    clause = messages.say("idle.clause.data", "zh")
    overlap = contracts[contracts["overlap_days"].notna()]
    overlap = overlap.assign(signed_date=dates(overlap, "signed_date"))
    same = overlap["relation"].isin(["renewal", "conversion"])
    ran_out = contracts["has_ended"] & contracts["end_basis"].ne("register")
    ended = contracts[ran_out & contracts["standing"].eq("in_force")]
    ended = ended.assign(term_years=numbers(ended, "term_years"), parcel_id=texts(ended, "parcel_id"))
    tables = [
        make_findings(
            _related(rows), rule_id="data.contracts_overlap", subject_kind="contract",
            subject_id="contract_id", severity=severity, clause=clause,
            message="milestone.contracts_overlap", measured="overlap_days", threshold=0.0, unit="days",
            since="signed_date",
            evidence=["contract_id", "parcel_id", "signed_date", "overlap_id", "overlap_days", "relation"])
        for severity, rows in (("warning", overlap[~same]), ("info", overlap[same]))
    ]  # fmt: skip
    basis = {f"basis_{language}": ended["end_basis"].map(
        {key: messages.say(f"milestone.end_basis.{key}", language) for key in ended["end_basis"].unique()}
    ).astype("str") for language in messages.LANGUAGES}  # fmt: skip
    tables.append(make_findings(
        ended.assign(**basis), rule_id="data.ended_by_term", subject_kind="contract",
        subject_id="contract_id", severity="warning", clause=clause, message="milestone.ended_by_term",
        since="end_date", evidence=["contract_id", "parcel_id", "term_years", "end_date", "end_basis"]))
    return concat_findings(tables)


def _related(rows: pd.DataFrame) -> pd.DataFrame:
    words = {f"relation_{language}": rows["relation"].map(
        {key: messages.say(f"milestone.relation.{key}", language) for key in rows["relation"].unique()}
    ).astype("str") for language in messages.LANGUAGES}  # fmt: skip
    return rows.assign(**words)
