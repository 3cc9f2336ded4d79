from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landtool.cases import Office, load_office
from landtool.cases.office import same_name
from landtool.errors import InputDataError

D = dt.date


@pytest.mark.parametrize(("start", "days", "end"), [
    (D(2026, 1, 5), 30, D(2026, 2, 4)),  # a Wednesday
    (D(2026, 1, 1), 30, D(2026, 2, 2)),  # 31 January is a Saturday: Monday
    (D(2026, 1, 16), 30, D(2026, 2, 24)),  # 15 February is a Sunday, then the Spring Festival
])  # fmt: skip
def test_deadline_ends_on_a_working_day(start, days, end):
    festival = frozenset(D(2026, 2, day) for day in range(15, 24))
    assert Office(holidays=festival).deadline(start, days) == end


def test_a_worked_weekend_is_a_working_day_and_the_switch_leaves_the_day_as_it_falls():
    saturday = D(2026, 2, 14)
    assert Office(working_weekends=frozenset({saturday})).deadline(D(2026, 1, 15), 30) == saturday
    assert Office(next_working_day=False).deadline(D(2026, 1, 15), 30) == saturday
    assert Office().deadline(D(2026, 1, 15), 30) == D(2026, 2, 16)


@given(st.dates(D(2000, 1, 1), D(2100, 1, 1)), st.integers(0, 60), st.frozensets(st.dates(D(2026, 1, 1), D(2026, 3, 1))))
def test_working_days_are_counted_one_by_one(start, days, holidays):
    """Oracle: walk over the calendar and cross off working days."""
    office = Office(holidays=holidays)
    end = office.deadline(start, days, working=True)
    between = [start + dt.timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert sum(office.is_working(one) for one in between) == days
    assert not days or office.is_working(end)


def test_a_calendar_that_never_opens_is_refused():
    off = frozenset(D(2026, 1, 1) + dt.timedelta(days=n) for n in range(1000))
    with pytest.raises(InputDataError, match="no working day"):
        Office(holidays=off).deadline(D(2026, 1, 1), 30)


def test_roles_by_file(tmp_path):
    assert load_office(tmp_path).has_role("anybody", "reviewer")
    (tmp_path / "cases.yml").write_text(
        "officers: [李明]\nreviewers: [王芳]\nholidays: [2026-01-01]\nrequire_verified: true\n", encoding="utf-8")
    office = load_office(tmp_path)
    assert office.has_role(" 李明 ", "officer")
    assert not office.has_role("李明", "reviewer")
    assert not office.is_working(D(2026, 1, 1))
    assert office.require_verified


@pytest.mark.parametrize(("text", "said"), [
    ("officer: [A]", "officers"), ("officers: A", "valid list"), ("holidays: [tomorrow]", "holidays"),
    ("a: [", "mend the YAML"),
])  # fmt: skip
def test_a_wrong_file_is_refused_with_the_key(tmp_path, text, said):
    (tmp_path / "cases.yml").write_text(text, encoding="utf-8")
    with pytest.raises(InputDataError, match=said):
        load_office(tmp_path)


@pytest.mark.parametrize("other", ["LI HUA", " li  hua ", "ｌｉ hua"])
def test_one_person_is_one_name(other):
    assert same_name(other) == same_name("Li Hua")
