"""Any number of snapshots: the balance of each step, and the trend by region."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import geopandas as gpd
import pandas as pd

from landtool.balance.ledger import Classes, LandBalance, land_balance
from landtool.errors import InputDataError

_STEPS = ("new", "converted_in", "replacement", "converted_out", "survey_correction", "boundary_change",
          "coverage_change", "net_change")  # fmt: skip


@dataclass(frozen=True)
class LandSeries:
    """What :func:`land_series` found.

    Attributes
    ----------
    balances : list of LandBalance
        One per step from a snapshot to the next.
    trend : pandas.DataFrame
        One row per region and snapshot: ``region_kind, region_id, snapshot, industrial_m2`` and the
        terms added up since the first snapshot (``cumulative_…_m2``; 0 at the first).
    """

    balances: list[LandBalance]
    trend: pd.DataFrame


def land_series(
    snapshots: Mapping[str, gpd.GeoDataFrame], *, classification: Classes | Mapping[str, Classes],
    known: Collection[LandBalance] = (), **more: Any,
) -> LandSeries:  # fmt: skip
    """Balance each snapshot against the next, in the order given.

    Parameters
    ----------
    snapshots : mapping of str to geopandas.GeoDataFrame
        Two or more.
    classification : str, Classification, or mapping of snapshot to one
        What the codes mean.
    known : collection of LandBalance
        Steps that have been balanced already, with the regions asked for or more: they are not made again.
    **more
        ``by``, ``by_column``, ``policy`` of :func:`landtool.balance.land_balance`.

    Raises
    ------
    InputDataError
        For fewer than two snapshots, or one without classification.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> def land(width):
    ...     shapes = [box(5e5, 3.27e6, 5e5 + width, 3.27e6 + 100),
    ...               box(5e5 + width, 3.27e6, 5e5 + 300, 3.27e6 + 100)]
    ...     return gpd.GeoDataFrame({"land_use_code": ["0601", "0701"]}, geometry=shapes, crs="EPSG:4544")
    >>> made = land_series({"2015": land(200), "2020": land(150), "2025": land(180)},
    ...                    classification="tdlb-2019")
    >>> made.trend[["industrial_m2", "cumulative_net_change_m2"]].round(0).to_numpy().tolist()
    [[20000.0, 0.0], [15000.0, -5000.0], [18000.0, -2000.0]]
    """
    names = list(snapshots)
    if len(names) < 2:
        raise InputDataError(f"{len(names)} snapshot(s)", "land series", "give two or more")
    there = {(one.from_name, one.to_name): one for one in known}
    balances = [
        there.get((first, second)) or land_balance(snapshots[first], snapshots[second], from_name=first, to_name=second,
                     classification=(_of(classification, first), _of(classification, second)), **more)
        for first, second in pairwise(names)
    ]  # fmt: skip
    return LandSeries(balances, _trend(balances))


def _of(classification: Any, name: str) -> Any:
    if not isinstance(classification, Mapping):
        return classification
    if name not in classification:
        raise InputDataError(f"no classification for snapshot {name!r}", "land series", "name one")
    return classification[name]


def _trend(balances: list[LandBalance]) -> pd.DataFrame:
    keys = ["region_kind", "region_id"]
    columns = {f"{term}_m2": f"cumulative_{term}_m2" for term in _STEPS}
    kinds = set.intersection(*(set(one.ledger["region_kind"]) for one in balances))
    balances = [replace(one, ledger=one.ledger[one.ledger["region_kind"].isin(kinds)]) for one in balances]
    first = balances[0].ledger[[*keys, "opening_m2"]].rename(columns={"opening_m2": "industrial_m2"})
    rows = [first.assign(snapshot=balances[0].from_name, step=0, **dict.fromkeys(columns, 0.0))]
    rows += [
        one.ledger[[*keys, "closing_m2", *columns]].rename(columns={"closing_m2": "industrial_m2"}).assign(
            snapshot=one.to_name, step=number)
        for number, one in enumerate(balances, start=1)
    ]  # fmt: skip
    table = pd.concat(rows, ignore_index=True)
    table[list(columns)] = table.groupby(keys, dropna=False)[list(columns)].cumsum()
    table = table.sort_values([*keys, "step"], kind="stable", ignore_index=True)
    return table.rename(columns=columns)[[*keys, "snapshot", "industrial_m2", *columns.values()]]
