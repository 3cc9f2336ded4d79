"""The overview: where the city stands, what is idle, what was not assessed."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import streamlit as st

from landtool import units
from landtool.assessment import Assessment
from landtool.errors import OutputError
from landtool.reports.parts import columns_of, rows_at
from landtool.reports.source_ages import source_ages
from landtool.reports.wording import label, missing_words, spoken
from landtool.webapp.charts import lorenz, status_bars
from landtool.webapp.tables import MOST_SENT, show, show_sheet
from landtool.webapp.view import View

_FEWEST_DISTRICTS = 2
_SEVERITIES = ("recover", "breach", "warning", "info")
_FILTERED = ("severity", "rule_id")
_GROUP_COLUMNS = (
    "region_group", "districts", "industrial_area_m2", "output_intensity_cny_m2", "target_cny_m2", "output_verdict",
    "output_gap_cny", "coverage_pct", "investment_intensity_cny_m2", "tax_intensity_cny_m2", "developed_rate",
    "supply_rate", "built_rate", "industrial_share", "idle_rate", "balance_net_change_m2", "balance_verdict",
)  # fmt: skip
_IDLE_LAND = ("idle_2y", "idle_1y", "idle_suspended", "idle_government_cause")


def render(view: View) -> None:
    """Draw the page."""
    st.title(view.title)
    _headline(view)
    _downloads(view)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(view.say("app_overview.idle"))
        status_bars(view, view.result.summary["idle"], "idle.status.")
    with right:
        _lorenz(view)
    st.subheader(view.say("app_overview.targets"))
    if not show_sheet("targets", view.result, view.language, rows=8):
        st.caption(view.say("app.nothing"))
    if view.result.region_groups is not None:
        st.subheader(view.say("app_overview.region_groups"))
        show(view.result.region_groups, view.language, _GROUP_COLUMNS)
    _findings(view)
    _not_assessed(view)
    st.subheader(view.say("app.layers"))
    show(source_ages(view.result.summary, view.folder, view.stamp, view.language), view.language)
    st.caption(view.say("app.area_note", mu=units.M2_PER_MU))


def _downloads(view: View) -> None:
    """Workbook, report and layers, of everything or of one district, made when they are asked for."""
    districts = view.result.districts
    names = {} if districts is None else dict(zip(districts["district_code"], districts["district_name"], strict=True))
    cells = st.columns([1, 1, 1, 1.5, 2], vertical_alignment="bottom")
    whole = view.say("app_overview.whole")
    district = None if len(names) < _FEWEST_DISTRICTS else cells[3].selectbox(
        view.say("app_overview.district"), [None, *names], key="report_district",
        format_func=lambda code: whole if code is None else str(names[code]))
    # The page the browser is at is the app's own: the case numbers of the workbook lead back to it.
    app = str(st.context.url or "").split("?")[0]
    for cell, kind in zip(cells, ("xlsx", "docx", "gpkg"), strict=False):
        cell.download_button(view.say(f"app_overview.download_{kind}"), partial(_made, view, kind, district, app),
                             file_name=f"report{'' if district is None else f'-{district}'}.{kind}",
                             on_click="ignore", width="stretch")


def _made(view: View, kind: str, district: str | None, app: str) -> bytes:
    """In a process of its own: a city's workbook takes a minute and a gigabyte, and others go on working."""
    with TemporaryDirectory(prefix="landtool-report-") as folder:
        target = Path(folder) / f"report.{kind}"
        words = [sys.executable, "-m", "landtool.cli", "report", str(view.out), "-o", str(target), "--language", view.language]
        words += [] if district is None else ["--district", district]
        words += ["--app", app] if app else []
        made = subprocess.run(words, capture_output=True, encoding="utf-8", errors="replace", check=False)
        if made.returncode or not target.is_file():
            raise OutputError(made.stderr.strip() or "no report was made", target.name, "run landtool report in a terminal")
        return target.read_bytes()


def _headline(view: View) -> None:
    summary = view.result.summary
    cells = st.columns(4)
    city = summary["output"]["city"]
    if city and city.get("output_intensity_cny_m2") is not None:
        cells[0].metric(view.say("app_overview.intensity"),
                        view.say("app_overview.yi_km2", value=city["output_intensity_cny_m2"]),
                        view.say("app_overview.target", value=city["target_cny_m2"]),
                        delta_color="off", delta_arrow="off")
    elif city:
        cells[0].metric(view.say("app_overview.intensity"), "–")
        st.markdown(view.say("app.output_unknown", coverage_pct=city["coverage_pct"]))
    _land_total(view, cells[1])
    idle = {status: summary["idle"].get(status, {"count": 0, "area_m2": 0.0})
            for status in (*_IDLE_LAND, "at_risk")}
    for cell, name, statuses in ((cells[2], "app_overview.idle_land", _IDLE_LAND),
                                 (cells[3], "app_overview.at_risk", ("at_risk",))):
        cell.metric(view.say(name),
                    view.say("app.count", count=sum(idle[s]["count"] for s in statuses)),
                    view.say("app.hectares", area_m2=sum(idle[s]["area_m2"] or 0.0 for s in statuses)),
                    delta_color="off", delta_arrow="off")
    if city and city.get("output_intensity_cny_m2") is not None:
        names = {key: view.say(f"output.{city[key]}") for key in ("output_numerator", "output_denominator")}
        st.caption(view.say("app_overview.basis", **{**city, **names}))


def _land_total(view: View, cell: Any) -> None:
    land = view.result.summary["balance"]
    name = view.say("app_overview.land_total")
    if not land:
        cell.metric(name, "–", view.say("app_overview.no_balance"), delta_color="off", delta_arrow="off")
        return
    cell.metric(name, view.say("app.hectares", area_m2=land["closing_m2"]),
                view.say(f"app_overview.total_{land['verdict'] or 'unknown'}", change_m2=land["net_change_m2"]),
                delta_color="off", delta_arrow="off")


def _lorenz(view: View) -> None:
    curve = view.result.summary["output"]["lorenz"]
    st.subheader(view.say("app_overview.lorenz"))
    if curve["gini"] is None:
        st.caption(view.say("app.nothing"))
        return
    lorenz(view, curve)
    st.caption(view.say("app_overview.gini", gini=curve["gini"]))


def _findings(view: View) -> None:
    found = columns_of(view.result, "findings", _FILTERED, repeated=_FILTERED)
    if found is None or found.empty:
        return
    st.subheader(view.say("app.findings", count=len(found)))
    found["rank"] = found["severity"].map({name: place for place, name in enumerate(_SEVERITIES)}).astype("int64")
    order = [_SEVERITIES[place] for place in sorted(found["rank"].unique())]
    cells = st.columns(2)
    picked = cells[0].multiselect(view.say("app.severity"), order, placeholder=view.say("app.choose"),
                                  format_func=lambda name: view.say(f"app.severity_{name}"))
    codes = pd.DataFrame({"rule_id": found["rule_id"].dropna().unique().astype("str")})
    said = dict(zip(codes["rule_id"], spoken(codes, view.language)["rule_id"], strict=True))
    named = cells[1].multiselect(label("rule_id", view.language), sorted(said), format_func=said.__getitem__,
                                 placeholder=view.say("app.choose"))
    kept = found[found["severity"].isin(picked or order) & found["rule_id"].isin(named or said)]
    # The gravest first; only those that are shown are read whole.
    rows = kept["rank"].sort_values(kind="stable").index[:MOST_SENT].sort_values().to_numpy()
    part = Assessment(view.result.summary, findings=rows_at(view.result, "findings", rows))
    show_sheet("findings", part, view.language, whole=len(kept))


def _not_assessed(view: View) -> None:
    rows = view.result.summary["not_assessed"]
    if not rows:
        return
    st.subheader(view.say("app.not_assessed"))
    table = pd.DataFrame(rows)
    for part in ("what", "why"):
        table[part] = table.get(f"{part}_{view.language}", table[part])
    missing = table["missing"].map(lambda names: missing_words(view.result.policy_numbers, names, view.language))
    show(table.assign(missing=missing), view.language, ["what", "why", "missing"])
