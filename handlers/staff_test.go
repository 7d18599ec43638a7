package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestTheStaffsRoad(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorldOn(t, db).open()
		c := w.people(2)[0]
		w.submit(c)
		site := w.signedIn("王老师")
		if got := site.get("/staff/"); got.status != http.StatusOK || !strings.Contains(got.body, c.Name) {
			t.Fatalf("queue: %d, shows the candidate: %v", got.status, strings.Contains(got.body, c.Name))
		}
		sheet := site.get(sheetPath(c))
		for _, want := range []string{c.Name, "110101 19900101", "四角拍全", "身份证已过期", "/screen", `name="version"`} {
			if !strings.Contains(sheet.body, want) {
				t.Errorf("the sheet lacks %q", want)
			}
		}
		got := site.post(decisionPath(c), w.form(c, map[string]string{"id_front": "", "diploma": "IMG_BLUR", "trial": ""}))
		if got.status != http.StatusSeeOther || got.location() != "/staff/" {
			t.Fatalf("return: %d to %q", got.status, got.location())
		}
		if flash := site.get("/staff/").body; !strings.Contains(flash, "已退回") {
			t.Error("the list does not say what was done")
		}
		if state := w.caseOf(c).Submission.State; state != intake.Returned {
			t.Errorf("state %q", state)
		}
	})
}

func TestSitePassesThenTheAreaPasses(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	if got := w.signedIn("王老师").post(decisionPath(c), w.form(c, allPass)); got.status != http.StatusSeeOther {
		t.Fatalf("site: %d", got.status)
	}
	area := w.signedIn("李主任")
	if got := area.get("/staff/"); !strings.Contains(got.body, c.Name) {
		t.Error("the area's list lacks what the site passed")
	}
	if got := area.post(decisionPath(c), w.form(c, allPass)); got.status != http.StatusSeeOther {
		t.Fatalf("area: %d", got.status)
	}
	if state := w.caseOf(c).Submission.State; state != intake.Passed {
		t.Errorf("state %q", state)
	}
}

func TestTheSecondOfTwoReviewersGetsTheFreshSheet(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	first, second := w.signedIn("王老师"), w.signedIn("管理员")
	form := w.form(c, allPass)
	first.post(decisionPath(c), form)
	for _, headers := range [][]string{nil, {"HX-Request", "true"}} {
		got := second.post(decisionPath(c), form, headers...)
		if got.status != http.StatusConflict || !strings.Contains(got.body, "没有保存") || !strings.Contains(got.body, "待考区复审") {
			t.Errorf("headers %v: %d, fresh %v", headers, got.status, strings.Contains(got.body, "待考区复审"))
		}
		if whole := strings.Contains(got.body, "<html"); whole == (headers != nil) {
			t.Errorf("headers %v: whole page %v", headers, whole)
		}
	}
}

func TestARefusedTryKeepsWhatWasFilledIn(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	site := w.signedIn("王老师")
	form := w.form(c, map[string]string{"id_front": "IMG_GLARE", "diploma": ""})
	form.Set("comment.id_front", `请换个角度"<script>alert(1)</script>`)
	got := site.post(decisionPath(c), form)
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "每一项都要选") {
		t.Fatalf("status %d", got.status)
	}
	for _, want := range []string{
		`name="verdict.id_front" value="return" checked`, `name="verdict.diploma" value="pass" checked`,
		`请换个角度&#34;&lt;script&gt;alert(1)&lt;/script&gt;`,
	} {
		if !strings.Contains(got.body, want) {
			t.Errorf("lost: %s", want)
		}
	}
	if strings.Contains(got.body, "<script>alert") {
		t.Error("the comment came back unescaped")
	}
	unfounded := w.form(c, allPass)
	unfounded.Set("verdict.trial", "return")
	if got := site.post(decisionPath(c), unfounded); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "至少要选一条原因") {
		t.Errorf("a return without reason: %d", got.status)
	}
}

func TestWithHtmxADecisionBringsTheNextSheet(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(4)
	w.submit(people[0])
	w.submit(people[1])
	site := w.signedIn("王老师")
	form := w.form(people[0], allPass)
	form.Set("filter", "state=submitted")
	got := site.post(decisionPath(people[0]), form, "HX-Request", "true")
	if got.status != http.StatusOK || strings.Contains(got.body, "<html") || !strings.Contains(got.body, people[1].Name) ||
		got.header.Get("HX-Push-Url") != sheetPath(people[1])+"?state=submitted" {
		t.Errorf("%d, push %q", got.status, got.header.Get("HX-Push-Url"))
	}
	got = site.post(decisionPath(people[1]), w.form(people[1], allPass), "HX-Request", "true")
	if got.status != http.StatusOK || got.header.Get("HX-Redirect") != "/staff/" {
		t.Errorf("after the last one: %d, redirect %q", got.status, got.header.Get("HX-Redirect"))
	}
}

func TestThePhoneNumberIsShownOnRequestOnly(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	site := w.signedIn("王老师")
	if got := site.get(sheetPath(c)); strings.Contains(got.body, c.Phone) {
		t.Error("the sheet shows the phone number unasked")
	}
	if got := site.post(sheetPath(c)+"/phone", nil); got.status != http.StatusOK || !strings.Contains(got.body, c.Phone) {
		t.Errorf("asked: %d", got.status)
	}
	events, err := w.DB.Events(t.Context(), c.ID, 5)
	if err != nil || len(events) != 2 || events[0].Action != "phone.look" || events[1].Action != "sheet.open" {
		t.Errorf("events %+v, %v", events, err)
	}
}

func TestSearchesAndFilters(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(4)
	for _, c := range people[:2] {
		w.submit(c)
	}
	site := w.signedIn("王老师")
	for _, test := range []struct {
		words, filters string
		want           [2]bool
	}{
		{"", "", [2]bool{true, true}},
		{people[0].Number, "", [2]bool{true, false}},
		{people[1].IDNumber[14:], "", [2]bool{false, true}},
		{" " + people[1].Name + " ", "state=all", [2]bool{false, true}},
		{"", "state=returned", [2]bool{}},
		{people[0].Number, "state=returned", [2]bool{}},
		{"nobody", "state=all", [2]bool{}},
		{"\xff", "state=nonsense&page=-1", [2]bool{true, true}},   // no words
		{"", "state=submitted&from=9.1.1.1", [2]bool{true, true}}, // a search begins at the beginning
	} {
		_, got := site.search(test.words, test.filters)
		if got.status != http.StatusOK {
			t.Errorf("%+v: %d", test, got.status)
		}
		for i, c := range people[:2] {
			if strings.Contains(got.body, c.Number+"<") != test.want[i] {
				t.Errorf("%+v: shows %s: %v", test, c.Number, !test.want[i])
			}
		}
	}
	if got := site.get("/staff/?state=submitted&from=9.1.1.1"); strings.Contains(got.body, people[0].Number+"<") {
		t.Error("a page far behind shows the first ones")
	}
	fragment := site.get("/staff/?state=all", "HX-Request", "true")
	if strings.Contains(fragment.body, "<html") || !strings.Contains(fragment.body, people[0].Name) {
		t.Error("htmx does not get the list alone")
	}
	if _, got := site.search(people[2].Number, "state=all"); strings.Contains(got.body, people[2].Name) {
		t.Error("a search finds another site's candidate")
	}
}
