"""The command line: each command hands over to one function and prints what comes back."""

from __future__ import annotations

import sys
import warnings
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from landtool.cli_cases import app as cases_app

app = typer.Typer(
    name="landtool",
    help="工业用地全周期评估 / whole-cycle assessment of industrial land.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
policy_app = typer.Typer(help="有效的政策数值 / the numbers in force.", no_args_is_help=True)
app.add_typer(policy_app, name="policy")
app.add_typer(cases_app, name="cases")

# Characters of an error line; what is longer nobody reads.
_LINE_MAX = 580
_INTERRUPTED = 130

WorkspaceArg = Annotated[Path, typer.Argument(help="Folder with landtool.yaml, or the file itself.")]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", help="Result folder; WORKSPACE/out if not given.")
]
DateOption = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day the assessment speaks of."),
]
PolicyOption = Annotated[str | None, typer.Option("--policy", help="A policy's name or file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
LanguageOption = Annotated[str | None, typer.Option("--language", help="zh or en.")]


@app.callback(invoke_without_command=True)
def _root(
    ctx: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from landtool import __version__

        typer.echo(f"landtool {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where the demo workspace is written.")] = Path(
        "data/demo"
    ),
    parcels: Annotated[int, typer.Option(min=200, help="About how many parcels.")] = 3000,
) -> None:
    """Write the demo workspace, assess it, and print the summary and where the map is."""
    from landtool.reports import commands

    commands.demo(folder, parcels)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder with the data.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write a commented landtool.yaml, guessing layers from the files found."""
    from landtool.reports import commands

    commands.init(folder, force)


@app.command()
def check(
    workspace: WorkspaceArg,
    out: OutOption = None,
    as_of: DateOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Read and validate every layer; write what was set aside. Exit 1 if anything was."""
    from landtool.reports import commands

    raise typer.Exit(commands.check(workspace, out, as_of, as_json, language))


@app.command()
def assess(
    workspace: WorkspaceArg,
    out: OutOption = None,
    as_of: DateOption = None,
    policy: PolicyOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Assess the workspace and write the results."""
    from landtool.reports import commands

    commands.assess(workspace, out, as_of, policy, as_json, language)


@app.command()
def balance(
    workspace: Annotated[
        Path, typer.Argument(help="Folder with landtool.yaml, or the file itself; or the earlier raster.")
    ],
    later: Annotated[Path | None, typer.Argument(help="The later raster.")] = None,
    from_name: Annotated[str | None, typer.Option("--from", help="Earlier snapshot.")] = None,
    to_name: Annotated[str | None, typer.Option("--to", help="Later snapshot.")] = None,
    scenario: Annotated[
        Path | None, typer.Option("--scenario", help="Proposals to carry out on the later snapshot.")
    ] = None,
    stages: Annotated[
        str | None, typer.Option("--stages", help="Stages to carry out: draft,submitted,approved.")
    ] = None,
    industrial: Annotated[
        str | None, typer.Option("--industrial", help="Of rasters: industrial values, such as 3 or 3,4.")
    ] = None,
    classification: Annotated[
        str | None, typer.Option("--classification", help="Of rasters: file that says what each value is.")
    ] = None,
    out: OutOption = None,
    as_of: DateOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Balance total industrial land between two snapshots, or two rasters. Exit 3 if it shrinks."""
    from landtool.reports import balance_report, raster_report

    if raster_report.is_meant(workspace, later, industrial, classification):
        others = {"--from": from_name, "--to": to_name, "--scenario": scenario, "--stages": stages, "--out": out}
        raise typer.Exit(raster_report.run(workspace, later, industrial, classification, others, as_json, language))
    raise typer.Exit(balance_report.run(workspace, from_name, to_name, scenario, stages, out, as_of, as_json,
                                        language))


@app.command()
def explain(
    workspace: WorkspaceArg,
    parcel_id: Annotated[str, typer.Argument(help="Parcel, contract or park number.")],
    html: Annotated[
        Path | None, typer.Option("--html", help="Page to write: one file that prints on A4.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="File to write: .html, .json or .txt.")
    ] = None,
    as_of: DateOption = None,
    policy: PolicyOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Print every rule on one parcel: inputs, clause, threshold, result, what would change it."""
    from landtool.reports import commands

    commands.explain(workspace, parcel_id, html, out, as_of, policy, as_json, language)


@app.command()
def calendar(
    workspace: WorkspaceArg,
    months: Annotated[int, typer.Option(min=1, help="Months ahead.")] = 12,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="File to write: .ics, .xlsx or .csv.")
    ] = None,
    as_of: DateOption = None,
    policy: PolicyOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the deadlines ahead: starts due, parcels that turn idle, commitments, contracts that end."""
    from landtool.reports import commands

    commands.calendar(workspace, months, out, as_of, policy, as_json, language)


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="Result folder of the earlier run.")],
    after: Annotated[Path, typer.Argument(help="Result folder of the later run.")],
    rule: Annotated[str | None, typer.Option("--rule", help="Only rules that begin so: idle, commitment.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="All of it: .parquet, .csv or .xlsx.")] = None,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Compare two runs: findings that are new, resolved, changed."""
    from landtool.reports import diff_report

    diff_report.run(before, after, rule, out, as_json, language)


@app.command(name="map")
def map_command(
    results: Annotated[Path, typer.Argument(help="Result folder of `landtool assess`.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="HTML file.")] = None,
) -> None:
    """Write one self-contained map file that opens with no network."""
    from landtool.reports import commands

    commands.map_file(results, out)


@app.command()
def report(
    results: Annotated[Path, typer.Argument(help="Result folder of `landtool assess`.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="A file *.xlsx, *.docx or *.gpkg.")] = None,
    district: Annotated[
        str | None, typer.Option("--district", help="Code or name of the one district it speaks of.")
    ] = None,
    app: Annotated[
        str | None, typer.Option("--app", help="Address of the app: case numbers in the workbook lead to their page.")
    ] = None,
    language: LanguageOption = None,
) -> None:
    """Write the results as a workbook (.xlsx), a document with maps and charts (.docx), or layers for QGIS (.gpkg)."""
    from landtool.reports import report_files

    report_files.run(results, out, language, district, app)


@app.command(name="app")
def app_command(
    workspace: Annotated[Path | None, typer.Argument(help="Workspace; the start page without one.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
    base_path: Annotated[str, typer.Option(help="Path under which a reverse proxy serves it.")] = "",
    browser: Annotated[bool, typer.Option("--browser", help="Open it in the browser once it answers.")] = False,
) -> None:
    """Open the app on the workspace, on this machine only unless asked otherwise."""
    from landtool.webapp import serve

    raise typer.Exit(serve.run(workspace, host, port, base_path, browser=browser))


@policy_app.command("show")
def policy_show(
    name: Annotated[str, typer.Argument(help="A policy's name or file.")] = "national",
    as_of: DateOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Print every number in force with its clause and standing."""
    from landtool.reports import commands

    commands.policy_show(name, as_of, as_json, language)


@policy_app.command("validate")
def policy_validate(
    name: Annotated[str, typer.Argument(help="A policy's name or file.")],
) -> None:
    """Check a policy file strictly and say what is wrong."""
    from landtool.reports import commands

    commands.policy_validate(name)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; one line on standard error and exit 2 where something is wrong."""
    from landtool.errors import LandtoolError

    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    # `landtool assess X --debug` reads as well as `landtool --debug assess X`.
    words = (["--debug"] if debug else []) + [word for word in words if word != "--debug"]
    for stream in (sys.stdout, sys.stderr):
        # A console in code page 936 must not end the run over one character.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        result: Any = app(args=words, standalone_mode=False, prog_name="landtool")
    except LandtoolError as error:
        return _fail(error, str(error), debug, error.exit_code)
    except (KeyboardInterrupt, EOFError):
        return _interrupted()
    except MemoryError as error:
        return _fail(error, "out of memory: the data do not fit: close other programs or assess "
                     "one district at a time", debug)
    except OSError as error:
        return _fail(error, f"{error.strerror or error}: {error.filename or 'file system'}: "
                     "check the path, the disk space and your rights", debug)
    except Exception as error:  # noqa: BLE001 - the last door: a person gets a line, not a traceback
        if hasattr(error, "format_message"):  # a usage error of the command line itself
            return _fail(error, f"{error.format_message()}: command line: see landtool --help", debug)
        return _fail(error, f"unexpected {type(error).__name__}: {_one_line(error)}: run again with "
                     "--debug and report what it prints", debug)
    # The library under the command line turns Ctrl-C into this exit status, without a word.
    if result == _INTERRUPTED:
        return _interrupted()
    return result if isinstance(result, int) else 0


def _interrupted() -> int:
    sys.stderr.write("error: interrupted: the last good results stand: run the command again\n")
    return _INTERRUPTED


def _fail(error: BaseException, line: str, debug: bool, code: int = 2) -> int:
    if debug:
        raise error
    sys.stderr.write(f"error: {_shortened(_one_line(line))}\n")
    return code


def _shortened(line: str) -> str:
    """Both ends of a long line: what is wrong stands first, how to mend it last."""
    if len(line) <= _LINE_MAX:
        return line
    return f"{line[: _LINE_MAX * 2 // 3]} […] {line[-_LINE_MAX // 4 :]}"


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def script() -> None:
    """Entry point of the ``landtool`` command."""
    if "--debug" not in sys.argv and not sys.warnoptions:
        warnings.simplefilter("ignore")  # what libraries tell programmers
    sys.exit(main())


if __name__ == "__main__":
    script()
