"""Whole ways through the workflows, as an office would go them."""

from __future__ import annotations

import datetime as dt

from tests.cases_store.conftest import LI, START, WANG

# step, who, day after opening, what is handed over
FEE = [
    ("serve_investigation_notice", LI, 10, {"documents": True}),
    ("record_statement", LI, 30, {"documents": True}),
    ("draft_holder_cause", LI, 40, {"documents": True}),
    ("approve_holder_cause", WANG, 41, {}),
    ("draft_fee_plan", LI, 45, {"documents": True}),
    ("approve_plan", WANG, 46, {}),
    ("serve_hearing_notice", LI, 50, {"documents": True}),
    ("record_no_hearing", LI, 60, {"note": "未申请"}),
    ("draft_fee_decision", LI, 61, {"documents": True, "amount_cny": 3e6}),
    ("approve_decision", WANG, 62, {}),
    ("serve_fee_decision", LI, 65, {"documents": True}),
    ("record_payment", LI, 80, {"documents": True, "amount_cny": 3e6}),
    ("close", WANG, 81, {}),
]


def walk(store, case_id, steps=FEE, count=None):
    """Take the steps; give the case after each."""
    kept = store.files.add("文书.pdf", b"%PDF-1.4 text")
    seen = []
    for name, actor, days, given in steps[:count]:
        given = {**given, **({"documents": [kept]} if given.get("documents") else {})}
        at = START + dt.timedelta(days=days)
        seen.append(store.advance(case_id, name, actor, at, **given))
    return seen
