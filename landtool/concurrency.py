"""Two things at once in one process, and nobody kept waiting for what can be left out.

GEOS, Arrow and file reading work without the interpreter, so one more thread uses the second core for them. Results are
asked for in a fixed order: they do not depend on who was faster.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def one_beside() -> Iterator[ThreadPoolExecutor]:
    """One thread beside the caller's own; what it has not begun when the caller fails is dropped.

    Errors of a job are raised where its result is asked for.

    Examples
    --------
    >>> with one_beside() as aside:
    ...     later = aside.submit(sum, [1, 2])
    ...     later.result()
    3
    """
    with ThreadPoolExecutor(1, thread_name_prefix="aside") as aside:
        try:
            yield aside
        except BaseException:
            aside.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def no_collecting() -> Iterator[None]:
    """Leave out the search for reference cycles: it walks through every polygon, and polygons hold none.

    Whatever it was before, it is again at the end.

    Examples
    --------
    >>> with no_collecting():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
