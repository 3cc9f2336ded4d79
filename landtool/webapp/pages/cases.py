"""The worklist of recovery cases, one's own cases, the funnel; one case where the address names it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from landtool import units
from landtool.cases import Actor, CaseStore
from landtool.cases.funnel import STAGES, disposal_by_year, funnel
from landtool.cases.office import same_name
from landtool.cases.update import update_cases
from landtool.webapp import officer
from landtool.webapp.case_notices import batch_block
from landtool.webapp.pages import case
from landtool.webapp.view import View

_SOON_DAYS = 7


def render(view: View) -> None:
    """Draw the page."""
    actor = officer.choose_officer(view)
    store = officer.case_store(view)
    asked = st.query_params.get("case")
    if asked and store is not None:
        case.render_case(view, store, actor, str(asked))
        return
    st.title(view.say("app.page_cases"))
    today = officer.now().date()
    store = _update(view, store, actor)
    rows = [] if store is None else store.rows()
    if store is None or not rows:
        st.info(view.say("case.none_yet"))
        return
    _head(view, rows, today)
    worklist, stages, years = st.tabs([view.say(f"case.tab_{name}") for name in ("worklist", "funnel", "years")])
    with worklist:
        _worklist(view, store, actor, rows, today)
    with stages:
        _funnel(view, store, rows)
    with years:
        _years(view, rows)


def _update(view: View, store: CaseStore | None, actor: Actor | None) -> CaseStore | None:
    """Bring the cases up to the results when asked; the store is made by then."""
    asked = st.button(view.say("case.update_button"), icon=":material/sync:", disabled=actor is None,
                      help=view.say("case.update_help", as_of=view.result.summary["as_of"]))
    if asked and actor is not None:
        store = officer.case_store(view, make=True)
        if store is not None:
            done = update_cases(store, view.result, actor, officer.now())
            st.success("；".join(f"{view.say(f'case.update_{name}')}: {count}"
                                for name, count in done.counts().items()))
    return store


def _head(view: View, rows: list[dict[str, Any]], today: dt.date) -> None:
    going = [row for row in rows if row["closed_on"] is None]
    due = [row["due_date"] for row in going if row["due_date"]]
    soon = (today + dt.timedelta(days=_SOON_DAYS)).isoformat()
    counts = {"open": len(going), "overdue": sum(day < today.isoformat() for day in due),
              "soon": sum(today.isoformat() <= day <= soon for day in due),
              "drafts": sum(row["drafted_by"] is not None for row in going),
              "gone": sum(row["flag"] == "gone" for row in going)}
    for cell, (name, count) in zip(st.columns(len(counts)), counts.items(), strict=True):
        cell.metric(view.say(f"case.head_{name}"), count)


def _worklist(view: View, store: CaseStore, actor: Actor | None, rows: list[dict[str, Any]],
              today: dt.date) -> None:
    left, middle, right = st.columns([2, 2, 3])
    flows = left.multiselect(view.say("case.workflow"), list(store.flows), key="case_flows", placeholder=view.say("app.choose"),
                             format_func=lambda name: getattr(store.flows[name].title, view.language))
    which = middle.selectbox(view.say("case.which"), ("open", "overdue", "gone", "closed"), key="case_which",
                             format_func=lambda name: view.say(f"case.which_{name}"))
    mine = right.toggle(view.say("case.mine"), key="case_mine", disabled=actor is None)
    keep = {"open": lambda row: row["closed_on"] is None, "closed": lambda row: row["closed_on"] is not None,
            "overdue": lambda row: row["closed_on"] is None and (row["due_date"] or "9") < today.isoformat(),
            "gone": lambda row: row["closed_on"] is None and row["flag"] == "gone"}[str(which)]
    shown = [row for row in rows if keep(row) and (not flows or row["workflow"] in flows)
             and (not mine or _is_of(row, actor))]
    if not shown:
        st.caption(view.say("app.nothing"))
        return
    picked = st.dataframe(_table(view, store, shown, today), hide_index=True, width="stretch", key="case_table",
                          on_select="rerun", selection_mode="single-row", height=480, placeholder="–", column_config=_columns(view))
    places = picked["selection"]["rows"]
    if places:
        st.query_params["case"] = shown[places[0]]["case_id"]
        st.rerun()
    st.caption(view.say("case.pick"))
    batch_block(view, store, shown)


def _is_of(row: dict[str, Any], actor: Actor | None) -> bool:
    return actor is not None and row["assignee"] is not None and same_name(row["assignee"]) == same_name(actor.name)


def _table(view: View, store: CaseStore, rows: list[dict[str, Any]], today: dt.date) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    labels = {(name, state): getattr(what.label, view.language)
              for name, flow in store.flows.items() for state, what in flow.states.items()}
    flags = {name: view.say(f"case.flag_{name}") for name in ("stands", "changed", "gone")}
    due = pd.to_datetime(table["due_date"])
    return pd.DataFrame({
        "number": table["case_id"], "subject": table["subject_id"], "holder": table["holder"],
        "state": [labels[key] for key in zip(table["workflow"], table["state"], strict=True)],
        "due": due, "left": (due - pd.Timestamp(today)).dt.days,
        "hectares": units.ha(table["area_m2"].astype("float64")),
        "amount": units.wan(table["amount_cny"].astype("float64")),
        "assignee": table["assignee"], "standing": table["flag"].map(flags)})


def _columns(view: View) -> dict[str, Any]:
    column = st.column_config
    plain = ("number", "subject", "holder", "state", "assignee", "standing")
    return {
        **{name: column.TextColumn(view.say(f"case.{name}")) for name in plain},
        "due": column.DateColumn(view.say("case.due"), format="YYYY-MM-DD"),
        "left": column.NumberColumn(view.say("case.left"), format="%d"),
        "hectares": column.NumberColumn(view.say("case.hectares"), format="%.2f"),
        "amount": column.NumberColumn(view.say("case.amount"), format="%.2f")}


def _funnel(view: View, store: CaseStore, rows: list[dict[str, Any]]) -> None:
    chosen = st.selectbox(view.say("case.workflow"), list(store.flows), key="funnel_flow",
                          format_func=lambda name: getattr(store.flows[name].title, view.language))
    table = funnel([row for row in rows if row["workflow"] == chosen], store.flows)
    names = {stage: view.say(f"case.stage_{stage}") for stage in STAGES}
    shown = pd.DataFrame({
        "stage": table["stage"].map(names), "reached": table["reached_cases"],
        "reached_hectares": units.ha(table["reached_area_m2"]),
        "reached_amount": units.wan(table["reached_amount_cny"]), "cases": table["cases"],
        "hectares": units.ha(table["area_m2"]), "amount": units.wan(table["amount_cny"])})
    bars = alt.Chart(shown).mark_bar(color="#4c78a8").encode(
        x=alt.X("reached:Q", title=view.say("case.reached"), axis=alt.Axis(format="d", tickMinStep=1)),
        y=alt.Y("stage:N", sort=list(names.values()), title=None),
        tooltip=[alt.Tooltip(f"{name}:{'N' if name == 'stage' else 'Q'}", title=view.say(f"case.{name}"))
                 for name in shown])
    st.altair_chart(bars + bars.mark_text(align="left", dx=4).encode(text="reached:Q"), width="stretch")
    st.dataframe(shown, hide_index=True, width="stretch", column_config={
        name: st.column_config.Column(view.say(f"case.{name}")) if name in {"stage", "reached", "cases"}
        else st.column_config.NumberColumn(view.say(f"case.{name}"), format="%.2f") for name in shown})


def _years(view: View, rows: list[dict[str, Any]]) -> None:
    table = disposal_by_year(rows)
    shown = pd.DataFrame({
        "year": table["year"].astype("str"), "opening": table["opening_cases"],
        "opened_in_year": table["opened_cases"], "disposed": table["disposed_cases"],
        "withdrawn": table["withdrawn_cases"], "disposal_rate": table["disposal_rate"] * 100,
        "disposed_hectares": units.ha(table["disposed_area_m2"])})
    st.caption(view.say("case.years_title"))
    st.dataframe(shown, hide_index=True, width="stretch", column_config={
        name: st.column_config.NumberColumn(view.say(f"case.{name}"), format={
            "disposal_rate": "%.1f%%", "disposed_hectares": "%.2f"}[name])
        if name in {"disposal_rate", "disposed_hectares"} else st.column_config.Column(view.say(f"case.{name}"))
        for name in shown})
