// The next two sheets and their first pictures are loaded ahead, without claiming them. A decision shows the next one
// at once and is sent meanwhile; if it is refused, the sheet it was made on comes back.
"use strict";
const ahead = (() => {
  const depth = 2;
  const firstPictures = 3;
  const loaded = new Map(); // address → the sheet as text
  let sending = false;

  const main = () => document.getElementById("main");
  const desk = (within = document) => within.querySelector(".desk");

  function parse(text) {
    const t = document.createElement("template");
    t.innerHTML = text;
    return t.content;
  }

  async function fill(url, left) {
    if (!url || left === 0) return;
    if (!loaded.has(url)) {
      const at = new URL(url, location.href);
      at.searchParams.set("ahead", "1");
      const answer = await fetch(at, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (!answer || answer.status !== 200) return;
      loaded.set(url, await answer.text());
      while (loaded.size > 2 * depth) loaded.delete(loaded.keys().next().value);
    }
    const sheet = parse(loaded.get(url));
    const pictures = [...sheet.querySelectorAll(".page img")].slice(0, firstPictures);
    for (const img of [...sheet.querySelectorAll(".strip img"), ...pictures]) new Image().src = img.getAttribute("src");
    await fill(desk(sheet)?.dataset.next, left - 1);
  }

  const idle = window.requestIdleCallback || ((f) => setTimeout(f, 200));
  const begin = () => { if (desk() && !sending) idle(() => fill(desk()?.dataset.next, depth)); };

  function show(content) {
    main().replaceChildren(...content);
    if (window.htmx) htmx.process(main());
    window.scrollTo(0, 0);
    document.dispatchEvent(new CustomEvent("sheet:shown"));
  }

  function swap(text) {
    const sheet = parse(text);
    const title = sheet.querySelector("title");
    if (title) document.title = title.textContent;
    title?.remove();
    const toasts = sheet.querySelector("#toasts");
    toasts?.remove();
    show(sheet.childNodes);
    if (toasts) tell(toasts);
  }

  function tell(toasts) {
    document.getElementById("toasts").replaceChildren(...toasts.childNodes);
    fade();
  }

  // send shows the next sheet and sends the decision; false: the next one is not there yet.
  function send(form) {
    const url = form.dataset.next;
    const text = loaded.get(url);
    if (!text || sending) return false;
    const next = parse(text);
    const decision = next.querySelector("#decision");
    if (!decision) return false;
    const body = new URLSearchParams(new FormData(form));
    body.set("then", "next");
    body.set("shown", decision.dataset.candidate + "." + decision.querySelector("[name=version]").value);
    const before = [...main().childNodes];
    const here = location.href;
    loaded.delete(url);
    sending = true;
    swap(text);
    history.pushState(null, "", url);
    deliver(form.getAttribute("action"), body, { before, here });
    return true;
  }

  async function deliver(action, body, { before, here }) {
    const answer = await fetch(action, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
    sending = false;
    if (!answer || answer.status >= 500 || answer.status === 401 || answer.status === 403) {
      show(before);
      history.replaceState(null, "", here);
      say(!answer ? "say-offline" : answer.status === 401 ? "say-expired" : "say-trouble");
      return;
    }
    const elsewhere = answer.headers.get("HX-Redirect");
    if (elsewhere) {
      location.href = elsewhere;
      return;
    }
    const text = await answer.text();
    if (answer.headers.get("X-Shown") === "kept") {
      const kept = parse(text);
      const field = document.querySelector("#decision [name=claim]");
      if (field) field.value = kept.querySelector("[name=claim]").value;
      tell(kept.querySelector("#toasts"));
    } else {
      swap(text);
      history.replaceState(null, "", answer.headers.get("HX-Push-Url") || here);
    }
    begin();
  }

  document.addEventListener("left", () => loaded.clear());
  document.addEventListener("htmx:afterSettle", begin);
  if (document.readyState === "complete") begin();
  else window.addEventListener("load", begin);
  return { send };
})();
