"""Text of the data inside Markdown: shown letter by letter, whatever signs it holds."""

from __future__ import annotations

import re

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
