"""Milestones and chains of contracts, one contract at a time: slow, and easy to check by hand.

A contract is a dict of dates (None: an empty cell of a field that the register keeps).
"""

from __future__ import annotations

import calendar
import datetime as dt

ORDER = ("delivery", "start", "completion", "production")
DAY = dt.timedelta(days=1)


def happened(contract: dict, name: str, as_of: dt.date) -> dt.date | None:
    day = contract[f"actual_{name}_date"]
    return day if day and day <= as_of else None


def judge(contract: dict, name: str, as_of: dt.date, kept: set[str]) -> dict:
    """Status, days late, party and excuse of one milestone; ``kept``: fields with any date at all."""
    agreed, actual = contract[f"agreed_{name}_date"], happened(contract, name, as_of)
    later = ORDER[ORDER.index(name) + 1 :]
    done_later = any(happened(contract, other, as_of) for other in later)
    says = f"actual_{name}_date" in kept
    answer = {"status": "not_assessable", "days_late": None, "party": None, "excuse": None}
    if agreed is None:
        return answer
    if actual:
        answer |= {"status": "late" if actual > agreed else "met", "days_late": max((actual - agreed).days, 0)}
    elif agreed >= as_of and not done_later:
        answer["status"] = "not_due"
    elif says and not done_later:
        answer |= {"status": "overdue", "days_late": (as_of - agreed).days}
    if answer["status"] in ("late", "overdue"):
        answer |= party(contract, name, as_of, kept)
    return answer


def party(contract: dict, name: str, as_of: dt.date, kept: set[str]) -> dict:
    if name == "delivery":
        return {"party": "government", "excuse": None}
    delivery = judge(contract, "delivery", as_of, kept)
    own = judge_days(contract, name, as_of)
    reasons = []
    if delivery["status"] == "late" and delivery["days_late"] < own:
        reasons.append("late_delivery_part")
    elif delivery["status"] in ("late", "overdue"):
        reasons.append("late_delivery")
    elif contract["agreed_delivery_date"] and happened(contract, "delivery", as_of) is None and (
            delivery["status"] == "not_assessable" or "actual_delivery_date" not in kept):
        reasons.append("delivery_unknown")
    reached = happened(contract, name, as_of) or as_of
    if contract["cause_from"] and contract["cause_from"] <= reached:
        reasons.append("recorded_cause")
    explained = set(reasons) - {"late_delivery_part"}
    return {"party": "undetermined" if explained else "holder", "excuse": ", ".join(reasons) or None}


def judge_days(contract: dict, name: str, as_of: dt.date) -> int:
    return ((happened(contract, name, as_of) or as_of) - contract[f"agreed_{name}_date"]).days


def later(day: dt.date, years: int) -> dt.date:
    return dt.date(day.year + years, day.month,
                   min(day.day, calendar.monthrange(day.year + years, day.month)[1]))


def end(contract: dict, as_of: dt.date) -> dt.date | None:
    if contract["expiry_date"]:
        return contract["expiry_date"]
    start = happened(contract, "delivery", as_of) or contract["agreed_delivery_date"] or contract["signed_date"]
    return later(start, contract["term_years"]) - DAY if start and contract["term_years"] else None


def chain(contracts: list[dict], as_of: dt.date) -> dict[str, dict]:
    """How each contract of one parcel follows the one before it, by contract number."""
    order = sorted(contracts, key=lambda one: (one["signed_date"] or dt.date.min, one["contract_id"]))
    answer = {}
    for at, one in enumerate(order):
        before = order[:at]
        answer[one["contract_id"]] = {
            "place": at + 1, "previous": before[-1]["contract_id"] if before else None,
            "relation": relation(before[-1], one, as_of) if before else "first",
            "overlap": overlap(before, one, as_of)}
    return answer


def relation(former: dict, one: dict, as_of: dt.date) -> str:
    if former["holder"] is None or one["holder"] is None:
        return "successor"
    if former["holder"] == one["holder"]:
        turned = former["kind"] in ("lease", "lease_then_grant") and one["kind"] == "grant"
        return "conversion" if turned else "renewal"
    ended = end(former, as_of)
    if ended is None or one["signed_date"] is None:
        return "successor"
    return "transfer" if one["signed_date"] <= ended else "resupply"


def overlap(before: list[dict], one: dict, as_of: dt.date) -> int | None:
    ends = [end(former, as_of) for former in before]
    known = [day for day in ends if day]
    if not known or one["signed_date"] is None:
        return None
    days = (max(known) - one["signed_date"]).days + 1
    return days if days > 0 else None
