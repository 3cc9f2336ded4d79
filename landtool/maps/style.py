"""One colour and one label per status, everywhere: map, legend, tables, QGIS styles.

The hues are those of Okabe and Ito (2008), which people with colour-blindness tell apart.
"""

from __future__ import annotations

IDLE_COLOURS: dict[str, str] = {
    "idle_2y": "#8c1c13",
    "idle_1y": "#d55e00",
    "idle_government_cause": "#0072b2",
    "idle_suspended": "#cc79a7",
    "at_risk": "#e69f00",
    "not_idle": "#009e73",
    "not_assessable": "#8a8a8a",
    "not_applicable": "#d0d0d0",
}
# Share of the output target reached: upper bound of the class -> colour; the last class is open.
OUTPUT_CLASSES: tuple[tuple[str, float, str], ...] = (
    ("below_25", 0.25, "#8c1c13"),
    ("below_50", 0.50, "#d55e00"),
    ("below_100", 1.00, "#e69f00"),
    ("reached", float("inf"), "#009e73"),
)
OUTPUT_UNKNOWN = "#8a8a8a"
PARK_COLOUR = "#1b3a4b"
DISTRICT_COLOUR = "#5c6b73"
GRADE_COLOURS: dict[str, str] = {"A": "#009e73", "B": "#56b4e9", "C": "#e69f00", "D": "#8c1c13"}
# What happened to industrial land between two surveys: gains blue and green, losses red, the rest pale.
CHANGE_COLOURS: dict[str, str] = {
    "new": "#009e73", "converted_in": "#56b4e9", "replacement": "#0072b2", "converted_out": "#8c1c13",
    "within_industrial": "#cc79a7", "survey_correction": "#8a8a8a", "coverage_change": "#d0d0d0",
}
LAND_CLASS_COLOURS: dict[str, str] = {
    "industrial": "#8c1c13", "m0": "#cc79a7", "storage": "#e69f00", "industrial_or_storage": "#d55e00",
    "other": "#d9d4c5", "not_surveyed": "#ffffff",
}
