package handlers_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"cailiao/storage"
)

func TestStaffAnswerQuestionsAndSeeWhetherTheWindowIsOpen(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	ctx := t.Context()
	var told []string
	w.Desk.Tell = func(_ context.Context, openID, words string) (bool, error) {
		told = append(told, openID+" "+words)
		return true, nil
	}
	cs, err := w.DB.Case(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if cs.Candidate.OpenID == "" {
		if err := w.DB.Bind(ctx, c.ID, "o-asks", w.clock); err != nil {
			t.Fatal(err)
		}
		cs.Candidate.OpenID = "o-asks"
	}
	talk, err := w.DB.Talk(ctx, cs.Candidate.OpenID)
	if err != nil {
		t.Fatal(err)
	}
	talk.Following, talk.HeardAt = true, w.clock
	if _, err := w.DB.SaveTalk(ctx, talk); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"可以晚交吗<script>", "另一个问题"} {
		if err := w.DB.AddQuestion(ctx, storage.Question{CandidateID: c.ID, Site: cs.Candidate.Site, Text: text, AskedAt: w.clock}); err != nil {
			t.Fatal(err)
		}
	}
	own, foreign := w.signedIn("王老师"), w.signedIn("赵老师")
	for name, want := range map[string]string{"王老师": "2", "组长": "2", "李主任": "2", "考区组长": "2", "管理员": "2", "赵老师": "", "外站组长": ""} {
		b := w.signedIn(name)
		if got := waiting(b.get("/staff/").body); got != want {
			t.Errorf("%s sees %q waiting, want %q", name, got, want)
		}
		if part := b.get("/staff/", "HX-Request", "true").body; strings.Contains(part, "/staff/questions") || !strings.Contains(part, "tabs") {
			t.Errorf("a part of the page has the head with it:\n%s", part)
		}
	}
	page := own.get("/staff/questions").body
	if !strings.Contains(page, "可以晚交吗&lt;script&gt;") || !strings.Contains(page, "考生马上收到") {
		t.Errorf("the page:\n%s", page)
	}
	if strings.Contains(foreign.get("/staff/questions").body, "可以晚交") {
		t.Error("another site sees the question")
	}
	open, err := w.DB.OpenQuestions(ctx, "", 10)
	if err != nil || len(open) != 2 {
		t.Fatalf("%d questions, %v", len(open), err)
	}
	path := fmt.Sprintf("/staff/questions/%d", open[0].ID)
	for what, tt := range map[string]struct {
		b    *browser
		text string
		want int
	}{
		"another site": {foreign, "好", 404},
		"no answer":    {own, "  ", 422},
		"too much":     {own, strings.Repeat("长", 501), 422},
	} {
		if got := tt.b.post(path, url.Values{"answer": {tt.text}}); got.status != tt.want {
			t.Errorf("%s: %d, want %d", what, got.status, tt.want)
		}
	}
	if got := own.post(path, url.Values{"answer": {"可以，11日前。"}}); got.status != 303 {
		t.Errorf("an answer: %d", got.status)
	}
	if page := own.get("/staff/questions").body; !strings.Contains(page, "已发送，考生会在微信里看到") {
		t.Errorf("nothing says that the answer went out:\n%s", page)
	}
	if got := waiting(own.get(sheetPath(c)).body); got != "1" {
		t.Errorf("%q wait after one was answered", got)
	}
	if got := own.post(path, url.Values{"answer": {"不可以"}}); got.status != 409 || !strings.Contains(got.body, "不可以") || !strings.Contains(got.body, "刚刚回复过") {
		t.Errorf("a second answer: %d", got.status)
	}
	if len(told) != 1 || told[0] != cs.Candidate.OpenID+" 可以，11日前。" {
		t.Errorf("told: %d times", len(told))
	}
	w.clock = w.clock.Add(49 * time.Hour)
	if page := w.signedIn("王老师").get("/staff/questions").body; !strings.Contains(page, "回复时间已过") {
		t.Error("the page does not say that the window is over")
	}
}

// waiting is how many questions the head of a page tells of.
func waiting(page string) string {
	_, rest, _ := strings.Cut(page, `<a href="/staff/questions">留言<span class="hide">，</span><b class="waiting">`)
	n, _, _ := strings.Cut(rest, `</b><span class="hide"> 条等待回复</span></a>`)
	return n
}
