package intake

import "time"

// Deadline is until when items returned now should be corrected: the season's length from
// now, never beyond the end of corrections.
func (s *Season) Deadline(returned time.Time) time.Time {
	deadline := returned.Add(s.Review.Deadline)
	if end := s.Window.Corrections; end.After(returned) && deadline.After(end) {
		return end
	}
	return deadline
}

// Reminder spacing (exam-domain rules: midway and in the last hours, at most one per six
// hours, never at night).
const (
	ReminderGap  = 6 * time.Hour
	reminderLast = 2 * time.Hour
	beforeQuiet  = 30 * time.Minute
)

// ResultAt is when a result may be told: now, or at the end of the quiet hours unless the
// season lets results break them.
func (s *Season) ResultAt(now time.Time) time.Time {
	if s.Review.ResultsInQuiet {
		return now
	}
	return s.Awake(now)
}

// Awake is now, or the end of the quiet hours now falls into.
func (s *Season) Awake(now time.Time) time.Time {
	if _, to, quiet := s.quietAround(now); quiet {
		return to
	}
	return now
}

// RemindersAt lists when to remind of a correction due at deadline: midway and two hours
// before, moved out of the quiet hours (to their end, or before them when the deadline is
// nearer), at least six hours apart; the later one wins.
func (s *Season) RemindersAt(returned, deadline time.Time) []time.Time {
	var due []time.Time
	last := s.outOfQuiet(deadline.Add(-reminderLast), deadline)
	if last.After(returned) && last.Before(deadline) {
		due = append(due, last)
	}
	mid := returned.Add(deadline.Sub(returned) / 2)
	if from, _, quiet := s.quietAround(mid); quiet {
		mid = s.outOfQuiet(mid, deadline)
		if last.Sub(mid) < ReminderGap {
			mid = from.Add(-beforeQuiet)
		}
	}
	if last.Sub(mid) >= ReminderGap && mid.Sub(returned) >= reminderLast {
		due = append([]time.Time{mid}, due...)
	}
	return due
}

// outOfQuiet moves a moment out of the quiet hours: to their end when that still leaves an hour
// before the deadline, else to half an hour before they begin.
func (s *Season) outOfQuiet(t, deadline time.Time) time.Time {
	from, to, quiet := s.quietAround(t)
	if !quiet {
		return t
	}
	if deadline.Sub(to) >= time.Hour {
		return to
	}
	return from.Add(-beforeQuiet)
}

// quietAround returns the quiet hours t falls into, in t's location.
func (s *Season) quietAround(t time.Time) (from, to time.Time, quiet bool) {
	start, end := s.Review.QuietFrom, s.Review.QuietTo
	if start == end {
		return from, to, false
	}
	local := t.In(s.Location)
	for day := -1; day <= 0; day++ {
		midnight := time.Date(local.Year(), local.Month(), local.Day()+day, 0, 0, 0, 0, s.Location)
		from = midnight.Add(time.Duration(start) * time.Minute)
		to = midnight.Add(time.Duration(end) * time.Minute)
		if end < start {
			to = time.Date(local.Year(), local.Month(), local.Day()+day+1, 0, end, 0, 0, s.Location)
		}
		if !t.Before(from) && t.Before(to) {
			return from, to, true
		}
	}
	return time.Time{}, time.Time{}, false
}
