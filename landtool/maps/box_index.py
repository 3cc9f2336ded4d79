"""Which boxes meet a box: a grid over the map's square, as flat arrays; ten bytes a box, read from any thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Cells of the grid along the map: those of tiles at zoom 14.
_CELLS = 2**13
# A box over more cells than this is looked at in every query instead.
_MANY = 256


@dataclass(frozen=True)
class BoxIndex:
    """Boxes by the cells they touch (see :func:`index_boxes`)."""

    boxes: np.ndarray
    cells: np.ndarray
    rows: np.ndarray
    large: np.ndarray

    def query(self, west: float, north: float, east: float, south: float) -> np.ndarray:
        """Rows whose box meets the given one, in order; touching is meeting."""
        low, high = _cell(np.array([[west, north]]))[0], _cell(np.array([[east, south]]))[0]
        columns = np.arange(low[0], high[0] + 1) * _CELLS
        begin = np.searchsorted(self.cells, columns + low[1])
        end = np.searchsorted(self.cells, columns + high[1], side="right")
        counts = end - begin
        at = np.arange(counts.sum()) + np.repeat(begin - (np.cumsum(counts) - counts), counts)
        rows = np.unique(np.concatenate([self.rows[at], self.large]))
        box = self.boxes[rows]
        meets = (box[:, 0] <= east) & (box[:, 2] >= west) & (box[:, 1] <= south) & (box[:, 3] >= north)
        return rows[meets]


def index_boxes(boxes: np.ndarray) -> BoxIndex:
    """Sort boxes into cells.

    Parameters
    ----------
    boxes : numpy.ndarray
        (n, 4) west, north, east, south in map coordinates; null rows are nowhere.

    Examples
    --------
    >>> index = index_boxes(np.array([[0.1, 0.1, 0.2, 0.2], [np.nan] * 4, [0.15, 0.1, 0.3, 0.3]]))
    >>> index.query(0.2, 0.2, 0.25, 0.25).tolist(), index.query(0.0, 0.0, 0.05, 0.05).tolist()
    ([0, 2], [])
    """
    known = np.flatnonzero(np.isfinite(boxes[:, 0]))
    low, high = _cell(boxes[known, :2]), _cell(boxes[known, 2:])
    wide, tall = (high - low + 1).T
    is_large = wide * tall > _MANY
    small, wide, tall, low = known[~is_large], wide[~is_large], tall[~is_large], low[~is_large]
    counts = wide * tall
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    tall, left, top = (np.repeat(v, counts) for v in (tall, low[:, 0], low[:, 1]))
    cells = (left + place // tall) * _CELLS + top + place % tall
    order = np.argsort(cells, kind="stable")
    rows = np.repeat(small, counts)[order].astype("int32")
    return BoxIndex(boxes, cells[order].astype("int32"), rows, known[is_large].astype("int32"))


def _cell(places: np.ndarray) -> np.ndarray:
    return np.clip(places * _CELLS, 0, _CELLS - 1).astype("int64")
