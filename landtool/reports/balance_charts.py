"""Charts of a land balance on paper: where industrial land went, where it was gained and lost, its trend."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landtool import messages, units
from landtool.balance import LandBalance, LandSeries
from landtool.balance.chart_data import gains_and_losses, transition_flows, trend_points
from landtool.balance.describe import TOLD_M2, snapshot_name
from landtool.reports import drawing
from landtool.reports.parcel_drawing import status_map

CLASS_COLOURS = {"industrial": "#b35806", "m0": "#f1a340", "industrial_or_storage": "#998ec3",
                 "storage": "#542788", "other": "#9aa0a6", "not_surveyed": "#d9d9d9"}  # fmt: skip
CHANGE_COLOURS = {"loss": "#c51b2c", "gain": "#1b7837", "replacement": "#2166ac", "neither": "#c9c9c9"}
_GAP, _BAR, _STEPS = 0.03, 0.03, 40
_MOST_LINES = 12


def transition_chart(balance: LandBalance, language: str = "zh", width_mm: float = 165.0) -> drawing.Drawing | None:
    """Draw a Sankey chart: each class at the first date to each class at the second, in hectares.

    Land of another use at both dates is left out. None where there is nothing else.
    """
    flows = transition_flows(balance)
    flows = flows[flows["area_m2"] >= TOLD_M2]
    if flows.empty:
        return None
    language = drawing.drawn_language(language)
    figure = drawing.new_figure(width_mm, 90.0)
    axes = figure.add_subplot()
    axes.set_axis_off()
    scale = (1.0 - 5 * _GAP) / float(flows["area_m2"].sum())
    starts = _stack(axes, flows, "from_class", 0.0, scale, language)
    ends = _stack(axes, flows, "to_class", 1.0, scale, language)
    for row in flows.itertuples():
        high = row.area_m2 * scale
        left, right = starts[row.from_class], ends[row.to_class]
        _ribbon(axes, left, right, high, CLASS_COLOURS[row.from_class], 0.75 if row.changed else 0.25)
        starts[row.from_class], ends[row.to_class] = left - high, right - high
    for x, name, align in ((0.0, balance.from_name, "left"), (1.0, snapshot_name(balance.to_name, language), "right")):
        axes.text(x, 1.03, drawing.drawable(name), ha=align, va="bottom", color=drawing.INK, fontproperties=drawing.font(9, bold=True))
    axes.set_xlim(-0.32, 1.32)
    axes.set_ylim(-0.02, 1.08)
    return drawing.finish(figure, language)


def _stack(axes: Any, flows: pd.DataFrame, side: str, x: float, scale: float, language: str) -> dict[str, float]:
    """Draw one column of bars; the top of each class's bar."""
    tops, top = {}, 1.0
    for name in CLASS_COLOURS:
        area = float(flows.loc[flows[side] == name, "area_m2"].sum())
        if area <= 0.0:
            continue
        high = area * scale
        left = x - _BAR if x == 0.0 else x
        axes.fill([left, left + _BAR, left + _BAR, left], [top, top, top - high, top - high],
                  color=CLASS_COLOURS[name], linewidth=0)
        words = messages.say("balance.class_area", language, area_m2=area,
                             name=messages.say(f"balance.class_{name}", language))
        axes.text(left - 0.01 if x == 0.0 else left + _BAR + 0.01, top - high / 2, words, color=drawing.INK,
                  ha="right" if x == 0.0 else "left", va="center", fontproperties=drawing.font(7.5),
                  path_effects=drawing.halo())
        tops[name], top = top, top - high - _GAP
    return tops


def _ribbon(axes: Any, left: float, right: float, high: float, colour: str, alpha: float) -> None:
    x = np.linspace(0.0, 1.0, _STEPS)
    ease = x * x * (3.0 - 2.0 * x)
    top = left + (right - left) * ease
    axes.fill_between(x, top - high, top, color=colour, alpha=alpha, linewidth=0)


def change_map(
    balance: LandBalance, language: str = "zh", *, parks: gpd.GeoDataFrame | None = None,
    districts: gpd.GeoDataFrame | None = None,
) -> drawing.Drawing | None:  # fmt: skip
    """Draw gains and losses of industrial land where they lie; None where nothing changed."""
    frame = gpd.GeoDataFrame(gains_and_losses(balance), geometry="geometry", crs=balance.changes.crs)
    if frame.empty:
        return None
    words = drawing.drawn_language(language)
    labels = {name: messages.say(f"balance.change_{name}", words) for name in CHANGE_COLOURS}
    return status_map(frame, "change", labels, CHANGE_COLOURS, parks=parks, districts=districts,
                      language=language)  # fmt: skip


def trend_chart(series: LandSeries, kind: str = "whole", language: str = "zh",
                names: dict[str, str] | None = None) -> drawing.Drawing:  # fmt: skip
    """Draw industrial land by snapshot, one line a region; the largest regions if there are many."""
    points = trend_points(series, kind)
    language = drawing.drawn_language(language)
    largest = points.groupby("region_id", dropna=False)["industrial_m2"].max().nlargest(_MOST_LINES).index
    figure = drawing.new_figure(165.0, 90.0)
    axes = drawing.plain_axes(figure)
    whole = messages.say("balance.whole", language)
    snapshots = [series.balances[0].from_name, *(one.to_name for one in series.balances)]
    for region in largest:
        own = points[points["region_id"].isna() if pd.isna(region) else points["region_id"] == region]
        name = whole if pd.isna(region) else (names or {}).get(region, region)
        axes.plot(own["step"], units.ha(own["industrial_m2"]), marker="o", linewidth=1.4, label=drawing.drawable(name))
    axes.set_xticks(range(len(snapshots)), [drawing.drawable(name) for name in snapshots])
    axes.set_ylabel(messages.say("balance.trend_axis", language), fontproperties=drawing.font(7.5), color=drawing.INK)
    axes.legend(frameon=False, prop=drawing.font(7.0))
    drawing.set_tick_font(axes)
    return drawing.finish(figure, language)
