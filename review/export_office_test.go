package review_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/templates"
)

// statesOf exports the table of states and reads it again.
func (r *room) statesOf(e review.Export) [][]string {
	r.t.Helper()
	e.Words = templates.Cells
	columns, err := r.StateColumns(e.Words)
	if err != nil {
		r.t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := r.ExportStates(r.t.Context(), e, func() (*review.Table, error) { return review.NewTable(&b, review.XLSX, columns) }); err != nil {
		r.t.Fatal(err)
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		r.t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("Sheet1")
	if err != nil {
		r.t.Fatal(err)
	}
	return rows
}

func (r *room) photosOf(e review.Export) (map[string]string, review.Exported) {
	r.t.Helper()
	e.Words = templates.Cells
	var b bytes.Buffer
	so, err := r.ExportPhotos(r.t.Context(), e, func() io.Writer { return &b })
	if err != nil {
		r.t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		r.t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.File {
		in, err := f.Open()
		if err != nil {
			r.t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			r.t.Fatal(err)
		}
		files[f.Name] = string(data)
	}
	return files, so
}

// working is a room with three candidates of S1, of whom one has submitted and was returned, one
// is bound only, one is nothing, and one of S2.
func working(r *room) []intake.Candidate {
	c := r.submitted()
	if _, err := r.Decide(r.t.Context(), r.site, c.ID, r.verdicts(c, map[string][]string{"diploma": {"IMG_BLUR"}})); err != nil {
		r.t.Fatal(err)
	}
	people := r.imported(3, "S1")
	r.importedAs("S2", "N900")
	if err := r.DB.Bind(r.t.Context(), people[1].ID, "second", r.clock); err != nil {
		r.t.Fatal(err)
	}
	return people
}

func TestTheTableOfStatesShowsEachMaterialAndWhyItWasReturned(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		people := working(r)
		rows := r.statesOf(review.Export{Staff: r.admin})
		if len(rows) != 5 {
			t.Fatalf("%d rows: %q", len(rows), rows)
		}
		cell := func(row []string, title string) string {
			for i, name := range rows[0] {
				if name == title && i < len(row) {
					return row[i]
				}
			}
			return ""
		}
		first := rows[1]
		for title, want := range map[string]string{
			"报名号": "N001", "姓名": "考生甲", "证件号码": testID(0), "考点": "东城考点", "状态": "已退回", "轮次": "2", "上报时间": "2026-02-03 12:00",
			"退回原因": "毕业证书: 图片模糊看不清", "身份证人像面": "考点通过", "毕业证书": "已退回", "微信": "已绑定", "照片张数": "3",
		} {
			if got := cell(first, title); got != want {
				t.Errorf("%s is %q, want %q", title, got, want)
			}
		}
		if got := cell(rows[3], "毕业证书"); got != "未上传" || cell(rows[3], "微信") != "未绑定" {
			t.Errorf("who has sent nothing: %q", rows[3])
		}
		if got := cell(r.statesOf(review.Export{Staff: r.site})[1], "证件号码"); got != people[0].MaskedID() {
			t.Errorf("a site's reviewer gets the number %q", got)
		}
		if rows := r.statesOf(review.Export{Staff: r.site}); len(rows) != 4 {
			t.Errorf("a site's reviewer gets %d rows", len(rows))
		}
		if rows := r.statesOf(review.Export{Staff: r.area, State: intake.Returned}); len(rows) != 2 {
			t.Errorf("of the returned: %d rows", len(rows))
		}
		for _, e := range []review.Export{{Staff: r.site, Site: "S2"}, {Staff: r.admin, Site: "S9"}, {Staff: r.admin, State: "odd"}, {Staff: r.other, Candidate: people[0].ID}} {
			e.Words = templates.Cells
			_, err := r.ExportPhotos(t.Context(), e, func() io.Writer { t.Error("it began"); return io.Discard })
			if !errors.Is(err, intake.ErrNotFound) {
				t.Errorf("%+v: %v", e, err)
			}
		}
	})
}

func TestPhotosAreExportedWithAnIndexThatFitsThem(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		people := working(r)
		gone := r.photo(people[1], "id_front", 1)
		if err := r.Blobs.Delete(t.Context(), gone.Copy); err != nil {
			t.Fatal(err)
		}
		files, so := r.photosOf(review.Export{Staff: r.site})
		if so.Candidates != 2 || so.Photos != 3 || so.Missing != 1 || so.Seen != 3 || so.Total != 3 || so.More {
			t.Errorf("%+v", so)
		}
		lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(files["index.csv"], "\ufeff"))).ReadAll()
		if err != nil || len(lines) != 5 {
			t.Fatalf("%q, %v", lines, err)
		}
		for _, line := range lines[1:] {
			data, there := files[line[0]]
			sum := sha256.Sum256([]byte(data))
			if there != (line[8] != "") || there && (line[8] != hex.EncodeToString(sum[:]) || line[9] != fmt.Sprint(len(data))) {
				t.Errorf("%q does not fit its file", line)
			}
			if !there && !strings.Contains(line[15], "没有图片") {
				t.Errorf("a missing photo is told as %q", line)
			}
		}
		if _, there := files["N001_考生甲/N001_毕业证书_1.jpg"]; !there {
			t.Errorf("%q", lines)
		}
		if book, err := excelize.OpenReader(strings.NewReader(files["index.xlsx"])); err != nil {
			t.Error(err)
		} else if rows, err := book.GetRows("Sheet1"); err != nil || len(rows) != 5 || rows[1][0] != lines[1][0] {
			t.Errorf("%q, %v", rows, err)
		}
		if _, so := r.photosOf(review.Export{Staff: r.area, Candidate: people[0].ID}); so.Candidates != 1 || so.Photos != 3 || so.Total != 1 {
			t.Errorf("of one candidate: %+v", so)
		}

		// In parts: each goes on behind the one before.
		_, so = r.photosOf(review.Export{Staff: r.site, Most: 1})
		if so.Candidates != 1 || !so.More || so.Last != people[0].ID {
			t.Errorf("first part: %+v", so)
		}
		_, so = r.photosOf(review.Export{Staff: r.site, Most: 1, After: so.Last})
		if so.Candidates != 1 || so.Missing != 1 || so.Total != 2 {
			t.Errorf("second part: %+v", so)
		}
	})
}

func TestEveryExportIsLoggedAlsoOneCutOff(t *testing.T) {
	r := newRoom(t, openDB(t)).staffed()
	people := working(r)
	e := review.Export{Staff: r.site, Words: templates.Cells, Candidate: people[0].ID}
	if _, err := r.ExportPhotos(t.Context(), e, func() io.Writer { return full{} }); err == nil {
		t.Fatal("a broken line is no error")
	}
	r.photosOf(e)
	events, err := r.DB.Events(t.Context(), people[0].ID, 4)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		if e.Actor != review.Actor(r.site) {
			t.Errorf("%+v", e)
		}
		got = append(got, fmt.Sprintf("%s %v", e.Action, strings.Contains(e.Detail, `"whole":true`) && strings.Contains(e.Detail, `"photos":3`)))
	}
	if want := []string{"export.end true", "export.photos false", "export.end false", "export.photos false"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// full is a line that is cut at once.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
