"""What is kept while it is used, and let go when nobody does."""

from __future__ import annotations

import threading
import time

from landtool.webapp.keeping import WhileUsed


def test_use_puts_off_the_end_and_the_end_comes_once():
    gone = []
    done = threading.Event()
    kept = WhileUsed(0.2, lambda: (gone.append(time.monotonic()), done.set()))
    for _ in range(4):
        kept.used()
        time.sleep(0.1)
    last = time.monotonic() - 0.1
    assert not gone, "let go while it was used"
    assert done.wait(10)
    assert gone[0] - last > 0.15
    time.sleep(0.3)
    assert len(gone) == 1
