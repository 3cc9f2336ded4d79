"""Any value written in any usual spelling is read back; no row is ever lost."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.schema import LAYERS
from landtool.schema.cells import parse_dates, parse_numbers
from landtool.schema.conform import conform, drop_duplicates, unique_keys
from landtool.schema.validate import validate_layer
from landtool.sources.raw import RawTable

FULL_WIDTH = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")
SPELL_DATE = (
    lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: f"{day.year}年{day.month:02d}月{day.day:02d}日",
    lambda day: f"{day.year}/{day.month}/{day.day}",
    lambda day: f"{day.year}.{day.month:02d}.{day.day:02d}",
    lambda day: day.isoformat(),
    lambda day: day.strftime("%Y%m%d"),
    lambda day: f"{day} 00:00:00",
    lambda day: f"　{day.year}-{day.month}-{day.day}\xa0",
    lambda day: str((day - dt.date(1899, 12, 30)).days),
    lambda day: day,
    lambda day: pd.Timestamp(day),
)
SPELL_NUMBER = (
    lambda x: repr(x),
    lambda x: x,
    lambda x: f"{x:,.4f}",
    lambda x: f" {x:.4f}　",
    lambda x: f"约{x:.4f}",
    lambda x: f"{x:.4f}左右",
    lambda x: f"{x:.4f}".translate(FULL_WIDTH),
    lambda x: f"{x:.4f}元",
    lambda x: f"{x / 1e4:.8f}万元",
)
DAYS = st.dates(dt.date(1955, 1, 1), dt.date(2110, 12, 31))
SPELLINGS = st.lists(st.tuples(DAYS, st.sampled_from(SPELL_DATE)), min_size=1, max_size=20)
QUANTITIES = st.floats(0, 1e9, allow_nan=False).map(lambda x: round(x, 4))


@given(SPELLINGS)
def test_dates_are_read_back(cells):
    column = pd.Series([spell(day) for day, spell in cells], dtype="object")
    parsed = parse_dates(column)
    assert parsed.values.dt.date.tolist() == [day for day, _ in cells]
    assert parsed.issues == ()


@given(st.lists(st.tuples(QUANTITIES, st.sampled_from(SPELL_NUMBER)), min_size=1, max_size=20))
def test_numbers_are_read_back(cells):
    column = pd.Series([spell(number) for number, spell in cells], dtype="object")
    parsed = parse_numbers(column, "cny")
    assert parsed.values.tolist() == pytest.approx([number for number, _ in cells], rel=1e-9, abs=1e-3)
    assert not parsed.unread.any()


@given(st.integers(0, 9999), st.integers(0, 99), st.integers(0, 99))
def test_a_day_is_read_exactly_if_the_calendar_has_it(year, month, day):
    parsed = parse_dates(pd.Series([f"{year:04d}-{month:02d}-{day:02d}"]))
    try:
        real = dt.date(year, month, day)
    except ValueError:
        real = None
    value = parsed.values.iloc[0]
    if real is not None and dt.date(1901, 1, 3) <= real < dt.date(2200, 1, 1):
        assert value == pd.Timestamp(real)
    else:
        assert pd.isna(value)
        assert len(parsed.issues) == 1


@given(
    st.lists(st.one_of(st.text(max_size=8), st.none(), st.integers(), st.floats(), st.dates()), max_size=15)
)
def test_any_cell_is_a_value_a_blank_or_unread(cells):
    column = pd.Series(cells, dtype="object")
    for parse in (parse_dates, parse_numbers):
        parsed = parse(column)
        assert len(parsed.values) == len(cells)
        assert not (parsed.unread & parsed.values.notna().to_numpy()).any()
        reported = np.zeros(len(cells), dtype=bool)
        for issue in parsed.issues:
            reported |= issue.rows
        assert not (parsed.unread & ~reported).any()


MESSY = st.one_of(
    st.sampled_from(["", None, "\xa0", "Nah", "A1", "A2", "0", "-1", "2021-02-30", "2021年3月5日", "划拨",
                    "赠与",
                     "1900-01-01", "12万元", "5.0E+17", "不详"]),
    st.text(max_size=5), st.integers(-5, 100_000), st.floats(-10, 1e6),
)  # fmt: skip
HEADERS = ["电子监管号", "面积(公顷)", "成交价格(万元)", "供地方式", "实际开工时间", "备注"]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.lists(MESSY, min_size=len(HEADERS), max_size=len(HEADERS)), max_size=12), st.integers(0, 12)
)
def test_no_row_is_lost(rows, cut):
    """Rows in = accepted + problems of scope row, through duplicates, conforming and joining."""
    layer = LAYERS["contracts"]
    parts = [rows[:cut], rows[cut:]]
    raws = [RawTable(pd.DataFrame(part, columns=pd.Index(HEADERS), dtype="object"), f"{name}.xls",
                     pd.Series(range(2, len(part) + 2), dtype="Int64"))
            for name, part in zip("ab", parts, strict=True)]  # fmt: skip
    kept, repeated = drop_duplicates(raws)
    made = [conform(one.frame, layer, source=one.source, source_row=one.source_row) for one in kept]
    frame, clashes = unique_keys(pd.concat([one.frame for one in made], ignore_index=True), layer)
    aside = [repeated, *(one.problems for one in made), clashes]
    lost = sum(int((table["scope"] == "row").sum()) for table in aside)
    assert len(rows) == len(frame) + lost
    assert frame["contract_id"].is_unique
    assert frame["contract_id"].notna().all()
    places = pd.concat([table.loc[table["scope"] == "row", ["source", "source_row"]] for table in aside]
                       + [frame[["source", "source_row"]]])  # fmt: skip
    assert not places.duplicated().any()
    assert validate_layer(frame, layer).empty
