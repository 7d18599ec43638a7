// Draws the example picture named in the address: examples.html#id_front
// Every name, number and date is invented or blank; seals and emblems are only marked places.

const bar = (left, top, width, height = 12) =>
  `<span class="bar abs" style="left:${left}px;top:${top}px;width:${width}px;height:${height}px"></span>`;
const bars = (left, top, widths, step = 34) => widths.map((w, i) => bar(left, top + i * step, w)).join("");
const label = (left, top, name, value = "") =>
  `<span class="label" style="left:${left}px;top:${top}px">${name}<em>${value}</em></span>`;
const heading = (top, size, text, left = 0, right = 0) =>
  `<div class="heading" style="top:${top}px;font-size:${size}px;left:${left}px;right:${right}px">${text}</div>`;
const face = (left, top, width, height) =>
  `<div class="face" style="left:${left}px;top:${top}px;width:${width}px;height:${height}px"></div>`;
const seal = (left, top, text = "单位公章<br>在这里") => `<div class="seal" style="left:${left}px;top:${top}px">${text}</div>`;
const ring = (left, top, text, size = 108) =>
  `<div class="seal ring" style="left:${left}px;top:${top}px;width:${size}px;height:${size}px">${text}</div>`;
const qr = (left, top) => `<div class="qr" style="left:${left}px;top:${top}px"><span>二维码</span></div>`;
const table = (left, top, width, rows) => `<table style="left:${left}px;top:${top}px;width:${width}px">` +
  rows.map(([name, value]) => `<tr><td>${name}</td><td>${value}</td></tr>`).join("") + "</table>";

// An open certificate: photo and seal on the left, title and text on the right.
const book = (title, number = "编号") => ({
  kind: "book",
  draw: face(105, 50, 120, 160) + bars(60, 240, [210, 210, 150]) + seal(205, 160, "印章<br>在这里") +
    heading(50, title.length > 10 ? 22 : 27, title, 350) + label(395, 112, "姓名", "样例一") +
    bars(395, 166, [260, 260, 260, 180]) + label(395, 318, number, "示例 0000") + bar(395, 364, 150),
});
// One sheet of A4 with running text, a signature and a seal.
const letter = (title, signer = "签字", stamp = "单位公章<br>在这里") => ({
  kind: "page",
  draw: heading(56, 29, title) + label(56, 124, "姓名", "样例一") + bars(56, 180, [398, 398, 398, 398, 260], 40) +
    bars(56, 400, [398, 320], 40) + label(56, 500, signer, "＿＿＿＿") + label(56, 552, "日期", "20××年×月×日") + seal(340, 470, stamp),
});

const examples = {
  id_front: {
    name: "身份证人像面", kind: "card", paper: "#eef6fb",
    draw: label(44, 46, "姓名", "样例一") + label(44, 94, "性别", "×") + label(170, 94, "民族", "×") + label(44, 142, "出生", "××××年×月×日") +
      label(44, 190, "住址") + bars(100, 198, [230, 160], 32) + label(44, 314, "公民身份号码", "示例号码，不是真号") + face(410, 50, 140, 178),
    pins: [[96, 7, "四个角都拍进来"], [30, 15, "姓名清楚"], [94, 36, "人像清楚、不反光"], [66, 86, "号码每一位都看得清"]],
  },
  id_back: {
    name: "身份证国徽面", kind: "card", paper: "#eef6fb",
    draw: ring(48, 42, "国徽位置", 112) + heading(62, 27, "证件名称（示意）", 150) + bars(280, 118, [210, 140]) +
      label(84, 250, "签发机关", "示例市公安机关") + label(84, 300, "有效期限", "20××.××.××–20××.××.××"),
    pins: [[96, 7, "四个角都拍进来"], [58, 69, "签发机关清楚"], [80, 82, "有效期限看得清，没过期"], [13, 8, "有国徽的这一面"]],
  },
  id_pass: {
    name: "通行证、居住证或护照", kind: "card", paper: "#f3f0fa",
    draw: heading(36, 25, "通行证 / 居住证 / 护照（示意）") + face(46, 96, 140, 178) + label(220, 100, "姓名", "样例一 YANGLI") +
      label(220, 148, "证件号码", "示例 0000") + label(220, 196, "有效期至", "20××.××.××") + bars(220, 252, [300, 220]) + bars(46, 314, [508, 508], 26),
    pins: [[96, 7, "四个角都拍进来"], [5, 48, "照片清楚"], [76, 42, "证件号码看得清"], [78, 55, "有效期看得清，没过期"]],
  },
  notice: {
    name: "报名成功通知单", kind: "page", paper: "#fffdf7",
    draw: heading(50, 29, "报名成功通知单（示意）") +
      table(48, 120, 414, [["报名号", "示例 0000"], ["姓名", "样例一"], ["报考级别", "执业"], ["报考类别", "临床"], ["考点", "示例考点"], ["单位", "示例医院"]]) +
      bars(48, 440, [300, 250], 34) + label(48, 540, "本人签名", "＿＿＿＿") + seal(350, 460),
    pins: [[95, 5, "整页拍全，放平"], [90.5, 30, "姓名和报考信息清楚"], [91, 75, "单位公章看得清"]],
  },
  diploma: {
    name: "毕业证书", ...book("毕业证书（示意）", "证书编号"), paper: "#fdf6ec",
    pins: [[12, 18, "照片清楚"], [47, 53, "学校印章看得清"], [84, 79, "证书编号看得清"], [96, 7, "两页都拍全"]],
  },
  degree: {
    name: "学位证书", ...book("学位证书（示意）", "证书编号"), paper: "#eef3fb",
    pins: [[12, 18, "照片清楚"], [47, 53, "印章看得清"], [84, 79, "证书编号看得清"], [96, 7, "两页都拍全"]],
  },
  diploma_lower: {
    name: "专科毕业证书", ...book("专科毕业证书（示意）", "证书编号"), paper: "#f5f8ec",
    pins: [[96, 7, "是专科那一本"], [12, 18, "照片清楚"], [47, 53, "学校印章看得清"], [84, 79, "证书编号看得清"]],
  },
  edu_proof: {
    name: "学历备案表或认证报告", kind: "page", paper: "#f6fbff",
    draw: heading(50, 27, "学历备案表（示意）") +
      table(48, 112, 414, [["姓名", "样例一"], ["院校", "示例医学院"], ["专业", "示例专业"], ["层次", "本科"], ["证书编号", "示例 0000"]]) +
      label(48, 392, "在线验证码", "示例 0000 0000") + label(48, 440, "有效期至", "20××年×月×日") + bars(48, 496, [414, 414, 280]) + qr(366, 380),
    pins: [[91, 59.5, "二维码完整"], [61, 63, "验证码看得清"], [61, 70.5, "还在有效期内"]],
  },
  edu_abroad: {
    name: "国外学历学位认证书", ...letter("学历学位认证书（示意）", "认证书编号", "认证机构<br>印章"), paper: "#f4f1fb",
    pins: [[95, 5, "整页拍全，放平"], [50, 80, "编号看得清"], [87, 75, "认证机构印章看得清"]],
  },
  edu_mid: {
    name: "中专学历认证报告", ...letter("中专学历认证报告（示意）", "报告编号", "教育部门<br>印章"), paper: "#f1faf4",
    pins: [[95, 5, "有几页拍几页"], [50, 80, "编号看得清"], [87, 75, "教育部门印章看得清"]],
  },
  shicheng: {
    name: "出师证书", ...book("出师证书（示意）"), paper: "#fbf3ec",
    pins: [[12, 18, "照片清楚"], [47, 53, "印章看得清"], [78, 79, "编号看得清"], [96, 7, "两页都拍全"]],
  },
  zhuanchang: {
    name: "确有专长证书", ...book("确有专长证书（示意）"), paper: "#f0f7ee",
    pins: [[12, 18, "照片清楚"], [47, 53, "印章看得清"], [78, 79, "编号看得清"], [96, 7, "两页都拍全"]],
  },
  trial: {
    name: "试用期考核证明", kind: "page", paper: "#fffdf7",
    draw: heading(44, 28, "试用期考核证明（示意）") +
      table(48, 106, 414, [["姓名", "样例一"], ["试用单位", "示例医院"], ["起止时间", "20××.×.× – 20××.×.×"], ["试用岗位", "示例岗位"], ["考核结果", "合格"]]) +
      label(48, 390, "带教老师签名", "样例师") + label(48, 446, "法人签字或章", "样例长") + label(48, 560, "日期", "今年×月×日") + seal(350, 470),
    pins: [[91, 35.5, "起止时间清楚，满一年"], [49, 62.5, "带教老师已签名"], [49, 71.5, "法人已签字或盖章"], [91, 76, "单位公章（科室章不行）"]],
  },
  mentor: {
    name: "带教老师执业证书", ...book("医师执业证书（示意）", "执业类别"), paper: "#ecf6f6",
    pins: [[78, 29, "带教老师的姓名"], [85, 79, "执业类别看得清"], [47, 53, "印章看得清"], [96, 7, "两页都拍全"]],
  },
  unit_lic: {
    name: "医疗机构执业许可证副本", kind: "page", paper: "#fffaf0",
    draw: heading(50, 25, "医疗机构执业许可证 副本（示意）") +
      table(48, 116, 414, [["机构名称", "示例医院"], ["登记号", "示例 0000"], ["诊疗科目", "示例科目一、示例科目二"], ["有效期限", "20××.×.× – 20××.×.×"]]) +
      bars(48, 350, [414, 414, 414, 280], 36) + label(48, 530, "发证机关", "示例卫生机关") + seal(350, 478, "发证机关<br>印章"),
    pins: [[92, 36, "诊疗科目看得清"], [92, 43.5, "还在有效期内"], [91, 77, "印章看得清"], [95, 5, "副本有几页拍几页"]],
  },
  asst_qual: {
    name: "助理医师资格证书", ...book("助理医师资格证书（示意）", "证书编码"), paper: "#ecf6f6",
    pins: [[12, 18, "照片清楚"], [84, 79, "证书编码看得清"], [47, 53, "印章看得清"], [96, 7, "两页都拍全"]],
  },
  asst_lic: {
    name: "助理医师执业证书", ...book("助理医师执业证书（示意）", "执业地点"), paper: "#ecf1f6",
    pins: [[12, 18, "照片清楚"], [84, 79, "执业地点看得清"], [47, 53, "印章看得清"], [96, 7, "有变更页，也要拍"]],
  },
  practice: {
    name: "执业期考核证明", kind: "page", paper: "#fffdf7",
    draw: heading(44, 28, "执业期考核证明（示意）") +
      table(48, 106, 414, [["姓名", "样例一"], ["工作单位", "示例医院"], ["首次注册", "20××.×.×"], ["执业年限", "满 × 年"], ["考核结果", "合格"]]) +
      label(48, 410, "法人签字或章", "样例长") + label(48, 560, "日期", "今年×月×日") + seal(350, 440),
    pins: [[91, 43, "年限清楚"], [49, 65.5, "法人已签字或盖章"], [91, 72, "单位公章看得清"], [48, 89, "是今年开的"]],
  },
  first_reg: {
    name: "首次执业注册证明", ...letter("首次执业注册证明（示意）", "首次注册", "注册机关<br>印章"), paper: "#f2f8fb",
    pins: [[95, 5, "整页拍全，放平"], [45, 80, "首次注册日期清楚"], [87, 75, "注册机关印章看得清"]],
  },
  pledge_fresh: {
    name: "应届毕业生承诺书", ...letter("应届毕业生承诺书（示意）", "承诺人签名", "按表格<br>要求盖章"), paper: "#f8fbf1",
    pins: [[95, 5, "系统下载的原表"], [51, 80, "本人亲笔签名"], [53, 88, "日期填好，不涂改"]],
  },
  pledge_grad: {
    name: "研究生承诺书或训练证明", ...letter("研究生报考承诺书（示意）", "承诺人签名", "培养单位<br>印章"), paper: "#f1f6fb",
    pins: [[95, 5, "系统下载的原表"], [51, 80, "本人亲笔签名"], [87, 75, "培养单位印章看得清"]],
  },
  rural: {
    name: "乡镇工作满一年证明", ...letter("工作证明（示意）", "单位负责人"), paper: "#f1faf1",
    pins: [[90, 34, "起止时间清楚，满一年"], [51, 80, "负责人已签字"], [87, 75, "单位公章看得清"]],
  },
  intern_form: {
    name: "实习申请审核表", kind: "page", paper: "#fbf7fd",
    draw: heading(44, 28, "实习申请审核表（示意）") +
      table(48, 106, 414, [["姓名", "样例一"], ["毕业院校", "示例大学"], ["实习单位", "示例附属医院"], ["实习时间", "20××.×.× – 20××.×.×"], ["审核意见", "同意"]]) +
      bars(48, 400, [270, 270, 200]) + label(48, 560, "日期", "20××年×月×日") + seal(350, 450, "审核单位<br>印章"),
    pins: [[91, 35.5, "实习单位清楚"], [91, 43, "实习时间满一年"], [91, 73, "印章看得清"]],
  },
  other: {
    name: "其他证明", ...letter("考点要求补充的材料（示意）", "出具单位"), paper: "#f6f7f8",
    pins: [[95, 5, "一张图只拍一份"], [90, 34, "文字清楚、不反光"], [87, 75, "要盖章的已盖章"]],
  },
};

function show(code) {
  const e = examples[code];
  const [w, h] = e.kind === "page" ? [640, 880] : [800, e.kind === "card" ? 610 : 640];
  document.body.style.cssText = `--w:${w}px;--h:${h}px;--paper:${e.paper}`;
  const dots = e.pins.map(([x, y], i) => `<i class="dot pin" style="left:${x}%;top:${y}%">${i + 1}</i>`).join("");
  const notes = e.pins.map(([, , text], i) => `<li><i class="dot">${i + 1}</i>${text}</li>`).join("");
  document.body.innerHTML = `<header><b>示例</b>${e.name}</header>
    <main><div class="doc ${e.kind}">${e.draw}<div class="water">${"<span>样例</span>".repeat(32)}</div>${dots}</div></main>
    <footer><ol>${notes}</ol><p>示意图，内容全是虚构的；请拍您自己的材料原件。</p></footer>`;
}
show(location.hash.slice(1));
