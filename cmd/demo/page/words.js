// Times as WeChat writes them, in the exam's time zone whatever the browser's.
const zone = "Asia/Shanghai";
const part = (options) => new Intl.DateTimeFormat("zh-CN", { timeZone: zone, hourCycle: "h23", ...options });
const clockFormat = part({ hour: "2-digit", minute: "2-digit" });
const dayFormat = part({ year: "numeric", month: "numeric", day: "numeric" });
const shortFormat = part({ month: "long", day: "numeric" });
const weekFormat = part({ weekday: "short" });

export const clock = (at) => clockFormat.format(at);

// moment is the grey line between bubbles.
export function moment(at, now) {
  const day = dayFormat.format(at);
  if (day === dayFormat.format(now)) return clock(at);
  if (day === dayFormat.format(new Date(now.getTime() - 86400000))) return `昨天 ${clock(at)}`;
  return `${shortFormat.format(at)} ${clock(at)}`;
}

// full is the demo clock: 2月3日 周二 10:21.
export const full = (at) => `${shortFormat.format(at)} ${weekFormat.format(at)} ${clock(at)}`;

const anchor = /<a\s[^<>]*?href\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')[^<>]*>([^<>]*)<\/a>/g;
const bare = /https?:\/\/[^\s<>"'，。；、）】]+/g;

// pieces cuts an account's text into plain text and links: {text}, {text, send, id} for a
// link that sends its words, {text, url} for a page. What is no link stays text.
export function pieces(text) {
  const out = [];
  let end = 0;
  for (const m of text.matchAll(anchor)) {
    const link = target(decoded(m[1] ?? m[2]));
    if (!link) continue;
    out.push(...plain(text.slice(end, m.index)), { text: decoded(m[3]), ...link });
    end = m.index + m[0].length;
  }
  out.push(...plain(text.slice(end)));
  return out;
}

function target(href) {
  if (/^https?:\/\//.test(href)) return { url: href };
  const query = href.match(/^weixin:\/\/bizmsgmenu\?(.*)$/s)?.[1];
  if (query === undefined) return null;
  const values = {};
  for (const pair of query.split("&")) {
    const [key, ...rest] = pair.split("=");
    values[key] ??= decode(rest.join("="));
  }
  return values.msgmenucontent ? { send: values.msgmenucontent, id: values.msgmenuid ?? "" } : null;
}

// decode takes what does not decode as it stands: accounts write the text raw, too.
function decode(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

// plain cuts out bare web addresses.
export function plain(text) {
  const out = [];
  let end = 0;
  for (const m of text.matchAll(bare)) {
    if (m.index > end) out.push({ text: text.slice(end, m.index) });
    out.push({ text: m[0], url: m[0] });
    end = m.index + m[0].length;
  }
  if (end < text.length) out.push({ text: text.slice(end) });
  return out;
}

const entities = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#34;": '"', "&#39;": "'" };
const decoded = (s) => s.replace(/&(?:amp|lt|gt|quot|#34|#39);/g, (e) => entities[e]);
