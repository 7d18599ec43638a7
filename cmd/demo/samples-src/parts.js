// Parts the papers are put together from. Nothing here copies a real emblem, seal, portrait or code.

// Invented people and places. The ID number's 990000 is no Chinese region.
const who = {
  name: "林知夏", id: "99000019990417002X", entry: "2611010101", phone: "13900000101",
  school: "云水示例医科大学", hospital: "云水市第一示例医院", mentor: "苏望川",
};

// dice gives the same numbers in every run, so a picture drawn again stays the same picture.
const dice = (seed) => () => {
  seed = (seed * 1664525 + 1013904223) % 4294967296;
  return seed / 4294967296;
};

const at = (left, top, size, html, style = "") =>
  `<div class="abs" style="left:${left}px;top:${top}px;font-size:${size}px;${style}">${html}</div>`;
const row = (left, top, size, name, value) =>
  `<div class="row" style="left:${left}px;top:${top}px;font-size:${size}px"><b>${name}</b>${value}</div>`;
const title = (top, size, text, style = "") =>
  `<div class="title serif" style="top:${top}px;font-size:${size}px;${style}">${text}</div>`;
const text = (left, top, width, size, html, style = "") =>
  `<div class="text serif" style="left:${left}px;top:${top}px;width:${width}px;font-size:${size}px;${style}">${html}</div>`;
const hand = (html) => `<span class="hand">${html}</span>`;
const foot = (html = "演示样例 · 内容均为虚构 · 不具任何效力") => `<div class="foot">${html}</div>`;

// table draws rows of cells; every odd cell is a caption. A row may start with its height.
const table = (left, top, widths, rows) =>
  `<table style="left:${left}px;top:${top}px;width:${widths.reduce((a, b) => a + b)}px">` +
  `<colgroup>${widths.map((w) => `<col style="width:${w}px">`).join("")}</colgroup>` +
  rows.map(([height, ...cells]) => `<tr style="height:${height}px">` + cells.map((cell, i) => {
    const span = i === cells.length - 1 ? widths.length - i : 1;
    return `<td class="${i % 2 ? "v" : "k"}" colspan="${span}">${cell}</td>`;
  }).join("") + "</tr>").join("") + "</table>";

// waves is the fine line pattern of security paper, our own curves.
function waves(width, height, colour, count = 34) {
  let paths = "";
  for (let i = 0; i < count; i++) {
    let d = "";
    for (let x = 0; x <= width; x += 12) {
      const y = height * (i / (count - 1)) + 26 * Math.sin(x / 95 + i * 0.42) + 9 * Math.sin(x / 31 - i * 0.3);
      d += `${x ? "L" : "M"}${x} ${y.toFixed(1)}`;
    }
    paths += `<path d="${d}"/>`;
  }
  return `<svg class="lines" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none"><g fill="none" stroke="${colour}" stroke-width="1">${paths}</g></svg>`;
}

// portrait is a drawn passport photo: ground is its backdrop, long the hair.
function portrait(left, top, width, { ground = "#e9eff5", long = true } = {}) {
  const hair = long
    ? "M27 84C20 34 40 18 60 18s40 16 33 66c-1 14 3 28-3 34-6 2-9-3-10-12L78 62H42l-2 44c-1 9-4 14-10 12-6-6-2-20-3-34Z"
    : "M34 70C26 34 42 21 61 21s34 14 25 49l-3-1c1-11-1-17-5-22-11 4-25 5-34 1-5 5-8 11-7 21Z";
  return `<svg class="photo" style="left:${left}px;top:${top}px;width:${width}px" viewBox="0 0 120 160">
    <defs><radialGradient id="skin" cx=".44" cy=".38"><stop offset="0" stop-color="#f6d8c3"/><stop offset="1" stop-color="#dcae92"/></radialGradient>
    <linearGradient id="suit" x2="1" y2="1"><stop offset="0" stop-color="#3b4357"/><stop offset="1" stop-color="#20263a"/></linearGradient>
    <filter id="soft"><feGaussianBlur stdDeviation=".55"/></filter><clipPath id="box"><path d="M0 0h120v160H0Z"/></clipPath></defs>
    <path d="M0 0h120v160H0Z" fill="${ground}"/><g filter="url(#soft)" clip-path="url(#box)">
    ${long ? `<path d="${hair}" fill="#211b1a"/>` : ""}
    <path d="M4 164c2-30 22-38 42-43h28c20 5 40 13 42 43Z" fill="url(#suit)"/>
    <path d="M44 121 60 148 76 121 68 112H52Z" fill="#f4f5f7"/>${long ? "" : '<path d="m57 133 3-4 3 4 2 27h-10Z" fill="#6b2531"/>'}
    <path d="M50 98h20v17c-4 10-16 10-20 0Z" fill="#d3a488"/>
    <path d="${long ? "M37 66c0-26 46-26 46 0 0 22-9 42-23 42S37 88 37 66Z" : "M36 62c0-32 48-32 48 0 1 26-8 43-24 43S35 88 36 62Z"}" fill="url(#skin)"/>
    ${long ? '<path d="M36 70c-2-32 16-44 26-43 14 0 26 14 22 43-3-14-9-22-20-29-7 8-18 13-28 29Z" fill="#251e1c"/>' : `<path d="${hair}" fill="#221f20"/>`}
    <path d="M43 64q6-4 12-1M65 63q6-3 12 1" stroke="#3a2a24" stroke-width="1.7" fill="none"/>
    <path d="M44 71q5-4 11 0-5 3-11 0ZM65 71q6-4 11 0-5 3-11 0Z" fill="#fff"/><circle cx="49.6" cy="70.6" r="2.3" fill="#241a18"/><circle cx="70.4" cy="70.6" r="2.3" fill="#241a18"/>
    <path d="M44 70.5q5-4 11 0M65 70.5q6-4 11 0" stroke="#2b1e1b" stroke-width="1" fill="none"/>
    <path d="M60 72q-1 9-3 12 3 2 6 0" stroke="#b98268" stroke-width="1.2" fill="none"/>
    <path d="M52 93q8-3 16 0-8 6-16 0Z" fill="${long ? "#bf6a63" : "#b0786a"}"/></g></svg>`;
}

// seal is a red stamp of an invented owner, with 样例 where a real one has its star.
const seal = (left, top, owner, size = 210, turn = -8) => {
  const step = Math.min(30, 250 / owner.length);
  const letters = [...owner].map((letter, i) =>
    `<text transform="rotate(${(i - (owner.length - 1) / 2) * step} 100 100) translate(100 41)">${letter}</text>`).join("");
  return `<svg class="seal" style="left:${left}px;top:${top}px;width:${size}px;transform:rotate(${turn}deg)" viewBox="0 0 200 200">
    <g fill="#c8202b" text-anchor="middle" font-family="Noto Serif CJK SC" font-weight="700">
    <circle cx="100" cy="100" r="94" fill="none" stroke="#c8202b" stroke-width="5"/><g font-size="23">${letters}</g>
    <text x="100" y="116" font-size="44">样例</text><text x="100" y="158" font-size="18">演示专用章</text></g></svg>`;
};

// square looks like a QR code at a glance. It holds nothing: no scanner reads it.
const square = (left, top, size, seed = 7) => {
  const roll = dice(seed), n = 29;
  let cells = "";
  for (let y = 0; y < n; y++)
    for (let x = 0; x < n; x++)
      if (roll() > 0.52 && !(y > 10 && y < 18 && x > 7 && x < 21)) cells += `M${x} ${y}h1v1h-1Z`;
  return `<svg class="abs" style="left:${left}px;top:${top}px;width:${size}px" viewBox="-1 -1 ${n + 2} ${n + 2}">
    <path d="M-1-1h31v31h-31Z" fill="#fff"/><path d="${cells}" fill="#222" shape-rendering="crispEdges"/>
    <text x="14.5" y="16.4" font-size="5.4" text-anchor="middle" font-weight="700" fill="#333">样例</text></svg>`;
};
