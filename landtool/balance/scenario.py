"""What rezoning proposals do to the land: a snapshot with proposals applied, pairs, breaches, headroom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool.balance.areas import drawn_area_m2
from landtool.balance.land_use_table import CODE
from landtool.balance.ledger import LandBalance
from landtool.balance.regions import OUTSIDE, share_out, take_regions
from landtool.balance.settle import subtract
from landtool.columns import require_columns, texts
from landtool.crs import require_crs
from landtool.errors import InputDataError
from landtool.geometry.pairs import in_threads
from landtool.geometry.topology import repair
from landtool.policy import Policy

STAGES = ("draft", "submitted", "approved")
GAINS = ("new", "converted_in", "replacement")
_NO_AREA_M2 = 1e-6


def apply_proposals(
    snapshot: gpd.GeoDataFrame,
    proposals: gpd.GeoDataFrame,
    *,
    stages: Collection[str] = STAGES,
    only: Collection[str] | None = None,
    recode: bool = True,
) -> gpd.GeoDataFrame:
    """The snapshot as it would be with proposals carried out.

    Rows that a proposal touches are cut; the part inside gets the proposal's code. Where proposals
    overlap, the further stage wins, then the earlier row. Land that the snapshot does not cover stays
    uncovered. All other rows are handed on as they are.

    Parameters
    ----------
    snapshot : geopandas.GeoDataFrame
        With ``land_use_code``.
    proposals : geopandas.GeoDataFrame
        ``proposal_id``, ``to_code``, ``stage`` and ``replaces`` (optional).
    stages : collection of str
        Stages to carry out; a proposal without stage counts as ``draft``.
    only : collection of str, optional
        Ids of the proposals to carry out; all if not given.
    recode : bool
        False to mark the land by ``proposal_id`` and ``replaces`` and leave its code: for a snapshot in
        which the proposals have been carried out already.

    Returns
    -------
    geopandas.GeoDataFrame
        A new frame on a fresh index, with ``proposal_id`` and ``replaces`` (null outside proposals).

    Raises
    ------
    InputDataError
        For an unknown stage, or without the columns.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> land = gpd.GeoDataFrame({"land_use_code": ["0601"]}, geometry=[box(0, 0, 4, 1)], crs="EPSG:4544")
    >>> plan = gpd.GeoDataFrame({"proposal_id": ["T1"], "to_code": ["0701"], "stage": ["draft"]},
    ...                         geometry=[box(3, 0, 9, 1)], crs="EPSG:4544")
    >>> made = apply_proposals(land, plan)
    >>> made["land_use_code"].tolist(), made.area.tolist(), made["proposal_id"].tolist()
    (['0601', '0701'], [3.0, 1.0], [nan, 'T1'])
    """
    return carry_out(snapshot, proposals, stages, only, recode).frame


@dataclass(frozen=True)
class CarriedOut:
    """A snapshot with proposals carried out.

    Attributes
    ----------
    frame : geopandas.GeoDataFrame
        As :func:`apply_proposals` returns.
    origin : numpy.ndarray
        (n,) position in the snapshot of the row that each row was, or was cut from.
    is_inside : numpy.ndarray
        (n,) whether a row lies inside a proposal.
    """

    frame: gpd.GeoDataFrame
    origin: np.ndarray
    is_inside: np.ndarray


def carry_out(
    snapshot: gpd.GeoDataFrame, proposals: gpd.GeoDataFrame, stages: Collection[str] = STAGES,
    only: Collection[str] | None = None, recode: bool = True,
) -> CarriedOut:  # fmt: skip
    """What :func:`apply_proposals` does, and where each row of it comes from."""
    require_columns(snapshot, [CODE], "land use")
    chosen = _chosen(proposals, stages, only).to_crs(require_crs(snapshot, "land use"))
    land = snapshot.reset_index(drop=True)
    land["proposal_id"] = pd.Series(np.nan, index=land.index, dtype="str")
    land["replaces"] = texts(land, "replaces")
    plans = _without_overlaps(np.asarray(chosen.geometry.array, dtype=object))
    shapes = np.asarray(land.geometry.array, dtype=object).copy()
    plan, row = shapely.STRtree(shapes).query(plans)
    order = np.lexsort((plan, row))
    row, plan = row[order], plan[order]
    mended = repair(land.iloc[np.unique(row)], layer="land_use").frame.geometry
    shapes[mended.index] = mended.to_numpy()
    part = in_threads(lambda a, b: shapely.intersection(a, b), shapes[row], plans[plan])
    real = shapely.area(part) > 0.0
    row, plan, part = row[real], plan[real], part[real]
    if not len(row):
        return CarriedOut(land, np.arange(len(land)), np.zeros(len(land), dtype=bool))
    cut = np.unique(row)
    inside = land.iloc[row].assign(
        proposal_id=chosen["proposal_id"].astype("str").array.take(plan),
        replaces=texts(chosen, "replaces").array.take(plan), geometry=part,
    )  # fmt: skip
    if recode:
        inside[CODE] = chosen["to_code"].astype("str").array.take(plan)
    rest = land.iloc[cut].set_geometry(gpd.GeoSeries(subtract(shapes, row, plans, plan, cut),
                                                     index=cut, crs=land.crs))  # fmt: skip
    rest = rest[rest.area > 0.0]
    every = [land.drop(index=cut), rest, inside]
    is_inside = np.repeat([False, False, True], [len(one) for one in every])
    joined = pd.concat(every)
    order = np.argsort(joined.index.to_numpy(), kind="stable")
    return CarriedOut(joined.iloc[order].reset_index(drop=True), joined.index.to_numpy()[order], is_inside[order])


def _chosen(
    proposals: gpd.GeoDataFrame, stages: Collection[str], only: Collection[str] | None
) -> gpd.GeoDataFrame:
    """The proposals to carry out, the furthest stage first."""
    wrong = set(stages) - set(STAGES)
    if wrong:
        raise InputDataError(f"no stage {', '.join(sorted(wrong))}", "scenario",
                             f"choose among {', '.join(STAGES)}")
    require_columns(proposals, ["proposal_id", "to_code"], "proposals")
    require_crs(proposals, "proposals")
    if only is not None:
        missing = sorted(set(only) - set(proposals["proposal_id"].astype("str")))
        if missing:
            raise InputDataError(f"no proposal {', '.join(missing)}", "scenario", "check the numbers")
        proposals = proposals[proposals["proposal_id"].astype("str").isin(list(only))]
    stage = texts(proposals, "stage").fillna("draft")
    kept = proposals.assign(stage=stage)[stage.isin(list(stages))]
    kept = repair(kept, layer="proposals").frame
    rank = kept["stage"].map({name: -place for place, name in enumerate(STAGES)})
    return kept.loc[rank.sort_values(kind="stable").index]


def _without_overlaps(shapes: np.ndarray) -> np.ndarray:
    """Each shape without the ones before it."""
    i, j = shapely.STRtree(shapes).query(shapes)
    i, j = i[j < i], j[j < i]
    if not len(i):
        return shapes
    later = np.unique(i)
    left = shapes.copy()
    left[later] = subtract(shapes, i, shapes, j, later)
    return left


def pair_replacements(
    changes: gpd.GeoDataFrame, after: gpd.GeoDataFrame, proposals: gpd.GeoDataFrame
) -> pd.DataFrame:
    """The replacement ledger (改一补一): each proposal that loses industrial land and what replaces it.

    Parameters
    ----------
    changes : geopandas.GeoDataFrame
        Of a balance whose second layer is ``after``.
    after : geopandas.GeoDataFrame
        As :func:`apply_proposals` returns.
    proposals : geopandas.GeoDataFrame
        All proposals; ``replaces`` of a gain names the proposal it replaces.

    Returns
    -------
    pandas.DataFrame
        One row per proposal with a loss, largest first: ``proposal_id, stage, lost_m2, replaced_by,
        replacement_m2, ratio, is_paired, in_order`` (the replacement has come as far as the loss; null
        where none is named)``, awaited, awaited_stage`` (proposals that name the loss but are not carried
        out here, and the furthest stage among them: the loss comes first).
    """
    told = changes.assign(
        proposal_id=after["proposal_id"].reindex(changes["to_row"]).array,
        replaces=after["replaces"].reindex(changes["to_row"]).array,
    )  # fmt: skip
    gained = told[told["cause"].isin(GAINS) & told["replaces"].notna()]
    lost = told[(told["cause"] == "converted_out") & told["proposal_id"].notna()]
    stage = proposals.drop_duplicates("proposal_id").set_index("proposal_id").pipe(texts, "stage")
    rank = stage.fillna("draft").map({name: place for place, name in enumerate(STAGES)})
    table = lost.groupby("proposal_id")["area_m2"].sum().rename("lost_m2").to_frame()
    gains = gained.assign(rank=gained["proposal_id"].map(rank).astype("float64")).groupby("replaces").agg(
        replaced_by=("proposal_id", lambda ids: ", ".join(sorted(set(ids)))),
        replacement_m2=("area_m2", "sum"), rank=("rank", "min"))  # fmt: skip
    table = table.join(gains).astype({"rank": "float64"})
    own = pd.Series(table.index.map(rank), index=table.index, dtype="float64")
    table["stage"] = pd.Series(table.index.map(stage.fillna("draft")), index=table.index, dtype="str")
    table["is_paired"] = table["replacement_m2"].notna()
    table = table.join(_awaited(proposals, after, rank))
    table["in_order"] = (table["rank"] >= own).astype("boolean").mask(
        ~table["is_paired"], (table["awaited_rank"] >= own).astype("boolean").mask(table["awaited"].isna()))
    table["replacement_m2"] = table["replacement_m2"].fillna(0.0).astype("float64")
    table["ratio"] = table["replacement_m2"] / table["lost_m2"]
    table["replaced_by"] = table["replaced_by"].astype("str")
    table = table.sort_values("lost_m2", ascending=False, kind="stable").reset_index()
    return table[["proposal_id", "stage", "lost_m2", "replaced_by", "replacement_m2", "ratio",
                  "is_paired", "in_order", "awaited", "awaited_stage"]]  # fmt: skip


def _awaited(proposals: gpd.GeoDataFrame, after: gpd.GeoDataFrame, rank: pd.Series) -> pd.DataFrame:
    """By the loss they name: proposals that are not carried out in ``after``, and how far they have come."""
    names = texts(proposals, "replaces")
    waiting = names.notna() & ~proposals["proposal_id"].isin(after["proposal_id"].dropna().unique())
    own = texts(proposals, "proposal_id")
    rows = pd.DataFrame({"replaces": names, "id": own})[waiting & own.notna()]
    rows["rank"] = rows["id"].map(rank).astype("float64")
    told = rows.groupby("replaces").agg(awaited=("id", lambda ids: ", ".join(sorted(set(ids)))),
                                        awaited_rank=("rank", "max"))  # fmt: skip
    stage = dict(enumerate(STAGES))
    return told.astype({"awaited": "str"}).assign(awaited_stage=told["awaited_rank"].map(stage).astype("str"))


def replaced_shares(
    changes: gpd.GeoDataFrame, after: gpd.GeoDataFrame, pairs: pd.DataFrame, policy: Policy
) -> pd.Series:
    """What share of each change is replaced, by the proposal it lies in (0 to 1, index of ``changes``).

    What a ledger may be out by (``balance.residual_max_m2``) is not missing in a replacement.
    """
    told = pairs.set_index("proposal_id")
    short = told["lost_m2"] - told["replacement_m2"]
    share = told["ratio"].clip(upper=1.0).mask(short <= float(policy["balance.residual_max_m2"].value), 1.0)
    proposal = after["proposal_id"].reindex(changes["to_row"])
    return pd.Series(proposal.map(share).astype("float64").fillna(0.0).to_numpy(), index=changes.index)


def losses_in_lines(
    changes: gpd.GeoDataFrame, control_lines: gpd.GeoDataFrame, replaced: pd.Series | None = None
) -> gpd.GeoDataFrame:
    """Industrial land lost inside a control line, and how much of it is replaced; largest first.

    A loss inside a control line that is not replaced in full is a breach by what is left unreplaced.

    Parameters
    ----------
    changes : geopandas.GeoDataFrame
        Of a balance.
    control_lines : geopandas.GeoDataFrame
        With ``line_id``.
    replaced : pandas.Series, optional
        Of :func:`replaced_shares`; nothing is replaced if not given.

    Returns
    -------
    geopandas.GeoDataFrame
        ``line_id, area_m2, from_code, to_code, from_row, to_row, is_replaced`` (in full)``, unreplaced_m2`` and
        the lost ground within the line.
    """
    lost = changes[changes["cause"] == "converted_out"]
    lines = take_regions(control_lines, "line_id", changes.crs)
    shapes = np.asarray(lost.geometry.array, dtype=object)
    parts = share_out(shapes, lost["area_m2"].to_numpy(), lines.shapes, changes.crs)
    inside = parts.region != OUTSIDE
    rows = lost.iloc[parts.of[inside]]
    share = np.zeros(len(rows)) if replaced is None else replaced.reindex(rows.index).to_numpy()
    found = gpd.GeoDataFrame({
        "line_id": pd.Series(lines.ids, dtype="str").array.take(parts.region[inside]),
        "area_m2": parts.area_m2[inside], "from_code": rows["from_code"].array,
        "to_code": rows["to_code"].array, "from_row": rows["from_row"].array, "to_row": rows["to_row"].array,
        "is_replaced": share >= 1.0, "unreplaced_m2": parts.area_m2[inside] * (1.0 - share),
    }, geometry=parts.shape[inside], crs=changes.crs)  # fmt: skip
    return found.sort_values("area_m2", ascending=False, kind="stable", ignore_index=True)


def headroom(balance: LandBalance, policy: Policy) -> pd.DataFrame:
    """How much industrial land each region may still convert before it shrinks, and what it lacks.

    Returns
    -------
    pandas.DataFrame
        ``region_kind, region_id, net_change_m2, headroom_m2, deficit_m2``; null where no verdict is
        possible.
    """
    ledger = balance.ledger
    spare = ledger["net_change_m2"] - float(policy["balance.net_change_min_m2"].value)
    spare = spare.where(ledger["verdict"].notna())
    return ledger[["region_kind", "region_id", "net_change_m2"]].assign(
        headroom_m2=spare.clip(lower=0.0), deficit_m2=(-spare).clip(lower=0.0)
    )


def difference(base: LandBalance, scenario: LandBalance) -> pd.DataFrame:
    """What a scenario adds to each figure of the base's ledger, and both verdicts.

    Returns
    -------
    pandas.DataFrame
        ``region_kind, region_id, verdict_base, verdict`` and every ``…_m2`` as scenario less base.
    """
    keys = ["region_kind", "region_id"]
    one, two = (balance.ledger.set_index(keys) for balance in (base, scenario))
    one = one.reindex(two.index)
    figures = [name for name in two if name.endswith("_m2")]
    return (two[figures] - one[figures]).assign(
        verdict_base=one["verdict"], verdict=two["verdict"]
    ).reset_index()[[*keys, "verdict_base", "verdict", *figures]]  # fmt: skip


def near_rows(frame: gpd.GeoDataFrame, plans: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The rows of a layer whose boxes meet those of proposals, whatever CRS the two are in.

    Examples
    --------
    >>> lots = gpd.GeoDataFrame(geometry=[shapely.box(5e5 + x, 0, 5e5 + x + 9, 9) for x in (0, 20)], crs="EPSG:4544")
    >>> near_rows(lots, lots[1:].to_crs("EPSG:4490")).index.tolist()
    [1]
    """
    there = plans.to_crs(require_crs(frame, "scenario")).bounds.to_numpy()
    # Edges that are straight in one CRS are not quite so in the other.
    margin = 1e-3 * np.maximum(there[:, 2] - there[:, 0], there[:, 3] - there[:, 1])
    boxes = shapely.box(*(there + margin[:, None] * [-1, -1, 1, 1]).T)
    rows = shapely.STRtree(np.asarray(frame.geometry.array, dtype=object)).query(boxes)[1]
    return frame.iloc[np.unique(rows)]


def uncovered_m2(snapshot: gpd.GeoDataFrame, proposals: gpd.GeoDataFrame) -> pd.Series:
    """Area of each proposal that no row of the snapshot covers: it cannot be balanced.

    Returns
    -------
    pandas.Series
        ``uncovered_m2`` on the index of ``proposals``; areas up to a square millimetre are 0.
    """
    plane = require_crs(snapshot, "land use")
    plans = repair(proposals.to_crs(plane), layer="proposals").frame
    shapes = np.asarray(plans.geometry.array, dtype=object)
    near = repair(near_rows(snapshot, plans), layer="land_use").frame
    land = np.asarray(near.geometry.array, dtype=object)
    i, j = shapely.STRtree(land).query(shapes)
    left = shapes.copy()
    some = np.unique(i)
    if len(some):
        left[some] = subtract(shapes, i, land, j, some)
    area = pd.Series(drawn_area_m2(left, plane), index=plans.index).reindex(proposals.index)
    return area.mask(area <= _NO_AREA_M2, 0.0).rename("uncovered_m2")
