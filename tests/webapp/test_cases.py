"""The case pages without a browser: from the results to a step, a refusal, a conflict."""

from __future__ import annotations

import datetime as dt
import shutil

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from landtool.cases import Actor, open_store
from landtool.policy import load_policy
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


def opened(case: str | None = None, name: str = "李明") -> AppTest:
    app = AppTest.from_file(SCRIPT, default_timeout=60)
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
