"""The idle statuses in the order in which people read them, for whoever only shows results."""

# Most serious first.
IDLE_ORDER = (
    "idle_2y", "idle_1y", "idle_government_cause", "idle_suspended", "at_risk", "not_idle",
    "not_assessable", "not_applicable",
)  # fmt: skip
