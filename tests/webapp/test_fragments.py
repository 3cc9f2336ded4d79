"""A part of a page that runs by itself tells errors as the page does, and notices new results."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from streamlit.testing.v1 import AppTest

from landtool.assessment import Assessment
from landtool.reports.results import MARK
from landtool.webapp.view import View


def faulty():
    from types import SimpleNamespace

    from landtool.errors import InputDataError
    from landtool.webapp.fragments import fragment

    @fragment
    def part(view, what):
        raise InputDataError(what, "a.csv", "mend it")

    part(SimpleNamespace(is_current=True), "<b>cell</b> is no number")


def test_an_error_of_the_data_is_one_clear_line():
    app = AppTest.from_function(faulty).run()
    assert not app.exception
    assert "cell" in app.error[0].value
    assert "<b>" not in app.error[0].value


def stale():
    from types import SimpleNamespace

    import streamlit as st

    from landtool.webapp.fragments import fragment

    @fragment
    def part(view):
        st.text("drawn")

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    part(SimpleNamespace(is_current=st.session_state["runs"] > 1))


def test_new_results_draw_the_page_again():
    app = AppTest.from_function(stale).run()
    assert app.session_state["runs"] == 2
    assert [one.value for one in app.text] == ["drawn"]


def test_a_view_knows_when_the_results_were_made_anew(tmp_path: Path):
    mark = tmp_path / "out" / MARK
    mark.parent.mkdir()
    mark.write_text("{}", encoding="utf-8")
    view = View(tmp_path, cast(Assessment, SimpleNamespace()), "zh", mark.stat().st_mtime)
    assert view.is_current
    os.utime(mark, (1, 1))
    assert not view.is_current
    mark.unlink()
    assert not view.is_current
