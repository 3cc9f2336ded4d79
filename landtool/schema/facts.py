"""What a layer is beyond its fields: alternatives, and numbers that mean "none"."""

from __future__ import annotations

from landtool.schema.fields import Layer

ONE_OF: dict[str, tuple[tuple[str, ...], ...]] = {
    "operations": (("enterprise_id", "parcel_id"),),
    "commitments": (("contract_id", "parcel_id"), ("intensity_cny_m2", "total_cny", "amount")),
}
"""Of each group a row must fill at least one field, or it is set aside."""

ZERO_MEANS_NONE: dict[str, tuple[str, ...]] = {
    "contracts": ("far_min", "far_max", "term_years"),
}
"""Registers write 0 where a contract sets no such limit or term (a FAR limit of zero limits nothing)."""

FOLLOWS: dict[str, dict[str, str]] = {"contracts": {"kind": "supply_mode"}}
"""A field read from another's source field where the source has none of its own (供地方式 says both)."""


def provenance_column(layer: Layer) -> str:
    """Name of the column that says which source a row came from.

    ``source``, or ``source_file`` where the layer has a field ``source`` of its own.

    Examples
    --------
    >>> from landtool.schema import LAYERS
    >>> provenance_column(LAYERS["contracts"]), provenance_column(LAYERS["commitments"])
    ('source', 'source_file')
    """
    return "source_file" if "source" in layer.names else "source"
