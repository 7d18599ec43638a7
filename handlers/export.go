package handlers

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/templates"
)

const (
	exportPath   = "/staff/export"
	exportStall  = time.Minute     // a browser that takes nothing for so long is gone
	exportNews   = time.Second     // how often progress is written down
	exportMemory = 2 * time.Hour   // how long it is kept
	exportSilent = 2 * time.Minute // an export not heard of for so long has died with its server
)

// exportNote is how an export stands, for the page that waits for it; any instance may be asked.
type exportNote struct {
	Staff int64             `json:"staff"`
	What  string            `json:"what"`  // "states", "photos"
	Form  map[string]string `json:"form"`  // what was asked for, to go on
	State string            `json:"state"` // "running", "done", "cut"
	At    time.Time         `json:"at"`
	Far   review.Exported   `json:"far"`
}

// exports shows what can be taken out, and how far it is.
func (h *House) exports(c *gin.Context, staff intake.Staff) error {
	page := templates.ExportPage{
		Frame: h.frame(c), Watch: exportToken(c.Query("watch")), Numbers: review.MayTakeNumbers(staff), States: intake.States, OfSite: staff.OfSite(),
	}
	if page.Watch == "" {
		page.Watch = strings.ToLower(rand.Text())
	}
	page.WatchURL = exportPath + "?watch=" + page.Watch
	for _, s := range h.Season.Sites {
		if staff.Sees(s.Code) {
			page.Sites = append(page.Sites, templates.ExportSite{Code: s.Code, Name: s.Name})
		}
	}
	if len(h.Season.Materials) > 0 {
		page.Example = h.Season.Naming.Describe(h.Season.Materials[0])
	}
	note, err := h.exportNote(c.Request.Context(), staff, page.Watch)
	if err != nil {
		return err
	}
	page.Progress = h.exportProgress(note)
	return render(c, http.StatusOK, page, "export-progress")
}

var exportTokens = regexp.MustCompile(`^[a-z0-9]{20,40}$`)

// exportToken is a token of ours, or empty.
func exportToken(s string) string {
	if !exportTokens.MatchString(s) {
		return ""
	}
	return s
}

func exportKey(token string) string { return "export:" + token }

func (h *House) exportNote(ctx context.Context, staff intake.Staff, token string) (note exportNote, err error) {
	text, found, err := h.Redis.Get(ctx, exportKey(token))
	if err != nil || !found {
		return note, err
	}
	if err := json.Unmarshal([]byte(text), &note); err != nil || note.Staff != staff.ID {
		return exportNote{}, err
	}
	return note, nil
}

func (h *House) exportProgress(note exportNote) templates.ExportProgress {
	p := templates.ExportProgress{
		State: note.State, What: note.What, Seen: note.Far.Seen, Total: note.Far.Total, Candidates: note.Far.Candidates, Photos: note.Far.Photos,
		Missing: note.Far.Missing, MB: int(note.Far.Bytes >> 20), After: note.Far.Last, More: note.Far.More, Form: note.Form,
	}
	if p.State == "running" && h.now().Sub(note.At) > exportSilent {
		p.State = "cut"
	}
	return p
}

// exportForm reads what is to be taken out.
func exportForm(c *gin.Context, staff intake.Staff) (review.Export, error) {
	if err := c.Request.ParseForm(); err != nil {
		return review.Export{}, badForm(err)
	}
	e := review.Export{Staff: staff, Site: c.PostForm("site"), State: intake.State(c.PostForm("state")), Words: templates.Cells}
	for name, into := range map[string]*int64{"after": &e.After} {
		if text := c.PostForm(name); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil || n < 0 {
				return e, fmt.Errorf("%w: %s", errBadRequest, name)
			}
			*into = n
		}
	}
	if text := c.PostForm("most"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return e, fmt.Errorf("%w: most", errBadRequest)
		}
		e.Most = n
	}
	return e, nil
}

// exportStates sends the table of states and results.
func (h *House) exportStates(c *gin.Context, staff intake.Staff) error {
	e, err := exportForm(c, staff)
	if err != nil {
		return err
	}
	columns, err := h.Desk.StateColumns(e.Words)
	if err != nil {
		return err
	}
	e.After, e.Most = 0, 0
	return h.stream(c, "states", e, func(ctx context.Context, e review.Export, begin func(contentType, name string) io.Writer) (review.Exported, error) {
		return h.Desk.ExportStates(ctx, e, func() (*review.Table, error) {
			return review.NewTable(begin(review.XLSX.ContentType(), "states.xlsx"), review.XLSX, columns)
		})
	})
}

// exportPhotos sends the ZIP of photos.
func (h *House) exportPhotos(c *gin.Context, staff intake.Staff) error {
	e, err := exportForm(c, staff)
	if err != nil {
		return err
	}
	return h.streamPhotos(c, e)
}

// exportCandidate sends the ZIP of one candidate.
func (h *House) exportCandidate(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return h.streamPhotos(c, review.Export{Staff: staff, Candidate: id, Words: templates.Cells})
}

func (h *House) streamPhotos(c *gin.Context, e review.Export) error {
	return h.stream(c, "photos", e, func(ctx context.Context, e review.Export, begin func(contentType, name string) io.Writer) (review.Exported, error) {
		return h.Desk.ExportPhotos(ctx, e, func() io.Writer { return begin("application/zip", "photos"+partOf(e)+".zip") })
	})
}

// partOf tells parts of an export apart.
func partOf(e review.Export) string {
	name := ""
	if e.Site != "" {
		name += "-" + e.Site
	}
	switch {
	case e.Candidate != 0:
		name += fmt.Sprintf("-%d", e.Candidate)
	case e.After != 0:
		name += fmt.Sprintf("-after-%d", e.After)
	}
	return name
}

type exporter func(ctx context.Context, e review.Export, begin func(contentType, name string) io.Writer) (review.Exported, error)

// stream sends an export as it is made, and writes down how far it is. Once bytes have gone out
// there is no way to tell a failure but to hang up: the browser then knows that the file is not whole.
func (h *House) stream(c *gin.Context, what string, e review.Export, run exporter) error {
	ctx, token := c.Request.Context(), exportToken(c.PostForm("watch"))
	note := exportNote{Staff: e.Staff.ID, What: what, State: "running", Form: map[string]string{
		"site": e.Site, "state": string(e.State), "most": strconv.Itoa(e.Most),
	}}
	write := func(ctx context.Context) {
		note.At = h.now()
		text, err := json.Marshal(note)
		if err == nil && token != "" {
			err = h.Redis.Set(ctx, exportKey(token), string(text), exportMemory)
		}
		if err != nil { // only the page that waits misses it
			h.log().Warn("export progress", "err", err)
		}
	}
	var last time.Time
	e.Progress = func(far review.Exported) {
		note.Far = far
		if now := time.Now(); now.Sub(last) >= exportNews {
			last = now
			write(ctx)
		}
	}
	begun := false
	far, err := run(ctx, e, func(contentType, name string) io.Writer {
		begun = true
		attach(c, contentType, name)
		write(ctx)
		return patient{c.Writer, http.NewResponseController(c.Writer)}
	})
	note.Far, note.State = far, "done"
	if err != nil {
		note.State = "cut"
	}
	if begun {
		write(context.WithoutCancel(ctx))
	}
	if err == nil || !begun {
		return err
	}
	if ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		h.log().Error("export cut off", "route", c.FullPath(), "err", err)
	}
	panic(http.ErrAbortHandler)
}

// patient gives each write its own time: a big export takes longer than any other answer may.
type patient struct {
	io.Writer
	control *http.ResponseController
}

func (p patient) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(exportStall)) // without it the server's own holds
	return p.Writer.Write(b)
}
