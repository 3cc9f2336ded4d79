"""Sheets of single rules: milestones, deadlines, unsupplied land, control indicators, grades, images."""

from __future__ import annotations

from landtool.assessment import Assessment
from landtool.reports.sheet_tables import Sheet, table_sheet, with_district_names
from landtool.reports.wording import words

_CONTROL = [
    "parcel_id", "contract_id", "control_indicator", "control_verdict", "value", "comparison", "threshold",
    "control_basis", "signed_date", "industry_division", "clause", "threshold_verified", "is_mandatory",
    "control_reason", "missing", "area_used_m2", "source_file", "source_row",
]  # fmt: skip
_GRADES = [
    "name", "enterprise_id", "industry_code", "year", "grade", "rank", "score", "land_m2", "parcels",
    "main_parcel_id", "registered_date", "value_added_cny", "tax_cny", "energy_tce", "rd_cny",
    "revenue_cny", "grade_min_max", "changes_class", "excluded_reason", "missing",
]  # fmt: skip
_MILESTONES = [
    "contract_id", "parcel_id", "milestone_name", "milestone_status", "agreed_date", "actual_date",
    "late_days", "defaulting_party", "milestone_excuse", "missing", "remedy_contract",
]  # fmt: skip
_DEADLINES = ["date", "ahead_days", "message", "parcel_id", "contract_id", "holder", "clause"]
_UNSUPPLIED = [
    "approval_id", "approved_date", "approval_year", "age_days", "approval_kind", "parcel_id", "area_m2",
    "is_sliver", "is_built_without_supply", "unsupplied_basis", "built_m2", "park_id", "district_name",
]  # fmt: skip
_EVIDENCE = [
    "parcel_id", "contract_id", "evidence_kind", "image_date", "image", "built_share", "ndvi_mean", "lights_mean",
    "pixels", "covered_share", "evidence_says", "evidence_reason", "evidence_register", "register_date",
    "evidence_verdict",
]  # fmt: skip
# What is in time or not due stands in milestones.parquet alone.
_TO_CHECK = ("overdue", "late", "not_assessable")


def milestones_sheet(result: Assessment, language: str) -> Sheet | None:
    """Milestones that are late, overdue or cannot be judged, the latest first."""
    if result.milestones is None:
        return None
    rows = result.milestones[result.milestones["status"].isin(_TO_CHECK)]
    rows = rows.sort_values("days_late", ascending=False, kind="stable", na_position="last")
    rows = rows.assign(
        milestone_name=words(rows["milestone"], "milestone.name.", language),
        milestone_status=words(rows["status"], "milestone.status.", language),
        defaulting_party=words(rows["defaulting_party"], "milestone.party.", language),
        milestone_excuse=rows["excuse"], late_days=rows["days_late"],
        remedy_contract=rows["remedy"])
    return table_sheet("milestones", rows, language, _MILESTONES,
                       links={"parcel_id": "parcels", "contract_id": "contracts"})


def deadlines_sheet(result: Assessment, language: str) -> Sheet | None:
    """What falls due ahead, the nearest first."""
    if result.deadlines is None:
        return None
    rows = result.deadlines.rename(columns={f"message_{language}": "message", "days_ahead": "ahead_days"})
    return table_sheet("deadlines", rows.sort_values("date", kind="stable"), language, _DEADLINES,
                       links={"parcel_id": "parcels", "contract_id": "contracts"})


def grades_sheet(result: Assessment, language: str) -> Sheet | None:
    """Every enterprise by rank; those not graded stand last with the reason."""
    if result.grades is None:
        return None
    return table_sheet("grades", result.grades.sort_values("rank", kind="stable"), language, _GRADES,
                  links={"main_parcel_id": "parcels"})


def control_sheet(result: Assessment, language: str) -> Sheet | None:
    """Tests that apply; those that do not stand in control.parquet alone."""
    if result.control is None:
        return None
    rows = result.control[result.control["verdict"] != "not_applicable"]
    said = {f"control_{name}": words(rows[name], f"control.{name}.", language)
            for name in ("indicator", "basis", "verdict", "reason")}
    return table_sheet("control", rows.assign(**said), language, _CONTROL, links={"parcel_id": "parcels"})


def unsupplied_sheet(result: Assessment, language: str) -> Sheet | None:
    """Each piece of approved land that is not supplied, the oldest approval first; slivers are marked."""
    if result.unsupplied is None:
        return None
    rows = result.unsupplied.sort_values("approved_date", kind="stable", na_position="last")
    rows = rows.assign(approval_kind=words(rows["kind"], "column.approval_kind_is.", language),
                       unsupplied_basis=words(rows["built_basis"], "unsupplied.basis.", language))
    return table_sheet("unsupplied", with_district_names(rows, result), language, _UNSUPPLIED,
                       links={"parcel_id": "parcels"})


def evidence_sheet(result: Assessment, language: str) -> Sheet | None:
    """What each image shows of each parcel; those that contradict the register stand first."""
    if result.evidence is None:
        return None
    rows = result.evidence.sort_values("compares", kind="stable", na_position="last")
    said = {
        "evidence_kind": words(rows["kind"], "evidence.kind.", language),
        "evidence_says": words(rows["says"], "evidence.says.", language),
        "evidence_reason": words(rows["reason"], "evidence.reason.", language),
        "evidence_register": words(rows["register_says"], "evidence.register.", language),
        "evidence_verdict": words(rows["compares"].fillna("open"), "evidence.verdict.", language),
    }
    rows = rows.assign(image_date=rows["date"], image=rows["source"], **said)
    return table_sheet("evidence", rows, language, _EVIDENCE, links={"parcel_id": "parcels", "contract_id": "contracts"})
