"""The compiled clipping of pairs of polygons: what :mod:`landtool.geometry.clip` asks of it.

Importing this module loads numba and compiles, once per installation. Where the borders of a pair come nearer to each
other than coordinates can tell, the pair is left to GEOS. Everywhere else each decision (which edges cross, in what
order, on which side) is made by a sign that rounding cannot turn, so that walking along both borders from crossing to
crossing (Weiler and Atherton) cannot go astray.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, types, uint8

from landtool.geometry.compiled import array, compiled

NOTHING, MADE, LEFT = 0, 1, 2
# A pair with more crossings is left to GEOS, which sorts better.
_MOST = 512
_APART, _NEAR = 0, 2

_XY, _AT = array(float64, 2), array(int64)
# Of both sides: vertices, offsets of rings, of polygons (in rings), and boxes.
_SHAPES = tuple(types.UniTuple(kind, 2) for kind in (_XY, _AT, _AT, _XY))
_Two = tuple[np.ndarray, np.ndarray]


@compiled(types.Tuple((int64, float64, float64))(float64[::1], float64[::1], float64))
def _meet(a: np.ndarray, b: np.ndarray, near: float) -> tuple[int, float, float]:
    """Whether edge ``a`` crosses edge ``b``, 1 to its left and -1 to its right, and the share of each up to there."""
    ax, ay, bx, by = a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]
    begin_a, end_a = bx * (a[1] - b[1]) - by * (a[0] - b[0]), bx * (a[3] - b[1]) - by * (a[2] - b[0])
    begin_b, end_b = ax * (b[1] - a[1]) - ay * (b[0] - a[0]), ax * (b[3] - a[1]) - ay * (b[2] - a[0])
    least_a, least_b = near * near * (bx * bx + by * by), near * near * (ax * ax + ay * ay)
    if min(begin_a * begin_a, end_a * end_a) <= least_a or min(begin_b * begin_b, end_b * end_b) <= least_b:
        return _NEAR, 0.0, 0.0
    if (begin_a > 0.0) == (end_a > 0.0) or (begin_b > 0.0) == (end_b > 0.0):
        return _APART, 0.0, 0.0
    return (1 if end_a > 0.0 else -1), begin_a / (begin_a - end_a), begin_b / (begin_b - end_b)


@compiled(int64(_XY, _AT, int64, int64, float64[::1], float64, float64[:, ::1], int64[:, ::1]))
def _edges_in(
    xy: np.ndarray, ring: np.ndarray, first: int, last: int, box: np.ndarray, near: float,
    edges: np.ndarray, at: np.ndarray,
) -> int:  # fmt: skip
    """Edges of some rings that reach into a box, from its corner, with the vertex each begins at and its ring."""
    count = 0
    west, south, east, north = box[0] - near, box[1] - near, box[2] + near, box[3] + near
    for r in range(first, last):
        for k in range(ring[r], ring[r + 1] - 1):
            x0, y0, x1, y1 = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
            if max(x0, x1) < west or min(x0, x1) > east or max(y0, y1) < south or min(y0, y1) > north:
                continue
            if x0 == x1 and y0 == y1:
                continue
            edges[count, 0], edges[count, 1] = x0 - box[0], y0 - box[1]
            edges[count, 2], edges[count, 3] = x1 - box[0], y1 - box[1]
            at[count, 0], at[count, 1] = k, r
            count += 1
    return count


@compiled(int64(float64[:, ::1], int64[:, ::1], int64, float64[:, ::1], int64[:, ::1], int64, float64,
                int64[:, :, ::1], float64[:, ::1], float64[:, ::1], boolean[::1]))
def _crossings(
    a: np.ndarray, at_a: np.ndarray, count_a: int, b: np.ndarray, at_b: np.ndarray, count_b: int, near: float,
    where: np.ndarray, share: np.ndarray, point: np.ndarray, enters: np.ndarray,
) -> int:  # fmt: skip
    """Crossings of two sets of edges: edge and ring on either side, share of the edge, place; -1 if it cannot be said."""
    count = 0
    for i in range(count_a):
        west, east = min(a[i, 0], a[i, 2]) - near, max(a[i, 0], a[i, 2]) + near
        south, north = min(a[i, 1], a[i, 3]) - near, max(a[i, 1], a[i, 3]) + near
        for j in range(count_b):
            if ((b[j, 0] < west and b[j, 2] < west) or (b[j, 0] > east and b[j, 2] > east)
                    or (b[j, 1] < south and b[j, 3] < south) or (b[j, 1] > north and b[j, 3] > north)):  # fmt: skip
                continue
            side, share_a, share_b = _meet(a[i], b[j], near)
            if side == _APART:
                continue
            if side == _NEAR or count == _MOST:
                return -1
            where[0, count, 0], where[0, count, 1] = at_a[i, 0], at_a[i, 1]
            where[1, count, 0], where[1, count, 1] = at_b[j, 0], at_b[j, 1]
            share[0, count], share[1, count] = share_a, share_b
            point[count, 0] = a[i, 0] + share_a * (a[i, 2] - a[i, 0])
            point[count, 1] = a[i, 1] + share_a * (a[i, 3] - a[i, 1])
            enters[count] = side > 0
            count += 1
    return count


@compiled(boolean(int64[:, ::1], float64[::1], float64[:, ::1], boolean[::1], int64, float64, int64[::1], int64[::1]))
def _in_order(
    where: np.ndarray, share: np.ndarray, point: np.ndarray, enters: np.ndarray, count: int, near: float,
    order: np.ndarray, following: np.ndarray,
) -> bool:  # fmt: skip
    """Which crossing follows each along its ring; false if neighbours are too near, or do not take turns."""
    for k in range(count):
        n = k
        while n > 0 and (where[order[n - 1], 0] > where[k, 0] or
                         (where[order[n - 1], 0] == where[k, 0] and share[order[n - 1]] > share[k])):  # fmt: skip
            order[n] = order[n - 1]
            n -= 1
        order[n] = k
    first = 0
    for n in range(count):
        one = order[n]
        ends = n == count - 1 or where[order[n + 1], 1] != where[one, 1]
        two = order[first] if ends else order[n + 1]
        following[one] = two
        if enters[one] == enters[two] or max(
                abs(point[one, 0] - point[two, 0]), abs(point[one, 1] - point[two, 1])) <= near:  # fmt: skip
            return False
        if ends:
            first = n + 1
    return True


@compiled(int64(_XY, int64, int64, int64, int64, boolean, float64[:, ::1], int64))
def _walk(
    xy: np.ndarray, first: int, last: int, edge: int, until: int, around: bool, out: np.ndarray, n: int
) -> int:
    """Write the vertices of a ring that lie between two of its edges."""
    if edge == until and not around:
        return n
    k = edge
    while True:
        k += 1
        if k == last:  # the closing vertex is the first one
            k = first
        out[n, 0], out[n, 1] = xy[k, 0], xy[k, 1]
        n += 1
        if k == until:
            return n


@compiled(boolean(_XY, _AT, int64, int64, float64, float64))
def _inside(xy: np.ndarray, ring: np.ndarray, first: int, last: int, x: float, y: float) -> bool:
    """Whether a point that lies on no border is inside a polygon."""
    odd = False
    for r in range(first, last):
        for k in range(ring[r], ring[r + 1] - 1):
            y0, y1 = xy[k, 1], xy[k + 1, 1]
            if (y0 > y) != (y1 > y) and x < xy[k, 0] + (y - y0) / (y1 - y0) * (xy[k + 1, 0] - xy[k, 0]):
                odd = not odd
    return odd


@compiled(int64(float64[:, ::1], int64, int64, float64))
def _kind(xy: np.ndarray, first: int, last: int, near: float) -> int:
    """Whether a ring is a shell (1) or a hole (-1); 0 where rounding decides."""
    area = 0.0
    x0, y0 = xy[first, 0], xy[first, 1]
    for k in range(first + 1, last - 1):
        area += (xy[k, 0] - x0) * (xy[k + 1, 1] - y0) - (xy[k + 1, 0] - x0) * (xy[k, 1] - y0)
    return 0 if abs(area) <= near * near else (1 if area > 0.0 else -1)


@compiled(int64(_SHAPES[0], _SHAPES[1], int64[:, :, ::1], float64[:, ::1], float64[:, ::1], int64[:, ::1],
                boolean[::1], int64, float64[::1], float64[:, ::1], int64))
def _trace(
    xy: _Two, ring: _Two, where: np.ndarray, share: np.ndarray, point: np.ndarray, following: np.ndarray,
    seen: np.ndarray, begin: int, corner: np.ndarray, out: np.ndarray, n: int,
) -> int:  # fmt: skip
    """Write the ring that begins where the first border enters the other polygon: now along one border, now the other."""
    first, here = n, begin
    while True:
        seen[here] = True
        for side in range(2):
            out[n, 0], out[n, 1] = point[here, 0] + corner[0], point[here, 1] + corner[1]
            there, r = following[side, here], where[side, here, 1]
            n = _walk(xy[side], ring[side][r], ring[side][r + 1] - 1, where[side, here, 0], where[side, there, 0],
                      share[side, there] <= share[side, here], out, n + 1)  # fmt: skip
            here = there
        if here == begin:
            break
    out[n, 0], out[n, 1] = out[first, 0], out[first, 1]
    return n + 1


@compiled(boolean(int64[:, ::1], int64, int64))
def _is_crossed(where: np.ndarray, count: int, ring: int) -> bool:
    crossed = False
    for c in range(count):
        crossed |= where[c, 1] == ring
    return crossed


@compiled()
def _grown(old: np.ndarray, used: int, needed: int) -> np.ndarray:
    if needed <= len(old):
        return old
    new = np.empty((max(needed, 2 * len(old)),) + old.shape[1:], old.dtype)
    new[:used] = old[:used]
    return new


@compiled(types.Tuple((uint8[::1], float64[:, ::1], int64[::1], int64[::1], boolean[::1]))(
    *_SHAPES, _AT, _AT, float64))
def common_rings(
    xy: _Two, ring: _Two, shape: _Two, boxes: _Two, one: np.ndarray, two: np.ndarray, near: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rings of what the polygons of each pair share.

    Of both sides there are vertices, offsets of rings, offsets of polygons (in rings) and boxes; rings are closed,
    with the ground on their left. Told are for each pair whether nothing is shared, rings were made, or it is left to
    GEOS; then vertices, offsets, pair and whether it is a hole of each ring.
    """
    most = np.ones(2, np.int64)
    for side in range(2):
        for s in range(len(shape[side]) - 1):
            most[side] = max(most[side], ring[side][shape[side][s + 1]] - ring[side][shape[side][s]])
    edges, begins = np.empty((2, most.max(), 4)), np.empty((2, most.max(), 2), np.int64)
    where, share = np.empty((2, _MOST, 2), np.int64), np.empty((2, _MOST))
    point, enters = np.empty((_MOST, 2)), np.empty(_MOST, np.bool_)
    order, following, seen = np.empty(_MOST, np.int64), np.empty((2, _MOST), np.int64), np.empty(_MOST, np.bool_)
    counts, box, own = np.empty(2, np.int64), np.empty(4), np.empty(2, np.int64)
    state, out, n, rings = np.zeros(len(one), np.uint8), np.empty((1024, 2)), 0, 0
    start, owner, hole = np.zeros(256, np.int64), np.empty(256, np.int64), np.empty(256, np.bool_)
    for p in range(len(one)):
        own[0], own[1] = one[p], two[p]
        for k in range(2):
            box[k] = max(boxes[0][own[0], k], boxes[1][own[1], k])
            box[2 + k] = min(boxes[0][own[0], 2 + k], boxes[1][own[1], 2 + k])
        if box[0] > box[2] + near or box[1] > box[3] + near:
            continue
        for side in range(2):
            counts[side] = _edges_in(xy[side], ring[side], shape[side][own[side]], shape[side][own[side] + 1], box,
                                     near, edges[side], begins[side])  # fmt: skip
        count = _crossings(edges[0], begins[0], counts[0], edges[1], begins[1], counts[1], near, where, share, point,
                           enters)  # fmt: skip
        if count < 0 or not (
            _in_order(where[0], share[0], point, enters, count, near, order, following[0])
            and _in_order(where[1], share[1], point, enters, count, near, order, following[1])
        ):
            state[p] = LEFT
            continue
        vertices, more = 3 * count, count
        for side in range(2):
            first, last = shape[side][own[side]], shape[side][own[side] + 1]
            vertices += ring[side][last] - ring[side][first]
            more += last - first
        out, start = _grown(out, n, n + vertices), _grown(start, rings + 1, rings + 1 + more)
        owner, hole = _grown(owner, rings, rings + more), _grown(hole, rings, rings + more)
        before = rings
        for c in range(count):
            seen[c] = not enters[c]
        for c in range(count):
            if not seen[c]:
                n = _trace(xy, ring, where, share, point, following, seen, c, box, out, n)
                rings += 1
                start[rings] = n
        for side in range(2):
            other, theirs = 1 - side, own[1 - side]
            for r in range(shape[side][own[side]], shape[side][own[side] + 1]):
                first, last = ring[side][r], ring[side][r + 1]
                x, y = xy[side][first, 0], xy[side][first, 1]
                if not (box[0] <= x <= box[2] and box[1] <= y <= box[3]) or _is_crossed(where[side], count, r):
                    continue
                if _inside(xy[other], ring[other], shape[other][theirs], shape[other][theirs + 1], x, y):
                    n = _walk(xy[side], first, last - 1, first, first, True, out, n + 1)
                    out[start[rings], 0], out[start[rings], 1] = x, y
                    rings += 1
                    start[rings] = n
        shells, unsure = 0, False
        for r in range(before, rings):
            kind = _kind(out, start[r], start[r + 1] - 1, near)
            owner[r], hole[r] = p, kind < 0
            shells += kind > 0
            unsure |= kind == 0
        if unsure or (shells != 1 and shells != rings - before):  # which hole is in which polygon is not asked here
            n, rings = start[before], before
            state[p] = LEFT
        elif rings > before:
            state[p] = MADE
    return state, out[:n].copy(), start[: rings + 1].copy(), owner[:rings].copy(), hole[:rings].copy()
