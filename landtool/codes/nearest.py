"""The nearest known word, for messages that say how to mend a misspelling."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str:
    """Find the known word most like ``word``; empty when nothing is like it.

    Examples
    --------
    >>> nearest("idle.fee_shares", ["idle.fee_share", "area.difference_share_max"])
    'idle.fee_share'
    >>> nearest("xyz", ["0601"])
    ''
    """
    found = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return found[0] if found else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Hint at the nearest known word, else at all that are allowed (at most twelve).

    Examples
    --------
    >>> did_you_mean("nationl", ["national", "chongqing-2021"])
    "did you mean 'national'?"
    >>> did_you_mean("zz", ["b", "a"])
    'use one of: a, b'
    """
    words = sorted(known)
    close = nearest(word, words)
    if close:
        return f"did you mean {close!r}?"
    shown = ", ".join(words[:12]) + (" …" if len(words) > 12 else "")
    return f"use one of: {shown}"
