"""Sections of the report on land itself: low efficiency, supply, milestones, the total of industrial land."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from landtool import messages, units
from landtool.balance import memo
from landtool.columns import booleans, numbers
from landtool.indicators.progress import MILESTONES
from landtool.maps.style import LOW_EFFICIENCY_COLOURS
from landtool.reports.balance_charts import change_map, transition_chart
from landtool.reports.chart_drawing import bar_chart
from landtool.reports.document_tables import count_table, figure, sheet_cells
from landtool.reports.drawing import drawn_language
from landtool.reports.sheet_tables import table_sheet
from landtool.reports.stored_balance import balance_in
from landtool.reports.workbook_sheets import ledger, low_efficiency_list, zone_names_in
from landtool.rules.milestones import MILESTONE_STATUSES

if TYPE_CHECKING:
    from landtool.reports.document import Page

_WORST = 15
_WORST_WIDTHS = {"parcel_id": 34.0, "holder": 34.0, "park_name": 28.0, "area_m2": 14.0,
                 "low_efficiency_reasons": 30.0, "low_efficiency_margin": 14.0,
                 "low_efficiency_route": 16.0}  # fmt: skip
_LEDGER = ("zone", "opening_m2", "new_m2", "converted_in_m2", "replacement_m2", "converted_out_m2",
           "closing_m2", "net_change_m2", "verdict")  # fmt: skip
_REGIONS = ("whole", "region_group", "district", "park")


def low_efficiency(page: Page) -> None:
    """Low-efficiency land by status, and the parcels that miss the most."""
    judged = page.result.parcels
    if judged is None or "low_efficiency_status" not in judged:
        return
    page.head("low_efficiency")
    rows = low_efficiency_list(page.result)
    page.text(page.say("low_efficiency", count=len(rows), area_m2=_sum(rows, "area_m2"),
                       recoverable_area_m2=_sum(rows, "recoverable_area_m2"),
                       foregone_output_cny=_sum(rows, "foregone_output_cny")))
    groups = judged.groupby("low_efficiency_status", sort=False)["area_m2"].agg(["size", "sum"])
    table = groups.sort_values("sum", ascending=False, kind="stable")
    page.table(page.say("table_low_efficiency"),
               [page.say(key) for key in ("status", "count", "hectares", "mu")],
               [[messages.say(f"low_efficiency.status.{row.Index}", page.language), row.size_,
                 figure(row.sum_, units.ha, "{:,.2f}"), figure(row.sum_, units.mu, "{:,.1f}")]
                for row in table.set_axis(["size_", "sum_"], axis=1).itertuples()],
               [70, 25, 30, 30], numbers=(1, 2, 3))  # fmt: skip
    said = judged["is_low_efficiency"].map({True: "yes", False: "no"}).astype("object").fillna("unknown")
    page.parcel_map(judged.assign(said=said), "said", LOW_EFFICIENCY_COLOURS, "map.low_efficiency.",
                    page.say("figure_low_efficiency"))
    if len(rows):
        worst = rows.sort_values("low_efficiency_margin", kind="stable").head(_WORST)
        sheet = table_sheet("low_efficiency", worst, page.language, list(_WORST_WIDTHS))
        heads, cells = sheet_cells(sheet)
        widths = [_WORST_WIDTHS[str(name)] for name in sheet.table]
        page.table(page.say("table_low_efficiency_worst", count=len(worst), all=len(rows)), heads, cells,
                   [width * 160.0 / sum(widths) for width in widths], size_pt=7.5,
                   numbers=tuple(at for at, name in enumerate(sheet.table)
                                 if str(name).endswith(("_m2", "_margin"))))  # fmt: skip


def _sum(rows: pd.DataFrame, name: str) -> float:
    """Sum of what is known; null where nothing is, and there are rows."""
    return float(numbers(rows, name).sum(min_count=min(1, len(rows))))


def unsupplied(page: Page) -> None:
    """Approved land without supply, by the year of approval; of one district by the pieces in it."""
    page.head("unsupplied")
    pieces = page.result.unsupplied
    if pieces is None:
        page.text(page.say("unsupplied_absent"))
        return
    whole = pieces[~booleans(pieces, "is_sliver").fillna(False).astype("bool")]
    built = whole[booleans(whole, "is_built_without_supply").fillna(False).astype("bool")]
    page.text(page.say("unsupplied", count=len(whole), area_m2=float(whole["area_m2"].sum()),
                       built_m2=float(built["area_m2"].sum()),
                       sliver_m2=float(pieces["area_m2"].sum() - whole["area_m2"].sum())))
    years = page.result.summary.get("unsupplied")
    if years:
        _approval_years(page, [*years["years"], years["total"]])
    elif len(whole):
        groups = whole.assign(built_m2=whole["area_m2"].where(whole.index.isin(built.index), 0.0)).groupby(
            "approval_year", dropna=False)[["area_m2", "built_m2"]].sum()
        page.table(page.say("table_unsupplied"), [_word(page, "year"), _word(page, "unsupplied"), _word(page, "built")],
                   [["–" if pd.isna(row.Index) else int(row.Index), figure(row.area_m2, units.ha, "{:,.2f}"),
                     figure(row.built_m2, units.ha, "{:,.2f}")] for row in groups.itertuples()],
                   [50, 50, 50], numbers=(1, 2))  # fmt: skip
    _approval_chart(page, whole)


def _approval_chart(page: Page, whole: pd.DataFrame) -> None:
    years = whole.groupby("approval_year")["area_m2"].sum()
    if len(years):
        page.picture(bar_chart([str(year) for year in years.index], [float(units.ha(area)) for area in years],
                               axis_label=messages.say("document.hectares", drawn_language(page.language)),
                               language=page.language), page.say("figure_unsupplied"))  # fmt: skip


def _word(page: Page, key: str) -> str:
    return messages.say(f"unsupplied.{key}", page.language)


def _approval_years(page: Page, rows: list[dict[str, Any]]) -> None:
    names = {"approved": "approved_m2", "supplied": "supplied_m2", "unsupplied": "unsupplied_m2",
             "built": "built_without_supply_m2"}  # fmt: skip
    page.table(page.say("table_unsupplied"),
               [_word(page, key) for key in ("year", *names, "age", "rate")],
               [[_word(page, "all") if row["approval_year"] is None else row["approval_year"],
                 *(figure(row[column], units.ha, "{:,.2f}") for column in names.values()),
                 figure(row["age_years"], float, "{:.1f}"), figure(row["disposal_rate"], float, "{:.1%}")]
                for row in rows], [24, 24, 24, 24, 24, 20, 20], numbers=tuple(range(1, 7)), size_pt=8)  # fmt: skip


def milestones(page: Page) -> None:
    """Milestones of contracts in force by whether they were kept."""
    table = page.result.milestones
    if table is None or table.empty:
        return
    table = table[table["standing"] == "in_force"]
    page.head("milestones")
    cross = pd.crosstab(table["milestone"], table["status"])
    late = table[table["status"].isin(("late", "overdue"))]
    government = int((late["defaulting_party"] == "government").sum())
    page.text(page.say("milestones", contracts=table["contract_id"].nunique(), count=len(late), government=government,
                       overdue=int((late["status"] == "overdue").sum())))
    count_table(page, page.say("table_milestones"), cross.reindex([name for name in MILESTONES if name in cross.index]),
                "milestone_name", "milestone.name.", list(MILESTONE_STATUSES), "milestone.status.")


def balance(page: Page) -> None:
    """The total of industrial land: in words, as a ledger, as charts."""
    page.head("balance")
    rows = ledger(page.result, page.language)
    if rows is None:
        page.text(page.say("no_balance"))
        return
    found = balance_in(page.result)
    summary = page.result.summary
    if page.language == page.result.language or found is None:
        text = summary["balance"]["memo"]
    else:
        text = memo(found, page.language, names=zone_names_in(page.result),
                    place=summary.get("district_name"))
    if text:
        page.text(text)
    kinds = ("district", "park") if page.district else _REGIONS
    sheet = table_sheet("balance", rows[rows["region_kind"].isin(kinds)], page.language, list(_LEDGER))
    heads, cells = sheet_cells(sheet)
    page.table(page.say("table_balance"), [head.split("(")[0].split(" (")[0] for head in heads], cells,
               [27, *[16.5] * 7, 17.5], numbers=tuple(range(1, 8)), size_pt=7)
    if found is not None:
        page.picture(transition_chart(found, page.language), page.say("figure_flows"))
        page.picture(change_map(found, page.language, parks=page.drawn("parks"), districts=page.drawn("districts")),
                     page.say("figure_changes"))
