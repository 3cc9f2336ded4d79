"""Approved but unsupplied land on one parcel: which approval holds it, and whether it is built on."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from landtool import messages
from landtool.explanation.page import NO_UNIT, Input, RuleResult, is_null, shown
from landtool.explanation.pieces import Subject, inputs_of, thresholds, whole

_NUMBERS = ["unsupplied.built_without_supply", "topology.sliver_width_m"]


def unsupplied_rule(subject: Subject) -> RuleResult | None:
    """The page of unsupplied land; None for land that is supplied, or in no approval."""
    pieces, parcel = subject.result.unsupplied, subject.parcel
    if pieces is None or parcel is None:
        return None
    rows = pieces[(pieces["parcel_id"] == subject.subject_id) & ~pieces["is_sliver"]]
    if rows.empty:
        return None
    language = subject.language

    def say(key: str, **values: Any) -> str:
        return messages.say(f"unsupplied.{key}", language, **values)

    flags = rows["is_built_without_supply"]
    verdict = ("built_without_supply" if flags.fillna(False).any() else
               "unknown_built" if flags.isna().any() else "unsupplied")  # fmt: skip
    derived = {
        say("piece", approval=row["approval_id"]): say(
            "piece_text", area_m2=row["area_m2"], approved_date=row["approved_date"],
            age_days=row["age_days"], built_m2=row["built_m2"], basis=_basis(row["built_basis"], say))
        for row in rows.to_dict(orient="records")}  # fmt: skip
    inputs = inputs_of(parcel, "parcels", ["supply_status", "area_m2", "floor_area_m2"], language)
    return RuleResult("unsupplied", say("rule"), verdict, say(f"verdict.{verdict}"),
                      inputs + _approvals(subject, rows), derived,
                      thresholds(subject.policy, _NUMBERS, language), say(f"change_{verdict}"))


def _basis(basis: Any, say: Any) -> str:
    return shown(None) if is_null(basis) else ", ".join(say(f"basis.{part}") for part in basis.split(", "))


def _approvals(subject: Subject, rows: pd.DataFrame) -> list[Input]:
    layer = subject.workspace.layers.approvals
    if not isinstance(layer, gpd.GeoDataFrame):
        return []
    own = layer[layer["approval_id"].isin(rows["approval_id"])]
    label = messages.say("unsupplied.approval", subject.language)
    return [Input("approval_id", label, row["approval_id"], NO_UNIT, str(row.get("source") or ""),
                  whole(row.get("source_row")))
            for row in own.drop(columns="geometry").to_dict(orient="records")]  # fmt: skip
