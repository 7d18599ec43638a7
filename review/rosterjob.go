package review

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cailiao/intake"
	"cailiao/storage"
)

// A roster comes in from the page in steps, each a state of a storage.RosterJob: upload → somebody
// says what the columns are → it is checked and compared → somebody confirms → it is imported. A
// worker does the long ones, see RunImports; what it has done stands in SQL, so another one goes
// on after a restart. The file lies in the blob store until the job is over.

// ErrRosterMapping is a choice of columns that leaves out a required one, or has one twice.
var ErrRosterMapping = errors.New("columns do not fit")

// ErrVanishedCount is a confirmation that does not repeat how many would be marked.
var ErrVanishedCount = errors.New("the number of vanished candidates was not confirmed")

// What a report lists at most; the counts are of all.
const (
	ProblemsListed = 20_000
	PeopleListed   = 5_000
	samplesShown   = 3
	sampleRows     = 60 // looked at for samples
	JobsListed     = 20
	titleLength    = 100
)

// RosterReport is what is told about a roster before it is imported. Nothing in it is a whole ID
// or phone number.
type RosterReport struct {
	Header   intake.RosterHeader `json:"header"`
	Found    bool                `json:"found"`   // the header was recognised by its titles
	Known    bool                `json:"known"`   // the columns are as somebody chose them the last time
	Samples  [][]string          `json:"samples"` // by column
	Problems []intake.RowProblem `json:"problems"`
	New      []RosterPerson      `json:"new"`
	Changed  []RosterPerson      `json:"changed"`
	Vanished []RosterPerson      `json:"vanished"`
	Erased   []int               `json:"erased"` // lines whose person was erased before
}

// RosterPerson is one candidate of a report.
type RosterPerson struct {
	ID      int64                 `json:"id,omitempty"`   // 0: new
	Line    int                   `json:"line,omitempty"` // 0: not in the file
	Number  string                `json:"number"`
	Name    string                `json:"name"`
	Site    string                `json:"site"`
	Bound   bool                  `json:"bound,omitempty"`
	Changes []intake.RosterChange `json:"changes,omitempty"`
}

// UploadRoster takes a roster file. Its first rows are read, so that what is no roster is refused
// at once. Errors: ErrRosterSize, ErrRosterFormat, ErrRosterEncoding, ErrRosterDamaged,
// ErrRosterUnsafe, ErrRosterUnscanned.
func (d *Desk) UploadRoster(ctx context.Context, staff intake.Staff, title string, r io.Reader) (storage.RosterJob, error) {
	data, err := d.receive(ctx, Actor(staff), r)
	if err != nil {
		return storage.RosterJob{}, err
	}
	cells, err := readCells(data, sampleRows)
	if err != nil {
		return storage.RosterJob{}, err
	}
	report, err := d.firstLook(ctx, cells)
	if err != nil {
		return storage.RosterJob{}, err
	}
	name := "roster/" + strings.ToLower(rand.Text())
	job := storage.RosterJob{
		StaffID: staff.ID, Site: siteOf(staff), State: storage.RosterMapping, Title: tidyTitle(title), Bytes: len(data),
		FileKey: name + "-file", ReportKey: name + "-report", Fields: report.Header.Fields, CreatedAt: d.now(),
	}
	if err := d.Blobs.Put(ctx, job.FileKey, data); err != nil {
		return storage.RosterJob{}, fmt.Errorf("upload roster: %w", err)
	}
	if err := d.putReport(ctx, job, report); err != nil {
		return storage.RosterJob{}, err
	}
	return d.DB.AddRosterJob(ctx, job)
}

// siteOf is the site an account is bounded to; empty: none.
func siteOf(staff intake.Staff) string {
	if staff.OfSite() {
		return staff.Site
	}
	return ""
}

func tidyTitle(title string) string {
	title = strings.ReplaceAll(clean(title), "\n", " ")
	if utf8.RuneCountInString(title) > titleLength {
		title = string([]rune(title)[:titleLength])
	}
	return title
}

// firstLook finds the header, and the columns as they were chosen for these headers before.
func (d *Desk) firstLook(ctx context.Context, cells [][]string) (RosterReport, error) {
	var report RosterReport
	report.Header, report.Found = intake.FindRosterHeader(cells, d.Season)
	fields, err := d.DB.RosterColumns(ctx, headersKey(report.Header))
	switch {
	case err == nil && len(fields) == len(report.Header.Titles):
		report.Header.Fields, report.Known = fields, true
	case err != nil && !errors.Is(err, intake.ErrNotFound):
		return report, fmt.Errorf("upload roster: %w", err)
	}
	for i := range report.Header.Titles {
		var samples []string
		for _, row := range cells[min(report.Header.Line, len(cells)):] {
			if i < len(row) && strings.TrimSpace(row[i]) != "" && len(samples) < samplesShown {
				samples = append(samples, masked(row[i]))
			}
		}
		report.Samples = append(report.Samples, samples)
	}
	return report, nil
}

// masked hides the middle of what could be an ID or phone number.
func masked(cell string) string {
	cell = strings.TrimSpace(strings.ToValidUTF8(cell, ""))
	runes := []rune(cell)
	if len(runes) > 40 {
		runes = append(runes[:40], '…')
	}
	digits := 0
	for _, r := range runes {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	if digits < 11 || len(runes) < 11 {
		return string(runes)
	}
	return string(runes[:3]) + strings.Repeat("*", len(runes)-7) + string(runes[len(runes)-4:])
}

// headersKey names a set of headers: their titles in order.
func headersKey(h intake.RosterHeader) string {
	sum := sha256.Sum256([]byte(strings.Join(h.Titles, "\x00")))
	return hex.EncodeToString(sum[:])
}

func (d *Desk) putReport(ctx context.Context, job storage.RosterJob, report RosterReport) error {
	data, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("roster report: %w", err)
	}
	return d.Blobs.Put(ctx, job.ReportKey, data)
}

// RosterJobs lists the latest rosters the account may see.
func (d *Desk) RosterJobs(ctx context.Context, staff intake.Staff) ([]storage.RosterJob, error) {
	return d.DB.RosterJobs(ctx, siteOf(staff), JobsListed)
}

// RosterJob is one roster with what is told about it. intake.ErrNotFound: unknown, or of another
// site's account.
func (d *Desk) RosterJob(ctx context.Context, staff intake.Staff, id int64) (storage.RosterJob, RosterReport, error) {
	var report RosterReport
	job, err := d.DB.RosterJob(ctx, id)
	if err != nil {
		return job, report, err
	}
	if staff.OfSite() && job.Site != staff.Site {
		return storage.RosterJob{}, report, fmt.Errorf("roster job %d: %w", id, intake.ErrNotFound)
	}
	if job.ReportKey == "" {
		return job, report, nil
	}
	data, err := d.Blobs.Get(ctx, job.ReportKey)
	if errors.Is(err, intake.ErrNotFound) {
		return job, report, nil // swept at this moment
	}
	if err == nil {
		err = json.Unmarshal(data, &report)
	}
	if err != nil {
		return job, report, fmt.Errorf("roster job %d: report: %w", id, err)
	}
	return job, report, nil
}

// RosterRef is a roster as somebody looked at it.
type RosterRef struct{ ID, Version int64 }

// at loads the roster somebody looked at; intake.ErrConflict when it is another one by now.
func (d *Desk) at(ctx context.Context, staff intake.Staff, ref RosterRef) (storage.RosterJob, RosterReport, error) {
	job, report, err := d.RosterJob(ctx, staff, ref.ID)
	if err == nil && job.Version != ref.Version {
		err = fmt.Errorf("roster job %d: %w", ref.ID, intake.ErrConflict)
	}
	return job, report, err
}

// MapRoster says what the columns are, remembers it for these headers, and lets the roster be
// checked. fields has one entry per column, empty for what is not to be read. Errors:
// intake.ErrNotFound, intake.ErrConflict (not a roster that waits for this), ErrRosterMapping.
func (d *Desk) MapRoster(ctx context.Context, staff intake.Staff, ref RosterRef, fields []string) error {
	job, report, err := d.at(ctx, staff, ref)
	if err != nil {
		return err
	}
	if job.State != storage.RosterMapping && job.State != storage.RosterChecked {
		return fmt.Errorf("roster job %d: %w", ref.ID, intake.ErrConflict)
	}
	if err := d.checkFields(fields, len(report.Header.Titles)); err != nil {
		return fmt.Errorf("roster job %d: %w", ref.ID, err)
	}
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		next := job
		next.Fields, next.State, next.Done, next.Total, next.Counts = fields, storage.RosterChecking, 0, 0, storage.RosterCounts{}
		next.Owner, next.Lease = "", time.Time{}
		if _, err := tx.SaveRosterJob(ctx, next); err != nil {
			return err
		}
		return tx.SaveRosterColumns(ctx, headersKey(report.Header), fields, d.now())
	})
	if err == nil {
		d.importing.wake()
	}
	return err
}

func (d *Desk) checkFields(fields []string, columns int) error {
	known := intake.RosterFields(d.Season)
	if len(fields) != columns {
		return ErrRosterMapping
	}
	for i, f := range fields {
		if f != "" && (!slices.Contains(known, f) || slices.Contains(fields[:i], f)) {
			return ErrRosterMapping
		}
	}
	for _, f := range intake.RosterRequired(d.Season) {
		if !slices.Contains(fields, f) {
			return ErrRosterMapping
		}
	}
	return nil
}

// RosterChoice is what somebody chooses who confirms a roster.
type RosterChoice struct {
	Withdraw int  // below 0: vanished candidates stay as they are; else they are marked as no longer on the roster, and it must be their number
	Erased   bool // who was erased before comes in again
}

// ConfirmRoster lets a checked roster without problems be imported. Errors: intake.ErrNotFound, intake.ErrConflict, ErrVanishedCount.
func (d *Desk) ConfirmRoster(ctx context.Context, staff intake.Staff, ref RosterRef, choice RosterChoice) error {
	job, _, err := d.at(ctx, staff, ref)
	if err != nil {
		return err
	}
	if job.State != storage.RosterChecked || job.Counts.Problems > 0 {
		return fmt.Errorf("roster job %d: %w", ref.ID, intake.ErrConflict)
	}
	if choice.Withdraw >= 0 && choice.Withdraw != job.Counts.Vanished {
		return fmt.Errorf("roster job %d: %w", ref.ID, ErrVanishedCount)
	}
	job.State, job.Withdraw, job.Erased, job.Done = storage.RosterImporting, choice.Withdraw > 0, choice.Erased, 0
	job.Counts = storage.RosterCounts{Vanished: job.Counts.Vanished}
	job.Owner, job.Lease = "", time.Time{}
	if _, err := d.DB.SaveRosterJob(ctx, job); err != nil {
		return err
	}
	d.importing.wake()
	return nil
}

// DropRoster gives a roster up; its file is deleted. What is being imported goes on to its end.
func (d *Desk) DropRoster(ctx context.Context, staff intake.Staff, ref RosterRef) error {
	job, _, err := d.at(ctx, staff, ref)
	if err != nil {
		return err
	}
	if job.State == storage.RosterImporting || job.State == storage.RosterDone {
		return fmt.Errorf("roster job %d: %w", ref.ID, intake.ErrConflict)
	}
	return d.forget(ctx, job, storage.RosterDropped)
}

// forget deletes what a job keeps in the blob store: first the row says so, then the bytes go.
func (d *Desk) forget(ctx context.Context, job storage.RosterJob, state storage.RosterState) error {
	keys := []string{job.FileKey, job.ReportKey}
	job.State, job.FileKey, job.ReportKey = state, "", ""
	if _, err := d.DB.SaveRosterJob(ctx, job); err != nil {
		return err
	}
	return d.deleteBlobs(ctx, keys...)
}

func (d *Desk) deleteBlobs(ctx context.Context, keys ...string) error {
	var errs []error
	for _, key := range keys {
		if key != "" {
			errs = append(errs, d.Blobs.Delete(ctx, key))
		}
	}
	return errors.Join(errs...)
}
