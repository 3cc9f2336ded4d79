"""The charts of the pages, in the colours of the map."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from landtool import units
from landtool.maps.style import IDLE_COLOURS
from landtool.webapp.view import View

_DARK, _LIGHT, _TARGET = "#1b3a4b", "#9aa5ab", "#d55e00"


def _draw(chart: Any) -> None:
    # No menu: its entries are English and lead to pages elsewhere.
    st.altair_chart(chart.configure_axis(labelLimit=240), width="stretch", theme="streamlit")


def status_bars(view: View, counts: dict[str, dict[str, Any]], prefix: str) -> None:
    """Hectares by status."""
    table = pd.DataFrame({
        "status": [view.say(f"{prefix}{status}") for status in counts],
        "ha": [None if row["area_m2"] is None else units.ha(row["area_m2"]) for row in counts.values()],
        "count": [row["count"] for row in counts.values()],
        "colour": [IDLE_COLOURS.get(status, _DARK) for status in counts]})
    ha, count = view.say("column.hectares"), view.say("column.count")
    base = alt.Chart(table).encode(
        y=alt.Y("status:N", sort=None, title=None),
        x=alt.X("ha:Q", title=ha), tooltip=[alt.Tooltip("status:N", title=view.say("terminal.status")),
                                            alt.Tooltip("count:Q", title=count),
                                            alt.Tooltip("ha:Q", title=ha, format=",.2f")])
    bars = base.mark_bar().encode(color=alt.Color("colour:N", scale=None))
    marks = base.mark_text(align="left", dx=4).encode(text=alt.Text("ha:Q", format=",.1f"))
    _draw((bars + marks).properties(height=max(150, 32 * len(table))))


def lorenz(view: View, curve: dict[str, Any]) -> None:
    """Output over land: the further from the diagonal, the more land yields little."""
    table = pd.DataFrame({"land": curve["land_share"], "output": curve["output_share"]}) * 100
    land, output = view.say("app_overview.land_share"), view.say("app_overview.output_share")
    line = alt.Chart(table).mark_line(color=_DARK).encode(
        x=alt.X("land:Q", title=land, scale=alt.Scale(domain=[0, 100])),
        y=alt.Y("output:Q", title=output, scale=alt.Scale(domain=[0, 100])),
        tooltip=[alt.Tooltip("land:Q", title=land, format=".1f"),
                 alt.Tooltip("output:Q", title=output, format=".1f")])
    equal = alt.Chart(pd.DataFrame({"land": [0, 100], "output": [0, 100]})).mark_line(
        color=_LIGHT, strokeDash=[4, 4]).encode(x="land:Q", y="output:Q")
    _draw((equal + line).properties(height=300))


def park_bars(view: View, parks: pd.DataFrame, column: str, title: str, target: float | None) -> None:
    """One figure of every park (in 亿元/km²) beside its target."""
    table = pd.DataFrame({"park": parks["park_name"], "value": units.yi_per_km2(parks[column])}).dropna()
    base = alt.Chart(table).encode(
        y=alt.Y("park:N", sort="-x", title=None), x=alt.X("value:Q", title=title),
        tooltip=[alt.Tooltip("park:N", title=view.say("column.park_name")),
                 alt.Tooltip("value:Q", title=title, format=",.2f")])
    chart = base.mark_bar(color=_DARK) + base.mark_text(align="left", dx=4).encode(
        text=alt.Text("value:Q", format=",.1f"))
    if target is not None:
        rule = pd.DataFrame({"value": [units.yi_per_km2(target)]})
        chart += alt.Chart(rule).mark_rule(color=_TARGET, strokeWidth=2).encode(x="value:Q")
    _draw(chart.properties(height=max(150, 30 * len(table))))


def grade_bars(view: View, tried: pd.DataFrame, colours: dict[str, str]) -> None:
    """Enterprises by grade, under the policy's weights and under those tried."""
    sets = {"grade_before": view.say("app_performance.grade_policy"),
            "grade": view.say("app_performance.grade_tried")}
    counts = pd.concat([
        tried[column].value_counts().rename_axis("grade").reset_index(name="count").assign(weights=name)
        for column, name in sets.items()])
    count, grade = view.say("column.count"), view.say("column.grade")
    _draw(alt.Chart(counts).mark_bar().encode(
        x=alt.X("grade:N", title=grade, axis=alt.Axis(labelAngle=0)), y=alt.Y("count:Q", title=count),
        xOffset=alt.XOffset("weights:N", sort=list(sets.values())),
        opacity=alt.Opacity("weights:N", sort=list(sets.values()), scale=alt.Scale(range=[0.45, 1.0]),
                            title=None, legend=alt.Legend(orient="top")),
        color=alt.Color("grade:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())),
                        legend=None),
        tooltip=[alt.Tooltip("weights:N", title=" "), alt.Tooltip("grade:N", title=grade),
                 alt.Tooltip("count:Q", title=count)]).properties(height=260))
