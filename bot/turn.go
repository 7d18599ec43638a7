package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/templates"
	"cailiao/wechat"
)

// body is what is kept of a message until it is finished.
type body struct {
	Kind     wechat.Kind `json:"kind"`
	Text     string      `json:"text,omitempty"`
	MediaID  string      `json:"media_id,omitempty"`
	Event    string      `json:"event,omitempty"`
	EventKey string      `json:"event_key,omitempty"`
	MsgID    int64       `json:"msg_id,omitempty"`
	Created  int64       `json:"created,omitempty"` // WeChat's time, seconds
	Scene    string      `json:"scene,omitempty"`
	Status   string      `json:"status,omitempty"`
	Request  string      `json:"request,omitempty"` // the request it came with, for the log

	Consents []wechat.Consent `json:"consents,omitempty"`
}

func bodyOf(m wechat.Message, request string) body {
	return body{
		Kind: m.Kind, Text: m.Text, MediaID: m.MediaID,
		Event: m.Event, EventKey: m.EventKey, MsgID: m.MsgID, Status: m.Status, Consents: m.Consents,
		Created: m.Created.Unix(), Scene: m.Scene, Request: request,
	}
}

// turn is one message being worked on: what was loaded, and what is to be saved.
type turn struct {
	bot *Bot
	now time.Time
	row storage.Message // the last one, if it is an album
	msg body
	cmd string // command typed, tapped or clicked; "" when none
	n   int    // number in it

	was, talk intake.Talk // before and now

	unheaded bool // notices may wait to be told at the head of the reply

	// Of the bound candidate; zero before binding.
	before, c intake.Case
	materials []intake.Material
	lines     []intake.Line
	site      intake.Site

	// Effects.
	bind     int64 // candidate to bind this user to
	missed   []string
	matched  bool           // clear the counters of wrong tries
	wiped    bool           // the message holds ID digits or a phone: do not keep its text
	agreed   bool           // to what is done with personal data
	held     bool           // photos of somebody unknown: keep their messages until the binding
	recall   bool           // what was held comes in now
	told     bool           // what waited at the head of the reply has been said
	touched  bool           // photos or items change: the submission's version guards
	added    []intake.Photo // new, kept or in the tray
	filed    []intake.Photo // out of the tray
	gone     []photoChange
	events   []storage.Event
	turned   []turnedPhoto     // stored before, the other way up
	moved    []intake.Photo    // from one material to another
	noted    []intake.Photo    // read, with what was found
	asked    bool              // this reply asks something of its own
	shots    []*shot           // the photos of this turn, in the order they were taken
	scene    string            // QR scene that binds
	choosing string            // SHA256 of the photo whose two ways up the last reply showed
	ask      *storage.Question // left for staff
	rejoins  bool              // who stopped following is back
	parts    bool              // the user stopped following and is taken off the candidate
	revokes  bool              // the agreement is taken back
	empties  bool              // what the candidate gave is erased

	hand     *handover // of the request that waits for the reply
	answered bool      // the reply was saved as going out to it
}

type photoChange struct {
	id    int64
	state intake.PhotoState
}

// load reads everything the rules need for this message, or for the photos of this album.
// fetched holds what earlier tries of the turn have fetched already; came is the message if nothing need be read, or nil.
func (b *Bot) load(ctx context.Context, rows []storage.Message, fetched map[int64]*delivery, came *arrival) (*turn, error) {
	row := rows[len(rows)-1]
	t := &turn{bot: b, now: b.Now(), row: row}
	if came != nil {
		t.msg = came.said
	} else if err := json.Unmarshal(row.Body, &t.msg); err != nil {
		return nil, fmt.Errorf("stored message: %w", err)
	}
	if err := t.lineUp(rows, fetched); err != nil {
		return nil, err
	}
	t.readCommand()
	var now storage.User
	if came != nil {
		now = came.User
	} else {
		var err error
		if now, err = b.DB.User(ctx, row.OpenID); err != nil {
			return nil, err
		}
	}
	t.was, t.talk, t.unheaded = now.Talk, now.Talk, now.Owed
	if t.talk.CandidateID == 0 {
		return t, t.returning(ctx)
	}
	c := now.Case
	if c.Candidate.ID == 0 || c.Candidate.OpenID != row.OpenID {
		// Unbound by staff since: start over.
		t.talk.CandidateID, t.talk.Stage, t.talk.Memo = 0, "", intake.Memo{}
		return t, nil
	}
	return t, t.meet(c)
}

func (t *turn) readCommand() {
	switch {
	case t.msg.Kind == wechat.KindText:
		t.cmd, t.n = templates.Command(t.msg.Text)
	case t.msg.Kind == wechat.KindEvent && t.msg.Event == wechat.EventClick:
		t.cmd = t.msg.EventKey
	}
}

// meet takes a candidate's case into the turn.
func (t *turn) meet(c intake.Case) error {
	materials, err := t.bot.Season.List(c.Candidate.Attrs)
	if err != nil {
		return fmt.Errorf("list of candidate %d: %w", c.Candidate.ID, err)
	}
	t.before, t.c, t.materials = c, c, materials
	t.site, _ = t.bot.Season.Site(c.Candidate.Site)
	t.recount()
	return nil
}

// recount brings the lines up to date after the case changed.
func (t *turn) recount() { t.lines = intake.Progress(t.materials, t.c) }

// save writes all effects of the turn and closes the message in one transaction.
// intake.ErrConflict: somebody else was faster; nothing was written, the turn must be redone.
func (t *turn) save(ctx context.Context, reply string) (string, error) {
	db := t.bot.DB
	owed, err := t.owed(ctx)
	if err != nil {
		return "", err
	}
	if reply, err = t.withHunch(reply); err != nil {
		return "", err
	}
	if reply != "" {
		if reply, err = t.withHeads(reply, owed); err != nil {
			return "", err
		}
	}
	t.answered = reply != "" && t.hand.waiting()
	if effects := t.effects(reply, owed); len(effects) > 0 || len(t.shots) > 0 || t.wiped {
		err = db.Together(ctx, func(tx storage.Q) error {
			for _, effect := range effects {
				if err := effect(ctx, tx); err != nil {
					return err
				}
			}
			if err := t.close(ctx, tx, reply); err != nil {
				return err
			}
			t.bot.step("saving")
			return nil
		})
	} else {
		t.bot.step("saving")
		err = db.EndTogether(ctx, t.row.ID, t.ending(reply), t.now)
	}
	if err == nil {
		t.bot.step("saved")
	}
	if err == nil && t.touched && t.bot.Wake != nil {
		t.bot.Wake()
	}
	return reply, err
}

type effect func(ctx context.Context, tx storage.Q) error

// effects are what the turn changes beside its messages, in the order it is written.
func (t *turn) effects(reply string, owed []intake.Notice) (all []effect) {
	if t.rejoins || t.parts || t.revokes || t.empties {
		all = append(all, t.saveParting)
	}
	if t.bind != 0 {
		all = append(all, t.saveBinding)
	} else if t.candidateChanged() {
		all = append(all, func(ctx context.Context, tx storage.Q) error {
			_, err := tx.SaveCandidate(ctx, t.c.Candidate)
			return err
		})
	}
	if t.agreed && t.bot.Notice != "" {
		all = append(all, func(ctx context.Context, tx storage.Q) error {
			return tx.Agree(ctx, t.c.Candidate.ID, storage.Agreement{Version: t.bot.Notice, At: t.now})
		})
	}
	if t.talked() {
		all = append(all, func(ctx context.Context, tx storage.Q) error {
			_, err := tx.SaveTalk(ctx, t.talk)
			return err
		})
	}
	if t.touched {
		all = append(all, t.saveCase)
	}
	for _, scope := range t.missed {
		all = append(all, func(ctx context.Context, tx storage.Q) error {
			return tx.AddAttempt(ctx, scope, t.counted(scope), t.now)
		})
	}
	if reply != "" && len(owed) > 0 {
		all = append(all, func(ctx context.Context, tx storage.Q) error { return tx.MarkHeaded(ctx, noticeIDs(owed)...) })
	}
	if t.ask != nil {
		all = append(all, func(ctx context.Context, tx storage.Q) error { return tx.AddQuestion(ctx, *t.ask) })
	}
	if t.told && t.c.Candidate.ID != 0 { // an answer that waited has been read: nobody need be called
		all = append(all, func(ctx context.Context, tx storage.Q) error {
			_, err := tx.CancelNotices(ctx, t.c.Candidate.ID, t.c.Submission.Round, intake.NoticeAnswer)
			return err
		})
	}
	if t.recall {
		all = append(all, func(ctx context.Context, tx storage.Q) error { return tx.Recall(ctx, t.row.OpenID, t.now) })
	}
	for _, event := range t.events {
		all = append(all, func(ctx context.Context, tx storage.Q) error { return tx.Log(ctx, event) })
	}
	return all
}

// heardStep is how exact HeardAt is kept: the windows counted from it are of days, and end a little early.
const heardStep = 10 * time.Minute

// talked says whether the talk is to be stored for more than that its user was heard.
func (t *turn) talked() bool {
	before := t.was
	before.HeardAt = t.talk.HeardAt
	return before.Version == 0 || !reflect.DeepEqual(before, t.talk)
}

// heardAnew says whether it is to be stored that the user was heard.
func (t *turn) heardAnew() bool {
	late := t.talk.HeardAt.Sub(t.was.HeardAt)
	return late < 0 || late >= heardStep
}

func (t *turn) ending(reply string) storage.Ending {
	ending := storage.Ending{Reply: reply, Blank: t.wiped}
	if t.answered {
		ending.Answer = answeredPassive
	}
	if t.heardAnew() && !t.talked() {
		ending.Heard = t.row.OpenID
	}
	return ending
}

// close ends the messages of the turn; one carries the reply.
func (t *turn) close(ctx context.Context, tx storage.Q, reply string) error {
	ending := t.ending(reply)
	if t.wiped {
		return tx.End(ctx, t.row.ID, ending, t.now)
	}
	for _, s := range t.shots {
		var err error
		if t.held {
			err = tx.Hold(ctx, s.row.ID)
		}
		switch {
		case err != nil:
		case s.later != nil:
			err = t.bot.postpone(ctx, tx, s.row, s.meant)
		case s.row.ID != t.carrier().ID:
			err = tx.Finish(ctx, s.row.ID, "", t.now)
		}
		if err != nil {
			return err
		}
	}
	return tx.End(ctx, t.carrier().ID, ending, t.now)
}

// carrier is the message the reply belongs to: the last one that is not put off.
func (t *turn) carrier() storage.Message {
	carrier := storage.Message{}
	for _, s := range t.shots {
		if s.later == nil && s.row.ID > carrier.ID {
			carrier = s.row
		}
	}
	if carrier.ID == 0 {
		return t.row
	}
	return carrier
}

func (t *turn) saveBinding(ctx context.Context, tx storage.Q) error {
	if t.scene != "" {
		if err := tx.UseScene(ctx, t.scene, t.now); err != nil {
			return err
		}
	}
	if err := tx.Bind(ctx, t.bind, t.row.OpenID, t.now); err != nil {
		return err
	}
	return tx.ClearAttempts(ctx, scopeOpenID, who(t.row.OpenID))
}

func (t *turn) candidateChanged() bool {
	before, after := t.before.Candidate, t.c.Candidate
	return before.Phone != after.Phone || before.PhoneOK != after.PhoneOK || before.Second != after.Second ||
		!maps.Equal(before.Answers, after.Answers)
}

func (t *turn) saveCase(ctx context.Context, tx storage.Q) error {
	if _, err := tx.SaveCase(ctx, t.before, t.c); err != nil {
		return err
	}
	for _, change := range t.gone {
		if err := tx.SetPhotoState(ctx, change.id, change.state, t.now); err != nil {
			return err
		}
	}
	for _, photo := range t.added {
		if _, err := tx.AddPhoto(ctx, photo); err != nil {
			return err
		}
	}
	for _, photo := range t.filed {
		if err := tx.FilePhoto(ctx, photo, t.now); err != nil {
			return err
		}
	}
	if err := t.saveReading(ctx, tx); err != nil {
		return err
	}
	if t.before.Submission.State == intake.Submitted && !t.c.Submission.State.Locked() { // withdrawn
		if err := tx.StillClosed(ctx, t.c.Candidate.ID); err != nil {
			return err
		}
		return tx.RearmNotices(ctx, t.c.Candidate.ID, t.c.Submission.Round, t.now)
	}
	if t.c.Submission.State == intake.Submitted && t.before.Submission.State != intake.Submitted {
		_, err := tx.CancelNotices(ctx, t.c.Candidate.ID, t.c.Submission.Round, intake.RoundKinds...)
		if err != nil {
			return err
		}
		return tx.AddNotices(ctx, intake.NoticesFor(t.bot.Season, t.c, t.now))
	}
	return nil
}

func (t *turn) log(action string, detail string) {
	t.events = append(t.events, storage.Event{
		At: t.now, Actor: "candidate", Action: action, CandidateID: t.c.Candidate.ID, Detail: detail,
	})
}
