"""The notices of a case: what may be drafted in its state, filled in and handed over as Word files."""

from __future__ import annotations

import datetime as dt
from functools import partial

import streamlit as st

from landtool.cases import Case, CaseStore
from landtool.cases.workflow import Workflow
from landtool.reports.case_notices import case_notice, notices_now
from landtool.reports.notices import TEMPLATE_FOLDER, NoticeKind
from landtool.webapp.view import View

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def notice_block(view: View, store: CaseStore, case: Case, flow: Workflow) -> None:
    """Draw the notices that the state of the case allows; nothing where it allows none."""
    kinds = notices_now(case, flow) if case.is_open else []
    if not kinds:
        return
    st.subheader(view.say("case.notices"))
    st.caption(view.say("case.notices_help"))
    with st.expander(view.say("case.notice_details")):
        number = st.text_input(view.say("notice.field_number"), key=f"notice_number_{case.case_id}", max_chars=60)
        dated = st.date_input(view.say("notice.field_dated"), value=None, key=f"notice_date_{case.case_id}")
        authority = st.text_input(view.say("notice.field_authority"), key=f"notice_from_{case.case_id}",
                                  max_chars=120)
    for kind in kinds:
        st.download_button(
            kind.title, partial(_draft, view, store, case, flow, kind, number.strip() or None, dated,
                                authority.strip() or None),
            file_name=f"{case.case_id}-{kind.title}.docx", mime=_DOCX, icon=":material/description:",
            key=f"notice_{case.case_id}_{kind.key}", on_click="ignore")


def _draft(view: View, store: CaseStore, case: Case, flow: Workflow, kind: NoticeKind, number: str | None,
           dated: dt.date | None, authority: str | None) -> bytes:
    """The draft, made when it is asked for: its map needs every parcel around."""
    return case_notice(case, flow, kind.key, store.policy, view.result, number=number, dated=dated,
                       authority=authority, templates=view.folder / TEMPLATE_FOLDER)
