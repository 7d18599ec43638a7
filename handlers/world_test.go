package handlers_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/crypto/argon2"

	"cailiao/handlers"
	"cailiao/intake"
	"cailiao/privacy"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/storage/storagetest"
	"cailiao/watch/watchtest"
	"cailiao/wechat"
	"cailiao/wechat/wechattest"
)

const password = "a long password"

// world is a house over real HTTP with two exam sites, S1 and S2, and one account of each kind.
type world struct {
	*handlers.House
	t        *testing.T
	server   *httptest.Server
	platform *wechattest.Platform
	bot      *answers
	log      *watchtest.Log
	clock    time.Time
}

// answers is the bot: it says what it is told to, or fails.
type answers struct {
	reply string
	err   error
	panic bool
	heard []wechat.Message
}

func (a *answers) Answer(_ context.Context, m wechat.Message) (string, error) {
	a.heard = append(a.heard, m)
	if a.panic {
		panic("a secret in the panic")
	}
	return a.reply, a.err
}

func newWorld(t *testing.T) *world { return newWorldOn(t, storagetest.Open(t)) }

func newWorldOn(t *testing.T, db *storage.DB) *world {
	return newWorldWith(t, db, storagetest.Redis(t, nil))
}

func newWorldWith(t *testing.T, db *storage.DB, redis *storage.Redis) *world {
	t.Helper()
	loc := time.FixedZone("CST", 8*3600)
	data, err := os.ReadFile("../review/testdata/season.yaml")
	if err != nil {
		t.Fatal(err)
	}
	season, err := intake.ParseSeason(data, loc)
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := storage.OpenBlobs(storage.BlobsConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, bot: &answers{}, log: watchtest.New(t, true), clock: time.Date(2026, 2, 3, 12, 0, 0, 0, loc)}
	now := func() time.Time { return w.clock }
	w.platform = wechattest.New(wechattest.Options{Now: now, Secret: watchtest.Secret})
	t.Cleanup(w.platform.Close)
	o := w.platform.Options()
	account, err := wechat.Open(wechat.Config{
		AppID: o.AppID, AppSecret: o.AppSecret, Token: o.Token, EncodingAESKey: o.EncodingAESKey,
	}, nil, wechat.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.House = &handlers.House{
		Account: account, Bot: w.bot, DB: db, Redis: redis, Blobs: blobs, Season: season,
		Desk:     &review.Desk{DB: db, Blobs: blobs, Season: season, Now: now, Log: log, Cost: review.Cost{Memory: 64, Passes: 1}},
		Keeper:   &privacy.Keeper{DB: db, Blobs: blobs, Season: season, Now: now, Log: log},
		SeasonFS: fstest.MapFS{"example.jpg": {Data: picture(64, 40, color.White)}},
		Now:      now, Log: log,
	}
	for _, s := range []intake.Staff{
		{Name: "王老师", Role: intake.RoleSite, Site: "S1"}, {Name: "赵老师", Role: intake.RoleSite, Site: "S2"},
		{Name: "李主任", Role: intake.RoleArea}, {Name: "管理员", Role: intake.RoleAdmin},
		{Name: "组长", Role: intake.RoleLead, Site: "S1"}, {Name: "外站组长", Role: intake.RoleLead, Site: "S2"}, {Name: "考区组长", Role: intake.RoleLead},
	} {
		s.PasswordHash = cheapHash()
		if _, err := db.AddStaff(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// cheapHash is what fits password, at next to no cost.
func cheapHash() string {
	salt := []byte("0123456789abcdef")
	key := argon2.IDKey([]byte(password), salt, 1, 64, 1, 32)
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=64,t=1,p=1$%s$%s", enc(salt), enc(key))
}

// open starts the server; what is changed in the House afterwards has no effect.
func (w *world) open() *world {
	w.t.Helper()
	router, err := w.Router()
	if err != nil {
		w.t.Fatal(err)
	}
	w.server = httptest.NewUnstartedServer(router)
	w.server.Listener = watchtest.Listen(w.server.Listener)
	w.server.Start()
	w.t.Cleanup(w.server.Close)
	w.platform.SetCallback(w.server.URL + "/wechat")
	return w
}

// people imports n candidates, the first half of S1, the rest of S2.
func (w *world) people(n int) []intake.Candidate {
	w.t.Helper()
	var csv strings.Builder
	csv.WriteString("报名号,姓名,证件类型,证件号码,手机号,考点代码,级别,类别\n")
	for i := range n {
		fmt.Fprintf(&csv, "N%03d,考生%c,居民身份证,%s,1380000%04d,S%d,执业,临床\n", i+1, '甲'+rune(i), idNumber(i), i+1, 1+i*2/n)
	}
	report, err := w.Desk.ImportRoster(w.t.Context(), strings.NewReader(csv.String()), review.ImportOptions{})
	if err != nil || len(report.Problems) > 0 {
		w.t.Fatalf("import: %v %v", report.Problems, err)
	}
	var all []intake.Candidate
	for i := range n {
		c, err := w.DB.CandidateByNumber(w.t.Context(), fmt.Sprintf("N%03d", i+1))
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, c)
		watchtest.Secret("name", c.Name)
		watchtest.Secret("ID number", c.IDNumber)
		watchtest.Secret("phone", c.Phone)
		watchtest.Secret("open id", "open-"+c.Number)
	}
	return all
}

// idNumber makes the i-th valid resident ID number (GB 11643).
func idNumber(i int) string {
	base := fmt.Sprintf("11010119900101%03d", i+1)
	weights := []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for k, w := range weights {
		sum += w * int(base[k]-'0')
	}
	return base + string("10X98765432"[sum%11])
}

// submit binds a candidate, gives them one photo for each material, and submits.
func (w *world) submit(c intake.Candidate) {
	w.t.Helper()
	if err := w.DB.Bind(w.t.Context(), c.ID, "open-"+c.Number, w.clock); err != nil {
		w.t.Fatal(err)
	}
	for i, material := range []string{"id_front", "diploma", "trial"} {
		w.photo(c, material, color.Gray{Y: uint8(120 + 40*i)})
	}
	materials, err := w.Season.List(c.Attrs)
	if err != nil {
		w.t.Fatal(err)
	}
	before := w.caseOf(c)
	after, short := intake.Submit(materials, before, w.clock)
	if len(short) > 0 {
		w.t.Fatalf("cannot be submitted: %v", short)
	}
	if _, err := w.DB.SaveCase(w.t.Context(), before, after); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) photo(c intake.Candidate, material string, shade color.Color) {
	w.t.Helper()
	data := picture(800, 500, shade)
	sum := sha256.Sum256(data)
	sha := hex.EncodeToString(sum[:])
	p := intake.Photo{
		CandidateID: c.ID, Material: material, Round: 1, State: intake.Kept, SHA256: sha, Format: "jpeg", Width: 800, Height: 500,
		Original: storage.BlobKey(c.ID, sha, "original"), Copy: storage.BlobKey(c.ID, sha, "copy"),
		Screen: storage.BlobKey(c.ID, sha, "screen"), Thumb: storage.BlobKey(c.ID, sha, "thumb"), ReceivedAt: w.clock,
	}
	for _, key := range []string{p.Original, p.Copy, p.Screen, p.Thumb} {
		if err := w.Blobs.Put(w.t.Context(), key, data); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := w.DB.AddPhoto(w.t.Context(), p); err != nil {
		w.t.Fatal(err)
	}
}

// picture is a page with a few dark lines, as a JPEG.
func picture(width, height int, shade color.Color) []byte {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.NewUniform(shade), image.Point{}, draw.Src)
	for y := height / 6; y < height*5/6; y += height / 8 {
		draw.Draw(img, image.Rect(width/8, y, width*7/8, y+height/40+1), image.Black, image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err) // a bytes.Buffer does not fail
	}
	return b.Bytes()
}

func (w *world) caseOf(c intake.Candidate) intake.Case {
	w.t.Helper()
	loaded, err := w.DB.Case(context.Background(), c.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return loaded
}

// browser is one person's browser; it does not follow redirects.
type browser struct {
	w      *world
	client *http.Client
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{w: w, client: &http.Client{Jar: jar, Transport: w.server.Client().Transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// signedIn is the browser of somebody who has signed in.
func (w *world) signedIn(name string) *browser {
	w.t.Helper()
	b := w.browser()
	if got := b.post("/staff/login", url.Values{"name": {name}, "password": {password}}); got.status != http.StatusSeeOther {
		w.t.Fatalf("login of %s: %d", name, got.status)
	}
	return b
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) location() string { return a.header.Get("Location") }

func (b *browser) get(path string, headers ...string) answer {
	return b.do(http.MethodGet, path, nil, headers...)
}

func (b *browser) post(path string, form url.Values, headers ...string) answer {
	return b.do(http.MethodPost, path, form, headers...)
}

// do sends a request; headers are names and values in turn. Pages are asked for as by a click on one of ours,
// unless headers say otherwise; an empty value leaves a header out.
func (b *browser) do(method, path string, form url.Values, headers ...string) answer {
	b.w.t.Helper()
	req, err := http.NewRequest(method, b.w.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.w.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if method == http.MethodGet {
		headers = append([]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "document"}, headers...)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// search searches the list as its form does: the words, and the list's other filters as a query. It
// returns the address and the page.
func (b *browser) search(words, filters string) (string, answer) {
	b.w.t.Helper()
	form, err := url.ParseQuery(filters)
	if err != nil {
		b.w.t.Fatal(err)
	}
	form.Set("q", words)
	got := b.post("/staff/", form)
	if got.status != http.StatusSeeOther {
		b.w.t.Fatalf("search: %d", got.status)
	}
	return got.location(), b.get(got.location())
}

// form is the sheet's form: verdicts by material, "" passes, anything else is a reason to return.
func (w *world) form(c intake.Candidate, verdicts map[string]string) url.Values {
	v := url.Values{"version": {fmt.Sprint(w.caseOf(c).Submission.Version)}, "then": {"next"}}
	for material, reason := range verdicts {
		if reason == "" {
			v.Set("verdict."+material, "pass")
			continue
		}
		v.Set("verdict."+material, "return")
		v.Set("reason."+material, reason)
	}
	return v
}

var allPass = map[string]string{"id_front": "", "diploma": "", "trial": ""}

func sheetPath(c intake.Candidate) string    { return fmt.Sprintf("/staff/candidates/%d", c.ID) }
func decisionPath(c intake.Candidate) string { return sheetPath(c) + "/decision" }
