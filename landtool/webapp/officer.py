"""Who acts in the app, when, and on which store."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import streamlit as st

from landtool.cases import Actor, CaseStore
from landtool.cases.desk import has_store, open_desk
from landtool.cases.office import FILE_NAME as RULES_FILE
from landtool.webapp.view import View

_NAME = "officer_name"


def now() -> dt.datetime:
    """The moment of an act: the outermost edge has the clock."""
    return dt.datetime.now().astimezone()


def case_store(view: View, *, make: bool = False) -> CaseStore | None:
    """The cases of the workspace; None where there are none yet: looking at the page makes no file."""
    if not make and not has_store(view.folder):
        return None
    rules = view.folder / RULES_FILE
    return _store(str(view.folder), now().date(), rules.stat().st_mtime if rules.is_file() else 0.0)


@st.cache_resource(show_spinner=False, max_entries=2)
def _store(folder: str, day: dt.date, rules: float) -> CaseStore:
    return open_desk(Path(folder), day, make=True).store


def must_sign_in() -> bool:
    """Whether a sign-in is configured and nobody used it: a name that is merely typed does not do then."""
    return getattr(st.user, "is_logged_in", None) is False


def signed_in() -> Actor | None:
    """Who is signed in; None where no sign-in is configured."""
    user: Any = st.user
    if getattr(user, "is_logged_in", False):
        return Actor(str(user.get("email") or user.get("name")), verified=True)
    return None


def known_officer() -> Actor | None:
    """Who is signed in, or who gave a name in this session."""
    name = "" if must_sign_in() else str(st.session_state.get(_NAME, ""))
    return signed_in() or (Actor(name) if name else None)


def ask_officer(view: View, key: str) -> Actor | None:
    """Ask for a name in the place where it is needed; it stays for the session."""
    if must_sign_in():
        _offer_sign_in(view, key)
        return None
    name = str(st.text_input(view.say("case.your_name"), key=key, max_chars=60,
                             help=view.say("case.your_name_help"))).strip()
    if name:
        st.session_state[_NAME] = name
    return Actor(name) if name else None


def choose_officer(view: View) -> Actor | None:
    """Who is signed in where a sign-in is configured, else the name given here, which nobody verified."""
    user = signed_in()
    if user is not None:
        return user
    if must_sign_in():
        with st.sidebar:
            _offer_sign_in(view, "officer_sign_in")
        return None
    # The field lives on one page only; what was typed stays for the session.
    if "officer_field" not in st.session_state:
        st.session_state["officer_field"] = st.session_state.get(_NAME, "")
    name = str(st.sidebar.text_input(view.say("case.your_name"), key="officer_field", max_chars=60,
                                     help=view.say("case.your_name_help"))).strip()
    st.session_state[_NAME] = name
    return Actor(name) if name else None


def _offer_sign_in(view: View, key: str) -> None:
    if st.button(view.say("case.sign_in"), key=key, icon=":material/login:"):
        st.login()
