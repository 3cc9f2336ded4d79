// What the other parts of the map share: elements made of text only, tiles read in place, measures on the ellipsoid.
var LandtoolMap = (function () {
  "use strict";
  var MAGIC = 0x314c544c;
  var A = 6378137.0, E2 = 0.00669438002290;  // CGCS2000 and WGS 84 alike, to a tenth of a millimetre

  // Every word of the data goes through textContent: a name is shown, never run.
  function el(tag, cls, text) {
    var node = document.createElement(tag);
    if (cls) { node.className = cls; }
    if (text !== undefined && text !== null) { node.textContent = text; }
    return node;
  }

  function bytes(url, signal) {
    return fetch(url, { signal: signal, credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok) { throw new Error("status " + answer.status); }
      return answer.arrayBuffer();
    });
  }

  function fromBase64(text) {
    var raw = atob(text), made = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i++) { made[i] = raw.charCodeAt(i); }
    return made.buffer;
  }

  // A tile as landtool.maps.tiles writes it; west, north and unit place its lattice in map coordinates.
  function readTile(buffer, west, north, unit) {
    var head = new Uint32Array(buffer, 0, 4);
    if (head[0] !== MAGIC) { throw new Error("no tile"); }
    var parcels = head[1], rings = head[2], at = 16, tile = { west: west, north: north, unit: unit };
    tile.rows = new Uint32Array(buffer, at, parcels); at += 4 * parcels;
    tile.ringOf = new Uint32Array(buffer, at, parcels + 1); at += 4 * (parcels + 1);
    tile.start = new Uint32Array(buffer, at, rings + 1); at += 4 * (rings + 1);
    tile.xy = head[3] === 4 ? new Int32Array(buffer, at) : new Int16Array(buffer, at);
    tile.boxes = boxesOf(tile);
    return tile;
  }

  function boxesOf(tile) {
    var boxes = new Int32Array(4 * tile.rows.length);
    for (var p = 0; p < tile.rows.length; p++) {
      var x0 = 2147483647, y0 = x0, x1 = -x0, y1 = -x0;
      for (var v = tile.start[tile.ringOf[p]], end = tile.start[tile.ringOf[p + 1]]; v < end; v++) {
        var x = tile.xy[2 * v], y = tile.xy[2 * v + 1];
        if (x < x0) { x0 = x; } if (x > x1) { x1 = x; }
        if (y < y0) { y0 = y; } if (y > y1) { y1 = y; }
      }
      boxes.set([x0, y0, x1, y1], 4 * p);
    }
    return boxes;
  }

  // The smallest parcel of a tile over a point (map coordinates), by the even-odd rule; -1 if none.
  function parcelAt(tile, x, y, isShown) {
    var px = (x - tile.west) / tile.unit, py = (y - tile.north) / tile.unit, best = -1, least = Infinity;
    for (var p = 0; p < tile.rows.length; p++) {
      var b = 4 * p;
      if (px < tile.boxes[b] || px > tile.boxes[b + 2] || py < tile.boxes[b + 1] || py > tile.boxes[b + 3]) { continue; }
      if (!isShown(tile.rows[p])) { continue; }
      var inside = false;
      for (var r = tile.ringOf[p]; r < tile.ringOf[p + 1]; r++) {
        for (var i = tile.start[r], j = tile.start[r + 1] - 1; i < tile.start[r + 1]; j = i++) {
          var yi = tile.xy[2 * i + 1], yj = tile.xy[2 * j + 1];
          if ((yi > py) !== (yj > py) &&
              px < (tile.xy[2 * j] - tile.xy[2 * i]) * (py - yi) / (yj - yi) + tile.xy[2 * i]) { inside = !inside; }
        }
      }
      var size = (tile.boxes[b + 2] - tile.boxes[b]) * (tile.boxes[b + 3] - tile.boxes[b + 1]);
      if (inside && size < least) { best = p; least = size; }
    }
    return best;
  }

  function toMap(latlng) {
    var s = Math.sin(latlng.lat * Math.PI / 180);
    return { x: latlng.lng / 360 + 0.5, y: 0.5 - Math.atanh(s) / (2 * Math.PI) };
  }

  function toLatLng(x, y) {
    return [Math.asin(Math.tanh((0.5 - y) * 2 * Math.PI)) * 180 / Math.PI, (x - 0.5) * 360];
  }

  function outlineOf(tile, p) {
    var rings = [];
    for (var r = tile.ringOf[p]; r < tile.ringOf[p + 1]; r++) {
      var ring = [];
      for (var v = tile.start[r]; v < tile.start[r + 1]; v++) {
        ring.push(toLatLng(tile.west + tile.xy[2 * v] * tile.unit, tile.north + tile.xy[2 * v + 1] * tile.unit));
      }
      rings.push(ring);
    }
    return rings;
  }

  // Metres on the ground of one degree of longitude and latitude at a latitude: exact for short lines.
  function metresPerDegree(lat) {
    var s = Math.sin(lat * Math.PI / 180), w = 1 - E2 * s * s;
    return { east: A / Math.sqrt(w) * Math.cos(lat * Math.PI / 180) * Math.PI / 180,
             north: A * (1 - E2) / Math.pow(w, 1.5) * Math.PI / 180 };
  }

  function lengthM(points) {
    var sum = 0;
    for (var i = 1; i < points.length; i++) {
      var m = metresPerDegree((points[i].lat + points[i - 1].lat) / 2);
      sum += Math.hypot((points[i].lng - points[i - 1].lng) * m.east, (points[i].lat - points[i - 1].lat) * m.north);
    }
    return sum;
  }

  function areaM2(points) {
    var lat = points.reduce(function (a, p) { return a + p.lat; }, 0) / points.length, m = metresPerDegree(lat), sum = 0;
    points.forEach(function (p, i) {
      var q = points[(i + 1) % points.length], o = points[0];
      sum += (p.lng - o.lng) * (q.lat - o.lat) - (q.lng - o.lng) * (p.lat - o.lat);
    });
    return Math.abs(sum) / 2 * m.east * m.north;
  }

  // How the map was left (view, theme, outlines, open menu), for as long as the tab is open: another language or another
  // page loses nothing. A map opened from disk starts as it was written.
  function keep(bounds, isServed) {
    var name = "landtool-map:" + JSON.stringify(bounds) + ":", store = isServed ? window.sessionStorage : null;
    function get(key) { try { return JSON.parse(store.getItem(name + key)); } catch (error) { return null; } }
    function set(key, value) { try { store.setItem(name + key, JSON.stringify(value)); } catch (error) { return; } }
    return {
      get: get, set: set,
      // Whether a wish to move was not followed before.
      isNew: function (id) { if (get("went") === id) { return false; } set("went", id); return true; }
    };
  }

  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, function (all, name) { return String(values[name]); });
  }

  return { el: el, bytes: bytes, fromBase64: fromBase64, readTile: readTile, parcelAt: parcelAt, toMap: toMap,
           outlineOf: outlineOf, lengthM: lengthM, areaM2: areaM2, keep: keep,
           fill: fill };
})();
