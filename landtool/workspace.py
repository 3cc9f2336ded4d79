"""A workspace: the catalogue's layers, read, made trustworthy, and accounted for.

Every record of every source ends among the accepted rows of a layer or in the problem table with a
reason. Geometry is on one working plane; areas are ellipsoidal.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from landtool.codes import Classification, load_classification
from landtool.concurrency import begin, no_collecting, one_beside
from landtool.crosscheck import cross_check
from landtool.errors import InputDataError
from landtool.intake import LayerReport, Raster, Taken, read_layer, read_rasters, source_bytes
from landtool.memory import hand_back_freed, share_memory
from landtool.policy import Policy, load_policy
from landtool.progress import PLAN, Progress, silent
from landtool.schema import LAYERS
from landtool.schema.problems import concat_problems
from landtool.schema.reasons import with_reasons
from landtool.sources.catalogue import Catalogue, load_catalogue

# Districts and parks come first: they tell the zone of a layer whose coordinates do not.
_ORDER = ["districts", "parks", *[n for n in LAYERS if n not in {"districts", "parks", "land_use"}]]


@dataclass(frozen=True)
class Layers:
    """Accepted rows by layer; a layer that is absent is None.

    Canonical columns that no source has are absent too, so that "not said" and "said to be empty"
    stay apart. ``land_use`` holds one frame per snapshot of polygons (rasters are not read), ``rasters`` one description per file.
    """

    districts: gpd.GeoDataFrame | None = None
    parks: gpd.GeoDataFrame | None = None
    parcels: gpd.GeoDataFrame | None = None
    contracts: pd.DataFrame | None = None
    government_causes: pd.DataFrame | None = None
    commitments: pd.DataFrame | None = None
    enterprises: pd.DataFrame | None = None
    occupancy: pd.DataFrame | None = None
    operations: pd.DataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None
    approvals: gpd.GeoDataFrame | None = None
    control_lines: gpd.GeoDataFrame | None = None
    proposals: gpd.GeoDataFrame | None = None
    park_statistics: pd.DataFrame | None = None
    candidate_projects: pd.DataFrame | None = None
    land_use: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    rasters: list[Raster] = field(default_factory=list)


@dataclass(frozen=True)
class Workspace:
    """What :func:`open_workspace` returns.

    Attributes
    ----------
    folder : Path
        Where landtool.yaml lies.
    catalogue : Catalogue
        The catalogue as written.
    name, language : str
        For maps and reports.
    as_of : date
        The day the assessment speaks of.
    policy : Policy
        The numbers in force on that day.
    plane : pyproj.CRS or None
        Working plane of all geometry; None without geometry.
    layers : Layers
        Accepted rows.
    reports : dict of LayerReport
        Per layer (``land_use:2020`` for a snapshot): rows in, accepted, set aside, encoding, CRS.
    problems : pandas.DataFrame
        All problems found (see :mod:`landtool.schema.problems`).
    """

    folder: Path
    catalogue: Catalogue
    name: str
    language: str
    as_of: date
    policy: Policy
    plane: CRS | None
    layers: Layers
    reports: dict[str, LayerReport]
    problems: pd.DataFrame

    @property
    def set_aside(self) -> pd.DataFrame:
        """Rows and fields that were not used, with the reason in the workspace's language.

        Columns: layer, source, source_row, scope (``row``, ``field``), field, value, reason, and
        beyond them subject_id, kind (a stable code), remedy and detail (what the reason names).
        """
        left = self.problems[self.problems["scope"].isin(["row", "field"])]
        return with_reasons(left, self.language)


def open_workspace(
    path: str | Path,
    *,
    as_of: date | None = None,
    policy: str | Path | None = None,
    language: str | None = None,
    only: Collection[str] | None = None,
    progress: Progress = silent,
) -> Workspace:
    """Read, validate and account for every layer of a workspace.

    Parameters
    ----------
    path : str or Path
        Folder with ``landtool.yaml``, or that file.
    as_of, policy, language : optional
        Override the catalogue's.
    only : collection of str, optional
        Layers to read; the others are as if the catalogue did not name them. ``land_use`` means every
        snapshot, ``land_use.2025`` the one of that name. For a look at a part of a large workspace, never
        for an assessment.
    progress : callable
        Told at the start of each step.

    Returns
    -------
    Workspace

    Raises
    ------
    InputDataError, CrsError, PolicyError
        If the catalogue is wrong, a source cannot be read, a CRS cannot be known, or the policy
        does not hold. Dirty rows raise nothing: they are set aside.
    """
    catalogue = load_catalogue(Path(path))
    if only is not None:
        catalogue = _part_of(catalogue, only)
    day = as_of or catalogue.as_of
    if day is None:
        raise InputDataError("no day to speak of", str(catalogue.file),
                             "write as_of: YYYY-MM-DD, or give --as-of")
    numbers = load_policy(policy or catalogue.name_or_path(catalogue.policy or "national"), day)
    share_memory()
    with no_collecting():
        intake = _read_all(catalogue, numbers, progress)
        progress("step.cross_check")
        layers, crossed = cross_check(intake.layers, numbers, _classifications(catalogue))
    hand_back_freed()
    return Workspace(
        folder=catalogue.root, catalogue=catalogue, name=catalogue.name,
        language=language or catalogue.language, as_of=day, policy=numbers, plane=intake.plane,
        layers=layers, reports=intake.reports,
        problems=concat_problems([intake.problems, crossed]),
    )  # fmt: skip


def _part_of(catalogue: Catalogue, only: Collection[str]) -> Catalogue:
    """The catalogue as if it named these layers alone."""
    return catalogue.model_copy(update={
        "layers": {name: spec for name, spec in catalogue.layers.items() if name in only},
        "land_use": {name: spec for name, spec in catalogue.land_use.items()
                     if "land_use" in only or f"land_use.{name}" in only},
        "rasters": catalogue.rasters if "rasters" in only else [],
    })


def _classifications(catalogue: Catalogue) -> dict[str, Classification]:
    """Classifications that the catalogue declares for parcels and contracts."""
    for spec in catalogue.land_use.values():
        if spec.classification:  # refused now, not when the balance comes to it
            load_classification(catalogue.name_or_path(spec.classification))
    return {name: load_classification(catalogue.name_or_path(spec.classification))
            for name, spec in catalogue.layers.items() if spec.classification}


@dataclass
class _Intake:
    layers: Layers
    reports: dict[str, LayerReport]
    problems: pd.DataFrame
    plane: CRS | None


def _read_all(catalogue: Catalogue, policy: Policy, progress: Progress) -> _Intake:
    jobs = [(name, LAYERS[name], catalogue.layers[name]) for name in _ORDER if name in catalogue.layers]
    jobs += [(f"land_use:{snapshot}", LAYERS["land_use"], spec)
             for snapshot, spec in catalogue.land_use.items() if not spec.is_raster]  # fmt: skip
    progress(PLAN, layers=len(jobs))
    plane = CRS.from_user_input(catalogue.crs) if catalogue.crs else None
    taken: dict[str, Taken] = {}
    # Tables wait for no plane: the other core reads them while geometry is measured on this one. The largest come
    # first, so that little is left when both read tables.
    plain = [job for job in jobs if job[1].geometry == "none"]
    plain.sort(key=lambda job: source_bytes(catalogue.root, job[2]), reverse=True)
    with one_beside() as aside:
        tables = {title: begin(aside, read_layer, catalogue.root, title, layer, spec, policy, None, None)
                  for title, layer, spec in plain}
        for title, layer, spec in jobs:
            if title in tables:
                continue
            progress("step.read", layer=title)
            districts = taken["districts"].frame if "districts" in taken else None
            taken[title] = read_layer(catalogue.root, title, layer, spec, policy, plane, districts)
            if plane is None and isinstance(taken[title].frame, gpd.GeoDataFrame):
                plane = taken[title].frame.crs
        for table in tables.values():
            table.lend_a_hand()
        for title, _, _ in jobs:
            if title in tables:
                progress("step.read", layer=title)
                taken[title] = tables[title].result()
    frames = {title: taken[title].frame for title, _, _ in jobs}
    snapshots = {s: frames.pop(f"land_use:{s}") for s, spec in catalogue.land_use.items() if not spec.is_raster}
    rasters, raster_problems = read_rasters(catalogue)
    return _Intake(
        replace(Layers(land_use=snapshots, rasters=rasters), **frames),
        {title: taken[title].report for title, _, _ in jobs},
        concat_problems([*(taken[title].problems for title, _, _ in jobs), raster_problems]), plane)
