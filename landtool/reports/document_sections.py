"""The sections of the report in their order; each says what is known, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from landtool import messages, units
from landtool.columns import numbers
from landtool.crs import relabel
from landtool.maps.style import IDLE_COLOURS
from landtool.reports.chart_drawing import bar_chart, lorenz_chart
from landtool.reports.document_land import balance, low_efficiency, milestones, unsupplied
from landtool.reports.document_tables import count_table, figure, number, sheet_cells
from landtool.reports.drawing import drawn_language
from landtool.reports.sheet_tables import table_sheet
from landtool.reports.wording import heading, label, missing_words, policy_values
from landtool.reports.workbook_sheets import idle_list, layer_names
from landtool.rules.commitments import COMMITMENT_STATUSES

if TYPE_CHECKING:
    from landtool.reports.document import Page

_IDLE = ("idle_2y", "idle_1y", "idle_government_cause", "idle_suspended")
_WORST = 20
_WORST_COLUMNS = ("parcel_id", "contract_id", "holder", "park_name", "area_m2", "idle_status", "idle_since",
                  "idle_fee_cny")  # fmt: skip
_GRADE_NAMES = ("A", "B", "C", "D")
# The numbers that the sections above rest on.
_POLICY = ("area.", "balance.", "commitment.", "contract.", "idle.", "low_efficiency.", "milestone.", "output.",
           "unsupplied.")  # fmt: skip


def _general(page: Page) -> None:
    page.head("general")
    summary = page.result.summary
    judged = page.result.parcels if page.result.parcels is not None else page.result.contracts
    if judged is not None:
        area = numbers(judged, "area_m2").fillna(numbers(judged, "area_used_m2")).sum(min_count=1)
        page.text(page.say("land", count=len(judged), area_m2=area))
    counts = summary["idle"]

    def count(status: str) -> int:
        return int(counts.get(status, {"count": 0})["count"])

    if counts:
        areas = [counts[status]["area_m2"] for status in _IDLE if status in counts]
        known = [area for area in areas if area is not None]
        page.text(page.say(
            "idle", count=sum(map(count, _IDLE)), two=count("idle_2y"), one=count("idle_1y"),
            government=count("idle_government_cause"), suspended=count("idle_suspended"),
            risk=count("at_risk"), unknown=count("not_assessable"),
            area_m2=None if areas and not known else float(sum(known))))
    fees = None if judged is None else numbers(judged, "idle_fee_cny")
    if fees is not None and fees.notna().any():
        page.text(page.say("fee", fee_cny=float(fees.sum()), count=int(fees.notna().sum())))
    page.text(_output_sentence(page))


def _output_sentence(page: Page) -> str:
    output = page.result.summary["output"]
    city = output["city"]
    if not city:
        return page.say("output_absent")
    if city.get("output_intensity_cny_m2") is None:
        return page.say("output_unknown", coverage_pct=city.get("coverage_pct"))
    names = {key: messages.say(f"output.{city[f'output_{key}']}", page.language)
             for key in ("numerator", "denominator")}
    return page.say("output", **{**city, **names})


def _idle(page: Page) -> None:
    page.head("idle")
    counts = page.result.summary["idle"]
    words = _idle_words(page.language)
    rows = [[words[status], found["count"], figure(found["area_m2"], units.ha, "{:,.2f}"),
             figure(found["area_m2"], units.mu, "{:,.1f}")] for status, found in counts.items()]
    page.table(page.say("table_idle"), [page.say(key) for key in ("status", "count", "hectares", "mu")], rows,
               [70, 25, 30, 30], numbers=(1, 2, 3))
    shown = [status for status in (*_IDLE, "at_risk", "not_assessable") if status in counts]
    if shown:
        drawn = _idle_words(drawn_language(page.language))
        page.picture(bar_chart(
            [drawn[status] for status in shown],
            [number(counts[status]["area_m2"], units.ha) for status in shown],
            axis_label=messages.say("document.hectares", drawn_language(page.language)),
            colours=[IDLE_COLOURS[status] for status in shown], language=page.language), page.say("figure_idle"))
    page.parcel_map(page.result.parcels, "idle_status", IDLE_COLOURS, "idle.status.", page.say("figure_map"))
    _worst(page)


def _idle_words(language: str) -> dict[str, str]:
    return {status: messages.say(f"idle.status.{status}", language) for status in IDLE_COLOURS}


def _worst(page: Page) -> None:
    rows = idle_list(page.result, page.language)
    if rows is None:
        return
    rows = rows[rows["idle_status"].isin(_IDLE)]
    if rows.empty:
        return
    columns = [name for name in _WORST_COLUMNS if name in rows
               and not (name == "contract_id" and "parcel_id" in rows and page.result.parcels is not None)]
    sheet = table_sheet("idle", rows.head(_WORST), page.language, columns)
    heads, cells = sheet_cells(sheet)
    share = {"parcel_id": 40.0, "contract_id": 40.0, "holder": 36.0, "park_name": 32.0, "idle_status": 24.0,
             "idle_since": 23.0}  # fmt: skip
    widths = [share.get(str(name), 18.0) for name in sheet.table]
    scale = 160.0 / sum(widths)
    page.table(page.say("table_worst", count=len(sheet.table), all=len(rows)), heads, cells,
               [width * scale for width in widths], size_pt=7.5,
               numbers=tuple(at for at, name in enumerate(sheet.table) if str(name).endswith(("_m2", "_cny"))))


def _output(page: Page) -> None:
    page.head("output")
    output = page.result.summary["output"]
    page.text(_output_sentence(page))
    rows = output["parks"]
    if not rows:
        return
    names = ["output_intensity_cny_m2", "target_cny_m2", "coverage_pct", "output_gap_cny", "output_gap_m2"]
    forms: list[tuple[Any, str]] = [(units.yi_per_km2, "{:,.2f}"), (units.yi_per_km2, "{:,.2f}"),
                                    (float, "{:,.1f}"), (units.wan, "{:,.0f}"), (units.ha, "{:,.1f}")]
    page.table(page.say("table_parks"),
               [label("park_name", page.language), *(heading(name, page.language) for name in names)],
               [[row["name"], *(figure(row.get(name), turn, form)
                                for name, (turn, form) in zip(names, forms, strict=True))] for row in rows],
               [52, 22, 20, 20, 24, 22], numbers=(1, 2, 3, 4, 5), size_pt=8.5)
    target = (output["city"] or {}).get("target_cny_m2")
    page.picture(bar_chart(
        [str(row["name"]) for row in rows],
        [number(row.get("output_intensity_cny_m2"), units.yi_per_km2) for row in rows],
        axis_label=messages.say("column.unit_yi_km2", drawn_language(page.language)),
        target=number(target, units.yi_per_km2),
        target_label=messages.say("document.target_line", drawn_language(page.language), target=target),
        language=page.language), page.say("figure_output"))
    curve = output["lorenz"]
    if curve["land_share"]:
        page.picture(lorenz_chart(curve["land_share"], curve["output_share"], curve["gini"],
                                  language=page.language), page.say("figure_lorenz"))


def _commitments(page: Page) -> None:
    page.head("commitments")
    table = page.result.commitments
    if table is None:
        page.text(page.say("commitments_absent"))
        return
    now = table[table["is_current"]]
    counts = now["status"].value_counts()
    page.text(page.say("commitments", count=len(now), **{
        status: int(counts.get(status, 0)) for status in COMMITMENT_STATUSES}))
    if len(now):
        cross = pd.crosstab(now["metric"], now["status"])
        count_table(page, page.say("table_commitments"), cross, "metric", "commitment.metric.",
                     list(COMMITMENT_STATUSES), "commitment.status.")


def _control(page: Page) -> None:
    table = page.result.control
    if table is None or table.empty:
        return
    page.head("control")
    cross = pd.crosstab(table["indicator"], table["verdict"])
    order = [name for name in ("failed", "met", "not_due", "not_assessable", "not_applicable") if name in cross]
    count_table(page, page.say("table_control"), cross, "control_indicator", "control.indicator.", order,
                 "control.verdict.")


def _grades(page: Page) -> None:
    table = page.result.grades
    if table is None or table.empty:
        return
    page.head("grades")
    counts = table["grade"].value_counts()
    page.text(page.say("grades", graded=int(table["grade"].notna().sum()), left=int(table["grade"].isna().sum()),
                       **{name.lower(): int(counts.get(name, 0)) for name in _GRADE_NAMES}))


def _not_assessed(page: Page) -> None:
    page.head("not_assessed")
    rows = page.result.summary["not_assessed"]
    if not rows:
        page.text(page.say("all_assessed"))
        return
    if page.district:
        page.text(page.say("whole_workspace"))
    page.table(page.say("head_not_assessed"),
               [label(name, page.language) for name in ("what", "why", "missing")],
               [[row[f"what_{page.language}"], row[f"why_{page.language}"],
                 missing_words(page.result.policy_numbers, row["missing"], page.language)]
                for row in rows], [50, 60, 50])  # fmt: skip


def _sources(page: Page) -> None:
    page.head("sources")
    layers = page.result.summary["layers"]
    page.text(page.say("sources_note"))
    names = ["layer", "rows_in", "accepted", "set_aside", "crs"]
    page.table(page.say("head_sources"), [label(name, page.language) for name in names], [
        [name, *(f"{report[key]:,}" for key in names[1:4]), relabel(report["crs"], page.language)]
        for name, report in zip(layer_names(pd.Series(list(layers)), page.language), layers.values(), strict=True)
    ], [42, 20, 20, 20, 58], numbers=(1, 2, 3), size_pt=8)  # fmt: skip


def _policy(page: Page) -> None:
    table = page.result.policy_numbers
    if table is None:
        return
    page.head("policy")
    page.text(page.say("policy_note"))
    rows = table[table["key"].str.startswith(_POLICY)]
    rows = rows.assign(value=policy_values(rows, page.language))
    heads = [label(name, page.language) for name in ("meaning", "number", "unit", "clause", "clause_standing")]
    page.table(page.say("head_policy"), heads,
               rows[[f"meaning_{page.language}", "value", f"unit_{page.language}", f"clause_{page.language}",
                     "standing"]].fillna("").values.tolist(), [52, 36, 18, 42, 12], size_pt=7.5)


SECTIONS: tuple[Callable[[Page], None], ...] = (
    _general, _idle, low_efficiency, unsupplied, _output, _commitments, milestones, _control, _grades, balance,
    _not_assessed, _sources, _policy,
)  # fmt: skip
