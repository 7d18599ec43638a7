// The picture: fit, zoom at the pointer, drag, pinch, turn. A picture's place is the centre (x, y) in the stage, the scale
// and the number of quarter turns; it stays with its page until the sheet is left.
"use strict";
const viewer = (() => {
  const places = new WeakMap();
  const longest = 1600; // pixels the screen copy has at most; what 100 % means until it is there
  const margin = 14;

  const pageIn = (stage) => stage && stage.querySelector(".page.on");

  function place(page) {
    if (!places.has(page)) {
      const img = page.querySelector("img");
      const w = img.naturalWidth || Number(img.getAttribute("width")) || 800;
      const h = img.naturalHeight || Number(img.getAttribute("height")) || 600;
      const k = img.naturalWidth ? 1 : Math.min(1, longest / Math.max(w, h));
      places.set(page, { w: w * k, h: h * k, x: 0, y: 0, scale: 1, turn: Number(page.dataset.turn) || 0, fitted: true });
    }
    return places.get(page);
  }

  function draw(page) {
    const stage = page.closest(".stage");
    const p = place(page);
    if (p.fitted) {
      const [w, h] = p.turn % 2 ? [p.h, p.w] : [p.w, p.h];
      p.scale = Math.min((page.clientWidth - 2 * margin) / w, (page.clientHeight - 2 * margin) / h, 2);
      p.x = page.clientWidth / 2;
      p.y = page.clientHeight / 2;
    }
    const box = page.querySelector(".zoom");
    box.style.width = p.w + "px";
    box.style.height = p.h + "px";
    box.style.setProperty("--thin", String(1 / p.scale)); // lines keep their width at every zoom
    box.style.transform = `translate(${p.x}px, ${p.y}px) rotate(${p.turn * 90}deg) scale(${p.scale}) translate(${-p.w / 2}px, ${-p.h / 2}px)`;
    stage.style.touchAction = p.fitted ? "pan-y" : "none";
    const zoom = stage.querySelector("[data-show=zoom]");
    if (zoom) zoom.textContent = Math.round(p.scale * 100) + "%";
  }

  function zoomTo(page, scale, at) {
    const p = place(page);
    const next = Math.min(8, Math.max(0.05, scale));
    p.x = at.x + (p.x - at.x) * next / p.scale;
    p.y = at.y + (p.y - at.y) * next / p.scale;
    p.scale = next;
    p.fitted = false;
    draw(page);
  }

  const centre = (page) => ({ x: page.clientWidth / 2, y: page.clientHeight / 2 });

  function point(page, e) {
    const box = page.getBoundingClientRect();
    return { x: e.clientX - box.left, y: e.clientY - box.top };
  }

  // onPicture is where a point of the page lies on the upright picture, in parts of its width and height.
  function onPicture(page, at) {
    const p = place(page);
    let [x, y] = [(at.x - p.x) / p.scale, (at.y - p.y) / p.scale];
    for (let i = 0; i < p.turn; i++) [x, y] = [y, -x];
    return { x: x / p.w + 0.5, y: y / p.h + 0.5 };
  }

  // turned brings a direction on the screen to one on the picture.
  function turned(page, [x, y]) {
    for (let i = 0; i < place(page).turn; i++) [x, y] = [y, -x];
    return [x, y];
  }

  // turn is kept on the server, for whoever looks next; without it only this sheet forgets.
  function turn(page, by) {
    const p = place(page);
    p.turn = (p.turn + by) % 4;
    page.dataset.turn = String(p.turn);
    draw(page);
    fetch(`/staff/photos/${page.dataset.photo}/turn`, { method: "POST", body: new URLSearchParams({ turn: String(p.turn) }) }).catch(() => {});
  }

  // compare shows the picture that was replaced beside the new one.
  function compare(item, on) {
    const stage = item.querySelector(".stage");
    const button = item.querySelector("[data-act=compare]");
    if (!button) return;
    stage.classList.toggle("compare", on);
    button.setAttribute("aria-pressed", String(on));
    const page = pageIn(stage);
    if (page) draw(page);
  }

  const comparing = (item) => item.querySelector(".stage").classList.contains("compare");

  // show turns to page n of an item, counted round, and draws it.
  function show(item, n) {
    const pages = [...item.querySelectorAll(".page")];
    if (!pages.length) return;
    const i = ((n % pages.length) + pages.length) % pages.length;
    pages.forEach((page, k) => page.classList.toggle("on", k === i));
    const where = item.querySelector("[data-show=page]");
    if (where) where.textContent = `${i + 1} / ${pages.length}`;
    draw(pages[i]);
  }

  function step(item, by) {
    const pages = [...item.querySelectorAll(".page")];
    show(item, pages.findIndex((page) => page.classList.contains("on")) + by);
  }

  function act(item, name) {
    const stage = item.querySelector(".stage");
    const page = pageIn(stage);
    if (!page) return;
    const p = place(page);
    switch (name) {
      case "prev": return step(item, -1);
      case "next": return step(item, 1);
      case "fit": p.fitted = true; return draw(page);
      case "full": return zoomTo(page, 1, centre(page));
      case "turn": return turn(page, 1);
      case "turn-back": return turn(page, 3);
      case "compare": return compare(item, !comparing(item));
      case "box": return framing.toggle(item);
    }
  }

  document.addEventListener("click", (e) => {
    const item = e.target.closest(".item");
    if (!item) return;
    if (e.target.closest(".zoom")) e.preventDefault(); // without scripts it opens the picture
    const button = e.target.closest(".glass [data-act]");
    if (button) act(item, button.dataset.act);
  });

  document.addEventListener("dblclick", (e) => {
    const stage = e.target.closest(".stage");
    const page = pageIn(stage);
    if (!page || e.target.closest(".glass, figcaption")) return;
    const p = place(page);
    if (p.fitted) zoomTo(page, 1, point(page, e));
    else act(stage.closest(".item"), "fit");
  });

  document.addEventListener("wheel", (e) => {
    const stage = e.target.closest(".stage");
    const page = pageIn(stage);
    if (!page) return;
    e.preventDefault();
    const lines = e.deltaMode === 1 ? 16 : 1;
    zoomTo(page, place(page).scale * Math.exp(-e.deltaY * lines * 0.0016), point(page, e));
  }, { passive: false });

  // One pointer drags, two pinch.
  const down = new Map();
  document.addEventListener("pointerdown", (e) => {
    const stage = e.target.closest(".stage");
    if (!pageIn(stage) || e.button > 0 || e.target.closest(".glass, figcaption, .against") || framing.drawing()) return;
    down.set(e.pointerId, point(pageIn(stage), e));
    if (e.pointerType === "mouse") stage.setPointerCapture(e.pointerId);
  });
  document.addEventListener("pointermove", (e) => {
    if (!down.has(e.pointerId)) return;
    const stage = e.target.closest(".stage");
    const page = pageIn(stage);
    if (!page) return;
    const was = down.get(e.pointerId);
    const now = point(page, e);
    down.set(e.pointerId, now);
    const p = place(page);
    const other = [...down].find(([id]) => id !== e.pointerId);
    if (other) {
      const apart = (a) => Math.hypot(a.x - other[1].x, a.y - other[1].y) || 1;
      zoomTo(page, p.scale * apart(now) / apart(was), other[1]);
    } else if (!p.fitted || e.pointerType === "mouse") {
      p.x += now.x - was.x;
      p.y += now.y - was.y;
      if (now.x !== was.x || now.y !== was.y) p.fitted = false;
      draw(page);
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, (e) => down.delete(e.pointerId));
  }

  // The picture itself knows best how large it is.
  document.addEventListener("load", (e) => {
    const page = e.target instanceof Element && e.target.closest(".page");
    if (!page || !places.has(page) || !places.get(page).fitted) return;
    places.delete(page);
    if (page.matches(".on") && page.closest(".item.on")) draw(page);
  }, true);

  window.addEventListener("resize", () => {
    for (const page of document.querySelectorAll(".item.on .page.on")) draw(page);
  });

  return { show, act, point, onPicture, turned, compare, comparing, pageIn };
})();
