import { upload } from "./api.js";
import { el, icon } from "./bubbles.js";

const most = 9;

// Photos is the tray of pictures chosen but not yet sent, in one phone.
export class Photos {
  constructor(phone) {
    this.phone = phone;
    this.box = phone.find(".preview");
    this.list = this.box.querySelector("ul");
    this.note = this.box.querySelector(".preview-note");
    this.chosen = [];
    this.button = null; // the menu button the pictures come from, if any
    const send = this.box.querySelector("[data-test=preview-send]");
    send.addEventListener("click", () => this.send());
    this.sendButton = send;
    this.box.querySelector("[data-test=preview-cancel]").addEventListener("click", () => this.clear());
    this.box.addEventListener("keydown", (event) => event.key === "Escape" && this.clear());
    for (const input of phone.root.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => {
        this.add([...input.files]);
        input.value = "";
      });
    }
    this.catchDrops();
    phone.input.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length) {
        event.preventDefault();
        this.add(files);
      }
    });
  }

  // pickFor opens camera or album for a menu button.
  pickFor(button) {
    this.button = button;
    const camera = button.type === "pic_sysphoto";
    this.phone.find(camera ? "[data-test=camera]" : "[data-test=file]").click();
  }

  // add puts files into the tray; what exceeds nine is left out, and said so.
  add(files) {
    if (!this.phone.following) {
      this.phone.toast("先关注公众号，再发照片");
      return;
    }
    const room = most - this.chosen.length;
    this.chosen.push(...files.slice(0, room).map((file) => ({ file, url: URL.createObjectURL(file) })));
    this.draw(files.length > room ? `一次最多 ${most} 张，多出的 ${files.length - room} 张没有放进来` : "");
    if (this.chosen.length) this.sendButton.focus();
  }

  draw(note = "") {
    this.box.hidden = this.chosen.length === 0;
    this.list.replaceChildren(...this.chosen.map((one, i) => {
      const img = el("img", { alt: `第 ${i + 1} 张`, src: one.url });
      img.addEventListener("error", () => img.replaceWith(el("span.broken", {}, icon("photo"), one.file.name)));
      const remove = el("button.remove", { type: "button", "aria-label": `去掉第 ${i + 1} 张`, onclick: () => this.remove(one) }, "×");
      return el("li", {}, img, el("b", {}, String(i + 1)), remove);
    }));
    this.note.textContent = note;
    this.sendButton.textContent = this.chosen.length > 1 ? `发送（${this.chosen.length}）` : "发送";
  }

  remove(one) {
    URL.revokeObjectURL(one.url);
    this.chosen = this.chosen.filter((other) => other !== one);
    if (this.chosen.length) this.draw();
    else this.clear();
  }

  clear() {
    for (const one of this.chosen) URL.revokeObjectURL(one.url);
    this.chosen = [];
    this.button = null;
    this.draw();
  }

  async send() {
    const files = this.chosen.map((one) => one.file);
    const button = this.button;
    if (!files.length) return;
    this.clear();
    this.phone.closePanels();
    const bar = this.phone.find(".sending");
    const meter = bar.querySelector("progress");
    const words = bar.querySelector("span");
    bar.hidden = false;
    const progress = (share) => {
      meter.value = share;
      words.textContent = `正在发送 ${files.length} 张照片 ${Math.round(share * 100)}%`;
    };
    progress(0);
    try {
      await upload(this.phone.person.openid, files, { button, progress });
    } catch (error) {
      this.phone.toast(error.message);
      this.add(files);
    } finally {
      bar.hidden = true;
    }
  }

  catchDrops() {
    const { root } = this.phone;
    const cover = this.phone.find(".drop-here");
    let depth = 0;
    const welcome = (event) => ["Files", "text/x-sample"].some((kind) => event.dataTransfer.types.includes(kind));
    root.addEventListener("dragenter", (event) => {
      if (!welcome(event)) return;
      depth++;
      cover.hidden = false;
    });
    root.addEventListener("dragleave", (event) => {
      if (welcome(event) && --depth <= 0) {
        depth = 0;
        cover.hidden = true;
      }
    });
    root.addEventListener("dragover", (event) => welcome(event) && event.preventDefault());
    root.addEventListener("drop", (event) => {
      if (!welcome(event)) return;
      event.preventDefault();
      depth = 0;
      cover.hidden = true;
      const sample = event.dataTransfer.getData("text/x-sample");
      if (sample) this.phone.desk.giveSample(sample, this.phone);
      else this.add([...event.dataTransfer.files]);
    });
  }
}
