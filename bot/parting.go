package bot

import (
	"context"
	"errors"
	"time"

	"cailiao/intake"
	"cailiao/wechat"
)

// Whoever stops following is taken off the candidate at once (unless the season keeps the tie),
// and for a while finds the place again by following. Events come twice, late and in any order:
// WeChat's own time of each tells which word is the last.

// sent is WeChat's time of the message.
func (t *turn) sent() time.Time { return time.Unix(t.msg.Created, 0) }

// heard notes that the user speaks, and with it follows, unless the message is from before the
// word that they stopped.
func (t *turn) heard() {
	t.talk.HeardAt = t.now
	if !t.talk.Following && t.since() {
		t.talk.Following, t.talk.TurnedAt = true, t.sent()
	}
}

// since says that the message was sent after the user stopped following, if they did. Times are
// whole seconds: what comes in the same one was sent before, but following again comes after.
func (t *turn) since() bool {
	if t.msg.Event == wechat.EventSubscribe {
		return !t.sent().Before(t.talk.TurnedAt)
	}
	return t.sent().After(t.talk.TurnedAt)
}

// speaks says that the message is one a person sends, or brings about, while following.
func (t *turn) speaks() bool {
	switch t.msg.Event {
	case wechat.EventUnsubscribe, wechat.EventTemplateDone, wechat.EventPopupSent:
		return false
	}
	return true
}

// follow notes that the user follows, as of this event.
func (t *turn) follow() {
	t.heard()
	if t.msg.Event == wechat.EventSubscribe && t.since() {
		t.talk.TurnedAt = t.sent() // an older word that they stopped is late
	}
}

// returning finds the place of a user who stopped following. What was sent before that and came
// later still belongs there; what was sent since says that they are back.
func (t *turn) returning(ctx context.Context) error {
	if t.talk.Following || t.talk.TurnedAt.IsZero() {
		return nil
	}
	id, err := t.bot.DB.Parted(ctx, t.row.OpenID)
	if errors.Is(err, intake.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := t.bot.DB.Case(ctx, id)
	if err != nil {
		return err
	}
	t.talk.CandidateID, t.unheaded = id, true
	if err := t.meet(c); err != nil {
		return err
	}
	if t.speaks() && t.since() {
		t.rejoins, t.recall = true, c.Candidate.PhoneOK
		t.log("rejoin", "")
	}
	return nil
}

// unfollowed takes the word that the user stopped following; an old one changes nothing.
func (t *turn) unfollowed() {
	if t.sent().Before(t.talk.TurnedAt) {
		return
	}
	t.talk.Following, t.talk.TurnedAt = false, t.sent()
	if t.c.Candidate.OpenID == "" || t.bot.Season.Parting.OnUnfollow == intake.OnUnfollowKeep {
		return
	}
	t.parts = true
	t.log("unfollow", "")
}
