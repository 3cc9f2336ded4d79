"""The cases of a parcel on its card: open the one there is, or open one from the finding."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from landtool.cases import Actor, CaseStore
from landtool.cases.update import cases_to_open
from landtool.cases.workflow import WORKFLOWS, load_workflow
from landtool.errors import InputDataError, LandtoolError
from landtool.reports.case_pages import label_of
from landtool.reports.parts import rows_of
from landtool.webapp import officer
from landtool.webapp.plain import as_text
from landtool.webapp.view import View

CASES_PAGE = "cases"


def make_ready() -> None:
    """Read the workflows, which the first card asks for."""
    for name in WORKFLOWS:
        load_workflow(name)


def case_block(view: View, parcel: pd.Series, findings: list[dict[str, object]]) -> None:
    """Draw the cases of a parcel and of its contracts; what may become one is offered.

    Parameters
    ----------
    view : View
    parcel : pandas.Series
        Row of the result.
    findings : list of dict
        Of the parcel and of the contract it is judged by.
    """
    subjects = _subjects(view, parcel)
    store = officer.case_store(view)
    rows = [] if store is None else store.rows(subjects=subjects)
    offered = _opening(findings) - {str(row["workflow"]) for row in rows if row["closed_on"] is None}
    if not rows and not offered:
        return
    st.markdown(f"**{view.say('map.card_cases')}**")
    if store is not None:
        for row in rows:
            state = label_of(store.flows[row["workflow"]].states[row["state"]].label, view.language)
            if st.button(view.say("map.card_case_open", case_id=row["case_id"], state=state),
                         key=f"card_case_{row['case_id']}", icon=":material/assignment:"):
                _go(str(row["case_id"]))
    if offered:
        _offer(view, subjects)


def _subjects(view: View, parcel: pd.Series) -> list[tuple[str, str]]:
    """The parcel, and every contract on it."""
    own = rows_of(view.result, "contracts", "parcel_id", [parcel["parcel_id"]], ["contract_id"])
    numbers = [] if own is None else own["contract_id"].dropna().tolist()
    numbers += [] if pd.isna(parcel.get("contract_id")) else [parcel["contract_id"]]
    return [("parcel", str(parcel["parcel_id"])), *dict.fromkeys(("contract", str(one)) for one in numbers)]


def _opening(findings: list[dict[str, object]]) -> set[str]:
    """The workflows that open a case for any of the findings."""
    return {name for name in WORKFLOWS for one in findings
            if load_workflow(name).opens(str(one["rule_id"]), str(one["severity"]))}


def _offer(view: View, subjects: list[tuple[str, str]]) -> None:
    """The button that opens a case; who opens it is asked for where it is not known yet."""
    actor = officer.known_officer() or officer.ask_officer(view, "card_officer")
    if st.button(view.say("map.card_case_new"), key="card_case_new", icon=":material/add:", disabled=actor is None,
                 help=view.say("map.card_case_new_help")) and actor is not None:
        try:
            store = officer.case_store(view, make=True)
            number = None if store is None else _opened(view, store, subjects, actor)
        except LandtoolError as error:
            st.error(as_text(error))
            return
        if number is not None:
            _go(number)


def _opened(view: View, store: CaseStore, subjects: list[tuple[str, str]], actor: Actor) -> str:
    """Open the cases an update would open for these subjects; the number of the first."""
    numbers = [store.open_case(new, actor, officer.now()) for new in cases_to_open(store, view.result, subjects)]
    if not numbers:
        raise InputDataError("this finding was decided already", subjects[0][1],
                             "look at its closed case on the page of the cases")
    return numbers[0]


def _go(case_id: str) -> None:
    """Turn to the page of one case, in the same session."""
    st.switch_page(st.Page(_nothing, url_path=CASES_PAGE, title=CASES_PAGE), query_params={"case": case_id})


def _nothing() -> None:
    """Stands for the page in the switch; the page itself is drawn by the navigation."""
