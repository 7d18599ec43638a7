// A page does not outlive its session: once the server says that it is over, or cannot be asked by then, nothing of it is
// left to read. A form that somebody began to fill in is kept in memory and comes back after signing in again.
"use strict";
(() => {
  const { left, step, who } = document.body.dataset;
  const others = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;
  others?.postMessage(who || ""); // a page of nobody's: somebody has signed out in another tab
  if (left === undefined) return;

  const seconds = 1000;
  const patience = 10 * seconds;
  const words = new Map(["left", "left-half"].map((id) => [id, document.getElementById(id)]));
  let end, asked = performance.now(), told = asked, used = false, asking = false;
  let emptied = null; // what comes back: nodes (null: none), class, title

  // Two clocks: one may be set, the other stands still while the machine sleeps.
  const last = (s) => { end = [Date.now() + s * seconds, performance.now() + s * seconds]; };
  const over = () => Date.now() >= end[0] || performance.now() >= end[1];

  const fields = (form) => [...form.elements].filter((f) => !f.disabled);
  const chosen = (f) => Math.max(0, [...f.options].findIndex((o) => o.defaultSelected));
  function changed(f) {
    if (f.matches("[type=checkbox], [type=radio]")) return f.checked !== f.defaultChecked;
    if (f.matches("[type=file]")) return f.files.length > 0;
    if (f.matches("select")) return f.selectedIndex !== chosen(f);
    return f.matches("textarea, input:not([type=hidden], [type=password])") && f.value !== f.defaultValue;
  }
  const half = () => [...document.forms].some((form) => form.matches("[method=post]") && fields(form).some(changed));

  function empty() {
    if (emptied) return;
    const { body } = document;
    const kept = half();
    const page = words.get(kept ? "left-half" : "left");
    emptied = { nodes: kept ? [...body.childNodes] : null, look: body.className, title: document.title };
    document.dispatchEvent(new CustomEvent("left"));
    body.replaceChildren(page.content.cloneNode(true));
    body.className = "login-page";
    document.title = page.dataset.title;
    const link = body.querySelector("a:not([target])");
    if (link) link.href += "?next=" + encodeURIComponent(location.pathname + location.search);
  }

  function back() {
    const { nodes, look, title } = emptied;
    if (!nodes) return location.reload();
    emptied = null;
    document.body.replaceChildren(...nodes);
    document.body.className = look;
    document.title = title;
    document.dispatchEvent(new CustomEvent("back")); // out of the page, nothing has asked how far things are
  }

  // ask asks how long the session lasts; null: nobody knows. Only POST says that somebody is here.
  async function ask(method) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), patience);
    try {
      const answer = await fetch("/staff/left", { method, headers: { "HX-Request": "true" }, signal: stop.signal });
      if (answer.status === 401) return { left: 0 };
      if (answer.status !== 200) return null;
      const [left, whose] = (await answer.text()).split(" ");
      return { left: whose === who ? Number(left) : 0 };
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  async function look(method = "GET") {
    if (asking) return;
    asking = true;
    asked = performance.now();
    document.documentElement.classList.toggle("asking", !emptied && over()); // not shown before it is known
    const got = await ask(method);
    asking = false;
    if (got && got.left > 0) {
      last(got.left);
      if (emptied) back();
    } else if (got || over()) {
      empty();
    }
    document.documentElement.classList.remove("asking");
  }

  function tick() {
    if (emptied) return;
    if (over()) look();
    else if (used && performance.now() - told >= step * seconds) {
      used = false;
      told = performance.now();
      look("POST");
    }
  }

  last(Number(left));
  for (const kind of ["keydown", "pointerdown", "wheel", "input"]) {
    document.addEventListener(kind, () => { used = true; }, { capture: true, passive: true });
  }
  setInterval(tick, seconds);
  const seen = () => {
    if (document.visibilityState === "visible" && (emptied || over() || performance.now() - asked >= step * seconds)) look();
  };
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("focus", seen);
  window.addEventListener("pageshow", (e) => { if (e.persisted) look(); });
  window.addEventListener("online", seen);
  // A page that asks how far something is may be the first to hear that the session is over.
  document.addEventListener("htmx:responseError", (e) => {
    if (e.detail.xhr.status === 401 && e.detail.requestConfig.verb === "get") look();
  });
  others?.addEventListener("message", (e) => { if (emptied || e.data !== who) look(); });
  window.addEventListener("beforeunload", (e) => { if (emptied?.nodes) e.preventDefault(); });
})();
