// Runs before the page is drawn: the root is marked, so that the style sheets know that scripts run.
"use strict";
document.documentElement.classList.add("js");

// say shows one of the messages the page carries in its templates.
function say(id) {
  const words = document.getElementById(id);
  const box = document.getElementById("toasts");
  if (words && box) box.replaceChildren(words.content.cloneNode(true));
  fade();
}

// fade lets plain messages go after a while; those that report trouble stay.
function fade() {
  for (const toast of document.querySelectorAll(".toast:not(.bad, .drawing)")) {
    const left = Number(toast.querySelector("form.undo")?.dataset.left || 6000);
    setTimeout(() => toast.remove(), left);
  }
}

// typing says that keys belong to a text field now.
function typing(target) {
  return target.matches("textarea, select, [contenteditable], input:not([type=radio]):not([type=checkbox])");
}

document.addEventListener("DOMContentLoaded", fade);
document.addEventListener("htmx:afterSettle", fade);
document.addEventListener("htmx:sendError", () => say("say-offline"));
document.addEventListener("htmx:timeout", () => say("say-offline"));
document.addEventListener("htmx:responseError", (e) => {
  if (e.detail.xhr.status === 401 && e.detail.requestConfig.verb === "get") return; // left.js empties the page
  say(e.detail.xhr.status === 401 ? "say-expired" : "say-trouble");
});

// A click beside an open list closes it.
document.addEventListener("click", (e) => {
  for (const open of document.querySelectorAll("details.history[open]")) {
    if (!open.contains(e.target)) open.open = false;
  }
});

// Links and buttons may name their key: data-key="s".
document.addEventListener("keydown", (e) => {
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || typing(e.target)) return;
  if (document.querySelector("dialog[open]") || !e.code.startsWith("Key")) return;
  const target = document.querySelector(`a[data-key="${e.code.slice(3).toLowerCase()}"], summary[data-key="${e.code.slice(3).toLowerCase()}"]`) ||
    (e.code === "KeyZ" && !document.querySelector(".item.on") && document.querySelector("[data-act=undo]")); // the sheet has steps of its own
  if (target) {
    e.preventDefault();
    target.click();
  }
});

// One search, one request: what is typed goes with Enter, what is chosen at once.
document.addEventListener("change", (e) => {
  if (e.target.matches(".find select, .find [type=checkbox]")) e.target.form.requestSubmit();
});

// A box that ticks all others of its name.
document.addEventListener("change", (e) => {
  const name = e.target.dataset && e.target.dataset.all;
  if (!name) return;
  for (const box of document.querySelectorAll(`input[type=checkbox][name="${name}"]`)) box.checked = e.target.checked;
});
