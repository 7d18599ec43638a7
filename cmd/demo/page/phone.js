import { chat, post } from "./api.js";
import { el, row } from "./bubbles.js";
import { Photos } from "./photos.js";
import { clock, full, moment } from "./words.js";

const pause = 5 * 60 * 1000; // a quieter time than this gets a grey time line

// Phone is one candidate's chat with the account.
export class Phone {
  constructor(person, index, desk) {
    this.person = person;
    this.index = index;
    this.desk = desk;
    this.seen = 0; // entries before this one have been shown
    this.unread = 0;
    this.queue = Promise.resolve();
    this.root = document.getElementById("phone-template").content.firstElementChild.cloneNode(true);
    this.root.dataset.openid = person.openid;
    this.find(".phone").setAttribute("aria-label", `${person.name}的手机`);
    this.log = this.find(".log");
    this.input = this.find("textarea");
    this.photos = new Photos(this);
    this.note();
    this.talk();
    this.buttons();
    this.lines = this.find(".lines");
    this.stick();
    this.find(".newer").addEventListener("click", () => this.toEnd());
    for (const kind of ["pointerdown", "focusin"]) this.root.addEventListener(kind, () => desk.attend(this));
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  toast(text) {
    this.desk.toast(text);
  }

  get following() {
    return this.person.following;
  }

  // note is the slip of paper with what to type, outside the phone.
  note() {
    const { name, number, id_tail: tail, hint } = this.person;
    this.find(".note-name").textContent = name;
    this.find(".note-hint").textContent = hint ?? "";
    this.find(".note-hint").title = hint ?? "";
    this.find(".note-fill").textContent = `${number} ${tail}`;
    for (const fill of this.root.querySelectorAll("[data-fill]")) {
      fill.addEventListener("click", () => {
        this.closePanels();
        this.keys(true);
        this.input.value = `${number} ${tail}`;
        this.grow();
        this.input.focus();
      });
    }
  }

  talk() {
    this.input.addEventListener("input", () => this.grow());
    this.input.addEventListener("focus", () => this.plus(false));
    let shift = false;
    this.input.addEventListener("keydown", (event) => (shift = event.shiftKey));
    // Not keydown: phone keyboards tell only here that 发送 was pressed.
    this.input.addEventListener("beforeinput", (event) => {
      if (event.inputType !== "insertLineBreak" || shift) return;
      event.preventDefault();
      this.say();
    });
    this.find(".send").addEventListener("click", () => this.say());
    this.find(".plus").addEventListener("click", () => this.plus(this.find(".plus-panel").hidden));
    this.find(".to-menu").addEventListener("click", () => this.keys(false));
    this.find(".to-keys").addEventListener("click", () => {
      this.keys(true);
      this.input.focus();
    });
  }

  buttons() {
    const sheet = this.find(".sheet");
    const more = this.find(".more");
    more.addEventListener("click", () => {
      sheet.hidden = !sheet.hidden;
      more.setAttribute("aria-expanded", String(!sheet.hidden));
    });
    this.find(".back").addEventListener("click", () => this.desk.open());
    this.find("[data-desk]").addEventListener("click", () => this.desk.open());
    this.find(".scan").addEventListener("submit", (event) => {
      event.preventDefault();
      const scene = event.target.scene.value.trim();
      if (scene) this.act("scan", { scene });
      event.target.reset();
    });
    const extra = {
      location: { lat: 39.9042, lng: 116.4074, label: "北京市东城区正义路2号" },
      file: { name: "毕业证书.pdf" },
      link: { title: "医师资格考试报名通知", url: "https://www.nmec.org.cn/" },
    };
    for (const button of this.root.querySelectorAll("[data-act]")) {
      button.addEventListener("click", () => this.act(button.dataset.act, extra[button.dataset.act]));
    }
    this.log.addEventListener("click", () => this.closePanels());
  }

  closePanels() {
    this.plus(false);
    this.find(".sheet").hidden = true;
    this.find(".more").setAttribute("aria-expanded", "false");
    for (const menu of this.root.querySelectorAll(".submenu")) menu.hidden = true;
  }

  // act does something and says only when it could not leave the phone.
  async act(name, body) {
    this.closePanels();
    try {
      const done = await post(`${encodeURIComponent(this.person.openid)}/${name}`, body);
      if (done?.broken && !done.attempts) this.toast(this.following ? "没有发出去" : "先关注公众号");
      return true;
    } catch (error) {
      this.toast(error.message);
      return false;
    }
  }

  // say sends the text at once and gives it back when it could not leave.
  async say() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.grow();
    if (!(await this.act("say", { text })) && !this.input.value) {
      this.input.value = text;
      this.grow();
    }
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 112)}px`;
    const empty = this.input.value.trim() === "";
    this.find(".send").hidden = empty;
    this.find(".plus").hidden = !empty;
  }

  plus(open) {
    this.find(".plus-panel").hidden = !open;
    this.find(".plus").setAttribute("aria-expanded", String(open));
    if (open) this.toEnd();
  }

  keys(open) {
    this.plus(false);
    this.find(".talk").hidden = !open;
    this.find(".menubar").hidden = open;
  }

  // settled state: who follows, what the menu is.
  show(person, account, menu) {
    this.person = person;
    this.account = account;
    this.find(".title").textContent = account;
    this.find(".profile h3").textContent = account;
    this.find(".profile").hidden = person.following;
    this.find(".foot").hidden = !person.following;
    for (const [act, fits] of Object.entries({
      follow: !person.following,
      unfollow: person.following,
      refuse: person.following && !person.refusing,
      accept: person.following && person.refusing,
    })) this.find(`.sheet [data-act=${act}]`).hidden = !fits;
    if (JSON.stringify(menu) !== this.menuShown) this.menus(menu);
  }

  menus(menu) {
    this.menuShown = JSON.stringify(menu);
    this.find(".to-menu").hidden = !menu?.length;
    if (!menu?.length) this.keys(true);
    this.find(".menus").replaceChildren(...(menu ?? []).map((top) => {
      if (!top.sub_button?.length) return el("div.menu", {}, this.menuButton(top));
      const sub = el("div.submenu", { hidden: true }, ...top.sub_button.map((one) => this.menuButton(one)));
      const open = el("button.parent", { type: "button", "data-test": "menu", "aria-haspopup": "true", onclick: () => {
        const show = sub.hidden;
        this.closePanels();
        sub.hidden = !show;
      } }, top.name);
      return el("div.menu", {}, open, sub);
    }));
  }

  menuButton(button) {
    return el("button", { type: "button", "data-test": "menu", "data-key": button.key ?? "", onclick: () => this.tapMenu(button) }, button.name);
  }

  tapMenu(button) {
    this.closePanels();
    if (button.type === "view") {
      this.act("view", { url: button.url });
      this.openPage(button.url);
    } else if (button.type?.startsWith("pic_")) {
      this.photos.pickFor(button);
    } else {
      this.act("click", { key: button.key });
    }
  }

  // openPage opens a page as this person: the cookie tells the authorisation page who it is.
  openPage(url) {
    document.cookie = `wechattest_openid=${encodeURIComponent(this.person.openid)}; path=/; samesite=lax`;
    window.open(url, "_blank", "noopener");
  }

  // load fetches what is not shown yet; entries that come meanwhile wait in line.
  load() {
    this.queue = this.queue.then(async () => {
      for (const entry of await chat(this.person.openid, this.seen)) this.add(entry, false);
      this.toEnd();
    }).catch(() => {});
    return this.queue;
  }

  take(entry) {
    this.queue = this.queue.then(() => this.add(entry, true));
  }

  add(entry, live) {
    if (entry.n < this.seen) return;
    this.seen = entry.n + 1;
    const follow = this.stuck || entry.from === "me";
    const at = new Date(entry.at);
    if (!this.lastAt || at - this.lastAt > pause) {
      this.lines.append(el("p.line.time", { "data-at": entry.at }, moment(at, this.desk.now())));
    }
    this.lastAt = at;
    this.lines.append(row(entry, this, {
      send: (text, id) => this.act("tap", { text, id }),
      open: (url) => this.openPage(url),
      enlarge: (src) => this.desk.enlarge(src),
    }));
    if (entry.from === "account") this.typing(false);
    if (follow) this.toEnd();
    else this.find(".newer").hidden = !live;
    if (live && entry.from !== "me") this.desk.arrived(this);
  }

  typing(on) {
    clearTimeout(this.typingTimer);
    this.find(".title").textContent = on ? "对方正在输入…" : this.account;
    if (on) this.typingTimer = setTimeout(() => this.typing(false), 15000);
  }

  // stick keeps the end in sight while pictures load and panels open, until somebody scrolls up.
  stick() {
    this.stuck = true;
    let last = 0;
    this.log.addEventListener("scroll", () => {
      const { scrollTop } = this.log;
      if (this.atEnd()) this.stuck = true;
      else if (scrollTop < last) this.stuck = false;
      last = scrollTop;
      if (this.stuck) this.find(".newer").hidden = true;
    });
    const watch = new ResizeObserver(() => this.stuck && this.toEnd());
    watch.observe(this.lines);
    watch.observe(this.log);
  }

  atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
  }

  toEnd() {
    this.stuck = true;
    this.log.scrollTop = this.log.scrollHeight;
    this.find(".newer").hidden = true;
  }

  // tick shows the time, and lets what was today become yesterday.
  tick(now) {
    const time = this.find(".status-time");
    if (this.minute === full(now)) return;
    this.minute = full(now);
    time.textContent = clock(now);
    for (const line of this.root.querySelectorAll(".line.time")) line.textContent = moment(new Date(line.dataset.at), now);
  }
}
