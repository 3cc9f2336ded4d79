"""Industry divisions of GB/T 4754: from four-digit codes, section letters or Chinese names.

Divisions are those of the 2017 edition (the same as 2011 for manufacturing). Control indicators of
2008 speak of the 2002 edition: :func:`division_2002` maps back.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from landtool.codes.nearest import did_you_mean
from landtool.codes.strict_yaml import read_yaml
from landtool.codes.tidy import counted, fold, is_blank, lookup
from landtool.errors import UnknownCodeError

EDITIONS = ("2002", "2011", "2017")
_CODE = re.compile(r"([A-T]?)(\d{1,4})")


@cache
def _table() -> dict[str, Any]:
    return read_yaml(resources.files("landtool") / "codes" / "industry_divisions.yml")


@cache
def _names() -> dict[str, str]:
    found: dict[str, str] = {}
    for code, entry in _table()["divisions"].items():
        for name in (entry["zh"], *entry.get("names", ())):
            found[_short(name)] = code
    return found


def _short(name: str) -> str:
    """Strip a name of what varies: brackets, 业, 、and 和/及."""
    return re.sub(r"[()、,和及的与业]", "", fold(name))


def division(codes: pd.Series, edition: str = "2017") -> pd.Series:
    """Division (大类, two digits) of GB/T 4754-2017.

    Parameters
    ----------
    codes : pandas.Series
        Codes of two to four digits, with the section letter or without (``3611``, ``C36``,
        ``361``), numbers of a spreadsheet, or Chinese names of any edition.
    edition : {"2017", "2011", "2002"}
        Edition of the codes; names say theirs. Codes of 2002 are mapped forward.

    Returns
    -------
    pandas.Series
        Text such as ``"36"`` on the same index; null where blank, unknown, or a section only.

    Examples
    --------
    >>> division(pd.Series(["C3611", 2710.0, "汽车制造业", "制造业", None])).tolist()
    ['36', '27', '36', nan, nan]
    >>> division(pd.Series(["3721", "3100"]), edition="2002").tolist()
    ['36', '30']
    """
    _check_edition(edition)
    return lookup(codes, lambda code: _division(code, edition))


def division_2002(codes: pd.Series, edition: str = "2017") -> pd.Series:
    """Division of GB/T 4754-2002, in which the FAR table of 2008 is written.

    Division 29 (rubber and plastics) needs a three-digit group; 43 (repair) has none: null.

    Examples
    --------
    >>> division_2002(pd.Series(["C3611", "2911", "2921", "29", "4310", "塑料制品业"])).tolist()
    ['37', '29', '30', nan, nan, '30']
    """
    _check_edition(edition)
    return lookup(codes, lambda code: _division_2002(code, edition))


def is_manufacturing(divisions: pd.Series) -> pd.Series:
    """Whether divisions of the 2017 edition are manufacturing (13–43); null where null.

    Examples
    --------
    >>> is_manufacturing(pd.Series(["36", "70", None])).tolist()
    [True, False, <NA>]
    """
    bounds = _table()["manufacturing"]
    number = pd.to_numeric(divisions, errors="coerce").astype("Float64")
    return number.between(bounds["first"], bounds["last"]).astype("boolean")


def division_label(divisions: pd.Series, language: str = "zh") -> pd.Series:
    """Names of divisions; null where null or unknown.

    Examples
    --------
    >>> division_label(pd.Series(["36"]), "en").tolist()
    ['Manufacture of automobiles']
    """
    return lookup(divisions, lambda code: _table()["divisions"].get(code, {}).get(language))


def section(divisions: pd.Series) -> pd.Series:
    """Section letters (A–T) of divisions; null where null or unknown."""
    return lookup(divisions, lambda code: _table()["divisions"].get(code, {}).get("section"))


def unknown(codes: pd.Series, edition: str = "2017") -> pd.DataFrame:
    """List distinct codes without a division: ``count, why, nearest``, indexed by code.

    ``why`` is ``unknown``, ``too_coarse`` (a section, or a division that was split) or ``blank``.

    Examples
    --------
    >>> unknown(pd.Series(["制造业", "98", "汽车制造业"]))["why"].to_dict()
    {'制造业': 'too_coarse', '98': 'unknown'}
    """
    _check_edition(edition)

    def why(code: Any) -> str | None:
        if _division(code, edition):
            return None
        plain = fold(code)
        names_a_section = plain in _table()["too_coarse"] or plain in _table()["sections"]
        names_many = _division_2002(code, edition) is not None
        return "too_coarse" if names_a_section or names_many else "unknown"

    return counted(codes, why, [entry["zh"] for entry in _table()["divisions"].values()])


def _check_edition(edition: str) -> None:
    if edition not in EDITIONS:
        raise UnknownCodeError(
            f"no edition {edition!r} of GB/T 4754", "edition", did_you_mean(str(edition), EDITIONS)
        )


def _digits(raw: Any) -> str | None:
    """Read the digits of a code, leading zero restored for odd spreadsheet numbers of one digit."""
    if is_blank(raw):
        return None
    plain = re.sub(r"\.0+$", "", fold(raw).upper())
    found = _CODE.fullmatch(plain)
    if not found:
        return None
    digits = found.group(2)
    return digits.zfill(2) if len(digits) == 1 else digits


def _is_of(digits: str, raw: Any) -> bool:
    """Whether the section letter, if there is one, agrees with the division."""
    letter = fold(raw).upper()[0]
    entry = _table()["divisions"].get(digits[:2])
    return not letter.isalpha() or (entry is not None and entry["section"] == letter)


def _division(raw: Any, edition: str) -> str | None:
    digits = _digits(raw)
    if digits is None:
        return None if is_blank(raw) else _names().get(_short(str(raw)))
    if edition == "2002":
        table = _table()["from_2002"]
        return table.get(digits[:3]) or table.get(digits[:2])
    return digits[:2] if digits[:2] in _table()["divisions"] and _is_of(digits, raw) else None


def _division_2002(raw: Any, edition: str) -> str | None:
    digits = _digits(raw)
    to_2002 = _table()["to_2002"]
    if digits is None:
        if is_blank(raw):
            return None
        named = {_short(name): code for name, code in _table()["names_2002"].items()}
        own = named.get(_short(str(raw)))
        return own or to_2002.get(_names().get(_short(str(raw)), ""))
    if edition == "2002":
        return digits[:2] if digits[:2] in set(to_2002.values()) else None
    if not _division(raw, edition):
        return None
    return to_2002.get(digits[:3]) or to_2002.get(digits[:2])
