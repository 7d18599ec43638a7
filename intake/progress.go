package intake

import (
	"slices"
	"time"
)

// Line is one entry of a candidate's list: a material, where it stands, what is still missing.
type Line struct {
	Material Material
	Item     Item
	Photos   []Photo // kept
	Fresh    int     // of these, sent in the current round
	Missing  int     // photos still to send before the item is complete
	Locked   bool    // the candidate cannot change it now
}

// Done says that nothing is missing.
func (l Line) Done() bool { return l.Missing == 0 }

// Room is how many more photos fit; a returned item makes room by replacing, see Replace.
func (l Line) Room() int { return max(0, l.Material.Max-len(l.Photos)) }

// Progress lists the candidate's materials with their state, in the season's order.
func Progress(materials []Material, c Case) []Line {
	lines := make([]Line, 0, len(materials))
	for _, m := range materials {
		line := Line{Material: m, Item: c.Item(m.Code), Photos: c.PhotosOf(m.Code)}
		for _, p := range line.Photos {
			if p.Round == c.Submission.Round {
				line.Fresh++
			}
		}
		line.Missing = missing(line)
		line.Locked = c.Submission.State.Locked() ||
			c.Submission.State == Returned && line.Item.State != ItemReturned && line.Item.State != ItemOpen
		lines = append(lines, line)
	}
	return lines
}

func missing(line Line) int {
	short := max(0, line.Material.Min-len(line.Photos))
	// A returned item is corrected only by a picture the reviewer has not seen yet.
	if line.Item.State == ItemReturned && line.Item.Resend && line.Fresh == 0 && short == 0 {
		return 1
	}
	return short
}

// Next is the item the next photo should go to: the first unlocked one with something
// missing; ok is false when nothing is missing.
func Next(lines []Line) (line Line, ok bool) {
	i := slices.IndexFunc(lines, func(l Line) bool { return !l.Locked && !l.Done() })
	if i < 0 {
		return Line{}, false
	}
	return lines[i], true
}

// Stale returns the photo a new one takes the place of: in a full returned item the oldest
// one the reviewer has already seen. ok is false when nothing has to go.
func (l Line) Stale(round int) (p Photo, ok bool) {
	if l.Room() > 0 || l.Item.State != ItemReturned {
		return Photo{}, false
	}
	i := slices.IndexFunc(l.Photos, func(p Photo) bool { return p.Round < round })
	if i < 0 {
		return Photo{}, false
	}
	return l.Photos[i], true
}

// Submit locks the case: every material of the list becomes pending, except those already
// passed. The lines still missing something come back when it cannot be submitted.
func Submit(materials []Material, c Case, now time.Time) (Case, []Line) {
	lines := Progress(materials, c)
	var short []Line
	for _, l := range lines {
		if !l.Done() {
			short = append(short, l)
		}
	}
	if len(short) > 0 {
		return c, short
	}
	for _, l := range lines {
		if len(l.Photos) > 0 && (l.Item.State == ItemOpen || l.Item.State == ItemReturned) {
			item := l.Item
			item.State = ItemPending
			c.setItem(item)
		}
	}
	c.Submission.State = Submitted
	c.Submission.SubmittedAt = now
	c.Submission.DeadlineAt = time.Time{}
	return c, nil
}
