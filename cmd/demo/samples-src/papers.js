// The papers of one invented candidate, 临床 · 执业 · 直接报考 · 本科, by the names make.sh asks for.
// Their layout is our own and plain: the wording is what a checker looks for, not how a real one looks.
// scene: the desk top, where the light is (x %, y %, warm) and how the sheet lies
// (tilt: degrees about x, y and z, then scale and shift in pixels); again: a second such scene.

const papers = {
  id_front: {
    kind: "card", paper: "linear-gradient(120deg, #e3eef0, #eef1ea 50%, #dfeaf1)", wave: "#5d9fb066",
    draw: `<div class="band"><span>居民身份证</span><span>样例证件</span></div>` +
      row(56, 98, 31, "姓名", who.name) + row(56, 160, 31, "性别", "女") + row(266, 160, 31, "民族", "汉") +
      row(56, 222, 31, "出生", "1999年4月17日") + row(56, 284, 31, "住址", "云水市示例区样例路8号院") + row(139, 334, 31, "", "2号楼303室") +
      row(56, 452, 31, "公民身份号码", `<span style="font-size:35px;letter-spacing:2px;font-weight:500">${who.id}</span>`) +
      portrait(632, 96, 222, { ground: "#eef2f4" }) + at(56, 524, 15, "演示样例 · 虚构人物 · 不具任何效力", "color:#66717a;letter-spacing:2px"),
    scene: { top: "oak", light: [30, 20, true], tilt: [10, -5, -2.4, 1.02, -4, 10], prop: '<div class="pen" style="left:520px;top:1250px;transform:rotate(-14deg)"></div>' },
    again: { top: "walnut", light: [70, 30, false], tilt: [4, 3, 1.1, 1.08, 0, -40] },
  },
  id_back: {
    kind: "card", paper: "linear-gradient(60deg, #e5eee9, #e8eff3 55%, #efece2)", wave: "#6aa58c66",
    draw: `<div class="band"><span>样例证件</span><span>背面</span></div>` +
      `<svg class="abs" style="left:74px;top:120px;width:170px" viewBox="0 0 100 100"><circle cx="50" cy="50" r="45" fill="none" stroke="#8aa0a8" stroke-width="2" stroke-dasharray="6 5"/><text x="50" y="46" font-size="15" text-anchor="middle" fill="#6f858d">徽记</text><text x="50" y="66" font-size="15" text-anchor="middle" fill="#6f858d">此处空白</text></svg>` +
      title(150, 66, "居民身份证", "left:250px;letter-spacing:12px") + title(258, 26, "（演示样例，非真实证件）", "left:250px;font-weight:400") +
      row(150, 378, 32, "签发机关", "云水市示例区签发中心") + row(150, 448, 32, "有效期限", "2019.05.06－2029.05.06") + foot(),
    scene: { top: "oak", light: [64, 16, true], tilt: [9, 5, 1.8, 1.02, 2, -16], prop: '<div class="note" style="left:-120px;top:1190px;transform:rotate(12deg)"></div>' },
  },
  notice: {
    kind: "page", paper: "#f3f0e9",
    draw: title(62, 42, "医师资格考试网上报名成功通知单", "letter-spacing:2px") + title(126, 22, "（2026年 · 演示样例）", "font-weight:400") +
      table(56, 178, [138, 246, 138, 246], [
        [54, "报名号", who.entry, "验证序号", "9900 0426"], [54, "姓名", who.name, "性别", "女"],
        [54, "证件类型", "居民身份证", "民族", "汉族"], [54, "证件号码", who.id], [54, "报考级别", "执业医师", "报考类别", "临床"],
        [54, "报考途径", "直接报考", "考点代码", "110101"], [54, "毕业学校", who.school], [54, "所学专业", "临床医学", "学历学位", "本科 学士"],
        [54, "毕业时间", "2022年06月30日", "试用起始", "2024年08月01日"], [54, "试用单位", who.hospital], [54, "联系电话", who.phone],
      ]) +
      text(56, 800, 768, 22, "<p>您的报名信息已提交成功。请核对以上内容，由试用单位审核盖章，并按考点公告的时间上传材料图片、参加现场审核。逾期未审核的，本次报名无效。</p><p>本人承诺：以上信息真实、准确、完整，如有不实，由本人承担责任。</p>") +
      at(56, 1040, 25, `考生签名：${hand(who.name)}`) + at(56, 1108, 25, `日期：${hand("2026年1月28日")}`) +
      at(500, 1040, 25, "单位审核意见：同意报考") + at(500, 1108, 25, "（盖章）2026年1月29日") + seal(566, 960, who.hospital, 216) + foot(),
    scene: { top: "walnut", light: [26, 14, true], tilt: [6, -3, 1.3, 1.03, 6, 8], crease: 62.2 },
  },
  diploma: {
    kind: "book", paper: "#f6efdf", wave: "#c7b58366", line: "#b99a55", cover: "#7d1c28",
    draw: portrait(146, 92, 196, { ground: "#5b8fc6" }) + at(66, 404, 23, `学生 ${who.name}`, "letter-spacing:1px") + at(66, 448, 23, "1999年4月17日生") +
      at(66, 512, 20, "证书编号") + at(66, 546, 22, "99000 1202 2050 0426", "letter-spacing:1px") + at(66, 596, 16, "查询：本样例不提供查询", "color:#6b6456") + seal(258, 284, who.school, 186) +
      title(76, 50, "普通高等学校", "left:50%;font-size:28px;font-weight:500;letter-spacing:6px") + title(124, 60, "毕业证书", "left:50%;letter-spacing:16px;color:#8d1f2a") +
      text(536, 222, 404, 22, `<p>学生 <b>${who.name}</b>，性别 女，于二〇一七年九月至二〇二二年六月在本校 <b>临床医学</b> 专业五年制本科学习，修完教学计划规定的全部课程，成绩合格，准予毕业。</p>`) +
      at(544, 496, 23, `学校：${who.school}`) + at(544, 544, 23, `校长：${hand("样明远")}`) + at(700, 594, 22, "二〇二二年六月三十日") + seal(750, 440, who.school, 170, 6) + foot(),
    scene: { top: "walnut", light: [70, 20, true], tilt: [8, 3, -1.2, 1, 0, -30], prop: '<div class="note" style="left:830px;top:1200px;transform:rotate(-9deg)"></div>' },
    again: { top: "oak", light: [24, 78, true], tilt: [9, -5, 4.5, 0.86, 10, 190] },
  },
  degree: {
    kind: "book", paper: "#eef1f2", wave: "#8fa9c966", line: "#6d86a8", cover: "#1f3a63",
    draw: title(86, 58, "学士学位证书", "right:50%;letter-spacing:8px;color:#24406b") +
      text(62, 206, 392, 22, `<p><b>${who.name}</b>，女，一九九九年四月十七日生。在本校完成临床医学专业本科学习计划，业已毕业，经审核符合学位授予规定，授予 <b>医学学士</b> 学位。</p>`) +
      at(66, 470, 20, "证书编号") + at(66, 504, 22, "9900 0420 2200 0426", "letter-spacing:1px") + at(66, 572, 20, "（普通高等教育本科毕业生）", "color:#5b636c") +
      portrait(640, 92, 196, { ground: "#5b8fc6" }) + at(552, 410, 24, who.school) + at(552, 462, 23, `学位评定委员会主席：${hand("样明远")}`) +
      at(552, 560, 22, "二〇二二年六月三十日") + seal(742, 420, `${who.school}学位`, 186, 10) + foot(),
    scene: { top: "grey", light: [24, 24, false], tilt: [7, -4, 1.6, 1, 0, -20], prop: '<div class="pen" style="left:-90px;top:1230px;transform:rotate(9deg)"></div>' },
  },
  edu_proof_1: {
    kind: "page", paper: "#f4f4f1",
    draw: title(60, 38, "学历证书电子注册备案表", "letter-spacing:3px") + at(56, 126, 20, "更新日期：2026年1月20日") + at(668, 126, 20, "第 1 页 共 2 页") +
      table(56, 168, [140, 250], [[64, "姓名", who.name], [64, "性别", "女"], [64, "出生日期", "1999年04月17日"], [64, "入学日期", "2017年09月01日"]]) + portrait(590, 172, 190, { ground: "#5b8fc6" }) +
      table(56, 440, [140, 244, 140, 244], [
        [60, "毕业日期", "2022年06月30日", "学历类别", "普通高等教育"], [60, "学校名称", who.school], [60, "专业名称", "临床医学"], [60, "层次", "本科", "学制", "5 年"],
        [60, "学习形式", "普通全日制", "毕结业", "毕业"], [60, "证书编号", "99000 1202 2050 0426"], [60, "校长姓名", "样明远"],
      ]) +
      at(56, 920, 25, "在线验证码") + at(56, 962, 30, "DEMO 9900 SAMP LE26", "font-family:'Noto Sans Mono CJK SC';letter-spacing:2px") +
      at(56, 1024, 22, "有效期至：2026年7月20日") + text(56, 1064, 480, 18, "<span>扫描右侧图形或输入验证码核对。此页为演示样例，图形与验证码均不能查询。</span>", "line-height:1.6") + square(618, 920, 200) + foot(),
    scene: { top: "grey", light: [72, 18, false], tilt: [6, 3, -1.1, 1.03, -4, 6], crease: 71.4 },
  },
  edu_proof_2: {
    kind: "page", paper: "#f4f4f1",
    draw: title(60, 36, "学历证书电子注册备案表 · 说明", "letter-spacing:2px") + at(56, 126, 20, `姓名：${who.name}　　验证码：DEMO 9900 SAMP LE26`) + at(668, 126, 20, "第 2 页 共 2 页") +
      text(56, 180, 768, 24, ["备案表是学历注册信息的书面形式，与毕业证书上的内容一致。", "备案表在有效期内可以在线核对。有效期由本人设定，期满前可以延长。", "核对时请对照姓名、出生日期、学校名称、专业名称、层次和证书编号。",
        "备案表上的照片由学校在毕业时采集，与本人现在的样子可能有差别。", "使用人应当自行核对，并妥善保管他人信息，不得作报考以外的用途。", "如对内容有疑问，请与毕业学校的学籍管理部门联系。", "打印件与电子文件内容相同；涂改、缺页的，不能使用。"]
        .map((line, i) => `<p style="margin-bottom:14px">${i + 1}. ${line}</p>`).join("")) +
      at(56, 930, 24, "注册信息摘要") + table(56, 976, [140, 244, 140, 244], [[56, "学校名称", who.school], [56, "毕业日期", "2022年06月30日", "层次", "本科"], [56, "有效期至", "2026年7月20日", "页码", "2 / 2"]]) + foot(),
    scene: { top: "grey", light: [60, 12, false], tilt: [7, -2, 1.7, 1.03, 4, 0], crease: 71.6 },
  },
  trial: {
    kind: "page", paper: "#f1ede4",
    draw: title(64, 40, "医师资格考试试用期考核证明", "letter-spacing:3px") + title(124, 21, "（2026年 · 演示样例）", "font-weight:400") +
      table(56, 172, [150, 234, 150, 234], [
        [56, "姓名", hand(who.name), "性别", hand("女")], [56, "证件号码", hand(who.id)], [56, "所学专业", hand("临床医学"), "学历", hand("本科")],
        [56, "试用机构", who.hospital], [56, "机构登记号", "9900 0011 0101 DEMO"], [56, "试用岗位", hand("内科 医师岗"), "报考类别", hand("临床")],
        [56, "试用起止", hand("2024年8月1日 至 2026年1月31日")],
        [148, "考核内容", "职业道德 <b>合格</b>　　业务知识 <b>合格</b><br>临床操作 <b>合格</b>　　病历书写 <b>合格</b>"],
        [150, "带教老师<br>意见", `${hand("试用期满一年，考核合格，同意报考。")}<br>带教老师签名：${hand(who.mentor)}`],
      ]) +
      text(56, 900, 768, 23, "<p>兹证明该考生在我单位试用期满一年并考核合格，以上内容属实。</p>") +
      at(56, 982, 25, `单位法人（负责人）签字：${hand("样怀瑾")}`) + at(56, 1050, 25, "单位名称（公章）") + at(56, 1112, 25, `日期：${hand("2026年2月2日")}`) + seal(500, 950, who.hospital, 226, 7) + foot(),
    scene: { top: "oak", light: [22, 16, true], tilt: [6, 3, -1.5, 1.03, 0, 6], crease: 75.4 },
  },
  mentor_qual: {
    kind: "book", paper: "#f0efe4", wave: "#a9b98a66", line: "#8c9a5c", cover: "#5a2430",
    draw: portrait(150, 92, 190, { ground: "#d9e3ec", long: false }) + at(66, 404, 23, `姓名：${who.mentor}`) + at(66, 450, 23, "性别：男　出生：1978年11月") + at(66, 496, 21, "证件号码：990000197811230039") + at(66, 560, 20, "发证机关（样例）") + seal(270, 290, "云水市示例发证中心", 176) +
      title(92, 50, "医师资格证书", "left:50%;letter-spacing:8px;color:#6b2430") + row(542, 208, 24, "级别", "执业医师") + row(542, 264, 24, "类别", "临床") + row(542, 320, 24, "学历", "本科") + row(542, 376, 24, "毕业学校", who.school) +
      row(542, 432, 24, "证书编号", "990020030110119781100") + row(542, 488, 24, "签发日期", "2003年12月1日") + text(540, 550, 400, 19, "<span>持证人经考试合格，取得医师资格。</span>") + foot(),
    scene: { top: "cloth", light: [30, 18, false], tilt: [8, 4, 1.5, 1, 0, 14] },
  },
  mentor: {
    kind: "book", paper: "#eaf1ea", wave: "#86b39a66", line: "#5c9a7b", cover: "#1e5a49",
    draw: portrait(150, 92, 190, { ground: "#d9e3ec", long: false }) + at(66, 404, 23, `姓名：${who.mentor}`) + at(66, 450, 23, "性别：男") + at(66, 496, 21, "资格证书编号：990020030110119781100") + at(66, 560, 20, "注册机关（样例）") + seal(270, 290, "云水市示例注册中心", 176) +
      title(92, 50, "医师执业证书", "left:50%;letter-spacing:8px;color:#1e5a49") + row(542, 208, 24, "执业级别", "执业医师") + row(542, 264, 24, "执业类别", "临床") + row(542, 320, 24, "执业范围", "内科专业") + row(542, 376, 24, "执业地点", "云水市") +
      row(542, 432, 24, "主要执业机构", who.hospital) + row(542, 488, 24, "证书编号", "990110101000426") + row(542, 544, 24, "签发日期", "2018年6月20日") + foot(),
    scene: { top: "cloth", light: [68, 22, false], tilt: [8, -4, -1.7, 1, 0, -6], prop: '<div class="pen" style="left:640px;top:150px;transform:rotate(24deg)"></div>' },
  },
  unit_lic: {
    kind: "page", paper: "#f4eddb",
    draw: waves(880, 1244, "#c9b17a44", 52) + `<div class="abs" style="left:26px;right:26px;top:26px;bottom:44px;border:6px double #b3924c"></div>` +
      title(80, 52, "医疗机构执业许可证", "letter-spacing:7px;color:#8a2a2a") + title(158, 32, "（副 本）") +
      row(96, 236, 26, "机构名称", who.hospital) + row(96, 292, 26, "地　　址", "云水市示例区样例路1号") + row(96, 348, 26, "机构类别", "综合医院　　等级：三级") + row(96, 404, 26, "所有制形式", "全民") + row(96, 460, 26, "法定代表人", "样怀瑾") +
      row(96, 516, 26, "主要负责人", "样怀瑾") + row(96, 572, 26, "登 记 号", "9900 0011 0101 DEMO") + row(96, 628, 26, "有效期限", "自2022年5月1日至2037年4月30日") +
      text(96, 690, 690, 25, `<span style="color:#3a7d97">诊疗科目</span>　预防保健科／全科医疗科／内科（呼吸内科、消化内科、心血管内科、神经内科）／外科（普通外科、骨科、泌尿外科）／妇产科／儿科／眼科／耳鼻咽喉科／口腔科／皮肤科／急诊医学科／康复医学科／麻醉科／医学检验科／病理科／医学影像科／中医科`, "line-height:1.75") +
      at(96, 1010, 24, "该机构经核准登记，准予执业。") + at(96, 1070, 24, "发证机关：云水市示例登记中心") + at(96, 1124, 24, "发证日期：2022年5月1日") + seal(546, 950, "云水市示例登记中心", 216) + foot(),
    scene: { top: "walnut", light: [74, 16, true], tilt: [6, -3, 1.2, 1.03, 2, 8], crease: 78.6 },
  },
};

// A page of text as it looks on a phone: what people send instead of the paper.
const screenshot = `<div class="screen"><div class="bar"><span>9:41</span><span>5G ▮▮▮ 86%</span></div><div class="nav">报名材料怎么准备</div><main>
  <h1>医师资格考试报名材料准备说明</h1><small>演示样例 · 2026年1月28日</small>
  <p>考生网上报名成功后，请在规定时间内上传材料图片。图片应当是原件的彩色照片，四角拍全，文字清楚。</p>
  <p>一、身份证人像面和国徽面各拍一张，证件须在有效期内。</p><p>二、报名成功通知单打印后由单位盖章，本人签名。</p><p>三、毕业证书、学位证书和学历备案表，编号、照片和印章都要看清。</p>
  <p>四、试用期考核证明须当年开具，带教老师签名、负责人签字和单位公章齐全。</p><p>五、带教老师的资格证书、执业证书，以及医疗机构执业许可证副本。</p></main>
  <div class="water" style="grid-auto-rows:190px">${"<span>样例</span>".repeat(45)}</div></div>`;
