"""Text of the data inside Markdown: shown letter by letter, whatever signs it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")
_BREAKS = re.compile(r"[\r\n]+")


def as_text(value: object) -> str:
    r"""Write a value so that Markdown shows it as it stands: every sign that could mean something escaped.

    Examples
    --------
    >>> as_text("<b>*x*</b> $y$ :smile:")
    '\\<b\\>\\*x\\*\\<\\/b\\> \\$y\\$ \\:smile\\:'
    """
    return _SIGNS.sub(r"\\\1", _BREAKS.sub(" ", str(value)))


def text_table(rows: Iterable[Sequence[object]], headings: Sequence[object]) -> str:
    r"""Write a Markdown table of texts; cells are wrapped, never cut, and show what they hold letter by letter.

    Examples
    --------
    >>> print(text_table([["a|b", 1]], ["x", "y"]))
    | x | y |
    | :-- | :-- |
    | a\|b | 1 |
    """
    lines = [headings, *rows]
    made = [f"| {' | '.join(as_text(cell) for cell in line)} |" for line in lines]
    return "\n".join([made[0], f"|{' :-- |' * len(headings)}", *made[1:]])
