"""What stands on each sheet of the workbook: a result frame in people's words, in a useful order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from landtool import messages
from landtool.assessment import Assessment
from landtool.columns import numbers
from landtool.reports.wording import heading, label, spoken, words
from landtool.schema import LAYERS
from landtool.summary import IDLE_ORDER

_IDLE = [status for status in IDLE_ORDER if status not in ("not_idle", "not_applicable")]
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
    "actual_basis", "missing", "source_file", "source_row",
]  # fmt: skip
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


@dataclass(frozen=True)
class Sheet:
    """One sheet with a table.

    Attributes
    ----------
    key : str
        Its name in the catalogue, ``workbook.sheet_<key>``.
    table : DataFrame
        Cells as people read them: numbers in people's units, words, dates; null where unknown.
    headings : list of str
        One a column, with the unit.
    row_key : str
        Column whose text names a row, so that other sheets can link to it; empty if none.
    links : dict
        Column -> key of the sheet that its cells lead to.
    """

    key: str
    table: pd.DataFrame
    headings: list[str]
    row_key: str = ""
    links: dict[str, str] = field(default_factory=dict)


def make_sheets(result: Assessment, language: str) -> list[Sheet | str]:
    """Every sheet in its order; the key alone where the assessment has nothing for it."""
    made: list[Sheet | str] = []
    for key, build in _SHEETS.items():
        found = build(result, language)
        made.append(key if found is None else found)
    return made


def make_sheet(key: str, result: Assessment, language: str) -> Sheet | None:
    """One sheet by its key, as pages show it; None where the assessment has nothing for it."""
    return _SHEETS[key](result, language)


def _sheet(key: str, frame: pd.DataFrame, language: str, columns: list[str] | None = None, *,
           layers: tuple[str, ...] = (), row_key: str = "",
           links: dict[str, str] | None = None) -> Sheet:  # fmt: skip
    names = [name for name in (frame.columns if columns is None else columns)
             if name in frame and name != "geometry"]
    table = spoken(_choices(frame[names], layers, language), language)
    table = _names_of_fields(table, language)
    full = [name for name in table if name == row_key or table[name].notna().any()]
    return Sheet(key, table[full], [heading(name, language) for name in full], row_key,
                 {name: to for name, to in (links or {}).items() if name in full})


def _choices(frame: pd.DataFrame, layers: tuple[str, ...], language: str) -> pd.DataFrame:
    """Values of a layer's coded fields by their first Chinese spelling."""
    if language != "zh":
        return frame
    changed = {}
    for layer in layers:
        for spec in LAYERS[layer].fields:
            worded = any(messages.has(f"column.{spec.name}_is.{code}") for code in spec.choices or ())
            if spec.choices and not worded and spec.name in frame and spec.name not in changed:
                # A code that is Chinese already is the official word itself.
                table = {code: spellings[0] if code.isascii() and spellings else code
                         for code, spellings in spec.choices.items()}
                said = frame[spec.name].map(table)
                changed[spec.name] = said.where(said.notna(), frame[spec.name])
    return frame.assign(**changed)


def _names_of_fields(table: pd.DataFrame, language: str) -> pd.DataFrame:
    """Lists of missing fields by the labels people know them by."""
    changed = {}
    for name in ("idle_missing", "output_missing", "missing"):
        if name in table:
            known = {text: "、".join(label(part.strip(), language) for part in text.split(","))
                     for text in table[name].dropna().unique()}  # fmt: skip
            changed[name] = table[name].map(known)
    return table.assign(**changed)


def with_district_names(frame: pd.DataFrame, result: Assessment) -> pd.DataFrame:
    """Rows with the name of their district; its code where the name is not known."""
    if "district_code" not in frame or "district_name" in frame:
        return frame
    named = frame["district_code"].astype("object")
    if result.districts is not None:
        names = result.districts.drop_duplicates("district_code").set_index("district_code")
        named = named.map(names["district_name"]).astype("object").where(
            named.isin(names.index), named)
    return frame.assign(district_name=named)


def _parcels(result: Assessment, language: str) -> Sheet | None:
    if result.parcels is None:
        return None
    rows = with_district_names(result.parcels, result).rename(columns={"kind": "contract_kind"})
    return _sheet("parcels", rows, language, _PARCELS,
                  layers=("contracts", "parcels"), row_key="parcel_id",
                  links={"park_name": "parks"})


def _contracts(result: Assessment, language: str) -> Sheet | None:
    if result.contracts is None:
        return None
    rows = result.contracts.rename(columns={"kind": "contract_kind"})
    return _sheet("contracts", rows, language, _CONTRACTS, layers=("contracts",),
                  row_key="contract_id")


def idle_list(result: Assessment, language: str) -> pd.DataFrame | None:
    """Parcels (contracts where there are no parcels) that are or may turn idle, the gravest first.

    Land that cannot be judged stands at the end: unknown is not "not idle". With ``message``, what
    was found, in the language.
    """
    judged = result.parcels if result.parcels is not None else result.contracts
    if judged is None or "idle_status" not in judged:
        return None
    rows = judged[judged["idle_status"].isin(_IDLE)]
    rank = rows["idle_status"].map({status: place for place, status in enumerate(_IDLE)})
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
    return _sheet("idle", rows, language, _IDLE_COLUMNS, layers=("contracts",), row_key="parcel_id"
                  if "parcel_id" in rows and result.parcels is not None else "contract_id",
                  links={"parcel_id": "parcels", "contract_id": "contracts"})


def _low_efficiency(result: Assessment, language: str) -> Sheet | None:
    judged = result.parcels
    if judged is None or "is_low_efficiency" not in judged or not judged["is_low_efficiency"].notna().any():
        return None
    rows = with_district_names(judged[judged["is_low_efficiency"].fillna(False).astype("bool")], result)
    return _sheet("low_efficiency", rows, language, [
        "parcel_id", "holder", "park_name", "district_name", "area_m2", "lifecycle_stage",
        "low_efficiency_reasons", "low_efficiency_margin", "low_efficiency_route",
        "output_intensity_cny_m2", "tax_intensity_cny_m2", "far", "recoverable_area_m2",
        "foregone_output_cny"], links={"parcel_id": "parcels"})  # fmt: skip


def _zones(name: str, first: list[str]) -> Callable[[Assessment, str], Sheet | None]:
    def build(result: Assessment, language: str) -> Sheet | None:
        frame = getattr(result, name)
        if frame is None:
            return None
        return _sheet(name, with_district_names(frame, result), language, [*first, *_ZONES],
                      layers=(name,), row_key=first[0])

    return build


def _commitments(result: Assessment, language: str) -> Sheet | None:
    if result.commitments is None:
        return None
    rows = result.commitments[result.commitments["is_current"]]
    rows = rows.rename(columns={"ratio": "reached_share"}).assign(
        committed_in=words(rows["source"], "column.commitment_source_is.", language))
    return _sheet("commitments", rows, language, _COMMITMENTS,
                  links={"parcel_id": "parcels", "contract_id": "contracts"})


def _plain(key: str) -> Callable[[Assessment, str], Sheet | None]:
    """A frame as it is: each rule names its own columns."""
    def build(result: Assessment, language: str) -> Sheet | None:
        frame = getattr(result, key, None)
        if frame is None:
            return None
        rows = pd.DataFrame(frame.drop(columns="geometry")) if isinstance(frame, gpd.GeoDataFrame) else frame
        other = "en" if language == "zh" else "zh"
        rows = rows.drop(columns=[name for name in rows if str(name).endswith(f"_{other}")])
        rows = rows.rename(columns=lambda name: str(name).removesuffix(f"_{language}"))
        return _sheet(key, with_district_names(rows, result), language, layers=("contracts", "approvals"),
                      links={"parcel_id": "parcels"})

    return build


def _grades(result: Assessment, language: str) -> Sheet | None:
    if result.grades is None:
        return None
    return _sheet("grades", result.grades.sort_values("rank", kind="stable"), language, _GRADES,
                  links={"main_parcel_id": "parcels"})


def _control(result: Assessment, language: str) -> Sheet | None:
    """Tests that apply; those that do not stand in control.parquet alone."""
    if result.control is None:
        return None
    rows = result.control[result.control["verdict"] != "not_applicable"]
    said = {f"control_{name}": words(rows[name], f"control.{name}.", language)
            for name in ("indicator", "basis", "verdict", "reason")}
    return _sheet("control", rows.assign(**said), language, _CONTROL, links={"parcel_id": "parcels"})


def _balance(result: Assessment, language: str) -> Sheet | None:
    found = result.summary.get("balance")
    if not found:
        return None
    whole = {"region_kind": "whole", "region_id": None, **found}
    rows = pd.DataFrame([whole, *found["regions"]])
    return _sheet("balance", rows.assign(zone=zone_labels(rows, result, language)), language, _LEDGER)


def zone_labels(rows: pd.DataFrame, result: Assessment, language: str) -> pd.Series:
    """Districts, parks and lines of ``region_kind`` and ``region_id`` by the names people know."""
    names: dict[str, Any] = {}
    for frame, key, name in ((result.districts, "district_code", "district_name"),
                             (result.parks, "park_id", "park_name")):
        if frame is not None:
            names |= dict(zip(frame[key], frame[name], strict=True))
    ids = rows["region_id"].astype("object")
    said = ids.map(names).astype("object").where(ids.isin(list(names)), ids)
    outside = messages.say("balance.outside", language)
    return said.fillna(outside).mask(rows["region_kind"] == "whole", messages.say("balance.whole", language))


def _transitions(result: Assessment, language: str) -> Sheet | None:
    if result.balance is None:
        return None
    rows = result.balance
    return _sheet("transitions", rows.assign(zone=zone_labels(rows, result, language)), language,
                  ["region_kind", "zone", "from_class", "to_class", "area_m2"])


def _targets(result: Assessment, language: str) -> Sheet | None:
    rows = pd.DataFrame(result.summary.get("target_board") or [])
    if rows.empty:
        return None
    names = zone_labels(rows.assign(region_id=rows["subject_id"], region_kind=rows["subject_kind"]),
                        result, language)
    city = rows["subject_kind"] == "region"
    rows = rows.assign(
        zone=names.mask(city & (rows["subject_id"] == "city"), messages.say("output.city", language)),
        unit=words(rows["unit"], "policy.unit_", language)).rename(columns={"verdict": "board_verdict"})
    return _sheet("targets", rows, language, ["target", "zone", "year", "measured", "threshold",
                  "threshold_max", "unit", "board_verdict", "missing", "clause"])  # fmt: skip


def _findings(result: Assessment, language: str) -> Sheet | None:
    if result.findings is None:
        return None
    rows = result.findings.rename(columns={f"message_{language}": "message"})
    rank = rows["severity"].map({name: place for place, name in enumerate(_SEVERITIES)})
    rows = rows.loc[rank.sort_values(kind="stable").index]
    rows = rows.assign(unit=words(rows["unit"], "policy.unit_", language))
    return _sheet("findings", rows, language, ["severity", "rule_id", "subject_kind", "subject_id",
                  "message", "since", "due", "measured", "threshold", "unit", "clause"],
                  links={"subject_id": "parcels"})  # fmt: skip


def _set_aside(result: Assessment, language: str) -> Sheet | None:
    if result.set_aside is None:
        return None
    rows = result.set_aside
    rows = rows.assign(layer=layer_names(rows["layer"], language), field=rows["field"].map(
        {name: label(name, language) for name in rows["field"].dropna().unique()}))
    return _sheet("set_aside", rows, language, ["layer", "source", "source_row", "scope",
                  "field", "value", "reason", "remedy", "subject_id"])  # fmt: skip


def layer_names(layers: pd.Series, language: str) -> pd.Series:
    """Layers by the names people know; a snapshot keeps its own after the layer's."""
    def name(layer: str) -> str:
        kind, _, snapshot = layer.partition(":")
        known = LAYERS.get(kind)
        said = kind if known is None else known.zh if language == "zh" else known.en
        return f"{said} {snapshot}".strip()

    return layers.map({layer: name(layer) for layer in layers.dropna().unique()})


def _policy(result: Assessment, language: str) -> Sheet | None:
    if result.policy_numbers is None:
        return None
    rows = result.policy_numbers.rename(columns={
        "value": "number", "standing": "clause_standing", "source": "published_in",
        **{f"{name}_{language}": name for name in ("meaning", "unit", "clause", "note")}})
    return _sheet("policy", rows, language, _POLICY)


_SHEETS: dict[str, Callable[[Assessment, str], Sheet | None]] = {
    "parks": _zones("parks", ["park_name", "park_id", "level", "district_name", "approved_area_m2"]),
    "districts": _zones("districts", ["district_name", "district_code", "region_group"]),
    "parcels": _parcels, "contracts": _contracts, "idle": _idle, "low_efficiency": _low_efficiency,
    "commitments": _commitments, "milestones": _plain("milestones"), "deadlines": _plain("deadlines"),
    "unsupplied": _plain("unsupplied"), "control": _control, "grades": _grades,
    "evidence": _plain("evidence"), "balance": _balance, "transitions": _transitions,
    "targets": _targets, "findings": _findings, "set_aside": _set_aside, "policy": _policy,
}  # fmt: skip
