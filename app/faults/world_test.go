// Package faults holds the whole program against docs/faults.md: what was acknowledged has its effect exactly once,
// whatever breaks at whatever step. Its tests start servers and processes of their own and stop them by pid.
package faults

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/intake"
	"cailiao/review"
	"cailiao/seal"
	"cailiao/storage"
	"cailiao/storage/storagetest"
	"cailiao/watch/watchtest"
	"cailiao/wechat"
	"cailiao/wechat/wechattest"
)

// settings are what an instance of the program is started with, in this process or another.
type settings struct {
	Database storage.Config
	Redis    storage.RedisConfig
	Blobs    string
	Keys     string // file
	WeChat   wechat.Config
	Listen   string        // empty: any port
	Step     string        // the instance kills itself there, once; empty: it lives
	Files    uint64        // file descriptors at most; 0: as many as there are
	Quiet    time.Duration // end of an album
	Patience time.Duration // 0: as in production
	InHand   int           // messages at once; 0: as in production
}

// open opens the program as `cailiao serve` does, with a season whose window is open now.
func (s settings) open(ctx context.Context, options app.Options) (*app.App, error) {
	cfg, err := app.LoadConfig(filepath.Join(apptest.Root(), "config.example.yaml"))
	if err != nil {
		return nil, err
	}
	cfg.Keys = seal.Config{File: s.Keys}
	cfg.Database, cfg.Redis, cfg.Blobs, cfg.WeChat = s.Database, s.Redis, storage.BlobsConfig{Dir: s.Blobs}, s.WeChat
	loaded, pictures, err := app.LoadSeason(cfg.Season, cfg.Location())
	if err != nil {
		return nil, err
	}
	now := time.Now()
	options.Season, options.Pictures = loaded.Shift(now.AddDate(0, 0, -1), now.AddDate(0, 0, 20), now.AddDate(0, 0, 20)), pictures
	a, err := app.Open(ctx, cfg, options)
	if err == nil {
		a.Bot.Quiet, a.Bot.Patience, a.Bot.InHand = s.Quiet, s.Patience, s.InHand
	}
	return a, err
}

// world is everything around the instances: the stores, WeChat, and the people who write.
type world struct {
	t        *testing.T
	name     string
	settings settings
	db       *storage.DB // past every proxy
	phone    *wechattest.Platform
	picture  []byte
	told     sync.Map // open id → *atomic.Int64: customer-service messages

	lastID atomic.Int64
	mu     sync.Mutex
	sent   []*letter
}

// letter is one message somebody sent.
type letter struct {
	openID string
	key    string // of its row
	inner  []byte
	acked  time.Time // zero: WeChat gave up
	took   time.Duration
	tries  int
	reply  bool // with words, not just "success"
}

func openWorld(t *testing.T, engine string, people int) *world {
	t.Helper()
	w := &world{t: t, name: rand.Text(), picture: imagetest.Photo(1)}
	w.phone = wechattest.New(wechattest.Options{Secret: watchtest.Secret})
	t.Cleanup(w.phone.Close)
	api := httptest.NewServer(http.HandlerFunc(w.platform))
	t.Cleanup(api.Close)
	o := w.phone.Options()
	w.settings = settings{
		Blobs: t.TempDir(), Keys: storagetest.KeyFile(t), Quiet: 20 * time.Millisecond,
		WeChat: wechat.Config{AppID: o.AppID, AppSecret: o.AppSecret, Token: o.Token, EncodingAESKey: o.EncodingAESKey, APIBase: api.URL},
	}
	w.settings.Database, w.settings.Redis = storagetest.Stores(t, engine)
	w.settle(people)
	return w
}

// settle brings bound candidates into the database.
func (w *world) settle(people int) {
	w.t.Helper()
	cfg, err := app.LoadConfig(filepath.Join(apptest.Root(), "config.example.yaml"))
	if err != nil {
		w.t.Fatal(err)
	}
	cfg.Database, cfg.Keys = w.settings.Database, seal.Config{File: w.settings.Keys}
	desk, closeDB, err := app.OpenDesk(w.t.Context(), cfg, watchtest.Logger(w.t))
	if err != nil {
		w.t.Fatal(err)
	}
	w.db = desk.DB
	w.t.Cleanup(func() { closeDB() })
	var roster []apptest.Person
	for i := range people {
		roster = append(roster, apptest.Someone(i))
	}
	report, err := desk.ImportRoster(w.t.Context(), strings.NewReader(apptest.RosterCSV(roster)), review.ImportOptions{})
	if err != nil || len(report.Problems) > 0 {
		w.t.Fatalf("import: %v %v", err, report.Problems)
	}
	err = w.db.InTx(w.t.Context(), func(tx storage.Q) error {
		for i, p := range roster {
			c, err := tx.CandidateByNumber(w.t.Context(), p.Number)
			if err == nil {
				err = tx.Bind(w.t.Context(), c.ID, w.person(i), time.Now())
			}
			if err == nil {
				c.PhoneOK = true
				_, err = tx.SaveCandidate(w.t.Context(), c)
			}
			if err == nil {
				_, err = tx.SaveTalk(w.t.Context(), intake.Talk{OpenID: w.person(i), Following: true, Stage: "upload", HeardAt: time.Now()})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// person is the open id of somebody of this world: the Redis may be shared with other tests.
func (w *world) person(i int) string { return fmt.Sprint("o-", w.name, "-", i) }

// platform is what the program asks of WeChat, which is well here; TestWeChatFaults has the one that is not.
func (w *world) platform(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what died while asking needs no answer
	switch r.URL.Path {
	case "/cgi-bin/stable_token":
		fmt.Fprint(out, `{"access_token":"T","expires_in":7200}`)
	case "/cgi-bin/media/get":
		out.Header().Set("Content-Type", "image/jpeg")
		out.Write(w.picture)
		fmt.Fprintf(out, "%-16s", r.URL.Query().Get("media_id"))
	case "/cgi-bin/message/custom/send":
		var to struct{ Touser string }
		if json.Unmarshal(body, &to) == nil {
			n, _ := w.told.LoadOrStore(to.Touser, new(atomic.Int64))
			n.(*atomic.Int64).Add(1)
		}
		fallthrough
	default:
		fmt.Fprint(out, `{"errcode":0,"errmsg":"ok"}`)
	}
}

func (w *world) toldTo(openID string) int {
	n, ok := w.told.Load(openID)
	if !ok {
		return 0
	}
	return int(n.(*atomic.Int64).Load())
}

// text and photo make a letter; it counts from now on.
func (w *world) text(openID, words string) *letter {
	return w.letter(openID, "text", "<Content><![CDATA["+words+"]]></Content>")
}

func (w *world) photo(openID string) *letter {
	return w.letter(openID, "image", fmt.Sprintf("<MediaId><![CDATA[m%d]]></MediaId>", w.lastID.Load()))
}

func (w *world) letter(openID, kind, middle string) *letter {
	id, now := 24_000_000_000_000_000+w.lastID.Add(1), time.Now().Unix()
	l := &letter{openID: openID, key: fmt.Sprintf("%s:%s:%d:%d", kind, openID, id, now)}
	l.inner = fmt.Appendf(nil, "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName>"+
		"<CreateTime>%d</CreateTime><MsgType><![CDATA[%s]]></MsgType>%s<MsgId>%d</MsgId></xml>", openID, now, kind, middle, id)
	w.mu.Lock()
	w.sent = append(w.sent, l)
	w.mu.Unlock()
	return l
}

// WeChat's rule: five seconds for each of three tries.
const (
	wechatWaits = 5 * time.Second
	wechatTries = 3
)

var mail = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512}, Timeout: wechatWaits}

// post delivers a letter as WeChat does; where tells the address for each try.
func (w *world) post(l *letter, where func() string) {
	for l.tries < wechatTries {
		l.tries++
		began := time.Now()
		body, err := w.push(l, where())
		l.took = max(l.took, time.Since(began))
		if err == nil {
			l.acked, l.reply = time.Now(), strings.Contains(body, "<Encrypt>")
			return
		}
		time.Sleep(max(0, time.Second-time.Since(began))) // WeChat does not come back at once
	}
}

func (w *world) push(l *letter, url string) (string, error) {
	raw := w.phone.Sealed(l.inner, time.Now())
	resp, err := mail.Post(url+"/wechat?"+raw.Query.Encode(), "text/xml", strings.NewReader(string(raw.Body)))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return string(body), err
}

// instance is the program running in this process.
type instance struct {
	*app.App
	url  string
	stop func() error
}

func (w *world) start(s settings, options app.Options) *instance {
	w.t.Helper()
	if options.Log == nil {
		options.Log = watchtest.Logger(w.t)
	}
	a, err := s.open(w.t.Context(), options)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.serve(a)
}

func (w *world) serve(a *app.App) *instance {
	w.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	served := make(chan error, 1)
	go func() { served <- a.Serve(ctx, ln) }()
	i := &instance{App: a, url: "http://" + ln.Addr().String(), stop: sync.OnceValue(func() error {
		cancel()
		return errors.Join(<-served, a.Close())
	})}
	w.t.Cleanup(func() { i.stop() })
	return i
}

func TestMain(m *testing.M) {
	if s := os.Getenv(childEnv); s != "" {
		if err := child(s); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
