"""One page: the summary, the Folium map, the findings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from landtool import messages, units
from landtool.assessment import Assessment, assess
from landtool.errors import LandtoolError
from landtool.maps.assessment_map import map_html
from landtool.reports.results import MARK, read_results, write_results
from landtool.rules.findings import no_findings
from landtool.webapp.serve import WORKSPACE_VARIABLE
from landtool.workspace import open_workspace

_SEVERITIES = ("recover", "breach", "warning", "info")
_COLUMNS = ["severity", "rule_id", "subject_kind", "subject_id", "message", "clause", "measured",
            "threshold", "unit", "since", "due"]  # fmt: skip


@st.cache_resource(show_spinner=False, max_entries=2)
def load_results(folder: str, stamp: float) -> Assessment:
    """The results in a folder; ``stamp`` changes when they do."""
    return read_results(folder)


@st.cache_data(show_spinner=False, max_entries=4)
def load_map(folder: str, stamp: float, language: str) -> str:
    """The map's page as text."""
    return map_html(load_results(folder, stamp), language)


def main(workspace: str | Path | None = None) -> None:
    """Draw the page for the workspace the app was started on."""
    st.set_page_config(page_title="landtool", layout="wide")
    chosen = st.sidebar.radio("语言 / Language", ["中文", "English"], horizontal=True)
    language = "en" if chosen == "English" else "zh"
    folder = Path(workspace or os.environ.get(WORKSPACE_VARIABLE, "data/demo"))
    try:
        result, stamp = _results(folder, language)
    except LandtoolError as error:
        st.error(str(error))
        st.stop()
    _head(result, language)
    if result.has_geometry:
        page = load_map(str(folder / "out"), stamp, language)
        st.iframe(page, height=620)
    else:
        st.info(messages.say("app.no_geometry", language))
    _findings(result, language)
    _not_assessed(result, language)


def _results(folder: Path, language: str) -> tuple[Assessment, float]:
    out = folder / "out"
    if not (out / MARK).is_file():
        with st.status(messages.say("app.assessing", language)) as status:
            def step(key: str, **values: object) -> None:
                status.update(label=messages.say(key, language, **values))

            write_results(assess(open_workspace(folder, progress=step), progress=step), out)
    stamp = (out / MARK).stat().st_mtime
    return load_results(str(out), stamp), stamp


def _head(result: Assessment, language: str) -> None:
    summary = result.summary
    st.title(str(summary["name"]))
    st.caption(messages.say("app.caption", language, as_of=summary["as_of"],
                            policy=summary["policy"]["title"]))
    idle: dict[str, Any] = summary["idle"]
    cells = st.columns(5)
    for cell, status in zip(cells, ("idle_2y", "idle_1y", "idle_suspended",
                                    "idle_government_cause", "at_risk"), strict=True):  # fmt: skip
        found = idle.get(status, {"count": 0, "area_m2": 0.0})
        cell.metric(messages.say(f"idle.status.{status}", language),
                    messages.say("app.count", language, count=found["count"]),
                    messages.say("app.hectares", language, area_m2=found["area_m2"] or 0.0),
                    delta_color="off", delta_arrow="off")
    city = summary["output"]["city"]
    if city and city.get("output_intensity_cny_m2") is not None:
        names = {key: messages.say(f"output.{city[key]}", language)
                 for key in ("output_numerator", "output_denominator")}
        st.markdown(messages.say("app.output", language, **{**city, **names}))
    elif city:
        st.markdown(messages.say("app.output_unknown", language, coverage_pct=city["coverage_pct"]))


def _findings(result: Assessment, language: str) -> None:
    found = result.findings if result.findings is not None else no_findings()
    st.subheader(messages.say("app.findings", language, count=len(found)))
    table = found.rename(columns={f"message_{language}": "message"})
    order = [name for name in _SEVERITIES if name in set(table["severity"])]
    labels = {name: messages.say(f"app.severity_{name}", language) for name in order}
    picked = st.multiselect(messages.say("app.severity", language), order, format_func=labels.__getitem__,
                            default=[name for name in order if name != "info"] or order)
    rank = table["severity"].map({name: place for place, name in enumerate(order)})
    shown = table.loc[rank.sort_values(kind="stable").index, _COLUMNS]
    shown = shown[shown["severity"].isin(picked)]
    shown = shown.assign(severity=shown["severity"].map(labels))
    # Plain cells: a table of Streamlit shows text as text, whatever it holds.
    st.dataframe(shown, width="stretch", hide_index=True, height=420, column_config={
        name: st.column_config.Column(messages.say(f"app.column_{name}", language))
        for name in _COLUMNS})


def _not_assessed(result: Assessment, language: str) -> None:
    rows = result.summary["not_assessed"]
    if rows:
        st.subheader(messages.say("app.not_assessed", language))
        table = pd.DataFrame(rows)
        table["missing"] = table["missing"].str.join(", ")
        st.dataframe(table, width="stretch", hide_index=True, column_config={
            name: st.column_config.Column(messages.say(f"terminal.{name}", language))
            for name in table.columns})
    layers = pd.DataFrame(result.summary["layers"]).T.drop(columns="sources", errors="ignore")
    st.subheader(messages.say("app.layers", language))
    st.dataframe(layers.astype(str), width="stretch", column_config={
        name: st.column_config.Column(messages.say(f"terminal.{name}", language))
        for name in layers.columns})
    st.caption(messages.say("app.area_note", language, mu=units.M2_PER_MU))


if __name__ == "__main__":
    main()
