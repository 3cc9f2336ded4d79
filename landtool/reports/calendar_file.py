"""Deadlines ahead as a table, and as a file for a calendar program or a spreadsheet.

The entries bear stable names, so that importing a newer file moves an entry instead of doubling it, and
the day of the assessment, so that the same assessment gives the same file.
"""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import numpy as np
import pandas as pd

from landtool import messages
from landtool.assessment import Assessment
from landtool.atomic import replace_file
from landtool.errors import InputDataError
from landtool.indicators.full_years import anniversary

SUFFIXES = (".ics", ".xlsx", ".csv")
_COLUMNS = {"date": "date", "days_ahead": "days_ahead", "kind": "kind", "subject_id": "subject",
            "holder": "holder", "park_id": "park", "contract_id": "contract", "message": "message",
            "clause": "clause"}  # fmt: skip
_WIDTHS = (11, 9, 16, 24, 30, 10, 24, 70, 50)
_MONTHS_A_YEAR = 12
_EPOCH = dt.date(2000, 1, 1)
# What a spreadsheet would take for the beginning of a formula.
_FORMULA = r"^(?=[=+\-@\t\r])"


def calendar(
    result: Assessment, months: int = 12, park_id: str | None = None
) -> pd.DataFrame:
    """Give the deadlines of the coming months, earliest first.

    Parameters
    ----------
    result : Assessment
        See :func:`landtool.assess`; its deadlines reach as far as the policy's horizon.
    months : int
        Months from the day of the assessment, that day included.
    park_id : str, optional
        Of one park only.

    Returns
    -------
    pandas.DataFrame
        ``date, kind, subject_kind, subject_id, contract_id, parcel_id, holder, park_id, days_ahead,
        message_zh, message_en, clause, deadline_id``.

    Raises
    ------
    InputDataError
        If the result has no deadlines (there are no contracts), or ``months`` is less than one.

    Examples
    --------
    >>> import tempfile, landtool as lt
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = lt.write_town(lt.make_town(parcels=100, problems=False), folder, formats="plain")
    ...     result = lt.assess(lt.open_workspace(folder))
    >>> bool((lt.calendar(result, months=6)["days_ahead"] <= 181).all())
    True
    """
    if months < 1:
        raise InputDataError(f"{months} months", "calendar", "ask for one month or more")
    if result.deadlines is None:
        raise InputDataError("no deadlines without contracts", "calendar",
                             "add the layer contracts to landtool.yaml and assess again")
    at = np.array([result.summary["as_of"]], dtype="datetime64[D]")
    last = pd.Timestamp(anniversary(at, months / _MONTHS_A_YEAR)[0])
    rows = result.deadlines[result.deadlines["date"] <= last]
    if park_id is not None:
        rows = rows[rows["park_id"] == park_id]
    return rows.reset_index(drop=True)


def shown_rows(deadlines: pd.DataFrame, language: str) -> pd.DataFrame:
    """Deadlines as people read them: labelled columns, words for kinds, empty cells for what is unknown."""
    words = {kind: messages.say(f"calendar.kind.{kind}", language) for kind in deadlines["kind"].unique()}
    table = deadlines.assign(
        kind=deadlines["kind"].map(words).astype("str"), message=deadlines[f"message_{language}"],
        date=deadlines["date"].dt.strftime("%Y-%m-%d").astype("str"))  # fmt: skip
    named = {name: messages.say(f"calendar.{key}", language) for name, key in _COLUMNS.items()}
    return table[list(_COLUMNS)].fillna({name: "" for name in _COLUMNS if name != "days_ahead"}).rename(
        columns=named)


def write_calendar(
    deadlines: pd.DataFrame, path: str | Path, *, as_of: dt.date | str, language: str = "zh",
    name: str = "landtool",
) -> Path:  # fmt: skip
    """Write deadlines as a calendar (``.ics``) or a table (``.xlsx``, ``.csv``), whole or not at all.

    Parameters
    ----------
    deadlines : pandas.DataFrame
        As :func:`calendar` gives them.
    path : str or Path
        The suffix tells the form.
    as_of : date or ISO text
        Day of the assessment: it is the time stamp of every entry.
    language : str
        ``zh`` or ``en``.
    name : str
        Of the calendar, for people.

    Raises
    ------
    InputDataError
        If the suffix is none of these.
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    day = dt.date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    makers = {".ics": lambda: _ics(deadlines, day, language, name),
              ".xlsx": lambda: _xlsx(shown_rows(deadlines, language), day),
              ".csv": lambda: _csv(shown_rows(deadlines, language))}  # fmt: skip
    make = makers.get(path.suffix.lower())
    if make is None:
        raise InputDataError(f"cannot write a calendar as {path.suffix or 'a file without suffix'}",
                             str(path), f"use one of: {', '.join(SUFFIXES)}")
    replace_file(path, make())
    return path


def _ics(deadlines: pd.DataFrame, day: dt.date, language: str, name: str) -> bytes:
    from icalendar import Calendar, Event

    made = Calendar()
    made.add("prodid", "-//landtool//deadlines//ZH")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    stamp = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
    suspected = messages.say("calendar.suspected", language)
    for row in deadlines.to_dict(orient="records"):
        entry, when = Event(), row["date"].date()
        label = messages.say(f"calendar.kind.{row['kind']}", language)
        entry.add("uid", f"{row['deadline_id']}@landtool")
        entry.add("dtstamp", stamp)
        # A later assessment has the higher number: programs then take its day for the entry's.
        entry.add("sequence", (day - _EPOCH).days)
        entry.add("dtstart", when)
        entry.add("dtend", when + dt.timedelta(days=1))
        entry.add("summary", _plain(f"{label} {row['subject_id']}"))
        entry.add("description", "\n".join(_plain(text) for text in (
            row[f"message_{language}"], row["clause"], suspected)))
        entry.add("categories", [label])
        entry.add("transp", "TRANSPARENT")
        made.add_component(entry)
    return bytes(made.to_ical())


def _plain(text: object) -> str:
    """Give a text as one line without control characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())


def _xlsx(table: pd.DataFrame, day: dt.date) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    # What stands in the data is text, whatever it begins with.
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False,
                                        "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties({"created": dt.datetime(day.year, day.month, day.day)})
    sheet = book.add_worksheet("calendar")
    head, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    for column, (name, width) in enumerate(zip(table.columns, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width, wrap)
        sheet.write_string(0, column, str(name), head)
        for row, cell in enumerate(table[name].tolist(), start=1):
            if isinstance(cell, int):
                sheet.write_number(row, column, cell)
            else:
                sheet.write_string(row, column, str(cell))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(table), 1), len(table.columns) - 1)
    book.close()
    return buffer.getvalue()


def _csv(table: pd.DataFrame) -> bytes:
    texts = table.select_dtypes("str").columns
    safe = table.assign(**{name: table[name].str.replace(_FORMULA, "'", regex=True) for name in texts})
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")
