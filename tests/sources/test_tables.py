"""Tables of every kind that bureaus and portals send, written here by the programs that write them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.errors import InputDataError
from landtool.sources.delimited import scan_records, sniff_delimiter
from landtool.sources.header import find_header, unique_names
from landtool.sources.raw import RawTable
from landtool.sources.tables import read_table, table_kind
from landtool.sources.tidy import shifted_columns, typed

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


# ---- workbooks


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


# ---- text


@pytest.mark.parametrize(
    ("encoding", "basis"),
    [("utf-8", "utf-8"), ("utf-8-sig", "bom"), ("gb18030", "gb18030"), ("utf-16", "bom")],
)
@pytest.mark.parametrize("delimiter", [",", "\t", "|", ";"])
def test_encodings_and_delimiters(
    tmp_path: Path, encoding: str, basis: str, delimiter: str
) -> None:
    rows = [["宗地代码", "面积", "坐落"], ["007", "12", "工业园,甲路"], ["008", "3", ""]]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    table = read(text_file(tmp_path / "a.txt", out.getvalue(), encoding))
    assert table.frame.columns.tolist() == rows[0]
    assert table.frame["宗地代码"].tolist() == ["007", "008"]
    assert table.frame["面积"].tolist() == [12, 3]
    assert table.frame["坐落"].tolist()[0] == "工业园,甲路"
    assert table.frame["坐落"].isna().tolist() == [False, True]
    assert table.encoding_basis == basis
    assert table.problems.empty


def test_gb18030_with_byte_order_mark(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.csv", "\ufeff宗地代码,面积\n1,2\n", "gb18030")
    table = read(path)
    assert table.frame.columns.tolist() == ["宗地代码", "面积"]
    assert table.encoding == "gb18030"


def test_declared_encoding_must_hold(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.csv", "宗地代码,面积\n1,2\n", "gbk")
    assert read(path, encoding="GBK").encoding_basis == "declared"
    with pytest.raises(InputDataError, match="not utf-8"):
        read(path, encoding="utf-8")


def test_mojibake_is_refused_but_one_lost_character_is_noted(tmp_path: Path) -> None:
    broken = "宗地代码,土地用途\n1,工业用地\n".encode().decode("gb18030", "replace")
    with pytest.raises(InputDataError, match="mojibake"):
        read(text_file(tmp_path / "a.csv", broken))
    rows = "".join(f"{i},工业用地地块编号\n" for i in range(200))
    table = read(text_file(tmp_path / "b.csv", f"宗地代码,土地用途\n{rows}9,工\ufffd用地\n"))
    assert kinds(table) == ["characters_lost"]
    assert table.problems["source_row"].tolist() == [202]


def test_long_and_short_rows(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.txt", "宗地代码|面积|坐落\n1|2|甲\n2|3|乙|丙|丁\n3|4\n\n4|5|戊||\n5|6|己\n")
    table = read(path)
    assert table.frame["宗地代码"].tolist() == [1, 3, 4, 5]
    assert table.source_row.tolist() == [2, 4, 6, 7]
    assert table.rows_in == 5
    lost = table.problems[table.problems["scope"].eq("row")]
    assert lost[["source_row", "kind", "value"]].to_numpy().tolist() == [
        [3, "cells_beyond_header", "2|3|乙|丙|丁"]
    ]
    short = table.problems[table.problems["kind"].eq("cells_missing")]
    assert short["source_row"].tolist() == [4]


def test_quotes(tmp_path: Path) -> None:
    good = read(text_file(tmp_path / "a.csv", '宗地代码,坐落\n1,"甲,\n""乙"""\n2,丙\n'))
    assert good.frame["坐落"].tolist() == ['甲,\n"乙"', "丙"]
    assert good.source_row.tolist() == [2, 3]
    odd = read(text_file(tmp_path / "b.csv", '宗地代码,坐落\n1,5" 管\n2,丙\n'))
    assert odd.frame["坐落"].tolist() == ['5" 管', "丙"]
    assert kinds(odd) == ["quotes_taken_literally"]


def test_repeated_header_and_subtotals_inside(tmp_path: Path) -> None:
    path = text_file(
        tmp_path / "a.csv", "区县,宗地代码,面积\n甲区,1,2\n甲区小计,,2\n区县,宗地代码,面积\n乙区,2,3\n总计:,,5\n"
    )
    table = read(path)
    assert table.frame["区县"].tolist() == ["甲区", "乙区"]
    assert sorted(kinds(table, "row")) == ["repeated_header_row", "total_row", "total_row"]
    assert table.rows_in == 5


def test_what_looks_like_a_total_but_is_a_name_stays(tmp_path: Path) -> None:
    table = read(text_file(tmp_path / "a.csv", "宗地代码,使用权人\n1,合计\n2,某某会计事务所\n"))
    assert table.rows_in == len(table.frame) == 2


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (["1", "20", None], "Int64"), (["0", "-5"], "Int64"), (["01", "2"], "str"),
        (["1.5", "20"], "float64"), (["1.50", "2.25"], "str"), (["3.10", "3.9"], "str"),
        (["2003.03", "1997.11"], "str"), (["123456789012345678", "1"], "str"), (["1e5", "2"], "str"),
        (["+1", "2"], "str"), ([" 1", "2"], "str"), (["-0", "1"], "str"), ([None, None], "str"),
    ],
)  # fmt: skip
def test_numbers_only_where_no_text_is_lost(cells: list[str | None], dtype: str) -> None:
    column = typed(pd.DataFrame({"x": pd.Series(cells, dtype="str")}))["x"]
    assert str(column.dtype) == dtype


@given(st.lists(st.from_regex(r"[-+]?\d{0,6}(\.\d{0,4})?", fullmatch=True).filter(bool), min_size=1))
@settings(max_examples=150, deadline=None)
def test_typed_numbers_can_be_written_back(cells: list[str]) -> None:
    column = typed(pd.DataFrame({"x": pd.Series(cells, dtype="str")}))["x"]
    if str(column.dtype) == "float64":
        again = [str(int(v)) if float(v).is_integer() else repr(float(v)) for v in column]
    else:
        again = [str(v) for v in column]
    assert again == cells


_cell = st.text(st.sampled_from('ab,"\n甲 1'), max_size=6)


@given(st.lists(st.lists(_cell, min_size=2, max_size=4), min_size=1, max_size=12))
@settings(max_examples=150, deadline=None)
def test_scan_agrees_with_the_csv_module(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    found = scan_records(out.getvalue().encode(), ord(","))
    assert found.cells.tolist() == [len(row) for row in rows]


@given(st.lists(st.tuples(*[st.text(st.sampled_from("xyz,|\t 甲乙"), max_size=5)] * 3),
                min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_written_rows_come_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("宗地代码", "面积", "坐落"), *rows])
    path = text_file(tmp_path_factory.mktemp("t") / "a.csv", out.getvalue())
    table = read(path)
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    got = table.frame.astype("object").where(table.frame.notna(), "").to_numpy().tolist()
    assert got == [list(row) for row in kept]


def test_delimiter_of_the_first_line(tmp_path: Path) -> None:
    assert sniff_delimiter("宗地;坐落\n1;a,b\n2;c,d\n".encode()) == ";"
    table = read(text_file(tmp_path / "a.csv", "sep=;\n宗地代码;坐落\n1;a,b\n"))
    assert table.frame["坐落"].tolist() == ["a,b"]
    assert table.source_row.tolist() == [3]


def test_chunks_do_not_cut_records(monkeypatch: pytest.MonkeyPatch) -> None:
    import landtool.sources.delimited as module

    data = b'a,b\n"1\n,2",3\n4,"5"""\n6\n\n7,8,9'
    whole = scan_records(data, ord(","))
    for size in range(1, 9):
        monkeypatch.setattr(module, "_CHUNK", size)
        part = scan_records(data, ord(","))
        assert part.cells.tolist() == whole.cells.tolist() == [2, 2, 2, 1, 0, 3]
        assert part.ends.tolist() == whole.ends.tolist()
        assert module._quotes_pair(data, ord(","))


# ---- HTML, JSON, parquet


HTML = """<html><head><meta charset="gb2312"></head><body><table><tr><td>菜单</td></tr></table>
<table border=1><tr><th colspan=3>供地结果</th></tr>
<tr><th rowspan=2>宗地代码</th><th colspan=2>容积率</th></tr><tr><th>上限</th><th>下限</th></tr>
<tr><td>007<td>2.5&nbsp;<td>1.0</tr><tr><td>008</td><td></td><td>1.2</td></tr></table></body></html>"""


def test_html_named_xls(tmp_path: Path) -> None:
    table = read(text_file(tmp_path / "a.xls", HTML, "gb18030"))
    assert table.frame.columns.tolist() == ["宗地代码", "容积率上限", "容积率(下限)"]
    assert table.frame["宗地代码"].tolist() == ["007", "008"]
    assert table.encoding == "gb18030"
    with pytest.raises(InputDataError, match="without a table"):
        read(text_file(tmp_path / "b.xls", "<html><body>请登录</body></html>"))


def test_spreadsheet_xml(tmp_path: Path) -> None:
    text = """<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
    xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="a"><Table>
    <Row><Cell><Data ss:Type="String">宗地代码</Data></Cell><Cell><Data ss:Type="String">面积</Data></Cell>
    <Cell><Data ss:Type="String">坐落</Data></Cell></Row>
    <Row><Cell><Data ss:Type="String">007</Data></Cell><Cell ss:Index="3"><Data ss:Type="String">甲</Data>
    </Cell></Row></Table></Worksheet></Workbook>"""
    frame = read(text_file(tmp_path / "a.xls", text)).frame
    assert frame["宗地代码"].tolist() == ["007"]
    assert frame["坐落"].tolist() == ["甲"]
    assert frame["面积"].isna().all()


@pytest.mark.parametrize(
    "text",
    [
        '[{"id":"1","面积":2},{"id":"2","用途":"工业"}]',
        '[{"id":"1","面积":2}]\n[\n{"id":"2","用途":"工业"}]',
        '{"id":"1","面积":2}\n{"id":"2","用途":"工业"}\n',
        '{"code":0,"data":{"total":2,"rows":[{"id":"1","面积":2},{"id":"2","用途":"工业"}]}}',
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"1","面积":2},'
        '"geometry":null},{"type":"Feature","properties":{"id":"2","用途":"工业"},"geometry":null}]}',
        '[["id","面积","用途"],["1",2,null],["2",null,"工业"]]',
    ],
)
def test_json_forms(tmp_path: Path, text: str) -> None:
    frame = read(text_file(tmp_path / "a.json", text)).frame
    assert frame.columns.tolist() == ["id", "面积", "用途"]
    assert frame["id"].tolist() == ["1", "2"]
    assert frame["面积"].isna().tolist() == [False, True]
    assert frame["用途"].isna().tolist() == [True, False]


def test_json_repeated_keys_nesting_and_bad_records(tmp_path: Path) -> None:
    text = '{"用途":"a","用途":"b","付款":{"1":[2]}}\n{"用途": \n{"用途":"c"}\n5\n'
    table = read(text_file(tmp_path / "a.json", text))
    assert table.frame["用途"].tolist() == ["a", "c"]
    assert table.frame["用途.2"].tolist()[0] == "b"
    assert json.loads(table.frame["付款"][0]) == {"1": [2]}
    assert kinds(table, "row") == ["not_a_record", "not_a_record"]
    assert table.rows_in == 4
    assert table.source_row.tolist() == [1, 3]


def test_json_errors(tmp_path: Path) -> None:
    for text, match in (
        ('[{"a":1},{"a":', "cut short"), ('{"a":[{"x":1}],"b":[{"y":2}]}', "several lists: a, b"),
        ("[1,2,3]", "no records"), ('[{"a":1} {"a":2}]', "not valid JSON at line 1"),
    ):  # fmt: skip
        with pytest.raises(InputDataError, match=match):
            read(text_file(tmp_path / "a.json", text))


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({
            "enterprise_id": pa.array(["01", "02"]).dictionary_encode(),
            "year": pa.array([2020, None], pa.int32()), "date": pa.array([dt.date(2020, 1, 2), None]),
            "shape": pa.array([b"x", None]),
        }), path)  # fmt: skip
    table = read(path)
    assert table.frame.dtypes.astype(str).tolist()[:2] == ["str", "Int64"]
    assert table.frame.columns.tolist() == ["enterprise_id", "year", "date"]
    assert pd.api.types.is_datetime64_any_dtype(table.frame["date"])
    assert table.source_row.tolist() == [1, 2]
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputDataError, match="parquet cannot be read"):
        read(path)


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        ("a.html", "<table><tr><td rowspan=5000 colspan=5000>x</table>", "spans 5000 rows: a.html"),
        ("a.json", "[" * 50_000, "nested too deep"),
        ("a.csv", "宗地代码,坐落\n1,2,3\n1," + "x" * 200_000 + ",\n", "record 3 cannot be split.*: a.csv"),
    ],
)
def test_hostile_texts(tmp_path: Path, name: str, text: str, match: str) -> None:
    with pytest.raises(InputDataError, match=match):
        read(text_file(tmp_path / name, text))


def test_whole_numbers_too_large_stay_text(tmp_path: Path) -> None:
    table = read(text_file(tmp_path / "a.json", '[{"id":123456789012345678901},{"id":5}]'))
    assert table.frame["id"].tolist() == ["123456789012345678901", "5"]


def test_old_line_ends_and_wide_text_without_mark(tmp_path: Path) -> None:
    mac = read(text_file(tmp_path / "a.csv", "宗地代码,面积\r1,2\r3,4\r"))
    assert mac.frame["面积"].tolist() == [2, 4]
    wide = read(text_file(tmp_path / "b.txt", "宗地代码\t面积\n1\t2\n", "utf-16-le"))
    assert wide.frame["面积"].tolist() == [2]


def test_header_only_and_sheet_of_a_text(tmp_path: Path) -> None:
    path = text_file(tmp_path / "a.csv", "宗地代码,面积\n")
    table = read(path)
    assert table.rows_in == 0
    assert kinds(table) == ["table_without_rows"]
    with pytest.raises(InputDataError, match="without sheets"):
        read(path, sheet="宗地")


# ---- header and shifts


def test_header_without_known_words() -> None:
    rows = [["Report of 2020", None, None], [None, None, None], ["id", "name", 2018.0], [1, "x", 5]]
    assert find_header(rows).names == ("id", "name", "2018")
    assert find_header(rows).after == 3


def test_first_record_is_not_taken_for_a_second_header_row() -> None:
    rows = [["名称", "地址", ""], ["甲公司", "甲路", "x"], ["乙公司", "乙路", "y"]]
    assert find_header(rows).after == 1


def test_unique_names_do_not_collide() -> None:
    assert unique_names(["X", "X.2", "X", "X"]) == ("X", "X.2", "X.3", "X.4")


@given(st.lists(st.sampled_from(["X", "X.2", "X.3", "Y", ""]), max_size=10))
def test_unique_names_are_unique(names: list[str]) -> None:
    made = [name for name in unique_names(names) if name]
    assert len(set(made)) == len(made) == sum(bool(name) for name in names)


def test_shift_is_found_and_sound_tables_are_left_alone() -> None:
    count = 8
    sound = pd.DataFrame({
        "土地面积": ["1.5"] * count, "土地用途": ["工业用地"] * count, "到期时间": ["2021/9/1"] * count,
        "年租金额": ["0.45"] * count, "备注": [""] * count,
    })  # fmt: skip
    assert shifted_columns(sound) is None
    left = sound.copy()
    left.iloc[:, :-1] = np.asarray(sound.iloc[:, 1:])
    left["备注"] = ""
    assert shifted_columns(left) == ("土地面积", -1)
    right = sound.copy()
    right.iloc[:, 1:] = np.asarray(sound.iloc[:, :-1])
    right["土地面积"] = "甲路"
    assert shifted_columns(right) == ("土地面积", 1)
    assert shifted_columns(left.head(3)) is None


# ---- real samples


def market(shared_data: Path, pattern: str) -> dict[str, RawTable]:
    return {path.name: read(path) for path in sorted((shared_data / "land_market").glob(pattern))}


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("landchina_2005H1/*.xls", 16_193), ("landchina_2007/*.xls", 157),
        ("landchina_2016/supply*.xls", 323), ("landchina_2016/land_transfer*.xls", 395),
        ("landchina_2016/land_mortgage*.xls", 82), ("landchina_2018_gbk/output.json", 241),
        ("landchina_2019_06/jieguo*.txt", 30), ("landchina_2019_06/concat*.txt", 88),
        ("landchina_beijing_2019H1/*.xlsx", 189),
    ],
)  # fmt: skip
def test_land_market_rows(shared_data: Path, pattern: str, count: int) -> None:
    tables = market(shared_data, pattern)
    assert sum(len(table.frame) for table in tables.values()) == count
    assert sum(table.rows_in for table in tables.values()) == count
    for table in tables.values():
        assert table.frame.columns.is_unique
        assert "columns_shifted" not in set(table.problems["kind"])


def test_land_market_contents(shared_data: Path) -> None:
    tables = market(shared_data, "landchina_2005H1/*.xls")
    whole = pd.concat([table.frame for table in tables.values()], ignore_index=True)
    assert whole.shape[1] == 25
    uses = whole["土地用途:"].value_counts()
    assert (uses["工矿仓储用地"], uses["工业用地"]) == (4_041, 434)
    supply = market(shared_data, "landchina_2016/supply*.xls")["supply_results_2016.xls"]
    assert {"土地用途", "土地用途.2"} <= set(supply.frame.columns)
    assert supply.source_row.tolist() == list(range(2, 325))


def test_shifted_lease_sheet(shared_data: Path) -> None:
    tables = market(shared_data, "landchina_lease*/*.xls")
    a, b = tables["lease_a.xls"], tables["lease_b.xls"]
    assert (a.rows_in, b.rows_in) == (28, 24)
    assert a.frame.columns.tolist()[-1] == "土地使用权证号"
    shifted = a.problems[a.problems["kind"].eq("columns_shifted")]
    assert shifted["field"].tolist()[0] == "土地面积"
    assert shifted["scope"].eq("field").all()
    assert "columns_shifted" not in set(b.problems["kind"])


def test_brownfield_register_is_a_workbook(shared_data: Path) -> None:
    table = read(shared_data / "brownfield" / "brownfield_register_2024.csv", header_words=())
    assert len(table.frame) == table.rows_in == 218
    assert pd.to_numeric(table.frame["Hectares"]).sum() == pytest.approx(214.8, abs=0.1)
