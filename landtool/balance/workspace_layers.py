"""The balances of a workspace: existing, planned and pipeline land, by district, park and control line."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from landtool.balance.ledger import Classes, LandBalance, land_balance
from landtool.balance.scenario import (
    apply_proposals,
    difference,
    headroom,
    losses_in_lines,
    pair_replacements,
)
from landtool.errors import InputDataError
from landtool.policy import Policy

_SURVEY = re.compile(r"(?:19|20)\d\d(?:\D.*)?")


@dataclass(frozen=True)
class WorkspaceBalance:
    """A balance of two snapshots of a workspace, and what follows from it.

    Attributes
    ----------
    balance : LandBalance
        By district, region group, park and control line, as far as there are such layers.
    table : pandas.DataFrame
        ``region_kind, region_id, from_class, to_class, area_m2``: the content of balance.parquet.
    headroom : pandas.DataFrame
        See :func:`landtool.balance.scenario.headroom`.
    pairs : pandas.DataFrame or None
        The replacement ledger; None without proposals.
    breaches : geopandas.GeoDataFrame or None
        Losses inside control lines with ``is_replaced``; None without control lines.
    base : LandBalance or None
        For a scenario: the balance without the proposals.
    difference : pandas.DataFrame or None
        For a scenario: its ledger less the base's.
    """

    balance: LandBalance
    table: pd.DataFrame
    headroom: pd.DataFrame
    pairs: pd.DataFrame | None
    breaches: gpd.GeoDataFrame | None
    base: LandBalance | None = None
    difference: pd.DataFrame | None = None


def surveys(names: Collection[str]) -> list[str]:
    """Names of snapshots that begin with a year, earliest first: surveys, not plans.

    Examples
    --------
    >>> surveys(["plan-2035", "2025", "2020"])
    ['2020', '2025']
    """
    return sorted(name for name in names if _SURVEY.fullmatch(name))


def balance_of_workspace_layers(
    land_use: Mapping[str, gpd.GeoDataFrame],
    classifications: Mapping[str, Classes],
    districts: gpd.GeoDataFrame | None,
    parks: gpd.GeoDataFrame | None,
    control_lines: gpd.GeoDataFrame | None,
    policy: Policy,
    from_name: str | None = None,
    to_name: str | None = None,
    *,
    proposals: gpd.GeoDataFrame | None = None,
    stages: Collection[str] | None = None,
    only: Collection[str] | None = None,
) -> WorkspaceBalance:
    """Balance two snapshots of a workspace.

    Parameters
    ----------
    land_use : mapping of str to geopandas.GeoDataFrame
        Snapshots by name.
    classifications : mapping of str to str or Classification
        The classification of each.
    districts, parks, control_lines : geopandas.GeoDataFrame or None
        Regions to count in.
    policy : Policy
        See :func:`land_balance`.
    from_name, to_name : str, optional
        Snapshots to compare; the last two surveys if not given. The same name twice with ``stages`` tells
        what proposals alone would do.
    proposals : geopandas.GeoDataFrame, optional
        Gains that name what they replace count as replacement.
    stages : collection of str, optional
        Carry out the proposals of these stages on the second snapshot first (a scenario). If not given,
        the approved ones are taken as carried out in it and only mark its land.
    only : collection of str, optional
        Numbers of the proposals to carry out.

    Returns
    -------
    WorkspaceBalance

    Raises
    ------
    InputDataError
        For an unknown snapshot, or fewer than two surveys.
    """
    first, second = _names(land_use, from_name, to_name)
    kinds = _regions(districts, parks, control_lines)

    def run(after: gpd.GeoDataFrame, title: str) -> LandBalance:
        return land_balance(
            land_use[first], after, classification=_pair(classifications, first, second), policy=policy,
            by=[layer for layer, _ in kinds] or None, by_column=[column for _, column in kinds],
            from_name=first, to_name=title,
        )  # fmt: skip

    base = after = pairs = None
    if proposals is None:
        balance = run(land_use[second], second)
    elif stages is None:
        after = apply_proposals(land_use[second], proposals, stages=["approved"], only=only, recode=False)
        balance = run(after, second)
    else:
        after = apply_proposals(land_use[second], proposals, stages=stages, only=only)
        base, balance = run(land_use[second], second), run(after, f"{second} + {'/'.join(stages)}")
    if after is not None and proposals is not None:
        pairs = pair_replacements(balance.changes, after, proposals)
    return WorkspaceBalance(
        balance=balance, table=_table(balance), headroom=headroom(balance, policy), pairs=pairs,
        breaches=None if control_lines is None else losses_in_lines(
            balance.changes, control_lines, _paired(balance, after, pairs)),
        base=base, difference=None if base is None else difference(base, balance),
    )  # fmt: skip


def _names(
    land_use: Mapping[str, gpd.GeoDataFrame], first: str | None, second: str | None
) -> tuple[str, str]:
    there = ", ".join(land_use) or "none"
    for name in (first, second):
        if name is not None and name not in land_use:
            raise InputDataError(f"no snapshot {name!r}", "land_use", f"there are: {there}")
    if first is not None and second is not None:
        return first, second
    dated = surveys(land_use)
    if second is None:
        later = [name for name in dated if first is None or name > first]
        second = later[-1] if later else None
    earlier = [name for name in dated if second is None or name < second or name not in surveys([second])]
    earlier = [name for name in earlier if name != second]
    first = first or (earlier[-1] if earlier else None)
    if first is None or second is None:
        raise InputDataError("fewer than two surveys to compare", "land_use",
                             f"name two snapshots with --from and --to; there are: {there}")
    return first, second


def _pair(classifications: Mapping[str, Classes], first: str, second: str) -> Classes:
    missing = [name for name in (first, second) if name not in classifications]
    if missing:
        raise InputDataError(f"no classification for snapshot {missing[0]!r}", "land_use",
                             "write classification: in the catalogue")
    one, two = classifications[first], classifications[second]
    return (one, two)  # type: ignore[return-value]


def _regions(
    districts: gpd.GeoDataFrame | None, parks: gpd.GeoDataFrame | None,
    control_lines: gpd.GeoDataFrame | None,
) -> list[tuple[gpd.GeoDataFrame, str]]:  # fmt: skip
    kinds = [(districts, "district_code"), (districts, "region_group"), (parks, "park_id"),
             (control_lines, "line_id")]  # fmt: skip
    return [(layer, column) for layer, column in kinds
            if layer is not None and column in layer and layer[column].notna().any()
            and layer.geometry.notna().any()]  # fmt: skip


def _table(balance: LandBalance) -> pd.DataFrame:
    keys = ["region_kind", "region_id", "from_class", "to_class"]
    return balance.transitions.groupby(keys, as_index=False, dropna=False)["area_m2"].sum()


def _paired(
    balance: LandBalance, after: gpd.GeoDataFrame | None, pairs: pd.DataFrame | None
) -> pd.Series | None:
    """Whether each change lies in a proposal that is replaced in full."""
    if after is None or pairs is None:
        return None
    full = pairs.loc[pairs["ratio"] >= 1.0, "proposal_id"]
    proposal = after["proposal_id"].reindex(balance.changes["to_row"])
    return pd.Series(proposal.isin(full).to_numpy(), index=balance.changes.index)
