package bot_test

import (
	"slices"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/intake"
)

func TestAFileOfAnotherCandidateIsShownToStaffOnly(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		w := apptest.Start(t, engine, time.Date(2026, 2, 1, 2, 0, 0, 0, time.UTC))
		w.Import(t)
		replies := make([]string, 2)
		for i, p := range apptest.People[:2] {
			user := w.Platform.User("o-" + p.Number)
			user.Follow(t.Context())
			user.Say(t.Context(), p.Number+" "+p.IDTail())
			user.Say(t.Context(), "对")
			replies[i] = user.SendPhoto(t.Context(), imagetest.Photo(1)).Reply
		}
		if replies[0] == "" || replies[0] != replies[1] {
			t.Errorf("the second was told something else:\n%s\n%s", replies[0], replies[1])
		}
		for i, p := range apptest.People[:2] {
			talk, err := w.DB.Talk(t.Context(), "o-"+p.Number)
			if err != nil {
				t.Fatal(err)
			}
			c, err := w.DB.Case(t.Context(), talk.CandidateID)
			if err != nil || len(c.Photos) != 1 {
				t.Fatalf("%d photos, %v", len(c.Photos), err)
			}
			shown := slices.ContainsFunc(c.Photos[0].Verdicts, func(v intake.Verdict) bool {
				return v.Code == "elsewhere" && v.Level == intake.Note
			})
			if want := i == 1; shown != want {
				t.Errorf("candidate %d: %+v", i, c.Photos[0].Verdicts)
			}
		}
	})
}
