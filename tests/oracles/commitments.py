"""Commitments against what was reached, one commitment at a time: slow, and easy to check by hand.

A contract is a dict with all its fields (None: unknown), a commitment too; ``figures[year][parcel]``
is a dict of that year's figures on the parcel. One contract a parcel, so that a contract ends only
by its own last day.
"""

from __future__ import annotations

import calendar
import datetime as dt

FIELD = {"investment": "fixed_investment_cny", "output": "gross_output_cny", "tax": "tax_cny",
         "value_added": "value_added_cny", "employees": "employees", "energy": "energy_tce"}
NO_MONEY = ("employees", "energy")
DAY = dt.timedelta(days=1)


def months_later(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def due_day(promise: dict, contract: dict, as_of: dt.date, ramp: int) -> dt.date | None:
    def happened(name: str) -> dt.date | None:
        day = contract[name]
        return day if day and day <= as_of else None

    if promise["due_date"]:
        return promise["due_date"]
    if promise["metric"] == "investment":
        return contract["agreed_completion_date"] or happened("actual_completion_date")
    start = happened("actual_production_date") or contract["agreed_production_date"]
    return months_later(start, ramp) if start else None


def verdict(actual: float, asked: float, met: float, partly: float) -> str:
    if actual >= met * asked - 0.005:
        return "met"
    return "partly" if actual >= partly * asked - 0.005 else "failed"


def asked_total(promise: dict, contract: dict) -> float | None:
    if promise["metric"] in NO_MONEY:
        return promise["amount"]
    if promise["intensity_cny_m2"] is not None and contract["area_m2"]:
        return promise["intensity_cny_m2"] * contract["area_m2"]
    return promise["total_cny"]


def invested(contract: dict, figures: dict, limit: dt.date, due: dt.date, enough: float) -> float | None:
    """The latest known cumulative figure, if it reaches the due day or suffices; else the contract's."""
    for year in sorted(figures, reverse=True):
        value = figures[year].get(contract["parcel_id"], {}).get("fixed_investment_cny")
        if value is None or dt.date(year, 12, 31) > limit:
            continue
        if dt.date(year, 12, 31) >= due or value >= enough - 0.005:
            return value
        own = contract["invested_cny"]
        return own if own is not None and own >= value else None
    return contract["invested_cny"]


def judge(promise: dict, contract: dict | None, figures: dict, as_of: dt.date, *, met: float,
          partly: float, ramp: int) -> list[dict]:
    """Year, status and missing fields of each test."""
    if contract is None:
        return [{"year": None, "status": "not_assessable", "missing": {"contract_id"}}]
    due = due_day(promise, contract, as_of, ramp)
    metric = promise["metric"]
    if due is None:
        field = "agreed_completion_date" if metric == "investment" else "agreed_production_date"
        return [{"year": None, "status": "not_assessable", "missing": {field}}]
    limit = min(as_of, contract["expiry_date"] or as_of)
    asked = asked_total(promise, contract)
    if metric == "investment":
        if due > limit:
            return [{"year": None, "status": "not_due", "missing": set()}]
        got = invested(contract, figures, limit, due, float("inf") if not asked else met * asked)
        return [test(None, promise, contract, asked, got, met, partly)]
    tests, year = [], due.year - 1
    while dt.date(year, 12, 31) <= limit:
        if dt.date(year, 1, 1) >= due:
            told = figures.get(year, {}).get(contract["parcel_id"], {})
            got = told.get(FIELD[metric])
            if metric == "energy":
                added = told.get("value_added_cny")
                got = got / (added / 10_000) if got and added else None
            tests.append(test(year, promise, contract, asked, got, met, partly))
        year += 1
    return tests or [{"year": None, "status": "not_due", "missing": set()}]


def test(year: int | None, promise: dict, contract: dict, asked: float | None, got: float | None,
         met: float, partly: float) -> dict:
    missing = set()
    if asked is None:
        missing.add("area_m2")
    elif asked == 0:
        missing.add("amount" if promise["metric"] in NO_MONEY else "intensity_cny_m2")
    if got is None:
        missing.add(FIELD[promise["metric"]] if contract["parcel_id"] else "parcel_id")
        if promise["metric"] == "energy" and contract["parcel_id"]:
            missing.add("value_added_cny")
    if missing:
        return {"year": year, "status": "not_assessable", "missing": missing}
    if promise["metric"] == "energy":  # at most so much: kept as far as the limit reaches
        kept = asked / got
        status = "met" if kept >= met - 1e-12 else "partly" if kept >= partly - 1e-12 else "failed"
        return {"year": year, "status": status, "missing": missing, "ratio": kept}
    status = verdict(got, asked, met, partly)
    if promise["metric"] == "employees":
        status = "met" if got >= met * asked else "partly" if got >= partly * asked else "failed"
    return {"year": year, "status": status, "missing": missing, "ratio": got / asked}
