"""What a process held at most."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

_LOOK_EVERY_S = 0.02


def peak_gb() -> float:
    """Gigabytes this process held at most since its program began.

    ``getrusage`` would count what the process that started it held, too: Linux passes that figure on.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return _highest_kb(status) / 1e6


@contextmanager
def peak_of_children_gb(of: int) -> Iterator[dict[int, float]]:
    """Gigabytes each process held at most that another one starts meanwhile, by its number; looked at while it runs."""
    found: dict[int, float] = {}
    over = Event()

    def look() -> None:
        while not over.wait(_LOOK_EVERY_S):
            for children in Path(f"/proc/{of}/task").glob("*/children"):
                try:
                    for number in children.read_text().split():
                        found[int(number)] = _highest_kb(Path(f"/proc/{number}/status")) / 1e6
                except (OSError, StopIteration):  # it has ended
                    continue

    looker = Thread(target=look, daemon=True)
    looker.start()
    try:
        yield found
    finally:
        over.set()
        looker.join()


def _highest_kb(status: Path) -> int:
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])
