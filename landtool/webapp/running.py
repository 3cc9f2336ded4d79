"""Running the assessment from the app, with a bar that says where it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from landtool import messages
from landtool.field_words import step_words
from landtool.progress import PLAN
from landtool.reports.results import MARK
from landtool.sources.catalogue import RESULTS_FOLDER
from landtool.webapp.assess_apart import assess_apart

# Steps that follow the reading of the layers; more of them only make the bar end sooner.
_LATER_STEPS = 12


def ensure_results(folder: Path, language: str) -> None:
    """Assess the workspace unless it has results."""
    mark = folder / RESULTS_FOLDER / MARK
    if not mark.is_file():
        with _one_at_a_time(str(folder)):
            if not mark.is_file():  # another session may have been first
                _run(folder, language)


def run_again(folder: Path, language: str) -> None:
    """Assess the workspace anew; the last good results stand until the new ones are whole."""
    with _one_at_a_time(str(folder)):
        _run(folder, language)


@st.cache_resource(show_spinner=False)
def _one_at_a_time(folder: str) -> threading.Lock:
    """One lock per workspace, shared by all sessions."""
    return threading.Lock()


def _run(folder: Path, language: str) -> None:
    bar = st.progress(0.0, messages.say("app.assessing", language))
    try:
        assess_apart(folder, _stepper(bar, language))
    finally:
        bar.empty()


def _stepper(bar: Any, language: str) -> Callable[..., None]:
    """Moves the bar one step on at each call; the plan says how many there will be."""
    state = {"done": 0, "total": 2 * _LATER_STEPS}

    def step(key: str, **values: Any) -> None:
        if key == PLAN:
            state["total"] = int(values["layers"]) + _LATER_STEPS
            return
        state["done"] += 1
        share = min(state["done"] / state["total"], 1.0)
        bar.progress(share, step_words(key, language, **values))

    return step
