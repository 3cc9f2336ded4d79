"""The overview: where the city stands, what is idle, what was not assessed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from landtool import units
from landtool.rules.findings import no_findings
from landtool.webapp.tables import show
from landtool.webapp.view import View

_SEVERITIES = ("recover", "breach", "warning", "info")
_HEAD = ("idle_2y", "idle_1y", "idle_suspended", "idle_government_cause", "at_risk")
_FINDING = ["severity", "rule_id", "subject_kind", "subject_id", "message", "clause", "since", "due"]


def render(view: View) -> None:
    """Draw the page."""
    st.title(str(view.result.summary["name"]))
    _idle(view)
    _output(view)
    _findings(view)
    _not_assessed(view)
    st.caption(view.say("app.area_note", mu=units.M2_PER_MU))


def _idle(view: View) -> None:
    idle: dict[str, Any] = view.result.summary["idle"]
    for cell, status in zip(st.columns(len(_HEAD)), _HEAD, strict=True):
        found = idle.get(status, {"count": 0, "area_m2": 0.0})
        cell.metric(view.say(f"idle.status.{status}"), view.say("app.count", count=found["count"]),
                    view.say("app.hectares", area_m2=found["area_m2"] or 0.0),
                    delta_color="off", delta_arrow="off")


def _output(view: View) -> None:
    city = view.result.summary["output"]["city"]
    if city and city.get("output_intensity_cny_m2") is not None:
        names = {key: view.say(f"output.{city[key]}")
                 for key in ("output_numerator", "output_denominator")}
        st.markdown(view.say("app.output", **{**city, **names}))
    elif city:
        st.markdown(view.say("app.output_unknown", coverage_pct=city["coverage_pct"]))


def _findings(view: View) -> None:
    found = view.result.findings if view.result.findings is not None else no_findings()
    st.subheader(view.say("app.findings", count=len(found)))
    table = found.rename(columns={f"message_{view.language}": "message"})
    order = [name for name in _SEVERITIES if name in set(table["severity"])]
    picked = st.multiselect(view.say("app.severity"), order,
                            format_func=lambda name: view.say(f"app.severity_{name}"),
                            default=[name for name in order if name != "info"] or order)
    rank = table["severity"].map({name: place for place, name in enumerate(order)})
    table = table.loc[rank.sort_values(kind="stable").index]
    show(table[table["severity"].isin(picked)], view.language, _FINDING)


def _not_assessed(view: View) -> None:
    rows = view.result.summary["not_assessed"]
    if rows:
        st.subheader(view.say("app.not_assessed"))
        table = pd.DataFrame(rows)
        show(table.assign(missing=table["missing"].str.join(", ")), view.language)
