"""Choosing land use on a page: the class before a rezoning, the code after it."""

from __future__ import annotations

import streamlit as st

from landtool import messages
from landtool.balance.of_workspace import classifications
from landtool.codes import Classification
from landtool.webapp.view import View

# As a rezoning is spoken of: what is industrial in some way, and the rest.
FROM_CLASSES = ("industrial", "m0", "storage", "other")


def classification_of(view: View, snapshot: str) -> Classification:
    """The classification of a snapshot of the workspace."""
    return _classifications(view, str(view.folder), view.stamp)[snapshot]


@st.cache_resource(show_spinner=False, max_entries=2)
def _classifications(_view: View, folder: str, stamp: float) -> dict[str, Classification]:
    return classifications(_view.land)


def code_names(system: Classification, language: str) -> dict[str, str]:
    """Every code that land can be given, with its name and its class in people's words.

    Examples
    --------
    >>> from landtool.codes import load_classification
    >>> code_names(load_classification("tdlb-2019"), "en")["0601"]
    '0601 工业用地 (industrial)'
    """
    kinds = {code: kind for code, kind in system.exact.items() if kind != "too_coarse"}
    said = {kind: messages.say(f"column.class_is.{kind}", language) for kind in set(kinds.values())}
    return {code: messages.say("app_balance.code", language, code=code, name=system.labels.get(code, ""),
                               land_class=said[kind]) for code, kind in sorted(kinds.items())}  # fmt: skip


def choose_code(view: View, snapshot: str, key: str) -> str:
    """Draw the choice of the use after; where the classification has ranges any code may be typed. Empty: none yet."""
    system = classification_of(view, snapshot)
    names = code_names(system, view.language)
    picked = st.selectbox(view.say("app_balance.to_code"), list(names), index=None, key=key,
                          accept_new_options=bool(system.lines) or system.has_everything,
                          format_func=lambda code: names.get(code, code), persist_state="session",
                          placeholder=view.say("app_balance.to_hint"))
    return str(picked or "").strip()


def choose_class(view: View, key: str) -> str | None:
    """Draw the choice of the use before; None: all land."""
    picked = st.selectbox(view.say("app_balance.from_class"), ["", *FROM_CLASSES], key=key, persist_state="session",
                          format_func=lambda name: view.say(f"column.class_is.{name}") if name else
                          view.say("app_balance.all_land"))
    return picked or None
