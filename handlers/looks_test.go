package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// Whatever way a person's data leave the house to somebody of the staff, the log tells.
func TestNothingOfAPersonIsSeenWithoutALineInTheLog(t *testing.T) {
	storagetest.EachSet(t, func(t *testing.T, db *storage.DB, redis *storage.Redis) {
		w := newWorldWith(t, db, redis).open()
		people := w.people(6)
		w.submit(people[0])
		c := people[0]
		id := w.caseOf(c).Photos[0].ID
		picture := func(kind string) string { return fmt.Sprintf("/staff/photos/%d/%s", id, kind) }
		for _, test := range []struct {
			name string
			do   func(b *browser) answer
			want []string // the actions logged, newest first
		}{
			{"the sheet", func(b *browser) answer { return b.get(sheetPath(c)) }, []string{"sheet.open"}},
			{"the sheet, loaded ahead", func(b *browser) answer { return b.get(sheetPath(c)+"?ahead=1", "HX-Request", "true") }, []string{"sheet.ahead"}},
			{"loaded ahead and again", func(b *browser) answer {
				b.get(sheetPath(c)+"?ahead=1", "HX-Request", "true")
				return b.get(sheetPath(c)+"?ahead=1", "HX-Request", "true")
			}, []string{"sheet.ahead"}},
			{"loaded ahead and opened", func(b *browser) answer {
				b.get(sheetPath(c)+"?ahead=1", "HX-Request", "true")
				return b.get(sheetPath(c))
			}, []string{"sheet.open", "sheet.ahead"}},
			{"the sheet, by a link from elsewhere", func(b *browser) answer {
				return b.get(sheetPath(c), "Sec-Fetch-Site", "cross-site")
			}, []string{"sheet.open"}},
			{"a link from elsewhere that says it is loaded ahead", func(b *browser) answer {
				return b.get(sheetPath(c)+"?ahead=1", "Sec-Fetch-Site", "cross-site")
			}, []string{"sheet.open"}},
			{"pictures of an open sheet", func(b *browser) answer {
				b.get(sheetPath(c))
				b.get(picture("thumb"))
				return b.get(picture("screen"))
			}, []string{"sheet.open"}},
			{"a picture long after the sheet", func(b *browser) answer {
				b.get(sheetPath(c))
				for range 3 {
					w.clock = w.clock.Add(20 * time.Minute)
					b.get("/staff/")
				}
				w.clock = w.clock.Add(time.Second)
				return b.get(picture("screen"))
			}, []string{"photo.look", "sheet.open"}},
			{"a picture without the sheet", func(b *browser) answer { return b.get(picture("screen")) }, []string{"photo.look"}},
			{"a thumbnail without the sheet", func(b *browser) answer { return b.get(picture("thumb")) }, []string{"photo.look"}},
			{"the original", func(b *browser) answer {
				b.get(sheetPath(c))
				return b.get(picture("original"))
			}, []string{"photo.look", "sheet.open"}},
			{"the copy", func(b *browser) answer { return b.get(picture("copy")) }, []string{"photo.look"}},
			{"the phone number", func(b *browser) answer { return b.post(sheetPath(c)+"/phone", nil) }, []string{"sheet.open", "phone.look"}},
			{"the phone number among the notices", func(b *browser) answer { return b.post(fmt.Sprintf("/staff/notices/phone/%d", c.ID), nil) }, []string{"phone.look"}},
			{"the photos, saved", func(b *browser) answer { return b.post(sheetPath(c)+"/export", nil) }, []string{"export.end", "export.photos"}},
		} {
			w.clock = w.clock.Add(2 * time.Hour) // former looks are long over
			b := w.signedIn("王老师")
			from := w.clock
			if got := test.do(b); got.status != http.StatusOK {
				t.Errorf("%s: %d", test.name, got.status)
			}
			events, err := w.DB.SearchEvents(t.Context(), storage.EventSearch{Actor: fmt.Sprintf("staff:%d", w.idOf("王老师")), From: from, Limit: 20})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range events {
				if e.Action == "login" {
					continue
				}
				got = append(got, e.Action)
				if e.CandidateID != c.ID && !strings.HasPrefix(e.Action, "export.") {
					t.Errorf("%s: %s is about candidate %d", test.name, e.Action, e.CandidateID)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s: logged %q, want %q", test.name, got, test.want)
			}
		}
	})
}
