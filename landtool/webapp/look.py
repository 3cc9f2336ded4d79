"""The look all pages share: one style sheet, one colour per status, nothing from elsewhere."""

from __future__ import annotations

import streamlit as st

from landtool import messages
from landtool.maps.style import IDLE_COLOURS

# Streamlit's own style is kept; this tightens it for wide tables and makes paper of it when printed.
_CSS = """
.block-container { padding: 4.6rem 2.2rem 2rem 2.2rem; }
h1 { font-size: 1.7rem !important; padding: 0 0 .3rem 0 !important; }
h2 { font-size: 1.3rem !important; } h3 { font-size: 1.1rem !important; }
[data-testid="stMetricValue"] { font-size: 1.5rem; }
[data-testid="stMetricLabel"] p { white-space: normal; }
[data-testid="stMarkdownContainer"] table { font-size: .85rem; }
[data-testid="stMarkdownContainer"] :is(td, th) { padding: .2rem .5rem !important; }
.st-key-lt_timeline :is(td, th):not(:last-child) { white-space: nowrap; }
[data-testid="stLayoutWrapper"]:has(> .st-key-lt_card), .st-key-lt_card { max-height: calc(100vh - 19rem); }
.lt-legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .85rem; }
.lt-legend span { display: inline-flex; align-items: center; gap: .35rem; }
.lt-legend i { width: .9rem; height: .9rem; border: 1px solid rgba(0,0,0,.35); display: inline-block; }
@media print {
  [data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stToolbar"],
  [data-testid="stFileUploader"], .stButton, .stDownloadButton { display: none !important; }
  .block-container { padding: 0 !important; max-width: none !important; }
  [data-testid="stVerticalBlock"] > div { break-inside: avoid; }
}
"""

# Streamlit's upload box speaks English only and has no setting for its words.
_UPLOAD_CSS = """
[data-testid="stFileUploaderDropzone"] button p { font-size: 0; }
[data-testid="stFileUploaderDropzone"] button p::after { content: "%s"; font-size: .9rem; }
[data-testid="stFileUploaderDropzoneInstructions"] { font-size: 0; }
[data-testid="stFileUploaderDropzoneInstructions"] * { font-size: 0; }
[data-testid="stFileUploaderDropzoneInstructions"]::after { content: "%s"; font-size: .85rem; }
"""


def apply_look() -> None:
    """Put the style sheet on the page."""
    st.html(f"<style>{_CSS}</style>")


def legend(language: str) -> None:
    """The legend of idle statuses: the colours of the map, on any page."""
    rows = (f'<span><i style="background:{colour}"></i>{messages.say(f"idle.status.{status}", language)}</span>'
            for status, colour in IDLE_COLOURS.items())
    st.html(f'<div class="lt-legend">{"".join(rows)}</div>')


def upload_words(language: str) -> None:
    """Put the words of the upload boxes of a page into the language."""
    words = tuple(messages.say(f"app_data.upload_{name}", language) for name in ("button", "drop"))
    st.html(f"<style>{_UPLOAD_CSS % words}</style>")
