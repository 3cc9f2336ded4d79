"""Performance: parks side by side, enterprises and their grades, commitments against actuals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from landtool.maps.style import GRADE_COLOURS
from landtool.reports.parts import columns_of, rows_at
from landtool.reports.regrading import regrade
from landtool.reports.wording import label
from landtool.reports.workbook_sheets import commitments_sheet
from landtool.rules.commitments import COMMITMENT_STATUSES
from landtool.rules.grading import GRADES
from landtool.webapp.charts import grade_bars, park_bars
from landtool.webapp.fragments import fragment
from landtool.webapp.tables import MOST_SENT, draw_sheet, show, show_sheet
from landtool.webapp.view import View

_INTENSITIES = ("output_intensity_cny_m2", "investment_intensity_cny_m2", "tax_intensity_cny_m2")
_POINTS_MAX = 100
_MOST_BARS, _BARS_HEIGHT = 16, 520
_FILTERED = ("is_current", "status", "metric")


def render(view: View) -> None:
    """Draw the page."""
    st.title(view.say("app.page_performance"))
    parks, enterprises, commitments = st.tabs([
        view.say("app_performance.parks"), view.say("app_performance.enterprises"),
        view.say("app_performance.commitments")])  # fmt: skip
    with parks:
        _parks(view)
    with enterprises:
        _enterprises(view)
    with commitments:
        _commitments(view)


def _parks(view: View) -> None:
    parks = view.result.parks
    if parks is None:
        st.info(view.say("app_performance.no_parks"))
        return
    known = [name for name in _INTENSITIES if name in parks and parks[name].notna().any()]
    if known:
        column = st.radio(view.say("app_performance.compare"), known, horizontal=True,
                          format_func=lambda name: label(name, view.language))
        target = view.result.output_target_cny_m2 if column == "output_intensity_cny_m2" else None
        # Bars of a hundred parks scroll by themselves: the table stays within reach.
        tall = parks[column].notna().sum() > _MOST_BARS
        with st.container(height=_BARS_HEIGHT if tall else "content", border=False):
            park_bars(view, parks, column, view.say("app_performance.axis", name=label(column, view.language)),
                      target)
        if target is not None:
            st.caption(view.say("app_performance.target_line", value=target))
    show_sheet("parks", view.result, view.language)


def _enterprises(view: View) -> None:
    grades, terms = view.result.grades, view.result.summary.get("grades")
    if grades is None or not terms:
        st.info(view.say("app_performance.no_grades"))
        return
    st.caption(view.say("app_performance.graded", **{name: terms[name] for name in (
        "year", "enterprises", "graded", "missing")}))
    with st.expander(view.say("app_performance.try"), expanded=True):
        _trial(view, terms["weights"])
    st.subheader(view.say("app_performance.list"))
    show_sheet("grades", view.result, view.language)


@fragment
def _trial(view: View, weights: dict[str, float]) -> None:
    """Points for each indicator, and at once what they do to the grades."""
    cells = st.columns(len(weights))
    points = {name: float(cell.slider(view.say(f"grading.indicator.{name}"), 0, _POINTS_MAX,
                                      round(weight * _POINTS_MAX), key=f"points_{name}"))
              for cell, (name, weight) in zip(cells, weights.items(), strict=True)}
    if not sum(points.values()):
        st.warning(view.say("app_performance.no_points"))
        return
    tried = regrade(view.result, points)
    left, right = st.columns([1, 2], gap="large")
    with left:
        grade_bars(view, tried, {name: GRADE_COLOURS[name] for name in GRADES})
    with right:
        changed = tried[tried["changed"].fillna(False)]
        st.markdown(view.say("app_performance.changed", count=len(changed), whole=len(tried)))
        show(changed, view.language, rows=7)


def _commitments(view: View) -> None:
    table = columns_of(view.result, "commitments", _FILTERED, repeated=("status", "metric"))
    if table is None:
        st.info(view.say("app_performance.no_commitments"))
        return
    current = table["is_current"].astype("bool")
    there = [status for status in COMMITMENT_STATUSES if status in set(table.loc[current, "status"])]
    cells = st.columns(3)
    statuses = cells[0].multiselect(label("status", view.language), there, default=[
        status for status in ("failed", "partly") if status in there],
        placeholder=view.say("app.choose"), format_func=lambda s: view.say(f"commitment.status.{s}"))
    metrics = cells[1].multiselect(label("metric", view.language), sorted(table["metric"].unique()),
                                   placeholder=view.say("app.choose"),
                                   format_func=lambda m: view.say(f"column.metric_is.{m}"))
    past = cells[2].checkbox(view.say("app_performance.past"))
    keep = pd.Series(True, index=table.index) if past else current
    keep &= table["status"].isin(statuses or there)
    keep &= table["metric"].isin(metrics) if metrics else True
    st.caption(view.say("app.rows_shown", count=int(keep.sum())))
    shown = rows_at(view.result, "commitments", np.flatnonzero(keep)[:MOST_SENT])
    draw_sheet(commitments_sheet(shown, view.language), view.language, rows=18, whole=int(keep.sum()))
