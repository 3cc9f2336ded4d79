"""`landtool balance OLD.tif NEW.tif`: two classified rasters, without a workspace."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from rich.markup import escape

from landtool import messages, units
from landtool.balance import RasterBalance, raster_balance
from landtool.balance.describe import verdict_text
from landtool.codes import Classification, load_classification
from landtool.errors import InputDataError
from landtool.reports import terminal
from landtool.reports.balance_report import SHRINKS
from landtool.reports.commands import print_json
from landtool.sources.catalogue import RASTER_FILES

_TERMS = ("opening", "gained", "lost", "coverage_change", "closing", "net_change", "bound")


def is_meant(first: Path, later: Path | None, industrial: str | None, classification: str | None) -> bool:
    """Whether the words of a command speak of rasters."""
    return bool(later or industrial or classification) or first.suffix.lower() in RASTER_FILES


def run(
    first: Path, later: Path | None, industrial: str | None, classification: str | None,
    others: Mapping[str, object], as_json: bool, language: str | None,
) -> int:  # fmt: skip
    """Balance two rasters and print the result; 3 if industrial land shrinks."""
    if later is None or first.suffix.lower() not in RASTER_FILES:
        raise InputDataError("two rasters are needed", f"landtool balance {first}",
                             "landtool balance OLD.tif NEW.tif --industrial 3")
    unused = [name for name, value in others.items() if value is not None]
    if unused:
        raise InputDataError(f"{', '.join(unused)} does nothing for rasters", "landtool balance", "leave it out")
    made = raster_balance(first, later, industrial_values=_values(industrial, classification))
    if as_json:
        print_json(made.as_dict())
    else:
        _print(made, first.stem, later.stem, language or "zh")
    return SHRINKS if made.verdict == "shrinks" else 0


def _values(industrial: str | None, classification: str | None) -> list[int] | Classification:
    if (industrial is None) == (classification is None):
        raise InputDataError("it is not said which values are industrial", "landtool balance",
                             "give --industrial 3 or --classification FILE, one of the two")
    if industrial is None:
        named = str(classification)
        return load_classification(Path(named) if Path(named).exists() else named)
    try:
        return [int(word) for word in industrial.split(",") if word.strip()]
    except ValueError as error:
        raise InputDataError(f"{industrial!r} are not numbers", "--industrial", "write such as 3 or 3,4") from error


def _print(made: RasterBalance, from_name: str, to_name: str, language: str) -> None:
    console = terminal.open_console()
    table = terminal.open_table(*(">" + messages.say(f"balance.raster_{name}", language) for name in _TERMS),
                                messages.say("terminal.balance_verdict", language))  # fmt: skip
    terminal.add_row(table, *(f"{round(units.ha(getattr(made, f'{name}_m2')), 2) + 0.0:,.2f}" for name in _TERMS),
                     verdict_text(made.verdict, language))  # fmt: skip
    title = messages.say("balance.raster_title", language, from_name=from_name, to_name=to_name,
                         values=", ".join(map(str, made.industrial_values)))  # fmt: skip
    terminal.show_table(console, table, title)
    if not made.is_aligned:
        console.print(escape(messages.say("balance.raster_unaligned", language, bound_m2=made.bound_m2)), soft_wrap=True)
    sys.stdout.flush()
