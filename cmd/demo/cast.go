package main

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"cailiao/app"
	"cailiao/intake"
	"cailiao/review"
	"cailiao/wechat/wechattest"
)

// roster is the demo's made-up registration list. The ID numbers carry the area code 990000,
// which no real one has.
//
//go:embed roster.csv
var roster string

//go:embed samples/*
var sampleFiles embed.FS

func samples() fs.FS {
	files, err := fs.Sub(sampleFiles, "samples")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return files
}

// people are the candidates shown as phones, with what their players need to know.
func people() []Person {
	var people []Person
	hints := []string{
		"三级医院，本科，直接报考：最常见的一种",
		"专升本，多交专科毕业证",
		"助理升执业，多交资格证、执业证",
		"现役军人：不用上传",
	}
	for i, line := range strings.Split(strings.TrimSpace(roster), "\n")[1:] {
		if i == len(hints) {
			break
		}
		cells := strings.Split(line, ",")
		id := cells[3]
		people = append(people, Person{
			OpenID: fmt.Sprintf("oDemo%02dCandidate", i+1), Name: cells[1], Number: cells[0],
			IDTail: id[len(id)-intake.ProofLength:], Hint: hints[i],
		})
	}
	return people
}

func menu() []wechattest.Button {
	return []wechattest.Button{
		{Type: "click", Name: "上传材料", Key: "list"},
		{Type: "click", Name: "我的进度", Key: "progress"},
		{Type: "click", Name: "帮助", Key: "help"},
	}
}

// openSeason is the real season with its window open around today, and results told at any
// hour, so that a demo in the evening shows them.
func openSeason(cfg app.Config, now time.Time) (*intake.Season, fs.FS, error) {
	loc := cfg.Location()
	season, pictures, err := app.LoadSeason(cfg.Season, loc)
	if err != nil {
		return nil, nil, err
	}
	day := now.In(loc)
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, loc)
	season = season.Shift(midnight.AddDate(0, 0, -2), midnight.AddDate(0, 0, 12), midnight.AddDate(0, 0, 40))
	season.Review.ResultsInQuiet = true
	return season, pictures, nil
}

// settle brings the roster and the staff into a new installation and returns the accounts with
// their passwords, which are not kept anywhere.
func settle(ctx context.Context, a *app.App, url string) ([]StaffCard, error) {
	report, err := a.Desk.ImportRoster(ctx, strings.NewReader(roster), review.ImportOptions{})
	if err != nil {
		return nil, err
	}
	if len(report.Problems) > 0 {
		return nil, fmt.Errorf("demo roster, line %d: %s", report.Problems[0].Line, report.Problems[0].Problem)
	}
	var cards []StaffCard
	for _, s := range []struct {
		name, title string
		role        intake.Role
		site        string
	}{
		{"kaodian", "东城区考点审核", intake.RoleSite, "110101"},
		{"kaoqu", "考区复审", intake.RoleArea, ""},
		{"admin", "管理员", intake.RoleAdmin, ""},
	} {
		password := strings.ToLower(rand.Text()[:12])
		_, err := a.Desk.AddStaff(ctx, review.NewStaff{Name: s.name, Role: s.role, Site: s.site, Password: password})
		if errors.Is(err, intake.ErrConflict) {
			continue // an earlier first start was cut short
		}
		if err != nil {
			return nil, err
		}
		cards = append(cards, StaffCard{Name: s.name, Password: password, Role: s.title, URL: url + "/staff/"})
	}
	return cards, nil
}

func greet(url, dir string, staff []StaffCard) {
	out := os.Stdout
	fmt.Fprintf(out, "\n手机（扮演考生）  %s/\n审核（工作人员）  %s/staff/\n\n", url, url)
	if len(staff) == 0 {
		fmt.Fprintln(out, "工作人员的密码在第一次启动时显示过；忘了就用 -fresh 重新开始。")
	}
	for _, s := range staff {
		fmt.Fprintf(out, "  %-8s 密码 %s  %s\n", s.Name, s.Password, s.Role)
	}
	fmt.Fprintln(out, "\n演示里登录不用动态码；正式安装时考区、组长和管理员默认要用（配置 staff.totp）。")
	fmt.Fprintf(out, "\n按 Ctrl+C 结束，数据留在 %s。\n", dir)
}
