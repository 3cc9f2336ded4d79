"""The notices of a case, or of many: what may be drafted in their state, handed over as Word files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from landtool.cases import Case, CaseStore
from landtool.cases.workflow import Workflow
from landtool.reports.case_notices import case_notice, case_notices, ids_by_notice, notices_now
from landtool.reports.notices import TEMPLATE_FOLDER, NoticeKind, notice_kind, zipped
from landtool.webapp.view import View

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# A draft with its map takes a good part of a second; who needs more asks the command line.
_MOST_AT_ONCE = 100


def notice_block(view: View, store: CaseStore, case: Case, flow: Workflow) -> None:
    """Draw the notices that the state of the case allows; nothing where it allows none."""
    kinds = notices_now(case, flow) if case.is_open else []
    if not kinds:
        return
    st.subheader(view.say("case.notices"))
    st.caption(view.say("case.notices_help"))
    with st.expander(view.say("case.notice_details")):
        number = st.text_input(view.say("notice.field_number"), key=f"notice_number_{case.case_id}", max_chars=60)
        dated, authority = _date_and_authority(view, case.case_id)
    for kind in kinds:
        st.download_button(
            kind.title, partial(_draft, view, store, case, flow, kind, number.strip() or None, dated, authority),
            file_name=f"{case.case_id}-{kind.title}.docx", mime=_DOCX, icon=":material/description:",
            key=f"notice_{case.case_id}_{kind.key}", on_click="ignore")


def _draft(view: View, store: CaseStore, case: Case, flow: Workflow, kind: NoticeKind, number: str | None,
           dated: dt.date | None, authority: str | None) -> bytes:
    """The draft, made when it is asked for: its map needs every parcel around."""
    return case_notice(case, flow, kind.key, store.policy, view.result, number=number, dated=dated,
                       authority=authority, templates=view.folder / TEMPLATE_FOLDER)


def _date_and_authority(view: View, key: str) -> tuple[dt.date | None, str | None]:
    dated = st.date_input(view.say("notice.field_dated"), value=None, key=f"notice_date_{key}")
    authority = st.text_input(view.say("notice.field_authority"), key=f"notice_from_{key}", max_chars=120)
    return dated, authority.strip() or None


def batch_block(view: View, store: CaseStore, rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw the notices that any of some cases allow, each for all of those cases in one .zip.

    Parameters
    ----------
    view : View
    store : CaseStore
    rows : sequence of mappings
        Of the worklist, see :meth:`landtool.cases.CaseStore.rows`.
    """
    ids = ids_by_notice(store, rows)
    if not ids:
        return
    with st.expander(view.say("case.batch")):
        st.caption(view.say("case.notices_help"))
        key = str(st.selectbox(view.say("case.batch_kind"), list(ids), key="batch_kind", format_func=lambda name: view.say(
            "case.batch_count", title=notice_kind(name).title, count=len(ids[name]))))
        dated, authority = _date_and_authority(view, "batch")
        chosen = ids[key][:_MOST_AT_ONCE]
        if len(chosen) < len(ids[key]):
            st.caption(view.say("case.batch_most", count=len(chosen), all=len(ids[key])))
        st.download_button(view.say("case.batch_download", count=len(chosen)),
                           partial(_batch, view, store, chosen, key, dated, authority),
                           file_name=f"{notice_kind(key).title}.zip", mime="application/zip", key="batch_download",
                           icon=":material/folder_zip:", on_click="ignore")


def _batch(view: View, store: CaseStore, case_ids: Sequence[str], kind: str, dated: dt.date | None,
           authority: str | None) -> bytes:
    return zipped(case_notices(store, case_ids, kind, store.policy, view.result, dated=dated, authority=authority,
                               templates=view.folder / TEMPLATE_FOLDER))
