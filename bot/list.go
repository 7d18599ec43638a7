package bot

import (
	"context"
	"errors"
	"strconv"
	"time"

	"cailiao/intake"
	"cailiao/templates"
)

// showList shows the list.
func (t *turn) showList() (string, error) {
	t.remember()
	return t.say("list")
}

// remember keeps the list as it stands, so that a number picks from what was shown.
func (t *turn) remember() {
	t.talk.Memo.Shown = nil
	for _, line := range t.lines {
		t.talk.Memo.Shown = append(t.talk.Memo.Shown, line.Material.Code)
	}
}

// feedback tells what the review found.
func (t *turn) feedback(ctx context.Context) (string, error) {
	t.remember()
	if err := t.bot.DB.FeedbackOpened(ctx, t.c.Candidate.ID, t.now); err != nil {
		return "", err
	}
	return t.say("feedback")
}

func (t *turn) list(context.Context) (string, error) { return t.showList() }

// choose picks an item by its number on the list last shown.
func (t *turn) choose() (string, error) {
	shown := t.shownList()
	if t.n > len(shown) {
		return t.sayText("no such number", strconv.Itoa(t.n), t.n)
	}
	line, ok := t.line(shown[t.n-1])
	if !ok {
		return t.showList()
	}
	return t.pick(line)
}

// shownList is what a number picks from.
func (t *turn) shownList() []string {
	shown := t.talk.Memo.Shown
	if len(shown) == 0 {
		for _, line := range t.lines {
			shown = append(shown, line.Material.Code)
		}
	}
	return shown
}

// pick makes an item the current one.
func (t *turn) pick(line intake.Line) (string, error) {
	switch {
	case line.Locked:
		if t.stage() != stageLocked { // what comes next is about this one, and touches no other
			t.talk.Memo.Current = line.Material.Code
		}
		return t.about("item locked", line, nil)
	case t.stage() == stageClosed:
		return t.outside(nil)
	}
	t.talk.Memo.Current, t.talk.Memo.Swap, t.talk.Memo.Doubt = line.Material.Code, 0, ""
	if !t.takes(line) {
		return t.about("item full", line, func(say *templates.Say) { say.Next = t.nextAfter() })
	}
	return t.about("item", line, nil)
}

// nextItem goes on to the next item that misses something, past the current one.
func (t *turn) nextItem(ctx context.Context) (string, error) {
	if stage := t.stage(); stage != stageUpload && stage != stageConfirm {
		return t.say("progress")
	}
	var open []intake.Line
	current := -1
	for _, line := range t.lines {
		if line.Locked || line.Done() {
			if line.Material.Code == t.talk.Memo.Current {
				current = len(open) - 1
			}
			continue
		}
		if line.Material.Code == t.talk.Memo.Current {
			current = len(open)
		}
		open = append(open, line)
	}
	t.talk.Memo.Swap, t.talk.Memo.Doubt = 0, ""
	if len(open) == 0 {
		t.talk.Memo.Current = ""
		return t.say("all there")
	}
	line := open[(current+1)%len(open)]
	t.talk.Memo.Current = line.Material.Code
	return t.about("next", line, nil)
}

// nextAfter is the first item that misses something, whatever is chosen.
func (t *turn) nextAfter() *intake.Line {
	if line, ok := intake.Next(t.lines); ok {
		return &line
	}
	return nil
}

// until is the time that matters to the candidate now: the deadline of a return, else the
// window's end, or its opening when that is still to come.
func (t *turn) until() time.Time {
	season := t.bot.Season
	s := t.c.Submission
	switch {
	case s.State == intake.Returned:
		return s.DeadlineAt.In(season.Location)
	case s.State.Locked():
		return time.Time{}
	case season.Window.NotYet(t.now):
		return season.Window.Opens.In(season.Location)
	}
	return season.Window.Closes.In(season.Location)
}

// outside says when the window opens, or that it has closed.
func (t *turn) outside(context.Context) (string, error) {
	if t.bot.Season.Window.NotYet(t.now) {
		return t.say("not open yet")
	}
	say := t.view()
	if t.c.Submission.State == intake.Returned {
		until := t.bot.Season.Window.Corrections
		if t.bot.Season.Shut(t.c.Submission, t.now) {
			until = t.c.Submission.DeadlineAt
		}
		say.Until = until.In(t.bot.Season.Location)
	}
	return templates.Chat("closed", say)
}

// exempt tells somebody who need not send pictures what to do instead.
func (t *turn) exempt(context.Context) (string, error) {
	tell, _ := t.bot.Season.Exempt(t.c.Candidate.Attrs)
	return t.sayText("exempt", tell, 0)
}

func (t *turn) exemptText(ctx context.Context) (string, error) {
	switch t.cmd {
	case "thanks":
		return t.say("thanks")
	case "human", "recheck", "ask", "privacy", "revoke", "revoked":
		command, _ := t.bot.command(t.cmd)
		return command(t, ctx)
	}
	if reply, asked, err := t.answer(ctx); asked || err != nil {
		return reply, err
	}
	return t.exempt(ctx)
}

// progress is everything about where the candidate stands, on one screen.
func (t *turn) progress(ctx context.Context) (string, error) {
	say := t.view()
	if t.c.Submission.State == intake.Submitted {
		pace, err := t.bot.DB.QueuePace(ctx, t.c.Candidate.ID, t.now)
		if err != nil && !errors.Is(err, intake.ErrNotFound) {
			return "", err
		}
		if err == nil {
			say.Ahead, say.Wait = pace.Ahead, time.Duration(pace.Ahead+1)*pace.PerCase
		}
		say.Opened = !t.c.Submission.OpenedAt.IsZero()
	}
	return templates.Chat("progress", say)
}
