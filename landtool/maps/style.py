"""One colour and one label per status, everywhere: map, legend, tables, QGIS styles.

The hues are those of Okabe and Ito (2008), which people with colour-blindness tell apart. In each table
what needs attention most stands first: it is drawn last, on top, and named first in legends.
"""

from __future__ import annotations

UNKNOWN_COLOUR = "#8a8a8a"
NONE_COLOUR = "#d0d0d0"
IDLE_COLOURS: dict[str, str] = {
    "idle_2y": "#8c1c13",
    "idle_1y": "#d55e00",
    "idle_government_cause": "#0072b2",
    "idle_suspended": "#cc79a7",
    "at_risk": "#e69f00",
    "not_idle": "#009e73",
    "not_assessable": UNKNOWN_COLOUR,
    "not_applicable": NONE_COLOUR,
}
# Share of the output target reached: upper bound of the class -> colour; the last class is open.
OUTPUT_CLASSES: tuple[tuple[str, float, str], ...] = (
    ("below_25", 0.25, "#8c1c13"),
    ("below_50", 0.50, "#d55e00"),
    ("below_100", 1.00, "#e69f00"),
    ("reached", float("inf"), "#009e73"),
)
OUTPUT_UNKNOWN = UNKNOWN_COLOUR
COMMITMENT_COLOURS: dict[str, str] = {
    "failed": "#8c1c13",
    "partly": "#e69f00",
    "not_assessable": UNKNOWN_COLOUR,
    "met": "#009e73",
    "not_due": "#56b4e9",
    "none": NONE_COLOUR,
}
GRADE_COLOURS: dict[str, str] = {
    "D": "#8c1c13",
    "C": "#e69f00",
    "B": "#56b4e9",
    "A": "#009e73",
    "none": NONE_COLOUR,
}
LOW_EFFICIENCY_COLOURS: dict[str, str] = {
    "yes": "#d55e00",
    "no": "#009e73",
    "unknown": UNKNOWN_COLOUR,
}
EVIDENCE_COLOURS: dict[str, str] = {
    "conflict": "#d55e00",
    "agrees": "#009e73",
    "unknown": UNKNOWN_COLOUR,
}
LAND_USE_COLOURS: dict[str, str] = {
    "m0": "#cc79a7",
    "industrial": "#0072b2",
    "industrial_or_storage": "#56b4e9",
    "storage": "#e69f00",
    "other": "#b9b38f",
    "unknown": UNKNOWN_COLOUR,
}
# The classes of the land balance: as on the map, and land that one survey does not hold.
LAND_CLASS_COLOURS: dict[str, str] = {
    **{name: colour for name, colour in LAND_USE_COLOURS.items() if name != "unknown"},
    "not_surveyed": "#ffffff",
}
# What happened to industrial land between two surveys: gains blue and green, losses red, the rest pale.
CHANGE_COLOURS: dict[str, str] = {
    "new": "#009e73", "converted_in": "#56b4e9", "replacement": "#0072b2", "converted_out": "#8c1c13",
    "within_industrial": "#cc79a7", "survey_correction": "#8a8a8a", "coverage_change": "#d0d0d0",
}
# Outlines: colour, width in pixels, dash pattern (empty = one line).
OUTLINES: dict[str, tuple[str, float, str]] = {
    "districts": ("#5c6b73", 1.5, ""),
    "parks": ("#1b3a4b", 2.5, ""),
    "approvals": ("#8a5a00", 1.8, "2 4"),
    "control_lines": ("#b2182b", 2.2, "10 4"),
    "proposals": ("#6a3d9a", 2.2, "6 3 2 3"),
}
PARK_COLOUR = OUTLINES["parks"][0]
DISTRICT_COLOUR = OUTLINES["districts"][0]
