"""Memory that one library frees and another wants: one pool for both, and back to the machine what nobody needs."""

from __future__ import annotations

import ctypes
import gc
import os
import sys

_POOL = "ARROW_DEFAULT_MEMORY_POOL"


def share_memory() -> None:
    """Let Arrow take its memory where NumPy and GEOS take theirs, unless the environment names a pool for it.

    Left to itself Arrow keeps what it freed for Arrow alone: a tenth of a gigabyte at 100 000 parcels.

    Examples
    --------
    >>> import pyarrow as pa
    >>> share_memory()
    >>> pa.default_memory_pool().backend_name
    'system'
    """
    if _POOL not in os.environ:
        import pyarrow as pa

        pa.set_memory_pool(pa.system_memory_pool())


def hand_back_freed() -> None:
    """Give the machine what was freed in small pieces: glibc keeps it else, for the process alone. Takes 25 ms."""
    if sys.platform == "linux":
        # No other C library knows the function.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def hand_back_memory() -> None:
    """The same, once nobody holds in a circle what nobody wants."""
    gc.collect()
    hand_back_freed()
