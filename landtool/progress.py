"""How long work tells where it is, without knowing who listens."""

from __future__ import annotations

from typing import Protocol

# The key that says how many layers there are to read, before the first is.
PLAN = "step.plan"


class Progress(Protocol):
    """Called at the start of each step with a message key and its values."""

    def __call__(self, key: str, **values: object) -> None:
        """Say that a step begins."""


def silent(key: str, **values: object) -> None:
    """Say nothing: the default of the library."""
