// Tools that take points on the map: measure a length, measure an area, draw an area.
LandtoolMap.sketch = function (map, texts, onArea) {
  "use strict";
  var LT = LandtoolMap, group = L.layerGroup().addTo(map), points = [], mode = null, finished = false, buttons = {}, pointer = null, zooming = null;
  var style = { color: "#1b3a4b", weight: 2.5, dashArray: "5 4", fillOpacity: 0.12, interactive: false };

  function figures(list) {
    if (mode === "length") {
      var m = LT.lengthM(list);
      return list.length < 2 ? "" : m < 1000 ? m.toFixed(1) + " m" : (m / 1000).toFixed(3) + " km";
    }
    if (list.length < 3) { return ""; }
    var a = LT.areaM2(list);
    return LT.fill(texts.area, { ha: (a / 1e4).toFixed(3), mu: (a / texts.m2_per_mu).toFixed(2) });
  }

  function draw(list) {
    group.clearLayers();
    if (list.length > 1) { (mode === "length" ? L.polyline : L.polygon)(list, style).addTo(group); }
    points.forEach(function (p) {
      L.circleMarker(p, { radius: 4, color: "#1b3a4b", fillColor: "#fff", fillOpacity: 1, weight: 2, interactive: false })
        .addTo(group);
    });
    hint.textContent = [figures(list), mode && !finished ? texts.hint : ""].filter(Boolean).join(" · ");
  }

  function start(next) {
    clear();
    if (next === null) { return; }
    mode = next; finished = false;
    buttons[next].classList.add("lt-on");
    map.getContainer().classList.add("lt-sketching");
    clearTimeout(zooming);
    map.doubleClickZoom.disable();
    draw([]);
  }

  function quiet() {
    finished = true;
    map.getContainer().classList.remove("lt-sketching");
    Object.keys(buttons).forEach(function (name) { buttons[name].classList.remove("lt-on"); });
    // The double click that ended it is not over yet.
    zooming = setTimeout(function () { map.doubleClickZoom.enable(); }, 300);
  }

  function clear() { quiet(); mode = null; points = []; group.clearLayers(); hint.textContent = ""; }

  function finish() {
    var least = mode === "length" ? 2 : 3;
    if (finished || points.length < least) { return; }
    draw(points); quiet(); draw(points);
    if (mode === "draw") {
      var ring = points.map(function (p) { return [p.lat, p.lng]; });
      clear();
      onArea(ring);
    }
  }

  map.on("click", function (event) {
    if (!mode || finished) { return; }
    var last = points[points.length - 1];
    // The second click of a double click is no corner of its own.
    if (last && map.latLngToContainerPoint(last).distanceTo(event.containerPoint) < 4) { return; }
    if (points.length > 2 && map.latLngToContainerPoint(points[0]).distanceTo(event.containerPoint) < 9) { finish(); return; }
    points.push(event.latlng); draw(points);
  });
  map.on("dblclick", finish);
  map.on("mousemove", function (event) {
    if (mode && !finished && points.length) { pointer = event.latlng; draw(points.concat([pointer])); }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { clear(); }
    if (event.key === "Enter") { finish(); }
  });

  var hint = LT.el("div", "lt-box lt-hint"), bar = L.control({ position: "bottomleft" });
  bar.onAdd = function () { return hint; };
  bar.addTo(map);
  var tools = L.control({ position: "topleft" });
  tools.onAdd = function () {
    var box = LT.el("div", "lt-tools"), names = onArea ? ["length", "area", "draw"] : ["length", "area"];
    names.forEach(function (name) {
      var button = LT.el("button", "", texts["tool_" + name]);
      button.type = "button"; button.title = texts["title_" + name];
      button.addEventListener("click", function () { start(mode === name && !finished ? null : name); });
      buttons[name] = button; box.appendChild(button);
    });
    var wipe = LT.el("button", "", texts.tool_clear);
    wipe.type = "button"; wipe.title = texts.title_clear;
    wipe.addEventListener("click", function () { clear(); if (onArea) { onArea(null); } });
    box.appendChild(wipe);
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  tools.addTo(map);
  return { isBusy: function () { return mode !== null && !finished; } };
};
