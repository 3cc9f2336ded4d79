"""A rezoning before anyone signs: the ledger, what it adds, whom it touches, and what room is left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.balance.areas import drawn_area_m2
from landtool.balance.ledger import By, Classes, LandBalance, land_balance
from landtool.balance.rezoned import with_proposals
from landtool.balance.scenario import (
    STAGES,
    carry_out,
    difference,
    headroom,
    losses_in_lines,
    near_rows,
    pair_replacements,
    replaced_shares,
    uncovered_m2,
)
from landtool.columns import require_columns, texts
from landtool.crs import require_crs, working_plane
from landtool.geometry.pairs import in_threads
from landtool.geometry.topology import repair
from landtool.policy import Policy, load_policy

_NO_AREA_M2 = 1e-3


@dataclass(frozen=True)
class ScenarioResult:
    """What :func:`scenario_result` found.

    Attributes
    ----------
    balance : LandBalance
        The ledger with the proposals carried out.
    base : LandBalance or None
        The ledger without them; None where the scenario starts from the snapshot itself.
    difference : pandas.DataFrame or None
        ``balance`` less ``base``, by region: see :func:`landtool.balance.difference`.
    headroom : pandas.DataFrame
        By region ``headroom_m2``, the industrial land that may still be converted before the total shrinks,
        and ``deficit_m2``, what it lacks: see :func:`landtool.balance.headroom`.
    pairs : pandas.DataFrame
        Each proposal that loses industrial land and what replaces it, with ratio and order of execution:
        see :func:`landtool.balance.pair_replacements`.
    breaches : geopandas.GeoDataFrame or None
        Losses inside control lines; a breach where ``is_replaced`` is false. None without control lines.
    affected : pandas.DataFrame or None
        One row per proposal, parcel and contract: ``proposal_id, to_code, stage, parcel_id, contract_id,
        area_m2`` (of the parcel within the proposal), ``share`` (of the parcel). None without parcels.
    uncovered_m2 : pandas.Series
        By ``proposal_id``: ground that the snapshot does not cover, so that nothing can be said of it.
    proposals : geopandas.GeoDataFrame
        The proposals that were carried out, numbered.
    """

    balance: LandBalance
    base: LandBalance | None
    difference: pd.DataFrame | None
    headroom: pd.DataFrame
    pairs: pd.DataFrame
    breaches: gpd.GeoDataFrame | None
    affected: pd.DataFrame | None
    uncovered_m2: pd.Series
    proposals: gpd.GeoDataFrame

    @property
    def verdict(self) -> str | None:
        """Of the whole, with the proposals carried out: holds, within_tolerance, shrinks; None: unknown."""
        return self.balance.verdict


def scenario_result(
    snapshot: gpd.GeoDataFrame,
    proposals: gpd.GeoDataFrame,
    *,
    classification: Classes,
    before: gpd.GeoDataFrame | None = None,
    by: By | Sequence[By] | None = None,
    by_column: str | Sequence[str | None] | None = None,
    control_lines: gpd.GeoDataFrame | None = None,
    parcels: gpd.GeoDataFrame | None = None,
    contracts: pd.DataFrame | None = None,
    policy: Policy | None = None,
    stages: Collection[str] = STAGES,
    only: Collection[str] | None = None,
    from_name: str = "before",
    to_name: str = "after",
    base: LandBalance | None = None,
) -> ScenarioResult:
    """Carry out proposals on a snapshot and tell what comes of it. Frames in, frames out; no files.

    Parameters
    ----------
    snapshot : geopandas.GeoDataFrame
        The land as it is: polygons with ``land_use_code``, any known CRS.
    proposals : geopandas.GeoDataFrame
        Polygons with ``to_code`` (a code of the snapshot's classification), any known CRS. Optional:
        ``proposal_id`` (made as ``#1``, ``#2`` … if absent), ``stage`` (draft, submitted, approved; a draft
        if absent), ``replaces`` (the ``proposal_id`` whose loss this one makes good). A sketch drawn on a
        map with one column ``to_code`` will do.
    classification : str, Classification or two of them
        As for :func:`landtool.balance.land_balance`: of ``before`` (if given) and of ``snapshot``.
    before : geopandas.GeoDataFrame, optional
        An earlier snapshot: the ledger then runs from it to the scenario, and ``difference`` is what the
        proposals add to the change that has happened already. If not given the ledger runs from
        ``snapshot``.
    by, by_column
        Regions, as for :func:`landtool.balance.land_balance`.
    control_lines : geopandas.GeoDataFrame, optional
        With ``line_id``.
    parcels : geopandas.GeoDataFrame, optional
        With ``parcel_id``: which of them are affected.
    contracts : pandas.DataFrame, optional
        With ``contract_id`` and ``parcel_id``: which of them are affected.
    policy : Policy, optional
        The national policy if not given.
    stages, only : collection of str, optional
        Stages and ids of the proposals to carry out; all if not given.
    from_name, to_name : str
        Names of the two snapshots.
    base : LandBalance, optional
        The ledger from ``before`` to ``snapshot`` by the same regions and policy where it is known from
        another scenario; else it is made. With its workings (as a scenario leaves them, or
        ``land_balance(…, keep_workings=True)``) only the ground of the proposals is looked at again.

    Raises
    ------
    InputDataError
        For an unknown stage or id, or without a required column.
    UnknownCodeError
        For a code that the classification does not settle.
    CrsError
        If a layer has no CRS.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> def square(x, wide): return box(5e5 + x, 3.27e6, 5e5 + x + wide, 3.27e6 + 100)
    >>> land = gpd.GeoDataFrame({"land_use_code": ["0601", "0103"]}, crs="EPSG:4544",
    ...                         geometry=[square(0, 100), square(100, 100)])
    >>> sketch = gpd.GeoDataFrame({"to_code": ["0701"]}, geometry=[square(0, 40)], crs="EPSG:4544")
    >>> made = scenario_result(land, sketch, classification="tdlb-2019")
    >>> made.verdict, made.headroom["deficit_m2"].round(-1).tolist()
    ('shrinks', [4000.0])
    """
    numbers = policy or load_policy("national")
    chosen = _numbered(proposals)
    carried = carry_out(snapshot, chosen, stages, only)
    applied = carried.frame
    systems = classification if isinstance(classification, tuple) else (classification, classification)

    def run(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, classes: Classes, to: str,
            keep: bool = False) -> LandBalance:  # fmt: skip
        return land_balance(first, second, classification=classes, by=by, by_column=by_column, policy=numbers,
                            from_name=from_name, to_name=to, keep_workings=keep)  # fmt: skip

    title = f"{to_name} + {'/'.join(stages)}"
    if before is None:
        base, balance = None, run(snapshot, applied, systems[1], title)
    else:
        base = base or run(before, snapshot, systems, to_name, keep=True)
        balance = with_proposals(base, snapshot.index, carried, title) or run(before, applied, systems, title)
    pairs = pair_replacements(balance.changes, applied, chosen)
    used = chosen[chosen["proposal_id"].isin(list(only))] if only is not None else chosen
    used = used[texts(used, "stage").fillna("draft").isin(list(stages))]
    return ScenarioResult(
        balance=balance, base=base, difference=None if base is None else difference(base, balance),
        headroom=headroom(balance, numbers), pairs=pairs,
        breaches=None if control_lines is None else losses_in_lines(
            balance.changes, control_lines, replaced_shares(balance.changes, applied, pairs, numbers)),
        affected=None if parcels is None else affected_parcels(used, parcels, contracts),
        uncovered_m2=uncovered_m2(snapshot, used).set_axis(used["proposal_id"].array), proposals=used,
    )  # fmt: skip


def _numbered(proposals: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Proposals with a number each: a sketch has none."""
    require_columns(proposals, ["to_code"], "proposals")
    require_crs(proposals, "proposals")
    made = pd.Series([f"#{place}" for place in range(1, len(proposals) + 1)], index=proposals.index, dtype="str")
    known = texts(proposals, "proposal_id")
    return proposals.assign(proposal_id=known.fillna(made), stage=texts(proposals, "stage").fillna("draft"))


def affected_parcels(
    proposals: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, contracts: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Parcels, and the contracts on them, that proposals lie on.

    Parameters
    ----------
    proposals : geopandas.GeoDataFrame
        ``proposal_id, to_code, stage``.
    parcels : geopandas.GeoDataFrame
        ``parcel_id``.
    contracts : pandas.DataFrame, optional
        ``contract_id, parcel_id``; ``contract_id`` is null where a parcel has no contract.

    Returns
    -------
    pandas.DataFrame
        ``proposal_id, to_code, stage, parcel_id, contract_id, area_m2, share``, largest first.
    """
    require_columns(parcels, ["parcel_id"], "parcels")
    plane = working_plane(proposals).to_2d()
    plans = repair(proposals.to_crs(plane), layer="proposals").frame
    ground = repair(near_rows(parcels, plans).to_crs(plane), layer="parcels").frame
    one, two = (np.asarray(frame.geometry.array, dtype=object) for frame in (plans, ground))
    j, i = shapely.STRtree(one).query(two)
    part = in_threads(lambda a, b: shapely.intersection(a, b), one[i], two[j])
    area = drawn_area_m2(part, plane)
    real = area > _NO_AREA_M2
    i, j, area = i[real], j[real], area[real]
    table = pd.DataFrame({
        **{name: plans[name].array.take(i) for name in ("proposal_id", "to_code", "stage")},
        "parcel_id": ground["parcel_id"].astype("str").array.take(j), "area_m2": area,
        "share": np.minimum(area / drawn_area_m2(two[j], plane), 1.0),
    })  # fmt: skip
    held = pd.DataFrame({"parcel_id": [], "contract_id": []}, dtype="str")
    if contracts is not None and {"contract_id", "parcel_id"} <= set(contracts):
        held = contracts[["parcel_id", "contract_id"]].dropna().astype("str")
    table = table.merge(held, on="parcel_id", how="left")
    table = table.sort_values(["area_m2", "parcel_id"], ascending=[False, True], kind="stable", ignore_index=True)
    return table[["proposal_id", "to_code", "stage", "parcel_id", "contract_id", "area_m2", "share"]]
