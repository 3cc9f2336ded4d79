"""Full years and days that do not count, against a counter of single days."""

from __future__ import annotations

import datetime as dt
import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landtool.errors import InputDataError
from landtool.indicators.full_years import (
    anniversary,
    full_years_by,
    net_anniversary,
    unite_intervals,
)

_PATH = Path(__file__).resolve().parents[1] / "oracles" / "idle.py"
_SPEC = importlib.util.spec_from_file_location("oracle_idle", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

DAYS = st.dates(dt.date(2018, 1, 1), dt.date(2024, 12, 31))
CAUSES = st.lists(
    st.tuples(DAYS, st.one_of(st.none(), st.integers(0, 500))).map(
        lambda pair: {"from_date": pair[0],
                      "to_date": None if pair[1] is None else pair[0] + pair[1] * oracle.DAY}),
    max_size=5)  # fmt: skip


def one(day: str) -> np.ndarray:
    return np.array([day], "datetime64[D]")


@pytest.mark.parametrize(("start", "years", "expected"), [
    ("2020-02-29", 1, "2021-02-28"), ("2020-02-29", 4, "2024-02-29"),
    ("2019-02-28", 1, "2020-02-28"), ("2021-12-31", 2, "2023-12-31"),
    ("2021-08-31", 0.5, "2022-02-28"), ("1969-03-01", 1, "1970-03-01"),
])  # fmt: skip
def test_anniversary_is_the_same_calendar_day(start, years, expected):
    assert anniversary(one(start), years)[0] == np.datetime64(expected)


@given(st.lists(st.one_of(st.none(), st.dates(dt.date(1950, 1, 1), dt.date(2060, 12, 31))), max_size=30),
       st.integers(0, 1200))  # fmt: skip
def test_a_column_of_dates_is_dated_as_each_of_them_is_alone(days, months):
    column = np.array(days, "datetime64[D]")
    for dates in (column, np.resize(column, len(column) * 2_000)):  # as few as can be, and more than their days
        made = anniversary(dates, months / 12)
        alone = [anniversary(day, months / 12) for day in column]
        assert made[: len(column)].astype("int64").tolist() == [day.astype("int64") for day in alone]
        assert np.array_equal(made, np.resize(made[: len(column)], len(made)), equal_nan=True)


def test_series_keep_index_and_nulls():
    dates = pd.Series(pd.to_datetime(["2020-02-29", None]), index=["a", "b"], name="d")
    made = anniversary(dates, 1)
    assert made.index.tolist() == ["a", "b"]
    assert made["a"] == pd.Timestamp("2021-02-28")
    assert pd.isna(made["b"])
    assert dates["a"] == pd.Timestamp("2020-02-29")


def test_years_that_are_no_whole_months_are_refused():
    with pytest.raises(InputDataError, match="months"):
        anniversary(one("2020-01-01"), 0.3)


@given(DAYS, DAYS)
def test_full_years_by_counts_anniversaries(start, day):
    counted = 0
    while oracle.anniversary(start, counted + 1) <= day:
        counted += 1
    made = full_years_by(pd.Series([pd.Timestamp(start)]), day)
    assert made.tolist() == [counted]


@given(st.lists(st.tuples(DAYS, CAUSES), min_size=1, max_size=4), DAYS, st.integers(1, 2))
@settings(max_examples=200, deadline=None)
def test_net_anniversary_equals_counting_single_days(contracts, as_of, years):
    start = np.array([day for day, _ in contracts], "datetime64[D]")
    rows = [(at, cause) for at, (_, causes) in enumerate(contracts) for cause in causes]
    united = unite_intervals([at for at, _ in rows], [c["from_date"] for _, c in rows],
                             [c["to_date"] for _, c in rows], last_day=as_of)
    clipped = united.clip(start, as_of)
    made = net_anniversary(start, years, clipped)
    days = clipped.days(len(start))
    for at, (day, causes) in enumerate(contracts):
        assert made[at] == np.datetime64(oracle.full_day(day, years, causes, as_of))
        assert days[at] == len(oracle.cause_days(day, causes, as_of))


@given(st.lists(st.tuples(st.integers(0, 2), DAYS, st.integers(0, 300)), max_size=12))
def test_united_periods_are_disjoint_sorted_and_cover_the_same_days(rows):
    last = dt.date(2026, 1, 1)
    made = unite_intervals([r[0] for r in rows], [r[1] for r in rows],
                           [r[1] + r[2] * oracle.DAY for r in rows], last_day=last)
    for owner in range(3):
        mine = made.owner == owner
        begin, end = made.from_day[mine], made.to_day[mine]
        assert (begin[1:] > end[:-1]).all()
        assert made.rank[mine].tolist() == list(range(mine.sum()))
        causes = [{"from_date": r[1], "to_date": r[1] + r[2] * oracle.DAY}
                  for r in rows if r[0] == owner]
        assert made.days(3)[owner] == len(oracle.cause_days(dt.date(2000, 1, 1), causes, last))


def test_no_periods_and_no_start():
    empty = unite_intervals([], [], [], last_day="2024-01-01")
    start = np.array(["2020-01-01", "NaT"], "datetime64[D]")
    made = net_anniversary(start, 1, empty.clip(start, "2024-01-01"))
    assert made[0] == np.datetime64("2021-01-01")
    assert np.isnat(made[1])
    off = unite_intervals([1], ["2020-01-01"], ["2020-02-01"], last_day="2024-01-01")
    assert np.isnat(net_anniversary(start, 1, off.clip(start, "2024-01-01"))[1])
    assert off.clip(start, "2024-01-01").days(2).tolist() == [0, 0]
