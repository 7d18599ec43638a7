// Lays the paper named in the address on a desk under a lamp: samples.html#diploma
// #diploma-again is another photo of the same paper, not the same photo.

const defs = `<svg class="defs"><defs>
  <filter id="grain" x="0" y="0" width="100%" height="100%"><feTurbulence type="fractalNoise" baseFrequency=".0022 .07" numOctaves="5" seed="11"/>
    <feColorMatrix values="0 0 0 0 .24  0 0 0 0 .13  0 0 0 0 .05  1.9 1.2 0 0 -1.15"/></filter>
  <filter id="felt" x="0" y="0" width="100%" height="100%"><feTurbulence type="fractalNoise" baseFrequency=".35" numOctaves="3" seed="4"/>
    <feColorMatrix values="0 0 0 0 .1  0 0 0 0 .1  0 0 0 0 .12  1.2 .6 0 0 -.62"/></filter>
  <filter id="weave" x="0" y="0" width="100%" height="100%"><feTurbulence type="turbulence" baseFrequency=".02 .3" numOctaves="3" seed="9"/>
    <feColorMatrix values="0 0 0 0 .05  0 0 0 0 .08  0 0 0 0 .18  1.5 1 0 0 -.4"/></filter>
  <filter id="fibre" x="0" y="0" width="100%" height="100%"><feTurbulence type="fractalNoise" baseFrequency=".012 .02" numOctaves="4" seed="5"/>
    <feColorMatrix values="0 0 0 0 .52  0 0 0 0 .45  0 0 0 0 .36  1 .5 0 0 -.62"/></filter>
  <filter id="ink"><feTurbulence type="fractalNoise" baseFrequency=".09" numOctaves="3" seed="3" result="n"/>
    <feColorMatrix in="n" values="0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  -5 0 0 0 3.7" result="worn"/><feComposite in="SourceGraphic" in2="worn" operator="in"/></filter>
  <filter id="hand" x="-10%" y="-20%" width="120%" height="140%"><feTurbulence type="fractalNoise" baseFrequency=".03" numOctaves="2" seed="8"/>
    <feDisplacementMap in="SourceGraphic" scale="9" xChannelSelector="R" yChannelSelector="G"/></filter>
</defs></svg>`;

// Where the light comes from, in per cent of the picture; warm is a lamp, else a window.
const light = ([x, y, warm]) =>
  `<div class="light" style="background:radial-gradient(ellipse 120% 105% at ${x}% ${y}%, ${warm ? "#fffaf0" : "#fafcff"} 0%, ${warm ? "#f6efe3" : "#f0f3f5"} 40%, ${warm ? "#c2b5a2" : "#b2b8c0"} 100%)"></div>` +
  `<div class="light" style="background:radial-gradient(ellipse 60% 42% at ${100 - x}% 108%, #0005, #0000)"></div>` +
  `<div class="haze" style="background:radial-gradient(circle at ${x}% ${y}%, #ffffff55, #fff0 55%)"></div>`;

function desk({ top, prop = "" }) {
  const seams = top === "oak" ? [260, 905] : top === "walnut" ? [540, 1290] : [];
  return `<div class="desk ${top}"><i></i>${seams.map((y) => `<span class="seam" style="top:${y}px;transform:rotate(.6deg)"></span>`).join("")}${prop}</div>`;
}

function photograph(name, shot) {
  const { kind, paper, draw, [shot]: scene, line = "#c9b98a", cover = "#7b1f2a", wave = "#9bb9c455" } = papers[name];
  const [width, height] = { card: [900, 568], page: [880, 1244], book: [984, 700] }[kind];
  const extras = {
    card: `<div class="gloss"></div>`,
    page: `<div class="fibre"></div><div class="crease" style="top:${scene.crease ?? 50}%"></div><div class="curl"></div>`,
    book: `<div class="fibre"></div><div class="gutter"></div><div class="curl"></div>`,
  }[kind];
  const print = kind === "page" ? draw
    : waves(width, height, wave) + (kind === "book" ? `<div class="frame" style="left:28px"></div><div class="frame" style="right:28px"></div>` : "") + draw;
  const marks = `<div class="water" style="grid-auto-rows:${kind === "card" ? 150 : 170}px">${"<span>样例</span>".repeat(kind === "page" ? 60 : 35)}</div>`;
  const [rx, ry, rz, scale = 1, dx = 0, dy = 0] = scene.tilt;
  return defs + desk(scene) +
    `<div class="view"><div class="sheet ${kind}" style="--paper:${paper};--line:${line};--cover:${cover};margin:${-height / 2}px 0 0 ${-width / 2}px;` +
    `transform:translate(${dx}px,${dy}px) rotateX(${rx}deg) rotateY(${ry}deg) rotateZ(${rz}deg) scale(${scale})">` +
    (kind === "book" ? `<div class="cover"></div>` : `<div class="under"></div>`) +
    `<div class="face">${print}${marks}${extras}</div></div></div>` + light(scene.light);
}

const [wanted, again] = location.hash.slice(1).split("-");
document.body.innerHTML = wanted === "screen" ? screenshot : photograph(wanted, again || "scene");
