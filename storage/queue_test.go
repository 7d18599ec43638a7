package storage_test

import (
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// move sets where a candidate's submission stands.
func move(t *testing.T, db *storage.DB, candidateID int64, change func(s *intake.Submission)) {
	t.Helper()
	before := must(db.Case(t.Context(), candidateID))(t)
	after := before
	change(&after.Submission)
	must(db.SaveCase(t.Context(), before, after))(t)
}

func ids(rows []storage.QueueRow) []int64 {
	all := []int64{}
	for _, r := range rows {
		all = append(all, r.CandidateID)
	}
	return all
}

// queueOf makes a site whose queue of submitted cases reads, by index: 3, 4, 1, 0, 2; 5 is
// overdue with its correction, 6 has until tomorrow, 7 still collects.
func queueOf(t *testing.T, db *storage.DB, site string) []int64 {
	t.Helper()
	all := bound(t, db, site, 8)
	id := make([]int64, len(all))
	for i, c := range all {
		id[i] = c.ID
	}
	submitted := func(i, round int, at, deadline time.Time) {
		move(t, db, id[i], func(s *intake.Submission) {
			s.State, s.Round, s.SubmittedAt, s.DeadlineAt = intake.Submitted, round, at, deadline
		})
	}
	submitted(0, 1, day(2), time.Time{})
	submitted(1, 1, day(1), time.Time{})
	submitted(2, 1, day(2), time.Time{})
	submitted(3, 2, day(3), day(4))
	submitted(4, 2, day(1), day(5))
	for i, deadline := range map[int]time.Time{5: day(-1), 6: day(1)} {
		move(t, db, id[i], func(s *intake.Submission) {
			s.State, s.Round, s.ReturnedAt, s.DeadlineAt = intake.Returned, 2, day(-2), deadline
		})
	}
	return id
}

func TestQueueOrderFiltersAndPages(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		db.Now = func() time.Time { return day(7) }
		a, b := queueOf(t, db, "A"), queueOf(t, db, "B")
		queue := func(f storage.QueueFilter) []int64 { return ids(must(db.Queue(ctx, f))(t)) }
		pick := func(id []int64, order ...int) []int64 {
			all := []int64{}
			for _, i := range order {
				all = append(all, id[i])
			}
			return all
		}
		submitted := storage.QueueFilter{Site: "A", State: intake.Submitted}
		same(t, queue(submitted), pick(a, 3, 4, 1, 0, 2))
		submitted.Limit = 2
		for _, f := range []storage.QueueFilter{submitted, {Site: "A", Limit: 2}, {Limit: 3}, {State: intake.Returned, Limit: 1}} {
			walksBothWays(t, db, f)
		}
		same(t, queue(storage.QueueFilter{Site: "B"}), pick(b, 5, 6, 3, 4, 7, 1, 0, 2))
		same(t, queue(storage.QueueFilter{State: intake.Returned}), []int64{a[5], b[5], a[6], b[6]})
		same(t, len(queue(storage.QueueFilter{})), 16)
		same(t, queue(storage.QueueFilter{Overdue: true, Now: t0, Site: "A"}), pick(a, 5))
		same(t, queue(storage.QueueFilter{Overdue: true, Now: t0}), []int64{a[5], b[5]})
		same(t, queue(storage.QueueFilter{Overdue: true, Now: t0, State: intake.Submitted}), []int64{})
		same(t, queue(storage.QueueFilter{Site: "nowhere"}), []int64{})

		same(t, must(db.QueueCounts(ctx, "A"))(t), map[intake.State]int{intake.Submitted: 5, intake.Returned: 2, intake.Collecting: 1})
		same(t, must(db.QueueCounts(ctx, ""))(t)[intake.Submitted], 10)

		row := must(db.Queue(ctx, storage.QueueFilter{Site: "A", State: intake.Returned}))(t)[0]
		same(t, row, storage.QueueRow{CandidateID: a[5], Number: "A00006", Name: "考生00006", Site: "A",
			Attrs: map[string]any{"level": "执业", "years": 3}, State: intake.Returned, Round: 2,
			DeadlineAt: day(-1), ReturnedAt: day(-2), UpdatedAt: day(7),
			Place: storage.Place{Round: 0, Due: day(-1).UnixMicro(), Candidate: a[5]}})
	})
}

// walksBothWays turns all pages of a queue, there and back.
func walksBothWays(t *testing.T, db *storage.DB, f storage.QueueFilter) {
	t.Helper()
	whole := f
	whole.Limit = 100
	want := ids(must(db.Queue(t.Context(), whole))(t))
	var there []int64
	var last []storage.QueueRow
	for page := must(db.Queue(t.Context(), f))(t); len(page) > 0; page = must(db.Queue(t.Context(), f))(t) {
		there, last = append(there, ids(page)...), page
		place, fine := storage.ParsePlace(page[len(page)-1].Place.String())
		if !fine {
			t.Fatal("a place is not read as it was written")
		}
		f.Behind = &place
	}
	same(t, there, want)
	back := ids(last)
	f.Behind, f.Before = nil, &last[0].Place
	for page := must(db.Queue(t.Context(), f))(t); len(page) > 0; page = must(db.Queue(t.Context(), f))(t) {
		back = append(ids(page), back...)
		f.Before = &page[0].Place
	}
	same(t, back, want)
}

func TestTheQueueByMaterialAttributeAndHolder(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		a := queueOf(t, db, "A")
		items := func(i int, states map[string]intake.ItemState) {
			before := must(db.Case(ctx, a[i]))(t)
			after := before
			for material, state := range states {
				after.Items = append(after.Items, intake.Item{Material: material, State: state})
			}
			must(db.SaveCase(ctx, before, after))(t)
		}
		items(0, map[string]intake.ItemState{"diploma": intake.ItemPending, "trial": intake.ItemPending})
		items(1, map[string]intake.ItemState{"diploma": intake.ItemSitePassed, "trial": intake.ItemPending})
		items(5, map[string]intake.ItemState{"diploma": intake.ItemReturned})
		queue := func(f storage.QueueFilter) []int64 { return ids(must(db.Queue(ctx, f))(t)) }
		same(t, queue(storage.QueueFilter{Item: "diploma", State: intake.Submitted}), []int64{a[0]})
		same(t, queue(storage.QueueFilter{Item: "trial", State: intake.Submitted}), []int64{a[1], a[0]})
		same(t, queue(storage.QueueFilter{Item: "diploma", State: intake.Returned}), []int64{a[5]})
		same(t, queue(storage.QueueFilter{Item: "trial", Search: "考生00001"}), []int64{a[0]})
		same(t, queue(storage.QueueFilter{Item: "pledge"}), []int64{})
		same(t, must(db.NextInQueue(ctx, storage.QueueFilter{Item: "trial", State: intake.Submitted}, a[1]))(t), a[0])

		c := must(db.Candidate(ctx, a[2]))(t)
		must(db.ImportRoster(ctx, []intake.RosterRow{{Line: 2, Number: c.Number, Name: c.Name, IDNumber: c.IDNumber, Site: "A",
			Attrs: map[string]any{"level": "助理"}}}, nil))(t)
		same(t, queue(storage.QueueFilter{Attr: storage.Attr{Code: "level", Value: "助理"}}), []int64{a[2]})
		same(t, queue(storage.QueueFilter{Attr: storage.Attr{Code: "level", Value: "助理"}, Item: "trial"}), []int64{})
		same(t, len(queue(storage.QueueFilter{Attr: storage.Attr{Code: "level", Value: "执业"}, State: intake.Submitted})), 4)

		one := must(db.AddStaff(ctx, intake.Staff{Name: "one"}))(t)
		two := must(db.AddStaff(ctx, intake.Staff{Name: "two"}))(t)
		ok(t, db.PutHold(ctx, storage.Hold{CandidateID: a[4], StaffID: one.ID, Token: "x", Since: day(1), Until: day(2)}))
		mine := storage.QueueFilter{Mine: one.ID, Now: day(1)}
		same(t, queue(mine), []int64{a[4]})
		same(t, must(db.Queue(ctx, mine))(t)[0].Holder.Name, "one")
		same(t, queue(storage.QueueFilter{Mine: one.ID, Now: day(3)}), []int64{})
		same(t, queue(storage.QueueFilter{Mine: two.ID, Now: day(1)}), []int64{})
		next := func(free int64, now time.Time) int64 {
			return must(db.NextInQueue(ctx, storage.QueueFilter{State: intake.Submitted, Free: free, Now: now}, a[3]))(t)
		}
		same(t, next(two.ID, day(1)), a[1])
		same(t, next(one.ID, day(1)), a[4])
		same(t, next(two.ID, day(3)), a[4])
		ok(t, db.SetStaffDisabled(ctx, one.ID, true))
		same(t, next(two.ID, day(1)), a[4])
	})
}

func TestQueueShowsPhotosAndWhatWasNotDelivered(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		a := queueOf(t, db, "A")
		for range 2 {
			must(db.AddPhoto(ctx, photo(a[5], "diploma")))(t)
		}
		gone := must(db.AddPhoto(ctx, photo(a[5], "diploma")))(t)
		ok(t, db.SetPhotoState(ctx, gone.ID, intake.Deleted, t0))
		row := func() storage.QueueRow {
			return must(db.Queue(ctx, storage.QueueFilter{State: intake.Returned}))(t)[0]
		}
		same(t, row().Photos, 2)
		fail := func(key string, round int) int64 {
			ok(t, db.AddNotices(ctx, []intake.Notice{{Key: key, Kind: intake.NoticeReturned, CandidateID: a[5], Round: round}}))
			all := must(db.Notices(ctx, a[5]))(t)
			n := all[len(all)-1]
			ok(t, db.NoticeFailed(ctx, n.ID, 43004, "unfollowed", t0))
			return n.ID
		}
		fail("old", 1)
		same(t, row().Undelivered, false)
		n := fail("now", 2)
		same(t, row().Undelivered, true)
		ok(t, db.MarkHeaded(ctx, n))
		same(t, row().Undelivered, false)
	})
}

func TestSearchFindsByNumberNameAndIDTail(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		a := queueOf(t, db, "A")
		_, err := db.ImportRoster(ctx, []intake.RosterRow{
			{Line: 2, Number: "N1", Name: "欧阳修", IDNumber: "11010119900101123X", Site: "A"},
			{Line: 3, Number: "N2", Name: "欧阳修远", IDNumber: "110101199001011234", Site: "B"},
			{Line: 4, Number: "N3", Name: "欧", IDNumber: "1", Site: "B"},
			{Line: 5, Number: "N4", Name: "o%_'", IDNumber: "2", Site: "B"},
		}, nil)
		ok(t, err)
		search := func(f storage.QueueFilter) []string {
			found := []string{}
			for _, r := range must(db.Queue(ctx, f))(t) {
				found = append(found, r.Number)
			}
			return found
		}
		for text, want := range map[string][]string{
			"A00003": {"A00003"}, "a00003": {}, "0003": {"A00003"}, "123x": {"N1"}, " 欧阳修 ": {"N1", "N2"}, "欧": {"N1", "N2", "N3"},
			"修": {}, "%": {}, "o%": {"N4"}, "' OR 1=1 --": {}, "考生00003": {"A00003"}, "1": {"N3"},
		} {
			if got := search(storage.QueueFilter{Search: text}); len(got) != len(want) {
				t.Errorf("search %q: %v, want %v", text, got, want)
			} else {
				same(t, got, want)
			}
		}
		same(t, search(storage.QueueFilter{Search: "欧", Site: "B"}), []string{"N2", "N3"})
		same(t, search(storage.QueueFilter{Search: "欧", State: intake.Collecting, Limit: 1, Offset: 1}), []string{"N2"})
		same(t, search(storage.QueueFilter{Search: "欧", State: intake.Submitted}), []string{})
		same(t, search(storage.QueueFilter{Search: "考生", State: intake.Submitted, Limit: 2}), []string{"A00004", "A00005"})
		same(t, search(storage.QueueFilter{Search: "考生", Overdue: true, Now: t0}), []string{"A00006"})
		row := must(db.Queue(ctx, storage.QueueFilter{Search: "N1"}))(t)[0]
		same(t, []any{row.State, row.Round, row.UpdatedAt}, []any{intake.Collecting, 1, time.Time{}})
		next := must(db.NextInQueue(ctx, storage.QueueFilter{Search: "考生", State: intake.Submitted}, a[3]))(t)
		same(t, next, a[4])
		next = must(db.NextInQueue(ctx, storage.QueueFilter{Search: "考生", State: intake.Submitted}, a[2]))(t)
		same(t, next, a[3])
		_, err = db.NextInQueue(ctx, storage.QueueFilter{Search: "nobody"}, 0)
		is(t, err, intake.ErrNotFound)
	})
}

func TestNextInQueueWalksTheWholeQueueAndComesRound(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		a := queueOf(t, db, "A")
		queueOf(t, db, "B")
		for _, f := range []storage.QueueFilter{
			{Site: "A", State: intake.Submitted}, {Site: "A"}, {State: intake.Submitted}, {}, {Overdue: true, Now: day(2)},
		} {
			queue := ids(must(db.Queue(ctx, f))(t))
			after := int64(0)
			for i := range 2 * len(queue) {
				after = must(db.NextInQueue(ctx, f, after))(t)
				same(t, after, queue[i%len(queue)])
			}
		}
		// Whoever was decided leaves the queue, but the place is remembered.
		f := storage.QueueFilter{Site: "A", State: intake.Submitted}
		move(t, db, a[1], func(s *intake.Submission) { s.State = intake.SitePassed })
		same(t, must(db.NextInQueue(ctx, f, a[1]))(t), a[0])
		for _, i := range []int{0, 2, 3} {
			move(t, db, a[i], func(s *intake.Submission) { s.State = intake.SitePassed })
		}
		same(t, must(db.NextInQueue(ctx, f, 0))(t), a[4])
		_, err := db.NextInQueue(ctx, f, a[4])
		is(t, err, intake.ErrNotFound)
		_, err = db.NextInQueue(ctx, storage.QueueFilter{Site: "nowhere"}, 0)
		is(t, err, intake.ErrNotFound)
	})
}
