"""What the summary says of what stands on the land: control indicators."""

from __future__ import annotations

import pandas as pd

from landtool.rules.control import CONTROL_VERDICTS, INDICATORS
from landtool.summary_performance import Gap


def control_summary(control: pd.DataFrame | None) -> dict[str, dict[str, int]]:
    """Count the verdicts of each control indicator, the most serious first."""
    if control is None:
        return {}
    counts = control.groupby("indicator", sort=False)["verdict"].value_counts()
    return {name: {verdict: int(counts[name, verdict]) for verdict in CONTROL_VERDICTS
                   if (name, verdict) in counts.index}
            for name in INDICATORS if name in counts.index.get_level_values(0)}  # fmt: skip


def control_gaps(control: pd.DataFrame | None) -> list[Gap]:
    """What keeps control indicators from being tested: fields, or numbers that are not shipped."""
    if control is None:
        return []
    missing = control.loc[control["verdict"] == "not_assessable", "missing"].dropna()
    return [Gap(("control", "control_missing"), tuple(str(names).split(", ")), {"count": int(count)})
            for names, count in missing.value_counts().items()]  # fmt: skip
