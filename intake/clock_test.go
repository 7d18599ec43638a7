package intake

import (
	"slices"
	"testing"
	"time"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	moment, err := ParseMoment(s, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func TestRemindersStayOutOfTheNightAndApart(t *testing.T) {
	season := reviewSeason()
	for _, tt := range []struct {
		name, returned, deadline string
		want                     []string
	}{
		{"a morning return: before the night, and two hours before the end",
			"2026-02-01 10:00", "2026-02-02 10:00", []string{"2026-02-01 21:30", "2026-02-02 08:00"}},
		{"an afternoon return: in the morning, and two hours before the end",
			"2026-02-01 16:00", "2026-02-02 16:00", []string{"2026-02-02 08:00", "2026-02-02 14:00"}},
		{"an evening return", "2026-02-01 20:00", "2026-02-02 20:00", []string{"2026-02-02 08:00", "2026-02-02 18:00"}},
		{"a deadline at night: the last reminder comes before the night",
			"2026-02-01 02:00", "2026-02-02 02:00", []string{"2026-02-01 14:00", "2026-02-01 21:30"}},
		{"a deadline early in the morning", "2026-02-01 08:30", "2026-02-02 08:30", []string{"2026-02-01 21:30"}},
		{"a short deadline: one reminder", "2026-02-01 10:00", "2026-02-01 16:00", []string{"2026-02-01 14:00"}},
		{"hardly any time: none", "2026-02-01 10:00", "2026-02-01 11:00", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			returned, deadline := at(t, tt.returned), at(t, tt.deadline)
			got := season.RemindersAt(returned, deadline)
			var written []string
			for i, due := range got {
				written = append(written, due.Format("2006-01-02 15:04"))
				if _, _, quiet := season.quietAround(due); quiet {
					t.Errorf("%s is at night", written[i])
				}
				if !due.After(returned) || !due.Before(deadline) {
					t.Errorf("%s is not between the return and the deadline", written[i])
				}
				if i > 0 && due.Sub(got[i-1]) < ReminderGap {
					t.Errorf("%s comes too soon after the one before", written[i])
				}
			}
			if !slices.Equal(written, tt.want) {
				t.Errorf("got %v, want %v", written, tt.want)
			}
		})
	}
}

func TestRemindersHoldTheRulesAtEveryMinuteOfTheDay(t *testing.T) {
	season := reviewSeason()
	day := at(t, "2026-02-01 00:00")
	for minute := range 24 * 60 {
		returned := day.Add(time.Duration(minute) * time.Minute)
		got := season.RemindersAt(returned, returned.Add(24*time.Hour))
		if len(got) == 0 || len(got) > 2 {
			t.Fatalf("returned at %s: %d reminders", returned.Format("15:04"), len(got))
		}
		for i, due := range got {
			_, _, quiet := season.quietAround(due)
			if quiet || !due.After(returned) || i > 0 && due.Sub(got[i-1]) < ReminderGap {
				t.Fatalf("returned at %s: reminder %d at %s breaks a rule", returned.Format("15:04"), i, due.Format("02 15:04"))
			}
		}
	}
}

func TestADeadlineNeverPassesTheEndOfCorrections(t *testing.T) {
	season := reviewSeason()
	end := season.Window.Corrections
	if got := season.Deadline(end.Add(-time.Hour)); !got.Equal(end) {
		t.Errorf("got %s, want the end of corrections %s", got, end)
	}
	if got := season.Deadline(noon); !got.Equal(noon.Add(24 * time.Hour)) {
		t.Errorf("got %s, want 24 hours later", got)
	}
}

func TestResultsWaitForTheMorningUnlessTheSeasonSaysOtherwise(t *testing.T) {
	season := reviewSeason()
	night := at(t, "2026-02-01 23:10")
	if got, want := season.ResultAt(night), at(t, "2026-02-02 08:00"); !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
	season.Review.ResultsInQuiet = true
	if got := season.ResultAt(night); !got.Equal(night) {
		t.Errorf("got %s, want at once", got)
	}
	if got := season.ResultAt(noon); !got.Equal(noon) {
		t.Errorf("got %s at noon, want at once", got)
	}
}
