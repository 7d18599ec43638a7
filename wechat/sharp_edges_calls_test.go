package wechat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cailiao/wechat"
)

func TestEdge21EveryRefusalCarriesItsCode(t *testing.T) {
	p := newPlatform(t)
	a := open(t, p, newCache())
	for path, call := range everyCall(a) {
		p.on(path, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"errcode":45009,"errmsg":"reach max api daily quota limit rid: 1-2-3"}`)
		})
		err := call(t.Context())
		var refused *wechat.Error
		if !errors.As(err, &refused) || refused.Code != 45009 || !strings.HasSuffix(path, refused.API) ||
			!strings.Contains(refused.Message, "rid: 1-2-3") || wechat.ActionFor(err) != wechat.PauseUntilMidnight {
			t.Errorf("%s: %#v", path, err)
		}
	}
}

func TestEdge22ARefusedListIsNotAnEmptyList(t *testing.T) {
	p := newPlatform(t)
	a := open(t, p, newCache())
	const list = "/cgi-bin/template/get_all_private_template"
	p.on(list, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"errcode":48001,"errmsg":"api unauthorized"}`)
	})
	if got, err := a.Templates(t.Context()); err == nil || got != nil {
		t.Errorf("Templates: %v, %v", got, err)
	}
	p.says(list, `{"template_list":[]}`)
	if got, err := a.Templates(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("Templates: %v, %v", got, err)
	}
	p.says("/cgi-bin/user/info", `{"subscribe":0,"openid":"o"}`)
	if got, err := a.Follower(t.Context(), someone); err != nil || got.Subscribed || !got.Since.IsZero() {
		t.Errorf("Follower: %+v, %v", got, err)
	}
}

func TestEdge23QRCodes(t *testing.T) {
	p := newPlatform(t)
	a := open(t, p, newCache())
	p.says("/cgi-bin/qrcode/create", `{"errcode":0,"errmsg":"ok","ticket":"gQH+/8D==","expire_seconds":600,"url":"http://weixin.qq.com/q/x"}`)
	got, err := a.CreateQR(t.Context(), "考点-1", 10*time.Minute)
	want := wechat.QR{
		Ticket:   "gQH+/8D==",
		URL:      "http://weixin.qq.com/q/x",
		ImageURL: "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQH%2B%2F8D%3D%3D",
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	body := p.body("/cgi-bin/qrcode/create")
	if want := `{"expire_seconds":600,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"考点-1"}}}`; strings.TrimSpace(body) != want {
		t.Errorf("sent %s", body)
	}
	for _, c := range []struct {
		scene string
		ttl   time.Duration
	}{{"", time.Hour}, {strings.Repeat("x", 65), time.Hour}, {"x", 0}, {"x", 31 * 24 * time.Hour}} {
		if _, err := a.CreateQR(t.Context(), c.scene, c.ttl); !errors.Is(err, wechat.ErrArgument) {
			t.Errorf("%d characters for %s: %v", len(c.scene), c.ttl, err)
		}
	}
	p.says("/cgi-bin/qrcode/create", `{"errcode":0}`)
	if _, err := a.CreateQR(t.Context(), "x", time.Hour); err == nil {
		t.Error("an answer without a ticket is no error")
	}
	if n := p.called("/cgi-bin/qrcode/create"); n != 2 {
		t.Errorf("%d requests", n)
	}
}

func TestEdge24ATemplateMessageSendsNoEmptyMiniProgram(t *testing.T) {
	p := newPlatform(t)
	a := open(t, p, newCache())
	p.says("/cgi-bin/message/template/send", `{"errcode":0,"errmsg":"ok","msgid":4123456789012345678}`)
	id, err := a.SendTemplate(t.Context(), wechat.TemplateMessage{
		OpenID: someone, TemplateID: "T1", ClientMsgID: "notice-7", Data: map[string]string{"thing1": "a < b & \"c\""},
	})
	if err != nil || id != 4123456789012345678 {
		t.Errorf("%d, %v", id, err)
	}
	want := `{"touser":"` + someone + `","template_id":"T1","data":{"thing1":{"value":"a < b & \"c\""}},"client_msg_id":"notice-7"}`
	if got := strings.TrimSpace(p.body("/cgi-bin/message/template/send")); got != want {
		t.Errorf("sent %s\nwant %s", got, want)
	}
}

func TestEdge25EveryCallEndsWithItsContext(t *testing.T) {
	p := newPlatform(t)
	hang := make(chan struct{})
	defer close(hang)
	a := open(t, p, newCache())
	for path, call := range everyCall(a) {
		p.on(path, func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := call(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, wechat.ErrOutcomeUnknown) || wechat.ActionFor(err) != wechat.Retry {
			t.Errorf("%s: %v", path, err)
		}
		if err := call(ctx); err == nil {
			t.Errorf("%s with a dead context: no error", path)
		}
	}
}

func TestEdge25WhoeverWaitsForATokenCanStopWaiting(t *testing.T) {
	p := newPlatform(t)
	p.says("/cgi-bin/message/custom/send", `{"errcode":0}`)
	hang, arrived := make(chan struct{}), make(chan struct{}, 9)
	p.on("/cgi-bin/stable_token", func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-hang:
			io.WriteString(w, `{"access_token":"token-1","expires_in":7200}`)
		case <-r.Context().Done():
		}
	})
	a := open(t, p, newCache())
	leaderContext, stopLeader := context.WithCancel(t.Context())
	leader := make(chan error)
	go func() { leader <- a.SendText(leaderContext, someone, "leader") }()
	<-arrived
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := a.SendText(ctx, someone, "impatient")
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, wechat.ErrOutcomeUnknown) {
		t.Errorf("an impatient waiter: %v (nothing was sent, so the outcome is known)", err)
	}
	patient := make(chan error)
	go func() { patient <- a.SendText(t.Context(), someone, "patient") }()
	time.Sleep(20 * time.Millisecond)
	stopLeader()
	if err := <-leader; !errors.Is(err, context.Canceled) {
		t.Errorf("the leader: %v", err)
	}
	<-arrived // the patient waiter took over
	close(hang)
	if err := <-patient; err != nil {
		t.Errorf("the patient waiter: %v", err)
	}
}

func TestEdge25WithoutACallersLimitOursHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := openWith(t, config(), nil, wechat.Options{Now: time.Now, Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/stable_token") {
				return answering(func(*http.Request) string { return `{"access_token":"t","expires_in":7200}` }).Transport.RoundTrip(r)
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}})
		for path, call := range everyCall(a) {
			start := time.Now()
			err := call(context.Background())
			if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 30*time.Second {
				t.Errorf("%s: %v after %s", path, err, took)
			}
		}
	})
}

func TestEdge26ErrorsShowNoSecrets(t *testing.T) {
	p := newPlatform(t)
	log, logger := logged()
	cfg := config()
	cfg.APIBase = p.URL
	a := openWith(t, cfg, newCache(), wechat.Options{Log: logger})
	faults := map[string]http.HandlerFunc{
		"status 500": func(w http.ResponseWriter, r *http.Request) { http.Error(w, r.URL.String(), 500) },
		"cut": func(w http.ResponseWriter, r *http.Request) {
			c, _, _ := w.(http.Hijacker).Hijack()
			c.Close()
		},
		"no HTTP": func(w http.ResponseWriter, r *http.Request) {
			c, _, _ := w.(http.Hijacker).Hijack()
			io.WriteString(c, "HTTP/1.1 "+r.URL.RawQuery+"\r\n\r\n")
			c.Close()
		},
		"no JSON": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>"+r.URL.String()) },
		"chatty": func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			fmt.Fprintf(w, `{"errcode":40003,"errmsg":"invalid openid %s %s %s for %s, secret=%s&x"}`,
				q.Get("openid"), q.Get("secret"), q.Get("code"), q.Get("access_token"), q.Get("access_token"))
		},
	}
	if err := a.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	check := func(name string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s: no error", name)
			return
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			printed := fmt.Sprintf("%v %+v", e, e)
			for _, secret := range []string{"token-1", cfg.AppSecret, someone, "the-code", p.URL} {
				if strings.Contains(printed, secret) {
					t.Errorf("%s shows %q: %s", name, secret, printed)
				}
			}
		}
	}
	for fault, answer := range faults {
		for path, call := range everyCall(a) {
			if fault == "no JSON" && path == "/cgi-bin/media/get" {
				continue // is a file then
			}
			p.on(path, answer)
			check(path+", "+fault, call(t.Context()))
		}
		p.on("/cgi-bin/stable_token", answer)
		check("stable_token, "+fault, a.Check(t.Context()))
	}
	a.Close()
	p.Close()
	for path, call := range everyCall(a) {
		err := call(t.Context())
		check(path+", nobody there", err)
		if errors.Is(err, wechat.ErrOutcomeUnknown) {
			t.Errorf("%s: nobody was there, so nothing was done: %v", path, err)
		}
	}
	check("stable_token, nobody there", a.Check(t.Context()))
	for _, secret := range []string{"token-1", cfg.AppSecret, someone} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
}

func TestEdge27EverythingMayBeUsedAtOnce(t *testing.T) {
	p := newPlatform(t)
	wellAnswered(p)
	a, b := open(t, p, newCache()), open(t, p, newCache())
	var group sync.WaitGroup
	for round := range 8 {
		if round == 3 {
			p.revoke()
		}
		for _, account := range []*wechat.Account{a, b} {
			for path, call := range everyCall(account) {
				group.Go(func() {
					if err := call(t.Context()); err != nil {
						t.Errorf("%s: %v", path, err)
					}
				})
			}
			request := pushed(text("你好")).request(t)
			group.Go(func() {
				m, err := account.Receive(request)
				if err != nil {
					t.Error(err)
				}
				if _, err := account.Reply(m, "好"); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(2 * time.Millisecond)
	}
	group.Wait()
}

func TestEdge27TwoAccountsInOneProcessDoNotMix(t *testing.T) {
	p, q := newPlatform(t), newPlatform(t)
	wellAnswered(p)
	wellAnswered(q)
	q.valid = 7
	cache := newCache() // even shared
	a, b := open(t, p, cache), open(t, q, cache)
	for range 2 {
		for _, account := range []*wechat.Account{a, b} {
			if err := account.SendText(t.Context(), someone, "你好"); err != nil {
				t.Error(err)
			}
		}
	}
	if p.tokens() != 1 || q.tokens() != 1 || q.called("/cgi-bin/message/custom/send") != 2 {
		t.Errorf("%d and %d fetches, %d requests for 2 messages", p.tokens(), q.tokens(), q.called("/cgi-bin/message/custom/send"))
	}
}

func TestEdge28AnswersAreBoundedAndRedirectsRefused(t *testing.T) {
	p := newPlatform(t)
	elsewhere := newPlatform(t)
	wellAnswered(elsewhere)
	a := open(t, p, newCache())
	for path, call := range everyCall(a) {
		p.on(path, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
		})
		if err := call(t.Context()); err == nil || !strings.Contains(err.Error(), "307") {
			t.Errorf("%s redirected: %v", path, err)
		}
		if elsewhere.called(path) != 0 {
			t.Errorf("%s: the token went elsewhere", path)
		}
		written := make(chan int, 1)
		p.on(path, func(w http.ResponseWriter, r *http.Request) {
			n, _ := io.WriteString(w, `{"errcode":0,"errmsg":"`)
			for range 2000 {
				more, err := w.Write(bytes.Repeat([]byte("a"), 1<<16))
				n += more
				if err != nil {
					break
				}
			}
			written <- n
		})
		err := call(t.Context())
		if err == nil || !strings.Contains(err.Error(), "1 MiB") && !errors.Is(err, wechat.ErrMediaTooLarge) {
			t.Errorf("%s endless: %.200v", path, err)
		}
		if n := <-written; n > 60<<20 { // our limits and what the sockets buffer
			t.Errorf("%s: %d bytes were taken", path, n)
		}
	}
}
