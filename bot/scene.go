package bot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"cailiao/intake"
)

// A scene of a personal QR code says whose it is and until when, signed so that nobody can make
// one for somebody else: 6 bytes candidate, 4 bytes Unix time, 4 bytes to tell two codes apart,
// 16 bytes of HMAC-SHA256, in URL-safe base64 behind a mark. It works once.
const (
	sceneMark  = "b."
	sceneBody  = 14
	sceneMAC   = 16
	sceneLabel = "cailiao scene"
)

// Errors of OpenScene.
var (
	ErrSceneForged  = errors.New("not a scene of ours")
	ErrSceneExpired = errors.New("scene expired")
)

// Scene makes the scene that binds whoever scans it to a candidate until a time. salt tells two
// codes of one candidate apart; take it at random.
func Scene(secret []byte, candidate int64, until time.Time, salt uint32) string {
	body := make([]byte, 8, sceneBody+sceneMAC)
	binary.BigEndian.PutUint64(body, uint64(candidate))
	body = body[2:]
	body = binary.BigEndian.AppendUint32(body, uint32(until.Unix()))
	body = binary.BigEndian.AppendUint32(body, salt)
	return sceneMark + base64.RawURLEncoding.EncodeToString(append(body, sceneSum(secret, body)...))
}

func sceneSum(secret, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(sceneLabel))
	mac.Write(body)
	return mac.Sum(nil)[:sceneMAC]
}

// OpenScene reads whom a scene binds. ErrSceneForged, ErrSceneExpired.
func OpenScene(secret []byte, scene string, now time.Time) (candidate int64, err error) {
	if len(secret) == 0 || len(scene) < len(sceneMark) || scene[:len(sceneMark)] != sceneMark {
		return 0, ErrSceneForged
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(scene[len(sceneMark):])
	if err != nil || len(raw) != sceneBody+sceneMAC || !hmac.Equal(raw[sceneBody:], sceneSum(secret, raw[:sceneBody])) {
		return 0, ErrSceneForged
	}
	if until := time.Unix(int64(binary.BigEndian.Uint32(raw[6:])), 0); !now.Before(until) {
		return 0, ErrSceneExpired
	}
	return int64(binary.BigEndian.Uint64(append([]byte{0, 0}, raw[:6]...))), nil
}

// scanned answers following or scanning, with a personal code or without one.
func (t *turn) scanned(ctx context.Context) (string, error) {
	t.follow()
	candidate, err := OpenScene(t.bot.Secret, t.msg.Scene, t.now)
	mine := t.c.Candidate.ID
	switch {
	case errors.Is(err, ErrSceneForged) && mine != 0, err == nil && candidate == mine:
		if _, exempt := t.bot.Season.Exempt(t.c.Candidate.Attrs); exempt {
			return t.exempt(ctx)
		}
		return t.say("welcome back")
	case mine != 0:
		return t.say("already bound")
	case errors.Is(err, ErrSceneExpired):
		return t.say("code expired")
	case err != nil:
		return t.say("welcome")
	}
	c, err := t.bot.DB.Case(ctx, candidate)
	if errors.Is(err, intake.ErrNotFound) {
		return t.say("code expired")
	}
	if err != nil {
		return "", err
	}
	if c.Candidate.OpenID != "" {
		t.site, _ = t.bot.Season.Site(c.Candidate.Site)
		return t.say("bound elsewhere")
	}
	if !c.Candidate.WithdrawnAt.IsZero() {
		t.site, _ = t.bot.Season.Site(c.Candidate.Site)
		return t.say("off roster")
	}
	used, err := t.bot.DB.SceneUsed(ctx, t.msg.Scene)
	if err != nil {
		return "", fmt.Errorf("scene: %w", err)
	}
	if used {
		return t.say("code used")
	}
	t.scene = t.msg.Scene
	return t.bindTo(ctx, c)
}

// bindTo ties this user to a candidate.
func (t *turn) bindTo(ctx context.Context, c intake.Case) (string, error) {
	if err := t.meet(c); err != nil {
		return "", err
	}
	t.bind, t.talk.CandidateID = c.Candidate.ID, c.Candidate.ID
	t.talk.Stage, t.talk.Memo = stagePhone, intake.Memo{}
	t.log("bind", "")
	if _, exempt := t.bot.Season.Exempt(c.Candidate.Attrs); exempt {
		t.talk.Stage = stageUpload
		return t.exempt(ctx)
	}
	return t.say("ask phone")
}
