// Puts the parts together. In the app, the page around the map hands in what to show (apply) and is told of clicks and
// drawn areas (report); a map opened from disk shows its own cards.
LandtoolMap.start = function (map, data) {
  "use strict";
  var LT = LandtoolMap, served = !data.inline, all = L.latLngBounds(data.bounds);
  map.attributionControl.setPrefix(false);
  map.setMaxZoom(21);
  if (all.isValid()) { map.fitBounds(all, { padding: [12, 12], animate: false }); }
  var kept = LT.keep(data.bounds, served), view = kept.get("view");
  if (view) { map.setView(view.centre, view.zoom, { animate: false }); }
  map.on("moveend", function () { kept.set("view", { centre: map.getCenter(), zoom: map.getZoom() }); });
  var parcels = LT.parcels(map, data), outlines = LT.outlines(map, data, kept);
  var marks = L.layerGroup().addTo(map), area = L.layerGroup().addTo(map), hover = L.layerGroup().addTo(map);
  var api = { map: map, parcels: parcels, outlines: outlines, report: null, ready: null, apply: apply };
  var sketch = LT.sketch(map, data.texts, served ? function (ring) { say({ kind: "area", ring: ring }); } : null);
  var first = Math.max(0, data.themes.findIndex(function (theme) { return theme.name === kept.get("theme"); }));
  api.ready = parcels.setTheme(first).then(function () { parcels.layer.addTo(map); });
  LT.panel(map, data, parcels, outlines, kept, first);
  outlines.forEach(function (o) { if (o.isOn) { o.set(true); } });
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  title();
  function far() {
    map.getContainer().classList.toggle("lt-far", map.getZoom() < 12);
    map.getContainer().classList.toggle("lt-off-close", map.getZoom() < 15);
  }
  map.on("zoomend", far); far();

  function say(what) { if (api.report) { api.report(what); } }

  function title() {
    if (!data.title) { return; }
    var control = L.control({ position: "topleft" });
    control.onAdd = function () {
      var box = LT.el("div", "lt-box"), head = LT.el("details");
      head.open = true;
      head.appendChild(LT.el("summary", "", data.title));
      data.lines.forEach(function (line) { head.appendChild(LT.el("div", "", line)); });
      head.appendChild(places());
      box.appendChild(head);
      L.DomEvent.disableClickPropagation(box);
      return box;
    };
    control.addTo(map);
  }

  function places() {
    var pick = LT.el("select", "lt-pick"), spots = [all];
    pick.appendChild(LT.el("option", "", data.texts.everything));
    data.outlines.forEach(function (o) {
      if (o.name !== "parks" || !o.shapes) { return; }
      o.shapes.forEach(function (s) {
        pick.appendChild(LT.el("option", "", s.name)); spots.push(L.latLngBounds(s.rings.flat(2)));
      });
    });
    pick.setAttribute("aria-label", data.texts.go);
    pick.addEventListener("change", function () { map.fitBounds(spots[pick.selectedIndex]); });
    return pick;
  }

  function card(row) {
    var table = LT.el("table", "lt-popup");
    data.inline.labels.forEach(function (label, i) {
      var text = data.inline.cards[row][i];
      if (text === "") { return; }
      var line = LT.el("tr");
      line.appendChild(LT.el("th", "", label)); line.appendChild(LT.el("td", "", text));
      table.appendChild(line);
    });
    return table;
  }

  function select(rings) {
    marks.clearLayers();
    if (!rings) { return; }
    L.polygon(rings, { color: "#fff", weight: 6, fill: false, interactive: false }).addTo(marks);
    L.polygon(rings, { color: "#111", weight: 2.5, fill: false, interactive: false }).addTo(marks);
  }

  map.on("click", function (event) {
    if (sketch.isBusy()) { return; }
    if (served) { say({ kind: "click", lat: event.latlng.lat, lng: event.latlng.lng }); return; }
    var found = parcels.hit(event.latlng);
    select(found && found.rings);
    if (found) { open(found.row, event.latlng); }
  });

  function open(row, at) {
    L.popup({ minWidth: 300, maxWidth: 440, maxHeight: 360, autoPanPaddingBottomRight: [20, 20] })
      .setLatLng(at).setContent(card(row)).openOn(map);
  }

  // A link to the file may name a parcel: map.html#parcel=P1. A number nobody has is no parcel.
  function follow() {
    if (served || window.location.hash.indexOf("#parcel=") !== 0) { return; }
    var id = new URLSearchParams(window.location.hash.slice(1)).get("parcel");
    var row = data.inline.cards.findIndex(function (lines) { return lines[0] === id; });
    var rings = row < 0 ? null : parcels.outline(row);
    if (!rings) { return; }
    var box = L.polygon(rings).getBounds();
    select(rings);
    map.fitBounds(box, { maxZoom: 17, padding: [30, 30], animate: false });
    open(row, box.getCenter());
  }
  api.ready.then(follow);
  window.addEventListener("hashchange", follow);

  // The tip under the pointer: number and holder are asked for by row, its class is known here.
  var tip = LT.el("div", "lt-tip"), last = -1, timer = null;
  map.getContainer().appendChild(tip);
  function leave() { last = -1; hover.clearLayers(); tip.style.display = "none"; clearTimeout(timer); }
  map.on("mousemove", function (event) {
    if (sketch.isBusy() || event.originalEvent.buttons) { leave(); return; }
    var found = parcels.hit(event.latlng);
    if (!found) { leave(); return; }
    tip.style.left = event.containerPoint.x + 14 + "px"; tip.style.top = event.containerPoint.y + 14 + "px";
    if (found.row === last) { return; }
    leave(); last = found.row;
    L.polygon(found.rings, { color: "#111", weight: 2, fill: false, interactive: false }).addTo(hover);
    timer = setTimeout(function () { showTip(found.row); }, 120);
  });
  map.on("mouseout movestart", leave);
  function showTip(row) {
    var name = served ? LT.bytes("names/" + row).then(function (b) { return JSON.parse(new TextDecoder().decode(b)); })
                      : Promise.resolve(data.inline.cards[row].slice(0, 2));
    name.then(function (lines) {
      if (row !== last) { return; }
      tip.textContent = lines.filter(Boolean).concat([parcels.labelOf(row)]).join("\n");
      tip.style.display = "block";
    }).catch(function () { leave(); });
  }

  var shownName = null;
  function apply(wish) {
    if (wish.shown !== shownName) { shownName = wish.shown; parcels.setShown(wish.shown); }
    select(wish.selected);
    area.clearLayers();
    if (wish.area) {
      L.polygon(wish.area, { color: "#c51b7d", weight: 2.5, dashArray: "8 4", fillOpacity: 0.06, interactive: false })
        .addTo(area);
    }
    if (wish.go && kept.isNew(wish.go.id)) { map.fitBounds(wish.go.bounds, { maxZoom: 17, padding: [30, 30] }); }
  }

  window.landtoolMap = api;
  return api;
};
