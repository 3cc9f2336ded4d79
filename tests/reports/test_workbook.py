"""The workbook read back: every sheet, units, words, links, and text that must stay text."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import shutil
import unicodedata
import zipfile
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pytest

import landtool as lt
from landtool import cli, messages
from landtool.cases import Actor, open_store
from landtool.cases.update import update_cases
from landtool.errors import OutputError
from landtool.policy import load_policy
from landtool.reports import workbook
from landtool.reports.results import FRAMES
from landtool.reports.sheet_rows import Fill, fill_rows
from landtool.reports.wording import heading
from landtool.reports.workbook import workbook_bytes, write_workbook

ZH = ["概况", "园区", "区县", "宗地", "合同", "闲置土地清单", "承诺履约", "总量平衡", "转移矩阵",
      "目标完成情况", "评估发现", "搁置数据", "政策数值"]  # fmt: skip


@pytest.fixture(scope="module")
def zh(town_result):
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(town_result, "zh")))


@pytest.fixture(scope="module")
def en(town_result):
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(town_result, "en")))


def column(page, title: str) -> list:
    heads = [cell.value for cell in page[1]]
    at = heads.index(title)
    return [row[at] for row in page.iter_rows(min_row=2, values_only=True)]


def only(result, *names: str):
    """The result with a few of its frames: a book of them is written and read in no time."""
    frames = set(FRAMES) - set(names)
    return replace(result, **dict.fromkeys(frames))


def test_every_sheet_has_its_rows_filter_and_frozen_heading(zh, town_result):
    assert set(ZH) <= set(zh.sheetnames)
    for name in zh.sheetnames[1:]:
        page = zh[name]
        assert page.freeze_panes == "B2", name
        assert page.auto_filter.ref == page.dimensions, name
    counts = {"园区": town_result.parks, "宗地": town_result.parcels, "合同": town_result.contracts,
              "评估发现": town_result.findings, "搁置数据": town_result.set_aside,
              "政策数值": town_result.policy_numbers, "转移矩阵": town_result.balance}  # fmt: skip
    for name, frame in counts.items():
        assert zh[name].max_row == len(frame) + 1, name


def test_headings_are_words_in_the_language_with_their_unit(zh, en):
    for book, alien in ((zh, re.compile(r"[a-z]{2,}_[a-z]")), (en, re.compile(r"[a-z]{2,}_[a-z]"))):
        for name in book.sheetnames[1:]:
            heads = [str(cell.value) for cell in book[name][1]]
            assert len(heads) == len(set(heads)) or name in {"宗地", "Parcels"}, (name, heads)
            assert not [head for head in heads if alien.search(head)], (name, heads)
    assert not [head.value for head in en["Parcels"][1] if re.search(r"[一-鿿]", re.sub("[亿万]元", "", head.value))]


def test_numbers_are_in_peoples_units_and_statuses_are_words(zh, town_result):
    parcels = town_result.parcels
    page = zh["宗地"]
    assert column(page, heading("parcel_id", "zh")) == parcels["parcel_id"].tolist()
    area = np.array(column(page, heading("area_m2", "zh")), dtype=float)
    np.testing.assert_allclose(area, parcels["area_m2"] / 1e4, rtol=1e-12)
    said = [messages.say(f"idle.status.{status}", "zh") for status in parcels["idle_status"]]
    assert column(page, heading("idle_status", "zh")) == said
    price = column(page, heading("price_cny", "zh"))
    expected = [None if pd.isna(value) else pytest.approx(value / 1e4) for value in parcels["price_cny"]]
    assert price == expected
    park = zh["园区"]
    np.testing.assert_allclose(
        np.array(column(park, heading("output_intensity_cny_m2", "zh")), dtype=float),
        town_result.parks["output_intensity_cny_m2"] / 100, rtol=1e-12)


def test_dates_are_dates(zh, town_result):
    cells = column(zh["宗地"], heading("signed_date", "zh"))
    expected = [None if pd.isna(day) else day.to_pydatetime() for day in town_result.parcels["signed_date"]]
    assert cells == expected


def test_the_idle_list_stands_by_gravity_and_leads_to_the_parcel(zh, town_result):
    page = zh["闲置土地清单"]
    said = column(page, heading("idle_status", "zh"))
    order = [messages.say(f"idle.status.{status}", "zh") for status in (
        "idle_2y", "idle_1y", "idle_government_cause", "idle_suspended", "at_risk", "not_assessable")]
    assert [order.index(word) for word in said] == sorted(order.index(word) for word in said)
    wanted = town_result.parcels["idle_status"].isin(
        ["idle_2y", "idle_1y", "idle_government_cause", "idle_suspended", "at_risk", "not_assessable"])
    assert sorted(column(page, heading("parcel_id", "zh"))) == sorted(
        town_result.parcels.loc[wanted, "parcel_id"])
    for row in (2, page.max_row):
        cell = page.cell(row, 1)
        sheet, place = re.fullmatch(r"'(.+)'!([A-Z]+\d+)", cell.hyperlink.location).groups()
        assert zh[sheet][place].value == cell.value
        # Beside a text of ten lines a link at the foot of its cell would be read with the next row.
        assert (cell.alignment.vertical, cell.font.underline) == ("top", "single")
    assert all(column(page, heading("message", "zh")))


def test_contents_lead_to_sheets_and_say_what_is_absent(zh):
    front = zh["概况"]
    links = {cell.value: cell.hyperlink.location for row in front for cell in row if cell.hyperlink}
    assert links["宗地"] == "'宗地'!A1"
    assert set(links) == set(zh.sheetnames[1:])
    texts = [cell.value for row in front.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert messages.say("workbook.suspected", "zh") in texts
    assert any("缺少字段" in text or "缺少图层" in text for text in texts)


def test_contracts_alone_make_a_workbook_and_its_text_stays_text(contracts_result):
    content = workbook_bytes(contracts_result)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert "宗地" not in book.sheetnames
    front = [cell.value for row in book[book.sheetnames[0]].iter_rows() for cell in row]
    assert messages.say("workbook.absent", contracts_result.language) in front
    page = book["合同"]
    at = [cell.value for cell in page[1]].index("土地使用权人") + 1
    cells = [page.cell(row, at) for row in (2, 3, 4)]
    assert [cell.value for cell in cells] == contracts_result.contracts["holder"].tolist()
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = "".join(parts.read(name).decode() for name in parts.namelist() if "worksheets/" in name)
    assert "<f>" not in sheets
    assert "TargetMode=\"External\"" not in sheets
    idle = book["闲置土地清单"]
    assert idle.cell(2, 1).value == "A1"


def test_the_same_assessment_gives_the_same_bytes(contracts_result):
    assert workbook_bytes(contracts_result) == workbook_bytes(contracts_result)


def test_a_table_too_long_for_one_sheet_goes_on_in_a_second(town_result, monkeypatch):
    monkeypatch.setattr(workbook, "ROWS_MOST", 120)
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(only(town_result, "parcels"), "zh")))
    parts = [name for name in book.sheetnames if name.startswith("宗地")]
    assert parts[:3] == ["宗地", "宗地 2", "宗地 3"]
    ids = [cell for name in parts for cell in column(book[name], heading("parcel_id", "zh"))]
    assert ids == town_result.parcels["parcel_id"].tolist()
    cell = book["闲置土地清单"].cell(2, 1)
    sheet, place = re.fullmatch(r"'(.+)'!([A-Z]+\d+)", cell.hyperlink.location).groups()
    assert book[sheet][place].value == cell.value


def test_more_links_than_excel_holds_are_not_written(town_result, monkeypatch):
    monkeypatch.setattr(workbook, "LINKS_MOST", 10)
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(only(town_result, "parcels"), "zh")))
    assert book["闲置土地清单"].cell(2, 1).hyperlink is None
    assert book["闲置土地清单"].cell(2, 1).value


def test_signs_that_xml_forbids_come_back_as_they_were(contracts_result):
    odd = ["a\x00b", "bell\x07", "_x0041_", "<&>\"'", "line\nfeed", " lead", "\ufffe", "末"]
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    page = book.add_worksheet("x")
    page.write_string(0, 0, "h")
    page.write_blank(1, 0, None, book.add_format({"num_format": "@"}))
    book.close()
    made = fill_rows(target.getvalue(), {0: Fill(pd.DataFrame({"h": odd}))})
    read = pd.read_excel(io.BytesIO(made), engine="calamine")["h"].tolist()
    assert [text.replace("_x0000_", "\x00").replace("_xFFFE_", "\ufffe") for text in read] == odd


def test_a_file_open_elsewhere_is_one_clear_line(contracts_result, tmp_path, monkeypatch):
    def refuse(self, target):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "report.xlsx"
    monkeypatch.setattr("pathlib.Path.replace", refuse)
    with pytest.raises(OutputError, match="close the file where it is open"):
        write_workbook(contracts_result, path)
    assert os.listdir(tmp_path) == []


def test_the_command_writes_it_and_links_the_map(contracts_result, tmp_path, capsys):
    out = lt.write_results(contracts_result, tmp_path / "out")
    (out / "map.html").write_text("<html></html>", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "r.xlsx"
    assert cli.main(["report", str(out), "-o", str(target), "--language", "en"]) == 0
    assert str(target) in capsys.readouterr().out
    book = openpyxl.load_workbook(target)
    links = [cell.hyperlink.target for row in book["Summary"] for cell in row if cell.hyperlink]
    assert "../out/map.html" in [str(link).replace("\\", "/") for link in links]
    assert cli.main(["report", str(out), "-o", str(tmp_path / "r.pdf")]) == 2
    assert "*.xlsx" in capsys.readouterr().err


@pytest.fixture(scope="module")
def cases(town_result, tmp_path_factory):
    """The worklist of the town, one case closed."""
    folder = tmp_path_factory.mktemp("cases")
    at = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
    with open_store(folder, load_policy("chongqing-2021", "2026-01-05")) as store:
        update_cases(store, town_result, Actor("李明"), at)
        first = store.rows(workflow="idle")[0]["case_id"]
        store.assign(first, Actor("王芳"), at, "=1+1")
        return store.rows()


def test_every_row_with_a_case_or_a_parcel_leads_there(town_result, cases):
    shown = only(town_result, "parcels", "contracts", "commitments")
    made = workbook_bytes(shown, "zh", map_link="map file.html", cases=cases, app="http://127.0.0.1:8501/")
    book = openpyxl.load_workbook(io.BytesIO(made))
    for name, workflow in (("闲置土地清单", "idle"), ("低效用地清单", "low_efficiency"), ("承诺履约", "commitment")):
        page = book[name]
        heads = [cell.value for cell in page[1]]
        numbers = {case["case_id"] for case in cases if case["workflow"] == workflow}
        at, there = heads.index("案件"), heads.index("宗地")
        seen = set()
        for row in page.iter_rows(min_row=2):
            if row[at].value:
                seen.add(row[at].value)
                sheet, place = re.fullmatch(r"'(.+)'!([A-Z]+\d+)", row[at].hyperlink.location).groups()
                assert (sheet, book[sheet][place].value) == ("案件", row[at].value)
            way = row[heads.index("地图")]
            if row[there].value:
                assert way.value == "查看"
                assert (way.hyperlink.target, way.hyperlink.location) == (
                    "map file.html", f"parcel={row[there].value}")
        # A case of an enterprise that stands on no listed parcel is on the sheet of the cases alone.
        assert seen <= numbers, name
        assert len(numbers - seen) <= 3, (name, numbers - seen)
    page = book["案件"]
    assert page.freeze_panes == "B2"
    assert page.auto_filter.ref == page.dimensions
    assert page.max_row == len(cases) + 1
    for row in page.iter_rows(min_row=2):
        assert row[0].hyperlink.target == f"http://127.0.0.1:8501/cases?case={row[0].value}"
    assert "=1+1" in column(page, "承办人")
    due = column(page, "办理期限")
    assert all(day is None or isinstance(day, dt.datetime) for day in due)
    assert any(due)
    english = openpyxl.load_workbook(io.BytesIO(workbook_bytes(only(town_result), "en", cases=cases)))
    assert not [cell.value for cell in english["Cases"][1] if re.search(r"[一-鿿]", cell.value.replace("万元", ""))]
    assert english["Cases"].cell(2, 1).hyperlink is None


def test_addresses_in_links_are_text_whatever_they_hold():
    odd = pd.Series(['a"b.html#x"y&<z>', None, "a.html#p"])
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    page = book.add_worksheet("x")
    page.write_string(0, 0, "h")
    page.write_blank(1, 0, None, book.add_format({"num_format": "@"}))
    page.write_url(2, 0, "external:x.x", string="x")
    book.close()
    made = fill_rows(target.getvalue(), {0: Fill(pd.DataFrame({"h": ["1", "2", "3"]}), outside={"h": odd})})
    read = openpyxl.load_workbook(io.BytesIO(made))["x"]
    assert [(cell.hyperlink.target, cell.hyperlink.location) for cell in (read["A2"], read["A4"])] == [
        ('a"b.html', 'x"y&<z>'), ("a.html", "p")]
    assert read["A3"].hyperlink is None


def test_the_command_takes_the_cases_of_the_workspace_along(contracts_folder, contracts_result, tmp_path):
    folder = tmp_path / "office"
    shutil.copytree(contracts_folder, folder)
    lt.write_results(contracts_result, folder / "out")
    target = tmp_path / "r.xlsx"
    assert cli.main(["report", str(folder / "out"), "-o", str(target)]) == 0
    assert "案件" not in openpyxl.load_workbook(target, read_only=True).sheetnames
    assert not (folder / "cases.sqlite").exists()
    assert cli.main(["cases", "update", str(folder), "--as", "李明"]) == 0
    assert cli.main(["report", str(folder / "out"), "-o", str(target), "--app", "http://127.0.0.1:9"]) == 0
    assert openpyxl.load_workbook(target)["案件"]["A2"].hyperlink.target.startswith("http://127.0.0.1:9/cases?case=")


def test_rows_of_long_texts_are_high_enough_to_read(zh):
    page = zh["闲置土地清单"]
    at = [cell.value for cell in page[1]].index("说明")
    width = page.column_dimensions[openpyxl.utils.get_column_letter(at + 1)].width
    for row in range(2, page.max_row + 1):
        text = page.cell(row, at + 1).value
        places = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
        assert (page.row_dimensions[row].height or 15) >= min(12, places / width) * 15
    assert page.row_dimensions[1].height >= 30


def test_no_cell_is_a_code_or_too_narrow_for_its_figure(zh):
    code = re.compile(r"^[a-z]+(_[a-z]+)+(, [a-z_]+)*$")
    for page in zh.worksheets[1:]:
        for at, cells in enumerate(page.iter_cols(min_row=2), start=1):
            title = page.cell(1, at).value
            width = page.column_dimensions[openpyxl.utils.get_column_letter(at)].width
            for cell in cells[:60]:
                if isinstance(cell.value, str) and page.title not in {"搁置数据", "政策数值"}:
                    assert not code.match(cell.value), (page.title, title, cell.value)
                if isinstance(cell.value, float) and cell.number_format == "#,##0.00":
                    assert len(f"{cell.value:,.2f}") < width, (page.title, title, cell.value)
