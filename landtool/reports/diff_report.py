"""`landtool diff`: two results side by side: flags that are new, resolved, changed."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pandas as pd

from landtool import messages
from landtool.assessment import Assessment
from landtool.atomic import replace_file, writing
from landtool.cases.canonical import plain
from landtool.cases.compare import CHANGES, compare_findings
from landtool.errors import InputDataError
from landtool.reports.commands import print_json
from landtool.reports.results import read_results
from landtool.reports.terminal import add_row, open_console, open_table, show_table

_SHOWN_ROWS = 40
_FORMULA_SIGNS = "=+-@\t\r"


def compare_runs(before: Assessment, after: Assessment) -> pd.DataFrame:
    """Match the findings of two runs; see :func:`landtool.cases.compare.compare_findings`."""
    days = [dt.date.fromisoformat(str(run.summary["as_of"])) for run in (before, after)]
    return compare_findings(before.findings, after.findings, (days[1] - days[0]).days)


def run(before: Path, after: Path, rule: str | None, out: Path | None, as_json: bool,
        language: str | None) -> None:
    """Compare two result folders, write and print."""
    one, two = read_results(before), read_results(after)
    table = compare_runs(one, two)
    if rule:
        table = table[table["rule_id"].str.startswith(rule)]
    if out is not None:
        write_table(table, out)
    days = {"before": str(one.summary["as_of"]), "after": str(two.summary["as_of"])}
    if as_json:
        print_json(content(table, days))
    else:
        _print(table, days, language or two.language, out)


def content(table: pd.DataFrame, days: dict[str, str]) -> dict[str, Any]:
    """Give the comparison as JSON carries it: counts, and every finding that is not the same."""
    rows = table[table["change"] != "same"].to_dict(orient="records")
    return {**{f"as_of_{name}": day for name, day in days.items()}, "counts": _counts(table),
            "findings": [{str(name): plain(value) for name, value in row.items()} for row in rows]}


def write_table(table: pd.DataFrame, out: Path) -> None:
    """Write the comparison as .parquet, .csv or .xlsx, by the ending of the name.

    Raises
    ------
    InputDataError
        If the ending is another.
    """
    held = io.BytesIO()
    with writing(out):
        if out.suffix == ".parquet":
            table.to_parquet(held, index=False)
        elif out.suffix == ".csv":
            # The mark lets Excel read the file as UTF-8.
            held.write(_as_text(table).to_csv(index=False).encode("utf-8-sig"))
        elif out.suffix == ".xlsx":
            options = {"strings_to_formulas": False, "strings_to_urls": False}
            with pd.ExcelWriter(held, engine="xlsxwriter", engine_kwargs={"options": options}) as book:
                table.to_excel(book, sheet_name="diff", index=False, freeze_panes=(1, 0))
        else:
            raise InputDataError(f"files of kind {out.suffix!r} are not written", str(out),
                                 "name it .parquet, .csv or .xlsx")
    replace_file(out, held.getvalue())


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Texts that a spreadsheet would take for a formula get an apostrophe before them."""
    made = table.copy()
    for name in made.select_dtypes(include=["str", "object"]).columns:
        risky = made[name].str.startswith(tuple(_FORMULA_SIGNS)).fillna(False).astype("bool")
        made[name] = made[name].mask(risky, "'" + made[name].astype("str"))
    return made


def _counts(table: pd.DataFrame) -> dict[str, int]:
    counts = table["change"].value_counts()
    return {name: int(counts.get(name, 0)) for name in CHANGES}


def _print(table: pd.DataFrame, days: dict[str, str], language: str, out: Path | None) -> None:
    def say(key: str, **values: Any) -> str:
        return messages.say(f"diff.{key}", language, **values)

    console = open_console()
    by_rule = table.groupby(["rule_id", "change"]).size().unstack(fill_value=0)
    counts = open_table(say("rule"), *(">" + say(name) for name in CHANGES))
    for rule, row in by_rule.iterrows():
        add_row(counts, rule, *(int(row.get(name, 0)) for name in CHANGES))
    show_table(console, counts, say("title", **days))
    rows = table[table["change"] != "same"]
    if rows.empty:
        console.print(say("nothing"))
        return
    details = open_table(say("change"), say("rule"), say("subject"), say("what"), ">" + say("before"), ">" + say("after"))
    for row in rows.head(_SHOWN_ROWS).itertuples(index=False):
        add_row(details, say(row.change), row.rule_id, row.subject_id, row.what or "–",
                _side(row.severity_before, row.measured_before), _side(row.severity_after, row.measured_after))
    show_table(console, details, say("details", shown=min(len(rows), _SHOWN_ROWS), count=len(rows)))
    if out is not None:
        console.print(say("written", path=str(out)), markup=False)


def _side(severity: Any, measured: Any) -> str:
    if pd.isna(severity):
        return "–"
    return str(severity) if pd.isna(measured) else f"{severity} {measured:,.6g}"
