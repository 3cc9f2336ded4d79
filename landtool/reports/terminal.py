"""What the terminal shows: summaries, tables, progress; plain lines where there is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from landtool import messages, units
from landtool.assessment import Assessment
from landtool.crs import relabel
from landtool.field_words import step_words
from landtool.policy import Policy
from landtool.progress import PLAN
from landtool.reports.wording import missing_words
from landtool.rules.control import CONTROL_VERDICTS
from landtool.rules.grading import GRADES
from landtool.rules.low_efficiency_findings import reasons_in_words
from landtool.schema.reasons import with_reasons
from landtool.workspace import Workspace

_FIRST_IDS = 3
_SCOPES = ("row", "field", "note")


def open_console(to: Any = None) -> Console:
    """Open a console that never cuts a word that somebody may grep for."""
    stream = to or sys.stdout
    # Without a terminal there is no width to fit.
    return Console(file=stream, highlight=False, width=None if stream.isatty() else 160)


def open_table(*heads: str) -> Table:
    """Start a table; a heading that begins with ``>`` stands over right-aligned cells."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        justify: Any = "right" if head.startswith(">") else "left"
        table.add_column(head.lstrip(">"), justify=justify, overflow="fold")
    return table


def show_table(console: Console, table: Table, title: str) -> None:
    """Print a table under its title, which may be wider than the table."""
    console.print(f"[bold]{escape(title)}[/bold]", soft_wrap=True)
    console.print(table)


def add_row(table: Table, *cells: object) -> None:
    """Add a row of plain texts: nothing in the data is markup."""
    table.add_row(*(escape(str(cell)) for cell in cells))


# Steps that follow the reading of the layers: cross-check, nine of the assessment, writing.
_LATER_STEPS = 11


@contextmanager
def console_progress(language: str, quiet: bool = False) -> Iterator[Callable[..., None]]:
    """A bar with the step's name on a terminal, plain lines on standard error otherwise."""
    if quiet:
        yield lambda key, **values: None
    elif sys.stderr.isatty():
        with _Bar(language) as bar:
            yield bar.step
    else:
        yield lambda key, **values: None if key == PLAN else print(  # noqa: T201
            step_words(key, language, **values), file=sys.stderr, flush=True)


class _Bar:
    """A progress bar whose length is known once the catalogue is read."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._bar = Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
                             console=Console(file=sys.stderr), transient=True)
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def step(self, key: str, **values: Any) -> None:
        """Begin a step; the plan says how many there will be."""
        if key == PLAN:
            self._bar.update(self._task, total=int(values["layers"]) + _LATER_STEPS)
            return
        text = escape(step_words(key, self._language, **values))
        self._bar.update(self._task, description=text, advance=1)


def print_summary(result: Assessment) -> None:
    """The page people read after an assessment."""
    language, summary = result.language, result.summary
    console = open_console()

    def say(key: str, **values: Any) -> str:
        return messages.say(f"terminal.{key}", language, **values)

    console.print()
    console.print(f"[bold]{escape(str(summary['name']))}[/bold]  "
                  + escape(say("as_of", as_of=summary["as_of"], policy=summary["policy"]["title"])))
    _print_layers(console, result, say)
    _print_idle(console, result, say)
    _print_output(console, result, say)
    _print_commitments(console, result, say)
    _print_control(console, result, say)
    _print_evidence(console, result, say)
    _print_low_efficiency(console, result, say)
    _print_grades(console, result, say)
    _print_unsupplied(console, result)
    if result.summary.get("balance"):
        console.print(f"[bold]{escape(say('balance_title_short'))}[/bold]")
        console.print(escape(result.summary["balance"]["memo"]) + "\n", soft_wrap=True)
    _print_not_assessed(console, result, language, say)
    console.print(escape(say("suspected")))


def _print_layers(console: Console, result: Assessment, say: Callable[..., str]) -> None:
    table = open_table(say("layer"), ">" + say("rows_in"), ">" + say("accepted"),
                   ">" + say("set_aside"), say("encoding"), say("crs"))
    for name, report in result.summary["layers"].items():
        add_row(table, name, report["rows_in"], report["accepted"], report["set_aside"],
             report["encoding"], relabel(report["crs"], result.summary["language"]))
    show_table(console, table, say("layers"))


def _print_idle(console: Console, result: Assessment, say: Callable[..., str]) -> None:
    table = open_table(say("status"), ">" + say("count"), ">" + say("hectares"), ">" + say("mu"))
    for status, found in result.summary["idle"].items():
        label = messages.say(f"idle.status.{status}", result.language)
        area = found["area_m2"]
        add_row(table, f"{label} ({status})", found["count"],
             "–" if area is None else f"{units.ha(area):,.2f}",
             "–" if area is None else f"{units.mu(area):,.1f}")
    show_table(console, table, say("idle"))


def _print_output(console: Console, result: Assessment, say: Callable[..., str]) -> None:
    output = result.summary["output"]
    rows = [(say("city"), output["city"])] if output["city"] else []
    rows += [(row["name"], row) for row in output["parks"]]
    if not rows:
        return
    table = open_table(say("zone"), ">" + say("intensity"), ">" + say("target"), ">" + say("coverage"),
                   ">" + say("gap_cny"), ">" + say("gap_ha"))
    for name, row in rows:
        add_row(table, name, *(_cell(row.get(key), turn) for key, turn in (
            ("output_intensity_cny_m2", lambda v: f"{units.yi_per_km2(v):.2f}"),
            ("target_cny_m2", lambda v: f"{units.yi_per_km2(v):.2f}"),
            ("coverage_pct", lambda v: f"{v:.1f} %"),
            ("output_gap_cny", lambda v: f"{units.yi(v):,.2f}"),
            ("output_gap_m2", lambda v: f"{units.ha(v):,.1f}"))))
    show_table(console, table, say("output", **output["basis"]))


def _cell(value: Any, turn: Callable[[float], str]) -> str:
    return "–" if value is None or pd.isna(value) else turn(value)


def _print_commitments(console: Console, result: Assessment, say: Callable[..., str]) -> None:
    counts = result.summary.get("commitments") or {}
    if counts:
        table = open_table(say("status"), ">" + say("count"))
        for status, found in counts.items():
            label = messages.say(f"commitment.status.{status}", result.language)
            add_row(table, f"{label} ({status})", found["count"])
        show_table(console, table, say("commitments"))


def _print_control(console: Console, result: Assessment, say: Callable[..., str]) -> None:
    counts = result.summary.get("control") or {}
    if not counts:
        return
    shown = [verdict for verdict in CONTROL_VERDICTS if any(verdict in row for row in counts.values())]
    heads = [messages.say(f"control.verdict.{verdict}", result.language) for verdict in shown]
    table = open_table(say("indicator"), *(">" + head for head in heads))
    for name, row in counts.items():
        add_row(table, messages.say(f"control.indicator.{name}", result.language),
                *(row.get(verdict, 0) for verdict in shown))
    show_table(console, table, say("control"))


def _print_evidence(console: Console, result: Assessment, say: Callable[..., str]) -> None:
    found = result.summary.get("evidence")
    if found:
        names = ("contradicts", "supports", "open")
        table = open_table(*(">" + messages.say(f"evidence.verdict.{name}", result.language) for name in names))
        add_row(table, *(found[name] for name in names))
        show_table(console, table, say("evidence"))


def _print_low_efficiency(
    console: Console, result: Assessment, say: Callable[..., str]
) -> None:
    found = result.summary.get("low_efficiency")
    if not found:
        return
    table = open_table(say("status"), ">" + say("count"), ">" + say("hectares"))
    for status, row in found["status"].items():
        label = messages.say(f"low_efficiency.status.{status}", result.language)
        add_row(table, f"{label} ({status})", row["count"], _cell(row["area_m2"], _in_hectares))
        for rule, part in (found["reasons"] if status == "low_efficiency" else {}).items():
            add_row(table, f"  · {reasons_in_words(rule, result.language)}", part["count"],
                    _cell(part["area_m2"], _in_hectares))
    show_table(console, table, say(
        "low_efficiency", zombies=found["zombies"], recoverable=found["recoverable_area_m2"],
        foregone=found["foregone_output_cny"]))


def _in_hectares(area_m2: float) -> str:
    return f"{units.ha(area_m2):,.2f}"


def _print_grades(console: Console, result: Assessment, say: Callable[..., str]) -> None:
    found = result.summary.get("grades")
    if not found:
        return
    counts = {**{grade: found["counts"].get(grade, 0) for grade in GRADES}, **found["excluded"]}
    if found["missing"]:
        counts["missing"] = found["missing"]
    table = open_table(*(">" + (name if name in GRADES else say(f"grades_{name}")) for name in counts))
    add_row(table, *counts.values())
    moved = [row["changed"] for row in found["sensitivity"]]
    show_table(console, table, say("grades", year=found["year"], graded=found["graded"],
                                   moved=max(moved, default=0), change=found["change"]))


def _print_unsupplied(console: Console, result: Assessment) -> None:
    found = result.summary.get("unsupplied")
    if not found:
        return

    def say(key: str) -> str:
        return messages.say(f"unsupplied.{key}", result.language)

    names = {"approved": "approved_m2", "supplied": "supplied_m2", "unsupplied": "unsupplied_m2",
             "slivers": "sliver_m2", "built": "built_without_supply_m2"}
    table = open_table(say("year"), *(">" + say(name) for name in names), ">" + say("age"), ">" + say("rate"))
    for row in [*found["years"], found["total"]]:
        year = row["approval_year"]
        add_row(table, say("all") if year is None else year,
                *(f"{units.ha(row[column]):,.2f}" for column in names.values()),
                _cell(row["age_years"], lambda v: f"{v:.1f}"),
                _cell(row["disposal_rate"], lambda v: f"{v:.1%}"))
    show_table(console, table, say("title"))


def _print_not_assessed(console: Console, result: Assessment, language: str, say: Callable[..., str]) -> None:
    rows = result.summary["not_assessed"]
    if not rows:
        return
    table = open_table(say("what"), say("why"), say("missing"))
    for row in rows:
        add_row(table, row["what"], row["why"], missing_words(result.policy_numbers, row["missing"], language))
    show_table(console, table, say("not_assessed"))


# Entries that a screen can hold; a file holds them all.
_CALENDAR_ROWS = 60


def print_calendar(
    name: str, as_of: date, language: str, deadlines: pd.DataFrame, months: int, out: Path | None
) -> None:
    """What `landtool calendar` shows: the next entries, then how many there are of each kind."""
    console = open_console()

    def say(key: str, **values: Any) -> str:
        return messages.say(f"calendar.{key}", language, **values)

    title = say("title", workspace=name, as_of=as_of, months=months, count=len(deadlines))
    if deadlines.empty:
        console.print(f"[bold]{escape(title)}[/bold]", soft_wrap=True)
        console.print(escape(say("none")))
        return
    table = open_table(say("date"), ">" + say("days_ahead"), say("kind"), say("subject"), say("holder"),
                       say("park"))
    for row in deadlines.head(_CALENDAR_ROWS).itertuples(index=False):
        add_row(table, f"{row.date:%Y-%m-%d}", row.days_ahead, say(f"kind.{row.kind}"), row.subject_id,
                "–" if pd.isna(row.holder) else row.holder, "–" if pd.isna(row.park_id) else row.park_id)
    show_table(console, table, title)
    if len(deadlines) > _CALENDAR_ROWS:
        console.print(escape(say("more", count=len(deadlines) - _CALENDAR_ROWS)) + "\n", soft_wrap=True)
    counts = open_table(say("kind"), ">" + say("count"))
    for kind, count in deadlines["kind"].value_counts().items():
        add_row(counts, say(f"kind.{kind}"), count)
    show_table(console, counts, say("counts"))
    console.print(escape(say("suspected")))
    if out is not None:
        console.print(escape(say("written", path=str(out))), soft_wrap=True)


def print_places(language: str, workspace: Path, out: Path, page: Path | None,
                 workbook: Path | None = None) -> None:  # fmt: skip
    """Where the results and the map lie, and what to do next."""
    lines = [messages.say("terminal.results_at", language, path=str(out))]
    if page is not None:
        lines.append(messages.say("terminal.map_at", language, path=str(page)))
    if workbook is not None:
        lines.append(messages.say("terminal.workbook_at", language, path=str(workbook)))
    if page is not None:
        lines.append(messages.say("terminal.next", language, workspace=str(workspace)))
    sys.stdout.write("\n".join(lines) + "\n")


def check_content(workspace: Workspace, problems: pd.DataFrame) -> dict[str, Any]:
    """The content of ``check --json``."""
    return {
        "name": workspace.name,
        "layers": {name: report.as_dict() for name, report in workspace.reports.items()},
        "problems": grouped_problems(problems, workspace.language).to_dict(orient="records"),
        "set_aside": int((problems["scope"] != "note").sum()),
    }


def grouped_problems(problems: pd.DataFrame, language: str) -> pd.DataFrame:
    """Problems by layer, kind and scope: count, the first ids, the reason of the first, the remedy."""
    if problems.empty:
        return pd.DataFrame(columns=["layer", "kind", "scope", "count", "first", "reason", "remedy"])
    named = with_reasons(problems, language)
    row = named["source"] + "#" + named["source_row"].astype("str").fillna("")
    named = named.assign(name=named["subject_id"].where(named["subject_id"] != "", row))
    keys = ["layer", "kind", "scope"]
    first = named.drop_duplicates([*keys, "name"]).groupby(keys, sort=False).head(_FIRST_IDS)
    names = first.groupby(keys, sort=False)["name"].agg(list)
    table = named.groupby(keys, sort=False).agg(
        count=("name", "size"), reason=("reason", "first"), remedy=("remedy", "first"))
    table = table.join(names.rename("first")).reset_index()
    order = table["scope"].map({scope: rank for rank, scope in enumerate(_SCOPES)})
    return table.assign(_order=order).sort_values(["_order", "layer"], kind="stable").drop(
        columns="_order")[["layer", "kind", "scope", "count", "first", "reason", "remedy"]]


def print_check(workspace: Workspace, problems: pd.DataFrame, target: Path) -> None:
    """What `landtool check` shows."""
    language = workspace.language
    console = open_console()

    def say(key: str, **values: Any) -> str:
        return messages.say(f"terminal.{key}", language, **values)

    table = open_table(say("layer"), say("source"), ">" + say("rows_in"), ">" + say("accepted"),
                   ">" + say("set_aside"), say("encoding"), say("crs"))
    for name, report in workspace.reports.items():
        parts = report.as_dict()
        add_row(table, name, parts["source"], report.rows_in, report.accepted, report.set_aside,
             parts["encoding"], relabel(parts["crs"], language))
    show_table(console, table, say("layers"))
    found = grouped_problems(problems, language)
    if found.empty:
        console.print(escape(say("clean")))
        return
    table = open_table(say("layer"), say("kind"), say("scope"), ">" + say("count"), say("first"),
                   say("reason"), say("remedy"))
    for row in found.itertuples(index=False):
        add_row(table, row.layer, row.kind, say(f"scope_{row.scope}"), row.count,
             ", ".join(row.first), row.reason, row.remedy)
    show_table(console, table, say("found"))
    console.print(escape(say("set_aside_at", path=str(target))))


def print_policy(policy: Policy, table: pd.DataFrame, language: str) -> None:
    """Every number in force, with clause and standing: two lines each, so that nothing is cut."""
    console = open_console()
    title = policy.title if language == "zh" else policy.title_en
    console.print(f"[bold]{escape(policy.name)}[/bold]  {escape(title)}")
    console.print(escape(messages.say("terminal.standing", language)))
    words = {flag: messages.say(f"explain.{'verified' if flag else 'unverified'}", language)
             for flag in (True, False)}  # fmt: skip
    for row in table.itertuples(index=False):
        since = "" if pd.isna(row.in_force_from) else f"{row.in_force_from:%Y-%m-%d}"
        until = "" if pd.isna(row.in_force_until) else f"{row.in_force_until:%Y-%m-%d}"
        console.print(
            f"[bold]{escape(row.key)}[/bold] {escape(row.comparison)} {escape(row.value)} "
            f"{escape(row.unit)}  [{'green' if row.verified else 'yellow'}]{row.standing} "
            f"{escape(words[bool(row.verified)])}[/]  {since}–{until}  {escape(row.policy)}",
            soft_wrap=True)
        console.print(f"    {escape(row.meaning)}", soft_wrap=True)
        console.print(f"    {escape(row.clause)}", soft_wrap=True)
