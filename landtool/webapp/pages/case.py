"""One case: where it stands, what it rests on, what was done, what comes next."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from landtool.cases import Actor, Case, CaseConflictError, CaseStore, Document, StepRefusedError, Workflow
from landtool.cases.files import SIZE_MAX
from landtool.cases.permit import NextStep
from landtool.reports.case_pages import due_text, label_of, reasons_text, step_label
from landtool.reports.wording import heading, spoken
from landtool.webapp import officer
from landtool.webapp.case_notices import notice_block
from landtool.webapp.view import View

_FACTS = ("parcel_id", "contract_id", "holder", "area_m2", "price_cny", "signed_date", "agreed_start_date",
          "actual_delivery_date", "actual_start_date", "idle_status", "idle_since", "idle_days", "idle_fee_cny",
          "is_mortgaged", "lifecycle_stage")  # fmt: skip


def render_case(view: View, store: CaseStore, actor: Actor | None, case_id: str) -> None:
    """Draw the page of one case."""
    if st.button(view.say("case.back"), icon=":material/arrow_back:"):
        del st.query_params["case"]
        st.rerun()
    case = store.get(case_id)
    flow = store.flows[case.workflow]
    # What this person has seen: an act refers to it, so that others' acts meanwhile are told.
    seen = st.session_state.get(f"seen_{case_id}", case.version)
    _head(view, case, flow)
    left, right = st.columns([3, 2])
    with left:
        _findings(view, case)
        _history(view, case, flow)
    with right:
        _next(view, store, case, flow, actor, seen)
        notice_block(view, store, case, flow)
        _documents(view, store, case)
        _facts(view, case)
    st.session_state[f"seen_{case_id}"] = case.version


def _head(view: View, case: Case, flow: Workflow) -> None:
    st.title(f"{case.case_id} · {label_of(flow.title, view.language)}")
    # Text, not Markdown: names come from the data.
    st.text(f"{view.say(f'case.kind_{case.subject_kind}')} {case.subject_id}  {case.holder or ''}")
    cells = st.columns(4)
    cells[0].metric(view.say("case.state"), label_of(flow.states[case.state].label, view.language))
    cells[1].metric(view.say("case.due"), due_text(case.due_date, officer.now().date(), view.language),
                    help=case.due_clause)
    cells[2].metric(view.say("case.assignee"), case.assignee or "–")
    cells[3].metric(view.say("case.standing"), view.say(f"case.flag_{case.flag}") if case.flag else "–",
                    help=str(case.as_of or ""))
    if case.flag == "gone" and case.is_open:
        st.warning(view.say("case.gone_notice", as_of=case.as_of))


def _findings(view: View, case: Case) -> None:
    st.subheader(view.say("case.findings"))
    for finding in case.findings:
        st.text(f"〔{view.say(f'case.flag_{finding.standing}')}〕"
                + (finding.message_zh if view.language == "zh" else finding.message_en))
        st.caption(finding.clause)


def _history(view: View, case: Case, flow: Workflow) -> None:
    st.subheader(view.say("case.history"))
    rows = [{
        "version": step.version, "day": str(step.on or "–"), "step": step_label(flow, step.action, view.language),
        "actor": step.actor if step.verified else f"{step.actor} {view.say('case.unverified')}",
        "note": step.note, "documents": "；".join(document.name for document in step.documents),
        "entered": step.at.astimezone().strftime("%Y-%m-%d %H:%M"), "hash": step.hash[:12],
    } for step in reversed(case.steps)]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", column_config={
        name: st.column_config.Column(view.say(f"case.{name}")) for name in rows[0]})


def _facts(view: View, case: Case) -> None:
    known = pd.DataFrame({name: [case.facts[name]] for name in _FACTS if name in case.facts})
    if not known.empty:
        said = spoken(known, view.language)
        values = [f"{one:,.2f}" if isinstance(one, float) else str(one) for one in said.iloc[0]]
        rows = {"fact": [heading(name, view.language) for name in said], "value": values}
        st.subheader(view.say("case.facts"))
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", column_config={
            name: st.column_config.TextColumn(view.say(f"case.{name}")) for name in rows})


def _next(view: View, store: CaseStore, case: Case, flow: Workflow, actor: Actor | None, seen: int) -> None:
    st.subheader(view.say("case.next_steps"))
    if not case.is_open:
        st.info(view.say("case.is_closed", on=case.closed_on))
        return
    if actor is None:
        st.info(view.say("case.name_first"))
        return
    today = officer.now().date()
    steps = store.next_steps(case, actor, max(today, case.stepped_on))
    allowed = {step.name: step for step in steps if step.allowed}
    if allowed:
        name = st.selectbox(view.say("case.step"), list(allowed), key=f"step_{case.case_id}_{case.state}",
                            format_func=lambda one: label_of(flow.transitions[one].label, view.language))
        _form(view, store, case, allowed[name], actor, seen)
    for step in steps:
        if not step.allowed:
            st.caption(f"✗ {label_of(step.transition.label, view.language)}: "
                       f"{reasons_text(step.reasons, flow, view.language)}")
    # What was typed stays until it is kept: whoever is told of a conflict writes nothing twice.
    kept = st.session_state.get(f"kept_{case.case_id}", 0)
    with st.expander(view.say("case.note_or_hand_over")), st.form(f"note_{case.case_id}_{kept}"):
        text = st.text_area(view.say("case.note"))
        assignee = st.text_input(view.say("case.assignee"), max_chars=60)
        if st.form_submit_button(view.say("case.save")):
            _act(view, lambda: _note(store, case, actor, text, assignee, seen), flow)


def _note(store: CaseStore, case: Case, actor: Actor, text: str, assignee: str, seen: int) -> None:
    if assignee.strip():
        seen = store.assign(case.case_id, actor, officer.now(), assignee, version=seen).version
    if text.strip() or not assignee.strip():
        store.note(case.case_id, actor, officer.now(), text, version=seen)


def _form(view: View, store: CaseStore, case: Case, step: NextStep, actor: Actor, seen: int) -> None:
    needs = step.transition.needs
    with st.form(f"form_{case.case_id}_{step.name}", clear_on_submit=False):
        st.caption(label_of(step.transition.clause, view.language))
        on = st.date_input(view.say("case.day"), value="today", min_value=case.stepped_on)
        choice = st.selectbox(view.say("case.need_choice"), step.choices,
                              format_func=lambda name: view.say(f"case.choice_{name}")) if step.choices else ""
        amount = st.number_input(view.say("case.amount_yuan"), min_value=0.0, value=case.amount_cny,
                                 format="%.2f") if "amount" in needs else None
        files = st.file_uploader(view.say("case.documents") + ("*" if "document" in needs else ""),
                                 accept_multiple_files=True, max_upload_size=SIZE_MAX // 2**20)
        note = st.text_area(view.say("case.note") + ("*" if "note" in needs else ""))
        if st.form_submit_button(view.say("case.take_step"), type="primary"):
            def take() -> None:
                kept = [store.files.add(file.name, file.getvalue()) for file in files or ()]
                store.advance(case.case_id, step.name, actor, officer.now(), on=on, note=note, choice=choice or "",
                              amount_cny=amount, documents=kept, version=seen)

            _act(view, take, store.flows[case.workflow])


def _act(view: View, take: Any, flow: Workflow) -> None:
    """Act; say what was refused and why, or what others did meanwhile."""
    try:
        take()
    except StepRefusedError as refused:
        st.error(reasons_text(refused.reasons, flow, view.language))
    except CaseConflictError as conflict:
        did = "；".join(f"{step.actor}: {step_label(flow, step.action, view.language)} {step.note}".strip()
                       for step in conflict.since)
        state = label_of(flow.states[conflict.case.state].label, view.language)
        # As text: notes and names are other people's.
        st.error(view.say("case.conflict", state=state))
        st.text(did)
    else:
        number = st.query_params.get("case")
        st.session_state.pop(f"seen_{number}", None)
        st.session_state[f"kept_{number}"] = st.session_state.get(f"kept_{number}", 0) + 1
        st.rerun()


def _documents(view: View, store: CaseStore, case: Case) -> None:
    if not case.documents:
        return
    st.subheader(view.say("case.documents"))
    unique: dict[str, Document] = {document.sha256: document for document in case.documents}
    for sha256, document in unique.items():
        st.download_button(document.name, partial(store.files.read, sha256), file_name=document.name,
                           mime="application/octet-stream", key=f"doc_{sha256}", on_click="ignore")
