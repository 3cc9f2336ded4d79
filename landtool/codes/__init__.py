"""Codes as data files: land use, industry, supply modes, causes; known, mended, or refused.

Every table is a YAML file of this package; a city adds its own classification by naming a file.
"""

from landtool.codes.classification import (
    Classification,
    load_classification,
    shipped_classifications,
)
from landtool.codes.named import (
    NamedCodes,
    disposal_routes,
    government_causes,
    supply_modes,
)

__all__ = [
    "Classification", "NamedCodes", "disposal_routes", "government_causes", "load_classification",
    "shipped_classifications", "supply_modes",
]  # fmt: skip
