"""What the summary says of land in parks, and of land that was approved and not supplied."""

from __future__ import annotations

from typing import Any

from landtool.rules.park_evaluation import GATES, ParkResult
from landtool.rules.unsupplied import UnsuppliedResult
from landtool.summary.performance import Gap
from landtool.workspace import Workspace


def unsupplied_summary(found: UnsuppliedResult | None) -> dict[str, Any] | None:
    """Sums by approval year and over all, in m²; None where nothing could be measured."""
    if found is None:
        return None
    rows = found.years.astype("object").to_dict(orient="records")
    return {"years": rows[:-1], "total": rows[-1], "pieces": int((~found.pieces["is_sliver"]).sum()),
            "slivers": int(found.pieces["is_sliver"].sum()), "unknown_parcels": found.unknown_parcels}


def unsupplied_gaps(found: UnsuppliedResult | None, workspace: Workspace) -> list[Gap]:
    """What leaves unsupplied land open: parcels whose supply is not known."""
    layers = workspace.layers
    if found is None:
        silent = layers.approvals is not None and layers.parcels is not None
        return [Gap(("approvals", "no_supply_known"), ("supply_status", "contract_id"))] if silent else []
    count = found.unknown_parcels
    return [Gap(("approvals", "supply_unknown"), ("supply_status",), {"count": count})] if count else []


def parks_summary(found: ParkResult | None) -> dict[str, Any] | None:
    """The ratios of parks, region groups and city, and how many parks pass the gate of expansion."""
    if found is None:
        return None
    gates = found.parks["expansion_gate"].value_counts()
    groups = found.region_groups.rename_axis("name").reset_index()
    city = found.city.astype("object").to_dict(orient="records")
    return {"expansion_gate": {gate: int(gates[gate]) for gate in GATES if gate in gates.index},
            "scored": int(found.parks["score"].notna().sum()),
            "region_groups": groups.astype("object").to_dict(orient="records"),
            "city": city[0] if city else None}  # fmt: skip


def park_gaps(found: ParkResult | None, workspace: Workspace) -> list[Gap]:
    """Ratios that could not be measured, conditions of the gate that stay open, and the lack of weights."""
    if found is None:
        return []
    gaps = [Gap(("park_funnel", "parks_lack"), tuple(str(names).split(", ")), {"count": int(count)})
            for names, count in found.parks["funnel_missing"].value_counts().items()]  # fmt: skip
    opened = found.parks.loc[found.parks["expansion_gate"] == "not_assessable", "expansion_missing"]
    gaps += [Gap(("park_gate", "parks_lack"), tuple(str(names).split(", ")), {"count": int(count)})
             for names, count in opened.value_counts().items()]  # fmt: skip
    if workspace.policy.get("intensity.weights") is None:
        gaps.append(Gap(("park_score", "policy_silent"), ("intensity.weights",)))
    return gaps
