"""The town as a whole: every layer in memory, made from one seed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.errors import InputDataError
from landtool.sample import cover, economy, images, problems, registers, words
from landtool.sample.ground import CRS, Ground, make_ground
from landtool.sample.life import STAGES, Life, make_life

LAYER_NAMES = (
    "districts", "parks", "parcels", "contracts", "government_causes", "commitments", "enterprises",
    "occupancy", "operations", "buildings", "approvals", "control_lines", "proposals",
    "park_statistics", "candidate_projects",
)  # fmt: skip
PARTS = (*LAYER_NAMES, "land_use", "rasters")
FEWEST_WITH_PROBLEMS = 100


@dataclass
class Town:
    """An invented town.

    Attributes
    ----------
    layers : dict of str to (Geo)DataFrame
        Canonical columns and types of the data model, EPSG:4545, m² and CNY. A cell that the files
        hold in a form nobody can read is null here; its text stands in ``raw_cells``.
    raw_cells : DataFrame
        ``layer``, ``row`` (position in the layer), ``field``, ``text`` as the files hold it.
    planted : DataFrame
        What is wrong on purpose: ``layer``, ``kind``, ``scope``, ``subject_id``, ``note``.
    intended : DataFrame
        One row per parcel without planted problems: ``parcel_id``, ``contract_id``, ``stage`` and
        the ``idle_status`` at ``as_of`` that the dates were drawn to give (null without a contract).
    as_of, policy, crs, name : str
        What the catalogue of the town says.
    parts : frozenset of str
        What :func:`write_town` writes: layers, ``land_use``, ``rasters``.
    """

    seed: int
    layers: dict[str, pd.DataFrame]
    raw_cells: pd.DataFrame
    planted: pd.DataFrame
    intended: pd.DataFrame
    ground: Ground = field(repr=False)
    life: Life = field(repr=False)
    plots: registers.Plots = field(repr=False)
    odd: dict[str, np.ndarray] = field(repr=False)
    parts: frozenset[str]
    as_of: str = "2025-12-31"
    policy: str = "chongqing-2021"
    crs: str = CRS
    name: str = "示例市工业园区(虚构数据)"

    @cached_property
    def land_use(self) -> dict[str, gpd.GeoDataFrame]:
        """Snapshots by name: ``2020`` (tdlb-2019), ``2025`` and ``plan-2035`` (yhfl-2023)."""
        return cover.land_use(self.seed, self.ground, self.life, self.plots)

    @cached_property
    def classifications(self) -> dict[str, str]:
        """Classification of each snapshot."""
        return dict(cover.SNAPSHOTS)

    @cached_property
    def rasters(self) -> dict[str, images.Raster]:
        """``ndvi``, ``built_up`` and ``night_lights``."""
        return images.make_rasters(self.seed, self.ground, self.life, self.plots, self.odd)


def make_town(
    seed: int = 0, parcels: int = 3000, problems: bool = True, *,
    only: Collection[str] | None = None,
) -> Town:  # fmt: skip
    """An invented district set with parks, parcels, registers, snapshots and rasters.

    The same arguments give the same town to the last bit. Every idle status of Order 53, every kind
    of contract and, if asked for, every kind of data problem occurs.

    Parameters
    ----------
    seed : int
        Seed of all random draws.
    parcels : int
        How many parcels, 16 or more (100 or more with problems); planted ones come on top.
    problems : bool
        Plant problems on purpose; :func:`planted_problems` lists them.
    only : collection of str, optional
        Make these layers only (what they need is made and left out); ``land_use`` and ``rasters``
        may be among them. The layers are the same as in the whole town.

    Raises
    ------
    InputDataError
        If there are too few parcels, or ``only`` names an unknown layer, or problems are asked for
        in a part of a town.

    Examples
    --------
    >>> town = make_town(parcels=40, problems=False)
    >>> len(town.layers["parcels"]), town.layers["parcels"].crs.to_epsg()
    (40, 4545)
    >>> sorted(town.intended["idle_status"].dropna().unique())[:3]
    ['at_risk', 'idle_1y', 'idle_2y']
    """
    wanted = _wanted(parcels, problems, only)
    ground = make_ground(seed, parcels)
    life = make_life(seed, ground)
    polygons = ground.parcel_polygons()
    area_m2 = np.asarray(shapely.area(polygons))
    made = economy.make_economy(seed, ground, life, area_m2)
    plots = registers.make_plots(seed, ground, life, made, area_m2)
    layers = _layers(seed, ground, life, made, plots, polygons, wanted)
    town = Town(
        seed=seed, layers=layers, raw_cells=_no_raw_cells(), planted=_nothing_planted(),
        intended=_intended(life, plots), ground=ground, life=life, plots=plots,
        odd={"built": np.empty(0, dtype=np.int64), "bare": np.empty(0, dtype=np.int64)},
        parts=frozenset(wanted),
    )  # fmt: skip
    return _plant(town) if problems else town


def planted_problems(town: Town) -> pd.DataFrame:
    """What is wrong in the town on purpose: ``layer``, ``kind``, ``scope``, ``subject_id``, ``note``.

    ``scope`` says what must become of it: ``row`` or ``field`` is set aside, or ``note``.

    Examples
    --------
    >>> len(planted_problems(make_town(parcels=40, problems=False)))
    0
    """
    return town.planted.copy()


def _wanted(parcels: int, with_problems: bool, only: Collection[str] | None) -> set[str]:
    unknown = sorted(set(only or ()) - set(PARTS))
    if unknown:
        raise InputDataError(f"unknown layers {unknown}", "make_town(only=…)",
                             "choose from: " + ", ".join(PARTS))  # fmt: skip
    if with_problems and only is not None:
        raise InputDataError("problems in a part of a town", "make_town(only=…)",
                             "pass problems=False with only")  # fmt: skip
    if with_problems and parcels < FEWEST_WITH_PROBLEMS:
        raise InputDataError(f"{parcels} parcels with problems", "make_town",
                             f"ask for at least {FEWEST_WITH_PROBLEMS}, or problems=False")  # fmt: skip
    return set(PARTS if only is None else only)


def _layers(
    seed: int, ground: Ground, life: Life, made: economy.Economy, plots: registers.Plots,
    polygons: np.ndarray, wanted: set[str],
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """The wanted layers in the order of the data model."""
    found: dict[str, pd.DataFrame] = {}
    found["parcels"] = registers.parcels_frame(seed, ground, life, plots, polygons)
    registers.mark_standard_factories(found["parcels"], made)
    if wanted & {"contracts", "commitments"}:
        found["contracts"] = registers.contracts_frame(
            seed, ground, life, plots, made, found["parcels"])
    if "commitments" in wanted:
        found["commitments"] = registers.commitments_frame(seed, life, plots, found["contracts"])
    if wanted & {"operations", "enterprises", "park_statistics"}:
        found["operations"] = economy.operations_frame(seed, life, made, plots.area_m2)
    if wanted & {"enterprises", "park_statistics"}:
        found["enterprises"] = economy.enterprise_frame(seed, made, found["operations"])
    if "park_statistics" in wanted:
        found["park_statistics"] = economy.park_statistics_frame(
            seed, made, found["operations"], found["enterprises"], ground,
            cover.land_by_park(ground, life, plots))  # fmt: skip
    makers = {
        "districts": lambda: cover.districts_frame(ground),
        "parks": lambda: cover.parks_frame(seed, ground, made),
        "government_causes": lambda: registers.causes_frame(seed, life, plots),
        "occupancy": lambda: economy.occupancy_frame(life, made, plots.ids),
        "buildings": lambda: cover.buildings_frame(
            seed, life, plots, ground.corners[ground.is_parcel]),
        "approvals": lambda: cover.approvals_frame(seed, ground, life),
        "control_lines": lambda: cover.control_lines_frame(ground),
        "proposals": lambda: cover.proposals_frame(ground, plots, life),
        "candidate_projects": lambda: cover.projects_frame(seed, plots),
    }  # fmt: skip
    found |= {name: make() for name, make in makers.items() if name in wanted}
    return {name: found[name] for name in LAYER_NAMES if name in wanted}


def _intended(life: Life, plots: registers.Plots) -> pd.DataFrame:
    status = {name: idle or None for name, (_, idle) in STAGES.items()}
    stage = words.text(life.stage)
    return pd.DataFrame({
        "parcel_id": words.text(plots.ids), "contract_id": words.text(plots.contract),
        "stage": stage, "idle_status": stage.map(status).astype("str"),
    })  # fmt: skip


def _no_raw_cells() -> pd.DataFrame:
    return pd.DataFrame({"layer": pd.Series(dtype="str"), "row": pd.Series(dtype="int64"),
                         "field": pd.Series(dtype="str"), "text": pd.Series(dtype="str")})  # fmt: skip


def _nothing_planted() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in problems.COLUMNS})


def _plant(town: Town) -> Town:
    planted = problems.plant(town.ground, town.life, town.plots, town.layers)
    spoiled = set(planted.planted["subject_id"])
    intact = ~(town.intended["parcel_id"].isin(spoiled) | town.intended["contract_id"].isin(spoiled))
    town.layers, town.raw_cells = planted.layers, planted.raw_cells
    town.planted, town.odd = planted.planted, planted.odd
    town.intended = town.intended[intact].reset_index(drop=True)
    return town
