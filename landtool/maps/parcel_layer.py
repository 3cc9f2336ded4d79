"""A folium element that draws parcels on one canvas, recolours them, and shows text as text.

Nothing from the data is ever handed to HTML: labels and values go through ``textContent``, and the JSON
inside the script has its ``<`` escaped, so a name like ``<img onerror=…>`` is shown, not run.
"""

from __future__ import annotations

import json
from typing import Any

from branca.element import MacroElement
from folium.template import Template


def script_json(value: Any) -> str:
    r"""JSON that may stand inside a script element of a folium page.

    branca renders what a child's template gave once more as a template: ``{{…}}`` in a name would be
    run on this machine, so the opening signs are escaped as well.

    Examples
    --------
    >>> script_json("</script>"), script_json("{{7*7}}")
    ('"\\u003c/script>"', '"\\u007b\\u007b7*7}}"')
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in ("{{", "{%", "{#"):
        text = text.replace(sign, sign.replace("{", "\\u007b"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


class ParcelLayer(MacroElement):
    """Parcels with a theme switch, legend and text popups.

    Parameters
    ----------
    features : list of dict
        ``rings`` (list of polygons, each a list of rings of [lat, lon]), ``c`` (class number per
        theme), ``v`` (texts of the popup).
    themes : list of dict
        ``title`` and ``classes`` (each ``label`` and ``colour``).
    labels : list of str
        Labels of the popup's rows.
    outlines : list of dict
        ``title``, ``colour``, ``width``, ``shapes`` (``rings`` and ``name``).
    texts : dict
        Words of the interface.
    """

    _template = Template(
        """
        {% macro header(this, kwargs) %}
        <style>
        .leaflet-container { background: #f4f1ea; font-family: "Microsoft YaHei", "PingFang SC",
          "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif; }
        .lt-box { background: rgba(255,255,255,.95); padding: 8px 10px; border-radius: 4px;
          box-shadow: 0 1px 4px rgba(0,0,0,.35); font-size: 13px; line-height: 1.5; max-width: 260px; }
        .lt-box h4 { margin: 0 0 4px; font-size: 13px; }
        .lt-row { display: flex; align-items: center; gap: 6px; }
        .lt-row .n { margin-left: auto; padding-left: 10px; color: #555; }
        .lt-swatch { width: 14px; height: 14px; border: 1px solid rgba(0,0,0,.35); flex: none; }
        .lt-popup { border-collapse: collapse; font-size: 13px; }
        .lt-popup th { text-align: left; font-weight: 600; color: #444; padding: 1px 8px 1px 0;
          vertical-align: top; white-space: nowrap; }
        .lt-popup td { padding: 1px 0; white-space: pre-line; }
        .lt-name { white-space: nowrap; font-size: 12px; font-weight: 600; color: #1b3a4b;
          text-shadow: 0 0 3px #fff, 0 0 3px #fff, 0 0 3px #fff; display: inline-block;
          transform: translate(-50%, -50%); }
        .lt-name-districts { color: #5c6b73; }
        .lt-far .lt-name-parks { display: none; }
        .lt-pick { margin-top: 6px; width: 100%; font: inherit; }
        @media print { .leaflet-control-zoom, .leaflet-control-layers { display: none; } }
        </style>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        (function (map) {
          "use strict";
          var data = {{ this.data }};
          map.attributionControl.setPrefix(false);
          function el(tag, cls, text) {
            var node = document.createElement(tag);
            if (cls) { node.className = cls; }
            if (text !== undefined) { node.textContent = text; }
            return node;
          }
          var canvas = L.canvas({ padding: 0.3 });
          var theme = 0, groups = {}, shapes = [], bounds = L.latLngBounds([]);
          // Far away a border line would cover the parcel it encloses.
          function line() { return map.getZoom() >= 14 ? 0.6 : 0; }
          function colour(f) { return data.themes[theme].classes[f.c[theme]].colour; }
          function style(f) {
            return { renderer: canvas, color: "#33363a", weight: line(), opacity: 0.8,
                     fillColor: colour(f), fillOpacity: 0.75 };
          }
          function card(f) {
            var table = el("table", "lt-popup");
            data.labels.forEach(function (label, i) {
              if (f.v[i] === "") { return; }
              var row = el("tr"); row.appendChild(el("th", "", label));
              row.appendChild(el("td", "", f.v[i])); table.appendChild(row);
            });
            return table;
          }
          var parcels = L.featureGroup();
          data.features.forEach(function (f) {
            var shape = L.polygon(f.rings, style(f));
            shape.feature = f;
            shape.bindPopup(function () { return card(f); }, { minWidth: 300, maxWidth: 440,
              maxHeight: 360, autoPanPaddingBottomRight: [240, 20] });
            shape.on("mouseover", function () { shape.setStyle({ weight: 2.5 }); });
            shape.on("mouseout", function () { shape.setStyle({ weight: line() }); });
            shape.addTo(parcels); shapes.push(shape); bounds.extend(shape.getBounds());
          });
          var overlays = {};
          data.outlines.forEach(function (o) {
            var group = L.featureGroup();
            o.shapes.forEach(function (s) {
              L.polygon(s.rings, { color: o.colour, weight: o.width, fill: false, interactive: false })
                .addTo(group);
              if (s.name) {
                L.marker(L.latLngBounds(s.rings.flat(2)).getCenter(), { interactive: false,
                  icon: L.divIcon({ className: "", iconSize: [0, 0],
                    html: el("span", "lt-name lt-name-" + o.kind, s.name) })
                }).addTo(group);
              }
              bounds.extend(L.latLngBounds(s.rings.flat(2)));
            });
            group.addTo(map); overlays[o.title] = group;
          });
          parcels.addTo(map);
          overlays[data.texts.parcels] = parcels;
          var named = {};
          Object.keys(overlays).forEach(function (name) {
            var holder = el("span", "", name); named[holder.innerHTML] = overlays[name];
          });
          var legend = L.control({ position: "bottomright" });
          legend.onAdd = function () { return el("div", "lt-box"); };
          legend.addTo(map);
          var base = {};
          data.themes.forEach(function (t, i) {
            var holder = el("span", "", t.title);
            var dummy = L.layerGroup(); dummy.on("add", function () { recolour(i); });
            base[holder.innerHTML] = dummy; if (i === 0) { dummy.addTo(map); }
          });
          function recolour(i) {
            theme = i;
            shapes.forEach(function (s) { s.setStyle({ fillColor: colour(s.feature) }); });
            drawLegend();
          }
          function drawLegend() {
            var box = legend.getContainer();
            box.replaceChildren(el("h4", "", data.themes[theme].title));
            var counts = data.themes[theme].classes.map(function () { return 0; });
            data.features.forEach(function (f) { counts[f.c[theme]] += 1; });
            data.themes[theme].classes.forEach(function (c, k) {
              if (!counts[k]) { return; }
              var row = el("div", "lt-row"), swatch = el("span", "lt-swatch");
              swatch.style.background = c.colour;
              row.appendChild(swatch); row.appendChild(el("span", "", c.label));
              row.appendChild(el("span", "n", String(counts[k]))); box.appendChild(row);
            });
          }
          var title = L.control({ position: "topleft" });
          title.onAdd = function () {
            var box = el("div", "lt-box"); box.appendChild(el("h4", "", data.texts.title));
            data.texts.lines.forEach(function (line) { box.appendChild(el("div", "", line)); });
            box.appendChild(places());
            L.DomEvent.disableClickPropagation(box);
            return box;
          };
          function places() {
            var pick = el("select", "lt-pick"), spots = [bounds];
            pick.appendChild(el("option", "", data.texts.everything));
            data.outlines.forEach(function (o) {
              if (o.kind !== "parks") { return; }
              o.shapes.forEach(function (s) {
                pick.appendChild(el("option", "", s.name)); spots.push(L.latLngBounds(s.rings.flat(2)));
              });
            });
            pick.setAttribute("aria-label", data.texts.go);
            pick.addEventListener("change", function () { map.fitBounds(spots[pick.selectedIndex]); });
            return pick;
          }
          title.addTo(map);
          L.control.scale({ imperial: false }).addTo(map);
          map.on("zoomend", function () {
            map.getContainer().classList.toggle("lt-far", map.getZoom() < 12);
            shapes.forEach(function (s) { s.setStyle({ weight: line() }); });
          });
          L.control.layers(base, named, { collapsed: true }).addTo(map);
          if (bounds.isValid()) { map.fitBounds(bounds, { padding: [10, 10] }); }
          window.landtoolMap = { map: map, shapes: shapes };
        })({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        features: list[dict[str, Any]],
        themes: list[dict[str, Any]],
        labels: list[str],
        outlines: list[dict[str, Any]],
        texts: dict[str, Any],
    ) -> None:
        super().__init__()
        self._name = "ParcelLayer"
        self.data = script_json(
            {
                "features": features,
                "themes": themes,
                "labels": labels,
                "outlines": outlines,
                "texts": texts,
            }
        )
