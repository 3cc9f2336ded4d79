"""One text for one content: what is hashed is what is stored and what is exported."""

from __future__ import annotations

import hashlib
import json
import math
from datetime import date, datetime
from typing import Any

from landtool.errors import InputDataError

#: What the first event of a store is chained to.
GENESIS = "0" * 64


def canonical(content: Any) -> str:
    """JSON with sorted keys, no blanks, and no number that JSON does not know.

    Raises
    ------
    InputDataError
        If the content holds something that JSON cannot carry.

    Examples
    --------
    >>> canonical({"b": 1.5, "a": date(2026, 1, 5), "名": None})
    '{"a":"2026-01-05","b":1.5,"名":null}'
    """
    try:
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"),
                          allow_nan=False, default=_plain)
    except (TypeError, ValueError) as error:
        raise InputDataError(f"content of a case cannot be stored ({error})", "case",
                             "give texts, finite numbers, dates, lists and mappings") from error


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # a datetime is a date
        return value.isoformat()
    if hasattr(value, "item"):  # a NumPy scalar
        return value.item()
    raise TypeError(f"{type(value).__name__} is no JSON")


def plain(value: Any) -> Any:
    """Give the value as JSON would carry it: null for NaN and NaT, ISO text for dates.

    Examples
    --------
    >>> plain(float("nan")), plain(date(2026, 1, 5)), plain("x")
    (None, '2026-01-05', 'x')
    """
    if value is None or value != value:
        return None
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return (value.date() if midnight else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | bool) else str(value)


def event_hash(prev_hash: str, seq: int, case_id: str, actor: str, verified: bool, at: str,
               action: str, payload: str) -> str:
    """SHA-256 over an event and the hash of the one before it.

    Examples
    --------
    >>> event_hash(GENESIS, 1, "XZ2026-00001", "li", True, "2026-01-05T00:00:00+00:00", "open", "{}")[:8]
    '1a91b9ae'
    """
    text = canonical([prev_hash, seq, case_id, actor, verified, at, action, payload])
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
