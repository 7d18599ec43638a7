package storage_test

import (
	"testing"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestLookingAtTheFeedbackIsNotedOnWhatWentOutBefore(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		all := bound(t, db, "A", 2)
		sent := promise(t, db, all[0], intake.NoticeReturned)
		promise(t, db, all[0], intake.NoticeReminder)
		other := promise(t, db, all[1], intake.NoticeReturned)
		for _, n := range []intake.Notice{sent, other} {
			ok(t, db.NoticeSent(ctx, n.ID, storage.Sending{Road: "template", MsgID: n.ID + 100, At: t0}))
		}
		ok(t, db.FeedbackOpened(ctx, all[0].ID, day(1)))
		ok(t, db.FeedbackOpened(ctx, all[0].ID, day(2))) // the first time counts
		for candidate, want := range map[int64][]bool{all[0].ID: {true, false}, all[1].ID: {false}} {
			for i, n := range must(db.Notices(ctx, candidate))(t) {
				if n.OpenedAt.Equal(day(1)) != want[i] || n.OpenedAt.IsZero() == want[i] {
					t.Errorf("candidate %d, %s: opened %s", candidate, n.Kind, n.OpenedAt)
				}
			}
		}
		same(t, must(db.SiteNoticeCounts(ctx, "B"))(t), []storage.NoticeCount(nil))
		same(t, len(must(db.SiteNoticeCounts(ctx, "A"))(t)), 2)
	})
}

func TestTheLastMessagesOfAUserWithTheirPhotos(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		var ids []int64
		for _, key := range []string{"1", "2", "3"} {
			m, _, err := db.Record(ctx, message(key, c.OpenID))
			ok(t, err)
			ids = append(ids, m.ID)
		}
		_, _, err := db.Record(ctx, message("4", "somebody else"))
		ok(t, err)
		p := photo(c.ID, "diploma")
		p.MessageID = ids[1]
		p = must(db.AddPhoto(ctx, p))(t)
		var got []int64
		for _, m := range must(db.Talked(ctx, c.OpenID, 2))(t) {
			got = append(got, m.ID)
		}
		same(t, got, ids[1:])
		photos := must(db.PhotosByMessages(ctx, got))(t)
		if len(photos) != 1 || photos[0].ID != p.ID {
			t.Errorf("photos %+v", photos)
		}
		same(t, len(must(db.PhotosByMessages(ctx, nil))(t)), 0)
	})
}
