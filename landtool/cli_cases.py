"""The commands of `landtool cases`: words in, one function of the reports called."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="案件:从疑似到结案 / recovery cases, from flag to recovery.", no_args_is_help=True)

WorkspaceArg = Annotated[Path, typer.Argument(help="Folder with landtool.yaml.")]
CaseArg = Annotated[str, typer.Argument(help="Number of the case.")]
ActorOption = Annotated[
    str | None, typer.Option("--as", help="Who acts, where it is not the user of this machine; recorded as unverified.")
]
DayOption = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help="Day of the act itself; today if not given."),
]
DocumentOption = Annotated[list[Path] | None, typer.Option("--document", help="A file to attach; may be repeated.")]
VersionOption = Annotated[
    int | None, typer.Option("--if-version", help="Refuse if others acted since this version of the case.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
LanguageOption = Annotated[str | None, typer.Option("--language", help="zh or en.")]


@app.command("list")
def list_cases(
    workspace: WorkspaceArg,
    workflow: Annotated[str | None, typer.Option(help="idle, low_efficiency or commitment.")] = None,
    state: Annotated[str | None, typer.Option(help="Only cases in this state.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only my cases.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only cases past their deadline.")] = False,
    flag: Annotated[str | None, typer.Option(help="stands, changed or gone by the latest assessment.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Closed cases too.")] = False,
    actor: ActorOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Print the worklist, the nearest deadline first."""
    from landtool.reports import case_commands

    case_commands.list_cases(workspace, workflow, state, mine, overdue, flag, everything, actor, as_json, language)


@app.command()
def show(
    workspace: WorkspaceArg, case_id: CaseArg, actor: ActorOption = None, as_json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Print one case: facts, findings, history, next steps."""
    from landtool.reports import case_commands

    case_commands.show(workspace, case_id, actor, as_json, language)


@app.command("open")
def open_case(
    workspace: WorkspaceArg,
    workflow: Annotated[str, typer.Argument(help="idle, low_efficiency or commitment.")],
    subject_id: Annotated[str, typer.Argument(help="Number of the contract or parcel.")],
    kind: Annotated[str, typer.Option(help="contract or parcel.")] = "contract",
    note: Annotated[str, typer.Option(help="Why.")] = "",
    on: DayOption = None,
    actor: ActorOption = None,
) -> None:
    """Open a case by hand."""
    from landtool.reports import case_commands

    case_commands.open_case(workspace, workflow, subject_id, kind, note, on, actor)


@app.command()
def advance(
    workspace: WorkspaceArg,
    case_id: CaseArg,
    step: Annotated[str, typer.Argument(help="Name of the step, see `landtool cases show`.")],
    on: DayOption = None,
    note: Annotated[str, typer.Option(help="Note to the step.")] = "",
    document: DocumentOption = None,
    choice: Annotated[str, typer.Option(help="The route, where the step asks for one.")] = "",
    amount: Annotated[float | None, typer.Option(help="Amount in CNY, where the step asks for one.")] = None,
    version: VersionOption = None,
    actor: ActorOption = None,
    language: LanguageOption = None,
) -> None:
    """Take the next step. Exit 1 if it is refused, with the reason."""
    from landtool.reports import case_commands

    case_commands.advance(workspace, case_id, step, on, note, document or [], choice, amount, version, actor,
                          language)


@app.command()
def note(
    workspace: WorkspaceArg,
    case_id: CaseArg,
    text: Annotated[str, typer.Argument(help="The note.")] = "",
    document: DocumentOption = None,
    version: VersionOption = None,
    actor: ActorOption = None,
) -> None:
    """Add a note or documents without a step."""
    from landtool.reports import case_commands

    case_commands.note(workspace, case_id, text, document or [], version, actor)


@app.command()
def assign(
    workspace: WorkspaceArg,
    case_id: CaseArg,
    officer: Annotated[str, typer.Argument(help="Who handles it from now on.")],
    version: VersionOption = None,
    actor: ActorOption = None,
) -> None:
    """Hand a case to an officer."""
    from landtool.reports import case_commands

    case_commands.assign(workspace, case_id, officer, version, actor)


@app.command()
def update(
    workspace: WorkspaceArg,
    out: Annotated[Path | None, typer.Argument(help="Results; WORKSPACE/out if not given.")] = None,
    on: DayOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Open cases for new findings; say of open cases whether theirs still stand, changed, are gone."""
    from landtool.reports import case_commands

    case_commands.update(workspace, out, on, actor, as_json, language)


@app.command()
def funnel(workspace: WorkspaceArg, as_json: JsonOption = False, language: LanguageOption = None) -> None:
    """Print how far the cases came, in parcels, hectares and CNY, and the disposal rate by year."""
    from landtool.reports import case_commands

    case_commands.funnel(workspace, as_json, language)


@app.command()
def verify(workspace: WorkspaceArg, as_json: JsonOption = False, language: LanguageOption = None) -> None:
    """Check the history's chain, every case, every document. Exit 1 if anything was changed or lost."""
    from landtool.reports import case_commands

    raise typer.Exit(case_commands.verify(workspace, as_json, language))


@app.command()
def export(
    workspace: WorkspaceArg,
    out: Annotated[Path, typer.Option("-o", "--out", help="JSON file.")] = Path("cases.json"),
) -> None:
    """Write all cases with their whole history as JSON."""
    from landtool.reports import case_commands

    case_commands.export(workspace, out)


@app.command("import")
def import_cases(workspace: WorkspaceArg, file: Annotated[Path, typer.Argument(help="JSON file.")]) -> None:
    """Take over exported cases into an empty store, or go on with a history it begins."""
    from landtool.reports import case_commands

    case_commands.import_cases(workspace, file)


@app.command()
def backup(workspace: WorkspaceArg, file: Annotated[Path, typer.Argument(help="Zip file.")]) -> None:
    """Write history, documents and roles into one zip file, while others go on working."""
    from landtool.reports import case_commands

    case_commands.backup(workspace, file)


@app.command()
def restore(workspace: WorkspaceArg, file: Annotated[Path, typer.Argument(help="Zip file.")]) -> None:
    """Take over a backup into an empty store; everything is checked on the way."""
    from landtool.reports import case_commands

    case_commands.restore(workspace, file)


@app.command()
def notice(
    workspace: WorkspaceArg,
    kind: Annotated[str, typer.Option(help="investigation, determination, fee_decision, recovery_decision, "
                                           "rectification, or the Chinese title.")],
    case_ids: Annotated[
        list[str] | None, typer.Argument(help="Numbers of one case or many; every open case that allows it without any.")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="A .docx, a folder or a .zip.")] = None,
    number: Annotated[str | None, typer.Option(help="Number of the notice; a blank without it.")] = None,
    dated: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Its date; a blank without it.")
    ] = None,
    authority: Annotated[str | None, typer.Option(help="Who issues it; a blank without it.")] = None,
    language: LanguageOption = None,
) -> None:
    """Draft a notice on cases, where their state allows it, from the workspace's templates or the shipped ones."""
    from landtool.reports import case_notices

    case_notices.run(workspace, case_ids or [], kind, out, number, dated, authority, language)


@app.command()
def templates(workspace: WorkspaceArg) -> None:
    """Copy the templates of the notices into WORKSPACE/templates, to be edited in Word."""
    from landtool.reports import case_notices

    case_notices.write_templates(workspace)
