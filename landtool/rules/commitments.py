"""Commitments against what was reached (全周期土地利用绩效评估): by grant contract and by agreement.

A commitment is tested only once it is due: investment at completion, the others at full production
and then in every complete calendar year. Contract and agreement are tested side by side. What is
not known is not assessable, with the missing fields named; it is never zero and never kept. Dates,
figures and texts stand in ``commitment_dates``, ``commitment_figures`` and ``commitment_findings``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool.columns import day, texts
from landtool.indicators.progress import lifecycle_stage
from landtool.link import Linked
from landtool.policy import Policy
from landtool.rules.commitment_dates import METRICS, bind_commitments, yearly_rows
from landtool.rules.commitment_figures import FIELDS, PER_VALUE, ROUNDING_CNY, actual_figures, figures_by_year
from landtool.rules.commitment_findings import commitment_findings
from landtool.schema.commitments import AMOUNTS

__all__ = ["COMMITMENT_COLUMNS", "COMMITMENT_STATUSES", "CommitmentResult", "figures_by_year",
           "judge_commitments"]  # fmt: skip

# Most serious first: the order in which people read statuses.
COMMITMENT_STATUSES = ("failed", "partly", "not_assessable", "not_due", "met")
COMMITMENT_COLUMNS = [
    "contract_id", "parcel_id", "source", "metric", "year", "due_date", "committed_cny_m2",
    "actual_cny_m2", "ratio", "status", "shortfall_cny", "missing", "area_m2",
    "committed_total_cny", "actual_total_cny", "actual_year", "actual_basis", "due_basis",
    "test_date", "bound_until", "stage", "is_tested", "is_current", "committed_amount", "actual_amount",
    "amount_unit", "source_file", "source_row",
]  # fmt: skip
_VERDICTS = ("met", "partly", "failed")
_STATUSES = (*_VERDICTS, "not_due", "not_assessable")
_AT_MOST = ("energy",)
_ROUNDING = 1e-12
# More days than a calendar has: a test with a verdict comes after all that have none.
_VERDICT_COUNTS = 10_000_000


@dataclass(frozen=True)
class CommitmentResult:
    """Commitments with their tests.

    Attributes
    ----------
    table : pandas.DataFrame
        :data:`COMMITMENT_COLUMNS`, one row per commitment and, for yearly metrics, per year tested.
        ``status``: ``met``, ``partly``, ``failed``, ``not_due``, ``not_assessable`` (with
        ``missing``: fields, joined by commas). ``ratio`` is actual over committed, ``shortfall_cny``
        what lacks to the full commitment (0 when met). Intensities are totals over ``area_m2``, the
        contract's area. Jobs and energy are no money: their figures are ``committed_amount`` and
        ``actual_amount`` in ``amount_unit`` (``persons``, at least; ``tce_per_wan``, tce per 万元 of value
        added, at most, with ``ratio`` as committed over actual), and they have no ``shortfall_cny``.
        ``actual_basis``: ``operations`` (of ``actual_year``) or ``contract``.
        ``test_date``: the day on which the test falls due. ``bound_until``: the last day on which
        the contract binds, null without end. ``is_tested``: the policy tests the metric and the
        document. ``is_current``: the row that speaks for the commitment today: the latest test with
        a verdict, else the latest; one per contract, source and metric.
    findings : pandas.DataFrame
        Current tests that failed or were met in part, and sources that commit to different figures.
    """

    table: pd.DataFrame
    findings: pd.DataFrame


def judge_commitments(
    commitments: pd.DataFrame,
    linked: Linked | None,
    figures: Mapping[int, pd.DataFrame],
    policy: Policy,
    as_of: dt.date | pd.Timestamp | str,
) -> CommitmentResult:
    """Test every commitment that is due at the end of ``as_of``.

    Investment is due on the commitment's own day, else on the agreed, else on the actual day of
    completion. The other metrics are due on the commitment's own day, else the ramp after the actual,
    else after the agreed start of production; they are tested in each complete year from then on (and
    after the contract was signed). A later stage of one commitment takes the earlier one's place. A contract that expired, or that a
    later one took the place of, is tested up to its end.

    Parameters
    ----------
    commitments : pandas.DataFrame
        ``source, metric``, and ``contract_id`` or ``parcel_id``; reads ``intensity_cny_m2`` (CNY/m²),
        ``total_cny`` (used where no intensity is given, or no area is known), ``amount`` (of metrics that
        are no money) and ``due_date``.
    linked : Linked or None
        See :func:`landtool.link.link_contracts`; None: there are no contracts, and nothing is
        assessable.
    figures : mapping
        Year -> figures on parcels, see :func:`figures_by_year`.
    policy : Policy
        Uses ``commitment.met_ratio, commitment.partly_ratio, commitment.ramp_months,
        commitment.metrics, commitment.sources, contract.expiry_warning_months``.
    as_of : date
        The day.

    Raises
    ------
    InputDataError
        If a needed column is missing or a contract stands twice.

    Examples
    --------
    >>> from landtool.link import link_contracts
    >>> from landtool.policy import load_policy
    >>> linked = link_contracts(pd.DataFrame({
    ...     "contract_id": ["C"], "parcel_id": ["P"], "area_m2": [1000.0],
    ...     "actual_production_date": pd.to_datetime(["2020-05-01"])}), None, "2025-12-31")
    >>> promised = pd.DataFrame({"contract_id": ["C"], "source": ["contract"], "metric": ["tax"],
    ...                          "intensity_cny_m2": [100.0]})
    >>> figures = {2024: pd.DataFrame({"parcel_id": ["P"], "tax_cny": [90e3]})}
    >>> found = judge_commitments(promised, linked, figures, load_policy("chongqing-2021"),
    ...                           "2025-12-31")
    >>> found.table[["year", "ratio", "status", "missing"]].to_numpy().tolist()
    [[2024, 0.9, 'partly', nan], [2025, nan, 'not_assessable', 'tax_cny']]
    """
    at = day(as_of)
    terms = policy.at(at)
    bound = bind_commitments(commitments, linked, at, float(terms["commitment.ramp_months"].value))
    bound = bound.assign(
        stage=_stage(linked, bound["contract_row"], terms, at), **_provenance(commitments),
        is_tested=bound["metric"].isin(terms["commitment.metrics"].value)
        & bound["source"].isin(terms["commitment.sources"].value), **_committed(bound),
    )  # fmt: skip
    rows = _judged(yearly_rows(bound), bound, linked, figures, terms)
    rows["is_current"] = _current(rows, bound)
    return CommitmentResult(rows[COMMITMENT_COLUMNS], commitment_findings(rows, bound, terms))


def _stage(linked: Linked | None, rows: pd.Series, terms: Policy, at: pd.Timestamp) -> pd.Series:
    if linked is None:
        return pd.Series("unknown", index=rows.index, dtype="str")
    stage = lifecycle_stage(
        linked.contracts, at, ramp_months=float(terms["commitment.ramp_months"].value),
        warning_months=float(terms["contract.expiry_warning_months"].value))  # fmt: skip
    return pd.Series(stage.array.take(rows.to_numpy(), allow_fill=True)).fillna("unknown")


def _provenance(commitments: pd.DataFrame) -> dict[str, pd.Series]:
    place = commitments["source_row"] if "source_row" in commitments else pd.Series(
        pd.NA, index=commitments.index)
    return {"source_file": texts(commitments, "source_file").reset_index(drop=True),
            "source_row": place.astype("Int64").reset_index(drop=True)}


def _committed(bound: pd.DataFrame) -> dict[str, pd.Series]:
    unit = bound["metric"].map(AMOUNTS).astype("str")
    money = unit.isna()
    area, intensity, given = bound["area_m2"], bound["intensity_cny_m2"].where(money), bound["total_cny"].where(money)
    total, amount = (intensity * area).fillna(given), bound["amount"].mask(money)
    asked = total.fillna(amount)
    # A commitment to nothing asks for nothing that could be tested.
    return {"committed_cny_m2": intensity.fillna(given / area), "committed_total_cny": total,
            "committed_amount": amount, "amount_unit": unit, "asked": asked.where(asked > 0)}  # fmt: skip


def _judged(
    rows: pd.DataFrame, bound: pd.DataFrame, linked: Linked | None,
    figures: Mapping[int, pd.DataFrame], terms: Policy,
) -> pd.DataFrame:  # fmt: skip
    met_ratio = float(terms["commitment.met_ratio"].value)
    partly_ratio = float(terms["commitment.partly_ratio"].value)
    found = actual_figures(rows, bound, linked, figures, met_ratio)
    asked, actual, money = rows["asked"], found["actual"], rows["amount_unit"].isna()
    # How far it is kept: of what may at most be used, the limit over the use.
    kept = (actual / asked).mask(rows["metric"].isin(_AT_MOST), asked / actual)
    slack = ((ROUNDING_CNY / asked).where(money, 0.0) + _ROUNDING).to_numpy()
    missing = _missing(rows, asked, actual)
    lacks = missing.notna().to_numpy()
    due = rows["is_due"].to_numpy()
    # Positions in _STATUSES.
    status = np.select(
        [lacks, ~due, kept >= met_ratio - slack, kept >= partly_ratio - slack], [4, 3, 0, 1], 2)
    usable = status < len(_VERDICTS)
    shortfall = (asked - actual).clip(lower=0.0).mask(status == 0, 0.0).where(money)
    return rows.assign(
        **found, actual_total_cny=actual.where(money), actual_amount=actual.mask(money),
        actual_cny_m2=actual.where(money) / rows["area_m2"], ratio=kept.where(usable),
        status=pd.Series(pd.array(_STATUSES, dtype="str").take(status), index=rows.index),
        shortfall_cny=shortfall.where(usable), missing=missing, has_verdict=usable,
    )  # fmt: skip


def _missing(rows: pd.DataFrame, asked: pd.Series, actual: pd.Series) -> pd.Series:
    """Name the fields that keep a test from being made, joined by commas; null: none."""
    bare = rows["contract_row"] < 0
    due = rows["is_due"] & ~bare
    money = rows["amount_unit"].isna()
    no_area = money & rows["area_m2"].isna() & rows["total_cny"].isna() & rows["intensity_cny_m2"].notna()
    flags = pd.DataFrame({
        "contract_id": bare,
        "signed_date": rows["end_unknown"],
        "due_date": rows["due_date"].isna() & ~bare,
        "area_m2": due & no_area,
        "intensity_cny_m2": due & asked.isna() & ~no_area & money,
        "amount": due & asked.isna() & ~money,
        "parcel_id": due & actual.isna() & rows["parcel_id"].isna(),
        "actual": due & actual.isna() & rows["parcel_id"].notna(),
    })  # fmt: skip
    width = flags.shape[1]
    codes = rows["metric_code"].to_numpy(dtype="int64") << width
    for at, name in enumerate(flags.columns):
        codes |= flags[name].to_numpy(dtype="int64") << at
    places, found = pd.factorize(codes)
    lists = [_fields(flags.columns[(code >> np.arange(width)) & 1 == 1], METRICS[code >> width])
             for code in found]  # fmt: skip
    return pd.Series(pd.array(lists, dtype="str").take(places), index=rows.index)


def _fields(names: pd.Index, metric: str) -> str | None:
    named = {"due_date": "agreed_completion_date" if metric == "investment"
             else "agreed_production_date", "actual": ", ".join(filter(None, (FIELDS[metric], PER_VALUE.get(metric))))}  # fmt: skip
    return ", ".join(named.get(name, name) for name in names) or None


def _current(rows: pd.DataFrame, bound: pd.DataFrame) -> pd.Series:
    """Mark the latest test with a verdict, else the latest; where two are equal, the worse."""
    keys = ["contract_id", "parcel_id", "source", "metric"]
    groups = bound.groupby(keys, dropna=False, sort=False).ngroup()
    group = groups.to_numpy()[rows["commitment_row"].to_numpy()]
    when = rows["test_date"].to_numpy(dtype="datetime64[D]")
    days = np.where(np.isnat(when), -_VERDICT_COUNTS, when.astype("int64"))
    score = pd.Series(days + rows["has_verdict"].to_numpy() * 4 * _VERDICT_COUNTS)
    best = np.flatnonzero(score == score.groupby(group).transform("max"))
    # Few tests tie: the later of equals is the worse.
    ratio = rows["ratio"].fillna(np.inf).to_numpy()[best]
    best = best[np.lexsort((-ratio, group[best]))]
    last = np.append(group[best][1:] != group[best][:-1], True)[: len(best)]
    current = np.zeros(len(rows), dtype=bool)
    current[best[last]] = True
    return pd.Series(current, index=rows.index)
