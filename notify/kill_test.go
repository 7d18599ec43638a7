package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/notify"
	"cailiao/seal"
	"cailiao/storage"
	"cailiao/storage/storagetest"
	"cailiao/watch/watchtest"
	"cailiao/wechat"
	"cailiao/wechat/wechattest"
)

var (
	killFor  = flag.Duration("kill-for", 4*time.Second, "how long instances are killed at random")
	killSeed = flag.Uint64("kill-seed", 0, "seed of the kills; 0: another one each time, printed")
)

const childEnv = "CAILIAO_NOTIFY_CHILD"

func TestMain(m *testing.M) {
	if settings := os.Getenv(childEnv); settings != "" {
		if err := child(settings); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// instance is what a process of the program under test needs to know.
type instance struct {
	Database storage.Config
	WeChat   wechat.Config
	Owner    string
	People   int64 // candidates have the ids 1 to People
	Seed     uint64
}

// child decides on candidates and sends notices until it is killed.
func child(settings string) error {
	var in instance
	if err := json.Unmarshal([]byte(settings), &in); err != nil {
		return err
	}
	l, err := in.open(context.Background())
	if err != nil {
		return err
	}
	go l.Run(context.Background())
	r := rand.New(rand.NewPCG(in.Seed, uint64(os.Getpid())))
	for {
		if err := pass(context.Background(), l, 1+r.Int64N(in.People), r.IntN(10) == 0); err != nil && !errors.Is(err, errUndone) {
			fmt.Fprintln(os.Stderr, "decision:", err)
		}
		time.Sleep(time.Duration(r.IntN(8)) * time.Millisecond)
	}
}

func (in instance) open(ctx context.Context) (*notify.Loop, error) {
	keys, err := seal.Load(ctx, seal.Config{Content: storagetest.KeyText})
	if err != nil {
		return nil, err
	}
	db, err := storage.Open(ctx, in.Database, keys)
	if err != nil {
		return nil, err
	}
	account, err := wechat.Open(in.WeChat, nil, wechat.Options{})
	if err != nil {
		return nil, err
	}
	clock, err := db.Clock(ctx, nil)
	if err != nil {
		return nil, err
	}
	now := clock.Now()
	s := season()
	s.Review.QuietFrom, s.Review.QuietTo = 0, 0
	s.Window = intake.Window{Opens: now.AddDate(0, 0, -1), Closes: now.AddDate(0, 0, 9), Corrections: now.AddDate(0, 0, 9)}
	return notify.New(notify.Loop{
		DB: db, WeChat: account, Season: s, Config: config(), Now: clock.Now, Owner: in.Owner, Lease: 3 * time.Second,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	}), nil
}

var errUndone = errors.New("undone")

// pass is a decision: the case and its notice in one transaction, sometimes undone at the end.
func pass(ctx context.Context, l *notify.Loop, id int64, undo bool) error {
	err := l.DB.InTx(ctx, func(tx storage.Q) error {
		before, err := tx.LockCase(ctx, id)
		if err != nil || before.Submission.State != intake.Collecting {
			return err
		}
		after := before
		after.Submission.State = intake.Passed
		if after, err = tx.SaveCase(ctx, before, after); err != nil {
			return err
		}
		if err := tx.AddNotices(ctx, intake.NoticesFor(l.Season, after, l.Now())); err != nil {
			return err
		}
		if undo {
			return errUndone
		}
		return nil
	})
	l.Wake()
	return err
}

// post is one message that WeChat took, as it came in.
type post struct {
	from int
	at   time.Time
}

// gate stands before the platform and keeps what it took, by client_msg_id.
type gate struct {
	platform *wechattest.Platform
	mu       sync.Mutex
	taken    map[string][]post
}

func (g *gate) of(from int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the sender died while sending
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		at := time.Now()
		g.platform.ServeHTTP(answer, r)
		if strings.HasSuffix(r.URL.Path, "template/send") && strings.Contains(answer.Body.String(), `"errcode":0`) {
			var in struct {
				ID string `json:"client_msg_id"`
			}
			if json.Unmarshal(body, &in) == nil {
				g.mu.Lock()
				g.taken[in.ID] = append(g.taken[in.ID], post{from, at})
				g.mu.Unlock()
			}
		}
		time.Sleep(2 * time.Millisecond) // between sending and marking there is a network
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes())
	})
}

// TestKilledInstancesLoseNothing kills instances (two on MySQL or MariaDB, one on SQLite) with
// SIGKILL at random while they decide and send. For the long run:
//
//	go test ./notify -run TestKilledInstancesLoseNothing -v -kill-for 60s
func TestKilledInstancesLoseNothing(t *testing.T) {
	storagetest.EachConfig(t, func(t *testing.T, cfg storage.Config) {
		instances := 1
		if cfg.Driver == "mysql" {
			instances = 2
		}
		killing(t, cfg, instances)
	})
}

func killing(t *testing.T, cfg storage.Config, instances int) {
	ctx := t.Context()
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	r := rand.New(rand.NewPCG(seed, 1))
	people := 200 + int64(killFor.Seconds()*150)
	db, err := storage.Open(ctx, cfg, storagetest.Keys(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	g := &gate{platform: wechattest.New(wechattest.Options{Secret: watchtest.Secret}), taken: map[string][]post{}}
	defer g.platform.Close()
	crowd(t, db, g.platform, people)
	settings := make([]instance, instances)
	for i := range settings {
		api := httptest.NewServer(g.of(i))
		defer api.Close()
		o := g.platform.Options()
		settings[i] = instance{
			Database: cfg, Owner: fmt.Sprint("instance-", i), People: people, Seed: seed,
			WeChat: wechat.Config{AppID: o.AppID, AppSecret: o.AppSecret, Token: o.Token, EncodingAESKey: o.EncodingAESKey, APIBase: api.URL},
		}
	}
	kills := killAtRandom(t, r, settings)

	last, err := settings[0].open(ctx) // what is left over
	if err != nil {
		t.Fatal(err)
	}
	defer last.DB.Close()
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		if _, err := last.Send(ctx); err != nil {
			t.Fatal(err)
		}
		counts, err := db.NoticeCounts(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(counts) == 1 && counts[0].State == intake.NoticeSent {
			break
		}
	}
	g.platform.Wait()
	count(t, db, g, people, kills, seed)
}

// crowd imports and binds the candidates.
func crowd(t *testing.T, db *storage.DB, platform *wechattest.Platform, n int64) {
	t.Helper()
	ctx := t.Context()
	var rows []intake.RosterRow
	for i := range n {
		rows = append(rows, intake.RosterRow{Number: fmt.Sprint("N", i+1), Name: "林知夏", IDType: "居民身份证", IDNumber: fmt.Sprint("99", i+1), Site: "A"})
	}
	if _, err := db.ImportRoster(ctx, rows, nil); err != nil {
		t.Fatal(err)
	}
	err := db.InTx(ctx, func(tx storage.Q) error {
		for id := int64(1); id <= n; id++ {
			openID := fmt.Sprint("o-", id)
			if err := tx.Bind(ctx, id, openID, time.Now()); err != nil {
				return err
			}
			if _, err := tx.SaveTalk(ctx, intake.Talk{OpenID: openID, Following: true}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for id := int64(1); id <= n; id++ {
		platform.User(fmt.Sprint("o-", id)).Follow(ctx)
	}
}

type kill struct {
	instance int
	at       time.Time
}

// killAtRandom starts the instances, and kills and restarts one after the other.
func killAtRandom(t *testing.T, r *rand.Rand, settings []instance) (kills []kill) {
	t.Helper()
	running := make([]*exec.Cmd, len(settings))
	log := io.MultiWriter(os.Stderr, watchtest.New(t, true))
	start := func(i int) {
		in, err := json.Marshal(settings[i])
		if err != nil {
			t.Fatal(err)
		}
		running[i] = exec.Command(os.Args[0], "-test.run=^$")
		running[i].Env = append(os.Environ(), childEnv+"="+string(in))
		running[i].Stderr = log
		if err := running[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	stop := func(i int) {
		running[i].Process.Kill()
		running[i].Wait() // it was killed: that is its error
		kills = append(kills, kill{i, time.Now()})
	}
	for i := range settings {
		start(i)
	}
	for until := time.Now().Add(*killFor); time.Now().Before(until); {
		time.Sleep(time.Duration(500+r.IntN(2000)) * time.Millisecond)
		i := r.IntN(len(settings))
		stop(i)
		start(i)
	}
	for i := range settings {
		stop(i)
	}
	return kills
}

// count compares what was decided, what was promised and what was sent.
func count(t *testing.T, db *storage.DB, g *gate, people int64, kills []kill, seed uint64) {
	t.Helper()
	ctx := t.Context()
	var decided, promised, lost, phantom, twice, unexplained int
	rows := map[string]bool{}
	for id := int64(1); id <= people; id++ {
		c, err := db.Case(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		notices, err := db.Notices(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		promised += len(notices)
		if c.Submission.State == intake.Passed {
			decided++
			if len(notices) != 1 {
				lost++
			}
		} else if len(notices) > 0 {
			phantom++
		}
		for _, n := range notices {
			key := "notice-" + strconv.FormatInt(n.ID, 10)
			rows[key] = true
			if n.State != intake.NoticeSent && n.State != intake.NoticeDelivered || len(g.taken[key]) == 0 {
				lost++
			}
		}
	}
	for key, posts := range g.taken {
		if !rows[key] {
			phantom++
		}
		for i := 1; i < len(posts); i++ {
			twice++
			if !diedBetween(kills, posts[i-1], posts[i]) {
				unexplained++
			}
		}
	}
	t.Logf("seed %d: %s, %d kills; decided %d, promised %d, sent %d; lost %d, phantom %d, sent twice %d (%.2f %%), of these not between send and mark %d",
		seed, *killFor, len(kills), decided, promised, len(g.taken), lost, phantom, twice, 100*float64(twice)/float64(max(promised, 1)), unexplained)
	if lost > 0 || phantom > 0 || unexplained > 0 || promised == 0 {
		t.Error("a notice was lost, made up or doubled without need")
	}
	// Few notices and many kills leave no room for a share: then some for each kill.
	if limit := max(promised/100, 4*len(kills)); twice > limit || *killFor >= 30*time.Second && twice > promised/100 {
		t.Errorf("%d sent twice", twice)
	}
}

// diedBetween: the one who sent first was killed before it could mark.
func diedBetween(kills []kill, first, second post) bool {
	for _, k := range kills {
		if k.instance == first.from && k.at.After(first.at) && k.at.Before(second.at) {
			return true
		}
	}
	return false
}
