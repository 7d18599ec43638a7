package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cailiao/intake"
	"cailiao/review"
)

func TestASheetLoadedAheadIsNeitherHeldNorOpened(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	site := w.signedIn("王老师")
	got := site.get(sheetPath(c)+"?ahead=1", "HX-Request", "true")
	if got.status != http.StatusOK || !strings.Contains(got.body, c.Name) || strings.Contains(got.body, "<html") {
		t.Fatalf("ahead: %d", got.status)
	}
	held, err := w.DB.HeldAmong(t.Context(), []int64{c.ID}, w.clock)
	if err != nil || len(held) != 0 || !w.caseOf(c).Submission.OpenedAt.IsZero() {
		t.Errorf("held %v, opened %v, %v", held, w.caseOf(c).Submission.OpenedAt, err)
	}
	// What is shown from there is claimed with the decision before it.
	form := url.Values{"claim": {""}}
	if got := site.post(sheetPath(c)+"/claim", form); got.status != http.StatusOK || got.body == "" {
		t.Errorf("claim: %d %q", got.status, got.body)
	}
}

func TestOthersSeeWhoHoldsASheetAndALeadTakesItOver(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	site, admin := w.signedIn("王老师"), w.signedIn("管理员")
	site.get(sheetPath(c))
	sheet := admin.get(sheetPath(c))
	if !strings.Contains(sheet.body, "<b>王老师</b> 正在审核，还剩 10 分钟") || strings.Contains(sheet.body, `id="decision"`) {
		t.Error("the sheet does not tell who holds it")
	}
	if queue := admin.get("/staff/?state=submitted"); !strings.Contains(queue.body, "王老师 正在审核") {
		t.Error("the list does not tell who holds it")
	}
	if mine := site.get("/staff/?mine=1"); !strings.Contains(mine.body, c.Number) {
		t.Error("what I hold is not in my list")
	}
	if mine := admin.get("/staff/?state=submitted&mine=1"); strings.Contains(mine.body, c.Number) {
		t.Error("what another holds is in my list")
	}
	form := w.form(c, allPass)
	if got := admin.post(sheetPath(c)+"/takeover", url.Values{"filter": {"state=submitted"}}); got.location() != sheetPath(c)+"?state=submitted" {
		t.Fatalf("take over: %d to %q", got.status, got.location())
	}
	if got := site.post(decisionPath(c), form); got.status != http.StatusConflict || !strings.Contains(got.body, "没有保存") || !strings.Contains(got.body, "管理员") {
		t.Errorf("who held it before: %d", got.status)
	}
	if got := site.post(sheetPath(c)+"/claim", url.Values{"claim": {"old"}}); got.status != http.StatusConflict {
		t.Errorf("renewing what was taken over: %d", got.status)
	}
	if got := admin.post(decisionPath(c), form); got.status != http.StatusSeeOther {
		t.Errorf("the lead: %d", got.status)
	}
}

func TestADecisionIsTakenBackWithoutJavaScript(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	site := w.signedIn("王老师")
	returned := w.form(c, map[string]string{"id_front": "", "diploma": "IMG_BLUR", "trial": ""})
	photo := w.caseOf(c).PhotosOf("diploma")[0].ID
	returned.Set("box.diploma", fmt.Sprintf("%d 0.1 0.2 0.3 0.4", photo))
	returned.Set("check.diploma.name", "wrong")
	if got := site.post(decisionPath(c), returned); got.status != http.StatusSeeOther {
		t.Fatalf("decision: %d", got.status)
	}
	list := site.get("/staff/")
	for _, want := range []string{fmt.Sprintf(`action="%s/undo"`, sheetPath(c)), "撤销"} {
		if !strings.Contains(list.body, want) {
			t.Fatalf("the list does not offer %s", want)
		}
	}
	undo := url.Values{"version": {fmt.Sprint(w.caseOf(c).Submission.Version)}, "filter": {""}}
	if got := w.signedIn("管理员").post(sheetPath(c)+"/undo", undo); got.status != http.StatusConflict {
		t.Errorf("another's decision: %d", got.status)
	}
	if got := site.post(sheetPath(c)+"/undo", undo); got.status != http.StatusSeeOther || got.location() != sheetPath(c) {
		t.Fatalf("undo: %d to %q", got.status, got.location())
	}
	sheet := site.get(sheetPath(c))
	for _, want := range []string{"已撤销", `name="verdict.diploma" value="return" checked`, fmt.Sprintf(`name="box.diploma" value="%d 0.1000 0.2000 0.3000 0.4000"`, photo), `name="check.diploma.name" value="wrong" checked`} {
		if !strings.Contains(sheet.body, want) {
			t.Errorf("after undoing the sheet lacks %s", want)
		}
	}
	site.post(decisionPath(c), w.form(c, allPass))
	w.clock = w.clock.Add(review.UndoFor + 1)
	undo.Set("version", fmt.Sprint(w.caseOf(c).Submission.Version))
	if got := site.post(sheetPath(c)+"/undo", undo); got.status != http.StatusConflict || !strings.Contains(got.body, "不能撤销了") {
		t.Errorf("after ten seconds: %d", got.status)
	}
}

func TestReasonsKeepTheirKeysOnOneSheet(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(4)
	w.submit(people[0])
	w.submit(people[1])
	first := func(body string) string {
		_, rest, _ := strings.Cut(body, `name="reason.trial" value="`)
		code, _, _ := strings.Cut(rest, `"`)
		return code
	}
	site := w.signedIn("王老师")
	keys := url.Values{}
	_, rest, _ := strings.Cut(site.get(sheetPath(people[1])).body, `name="keys.trial" value="`)
	order, _, _ := strings.Cut(rest, `"`)
	keys.Set("keys.trial", order)
	site.post(decisionPath(people[0]), w.form(people[0], map[string]string{"id_front": "", "diploma": "", "trial": "INFO_FIX"}))
	if got := first(site.get(sheetPath(people[1])).body); got != "INFO_FIX" {
		t.Errorf("the most used reason is not the first: %s", got)
	}
	form := w.form(people[1], map[string]string{"trial": "IMG_BLUR"})
	form.Set("keys.trial", order)
	if got := site.post(decisionPath(people[1]), form); got.status != http.StatusUnprocessableEntity || first(got.body) != strings.Fields(order)[0] {
		t.Errorf("after a refused try the keys have moved: %s", first(got.body))
	}
}

func TestTheAreaSendsBackWithANoteTheSiteSees(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	site, area := w.signedIn("王老师"), w.signedIn("李主任")
	site.post(decisionPath(c), w.form(c, allPass))
	sheet := area.get(sheetPath(c))
	if !strings.Contains(sheet.body, "考点 王老师 已通过 3 项") || !strings.Contains(sheet.body, "退回考点") {
		t.Error("the area does not see the site's decision, or cannot send it back")
	}
	form := url.Values{"version": {fmt.Sprint(w.caseOf(c).Submission.Version)}, "note": {"公章请再核对"}}
	if got := area.post(sheetPath(c)+"/back", form); got.status != http.StatusSeeOther {
		t.Fatalf("back: %d", got.status)
	}
	if state := w.caseOf(c).Submission.State; state != intake.Submitted {
		t.Errorf("state %q", state)
	}
	if got := site.get(sheetPath(c)); !strings.Contains(got.body, "公章请再核对") || !strings.Contains(got.body, `id="decision"`) {
		t.Error("the site does not see why, or cannot decide")
	}
}

func TestTheListByMaterialAndKind(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	site := w.signedIn("王老师")
	for query, want := range map[string]bool{
		"?item=trial": true, "?item=pledge": false, "?kind=level:执业": true, "?kind=level:助理": false,
		"?kind=level:执业&item=trial": true, "?kind=nonsense": true, "?kind=x:%25": false, "?from=nonsense": true,
	} {
		if got := site.get("/staff/" + query); got.status != http.StatusOK || strings.Contains(got.body, c.Number+"<") != want {
			t.Errorf("%s: %d, shows it: %v", query, got.status, !want)
		}
	}
}
