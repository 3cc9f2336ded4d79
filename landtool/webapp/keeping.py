"""Large things that are kept while they are used."""

from __future__ import annotations

import threading
from collections.abc import Callable


class WhileUsed:
    """Lets something go when nobody has used it for a while; may be used from many threads.

    Parameters
    ----------
    idle_s : float
        Seconds without use.
    let_go : callable
        Lets it go.

    Examples
    --------
    >>> gone = threading.Event()
    >>> kept = WhileUsed(0.01, gone.set)
    >>> kept.used()
    >>> gone.wait(10)
    True
    """

    def __init__(self, idle_s: float, let_go: Callable[[], None]) -> None:
        self._idle_s, self._let_go = idle_s, let_go
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def used(self) -> None:
        """Begin to wait anew."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(self._idle_s, self._let_go)
            self._timer.daemon = True
            self._timer.start()
