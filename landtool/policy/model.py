"""What a policy is: dated numbers, each with meaning, unit, comparison, clause and source.

The file models are strict and frozen; :class:`Parameter` is one number in force on one day and
:class:`Policy` answers for one day (or, without a day, for whatever is in force with no end).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from landtool.codes.nearest import did_you_mean
from landtool.errors import PolicyError

if TYPE_CHECKING:
    import pandas as pd

Standing = Literal["S", "V", "M"]
Comparison = Literal[">=", ">", "<=", "<", "=", "choice", "list"]
Unit = Literal[
    "years", "months", "days", "calendar_year", "share", "weight", "ratio", "count", "m", "m2",
    "cny", "cny_m2", "pixels", "points", "none",
]  # fmt: skip
UNITS: tuple[str, ...] = get_args(Unit)
NUMERIC = frozenset({">=", ">", "<=", "<", "="})
FOREVER = dt.date.max


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", populate_by_name=False)


class Text(_Strict):
    """A text in Chinese and English."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Clause(_Strict):
    """Where a number stands: Chinese always, English if there is one."""

    zh: str = Field(min_length=1)
    en: str = ""


class ValueSpec(_Strict):
    """One dated value as a policy file writes it.

    ``until`` is the last day in force; a value without it ends the day before the next one begins.
    ``unverified`` names the entries of a table that are not confirmed; ``quote`` is the sentence
    of the source that states the number.
    """

    from_: dt.date | None = Field(default=None, alias="from")
    until: dt.date | None = None
    value: Any
    clause: Clause
    source: str = ""
    standing: Standing
    verified: bool
    unverified: list[str] = Field(default_factory=list)
    quote: str = ""
    note: Text | None = None


class Declaration(_Strict):
    """A parameter as the root policy declares it; without values it is left to the regions."""

    meaning: Text
    unit: Unit
    comparison: Comparison
    choices: list[str] = Field(default_factory=list)
    values: list[ValueSpec] = Field(default_factory=list)


class Override(_Strict):
    """A parameter to which a region or a bureau gives its own values."""

    values: list[ValueSpec] = Field(min_length=1)


class Table(Mapping[str, float]):
    """A frozen table of numbers by code (FAR by division, floor price by grade).

    Examples
    --------
    >>> Table({"13": 1.0})["13"]
    1.0
    """

    __slots__ = ("_entries",)

    def __init__(self, entries: Mapping[str, float]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, code: str) -> float:
        return self._entries[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __hash__(self) -> int:
        return hash(tuple(self._entries.items()))

    def __repr__(self) -> str:
        return f"Table({self._entries!r})"


@dataclass(frozen=True)
class Parameter:
    """One number (or choice, list, table) in force, with everything needed to cite it.

    Attributes
    ----------
    key : str
        Stable name, e.g. ``idle.fee_share``.
    value : float, int, str, tuple of str, or Table
        In ``unit``; shares are 0 … 1, money is CNY, area m².
    clause, clause_en : str
        The precise clause; the English one falls back to the Chinese.
    standing : str
        ``S`` stated in the region's policy text, ``V`` confirmed in a published source, ``M`` a
        usual default that nobody confirmed.
    verified : bool
        False exactly where ``standing`` is ``M``.
    unverified : tuple of str
        Entries of a table that are not confirmed though the table as a whole is.
    policy : str
        Name of the policy that gives the value (``national`` or the region's).
    valid_from, valid_until : datetime.date
        First and last day in force; ``valid_until`` is None while no end is known.
    """

    key: str
    value: Any
    unit: str
    comparison: str
    meaning_zh: str
    meaning_en: str
    clause: str
    clause_en: str
    source: str
    standing: str
    verified: bool
    policy: str
    valid_from: dt.date
    valid_until: dt.date | None = None
    choices: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    quote: str = ""
    note_zh: str = ""
    note_en: str = ""

    @property
    def is_table(self) -> bool:
        """Whether the value is a table by code."""
        return isinstance(self.value, Table)

    def entry_verified(self, code: str) -> bool:
        """Whether that entry of a table is confirmed."""
        return self.verified and code not in self.unverified

    def series(self) -> pd.Series:
        """Give the table as a float Series by code, for ``codes.map(parameter.series())``."""
        import pandas as pd

        if not self.is_table:
            raise PolicyError(f"{self.key} is no table", f"policy {self.policy}", "use .value")
        return pd.Series(dict(self.value), dtype="float64", name=self.key)


@dataclass(frozen=True)
class PolicyLayer:
    """One policy of the chain: the region's own values, or the national ones.

    Only the root policy has declarations: they are the vocabulary of all.
    """

    name: str
    title_zh: str
    title_en: str
    values: Mapping[str, tuple[Parameter, ...]] = field(repr=False)
    declarations: Mapping[str, Declaration] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Policy:
    """The numbers in force on one day; strict and frozen.

    ``policy["idle.fee_share"]`` raises :class:`~landtool.errors.PolicyError` for an unknown key
    (naming the nearest) and for a number that is not in force; ``policy.get(key)`` gives None for
    the latter.

    Attributes
    ----------
    name : str
        Of the policy asked for.
    title, title_en : str
        For people.
    as_of : datetime.date or None
        The day; None means every number that is in force with no known end.
    version : str
        SHA-256 of the merged content; the same whatever the day.

    Examples
    --------
    >>> from landtool.policy import load_policy
    >>> load_policy("national", "2025-12-31")["idle.fee_share"].value
    0.2
    """

    name: str
    title: str
    title_en: str
    as_of: dt.date | None
    version: str
    layers: tuple[PolicyLayer, ...] = field(repr=False)

    def __getitem__(self, key: str) -> Parameter:
        found = self.get(key)
        if found is None:
            raise self._not_in_force(key)
        return found

    def get(self, key: str) -> Parameter | None:
        """Give the number in force, or None where the policy gives none for the day.

        Raises
        ------
        PolicyError
            If no policy declares that key: a misspelling is never "not in force".
        """
        if key not in self.declared:
            raise PolicyError(
                f"unknown parameter {key!r}",
                f"policy {self.name}",
                did_you_mean(key, self.declared),
            )
        day = self.as_of or FOREVER
        for layer in self.layers:
            for value in layer.values.get(key, ()):
                if value.valid_from <= day <= (value.valid_until or FOREVER):
                    return value
        return None

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self.declared and self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        return (key for key in sorted(self.declared) if self.get(key) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def declared(self) -> Mapping[str, Declaration]:
        """Every key the code may ask for, with a value in force or without."""
        return self.layers[-1].declarations

    @property
    def unset(self) -> tuple[str, ...]:
        """Declared keys without a value in force: what hangs on them is not assessable."""
        return tuple(key for key in sorted(self.declared) if self.get(key) is None)

    @property
    def sources(self) -> tuple[str, ...]:
        """The documents that the numbers in force come from, each once."""
        return tuple(dict.fromkeys(self[key].source for key in self))

    def at(self, date: Any) -> Policy:
        """Give the same policy on another day (a date, a timestamp, or text like ``2025-12-31``).

        Examples
        --------
        >>> from landtool.policy import load_policy
        >>> key = "control.building_coefficient_min"
        >>> [load_policy("national").at(day)[key].value for day in ("2010-01-01", "2024-01-01")]
        [0.3, 0.4]
        """
        return replace(self, as_of=as_date(date))

    def history(self, key: str) -> tuple[Parameter, ...]:
        """Every dated value of a number, the region's before the national."""
        self.get(key)
        return tuple(value for layer in self.layers for value in layer.values.get(key, ()))

    def describe(self, language: str = "zh", history: bool = False) -> pd.DataFrame:
        """One row per number in force; see :func:`landtool.policy.describe.describe_policy`."""
        from landtool.policy.describe import describe_policy

        return describe_policy(self, language, history)

    def _not_in_force(self, key: str) -> PolicyError:
        day = self.as_of.isoformat() if self.as_of else "no given day"
        spans = [
            f"{value.valid_from} to {value.valid_until or 'now'}" for value in self.history(key)
        ]
        known = (
            f"it has values for {', '.join(spans)}" if spans else "it is left to regional policies"
        )
        return PolicyError(
            f"{key} has no value in force on {day} ({known})",
            f"policy {self.name}",
            f"choose another date, or give {key} a value in your own policy file",
        )


def as_date(date: Any) -> dt.date | None:
    """Read a day from a date, a timestamp or ISO text; None stays None.

    Raises
    ------
    PolicyError
        If it is no date.

    Examples
    --------
    >>> as_date("2025-12-31")
    datetime.date(2025, 12, 31)
    """
    try:
        if isinstance(date, str):
            return dt.datetime.fromisoformat(date.strip()).date()
        if isinstance(date, dt.datetime):
            return dt.date(date.year, date.month, date.day)
        if date is None or isinstance(date, dt.date):
            return date
        if hasattr(date, "astype"):  # numpy.datetime64
            return as_date(str(date.astype("datetime64[D]")))
    except (ValueError, TypeError):
        pass
    raise PolicyError(f"{date!r} is no date", "as_of", "write it as 2025-12-31")
