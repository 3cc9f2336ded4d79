"""The one cause of each piece: what happened to the land between two snapshots.

``new``: farmland or unused land became industrial; ``converted_in``: built-up land of another use did, or
the classification does not tell; ``replacement``: land named as replacement for a loss;
``converted_out``: industrial land is something else. Never a gain or a loss: ``survey_correction`` (a
fragment narrower than the digitising tolerance, or a coarser class at one date, such as 工矿仓储用地),
``coverage_change`` (surveyed at one date only), ``within_industrial`` (between industrial and M0),
``reclassified`` (another code of the same class), ``other_change`` (neither date industrial).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from landtool.balance.pieces import Pieces
from landtool.balance.snapshot import CLASSES, NOT_SURVEYED, Snapshot, at_rows

CAUSES = (
    "unchanged", "reclassified", "within_industrial", "other_change", "new", "converted_in", "replacement",
    "converted_out", "survey_correction", "coverage_change",
)  # fmt: skip
NUMBER = {name: number for number, name in enumerate(CAUSES)}
INDUSTRIAL_TOTAL = np.isin(CLASSES, ("industrial", "m0"))
MIXED = CLASSES.index("industrial_or_storage")
OTHER = CLASSES.index("other")
_WHOLE_SHARE = 1.0 - 1e-6


@dataclass(frozen=True)
class Caused:
    """What happened to each piece.

    Attributes
    ----------
    cause : numpy.ndarray
        (n,) number in :data:`CAUSES`.
    is_noise : numpy.ndarray
        (n,) a changed fragment narrower than the tolerance.
    is_replacement : numpy.ndarray
        (n,) the second row is named as replacement.
    width_m : numpy.ndarray
        (n,) twice the area over the perimeter; null for what did not change.
    """

    cause: np.ndarray
    is_noise: np.ndarray
    is_replacement: np.ndarray
    width_m: np.ndarray


def class_of(snapshot: Snapshot, rows: np.ndarray) -> np.ndarray:
    """Class number of rows; ``not_surveyed`` for -1."""
    return at_rows(snapshot.classes, rows, NOT_SURVEYED)


def find_causes(pieces: Pieces, before: Snapshot, after: Snapshot, tolerance_m: float,
                same_system: bool) -> Caused:  # fmt: skip
    """Give each piece its cause.

    A changed fragment is noise when it is narrower than ``tolerance_m``, unless it belongs to a row of
    either snapshot that changed its class as a whole: that is real, however small.

    Parameters
    ----------
    pieces : Pieces
        The overlay.
    before, after : Snapshot
        The two layers.
    tolerance_m : float
        Digitising tolerance in metres.
    same_system : bool
        Whether both use the same classification, so that codes can be compared.
    """
    first, second = class_of(before, pieces.before), class_of(after, pieces.after)
    changed = first != second
    width = np.full(len(pieces), np.nan)
    shapes = pieces.shapes(np.flatnonzero(changed))
    width[changed] = 2.0 * shapely.area(shapes) / shapely.length(shapes)
    fragment = ~pieces.is_whole & (width < tolerance_m)
    one_date = (first == NOT_SURVEYED) | (second == NOT_SURVEYED)
    noise = fragment.copy()
    for kind in (one_date, ~one_date):
        noise &= ~_of_whole_row(pieces, changed & kind, before, after, fragment & kind)
    replacement = at_rows(after.is_replacement, pieces.after, False)
    cause = _causes(first, second, noise, replacement, _unbuilt(before, pieces.before))
    if same_system:
        recoded = ~changed & _other_code(pieces, before, after)
        cause[recoded & (first != OTHER)] = NUMBER["reclassified"]
    return Caused(cause, noise, replacement, width)


def _causes(
    first: np.ndarray, second: np.ndarray, noise: np.ndarray, replacement: np.ndarray,
    unbuilt: np.ndarray,
) -> np.ndarray:  # fmt: skip
    was, is_now = INDUSTRIAL_TOTAL[first], INDUSTRIAL_TOTAL[second]
    one_date = (first == NOT_SURVEYED) | (second == NOT_SURVEYED)
    mixed = (first == MIXED) | (second == MIXED)
    return np.select(
        [first == second, noise, one_date, mixed, was & is_now, ~was & ~is_now, was, replacement, unbuilt],
        [NUMBER[name] for name in ("unchanged", "survey_correction", "coverage_change", "survey_correction",
                                   "within_industrial", "other_change", "converted_out", "replacement",
                                   "new")],
        NUMBER["converted_in"],
    )  # fmt: skip


def _of_whole_row(
    pieces: Pieces, changed: np.ndarray, before: Snapshot, after: Snapshot, asked: np.ndarray
) -> np.ndarray:
    """Whether a piece belongs to a row all of whose ground changed in the same way."""
    found = np.zeros(len(pieces), dtype=bool)
    if not asked.any():
        return found
    cut = ~pieces.is_whole & changed
    area = shapely.area(pieces.shapes(np.flatnonzero(cut)))
    for snapshot, rows in ((before, pieces.before), (after, pieces.after)):
        here = rows[cut]
        moved = np.bincount(here[here >= 0], weights=area[here >= 0], minlength=len(snapshot))
        own = rows[asked]
        whole = np.zeros(len(own))
        whole[own >= 0] = shapely.area(snapshot.shapes.take(own[own >= 0]))
        found[asked] |= at_rows(moved.astype("float64"), own, -1.0) >= _WHOLE_SHARE * whole
    return found


def _unbuilt(snapshot: Snapshot, rows: np.ndarray) -> np.ndarray:
    return at_rows(snapshot.is_unbuilt[snapshot.code], rows, False)


def _other_code(pieces: Pieces, before: Snapshot, after: Snapshot) -> np.ndarray:
    """Whether the two rows of a piece have different codes, or one of them is not there."""
    number = pd.factorize(before.code_names.append(after.code_names))[0]
    first, second = np.split(number, [len(before.code_names)])
    return at_rows(first[before.code], pieces.before, -1) != at_rows(second[after.code], pieces.after, -2)
