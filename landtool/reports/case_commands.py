"""What each command of `landtool cases` does: open the store, act, print."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from landtool import messages
from landtool.atomic import replace_file
from landtool.cases import Actor, Case, CaseStore
from landtool.cases.acts import NewCase
from landtool.cases.canonical import plain
from landtool.cases.desk import open_desk
from landtool.errors import InputDataError
from landtool.reports import case_pages
from landtool.reports.commands import print_json
from landtool.sources.catalogue import RESULTS_FOLDER


@dataclass(frozen=True)
class _Desk:
    """One command's store, its person, its moment."""

    store: CaseStore
    actor: Actor
    at: dt.datetime
    language: str


def system_user() -> str:
    """Name of the user of this machine, from the operating system, not from the environment."""
    try:
        import pwd
    except ImportError:  # Windows
        import os

        return os.getlogin()
    import os

    return pwd.getpwuid(os.getuid()).pw_name


@contextmanager
def _desk(workspace: Path, actor: str | None = None, language: str | None = None, *,
          make: bool = False) -> Iterator[_Desk]:
    at = dt.datetime.now().astimezone()
    who = Actor(actor) if actor else Actor(system_user(), verified=True)
    desk = open_desk(workspace, at.date(), make=make)
    with desk.store as store:
        yield _Desk(store, who, at, language or desk.language)


def _on(day: dt.datetime | None) -> dt.date | None:
    return day.date() if day else None


def _say(key: str, language: str, **values: Any) -> None:
    sys.stdout.write(messages.say(f"case.{key}", language, **values) + "\n")


def list_cases(workspace: Path, workflow: str | None, state: str | None, mine: bool, overdue: bool,
               flag: str | None, everything: bool, actor: str | None, as_json: bool,
               language: str | None) -> None:
    """Print the worklist."""
    with _desk(workspace, actor, language) as desk:
        rows = desk.store.rows(
            workflow=workflow, state=state, flag=flag, is_open=None if everything else True,
            assignee=desk.actor.name if mine else None, due_before=desk.at.date() if overdue else None)
        if as_json:
            print_json(rows)
        else:
            case_pages.print_list(rows, desk.store.flows, desk.at.date(), desk.language)


def show(workspace: Path, case_id: str, actor: str | None, as_json: bool, language: str | None) -> None:
    """Print one case."""
    with _desk(workspace, actor, language) as desk:
        case = desk.store.get(case_id)
        steps = desk.store.next_steps(case, desk.actor, max(desk.at.date(), case.stepped_on))
        if as_json:
            print_json({**case_content(case), "next_steps": [
                {"step": one.name, "allowed": one.allowed, "needs": one.transition.needs,
                 "choices": one.choices, "refused": [code for code, _ in one.reasons]} for one in steps]})
        else:
            case_pages.print_case(case, desk.store.flows[case.workflow], steps, desk.at.date(), desk.language)


def case_content(case: Case) -> dict[str, Any]:
    """Give a case as JSON carries it."""
    return {name: _jsonable(value) for name, value in asdict(case).items()}


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _jsonable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(one) for one in value]
    return plain(value)


def open_case(workspace: Path, workflow: str, subject_id: str, kind: str, note: str, on: dt.datetime | None,
              actor: str | None) -> None:
    """Open a case by hand."""
    if kind not in {"contract", "parcel"}:
        raise InputDataError(f"{kind!r} is no kind of subject", "--kind", "use contract or parcel")
    with _desk(workspace, actor, make=True) as desk:
        new = NewCase(workflow, kind, subject_id, {f"{kind}_id": subject_id}, note=note)
        number = desk.store.open_case(new, desk.actor, desk.at, _on(on))
        _say("opened", desk.language, case_id=number)


def advance(workspace: Path, case_id: str, step: str, on: dt.datetime | None, note: str,
            documents: Sequence[Path], choice: str, amount: float | None, version: int | None,
            actor: str | None, language: str | None) -> None:
    """Take a step and print where the case stands."""
    with _desk(workspace, actor, language) as desk:
        kept = [desk.store.files.add_path(path) for path in documents]
        case = desk.store.advance(case_id, step, desk.actor, desk.at, on=_on(on), note=note, choice=choice,
                                  amount_cny=amount, documents=kept, version=version)
        flow = desk.store.flows[case.workflow]
        state = getattr(flow.states[case.state].label, desk.language)
        _say("advanced" if case.due_date is None else "advanced_due", desk.language, case_id=case_id,
             state=state, due_date=case.due_date, due_clause=case.due_clause, version=case.version)


def note(workspace: Path, case_id: str, text: str, documents: Sequence[Path], version: int | None,
         actor: str | None) -> None:
    """Add a note."""
    with _desk(workspace, actor) as desk:
        kept = [desk.store.files.add_path(path) for path in documents]
        case = desk.store.note(case_id, desk.actor, desk.at, text, documents=kept, version=version)
        _say("noted", desk.language, case_id=case_id, version=case.version)


def assign(workspace: Path, case_id: str, officer: str, version: int | None, actor: str | None) -> None:
    """Hand a case to an officer."""
    with _desk(workspace, actor) as desk:
        case = desk.store.assign(case_id, desk.actor, desk.at, officer, version=version)
        _say("assigned", desk.language, case_id=case_id, assignee=case.assignee, version=case.version)


def update(workspace: Path, out: Path | None, on: dt.datetime | None, actor: str | None, as_json: bool,
           language: str | None) -> None:
    """Bring the cases up to a run's findings."""
    from landtool.cases.update import update_cases
    from landtool.reports.results import read_results

    with _desk(workspace, actor, language, make=True) as desk:
        result = read_results(out or desk.store.files.folder.parent / RESULTS_FOLDER)
        done = update_cases(desk.store, result, desk.actor, desk.at, _on(on))
        if as_json:
            print_json({"as_of": result.summary["as_of"], **asdict(done)})
        else:
            case_pages.print_update(done, str(result.summary["as_of"]), desk.language)


def funnel(workspace: Path, as_json: bool, language: str | None) -> None:
    """Print the funnel and the disposal rate by year."""
    from landtool.cases import funnel as measure

    with _desk(workspace, None, language) as desk:
        rows = desk.store.rows()
        stages, years = measure.funnel(rows, desk.store.flows), measure.disposal_by_year(rows)
        if as_json:
            print_json({"stages": _jsonable(stages.to_dict(orient="records")),
                        "years": _jsonable(years.to_dict(orient="records"))})
        else:
            case_pages.print_funnel(stages, years, desk.language)


def verify(workspace: Path, as_json: bool, language: str | None) -> int:
    """Check everything; 1 if anything was changed or lost."""
    with _desk(workspace, None, language) as desk:
        faults = desk.store.verify()
        if as_json:
            print_json({"whole": not faults, "faults": [
                {"kind": code, **values, "text": messages.say(f"case.broken_{code}", desk.language, **values)}
                for code, values in faults]})
        elif faults:
            for code, values in faults:
                _say(f"broken_{code}", desk.language, **values)
        else:
            _say("whole", desk.language)
    return int(bool(faults))


def export(workspace: Path, out: Path) -> None:
    """Write all cases as JSON."""
    from landtool.cases.exchange import export_cases

    with _desk(workspace) as desk:
        replace_file(out, export_cases(desk.store))
        _say("written", desk.language, path=str(out))


def import_cases(workspace: Path, file: Path) -> None:
    """Take over exported cases."""
    from landtool.cases.exchange import import_cases as take

    if not file.is_file():
        raise InputDataError("no such file", str(file), "check the path")
    with _desk(workspace, make=True) as desk:
        _say("imported", desk.language, count=take(desk.store, file.read_bytes(), str(file)))


def backup(workspace: Path, file: Path) -> None:
    """Write a backup."""
    from landtool.cases.exchange import backup as write

    with _desk(workspace) as desk:
        _say("backed_up", desk.language, path=str(file), count=write(desk.store, file))


def restore(workspace: Path, file: Path) -> None:
    """Take over a backup."""
    from landtool.cases.exchange import restore as take

    with _desk(workspace, make=True) as desk:
        events, documents = take(desk.store, file)
        _say("restored", desk.language, events=events, documents=documents)
