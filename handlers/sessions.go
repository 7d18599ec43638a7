package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/templates"
)

// A session ends after 30 minutes without a request, and 12 hours after signing in.
const (
	sessionIdle  = 30 * time.Minute
	sessionLife  = 12 * time.Hour
	sessionSteps = 30 // a session in use is written again after this part of sessionIdle: it may idle out that much early
)

// Keys of what a session holds.
const (
	keyStaff = "staff" // int64, the account
	keyEpoch = "epoch" // int64, the account's at sign-in: a later one ends the session
	keyBegan = "began" // int64, unix seconds of signing in, whatever id the session has had since
	keySeen  = "seen"  // int64, unix seconds of the last write
	keyFrom  = "from"  // string, the network it was begun from, roughly
	keyWith  = "with"  // string, the machine and the browser it was begun with, as codes
	keyFlash = "flash" // string, a message for the next page: code, space, link
	keyHalf  = "half"  // int64, the account whose password was right and whose code is still wanted
	keyUndo  = "undo"  // string, the last decision: candidate, version, until when in milliseconds, the queue's filter
	keyProof = "proof" // int64, unix seconds of when the person last proved who they are
	keyFull  = "full"  // int64, the same with everything that signing in takes

	keySearches = "searches" // []string, what was searched for, the last first: id, space, sealed words
)

var errSessions = errors.New("sessions are not available")

func newSessions(r *storage.Redis, secure bool, idle time.Duration) *scs.SessionManager {
	m := scs.New()
	m.Store = sessionStore{r}
	m.Lifetime, m.IdleTimeout = sessionLife, idle
	m.Cookie.Name = "staff"
	m.Cookie.Persist = false
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode // Strict would sign out whoever follows a link from a mail
	m.Cookie.Path = "/"
	if secure {
		m.Cookie.Name, m.Cookie.Secure = "__Host-staff", true
	}
	return m
}

// sessionStore keeps sessions in Redis through package storage.
type sessionStore struct{ redis *storage.Redis }

func sessionKey(mark string) string { return "session:" + mark }

// sessionMark stands for a session outside its browser: who reads Redis, or a page with somebody's
// sessions, cannot sign in with it.
func sessionMark(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (s sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	value, found, err := s.redis.Get(ctx, sessionKey(sessionMark(token)))
	return []byte(value), found, err
}

func (s sessionStore) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	return s.redis.Set(ctx, sessionKey(sessionMark(token)), string(b), time.Until(expiry))
}

func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.redis.Del(ctx, sessionKey(sessionMark(token)))
}

// Find, Commit and Delete make it an scs.Store; scs uses the forms with a context.
func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s sessionStore) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// page runs a handler with the browser's session loaded. The session is written here, where it
// changes, not by a wrapper around the answer: gin needs its own writer.
func (h *House) page(f func(c *gin.Context) error) gin.HandlerFunc {
	return h.serve(func(c *gin.Context) error {
		token := ""
		if cookie, err := c.Request.Cookie(h.sessions.Cookie.Name); err == nil {
			token = cookie.Value
		}
		ctx, err := h.sessions.Load(c.Request.Context(), token)
		if err != nil {
			return fmt.Errorf("%w: %w", errSessions, err)
		}
		c.Request = c.Request.WithContext(ctx)
		return f(c)
	})
}

type staffHandler func(c *gin.Context, staff intake.Staff) error

const whoKey = "who" // in gin's context: the intake.Staff signed in

// staff runs a handler for a signed-in account; others are sent to the login page. Who still has
// to change an initial password or to set up one-time codes is sent to do so.
func (h *House) staff(f staffHandler) gin.HandlerFunc {
	return h.own(func(c *gin.Context, staff intake.Staff) error {
		if h.duty(staff) == "" {
			return f(c, staff)
		}
		if fromHtmx(c) {
			c.Header("HX-Redirect", mePath)
			c.Status(http.StatusNoContent)
			return nil
		}
		c.Redirect(http.StatusSeeOther, mePath)
		return nil
	})
}

// duty is what an account must do before anything else: "password", "totp" or nothing.
func (h *House) duty(staff intake.Staff) string {
	switch {
	case staff.MustChange():
		return "password"
	case h.Desk.NeedsTOTP(staff):
		return "totp"
	}
	return ""
}

// own runs a handler for a signed-in account, whatever it still has to do: only for what concerns
// nobody but itself.
func (h *House) own(f staffHandler) gin.HandlerFunc {
	return h.page(func(c *gin.Context) error {
		who, ok, err := h.signedIn(c.Request.Context())
		if err != nil {
			return err
		}
		if !ok {
			h.toLogin(c)
			return nil
		}
		if !byItself(c) {
			if err := h.touch(c.Request.Context()); err != nil {
				return err
			}
		}
		c.Set(whoKey, who)
		return f(c, who)
	})
}

// signedIn is the session's account, as it stands in the database now.
func (h *House) signedIn(ctx context.Context) (who intake.Staff, ok bool, err error) {
	return h.account(ctx, keyStaff)
}

// account is the account a session holds under a key.
func (h *House) account(ctx context.Context, key string) (who intake.Staff, ok bool, err error) {
	id := h.sessions.GetInt64(ctx, key)
	if id == 0 {
		return intake.Staff{}, false, nil
	}
	who, err = h.DB.StaffByID(ctx, id)
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return intake.Staff{}, false, err
	}
	live := err == nil && h.live(who, sessionValues{
		epoch: h.sessions.Get(ctx, keyEpoch), began: h.sessions.GetInt64(ctx, keyBegan), seen: h.sessions.GetInt64(ctx, keySeen),
	})
	if live && key == keyStaff {
		if live, err = h.Redis.Enlisted(ctx, placesOf(id), sessionMark(h.sessions.Token(ctx))); err != nil {
			return intake.Staff{}, false, fmt.Errorf("%w: %w", errSessions, err)
		}
	}
	if !live {
		if err := h.sessions.Destroy(ctx); err != nil {
			return intake.Staff{}, false, fmt.Errorf("%w: %w", errSessions, err)
		}
		return intake.Staff{}, false, nil
	}
	return who, true, nil
}

// sessionValues are those values of a session that say whether it goes on.
type sessionValues struct {
	epoch       any // nil: it was never begun
	began, seen int64
}

// live says whether a session of an account goes on now.
func (h *House) live(who intake.Staff, v sessionValues) bool {
	now := h.now()
	return !who.Disabled && v.epoch == any(who.Epoch) &&
		now.Sub(time.Unix(v.began, 0)) < sessionLife && now.Sub(time.Unix(v.seen, 0)) < h.idleAfter()
}

// touch keeps a session in use from idling out.
func (h *House) touch(ctx context.Context) error {
	now := h.now().Unix()
	if now-h.sessions.GetInt64(ctx, keySeen) < int64(h.step()/time.Second) {
		return nil
	}
	h.sessions.Put(ctx, keySeen, now)
	return h.commit(ctx)
}

func (h *House) commit(ctx context.Context) error {
	if _, _, err := h.sessions.Commit(ctx); err != nil {
		return fmt.Errorf("%w: %w", errSessions, err)
	}
	return nil
}

// begin starts a session under a new id.
func (h *House) begin(c *gin.Context, who intake.Staff) error {
	ctx := c.Request.Context()
	if err := h.makeRoom(ctx, who); err != nil {
		return err
	}
	h.sessions.Remove(ctx, keyHalf)
	h.sessions.Put(ctx, keyStaff, who.ID)
	h.sessions.Put(ctx, keyFrom, network(c.ClientIP()))
	h.sessions.Put(ctx, keyWith, agent(c.Request.UserAgent()))
	return h.anew(c, who)
}

// beginHalf remembers, under a new id, whose password was right until the code is.
func (h *House) beginHalf(c *gin.Context, who intake.Staff) error {
	ctx := c.Request.Context()
	h.sessions.Remove(ctx, keyStaff)
	h.sessions.Put(ctx, keyHalf, who.ID)
	return h.anew(c, who)
}

// anew lets a session begin now.
func (h *House) anew(c *gin.Context, who intake.Staff) error {
	ctx, now := c.Request.Context(), h.now().Unix()
	h.sessions.Remove(ctx, keySearches)
	for _, key := range []string{keyBegan, keySeen, keyProof, keyFull} {
		h.sessions.Put(ctx, key, now)
	}
	return h.renew(c, who)
}

// renew goes on with a session under a new id and the account's epoch of now.
func (h *House) renew(c *gin.Context, who intake.Staff) error {
	ctx := c.Request.Context()
	before := sessionMark(h.sessions.Token(ctx))
	if err := h.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("%w: %w", errSessions, err)
	}
	h.sessions.Put(ctx, keyEpoch, who.Epoch)
	if err := h.writeSession(c); err != nil {
		return err
	}
	if !h.sessions.Exists(ctx, keyStaff) {
		return nil
	}
	err := errors.Join(h.Redis.Strike(ctx, placesOf(who.ID), before),
		h.Redis.Enlist(ctx, placesOf(who.ID), sessionMark(h.sessions.Token(ctx)), sessionLife))
	if err != nil {
		return fmt.Errorf("%w: %w", errSessions, err)
	}
	return nil
}

// writeSession is commit, with the cookie of a session whose id may be new.
func (h *House) writeSession(c *gin.Context) error {
	ctx := c.Request.Context()
	token, expiry, err := h.sessions.Commit(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errSessions, err)
	}
	h.sessions.WriteSessionCookie(ctx, c.Writer, token, expiry)
	return nil
}

// end ends the session and empties the browser's cache of photos.
func (h *House) end(c *gin.Context) error {
	ctx := c.Request.Context()
	struck := h.Redis.Strike(ctx, placesOf(h.sessions.GetInt64(ctx, keyStaff)), sessionMark(h.sessions.Token(ctx)))
	if err := errors.Join(h.sessions.Destroy(ctx), struck); err != nil {
		return fmt.Errorf("%w: %w", errSessions, err)
	}
	h.sessions.WriteSessionCookie(ctx, c.Writer, "", time.Time{})
	forget(c)
	return nil
}

// forget empties the browser's cache of pictures; not of cookies, which would be those of the whole domain.
func forget(c *gin.Context) { c.Header("Clear-Site-Data", `"cache"`) }

// leave puts a message for the next page of this session.
func (h *House) leave(ctx context.Context, code, link string) error {
	h.sessions.Put(ctx, keyFlash, code+" "+link)
	return h.commit(ctx)
}

// takeFlash takes the message the page before left.
func (h *House) takeFlash(ctx context.Context) (code, link string, err error) {
	flash := h.sessions.PopString(ctx, keyFlash)
	if flash == "" {
		return "", "", nil
	}
	code, link, _ = strings.Cut(flash, " ")
	return code, link, h.commit(ctx)
}

// offerUndo lets the next page offer to take a decision back.
func (h *House) offerUndo(ctx context.Context, after intake.Case, f review.Filter) error {
	h.sessions.Put(ctx, keyUndo, fmt.Sprintf("%d %d %d %s", after.Candidate.ID, after.Submission.Version,
		h.now().Add(review.UndoFor).UnixMilli(), query(f)))
	return h.commit(ctx)
}

// takeUndo is the decision that can still be taken back; nil: there is none.
func (h *House) takeUndo(ctx context.Context) (*templates.Undo, error) {
	text := h.sessions.PopString(ctx, keyUndo)
	if text == "" {
		return nil, nil
	}
	if err := h.commit(ctx); err != nil {
		return nil, err
	}
	var id, version, until int64
	parts := strings.SplitN(text, " ", 4)
	for i, to := range []*int64{&id, &version, &until} {
		if i >= len(parts) {
			return nil, nil
		}
		*to, _ = strconv.ParseInt(parts[i], 10, 64) // as offerUndo wrote it
	}
	left := time.UnixMilli(until).Sub(h.now())
	if left <= 0 || len(parts) < 4 {
		return nil, nil
	}
	return &templates.Undo{Action: fmt.Sprintf("/staff/candidates/%d/undo", id), Version: version, Filter: parts[3], Left: int(left / time.Millisecond)}, nil
}

const loginPath = "/staff/login"

// toLogin sends somebody without a session to the login page. Scripts are told so instead: what was typed must not be
// lost, and static/left.js knows the way back.
func (h *House) toLogin(c *gin.Context) {
	if _, err := c.Request.Cookie(h.sessions.Cookie.Name); err == nil { // of a session that is over
		forget(c)
	}
	target := loginPath
	if c.Request.Method == http.MethodGet && !strings.HasPrefix(c.Request.URL.Path, "/staff/photos/") {
		target += "?next=" + url.QueryEscape(withoutWords(c.Request.URL))
	}
	if fromHtmx(c) {
		c.Status(http.StatusUnauthorized)
		return
	}
	c.Redirect(http.StatusSeeOther, target)
}
