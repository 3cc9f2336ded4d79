"""The headline of an assessment: what summary.json, the terminal and the app's first page say."""

from __future__ import annotations

import hashlib
import math
import platform
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from landtool import __version__, messages
from landtool.balance import memo
from landtool.balance.of_workspace import BalanceAttempt
from landtool.columns import numbers
from landtool.indicators.progress import STAGES
from landtool.judgement import Judgement, table_of
from landtool.rules.commitments import COMMITMENT_STATUSES
from landtool.rules.output_target import OutputResult
from landtool.rules.statuses import IDLE_ORDER
from landtool.schema import LAYERS
from landtool.summary.building import (
    control_gaps,
    control_summary,
    evidence_gaps,
    evidence_summary,
)
from landtool.summary.land import park_gaps, parks_summary, unsupplied_gaps, unsupplied_summary
from landtool.summary.lives import deadline_counts, milestone_counts, milestone_gaps
from landtool.summary.performance import (
    grading_gaps,
    grading_summary,
    low_efficiency_gaps,
    low_efficiency_summary,
)
from landtool.workspace import Workspace

_RATIO_KEYS = [
    "output_year", "output_cny", "output_intensity_cny_m2", "output_numerator", "output_denominator",
    "area_used", "coverage_pct", "target_cny_m2", "output_verdict", "output_gap_cny",
    "output_gap_m2", "output_missing", "industrial_area_m2",
]  # fmt: skip
_LORENZ_POINTS = 50
_LIBRARIES = ("geopandas", "shapely", "pyproj", "pyogrio", "pandas", "numpy")
# Absent layer -> what cannot be assessed without it.
_NEEDS = {
    "parcels": "geometry", "contracts": "idle", "government_causes": "government_causes",
    "operations": "output", "parks": "parks", "districts": "districts",
    "park_statistics": "target_board", "commitments": "commitments", "land_use": "land_use",
    "approvals": "approvals", "buildings": "buildings",
}  # fmt: skip


def summarise(
    workspace: Workspace, judged: Judgement, parcels: pd.DataFrame | None, findings: pd.DataFrame,
    problems: pd.DataFrame, made_of: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Gather the content of summary.json; plain JSON values only, unknown is null. ``made_of``: :func:`versions`."""
    subjects = parcels if parcels is not None else judged.contracts
    milestones, deadlines = (None, None) if judged.lives is None else (
        judged.lives.milestones, judged.lives.deadlines)
    commitments, control = table_of(judged.commitments), table_of(judged.control)
    policy = workspace.policy
    return {
        "name": workspace.name,
        "as_of": workspace.as_of.isoformat(),
        "language": workspace.language,
        "policy": {"name": policy.name,
                   "title": policy.title if workspace.language == "zh" else policy.title_en,
                   "title_zh": policy.title, "title_en": policy.title_en,
                   "version": policy.version},
        "layers": {name: report.as_dict() for name, report in workspace.reports.items()},
        "subject": "parcel" if parcels is not None else "contract",
        "idle": by_status(subjects, "idle_status", IDLE_ORDER),
        "lifecycle": by_status(subjects, "lifecycle_stage", STAGES),
        "output": output_summary(judged.output, judged.year, workspace.language),
        "commitments": commitment_counts(commitments),
        "milestones": milestone_counts(milestones),
        "deadlines": deadline_counts(deadlines),
        "parks": plain(parks_summary(judged.park_evaluation)),
        "unsupplied": plain(unsupplied_summary(judged.unsupplied)),
        "control": control_summary(control),
        "evidence": evidence_summary(judged.evidence),
        "grades": plain(grading_summary(judged.grading)),
        "low_efficiency": plain(low_efficiency_summary(parcels, judged.low_efficiency)),
        "target_board": records(judged.target_board),
        "findings": {str(rule): int(count)
                     for rule, count in findings["rule_id"].value_counts().sort_index().items()},
        "problems": [{"layer": layer, "kind": kind, "scope": scope, "count": int(count)}
                     for (layer, kind, scope), count in
                     problems.groupby(["layer", "kind", "scope"]).size().items()],
        "balance": balance_summary(judged.balance, workspace),
        "not_assessed": [
            *not_assessed(workspace, subjects, judged.output, commitments, judged.balance),
            *(_row(workspace.language, *gap.words, list(gap.missing), **gap.values)
              for gap in [*milestone_gaps(milestones),
                          *unsupplied_gaps(judged.unsupplied, workspace),
                          *park_gaps(judged.park_evaluation, workspace),
                          *control_gaps(control),
                          *evidence_gaps(judged.evidence, workspace.language,
                                         bool(workspace.layers.rasters)),
                          *grading_gaps(judged.grading, workspace),
                          *low_efficiency_gaps(judged.low_efficiency, workspace)])],
        "versions": made_of,
    }  # fmt: skip


def by_status(
    frame: pd.DataFrame | None, column: str, order: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    """Count and area (m²; null if no area is known) of each status that occurs, in the given order."""
    if frame is None or column not in frame:
        return {}
    # Land without a polygon counts by the area its contract or certificate states.
    area = numbers(frame, "area_m2").fillna(numbers(frame, "area_used_m2"))
    table = pd.DataFrame({"status": frame[column], "area_m2": area}).groupby("status")["area_m2"]
    counts, sums = table.size(), table.sum(min_count=1)
    known = [status for status in order if status in counts.index]
    known += sorted(set(counts.index) - set(order))
    return {status: {"count": int(counts[status]), "area_m2": plain(sums[status])}
            for status in known}  # fmt: skip


def commitment_counts(commitments: pd.DataFrame | None) -> dict[str, dict[str, int]]:
    """Count the commitments by what holds of them today, one per contract, source and metric."""
    if commitments is None:
        return {}
    counts = commitments.loc[commitments["is_current"], "status"].value_counts()
    return {status: {"count": int(counts[status])} for status in COMMITMENT_STATUSES
            if status in counts.index}  # fmt: skip


def output_summary(output: OutputResult | None, year: int | None, language: str) -> dict[str, Any]:
    """Output intensity of the city, the region groups and each park, with the Lorenz curve."""
    if output is None:
        return {"year": None, "city": None, "region_groups": [], "parks": [], "basis": {},
                "lorenz": {"gini": None, "land_share": [], "output_share": []}}
    city = _ratios(output.city, "city")[0]
    curve = output.lorenz
    step = max(1, math.ceil(len(curve) / _LORENZ_POINTS))
    thinned = pd.concat([curve.iloc[::step], curve.iloc[-1:]]).drop_duplicates()
    named = {key: messages.say(f"output.{city[key]}", language)
             for key in ("output_numerator", "output_denominator")}
    return {
        "year": year,
        "city": city,
        "region_groups": _ratios(output.region_groups, "region_group"),
        "parks": _ratios(output.parks, "park_name" if "park_name" in output.parks else "park_id"),
        "basis": {"output_year": year, **named},
        "lorenz": {"gini": plain(output.city["gini"].iloc[0]),
                   "land_share": [plain(v) for v in thinned["land_share"]],
                   "output_share": [plain(v) for v in thinned["output_share"]]},
    }


def _ratios(frame: pd.DataFrame, name: str) -> list[dict[str, Any]]:
    keys = [key for key in _RATIO_KEYS if key in frame]
    table = frame[keys].assign(name=frame[name])
    return records(table)


def not_assessed(
    workspace: Workspace, judged: pd.DataFrame | None, output: OutputResult | None,
    commitments: pd.DataFrame | None = None,
    land: BalanceAttempt | None = None,
) -> list[dict[str, Any]]:
    """What could not be assessed, why, and what is missing; absent is never zero, never compliant."""
    language, rows = workspace.language, []
    for layer, what in _NEEDS.items():
        if not _has_layer(workspace, layer):
            rows.append(_row(language, what, "layer_absent", [layer], layer=partial(_label, layer)))
    if judged is not None and "idle_missing" in judged:
        fields = judged.loc[judged["idle_status"] == "not_assessable", "idle_missing"].dropna()
        for missing, count in fields.value_counts().items():
            names = [name.strip() for name in str(missing).split(",")]
            rows.append(_row(language, "idle", "fields_missing", names, count=int(count)))
    if output is not None:
        open_parks = output.parks[output.parks["output_verdict"] == "not_assessable"]
        for missing, count in open_parks["output_missing"].fillna("").value_counts().items():
            names = [name.strip() for name in str(missing).split(",") if name.strip()]
            rows.append(_row(language, "output", "parks_missing", names, count=int(count)))
    if commitments is not None:
        fields = commitments.loc[commitments["is_current"], "missing"].dropna()
        for missing, count in fields.value_counts().items():
            rows.append(_row(language, "commitments", "commitments_missing",
                             str(missing).split(", "), count=int(count)))
    rasters = [name for name, spec in workspace.catalogue.land_use.items() if spec.is_raster]
    if rasters:
        rows.append(_row(language, "land_use", "raster_snapshots", [], names=", ".join(rasters)))
    if land is not None and land.found is None and workspace.layers.land_use:
        why = "balance_refused" if land.refusal else "one_survey"
        rows.append(_row(language, "land_use", why, [], reason=str(land.refusal)))
    return rows


def balance_summary(land: BalanceAttempt | None, workspace: Workspace) -> dict[str, Any] | None:
    """The land balance of the last two surveys, with a paragraph fit for a memo; None without one."""
    if land is None or land.found is None:
        return None
    found = land.found
    text = memo(found.balance, workspace.language, names=zone_names(workspace),
                breaches=found.breaches)
    return {**found.as_dict(), "memo": text}


def zone_names(workspace: Workspace) -> dict[str, str]:
    """Names of districts and parks by their codes."""
    found: dict[str, str] = {}
    for frame, key, name in ((workspace.layers.districts, "district_code", "district_name"),
                             (workspace.layers.parks, "park_id", "park_name")):
        if frame is not None:
            found |= dict(zip(frame[key], frame[name], strict=True))
    return found


def _has_layer(workspace: Workspace, layer: str) -> bool:
    found = getattr(workspace.layers, layer)
    return bool(found) if isinstance(found, dict) else found is not None


def _label(layer: str, language: str) -> str:
    return LAYERS[layer].zh if language == "zh" else LAYERS[layer].en


def _row(language: str, what: str, why: str, missing: list[str], **values: Any) -> dict[str, Any]:
    """One thing not assessed, in the workspace's language and, for a switch, in each."""
    said = {f"{part}_{tongue}": messages.say(f"summary.{key}", tongue, **{
                name: value(tongue) if callable(value) else value for name, value in values.items()})
            for tongue in messages.LANGUAGES for part, key in (("what", what), ("why", why))}  # fmt: skip
    return {"what": said[f"what_{language}"], "why": said[f"why_{language}"], "missing": missing, **said}


def versions(workspace: Workspace) -> dict[str, Any]:
    """Software, policy and the SHA-256 of every input file, so that a result can be reproduced."""
    return {
        "landtool": __version__,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "policy": workspace.policy.version,
        "inputs": dict(_digests(workspace)),
    }


def _digests(workspace: Workspace) -> list[tuple[str, str]]:
    names = {source.source.split("::")[0]
             for report in workspace.reports.values() for source in report.sources}
    names |= {raster.info.source for raster in workspace.layers.rasters}
    found = []
    for name in sorted(names):
        path = workspace.folder / name
        if path.is_file():
            found += [(name, _sha256(path))]
            # A shapefile is several files; its attributes and its CRS are inputs as well.
            siblings = [path.with_suffix(s) for s in (".dbf", ".shx", ".prj", ".cpg")]
            if path.suffix.lower() == ".shp":
                found += [(f"{Path(name).with_suffix(s.suffix).as_posix()}", _sha256(s))
                          for s in siblings if s.is_file()]
        elif path.is_dir():
            found += [(f"{name}/{p.name}", _sha256(p)) for p in sorted(path.iterdir())
                      if p.is_file() and p.suffix != ".lock"]
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain JSON values; null where unknown."""
    rows = frame.astype("object").to_dict(orient="records")
    return [{str(key): plain(value) for key, value in row.items()} for row in rows]


def plain(value: Any) -> Any:
    """One value as JSON takes it.

    Examples
    --------
    >>> plain(float("nan")) is None, plain(pd.Timestamp("2025-12-31"))
    (True, '2025-12-31')
    """
    if isinstance(value, Mapping):
        return {str(key): plain(cell) for key, cell in value.items()}
    if isinstance(value, list | tuple):
        return [plain(cell) for cell in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if hasattr(value, "strftime"):
        return value.strftime("%Y-%m-%d")
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | bool) else str(value)
