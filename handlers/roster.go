package handlers

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/templates"
)

const (
	rosterPath    = "/staff/roster"
	uploadLimit   = 21 << 20 // the file, and what a form puts around it
	uploadTime    = 5 * time.Minute
	problemsShown = 200
	peopleShown   = 200
)

// rosters shows where a roster is brought in.
func (h *House) rosters(c *gin.Context, staff intake.Staff) error {
	return h.showRosters(c, staff, "")
}

func (h *House) showRosters(c *gin.Context, staff intake.Staff, problem string) error {
	jobs, err := h.Desk.RosterJobs(c.Request.Context(), staff)
	if err != nil {
		return err
	}
	page := templates.RosterPage{Frame: h.frame(c), Problem: problem}
	if staff.OfSite() {
		page.Site = h.siteName(staff.Site)
	}
	for _, j := range jobs {
		page.Jobs = append(page.Jobs, templates.RosterJobLine{
			URL: rosterURL(j.ID), Title: j.Title, State: string(j.State), At: h.local(j.CreatedAt),
			Total: j.Total, New: j.Counts.New, Changed: j.Counts.Changed, Same: j.Counts.Same, Faults: j.Counts.Problems,
		})
	}
	status := http.StatusOK
	if problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return render(c, status, page, "")
}

func rosterURL(id int64) string { return rosterPath + "/" + strconv.FormatInt(id, 10) }

// uploadRoster takes the file. It is read from the request as it comes: nothing of it is written
// to a temporary folder.
func (h *House) uploadRoster(c *gin.Context, staff intake.Staff) error {
	// A slow line may take longer than other requests may; where the deadline cannot be moved, they
	// all have the same.
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(uploadTime))
	form, err := c.Request.MultipartReader()
	if err != nil {
		return h.showRosters(c, staff, "none")
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return h.showRosters(c, staff, "none")
		}
		if err != nil {
			return badForm(err)
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		job, err := h.Desk.UploadRoster(c.Request.Context(), staff, part.FileName(), part)
		if code := review.RosterFault(err); code != "" {
			return h.showRosters(c, staff, code)
		}
		if err != nil {
			return err
		}
		c.Redirect(http.StatusSeeOther, rosterURL(job.ID))
		return nil
	}
}

// roster shows one roster, whatever its state.
func (h *House) roster(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return h.showRoster(c, staff, id, "")
}

func (h *House) showRoster(c *gin.Context, staff intake.Staff, id int64, problem string) error {
	job, report, err := h.Desk.RosterJob(c.Request.Context(), staff, id)
	if err != nil {
		return err
	}
	page := h.rosterPage(job, report)
	page.Frame, page.Problem = h.frame(c), problem
	status := http.StatusOK
	switch problem {
	case "":
	case "conflict":
		status = http.StatusConflict
	default:
		status = http.StatusUnprocessableEntity
	}
	return render(c, status, page, "roster-job")
}

func (h *House) rosterPage(job storage.RosterJob, report review.RosterReport) templates.RosterJobPage {
	n := job.Counts
	page := templates.RosterJobPage{
		URL: rosterURL(job.ID), Version: job.Version, Title: job.Title, State: string(job.State), Fault: job.Fault, Done: job.Done, Total: job.Total,
		New: n.New, Changed: n.Changed, Same: n.Same, Vanished: n.Vanished, Withdrawn: n.Withdrawn, Faults: n.Problems, Erased: n.Erased, Back: n.Back,
		ErasedLines: report.Erased[:min(peopleShown, len(report.Erased))],
		Found:       report.Found, Known: report.Known, Line: report.Header.Line,
		Fields: intake.RosterFields(h.Season), Required: intake.RosterRequired(h.Season), Report: job.ReportKey != "",
		Problems: report.Problems[:min(problemsShown, len(report.Problems))],
		NewOnes:  h.rosterLines(report.New), ChangedOne: h.rosterLines(report.Changed), Gone: h.rosterLines(report.Vanished),
	}
	for i, title := range report.Header.Titles {
		column := templates.RosterColumn{N: i + 1, Title: title}
		if i < len(job.Fields) {
			column.Field = job.Fields[i]
		}
		if i < len(report.Samples) {
			column.Samples = report.Samples[i]
		}
		page.Columns = append(page.Columns, column)
	}
	return page
}

func (h *House) rosterLines(people []review.RosterPerson) []templates.RosterLine {
	var lines []templates.RosterLine
	for _, p := range people[:min(peopleShown, len(people))] {
		line := templates.RosterLine{Line: p.Line, Number: p.Number, Name: p.Name, Site: h.siteName(p.Site), Bound: p.Bound, Changes: p.Changes}
		if p.ID != 0 {
			line.URL = fmt.Sprintf("/staff/candidates/%d", p.ID)
		}
		lines = append(lines, line)
	}
	return lines
}

// rosterForm reads which roster a form is about, as its sender saw it.
func rosterForm(c *gin.Context) (review.RosterRef, error) {
	id, err := pathID(c)
	if err != nil {
		return review.RosterRef{}, err
	}
	if err := c.Request.ParseForm(); err != nil {
		return review.RosterRef{}, badForm(err)
	}
	version, _ := strconv.ParseInt(c.PostForm("version"), 10, 64) // 0 conflicts
	return review.RosterRef{ID: id, Version: version}, nil
}

// mapRoster says what the columns are.
func (h *House) mapRoster(c *gin.Context, staff intake.Staff) error {
	ref, err := rosterForm(c)
	if err != nil {
		return err
	}
	return h.afterRoster(c, staff, ref, h.Desk.MapRoster(c.Request.Context(), staff, ref, c.Request.PostForm["field"]))
}

// confirmRoster lets a checked roster be imported.
func (h *House) confirmRoster(c *gin.Context, staff intake.Staff) error {
	ref, err := rosterForm(c)
	if err != nil {
		return err
	}
	choice := review.RosterChoice{Withdraw: -1, Erased: c.PostForm("erased") == "back"}
	if c.PostForm("gone") == "mark" {
		if choice.Withdraw, err = strconv.Atoi(c.PostForm("count")); err != nil || choice.Withdraw < 1 {
			choice.Withdraw = 0 // nobody: not their number
		}
	}
	return h.afterRoster(c, staff, ref, h.Desk.ConfirmRoster(c.Request.Context(), staff, ref, choice))
}

// dropRoster gives a roster up.
func (h *House) dropRoster(c *gin.Context, staff intake.Staff) error {
	ref, err := rosterForm(c)
	if err != nil {
		return err
	}
	return h.afterRoster(c, staff, ref, h.Desk.DropRoster(c.Request.Context(), staff, ref))
}

// afterRoster goes back to the roster's page, or shows it with what was wrong.
func (h *House) afterRoster(c *gin.Context, staff intake.Staff, ref review.RosterRef, err error) error {
	switch {
	case err == nil:
		c.Redirect(http.StatusSeeOther, rosterURL(ref.ID))
		return nil
	case errors.Is(err, review.ErrRosterMapping):
		return h.showRoster(c, staff, ref.ID, "columns")
	case errors.Is(err, review.ErrVanishedCount):
		return h.showRoster(c, staff, ref.ID, "vanished")
	case errors.Is(err, intake.ErrConflict):
		return h.showRoster(c, staff, ref.ID, "conflict")
	}
	return err
}

// rosterProblems sends the list of problems as a file.
func (h *House) rosterProblems(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	format := review.TableFormat(c.Param("format"))
	_, report, err := h.Desk.RosterJob(c.Request.Context(), staff, id)
	if err != nil {
		return err
	}
	if !slices.Contains(review.TableFormats, format) {
		return fmt.Errorf("problems as %q: %w", format, intake.ErrNotFound)
	}
	columns, err := templates.Cells("problems", nil)
	if err != nil {
		return err
	}
	attach(c, format.ContentType(), fmt.Sprintf("problems-%d.%s", id, format))
	table, err := review.NewTable(c.Writer, format, columns)
	if err != nil {
		return err
	}
	for _, p := range report.Problems {
		if err := table.Row(strconv.Itoa(p.Line), p.Column, p.Problem); err != nil {
			return err
		}
	}
	return table.Close()
}

// attach makes the answer a file to be saved. What is taken out is never kept in a cache.
func attach(c *gin.Context, contentType, name string) {
	c.Header("Content-Type", contentType)
	c.Header("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	c.Header("Cache-Control", "private, no-store")
	c.Header("Content-Security-Policy", filePolicy)
}
