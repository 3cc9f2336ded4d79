// Between Streamlit and the map page: hands the map what to show, hands Streamlit what happened on it.
(function () {
  "use strict";
  var LEAST_PX = 420, ABOVE_PX = 150;
  var frame = document.getElementById("map"), address = null, wish = null, count = 0, asked = 0, given = 0;

  function send(type, more) {
    window.parent.postMessage(Object.assign({ isStreamlitMessage: true, type: "streamlit:" + type }, more), "*");
  }

  function inner() { return frame.contentWindow && frame.contentWindow.landtoolMap; }

  function show() {
    var map = inner();
    if (!map || !wish) { return; }
    map.report = function (what) {
      count += 1;
      // Two clicks on one place are two: each has a number of its own.
      send("setComponentValue", { value: Object.assign({ n: Date.now() + count / 1000 }, what), dataType: "json" });
    };
    map.apply(wish);
  }

  // As high as the window leaves room for below what stands above a map: its scale and lower edge are seen.
  function fit() {
    var height = Math.max(LEAST_PX, Math.min(asked, window.parent.innerHeight - ABOVE_PX));
    if (height === given) { return; }
    given = height;
    frame.style.height = height + "px";
    send("setFrameHeight", { height: height });
  }

  function load(next) {
    address = next;
    frame.onload = show;
    frame.src = next;
  }

  window.addEventListener("message", function (event) {
    if (event.source !== window.parent || !event.data || event.data.type !== "streamlit:render") { return; }
    var args = event.data.args;
    asked = args.height;
    fit();
    wish = args.wish;
    if (args.page !== address) { load(args.page); } else { show(); }
  });
  window.parent.addEventListener("resize", fit);
  window.addEventListener("pagehide", function () { window.parent.removeEventListener("resize", fit); });
  send("componentReady", { apiVersion: 1 });
})();
