"""What the summary says of land that was approved and not supplied."""

from __future__ import annotations

from typing import Any

from landtool.rules.unsupplied import UnsuppliedResult
from landtool.summary_performance import Gap
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
