"""The result tables: what the rules found, on one row per parcel, park and district."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from landtool.columns import numbers, positions, texts
from landtool.indicators.progress import parcel_stage
from landtool.link import Linked
from landtool.rules.output_target import OutputResult
from landtool.workspace import Workspace

# Result columns of a contract's verdict that its parcel carries too.
VERDICT_COLUMNS = [
    "idle_status", "idle_fee_cny", "idle_since", "idle_days", "idle_cause", "turns_idle_date", "recovery_date",
    "idle_due_date", "idle_due_basis", "cause_days", "idle_paragraph1", "idle_paragraph2",
    "idle_missing", "idle_basis",
]  # fmt: skip
_CONTRACT_FACTS = [
    "holder", "kind", "signed_date", "price_cny", "agreed_start_date", "agreed_completion_date",
    "agreed_production_date", "actual_start_date", "actual_delivery_date", "actual_completion_date",
    "actual_production_date", "expiry_date", "invested_cny", "industry_code", "far_min", "far_max",
]  # fmt: skip
# Result columns of rules that had no input, or none of which the policy speaks: null, and named in
# `not_assessed`.
_WITHOUT_VERDICT = {
    "grade": "str", "main_enterprise_id": "str", "is_low_efficiency": "boolean",
    "low_efficiency_status": "str", "low_efficiency_reasons": "str", "low_efficiency_missing": "str",
    "low_efficiency_route": "str", "low_efficiency_margin": "float64", "is_zombie": "boolean",
    "judged_from_date": "datetime64[us]", "recoverable_area_m2": "float64",
    "foregone_output_cny": "float64", "evidence_conflict": "boolean",
}  # fmt: skip
# Columns of parks and districts that only parks, or only their evaluation, can fill.
_ZONE_COLUMNS = {
    "developed_rate": "float64", "supply_rate": "float64", "built_rate": "float64",
    "industrial_share": "float64", "score": "float64", "expansion_gate": "str",
}  # fmt: skip


def with_contract(
    parcels: pd.DataFrame, linked: Linked | None, contracts: pd.DataFrame | None
) -> pd.DataFrame:
    """Parcels with the facts and the verdict of the contract each is judged by."""
    own = parcels.drop(columns=[name for name in ("contract_id",) if name in parcels])
    if linked is None or contracts is None:
        return own.assign(contract_id=pd.Series(None, index=own.index, dtype="str"))
    names = [name for name in ["contract_id", *_CONTRACT_FACTS, *VERDICT_COLUMNS]
             if name in contracts]
    names += [f"{name}_is_known" for name in _CONTRACT_FACTS if f"{name}_is_known" in contracts]
    place = positions(own["parcel_id"], linked.in_force["parcel_id"])
    rows = np.append(linked.in_force["contract_row"].to_numpy(dtype="int64"), -1)[place]
    taken = {name: _take(contracts[name], rows, own.index) for name in names}
    if "holder" in taken and "holder" in own:
        taken["holder"] = own["holder"].fillna(taken["holder"])
    return own.assign(**taken)


def _take(column: pd.Series, at: Any, index: pd.Index) -> pd.Series:
    """Values at the positions given; null at -1, in the column's own type."""
    return pd.Series(column.array.take(at, allow_fill=True), index=index)


def parcel_table(
    workspace: Workspace,
    linked: Linked | None,
    output: OutputResult | None,
    contracts: pd.DataFrame | None,
    judged: Sequence[pd.DataFrame] = (),
) -> pd.DataFrame | None:
    """One row per accepted parcel: all inputs that matter, then the result columns.

    ``judged`` are the columns of further rules, on the index of the parcels.
    """
    parcels = workspace.layers.parcels
    if parcels is None:
        return None
    table = with_contract(parcels, linked, contracts)
    if "idle_status" in table:
        # A parcel with no contract at all is bound by none.
        table["idle_status"] = table["idle_status"].fillna("not_applicable")
    else:
        table["idle_status"] = pd.Series("not_assessable", index=table.index, dtype="str")
    table["lifecycle_stage"] = _stages(table, linked, contracts)
    if output is not None:
        measured = output.parcels.drop(columns=["parcel_id"])
        table = table.assign(**{name: measured[name] for name in measured.columns
                                if name not in table.columns})  # fmt: skip
    park_names = workspace.layers.parks
    if park_names is not None:
        names = park_names.drop_duplicates("park_id").set_index("park_id")["park_name"]
        table["park_name"] = texts(table, "park_id").map(names).astype("str")
    for columns in judged:
        table = table.assign(**{name: columns[name] for name in columns.columns})
    return _without_companions(_with_null(table, _WITHOUT_VERDICT))


def _stages(
    table: pd.DataFrame, linked: Linked | None, contracts: pd.DataFrame | None
) -> pd.Series:
    if linked is None or contracts is None:
        nothing = pd.DataFrame({"parcel_id": pd.Series(dtype="str"),
                                "contract_row": pd.Series(dtype="int64")})
        return parcel_stage(table, pd.Series([], dtype="str"), nothing)
    return parcel_stage(table, contracts["lifecycle_stage"], linked.in_force)


def _without_companions(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns=[name for name in table.columns if name.endswith("_is_known")])


def zone_table(
    zones: pd.DataFrame | None, measured: pd.DataFrame | None, key: str,
    parcels: pd.DataFrame | None, ledger: pd.DataFrame | None = None,
) -> pd.DataFrame | None:  # fmt: skip
    """One row per park, district or region group: its output, its idle land, its balance of industrial land."""
    if zones is None:
        return None
    table = _without_companions(zones)
    if measured is not None:
        extra = measured.drop_duplicates(key).set_index(key)
        extra = extra[[name for name in extra.columns if name not in table.columns]]
        table = table.join(extra, on=key)
    if parcels is not None and key in parcels and "idle_status" in parcels:
        table = table.join(_idle_shares(parcels, key), on=key)
    return _with_null(_with_balance(table, key, ledger), _ZONE_COLUMNS)


def line_table(lines: pd.DataFrame | None, ledger: pd.DataFrame | None) -> pd.DataFrame | None:
    """One row per control line: its balance of industrial land."""
    return None if lines is None else _with_balance(_without_companions(lines), "line_id", ledger)


def _with_balance(table: pd.DataFrame, key: str, ledger: pd.DataFrame | None) -> pd.DataFrame:
    if ledger is None:
        return table
    kind = {"park_id": "park", "district_code": "district", "region_group": "region_group",
            "line_id": "control_line"}[key]
    own = ledger[(ledger["region_kind"] == kind) & ledger["region_id"].notna()]
    own = own.set_index("region_id").drop(columns="region_kind").add_prefix("balance_")
    return table.join(own, on=key)


def _with_null(table: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    return table.assign(**{name: pd.Series(None, index=table.index, dtype=kind)
                           for name, kind in columns.items() if name not in table})


def _idle_shares(parcels: pd.DataFrame, key: str) -> pd.DataFrame:
    """Idle land of a zone in m², and as a share of the land that could be judged; null if none could.

    A parcel without a known area enters neither sum.
    """
    area = numbers(parcels, "area_m2")
    idle = parcels["idle_status"].isin(["idle_1y", "idle_2y", "idle_suspended",
                                        "idle_government_cause"])
    judged = ~parcels["idle_status"].isin(["not_applicable", "not_assessable"]) & area.notna()
    sums = pd.DataFrame({"idle_area_m2": area.where(idle, 0.0), "idle_assessed_area_m2": area})
    sums = sums[judged].groupby(parcels.loc[judged, key]).sum()
    whole = sums["idle_assessed_area_m2"]
    return sums.assign(idle_rate=sums["idle_area_m2"] / whole.where(whole > 0))


def on_parcels(findings: pd.DataFrame, linked: Linked | None) -> pd.DataFrame:
    """Findings on the contract that judges one parcel are findings on that parcel.

    A contract that stands on several parcels keeps its findings: they are one matter, not several.
    """
    if linked is None or linked.in_force.empty:
        return findings
    places = linked.in_force.drop_duplicates("contract_id", keep=False)
    at = positions(findings["subject_id"], places["contract_id"])
    parcel = _take(places["parcel_id"], at, findings.index)
    here = (findings["subject_kind"] == "contract") & parcel.notna()
    return findings.assign(
        subject_kind=findings["subject_kind"].mask(here, "parcel"),
        subject_id=findings["subject_id"].mask(here, parcel),
    )
