"""How functions are compiled here: at import, so that threads find them ready, and once per installation.

Only modules that are loaded when a layer is large enough to repay it import this one (numba takes half a second).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba import types


def array(kind: types.Type, dimensions: int = 1) -> types.Array:
    """The type of an array that is only read, its rows one after another in memory."""
    return types.Array(kind, dimensions, "C", readonly=True)


def compiled(signature: Any = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile for threads; kept on disk wherever there is a place for it."""
    given = () if signature is None else (signature,)
    make: Any = numba.njit

    def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return make(*given, nogil=True, cache=True)(function)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            return make(*given, nogil=True)(function)

    return wrapped
