"""Which pages there are, and what stands beside all of them: language, workspace, day, policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import streamlit as st

from landtool import messages
from landtool.errors import LandtoolError
from landtool.webapp.plain import as_text
from landtool.webapp.view import View

LANGUAGES = {"zh": "中文", "en": "English"}


@dataclass(frozen=True)
class Page:
    """One page: its name in addresses, messages (``app.page_<name>``) and modules, and its icon."""

    name: str
    icon: str

    def load(self) -> ModuleType:
        """Its module, and what that needs of the library: imported when it is first asked for."""
        return import_module(f"landtool.webapp.pages.{self.name}")

    def render(self, view: View) -> None:
        """Draw it."""
        self.load().render(view)


PAGES = [
    Page("overview", ":material/dashboard:"),
    Page("map", ":material/map:"),
    Page("idle", ":material/hourglass_empty:"),
    Page("performance", ":material/factory:"),
    Page("balance", ":material/balance:"),
    Page("cases", ":material/assignment:"),
    Page("data", ":material/folder_open:"),
]  # fmt: skip


def choose_language(default: str) -> str:
    """The language switch; the choice stays for the session and stands in the address."""
    if "language" not in st.session_state:
        asked = st.query_params.get("lang", default)
        st.session_state["language"] = asked if asked in LANGUAGES else default
    language = st.sidebar.radio("语言 / Language", list(LANGUAGES), key="language", horizontal=True,
                                format_func=LANGUAGES.__getitem__, label_visibility="collapsed")
    if st.query_params.get("lang", default) != language:
        st.query_params["lang"] = language
    return str(language)


def draw(view: View) -> None:
    """Draw the sidebar and the page that is chosen."""
    beside(view)
    pages = [st.Page(_shielded(page, view), title=view.say(f"app.page_{page.name}"), icon=page.icon,
                     url_path=page.name, default=place == 0)
             for place, page in enumerate(PAGES)]  # fmt: skip
    st.navigation(pages).run()


def _shielded(page: Page, view: View) -> Callable[[], None]:
    """The page; what the data or the person got wrong is one clear line, a fault of ours is not hidden."""

    def run() -> None:
        try:
            page.render(view)
        except LandtoolError as error:
            st.error(as_text(error))

    return run


def beside(view: View) -> None:
    """Name of the workspace, day of the assessment and policy, on every page."""
    summary = view.result.summary
    with st.sidebar:
        st.divider()
        # Text, not Markdown: the name is the workspace's own.
        st.text(str(summary["name"]))
        st.caption(messages.say("app.as_of", view.language, as_of=summary["as_of"]))
        st.caption(messages.say("app.policy", view.language, policy=summary["policy"].get(
            f"title_{view.language}", summary["policy"]["title"])))
        st.caption(messages.say("app.suspected", view.language))
