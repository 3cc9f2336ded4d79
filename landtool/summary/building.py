"""What the summary says of what stands on the land: control indicators, evidence from images."""

from __future__ import annotations

from typing import Any

import pandas as pd

from landtool import messages
from landtool.rules.control import CONTROL_VERDICTS, INDICATORS
from landtool.rules.evidence import EvidenceResult
from landtool.summary.performance import Gap


def control_summary(control: pd.DataFrame | None) -> dict[str, dict[str, int]]:
    """Count the verdicts of each control indicator, the most serious first."""
    if control is None:
        return {}
    counts = control.groupby(["indicator", "verdict"], sort=False, observed=True).size()
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


def evidence_summary(evidence: EvidenceResult | None) -> dict[str, Any] | None:
    """Count the parcels whose images contradict or support the register, and what each image says."""
    if evidence is None:
        return None
    images = evidence.table.groupby(["source", "kind", "date"], sort=False)
    return {
        "contradicts": int(evidence.conflict.sum()),
        "supports": int((~evidence.conflict).sum()),
        "open": int(evidence.conflict.isna().sum()),
        "images": [{"source": source, "kind": kind, "date": date.date().isoformat(),
                    **{name: int(count) for name, count in part["says"].value_counts().items()}}
                   for (source, kind, date), part in images],
    }  # fmt: skip


def evidence_gaps(evidence: EvidenceResult | None, language: str, has_images: bool) -> list[Gap]:
    """Images that are absent, and parcels on which an image is not judged."""
    if evidence is None:
        return [] if has_images else [Gap(("evidence", "layer_absent"), ("rasters",), {
            "layer": messages.say("summary.evidence", language)})]
    silent = evidence.table[evidence.table["reason"].notna()
                            & (evidence.table["reason"] != "shown_only")]  # fmt: skip
    return [Gap(("evidence", "image_silent"), (), {
        "source": source, "count": int(count), "reason": messages.say(f"evidence.reason.{reason}", language)})
        for (source, reason), count in silent.groupby(["source", "reason"]).size().items()]  # fmt: skip
