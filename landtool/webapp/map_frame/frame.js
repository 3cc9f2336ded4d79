// Between Streamlit and the map page: hands the map what to show, hands Streamlit what happened on it.
(function () {
  "use strict";
  var frame = document.getElementById("map"), address = null, wish = null, count = 0;

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

  function load(next) {
    address = next;
    frame.onload = show;
    frame.src = next;
  }

  window.addEventListener("message", function (event) {
    if (event.source !== window.parent || !event.data || event.data.type !== "streamlit:render") { return; }
    var args = event.data.args;
    frame.style.height = args.height + "px";
    send("setFrameHeight", { height: args.height });
    wish = args.wish;
    if (args.page !== address) { load(args.page); } else { show(); }
  });
  send("componentReady", { apiVersion: 1 });
})();
