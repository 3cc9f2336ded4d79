"""Milestones of every contract, agreed against actual: delivery, start, completion, production.

Late delivery is the government's default, the others the holder's, unless the land was delivered late
by as many days or more, or a government cause is recorded: then whose default it is remains open, and
the reason is said. What
the register does not say is not assessable.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool.columns import dates, day, positions, require_columns, texts
from landtool.indicators.progress import MILESTONES, milestone_reached
from landtool.policy import Policy
from landtool.rules.milestone_findings import milestone_findings

MILESTONE_STATUSES = ("overdue", "late", "not_assessable", "not_due", "met")
PARTIES = ("government", "holder", "undetermined")
EXCUSES = (
    "late_delivery", "delivery_unknown", "recorded_cause", "late_delivery, recorded_cause",
    "delivery_unknown, recorded_cause", "late_delivery_part", "late_delivery_part, recorded_cause",
)  # fmt: skip
_PART_ONLY = EXCUSES.index("late_delivery_part")
MILESTONE_COLUMNS = [
    "contract_id", "parcel_id", "milestone", "agreed_date", "actual_date", "days_late",
    "defaulting_party", "status", "missing", "excuse", "agreed_basis", "standing", "remedy",
]  # fmt: skip
_BASES = ("contract", "disposal")


@dataclass(frozen=True)
class MilestoneResult:
    """Milestones and what was found.

    Attributes
    ----------
    table : pandas.DataFrame
        :data:`MILESTONE_COLUMNS`, one row per contract and milestone, in the order of the contracts.
        ``status``: ``met``; ``late`` (reached after the agreed day); ``overdue`` (the agreed day has
        passed without); ``not_due``; ``not_assessable`` (with ``missing``: fields). ``days_late``:
        days after the agreed day, up to ``as_of`` (or the contract's end) where overdue; 0 when met;
        else null. ``defaulting_party`` (late and overdue only): ``government`` for delivery,
        ``holder``, or ``undetermined`` with ``excuse``; a late delivery that explains part of the
        days only (``late_delivery_part``) leaves the holder in default. ``agreed_basis``: ``contract``, or
        ``disposal`` for a start agreed anew (Order 53, Art. 12).
    findings : pandas.DataFrame
        Of contracts in force: what is overdue, and what was reached late beyond the policy's days.
    """

    table: pd.DataFrame
    findings: pd.DataFrame


def judge_milestones(
    contracts: pd.DataFrame,
    causes: pd.DataFrame | None,
    policy: Policy,
    as_of: dt.date | pd.Timestamp | str,
    *,
    end: pd.Series | None = None,
    said_elsewhere: dict[str, pd.Series] | None = None,
) -> MilestoneResult:
    """Judge every milestone of every contract at the end of ``as_of``.

    A milestone agreed for ``as_of`` itself can still be kept that day: it is not due yet.

    Parameters
    ----------
    contracts : pandas.DataFrame
        ``contract_id``; reads ``parcel_id, standing, signed_date, agreed_*_date, actual_*_date`` with
        their companions, ``disposal_route, disposal_start_date, remedy``.
    causes : pandas.DataFrame or None
        Layer ``government_causes``.
    policy : Policy
        Uses ``milestone.finding_days_min, idle.restart_routes, idle.government_causes``.
    as_of : date
        The day.
    end : pandas.Series, optional
        Last day on which each contract binds; null: no end.
    said_elsewhere : dict of str to pandas.Series, optional
        Milestone -> bool per contract: another rule reports that it is overdue, or late, already.

    Raises
    ------
    InputDataError
        If there is no ``contract_id`` column or ``as_of`` is no date.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> contracts = pd.DataFrame({
    ...     "contract_id": ["A", "B"], "agreed_start_date": pd.to_datetime(["2024-05-01", "2025-10-02"]),
    ...     "actual_start_date": pd.to_datetime(["2024-05-31", None])})
    >>> found = judge_milestones(contracts, None, load_policy("national"), "2025-12-31")
    >>> start = found.table[found.table["milestone"] == "start"]
    >>> start[["status", "days_late", "defaulting_party"]].to_numpy().tolist()
    [['late', 30, 'holder'], ['overdue', 90, 'holder']]
    """
    require_columns(contracts, ["contract_id"], "contracts")
    at, terms = day(as_of), policy.at(day(as_of))
    limit = np.full(len(contracts), at.to_datetime64()).astype("datetime64[D]")
    if end is not None:
        limit = np.fmin(limit, end.to_numpy(dtype="datetime64[D]"))
    days = {name: _judged(contracts, name, at, limit, terms) for name in MILESTONES}
    first_cause = _first_cause(contracts, causes, terms)
    parts = {name: _with_party(found, name, days["delivery"], first_cause, limit)
             for name, found in days.items()}  # fmt: skip
    table = _long(contracts, parts)
    said = _said(said_elsewhere or {}, len(contracts))
    return MilestoneResult(table[MILESTONE_COLUMNS], milestone_findings(table, terms, ~said))


def _judged(
    contracts: pd.DataFrame, name: str, at: pd.Timestamp, limit: np.ndarray, terms: Policy
) -> dict[str, np.ndarray]:
    """Agreed and actual day, status (position in MILESTONE_STATUSES), days late and what is missing."""
    agreed, basis = _agreed(contracts, name, terms)
    actual = _day_numbers(contracts, f"actual_{name}_date")
    actual = np.where(actual <= at.to_datetime64().astype("datetime64[D]"), actual, np.datetime64("NaT", "D"))
    reached = milestone_reached(contracts, name, at)
    later = list(MILESTONES)[list(MILESTONES).index(name) + 1 :]
    evident = np.zeros(len(contracts), dtype=bool)
    for other in later:
        evident |= milestone_reached(contracts, other, at).fillna(False).to_numpy(dtype=bool)
    no_agreed, no_actual = np.isnat(agreed), np.isnat(actual)
    unknown = no_actual & (reached.isna().to_numpy() | evident)
    open_now = no_actual & ~unknown
    ahead = ~no_agreed & (agreed >= limit) & no_actual & ~evident
    status = np.select(
        [no_agreed, ahead, unknown, open_now, actual > agreed], [2, 3, 2, 0, 1], 4)
    late = np.where(status == 0, limit, actual) - agreed
    counted = np.isin(status, (0, 1, 4))
    days = np.where(counted, np.maximum(np.where(counted, late.astype("int64"), 0), 0), 0)
    missing = np.select(
        [(status == 2) & no_agreed & unknown, (status == 2) & no_agreed, status == 2], [2, 1, 0], -1)
    return {"agreed": agreed, "actual": actual, "basis": basis, "status": status, "days": days,
            "known": counted, "missing": missing, "unknown": unknown}  # fmt: skip


def _agreed(contracts: pd.DataFrame, name: str, terms: Policy) -> tuple[np.ndarray, np.ndarray]:
    """The agreed day; of the start the one agreed anew on a disposal that restarts the clock."""
    agreed = _day_numbers(contracts, f"agreed_{name}_date")
    if name != "start":
        return agreed, np.zeros(len(agreed), dtype="int64")
    route = texts(contracts, "disposal_route")
    restarts = (route.isna() | route.isin(terms["idle.restart_routes"].value)).to_numpy()
    anew = np.where(restarts, _day_numbers(contracts, "disposal_start_date"), np.datetime64("NaT", "D"))
    return np.where(np.isnat(anew), agreed, anew), (~np.isnat(anew)).astype("int64")


def _day_numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    return dates(frame, name).to_numpy(dtype="datetime64[D]")


def _first_cause(
    contracts: pd.DataFrame, causes: pd.DataFrame | None, terms: Policy
) -> np.ndarray:
    """First day of any recorded cause that the policy counts, per contract; NaT without one."""
    found = np.full(len(contracts), np.datetime64("NaT", "D"))
    if causes is None or causes.empty:
        return found
    counting = [str(code) for code in terms["idle.government_causes"].value]
    rows = causes[texts(causes, "cause_code").isin(counting).to_numpy()]
    first = dates(rows, "from_date").groupby(texts(rows, "contract_id")).min()
    at = positions(first.index, texts(contracts, "contract_id"))
    found[at[at >= 0]] = first.to_numpy(dtype="datetime64[D]")[at >= 0]
    return found


def _with_party(
    found: dict[str, np.ndarray], name: str, delivery: dict[str, np.ndarray],
    first_cause: np.ndarray, limit: np.ndarray,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Add whose default it is (position in PARTIES) and why it is open (in EXCUSES); -1: none."""
    is_late = np.isin(found["status"], (0, 1))
    if name == "delivery":
        nobody = np.full(len(is_late), -1)
        return found | {"party": np.where(is_late, 0, -1), "excuse": nobody}
    reached = np.where(np.isnat(found["actual"]), limit, found["actual"])
    caused = first_cause <= reached
    delivered_late = np.isin(delivery["status"], (0, 1))
    unclear = delivery["unknown"] & ~np.isnat(delivery["agreed"])
    # A delivery that was late for fewer days than this milestone cannot explain all of them.
    part = (delivery["status"] == MILESTONE_STATUSES.index("late")) & (delivery["days"] < found["days"])
    excuse = np.select(
        [part & caused, part, delivered_late & caused, unclear & caused, delivered_late, unclear, caused],
        [6, _PART_ONLY, 3, 4, 0, 1, 2], -1)
    excuse = np.where(is_late, excuse, -1)
    holder = (excuse < 0) | (excuse == _PART_ONLY)
    return found | {"party": np.where(is_late, np.where(holder, 1, 2), -1), "excuse": excuse}


def _long(contracts: pd.DataFrame, parts: dict[str, dict[str, np.ndarray]]) -> pd.DataFrame:
    """One row per contract and milestone, contracts in their order."""
    count, each = len(contracts), len(parts)
    at = np.repeat(np.arange(count), each)

    def stacked(name: str) -> np.ndarray:
        return np.stack([part[name] for part in parts.values()], axis=1).ravel()

    days, known = stacked("days"), stacked("known")
    missing = [[f"actual_{name}_date", f"agreed_{name}_date",
                f"agreed_{name}_date, actual_{name}_date"] for name in parts]  # fmt: skip
    code = stacked("missing")
    named = np.where(code >= 0, np.tile(np.arange(each) * 3, count) + code, -1)
    own = {name: texts(contracts, name).array.take(at)
           for name in ("contract_id", "parcel_id", "standing", "remedy")}  # fmt: skip
    return pd.DataFrame({
        **own, "milestone": _coded(np.tile(np.arange(each), count), tuple(parts)),
        "agreed_date": stacked("agreed").astype("datetime64[us]"),
        "actual_date": stacked("actual").astype("datetime64[us]"),
        "days_late": pd.arrays.IntegerArray(days, ~known),
        "defaulting_party": _coded(stacked("party"), PARTIES),
        "status": _coded(stacked("status"), MILESTONE_STATUSES),
        "missing": _coded(named, tuple(text for texts_ in missing for text in texts_)),
        "excuse": _coded(stacked("excuse"), EXCUSES),
        "agreed_basis": _coded(np.where(np.isnat(stacked("agreed")), -1, stacked("basis")), _BASES),
    })  # fmt: skip


def _coded(codes: np.ndarray, words: tuple[str, ...]) -> object:
    return pd.array(list(words), dtype="str").take(codes, allow_fill=True)


def _said(elsewhere: dict[str, pd.Series], count: int) -> np.ndarray:
    nothing = np.zeros(count, dtype=bool)
    flags = [elsewhere[name].to_numpy(dtype=bool) if name in elsewhere else nothing for name in MILESTONES]
    return np.stack(flags, axis=1).ravel()
