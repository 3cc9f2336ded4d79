"""The report as a Word document, whole and of one district, read back."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn

import landtool as lt
from landtool import cli, messages
from landtool.errors import InputDataError, OutputError
from landtool.reports import drawing
from landtool.reports.district import district_part
from landtool.reports.document import report_bytes, write_report
from landtool.reports.workbook import workbook_bytes


def opened(content: bytes):
    return docx.Document(io.BytesIO(content))


def words(content: bytes) -> str:
    document = opened(content)
    return "\n".join([paragraph.text for paragraph in document.paragraphs]
                     + [cell.text for table in document.tables for row in table.rows for cell in row.cells])


@pytest.fixture(scope="module")
def zh(town_result):
    return report_bytes(town_result, "zh")


def heads(content: bytes) -> list[str]:
    return [p.text for p in opened(content).paragraphs if p.style.name == "Heading 1"]


def test_sections_are_numbered_and_figures_and_tables_have_captions(zh):
    found = heads(zh)
    assert found[0] == "一、总体情况"
    assert found[-1].endswith("采用的政策数值")
    assert [text.split("、")[0] for text in found] == [
        "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三"]
    captions = [p.text for p in opened(zh).paragraphs if p.style.name == "Caption"]
    for kind, count in (("表", len(opened(zh).tables)), ("图", len(opened(zh).inline_shapes))):
        numbers = [int(text.split("　")[0][1:]) for text in captions if text.startswith(kind)]
        assert numbers == list(range(1, count + 1)), kind
    assert len(opened(zh).inline_shapes) == 8


def test_the_headline_says_what_the_summary_says(zh, town_result):
    text, summary = words(zh), town_result.summary
    assert messages.say("document.suspected", "zh") in text
    counts = summary["idle"]
    idle = sum(counts.get(status, {"count": 0})["count"]
               for status in ("idle_2y", "idle_1y", "idle_government_cause", "idle_suspended"))
    assert f"疑似闲置土地 {idle} 宗" in text
    assert f"{summary['output']['city']['output_intensity_cny_m2'] / 100:.2f} 亿元/km²" in text
    assert f"{town_result.parcels['idle_fee_cny'].sum() / 1e4:.2f} 万元" in text
    assert summary["balance"]["memo"] in text
    for row in summary["not_assessed"]:
        assert row["why"] in text
    for park in summary["output"]["parks"]:
        assert park["name"] in text


def test_low_efficiency_unsupplied_land_and_milestones_are_told_as_the_summary_tells_them(zh, town_result):
    text, summary = words(zh), town_result.summary
    low = summary["low_efficiency"]["status"]["low_efficiency"]
    assert f"疑似低效用地 {low['count']} 宗、{low['area_m2'] / 1e4:.2f} 公顷" in text
    for found in summary["low_efficiency"]["status"].values():
        assert f"{found['area_m2'] / 1e4:,.2f}" in text
    total = summary["unsupplied"]["total"]
    assert f"{total['unsupplied_m2'] / 1e4:.2f} 公顷，其中疑似未供即用 {total['built_without_supply_m2'] / 1e4:.2f} 公顷" in text
    counts = summary["milestones"]
    late = sum(one.get("late", 0) + one.get("overdue", 0) for one in counts.values())
    assert f"迟延或逾期 {late} 项" in text


def test_the_other_language_is_whole(town_result):
    """A report in the language the results were not made in has no word of theirs."""
    text = words(report_bytes(town_result, "en"))
    memo = next(line for line in text.splitlines() if line.startswith("From 2020 to 2025"))
    assert f"{town_result.summary['balance']['closing_m2'] / 1e4:.2f} ha" in memo
    for row in town_result.summary["not_assessed"]:
        assert row["why_en"] in text
        assert row["why_zh"] not in text


def test_chinese_is_set_in_chinese_fonts_and_pages_are_numbered(zh):
    document = opened(zh)
    fonts = {run._r.rPr.rFonts.get(qn("w:eastAsia")) for paragraph in document.paragraphs
             for run in paragraph.runs if run.text.strip() and run._r.rPr is not None}
    assert fonts - {None} <= {"宋体", "黑体"}
    for style in ("Normal", "Heading 1", "Caption"):
        element = document.styles[style].element.rPr.rFonts
        assert element.get(qn("w:eastAsia")) in {"宋体", "黑体"}
        assert not [name for name in element.attrib if name.endswith("Theme")]
    footer = document.sections[0].footer._element.xml
    assert 'w:instr="PAGE"' in footer
    assert 'w:instr="NUMPAGES"' in footer


def test_policy_numbers_stand_with_their_standing(zh):
    table = opened(zh).tables[-1]
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0][-1] == "依据等级"
    assert {row[-1] for row in rows[1:]} <= {"S", "V", "M"}
    assert any(row[1] == "0.2" and "第十四条第一项" in row[3] for row in rows)


def test_the_same_assessment_gives_the_same_bytes(contracts_result):
    assert report_bytes(contracts_result, "zh") == report_bytes(contracts_result, "zh")


def test_without_a_chinese_font_the_drawings_are_english_and_it_is_said(contracts_result, monkeypatch):
    monkeypatch.setattr(drawing, "cjk_font", lambda: None)
    text = words(report_bytes(contracts_result, "zh"))
    assert messages.say("document.english_drawings", "zh") in text
    assert "疑似闲置土地" in text


def test_contracts_alone_make_a_report_and_names_are_text(contracts_result):
    content = report_bytes(contracts_result, "en")
    text = words(content)
    assert "Suspected idle: 2" in text
    assert '=HYPERLINK("http://x","<b>点我</b>")' in text
    assert "no layer of commitments" in text
    assert "no operations" in text
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert b"http://x" not in b"".join(parts.read(name) for name in parts.namelist() if "rels" in name)


def test_a_district_is_a_part_that_adds_up(town_result):
    total = {"count": 0, "area": 0.0, "unsupplied": 0.0}
    rows = dict.fromkeys(("milestones", "deadlines", "control", "evidence", "low_efficiency", "commitments",
                          "contracts", "changes", "grades"), 0)  # fmt: skip
    for code in town_result.districts["district_code"]:
        part = district_part(town_result, code)
        assert set(part.parcels["district_code"]) <= {code}
        assert set(part.parks["district_code"]) <= {code}
        total["count"] += len(part.parcels)
        total["area"] += sum(found["area_m2"] for found in part.summary["idle"].values())
        own = town_result.districts.set_index("district_code").loc[code]
        city = part.summary["output"]["city"]["output_intensity_cny_m2"]
        assert city == pytest.approx(own["output_intensity_cny_m2"], nan_ok=True) or city is None
        rows = {name: count + len(getattr(part, name)) for name, count in rows.items()}
        pieces = part.unsupplied
        assert set(pieces["district_code"]) <= {code}
        total["unsupplied"] += pieces["area_m2"].sum()
        row = next(row for row in town_result.summary["balance"]["regions"]
                   if (row["region_kind"], row["region_id"]) == ("district", code))
        assert part.summary["balance"]["closing_m2"] == row["closing_m2"]
        assert set(part.balance["region_id"]) <= {code}
        industrial = part.balance[part.balance["to_class"].isin(["industrial", "m0"])]["area_m2"].sum()
        assert industrial == pytest.approx(row["closing_m2"], abs=1.0)
        assert set(part.changes["district_code"]) <= {code}
        name = own["district_name"]
        assert name in part.summary["balance"]["memo"]
        assert f"{row['closing_m2'] / 1e4:.2f} 公顷" in part.summary["balance"]["memo"]
        zones = {code, *part.parks["park_id"]}
        assert {one["subject_id"] for one in part.summary["target_board"]} <= zones
        for frame in (part.milestones, part.deadlines, part.control, part.evidence):
            assert set(frame["parcel_id"].dropna()) <= set(part.parcels["parcel_id"])
        subjects = set(part.findings[part.findings["subject_kind"] == "parcel"]["subject_id"])
        assert subjects <= set(part.parcels["parcel_id"])
    # Every parcel of the town lies in a district: the parts are the whole, no row lost and none told twice.
    assert town_result.parcels["district_code"].notna().all()
    graded = town_result.grades[town_result.grades["main_parcel_id"].notna()]  # the others stand on no land
    assert rows == {name: len(graded if name == "grades" else getattr(town_result, name)) for name in rows}
    assert total["unsupplied"] == pytest.approx(town_result.unsupplied["area_m2"].sum())
    assert total["count"] == town_result.parcels["district_code"].notna().sum()
    assert total["area"] == pytest.approx(
        town_result.parcels.loc[town_result.parcels["district_code"].notna(), "area_m2"].sum())


def test_a_district_has_its_own_report_and_workbook(town_result, tmp_path):
    name = town_result.districts["district_name"].iloc[0]
    other = set(town_result.parks.loc[town_result.parks["district_code"]
                != town_result.districts["district_code"].iloc[0], "park_name"])
    text = words(report_bytes(town_result, "zh", district=name))
    assert name in text
    assert not [park for park in other if park in text]
    part = district_part(town_result, name)
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(part, "zh")))
    assert book["宗地"].max_row == len(part.parcels) + 1
    assert "区域板块" not in [row[0].value for row in book["概况"].iter_rows()], "a district misses no region groups"
    zones = [row[1].value for row in book["总量平衡"].iter_rows(min_row=2)]
    assert zones == [name, *(park for park in part.parks["park_name"] if park in zones)]
    assert {row[1].value for row in book["转移矩阵"].iter_rows(min_row=2)} == {name}


def test_an_unknown_district_is_refused_with_the_nearest(town_result, contracts_result):
    name = town_result.districts["district_name"].iloc[0]
    with pytest.raises(InputDataError, match=f"did you mean {name}"):
        report_bytes(town_result, "zh", district=name + "域")
    with pytest.raises(InputDataError, match="no layer of districts"):
        report_bytes(contracts_result, "zh", district="x")


def test_nothing_known_is_said_not_shown_as_zero(contracts_result):
    summary = {**contracts_result.summary, "idle": {"idle_1y": {"count": 1, "area_m2": None}}}
    text = words(report_bytes(replace(contracts_result, summary=summary), "zh"))
    assert "疑似闲置土地 1 宗、– 公顷" in text


def test_the_command_and_a_file_open_in_word(contracts_result, tmp_path, capsys, monkeypatch):
    out = lt.write_results(contracts_result, tmp_path / "out")
    assert cli.main(["report", str(out), "-o", str(out / "report.docx")]) == 0
    assert (out / "report.docx").is_file()
    assert cli.main(["report", str(out), "-o", str(out / "r.docx"), "--district", "x"]) == 2
    capsys.readouterr()

    def refuse(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.replace", refuse)
    with pytest.raises(OutputError, match="close the file where it is open"):
        write_report(contracts_result, tmp_path / "r.docx")
