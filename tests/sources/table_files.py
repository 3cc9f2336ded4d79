"""Files of tables for the tests, and how they read them."""


from __future__ import annotations

from pathlib import Path

import openpyxl

from landtool.sources.raw import RawTable
from landtool.sources.tables import read_table

WORDS = ["宗地代码", "面积", "土地用途", "电子监管号", "约定开工时间", "约定竣工时间", "容积率上限", "年租金"]


def read(path: Path, **options: object) -> RawTable:
    options.setdefault("header_words", WORDS)
    return read_table(path, source=path.name, **options)  # type: ignore[arg-type]


def kinds(table: RawTable, scope: str = "note") -> list[str]:
    return table.problems.loc[table.problems["scope"].eq(scope), "kind"].tolist()


def workbook(path: Path, rows: list[list[object]], merges: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for area in merges:
        sheet.merge_cells(area)
    book.save(path)
    return path


def text_file(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path
