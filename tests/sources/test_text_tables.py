"""Tables as text: encodings, delimiters, quotes, rows of the wrong length."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.errors import InputDataError
from landtool.sources.delimited import scan_records, sniff_delimiter
from landtool.sources.tidy import typed
from tests.sources.table_files import kinds, read, text_file


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
