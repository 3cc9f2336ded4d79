"""Maps on paper: one parcel among its neighbours, and a park or a town by status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landtool import messages
from landtool.errors import InputDataError
from landtool.maps.style import DISTRICT_COLOUR, IDLE_COLOURS, PARK_COLOUR
from landtool.reports import drawing

_NEIGHBOUR, _HIGHLIGHT = "#ece7dc", "#d55e00"
# The window is so many times as wide as the parcel, and never narrower than this (m).
_WINDOW_TIMES, _WINDOW_LEAST_M = 4.0, 200.0
_ROUND_LENGTHS = (1.0, 2.0, 5.0)
_UNKNOWN_COLOUR = "#8a8a8a"
# Parks that fill less of the map than this are drawn each by itself, up to so many.
_SPARSE, _PANELS_MOST, _TITLE_MM = 0.2, 12, 9.0


def parcel_map(
    parcel_id: str,
    parcels: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame | None = None,
    *,
    language: str = "zh",
    width_mm: float = 120.0,
    height_mm: float = 90.0,
) -> drawing.Drawing | None:
    r"""Draw one parcel highlighted among its neighbours, with park outline, scale bar and north arrow.

    Parameters
    ----------
    parcel_id : str
        The parcel in the middle.
    parcels : GeoDataFrame
        ``parcel_id`` on a metric plane.
    parks : GeoDataFrame, optional
        Park boundaries on the same plane; drawn as outlines.
    language : {"zh", "en"}
        English is drawn where the machine has no Chinese font.

    Returns
    -------
    drawing.Drawing or None
        None where the parcel has no polygon.

    Raises
    ------
    InputDataError
        If the parcels lie in degrees: a scale bar in degrees would be wrong.

    Examples
    --------
    >>> square = gpd.GeoDataFrame({"parcel_id": ["P1"]}, geometry=[shapely.box(0, 0, 100, 100)],
    ...                           crs=4545)
    >>> parcel_map("P1", square, language="en").png[:4]
    b'\x89PNG'
    """
    _require_plane(parcels)
    own = _drawable(parcels[parcels["parcel_id"] == parcel_id])
    if own.empty:
        return None
    language = drawing.drawn_language(language)
    figure, axes = _map_axes(width_mm, height_mm)
    window = _window(own.total_bounds, width_mm / height_mm)
    near = parcels.iloc[np.sort(parcels.sindex.query(shapely.box(*window)))]
    near = near[near["parcel_id"] != parcel_id]
    _fill(axes, near.geometry.array, _NEIGHBOUR, drawing.INK, 0.3)
    if parks is not None and len(parks):
        _outline(axes, parks.to_crs(parcels.crs).geometry.array, PARK_COLOUR, 1.4)
    _fill(axes, own.geometry.array, _HIGHLIGHT, "#8c1c13", 1.2, alpha=0.8)
    _label(axes, own.geometry.iloc[0], drawing.drawable(parcel_id), 7.0)
    _frame(axes, window)
    _scale_bar(axes, window, language)
    _north(axes, language)
    return drawing.finish(figure, language)


def status_map(
    frame: gpd.GeoDataFrame,
    column: str,
    labels: Mapping[str, str],
    colours: Mapping[str, str] = IDLE_COLOURS,
    *,
    parks: gpd.GeoDataFrame | None = None,
    districts: gpd.GeoDataFrame | None = None,
    language: str = "zh",
    width_mm: float = 165.0,
    height_mm: float = 110.0,
) -> drawing.Drawing | None:
    """Draw polygons coloured by a status column, with legend, outlines, scale bar and north arrow.

    Parks far from one another are drawn each by itself: on one map of a city nobody could tell parcels apart.

    Parameters
    ----------
    frame : GeoDataFrame
        Polygons on a metric plane; the window is theirs.
    column : str
        Column of statuses; a status without a colour is drawn grey, as unknown.
    labels, colours : mapping
        Status to words (already in the language) and to colour; the legend keeps this order and
        names the statuses that occur.
    parks, districts : GeoDataFrame, optional
        Outlines; parks are named.

    Returns
    -------
    drawing.Drawing or None
        None where no polygon can be drawn.
    """
    _require_plane(frame)
    there = _drawable(frame)
    if there.empty:
        return None
    language, outlines = drawing.drawn_language(language), []
    for zones, colour, width in ((districts, DISTRICT_COLOUR, 0.5), (parks, PARK_COLOUR, 0.9)):
        if zones is not None and len(zones):
            outlines.append((zones.to_crs(frame.crs).geometry.array, colour, width))
    window = _window(there.total_bounds, width_mm / height_mm, times=1.06, least_m=50.0)
    own = None if parks is None or "park_name" not in parks else _drawable(parks).to_crs(frame.crs)
    figure = drawing.new_figure(width_mm, height_mm)
    status = there[column].astype("str")
    order = _in_order(status, colours)

    def draw(axes: Any, window: tuple[float, float, float, float], rows: Any) -> None:
        shapes, said = there.geometry.array[rows], status.to_numpy(dtype=object)[rows]
        for name in order:
            _fill(axes, shapes[said == name], colours.get(name, _UNKNOWN_COLOUR), "#ffffff", 0.05)
        for zones, colour, width in outlines:
            _outline(axes, zones, colour, width)
        _frame(axes, window)
        _scale_bar(axes, window, language)

    if own is not None and _is_sparse(own, window):
        note = _park_panels(figure, own, there, draw, language)
    else:
        axes, note = _plain_frame(figure.add_subplot()), ""
        draw(axes, window, np.arange(len(there)))
        if own is not None:
            _name_parks(axes, own, window)
        _north(axes, language)
    _legend(figure, [(labels.get(name, name), colours.get(name, _UNKNOWN_COLOUR)) for name in order], note)
    return drawing.finish(figure, language)


def _is_sparse(parks: gpd.GeoDataFrame, window: tuple[float, float, float, float]) -> bool:
    """Whether the parks fill so little of the window that each is better drawn by itself."""
    sizes = parks.bounds
    filled = ((sizes["maxx"] - sizes["minx"]) * (sizes["maxy"] - sizes["miny"])).sum()
    west, south, east, north = window
    return 1 < len(parks) <= _PANELS_MOST and bool(filled < _SPARSE * (east - west) * (north - south))


def _park_panels(figure: Any, parks: gpd.GeoDataFrame, there: gpd.GeoDataFrame, draw: Callable[..., None],
                 language: str) -> str:
    """One small map a park, each with a scale of its own; a note counts what lies in none."""
    columns = min(4, max(2, -(-len(parks) // 2)))
    rows, width = -(-len(parks) // columns), figure.get_size_inches()[0]
    figure.set_size_inches(width, (width / columns + _TITLE_MM / drawing.MM_PER_INCH) * rows)
    seen = np.zeros(len(there), dtype=bool)
    for place, (shape, name) in enumerate(zip(parks.geometry, parks["park_name"], strict=True), start=1):
        axes = _plain_frame(figure.add_subplot(rows, columns, place))
        window = _window(shape.bounds, 1.0, times=1.06, least_m=50.0)
        near = np.sort(there.sindex.query(shapely.box(*window), predicate="intersects"))
        seen[near] = True
        draw(axes, window, near)
        axes.set_title(drawing.drawable(name), fontproperties=drawing.font(6.5), color=drawing.INK, pad=3)
    return messages.say("drawing.panels", language, count=int((~seen).sum()))


def _drawable(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shapes = frame.geometry.array
    return frame[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]


def _in_order(status: pd.Series, colours: Mapping[str, str]) -> list[str]:
    found = set(status.dropna().unique())
    return [name for name in colours if name in found] + sorted(found - set(colours))


def _require_plane(frame: gpd.GeoDataFrame) -> None:
    if frame.crs is None or not frame.crs.is_projected:
        raise InputDataError("no metric plane to draw on", "drawing",
                             "bring the frame to a projected CRS first: frame.to_crs(...)")


def _map_axes(width_mm: float, height_mm: float) -> tuple[Any, Any]:
    figure = drawing.new_figure(width_mm, height_mm)
    return figure, _plain_frame(figure.add_subplot())


def _plain_frame(axes: Any) -> Any:
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#fbfaf6")
    for spine in axes.spines.values():
        spine.set_color("#9aa0a6")
        spine.set_linewidth(0.6)
    return axes


def _window(bounds: Any, ratio: float, *, times: float = _WINDOW_TIMES,
            least_m: float = _WINDOW_LEAST_M) -> tuple[float, float, float, float]:
    """A window of the paper's proportions around some bounds."""
    west, south, east, north = bounds
    height = max((north - south) * times, (east - west) * times / ratio, least_m)
    x, y = (west + east) / 2, (south + north) / 2
    return x - height * ratio / 2, y - height / 2, x + height * ratio / 2, y + height / 2


def _frame(axes: Any, window: tuple[float, float, float, float]) -> None:
    axes.set_xlim(window[0], window[2])
    axes.set_ylim(window[1], window[3])


def _path(shapes: Any) -> Any:
    """One path of all rings, outer ones one way round and holes the other, so that holes stay open."""
    from matplotlib.path import Path

    there = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    parts = shapely.get_parts(shapely.orient_polygons(shapely.get_parts(there)))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    rings = shapely.get_rings(parts)
    if not len(rings):
        return None
    points, owner = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(points), Path.LINETO, dtype=Path.code_type)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    codes[first] = Path.MOVETO
    codes[np.append(first[1:], len(points)) - 1] = Path.CLOSEPOLY
    return Path(points, codes)


def _fill(axes: Any, shapes: Any, colour: str, edge: str, width: float, alpha: float = 1.0) -> None:
    from matplotlib.patches import PathPatch

    path = _path(shapes)
    if path is not None:
        # Not add_patch: it walks every corner of a city to widen limits that _frame sets anyway.
        axes.add_artist(PathPatch(path, facecolor=colour, edgecolor=edge, linewidth=width, alpha=alpha))


def _outline(axes: Any, shapes: Any, colour: str, width: float) -> None:
    from matplotlib.patches import PathPatch

    path = _path(shapes)
    if path is not None:
        axes.add_artist(PathPatch(path, facecolor="none", edgecolor=colour, linewidth=width))


def _label(axes: Any, shape: Any, text: str, size: float) -> None:
    middle = shape.centroid
    point = middle if shape.contains(middle) else shape.representative_point()
    axes.text(point.x, point.y, text, ha="center", va="center", fontproperties=drawing.font(size, bold=True),
              color="#1a1a1a", path_effects=drawing.halo())


def _name_parks(axes: Any, parks: gpd.GeoDataFrame, window: tuple[float, float, float, float]) -> None:
    shown = _drawable(parks[parks["park_name"].notna()])
    shown = shown[shown.intersects(shapely.box(*window))]
    for shape, name in zip(shown.geometry, shown["park_name"], strict=True):
        _label(axes, shape, drawing.drawable(name), 6.0)


def _scale_bar(axes: Any, window: tuple[float, float, float, float], language: str) -> None:
    """A bar of a round length, about a fifth of the width, in the lower left corner."""
    west, south, east, north = window
    length = _round_length((east - west) / 5)
    x, y, thick = west + (east - west) * 0.03, south + (north - south) * 0.04, (north - south) * 0.012
    for at, colour in ((0.0, drawing.INK), (0.5, "white")):
        axes.add_patch(_rectangle(x + at * length, y, length / 2, thick, colour))
    unit, size = ("scale_km", length / 1000) if length >= 1000 else ("scale_m", length)
    axes.text(x + length, y + thick * 1.6, messages.say(f"drawing.{unit}", language, length=f"{size:g}"),
              ha="center", va="bottom", fontproperties=drawing.font(6.5), color=drawing.INK, path_effects=drawing.halo())
    axes.text(x, y + thick * 1.6, "0", ha="center", va="bottom", fontproperties=drawing.font(6.5), color=drawing.INK,
              path_effects=drawing.halo())


def _rectangle(x: float, y: float, width: float, height: float, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, height, facecolor=colour, edgecolor=drawing.INK, linewidth=0.6, zorder=5)


def _round_length(most: float) -> float:
    """The largest of 1, 2, 5 × 10ⁿ that is not above ``most``.

    Examples
    --------
    >>> _round_length(270.0)
    200.0
    """
    power = 10.0 ** np.floor(np.log10(most))
    return float(power * max(step for step in _ROUND_LENGTHS if step * power <= most * 1.000001))


def _north(axes: Any, language: str) -> None:
    axes.annotate("", xy=(0.96, 0.96), xytext=(0.96, 0.86), xycoords="axes fraction",
                  arrowprops={"arrowstyle": "-|>", "color": drawing.INK, "linewidth": 1.2})
    axes.text(0.96, 0.85, messages.say("drawing.north", language), transform=axes.transAxes, ha="center",
              va="top", fontproperties=drawing.font(7.0, bold=True), color=drawing.INK)


def _legend(figure: Any, entries: list[tuple[str, str]], note: str) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=colour, edgecolor=drawing.INK, linewidth=0.4, label=drawing.drawable(label))
               for label, colour in entries]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)), frameon=False,
                  prop=drawing.font(6.5), handlelength=1.2, handleheight=0.9, columnspacing=1.2, title=drawing.drawable(note) or None,
                  title_fontproperties=drawing.font(6.5))
