"""Notices: filled, marked as drafts, blanks where nobody knows; a bureau's own templates."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
import zipfile

import docx
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import landtool as lt
from landtool import cli, messages
from landtool.cases import Actor, open_store
from landtool.cases.workflow import load_workflow
from landtool.errors import InputDataError, OutputError
from landtool.policy import load_policy
from landtool.policy.describe import describe_in_both
from landtool.reports import notice_drafts
from landtool.reports.case_notices import case_facts, case_notice, notices_now
from landtool.reports.docx_fill import fill, placeholders
from landtool.reports.notice_facts import capitals, facts_of_rows, notice_facts
from landtool.reports.notices import (
    copy_templates,
    draft,
    known_placeholders,
    notice_bytes,
    notice_kind,
    notice_kinds,
    write_notice,
    write_notices,
)

BLANK, MARK = messages.say("notice.blank", "zh"), messages.say("notice.draft", "zh")
STATUS = {"investigation": "idle_suspended", "determination": "idle_government_cause",
          "fee_decision": "idle_1y", "recovery_decision": "idle_2y"}  # fmt: skip


def opened(content: bytes):
    return docx.Document(io.BytesIO(content))


def text_of(content: bytes) -> str:
    document = opened(content)
    lines = [paragraph.text for paragraph in document.paragraphs]
    lines += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join(lines)


def header_of(content: bytes) -> str:
    return "\n".join(p.text for section in opened(content).sections for p in section.header.paragraphs)


def subject(result, kind: str) -> str:
    if kind == "rectification":
        found = result.findings
        return found[found["rule_id"] == "commitment.output"]["subject_id"].iloc[0]
    parcels = result.parcels
    return parcels[parcels["idle_status"] == STATUS[kind]]["parcel_id"].iloc[0]


@pytest.mark.parametrize("kind", list(notice_kinds()))
def test_each_notice_is_filled_marked_and_carries_table_and_map(town_result, kind):
    number = subject(town_result, kind)
    content = draft(town_result, number, kind, number="资规〔2026〕7号", dated=dt.date(2026, 1, 15),
                    authority="某局")
    text, facts = text_of(content), notice_facts(town_result, number)
    assert notice_kind(kind).title in text
    assert MARK in header_of(content)
    for part in ("资规〔2026〕7号", "2026年1月15日", "某局", number, facts.get("holder")):
        assert part in text
    assert "{{" not in text
    assert len(opened(content).tables) == 2
    assert len(opened(content).inline_shapes) == 1
    # The case's number, and the days to mend commitments where the policy names none, are not known.
    assert text.count(BLANK) <= 2


def test_the_fee_stands_with_its_calculation(town_result):
    number = subject(town_result, "fee_decision")
    parcel = town_result.parcels.set_index("parcel_id").loc[number]
    text = text_of(draft(town_result, number, "征缴土地闲置费决定书"))
    assert parcel["idle_fee_cny"] == pytest.approx(parcel["price_cny"] * 0.2)
    assert f"{parcel['price_cny']:,.2f} 元的20%" in text
    assert f"{parcel['idle_fee_cny']:,.2f} 元" in text
    assert capitals(parcel["idle_fee_cny"]) in text
    rows = [[cell.text for cell in row.cells]
            for row in opened(draft(town_result, number, "fee_decision")).tables[1].rows]
    assert ["征缴比例", "20%", "《闲置土地处置办法》第十四条第一项"] in [row[:3] for row in rows]


def test_suspended_works_run_by_their_own_clock(town_result):
    number = subject(town_result, "investigation")
    contract = town_result.contracts[town_result.contracts["parcel_id"] == number].iloc[-1]
    day = contract["suspended_since_date"]
    text = text_of(draft(town_result, number, "investigation"))
    assert f"起算日为{day.year}年{day.month}月{day.day}日" in text


def test_what_is_unknown_stays_a_visible_blank_and_is_never_guessed():
    facts = facts_of_rows({"idle_status": "idle_1y", "holder": None}, [], pd.DataFrame(), "2025-12-31",
                          "contract", "A1")
    text = text_of(notice_bytes("fee_decision", facts))
    assert text.count(BLANK) > 15
    assert not re.search(r"\d+(\.\d+)? 元|nan|NaT|None", text)
    assert f"{BLANK}：" in text  # the holder
    assert messages.say("notice.no_map", "zh") in text


def test_contracts_alone_make_notices_and_names_stay_text(contracts_result):
    content = draft(contracts_result, "A1", "recovery_decision")
    assert '=HYPERLINK("http://x","<b>点我</b>")' in text_of(content)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert b"<b>\xe7\x82\xb9" not in parts.read("word/document.xml")


def test_a_name_with_braces_is_not_filled_again():
    facts = facts_of_rows({"holder": "{{成交价款}}{{x}}", "price_cny": 5.0}, [], pd.DataFrame(), "2025-12-31",
                          "contract", "A1")
    assert "{{成交价款}}{{x}}：" in text_of(notice_bytes("investigation", facts))


def test_without_ground_there_is_no_notice(town_result):
    calm = town_result.parcels[town_result.parcels["idle_status"] == "not_idle"]["parcel_id"].iloc[0]
    with pytest.raises(InputDataError, match="not_idle"):
        draft(town_result, calm, "recovery_decision")
    with pytest.raises(InputDataError, match="this notice is for idle_2y"):
        draft(town_result, subject(town_result, "fee_decision"), "recovery_decision")
    with pytest.raises(InputDataError, match="did you mean investigation"):
        draft(town_result, calm, "investigations")
    with pytest.raises(InputDataError, match="no parcel or contract"):
        draft(town_result, "nobody", "investigation")


def own_template(folder, lines, name="闲置土地调查通知书.docx"):
    document = docx.Document()
    for pieces in lines:
        paragraph = document.add_paragraph()
        for text, bold in pieces:
            paragraph.add_run(text).bold = bold
    folder.mkdir(exist_ok=True)
    document.save(folder / name)


def test_a_bureaus_own_template_is_used_and_keeps_its_formatting(town_result, tmp_path):
    own_template(tmp_path, [[("宗地：{", False), ("{宗地", True), ("代码}", False), ("}，完", False)],
                            [("{{holder}}|{{ 土地使用权人 }}", None)], [("{{计算表}}", None)]])
    number = subject(town_result, "investigation")
    content = draft(town_result, number, "investigation", templates=tmp_path)
    paragraph = opened(content).paragraphs[0]
    assert paragraph.text == f"宗地：{number}，完"
    assert [run.bold for run in paragraph.runs] == [False, True, False, False]
    holder = notice_facts(town_result, number).get("holder")
    assert opened(content).paragraphs[1].text == f"{holder}|{holder}"
    assert len(opened(content).tables) == 1
    # Nobody can leave the mark out.
    assert MARK in header_of(content)


def test_unknown_placeholders_are_refused_by_name(town_result, tmp_path):
    own_template(tmp_path, [[("{{宗地代号}} {{闲置费}} {{foo}}", None)]])
    with pytest.raises(InputDataError) as caught:
        draft(town_result, subject(town_result, "investigation"), "investigation", templates=tmp_path)
    said = str(caught.value)
    assert "{{宗地代号}} (did you mean {{宗地代码}}?)" in said
    assert "{{foo}}" in said
    assert "闲置土地调查通知书.docx" in said


def test_a_table_inside_a_sentence_and_a_file_that_is_no_template_are_refused(town_result, tmp_path):
    number = subject(town_result, "investigation")
    own_template(tmp_path, [[("见{{计算表}}", None)]])
    with pytest.raises(InputDataError, match="paragraph of its own"):
        draft(town_result, number, "investigation", templates=tmp_path)
    (tmp_path / "闲置土地调查通知书.docx").write_bytes(b"no zip")
    with pytest.raises(InputDataError, match="cannot read the template"):
        draft(town_result, number, "investigation", templates=tmp_path)


def test_headers_tables_and_text_boxes_are_filled():
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "{{a}}"
    document.add_table(1, 1).cell(0, 0).text = "x{{a}}y{{b}}"
    assert placeholders(document) == ["a", "b"] or set(placeholders(document)) == {"a", "b"}
    fill(document, {"a": "1\n2", "b": "3"}, {}, "here")
    assert document.sections[0].header.paragraphs[0].text == "1 2"
    assert document.tables[0].cell(0, 0).text == "x1 2y3"


@given(st.lists(st.text(alphabet="{}ab ", max_size=4), max_size=8))
def test_a_placeholder_cut_anywhere_is_found(pieces):
    document = docx.Document()
    paragraph = document.add_paragraph()
    for piece in pieces:
        paragraph.add_run(piece)
    whole = "".join(pieces)
    names = set(re.findall(r"\{\{\s*([^{}]+?)\s*\}\}", whole))
    expected = re.sub(r"\{\{\s*([^{}]+?)\s*\}\}", "<v>", whole)
    fill(document, dict.fromkeys(names, "<v>"), {}, "here")
    assert document.paragraphs[0].text == expected


def test_shipped_templates_are_what_their_source_says_and_every_name_is_known():
    known = known_placeholders()
    for kind in notice_kinds():
        shipped = (notice_drafts.FOLDER / f"{kind}.docx").read_bytes()
        assert shipped == notice_drafts.build(kind), "run python -m landtool.reports.notice_drafts"
        names = placeholders(opened(shipped))
        assert set(names) <= set(known)
        assert {"草稿标记", "计算表", "位置图", "土地使用权人"} <= set(names)


def test_templates_are_copied_once(tmp_path):
    assert len(copy_templates(tmp_path)) == len(notice_kinds())
    (tmp_path / "整改通知书.docx").write_bytes(b"mine")
    assert copy_templates(tmp_path) == []
    assert (tmp_path / "整改通知书.docx").read_bytes() == b"mine"


def test_the_same_facts_give_the_same_bytes_and_a_zip_holds_many(town_result, tmp_path):
    number = subject(town_result, "investigation")
    once = draft(town_result, number, "investigation")
    assert once == draft(town_result, number, "investigation")
    write_notices({"a.docx": once, "b.docx": once}, tmp_path / "n.zip")
    with zipfile.ZipFile(tmp_path / "n.zip") as made:
        assert made.namelist() == ["a.docx", "b.docx"]
        assert made.read("b.docx") == once
    write_notices({"a.docx": once}, tmp_path / "folder")
    assert (tmp_path / "folder" / "a.docx").read_bytes() == once


def test_a_notice_open_in_word_is_one_clear_line(town_result, tmp_path, monkeypatch):
    def refuse(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.replace", refuse)
    with pytest.raises(OutputError, match="close the file where it is open"):
        write_notice(town_result, subject(town_result, "investigation"), "investigation", tmp_path / "n.docx")


UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def read_capitals(text: str) -> int:
    """Fen in an amount in capitals: the plain way back."""
    whole, _, rest = text.partition("元") if "元" in text else ("零", "", text)

    def number(part: str) -> int:
        for sign, size in (("亿", 10**8), ("万", 10**4)):
            if sign in part:
                high, _, low = part.rpartition(sign)
                return number(high) * size + number(low)
        total, digit = 0, 0
        for sign in part:
            if sign in UNITS:
                total, digit = total + digit * UNITS[sign], 0
            else:
                digit = "零壹贰叁肆伍陆柒捌玖".index(sign)
        return total + digit

    jiao = re.search("(.)角", rest)
    fen = re.search("(.)分", rest)
    digits = "零壹贰叁肆伍陆柒捌玖"
    return (number(whole) * 100 + (digits.index(jiao[1]) * 10 if jiao else 0)
            + (digits.index(fen[1]) if fen else 0))


@given(st.integers(0, 10**13))
def test_amounts_in_capitals_read_back(fen):
    text = capitals(fen / 100)
    assert read_capitals(text) == fen
    assert "零零" not in text
    assert text.endswith(("整", "分"))


@pytest.mark.parametrize(("cny", "text"), [
    (0, "零元整"), (0.05, "伍分"), (1680.32, "壹仟陆佰捌拾元叁角贰分"), (100_005, "壹拾万零伍元整"),
    (100_000_000, "壹亿元整"), (300_050_000, "叁亿零伍万元整"), (325.04, "叁佰贰拾伍元零肆分"),
])  # fmt: skip
def test_amounts_in_capitals(cny, text):
    assert capitals(cny) == text


# -- cases --------------------------------------------------------------------------------------------

LI, WANG = Actor("李明", True), Actor("王芳", True)
NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)


@pytest.fixture
def desk(town_result, tmp_path):
    from landtool.cases.update import update_cases

    policy = load_policy("chongqing-2021", "2025-12-31")
    with open_store(tmp_path, policy) as store:
        update_cases(store, town_result, LI, NOON)
        yield store


def test_the_workflow_says_which_notice_may_be_drafted(desk, town_result):
    flow = load_workflow("idle")
    number = next(row["case_id"] for row in desk.rows(workflow="idle"))
    case = desk.get(number)
    assert [kind.key for kind in notices_now(case, flow)] == ["investigation"]
    policy = desk.policy
    text = text_of(case_notice(case, flow, "investigation", policy, town_result))
    assert number in text
    assert case.holder in text
    with pytest.raises(InputDataError, match=r"疑似闲置.*may be drafted now: investigation"):
        case_notice(case, flow, "recovery_decision", policy, town_result)


def test_a_case_says_the_same_as_its_assessment(desk, town_result):
    numbers = describe_in_both(desk.policy)
    for row in desk.rows(workflow="idle")[:20]:
        case = desk.get(row["case_id"])
        mine = case_facts(case, numbers)
        theirs = notice_facts(town_result, case.parcel_id or case.contract_id)
        for name in ("holder", "idle_due_date", "idle_due_basis", "idle_since", "cause_days", "cause_codes",
                     "price_cny", "recovery_since", "net_days", "clause", "fee_share"):
            assert str(mine.get(name)) == str(theirs.get(name)), (case.case_id, name)


def test_every_step_a_notice_serves_is_in_the_workflow():
    for kind in notice_kinds().values():
        flow = load_workflow(kind.workflow)
        assert set(kind.steps) <= set(flow.transitions), kind.key


def test_the_command_drafts_one_and_many(contracts_folder, contracts_result, tmp_path, capsys):
    folder = tmp_path / "town"
    shutil.copytree(contracts_folder, folder)
    lt.write_results(contracts_result, folder / "out")
    assert cli.main(["cases", "update", str(folder), "--as", "li"]) == 0
    with open_store(folder, load_policy("national", "2026-01-05")) as store:
        numbers = [row["case_id"] for row in store.rows(workflow="idle")]
    assert len(numbers) == 2
    words = ["cases", "notice", str(folder), *numbers, "--kind", "闲置土地调查通知书"]
    assert cli.main([*words, "-o", str(tmp_path / "n.zip"), "--date", "2026-01-15"]) == 0
    with zipfile.ZipFile(tmp_path / "n.zip") as made:
        assert sorted(made.namelist()) == sorted(f"{one}-闲置土地调查通知书.docx" for one in numbers)
        assert "2026年1月15日" in text_of(made.read(made.namelist()[0]))
    # Without numbers: every open case whose state allows it.
    assert cli.main([*words[:3], "--kind", "investigation", "-o", str(tmp_path / "all.zip"), "--date", "2026-01-15"]) == 0
    assert (tmp_path / "all.zip").read_bytes() == (tmp_path / "n.zip").read_bytes()
    assert cli.main([*words[:3], "--kind", "rectification"]) == 2
    assert "no open case stands where" in capsys.readouterr().err
    assert cli.main([*words, "-o", str(tmp_path / "n.docx")]) == 2
    assert cli.main([*words, "--number", "1号"]) == 2
    assert cli.main(["cases", "notice", str(folder), numbers[0], "--kind", "fee_decision"]) == 2
    assert "may be drafted now" in capsys.readouterr().err
    assert cli.main(["cases", "templates", str(folder)]) == 0
    assert (folder / "templates" / "闲置土地认定书.docx").is_file()
    assert cli.main([*words[:4], "--kind", "investigation"]) == 0
    assert len(list((folder / "notices").iterdir())) == 1
