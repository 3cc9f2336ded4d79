"""Two maps side by side that move together: changed land before, and after (or what happened to it)."""

from __future__ import annotations

import base64
import html
import json
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from branca.element import MacroElement
from folium.template import Template

from landtool.maps.assets import OfflineMap

# More pieces than this make the browser slow; the largest are kept.
MOST_PIECES = 4000
# Degrees: a tenth of a metre.
_PRECISION = 1e-6


@dataclass(frozen=True)
class Colouring:
    """One map's title, the class of each piece, and label and colour of each class.

    Attributes
    ----------
    title : str
    classes : ndarray of str
        One per piece.
    labels, colours : dict
        By class; a class without a colour is drawn pale.
    """

    title: str
    classes: np.ndarray
    labels: dict[str, str] = field(default_factory=dict)
    colours: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Places:
    """Places to go to by their name.

    Attributes
    ----------
    title, everything : str
        What the list is for; its first line, all pieces.
    names : pandas.Series
        Null where a place has no name: it is left out.
    shapes : GeoSeries
        On the same index, in any known CRS.
    """

    title: str
    everything: str
    names: pd.Series
    shapes: gpd.GeoSeries


def pair_map_html(
    pieces: gpd.GeoDataFrame, left: Colouring, right: Colouring, popups: list[dict[str, str]],
    outlines: gpd.GeoDataFrame | None = None, title: str = "landtool", places: Places | None = None,
) -> str:  # fmt: skip
    """Two synchronised maps of the same pieces in two colourings, as one page without a network.

    Parameters
    ----------
    pieces : GeoDataFrame
        Polygons in any known CRS; at most :data:`MOST_PIECES`.
    left, right : Colouring
    popups : list of dict
        Label -> text, one a piece; shown as text whatever they hold.
    outlines : GeoDataFrame, optional
        Lines for orientation.
    title : str
    places : Places, optional
        Where the maps can be sent by name.

    Returns
    -------
    str
    """
    wgs = pieces.to_crs("EPSG:4490")
    data: dict[str, Any] = {
        "shapes": _geojson(wgs), "popups": popups,
        "outlines": [] if outlines is None else _geojson(outlines.to_crs("EPSG:4490")),
        "sides": [_side(colouring) for colouring in (left, right)],
        "places": None if places is None else {"title": places.title, "all": places.everything,
                                               "spots": _spots(places)},
    }  # fmt: skip
    box = wgs.total_bounds if len(wgs) else np.array([105.0, 28.0, 110.0, 32.0])
    drawn = OfflineMap(location=[(box[1] + box[3]) / 2, (box[0] + box[2]) / 2], zoom_start=12)
    _PairLayer(data).add_to(drawn)
    figure = drawn.get_root()
    figure.title = html.escape(title)  # type: ignore[attr-defined]
    return figure.render()


def _geojson(frame: gpd.GeoDataFrame) -> list[Any]:
    kept = frame.geometry[~shapely.is_missing(frame.geometry.array)]
    shapes = shapely.set_precision(kept.array, _PRECISION, mode="pointwise")
    return [json.loads(text) for text in shapely.to_geojson(shapely.force_2d(shapes))]


def _spots(places: Places) -> list[dict[str, Any]]:
    """Name and corners (south-west, north-east as [lat, lon]) of each place, by name."""
    shapes = places.shapes.array
    names = places.names[places.names.notna() & ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)]
    order = names.astype("str").sort_values(kind="stable")
    boxes = places.shapes[order.index].to_crs("EPSG:4490").bounds.round(6)
    return [{"name": name, "bounds": [[south, west], [north, east]]} for name, (west, south, east, north) in zip(
        order.tolist(), boxes.to_numpy().tolist(), strict=True)]


def _side(colouring: Colouring) -> dict[str, Any]:
    names, codes = np.unique(colouring.classes.astype(str), return_inverse=True)
    counts = np.bincount(codes, minlength=len(names))
    return {"title": colouring.title, "of": codes.tolist(),
            "classes": [{"label": colouring.labels.get(name, name), "count": int(count),
                         "colour": colouring.colours.get(name, "#d9d4c5")}
                        for name, count in zip(names, counts, strict=True)]}  # fmt: skip


class _PairLayer(MacroElement):
    """The script of both maps; the data stand in it as base64, so no text can end it or be run."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}
        <style>
        body { display: flex; gap: 6px; margin: 0; }
        body > .folium-map, #lt-right { position: relative !important; flex: 1 1 0; height: 100vh !important;
          width: 50% !important; left: 0 !important; }
        .leaflet-container { background: #f4f1ea; font-family: "Microsoft YaHei", "PingFang SC",
          "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif; }
        .lt-box { background: rgba(255,255,255,.95); padding: 6px 9px; border-radius: 4px; font-size: 13px;
          line-height: 1.5; box-shadow: 0 1px 4px rgba(0,0,0,.35); }
        .lt-box b { display: block; }
        .lt-box i { width: 13px; height: 13px; display: inline-block; margin-right: 6px;
          border: 1px solid rgba(0,0,0,.35); vertical-align: -2px; }
        .lt-box select { max-width: 16em; font: inherit; }
        .lt-popup th { text-align: left; padding-right: 8px; white-space: nowrap; color: #444; }
        </style>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        (function (left) {
          "use strict";
          var bytes = Uint8Array.from(atob("{{ this.data }}"), function (c) { return c.charCodeAt(0); });
          var data = JSON.parse(new TextDecoder().decode(bytes));
          var div = document.createElement("div"); div.id = "lt-right";
          left.getContainer().after(div);
          var right = L.map(div, { center: left.getCenter(), zoom: left.getZoom() });
          function el(tag, text) {
            var node = document.createElement(tag);
            if (text !== undefined) { node.textContent = text; }
            return node;
          }
          function card(i) {
            var table = el("table"); table.className = "lt-popup";
            Object.keys(data.popups[i]).forEach(function (label) {
              var row = el("tr"); row.appendChild(el("th", label));
              row.appendChild(el("td", data.popups[i][label])); table.appendChild(row);
            });
            return table;
          }
          function draw(map, side) {
            map.attributionControl.setPrefix(false);
            var canvas = L.canvas({ padding: 0.3 }), group = L.featureGroup();
            data.outlines.forEach(function (shape) {
              L.geoJSON(shape, { interactive: false, style: { color: "#1b3a4b", weight: 1.5, fill: false } })
                .addTo(map);
            });
            data.shapes.forEach(function (shape, i) {
              L.geoJSON(shape, { style: { renderer: canvas, color: "#33363a", weight: 0.5, opacity: 0.8,
                fillColor: side.classes[side.of[i]].colour, fillOpacity: 0.85 } })
                .bindPopup(function () { return card(i); }, { maxWidth: 420 }).addTo(group);
            });
            group.addTo(map);
            var box = L.control({ position: "topright" });
            box.onAdd = function () {
              var node = el("div"); node.className = "lt-box"; node.appendChild(el("b", side.title));
              side.classes.forEach(function (c) {
                var row = el("div"), mark = el("i"); mark.style.background = c.colour;
                row.appendChild(mark); row.appendChild(el("span", c.label + " " + c.count));
                node.appendChild(row);
              });
              return node;
            };
            box.addTo(map);
            L.control.scale({ imperial: false }).addTo(map);
            return group;
          }
          var group = draw(left, data.sides[0]); draw(right, data.sides[1]);
          var busy = false;
          function follow(one, other) {
            one.on("move zoomend", function () {
              if (busy) { return; }
              busy = true; other.setView(one.getCenter(), one.getZoom(), { animate: false }); busy = false;
            });
          }
          follow(left, right); follow(right, left);
          function everything() {
            if (data.shapes.length) { left.fitBounds(group.getBounds(), { padding: [10, 10], animate: false }); }
          }
          function places() {
            var pick = el("select");
            pick.appendChild(el("option", data.places.all));
            data.places.spots.forEach(function (spot) { pick.appendChild(el("option", spot.name)); });
            pick.setAttribute("aria-label", data.places.title); pick.title = data.places.title;
            pick.addEventListener("change", function () {
              var spot = data.places.spots[pick.selectedIndex - 1];
              if (spot) { left.fitBounds(spot.bounds, { padding: [10, 10], animate: false }); } else { everything(); }
            });
            var box = L.control({ position: "topleft" });
            box.onAdd = function () {
              var node = el("div"); node.className = "lt-box"; node.appendChild(pick);
              L.DomEvent.disableClickPropagation(node); L.DomEvent.disableScrollPropagation(node);
              return node;
            };
            box.addTo(left);
          }
          if (data.places && data.places.spots.length) { places(); }
          // A map in a tab that is not shown yet has no size: there is nothing to fit it into until it has.
          var fitted = false;
          function settle() {
            if (!left.getContainer().clientWidth || !left.getContainer().clientHeight) { return; }
            busy = true; left.invalidateSize(); right.invalidateSize(); busy = false;
            if (fitted || !data.shapes.length) { return; }
            fitted = true;
            everything();
          }
          new ResizeObserver(settle).observe(left.getContainer());
          settle();
          window.landtoolPair = { left: left, right: right, count: data.shapes.length };
        })({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__()
        self._name = "PairLayer"
        self.data = base64.b64encode(json.dumps(data, allow_nan=False).encode()).decode("ascii")
