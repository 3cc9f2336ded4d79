"""Short code tables with names: supply modes, government causes, ways of disposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from landtool.codes.strict_yaml import read_yaml
from landtool.codes.tidy import counted, fold, is_blank, lookup
from landtool.errors import UnknownCodeError


@dataclass(frozen=True)
class NamedCodes:
    """Canonical codes, their labels, and the names that real files use for them.

    Attributes
    ----------
    name : str
        Of the table.
    entries : dict
        Code -> ``zh, en`` and what else the table knows (``kind``, ``article``).
    """

    name: str
    entries: Mapping[str, Mapping[str, Any]] = field(repr=False)
    _by_name: Mapping[str, str] = field(repr=False)

    def codes(self, texts: pd.Series) -> pd.Series:
        """Canonical codes of codes or names; null where blank or unknown.

        Examples
        --------
        >>> supply_modes().codes(pd.Series(["挂牌出让", "划 拨", "某种方式"])).tolist()
        ['listing', 'allocation', nan]
        """
        return lookup(texts, self.find)

    def find(self, text: Any) -> str | None:
        """Find the canonical code of one code or name; None if there is none."""
        return None if is_blank(text) else self._by_name.get(_key(text))

    def attribute(self, codes: pd.Series, name: str) -> pd.Series:
        """Give ``zh``, ``en``, ``kind`` or ``article`` of each canonical code; null if none.

        Examples
        --------
        >>> supply_modes().attribute(pd.Series(["lease_then_grant"]), "kind").tolist()
        ['lease_then_grant']
        """
        return lookup(codes, lambda code: self.entries.get(code, {}).get(name))

    def unknown(self, texts: pd.Series) -> pd.DataFrame:
        """List distinct texts without a code: ``count, why, nearest``, indexed by text."""
        return counted(texts, lambda text: None if self.find(text) else "unknown", [*self._by_name])

    def label(self, code: str, language: str = "zh") -> str:
        """Give the label of a canonical code.

        Raises
        ------
        UnknownCodeError
            If the table has no such code.
        """
        if code not in self.entries:
            raise UnknownCodeError(
                f"no code {code!r}", self.name, f"use one of: {', '.join(self.entries)}"
            )
        return str(self.entries[code][language])


def _key(text: Any) -> str:
    plain = fold(text).casefold()
    return plain.removesuffix(".0")


@cache
def _table(file: str, under: str) -> NamedCodes:
    content = read_yaml(resources.files("landtool") / "codes" / f"{file}.yml")[under]
    by_name: dict[str, str] = {}
    for code, entry in content.items():
        for name in (code, entry["zh"], *entry.get("names", ())):
            by_name[_key(name)] = code
    return NamedCodes(file, content, by_name)


def supply_modes() -> NamedCodes:
    """Modes of land supply; each with the contract ``kind`` it makes, where it makes one."""
    return _table("supply", "modes")


def government_causes() -> NamedCodes:
    """Causes 1–7 of delay that are not the holder's (Order 53, Art. 8); each with ``article``.

    Examples
    --------
    >>> government_causes().label("7", "en")
    'force majeure'
    >>> government_causes().codes(pd.Series([1, "信访"])).tolist()
    ['1', '4']
    """
    return _table("government_causes", "causes")


def disposal_routes() -> NamedCodes:
    """Ways of disposal of idle land (Order 53, Art. 12); each with ``article``."""
    return _table("disposal_routes", "routes")
