"""The ledger of total industrial land: opening, every term, closing, reconciled to a square metre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from landtool.balance.as_read import take_both
from landtool.balance.causes import NUMBER, Caused, class_of, find_causes
from landtool.balance.cells import Counted, Divided, cause_names, count, divide, reach, terms
from landtool.balance.edges import GRID_M
from landtool.balance.land_use_table import Land
from landtool.balance.pieces import Overlay, overlay
from landtool.balance.regions import OUTSIDE, Regions, take_regions
from landtool.balance.settle import settle
from landtool.balance.snapshot import CLASSES, COUNTED, Snapshot
from landtool.codes import Classification, load_classification
from landtool.concurrency import no_collecting
from landtool.errors import InputDataError, LandtoolError
from landtool.policy import Policy, load_policy

TERMS = ("opening", "new", "converted_in", "replacement", "converted_out", "survey_correction",
         "boundary_change", "coverage_change", "closing", "noise", "residual")  # fmt: skip
VERDICTS = ("holds", "within_tolerance", "shrinks")
# Areas are measured to about this; a smaller net loss is the arithmetic's.
_ARITHMETIC_M2 = 0.001
_FLOWS = ("new", "converted_in", "replacement", "survey_correction", "boundary_change", "coverage_change")

Classes: TypeAlias = str | Classification | tuple[str | Classification, str | Classification]
By: TypeAlias = gpd.GeoDataFrame | tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]


@dataclass(frozen=True)
class Workings:
    """What a balance was made from, kept so that proposals can be carried out on it without beginning anew.

    Attributes
    ----------
    systems : tuple of Classification
        Of the two snapshots.
    before, after : Snapshot
        The two layers, settled.
    made : Overlay
        Their pieces.
    kinds : list of Regions
        The kinds of region.
    ground : list of Divided
        The pieces by region: of the whole, then of each kind.
    policy : Policy
        The parameters.
    """

    systems: tuple[Classification, Classification]
    before: Snapshot
    after: Snapshot
    made: Overlay
    kinds: list[Regions]
    ground: list[Divided]
    policy: Policy


@dataclass(frozen=True)
class LandBalance:
    """What :func:`land_balance` found.

    Attributes
    ----------
    ledger : pandas.DataFrame
        One row for the whole (``region_kind`` "whole") and one per region (``region_id``; null for the
        land in no region). ``verdict`` (holds, within_tolerance, shrinks; null where no land was surveyed
        at both dates), ``verdict_narrow`` (without M0), ``verdict_wide`` (with storage), the terms in m²:
        ``opening_m2 + new_m2 + converted_in_m2 + replacement_m2 - converted_out_m2 +
        survey_correction_m2 + boundary_change_m2 + coverage_change_m2 = closing_m2`` to
        ``residual_m2``; ``net_change_m2`` (of the real terms), ``noise_m2`` (gross), ``bound_m2``,
        ``unsettled_m2`` (from or to a class that mixes industry and storage), ``compared_m2`` (surveyed
        at both dates). Industrial land includes M0; the same terms of M0 alone end in ``_m0_m2``, of
        storage, which is never in the total, in ``_storage_m2``; opening, closing, net change and bound under
        the narrow and the wide definition in ``_narrow_m2`` and ``_wide_m2``.
    transitions : pandas.DataFrame
        ``region_kind, region_id, from_class, from_code, to_class, to_code, area_m2``: all ground, changed
        or not.
    changes : geopandas.GeoDataFrame
        Changed pieces of industrial, M0, storage or mixed land: ``cause, is_noise, width_m, area_m2,
        from_class, to_class, from_code, to_code, from_row, to_row`` (index labels of the layers; null
        where there is none), the region that holds most of it, geometry on the plane. Noise narrower than
        a millimetre is in the ledger only.
    verdict : str or None
        Of the whole.
    classification, from_name, to_name : str
        What was compared.
    workings : Workings or None
        What it was made from, if that was to be kept.
    problems : pandas.DataFrame
        ``snapshot, kind, rows, area_m2``: what was repaired, had no code, or lay twice.
    """

    ledger: pd.DataFrame
    transitions: pd.DataFrame
    changes: gpd.GeoDataFrame
    verdict: str | None
    classification: str
    from_name: str
    to_name: str
    problems: pd.DataFrame
    workings: Workings | None = field(default=None, repr=False, compare=False)

    @property
    def losses(self) -> gpd.GeoDataFrame:
        """Pieces of industrial land that became something else, largest first."""
        lost = self.changes[self.changes["cause"] == "converted_out"]
        return lost.sort_values("area_m2", ascending=False)

    def as_dict(self) -> dict[str, Any]:
        """The content of the balance as JSON: the whole, and the same keys per region."""
        rows = plain_rows(self.ledger)
        whole = {key: value for key, value in rows[0].items() if key not in ("region_kind", "region_id")}
        head = {"verdict": self.verdict, "classification": self.classification, "from": self.from_name,
                "to": self.to_name}  # fmt: skip
        return {**head, **whole, "sensitivity": _sensitivity(rows[0]),
                "regions": [{**row, "sensitivity": _sensitivity(row)} for row in rows[1:]],
                "problems": plain_rows(self.problems)}  # fmt: skip


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as JSON can hold them: null for unknown."""
    return [{key: _plain(value) for key, value in row.items()} for row in frame.to_dict(orient="records")]


def _sensitivity(row: dict[str, Any]) -> dict[str, Any]:
    """The verdict under three definitions of industrial land, and whether it hangs on the definition."""
    told = {
        name: {key: row[f"{key}{ending}"] for key in ("verdict",)} | {
            f"{key}_m2": row[f"{key}{ending}_m2"] for key in ("opening", "closing", "net_change", "bound")}
        for name, ending in (("narrow", "_narrow"), ("default", ""), ("wide", "_wide"))
    }  # fmt: skip
    return {**told, "agree": len({one["verdict"] for one in told.values()}) == 1}


def land_balance(
    before: Land,
    after: Land,
    *,
    classification: Classes,
    by: By | Sequence[By] | None = None,
    by_column: str | Sequence[str | None] | None = None,
    policy: Policy | None = None,
    from_name: str = "before",
    to_name: str = "after",
    keep_workings: bool = False,
) -> LandBalance:
    """Balance total industrial land between two snapshots (industrial land shall not shrink).

    Both layers are cut into pieces; every changed piece has one cause; opening and closing are unions, in
    which an overlap counts once. Land surveyed at one date only, and rows with an empty code, are coverage
    change, never gain or loss. A fragment narrower than ``balance.digitising_tolerance_m`` is noise: its
    gross area is the bound within which a net loss is not certain.

    Parameters
    ----------
    before, after : geopandas.GeoDataFrame, LandUseTable, str or Path
        Polygons with ``land_use_code``, in any known CRS. ``replaces`` in ``after`` (text) marks rows that
        are named as replacement for a loss. Neither is changed. For large files give their paths: they are
        read by :func:`landtool.balance.read_land_use`, which makes no geometry object a polygon.
    classification : str, Classification or two of them
        What the codes mean; two if the snapshots use different systems, which are then compared by class.
    by : GeoDataFrame, two of them, or a list of such
        Regions to count in; a tuple holds the boundaries of both dates, and the land that changes its
        region is boundary change.
    by_column : str, optional
        Column that names the regions (a list for a list); ``district_code``, ``park_id`` or ``line_id`` if
        not given.
    policy : Policy, optional
        Uses ``balance.net_change_min_m2``, ``balance.digitising_tolerance_m``,
        ``balance.residual_max_m2``; the national policy if not given.
    from_name, to_name : str
        Names of the snapshots.
    keep_workings : bool
        Keep what proposals can be carried out on (``workings``): it holds both layers in memory.

    Returns
    -------
    LandBalance

    Raises
    ------
    UnknownCodeError
        For codes that the classification does not settle, with rows and area.
    CrsError
        If a CRS is missing or the two cannot be brought together.
    LandtoolError
        If a ledger does not close to ``balance.residual_max_m2``: a fault of the tool.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> def layer(codes):
    ...     shapes = [box(5e5 + x, 3.27e6, 5e5 + x + 100, 3.27e6 + 100) for x in (0, 100, 200)]
    ...     return gpd.GeoDataFrame({"land_use_code": codes}, geometry=shapes, crs="EPSG:4544")
    >>> made = land_balance(layer(["0601", "0601", "0103"]), layer(["0601", "0701", "0601"]),
    ...                     classification="tdlb-2019")
    >>> made.verdict, made.changes["cause"].tolist()
    ('holds', ['converted_out', 'new'])
    >>> made.ledger[["opening_m2", "new_m2", "converted_out_m2", "closing_m2"]].round(1).to_numpy().tolist()
    [[20000.0, 10000.0, 10000.0, 20000.0]]
    """
    numbers = policy or load_policy("national")
    systems = _systems(classification)
    with no_collecting():
        settled = settle(*take_both((before, from_name), (after, to_name), systems))
        made = overlay(settled)
        kinds = [take_regions(layer, column, settled.before.crs) for layer, column in _layers(by, by_column)]
        ground = [divide(made, settled.before, settled.after, kind) for kind in (None, *kinds)]
        workings = Workings(systems, settled.before, settled.after, made, kinds, ground, numbers)
        found = tell(workings, from_name, to_name)
    return replace(found, workings=workings) if keep_workings else found


def tell(workings: Workings, from_name: str, to_name: str) -> LandBalance:
    """The balance that comes of the pieces."""
    first, second, made, kinds = workings.before, workings.after, workings.made, workings.kinds
    systems, numbers = workings.systems, workings.policy
    tolerance = float(numbers["balance.digitising_tolerance_m"].value)
    caused = find_causes(made.pieces, first, second, tolerance, systems[0].name == systems[1].name)
    counted = [count(ground, made.pieces, caused, first, second, kind)
               for ground, kind in zip(workings.ground, (None, *kinds), strict=True)]  # fmt: skip
    ledger = pd.concat([_ledger(one, kind, numbers) for one, kind in zip(counted, (None, *kinds), strict=True)],
                       ignore_index=True)  # fmt: skip
    return LandBalance(
        ledger=ledger,
        transitions=pd.concat([_transitions(one, kind, first, second)
                               for one, kind in zip(counted, (None, *kinds), strict=True)], ignore_index=True),
        changes=_changes(made, caused, first, second, kinds, counted[1:]),
        verdict=_plain(ledger["verdict"].iloc[0]),
        classification=" → ".join(dict.fromkeys(system.name for system in systems)),
        from_name=from_name, to_name=to_name,
        problems=pd.concat([first.problems, second.problems], ignore_index=True),
    )  # fmt: skip


def _systems(classification: Classes) -> tuple[Classification, Classification]:
    both = classification if isinstance(classification, tuple) else (classification, classification)
    if len(both) != 2:
        raise InputDataError(f"{len(both)} classifications", "land balance",
                             "give one, or a tuple of two: before and after")
    first, second = (load_classification(one) if isinstance(one, str) else one for one in both)
    return first, second


def _layers(
    by: By | Sequence[By] | None, column: str | Sequence[str | None] | None
) -> list[tuple[By, str | None]]:
    if by is None:
        return []
    layers = list(by) if isinstance(by, list) else [by]
    columns = list(column) if isinstance(column, (list, tuple)) else [column] * len(layers)
    if len(columns) != len(layers):
        raise InputDataError(f"{len(layers)} layers of regions, {len(columns)} columns", "land balance",
                             "give one column for each layer")
    return list(zip(layers, columns, strict=True))  # type: ignore[arg-type]


def _ledger(counted: Counted, regions: Regions | None, policy: Policy) -> pd.DataFrame:
    """Rows of the ledger: one for the whole, or one per region and one for the land in none."""
    places = _places(counted, regions)
    cells = {str(name): column.to_numpy() for name, column in counted.cells.items()}
    sides = [side.reindex(places, fill_value=0.0) for side in (counted.opening, counted.closing)]
    sets = {name: _one_set(cells, name, places.to_numpy(), *(side[name].to_numpy() for side in sides))
            for name in ("", "m0", "storage", "narrow", "wide")}  # fmt: skip
    extent = reach(cells, places.to_numpy())
    frame = pd.DataFrame({"region_kind": "whole" if regions is None else regions.kind,
                          "region_id": _names(places, regions)} | {
        f"verdict_{name}" if name else "verdict": _verdicts(sets[name], policy).mask(extent["compared"] <= 0.0)
        for name in ("", "narrow", "wide")
    })  # fmt: skip
    _require_balance(frame, sets, policy)
    told = {name: [*TERMS, "net_change", "bound"] for name in ("", "m0", "storage")}
    told |= {name: ["opening", "closing", "net_change", "bound"] for name in ("narrow", "wide")}
    figures = {f"{of}_{name}_m2" if name else f"{of}_m2": sets[name][of] for name in told for of in told[name]}
    figures |= {f"{name}_m2": area for name, area in extent.items()}
    return pd.concat([frame, pd.DataFrame(figures)], axis=1)


def _places(counted: Counted, regions: Regions | None) -> pd.Index:
    if regions is None:
        return pd.Index([0])
    inside = pd.RangeIndex(len(regions.ids))
    cells = counted.cells
    out = ((cells["region_from"] == OUTSIDE) | (cells["region_to"] == OUTSIDE)) & (
        COUNTED[cells["from_class"]] | COUNTED[cells["to_class"]])  # fmt: skip
    return inside.append(pd.Index([OUTSIDE])) if out.any() else pd.Index(inside)


def _names(places: pd.Index | pd.Series, regions: Regions | None) -> pd.api.extensions.ExtensionArray:
    """Names of regions by position; null for the whole and for the land in none."""
    if regions is None:
        return pd.Series([None] * len(places), dtype="str").array
    return pd.Series(regions.ids, dtype="str").array.take(np.asarray(places), allow_fill=True)


def _one_set(
    cells: dict[str, np.ndarray], name: str, places: np.ndarray, opening: np.ndarray, closing: np.ndarray
) -> dict[str, np.ndarray]:
    """All terms of one set of classes."""
    one = terms(cells, name, places)
    return one | {
        "opening": opening, "closing": closing, "bound": one["noise"],
        "residual": opening + sum(one[term] for term in _FLOWS) - one["converted_out"] - closing,
        "net_change": one["new"] + one["converted_in"] + one["replacement"] - one["converted_out"],
    }  # fmt: skip


def _verdicts(one: dict[str, np.ndarray], policy: Policy) -> pd.Series:
    least = float(policy["balance.net_change_min_m2"].value) - _ARITHMETIC_M2
    net, bound = one["net_change"], one["bound"]
    return pd.Series(np.select([net >= least, net >= least - bound], VERDICTS[:2], VERDICTS[2]), dtype="str")


def _require_balance(frame: pd.DataFrame, sets: dict[str, dict[str, np.ndarray]], policy: Policy) -> None:
    """Refuse a ledger that does not close."""
    most = float(policy["balance.residual_max_m2"].value)
    worst = np.max([np.abs(one["residual"]) for one in sets.values()], axis=0)
    if not (worst <= most).all():  # nor may it be unknown
        row = frame.iloc[int(np.argmax(worst))]
        name = "" if pd.isna(row["region_id"]) else row["region_id"]
        raise LandtoolError(
            f"the ledger does not close by {worst.max():.3f} m² (limit {most:g} m²)",
            f"land balance, {row['region_kind']} {name}".strip(),
            "this is a fault of landtool: please report it with the data",
        )


def _transitions(
    counted: Counted, regions: Regions | None, first: Snapshot, second: Snapshot
) -> pd.DataFrame:
    cells = counted.cells
    names = [pd.Series([*one.code_names, None], dtype="str").array for one in (first, second)]
    classes = pd.Series(CLASSES, dtype="str").array
    table = pd.DataFrame({
        "region_kind": "whole" if regions is None else regions.kind,
        "region_id": _names(cells["region_to"], regions),
        "from_class": classes.take(cells["from_class"]), "from_code": names[0].take(cells["from_code"]),
        "to_class": classes.take(cells["to_class"]), "to_code": names[1].take(cells["to_code"]),
        "area_m2": cells["area_m2"].to_numpy(),
    })  # fmt: skip
    keys = [name for name in table.columns if name != "area_m2"]
    return table.groupby(keys, as_index=False, dropna=False)["area_m2"].sum()


def _changes(
    made: Overlay, caused: Caused, first: Snapshot, second: Snapshot, kinds: list[Regions],
    counted: list[Counted],
) -> gpd.GeoDataFrame:  # fmt: skip
    """Changed pieces that bear on a ledger."""
    pieces = made.pieces
    was, now = class_of(first, pieces.before), class_of(second, pieces.after)
    dust = caused.is_noise & (caused.width_m < GRID_M)
    kept = np.flatnonzero((caused.cause != NUMBER["unchanged"]) & (COUNTED[was] | COUNTED[now]) & ~dust)
    classes = pd.Series(CLASSES, dtype="str").array
    columns: dict[str, Any] = {
        "cause": cause_names(caused.cause[kept]).array, "is_noise": caused.is_noise[kept],
        "from_class": classes.take(was[kept]), "to_class": classes.take(now[kept]),
        "from_code": _codes(first, pieces.before[kept]), "to_code": _codes(second, pieces.after[kept]),
        "area_m2": pieces.area_m2[kept], "width_m": caused.width_m[kept],
        "from_row": _labels(first, pieces.before[kept]), "to_row": _labels(second, pieces.after[kept]),
    }  # fmt: skip
    for kind, one in zip(kinds, counted, strict=True):
        columns[kind.column] = _names(pd.Index(one.main_region[kept]), kind)
    return gpd.GeoDataFrame(columns, geometry=pieces.shapes(kept), crs=first.crs)


def _codes(snapshot: Snapshot, rows: np.ndarray) -> pd.api.extensions.ExtensionArray:
    names = pd.Series([*snapshot.code_names, None], dtype="str").array
    return names.take(np.append(snapshot.code, len(snapshot.code_names))[rows])


def _labels(snapshot: Snapshot, rows: np.ndarray) -> pd.api.extensions.ExtensionArray:
    return pd.Series(snapshot.label).convert_dtypes().array.take(rows, allow_fill=True)


def _plain(value: Any) -> Any:
    """A value that JSON can hold; null for unknown."""
    if value is None or (np.ndim(value) == 0 and pd.isna(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value
