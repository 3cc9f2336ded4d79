"""Columns of polygons that come in parts, and such as are mostly another column's.

Two snapshots of a city hold nearly the same polygons. Read in batches, the second one needs room only for what
the first one has not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landtool.geometry.columns import PolygonColumn, RingBytes, column_of
from landtool.geometry.rings import Rings


class Growing:
    """An array that is filled from its front; room beyond what is written costs no memory.

    Parameters
    ----------
    like : numpy.ndarray
        An array of the kind that will be added.
    about : int
        How many rows there may be.

    Examples
    --------
    >>> grown = Growing(np.zeros((0, 2)), 3)
    >>> grown.add(np.ones((2, 2)))
    >>> grown.add(np.zeros((2, 2)))
    >>> grown.whole().sum(axis=1).tolist()
    [2.0, 2.0, 0.0, 0.0]
    """

    def __init__(self, like: np.ndarray, about: int) -> None:
        self._rows = np.empty((about, *like.shape[1:]), like.dtype)
        self._end = 0

    def add(self, rows: np.ndarray) -> None:
        """Write some rows behind the last ones."""
        end = self._end + len(rows)
        if end > len(self._rows):
            # Large blocks are moved by their addresses, not copied.
            self._rows.resize((end + end // 4, *self._rows.shape[1:]), refcheck=False)
        self._rows[self._end : end] = rows
        self._end = end

    def whole(self) -> np.ndarray:
        """All that was added; nothing can be added any more."""
        self._rows.resize((self._end, *self._rows.shape[1:]), refcheck=False)
        return self._rows


class Gathering:
    """Bytes of polygons, written one behind the other as they come, so that no batch is held twice.

    Parameters
    ----------
    about_rows, about_bytes : int
        How many there may be.

    Examples
    --------
    >>> import shapely
    >>> from landtool.geometry.columns import column_of_wkb
    >>> gathering = Gathering(2, 200)
    >>> for x in (0, 5):
    ...     gathering.add(column_of_wkb(pa.array([shapely.to_wkb(shapely.box(x, 0, x + 1, 1))])))
    >>> shapely.area(gathering.column().all()).tolist()
    [1.0, 1.0]
    """

    def __init__(self, about_rows: int, about_bytes: int) -> None:
        self._data = Growing(np.zeros(0, np.uint8), about_bytes)
        self._ends = Growing(np.zeros(0, np.int64), about_rows + 1)
        self._ends.add(np.zeros(1, np.int64))
        self._end = 0

    def add(self, column: PolygonColumn) -> None:
        """Write a column of WKB without nulls behind what is there."""
        offsets, data = column.wkb_bytes()
        self._data.add(data[offsets[0] : offsets[-1]])
        self._ends.add(offsets[1:] + (self._end - offsets[0]))
        self._end += int(offsets[-1] - offsets[0])

    def column(self) -> PolygonColumn:
        """All that was added; nothing can be added any more."""
        ends = self._ends.whole()
        buffers = [None, pa.py_buffer(ends), pa.py_buffer(self._data.whole())]
        return PolygonColumn(None, pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(ends) - 1, buffers))


def same_bytes(one: PolygonColumn, rows: np.ndarray, two: PolygonColumn) -> np.ndarray:
    """Whether the given rows of a column of WKB are written as all of another one are.

    Examples
    --------
    >>> import shapely
    >>> from landtool.geometry.columns import column_of_wkb
    >>> box = shapely.box(0, 0, 1, 1)
    >>> one, two = (column_of_wkb(pa.array(shapely.to_wkb(made))) for made in ([box, box], [box, shapely.reverse(box)]))
    >>> same_bytes(one, np.array([1, 1]), two).tolist()
    [True, False]
    """
    return pc.equal(one.wkb.take(pa.array(rows)), two.wkb).to_numpy(zero_copy_only=False)


@dataclass(frozen=True)
class ColumnBeside(PolygonColumn):
    """A column that holds of its polygons only those that another one does not hold.

    Attributes
    ----------
    other : PolygonColumn
        The other one.
    at : numpy.ndarray
        (n,) row of the other one; of what is held here, ``~position`` among it.

    Examples
    --------
    >>> import shapely
    >>> west, east = shapely.box(0, 0, 1, 1), shapely.box(7, 0, 9, 1)
    >>> column = ColumnBeside(np.array([east]), other=column_of(np.array([west])), at=np.array([~0, 0]))
    >>> shapely.area(column.all()).tolist(), len(column)
    ([2.0, 1.0], 2)
    """

    other: PolygonColumn = field(kw_only=True)
    at: np.ndarray = field(kw_only=True)

    def __len__(self) -> int:
        return len(self.at)

    def _as_given(self, rows: np.ndarray) -> np.ndarray:
        at = self.at[rows]
        here = at < 0
        made = np.empty(len(rows), dtype=object)
        made[here] = super()._as_given(~at[here])
        made[~here] = self.other.take(at[~here])
        return made

    # Nobody looks over such a column before its objects are there; what follows makes it a column like others.

    def _given(self, first: int, last: int) -> PolygonColumn:
        return column_of(self._as_given(np.arange(first, last)))

    def is_absent(self) -> np.ndarray:
        """Whether a row has no geometry or an empty one."""
        return self._given(0, len(self)).is_absent()

    def where(self, rows: np.ndarray) -> PolygonColumn:
        """The rows under a mask, as they were given."""
        return column_of(self._as_given(np.flatnonzero(rows)))

    def rings(self, first: int, last: int) -> Rings:
        """Rings of rows ``first`` to ``last``, as they were given."""
        return self._given(first, last).rings(0, last - first)

    def ring_bytes(self, first: int, last: int) -> list[RingBytes]:
        """The same rings as bytes."""
        return self._given(first, last).ring_bytes(0, last - first)

    def _vertex_ends(self) -> np.ndarray:
        return self._given(0, len(self))._vertex_ends()
