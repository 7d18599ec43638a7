package handlers_test

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"golang.org/x/crypto/argon2"

	"cailiao/intake"
	"cailiao/watch/watchtest"
)

var (
	keyOnPage   = regexp.MustCompile(`<code class="num">([A-Z2-7 ]+)</code>`)
	codesOnPage = regexp.MustCompile(`<li>([a-z2-7]{5}-[a-z2-7]{5})</li>`)
)

// enrol sets up one-time codes in a browser and returns the key and the recovery codes.
func (b *browser) enrol() (secret string, codes []string) {
	b.w.t.Helper()
	found := keyOnPage.FindStringSubmatch(b.get("/staff/me/totp").body)
	if found == nil {
		b.w.t.Fatal("the page shows no key")
	}
	secret = strings.ReplaceAll(found[1], " ", "")
	got := b.post("/staff/me/totp", url.Values{"code": {b.w.code(secret)}})
	for _, m := range codesOnPage.FindAllStringSubmatch(got.body, -1) {
		codes = append(codes, m[1])
	}
	if got.status != http.StatusOK || len(codes) != 10 {
		b.w.t.Fatalf("set up: %d, %d recovery codes", got.status, len(codes))
	}
	watchtest.Secret("seed", secret)
	watchtest.Secret("recovery code", codes...)
	return secret, codes
}

// code is what the telephone shows at the world's time.
func (w *world) code(secret string) string {
	w.t.Helper()
	code, err := totp.GenerateCode(secret, w.clock)
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// half is a browser whose password was right.
func (w *world) half(name string) *browser {
	w.t.Helper()
	b := w.browser()
	got := b.post("/staff/login", url.Values{"name": {name}, "password": {password}})
	if !strings.HasPrefix(got.location(), "/staff/login/code") {
		w.t.Fatalf("after the password: %d to %q", got.status, got.location())
	}
	return b
}

func TestSigningInTakesACodeOnceItIsSetUp(t *testing.T) {
	w := newWorld(t).open()
	secret, codes := w.signedIn("王老师").enrol()
	b := w.half("王老师")
	for _, path := range []string{"/staff/", "/staff/me", "/staff/again"} {
		if got := b.get(path); got.status != http.StatusSeeOther || !strings.HasPrefix(got.location(), "/staff/login?") {
			t.Errorf("%s after the password alone: %d to %q", path, got.status, got.location())
		}
	}
	half := b.token()
	for name, code := range map[string]string{"the code that set it up, again": w.code(secret), "a wrong one": "000000", "none": "", "nonsense": "' OR 1=1 --"} {
		if got := b.post("/staff/login/code", url.Values{"code": {code}}); got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	w.clock = w.clock.Add(30 * time.Second)
	fresh := w.code(secret)
	if got := b.post("/staff/login/code", url.Values{"code": {" " + fresh[:3] + " " + fresh[3:]}, "next": {"/staff/?state=all"}}); got.location() != "/staff/?state=all" {
		t.Fatalf("the right code: %d to %q", got.status, got.location())
	}
	if b.token() == half || b.get("/staff/").status != http.StatusOK {
		t.Error("the session's id stays the same, or nobody is signed in")
	}
	if got := w.browser().get("/staff/", "Cookie", "staff="+half); got.status != http.StatusSeeOther {
		t.Errorf("the id from before the code works: %d", got.status)
	}
	if got := b.post("/staff/again", url.Values{"code": {fresh}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("the code that signed in proves who asks, too: %d", got.status)
	}
	other := w.half("王老师")
	if got := other.post("/staff/login/code", url.Values{"code": {fresh}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a code read over the shoulder works again: %d", got.status)
	}
	if got := other.post("/staff/login/code", url.Values{"code": {strings.ToUpper(codes[3])}}); got.status != http.StatusSeeOther {
		t.Errorf("a recovery code: %d", got.status)
	}
	if got := w.half("王老师").post("/staff/login/code", url.Values{"code": {codes[3]}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a recovery code works twice: %d", got.status)
	}
}

// A stolen table of recovery codes has to be guessed at by argon2id, account by account.
func TestRecoveryCodesAreKeptAsSlowSaltedHashes(t *testing.T) {
	w := newWorld(t).open()
	seen := map[string]bool{}
	for _, name := range []string{"王老师", "赵老师"} {
		_, codes := w.signedIn(name).enrol()
		kept, err := w.DB.UnusedRecoveryCodes(t.Context(), w.idOf(name))
		if err != nil || len(kept) != 10 {
			t.Fatalf("%d codes, %v", len(kept), err)
		}
		salt, err := hex.DecodeString(kept[0][:16])
		if err != nil || seen[kept[0][:16]] {
			t.Errorf("the salt is another account's: %v", err)
		}
		seen[kept[0][:16]] = true
		for _, code := range codes {
			key := argon2.IDKey([]byte(strings.ReplaceAll(code, "-", "")), salt, 2, 19*1024, 1, 24)
			if !slices.Contains(kept, hex.EncodeToString(append(slices.Clone(salt), key...))) {
				t.Errorf("a code of %s is kept in another way", name)
			}
		}
	}
}

func TestACodeMayBeOneStepEarlyOrLate(t *testing.T) {
	w := newWorld(t).open()
	secret, _ := w.signedIn("王老师").enrol()
	for _, test := range []struct {
		off  time.Duration
		want int
	}{{-60 * time.Second, 422}, {-30 * time.Second, 303}, {0, 303}, {30 * time.Second, 303}, {60 * time.Second, 422}} {
		w.clock = w.clock.Add(time.Hour)
		code, err := totp.GenerateCode(secret, w.clock.Add(test.off))
		if err != nil {
			t.Fatal(err)
		}
		if got := w.half("王老师").post("/staff/login/code", url.Values{"code": {code}}); got.status != test.want {
			t.Errorf("%s: %d, want %d", test.off, got.status, test.want)
		}
	}
}

func TestCodesCannotBeGuessed(t *testing.T) {
	w := newWorld(t).open()
	secret, _ := w.signedIn("王老师").enrol()
	w.clock = w.clock.Add(time.Minute)
	for i := range 10 { // signing in anew with the password does not forgive wrong codes
		if got := w.half("王老师").post("/staff/login/code", url.Values{"code": {fmt.Sprintf("%06d", i)}}); got.status != http.StatusUnprocessableEntity {
			t.Fatalf("try %d: %d", i+1, got.status)
		}
	}
	if got := w.browser().post("/staff/login", url.Values{"name": {"王老师"}, "password": {password}}); got.status != http.StatusTooManyRequests {
		t.Errorf("the password after ten wrong codes: %d", got.status)
	}
	w.clock = w.clock.Add(16 * time.Minute)
	b := w.half("王老师")
	w.clock = w.clock.Add(5 * time.Minute)
	if got := b.post("/staff/login/code", url.Values{"code": {w.code(secret)}}); !strings.HasPrefix(got.location(), "/staff/login?") {
		t.Errorf("five minutes after the password the code is too late: %d to %q", got.status, got.location())
	}
}

func TestWhoNeedsCodesSetsThemUpFirst(t *testing.T) {
	w := newWorld(t)
	w.Desk.TOTPFor = []intake.Role{intake.RoleAdmin}
	w.open()
	c := w.people(2)[0]
	b := w.signedIn("管理员")
	for _, path := range []string{"/staff/", sheetPath(c), "/staff/people", "/staff/log", "/staff/questions"} {
		if got := b.get(path); got.location() != "/staff/me" {
			t.Errorf("%s: %d to %q", path, got.status, got.location())
		}
	}
	if got := b.post(decisionPath(c), w.form(c, allPass), "HX-Request", "true"); got.header.Get("HX-Redirect") != "/staff/me" {
		t.Errorf("a form by htmx: %d", got.status)
	}
	if got := b.get("/staff/me"); !strings.Contains(got.body, "还要设置动态码") || !keyOnPage.MatchString(got.body) {
		t.Errorf("the page does not begin with it: %d", got.status)
	}
	secret, _ := b.enrol()
	if got := b.get("/staff/people"); got.status != http.StatusOK {
		t.Errorf("afterwards: %d", got.status)
	}
	w.clock = w.clock.Add(10 * time.Minute) // the proof wants a code now, not the password
	if got := b.post("/staff/again", url.Values{"password": {password}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("the password as a proof: %d", got.status)
	}
	if got := b.post("/staff/again", url.Values{"code": {w.code(secret)}}); got.status != http.StatusSeeOther {
		t.Errorf("a code as a proof: %d", got.status)
	}
	if got := w.signedIn("李主任").get("/staff/"); got.status != http.StatusOK {
		t.Errorf("who does not need codes: %d", got.status)
	}
}

func TestAnotherTelephone(t *testing.T) {
	w := newWorld(t).open()
	b := w.signedIn("王老师")
	old, codes := b.enrol()
	elsewhere := w.half("王老师")
	w.clock = w.clock.Add(time.Minute)
	if got := elsewhere.post("/staff/login/code", url.Values{"code": {w.code(old)}}); got.status != http.StatusSeeOther {
		t.Fatal(got.status)
	}
	newer := b.post("/staff/me/codes", nil)
	if fresh := codesOnPage.FindAllStringSubmatch(newer.body, -1); len(fresh) != 10 || fresh[0][1] == codes[0] {
		t.Fatalf("new recovery codes: %d", newer.status)
	}
	if got := elsewhere.get("/staff/"); got.status != http.StatusSeeOther {
		t.Errorf("another session outlives it: %d", got.status)
	}
	if got := w.half("王老师").post("/staff/login/code", url.Values{"code": {codes[0]}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a former recovery code: %d", got.status)
	}
	if got := b.post("/staff/me/totp-off", nil); got.location() != "/staff/me" {
		t.Errorf("off: %d", got.status)
	}
	if got, _ := b.enrol(); got == old {
		t.Error("the new telephone has the old key")
	}
}
