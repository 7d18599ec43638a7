package bot

import (
	"strings"

	"cailiao/intake"
	"cailiao/templates"
)

// view is what texts may speak of, as the turn stands now.
func (t *turn) view() templates.Say {
	season := t.bot.Season
	say := templates.Say{
		Season: season, Candidate: t.c.Candidate, Site: t.site, State: t.c.Submission.State,
		Locked: t.c.Submission.State.Locked(), Lines: t.lines, Now: t.now.In(season.Location),
	}
	for _, line := range t.lines {
		if line.Material.Min > 0 {
			say.Total++
		}
		switch {
		case !line.Done():
			say.Short = append(say.Short, line)
		case line.Material.Min > 0:
			say.Done++
		}
		if line.Item.State == intake.ItemReturned {
			sheet := templates.Sheet{Line: line, Reasons: t.reasons(line)}
			say.Sheets = append(say.Sheets, sheet)
			say.Registration = say.Registration || hasRegistration(sheet.Reasons)
		}
	}
	say.N = len(say.Sheets)
	if next, ok := t.target(); ok {
		say.Next = &next
	}
	say.Until, say.Tray, say.Page, say.Privacy = t.until(), t.c.Tray, t.bot.Page, t.bot.Privacy
	say.Opened = !t.c.Submission.OpenedAt.IsZero()
	say.Erasable = t.c.Submission.Erasable()
	if t.c.Candidate.ID != 0 && !say.Locked {
		say.Questions = len(t.questions())
	}
	if t.c.Candidate.ID != 0 && !say.Locked && !t.open() {
		say.Early = season.Window.NotYet(t.now)
		say.Over = !say.Early
	}
	return say
}

// about renders a text on one line of the list.
func (t *turn) about(name string, line intake.Line, more func(*templates.Say)) (string, error) {
	say := t.view()
	say.Line = line
	say.Reasons = t.reasons(line)
	if t.bot.Examples != "" && line.Material.Example != "" {
		say.Example = strings.TrimSuffix(t.bot.Examples, "/") + "/" + line.Material.Code
	}
	if more != nil {
		more(&say)
	}
	return templates.Chat(name, say)
}

func (t *turn) reasons(line intake.Line) []intake.Reason {
	var reasons []intake.Reason
	for _, code := range line.Item.Reasons {
		if reason, ok := t.bot.Season.Reason(code); ok {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

func hasRegistration(reasons []intake.Reason) bool {
	for _, reason := range reasons {
		if reason.Kind == intake.ReasonRegistration {
			return true
		}
	}
	return false
}

// line finds a material's line on the list.
func (t *turn) line(material string) (intake.Line, bool) {
	for _, line := range t.lines {
		if line.Material.Code == material {
			return line, true
		}
	}
	return intake.Line{}, false
}

// target is where the next photo goes: the item chosen, while it takes photos, else the first
// that misses one.
func (t *turn) target() (intake.Line, bool) {
	if line, ok := t.line(t.talk.Memo.Current); ok && t.takes(line) {
		return line, true
	}
	return intake.Next(t.lines)
}

// takes says whether a line accepts one more photo now.
func (t *turn) takes(line intake.Line) bool {
	if line.Locked {
		return false
	}
	if line.Room() > 0 {
		return true
	}
	if _, swap := t.swapOf(line); swap {
		return true
	}
	_, stale := line.Stale(t.c.Submission.Round)
	return stale
}

// swapOf is the photo of this line that the next one replaces: the one the candidate asked to
// replace, or one with a doubt.
func (t *turn) swapOf(line intake.Line) (p intake.Photo, ok bool) {
	memo := t.talk.Memo
	for _, p := range line.Photos {
		doubted := memo.Doubt != "" && p.SHA256 == memo.Doubt && line.Room() == 0 // else the next is another page
		if p.ID != 0 && p.ID == memo.Swap || doubted {
			return p, true
		}
	}
	return intake.Photo{}, false
}
