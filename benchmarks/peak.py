"""What a process held at most."""

from __future__ import annotations

from pathlib import Path


def peak_gb() -> float:
    """Gigabytes this process held at most since its program began.

    ``getrusage`` would count what the process that started it held, too: Linux passes that figure on.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1e6
