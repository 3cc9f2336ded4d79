"""Proposals carried out on a balance that is known: only the ground they touch is cut and counted again.

The pieces of the known balance lie in one row of each snapshot. A proposal divides rows of the later one,
so the pieces in these rows are divided likewise; all others, and what the earlier snapshot has, stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from landtool.balance.areas import drawn_area_m2
from landtool.balance.causes import class_of
from landtool.balance.cells import Divided, by_set, part_out, redrawn
from landtool.balance.land_use_table import table_of
from landtool.balance.ledger import LandBalance, Workings, tell
from landtool.balance.pieces import Overlay, Pieces, cut_pairs, require_closure
from landtool.balance.regions import Regions, Shares
from landtool.balance.scenario import CarriedOut
from landtool.balance.snapshot import Snapshot, take_snapshot
from landtool.geometry.columns import column_of


def with_proposals(
    base: LandBalance, index: pd.Index, carried: CarriedOut, to_name: str
) -> LandBalance | None:
    """The balance after proposals, from the one before them.

    Parameters
    ----------
    base : LandBalance
        Up to the snapshot as it is, with its workings.
    index : pandas.Index
        Of the snapshot.
    carried : CarriedOut
        The proposals carried out on that snapshot.
    to_name : str
        Name of what comes of it.

    Returns
    -------
    LandBalance or None
        What :func:`landtool.balance.land_balance` finds for ``carried.frame``; None where it must be asked,
        because the base has no workings, two rows of the snapshot have one label, or a
        proposal or the land it touches has no code.
    """
    known = base.workings
    if known is None or not index.is_unique:
        return None
    after = _after(known, index, carried, to_name)
    if after is None:
        return None
    pieces, of = _recut(known, after)
    made = replace(known.made, pieces=pieces)
    ground = [_redivided(one, known, kind, made, after, of)
              for one, kind in zip(known.ground, (None, *known.kinds), strict=True)]  # fmt: skip
    return tell(replace(known, after=after.snapshot, made=made, ground=ground), base.from_name, to_name)


@dataclass(frozen=True)
class _After:
    """The later snapshot with proposals carried out.

    Attributes
    ----------
    snapshot : Snapshot
        Rows that stay, in their order, then those that were cut.
    row : numpy.ndarray
        (n,) row in it of each row of the snapshot before, -1 for those that were cut.
    origin : numpy.ndarray
        (m,) row of the snapshot before that each of the cut ones comes from.
    """

    snapshot: Snapshot
    row: np.ndarray
    origin: np.ndarray


def _after(known: Workings, index: pd.Index, carried: CarriedOut, name: str) -> _After | None:
    old = known.after
    place = index.get_indexer(pd.Index(old.label))
    cut = np.zeros(len(index), dtype=bool)
    cut[carried.origin[carried.is_inside]] = True
    stays = ~cut[place]
    pieces = np.flatnonzero(cut[carried.origin])
    made = take_snapshot(table_of(carried.frame.iloc[pieces], name), known.systems[1], old.crs, name)
    row_of = np.full(len(index), -1)
    row_of[place] = np.arange(len(old))
    if len(made) < len(pieces) or (row_of[cut] < 0).any():
        return None
    label = np.full(len(index), -1)
    label[carried.origin] = np.arange(len(carried.origin))
    count = len(old.code_names)
    snapshot = replace(
        old, name=name, shapes=column_of(np.concatenate([old.shapes.take(np.flatnonzero(stays)), made.shapes.all()])),
        code=np.concatenate([old.code[stays], made.code + count]), code_names=old.code_names.append(made.code_names),
        land_class=np.concatenate([old.land_class, made.land_class]),
        is_unbuilt=np.concatenate([old.is_unbuilt, made.is_unbuilt]),
        label=np.concatenate([label[place[stays]], made.label]),
        is_replacement=np.concatenate([old.is_replacement[stays], made.is_replacement]),
        problems=old.problems.assign(snapshot=name),
    )  # fmt: skip
    row = np.where(stays, np.cumsum(stays) - 1, -1)
    return _After(snapshot, row, row_of[carried.origin[made.label]])


def _recut(known: Workings, after: _After) -> tuple[Pieces, np.ndarray]:
    """The pieces, those in rows that were cut divided, and which of the old ones each is, or was cut from."""
    old = known.made.pieces
    stays = (old.after < 0) | (np.append(after.row, 0)[old.after] >= 0)
    gone = np.flatnonzero(~stays)
    wholes, count = old.shapes(gone), int(after.row.max(initial=-1)) + 1
    parts = after.snapshot.shapes.take(np.arange(count, len(after.snapshot)))
    order = np.argsort(after.origin, kind="stable")
    first = np.searchsorted(after.origin[order], old.after[gone])
    pairs = np.searchsorted(after.origin[order], old.after[gone], side="right") - first
    i = np.repeat(np.arange(len(gone)), pairs)
    j = order[np.repeat(first, pairs) + np.arange(len(i)) - np.repeat(np.cumsum(pairs) - pairs, pairs)]
    shapes, i, j = cut_pairs(wholes, parts, i, j)
    mine = i >= 0
    # Ground of a piece that rounding left to none of the parts goes to the last of them.
    shapes, i, j = shapes[mine], i[mine], j[mine]
    j = np.where(j < 0, order[first + pairs - 1][i], j)
    require_closure(after.snapshot.name, shapes, i, wholes)
    share = drawn_area_m2(shapes, known.before.crs)
    whole = np.bincount(i, weights=share, minlength=len(gone))
    share = np.divide(share, whole[i], out=np.zeros(len(i)), where=whole[i] > 0.0)
    kept, drawn = np.flatnonzero(stays), len(old) - len(old.parts) - len(old.cut)
    pieces = Pieces(
        column=old.column, parts=old.parts[stays[drawn : drawn + len(old.parts)]],
        cut=np.concatenate([old.cut[stays[drawn + len(old.parts):]], shapes]),
        before=np.concatenate([old.before[kept], old.before[gone[i]]]),
        after=np.concatenate([np.append(after.row, -1)[old.after[kept]], count + j]),
        area_m2=np.concatenate([old.area_m2[kept], share * old.area_m2[gone[i]]]),
        later_m2=np.concatenate([old.later_m2[kept], share * old.later_m2[gone[i]]]),
    )  # fmt: skip
    return pieces, np.concatenate([kept, gone[i]])


def _redivided(
    ground: Divided, known: Workings, regions: Regions | None, made: Overlay, after: _After, of: np.ndarray
) -> Divided:
    """The ground by region: what was cut is divided anew, and its area at the second date put elsewhere."""
    old, pieces = known.made.pieces, made.pieces
    count = int(np.count_nonzero((old.after < 0) | (np.append(after.row, 0)[old.after] >= 0)))
    number = np.full(len(old), -1)
    number[of[:count]] = np.arange(count)
    kept = number[ground.parts.of] >= 0
    new, later = part_out(pieces, np.arange(count, len(pieces)), regions, known.before)
    closing = ground.closing
    for snapshot, some, parts, place, sign in (
        (known.after, old, _some(ground.parts, ~kept), ground.later[~kept], -1.0),
        (after.snapshot, pieces, new, later, 1.0),
    ):
        area = sign * (parts.area_m2 + redrawn(some, parts))
        closing = closing.add(by_set(class_of(snapshot, some.after[parts.of]), place, area), fill_value=0.0)
    parts = _some(ground.parts, kept)
    return Divided(
        Shares(np.concatenate([number[parts.of], new.of]), np.concatenate([parts.region, new.region]),
               np.concatenate([parts.area_m2, new.area_m2]), np.zeros(0, dtype=object)),
        np.concatenate([ground.later[kept], later]), ground.opening, closing,
    )  # fmt: skip


def _some(parts: Shares, chosen: np.ndarray) -> Shares:
    return Shares(parts.of[chosen], parts.region[chosen], parts.area_m2[chosen], np.zeros(0, dtype=object))
