"""The compiled pass over coordinates: what :mod:`landtool.balance.traits` says in NumPy, ring by ring.

NumPy walks all vertices a few dozen times, and memory sets its pace; compiled, one ring stays in the nearest cache
until all is known of it. Importing this module loads numba and compiles the functions, once per installation
(the code is kept beside the module or in the user's cache), so only layers large enough to repay that do it. The
NumPy versions are the ones to read, and the oracle of the tests.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int32, int64, types, uint8, uint64

from landtool.geometry.compiled import array, compiled

_ONE, _ZERO = np.uint64(1), np.uint64(0)
_SHIFTS = np.uint64(32), np.uint64(29)


@compiled(types.UniTuple(float64, 7)(float64[::1], int64, int64))
def _moments(xy: np.ndarray, count: int, step: int) -> tuple[float, ...]:
    """Signed area, centroid and box of a ring, from its first vertex (edges straight)."""
    x0, y0 = xy[0], xy[1]
    area = cx = cy = 0.0
    west = east = south = north = 0.0
    x = y = 0.0
    for k in range(1, count):
        next_x, next_y = xy[k * step] - x0, xy[k * step + 1] - y0
        dx, dy = next_x - x, next_y - y
        cross = x * dy - y * dx
        area += cross
        cx += (2.0 * x + dx) * cross
        cy += (2.0 * y + dy) * cross
        x, y = next_x, next_y
        west, east = min(west, x), max(east, x)
        south, north = min(south, y), max(north, y)
    area *= 0.5
    if area != 0.0:
        cx, cy = cx / (6.0 * area), cy / (6.0 * area)
    if not (area != 0.0 and west <= cx <= east and south <= cy <= north):
        cx = cy = 0.0
    if np.isnan(area):
        west = south = east = north = np.nan
    return area, cx + x0, cy + y0, west + x0, south + y0, east + x0, north + y0


@compiled(boolean(float64[::1], int64, int64, float64, float64, boolean, float64))
def _is_star(
    xy: np.ndarray, count: int, step: int, cx: float, cy: float, backwards: bool, sure_m2: float
) -> bool:
    """Whether the ring sees its centroid from everywhere and runs around it once."""
    crossings = 0
    x, y = xy[0] - cx, xy[1] - cy
    for k in range(1, count):
        next_x, next_y = xy[k * step] - cx, xy[k * step + 1] - cy
        turn = x * next_y - next_x * y
        if not (-turn if backwards else turn) > sure_m2:
            return False
        crossings += (y >= 0.0) != (next_y >= 0.0)
        x, y = next_x, next_y
    return crossings == 2


@compiled(types.Tuple((uint64[::1], float64[:, ::1], boolean[::1], uint64[::1]))(
    array(uint8), array(int64), array(int64), array(int64), array(boolean),
    boolean, float64, float64, array(uint64), float64))
def ring_facts(
    data: np.ndarray, at: np.ndarray, length: np.ndarray, step: np.ndarray, is_hole: np.ndarray,
    whole: bool, per_m: float, rounder: float, mix: np.ndarray, sure_m2: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Key, moments and star of each ring (:class:`landtool.geometry.columns.RingBytes`), directed edge keys.

    If not ``whole``, no ring is found a star and no edge is told. The numbers are those of
    :mod:`landtool.balance.edges`; they are given, for what is compiled is kept as long as this file stays the same.
    """
    rings = len(at)
    keys, stars = np.zeros(rings, np.uint64), np.zeros(rings, np.bool_)
    moments, edges = np.zeros((rings, 9)), np.zeros(length.sum() if whole else 0, np.uint64)
    raw = np.empty((length * step).max() if rings else 0, np.uint8)  # a ring's bytes, where floats may stand
    xy = raw.view(np.float64)
    cell = np.empty(2)
    bits = cell.view(np.uint64)
    begin = 0
    for r in range(rings):
        count, wide = length[r], step[r] // 8
        raw[: count * step[r]] = data[at[r] : at[r] + count * step[r]]
        found = _moments(xy, count, wide)
        area = found[0]
        moments[r, :3], moments[r, 5:] = found[:3], found[3:]
        stars[r] = whole and _is_star(xy, count, wide, found[1], found[2], area < 0.0, sure_m2)
        backwards = (area > 0.0) == is_hole[r]
        place = key = _ZERO
        for k in range(count):
            cell[0], cell[1] = xy[k * wide] * per_m + rounder, xy[k * wide + 1] * per_m + rounder
            here = bits[0] * mix[0] + bits[1] * mix[1]
            here ^= here >> _SHIFTS[0]
            here *= mix[2]
            here ^= here >> _SHIFTS[1]
            if k > 0 and here != place:
                segment = (here | _ONE) * (place | _ONE)
                key += segment
                if whole:
                    edges[begin + k - 1] = (segment & ~_ONE) | np.uint64((here > place) != backwards)
            place = here
        keys[r] = key
        begin += count
    return keys, moments, stars, edges


@compiled(boolean[::1](array(uint64)))
def maybe_unbalanced(keys: np.ndarray) -> np.ndarray:
    """As :func:`landtool.balance.edges.maybe_unbalanced`."""
    size = 1 << 10
    while size <= 2 * len(keys):
        size *= 2
    left = np.zeros(size, np.uint64)
    last = np.uint64(size - 1)
    for key in keys:
        value = key | _ONE
        left[(key >> _ONE) & last] += value if key & _ONE else -value
    found = np.zeros(len(keys), np.bool_)
    for k in range(len(keys)):
        found[k] = keys[k] != 0 and left[(keys[k] >> _ONE) & last] != 0
    return found


@compiled(int32[::1](array(uint64)))
def slots_of(keys: np.ndarray) -> np.ndarray:
    """A table in which :func:`positions_in` finds keys, as :class:`landtool.balance.lookup.KeyIndex` does."""
    size = 1 << 10
    while size <= 2 * len(keys):
        size *= 2
    last = np.uint64(size - 1)
    table = np.full(size, -1, np.int32)
    for k in range(len(keys)):
        slot = (keys[k] >> _ONE) & last
        while table[slot] >= 0 and keys[table[slot]] != keys[k]:
            slot = (slot + _ONE) & last
        if table[slot] < 0:
            table[slot] = k
    return table


@compiled(int64[::1](array(int32), array(uint64), array(uint64)))
def positions_in(table: np.ndarray, keys: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Where each asked key stands first among the keys a table was made of; -1 where it does not."""
    last = np.uint64(len(table) - 1)
    found = np.empty(len(asked), np.int64)
    for k in range(len(asked)):
        slot = (asked[k] >> _ONE) & last
        while table[slot] >= 0 and keys[table[slot]] != asked[k]:
            slot = (slot + _ONE) & last
        found[k] = table[slot]
    return found
