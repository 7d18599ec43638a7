package handlers

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/templates"
	"cailiao/wechat"
)

// The candidate's page. WeChat tells whose phone it is (snsapi_base); the session keeps it, so
// that no link carries anything personal.

const (
	keyMine  = "mine"  // string, the open id that opened the page
	keyBack  = "back"  // int64, unix seconds of when WeChat told it
	keyState = "state" // string, the OAuth state expected back, once
)

const (
	mineHome = "/mine"
	minePast = "/mine/logout"
)

// mine shows a candidate their own materials.
func (h *House) mine(c *gin.Context) error {
	id, ok, err := h.mineOf(c)
	if err != nil {
		return err
	}
	if !ok {
		return h.askWeChat(c)
	}
	page, err := h.minePage(c, id)
	if err != nil {
		return err
	}
	if err := h.DB.FeedbackOpened(c.Request.Context(), id, h.now()); err != nil {
		return err
	}
	h.untilPast(c)
	return render(c, http.StatusOK, page, "")
}

// untilPast takes the browser elsewhere when the session is over, without a script.
func (h *House) untilPast(c *gin.Context) {
	c.Header("Refresh", fmt.Sprintf("%d; url=%s", seconds(h.mineLeft(c.Request.Context())), minePast))
}

func (h *House) mineLeft(ctx context.Context) time.Duration {
	return h.idleAfter() - h.now().Sub(time.Unix(h.sessions.GetInt64(ctx, keyBack), 0))
}

// mineLogout ends the session of a candidate's page.
func (h *House) mineLogout(c *gin.Context) error {
	if err := h.end(c); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, minePast)
	return nil
}

// mineOver is what is seen after signing out, and when a session has run out.
func (h *House) mineOver(c *gin.Context) error {
	forget(c)
	return h.mineProblem(c, http.StatusOK, "left")
}

// mineOf is the candidate bound to the open id of this session now; ok is false without a session.
func (h *House) mineOf(c *gin.Context) (candidate int64, ok bool, err error) {
	openID := h.sessions.GetString(c.Request.Context(), keyMine)
	if openID == "" || h.mineLeft(c.Request.Context()) <= 0 {
		return 0, false, nil
	}
	talk, err := h.DB.Talk(c.Request.Context(), openID)
	if err != nil {
		return 0, false, err
	}
	return talk.CandidateID, talk.CandidateID != 0, nil
}

// askWeChat sends the person to WeChat to learn who it is.
func (h *House) askWeChat(c *gin.Context) error {
	ctx := c.Request.Context()
	state := rand.Text()
	h.sessions.Put(ctx, keyState, state)
	if err := h.writeSession(c); err != nil {
		return err
	}
	c.Redirect(http.StatusFound, h.Account.OAuthURL(h.PublicURL+mineHome+"/back", state))
	return nil
}

// mineBack takes the person back from WeChat.
func (h *House) mineBack(c *gin.Context) error {
	ctx := c.Request.Context()
	want := h.sessions.PopString(ctx, keyState)
	got := c.Query("state")
	if want == "" || subtle.ConstantTimeCompare([]byte(want), []byte(got)) != 1 {
		return h.mineProblem(c, http.StatusForbidden, "again")
	}
	openID, err := h.Account.OAuthOpenID(ctx, c.Query("code"))
	switch {
	case errors.Is(err, wechat.ErrSnapshotUser):
		return errors.Join(h.writeSession(c), h.mineProblem(c, http.StatusForbidden, "snapshot"))
	case err != nil:
		h.log().Warn("page of a candidate not opened", "err", err)
		return errors.Join(h.writeSession(c), h.mineProblem(c, http.StatusForbidden, "again"))
	}
	talk, err := h.DB.Talk(ctx, openID)
	if err != nil {
		return err
	}
	if talk.CandidateID == 0 {
		return errors.Join(h.writeSession(c), h.mineProblem(c, http.StatusForbidden, "unbound"))
	}
	if err := h.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("%w: %w", errSessions, err)
	}
	h.sessions.Put(ctx, keyMine, openID)
	h.sessions.Put(ctx, keyBack, h.now().Unix())
	if err := h.writeSession(c); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, mineHome)
	return nil
}

func (h *House) mineProblem(c *gin.Context, status int, cause string) error {
	return render(c, status, templates.MineProblemPage{Season: h.Season.Name, Cause: cause}, "")
}

func (h *House) minePage(c *gin.Context, id int64) (templates.MinePage, error) {
	cs, err := h.DB.Case(c.Request.Context(), id)
	if err != nil {
		return templates.MinePage{}, err
	}
	materials, err := h.Season.List(cs.Candidate.Attrs)
	if err != nil {
		return templates.MinePage{}, err
	}
	now := h.now().In(h.Season.Location)
	page := templates.MinePage{
		Season: h.Season.Name, Name: cs.Candidate.MaskedName(), State: cs.Submission.State, Tray: cs.Tray,
		Over: !now.Before(h.Season.Window.Closes),
	}
	page.Site, _ = h.Season.Site(cs.Candidate.Site)
	for _, line := range intake.Progress(materials, cs) {
		page.Lines = append(page.Lines, templates.MineLine{Line: line, Mark: templates.MarkOf(line)})
		if line.Material.Min > 0 {
			page.Total++
			if line.Done() {
				page.Done++
			}
		}
		if line.Item.State == intake.ItemReturned {
			if err := h.addSheet(c.Request.Context(), &page, line); err != nil {
				return templates.MinePage{}, err
			}
		}
	}
	if page.Until = h.mineUntil(cs.Submission); !page.Until.IsZero() {
		page.Left = templates.LeftUntil(page.Until, now)
	}
	return page, nil
}

func (h *House) addSheet(ctx context.Context, page *templates.MinePage, line intake.Line) error {
	sheet := templates.MineSheet{Sheet: templates.Sheet{Line: line}}
	for _, code := range line.Item.Reasons {
		if reason, ok := h.Season.Reason(code); ok {
			sheet.Reasons = append(sheet.Reasons, reason)
			page.DataWrong = page.DataWrong || reason.Kind == intake.ReasonRegistration
		}
	}
	seen := map[int64]bool{}
	for _, box := range line.Item.Boxes {
		if seen[box.Photo] {
			continue
		}
		seen[box.Photo] = true
		p, err := h.DB.Photo(ctx, box.Photo) // it may have been replaced since
		if errors.Is(err, intake.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		sheet.Marked = append(sheet.Marked, templates.MarkedOn(p, line.Item.Boxes))
	}
	page.Sheets = append(page.Sheets, sheet)
	return nil
}

func (h *House) mineUntil(s intake.Submission) time.Time {
	switch s.State {
	case intake.Collecting:
		return h.Season.Window.Closes.In(h.Season.Location)
	case intake.Returned:
		return s.DeadlineAt.In(h.Season.Location)
	}
	return time.Time{}
}

// minePhoto sends a thumbnail or a large view of one of the candidate's own photos.
func (h *House) minePhoto(c *gin.Context) error {
	mine, ok, err := h.mineOf(c)
	if err != nil {
		return err
	}
	id, err := pathID(c)
	if err != nil || !ok {
		return intake.ErrNotFound
	}
	p, err := h.DB.Photo(c.Request.Context(), id)
	if err != nil {
		return err
	}
	key := map[string]string{string(review.Thumb): p.Thumb, string(review.Screen): p.Screen}[c.Param("kind")]
	if p.CandidateID != mine || key == "" {
		return intake.ErrNotFound
	}
	data, err := h.Blobs.Get(c.Request.Context(), key)
	if err != nil {
		return fmt.Errorf("photo %d: %w", id, err)
	}
	c.Header("Cache-Control", "private, max-age=3600, immutable")
	c.Header("Vary", "Cookie")
	h.untilPast(c)
	// Opened by itself, a picture is laid out by styles the browser puts in.
	c.Header("Content-Security-Policy", "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	c.Data(http.StatusOK, "image/jpeg", data)
	return nil
}
