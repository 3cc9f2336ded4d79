"""Two things at once in one process, and nobody kept waiting for what can be left out.

GEOS, Arrow and file reading work without the interpreter, so one more thread uses the second core for them. Results are
asked for in a fixed order: they do not depend on who was faster.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from threading import Lock
from typing import Any, Generic, TypeVar

T = TypeVar("T")


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


class Job(Generic[T]):
    """Work that is done once, by whoever comes to it first: the thread it was given to, or who asks for its result.

    See :func:`begin`.
    """

    def __init__(self, do: Callable[[], T]) -> None:
        self._do, self._one, self._made = do, Lock(), list[T]()

    def lend_a_hand(self) -> None:
        """Do the work if nobody has begun it; what goes wrong is told to who asks for the result."""
        if self._one.acquire(blocking=False):
            try:
                with suppress(Exception):
                    self._made = self._made or [self._do()]
            finally:
                self._one.release()

    def result(self) -> T:
        """What the work gave; work that nobody has begun is done here and now, not waited for.

        Raises
        ------
        Exception
            What the work raises; whoever asks again has it done again.
        """
        with self._one:
            if not self._made:
                self._made.append(self._do())
            return self._made[0]


def begin(aside: Executor, do: Callable[..., T], *values: Any, **named: Any) -> Job[T]:
    """Give a job to the thread beside, or to whoever asks for its result before that thread comes to it.

    Not for jobs that must be done one after another: two of them may be done at once.

    Examples
    --------
    >>> with one_beside() as aside:
    ...     later = begin(aside, sum, [1, 2])
    ...     later.result()
    3
    """
    job = Job(partial(do, *values, **named))
    aside.submit(job.lend_a_hand)
    return job


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
