package intake

import (
	"errors"
	"strings"
	"time"
)

// ParseMoment reads a moment as notices write it, "2026-01-29 10:00", on the clock of loc.
// "24:00" is the end of that day: 00:00 of the next.
func ParseMoment(s string, loc *time.Location) (time.Time, error) {
	if day, ok := strings.CutSuffix(s, " 24:00"); ok {
		midnight, err := time.ParseInLocation("2006-01-02", day, loc)
		if err != nil {
			return time.Time{}, errMoment
		}
		return time.Date(midnight.Year(), midnight.Month(), midnight.Day()+1, 0, 0, 0, 0, loc), nil
	}
	moment, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
	if err != nil {
		return time.Time{}, errMoment
	}
	return moment, nil
}

var errMoment = errors.New(`expected a moment such as "2026-01-29 10:00" or "2026-02-11 24:00"`)

// parseMinute reads a time of day, "08:00" to "24:00", as minutes after midnight; 24:00 is 0.
func parseMinute(s string) (int, error) {
	if s == "24:00" {
		return 0, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, errMinute
	}
	return t.Hour()*60 + t.Minute(), nil
}

var errMinute = errors.New(`expected a time of day such as "22:00"`)
