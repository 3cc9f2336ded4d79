"""The balance in words: one paragraph fit for a memo, in Chinese or English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from landtool.balance.ledger import LandBalance
from landtool.messages import has, say
from landtool.units import M2_PER_HA

# What is less would be told as 0.00 ha, which a loss is not; the ledger holds it.
TOLD_M2 = 50.0


def memo(
    balance: LandBalance,
    language: str = "zh",
    *,
    names: Mapping[str, str] | None = None,
    breaches: gpd.GeoDataFrame | None = None,
    most: int = 5,
    place: str | None = None,
) -> str:
    """State the result in one paragraph.

    Parameters
    ----------
    balance : LandBalance
        The balance.
    language : {"zh", "en"}
        Language.
    names : mapping, optional
        Region id -> name for people.
    breaches : geopandas.GeoDataFrame, optional
        As :func:`landtool.balance.scenario.losses_in_lines` returns.
    most : int
        At most so many shrinking regions are named, the largest loss first.
    place : str, optional
        Name of the whole; "the whole area" if not given.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> from landtool.balance import land_balance
    >>> land = gpd.GeoDataFrame({"land_use_code": ["0601"]}, crs="EPSG:4544",
    ...                         geometry=[box(5e5, 3.27e6, 5e5 + 100, 3.27e6 + 100)])
    >>> made = land_balance(land, land, classification="tdlb-2019", from_name="2020年", to_name="2025年")
    >>> memo(made).startswith("2020年至2025年，全域工业用地总量由 1.00 公顷")
    True
    """
    row = balance.ledger.iloc[0].to_dict()
    values = row | {
        "from_name": balance.from_name, "to_name": snapshot_name(balance.to_name, language),
        "place": place or say("balance.whole", language),
        **{key: verdict_text(row[key], language) for key in ("verdict", "verdict_narrow", "verdict_wide")},
    }  # fmt: skip
    values = {key: _no_minus_zero(key, value) for key, value in values.items()}
    keys = ["memo", "apart", "sensitivity"]
    if len({row["verdict"], row["verdict_narrow"], row["verdict_wide"]}) > 1:
        keys.append("sensitive")
    if row["unsettled_m2"] >= 1.0:
        keys.append("unsettled")
    said = [say(f"balance.{key}", language, **values) for key in keys]
    said += _shrinking(balance.ledger, language, names or {}, most)
    if row["verdict"] in ("shrinks", "within_tolerance") and -row["net_change_m2"] < TOLD_M2:
        said.append(say("balance.small_net", language, loss_m2=-row["net_change_m2"]))
    if row["verdict"] == "shrinks":
        said.append(_largest(balance, language, most))
    if breaches is not None:
        open_losses = breaches[~breaches["is_replaced"]]
        if len(open_losses):
            said.append(say("balance.breaches", language, count=len(open_losses),
                            area_m2=float(open_losses["unreplaced_m2"].sum())))  # fmt: skip
    return ("" if language == "zh" else " ").join(said)


def snapshot_name(name: str, language: str) -> str:
    """The name of a snapshot, or of one with proposals carried out, in words.

    Examples
    --------
    >>> snapshot_name("2025", "zh"), snapshot_name("2025 + submitted/approved", "zh")
    ('2025', '2025（实施报批中、已批准方案后）')
    >>> snapshot_name("2025 + approved", "en")
    '2025 (with approved proposals)'
    """
    own, _, stages = name.partition(" + ")
    words = [f"balance.stage_{stage}" for stage in stages.split("/")]
    if not stages or not all(has(word) for word in words):
        return name
    told = say("balance.stage_separator", language).join(say(word, language) for word in words)
    return say("balance.snapshot_with", language, name=own, stages=told)


def tell_scenario(
    base: LandBalance, scenario: LandBalance, affected: pd.DataFrame | None, language: str, most: int = 10
) -> list[str]:
    """What a scenario changes against its base, and whose land it touches, in sentences.

    Parameters
    ----------
    base, scenario : LandBalance
        Without the proposals, and with them.
    affected : pandas.DataFrame or None
        See :func:`landtool.balance.rezoning.affected_parcels`.
    language : {"zh", "en"}
        Language.
    most : int
        At most so many parcels, the largest first.
    """
    one, two = base.ledger.iloc[0], scenario.ledger.iloc[0]
    told = [say("balance.against_base", language, change_m2=float(two["net_change_m2"] - one["net_change_m2"]),
                was=verdict_text(one["verdict"], language), now=verdict_text(two["verdict"], language))]  # fmt: skip
    if affected is None or affected.empty:
        return told
    told.append(say("balance.affected", language, parcels=affected["parcel_id"].nunique(),
                    contracts=affected["contract_id"].nunique()))  # fmt: skip
    told += [say("balance.affected_item", language, **row | {
        "contract_id": "–" if pd.isna(row["contract_id"]) else row["contract_id"]})
             for row in affected.head(most).to_dict(orient="records")]
    return told


def _largest(balance: LandBalance, language: str, most: int) -> str:
    """The largest losses, largest first."""
    items = [say("balance.loss_item", language, area_m2=float(area), from_code=was, to_code=now)
             for area, was, now in balance.losses[["area_m2", "from_code", "to_code"]].head(most).itertuples(
                 index=False)]  # fmt: skip
    return say("balance.largest", language, items=say("balance.separator", language).join(items))


def tell_pairs(pairs: pd.DataFrame, language: str, most: int = 10) -> list[str]:
    """The replacement ledger in sentences: pair, ratio, order of execution; the largest losses first.

    Parameters
    ----------
    pairs : pandas.DataFrame
        As :func:`landtool.balance.pair_replacements` returns.
    language : {"zh", "en"}
        Language.
    most : int
        At most so many.
    """
    told = []
    for row in pairs.head(most).to_dict(orient="records"):
        named = not pd.isna(row["awaited"])
        key = "pair_item" if row["is_paired"] else "pair_awaited" if named else "pair_open"
        words = {"stage": say(f"balance.stage_{row['stage']}", language),
                 "awaited_stage": say(f"balance.stage_{row['awaited_stage']}", language) if named else "",
                 "order": "" if pd.isna(row["in_order"]) else say(
                     f"balance.in_order_{str(bool(row['in_order'])).lower()}", language)}  # fmt: skip
        told.append(say(f"balance.{key}", language, **row | words))
    return told


def _no_minus_zero(key: str, value: Any) -> Any:
    """A figure that is rounded to zero loses its sign; all are told in hectares but the residual."""
    least = 0.005 if key == "residual_m2" else 0.005 * M2_PER_HA
    return abs(value) if isinstance(value, float) and abs(value) < least else value


def verdict_text(verdict: str | None, language: str) -> str:
    """A verdict in words; null is "not assessable", never "holds".

    Examples
    --------
    >>> verdict_text("shrinks", "zh"), verdict_text(None, "en")
    ('总量减少', 'not assessable (no land was surveyed at both dates)')
    """
    return say(f"balance.verdict_{'unknown' if pd.isna(verdict) else verdict}", language)


def _shrinking(ledger: pd.DataFrame, language: str, names: Mapping[str, str], most: int) -> list[str]:
    rows = ledger[(ledger["region_kind"] != "whole") & (ledger["verdict"] == "shrinks")]
    if rows.empty:
        return []
    first = rows["region_kind"].iloc[0]  # of several kinds of region the first one speaks
    rows = rows[rows["region_kind"] == first].nsmallest(most, "net_change_m2")
    ids = rows["region_id"]
    told = [say("balance.outside", language) if pd.isna(one) else names.get(one, one) for one in ids]
    items = [say("balance.region_item", language, name=name, loss_m2=-float(net))
             for name, net in zip(told, rows["net_change_m2"], strict=True)]  # fmt: skip
    return [say("balance.regions_shrink", language, names=say("balance.separator", language).join(items))]
