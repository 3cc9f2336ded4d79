"""How cases look on the terminal: worklist, case, update, funnel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from rich.markup import escape

from landtool import messages, units
from landtool.cases import Case, Workflow
from landtool.cases.permit import NextStep
from landtool.cases.update import Update
from landtool.reports.terminal import add_row, open_console, open_table, show_table

_HASH_SHOWN = 12
_UPDATE_SHOWN = 5


def _word(key: str, language: str, **values: Any) -> str:
    return messages.say(f"case.{key}", language, **values)


def label_of(words: Any, language: str) -> str:
    """Give the label of a workflow, state or step."""
    return str(getattr(words, language))


def due_text(due: Any, today: dt.date, language: str) -> str:
    """Give a deadline with the days left, or the days past."""
    if not due:
        return "–"
    day = dt.date.fromisoformat(str(due))
    days = (day - today).days
    return f"{day} " + _word("days_left" if days >= 0 else "days_past", language, days=abs(days))


def step_label(flow: Workflow, action: str, language: str) -> str:
    """Give what a step is called; what is no transition (a note) has its word in the catalogue."""
    if action in flow.transitions:
        return label_of(flow.transitions[action].label, language)
    return _word(f"action_{action}", language)


def print_list(rows: Sequence[Mapping[str, Any]], flows: Mapping[str, Workflow], today: dt.date,
               language: str) -> None:
    """Print the worklist."""
    console = open_console()
    table = open_table(*(_word(name, language) for name in ("number", "subject", "holder", "state")),
                       ">" + _word("hectares", language), ">" + _word("amount", language),
                       *(_word(name, language) for name in ("due", "assignee", "standing")))
    for row in rows:
        flow = flows[row["workflow"]]
        add_row(table, row["case_id"], row["subject_id"], row["holder"] or "–",
                label_of(flow.states[row["state"]].label, language), _hectares(row["area_m2"]),
                _wan(row["amount_cny"]), due_text(row["due_date"], today, language), row["assignee"] or "–",
                _word(f"flag_{row['flag']}", language) if row["flag"] else "–")
    show_table(console, table, _word("list_title", language, count=len(rows)))


def print_case(case: Case, flow: Workflow, steps: Sequence[NextStep], today: dt.date, language: str) -> None:
    """Print one case."""
    console = open_console()
    console.print(f"[bold]{escape(case.case_id)}[/bold]  {escape(label_of(flow.title, language))}  "
                  f"[bold]{escape(label_of(flow.states[case.state].label, language))}[/bold]", soft_wrap=True)
    lines = [("subject", f"{_word(f'kind_{case.subject_kind}', language)} {case.subject_id}"),
             ("holder", case.holder), ("hectares", _hectares(case.area_m2)), ("amount", _wan(case.amount_cny)),
             ("paid", _wan(case.paid_cny) if case.paid_cny is not None else None),
             ("due", due_text(case.due_date, today, language)), ("due_clause", case.due_clause),
             ("measure", case.measure), ("assignee", case.assignee), ("drafted_by", case.drafted_by),
             ("standing", case.flag and f"{_word(f'flag_{case.flag}', language)} ({case.as_of})"),
             ("version", case.version)]
    for name, value in lines:
        if value not in (None, ""):
            console.print(f"  {escape(_word(name, language))}: {escape(str(value))}", soft_wrap=True)
    if case.findings:
        console.print(f"[bold]{escape(_word('findings', language))}[/bold]")
    for finding in case.findings:
        text = finding.message_zh if language == "zh" else finding.message_en
        console.print(f"  〔{escape(_word(f'flag_{finding.standing}', language))}〕{escape(text)}", soft_wrap=True)
    _print_history(console, case, flow, language)
    _print_next(console, steps, flow, language)


def _print_history(console: Any, case: Case, flow: Workflow, language: str) -> None:
    table = open_table(*(_word(name, language) for name in ("version", "day", "step", "actor", "note", "documents",
                                                            "entered", "hash")))
    for step in case.steps:
        who = step.actor if step.verified else f"{step.actor} {_word('unverified', language)}"
        names = "；".join(document.name for document in step.documents)
        entered = step.at.astimezone().strftime("%Y-%m-%d %H:%M")
        add_row(table, step.version, step.on or "–", step_label(flow, step.action, language), who, step.note, names,
                entered, step.hash[:_HASH_SHOWN])
    show_table(console, table, _word("history", language))


def _print_next(console: Any, steps: Sequence[NextStep], flow: Workflow, language: str) -> None:
    if not steps:
        return
    table = open_table(*(_word(name, language) for name in ("command", "step", "who", "needs", "clause", "allowed")))
    for one in steps:
        needs = messages.say("core.separator", language).join(_word(f"need_{name}", language) for name in one.transition.needs)
        if one.choices:
            needs += f" ({' | '.join(one.choices)})"
        add_row(table, one.name, label_of(one.transition.label, language),
                _word(f"role_{one.transition.role}", language), needs or "–",
                label_of(one.transition.clause, language),
                _word("yes", language) if one.allowed else reasons_text(one.reasons, flow, language))
    show_table(console, table, _word("next_steps", language))


def reasons_text(reasons: Sequence[tuple[str, Mapping[str, str]]], flow: Workflow, language: str) -> str:
    """Say why a step is refused."""
    return "；".join(_word(f"refused_{code}", language, **_worded(values, flow, language))
                    for code, values in reasons)


def _worded(values: Mapping[str, str], flow: Workflow, language: str) -> dict[str, str]:
    found = dict(values)
    if "role" in found:
        found["role"] = _word(f"role_{found['role']}", language)
    if "state" in found:
        found["state"] = label_of(flow.states[found["state"]].label, language)
    return found


def print_update(done: Update, as_of: str, language: str) -> None:
    """Print what a run meant for the cases."""
    console = open_console()
    table = open_table(_word("standing", language), ">" + _word("count", language), _word("first", language))
    for name in done.counts():
        numbers = getattr(done, name)
        more = " …" if len(numbers) > _UPDATE_SHOWN else ""
        add_row(table, _word(f"update_{name}", language), len(numbers), ", ".join(numbers[:_UPDATE_SHOWN]) + more)
    show_table(console, table, _word("update_title", language, as_of=as_of))


def print_funnel(stages: pd.DataFrame, years: pd.DataFrame, language: str) -> None:
    """Print the funnel and the disposal rate by year."""
    console = open_console()
    heads = ("cases", "hectares", "amount", "reached", "reached_hectares", "reached_amount")
    table = open_table(_word("stage", language), *(">" + _word(name, language) for name in heads))
    for row in stages.itertuples(index=False):
        add_row(table, _word(f"stage_{row.stage}", language), row.cases, _hectares(row.area_m2),
                _wan(row.amount_cny), row.reached_cases, _hectares(row.reached_area_m2),
                _wan(row.reached_amount_cny))
    show_table(console, table, _word("funnel_title", language))
    heads = ("opening", "opened_in_year", "disposed", "withdrawn", "disposal_rate", "disposed_hectares")
    table = open_table(_word("year", language), *(">" + _word(name, language) for name in heads))
    for row in years.itertuples(index=False):
        rate = "–" if pd.isna(row.disposal_rate) else f"{row.disposal_rate:.1%}"
        add_row(table, row.year, row.opening_cases, row.opened_cases, row.disposed_cases, row.withdrawn_cases, rate,
                _hectares(row.disposed_area_m2))
    show_table(console, table, _word("years_title", language))


def _hectares(area_m2: Any) -> str:
    return "–" if area_m2 is None or pd.isna(area_m2) else f"{units.ha(area_m2):,.2f}"


def _wan(amount_cny: Any) -> str:
    return "–" if amount_cny is None or pd.isna(amount_cny) else f"{units.wan(amount_cny):,.2f}"
