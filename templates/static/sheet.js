// The sheet by keyboard. The form's own fields are the only state: what is chosen here is what is sent.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const items = () => all(".item");
  const waiting = () => all(".item[data-waiting]").filter((item) => item.querySelector(".judge"));
  const current = () => document.querySelector(".item.on");
  const form = () => document.getElementById("decision");

  const verdict = (item) => item.querySelector(".verdict input:checked")?.value || "";
  const reasons = (item) => all(".reason input", item);
  const lacking = (item) => verdict(item) === "return" && !reasons(item).some((r) => r.checked);
  const open = (item) => verdict(item) === "" || lacking(item);

  let before = new Map(); // item → what was chosen, so that a step can be taken back
  let steps = [];
  let sent = false;

  const snapshot = (item) => ({ verdict: verdict(item), reasons: reasons(item).map((r) => r.checked) });

  function start() {
    const desk = document.querySelector(".desk");
    if (!desk || desk.dataset.started) return;
    desk.dataset.started = "yes";
    steps = [];
    sent = false;
    before = new Map(items().map((item) => [item, snapshot(item)]));
    const named = location.hash && document.querySelector(CSS.escape ? "#" + CSS.escape(location.hash.slice(1)) : null);
    go(named && named.matches(".item") ? named : waiting().find(open) || waiting()[0] || items().find((item) => item.querySelector(".page")) || items()[0]);
    for (const item of items()) framing.show(item);
    sum();
  }

  // go shows one item and warms the next one's picture.
  function go(item) {
    if (!item) return;
    framing.done();
    for (const other of items()) other.classList.toggle("on", other === item);
    for (const cell of all(".strip .cell")) {
      const here = cell.dataset.go === item.dataset.item;
      if (here) {
        cell.setAttribute("aria-current", "true");
        cell.scrollIntoView({ block: "nearest", inline: "nearest" });
      } else {
        cell.removeAttribute("aria-current");
      }
    }
    const pages = all(".page", item);
    viewer.show(item, Math.max(0, pages.findIndex((page) => page.classList.contains("on"))));
    item.querySelector(".panel").scrollTop = 0;
    const following = items()[items().indexOf(item) + 1]?.querySelector(".page img");
    if (following) new Image().src = following.src;
  }

  function move(by) {
    const list = items();
    go(list[list.indexOf(current()) + by]);
  }

  // onward goes to the next item without a verdict, from here on round.
  function onward() {
    const list = waiting();
    const at = list.indexOf(current());
    go([...list.slice(at + 1), ...list.slice(0, at + 1)].find(open));
  }

  const mismatched = (item) => item.querySelector(".marks .wrong input:checked");

  function choose(item, value) {
    if (value === "pass" && mismatched(item)) {
      say("say-mismatch");
      value = "return";
    }
    const radio = item.querySelector(`.verdict input[value=${value}]`);
    if (!radio) return false;
    radio.checked = true;
    changed(item);
    return true;
  }

  function changed(item) {
    steps.push([item, before.get(item)]);
    before.set(item, snapshot(item));
    sum();
  }

  // undo takes back the last choice on this sheet; before any, the decision sent last.
  function undo() {
    const [item, was] = steps.pop() || [];
    if (!item) {
      document.querySelector("[data-act=undo]")?.click();
      return;
    }
    if (!item.isConnected) return;
    for (const radio of all(".verdict input", item)) radio.checked = radio.value === was.verdict;
    reasons(item).forEach((r, i) => { r.checked = was.reasons[i]; });
    before.set(item, was);
    go(item);
    sum();
  }

  function toggle(item, key) {
    const box = item.querySelector(`.reason input[data-key="${key}"]`);
    if (!box) return;
    item.querySelector(".verdict input[value=return]").checked = true;
    box.checked = !box.checked;
    changed(item);
    item.querySelector(".why").scrollIntoView({ block: "nearest" });
  }

  // mark goes round for the nth field: the same, not the same, not marked.
  function mark(item, n) {
    const [right, wrong] = all(`[data-field="${n}"] .marks input`, item);
    if (!right) return;
    if (wrong.checked) wrong.checked = false;
    else if (right.checked) wrong.checked = true;
    else right.checked = true;
    marked(item);
  }

  // marked: what does not fit cannot pass.
  function marked(item) {
    if (mismatched(item) && verdict(item) !== "return") choose(item, "return");
  }

  function allRight(item) {
    for (const input of all(".marks .right input", item)) input.checked = true;
  }

  function passClean() {
    for (const item of waiting()) {
      if (verdict(item) === "" && !item.hasAttribute("data-doubtful") && !mismatched(item)) choose(item, "pass");
    }
    onward();
  }

  // sum writes what the choices come to: beside each item in the list, and in the bar below.
  function sum() {
    const count = { pass: 0, return: 0, left: 0 };
    let unfounded = 0;
    for (const item of waiting()) {
      const v = verdict(item);
      item.dataset.verdict = v;
      document.querySelector(`.cell[data-go="${item.dataset.item}"]`).dataset.verdict = v;
      count[v || "left"]++;
      if (lacking(item)) unfounded++;
    }
    for (const n of all("[data-sum]")) n.textContent = count[n.dataset.sum];
    const then = document.querySelector("[data-then]");
    if (then) then.dataset.then = count.left ? "left" : unfounded ? "reason" : count.return ? "return" : "pass";
    for (const button of all(".send")) button.setAttribute("aria-disabled", String(Boolean(count.left || unfounded)));
  }

  // send sends when everything is decided, else it shows what is not.
  function send(button) {
    const undecided = waiting().find(open);
    if (undecided) {
      go(undecided);
      (lacking(undecided) ? undecided.querySelector(".reason input") : undecided.querySelector(".verdict input"))?.focus();
      return;
    }
    if (button.value === "next" && ahead.send(form())) {
      sent = true;
      return;
    }
    button.click(); // not requestSubmit: htmx sends the button that was clicked last
  }

  function write(selector) {
    const field = current()?.querySelector(selector);
    if (!field) return;
    const folded = field.closest("details");
    if (folded) folded.open = true;
    field.focus();
  }

  function keys() {
    const dialog = document.getElementById("keys");
    if (!dialog.open) return dialog.showModal();
    dialog.close();
    // Where the focus came from is gone when a sheet took the place of another; keys must not reach a button nobody sees.
    if (dialog.contains(document.activeElement)) document.activeElement.blur();
  }

  // By key code, not by character: an input method for Chinese may hold the character back.
  const bindings = {
    KeyA: (item) => { if (choose(item, "pass")) onward(); },
    KeyX: (item) => { if (choose(item, "return")) { item.querySelector(".reason input")?.focus(); item.querySelector(".why").scrollIntoView({ block: "nearest" }); } },
    KeyJ: () => move(1), ArrowDown: () => move(1), KeyK: () => move(-1), ArrowUp: () => move(-1),
    BracketLeft: (item) => viewer.act(item, "prev"), BracketRight: (item) => viewer.act(item, "next"),
    ArrowLeft: (item) => viewer.act(item, "prev"), ArrowRight: (item) => viewer.act(item, "next"),
    KeyC: (item) => viewer.act(item, "compare"), KeyB: (item) => framing.toggle(item), KeyV: allRight,
    KeyR: (item) => viewer.act(item, "turn"), Digit0: (item) => viewer.act(item, "fit"), Numpad0: (item) => viewer.act(item, "fit"),
    KeyZ: undo, KeyM: (item) => { if (verdict(item) === "return") write(".say textarea"); }, KeyN: () => write(".note textarea"),
    Enter: () => { const button = document.querySelector(".send.primary"); if (button) send(button); },
  };
  const shifted = { KeyA: passClean, KeyR: (item) => viewer.act(item, "turn-back"), Slash: keys };

  document.addEventListener("keydown", (e) => {
    const item = current();
    if (!item || e.defaultPrevented || e.isComposing || e.ctrlKey || e.metaKey || e.altKey) return;
    if (document.querySelector("dialog[open]")) {
      if (e.code === "Slash" && e.shiftKey) { e.preventDefault(); keys(); }
      return;
    }
    if (typing(e.target)) {
      if (e.code === "Escape") e.target.blur();
      return;
    }
    if (framing.key(e)) {
      e.preventDefault();
      return;
    }
    if (e.code === "KeyC" && e.repeat) return;
    if (e.code === "Enter" && e.target.closest("button, a, summary")) return;
    if (e.code.startsWith("Arrow") && e.target.matches("input")) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(e.code);
    const run = digit ? () => { if (item.querySelector(".judge")) (e.shiftKey ? mark : toggle)(item, digit[1]); } : (e.shiftKey ? shifted : bindings)[e.code];
    if (!run) return;
    e.preventDefault();
    run(item);
  });

  document.addEventListener("click", (e) => {
    const cell = e.target.closest(".strip .cell");
    if (cell && document.querySelector(".desk")) {
      e.preventDefault();
      go(document.getElementById("item-" + cell.dataset.go));
    }
    if (e.target.closest("[data-act=keys]")) keys();
    const button = e.target.closest("button.send");
    if (button && (waiting().some(open) || e.isTrusted && button.value === "next")) {
      e.preventDefault();
      send(button); // shows what is still open
    }
  });

  // C held down shows the old picture until it is let go.
  let pressed = 0;
  document.addEventListener("keydown", (e) => { if (e.code === "KeyC" && !e.repeat) pressed = e.timeStamp; });
  document.addEventListener("keyup", (e) => {
    const item = current();
    if (e.code === "KeyC" && item && viewer.comparing(item) && e.timeStamp - pressed > 400) viewer.compare(item, false);
  });

  document.addEventListener("framed", (e) => {
    if (verdict(e.target) !== "return") choose(e.target, "return");
  });

  // A mark that is clicked once more goes away.
  document.addEventListener("click", (e) => {
    const input = e.target.matches(".marks input") && e.target;
    if (!input) return;
    if (input.dataset.was) input.checked = false;
    for (const other of all("input", input.closest(".marks"))) other.dataset.was = other.checked ? "yes" : "";
  });

  document.addEventListener("change", (e) => {
    const item = e.target.closest(".item");
    if (item && e.target.matches(".marks input")) marked(item);
    if (item && e.target.matches(".verdict .pass input") && mismatched(item)) choose(item, "pass");
    if (!item || !e.target.matches(".verdict input, .reason input")) return;
    changed(item);
    if (e.target.matches(".verdict input[value=return]")) item.querySelector(".why").scrollIntoView({ block: "nearest" });
  });

  document.addEventListener("submit", (e) => { if (e.target === form()) sent = true; });
  document.addEventListener("htmx:responseError", () => { sent = false; });
  document.addEventListener("htmx:sendError", () => { sent = false; });
  window.addEventListener("beforeunload", (e) => {
    if (form() && !sent && steps.length) e.preventDefault();
  });
  document.addEventListener("htmx:afterSettle", start);
  document.addEventListener("sheet:shown", start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
