"""`landtool balance`: the ledger printed and written, the verdict as exit status."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
from rich.console import Console
from rich.markup import escape

from landtool import messages, units
from landtool.atomic import replace_file, writing
from landtool.balance import LandSeries, WorkspaceBalance, memo
from landtool.balance.describe import TOLD_M2, snapshot_name, tell_pairs, tell_scenario, verdict_text
from landtool.balance.of_workspace import STAGES, balance_of, series_of
from landtool.balance.workspace_layers import LACKS, LEDGERS
from landtool.errors import InputDataError
from landtool.intake import read_layer
from landtool.reports import terminal
from landtool.reports.balance_charts import change_map, transition_chart, trend_chart
from landtool.reports.commands import print_json
from landtool.reports.drawing import Drawing
from landtool.reports.results import FRAMES, write_frame
from landtool.schema import LAYERS
from landtool.sources.catalogue import RESULTS_FOLDER, SourceSpec
from landtool.summary import zone_names
from landtool.workspace import Workspace, open_workspace

SHRINKS = 3
LEDGER_FILE, SANKEY_FILE, MAP_FILE = "balance_ledger.csv", "balance_sankey.png", "balance_map.png"
TREND_FILE, TREND_TABLE = "balance_trend.png", "balance_trend.csv"
_COLUMNS = ["opening", "new", "converted_in", "replacement", "converted_out", "survey_correction",
            "boundary_change", "coverage_change", "closing", "net_change", "bound"]  # fmt: skip


def run(
    workspace: Path,
    from_name: str | None,
    to_name: str | None,
    scenario: Path | None,
    stages: str | None,
    out: Path | None,
    as_of: datetime | None,
    as_json: bool,
    language: str | None,
) -> int:
    """Balance two snapshots, print and write the ledger; 3 if total industrial land shrinks."""
    chosen = _stages(stages, scenario)
    with terminal.console_progress(language or "zh", quiet=as_json) as step:
        opened = open_workspace(workspace, as_of=as_of.date() if as_of else None, language=language,
                                progress=step)
        proposals = None if scenario is None else read_proposals(opened, scenario)
        step("step.balance")
        found = balance_of(opened, from_name, to_name, scenario=proposals, stages=chosen)
        if found.balance.verdict is None:
            raise InputDataError("no land was surveyed at both dates", f"{found.balance.from_name}, "
                                 f"{found.balance.to_name}", "compare snapshots that cover the same land")
        series = series_of(opened, found)
        place = _write(found, series, opened, out or opened.folder / RESULTS_FOLDER)
    if as_json:
        print_json(found.as_dict())
    else:
        _print(found, opened, place)
    return SHRINKS if found.balance.verdict == "shrinks" else 0


def _stages(text: str | None, scenario: Path | None) -> list[str] | None:
    if text is None:
        return list(STAGES) if scenario is not None else None
    stages = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in stages if word not in STAGES]
    if unknown or not stages:
        raise InputDataError(f"unknown stage {text!r}", "--stages", f"use some of: {', '.join(STAGES)}")
    return stages


def read_proposals(workspace: Workspace, path: Path) -> gpd.GeoDataFrame:
    """Read a rezoning from a file that need not lie in the workspace."""
    if not path.exists():
        raise InputDataError("no such file", str(path), "check the path of --scenario")
    taken = read_layer(path.parent, "proposals", LAYERS["proposals"], SourceSpec(path=path.name),
                       workspace.policy, workspace.plane, workspace.layers.districts)
    if not isinstance(taken.frame, gpd.GeoDataFrame) or taken.frame.empty:
        raise InputDataError("no usable proposals", str(path),
                             f"{taken.report.rows_in} rows were read and all set aside")
    return taken.frame


def _write(
    found: WorkspaceBalance, series: LandSeries | None, workspace: Workspace, folder: Path
) -> Path:
    """Put the ledger, the changed pieces, the trend and the charts beside the other results."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in (("balance", found.table), ("changes", found.balance.changes)):
            fresh = folder / f".{FRAMES[name]}.tmp"
            try:
                write_frame(frame, fresh)
                replace_file(folder / FRAMES[name], fresh.read_bytes())
            finally:
                fresh.unlink(missing_ok=True)
        replace_file(folder / LEDGER_FILE, ledger_csv(found).encode("utf-8-sig"))
        if series is None:
            (folder / TREND_TABLE).unlink(missing_ok=True)
        else:
            table = _as_text(series.trend, ["region_kind", "region_id", "snapshot"])
            replace_file(folder / TREND_TABLE, table.to_csv(index=False).encode("utf-8-sig"))
        for name, drawing in (
            (TREND_FILE, None if series is None else _trend(series, workspace)),
            (SANKEY_FILE, transition_chart(found.balance, workspace.language)),
            (MAP_FILE, change_map(found.balance, workspace.language, parks=workspace.layers.parks,
                                  districts=workspace.layers.districts)),
        ):
            if drawing is None:
                (folder / name).unlink(missing_ok=True)
            else:
                replace_file(folder / name, drawing.png)
    return folder


def _trend(series: LandSeries, workspace: Workspace) -> Drawing:
    """The lines of the districts, or the one of the whole area where there are none."""
    kinds = set(series.trend["region_kind"])
    return trend_chart(series, "district" if "district" in kinds else "whole", workspace.language,
                       zone_names(workspace))  # fmt: skip


def ledger_csv(found: WorkspaceBalance) -> str:
    """The three ledgers, and that of a scenario, as one table: a row per ledger and region, m²."""
    parts = {"scenario": found.balance} if found.base is not None else {}
    parts |= {name: found.ledgers[name].balance for name in LEDGERS if name in found.ledgers}
    parts = parts or {"balance": found.balance}
    rows = pd.concat([one.ledger.assign(ledger=name, from_name=one.from_name, to_name=one.to_name)
                      for name, one in parts.items()], ignore_index=True)  # fmt: skip
    first = ["ledger", "from_name", "to_name", "region_kind", "region_id"]
    rows = _as_text(rows, first)
    return rows[[*first, *(name for name in rows if name not in first)]].to_csv(index=False)


def _as_text(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The named columns as text that no spreadsheet runs: what begins like a formula gets a mark."""
    texts = rows[names].astype("str")
    starts = texts.apply(lambda column: column.str.match(r"[=+\-@\t\r]").fillna(False))
    return rows.assign(**texts.mask(starts, "'" + texts))


def _print(found: WorkspaceBalance, workspace: Workspace, place: Path) -> None:
    language, console = workspace.language, terminal.open_console()

    def say(key: str) -> str:
        return messages.say(f"terminal.{key}", language)

    ledger = found.balance.ledger
    table = terminal.open_table(say("zone"), *(">" + say(f"balance_{name}") for name in _COLUMNS),
                            ">" + say("balance_headroom"), say("balance_verdict"))
    names = zone_names(workspace)
    for row in ledger.assign(headroom_m2=found.headroom["headroom_m2"].array).to_dict(orient="records"):
        zone = say("city") if row["region_kind"] == "whole" else names.get(
            row["region_id"], row["region_id"])
        zone = say("balance_outside") if pd.isna(zone) else zone
        verdict = row["verdict"]
        terminal.add_row(table, zone, *(_hectares(row[f"{name}_m2"]) for name in (*_COLUMNS, "headroom")),
                      "–" if pd.isna(verdict) else messages.say(f"balance.verdict_{verdict}", language))
    terminal.show_table(console, table, say("balance_title"))
    _print_ledgers(console, found, language)
    console.print(escape(memo(found.balance, language, names=names, breaches=found.breaches)),
                  soft_wrap=True)
    pipeline = found.ledgers.get("pipeline")
    pairs = found.pairs if found.base is not None or pipeline is None else pipeline.pairs
    told = [] if pairs is None else tell_pairs(pairs[pairs["lost_m2"] >= TOLD_M2], language)
    _say(console, messages.say("balance.pairs_title", language), told)
    if found.base is not None:
        _say(console, messages.say("balance.scenario_title", language),
             tell_scenario(found.base, found.balance, found.affected, language))
    sys.stdout.write(messages.say("terminal.results_at", language, path=str(place)) + "\n")


def _say(console: Console, title: str, lines: list[str]) -> None:
    """Sentences under a title; nothing without any."""
    if lines:
        console.print(f"[bold]{escape(title)}[/bold]")
    for line in lines:
        console.print(escape(line), soft_wrap=True)


def _print_ledgers(console: Console, found: WorkspaceBalance, language: str) -> None:
    """Print one line a ledger: existing, planned, pipeline; and which are absent and why."""
    def say(key: str) -> str:
        return messages.say(f"terminal.{key}", language)

    table = terminal.open_table(messages.say("balance.ledger", language),
                                messages.say("balance.ledger_span", language),
                                *(">" + say(f"balance_{name}") for name in _COLUMNS), say("balance_verdict"))
    for name in LEDGERS:
        if name not in found.ledgers:
            continue
        balance = found.ledgers[name].balance
        row = balance.ledger.iloc[0]
        terminal.add_row(table, messages.say(f"balance.{name}", language),
                         f"{balance.from_name} → {snapshot_name(balance.to_name, language)}",
                         *(_hectares(row[f"{term}_m2"]) for term in _COLUMNS),
                         verdict_text(row["verdict"], language))  # fmt: skip
    terminal.show_table(console, table, messages.say("balance.ledgers_title", language))
    for name, reason in found.lacking.items():
        what = messages.say(f"balance.lacks_{reason}", language) if reason in LACKS else reason
        console.print(escape(messages.say("balance.ledger_lacks", language, what=what,
                                          name=messages.say(f"balance.{name}", language))), soft_wrap=True)


def _hectares(area_m2: float) -> str:
    """Hectares to two digits, without a minus before what rounds to zero; a dash where not known."""
    if pd.isna(area_m2):
        return "–"
    return f"{round(units.ha(area_m2), 2) + 0.0:,.2f}"
