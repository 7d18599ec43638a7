// Frames a reviewer draws on a picture, for the candidate. The hidden fields of the form are the only state; each holds
// the photo and the frame's left, top, width and height as parts of the upright picture.
"use strict";
const framing = (() => {
  const most = 8;
  const smallest = 0.01;
  const ns = "http://www.w3.org/2000/svg";
  let active = null; // the item that is drawn on
  let chosen = null; // the hidden field of the frame that keys move
  let start = null; // of a frame being dragged

  const holder = (item) => item.querySelector(".drawn");
  const fields = (item) => [...(holder(item)?.querySelectorAll("input") || [])];
  const read = (field) => { const [photo, x, y, w, h] = field.value.split(" "); return { photo, x: Number(x), y: Number(y), w: Number(w), h: Number(h) }; };
  const clamp = (n, low, high) => Math.min(high, Math.max(low, n));

  function write(field, f) {
    const w = clamp(f.w, smallest, 1);
    const h = clamp(f.h, smallest, 1);
    field.value = [f.photo, ...[clamp(f.x, 0, 1 - w), clamp(f.y, 0, 1 - h), w, h].map((n) => n.toFixed(4))].join(" ");
  }

  // show draws an item's frames over its pictures, and a chip for each beside the comment.
  function show(item) {
    if (!holder(item)) return;
    for (const old of item.querySelectorAll(".frames .draft, .drawn .chip")) old.remove();
    fields(item).forEach((field, i) => {
      const f = read(field);
      const svg = item.querySelector(`.page[data-photo="${CSS.escape(f.photo)}"] .frames`);
      if (svg) {
        const rect = document.createElementNS(ns, "rect");
        for (const [name, value] of Object.entries({ x: f.x, y: f.y, width: f.w, height: f.h })) rect.setAttribute(name, String(value));
        rect.setAttribute("class", field === chosen ? "draft chosen" : "draft");
        svg.append(rect);
      }
      const chip = document.getElementById("frame-chip").content.firstElementChild.cloneNode(true);
      chip.querySelector("b").textContent = String(i + 1);
      chip.addEventListener("click", () => remove(item, field));
      holder(item).append(chip);
    });
  }

  function add(item, f) {
    if (fields(item).length >= most) {
      say("say-boxed");
      return null;
    }
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = holder(item).dataset.drawn;
    write(field, f);
    holder(item).append(field);
    item.dispatchEvent(new CustomEvent("framed", { bubbles: true }));
    return field;
  }

  function remove(item, field) {
    field.remove();
    if (chosen === field) chosen = null;
    show(item);
  }

  function toggle(item) {
    if (active) return done();
    if (!holder(item) || !viewer.pageIn(item.querySelector(".stage"))) return;
    active = item;
    chosen = null;
    item.querySelector(".stage").classList.add("drawing");
    item.querySelector("[data-act=box]").setAttribute("aria-pressed", "true");
    say("say-drawing");
  }

  function done() {
    if (!active) return;
    active.querySelector(".stage").classList.remove("drawing");
    active.querySelector("[data-act=box]").setAttribute("aria-pressed", "false");
    document.querySelector(".toast.drawing")?.remove();
    const item = active;
    active = chosen = start = null;
    show(item);
  }

  // middle is a frame in the middle of what is seen of the picture.
  function middle(page) {
    const one = viewer.onPicture(page, { x: page.clientWidth * 0.35, y: page.clientHeight * 0.4 });
    const two = viewer.onPicture(page, { x: page.clientWidth * 0.65, y: page.clientHeight * 0.6 });
    return between(page, one, two);
  }

  function between(page, one, two) {
    const [ax, ay, bx, by] = [one.x, one.y, two.x, two.y].map((n) => clamp(n, 0, 1));
    return { photo: page.dataset.photo, x: Math.min(ax, bx), y: Math.min(ay, by), w: Math.abs(ax - bx), h: Math.abs(ay - by) };
  }

  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  // key takes the keys that belong to drawing; true: it was one.
  function key(e) {
    if (!active) return false;
    const page = viewer.pageIn(active.querySelector(".stage"));
    if (arrows[e.code]) {
      if (!chosen) {
        chosen = add(active, middle(page));
      } else {
        const f = read(chosen);
        const [dx, dy] = viewer.turned(page, arrows[e.code]).map((n) => n * 0.02);
        write(chosen, e.shiftKey ? { ...f, w: Math.min(f.w + dx, 1 - f.x), h: Math.min(f.h + dy, 1 - f.y) } : { ...f, x: f.x + dx, y: f.y + dy });
      }
      show(active);
    } else if (e.code === "Delete" || e.code === "Backspace") {
      const field = chosen || fields(active).at(-1);
      if (field) remove(active, field);
    } else if (e.code === "Enter" || e.code === "Escape" || e.code === "KeyB") {
      done();
    } else {
      return false;
    }
    return true;
  }

  document.addEventListener("pointerdown", (e) => {
    const stage = active?.querySelector(".stage");
    if (!stage || !stage.contains(e.target) || e.button > 0 || !e.isPrimary || e.target.closest(".glass, figcaption, .against")) return;
    const page = viewer.pageIn(stage);
    start = { page, at: viewer.onPicture(page, viewer.point(page, e)), field: null };
    stage.setPointerCapture(e.pointerId);
    e.preventDefault();
  });
  document.addEventListener("pointermove", (e) => {
    if (!start || !active) return;
    const f = between(start.page, start.at, viewer.onPicture(start.page, viewer.point(start.page, e)));
    if (f.w < smallest || f.h < smallest) return;
    if (start.field) write(start.field, f);
    else start.field = add(active, f);
    if (!start.field) { start = null; return; }
    chosen = start.field;
    show(active);
  });
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { start = null; });

  return { show, toggle, done, key, drawing: () => active !== null };
})();
