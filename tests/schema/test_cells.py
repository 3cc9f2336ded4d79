"""Cells as bureaus write them, to canonical types."""

from __future__ import annotations

import datetime as dt
import time

import numpy as np
import pandas as pd
import pytest

from landtool.schema import LAYERS
from landtool.schema.cells import (
    parse_booleans,
    parse_cells,
    parse_choices,
    parse_codes,
    parse_dates,
    parse_lists,
    parse_numbers,
    parse_text,
)

CONTRACTS = LAYERS["contracts"]


def kinds(parsed) -> dict[str, list[bool]]:
    return {issue.kind: issue.rows.tolist() for issue in parsed.issues}


def one_date(cell: object) -> tuple[str | None, str, bool]:
    parsed = parse_dates(pd.Series([cell], dtype="object"))
    value = parsed.values.iloc[0]
    kind = parsed.issues[0].kind if parsed.issues else ""
    return (None if pd.isna(value) else value.strftime("%Y-%m-%d")), kind, bool(parsed.unread[0])


@pytest.mark.parametrize("cell", [
    "2021年3月5日", "2021年03月05日", "2021/3/5", "2021-03-05", "2021.3.5", "2021.03.05", "20210305",
    "２０２１年３月５日", " 2021年3月5日　", "2021年3月5号", "2021-03-05 00:00:00", "2021/3/5 9:25:05",
    "2021-03-05T08:30:00", "2021-03-05T08:30:00.000Z", "2021年03月05日09时00分", "20210305000000",
    "44260", "44260.0", 44260, 44260.5, 20210305, 20210305.0, dt.date(2021, 3, 5),
    dt.datetime(2021, 3, 5, 23, 59), pd.Timestamp("2021-03-05"), np.datetime64("2021-03-05"),
])  # fmt: skip
def test_spellings_of_one_day(cell):
    assert one_date(cell) == ("2021-03-05", "", False)


@pytest.mark.parametrize("cell", ["2021年3月", "2021.03", "2021-3", "2021/03", "202103", "2021年3月份"])
def test_a_month_is_its_first_day_and_noted(cell):
    assert one_date(cell) == ("2021-03-01", "date_month_only", False)


@pytest.mark.parametrize("cell", [
    "1900-01-01", "1901-01-02", "1901年01月02日", "0001-01-01", "1899-12-30", "0000-00-00", "1900/1/1",
    "9999-12-31", "0", "00000000", "19000101", dt.datetime(1900, 1, 1), "1900-00-00",
])  # fmt: skip
def test_placeholders_are_known_to_be_empty(cell):
    assert one_date(cell) == (None, "placeholder_date", False)


@pytest.mark.parametrize(("cell", "kind"), [
    ("2021-02-30", "date_unreadable"), ("2021-13-01", "date_unreadable"),
    ("2021年2月31日", "date_unreadable"),
    ("2021-02-00", "date_unreadable"), ("3/5/2021", "date_unreadable"), ("已开工", "date_unreadable"),
    ("1202-05-06", "date_unreadable"), ("2205-05-06", "date_unreadable"), ("210305", "date_unreadable"),
    ("2021", "date_year_only"), ("2021年", "date_year_only"), (2021, "date_year_only"),
    ("不详", "stated_unknown"), ("待定", "stated_unknown"),
])  # fmt: skip
def test_unread_dates_are_never_taken_for_empty(cell, kind):
    assert one_date(cell) == (None, kind, True)


@pytest.mark.parametrize("cell", [
    None, np.nan, pd.NaT, "", " ", "\xa0", "\u3000", "Nah", "nah", "--", "—", "-", "无", "/", "NULL", "nan",
    "<Null>", "N/A", "None",
])  # fmt: skip
def test_blanks_say_nothing(cell):
    column = pd.Series([cell], dtype="object")
    for parse in (parse_dates, parse_numbers, parse_codes, parse_text):
        parsed = parse(column)
        assert parsed.values.isna().all()
        assert not parsed.unread.any()
        assert parsed.issues == ()


def test_leap_days():
    parsed = parse_dates(pd.Series(["2020-02-29", "2021-02-29", "2000-02-29", "2100-02-29"]))
    assert parsed.unread.tolist() == [False, True, False, True]


def test_months_read_as_decimals_have_lost_their_zero():
    beside_padded = parse_dates(pd.Series([2003.03, 2010.1, 2011.12]))
    assert beside_padded.values.dt.month.tolist() == [3, 10, 12]
    beside_unpadded = parse_dates(pd.Series([2003.3, 2010.1]))
    assert beside_unpadded.values.dt.month.tolist() == [3, 1]
    alone = parse_dates(pd.Series([2010.1, 2011.11]))
    assert alone.unread.tolist() == [True, False]


def test_typed_dates_pass_through_untouched():
    column = pd.Series(pd.to_datetime(["2021-03-05", None]))
    parsed = parse_dates(column)
    assert parsed.values is column
    assert parsed.issues == ()


def test_typed_dates_lose_time_zone_and_placeholders():
    column = pd.Series(pd.to_datetime(["2021-03-04T20:00:00Z", "1900-01-01T00:00:00Z", None]))
    parsed = parse_dates(column)
    assert parsed.values.tolist()[0] == pd.Timestamp("2021-03-05")
    assert kinds(parsed) == {"placeholder_date": [False, True, False]}
    assert pd.isna(parsed.values.iloc[1])


def test_arrow_dates():
    column = pd.Series(["2021-03-05", None], dtype="date32[pyarrow]")
    assert parse_dates(column).values.tolist()[0] == pd.Timestamp("2021-03-05")


@pytest.mark.parametrize(("cell", "unit", "value"), [
    ("1200.5", "", 1200.5), ("1,200.5", "", 1200.5), ("１２００．５", "", 1200.5), (" 12 ", "", 12.0),
    ("-3", "", -3.0), ("1e3", "", 1000.0), (".5", "", 0.5), (7, "", 7.0), (7.5, "", 7.5),
    ("约30", "", 30.0), ("大约 30", "", 30.0), ("30左右", "", 30.0), ("≈30", "", 30.0),
    ("12万元", "cny", 120_000.0), ("1.2亿元", "cny", 1.2e8), ("￥12", "cny", 12.0),
    ("12万元人民币", "cny", 120_000.0),
    ("3公顷", "m2", 30_000.0), ("3亩", "m2", 2000.0), ("42330平方米", "m2", 42330.0), ("5 ㎡", "m2", 5.0),
    ("300万元/亩", "cny_m2", 4500.0), ("30%", "pct", 30.0), ("120%", "ratio", 1.2),
    ("50年", "years", 50.0), ("七十年", "years", 70.0), ("十五等级", "", 15.0), ("三等", "", 3.0),
    ("6个月", "years", None),
    ("6月", "years", 0.5), ("120人", "count", 120.0),
])  # fmt: skip
def test_numbers(cell, unit, value):
    parsed = parse_numbers(pd.Series([cell], dtype="object"), unit)
    if value is None:
        assert kinds(parsed) == {"number_unreadable": [True]}
    else:
        assert parsed.values.tolist() == [pytest.approx(value)]
        assert not parsed.unread.any()


@pytest.mark.parametrize("cell", ["abc", "1,2", "1-2", "70/40", "商业40年住宅70年", "≥1.0", "inf", "12美元"])
def test_numbers_that_are_none(cell):
    parsed = parse_numbers(pd.Series([cell]), "cny")
    assert parsed.values.isna().all()
    assert kinds(parsed) == {"number_unreadable": [True]}


def test_a_cell_with_its_own_unit_overrules_the_header():
    parsed = parse_numbers(pd.Series(["12万元", "3"]), "cny", 1e8)
    assert parsed.values.tolist() == [120_000.0, 3e8]


def test_an_unknown_unit_leaves_plain_numbers_unread():
    parsed = parse_numbers(pd.Series(["12", "3亩", None]), "m2", None)
    assert parsed.values.isna().tolist() == [True, False, True]
    assert kinds(parsed)["unit_unknown"] == [True, False, False]
    typed = parse_numbers(pd.Series([12.0, np.nan]), "m2", None)
    assert typed.unread.tolist() == [True, False]


def test_typed_numbers_pass_through_untouched():
    column = pd.Series([1.5, np.nan])
    assert parse_numbers(column, "m2").values is column


def test_integers():
    parsed = parse_numbers(pd.Series(["2020", "2020年", "7.5", None, "2021.0"]), integer=True)
    assert str(parsed.values.dtype) == "Int64"
    assert parsed.values.tolist() == [2020, 2020, pd.NA, pd.NA, 2021]
    assert kinds(parsed) == {"number_not_integer": [False, False, True, False, False]}


def test_bounds():
    far = parse_cells(pd.Series(["1.2", "-1", "99"]), CONTRACTS.field("far_max"))
    assert far.values.isna().tolist() == [False, True, True]
    assert kinds(far) == {"out_of_range": [False, True, True]}
    area = parse_cells(pd.Series([0.0, -1.0, 2.0]), CONTRACTS.field("area_m2"))
    assert kinds(area) == {"area_not_positive": [True, True, False]}
    price = parse_cells(pd.Series([0.0]), CONTRACTS.field("price_cny"))
    assert price.values.tolist() == [0.0]


def test_zero_that_means_none_is_empty_and_known():
    far = parse_cells(pd.Series(["0.00", "1.0"]), CONTRACTS.field("far_min"), zero_is_none=True)
    assert far.values.isna().tolist() == [True, False]
    assert not far.unread.any()


def test_codes_keep_leading_zeros():
    parsed = parse_codes(pd.Series(["0601", "601.0", " Ｍ１ ", "5.00101E+17", "GY-3"]))
    assert parsed.values.tolist()[:3] == ["0601", "601", "M1"]
    assert kinds(parsed)["code_digits_lost"] == [False, False, False, True, False]


def test_a_code_that_looks_like_a_power_is_a_code():
    parsed = parse_codes(pd.Series(["1E5", "2e07", "A+B"]))
    assert parsed.values.tolist() == ["1E5", "2e07", "A+B"]
    assert parsed.issues == ()


def test_codes_from_numbers():
    floats = parse_codes(pd.Series([601.0, np.nan, 6.5, 2.0**60]))
    assert floats.values.tolist()[0] == "601"
    assert floats.values.isna().tolist() == [False, True, False, True]
    assert set(kinds(floats)) == {"code_digits_lost", "code_from_number"}
    whole = parse_codes(pd.Series([500101, None], dtype="Int64"))
    assert whole.values.tolist()[0] == "500101"
    assert whole.issues == ()


def test_yes_and_no():
    cells = ["是", "有", "Y", "１", "true", "√", "否", "无", "N", "0", "×", "", "也许", "不详", None]
    parsed = parse_booleans(pd.Series(cells))
    assert parsed.values.tolist() == [True] * 6 + [False] * 5 + [pd.NA] * 4
    assert parsed.unread.tolist() == [False] * 12 + [True, True, False]
    assert parse_booleans(pd.Series([True, None], dtype="boolean")).values.tolist() == [True, pd.NA]
    assert parse_booleans(pd.Series([1, 0])).values.tolist() == [True, False]


def test_choices():
    kind = CONTRACTS.field("kind")
    cells = ["挂牌出让", "划拨", "租赁", "先租后让", "作价出资（入股）", "grant", "Listing", "", "赠与"]
    parsed = parse_choices(pd.Series(cells), kind.choices)
    assert parsed.values.tolist()[:7] == [
        "grant",
        "allocation",
        "lease",
        "lease_then_grant",
        "equity",
        "grant",
        "grant",
    ]
    assert parsed.values.isna().tolist() == [False] * 7 + [True, True]
    assert kinds(parsed) == {"choice_unknown": [False] * 8 + [True]}
    cause = LAYERS["government_causes"].field("cause_code")
    assert parse_choices(pd.Series([1.0, 7.0, 9.0]), cause.choices).values.tolist()[:2] == ["1", "7"]


def test_lists():
    parsed = parse_lists(pd.Series(["装备制造、医药、材料", "26，27;28；29", "['a', 'b']", "无", None]))
    assert parsed.values.tolist() == [
        ["装备制造", "医药", "材料"],
        ["26", "27", "28", "29"],
        ["a", "b"],
        None,
        None,
    ]


def test_text_keeps_what_it_says():
    parsed = parse_text(pd.Series(["\t长沙县榔梨 \n", "\xa0", "Ａ公司"]))
    assert parsed.values.tolist()[0] == "长沙县榔梨"
    assert parsed.values.tolist()[2] == "Ａ公司"


@pytest.mark.parametrize("parse", [parse_dates, parse_numbers, parse_codes, parse_text, parse_booleans,
                                   parse_lists])  # fmt: skip
def test_inputs_are_not_changed_and_the_index_is_kept(parse):
    column = pd.Series(["2021-03-05", "x", None, "1"], index=[9, 3, 5, 5], dtype="object")
    before = column.copy()
    parsed = parse(column)
    pd.testing.assert_series_equal(column, before)
    assert parsed.values.index.equals(column.index)
    assert len(parsed.unread) == len(column)


def test_empty_columns():
    for parse in (parse_dates, parse_numbers, parse_codes, parse_text, parse_booleans, parse_lists):
        assert len(parse(pd.Series([], dtype="str")).values) == 0


def test_a_million_dates_are_quick():
    days = pd.Series(pd.date_range("1990-01-01", periods=11_000).strftime("%Y年%m月%d日"))
    column = days.sample(1_000_000, replace=True, random_state=1, ignore_index=True)
    start = time.perf_counter()
    parsed = parse_dates(column)
    spent = time.perf_counter() - start
    assert parsed.values.notna().all()
    assert spent < 5.0, f"{spent:.1f} s; about 0.1 s on an idle core"
