"""Idle land (闲置土地) by Order 53 of 2012: a verdict on every contract, and what is found.

The tool suspects; only the authority determines. Facts, clocks, verdicts and texts stand in the
modules ``idle_facts``, ``idle_clock``, ``idle_verdicts``, ``idle_columns``, ``idle_findings`` and
``idle_data``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pandas as pd

from landtool.rules.findings import concat_findings
from landtool.rules.idle_clock import read_causes, start_clock, suspension_clock
from landtool.rules.idle_columns import verdict_frame
from landtool.rules.idle_data import data_findings
from landtool.rules.idle_facts import read_facts
from landtool.rules.idle_findings import idle_findings
from landtool.rules.idle_verdicts import STATUSES, judge, measure_works

IDLE_STATUSES = STATUSES


@dataclass(frozen=True)
class IdleResult:
    """Verdicts on the index of the contracts, and findings.

    Attributes
    ----------
    verdicts : DataFrame
        idle_status; idle_since (first day on which it is idle: by the calendar for a government
        cause) and idle_days from then to ``as_of``; turns_idle_date (the day on which land not yet
        started on turns idle, or suspended works that are about to; with a cause still running the
        earliest such day); recovery_date (the day on which idle_1y turns idle_2y); idle_due_date and
        idle_due_basis (agreed_start, delivery_plus_year, disposal);
        idle_cause (holder, government, suspended); cause_days (taken off the clock that
        counts: the start clock, or once started the suspension's); idle_fee_cny (draft; idle_1y
        with a price only);
        idle_paragraph1 and idle_paragraph2 (yes, no, unknown); idle_missing (fields that keep the
        verdict open, joined by commas); idle_basis (how the start is known) and
        idle_start_fill_share (filled share of the column actual_start_date in its source). Null where it does not
        apply.
    findings : DataFrame
        One per contract that is idle, at risk or not assessable, and data findings.
    """

    verdicts: pd.DataFrame
    findings: pd.DataFrame


def find_idle(
    contracts: pd.DataFrame,
    causes: pd.DataFrame | None,
    policy: Any,
    as_of: Any,
    *,
    unreadable_causes: Collection[str] = (),
) -> IdleResult:
    """Judge every contract by Order 53, Arts. 2, 8, 12, 14 and 22, at the end of ``as_of``.

    Parameters
    ----------
    contracts : DataFrame
        Layer ``contracts`` in canonical columns; only ``contract_id`` must be there. An absent
        column says nothing; so does ``actual_start_date`` if no row of its ``source`` holds a date.
        ``earlier_start_id, earlier_start_date, earlier_start_is_own`` (optional) tell what had been
        started under an earlier contract on the parcel: see
        :func:`landtool.indicators.timeline.earlier_start`.
    causes : DataFrame or None
        Layer ``government_causes``; None if there is none: nothing is taken off then.
    policy : Policy
        Gives the numbers ``idle.*``.
    as_of : date
        The day the assessment speaks of, as of its end.
    unreadable_causes : collection of contract ids
        Contracts of which a cause row was set aside: where they would be idle they are not
        assessable.

    Returns
    -------
    IdleResult

    Raises
    ------
    InputDataError
        If a required column is missing, a date column holds no dates, or ``as_of`` is null.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> rows = pd.DataFrame({
    ...     "contract_id": ["A", "B"], "price_cny": [1e6, 1e6],
    ...     "agreed_start_date": pd.to_datetime(["2023-06-30", "2023-06-30"]),
    ...     "actual_start_date": pd.to_datetime([None, "2023-07-01"])})
    >>> found = find_idle(rows, None, load_policy("national", "2024-06-30"), "2024-06-30")
    >>> found.verdicts["idle_status"][0], float(found.verdicts["idle_fee_cny"][0])
    ('idle_1y', 200000.0)
    >>> found.verdicts["idle_missing"][1]
    'developed_area_m2,area_due_m2,invested_cny,total_investment_cny,suspended_since_date'
    """
    facts = read_facts(contracts, as_of)
    recorded = read_causes(causes, facts, policy, unreadable_causes)
    clock = start_clock(facts, recorded, policy)
    pause = suspension_clock(facts, recorded, policy)
    works = measure_works(facts, policy)
    judged = judge(facts, clock, pause, works, recorded, policy)
    verdicts = verdict_frame(facts, clock, pause, works, recorded, judged, policy)
    found = idle_findings(facts, clock, pause, works, recorded, verdicts, policy)
    return IdleResult(verdicts, concat_findings(
        [found, data_findings(facts, clock, recorded, policy)]))
