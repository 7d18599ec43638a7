package app_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/intake"
	"cailiao/wechat/wechattest"
)

// The attack suite: what an attacker tries over real HTTP against the running program, and what
// must come of it. Each attack is a row: its name, how it is tried, the outcome that is right. The
// rows stand in attack_*_test.go by what they are aimed at; docs/asvs.md points to them.
type attack struct {
	name string
	try  func(b *battlefield) string
	want string
}

// battlefield is the program with two candidates at one exam site, one at another, and staff of
// each kind. The first candidate has sent a photo.
type battlefield struct {
	*apptest.World
	t       *testing.T
	victim  *wechattest.User // the first candidate
	id      int64            // theirs
	photo   int64
	foreign int64 // a candidate of another site
}

// attacks runs the rows, each on a program of its own only where it says fresh.
func attacks(t *testing.T, rows []attack) {
	t.Helper()
	b := newBattlefield(t)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			b.t = t
			if got := row.try(b); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func newBattlefield(t *testing.T) *battlefield {
	t.Helper()
	b := &battlefield{t: t, World: apptest.Start(t, "sqlite", time.Date(2026, 2, 1, 10, 0, 0, 0, time.FixedZone("CST", 8*3600)))}
	b.Import(t)
	b.AddStaff(t, "site-one", intake.RoleSite, "110101")
	b.AddStaff(t, "site-two", intake.RoleSite, "110105")
	b.AddStaff(t, "area-one", intake.RoleArea, "")
	b.victim = b.bound("o-victim", apptest.People[0])
	b.victim.SendPhoto(t.Context(), imagetest.JPEG(imagetest.Page(1, 720, 960), 70))
	b.id = b.candidate(apptest.People[0])
	b.foreign = b.candidate(apptest.People[2])
	c, err := b.DB.Case(t.Context(), b.id)
	if err != nil || len(c.Photos) != 1 {
		t.Fatalf("the victim's photo: %v", err)
	}
	b.photo = c.Photos[0].ID
	return b
}

// bound is a WeChat user bound to a person of the tests.
func (b *battlefield) bound(openID string, p apptest.Person) *wechattest.User {
	u := b.Platform.User(openID)
	ctx := b.t.Context()
	u.Follow(ctx)
	for _, words := range apptest.Binding(p) {
		u.Say(ctx, words)
	}
	return u
}

func (b *battlefield) candidate(p apptest.Person) int64 {
	c, err := b.DB.CandidateByNumber(b.t.Context(), p.Number)
	if err != nil {
		b.t.Fatal(err)
	}
	return c.ID
}

// rows counts what the database holds, to see that an attack left nothing.
func (b *battlefield) rows(tables ...string) string {
	counts, err := b.DB.TableCounts(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	var all []string
	for _, table := range tables {
		all = append(all, fmt.Sprintf("%s %d", table, counts[table]))
	}
	return strings.Join(all, ", ")
}

// unchanged is what try answers, with a word when the named tables changed meanwhile.
func (b *battlefield) unchanged(tables string, try func() string) string {
	before := b.rows(strings.Fields(tables)...)
	got := try()
	if after := b.rows(strings.Fields(tables)...); after != before {
		got += ", but " + before + " became " + after
	}
	return got
}

// post sends a bent callback; the outcome is its status.
func (b *battlefield) post(raw wechattest.Raw) string {
	answer, err := b.Platform.Post(b.t.Context(), raw)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(answer.Status)
}

// browser is somebody's browser at an address of this machine's loopback; redirects are shown, not
// followed.
func (b *battlefield) browser(address string) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	dialer := &net.Dialer{}
	if address != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(address)}
	}
	client := &http.Client{
		Jar: jar, Transport: &http.Transport{DialContext: dialer.DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	b.t.Cleanup(client.CloseIdleConnections)
	return client
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request with extra headers, as "Name: value".
func (b *battlefield) ask(client *http.Client, method, path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
		headers = append([]string{"Content-Type: application/x-www-form-urlencoded"}, headers...)
	}
	return b.send(client, method, path, body, headers...)
}

// send is ask with any body.
func (b *battlefield) send(client *http.Client, method, path string, body io.Reader, headers ...string) answer {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, b.URL, body)
	if err != nil {
		b.t.Fatal(err)
	}
	req.URL.Opaque = path // as typed: nothing is cleaned on our side
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	resp, err := client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(data)}
}

// signIn is the browser of a staff account.
func (b *battlefield) signIn(name string) *http.Client {
	b.t.Helper()
	client := b.browser("")
	got := b.ask(client, http.MethodPost, "/staff/login", url.Values{"name": {name}, "password": {apptest.Password}})
	if got.status != http.StatusSeeOther {
		b.t.Fatalf("%s cannot sign in: %d", name, got.status)
	}
	return client
}

// submit lets the victim's photo wait for a judgement.
func (b *battlefield) submit() {
	b.t.Helper()
	before, err := b.DB.Case(b.t.Context(), b.id)
	if err != nil {
		b.t.Fatal(err)
	}
	after := before
	after.Submission.State = intake.Submitted
	after.Items = []intake.Item{{Material: before.Photos[0].Material, State: intake.ItemPending, Round: 1}}
	if _, err := b.DB.SaveCase(b.t.Context(), before, after); err != nil {
		b.t.Fatal(err)
	}
}

// search searches the list for words and returns where that leads.
func (b *battlefield) search(client *http.Client, words string) string {
	b.t.Helper()
	got := b.ask(client, http.MethodPost, "/staff/", url.Values{"q": {words}, "state": {"all"}})
	if got.status != http.StatusSeeOther {
		b.t.Fatalf("searching for %.30q: %d", words, got.status)
	}
	return got.header.Get("Location")
}
