package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/intake"
)

func TestOfManyExamSitesAStrangerIsToldTheOneNamed(t *testing.T) {
	w := apptest.Start(t, "sqlite", time.Date(2026, 2, 1, 10, 0, 0, 0, time.FixedZone("CST", 8*3600)), func(a *app.App) {
		a.Season.Sites = nil
		for i := range 120 {
			site := intake.Site{Code: fmt.Sprint(340000 + i), Name: fmt.Sprintf("江州市第%d人民医院考点", i), Contact: intake.Contact{Name: "医务科", Phone: fmt.Sprintf("0550-%07d", i)}}
			if i >= 60 {
				site.Name = fmt.Sprintf("南城县卫生院%d分院考点", i)
			}
			if i == 119 {
				site.Name, site.Contact.Address = "小河区考点", "小河路 1 号"
			}
			a.Season.Sites = append(a.Season.Sites, site)
		}
	})
	user := w.Platform.User("o-stranger")
	user.Follow(t.Context())
	say := func(text string, has ...string) string {
		t.Helper()
		reply := user.Say(t.Context(), text).Reply
		if len(reply) > 2048 || strings.Contains(reply, "……") {
			t.Errorf("%q: %d bytes, cut: %s", text, len(reply), reply)
		}
		for _, want := range has {
			if !strings.Contains(reply, want) {
				t.Errorf("%q: no %q in: %s", text, want, reply)
			}
		}
		return reply
	}
	if reply := say("人工", "一共 120 个考点"); strings.Contains(reply, "0550-") {
		t.Errorf("numbers of sites nobody asked for: %s", reply)
	}
	say("火星", "没找到这个考点")
	say("小河", "小河区考点\n医务科 0550-0000119\n地址：小河路 1 号")
	say("人工 小河区的电话", "0550-0000119")
	reply := say("南城", "是哪一个考点？", "南城县卫生院60分院考点 0550-0000060", "还有 47 个没有列出")
	for line := range strings.Lines(reply) {
		if strings.HasPrefix(line, "南城") && !strings.Contains(line, " 0550-00000") {
			t.Errorf("a site without its number: %q", line)
		}
	}
	say("南城县卫生院77分院", "0550-0000077")
	say("谢谢")
	say("随便说说", "请回复你的报名号")
	say("人工")
	say("2611010001", "记下了")
	say("小河区", "0550-0000119")
	say("记不清了", "证件号码的最后 6 位")
}
