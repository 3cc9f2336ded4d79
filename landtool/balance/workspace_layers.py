"""The balances of a workspace: existing, planned and pipeline land, by district, park and control line."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from landtool.balance.ledger import Classes, LandBalance, land_balance, plain_rows
from landtool.balance.rezoned import with_proposals
from landtool.balance.scenario import (
    apply_proposals,
    carry_out,
    difference,
    headroom,
    losses_in_lines,
    pair_replacements,
    replaced_shares,
)
from landtool.columns import texts
from landtool.errors import InputDataError, LandtoolError
from landtool.policy import Policy

LEDGERS = ("existing", "planned", "pipeline")
LACKS = ("earlier_survey", "plan", "approved_proposals")
_SURVEY = re.compile(r"(?:19|20)\d\d(?:\D.*)?")


@dataclass(frozen=True)
class Ledger:
    """One of the three ledgers that are kept apart.

    Attributes
    ----------
    balance : LandBalance
        ``existing``: between two surveys. ``planned``: from the later survey to the plan. ``pipeline``: from
        the later survey to the same land with the approved proposals that are not yet executed in it.
    pairs : pandas.DataFrame or None
        The replacement ledger; None without proposals.
    breaches : geopandas.GeoDataFrame or None
        Losses inside control lines with ``is_replaced, unreplaced_m2``; None without control lines.
    """

    balance: LandBalance
    pairs: pd.DataFrame | None
    breaches: gpd.GeoDataFrame | None

    def as_dict(self) -> dict[str, Any]:
        """As JSON: the ledger by region, pairs, losses in control lines."""
        return self.balance.as_dict() | {
            "replacements": _rows(self.pairs),
            "control_line_losses": _rows(
                None if self.breaches is None else pd.DataFrame(self.breaches.drop(columns="geometry"))),
        }  # fmt: skip


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
        Losses inside control lines with ``is_replaced, unreplaced_m2``; None without control lines.
    base : LandBalance or None
        For a scenario: the balance without the proposals.
    difference : pandas.DataFrame or None
        For a scenario: its ledger less the base's.
    ledgers : dict of str to Ledger
        Those of :data:`LEDGERS` that can be made.
    lacking : dict of str to str
        What the others of them lack (:data:`LACKS`), or the reason why they are refused.
    affected : pandas.DataFrame or None
        For a scenario: see :func:`landtool.balance.rezoning.affected_parcels`.
    """

    balance: LandBalance
    table: pd.DataFrame
    headroom: pd.DataFrame
    pairs: pd.DataFrame | None
    breaches: gpd.GeoDataFrame | None
    base: LandBalance | None = None
    difference: pd.DataFrame | None = None
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)
    affected: pd.DataFrame | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON: the balance, and the three ledgers, headroom, pairs; for a scenario what it adds."""
        main = Ledger(self.balance, self.pairs, self.breaches)
        found = main.as_dict() | {
            "ledgers": {name: self.ledgers[name].as_dict() if name in self.ledgers else None
                        for name in LEDGERS},
            "ledgers_lacking": dict(self.lacking),
            "headroom": plain_rows(self.headroom),
        }  # fmt: skip
        if self.difference is not None:
            found |= {"difference": plain_rows(self.difference), "affected": _rows(self.affected)}
        return found


def _rows(frame: pd.DataFrame | None) -> list[dict[str, Any]] | None:
    return None if frame is None else plain_rows(frame)


def surveys(names: Collection[str]) -> list[str]:
    """Names of snapshots that begin with a year, earliest first: surveys, not plans.

    Examples
    --------
    >>> surveys(["plan-2035", "2025", "2020"])
    ['2020', '2025']
    """
    return sorted(name for name in names if _SURVEY.fullmatch(name))


def latest_two(names: Collection[str]) -> list[str]:
    """The snapshots that are compared unless others are asked for: the last two surveys, else the first two of all.

    Examples
    --------
    >>> latest_two(["2015", "2020", "2025", "plan-2035"]), latest_two(["2025", "plan-2035"])
    (['2020', '2025'], ['2025', 'plan-2035'])
    """
    dated = surveys(names)
    return dated[-2:] if len(dated) > 1 else list(names)[:2]


@dataclass(frozen=True)
class _Layers:
    """What every balance of a workspace is made from."""

    land_use: Mapping[str, gpd.GeoDataFrame]
    classifications: Mapping[str, Classes]
    regions: list[tuple[gpd.GeoDataFrame, str]]
    control_lines: gpd.GeoDataFrame | None
    policy: Policy
    proposals: gpd.GeoDataFrame | None

    def run(self, first: str, second: str, after: gpd.GeoDataFrame | None = None,
            title: str | None = None, keep: bool = False) -> LandBalance:  # fmt: skip
        """Balance two snapshots; ``after`` takes the place of the second one's land."""
        return land_balance(
            self.land_use[first], self.land_use[second] if after is None else after,
            classification=_pair(self.classifications, first, second), policy=self.policy,
            by=[layer for layer, _ in self.regions] or None, by_column=[column for _, column in self.regions],
            from_name=first, to_name=title or second, keep_workings=keep,
        )  # fmt: skip

    def marked(self, name: str, stages: Collection[str], only: Collection[str] | None,
               recode: bool) -> gpd.GeoDataFrame | None:  # fmt: skip
        """A snapshot with proposals carried out, or only marked."""
        if self.proposals is None:
            return None
        return apply_proposals(self.land_use[name], self.proposals, stages=stages, only=only, recode=recode)

    def ledger(self, balance: LandBalance, after: gpd.GeoDataFrame | None) -> Ledger:
        """The balance with its pairs and its losses in control lines."""
        pairs = replaced = None
        if after is not None and self.proposals is not None:
            pairs = pair_replacements(balance.changes, after, self.proposals)
            replaced = replaced_shares(balance.changes, after, pairs, self.policy)
        lost = None if self.control_lines is None else losses_in_lines(
            balance.changes, self.control_lines, replaced)  # fmt: skip
        return Ledger(balance, pairs, lost)


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
    """Balance two snapshots of a workspace, and keep the three ledgers apart.

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
    if first == second and stages is None:
        raise InputDataError(f"snapshot {first!r} compared with itself", "land_use",
                             "name two snapshots, or give proposals to carry out (--stages, --scenario)")
    layers = _Layers(land_use, classifications, regions_of(districts, parks, control_lines), control_lines,
                     policy, proposals)  # fmt: skip
    base = None
    if proposals is None or stages is None:
        after = layers.marked(second, ["approved"], only, recode=False)
        balance = layers.run(first, second, after)
    else:
        carried, title = carry_out(land_use[second], proposals, stages, only), f"{second} + {'/'.join(stages)}"
        base, after = layers.run(first, second, keep=True), carried.frame
        balance = with_proposals(base, land_use[second].index, carried, title) or layers.run(first, second, after, title)
        base = replace(base, workings=None)
    main = layers.ledger(balance, after)
    ledgers, lacking = _three(layers, first, second, main if base is None else None)
    return WorkspaceBalance(
        balance=main.balance, table=_table(main.balance), headroom=headroom(main.balance, policy),
        pairs=main.pairs, breaches=main.breaches, base=base,
        difference=None if base is None else difference(base, main.balance),
        ledgers=ledgers, lacking=lacking,
    )  # fmt: skip


def _three(
    layers: _Layers, first: str, second: str, main: Ledger | None
) -> tuple[dict[str, Ledger], dict[str, str]]:
    """The three ledgers around the later survey; ``main`` is that of the two snapshots that were asked for."""
    dated = surveys(layers.land_use)
    plans = sorted(set(layers.land_use) - set(dated))
    latest = second if second in dated else (first if first in dated else (dated or [second])[-1])
    earlier = [name for name in dated if name < latest]
    if first in earlier and second == latest:
        earlier = [first]
    plan = second if second in plans else (plans[-1] if plans else None)

    def existing() -> Ledger:
        if main is not None and (first, second) == (earlier[-1], latest):
            return main
        after = layers.marked(latest, ["approved"], None, recode=False)
        return layers.ledger(layers.run(earlier[-1], latest, after), after)

    def planned() -> Ledger:
        if main is not None and (first, second) == (latest, plan):
            return main
        return layers.ledger(layers.run(latest, str(plan)), None)

    def pipeline() -> Ledger:
        after = layers.marked(latest, ["approved"], None, recode=True)
        return layers.ledger(layers.run(latest, latest, after, f"{latest} + approved"), after)

    ways = {"existing": (existing, "" if earlier else "earlier_survey"),
            "planned": (planned, "" if plan else "plan"),
            "pipeline": (pipeline, "" if _has_approved(layers.proposals) else "approved_proposals")}
    found, lacking = {}, {name: missing for name, (_, missing) in ways.items() if missing}
    for name, (make, missing) in ways.items():
        if missing:
            continue
        try:
            found[name] = make()
        except LandtoolError as refusal:
            if name == "existing" and main is not None:
                raise
            lacking[name] = str(refusal)
    return found, lacking


def _has_approved(proposals: gpd.GeoDataFrame | None) -> bool:
    return proposals is not None and bool((texts(proposals, "stage") == "approved").any())


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


def regions_of(
    districts: gpd.GeoDataFrame | None, parks: gpd.GeoDataFrame | None,
    control_lines: gpd.GeoDataFrame | None,
) -> list[tuple[gpd.GeoDataFrame, str]]:  # fmt: skip
    """The kinds of region there are, each with the column that names them."""
    kinds = [(districts, "district_code"), (districts, "region_group"), (parks, "park_id"),
             (control_lines, "line_id")]  # fmt: skip
    return [(layer, column) for layer, column in kinds
            if layer is not None and column in layer and layer[column].notna().any()
            and layer.geometry.notna().any()]  # fmt: skip


def _table(balance: LandBalance) -> pd.DataFrame:
    keys = ["region_kind", "region_id", "from_class", "to_class"]
    return balance.transitions.groupby(keys, as_index=False, dropna=False)["area_m2"].sum()
