// The parcels: one canvas a tile, drawn from row numbers and class tables. A recolour or a filter draws the same
// geometry anew, in place; it never asks for any.
LandtoolMap.parcels = function (map, data) {
  "use strict";
  var LT = LandtoolMap, SIDE = 512, STEPS = 2048;
  var state = { theme: 0, codes: null, shown: null, hidden: {}, order: null, counts: [] };
  var inline = data.inline ? LT.readTile(LT.fromBase64(data.inline.tile), data.inline.west, data.inline.north,
                                         data.inline.unit) : null;
  var tables = {}, squares = null;

  function isOn(row) { return !state.shown || (state.shown[row >> 3] >> (row & 7) & 1) === 1; }
  function isShown(row) { return isOn(row) && !state.hidden[state.codes[row]]; }

  function table(name) {
    if (!tables[name]) {
      tables[name] = (data.inline ? Promise.resolve(LT.fromBase64(data.inline.tables[name]))
                                  : LT.bytes("tables/" + name)).then(function (b) { return new Uint8Array(b); });
      tables[name].catch(function () { delete tables[name]; });
    }
    return tables[name];
  }

  function farView() {
    if (!squares) {
      squares = LT.bytes("squares").then(function (buffer) {
        return { box: new Float64Array(buffer, 0, 5), cells: new Uint16Array(buffer, 40) };
      });
    }
    return squares;
  }

  // Rows by class, what needs attention last (on top), and how many of each class the filter leaves.
  function arrange() {
    var classes = data.themes[state.theme].classes.length, counts = new Array(classes).fill(0), row;
    for (row = 0; row < data.size; row++) { if (isOn(row)) { counts[state.codes[row]] += 1; } }
    var at = [], sum = 0;
    for (var c = classes - 1; c >= 0; c--) { at[c] = sum; sum += counts[c]; }
    state.order = new Uint32Array(sum);
    for (row = 0; row < data.size; row++) { if (isOn(row)) { state.order[at[state.codes[row]]++] = row; } }
    state.counts = counts;
  }

  function colour(c) { return data.themes[state.theme].classes[c].colour; }

  function drawParcels(ctx, tile, z, x, y) {
    var across = Math.pow(2, z - 1), scale = tile.unit * across * SIDE;
    var dx = (tile.west * across - x) * SIDE, dy = (tile.north * across - y) * SIDE;
    var byClass = data.themes[state.theme].classes.map(function () { return []; });
    for (var p = 0; p < tile.rows.length; p++) {
      var b = tile.boxes, row = tile.rows[p];
      if (isShown(row) && b[4 * p] * scale + dx < SIDE + 4 && b[4 * p + 2] * scale + dx > -4 &&
          b[4 * p + 1] * scale + dy < SIDE + 4 && b[4 * p + 3] * scale + dy > -4) {
        byClass[state.codes[row]].push(p);
      }
    }
    // Far away a border line would cover the parcel it encloses.
    ctx.lineWidth = z >= 16 ? 1 : 0.6;
    ctx.strokeStyle = "rgba(51,54,58,.8)";
    for (var c = byClass.length - 1; c >= 0; c--) {
      if (!byClass[c].length) { continue; }
      ctx.beginPath();
      byClass[c].forEach(function (q) { trace(ctx, tile, q, scale, dx, dy); });
      ctx.fillStyle = colour(c);
      ctx.globalAlpha = 0.78; ctx.fill("evenodd"); ctx.globalAlpha = 1;
      if (z >= 14) { ctx.stroke(); }
    }
  }

  function trace(ctx, tile, p, scale, dx, dy) {
    var xy = tile.xy;
    for (var r = tile.ringOf[p]; r < tile.ringOf[p + 1]; r++) {
      var v = tile.start[r], end = tile.start[r + 1];
      ctx.moveTo(xy[2 * v] * scale + dx, xy[2 * v + 1] * scale + dy);
      for (v++; v < end; v++) { ctx.lineTo(xy[2 * v] * scale + dx, xy[2 * v + 1] * scale + dy); }
      ctx.closePath();
    }
  }

  // Each parcel as a square of its own size at its place: a whole city in some milliseconds.
  function drawSquares(ctx, far, z, x, y) {
    var across = Math.pow(2, z - 1) * SIDE, box = far.box, cells = far.cells;
    var kx = (box[2] - box[0]) / 65535 * across, ky = (box[3] - box[1]) / 65535 * across, ks = box[4] / 65535 * across;
    var dx = box[0] * across - x * SIDE, dy = box[1] * across - y * SIDE, last = -1, hidden = false;
    ctx.globalAlpha = 0.85;
    for (var i = 0; i < state.order.length; i++) {
      var row = state.order[i], cell = 3 * row;
      if (cells[cell + 2] === 0) { continue; }
      var px = cells[cell] * kx + dx, side = Math.max(cells[cell + 2] * ks, 1.6), half = side / 2;
      if (px < -half || px > SIDE + half) { continue; }
      var py = cells[cell + 1] * ky + dy;
      if (py < -half || py > SIDE + half) { continue; }
      if (state.codes[row] !== last) {
        last = state.codes[row]; hidden = !!state.hidden[last]; ctx.fillStyle = colour(last);
      }
      if (!hidden) { ctx.fillRect(px - half, py - half, side, side); }
    }
  }

  function paint(canvas) {
    var ctx = canvas.getContext("2d"), at = canvas.place;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, canvas.width, canvas.height);
    if (!state.order || !(canvas.tile || canvas.far)) { return; }
    ctx.scale(canvas.width / SIDE, canvas.height / SIDE);
    if (canvas.tile) { drawParcels(ctx, canvas.tile, at.z, at.x, at.y); } else { drawSquares(ctx, canvas.far, at.z, at.x, at.y); }
  }

  var Grid = L.GridLayer.extend({
    createTile: function (at, done) {
      var canvas = document.createElement("canvas"), dense = Math.min(window.devicePixelRatio || 1, 2);
      canvas.width = canvas.height = SIDE * dense;
      canvas.place = at;
      canvas.stop = new AbortController();
      content(canvas, at).then(function () { paint(canvas); done(null, canvas); })
        .catch(function (error) { if (error.name !== "AbortError") { done(error, canvas); } });
      return canvas;
    }
  });

  function content(canvas, at) {
    if (inline) { canvas.tile = inline; return Promise.resolve(); }
    if (at.z < data.detailZoom) { return farView().then(function (far) { canvas.far = far; }); }
    var across = Math.pow(2, at.z - 1);
    if (at.x < 0 || at.y < 0 || at.x >= across || at.y >= across) { return Promise.resolve(); }
    return LT.bytes("tiles/" + at.z + "/" + at.x + "/" + at.y, canvas.stop.signal).then(function (buffer) {
      canvas.tile = LT.readTile(buffer, at.x / across, at.y / across, 1 / across / STEPS);
    });
  }

  var grid = new Grid({ tileSize: SIDE, minZoom: 1, maxZoom: 21, noWrap: true, updateWhenZooming: false, keepBuffer: 1,
                        bounds: L.latLngBounds(data.bounds).pad(0.05) });
  grid.on("tileunload", function (event) { event.tile.stop.abort(); });

  function redraw() {
    arrange();
    Object.keys(grid._tiles || {}).forEach(function (key) { paint(grid._tiles[key].el); });
    if (api.onChange) { api.onChange(); }
  }

  function hit(latlng) {
    if (!state.codes) { return null; }
    var at = LT.toMap(latlng), z = Math.round(map.getZoom()), across = Math.pow(2, z - 1), tile = inline;
    if (!tile) {
      var key = Math.floor(at.x * across) + ":" + Math.floor(at.y * across) + ":" + z, held = (grid._tiles || {})[key];
      tile = held && held.el.tile;
    }
    if (!tile) { return null; }
    var p = LT.parcelAt(tile, at.x, at.y, isShown);
    return p < 0 ? null : { row: tile.rows[p], rings: LT.outlineOf(tile, p) };
  }

  // Asked for beside the table: neither waits for the other.
  if (!inline && map.getZoom() < data.detailZoom) { farView().catch(function () { squares = null; }); }

  var api = {
    layer: grid, state: state, hit: hit, onChange: null,
    setTheme: function (number) {
      return table(data.themes[number].name).then(function (codes) {
        state.theme = number; state.codes = codes; state.hidden = {};
        redraw();
      });
    },
    setShown: function (name) {
      if (!name) { state.shown = null; if (state.codes) { redraw(); } return Promise.resolve(); }
      return table(name).then(function (bits) {
        delete tables[name];
        state.shown = bits; if (state.codes) { redraw(); }
      });
    },
    toggleClass: function (c) { state.hidden[c] = !state.hidden[c]; redraw(); },
    labelOf: function (row) { return data.themes[state.theme].classes[state.codes[row]].label; },
    // Rings of one row; a map that asks for its tiles does not hold them all.
    outline: function (row) {
      var p = inline ? Array.prototype.indexOf.call(inline.rows, row) : -1;
      return p < 0 ? null : LT.outlineOf(inline, p);
    }
  };
  return api;
};
