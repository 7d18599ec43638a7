package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/bot"
)

func TestTheMenuIsPushedAsConfiguredAndItsClicksAreAnswered(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		if out, code := i.run("", "menu", "push"); code != 0 || !strings.Contains(out, "3 个按钮") {
			t.Fatalf("menu push: exit %d\n%s", code, out)
		}
		menu := i.platform.Menu()
		if len(menu) != 3 || menu[0].Key != "list" || !strings.HasSuffix(menu[2].Sub[0].URL, "/mine") {
			t.Errorf("menu: %+v", menu)
		}
		if out, code := i.run("", "menu", "push"); code != 0 { // an update, as often as one likes
			t.Errorf("menu push again: exit %d\n%s", code, out)
		}
		if out, code := i.run("", "roster", "import", rosterFile(t)); code != 0 {
			t.Fatal(out)
		}
		stop := i.serve()
		user, p := i.platform.User("o-menu"), apptest.People[0]
		user.Follow(t.Context())
		user.Say(t.Context(), p.Number+" "+p.IDTail())
		user.Say(t.Context(), "对")
		for _, key := range []string{menu[0].Key, menu[1].Key, menu[2].Sub[1].Key, menu[2].Sub[3].Key, menu[2].Sub[4].Key} {
			if d := user.Click(t.Context(), key); d.Reply == "" || d.Broken != "" {
				t.Errorf("click %s: %v", key, d)
			}
		}
		if d := user.Click(t.Context(), menu[2].Sub[2].Key); d.ReplyImage == "" {
			t.Errorf("the example is no picture: %v", d)
		}
		if calls := i.platform.Calls("message/custom/send"); len(calls) != 0 {
			t.Errorf("clicks cost %d customer-service messages", len(calls))
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestPrintedCodesBindOnceAndOnlyTheirCandidate(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		if out, code := i.run("", "roster", "import", rosterFile(t)); code != 0 {
			t.Fatal(out)
		}
		sheet := filepath.Join(t.TempDir(), "codes.html")
		if out, code := i.run("", "qr", "--site", "none", sheet); code != 1 || !strings.Contains(out, "没有这个考点") {
			t.Errorf("unknown site: exit %d\n%s", code, out)
		}
		out, code := i.run("", "qr", "--site", "110101", sheet)
		if code != 0 || !strings.Contains(out, "3 位考生") {
			t.Fatalf("qr: exit %d\n%s", code, out)
		}
		page, err := os.ReadFile(sheet)
		if err != nil || strings.Count(string(page), "<svg ") != 3 || strings.Contains(string(page), apptest.People[0].Name) {
			t.Errorf("sheet of %d bytes with %d pictures, %v", len(page), strings.Count(string(page), "<svg "), err)
		}
		if info, err := os.Stat(sheet); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the sheet can be read by others: %v %v", info.Mode(), err)
		}
		var scenes []string
		for _, call := range i.platform.Calls("qrcode/create") {
			var body struct {
				Info struct {
					Scene struct {
						Str string `json:"scene_str"`
					}
				} `json:"action_info"`
			}
			if err := json.Unmarshal(call.Body, &body); err != nil {
				t.Fatal(err)
			}
			scenes = append(scenes, body.Info.Scene.Str)
		}
		cfg, err := app.LoadConfig(i.config)
		if err != nil {
			t.Fatal(err)
		}
		whose := func(scene string) int64 { // codes are made side by side
			id, err := bot.OpenScene(cfg.SceneSecret(), scene, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		slices.SortFunc(scenes, func(a, b string) int { return int(whose(a) - whose(b)) })
		stop := i.serve()
		ctx := t.Context()
		first, other := i.platform.User("o-code"), i.platform.User("o-family")
		if d := first.FollowByScan(ctx, scenes[0]); !strings.Contains(d.Reply, "绑定成功：林**") {
			t.Errorf("scan: %v", d)
		}
		if d := first.Scan(ctx, scenes[0]); !strings.Contains(d.Reply, "欢迎回来") {
			t.Errorf("the same scan again: %v", d)
		}
		if d := first.Scan(ctx, scenes[1]); !strings.Contains(d.Reply, "一个微信只能办一个人的") {
			t.Errorf("a relative's code: %v", d)
		}
		if d := other.FollowByScan(ctx, scenes[0]); !strings.Contains(d.Reply, "已经绑定了另一个微信") {
			t.Errorf("a code of somebody bound: %v", d)
		}
		last := map[bool]string{true: "y", false: "x"}[strings.HasSuffix(scenes[1], "x")]
		if d := other.Scan(ctx, scenes[1][:len(scenes[1])-1]+last); strings.Contains(d.Reply, "绑定成功") {
			t.Errorf("a forged code: %v", d)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
