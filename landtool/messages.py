"""Every sentence people read, Chinese and English, from one catalogue (``messages/*.yml``).

A file ``messages/check.yml`` holds the keys ``check.…``; each key has ``zh`` and ``en``. A template
names its values in braces, with an optional form: ``{area_m2|ha}``, ``{price_cny|wan}``,
``{agreed_start_date|date}``, ``{share|pct}``, ``{count|int}``, ``{x|num}``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from landtool import units
from landtool.columns import TEXT, text_array, translated
from landtool.errors import LandtoolError

LANGUAGES = ("zh", "en")
_TEXT = pa.large_string()
_SLOT = re.compile(r"\{(\w+)(?:\|(\w+))?\}")
_FORMS: dict[str, tuple[Any, str]] = {
    "ha": (units.ha, "%.2f"), "mu": (units.mu, "%.2f"), "km2": (units.km2, "%.3f"),
    "wan": (units.wan, "%.2f"), "yi": (units.yi, "%.2f"), "yi_km2": (units.yi_per_km2, "%.2f"),
    "num": (lambda x: x, "%.2f"), "num4": (lambda x: x, "%.4f"), "int": (lambda x: x, "%.0f"), "pct": (lambda x: x * 100, "%.1f%%"),
    "m2": (lambda x: x, "%.1f"), "raw": (lambda x: x, "%.15g"),
}  # fmt: skip

# What a pattern adds to a whole number, which Arrow writes by itself, up to where each has a float of its own.
_OF_WHOLE = {"%.15g": "", "%.0f": "", "%.2f": ".00"}
_EXACT = 1e15


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    folder = resources.files("landtool") / "messages"
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".yml"):
            for key, texts in _read(entry.read_text(encoding="utf-8")).items():
                found[f"{entry.name[:-4]}.{key}"] = texts
    return found


def _read(text: str) -> dict[str, dict[str, str]]:
    # The C reader, where it is there, saves half a second at every start.
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}


def has(key: str) -> bool:
    """Whether the catalogue knows the key."""
    return key in _catalogue()


def keys(lead: str) -> list[str]:
    """Every key of the catalogue that begins so, in its order.

    Examples
    --------
    >>> keys("core.")[:1]
    ['core.example']
    """
    return [key for key in _catalogue() if key.startswith(lead)]


def template(key: str, language: str) -> str:
    """The template of a key in a language.

    Raises
    ------
    LandtoolError
        If the key or the language is not in the catalogue.
    """
    texts = _catalogue().get(key)
    if texts is None or language not in texts:
        raise LandtoolError(f"no message {key!r} in {language!r}", "landtool/messages",
                            "add the key with zh and en")
    return texts[language]


def say(key: str, language: str, **values: Any) -> str:
    """One sentence, filled.

    Examples
    --------
    >>> say("core.example", "en", area_m2=25000.0)
    'an area of 2.50 ha'
    """
    def fill(slot: re.Match[str]) -> str:
        return _one(values[slot.group(1)], slot.group(2))

    return _SLOT.sub(fill, template(key, language))


def render(key: str, language: str, frame: pd.DataFrame) -> pd.Series:
    """One sentence per row of ``frame``, filled from its columns, without a Python loop over rows.

    Examples
    --------
    >>> render("core.example", "en", pd.DataFrame({"area_m2": [1e4, 5e4]})).tolist()
    ['an area of 1.00 ha', 'an area of 5.00 ha']
    """
    return render_each(key, (language,), frame)[language]


def render_each(key: str, languages: Sequence[str], frame: pd.DataFrame) -> dict[str, pd.Series]:
    """The same in several languages; figures and dates are written once for all.

    Examples
    --------
    >>> render_each("core.example", LANGUAGES, pd.DataFrame({"area_m2": [1e4]}))["en"].tolist()
    ['an area of 1.00 ha']
    """
    written: dict[tuple[str, str | None], pa.Array] = {}
    said = {}
    for language in languages:
        text = template(key, language)
        parts: list[str | pa.Array] = []
        at = 0
        for slot in _SLOT.finditer(text):
            parts.append(text[at : slot.start()])
            name, form = slot.group(1), slot.group(2)
            if (name, form) not in written:
                written[name, form] = cells(frame[name], form)
            parts.append(written[name, form])
            at = slot.end()
        parts.append(text[at:])
        said[language] = pd.Series(pd.array(_joined(parts, len(frame)), dtype=TEXT), index=frame.index)
    return said


def words(column: pd.Series, lead: str, language: str) -> pd.Series:
    """Give each code the catalogue's words for it (``lead`` + code), looked up once each; null stays null.

    Raises
    ------
    LandtoolError
        For a code that has no words.

    Examples
    --------
    >>> words(pd.Series(["idle_2y", None]), "idle.status.", "en").fillna("-").tolist()
    ['suspected idle, two full years', '-']
    """
    return translated(column, lambda code: say(f"{lead}{code}", language))


def join(parts: list[Any], count: int) -> np.ndarray:
    """Concatenate text pieces (texts and arrays of ``count`` texts) element by element."""
    return _joined([part if isinstance(part, str) else pa.array(part, _TEXT) for part in parts],
                   count).to_numpy(zero_copy_only=False)  # fmt: skip


def _joined(parts: list[str | pa.Array], count: int) -> pa.Array:
    columns = [pa.scalar(part, _TEXT) if isinstance(part, str) else part
               for part in parts if not _is_empty(part)]  # fmt: skip
    if all(isinstance(column, pa.Scalar) for column in columns):
        return pa.repeat(pa.scalar("".join(column.as_py() for column in columns), _TEXT), count)
    return pc.binary_join_element_wise(*columns, pa.scalar("", _TEXT))


def cells(column: pd.Series, form: str | None = None) -> pa.Array:
    """Write a column as the texts people read; null becomes an en dash."""
    if form == "date" or pd.api.types.is_datetime64_any_dtype(column):
        # A column that is null throughout may have come without its type.
        days = pd.to_datetime(column).to_numpy(dtype="datetime64[D]")
        made = pa.array(days).cast(_TEXT)
    elif pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        turn, pattern = _FORMS[form or "raw"]
        made = number_cells(turn(column.to_numpy(dtype="float64", na_value=np.nan)), pattern)
    else:
        made = text_array(column)
    return pc.fill_null(made, "–")


def number_cells(numbers: np.ndarray, pattern: str) -> pa.Array:
    """Write numbers by a printf pattern, each that occurs once; null where there is none.

    Examples
    --------
    >>> number_cells(np.array([0.5, np.nan, 0.5]), "%.2f").to_pylist()
    ['0.50', None, '0.50']
    """
    known = ~np.isnan(numbers)
    if pattern in _OF_WHOLE and _are_whole(numbers[known]):
        whole = pa.array(np.where(known, numbers, 0.0).astype("int64"), mask=~known).cast(_TEXT)
        return _joined([whole, _OF_WHOLE[pattern]], len(whole))
    codes, found = pd.factorize(numbers + 0.0)  # nought has no sign
    texts = _lines(f"{pattern}\n" * len(found) % tuple(found.tolist()), len(found))
    return texts.take(pa.array(codes, mask=codes < 0))


def _are_whole(numbers: np.ndarray) -> bool:
    return bool((np.abs(numbers) < _EXACT).all() and (np.rint(numbers) == numbers).all())


def _lines(text: str, count: int) -> pa.Array:
    """One text per line, without a Python object for each."""
    signs = np.frombuffer(text.encode("utf-8"), dtype="uint8")
    ends = np.flatnonzero(signs == ord("\n"))
    offsets = np.concatenate([[0], ends - np.arange(count)]).astype("int64")
    kept = signs[signs != ord("\n")]
    return pa.LargeStringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(kept))


def _one(value: Any, form: str | None) -> str:
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return "–"
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%d"))
    if form in _FORMS:
        turn, pattern = _FORMS[form]
        return str(pattern % turn(value))
    return str(value)


def _is_empty(part: Any) -> bool:
    return isinstance(part, str) and not part
