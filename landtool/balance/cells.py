"""Pieces added up: from-code × to-code × cause, as a whole and by region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from landtool.balance.causes import CAUSES, MIXED, NUMBER, Caused, class_of
from landtool.balance.pieces import Overlay, Owned, Pieces
from landtool.balance.regions import OUTSIDE, Regions, Shares, share_out
from landtool.balance.snapshot import CLASSES, NOT_SURVEYED, Snapshot

# The sets of classes that are balanced: the total with M0, M0 alone, storage alone, and the narrow and
# the wide reading of the total.
SETS = {
    "": ("industrial", "m0"), "m0": ("m0",), "storage": ("storage",),
    "narrow": ("industrial",), "wide": ("industrial", "m0", "storage", "industrial_or_storage"),
}  # fmt: skip
IN_SET = {name: np.isin(CLASSES, classes) for name, classes in SETS.items()}


@dataclass(frozen=True)
class Counted:
    """What the ledger of one kind of region is made from.

    Attributes
    ----------
    cells : pandas.DataFrame
        ``region_from, region_to, from_code, to_code`` (numbers), ``from_class, to_class, cause,
        is_noise, is_replacement, is_unbuilt, area_m2``; ``redrawn_m2, redrawn_gross_m2``: what the second
        snapshot draws more of the same ground, and the sum without sign.
    opening, closing : pandas.DataFrame
        Area of each region (row; position, -1 outside) and set (column), measured on the snapshots.
    main_region : numpy.ndarray
        (n,) region with the largest share of each piece.
    """

    cells: pd.DataFrame
    opening: pd.DataFrame
    closing: pd.DataFrame
    main_region: np.ndarray


@dataclass(frozen=True)
class Divided:
    """The ground of an overlay by region.

    Attributes
    ----------
    parts : Shares
        Parts of the pieces by region of the first date (without regions everything is region 0).
    later : numpy.ndarray
        Region of each part at the second date.
    opening, closing : pandas.DataFrame
        See :class:`Counted`.
    """

    parts: Shares
    later: np.ndarray
    opening: pd.DataFrame
    closing: pd.DataFrame


def divide(made: Overlay, before: Snapshot, after: Snapshot, regions: Regions | None) -> Divided:
    """Divide the pieces among regions, and measure what each snapshot has in them."""
    pieces = made.pieces
    parts, later = part_out(pieces, np.arange(len(pieces)), regions, before)
    whole = pieces.is_whole[parts.of]
    sides = []
    for snapshot, rows, cut, place, area, shapes in (
        (before, pieces.before, made.cut_before, parts.region, parts.area_m2,
         None if regions is None else regions.shapes),
        (after, pieces.after, made.cut_after, later, parts.area_m2 + redrawn(pieces, parts),
         None if regions is None else _later(regions)),
    ):  # fmt: skip
        same = by_set(class_of(snapshot, rows[parts.of[whole]]), place[whole], area[whole])
        own = _owned_parts(snapshot, cut, shapes)
        sides.append(same.add(by_set(*own), fill_value=0.0))
    return Divided(parts, later, *sides)


def count(
    ground: Divided, pieces: Pieces, caused: Caused, before: Snapshot, after: Snapshot, regions: Regions | None
) -> Counted:
    """Add up the pieces, by region if there are any."""
    parts, later = ground.parts, ground.later
    cells = _cells(ground, pieces, caused, before, after)
    main = later if regions is None else _main(parts.of, later, parts.area_m2, len(pieces))
    return Counted(cells, ground.opening, ground.closing, main)


def redrawn(pieces: Pieces, parts: Shares) -> np.ndarray:
    """What the second snapshot draws more of each part than the first."""
    grown = np.divide(pieces.later_m2, pieces.area_m2, out=np.ones(len(pieces)), where=pieces.area_m2 > 0.0)
    return parts.area_m2 * (grown - 1.0)[parts.of]


def _later(regions: Regions) -> np.ndarray:
    return regions.shapes if regions.later_shapes is None else regions.later_shapes


def part_out(
    pieces: Pieces, at: np.ndarray, regions: Regions | None, before: Snapshot
) -> tuple[Shares, np.ndarray]:
    """Parts of some pieces by region of the first date, and the region each lies in at the second."""
    area = pieces.area_m2[at]
    if regions is None:
        nowhere = np.zeros(len(at), dtype=np.int64)
        return Shares(at, nowhere, area, np.zeros(0, dtype=object)), nowhere
    first = share_out(pieces.shapes(at), area, regions.shapes, before.crs, draw=regions.later_shapes is not None)
    if regions.later_shapes is None:
        return Shares(at[first.of], first.region, first.area_m2, first.shape), first.region
    second = share_out(first.shape, first.area_m2, regions.later_shapes, before.crs, draw=False)
    return (Shares(at[first.of[second.of]], first.region[second.of], second.area_m2, second.shape),
            second.region)  # fmt: skip


def _owned_parts(
    snapshot: Snapshot, cut: Owned, shapes: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Class, region and area of the counted ground that was cut, measured on the snapshot itself."""
    if shapes is None:
        return snapshot.classes[cut.row], np.zeros(len(cut.row), dtype=np.int64), cut.area_m2
    parts = share_out(cut.shape, cut.area_m2, shapes, snapshot.crs, draw=False)
    return snapshot.classes[cut.row[parts.of]], parts.region, parts.area_m2


def by_set(land_class: np.ndarray, region: np.ndarray, area: np.ndarray) -> pd.DataFrame:
    """Area of each region (row) and set of classes (column)."""
    kinds = len(CLASSES)
    size = kinds * (int(region.max(initial=OUTSIDE)) + 1 - OUTSIDE)
    table = np.bincount((region - OUTSIDE) * kinds + land_class, weights=area, minlength=size).reshape(-1, kinds)
    return pd.DataFrame({name: table[:, member].sum(axis=1) for name, member in IN_SET.items()},
                        index=OUTSIDE + np.arange(len(table)))  # fmt: skip


def _sums(columns: dict[str, np.ndarray], region: np.ndarray, places: np.ndarray) -> dict[str, np.ndarray]:
    """Sum of each column by region, at the given ones."""
    at = places - OUTSIDE
    size = int(at.max(initial=0)) + 1
    return {name: np.bincount(region - OUTSIDE, weights=values, minlength=size)[at]
            for name, values in columns.items()}  # fmt: skip


def _cells(
    ground: Divided, pieces: Pieces, caused: Caused, before: Snapshot, after: Snapshot
) -> pd.DataFrame:
    parts, more = ground.parts, redrawn(pieces, ground.parts)
    before_code = np.append(before.code, len(before.code_names))[pieces.before]
    after_code = np.append(after.code, len(after.code_names))[pieces.after]
    flags = caused.cause * 4 + caused.is_noise * 2 + caused.is_replacement
    keys = {"region_from": parts.region, "region_to": ground.later, "from_code": before_code[parts.of],
            "to_code": after_code[parts.of], "flags": flags[parts.of]}  # fmt: skip
    cells = _summed(keys, {"area_m2": parts.area_m2, "redrawn_m2": more, "redrawn_gross_m2": np.abs(more)})
    first, second = (np.append(one.land_class, len(CLASSES) - 1) for one in (before, after))
    return cells.drop(columns="flags").assign(
        from_class=first[cells["from_code"]], to_class=second[cells["to_code"]],
        cause=cells["flags"] // 4, is_noise=(cells["flags"] & 2) > 0,
        is_replacement=(cells["flags"] & 1) > 0,
        is_unbuilt=np.append(before.is_unbuilt, False)[cells["from_code"]],
    )  # fmt: skip


def _summed(keys: dict[str, np.ndarray], figures: dict[str, np.ndarray]) -> pd.DataFrame:
    """Sums of figures by the keys, sorted by them; the keys are numbers of small range, read as digits of one number."""
    lows = {name: int(values.min(initial=0)) for name, values in keys.items()}
    sizes = {name: int(values.max(initial=0)) + 1 - lows[name] for name, values in keys.items()}
    number = np.zeros(len(next(iter(figures.values()))), dtype=np.int64)
    for name, values in keys.items():
        number = number * sizes[name] + (values - lows[name])
    which, numbers = pd.factorize(number)
    order = np.argsort(numbers)
    sums = {name: np.bincount(which, weights=values, minlength=len(numbers))[order]
            for name, values in figures.items()}  # fmt: skip
    numbers = numbers[order]
    found = {}
    for name in reversed(keys):
        numbers, digit = np.divmod(numbers, sizes[name])
        found[name] = digit + lows[name]
    return pd.DataFrame({name: found[name] for name in keys} | sums)


def _main(of: np.ndarray, region: np.ndarray, area: np.ndarray, size: int) -> np.ndarray:
    """Region with the largest part of each piece; of equal ones the first."""
    order = np.lexsort((region, -area, of))
    first = np.ones(len(order), dtype=bool)
    first[1:] = of[order][1:] != of[order][:-1]
    found = np.full(size, OUTSIDE)
    found[of[order][first]] = region[order][first]
    return found


def terms(cells: dict[str, np.ndarray], name: str, places: np.ndarray) -> dict[str, np.ndarray]:
    """Terms of the ledger of one set of classes, at some regions.

    Land that changes its region leaves the first one with its old class and changes its class, if it
    does, in the second.

    Parameters
    ----------
    cells : dict
        Columns of the cells (:class:`Counted`).
    name : str
        Key of :data:`SETS`.
    places : numpy.ndarray
        Positions of the regions.
    """
    member, area = IN_SET[name], cells["area_m2"]
    was, now = member[cells["from_class"]], member[cells["to_class"]]
    gain, loss = now & ~was, was & ~now
    cause = cells["cause"]
    noise, coverage = cells["is_noise"], cause == NUMBER["coverage_change"]
    # The wide reading counts the mixed class in, so that a change from or to it is settled.
    survey = noise if name == "wide" else cause == NUMBER["survey_correction"]
    real = ~survey & ~coverage
    new = cells["is_unbuilt"] & ~cells["is_replacement"]
    named = cells["is_replacement"]
    signed = np.where(gain, area, np.where(loss, -area, 0.0))
    region_from, region_to = cells["region_from"], cells["region_to"]
    moved = np.where((region_from != region_to) & was, area, 0.0)
    # What the second snapshot draws less than a millimetre elsewhere stays the same piece; its area does not.
    more, more_gross = cells["redrawn_m2"], cells["redrawn_gross_m2"]
    flows = _sums({
        "new": np.where(gain & real & new, area, 0.0),
        "converted_in": np.where(gain & real & ~new & ~named, area, 0.0),
        "replacement": np.where(gain & real & named, area, 0.0),
        "converted_out": np.where(loss & real, area, 0.0),
        "survey_correction": np.where(survey, signed, 0.0) + np.where(now, more, 0.0),
        "coverage_change": np.where(coverage, signed, 0.0),
        "noise": np.where((gain | loss) & noise, area, 0.0) + np.where(now, more_gross, 0.0),
        "boundary_change": moved,
    }, region_to, places)  # fmt: skip
    gone = _sums({"moved": moved}, region_from, places)["moved"]
    return {**flows, "boundary_change": flows["boundary_change"] - gone}


def reach(cells: dict[str, np.ndarray], places: np.ndarray) -> dict[str, np.ndarray]:
    """At some regions: land surveyed at both dates, and land whose change the classes do not settle."""
    first, second = cells["from_class"], cells["to_class"]
    area = cells["area_m2"]
    both = (first != NOT_SURVEYED) & (second != NOT_SURVEYED)
    mixed = both & (first != second) & ~cells["is_noise"] & (
        (first == MIXED) | (second == MIXED))  # fmt: skip
    return _sums({"compared": np.where(both, area, 0.0), "unsettled": np.where(mixed, area, 0.0)},
                 cells["region_to"], places)  # fmt: skip


def cause_names(numbers: np.ndarray) -> pd.Series:
    """Names of cause numbers."""
    return pd.Series(np.array(CAUSES, dtype=object)[numbers], dtype="str")
