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

// Reminder spacing: midway and in the last hours, at most three in a round and one per six
// hours, never at night. Results that follow each other closely wait for one another.
const (
	ReminderGap  = 6 * time.Hour
	RemindersMax = 3 // nudges of one round, the word that the deadline has passed included
	MergeWithin  = 5 * time.Minute
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

// Step is what is to happen to a due notice now. The zero Step: it is sent.
type Step struct {
	Until time.Time // not before this moment
	Drop  string    // not at all, for this reason
}

// Step asks the rules again about a due notice, given the case as it stands and all notices of
// the candidate.
func (s *Season) Step(n Notice, c Case, all []Notice, now time.Time) Step {
	if !n.StillTrue(s, c, now) {
		return Step{Drop: "no longer true"}
	}
	until, drop := s.hold(n, all, now)
	return Step{Until: until, Drop: drop}
}

// hold says what is to happen now to a notice that still holds, given all of the candidate's
// notices: send it (the zero answer), not before a later moment, or drop it for a reason.
// A return waits while the word of another is less than MergeWithin old: what is returned once
// more meanwhile takes its place, so that the candidate hears once of both.
func (s *Season) hold(n Notice, all []Notice, now time.Time) (until time.Time, drop string) {
	if !n.Kind.Nudge() {
		for _, other := range all {
			if other.ID != n.ID && other.Kind.returns() && n.Kind.returns() && !other.SentAt.IsZero() && now.Sub(other.SentAt) < MergeWithin {
				return other.SentAt.Add(MergeWithin), ""
			}
		}
		if awake := s.ResultAt(now); awake.After(now) {
			return awake, ""
		}
		return time.Time{}, ""
	}
	if awake := s.Awake(now); awake.After(now) { // late, after an outage: not at night
		return awake, ""
	}
	sent := 0
	for _, other := range all {
		if other.ID == n.ID || !other.Kind.Nudge() || other.SentAt.IsZero() {
			continue
		}
		if other.Round == n.Round {
			sent++
		}
		if next := other.SentAt.Add(ReminderGap); next.After(now) {
			if n.Kind == NoticeReminder {
				return time.Time{}, "too soon after the one before"
			}
			until = next
		}
	}
	if sent >= RemindersMax {
		return time.Time{}, "enough reminders in this round"
	}
	return until, ""
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
