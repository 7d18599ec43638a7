package review_test

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"testing"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func openDB(t *testing.T) *storage.DB { return storagetest.Open(t) }

func TestAForeignCandidateIsAsUnknown(t *testing.T) {
	r := newRoom(t, openDB(t)).staffed()
	c := r.submitted()
	photo := r.caseOf(c).Photos[0]
	for _, ask := range []struct {
		name string
		do   func(who intake.Staff, candidate, photo int64) error
	}{
		{"sheet", func(who intake.Staff, id, _ int64) error { _, err := r.Sheet(t.Context(), who, id); return err }},
		{"phone", func(who intake.Staff, id, _ int64) error { _, err := r.Phone(t.Context(), who, id); return err }},
		{"photo", func(who intake.Staff, _, id int64) error {
			_, err := r.Photo(t.Context(), who, id, review.Screen)
			return err
		}},
	} {
		if err := ask.do(r.site, c.ID, photo.ID); err != nil {
			t.Errorf("%s for the own site: %v", ask.name, err)
		}
		if err := ask.do(r.other, c.ID, photo.ID); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("%s for another site: %v", ask.name, err)
		}
		if err := ask.do(r.site, c.ID+100, photo.ID+100); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("%s of nobody: %v", ask.name, err)
		}
		disabled := r.site
		disabled.Disabled = true
		if err := ask.do(disabled, c.ID, photo.ID); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("%s for a disabled account: %v", ask.name, err)
		}
	}
}

func TestTheSheetShowsWhatToCompareAndWhatToChoose(t *testing.T) {
	r := newRoom(t, openDB(t)).staffed()
	c := r.submitted()
	sheet, err := r.Sheet(t.Context(), r.site, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if sheet.MayDecide != nil || sheet.Waiting != 3 {
		t.Errorf("may decide: %v, waiting %d", sheet.MayDecide, sheet.Waiting)
	}
	texts := make(map[string]string)
	for _, f := range sheet.Fields {
		texts[f.Code] = f.Text
	}
	if texts["id_number"] != "110101 19900101 0015" && texts["id_number"] != review.Grouped(c.IDNumber) || texts["born"] != "1990-01-01" || texts["level"] != "执业" {
		t.Errorf("fields %v", texts)
	}
	if _, there := texts["fresh"]; there {
		t.Error("a plain no is noise")
	}
	var codes []string
	for _, item := range sheet.Items {
		codes = append(codes, item.Material.Code)
		if item.Material.Code == "id_front" && item.Reasons[0].Code != "ID_EXPIRED" {
			t.Errorf("the material's own reasons come first: %v", item.Reasons)
		}
	}
	if len(codes) != 4 {
		t.Errorf("items %v", codes)
	}
}

func TestAnItemOutsideTheListMustStillBeJudged(t *testing.T) {
	r := newRoom(t, openDB(t)).staffed()
	c := r.imported(1, "S1")[0]
	if err := r.DB.Bind(t.Context(), c.ID, "openid", r.clock); err != nil {
		t.Fatal(err)
	}
	for _, material := range []string{"id_front", "diploma", "trial", "pledge"} {
		r.photo(c, material, 1)
	}
	c.Attrs["fresh"] = true
	c, err := r.DB.SaveCandidate(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	r.submit(c)
	c.Attrs["fresh"] = false // the registration data are corrected: the pledge leaves the list
	if c, err = r.DB.SaveCandidate(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	sheet, err := r.Sheet(t.Context(), r.site, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	waiting := 0
	for _, item := range sheet.Items {
		if item.Waiting {
			waiting++
		}
	}
	if waiting != sheet.Waiting || waiting != 4 {
		t.Errorf("%d items can be judged, %d wait", waiting, sheet.Waiting)
	}
	if _, err := r.Decide(t.Context(), r.site, c.ID, r.verdicts(c, nil)); err != nil {
		t.Errorf("decide: %v", err)
	}
}

func TestReplacedPicturesStayVisibleBesideTheNewOnes(t *testing.T) {
	r := newRoom(t, openDB(t)).staffed()
	c := r.submitted()
	if _, err := r.Decide(t.Context(), r.site, c.ID, r.verdicts(c, map[string][]string{"id_front": {"IMG_BLUR"}})); err != nil {
		t.Fatal(err)
	}
	old := r.caseOf(c).PhotosOf("id_front")[0]
	if err := r.DB.SetPhotoState(t.Context(), old.ID, intake.Replaced, r.clock); err != nil {
		t.Fatal(err)
	}
	fresh := r.photo(c, "id_front", 2)
	r.submit(c)
	sheet, err := r.Sheet(t.Context(), r.site, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	item := sheet.Items[0]
	if len(item.Photos) != 1 || item.Photos[0].ID != fresh.ID || len(item.Earlier) != 1 || item.Earlier[0].ID != old.ID {
		t.Errorf("photos %v, earlier %v", item.Photos, item.Earlier)
	}
	if len(item.Given) != 1 || item.Given[0].Code != "IMG_BLUR" {
		t.Errorf("reasons given before: %v", item.Given)
	}
	if len(sheet.Decisions) != 1 || sheet.Decisions[0].By != r.site.Name {
		t.Errorf("decisions %+v", sheet.Decisions)
	}
}

func TestAPictureGivenByItselfIsLogged(t *testing.T) {
	r := newRoom(t, openDB(t)).staffed()
	c := r.submitted()
	photo := r.caseOf(c).Photos[0]
	for kind, want := range map[review.PhotoKind]string{
		review.Thumb: photo.Thumb, review.Screen: photo.Screen, review.Copy: photo.Copy, review.Original: photo.Original,
	} {
		picture, err := r.Photo(t.Context(), r.site, photo.ID, kind)
		if err != nil {
			t.Fatal(err)
		}
		got, err := picture.Bytes(t.Context())
		if kind == review.Screen {
			if _, shown := jpeg.Decode(bytes.NewReader(got)); shown != nil || bytes.Equal(got, screenCopy(t)) {
				t.Errorf("the screen copy carries no stamp, or is no picture: %v %v", err, shown)
			}
			continue
		}
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", kind, got, err)
		}
	}
	if _, err := r.Photo(t.Context(), r.site, photo.ID, "raw"); !errors.Is(err, intake.ErrNotFound) {
		t.Errorf("unknown kind: %v", err)
	}
	events, err := r.DB.Events(context.Background(), c.ID, 10)
	if err != nil || len(events) != 4 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	for _, e := range events {
		if e.Action != review.ActionLook || e.Actor != review.Actor(r.site) {
			t.Errorf("event %+v", e)
		}
	}
}

func TestTheQueueShowsMyWorkOnly(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.submitted()
		for _, test := range []struct {
			name string
			who  intake.Staff
			f    review.Filter
			want int
		}{
			{"site: own", r.site, review.Filter{}, 1},
			{"site: by number", r.site, review.Filter{Search: "N001"}, 1},
			{"site: by the ID's end", r.site, review.Filter{Search: c.IDNumber[14:]}, 1},
			{"site: by something else", r.site, review.Filter{Search: "N002"}, 0},
			{"other site", r.other, review.Filter{All: true}, 0},
			{"other site by number", r.other, review.Filter{All: true, Search: "N001"}, 0},
			{"area: nothing passed yet", r.area, review.Filter{}, 0},
			{"area: all", r.area, review.Filter{All: true}, 1},
			{"admin", r.admin, review.Filter{}, 1},
			{"a page beyond the end", r.site, review.Filter{From: "9.1.1.1"}, 0},
			{"a page that ends at the end", r.site, review.Filter{From: "-9.1.1.1"}, 1},
			{"a page of nonsense", r.site, review.Filter{Page: -3, From: "x.1"}, 1},
			{"a material that waits", r.site, review.Filter{Item: "trial"}, 1},
			{"a material nobody sent", r.site, review.Filter{Item: "pledge"}, 0},
			{"a kind of candidate", r.site, review.Filter{Attr: storage.Attr{Code: "level", Value: "执业"}}, 1},
			{"another kind", r.site, review.Filter{Attr: storage.Attr{Code: "level", Value: "助理"}}, 0},
			{"what I hold: nothing", r.site, review.Filter{Mine: true}, 0},
		} {
			q, err := r.Queue(t.Context(), test.who, test.f)
			if err != nil || len(q.Rows) != test.want {
				t.Errorf("%s: %d rows, want %d; %v", test.name, len(q.Rows), test.want, err)
			}
			next, err := r.Next(t.Context(), test.who, test.f, 0)
			if found := err == nil && next == c.ID; found != (test.want == 1) && test.f.From == "" {
				t.Errorf("%s: next %d, %v", test.name, next, err)
			}
		}
	})
}
