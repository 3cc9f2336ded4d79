"""What images show of one parcel, beside what the register says."""

from __future__ import annotations

from typing import Any

from landtool import messages
from landtool.explanation.page import RuleResult, is_null, shown
from landtool.explanation.pieces import Subject, inputs_of, thresholds
from landtool.indicators.raster_evidence import FIGURES

_INPUTS = ["signed_date", "actual_delivery_date", "actual_start_date", "actual_completion_date",
           "actual_production_date"]  # fmt: skip
_NUMBERS = ["evidence.pixels_min", "evidence.covered_share_min", "evidence.built_share_min",
            "evidence.bare_share_max", "evidence.ndvi_green_min"]  # fmt: skip


def evidence_rule(subject: Subject) -> RuleResult | None:
    """The page of the images; None without any, or for a contract without a parcel."""
    table, parcel, language = subject.result.evidence, subject.parcel, subject.language
    if table is None or parcel is None:
        return None

    def say(key: str, **values: Any) -> str:
        return messages.say(f"evidence.{key}", language, **values)

    rows = table[table["parcel_id"] == parcel["parcel_id"]].sort_values("date").to_dict(orient="records")
    conflict = parcel.get("evidence_conflict")
    verdict = "open" if is_null(conflict) else "contradicts" if conflict else "supports"
    register = rows[0]["register_says"] if rows else None
    derived = {say("register"): say(f"register.{'none' if is_null(register) else register}")}
    for row in rows:
        name = say("image", kind=say(f"kind.{row['kind']}"), date=shown(row["date"]), source=row["source"])
        said = say(f"says.{row['says']}")
        reason = "" if is_null(row["reason"]) else say(f"reason.{row['reason']}")
        derived[name] = say("row" if not reason else "row_silent", says=said, reason=reason,
                            figure=shown(row[FIGURES[row["kind"]][0]]), pixels=shown(row["pixels"]))
    inputs = [] if subject.contract is None else inputs_of(subject.contract, "contracts", _INPUTS, language)
    return RuleResult("evidence", say("rule"), verdict, say(f"verdict.{verdict}"), inputs, derived,
                      thresholds(subject.policy, _NUMBERS, language), say(f"change_{verdict}"))
