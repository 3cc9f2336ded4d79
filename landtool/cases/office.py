"""The office: who is officer, who reviewer, which days nobody works (``cases.yml`` of the workspace).

Without the file everybody is officer and reviewer; whoever drafts still does not approve.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from landtool.codes.nearest import did_you_mean
from landtool.codes.strict_yaml import read_yaml
from landtool.errors import InputDataError

FILE_NAME = "cases.yml"
_DAY = dt.timedelta(days=1)
_SATURDAY = 5
#: No office closes for longer; a calendar that never opens is a mistake.
_LONGEST_BREAK = 400


class _File(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    officers: list[str] = Field(default_factory=list)
    reviewers: list[str] = Field(default_factory=list)
    require_verified: bool = False
    holidays: list[dt.date] = Field(default_factory=list)
    working_weekends: list[dt.date] = Field(default_factory=list)
    next_working_day: bool = True


@dataclass(frozen=True)
class Office:
    """Roles and calendar.

    Attributes
    ----------
    officers, reviewers : frozenset of str or None
        Names; None: everybody.
    require_verified : bool
        Refuse whose name nobody verified (a name typed into the app).
    holidays, working_weekends : frozenset of date
        Days off on working days, and weekend days that are worked (调休).
    next_working_day : bool
        A deadline that ends on a day off ends on the next working day.

    Examples
    --------
    >>> office = Office(holidays=frozenset({dt.date(2026, 1, 5)}))
    >>> office.deadline(dt.date(2025, 12, 5), 30)   # 4 January 2026 is a Sunday, the 5th a holiday
    datetime.date(2026, 1, 6)
    >>> office.deadline(dt.date(2026, 1, 1), 3, working=True)
    datetime.date(2026, 1, 7)
    """

    officers: frozenset[str] | None = None
    reviewers: frozenset[str] | None = None
    require_verified: bool = False
    holidays: frozenset[dt.date] = frozenset()
    working_weekends: frozenset[dt.date] = frozenset()
    next_working_day: bool = True

    def has_role(self, name: str, role: str) -> bool:
        """Whether the person may act in the role ``officer`` or ``reviewer``."""
        holders = self.officers if role == "officer" else self.reviewers
        return holders is None or same_name(name) in holders

    def is_working(self, day: dt.date) -> bool:
        """Whether the office works on that day."""
        if day in self.working_weekends:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays

    def deadline(self, start: dt.date, days: int, *, working: bool = False) -> dt.date:
        """Give the last day of a time of so many days; the day it starts on is not counted.

        Raises
        ------
        InputDataError
            If the calendar holds no working day to end on.
        """
        if not working:
            end = start + dt.timedelta(days=days)
            return self._working_from(end) if self.next_working_day else end
        end = start
        for _ in range(days):
            end = self._working_from(end + _DAY)
        return end

    def _working_from(self, day: dt.date) -> dt.date:
        for ahead in range(_LONGEST_BREAK):
            if self.is_working(day + ahead * _DAY):
                return day + ahead * _DAY
        raise InputDataError(f"no working day after {day}", FILE_NAME, "mend its holidays")


def same_name(name: str) -> str:
    """One form of a name, so that a blank, a capital or a full-width letter makes no second person.

    Examples
    --------
    >>> same_name(" Li  Hua ") == same_name("ＬＩ HUA")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def load_office(folder: Path) -> Office:
    """Read ``cases.yml`` of a workspace; an office where everybody may do everything without it.

    Raises
    ------
    InputDataError
        If the file is no YAML, has an unknown key or a value of the wrong form.
    """
    file = folder / FILE_NAME
    if not file.is_file():
        return Office()
    content: Any = read_yaml(file) or {}
    try:
        read = _File.model_validate(content)
    except ValidationError as errors:
        first = errors.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        mend = (did_you_mean(key, _File.model_fields) if first["type"] == "extra_forbidden"
                else "see README: From flag to recovery")
        raise InputDataError(f"{key}: {first['msg']}", str(file), mend) from None
    return Office(
        officers=_people(read.officers), reviewers=_people(read.reviewers),
        require_verified=read.require_verified, holidays=frozenset(read.holidays),
        working_weekends=frozenset(read.working_weekends), next_working_day=read.next_working_day)


def _people(names: list[str]) -> frozenset[str] | None:
    return frozenset(map(same_name, names)) if names else None
