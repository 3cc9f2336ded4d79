"""`landtool report`: a result folder as workbook, document or GeoPackage, by the ending of the file's name."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

from landtool import messages
from landtool.errors import InputDataError
from landtool.reports.results import MAP_FILE, read_results

WORKBOOK = "report.xlsx"


def run(results: Path, out: Path | None, language: str | None, district: str | None,
        app: str | None = None) -> Path:  # fmt: skip
    """Write the report of a result folder and say where it is; a workbook with the cases of its workspace."""
    from landtool.reports.document import write_report
    from landtool.reports.geopackage import write_geopackage
    from landtool.reports.workbook import write_workbook

    target = out or results / WORKBOOK
    if target.suffix.lower() not in (".xlsx", ".docx", ".gpkg"):
        raise InputDataError(f"cannot write a report as {target.suffix or 'a file without ending'}", str(target),
                             "name it *.xlsx (workbook), *.docx (document) or *.gpkg (layers for QGIS)")
    result, page = read_results(results), results / MAP_FILE
    if target.suffix.lower() == ".docx":
        write_report(result, target, language, district=district)
    elif target.suffix.lower() == ".gpkg":
        write_geopackage(result, target, district=district)
    else:
        write_workbook(result, target, language, map_file=page if page.is_file() else None,
                       cases=_cases(results, result.summary), app=app, district=district)
    sys.stdout.write(messages.say("terminal.report", language or result.language, path=str(target)) + "\n")
    return target


def _cases(results: Path, summary: dict[str, Any]) -> list[dict[str, Any]]:
    """The worklist of the workspace the results lie in."""
    from landtool.cases.desk import find_desk

    desk = find_desk(results.resolve().parent, dt.date.fromisoformat(str(summary["as_of"])))
    if desk is None:
        return []
    with desk.store as store:
        return store.rows()
