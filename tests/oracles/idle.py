"""The idle-land rule, one contract at a time, in the plainest Python: slow, and easy to check by hand.

It follows Order 53 sentence by sentence and counts single days; tests compare the fast version with it.
A row is a dict; a field that is not in it is absent from the layer. ``<field>_is_known`` may be false.
"""

from __future__ import annotations

import calendar
import datetime as dt

DAY = dt.timedelta(days=1)
NEVER = dt.date(2200, 1, 1)


def anniversary(start: dt.date, years: int) -> dt.date:
    last = calendar.monthrange(start.year + years, start.month)[1]
    return dt.date(start.year + years, start.month, min(start.day, last))


def cause_days(start: dt.date, causes: list[dict], as_of: dt.date) -> set[dt.date]:
    found = set()
    for cause in causes:
        day = max(cause["from_date"], start)
        end = cause["to_date"] or as_of + DAY
        while day < end and day <= as_of:
            found.add(day)
            day += DAY
    return found


def full_day(start: dt.date, years: int, causes: list[dict], as_of: dt.date) -> dt.date:
    """First day on which the days that count are as many as the calendar years have."""
    off = cause_days(start, causes, as_of)
    due = anniversary(start, years)
    day = due
    while day - sum(one <= day for one in off) * DAY < due:
        day += DAY
    return day


def judge(row: dict, causes: list[dict], number: dict, as_of: dt.date, *, start_column_says: bool,
          causes_unreadable: bool = False) -> dict:
    """Status and what it rests on; the keys are those of the verdict columns."""
    def value(name):
        return row.get(name)

    def blank(name):
        return name in row and row[name] is None and row.get(f"{name}_is_known", True)

    def unread(name):
        return name in row and row[name] is None and not row.get(f"{name}_is_known", True)

    def happened(name):
        return value(name) if value(name) and value(name) <= as_of else None

    out = dict.fromkeys(("idle_since", "turns_idle_date", "idle_due_date", "idle_due_basis",
                         "cause_days", "idle_fee_cny", "idle_cause"))
    out |= {"idle_missing": set(), "idle_paragraph1": None, "idle_paragraph2": None}
    if (value("signed_date") and value("signed_date") > as_of) or (
            value("expiry_date") and value("expiry_date") < as_of):
        return out | {"idle_status": "not_applicable"}

    # Has it started, is it done?
    start = happened("actual_start_date")
    done = [happened(f"actual_{what}_date") for what in ("completion", "production")]
    done = [day for day in done if day and not (start and day < start)]
    before = happened("earlier_start_date")
    if start or done or (before and value("earlier_start_is_own")):
        started = True
    elif before:
        started = None
    elif start_column_says and (blank("actual_start_date") or value("actual_start_date")):
        started = False
    else:
        started = None

    # The start clock.
    disposal = value("disposal_start_date")
    if value("disposal_route") == "paid_recovery":
        disposal = None
    missing_clock = set()
    due, basis = None, None
    if disposal:
        due, basis = disposal, "disposal"
    elif value("agreed_start_date"):
        due, basis = value("agreed_start_date"), "agreed_start"
    elif unread("agreed_start_date"):
        missing_clock = {"agreed_start_date"}
    elif happened("actual_delivery_date"):
        due = anniversary(happened("actual_delivery_date"), number["delivery_years"])
        basis = "delivery_plus_year"
    else:
        missing_clock = {"agreed_start_date", "actual_delivery_date"}
    out["idle_due_date"], out["idle_due_basis"] = due, basis

    unreadable = {name for name in ("disposal_start_date", "actual_completion_date",
                                    "actual_production_date") if unread(name)}
    unreadable |= {"government_causes"} if causes_unreadable else set()
    if started is None:
        out |= {"idle_paragraph1": "unknown", "idle_missing": {"actual_start_date"} | missing_clock}
        second = second_paragraph(value, unread, happened, number, start, done, disposal, causes,
                                  as_of, blank)
        out["idle_paragraph2"] = "no" if second["verdict"] is False else "unknown"
        if due:
            out["cause_days"] = len(cause_days(due, causes, as_of))
        return out | {"idle_status": "not_assessable"}
    if started is False:
        return first_paragraph(out, due, missing_clock, unreadable, causes, number, as_of, value)

    out["idle_paragraph1"] = "no"
    second = second_paragraph(value, unread, happened, number, start, done, disposal, causes, as_of,
                              blank)
    return started_status(out, second, unreadable, as_of, number)


def first_paragraph(out, due, missing_clock, unreadable, causes, number, as_of, value):
    out["idle_paragraph2"] = "no"
    if due is None:
        return out | {"idle_status": "not_assessable", "idle_paragraph1": "unknown",
                      "idle_missing": missing_clock}
    out["cause_days"] = len(cause_days(due, causes, as_of))
    one = full_day(due, number["full_years"], causes, as_of)
    two = full_day(due, number["recovery_years"], causes, as_of)
    if one <= as_of:
        if unreadable:
            return out | {"idle_status": "not_assessable", "idle_paragraph1": "unknown",
                          "idle_missing": unreadable}
        out |= {"idle_paragraph1": "yes", "idle_since": one, "idle_cause": "holder"}
        if two <= as_of:
            return out | {"idle_status": "idle_2y"}
        price = value("price_cny")
        if price and price > 0 and value("kind") != "lease":
            out["idle_fee_cny"] = price * number["fee_share"]
        return out | {"idle_status": "idle_1y"}
    out |= {"idle_paragraph1": "no", "turns_idle_date": one}
    if anniversary(due, number["full_years"]) <= as_of:
        return out | {"idle_status": "idle_government_cause", "idle_cause": "government",
                      "idle_since": anniversary(due, number["full_years"])}
    soon = one <= as_of + number["warning_days"] * DAY
    return out | {"idle_status": "at_risk" if soon else "not_idle"}


def second_paragraph(value, unread, happened, number, start, done, disposal, causes, as_of, blank):
    area, area_missing = operand(value("developed_area_m2"), value("area_due_m2"),
                                 number["developed_min"], "developed_area_m2", "area_due_m2")
    total, land = value("total_investment_cny"), value("total_investment_includes_land")
    extra = set()
    if unread("total_investment_includes_land"):
        extra, total = {"total_investment_includes_land"}, total
    elif land in ("yes", True) and value("price_cny") is None:
        extra = {"price_cny"}
    elif land in ("yes", True) and total is not None:
        total = total - value("price_cny")
    money, money_missing = operand(value("invested_cny"), total, number["invested_min"],
                                   "invested_cny", "total_investment_cny")
    if extra:
        money, money_missing = None, money_missing | extra
    little = True if area or money else (None if area is None or money is None else False)
    since = happened("suspended_since_date")
    told = value("suspended_since_date")
    pause = since if since and not (start and since < start) else None
    full = calendar_full = begin = None
    if done:
        paused = False
    elif since and start and since < start:
        paused = None
    elif since:
        begin = max(pause, disposal) if disposal else pause
        full = full_day(begin, number["suspended_years"], causes, as_of)
        calendar_full = anniversary(begin, number["suspended_years"])
        paused = full <= as_of
    else:
        paused = False if blank("suspended_since_date") or told else None
    if little is False or paused is False:
        verdict = False
    elif little is None or paused is None:
        verdict = None
    else:
        verdict = True
    missing = set()
    if little is None:
        missing = (area_missing if area is None else set()) | (
            money_missing if money is None else set())
    if paused is None and little is not False:
        missing |= {"suspended_since_date"}
    clock = max(pause, disposal) if pause and disposal else pause
    days = len(cause_days(clock, causes, as_of)) if clock else None
    return {"verdict": verdict, "little": little, "full": full, "calendar": calendar_full,
            "missing": missing, "cause_days": days}


def operand(part, whole, minimum, part_name, whole_name):
    missing = {name for name, bad in ((part_name, part is None or part < 0),
                                      (whole_name, whole is None or whole <= 0)) if bad}
    return (None, missing) if missing else (part / whole < minimum, missing)


def started_status(out, second, unreadable, as_of, number):
    out["cause_days"] = second["cause_days"]
    verdict, full = second["verdict"], second["full"]
    out["idle_paragraph2"] = {True: "yes", False: "no", None: "unknown"}[verdict]
    excused = full is not None and second["calendar"] <= as_of < full
    if excused and second["little"]:
        return out | {"idle_status": "idle_government_cause", "idle_cause": "government",
                      "idle_since": second["calendar"], "turns_idle_date": full}
    if verdict and unreadable:
        return out | {"idle_status": "not_assessable", "idle_paragraph2": "unknown",
                      "idle_missing": unreadable}
    if verdict:
        return out | {"idle_status": "idle_suspended", "idle_since": full, "idle_cause": "suspended"}
    if verdict is None or (excused and second["little"] is None):
        return out | {"idle_status": "not_assessable", "idle_missing": second["missing"]}
    if second["little"] and full and as_of < full <= as_of + number["warning_days"] * DAY:
        return out | {"idle_status": "at_risk", "turns_idle_date": full}
    return out | {"idle_status": "not_idle"}
