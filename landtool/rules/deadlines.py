"""Every deadline ahead: milestones, land that turns idle, commitments, full production, ends of contracts.

Nothing is judged here: the days come from the other rules' results, each with its clause.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from landtool import messages
from landtool.columns import dates, day, numbers, positions, repeated, require_columns, texts
from landtool.indicators.full_years import anniversary
from landtool.indicators.progress import MILESTONES, full_production_date
from landtool.policy import Policy

DEADLINE_KINDS = (
    *(f"{name}_due" for name in MILESTONES), "turns_idle", "turns_idle_2y", "commitment_due",
    "full_production", "contract_ends",
)  # fmt: skip
DEADLINE_COLUMNS = [
    "date", "kind", "subject_kind", "subject_id", "contract_id", "parcel_id", "holder", "park_id",
    "days_ahead", "message_zh", "message_en", "clause", "deadline_id",
]  # fmt: skip
# Contracts have many columns; filtering by these few is quick.
_READ = ["contract_id", "parcel_id", "park_id", "holder", "kind", "turns_idle_date", "recovery_date", "end_date",
         "end_basis", "actual_production_date", "agreed_production_date", "agreed_full_production_date"]  # fmt: skip
_MARK = "\x1f"
_MONTHS_A_YEAR = 12


def find_deadlines(
    contracts: pd.DataFrame,
    milestones: pd.DataFrame,
    commitments: pd.DataFrame | None,
    policy: Policy,
    as_of: dt.date | pd.Timestamp | str,
) -> pd.DataFrame:
    """List the deadlines from ``as_of`` to the policy's horizon, of contracts in force.

    Parameters
    ----------
    contracts : pandas.DataFrame
        ``contract_id``; reads ``parcel_id, park_id, holder, kind, standing, turns_idle_date,
        recovery_date, end_date, end_basis, actual_production_date, agreed_full_production_date``.
    milestones : pandas.DataFrame
        Table of :class:`landtool.rules.milestones.MilestoneResult` of the same contracts.
    commitments : pandas.DataFrame or None
        Table of :class:`landtool.rules.commitments.CommitmentResult`.
    policy : Policy
        Uses ``calendar.horizon_months, commitment.ramp_months`` and clauses.
    as_of : date
        The day; deadlines of that very day are listed, for they can still be kept.

    Returns
    -------
    pandas.DataFrame
        :data:`DEADLINE_COLUMNS`, earliest first; subjects are contracts. ``kind`` is one of
        :data:`DEADLINE_KINDS`; ``deadline_id`` is the same from run to run for the same contract and
        matter, whatever its date.

    Raises
    ------
    InputDataError
        If there is no ``contract_id`` column or ``as_of`` is no date.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> contracts = pd.DataFrame({"contract_id": ["A"], "end_date": pd.to_datetime(["2026-03-31"]),
    ...                           "end_basis": ["register"]})
    >>> nothing = pd.DataFrame({"contract_id": [], "milestone": [], "status": []})
    >>> found = find_deadlines(contracts, nothing, None, load_policy("national"), "2025-12-31")
    >>> found[["kind", "days_ahead"]].to_numpy().tolist()
    [['contract_ends', 90]]
    """
    require_columns(contracts, ["contract_id"], "contracts")
    at = day(as_of)
    terms = policy.at(at)
    months = float(terms["calendar.horizon_months"].value)
    last = pd.Timestamp(anniversary(np.array([at.to_datetime64()]), months / _MONTHS_A_YEAR)[0])
    held = contracts.loc[_in_force(contracts), [name for name in _READ if name in contracts]]
    ahead = _Span(at, last)
    parts = [*_milestone_parts(held, milestones, ahead), *_contract_parts(held, terms, ahead)]
    if commitments is not None:
        parts.append(_commitment_part(commitments, contracts, ahead))
    clauses = _clauses(terms)
    made = [_worded(part, kind, clauses[kind]) for kind, part in parts]
    whole = pd.concat(made, ignore_index=True)
    whole["days_ahead"] = (whole["date"] - at).dt.days.astype("int64")
    # Ids are the digits of their numbers: they stand in the same order.
    order = np.lexsort((whole["number"], whole["rank"], whole["date"]))
    return whole.iloc[order].reset_index(drop=True)[DEADLINE_COLUMNS]


class _Span(NamedTuple):
    """The days that are looked at; words are made for these alone."""

    first: pd.Timestamp
    last: pd.Timestamp

    def holds(self, when: pd.Series) -> np.ndarray:
        return ((when >= self.first) & (when <= self.last)).to_numpy(dtype=bool)


def _in_force(contracts: pd.DataFrame) -> pd.Series:
    standing = texts(contracts, "standing")
    return standing.isna() | standing.eq("in_force")


def _milestone_parts(
    held: pd.DataFrame, milestones: pd.DataFrame, ahead: _Span
) -> list[tuple[str, pd.DataFrame]]:
    """Milestones that are not due yet."""
    agreed = dates(milestones, "agreed_date")
    near = (milestones["status"] == "not_due").to_numpy(dtype=bool) & ahead.holds(agreed)
    waiting = milestones.loc[near, ["contract_id", "milestone"]]
    place = positions(texts(waiting, "contract_id"), texts(held, "contract_id"))
    rows = held.iloc[place[place >= 0]].assign(
        date=agreed.to_numpy()[near][place >= 0], milestone=waiting["milestone"].to_numpy()[place >= 0])
    return [(f"{name}_due", rows[rows["milestone"] == name]) for name in MILESTONES]


def _contract_parts(
    held: pd.DataFrame, terms: Policy, ahead: _Span
) -> list[tuple[str, pd.DataFrame]]:
    begun = dates(held, "actual_production_date")
    full = full_production_date(held, float(terms["commitment.ramp_months"].value))
    days = {"turns_idle": dates(held, "turns_idle_date"), "turns_idle_2y": dates(held, "recovery_date"),
            "full_production": full.where(begun <= ahead.first), "contract_ends": dates(held, "end_date")}
    return [(kind, held[ahead.holds(when)].assign(date=when[ahead.holds(when)].astype("datetime64[us]")))
            for kind, when in days.items()]  # fmt: skip


def _commitment_part(
    commitments: pd.DataFrame, contracts: pd.DataFrame, ahead: _Span
) -> tuple[str, pd.DataFrame]:
    """Commitments that will be tested for the first time while their contract binds."""
    rows = commitments[(commitments["status"] == "not_due") & commitments["is_current"]
                       & commitments["is_tested"]]  # fmt: skip
    rows = rows.assign(date=rows["test_date"].fillna(rows["due_date"]).astype("datetime64[us]"))
    rows = rows[ahead.holds(rows["date"]) & ~(rows["bound_until"] < rows["date"])]
    place = positions(texts(rows, "contract_id"), texts(contracts, "contract_id"))
    holder = texts(contracts, "holder").array.take(place, allow_fill=True)
    park = texts(contracts, "park_id").array.take(place, allow_fill=True)
    rows = rows.assign(holder=holder, park_id=park, mark=rows["source"] + _MARK + rows["metric"])
    for name in ("source", "metric"):
        for language in messages.LANGUAGES:
            rows[f"{name}_{language}"] = messages.words(rows[name], f"commitment.{name}.", language)
    return "commitment_due", rows


def _clauses(terms: Policy) -> dict[str, str]:
    agreed = messages.say("milestone.clause", "zh")
    numbers_ = {"turns_idle": "idle.full_years", "turns_idle_2y": "idle.recovery_years",
                "commitment_due": "commitment.metrics", "full_production": "commitment.ramp_months"}
    return dict.fromkeys(DEADLINE_KINDS, agreed) | {
        kind: terms[key].clause for kind, key in numbers_.items()}  # fmt: skip


def _worded(rows: pd.DataFrame, kind: str, clause: str) -> pd.DataFrame:
    if kind == "contract_ends":
        rows = rows.assign(**_end_words(rows))
    own = {name: texts(rows, name) for name in ("contract_id", "parcel_id", "holder", "park_id")}
    shown = rows.assign(holder=own["holder"], committed_cny_m2=numbers(rows, "committed_cny_m2"))
    nobody = own["contract_id"].isna()
    subject = own["contract_id"].fillna(own["parcel_id"])
    key = kind + _MARK + subject.fillna("") + _MARK + texts(rows, "mark").fillna("")
    ids = pd.util.hash_array(key.to_numpy(dtype=object), categorize=False)
    return pd.DataFrame({
        **own, "date": rows["date"].astype("datetime64[us]"), "kind": repeated(kind, len(rows)),
        "subject_kind": pd.array(["contract", "parcel"], dtype="str").take(nobody.to_numpy(dtype="int64")),
        "subject_id": subject,
        **{f"message_{language}": said
           for language, said in messages.render_each(f"calendar.{kind}", messages.LANGUAGES, shown).items()},
        "clause": repeated(clause, len(rows)), "deadline_id": _hexadecimal(ids),
        "number": ids, "rank": DEADLINE_KINDS.index(kind),
    }, index=rows.index)  # fmt: skip


def _hexadecimal(hashes: np.ndarray) -> object:
    digits = hashes.astype(">u8").tobytes().hex().encode("ascii")
    return pd.array(pa.array(np.frombuffer(digits, dtype="S16")).cast(pa.large_string()), dtype="str")


def _end_words(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """What ends, and how its day is known, in both languages."""
    kind = texts(rows, "kind").fillna("unknown")
    words = {}
    for language in messages.LANGUAGES:
        words[f"kind_{language}"] = messages.words(kind, "calendar.contract_kind.", language)
        words[f"basis_{language}"] = messages.words(rows["end_basis"], "milestone.end_basis.", language)
    return words
