"""Workbooks that bureaus and portals send, written here by the programs that write them."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from landtool.errors import InputDataError
from landtool.sources.tables import table_kind
from tests.sources.table_files import kinds, read, text_file, workbook


def test_title_units_duplicates_and_total(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "台账.xlsx",
        [
            ["某区工业用地台账", None, None, None],
            [None, None, None, None],
            ["宗地代码", "面积", "土地用途", "土地用途"],
            [None, "亩", None, None],
            ["1", "2", "3", "4"],
            ["007", 12.5, "工业用地", "工业"],
            [None, None, None, None],
            ["008", 3, "仓储用地", "仓储"],
            ["合  计", 15.5, None, None],
            ["填表人:张三", None, None, None],
        ],
        ("A1:D1", "A3:A4", "C3:C4", "D3:D4"),
    )
    table = read(path)
    assert table.frame.columns.tolist() == ["宗地代码", "面积(亩)", "土地用途", "土地用途.2"]
    assert table.frame["宗地代码"].tolist() == ["007", "008"]
    assert table.source_row.tolist() == [6, 8]
    assert table.rows_in == 4
    assert kinds(table, "row") == ["total_row", "footer_row"]
    lost = table.problems[table.problems["scope"].eq("row")]
    assert lost["source_row"].tolist() == [9, 10]
    assert lost["value"].tolist() == ["合  计 | 15.5", "填表人:张三"]
    assert {"rows_above_header", "column_number_row"} <= set(kinds(table))


def test_group_headers_are_joined(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [
            ["宗地代码", "约定", None, "容积率", None, "土地情况", None],
            [None, "开工时间", "竣工时间", "上限", "下限", "面积", "土地用途"],
            ["007", dt.date(2020, 1, 2), dt.date(2021, 1, 2), 2.5, 1.0, 3, "工业用地"],
        ],
        ("A1:A2", "B1:C1", "D1:E1", "F1:G1"),
    )
    table = read(path)
    assert table.frame.columns.tolist() == [
        "宗地代码", "约定开工时间", "约定竣工时间", "容积率上限", "容积率(下限)", "面积", "土地用途",
    ]  # fmt: skip
    assert len(table.frame) == 1


def test_cell_types_stay(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [
            ["宗地代码", "区县", "签订日期", "约定开工时间", "面积"],
            ["500112001", 500112, dt.datetime(2020, 3, 5), 43895, 1.5],
            ["500112002", 601, dt.datetime(2021, 3, 5), "2021年3月5日", "1,200.5"],
        ],
    )
    frame = read(path).frame
    assert frame["宗地代码"].dtype == "str"
    assert frame["区县"].tolist() == [500112.0, 601.0]
    assert frame["签订日期"].tolist() == [pd.Timestamp(2020, 3, 5), pd.Timestamp(2021, 3, 5)]
    assert frame["约定开工时间"].tolist() == [43895.0, "2021年3月5日"]
    assert frame["面积"].tolist() == [1.5, "1,200.5"]


def test_suffix_does_not_matter(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.csv", [["宗地代码", "面积"], ["1", 2]])
    assert table_kind(path) == "workbook"
    assert read(path).rows_in == 1


def test_merged_text_is_filled_and_merged_number_is_not(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [["宗地代码", "园区", "面积"], ["1", "甲园", 100], ["2", None, None], ["3", "乙园", 5]],
        ("B2:B3", "C2:C3"),
    )
    table = read(path)
    assert table.frame["园区"].tolist() == ["甲园", "甲园", "乙园"]
    assert table.frame["面积"].isna().tolist() == [False, True, False]
    assert kinds(table) == ["merged_filled", "merged_number_left"]


def test_error_and_uncalculated_cells_are_not_taken_for_empty(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["宗地代码", "面积", "约定开工时间"])
    sheet.append(["1", "=2*3", "#N/A"])
    sheet["C2"].data_type = "e"
    book.save(tmp_path / "a.xlsx")
    table = read(tmp_path / "a.xlsx")
    assert table.frame.iloc[0, 1:].tolist() == ["=2*3", "#N/A"]
    assert kinds(table) == ["cell_not_calculated", "cell_not_calculated"]


def test_sheet_is_chosen_by_header_words_and_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["填报说明", "请逐项填写"])
    book.active.append(["一", "二"])
    sheet = book.create_sheet("宗地 ")
    sheet.append(["宗地代码", "面积"])
    sheet.append(["1", 2])
    hidden = book.create_sheet("旧")
    hidden.append(["宗地代码", "面积"])
    hidden.sheet_state = "hidden"
    path = tmp_path / "a.xlsx"
    book.save(path)
    table = read(path)
    assert table.source == "a.xlsx::宗地"
    assert table.problems["source"].unique().tolist() == ["a.xlsx::宗地"]
    assert kinds(table) == ["sheet_chosen"]
    assert read(path, sheet=1).frame.equals(table.frame)
    assert read(path, sheet="宗地").frame.equals(table.frame)
    with pytest.raises(InputDataError, match=r"no sheet '地块'.*说明, 宗地, 旧"):
        read(path, sheet="地块")
    with pytest.raises(InputDataError, match="no sheet number 7"):
        read(path, sheet=7)


def test_damaged_and_foreign_files_are_refused_in_one_line(tmp_path: Path) -> None:
    good = workbook(tmp_path / "good.xlsx", [["宗地代码", "面积"], *[[str(i), i] for i in range(500)]])
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(good.read_bytes()[:3000])
    packed = tmp_path / "packed.xlsx"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "x")
    locked = tmp_path / "locked.xlsx"
    locked.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
                       + "EncryptedPackage".encode("utf-16-le") + bytes(500))
    ole = tmp_path / "word.xls"
    ole.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    blank = text_file(tmp_path / "blank.csv", "\n \n")
    numbers = text_file(tmp_path / "numbers.csv", "1,2\n3,4\n")
    pdf = tmp_path / "a.xls"
    pdf.write_bytes(b"%PDF-1.7 ...")
    for path, match in (
        (cut, "cut short"), (packed, "zip archive, not a workbook"), (locked, "encrypted"),
        (ole, "cannot be read"), (empty, "empty"), (blank, "empty"), (numbers, "no header row"),
        (pdf, "a PDF"), (tmp_path / "none.csv", "not found"),
    ):  # fmt: skip
        with pytest.raises(InputDataError, match=match) as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_a_stray_cell_far_away_does_not_fill_the_memory(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["宗地代码", "面积"])
    book.active["XFD1048576"] = 1
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(InputDataError, match="row 1048576, column XFD"):
        read(tmp_path / "far.xlsx")


def test_a_packed_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landtool.sources.paths.ZIP_RATIO_FROM_BYTES", 1 << 20)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(bytes(4 << 20))
    with pytest.raises(InputDataError, match="would unpack to"):
        read(path)


def test_old_xls(tmp_path: Path) -> None:
    xlwt = pytest.importorskip("xlwt", reason="xlwt writes the .xls of this test")
    book = xlwt.Workbook()
    sheet = book.add_sheet("宗地")
    sheet.write_merge(0, 0, 0, 2, "台账(单位:万元)")
    for column, name in enumerate(("宗地代码", "面积", "签订日期")):
        sheet.write(1, column, name)
    sheet.write(2, 0, "007")
    sheet.write(2, 1, 601)
    sheet.write(2, 2, dt.date(2020, 3, 5), xlwt.easyxf(num_format_str="YYYY-MM-DD"))
    book.save(str(tmp_path / "a.xls"))
    table = read(tmp_path / "a.xls")
    assert table.frame.iloc[0].tolist() == ["007", 601, pd.Timestamp(2020, 3, 5)]
    assert table.source_row.tolist() == [3]
