package review_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
)

var (
	siteOne = intake.Staff{ID: 1, Role: intake.RoleSite, Site: "S1"}
	area    = intake.Staff{ID: 3, Role: intake.RoleArea}
)

// upload brings a roster as far as it goes by itself: checked, or failed.
func (r *room) upload(staff intake.Staff, text string) (storage.RosterJob, review.RosterReport) {
	r.t.Helper()
	job, err := r.UploadRoster(r.t.Context(), staff, "名单.csv", strings.NewReader(text))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.MapRoster(r.t.Context(), staff, review.RosterRef{ID: job.ID, Version: job.Version}, job.Fields); err != nil {
		r.t.Fatal(err)
	}
	return r.worked(staff, job.ID)
}

func (r *room) worked(staff intake.Staff, id int64) (storage.RosterJob, review.RosterReport) {
	r.t.Helper()
	if err := r.WorkImports(r.t.Context(), "test"); err != nil {
		r.t.Fatal(err)
	}
	job, report, err := r.RosterJob(r.t.Context(), staff, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return job, report
}

func (r *room) confirm(staff intake.Staff, job storage.RosterJob, withdraw int) storage.RosterJob {
	r.t.Helper()
	if err := r.ConfirmRoster(r.t.Context(), staff, review.RosterRef{ID: job.ID, Version: job.Version}, review.RosterChoice{Withdraw: withdraw}); err != nil {
		r.t.Fatal(err)
	}
	job, _ = r.worked(staff, job.ID)
	return job
}

func TestARosterFromThePageIsCheckedConfirmedAndImported(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		r.imported(3, "S1")
		// One is new, one has changed, one is as before, one has vanished.
		lines := strings.Split(strings.TrimSpace(rosterCSV(4, "S1")), "\n")
		lines[1] = strings.Replace(lines[1], "13800000001", "13800009991", 1)
		lines[1] = strings.Replace(lines[1], "考生甲", "考生新", 1)
		lines = slices.Delete(lines, 2, 3)
		job, report := r.upload(area, strings.Join(lines, "\n"))
		want := storage.RosterCounts{New: 1, Changed: 1, Same: 1, Vanished: 1}
		if job.State != storage.RosterChecked || job.Counts != want || job.Done != 3 || job.Total != 3 {
			t.Fatalf("%+v", job)
		}
		changes := []intake.RosterChange{{Field: "姓名", Old: "考生甲", New: "考生新"}, {Field: "手机号", Old: "138****0001", New: "138****9991"}}
		if diff := cmp.Diff(changes, report.Changed[0].Changes); diff != "" {
			t.Error(diff)
		}
		if report.Vanished[0].Number != "N002" || report.New[0].Number != "N004" || report.New[0].Line != 4 {
			t.Errorf("%+v", report)
		}
		if c, err := r.DB.CandidateByNumber(t.Context(), "N001"); err != nil || c.Name != "考生甲" {
			t.Errorf("the check changed %+v, %v", c, err)
		}
		file := job.FileKey
		job = r.confirm(area, job, -1)
		if want := (storage.RosterCounts{New: 1, Changed: 1, Same: 1, Vanished: 1}); job.State != storage.RosterDone || job.Counts != want {
			t.Fatalf("%+v", job)
		}
		if _, err := r.Blobs.Get(t.Context(), file); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("the file is still there: %v", err)
		}
		if c, err := r.DB.CandidateByNumber(t.Context(), "N002"); err != nil || !c.WithdrawnAt.IsZero() {
			t.Errorf("vanished without being asked: %+v, %v", c, err)
		}
		again, _ := r.upload(area, strings.Join(lines, "\n"))
		if want := (storage.RosterCounts{Same: 3, Vanished: 1}); again.Counts != want {
			t.Errorf("the same file again: %+v", again.Counts)
		}
	})
}

func TestVanishedCandidatesAreMarkedOnlyWithTheirNumberAndComeBackByThemselves(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		people := r.imported(5, "S1")
		job, _ := r.upload(siteOne, rosterCSV(3, "S1"))
		ref := review.RosterRef{ID: job.ID, Version: job.Version}
		for _, wrong := range []int{0, 1, 3} {
			if err := r.ConfirmRoster(t.Context(), siteOne, ref, review.RosterChoice{Withdraw: wrong}); !errors.Is(err, review.ErrVanishedCount) {
				t.Errorf("confirmed with %d: %v", wrong, err)
			}
		}
		if job = r.confirm(siteOne, job, 2); job.Counts.Withdrawn != 2 {
			t.Errorf("%+v", job.Counts)
		}
		for i, c := range people {
			c, err := r.DB.Candidate(t.Context(), c.ID)
			if err != nil || c.WithdrawnAt.IsZero() != (i < 3) {
				t.Errorf("%s: withdrawn %v, %v", c.Number, c.WithdrawnAt, err)
			}
		}
		job, report := r.upload(siteOne, rosterCSV(4, "S1"))
		if want := (storage.RosterCounts{Changed: 1, Same: 3}); job.Counts != want || report.Changed[0].Changes[0].New != "在名单" {
			t.Errorf("back on the roster: %+v, %+v", job.Counts, report.Changed)
		}
		r.confirm(siteOne, job, -1)
		if c, err := r.DB.CandidateByNumber(t.Context(), "N004"); err != nil || !c.WithdrawnAt.IsZero() {
			t.Errorf("still withdrawn: %+v, %v", c, err)
		}
	})
}

func TestASiteImportsItsOwnCandidatesOnly(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		r.imported(1, "S2") // N001 is another site's
		lines := strings.Split(strings.TrimSpace(rosterCSV(3, "S1")), "\n")
		lines[2] = strings.Replace(lines[2], ",S1,", ",S2,", 1)
		job, report := r.upload(siteOne, strings.Join(lines, "\n"))
		if job.Counts.Problems != 2 || report.Problems[0].Column != "报名号" || report.Problems[1].Column != "考点代码" || len(report.Vanished) != 0 {
			t.Fatalf("%+v", report)
		}
		ref := review.RosterRef{ID: job.ID, Version: job.Version}
		if err := r.ConfirmRoster(t.Context(), siteOne, ref, review.RosterChoice{Withdraw: -1}); !errors.Is(err, intake.ErrConflict) {
			t.Errorf("confirmed with problems: %v", err)
		}
		other := intake.Staff{ID: 2, Role: intake.RoleSite, Site: "S2"}
		if _, _, err := r.RosterJob(t.Context(), other, job.ID); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("another site sees it: %v", err)
		}

		// What becomes another site's between check and import is not taken either.
		job, _ = r.upload(siteOne, strings.Replace(rosterCSV(2, "S1"), "N001", "N009", 1))
		r.importedAs("S2", "N009")
		if job = r.confirm(siteOne, job, -1); job.State != storage.RosterFailed || job.Fault != "foreign" {
			t.Errorf("%+v", job)
		}
	})
}

// importedAs brings in one candidate of a number, past the page.
func (r *room) importedAs(site, number string) {
	r.t.Helper()
	text := strings.Replace(rosterCSV(1, site), "N001", number, 1)
	if report, err := r.ImportRoster(r.t.Context(), strings.NewReader(text), review.ImportOptions{}); err != nil || len(report.Problems) > 0 {
		r.t.Fatal(report.Problems, err)
	}
}

func TestColumnsAreRememberedForTheirHeaders(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		text := strings.Replace(rosterCSV(2, "S1"), "姓名,", "申请人,", 1)
		job, err := r.UploadRoster(t.Context(), area, "a.csv", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if job.Fields[1] != "" {
			t.Fatalf("guessed %q", job.Fields)
		}
		ref := review.RosterRef{ID: job.ID, Version: job.Version}
		for _, wrong := range [][]string{nil, job.Fields, append([]string{"报名号"}, job.Fields[1:]...)} {
			if err := r.MapRoster(t.Context(), area, ref, wrong); !errors.Is(err, review.ErrRosterMapping) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		fields := slices.Clone(job.Fields)
		fields[1] = "姓名"
		if err := r.MapRoster(t.Context(), area, ref, fields); err != nil {
			t.Fatal(err)
		}
		if job, _ := r.worked(area, job.ID); job.Counts.New != 2 {
			t.Errorf("%+v", job)
		}
		again, err := r.UploadRoster(t.Context(), area, "b.csv", strings.NewReader(text))
		if err != nil || !slices.Equal(again.Fields, fields) {
			t.Errorf("remembered %q, %v", again.Fields, err)
		}
		// The command reads them the same way.
		if report, err := r.ImportRoster(t.Context(), strings.NewReader(text), review.ImportOptions{}); err != nil || report.New != 2 {
			t.Errorf("by command: %+v, %v", report, err)
		}
	})
}

func TestAnImportCutOffGoesOnWhereItStopped(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		const n = 2500 // three steps
		job, _ := r.upload(area, manyCSV(n))
		if err := r.ConfirmRoster(t.Context(), area, review.RosterRef{ID: job.ID, Version: job.Version}, review.RosterChoice{Withdraw: -1}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		asked := 0
		r.Desk.Now = func() time.Time {
			if asked++; asked == 3 { // in the second step's transaction
				cancel()
			}
			return r.clock
		}
		if err := r.WorkImports(ctx, "first"); err == nil {
			t.Fatal("the first worker did not die")
		}
		if job, _, err := r.RosterJob(t.Context(), area, job.ID); err != nil || job.Done != 1000 || job.Counts.New != 1000 {
			t.Fatalf("it got as far as %+v, %v", job, err)
		}
		r.clock = r.clock.Add(30 * time.Second)
		if err := r.WorkImports(t.Context(), "second"); err != nil {
			t.Fatal(err)
		}
		if job, _, err := r.RosterJob(t.Context(), area, job.ID); err != nil || job.State != storage.RosterImporting {
			t.Fatalf("taken from a living worker: %+v, %v", job, err)
		}
		r.clock = r.clock.Add(time.Minute)
		job, _ = r.worked(area, job.ID)
		if job.State != storage.RosterDone || job.Counts.New != n {
			t.Errorf("%+v", job)
		}
		if counts, err := r.DB.TableCounts(t.Context()); err != nil || counts["candidates"] != n {
			t.Errorf("%v, %v", counts, err)
		}
	})
}

func manyCSV(n int) string {
	var b strings.Builder
	b.WriteString("报名号,姓名,证件类型,证件号码,手机号,考点代码,级别,类别\n")
	for i := range n {
		fmt.Fprintf(&b, "N%05d,考生,护照,E%08d,138%08d,S1,执业,临床\n", i, i, i)
	}
	return b.String()
}

func TestFilesOfAbandonedRostersAreDeletedAfterADay(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		job, _ := r.upload(area, rosterCSV(2, "S1"))
		dropped, _ := r.upload(area, rosterCSV(3, "S1"))
		if err := r.DropRoster(t.Context(), area, review.RosterRef{ID: dropped.ID, Version: dropped.Version}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Blobs.Get(t.Context(), dropped.FileKey); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("a dropped roster's file: %v", err)
		}
		for _, step := range []struct {
			after time.Duration
			state storage.RosterState
		}{{23 * time.Hour, storage.RosterChecked}, {2 * time.Hour, storage.RosterDropped}} {
			r.clock = r.clock.Add(step.after)
			if err := r.SweepImports(t.Context()); err != nil {
				t.Fatal(err)
			}
			now, _, err := r.RosterJob(t.Context(), area, job.ID)
			if err != nil || now.State != step.state || (now.FileKey == "") != (step.state == storage.RosterDropped) {
				t.Errorf("%+v, %v", now, err)
			}
		}
		if _, err := r.Blobs.Get(t.Context(), job.FileKey); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("an abandoned roster's file: %v", err)
		}
	})
}

func TestNothingTellableOfARosterHoldsAWholeNumber(t *testing.T) {
	r := newRoom(t, openDB(t))
	r.imported(2, "S1")
	text := strings.ReplaceAll(rosterCSV(3, "S1"), "13800000001", "13811112222")
	job, report := r.upload(area, text)
	for _, secret := range []string{testID(0), testID(1), testID(2), "13800000001", "13811112222"} {
		if strings.Contains(fmt.Sprintf("%+v %+v", job, report), secret) {
			t.Errorf("%q is told", secret)
		}
	}
}

func TestTablesAreTextInBothFormats(t *testing.T) {
	cells := []string{"=1+1", "+8613800000000", "-2", "@sum", "\tx", "张三 <&> \"引号\"", " 两边空格 ", "110101199001011234", "多行\n文字"}
	for _, format := range review.TableFormats {
		var b bytes.Buffer
		table, err := review.NewTable(&b, format, []string{"甲", "乙"})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := table.Row(cells...); err != nil {
				t.Fatal(err)
			}
		}
		if err := table.Close(); err != nil {
			t.Fatal(err)
		}
		if format == review.CSV {
			if !strings.HasPrefix(b.String(), "\ufeff甲,乙\r\n'=1+1,'+8613800000000,'-2,'@sum,'\tx,") {
				t.Errorf("%q", b.String())
			}
			continue
		}
		book, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		defer book.Close()
		rows, err := book.GetRows("Sheet1")
		if err != nil || len(rows) != 4 || !slices.Equal(rows[1], cells) {
			t.Errorf("%q, %v", rows, err)
		}
		if formula, err := book.GetCellFormula("Sheet1", "A2"); err != nil || formula != "" {
			t.Errorf("formula %q, %v", formula, err)
		}
	}
}
