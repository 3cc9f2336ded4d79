"""Charts on paper: bars against a target, and the Lorenz curve of output over land."""

from __future__ import annotations

from collections.abc import Sequence

from landtool import messages
from landtool.reports import drawing

_BAR, _LINE = "#0072b2", "#8c1c13"
_BAR_MM, _FRAME_MM = 7.0, 22.0


def bar_chart(
    names: Sequence[str],
    values: Sequence[float | None],
    *,
    axis_label: str,
    colours: Sequence[str] | None = None,
    target: float | None = None,
    target_label: str = "",
    form: str = "{:,.1f}",
    language: str = "zh",
    width_mm: float = 165.0,
) -> drawing.Drawing:
    r"""Draw one horizontal bar a name, the first on top, each with its figure; unknown has no bar.

    Parameters
    ----------
    names : sequence of str
        Names of the bars.
    values : sequence of float or None
        Lengths in the unit that ``axis_label`` names; None is written as a dash.
    colours : sequence of str, optional
        One a bar.
    target : float, optional
        Drawn as a line across the bars, with ``target_label``.
    form : str
        Format of the figures.

    Examples
    --------
    >>> bar_chart(["A", "B"], [50.0, None], axis_label="ha", language="en").png[:4]
    b'\x89PNG'
    """
    language = drawing.drawn_language(language)
    figure = drawing.new_figure(width_mm, _FRAME_MM + _BAR_MM * max(1, len(names)))
    axes = drawing.plain_axes(figure)
    places = range(len(names))
    axes.barh(places, [value or 0.0 for value in values], height=0.62,
              color=list(colours) if colours is not None else _BAR)
    axes.set_yticks(list(places), [drawing.drawable(name) for name in names])
    axes.invert_yaxis()
    for place, value in zip(places, values, strict=True):
        axes.annotate("–" if value is None else form.format(value), (value or 0.0, place),
                      xytext=(3, 0), textcoords="offset points", va="center", color=drawing.INK,
                      fontproperties=drawing.font(7.0), path_effects=drawing.halo(), zorder=6)
    if target is not None:
        axes.axvline(target, color=_LINE, linewidth=1.2, linestyle="--")
        axes.annotate(drawing.drawable(target_label), (target, 1.0), xycoords=("data", "axes fraction"),
                      xytext=(0, 3), textcoords="offset points", ha="center", va="bottom",
                      color=_LINE, fontproperties=drawing.font(7.0))
    axes.set_xlabel(drawing.drawable(axis_label), fontproperties=drawing.font(7.5), color=drawing.INK)
    axes.margins(x=0.12, y=0.02)
    drawing.set_tick_font(axes)
    return drawing.finish(figure, language)


def lorenz_chart(
    land_share: Sequence[float],
    output_share: Sequence[float],
    gini: float | None,
    *,
    language: str = "zh",
    width_mm: float = 90.0,
) -> drawing.Drawing:
    """Draw the Lorenz curve of output over land, from 0 to 1 on both axes, with the Gini coefficient.

    Examples
    --------
    >>> lorenz_chart([0.0, 0.5, 1.0], [0.0, 0.2, 1.0], 0.3, language="en").language
    'en'
    """
    language = drawing.drawn_language(language)
    figure = drawing.new_figure(width_mm, width_mm)
    axes = drawing.plain_axes(figure)
    axes.set_aspect("equal")
    axes.plot([0, 1], [0, 1], color="#9aa0a6", linewidth=0.8, linestyle="--")
    axes.plot(land_share, output_share, color=_BAR, linewidth=1.6)
    axes.fill_between(land_share, land_share, output_share, color=_BAR, alpha=0.12, linewidth=0)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    for name, put in (("land_share", axes.set_xlabel), ("output_share", axes.set_ylabel)):
        put(messages.say(f"drawing.{name}", language), fontproperties=drawing.font(7.5), color=drawing.INK)
    if gini is not None:
        axes.text(0.06, 0.92, messages.say("drawing.gini", language, gini=gini),
                  fontproperties=drawing.font(8.0, bold=True), color=drawing.INK)
    drawing.set_tick_font(axes)
    return drawing.finish(figure, language)
