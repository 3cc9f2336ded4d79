"""The case pages without a browser: from the results to a step, a refusal, a conflict."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import zipfile
from types import SimpleNamespace

import docx
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from landtool import messages
from landtool.cases import Actor, open_store
from landtool.cases.update import update_cases
from landtool.policy import load_policy
from landtool.reports.results import read_results
from landtool.webapp import case_notices, officer
from landtool.webapp.serve import SCRIPT

NOW = dt.datetime.now().astimezone()
WANG = Actor("王芳")


@pytest.fixture
def town(assessed_town, tmp_path, monkeypatch):
    monkeypatch.delenv("LANDTOOL_DATABASE_URL", raising=False)
    folder = tmp_path / "town"
    shutil.copytree(assessed_town, folder, ignore=shutil.ignore_patterns("cases.sqlite*", "case_files"))
    monkeypatch.setenv("LANDTOOL_WORKSPACE", str(folder))
    return folder


def opened(case: str | None = None, name: str = "李明", language: str = "zh") -> AppTest:
    app = AppTest.from_file(SCRIPT, default_timeout=60)
    app.query_params["lang"] = language
    app.session_state["officer_field"] = name
    app.run()
    app._page_hash = calc_hash("cases")
    if case:
        app.query_params["case"] = case
    return done(app)


def done(changed) -> AppTest:
    """Run the app after what was typed or clicked."""
    app = changed.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def store_of(town):
    return open_store(town, load_policy("chongqing-2021", NOW.date()))


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


def test_from_results_to_a_step_a_conflict_and_the_list(town):
    app = opened()
    assert not (town / "cases.sqlite").exists()
    assert "尚无案件" in app.info[0].value
    app = done(button(app, "按评估结果更新案件").click())
    assert "新立案" in app.success[0].value
    with store_of(town) as store:
        rows = store.rows(workflow="idle")
        assert app.metric[0].value == str(len(store.rows()))
    number = rows[0]["case_id"]
    app = opened(number)
    assert app.title[0].value.startswith(number)
    words = [caption.value for caption in app.caption]
    assert any("《闲置土地处置办法》第五条" in word for word in words)

    picked = next(box for box in app.selectbox if box.label == "步骤")
    app = done(picked.set_value("draft_not_idle"))
    # Another officer acts meanwhile: the first is told, and nothing is overwritten.
    with store_of(town) as store:
        store.note(number, WANG, NOW, "<b>已联系</b>")
    app.text_area[0].set_value("现场已动工")
    app = done(button(app, "办理").click())
    assert "他人已办理" in app.error[0].value
    assert any("王芳" in text.value and "<b>已联系</b>" in text.value for text in app.text)

    app.text_area[0].set_value("现场已动工")
    app = done(button(app, "办理").click())
    assert not app.error
    with store_of(town) as store:
        case = store.get(number)
        assert (case.state, case.drafted_by) == ("not_idle_drafted", "李明")
        assert not case.steps[-1].verified
        assert store.verify() == []
    assert any("拟稿人不得审核" in caption.value for caption in app.caption)
    app = done(button(app, "返回案件列表").click())
    assert app.metric[3].value == "1"


def test_nobody_acts_without_a_name(town):
    app = opened(name="")
    assert button(app, "按评估结果更新案件").disabled


def test_an_unknown_case_is_one_clear_line(town):
    done(button(opened(), "按评估结果更新案件").click())
    app = opened("XZ1900-000001")
    assert "no case" in app.error[0].value


def with_cases(town) -> list[dict]:
    """The worklist of the town after an update; one case of each workflow is opened, the first handed to 李明."""
    with store_of(town) as store:
        update_cases(store, read_results(town / "out"), WANG, NOW)
        first = store.rows(workflow="idle")[0]["case_id"]
        store.assign(first, WANG, NOW, "李明")
        return store.rows()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_my_cases_funnel_and_years_in_both_languages(town, language):
    rows = with_cases(town)

    def say(key: str) -> str:
        return messages.say(f"case.{key}", language)

    app = opened(language=language)
    assert [tab.label for tab in app.tabs] == [say(f"tab_{name}") for name in ("worklist", "funnel", "years")]
    table = app.dataframe[0].value
    assert len(table) == len(rows)
    app = done(app.toggle(key="case_mine").set_value(True))
    assert app.dataframe[0].value["assignee"].tolist() == ["李明"]
    for flow, chosen in ((name, [row for row in rows if row["workflow"] == name]) for name in ("idle", "commitment")):
        app = done(app.selectbox(key="funnel_flow").set_value(flow))
        stages = app.dataframe[1].value
        assert stages["reached"].iloc[0] == len(chosen)
        assert stages["reached_hectares"].iloc[0] == pytest.approx(sum(row["area_m2"] or 0 for row in chosen) / 1e4)
        assert stages["reached_amount"].iloc[0] == pytest.approx(sum(row["amount_cny"] or 0 for row in chosen) / 1e4)
        assert stages["stage"].iloc[0] == say("stage_suspected")
    years = app.dataframe[2].value
    assert years["year"].tolist() == [str(NOW.year)]
    assert years["opened_in_year"].tolist() == [len(rows)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_case_offers_the_notices_its_state_allows(town, language):
    number = next(row["case_id"] for row in with_cases(town) if row["workflow"] == "idle")
    app = opened(number, language=language)
    assert messages.say("case.notices", language) in [one.value for one in app.subheader]
    # AppTest has no name for download buttons; what they say stands in their message.
    found = [one.proto.label for one in app.get("download_button")]
    assert found == ["闲置土地调查通知书"]


def test_many_notices_go_out_in_one_file(town, monkeypatch):
    rows = [row for row in with_cases(town) if row["workflow"] == "idle"]
    monkeypatch.setattr(case_notices, "_MOST_AT_ONCE", 2)
    app = opened()
    kind = app.selectbox(key="batch_kind")
    assert kind.options[0] == f"闲置土地调查通知书（{len(rows)} 件）"
    assert [one.proto.label for one in app.get("download_button")] == ["下载 2 件草稿（zip）"]
    assert any(f"共 {len(rows)} 件" in one.value for one in app.caption)
    with store_of(town) as store:
        view = SimpleNamespace(folder=town, result=read_results(town / "out"))
        ids = [row["case_id"] for row in rows[:2]]
        made = case_notices._batch(view, store, ids, "investigation", NOW.date(), "某局")
    with zipfile.ZipFile(io.BytesIO(made)) as files:
        assert sorted(files.namelist()) == sorted(f"{number}-闲置土地调查通知书.docx" for number in ids)
        document = docx.Document(io.BytesIO(files.read(files.namelist()[0])))
    assert "某局" in [paragraph.text for paragraph in document.paragraphs]


def test_a_configured_sign_in_takes_no_typed_name(monkeypatch):
    monkeypatch.setattr(officer.st, "session_state", {"officer_name": "李明"})
    monkeypatch.setattr(officer.st, "user", SimpleNamespace(is_logged_in=False))
    assert officer.must_sign_in()
    assert officer.known_officer() is None

    class User(dict):
        is_logged_in = True

    monkeypatch.setattr(officer.st, "user", User(email="li@example.org", name="李明"))
    assert officer.known_officer() == Actor("li@example.org", verified=True)
    monkeypatch.setattr(officer.st, "user", SimpleNamespace())
    assert officer.known_officer() == Actor("李明")
