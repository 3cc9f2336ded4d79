"""What stands on each sheet of the workbook: a result frame in people's words, in a useful order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from landtool import messages
from landtool.assessment import Assessment
from landtool.columns import numbers
from landtool.field_words import layer_name
from landtool.reports.sheet_tables import Sheet, table_sheet, with_district_names
from landtool.reports.wording import label, policy_values, with_units_beside, words
from landtool.reports.workbook_rule_sheets import (
    control_sheet,
    deadlines_sheet,
    evidence_sheet,
    grades_sheet,
    milestones_sheet,
    unsupplied_sheet,
)
from landtool.rules.statuses import IDLE_ORDER

#: Idle statuses that the officer's list holds, the gravest first.
LISTED = [status for status in IDLE_ORDER if status not in ("not_idle", "not_applicable")]
_SEVERITIES = ("recover", "breach", "warning", "info")
_PARCELS = [
    "parcel_id", "contract_id", "holder", "park_name", "district_name", "land_use_code", "is_industrial",
    "area_m2", "contract_area_m2", "certificate_area_m2", "contract_kind", "supply_status", "lifecycle_stage",
    "idle_status", "idle_since", "idle_days", "idle_cause", "turns_idle_date", "idle_fee_cny",
    "idle_missing", "signed_date", "expiry_date", "price_cny", "agreed_start_date",
    "actual_delivery_date", "actual_start_date", "actual_completion_date", "actual_production_date",
    "in_denominator", "output_year", "output_cny", "output_intensity_cny_m2", "output_verdict",
    "output_gap_cny", "output_missing", "tax_intensity_cny_m2", "investment_intensity_cny_m2",
    "investment_basis", "far", "building_coefficient", "grade", "is_low_efficiency",
    "low_efficiency_reasons", "recoverable_area_m2", "foregone_output_cny", "evidence_conflict",
    "is_m0", "is_standard_factory", "source", "source_row",
]  # fmt: skip
_CONTRACTS = [
    "contract_id", "parcel_id", "district_name", "holder", "contract_kind", "supply_mode", "standing", "signed_date",
    "expiry_date", "area_m2", "price_cny", "annual_rent_cny", "term_years", "industry_code",
    "lifecycle_stage", "idle_status", "idle_since", "idle_days", "idle_cause", "turns_idle_date",
    "idle_fee_cny", "idle_missing", "agreed_delivery_date", "actual_delivery_date",
    "agreed_start_date", "actual_start_date", "agreed_completion_date", "actual_completion_date",
    "agreed_production_date", "actual_production_date", "suspended_since_date", "developed_area_m2",
    "area_due_m2", "invested_cny", "total_investment_cny", "disposal_route", "disposal_start_date",
    "is_mortgaged", "source", "source_row",
]  # fmt: skip
_IDLE_COLUMNS = [
    "parcel_id", "contract_id", "holder", "park_name", "district_name", "area_m2", "idle_status",
    "idle_since", "idle_days", "idle_cause", "idle_due_date", "idle_due_basis", "cause_days",
    "turns_idle_date", "agreed_start_date", "actual_start_date", "price_cny", "idle_fee_cny", "idle_basis",
    "idle_missing", "message",
]  # fmt: skip
_ZONES = [
    "area_m2", "industrial_area_m2", "output_year", "output_cny", "output_intensity_cny_m2",
    "target_cny_m2", "output_verdict", "output_gap_cny", "output_gap_m2", "coverage_pct",
    "output_missing", "investment_intensity_cny_m2", "tax_intensity_cny_m2", "parcels",
    "parcels_covered", "idle_area_m2", "idle_rate", "developed_rate", "supply_rate", "built_rate",
    "industrial_share", "score", "expansion_gate", "balance_opening_m2", "balance_closing_m2",
    "balance_net_change_m2", "balance_verdict", "output_numerator", "output_denominator",
]  # fmt: skip
_COMMITMENTS = [
    "contract_id", "parcel_id", "committed_in", "metric", "status", "due_date", "year", "committed_cny_m2",
    "actual_cny_m2", "reached_share", "committed_total_cny", "actual_total_cny", "shortfall_cny",
    "committed_amount", "actual_amount", "amount_unit", "actual_basis", "missing", "source_file", "source_row",
]  # fmt: skip
_LEDGER = [
    "region_kind", "zone", "opening_m2", "new_m2", "converted_in_m2", "replacement_m2",
    "converted_out_m2", "survey_correction_m2", "boundary_change_m2", "coverage_change_m2",
    "closing_m2", "net_change_m2", "bound_m2", "residual_m2", "verdict", "closing_m0_m2",
    "closing_storage_m2",
]  # fmt: skip
_POLICY = [
    "key", "meaning", "comparison", "number", "unit", "clause", "clause_standing", "verified",
    "in_force_from", "in_force_until", "policy", "published_in", "note",
]  # fmt: skip


def make_sheets(result: Assessment, language: str) -> list[Sheet | str]:
    """Every sheet in its order; the key alone where the assessment has nothing for it."""
    made: list[Sheet | str] = []
    left_out = _OF_DISTRICTS if "district" in result.summary else ()
    for key, build in _SHEETS.items():
        if key in left_out:
            continue
        found = build(result, language)
        made.append(key if found is None else found)
    return made


def make_sheet(key: str, result: Assessment, language: str) -> Sheet | None:
    """One sheet by its key, as pages show it; None where the assessment has nothing for it."""
    return _SHEETS[key](result, language)


def _parcels(result: Assessment, language: str) -> Sheet | None:
    if result.parcels is None:
        return None
    rows = with_district_names(result.parcels, result).rename(columns={"kind": "contract_kind"})
    return table_sheet("parcels", rows, language, _PARCELS,
                  layers=("contracts", "parcels"), row_key="parcel_id",
                  links={"park_name": "parks"})


def _contracts(result: Assessment, language: str) -> Sheet | None:
    if result.contracts is None:
        return None
    rows = result.contracts.rename(columns={"kind": "contract_kind"})
    return table_sheet("contracts", rows, language, _CONTRACTS, layers=("contracts",),
                  row_key="contract_id")


def idle_list(result: Assessment, language: str) -> pd.DataFrame | None:
    """Parcels (contracts where there are no parcels) that are or may turn idle, the gravest first.

    Land that cannot be judged stands at the end: unknown is not "not idle". With ``message``, what
    was found, in the language.
    """
    judged = result.parcels if result.parcels is not None else result.contracts
    if judged is None or "idle_status" not in judged:
        return None
    rows = judged[judged["idle_status"].isin(LISTED)]
    rank = rows["idle_status"].map({status: place for place, status in enumerate(LISTED)})
    order = pd.DataFrame({"rank": rank, "area": -numbers(rows, "area_m2")}).sort_values(
        ["rank", "area"], kind="stable").index
    rows = with_district_names(rows.loc[order], result)
    return rows.assign(message=_idle_messages(rows, result.findings, language))


def _idle_messages(rows: pd.DataFrame, findings: pd.DataFrame | None, language: str) -> pd.Series:
    said = pd.Series(None, index=rows.index, dtype="object")
    if findings is None:
        return said
    own = findings[findings["rule_id"].str.startswith(("idle.order53", "idle.at_risk",
                                                       "idle.not_assessable"))]
    for kind in ("parcel", "contract"):
        if f"{kind}_id" in rows:
            texts = own[own["subject_kind"] == kind].drop_duplicates("subject_id").set_index(
                "subject_id")[f"message_{language}"]
            found = rows[f"{kind}_id"].map(texts).astype("object")
            said = said.where(said.notna(), found)
    return said


def _idle(result: Assessment, language: str) -> Sheet | None:
    rows = idle_list(result, language)
    if rows is None:
        return None
    return table_sheet("idle", rows, language, _IDLE_COLUMNS, layers=("contracts",), row_key="parcel_id"
                  if "parcel_id" in rows and result.parcels is not None else "contract_id",
                  links={"parcel_id": "parcels", "contract_id": "contracts"})


def low_efficiency_list(result: Assessment) -> pd.DataFrame:
    """Parcels of suspected low-efficiency land, with the names of their districts."""
    judged = result.parcels
    if judged is None or "is_low_efficiency" not in judged:
        return pd.DataFrame()
    return with_district_names(judged[judged["is_low_efficiency"].fillna(False).astype("bool")], result)


def _low_efficiency(result: Assessment, language: str) -> Sheet | None:
    judged = result.parcels
    if judged is None or "is_low_efficiency" not in judged or not judged["is_low_efficiency"].notna().any():
        return None
    return table_sheet("low_efficiency", low_efficiency_list(result), language, [
        "parcel_id", "holder", "park_name", "district_name", "area_m2", "lifecycle_stage",
        "low_efficiency_reasons", "low_efficiency_margin", "low_efficiency_route",
        "output_intensity_cny_m2", "tax_intensity_cny_m2", "far", "recoverable_area_m2",
        "foregone_output_cny"], links={"parcel_id": "parcels"})  # fmt: skip


def _zones(name: str, first: list[str], layer: str) -> Callable[[Assessment, str], Sheet | None]:
    def build(result: Assessment, language: str) -> Sheet | None:
        frame = getattr(result, name)
        if frame is None:
            return None
        return table_sheet(name, with_district_names(frame, result), language, [*first, *_ZONES],
                      layers=(layer,), row_key=first[0])

    return build


def _commitments(result: Assessment, language: str) -> Sheet | None:
    if result.commitments is None:
        return None
    return commitments_sheet(result.commitments[result.commitments["is_current"]], language)


def commitments_sheet(rows: pd.DataFrame, language: str) -> Sheet:
    """Lay out some commitments against actuals, past ones too if they are among the rows."""
    rows = rows.rename(columns={"ratio": "reached_share"}).assign(
        committed_in=words(rows["source"], "column.commitment_source_is.", language))
    return table_sheet("commitments", rows, language, _COMMITMENTS,
                  links={"parcel_id": "parcels", "contract_id": "contracts"})


def ledger(result: Assessment, language: str) -> pd.DataFrame | None:
    """The balance of industrial land, one row a region with its name as ``zone``; None without one."""
    found = result.summary.get("balance")
    if not found:
        return None
    rows = ledger_rows(found)
    return rows.assign(zone=zone_labels(rows, result, language))


def ledger_rows(found: Mapping[str, Any]) -> pd.DataFrame:
    """The balance of a summary, one row a region, the whole first."""
    return pd.DataFrame([{"region_kind": "whole", "region_id": None, **found}, *found["regions"]])


def _balance(result: Assessment, language: str) -> Sheet | None:
    rows = ledger(result, language)
    return None if rows is None else table_sheet("balance", rows, language, _LEDGER)


def zone_names_in(result: Assessment) -> dict[str, Any]:
    """Names of districts and parks by their codes."""
    names: dict[str, Any] = {}
    for frame, key, name in ((result.districts, "district_code", "district_name"),
                             (result.parks, "park_id", "park_name")):
        if frame is not None:
            names |= dict(zip(frame[key], frame[name], strict=True))
    return names


def zone_labels(rows: pd.DataFrame, result: Assessment, language: str) -> pd.Series:
    """Districts, parks and lines of ``region_kind`` and ``region_id`` by the names people know."""
    names = zone_names_in(result)
    ids = rows["region_id"].astype("object")
    said = ids.map(names).astype("object").where(ids.isin(list(names)), ids)
    outside = messages.say("balance.outside", language)
    return said.fillna(outside).mask(rows["region_kind"] == "whole", messages.say("balance.whole", language))


def _transitions(result: Assessment, language: str) -> Sheet | None:
    if result.balance is None:
        return None
    rows = result.balance
    return table_sheet("transitions", rows.assign(zone=zone_labels(rows, result, language)), language,
                  ["region_kind", "zone", "from_class", "to_class", "area_m2"])


def _targets(result: Assessment, language: str) -> Sheet | None:
    rows = pd.DataFrame(result.summary.get("target_board") or [])
    if rows.empty:
        return None
    names = zone_labels(rows.assign(region_id=rows["subject_id"], region_kind=rows["subject_kind"]),
                        result, language)
    city = rows["subject_kind"] == "region"
    rows = with_units_beside(rows, ["measured", "threshold", "threshold_max"], language).assign(
        zone=names.mask(city & (rows["subject_id"] == "city"), messages.say("output.city", language)),
    ).rename(columns={"verdict": "board_verdict"})
    return table_sheet("targets", rows, language, ["target", "zone", "year", "measured", "threshold",
                  "threshold_max", "unit", "board_verdict", "missing", "clause"])  # fmt: skip


def _findings(result: Assessment, language: str) -> Sheet | None:
    if result.findings is None:
        return None
    rows = result.findings.rename(columns={f"message_{language}": "message"})
    rank = rows["severity"].map({name: place for place, name in enumerate(_SEVERITIES)})
    rows = rows.loc[rank.sort_values(kind="stable").index]
    rows = with_units_beside(rows, ["measured", "threshold"], language)
    return table_sheet("findings", rows, language, ["severity", "rule_id", "subject_kind", "subject_id",
                  "message", "since", "due", "measured", "threshold", "unit", "clause"],
                  links={"subject_id": "parcels"})  # fmt: skip


def _set_aside(result: Assessment, language: str) -> Sheet | None:
    if result.set_aside is None:
        return None
    rows = result.set_aside
    rows = rows.assign(layer=layer_names(rows["layer"], language), field=rows["field"].map(
        {name: label(name, language) for name in rows["field"].dropna().unique()}))
    return table_sheet("set_aside", rows, language, ["layer", "source", "source_row", "scope",
                  "field", "value", "reason", "remedy", "subject_id"])  # fmt: skip


def layer_names(layers: pd.Series, language: str) -> pd.Series:
    """Layers by the names people know; a snapshot keeps its own after the layer's."""
    return layers.map({layer: layer_name(layer, language) for layer in layers.dropna().unique()})


def _policy(result: Assessment, language: str) -> Sheet | None:
    if result.policy_numbers is None:
        return None
    table = result.policy_numbers
    rows = table.assign(value=policy_values(table, language)).rename(columns={
        "value": "number", "standing": "clause_standing", "source": "published_in",
        **{f"{name}_{language}": name for name in ("meaning", "unit", "clause", "note")}})
    return table_sheet("policy", rows, language, _POLICY)


_SHEETS: dict[str, Callable[[Assessment, str], Sheet | None]] = {
    "parks": _zones("parks", ["park_name", "park_id", "level", "district_name", "approved_area_m2"], "parks"),
    "districts": _zones("districts", ["district_name", "district_code", "region_group"], "districts"),
    "region_groups": _zones("region_groups", ["region_group", "districts"], "districts"),
    "parcels": _parcels, "contracts": _contracts, "idle": _idle, "low_efficiency": _low_efficiency,
    "commitments": _commitments, "milestones": milestones_sheet, "deadlines": deadlines_sheet,
    "unsupplied": unsupplied_sheet, "control": control_sheet, "grades": grades_sheet,
    "evidence": evidence_sheet, "balance": _balance, "transitions": _transitions,
    "targets": _targets, "findings": _findings, "set_aside": _set_aside, "policy": _policy,
}  # fmt: skip
# What is told of districts together: of one alone it is not missing.
_OF_DISTRICTS = ("region_groups",)
