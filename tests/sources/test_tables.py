"""Tables of other kinds (HTML, JSON, Parquet), headers and shifted columns, and real samples."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landtool.errors import InputDataError
from landtool.sources.header import find_header, unique_names
from landtool.sources.raw import RawTable
from landtool.sources.tidy import shifted_columns
from tests.sources.table_files import kinds, read, text_file

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
