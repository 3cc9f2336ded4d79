"""Whether a value has the form its parameter asks for, and that form frozen."""

from __future__ import annotations

import math
import re
from typing import Any

from landtool.policy.model import NUMERIC, Declaration, Table

_FRACTION = re.compile(r"(\d+)/([1-9]\d*)")
_WHOLE = 1.0
_ROUNDING = 1e-9


def value_in_form(raw: Any, declaration: Declaration, unverified: list[str]) -> Any:
    """Freeze the value as float or int, text, tuple of texts, or table.

    Raises
    ------
    ValueError
        The value does not fit the comparison, the unit or the choices.

    Examples
    --------
    >>> from landtool.policy.model import Declaration
    >>> meaning = {"zh": "份额", "en": "share"}
    >>> share = Declaration.model_validate(
    ...     {"meaning": meaning, "unit": "share", "comparison": ">="})
    >>> round(value_in_form("1/3", share, []), 4)
    0.3333
    >>> value_in_form(20, share, [])
    Traceback (most recent call last):
    ...
    ValueError: 20.0 is no share: write it as 0 to 1 (20 % is 0.20)
    """
    if declaration.comparison not in NUMERIC:
        made: Any = _words(raw, declaration)
    elif isinstance(raw, dict):
        made = _table(raw, declaration.unit)
    else:
        made = _number(raw, declaration.unit)
    unknown = sorted(set(unverified) - (set(made) if isinstance(made, Table) else set()))
    if unknown:
        raise ValueError(f"unverified names {', '.join(unknown)}, which the value does not have")
    return made


def _number(raw: Any, unit: str) -> float | int:
    if isinstance(raw, str) and (fraction := _FRACTION.fullmatch(raw.strip())):
        raw = int(fraction.group(1)) / int(fraction.group(2))
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise ValueError(f"{raw!r} is no number (a number, or a fraction such as 1/3)")
    if unit in {"share", "weight"} and not 0 <= raw <= _WHOLE:
        raise ValueError(f"{float(raw)} is no share: write it as 0 to 1 (20 % is 0.20)")
    if raw < 0:
        raise ValueError(f"{raw} is negative")
    whole = unit in {"years", "months", "days", "calendar_year", "count", "pixels"}
    if whole and raw != int(raw):
        raise ValueError(f"{raw} is not a whole number of {unit}")
    return int(raw) if whole else float(raw)


def _table(raw: dict[Any, Any], unit: str) -> Table:
    if not raw:
        raise ValueError("the table is empty")
    bad = [code for code in raw if not isinstance(code, str)]
    if bad:
        raise ValueError(f"table code {bad[0]!r} is no text: write it in quotes")
    table = Table({code: float(_number(number, unit)) for code, number in raw.items()})
    if unit == "weight" and abs(sum(table.values()) - _WHOLE) > _ROUNDING:
        raise ValueError(f"weights sum to {sum(table.values()):g}, not 1")
    return table


def _words(raw: Any, declaration: Declaration) -> str | tuple[str, ...]:
    many = declaration.comparison == "list"
    words = raw if many else [raw]
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        wanted = "a list of texts" if many else "one text"
        raise ValueError(f"{raw!r} is not {wanted}")
    strange = [word for word in words if declaration.choices and word not in declaration.choices]
    if strange:
        raise ValueError(
            f"{strange[0]!r} is no choice: use one of {', '.join(declaration.choices)}"
        )
    if len(set(words)) < len(words):
        raise ValueError("a word stands twice in the list")
    return tuple(words) if many else str(raw)
