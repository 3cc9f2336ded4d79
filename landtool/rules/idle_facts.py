"""What the register says about each contract, as of one day, in three values.

A truth is an ``int8`` array: 1 yes, 0 unknown, -1 no. So AND is the minimum, OR the maximum and NOT
the negative: a known no settles an AND, a known yes settles an OR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from landtool.columns import day as calendar_day
from landtool.errors import InputDataError
from landtool.indicators.full_years import to_days

YES, UNKNOWN, NO = np.int8(1), np.int8(0), np.int8(-1)
NO_DAY = np.datetime64("NaT", "D")
ANSWERS = {"yes": True, "true": True, "1": True, "是": True,
           "no": False, "false": False, "0": False, "否": False}  # fmt: skip


def truth(yes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Three-valued truth from a condition and from whether it is known.

    Examples
    --------
    >>> truth(np.array([True, False, True]), np.array([True, True, False])).tolist()
    [1, -1, 0]
    """
    return np.where(known, np.where(yes, YES, NO), UNKNOWN).astype("int8")


class Register:
    """The contracts as read: columns by canonical name, absent ones all null.

    Parameters
    ----------
    contracts : DataFrame
        One row per contract, with ``contract_id``; other canonical columns where the source has
        them, and ``<field>_is_known`` companions.
    """

    def __init__(self, contracts: pd.DataFrame) -> None:
        if "contract_id" not in contracts.columns:
            raise InputDataError("the contracts have no column contract_id", "idle land",
                                 "give each contract its supervision number")
        self.frame = contracts
        self.ids = contracts["contract_id"].astype("str")

    def has(self, name: str) -> bool:
        """Whether the layer has the column."""
        return name in self.frame.columns

    def dates(self, name: str) -> np.ndarray:
        """Read a date column as days; all NaT where the layer lacks it."""
        if not self.has(name):
            return np.full(len(self.frame), NO_DAY)
        column = self.frame[name]
        if column.isna().all():
            return np.full(len(self.frame), NO_DAY)
        if not pd.api.types.is_datetime64_any_dtype(column):
            raise InputDataError(f"{name} holds {column.dtype}, not dates", "contracts",
                                 "read the layer through its schema")
        return to_days(column)

    def numbers(self, name: str) -> np.ndarray:
        """Read a number column as floats; all NaN where the layer lacks it."""
        if not self.has(name):
            return np.full(len(self.frame), np.nan)
        return self.frame[name].to_numpy(dtype="float64", na_value=np.nan)

    def texts(self, name: str) -> pd.Series:
        """Read a text column, null as the empty text."""
        if not self.has(name):
            return pd.Series("", index=self.frame.index, dtype="str")
        return self.frame[name].astype("str").fillna("").str.strip()

    def answers(self, name: str) -> pd.Series:
        """Read a yes/no column as nullable booleans; all null where the layer lacks it."""
        if self.has(name) and pd.api.types.is_bool_dtype(self.frame[name]):
            return self.frame[name].astype("boolean")
        return self.texts(name).str.casefold().map(ANSWERS).astype("boolean")

    def says_yes(self, name: str) -> np.ndarray:
        """Where a yes/no column says yes; null and absent are not yes."""
        return self.answers(name).fillna(False).to_numpy(dtype=bool)

    def blank_known(self, name: str) -> np.ndarray:
        """Where an empty cell of the column is known to be empty, not merely unread."""
        companion = f"{name}_is_known"
        if self.has(name) and self.has(companion):
            known = self.frame[companion].astype("boolean").fillna(False)
            return known.to_numpy(dtype=bool, copy=True)
        return np.full(len(self.frame), self.has(name))

    def share_by_source(self, name: str) -> np.ndarray:
        """Filled share of a column within the source of each row; of the layer where sources are not told."""
        filled = ~np.isnat(self.dates(name))
        sources = self.texts("source").fillna("").to_numpy() if self.has("source") else np.zeros(len(filled))
        return pd.Series(filled.astype("float64")).groupby(sources).transform("mean").to_numpy()

    def unread(self, name: str, *, by_source: bool = True) -> np.ndarray:
        """Where this cell gave neither a value nor a known blank, though the source has the field.

        With ``by_source`` a source in which no cell at all gave one is taken to lack the field, if
        another source of the layer has it; else every such cell of the layer counts as unread.
        """
        if not self.has(name):
            return np.zeros(len(self.frame), dtype=bool)
        said = self.frame[name].notna().to_numpy() | self.blank_known(name)
        if by_source and self.has("source") and said.any():
            sources = self.frame["source"].astype("str").fillna("").to_numpy()
            return ~said & pd.Series(said).groupby(sources).transform("any").to_numpy(dtype=bool)
        return ~said


@dataclass(frozen=True)
class Facts:
    """The facts of the idle-land rule as of the end of one day; arrays with one entry per contract.

    An actual date after ``as_of`` has not happened yet: it counts as empty.

    Attributes
    ----------
    binds : ndarray of bool
        The contract is signed and has not expired.
    ended : ndarray of bool
        No expiry date stands there, and by its term the contract ended before the day.
    started, suspended : ndarray of int8
        Three-valued: development has started; works are recorded as suspended (for however long).
    evident : ndarray of bool
        Started because it is completed or in production, though no start date stands there.
    inherited : ndarray of bool
        Started because the same holder had started under an earlier contract on the parcel.
    doubtful : ndarray of bool
        Works had started under an earlier contract on the parcel, but whether the right goes on is not
        known: neither started nor not started.
    completed : ndarray of bool
        Completed or in production, by a date that does not contradict the start.
    impossible : ndarray of bool
        A completion or production date lies before the start.
    start_fill : ndarray of float
        Share of the contracts of the row's source that have an actual start date.
    suspended_too_early : ndarray of bool
        The suspension is dated before the start: that date is impossible and no fact.
    start, delivery, suspended_since, signed, agreed_start, agreed_delivery, disposal : ndarray
        Days, NaT where empty. ``disposal`` is the newly agreed start date.
    """

    register: Register
    as_of: np.datetime64
    binds: np.ndarray
    ended: np.ndarray
    started: np.ndarray
    evident: np.ndarray
    inherited: np.ndarray
    doubtful: np.ndarray
    completed: np.ndarray
    impossible: np.ndarray
    suspended: np.ndarray
    suspended_too_early: np.ndarray
    start_fill: np.ndarray
    start: np.ndarray
    delivery: np.ndarray
    suspended_since: np.ndarray
    signed: np.ndarray
    agreed_start: np.ndarray
    agreed_delivery: np.ndarray
    disposal: np.ndarray


def read_facts(contracts: pd.DataFrame, as_of: Any) -> Facts:
    """Read the facts of every contract at the end of ``as_of``.

    A start column without a single date in a whole source says nothing: whether works have started
    is unknown then. An empty cell says nothing either where another holder had started works under an
    earlier contract on the parcel; where the same holder had, works have started.

    Raises
    ------
    InputDataError
        If the contracts have no ``contract_id``, a date column holds no dates, or ``as_of`` is
        null.

    Examples
    --------
    >>> rows = pd.DataFrame({"contract_id": ["A", "B"],
    ...                      "actual_start_date": pd.to_datetime(["2020-01-01", None])})
    >>> read_facts(rows, "2021-01-01").started.tolist()
    [1, -1]
    """
    day = np.datetime64(calendar_day(as_of), "D")
    register = Register(contracts)
    signed = register.dates("signed_date")
    start = _happened(register, "actual_start_date", day)
    done = [_happened(register, f"actual_{what}_date", day)
            for what in ("completion", "production")]
    completed = np.logical_or(*(~np.isnat(when) & ~(when < start) for when in done))
    written, fill = ~np.isnat(register.dates("actual_start_date")), register.share_by_source("actual_start_date")
    evident = np.isnat(start) & completed
    before = np.isnat(start) & ~completed & ~np.isnat(_happened(register, "earlier_start_date", day))
    inherited = before & register.says_yes("earlier_start_is_own")
    doubtful = before & ~inherited
    blank = register.blank_known("actual_start_date") & (fill > 0) & ~doubtful
    since = _happened(register, "suspended_since_date", day)
    too_early = since < start
    since = np.where(too_early, NO_DAY, since)
    paused, told = ~np.isnat(since), register.dates("suspended_since_date")
    return Facts(
        register=register, as_of=day,
        binds=~(signed > day) & ~(register.dates("expiry_date") < day),
        ended=(register.dates("end_date") < day) & np.isnat(register.dates("expiry_date")),
        started=truth(~np.isnat(start) | evident | inherited,
                      ~np.isnat(start) | evident | inherited | blank | (written & ~doubtful)),
        evident=evident, inherited=inherited, doubtful=doubtful, completed=completed,
        impossible=np.logical_or(*(when < start for when in done)),
        suspended=truth(paused, (register.blank_known("suspended_since_date") | ~np.isnat(told))
                        & ~too_early),
        suspended_too_early=too_early,
        start_fill=fill,
        start=start, suspended_since=since, signed=signed,
        delivery=_happened(register, "actual_delivery_date", day),
        agreed_start=register.dates("agreed_start_date"),
        agreed_delivery=register.dates("agreed_delivery_date"),
        disposal=register.dates("disposal_start_date"),
    )  # fmt: skip


def _happened(register: Register, name: str, day: np.datetime64) -> np.ndarray:
    when = register.dates(name)
    return np.where(when <= day, when, NO_DAY)
