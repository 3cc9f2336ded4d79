// The panel: theme, legend with counts (a click hides a class), outlines, basemap; and the outlines themselves.
LandtoolMap.outlines = function (map, data, kept) {
  "use strict";
  var LT = LandtoolMap;
  return data.outlines.map(function (o) {
    var group = L.featureGroup(), known = null;
    function draw(shapes) {
      shapes.forEach(function (s) {
        L.polygon(s.rings, { color: o.colour, weight: o.width, dashArray: o.dash || null, fill: false, interactive: false })
          .addTo(group);
        if (!s.name) { return; }
        var label = LT.el("span", "lt-name lt-name-" + o.name, s.name);
        label.style.color = o.colour;
        L.marker(L.latLngBounds(s.rings.flat(2)).getCenter(), { interactive: false, keyboard: false,
          icon: L.divIcon({ className: "", iconSize: [0, 0], html: label }) }).addTo(group);
      });
      return shapes;
    }
    function load() {
      if (!known) {
        known = (o.shapes ? Promise.resolve(o.shapes) : LT.bytes("outlines/" + o.name).then(function (b) {
          return JSON.parse(new TextDecoder().decode(b));
        })).then(draw);
        known.catch(function () { known = null; });
      }
      return known;
    }
    var before = kept.get("outline:" + o.name);
    return { name: o.name, title: o.title, colour: o.colour, dash: o.dash, isOn: before === null ? o.on : before, load: load,
             set: function (on) { this.isOn = on; kept.set("outline:" + o.name, on); if (on) { load(); group.addTo(map); } else { group.remove(); } } };
  });
};

LandtoolMap.panel = function (map, data, parcels, outlines, kept, first) {
  "use strict";
  var LT = LandtoolMap, legend = LT.el("div");
  function row(swatch, text, count, off, onClick) {
    var line = LT.el("button", "lt-row" + (off ? " lt-off" : ""));
    line.type = "button"; line.setAttribute("aria-pressed", String(!off));
    line.appendChild(swatch); line.appendChild(LT.el("span", "", text));
    if (count !== null) { line.appendChild(LT.el("span", "n", count.toLocaleString("en"))); }
    line.addEventListener("click", onClick);
    return line;
  }
  function drawLegend() {
    legend.replaceChildren();
    data.themes[parcels.state.theme].classes.forEach(function (c, number) {
      if (!parcels.state.counts[number]) { return; }
      var swatch = LT.el("span", "lt-swatch");
      swatch.style.background = c.colour;
      legend.appendChild(row(swatch, c.label, parcels.state.counts[number], parcels.state.hidden[number],
                             function () { parcels.toggleClass(number); }));
    });
  }
  parcels.onChange = drawLegend;
  function themes() {
    var pick = LT.el("select", "lt-pick lt-theme");
    data.themes.forEach(function (t) { pick.appendChild(LT.el("option", "", t.title)); });
    pick.setAttribute("aria-label", data.texts.theme);
    pick.selectedIndex = first;
    pick.addEventListener("change", function () {
      kept.set("theme", data.themes[pick.selectedIndex].name);
      parcels.setTheme(pick.selectedIndex);
    });
    return pick;
  }
  function layers() {
    var box = LT.el("details", "lt-layers");
    box.open = kept.get("layers") === true;
    box.addEventListener("toggle", function () { kept.set("layers", box.open); });
    box.appendChild(LT.el("summary", "", data.texts.layers));
    outlines.forEach(function (o) {
      var mark = LT.el("span", "lt-line");
      mark.style.borderTopColor = o.colour; mark.style.borderTopStyle = o.dash ? "dashed" : "solid";
      var line = row(mark, o.title, null, !o.isOn, function () {
        o.set(!o.isOn); line.classList.toggle("lt-off", !o.isOn); line.setAttribute("aria-pressed", String(o.isOn));
      });
      box.appendChild(line);
    });
    if (data.basemap) { box.appendChild(basemap()); }
    return box;
  }
  function basemap() {
    var b = data.basemap, layer = L.tileLayer(b.url, { minZoom: 1, maxZoom: 21, maxNativeZoom: b.maxZoom, tms: false });
    layer.setZIndex(0).addTo(map);
    var on = true, line = row(LT.el("span", "lt-swatch"), b.title, null, false, function () {
      on = !on; if (on) { layer.addTo(map); } else { layer.remove(); }
      line.classList.toggle("lt-off", !on);
    });
    return line;
  }
  var control = L.control({ position: "topright" });
  control.onAdd = function () {
    var box = LT.el("div", "lt-box lt-panel");
    box.appendChild(themes()); box.appendChild(legend); box.appendChild(layers());
    if (data.texts.far && !data.inline) {
      var note = LT.el("div", "lt-note", data.texts.far);
      map.on("zoomend", show); show();
      box.appendChild(note);
    }
    function show() { note.style.display = map.getZoom() < data.detailZoom ? "" : "none"; }
    L.DomEvent.disableClickPropagation(box); L.DomEvent.disableScrollPropagation(box);
    return box;
  };
  control.addTo(map);
};
