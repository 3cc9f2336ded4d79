"""The data model: one module per layer, each the single source of its columns."""

from __future__ import annotations

from landtool.schema import (
    approvals,
    buildings,
    candidate_projects,
    commitments,
    contracts,
    control_lines,
    districts,
    enterprises,
    government_causes,
    land_use,
    occupancy,
    operations,
    parcels,
    park_statistics,
    parks,
    proposals,
)
from landtool.schema.fields import Field, Layer

__all__ = ["LAYERS", "Field", "Layer"]

LAYERS: dict[str, Layer] = {
    module.LAYER.name: module.LAYER
    for module in (
        districts, parks, parcels, contracts, government_causes, commitments, enterprises, occupancy,
        operations, buildings, approvals, land_use, control_lines, proposals, park_statistics,
        candidate_projects,
    )
}  # fmt: skip
"""Every layer of the data model by its name in the catalogue."""
