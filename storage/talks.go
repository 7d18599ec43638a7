package storage

import (
	"context"
	"errors"
	"fmt"

	"cailiao/intake"
)

// CandidateID is no column of talks: the binding stands at the candidate only, so that the two
// cannot disagree.
const (
	talkColumns = "t.openid, t.following, t.stage, t.memo, t.ahead, t.heard_at, t.turned_at, t.version"
	talkQuery   = "SELECT c.id, " + talkColumns + " FROM talks t LEFT JOIN candidates c ON c.openid = t.openid"
)

func talkDest(t *intake.Talk) []any {
	return []any{&t.OpenID, &t.Following, &t.Stage, unseal(asJSON{&t.Memo}, "talks.memo", &t.OpenID),
		unseal(&t.Ahead, "talks.ahead", &t.OpenID), moment{&t.HeardAt}, moment{&t.TurnedAt}, (*whole64)(&t.Version)}
}

func readTalk(r row) (t intake.Talk, err error) {
	return t, r.Scan(append([]any{(*whole64)(&t.CandidateID)}, talkDest(&t)...)...)
}

// Talk returns where a WeChat user stands; somebody never heard of gets a talk of Version 0.
// CandidateID comes from the binding, see Bind.
func (q Q) Talk(ctx context.Context, openID string) (intake.Talk, error) {
	t, err := one(ctx, q, readTalk, talkQuery+" WHERE t.openid = ?", openID)
	if !errors.Is(err, intake.ErrNotFound) {
		return t, within("talk", err)
	}
	t = intake.Talk{OpenID: openID}
	t.CandidateID, err = one(ctx, q, value[int64], "SELECT id FROM candidates WHERE openid = ?", openID)
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return intake.Talk{}, fmt.Errorf("talk: %w", err)
	}
	return t, nil
}

// SaveTalk stores a talk and returns it with its new version; intake.ErrConflict when
// somebody else stored it meanwhile. CandidateID is not stored: Bind and Unbind do that.
func (q Q) SaveTalk(ctx context.Context, t intake.Talk) (intake.Talk, error) {
	t.HeardAt, t.TurnedAt = stored(t.HeardAt), stored(t.TurnedAt)
	if t.Version == 0 {
		t.Version = 1
		_, err := q.exec(ctx, `INSERT INTO talks (openid, following, stage, memo, ahead, heard_at, turned_at, version)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			t.OpenID, t.Following, t.Stage, q.sealedJSON(t.Memo, "talks.memo", t.OpenID), q.sealed(t.Ahead, "talks.ahead", t.OpenID),
			micros(t.HeardAt), micros(t.TurnedAt), t.Version)
		return t, within("save talk", err)
	}
	err := q.execOne(ctx, intake.ErrConflict, `UPDATE talks
		SET following = ?, stage = ?, memo = ?, ahead = ?, heard_at = ?, turned_at = ?, version = version + 1
		WHERE openid = ? AND version = ?`,
		t.Following, t.Stage, q.sealedJSON(t.Memo, "talks.memo", t.OpenID), q.sealed(t.Ahead, "talks.ahead", t.OpenID),
		micros(t.HeardAt), micros(t.TurnedAt), t.OpenID, t.Version)
	t.Version++
	return t, within("save talk", err)
}

// TalkOf returns the talk of the WeChat bound to a candidate, or intake.ErrNotFound.
func (q Q) TalkOf(ctx context.Context, candidateID int64) (intake.Talk, error) {
	t, err := one(ctx, q, readTalk, talkQuery+" WHERE c.id = ?", candidateID)
	return t, within(fmt.Sprintf("talk of candidate %d", candidateID), err)
}

// SetAhead stores the text that heads the user's next reply. The talk gets a new version: a
// turn running at this moment conflicts, and sees the text when it is tried again.
func (q Q) SetAhead(ctx context.Context, openID, text string) error {
	const update = "UPDATE talks SET ahead = ?, version = version + 1 WHERE openid = ?"
	ahead := q.sealed(text, "talks.ahead", openID)
	err := q.execOne(ctx, intake.ErrNotFound, update, ahead, openID)
	if !errors.Is(err, intake.ErrNotFound) {
		return within("set ahead", err)
	}
	_, err = q.SaveTalk(ctx, intake.Talk{OpenID: openID, Ahead: text})
	if isConflict(err) { // the user spoke for the first time, just now
		err = q.execOne(ctx, intake.ErrNotFound, update, ahead, openID)
	}
	return within("set ahead", err)
}
