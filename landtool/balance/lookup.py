"""Which of many keys is meant: by compiled code where that is loaded, for the answer is the same."""

from __future__ import annotations

import sys

import numpy as np

_KERNELS = "landtool.balance.kernels"


def positions(keys: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Where each asked key stands first; -1 where it does not.

    Parameters
    ----------
    keys, asked : numpy.ndarray
        uint64, well mixed.

    Examples
    --------
    >>> positions(np.array([7, 9, 7], dtype=np.uint64), np.array([9, 7, 8], dtype=np.uint64)).tolist()
    [1, 0, -1]
    """
    if _KERNELS in sys.modules:
        return sys.modules[_KERNELS].positions(keys, asked)
    return sorted_positions(keys, asked)


def sorted_positions(keys: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The same by sorting."""
    if not len(keys):
        return np.full(len(asked), -1)
    order, turn = np.argsort(keys, kind="stable"), np.argsort(asked)  # in order both, to stay in the cache
    ordered, wanted = keys[order], asked[turn]
    place = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    found = np.empty(len(asked), dtype=np.int64)
    found[turn] = np.where(ordered[place] == wanted, order[place], -1)
    return found
