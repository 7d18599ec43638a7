// Who has a sheet open holds the candidate: a sign of life while the tab is seen, and a word when it is left.
"use strict";
(() => {
  const every = 60 * 1000;
  const field = () => document.querySelector("#decision [name=claim]");
  const post = (what, token) => ["/staff/candidates/" + document.getElementById("decision").dataset.candidate + "/" + what, new URLSearchParams({ claim: token })];

  async function renew() {
    const held = field();
    if (!held || document.visibilityState !== "visible") return;
    const [url, body] = post("claim", held.value);
    const answer = await fetch(url, { method: "POST", body }).catch(() => null);
    if (!held.isConnected || !answer) return;
    if (answer.status === 200) held.value = await answer.text();
    else if (answer.status === 409) say("say-lost");
  }

  setInterval(renew, every);
  document.addEventListener("visibilitychange", renew);
  window.addEventListener("pageshow", (e) => { if (e.persisted) renew(); });
  window.addEventListener("pagehide", () => {
    const held = field();
    if (held && held.value) navigator.sendBeacon(...post("release", held.value));
  });
})();
