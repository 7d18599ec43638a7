package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/templates"
)

const noticesPath = "/staff/notices"

// notices shows how the notices stand: per kind, what is paused, what did not arrive.
func (h *House) notices(c *gin.Context, staff intake.Staff) error {
	return h.showNotices(c, staff, shownPhone{})
}

// shownPhone is a phone number in full, asked for in the list.
type shownPhone struct {
	candidate int64
	number    string
}

// noticePhone shows the list with one phone number in full; the look is logged.
func (h *House) noticePhone(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	number, err := h.Desk.Phone(c.Request.Context(), staff, id)
	if err != nil {
		return err
	}
	return h.showNotices(c, staff, shownPhone{id, number})
}

func (h *House) showNotices(c *gin.Context, staff intake.Staff, shown shownPhone) error {
	state := intake.NoticeState(c.Query("state"))
	if !slices.Contains(review.NoticeStates, state) {
		state = intake.NoticeFailed
	}
	site := c.Query("site")
	n, err := h.Desk.Notices(c.Request.Context(), staff, state, site)
	if err != nil {
		return err
	}
	page := templates.NoticesPage{Frame: h.frame(c), Steers: n.Steers, State: state, Site: site, Undelivered: h.undelivered(n.Undelivered, shown)}
	page.States, page.Query = review.NoticeStates, url.Values{"state": {string(state)}, "site": {site}}.Encode()
	if !staff.OfSite() {
		page.Sites = h.Season.Sites
	}
	if !n.Oldest.IsZero() {
		page.Oldest, page.Late = templates.SpanOf(h.now().Sub(n.Oldest)), h.now().Sub(n.Oldest) > lateNotices
		page.Due = true
	}
	paused := func(kind intake.NoticeKind) *templates.NoticePause {
		i := slices.IndexFunc(n.Pauses, func(p storage.Pause) bool { return p.Kind == kind })
		if i < 0 {
			return nil
		}
		p := n.Pauses[i]
		return &templates.NoticePause{Until: h.local(p.Until), Reason: p.Reason}
	}
	page.All = paused(storage.EveryKind)
	for _, kind := range intake.NoticeKinds {
		row := templates.NoticeRow{Kind: kind, Pause: paused(kind)}
		for _, count := range n.Counts {
			if count.Kind == kind {
				row.Add(count.State, count.N)
			}
		}
		page.Rows = append(page.Rows, row)
	}
	if page.Flash, page.Path, err = h.takeFlash(c.Request.Context()); err != nil {
		return err
	}
	return render(c, http.StatusOK, page, "")
}

const lateNotices = 5 * time.Minute

func (h *House) undelivered(all []storage.Undelivered, shown shownPhone) []templates.UndeliveredRow {
	var rows []templates.UndeliveredRow
	for _, u := range all {
		phone, full := intake.Candidate{Phone: u.Phone}.MaskedPhone(), shown.candidate == u.Notice.CandidateID
		if full {
			phone = shown.number
		}
		rows = append(rows, templates.UndeliveredRow{
			URL: "/staff/candidates/" + strconv.FormatInt(u.Notice.CandidateID, 10), ID: u.Notice.CandidateID, Notice: u.Notice.ID, Phone: phone, Full: full,
			Sent: h.local(u.Notice.SentAt), Opened: h.local(u.Notice.OpenedAt),
			Number: u.Number, Name: u.Name, Site: h.siteName(u.Site),
			Kind: u.Notice.Kind, At: h.local(u.Notice.DueAt), Code: u.Notice.ErrCode, Problem: u.Notice.Problem, Headed: u.Notice.Headed,
		})
	}
	return rows
}

// steerNotices pauses, resumes or requeues the kind in the form.
func (h *House) steerNotices(c *gin.Context, staff intake.Staff) error {
	ctx, kind := c.Request.Context(), intake.NoticeKind(c.PostForm("kind"))
	var err error
	switch c.Param("what") {
	case "pause":
		err = h.Desk.PauseNotices(ctx, staff, kind)
	case "resume":
		err = h.Desk.ResumeNotices(ctx, staff, kind)
	case "requeue":
		_, err = h.Desk.RequeueNotices(ctx, staff, kind)
	default:
		err = intake.ErrNotFound
	}
	if err != nil {
		return err
	}
	if err := h.leave(ctx, "notices-"+c.Param("what"), ""); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, noticesPath)
	return nil
}

// deadlineLayout is what a datetime-local field sends.
const deadlineLayout = "2006-01-02T15:04"

// deadline shows a candidate's deadline with the form to extend it.
func (h *House) deadline(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return h.showDeadline(c, staff, templates.DeadlinePage{ID: id})
}

// extend moves a deadline; a reason is required.
func (h *House) extend(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	page := templates.DeadlinePage{ID: id, Wish: c.PostForm("until"), Reason: c.PostForm("reason")}
	version, _ := strconv.ParseInt(c.PostForm("version"), 10, 64)                  // 0 conflicts
	until, _ := time.ParseInLocation(deadlineLayout, page.Wish, h.Season.Location) // zero is no later deadline
	_, err = h.Desk.Extend(c.Request.Context(), staff, id, intake.Extension{Until: until, Version: version, Reason: page.Reason})
	if err != nil {
		if page.Problem = deadlineProblem(err); page.Problem == "" {
			return err
		}
		return h.showDeadline(c, staff, page)
	}
	if err := h.leave(c.Request.Context(), "extended", ""); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, "/staff/candidates/"+strconv.FormatInt(id, 10))
	return nil
}

func (h *House) showDeadline(c *gin.Context, staff intake.Staff, page templates.DeadlinePage) error {
	sheet, err := h.Desk.Sheet(c.Request.Context(), staff, page.ID)
	if err != nil {
		return err
	}
	sub := sheet.Case.Submission
	page.Frame, page.Name, page.Number = h.frame(c), sheet.Case.Candidate.Name, sheet.Case.Candidate.Number
	page.Version, page.Open = sub.Version, sub.State == intake.Returned
	page.Deadline, page.Latest = h.local(sub.DeadlineAt), h.local(h.Season.Window.Corrections)
	page.Most = page.Latest.Format(deadlineLayout)
	if page.Wish == "" && page.Open {
		wish := h.local(sub.DeadlineAt).Add(24 * time.Hour)
		if now := h.local(h.now()); !wish.After(now) {
			wish = now.Add(24 * time.Hour)
		}
		if wish.After(page.Latest) {
			wish = page.Latest
		}
		page.Wish = wish.Format(deadlineLayout)
	}
	status := http.StatusOK
	if page.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return render(c, status, page, "")
}
