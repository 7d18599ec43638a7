package notify_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/notify"
	"cailiao/sms"
	"cailiao/sms/smstest"
	"cailiao/storage"
	"cailiao/storage/storagetest"
	"cailiao/watch/watchtest"
	"cailiao/wechat"
	"cailiao/wechat/wechattest"
)

var noon = time.Date(2026, 2, 1, 12, 0, 0, 0, time.FixedZone("CST", 8*3600))

func season() *intake.Season {
	return &intake.Season{
		Name: "示例考季", Location: noon.Location(), Area: intake.Area{Name: "示例考区"},
		Window:    intake.Window{Opens: noon.AddDate(0, 0, -3), Closes: noon.AddDate(0, 0, 10), Corrections: noon.AddDate(0, 0, 20)},
		Review:    intake.Review{Deadline: 24 * time.Hour, QuietFrom: 22 * 60, QuietTo: 8 * 60, ClosingNotice: 48 * time.Hour},
		Materials: []intake.Material{{Code: "front", Name: "身份证人像面", Min: 1, Max: 1}, {Code: "trial", Name: "试用期证明", Min: 1, Max: 3}},
		Reasons:   []intake.Reason{{Code: "BLUR", Label: "模糊", Kind: intake.ReasonMaterial}},
		Sites:     []intake.Site{{Code: "A", Name: "第一考点", Contact: intake.Contact{Phone: "010-00000001"}}},
	}
}

func config() notify.Config {
	returned := notify.Template{ID: "TPL_RETURNED", Fields: map[string]string{"thing1": "item", "phrase2": "result", "time3": "deadline"}}
	reminder := notify.Template{ID: "TPL_REMINDER", Fields: map[string]string{"thing1": "item", "time2": "deadline", "thing3": "hint"}}
	result := notify.Template{ID: "TPL_RESULT", Fields: map[string]string{"thing1": "item", "phrase2": "result", "time3": "time"}}
	return notify.Config{
		intake.NoticeReceived: reminder, intake.NoticeReturned: returned, intake.NoticeRegistration: returned,
		intake.NoticeReminder: reminder, intake.NoticeOverdue: reminder, intake.NoticeSitePassed: result,
		intake.NoticePassed: result, intake.NoticeClosing: reminder, intake.NoticeAnswer: reminder,
	}
}

// world is a loop over a real database and the fake platform, with a clock that tests move.
type world struct {
	*notify.Loop
	t        *testing.T
	platform *wechattest.Platform
	texts    *smstest.Provider
	log      *watchtest.Log
	mu       sync.Mutex
	clock    time.Time
}

func newWorld(t *testing.T, db *storage.DB) *world {
	t.Helper()
	w := &world{t: t, log: watchtest.New(t, true), clock: noon}
	w.platform = wechattest.New(wechattest.Options{Now: w.now, Secret: watchtest.Secret})
	t.Cleanup(w.platform.Close)
	api := httptest.NewServer(w.platform)
	t.Cleanup(api.Close)
	o := w.platform.Options()
	account, err := wechat.Open(wechat.Config{
		AppID: o.AppID, AppSecret: o.AppSecret, Token: o.Token, EncodingAESKey: o.EncodingAESKey, APIBase: api.URL,
	}, nil, wechat.Options{Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(account.Close)
	w.texts = &smstest.Provider{KeyID: "k", Secret: "s", Now: w.now}
	provider := httptest.NewServer(w.texts)
	t.Cleanup(provider.Close)
	texts, err := sms.Open(sms.Config{Provider: "aliyun", KeyID: "k", Secret: "s", Sign: "考点", APIBase: provider.URL}, w.now)
	if err != nil {
		t.Fatal(err)
	}
	w.Loop = notify.New(notify.Loop{
		DB: db, WeChat: account, Season: season(), Config: config(), SMS: texts, Now: w.now, Owner: "test",
		Log: slog.New(slog.NewTextHandler(w.log, nil)),
	})
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

// people are n bound followers of site A.
func (w *world) people(n int) []intake.Candidate {
	w.t.Helper()
	ctx := w.t.Context()
	var rows []intake.RosterRow
	for i := range n {
		rows = append(rows, intake.RosterRow{
			Number: fmt.Sprintf("N%05d", i+1), Name: "林知夏", IDType: "居民身份证", IDNumber: fmt.Sprintf("99000019900101%04d", i+1),
			Phone: fmt.Sprintf("139%08d", i+1), Site: "A",
		})
	}
	if _, err := w.DB.ImportRoster(ctx, rows, nil); err != nil {
		w.t.Fatal(err)
	}
	var all []intake.Candidate
	for _, r := range rows {
		c, err := w.DB.CandidateByNumber(ctx, r.Number)
		if err != nil {
			w.t.Fatal(err)
		}
		c.OpenID = "o-" + r.Number
		watchtest.Secret("open id", c.OpenID)
		watchtest.Secret("name", c.Name)
		watchtest.Secret("ID number", c.IDNumber)
		watchtest.Secret("phone", c.Phone)
		if err := w.DB.Bind(ctx, c.ID, c.OpenID, w.now()); err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.DB.SaveTalk(ctx, intake.Talk{OpenID: c.OpenID, Following: true}); err != nil {
			w.t.Fatal(err)
		}
		w.user(c).Follow(ctx)
		all = append(all, c)
	}
	return all
}

func (w *world) user(c intake.Candidate) *wechattest.User { return w.platform.User("o-" + c.Number) }

// move puts a candidate's case into a state and writes what that owes, as a decision does.
func (w *world) move(c intake.Candidate, state intake.State) intake.Case {
	w.t.Helper()
	ctx := w.t.Context()
	before, err := w.DB.Case(ctx, c.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	after := before
	s := &after.Submission
	s.State = state
	if state == intake.Returned {
		s.Round++
		s.ReturnedAt, s.DeadlineAt = w.now(), w.Season.Deadline(w.now())
		after.Items = []intake.Item{{Material: "front", State: intake.ItemReturned, Resend: true, Reasons: []string{"BLUR"}}}
	}
	err = w.DB.InTx(ctx, func(tx storage.Q) error {
		if after, err = tx.SaveCase(ctx, before, after); err != nil {
			return err
		}
		if _, err := tx.CancelNotices(ctx, c.ID, before.Submission.Round, intake.RoundKinds...); err != nil {
			return err
		}
		return tx.AddNotices(ctx, intake.NoticesFor(w.Season, after, w.now()))
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return after
}

func (w *world) send() int {
	w.t.Helper()
	n, err := w.Send(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// notice is the candidate's one of a kind, in the latest round.
func (w *world) notice(c intake.Candidate, kind intake.NoticeKind) intake.Notice {
	w.t.Helper()
	all, err := w.DB.Notices(w.t.Context(), c.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	found := intake.Notice{}
	for _, n := range all {
		if n.Kind == kind {
			found = n
		}
	}
	if found.ID == 0 {
		w.t.Fatalf("no %s among %d notices", kind, len(all))
	}
	return found
}

// cards are the template messages a person has seen.
func (w *world) cards(c intake.Candidate) (titles []string) {
	for _, e := range w.user(c).Chat() {
		if e.Card != nil {
			var values []string
			for _, row := range e.Card.Rows {
				values = append(values, row.Value)
			}
			titles = append(titles, strings.Join(values, "｜"))
		}
	}
	return titles
}

func each(t *testing.T, f func(t *testing.T, w *world)) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) { f(t, newWorld(t, db)) })
}
