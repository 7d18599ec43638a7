package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/storage/storagetest"
	"cailiao/templates"
)

// lost is a candidate with a notice that did not arrive.
func (w *world) lost(c intake.Candidate, n int) {
	w.t.Helper()
	ctx := w.t.Context()
	if err := w.DB.AddNotices(ctx, []intake.Notice{intake.AnswerNotice(w.Season, w.caseOf(c), n, w.clock)}); err != nil {
		w.t.Fatal(err)
	}
	all, err := w.DB.Notices(ctx, c.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.DB.NoticeFailed(ctx, all[len(all)-1].ID, 43004, "unfollowed", w.clock); err != nil {
		w.t.Fatal(err)
	}
}

func TestPhoneNumbersOfTheUndeliveredAreMaskedUntilALoggedClick(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorldOn(t, db).open()
		people := w.people(4)
		for i, c := range people {
			w.submit(c)
			w.lost(c, i)
		}
		own := w.signedIn("王老师")
		page := own.get("/staff/notices").body
		if strings.Contains(page, people[0].Phone) || !strings.Contains(page, people[0].MaskedPhone()) || strings.Contains(page, people[3].Number) {
			t.Error("the list: own numbers masked, no other site's")
		}
		shown := own.post(fmt.Sprintf("/staff/notices/phone/%d", people[0].ID), nil)
		if shown.status != http.StatusOK || !strings.Contains(shown.body, people[0].Phone) || strings.Contains(shown.body, people[1].Phone) {
			t.Errorf("after the click: %d, one number in full", shown.status)
		}
		events, err := db.Events(t.Context(), people[0].ID, 5)
		if err != nil || len(events) == 0 || events[0].Action != review.ActionPhone {
			t.Errorf("not logged: %+v, %v", events, err)
		}
		if got := own.post(fmt.Sprintf("/staff/notices/phone/%d", people[3].ID), nil); got.status != http.StatusNotFound {
			t.Errorf("another site's number: %d", got.status)
		}
		if page := own.get("/staff/notices?site=S2").body; strings.Contains(page, people[3].Number) {
			t.Error("a site asks for another's list and gets it")
		}
		area := w.signedIn("李主任")
		if page := area.get("/staff/notices?site=S2").body; !strings.Contains(page, people[3].Number) || strings.Contains(page, people[0].Number) {
			t.Error("the area's list of one site")
		}
	})
}

func TestQuestionsStandBesideTheChat(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorldOn(t, db).open()
		ctx := t.Context()
		c := w.people(2)[0]
		w.submit(c)
		c = w.caseOf(c).Candidate
		for i, body := range []string{`{"kind":"text","text":"公章在哪里盖"}`, `{"kind":"image"}`, ``} {
			kind := []string{"text", "image", "text"}[i]
			m, _, err := db.Record(ctx, storage.Message{Key: fmt.Sprint(i), OpenID: c.OpenID, Kind: kind, Body: []byte(body), ReceivedAt: w.clock})
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Finish(ctx, m.ID, "机器人答复 "+templates.Link("清单"), w.clock); err != nil {
				t.Fatal(err)
			}
			if kind == "image" {
				p := w.caseOf(c).Photos[0]
				p.ID, p.MessageID = 0, m.ID
				if _, err := db.AddPhoto(ctx, p); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := db.AddQuestion(ctx, storage.Question{CandidateID: c.ID, Site: c.Site, Text: "请人工看看", AskedAt: w.clock}); err != nil {
			t.Fatal(err)
		}
		page := w.signedIn("王老师").get("/staff/questions").body
		for _, want := range []string{"请人工看看", "公章在哪里盖", "机器人答复", "/thumb", "没有保存", "东城考点"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if !strings.Contains(page, "机器人答复 清单") || strings.Contains(page, "bizmsgmenu") {
			t.Error("links of a reply are not shown as the words they are in WeChat")
		}
		if page := w.signedIn("赵老师").get("/staff/questions").body; strings.Contains(page, "公章在哪里盖") {
			t.Error("another site reads the chat")
		}
	})
}
