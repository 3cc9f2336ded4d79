"""Which of many boxes meet any of some others, without an object for each."""

from __future__ import annotations

import numpy as np
import shapely

_FEW = 16
_FEWEST_CELLS, _MOST_CELLS = 32, 1024


def meeting(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Rows of ``boxes`` that meet one of the ``others`` (touching counts), ascending.

    Parameters
    ----------
    boxes, others : numpy.ndarray
        (n, 4) and (m, 4): west, south, east, north; NaN meets nothing.

    Examples
    --------
    >>> boxes = np.array([[0, 0, 1, 1], [5, 5, 6, 6], [2, 2, 9, 9.0], [np.nan] * 4])
    >>> meeting(boxes, np.array([[5.5, 5.5, 5.6, 5.6]])).tolist()
    [1, 2]
    """
    others = others[~np.isnan(others[:, 0])]
    if not len(others) or not len(boxes):
        return np.zeros(0, dtype=np.int64)
    if len(others) <= _FEW:
        found = np.zeros(len(boxes), dtype=bool)
        for west, south, east, north in others:
            found |= ((boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north)
                      & (boxes[:, 3] >= south))  # fmt: skip
        return np.flatnonzero(found)
    cells = int(np.clip(4.0 * np.sqrt(len(others)), _FEWEST_CELLS, _MOST_CELLS))
    grid = _Grid(others[:, :2].min(axis=0), others[:, 2:].max(axis=0), cells)
    grid.mark(others)
    maybe = np.flatnonzero(grid.is_marked(boxes))
    hit = shapely.STRtree(shapely.box(*others.T)).query(shapely.box(*boxes[maybe].T))[0]
    return maybe[np.unique(hit)]


class _Grid:
    """A coarse raster over an extent, in which boxes are marked."""

    def __init__(self, low: np.ndarray, high: np.ndarray, cells: int) -> None:
        self.low, self.high, self.cells = low, high, cells
        self.size = np.maximum(high - low, 1e-9) / cells
        self.edges = np.zeros((cells + 1, cells + 1), dtype=np.int32)

    def _cells(self, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        low = np.clip((boxes[:, :2] - self.low) / self.size, 0, self.cells - 1).astype(np.int64)
        high = np.clip((boxes[:, 2:] - self.low) / self.size, 0, self.cells - 1).astype(np.int64)
        return low[:, 0], low[:, 1], high[:, 0] + 1, high[:, 1] + 1

    def mark(self, boxes: np.ndarray) -> None:
        """Mark every cell that a box meets."""
        west, south, east, north = self._cells(boxes)
        turns = np.zeros_like(self.edges)
        for x, y, step in ((west, south, 1), (east, north, 1), (west, north, -1), (east, south, -1)):
            np.add.at(turns, (x, y), step)
        marked = turns.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)[:-1, :-1] > 0
        self.edges[1:, 1:] = marked.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)

    def is_marked(self, boxes: np.ndarray) -> np.ndarray:
        """Whether any cell that a box meets is marked."""
        there = np.all(boxes[:, :2] <= self.high, axis=1) & np.all(boxes[:, 2:] >= self.low, axis=1)
        west, south, east, north = self._cells(np.where(there.reshape(-1, 1), boxes, 0.0))
        sums = self.edges
        found = sums[east, north] - sums[west, north] - sums[east, south] + sums[west, south]
        return there & (found > 0)
