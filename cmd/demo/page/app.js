import { post, sampleFile, sampleURL } from "./api.js";
import { avatar, el } from "./bubbles.js";
import { Phone } from "./phone.js";
import { full } from "./words.js";

const narrow = matchMedia("(max-width: 600px)");

// Desk is the whole page: the phones and the controls around them.
class Desk {
  constructor() {
    this.phones = new Map(); // by open id
    this.offset = 0; // demo time minus this machine's
    this.root = document.getElementById("desk");
    this.stage = document.getElementById("phones");
    this.controls();
    narrow.addEventListener("change", () => this.arrange());
    const strip = () => document.documentElement.style.setProperty("--strip", `${this.root.offsetHeight}px`);
    new ResizeObserver(strip).observe(this.root);
    setInterval(() => this.tick(), 1000);
    this.listen();
  }

  now() {
    return new Date(Date.now() + this.offset);
  }

  // listen follows the event stream; the browser reconnects by itself, and every connection
  // starts with the whole state.
  listen() {
    const stream = new EventSource("events");
    const on = (name, take) => stream.addEventListener(name, (event) => take(JSON.parse(event.data)));
    on("state", (state) => this.show(state));
    on("clock", ({ now }) => this.setClock(now));
    on("entry", ({ openid, entry }) => this.phones.get(openid)?.take(entry));
    on("typing", ({ openid, typing }) => this.phones.get(openid)?.typing(typing ?? false));
    stream.addEventListener("error", () => this.toast("和演示程序的连接断了，正在重连…"));
    stream.addEventListener("open", () => (this.fresh = true));
  }

  show(state) {
    this.offset = new Date(state.now) - Date.now();
    document.title = `${state.account} · 微信演示`;
    state.people.forEach((person, i) => {
      let phone = this.phones.get(person.openid);
      if (!phone) {
        phone = new Phone(person, i, this);
        phone.shown = false;
        this.phones.set(person.openid, phone);
        this.stage.append(phone.root);
      }
      if (person.entries < phone.seen) location.reload(); // the demo started anew
      phone.show(person, state.account, state.menu);
    });
    this.showSamples(state.samples); // before arranging: they take width away
    if (!this.arranged) this.arrange();
    if (this.fresh) for (const phone of this.phones.values()) phone.load();
    this.fresh = false;
    this.showFaults(state.faults);
    this.showStaff(state.staff);
    this.tick();
  }

  setClock(now) {
    this.offset = new Date(now) - Date.now();
    this.tick();
  }

  tick() {
    const now = this.now();
    const time = this.root.querySelector("[data-test=clock-now]");
    time.textContent = full(now);
    time.dateTime = now.toISOString();
    for (const phone of this.phones.values()) phone.tick(now);
  }

  controls() {
    this.root.addEventListener("click", async (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.advance) this.advance(Number(button.dataset.advance));
      if (button.dataset.test === "desk-close") this.close();
      if (button.dataset.once) await this.fault(button.dataset.once, true) && this.toast("访问凭证已失效，下一次调用会重新获取");
      if (button.dataset.test === "faults-clear") this.fault("all", false);
    });
    this.root.addEventListener("change", (event) => {
      const { fault } = event.target.dataset;
      if (fault) this.fault(fault, event.target.checked);
    });
    document.addEventListener("click", (event) => {
      for (const drop of this.root.querySelectorAll("details.drop[open]:not(.samples)")) {
        if (!drop.contains(event.target)) drop.open = false;
      }
    });
    const box = document.getElementById("lightbox");
    box.addEventListener("click", () => box.close());
  }

  async advance(seconds) {
    try {
      this.setClock((await post("clock/advance", { seconds })).now);
      this.toast(`时间到了 ${full(this.now())}`);
    } catch (error) {
      this.toast(error.message);
    }
  }

  async fault(id, on) {
    try {
      await post("faults", { id, on });
      return true;
    } catch (error) {
      this.toast(error.message);
      return false;
    }
  }

  showFaults(on) {
    for (const box of this.root.querySelectorAll("[data-fault]")) box.checked = on.includes(box.dataset.fault);
    const count = this.root.querySelector(".count");
    count.hidden = !on.length;
    count.textContent = on.length;
  }

  showStaff(staff) {
    const list = this.root.querySelector(".staff");
    list.replaceChildren(...(staff ?? []).map((one) => el("li", {},
      el("b", {}, one.name), " ", el("small", {}, one.role), el("br"),
      "密码 ", el("code", {}, one.password), " ",
      el("button", { type: "button", onclick: () => this.copy(one.password) }, "复制"), " ",
      el("a", { href: one.url, target: "_blank", rel: "noopener" }, "去审核"))));
    list.closest("details").hidden = !staff?.length;
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.toast("已复制");
    } catch {
      this.toast("浏览器不让复制，请手动选中");
    }
  }

  showSamples(names) {
    const list = this.root.querySelector(".sample-list");
    const details = list.closest("details");
    details.hidden = !names.length;
    document.body.classList.toggle("with-samples", names.length > 0);
    if (list.dataset.names === names.join("\n")) return;
    list.dataset.names = names.join("\n");
    list.replaceChildren(...names.map((name) => {
      const button = el("button", { type: "button", draggable: true, "data-sample": name, title: name, onclick: () => this.giveSample(name) },
        el("img", { src: sampleURL(name), alt: "", loading: "lazy", draggable: false }), el("span", {}, name.split("/").at(-1).replace(/\.\w+$/, "")));
      button.addEventListener("dragstart", (event) => {
        event.dataTransfer.setData("text/x-sample", name);
        event.dataTransfer.effectAllowed = "copy";
      });
      return el("li", {}, button);
    }));
    details.open = !narrow.matches;
  }

  // giveSample puts a sample photo into the tray of a phone, or of the one in use.
  async giveSample(name, phone = this.active) {
    try {
      phone.photos.add([await sampleFile(name)]);
      this.attend(phone);
      this.close();
    } catch (error) {
      this.toast(error.message);
    }
  }

  // arrange shows as many phones as fit; the rest wait behind their chips.
  arrange() {
    this.arranged = true;
    const room = narrow.matches ? 1 : Math.max(1, Math.floor(this.stage.clientWidth / 330));
    let shown = 0;
    for (const phone of this.phones.values()) {
      phone.shown = narrow.matches ? phone === (this.active ?? phone) && shown === 0 : shown < room;
      if (phone.shown) shown++;
    }
    const active = this.active?.shown ? this.active : [...this.phones.values()].find((phone) => phone.shown);
    if (active) this.attend(active);
    this.chips();
  }

  // attend makes a phone the one in use.
  attend(phone) {
    this.active = phone;
    phone.unread = 0;
    if (narrow.matches) for (const other of this.phones.values()) other.shown = other === phone;
    this.chips();
  }

  arrived(phone) {
    if (phone !== this.active || !phone.shown || document.hidden) {
      phone.unread++;
      this.chips();
    }
  }

  chips() {
    const phones = [...this.phones.values()];
    this.root.querySelector(".people").replaceChildren(...phones.map((phone) => el(`button.chip${phone.shown ? ".on" : ""}`, {
      type: "button", "data-person": phone.person.openid, "aria-pressed": String(phone.shown), onclick: () => this.toggle(phone),
    }, avatar(phone.person, phone.index), el("span", {}, phone.person.name, el("small.only-narrow", {}, phone.person.hint ?? "")), ...(phone.unread ? [el("b.unread", { "aria-label": `${phone.unread} 条新消息` }, String(phone.unread))] : []))));
    for (const phone of phones) {
      phone.root.hidden = !phone.shown;
      phone.root.classList.toggle("active", phone === this.active);
      const others = phones.filter((other) => other !== phone).reduce((sum, other) => sum + other.unread, 0);
      const badge = phone.find(".back .unread");
      badge.hidden = !others;
      badge.textContent = others;
    }
  }

  toggle(phone) {
    const others = [...this.phones.values()].some((other) => other !== phone && other.shown);
    if (narrow.matches || !phone.shown) {
      phone.shown = true;
      this.attend(phone);
      phone.toEnd();
      phone.root.scrollIntoView({ inline: "nearest", block: "nearest", behavior: "smooth" });
      this.close();
    } else if (others) {
      phone.shown = false;
      if (phone === this.active) this.active = [...this.phones.values()].find((other) => other.shown);
      this.chips();
    }
  }

  open() {
    document.body.classList.add("desk-open");
  }

  close() {
    document.body.classList.remove("desk-open");
  }

  enlarge(src) {
    const box = document.getElementById("lightbox");
    box.querySelector("img").src = src;
    box.showModal();
  }

  toast(text) {
    const toast = document.getElementById("toast");
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => (toast.hidden = true), 3500);
  }
}

new Desk();
