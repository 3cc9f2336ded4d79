"""Deadlines as a calendar and as tables: stable names, escaped text, cells that are no formulas."""

from __future__ import annotations

import csv
import datetime as dt
import json

import openpyxl
import pandas as pd
import pytest
from icalendar import Calendar

import landtool as lt
from landtool import cli
from landtool.errors import InputDataError

HOSTILE = "=1+1,甲;\r\nBEGIN:VEVENT\r\nSUMMARY:x"
SHEET = """contract_id,parcel_id,holder,kind,signed_date,agreed_start_date,actual_start_date,agreed_completion_date,\
actual_completion_date,expiry_date,term_years,annual_rent_cny
C1,P1,甲,grant,2025-01-02,2025-03-01,,2026-06-30,,,50,
C2,P2,乙,lease,2016-04-01,2016-08-01,2016-07-01,2017-08-01,2017-07-01,2026-03-31,10,100000
C3,P3,丙,lease,2016-04-01,2016-08-01,2016-07-01,2017-08-01,2017-07-01,,10,100000
C4,P4,丁,grant,2024-01-02,2024-05-01,,2025-06-30,,,50,
C5,P5,戊,lease,2016-04-01,2016-08-01,2016-07-01,2017-08-01,2017-07-01,,5,100000
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("calendar")
    (place / "contracts.csv").write_text(SHEET, encoding="utf-8")
    (place / "landtool.yaml").write_text(
        "name: 日历\npolicy: national\nas_of: 2025-12-31\nlayers:\n  contracts: {path: contracts.csv}\n",
        encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def result(folder):
    return lt.assess(lt.open_workspace(folder))


@pytest.fixture
def hostile(result):
    rows = lt.calendar(result)
    return rows.assign(holder=HOSTILE, subject_id="@P1", message_zh=rows["message_zh"] + HOSTILE)


def test_each_kind_stands_on_its_day(result):
    rows = lt.calendar(result)
    found = {(row.contract_id, row.kind): row.date.date().isoformat() for row in rows.itertuples()}
    assert found == {
        ("C1", "turns_idle"): "2026-03-01", ("C1", "completion_due"): "2026-06-30",
        ("C2", "contract_ends"): "2026-03-31", ("C3", "contract_ends"): "2026-03-31",
        ("C4", "turns_idle_2y"): "2026-05-01"}  # fmt: skip
    texts = rows.set_index(["contract_id", "kind"])["message_zh"]
    assert "登记的到期日期" in texts["C2", "contract_ends"]
    assert "自签订起算" in texts["C3", "contract_ends"]
    assert (rows["clause"].str.len() > 3).all()
    assert rows["holder"].notna().all()


def test_months_count_from_the_day_of_the_assessment(result):
    assert set(lt.calendar(result, months=3)["contract_id"]) == {"C1", "C2", "C3"}
    assert len(lt.calendar(result, months=2)) == 0
    with pytest.raises(InputDataError, match="one month"):
        lt.calendar(result, months=0)


def test_a_term_that_ran_out_without_an_expiry_date_is_a_data_finding(result):
    stage = result.contracts.set_index("contract_id")["lifecycle_stage"].to_dict()
    assert (stage["C5"], stage["C2"], stage["C3"]) == ("expired", "expiring", "expiring")
    found = result.findings[result.findings["rule_id"] == "data.ended_by_term"]
    assert found["subject_id"].tolist() == ["P5"]
    # The duties of the contract are judged on until somebody records that it ended.
    assert result.contracts.set_index("contract_id").loc["C5", "standing"] == "in_force"


def entries(path):
    return list(Calendar.from_ical(path.read_bytes()).walk("VEVENT"))


def test_calendar_is_read_back(result, tmp_path):
    rows = lt.calendar(result)
    path = lt.write_calendar(rows, tmp_path / "a.ics", as_of="2025-12-31")
    found = entries(path)
    assert [entry["dtstart"].dt for entry in found] == [day.date() for day in rows["date"]]
    for entry, message in zip(found, rows["message_zh"], strict=True):
        assert entry["dtend"].dt - entry["dtstart"].dt == dt.timedelta(days=1)
        assert entry["dtstamp"].dt == dt.datetime(2025, 12, 31, tzinfo=dt.UTC)
        assert message in entry["description"]
        assert "以主管部门认定为准" in entry["description"]
    assert all(len(line) <= 75 for line in path.read_bytes().split(b"\r\n"))


def test_an_entry_keeps_its_name_when_its_day_moves(result, folder, tmp_path):
    moved = tmp_path / "later"
    moved.mkdir()
    (moved / "contracts.csv").write_text(SHEET.replace("2026-06-30", "2026-07-31"), encoding="utf-8")
    (moved / "landtool.yaml").write_text((folder / "landtool.yaml").read_text(encoding="utf-8").replace(
        "2025-12-31", "2026-01-31"), encoding="utf-8")
    later = lt.assess(lt.open_workspace(moved))
    names = {}
    for label, one in (("now", result), ("then", later)):
        path = lt.write_calendar(lt.calendar(one), tmp_path / f"{label}.ics", as_of=one.summary["as_of"])
        names[label] = {str(entry["uid"]): entry for entry in entries(path)}
    assert names["now"].keys() == names["then"].keys()
    days = [names[label][name]["dtstart"].dt for label in names for name in names[label]
            if "约定竣工" in names[label][name]["summary"]]
    assert days == [dt.date(2026, 6, 30), dt.date(2026, 7, 31)]
    assert all(names["then"][name]["sequence"] > names["now"][name]["sequence"] for name in names["now"])


def test_the_same_assessment_gives_the_same_file(result, tmp_path):
    rows = lt.calendar(result)
    for suffix in (".ics", ".csv", ".xlsx"):
        made = [lt.write_calendar(rows, tmp_path / f"{n}{suffix}", as_of="2025-12-31").read_bytes()
                for n in "ab"]
        assert made[0] == made[1], suffix


def test_text_from_the_data_is_neither_formula_nor_entry(hostile, tmp_path):
    found = entries(lt.write_calendar(hostile, tmp_path / "x.ics", as_of="2025-12-31"))
    assert len(found) == len(hostile)
    assert all(str(entry["summary"]).endswith("@P1") for entry in found)
    book = openpyxl.load_workbook(lt.write_calendar(hostile, tmp_path / "x.xlsx", as_of="2025-12-31"))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n"}
    path = lt.write_calendar(hostile, tmp_path / "x.csv", as_of="2025-12-31")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert "'=1+1" in path.read_text(encoding="utf-8-sig")


def test_an_unknown_form_is_refused_before_the_work(folder, capsys):
    with pytest.raises(InputDataError, match=r"\.ics"):
        lt.write_calendar(pd.DataFrame(), "x.docx", as_of="2025-12-31")
    assert cli.main(["calendar", str(folder), "-o", "x.docx"]) == 2
    assert ".ics" in capsys.readouterr().err


def test_on_the_command_line(folder, tmp_path, capsys):
    out = tmp_path / "d.ics"
    assert cli.main(["calendar", str(folder), "--months", "3", "-o", str(out)]) == 0
    printed = capsys.readouterr().out
    for word in ("期限日历", "转为疑似闲置", "2026-03-01", "合同到期", "以主管部门认定为准"):
        assert word in printed
    assert len(entries(out)) == 3
    assert cli.main(["calendar", str(folder), "--json", "--language", "en"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert {row["kind"] for row in content["deadlines"]} >= {"turns_idle", "contract_ends"}
    assert cli.main(["calendar", str(folder), "--as-of", "2090-01-01", "--months", "1"]) == 0
    assert "没有期限" in capsys.readouterr().out


def test_without_contracts_there_is_no_calendar(result):
    from dataclasses import replace

    with pytest.raises(InputDataError, match="contracts"):
        lt.calendar(replace(result, deadlines=None))
