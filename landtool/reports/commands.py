"""What each command does: call the library, write, print. The command line only parses words."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from landtool import __version__, messages
from landtool.atomic import replace_file, replace_folder, require_ours
from landtool.errors import InputDataError
from landtool.reports import terminal
from landtool.reports.terminal import console_progress
from landtool.schema import LAYERS
from landtool.sources.catalogue import RESULTS_FOLDER
from landtool.summary import records

DEMO_STAMP = ".demo"


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def print_json(content: Any) -> None:
    """Print one JSON object on standard output."""
    sys.stdout.write(json_text(content))


def json_text(content: Any) -> str:
    """One JSON object as people can read it."""
    return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def demo(folder: Path, parcels: int) -> None:
    """Write the demo workspace, assess it, print the summary and where everything is."""
    from landtool.assessment import assess
    from landtool.maps.assessment_map import save_map
    from landtool.reports.report_files import WORKBOOK
    from landtool.reports.results import MAP_FILE, write_results
    from landtool.reports.workbook import write_workbook
    from landtool.workspace import open_workspace

    with console_progress("zh") as step:
        step("step.town")
        put_demo(folder, parcels)
        workspace = open_workspace(folder, progress=step)
        result = assess(workspace, progress=step)
        step("step.write")
        out = write_results(result, folder / RESULTS_FOLDER)
        page = save_map(result, out / MAP_FILE)
        workbook = write_workbook(result, out / WORKBOOK, map_file=page)
    terminal.print_summary(result)
    terminal.print_places(workspace.language, folder, out, page, workbook)


def put_demo(folder: Path, parcels: int) -> None:
    """Write the demo town of about so many parcels; see :func:`write_demo`."""
    from landtool.sample import make_town, write_town

    write_demo(folder, f"landtool {__version__}, {parcels} parcels",
               lambda place: write_town(make_town(parcels=parcels), place))


def write_demo(folder: Path, edition: str, write: Callable[[Path], Any]) -> None:
    """Put a demo workspace into ``folder`` unless other files stand there.

    A demo of the same edition, of which no file was touched since, is left as it is.
    """
    stamp = folder / DEMO_STAMP
    if (folder / "landtool.yaml").is_file() and not stamp.is_file():
        raise InputDataError("the folder holds a workspace that is not the demo", str(folder),
                             "choose another folder: landtool demo DIR")
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == f"{edition}\n{_contents(folder)}\n":
        return

    def fill(fresh: Path) -> None:
        write(fresh)
        (fresh / DEMO_STAMP).write_text(f"{edition}\n{_contents(fresh)}\n", encoding="utf-8")

    # What is not written anew moves along: results, and files that somebody put there.
    replace_folder(folder, fill, ours=(), mark=DEMO_STAMP)


def _contents(folder: Path) -> str:
    """SHA-256 of the names and contents of a demo's files, its results apart."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] not in {RESULTS_FOLDER, DEMO_STAMP}:
            digest.update(name.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def init(folder: Path, force: bool) -> None:
    """Write landtool.yaml with the layers guessed from the files in the folder."""
    from landtool.sources.guess import guess_catalogue

    target = folder / "landtool.yaml"
    if target.exists() and not force:
        raise InputDataError("there is a catalogue already", str(target),
                             "edit it, or replace it with --force")
    text = guess_catalogue(folder)
    replace_file(target, text.encode("utf-8"))
    sys.stdout.write(messages.say("terminal.init", "zh", path=str(target)) + "\n")
    sys.stdout.write(messages.say("terminal.init", "en", path=str(target)) + "\n")


def _place(workspace: Path, out: Path | None) -> Path:
    """Where results go; refused before the work, not after it, where something else stands."""
    from landtool.reports.results import MARK, RESULT_FILES

    place = out or (workspace if workspace.is_dir() else workspace.parent) / RESULTS_FOLDER
    require_ours(place, ours=RESULT_FILES, mark=MARK)
    return place


def check(
    workspace: Path, out: Path | None, as_of: datetime | None, as_json: bool, language: str | None
) -> int:
    """Validate every layer, print what was found, write what was set aside; 1 if anything was."""
    from landtool.assessment import all_problems
    from landtool.schema.reasons import with_reasons
    from landtool.workspace import open_workspace

    place = _place(workspace, out)
    with console_progress(language or "zh", quiet=as_json) as step:
        opened = open_workspace(workspace, as_of=_day(as_of), language=language, progress=step)
        problems = all_problems(opened)
    left = with_reasons(problems[problems["scope"] != "note"], opened.language)
    target = place / "set_aside.parquet"
    replace_file(target, left.to_parquet(index=False))
    if as_json:
        print_json(terminal.check_content(opened, problems))
    else:
        terminal.print_check(opened, problems, target)
    return int(len(left) > 0)


def assess(
    workspace: Path,
    out: Path | None,
    as_of: datetime | None,
    policy: str | None,
    as_json: bool,
    language: str | None,
) -> None:
    """Assess, write the result files, print the summary."""
    from landtool.assessment import assess as run
    from landtool.reports.results import write_results
    from landtool.workspace import open_workspace

    place = _place(workspace, out)
    with console_progress(language or "zh", quiet=as_json) as step:
        opened = open_workspace(workspace, as_of=_day(as_of), policy=policy, language=language,
                                progress=step)
        result = run(opened, progress=step)
        step("step.write")
        write_results(result, place)
    if as_json:
        print_json(result.summary)
    else:
        terminal.print_summary(result)
        terminal.print_places(opened.language, opened.folder, place, None)


_PAGES = (".html", ".json", ".txt")


# Surveys say how land of a whole park changed; to a parcel or contract they say nothing.
_OF_ONE_PARCEL = LAYERS.keys() - {"land_use", "control_lines", "proposals", "candidate_projects"} | {"rasters"}


def explain(
    workspace: Path,
    subject_id: str,
    html: Path | None,
    out: Path | None,
    as_of: datetime | None,
    policy: str | None,
    as_json: bool,
    language: str | None,
) -> None:
    """Explain one parcel, contract or park: on the screen, or in a file that can be put on record."""
    from landtool.assessment import assess as run
    from landtool.explanation import explain as build
    from landtool.workspace import open_workspace

    if out is not None and out.suffix.lower() not in _PAGES:
        raise InputDataError(f"cannot write a page as {out.name}", str(out),
                             f"use one of: {', '.join(_PAGES)}")
    with console_progress(language or "zh", quiet=as_json) as step:
        terms: dict[str, Any] = {"as_of": _day(as_of), "policy": policy, "language": language, "progress": step}
        opened = open_workspace(workspace, **terms, only=_OF_ONE_PARCEL)
        parks = opened.layers.parks
        if parks is not None and parks["park_id"].eq(subject_id).any():
            opened = open_workspace(workspace, **terms)
        result = run(opened, progress=step)
    explanation = build(opened, result, subject_id)
    made = {".html": lambda: explanation.as_html(opened.language),
            ".txt": lambda: explanation.as_text(opened.language) + "\n",
            ".json": lambda: json_text(explanation.as_dict())}  # fmt: skip
    for path, suffix in ((html, ".html"), (out, "" if out is None else out.suffix.lower())):
        if path is not None:
            replace_file(path, made[suffix]().encode("utf-8"))
            sys.stderr.write(messages.say("explain.written", opened.language, path=str(path)) + "\n")
    if as_json or (html is None and out is None):
        sys.stdout.write(made[".json" if as_json else ".txt"]())


def calendar(
    workspace: Path,
    months: int,
    out: Path | None,
    as_of: datetime | None,
    policy: str | None,
    as_json: bool,
    language: str | None,
) -> None:
    """List the deadlines of the coming months; write them where asked."""
    from landtool.assessment import assess as run
    from landtool.reports import calendar_file
    from landtool.workspace import open_workspace

    if out is not None and out.suffix.lower() not in calendar_file.SUFFIXES:
        raise InputDataError(f"cannot write a calendar as {out.name}", str(out),
                             f"use one of: {', '.join(calendar_file.SUFFIXES)}")
    with console_progress(language or "zh", quiet=as_json) as step:
        opened = open_workspace(workspace, as_of=_day(as_of), policy=policy, language=language,
                                progress=step)
        result = run(opened, progress=step)
    rows = calendar_file.calendar(result, months)
    if out is not None:
        calendar_file.write_calendar(rows, out, as_of=opened.as_of, language=opened.language,
                                     name=opened.name)
    if as_json:
        print_json({"name": opened.name, "as_of": opened.as_of.isoformat(), "months": months,
                    "deadlines": records(rows)})
    else:
        terminal.print_calendar(opened.name, opened.as_of, opened.language, rows, months, out)


def map_file(results: Path, out: Path | None) -> None:
    """Write the self-contained map of a result folder."""
    from landtool.maps.assessment_map import save_map
    from landtool.reports.results import read_results

    result = read_results(results)
    page = save_map(result, out or results / "map.html")
    sys.stdout.write(messages.say("terminal.map", result.language, path=str(page)) + "\n")


def policy_show(name: str, as_of: datetime | None, as_json: bool, language: str | None) -> None:
    """Print every number in force with clause and standing."""
    from landtool.policy import load_policy

    loaded = load_policy(name, _day(as_of))
    table = loaded.describe(language or "zh")
    if as_json:
        print_json(json.loads(table.to_json(orient="records", date_format="iso",
                                             force_ascii=False)))
    else:
        terminal.print_policy(loaded, table, language or "zh")


def policy_validate(name: str) -> None:
    """Check a policy strictly; every fault is one line of the error."""
    from landtool.policy import validate_policy

    faults = validate_policy(name)
    if faults:
        raise InputDataError(f"{len(faults)} fault(s)", name, " | ".join(map(str, faults)))
    sys.stdout.write(messages.say("terminal.policy_valid", "zh", name=name) + "\n")
