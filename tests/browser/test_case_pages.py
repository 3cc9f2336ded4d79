"""The pages of the cases as an officer meets them: list, case, step with a document, notice, a colleague's act."""

from __future__ import annotations

import io
import re
import shutil

import docx
import pytest

from landtool import cli
from landtool.cases import open_store
from landtool.policy import load_policy

pytestmark = pytest.mark.browser
NOTICE = "闲置土地调查通知书"
SLOW = 60_000


@pytest.fixture(scope="module")
def town(demo, tmp_path_factory):
    """A town of its own: acts on cases stay in it."""
    folder = tmp_path_factory.mktemp("officers") / "town"
    shutil.copytree(demo, folder, ignore=shutil.ignore_patterns("cases.sqlite*", "case_files"))
    return folder


@pytest.fixture(scope="module")
def address(town, served):
    return served(town)


def numbers(town) -> list[str]:
    with open_store(town, load_policy("chongqing-2021"), make=False) as store:
        return [row["case_id"] for row in store.rows(workflow="idle", state="suspected")]


@pytest.fixture
def cases(town) -> list[str]:
    """Cases of suspected idle land, opened by the command where they are not open yet."""
    assert cli.main(["cases", "update", str(town), "--as", "赵强"]) == 0
    return numbers(town)


def called(page, name: str) -> None:
    """Say who acts, and wait until the page knows it."""
    field = page.get_by_test_id("stSidebar").get_by_test_id("stTextInput").locator("input")
    field.wait_for(timeout=SLOW)
    field.fill(name)
    field.press("Enter")


def opened(page, address: str, case_id: str, name: str = "李明") -> None:
    page.goto(f"{address}/cases?case={case_id}")
    called(page, name)
    page.get_by_role("button", name="办理").wait_for(timeout=SLOW)
    assert case_id in page.locator("h1").first.inner_text()


def state_is(page, words: str) -> None:
    page.get_by_test_id("stMetric").filter(has_text="状态").filter(has_text=words).wait_for(timeout=SLOW)


def test_the_list_is_made_from_the_results_and_a_row_opens_its_case(page, address, town, shots):
    page.goto(f"{address}/cases")
    button = page.get_by_role("button", name="按评估结果更新案件")
    button.wait_for(timeout=SLOW)
    assert button.is_disabled()
    called(page, "李明")
    page.wait_for_function("name => [...document.querySelectorAll('button')].some(b => "
                           "b.innerText.includes(name) && !b.disabled)", arg="按评估结果更新案件", timeout=SLOW)
    button.click()
    page.get_by_test_id("stAlert").filter(has_text="新立案").wait_for(timeout=SLOW)
    table = page.get_by_test_id("stDataFrame").first
    table.wait_for(timeout=SLOW)
    page.screenshot(path=shots / "cases-list.png")
    box = table.bounding_box()
    for _ in range(20):  # a table that is still being drawn takes no click
        page.mouse.click(box["x"] + 18, box["y"] + 52)
        try:
            page.wait_for_url(re.compile(r"case=[A-Z]{2}\d{4}-\d+"), timeout=3000)
            break
        except Exception as error:
            if "Timeout" not in str(error):
                raise
            box = table.bounding_box() or box
    number = re.search(r"case=([A-Z]{2}\d{4}-\d+)", page.url).group(1)
    page.locator("h1").filter(has_text=number).wait_for(timeout=SLOW)


def test_a_step_is_taken_with_note_and_document(page, address, town, cases, shots, tmp_path, carried_away):
    number = cases[0]
    opened(page, address, number)
    given = carried_away(page, page.get_by_role("button", name=NOTICE))
    notice = tmp_path / given.suggested_filename
    given.save_as(notice)
    assert notice.name == f"{number}-{NOTICE}.docx"
    text = "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(notice.read_bytes())).paragraphs)
    assert NOTICE in text
    # Without the document that the step asks for it is refused, with the reason.
    page.get_by_role("button", name="办理").click()
    page.get_by_test_id("stAlert").filter(has_text="须附文书").wait_for(timeout=SLOW)
    page.locator("[data-testid=stForm] input[type=file]").first.set_input_files(notice)
    page.get_by_test_id("stFileChipName").first.wait_for(timeout=SLOW)
    page.get_by_test_id("stFileChipIconSpinner").wait_for(state="detached", timeout=SLOW)
    page.get_by_test_id("stForm").first.locator("textarea").fill("直接送达 <b>签收</b>")
    page.screenshot(path=shots / "case-page.png", full_page=True)
    page.get_by_role("button", name="办理").click()
    state_is(page, "调查中")
    carried_away(page, page.get_by_role("button", name=notice.name)).save_as(tmp_path / "back.docx")
    assert (tmp_path / "back.docx").read_bytes() == notice.read_bytes()
    with open_store(town, load_policy("chongqing-2021"), make=False) as store:
        step = store.get(number).steps[-1]
        assert (step.actor, step.verified, step.note) == ("李明", False, "直接送达 <b>签收</b>")
        assert [document.name for document in step.documents] == [notice.name]
        assert store.verify() == []


def test_the_second_officer_is_told_and_shown_what_the_first_did(page, address, town, cases, shots):
    number = cases[1]
    opened(page, address, number)
    assert cli.main(["cases", "note", str(town), number, "<img src=x onerror=alert(1)> 已电话联系", "--as", "王芳"]) == 0
    note = page.get_by_test_id("stExpander").filter(has_text="记录")
    note.locator("summary").click()
    note.locator("textarea").fill("现场核查")
    note.get_by_role("button").last.click()
    page.get_by_test_id("stAlert").filter(has_text="他人已办理").wait_for(timeout=SLOW)
    page.get_by_text("王芳: ").filter(has_text="<img src=x onerror=alert(1)> 已电话联系").wait_for(timeout=SLOW)
    assert note.locator("textarea").input_value() == "现场核查"
    page.screenshot(path=shots / "case-conflict.png", full_page=True)
    with open_store(town, load_policy("chongqing-2021"), make=False) as store:
        assert [(step.action, step.actor) for step in store.get(number).steps][1:] == [("note", "王芳")]
    note.get_by_role("button").last.click()  # having seen it, once more, without typing it again
    page.get_by_test_id("stAlert").filter(has_text="他人已办理").wait_for(state="detached", timeout=SLOW)
    with open_store(town, load_policy("chongqing-2021"), make=False) as store:
        assert [(step.note, step.actor) for step in store.get(number).steps][2:] == [("现场核查", "李明")]
