import { pieces, plain } from "./words.js";

// el makes an element: el("p.note", {title: "x"}, "text", child).
export function el(selector, props = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key.includes("-") || key === "role") node.setAttribute(key, value);
    else node[key] = value;
  }
  node.append(...children);
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  svg.setAttribute("aria-hidden", "true");
  return svg;
}

const faces = ["#e17055", "#00838f", "#8e63ce", "#c0762a", "#3f7d58", "#b0487a"];

// avatar is the person's square: the last character of the name on a colour of its own.
export function avatar(person, index) {
  const node = el("span.avatar", { "aria-hidden": "true" }, [...person.name].at(-1) ?? "我");
  node.style.background = faces[index % faces.length];
  return node;
}

export const accountAvatar = () => el("img.avatar", { src: "phone/account.svg", alt: "" });

// row is one entry of the chat. acts: {send(text, id), open(url), enlarge(src)}.
export function row(entry, phone, acts) {
  if (entry.from === "system") return el("p.line", { "data-n": entry.n }, entry.text);
  if (entry.kind === "template") return card(entry, acts);
  const mine = entry.from === "me";
  const bubble = el(`div.bubble.${mine ? "me" : "them"}.${entry.kind}`, { "data-n": entry.n, "data-kind": entry.kind });
  bubble.append(...(contents[entry.kind] ?? contents.text)(entry, phone, acts));
  const face = mine ? avatar(phone.person, phone.index) : accountAvatar();
  const who = el("span.sr", {}, mine ? "我说：" : "公众号说：");
  return el(`div.row.${mine ? "me" : "them"}`, { id: `e-${phone.person.openid}-${entry.n}` }, face, who, bubble);
}

const contents = {
  text: (entry, _, acts) => (entry.from === "me" ? plain : pieces)(entry.text).map((piece) => link(piece, acts)),
  image: (entry, phone, acts) => {
    const src = `api/${encodeURIComponent(phone.person.openid)}/image/${entry.n}`;
    const img = el("img", { alt: "照片", loading: "lazy" });
    img.addEventListener("error", () => img.replaceWith(el("span.broken", {}, icon("photo"), "图片打不开")));
    img.src = src;
    return [el("button.picture", { type: "button", "aria-label": "放大照片", onclick: () => acts.enlarge(src) }, img)];
  },
  voice: () => [icon("wave"), "3″"],
  video: () => [el("span.film", { "aria-label": "视频" }, icon("play"))],
  location: (entry) => [el("b", {}, entry.text || "位置"), el("span.map", {}, icon("place"))],
  file: (entry) => [el("span", {}, entry.text), el("span.file-icon", {}, icon("file"))],
  sticker: () => [el("span.face", { "aria-label": "表情" }, icon("face"))],
  link: (entry, _, acts) => [
    el("a", { href: entry.url, onclick: (event) => go(event, entry.url, acts) }, el("b", {}, entry.text), el("small", {}, entry.about || entry.url)),
  ],
};

function link(piece, acts) {
  if (piece.send !== undefined) {
    return el("a.send-link", { href: "#", "data-send": piece.send, onclick: (event) => {
      event.preventDefault();
      acts.send(piece.send, piece.id);
    } }, piece.text);
  }
  if (piece.url) return el("a", { href: piece.url, onclick: (event) => go(event, piece.url, acts) }, piece.text);
  return piece.text;
}

function go(event, url, acts) {
  event.preventDefault();
  acts.open(url);
}

// card is a template message: title, rows, and 详情 when it leads somewhere.
function card(entry, acts) {
  const { title, rows, url } = entry.card;
  const list = el("dl");
  for (const { label, value } of rows) list.append(el("div", {}, el("dt", {}, label), el("dd", {}, value)));
  const body = el("article.card", { "data-n": entry.n, "data-template": entry.card.template_id }, el("h3", {}, title), list);
  if (url) body.append(el("a.details", { href: url, onclick: (event) => go(event, url, acts) }, "详情"));
  return el("div.row.wide", {}, body);
}
