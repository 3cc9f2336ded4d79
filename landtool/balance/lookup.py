"""Which of many keys is meant: by compiled code where that is loaded, for the answer is the same."""

from __future__ import annotations

from typing import Any

import numpy as np

_kernels: Any = None


def load_kernels() -> Any:
    """The compiled functions (:mod:`landtool.balance.kernels`), loaded now if they were not."""
    global _kernels
    from landtool.balance import kernels

    _kernels = kernels
    return kernels


def kernels_if_loaded() -> Any:
    """The same where a large layer has loaded them already, else None."""
    return _kernels


class KeyIndex:
    """Where keys stand, made once to be asked often, from any thread.

    Parameters
    ----------
    keys : numpy.ndarray
        uint64, well mixed.

    Examples
    --------
    >>> KeyIndex(np.array([7, 9, 7], dtype=np.uint64)).positions(np.array([9, 7, 8], dtype=np.uint64)).tolist()
    [1, 0, -1]
    """

    def __init__(self, keys: np.ndarray) -> None:
        self._keys, self._kernels = keys, kernels_if_loaded()
        if self._kernels is None:
            self._order = np.argsort(keys, kind="stable")
            self._ordered = keys[self._order]
        else:
            self._slots = self._kernels.slots_of(keys)

    def positions(self, asked: np.ndarray) -> np.ndarray:
        """Where each asked key stands first; -1 where it does not."""
        if self._kernels is not None:
            return self._kernels.positions_in(self._slots, self._keys, asked)
        if not len(self._keys):
            return np.full(len(asked), -1)
        turn = np.argsort(asked)  # in order both, to stay in the cache
        wanted = asked[turn]
        place = np.minimum(np.searchsorted(self._ordered, wanted), len(self._ordered) - 1)
        found = np.empty(len(asked), dtype=np.int64)
        found[turn] = np.where(self._ordered[place] == wanted, self._order[place], -1)
        return found


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
    return KeyIndex(keys).positions(asked)
