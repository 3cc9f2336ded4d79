"""Predicates over many pairs of geometries, fast and safe in threads.

A prepared geometry must never be used by two threads at once: GEOS builds its index on first use and
crashes. So where preparing pays, the first geometry of each pair is copied, the copy is prepared, and all its
pairs go to one thread. The caller's geometries are read only, whoever else is reading them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import shapely

from landtool.concurrency import one_beside

_WORTH_THREADS = 4_000
_MOST_WORKERS = 8
# With fewer pairs to each first geometry its index costs more than it saves.
_WORTH_PREPARING = 16

One = TypeVar("One")
Two = TypeVar("Two")
Predicate = Callable[[np.ndarray, np.ndarray], np.ndarray]


def workers() -> int:
    """Threads to use."""
    return min(os.cpu_count() or 1, _MOST_WORKERS)


def both(one: Callable[[], One], two: Callable[[], Two]) -> tuple[One, Two]:
    """What two functions give, the second one run in a thread beside the first.

    Examples
    --------
    >>> both(lambda: "before", lambda: 2)
    ('before', 2)
    """
    if workers() == 1:
        return one(), two()
    with one_beside() as aside:
        later = aside.submit(two)
        return one(), later.result()


def in_threads(
    function: Callable[..., np.ndarray], *arrays: np.ndarray, worth: int = _WORTH_THREADS
) -> np.ndarray:
    """Run an element-wise function over slices of arrays in threads (GEOS, PROJ and NumPy let them).

    Fewer than ``worth`` elements are not worth the threads. Not for predicates on prepared geometries: see
    :func:`holds`.

    Examples
    --------
    >>> in_threads(np.add, np.arange(3), np.arange(3)).tolist()
    [0, 2, 4]
    """
    if len(arrays[0]) < worth or workers() == 1:
        return function(*arrays)
    return np.concatenate(in_blocks(function, *arrays))


def in_blocks(function: Callable[..., One], *arrays: np.ndarray) -> list[One]:
    """What a function gives for slices of arrays, one after another, each in a thread.

    Examples
    --------
    >>> sum(in_blocks(len, np.arange(10)))
    10
    """
    cuts = np.linspace(0, len(arrays[0]), 4 * workers() + 1).astype(int)[1:-1]
    with ThreadPoolExecutor(workers()) as pool:
        return list(pool.map(function, *(np.split(array, cuts) for array in arrays)))


def holds(
    predicate: Predicate, ones: np.ndarray, twos: np.ndarray, one: np.ndarray, two: np.ndarray
) -> np.ndarray:
    """Whether a predicate holds for each pair ``(ones[one[k]], twos[two[k]])``.

    Examples
    --------
    >>> boxes = np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3), shapely.box(5, 5, 6, 6)])
    >>> holds(shapely.intersects, boxes, boxes, np.array([0, 0]), np.array([1, 2])).tolist()
    [True, False]
    """
    if not len(one):
        return np.zeros(0, dtype=bool)
    order = np.argsort(one, kind="stable")
    used, own = np.unique(one[order], return_inverse=True)
    firsts = ones[used]
    prepares = len(one) >= _WORTH_PREPARING * len(used)
    if prepares or shapely.is_prepared(firsts).any():
        firsts = shapely.force_2d(firsts)
    if prepares:
        shapely.prepare(firsts)
    cuts = np.searchsorted(own, own[np.linspace(0, len(own) - 1, 4 * workers() + 1).astype(int)[1:-1]])

    def some(mine: np.ndarray, other: np.ndarray) -> np.ndarray:
        return predicate(firsts[mine], twos[other])

    answer = np.empty(len(one), dtype=bool)
    if len(one) < _WORTH_THREADS or workers() == 1:
        answer[order] = some(own, two[order])
    else:
        with ThreadPoolExecutor(workers()) as pool:
            parts = pool.map(some, np.split(own, cuts), np.split(two[order], cuts))
            answer[order] = np.concatenate(list(parts))
    return answer


def interiors_meet(ones: np.ndarray, twos: np.ndarray) -> np.ndarray:
    """Whether two geometries share more than border: the predicate for overlaps of any kind."""
    return shapely.relate_pattern(ones, twos, "T********")
