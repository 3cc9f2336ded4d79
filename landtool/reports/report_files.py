"""`landtool report`: a result folder as a workbook or as a document, by the ending of the file's name."""

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
    """Write the report of a result folder and say where it is; with the cases of its workspace."""
    from landtool.reports.district import district_part
    from landtool.reports.document import write_report
    from landtool.reports.workbook import write_workbook

    target = out or results / WORKBOOK
    if target.suffix.lower() not in (".xlsx", ".docx"):
        raise InputDataError(f"cannot write a report as {target.suffix or 'a file without ending'}",
                             str(target), "name it *.xlsx (workbook) or *.docx (document)")
    result = read_results(results)
    if district is not None:
        result = district_part(result, district)
    page = results / MAP_FILE
    if target.suffix.lower() == ".docx":
        path = write_report(result, target, language)
    else:
        path = write_workbook(result, target, language, map_file=page if page.is_file() else None,
                              cases=_cases(results, result.summary), app=app)
    sys.stdout.write(messages.say("terminal.report", language or result.language, path=str(path)) + "\n")
    return path


def _cases(results: Path, summary: dict[str, Any]) -> list[dict[str, Any]]:
    """The worklist of the workspace the results lie in, of one district where they speak of one."""
    from landtool.cases.desk import find_desk

    desk = find_desk(results.resolve().parent, dt.date.fromisoformat(str(summary["as_of"])))
    if desk is None:
        return []
    with desk.store as store:
        return [row for row in store.rows() if summary.get("district") in (None, row["district_code"])]
