package app_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// front is the program behind a real nginx with a configuration of deploy.
type front struct {
	*storagetest.Nginx
	t     *testing.T
	world *apptest.World
}

const publicHost = "cailiao.example.cn"

// fronts runs f behind each nginx of deploy.
func fronts(t *testing.T, f func(front)) {
	t.Helper()
	for _, site := range []string{"deploy/nginx.conf", "deploy/compose/nginx.conf"} {
		t.Run(site, func(t *testing.T) {
			w := apptest.StartWith(t, "sqlite", start, func(c *app.Config) {
				c.Server.PublicURL, c.Server.TrustedProxies = "https://"+publicHost, []string{"127.0.0.1"}
			})
			n := storagetest.StartNginx(t, filepath.Join(apptest.Root(), site), strings.TrimPrefix(w.URL, "http://"))
			if n == nil {
				return // not installed
			}
			f(front{n, t, w})
		})
	}
}

// ask sends a request from an address of 127.0.0.0/8 and returns the answer without its body.
func (f front) ask(from, method, url string, body io.Reader, header ...string) *http.Response {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, url, body)
	if err != nil {
		f.t.Fatal(err)
	}
	req.Host = publicHost
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := f.From(from).Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

// refusedFrom tries to sign in with a wrong password, and returns what the audit holds of where
// that came from.
func (f front) refusedFrom(from, base string, header ...string) (detail string) {
	f.t.Helper()
	form := strings.NewReader(url.Values{"name": {"site-one"}, "password": {"wrong"}}.Encode())
	header = append(header, "Content-Type", "application/x-www-form-urlencoded", "Origin", "https://"+publicHost)
	if resp := f.ask(from, http.MethodPost, base+"/staff/login", form, header...); resp.StatusCode != http.StatusUnprocessableEntity {
		f.t.Fatalf("a wrong password: %s", resp.Status)
	}
	events, err := f.world.DB.SearchEvents(f.t.Context(), storage.EventSearch{Action: review.ActionRefused, Limit: 1})
	if err != nil || len(events) != 1 || !strings.Contains(events[0].Detail, `"from"`) {
		f.t.Fatalf("the last event is %v %v", events, err)
	}
	return events[0].Detail
}

func TestTheClientsAddressComesFromNginxAndFromNobodyElse(t *testing.T) {
	fronts(t, func(f front) {
		f.world.AddStaff(f.t, "site-one", intake.RoleSite, "110101")
		https := "https://" + f.TLS
		one := f.refusedFrom("127.0.0.2", https)
		if f.refusedFrom("127.0.0.3", https) == one {
			f.t.Error("two clients are one for the program: it does not get their addresses")
		}
		for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"} {
			if got := f.refusedFrom("127.0.0.2", https, name, "203.0.113.9"); got != one {
				f.t.Errorf("%s of the client is believed", name)
			}
		}
		// Past nginx: whoever reaches the port is no trusted proxy.
		if f.refusedFrom("127.0.0.2", f.world.URL, "X-Forwarded-For", "203.0.113.9") != one {
			f.t.Error("X-Forwarded-For is believed from a client that is no proxy")
		}
	})
}

func TestNginxShowsTheProgramAndNotWhatRunsIt(t *testing.T) {
	fronts(t, func(f front) {
		if resp, err := http.Get(f.world.URL + "/readyz"); err != nil || resp.StatusCode != http.StatusOK {
			f.t.Fatalf("the program itself: %v %v", resp, err)
		}
		for _, path := range []string{
			"/readyz", "/healthz", "/readyz?x", "//readyz", "/./readyz", "/%72eadyz", "/staff/../readyz", "/readyz/", "/READYZ",
			"/metrics", "/debug/pprof/", "/debug/pprof/heap",
		} {
			if resp := f.ask("127.0.0.2", http.MethodGet, "https://"+f.TLS+path, nil); resp.StatusCode != http.StatusNotFound {
				f.t.Errorf("%s from outside: %s", path, resp.Status)
			}
		}
		login := f.ask("127.0.0.2", http.MethodGet, "https://"+f.TLS+"/staff/login", nil)
		if login.StatusCode != http.StatusOK || login.Header.Get("Strict-Transport-Security") == "" || strings.ContainsAny(login.Header.Get("Server"), "/0123456789") {
			f.t.Errorf("the login page: %s, headers %v", login.Status, login.Header)
		}
		if resp := f.ask("127.0.0.2", http.MethodGet, "https://"+f.TLS+"/wechat?signature=a&echostr=b", nil); resp.StatusCode != http.StatusBadRequest {
			f.t.Errorf("a callback that is none: %s", resp.Status)
		}
	})
}

func TestNginxSpeaksTLSOnly(t *testing.T) {
	fronts(t, func(f front) {
		resp := f.ask("127.0.0.2", http.MethodGet, "http://"+f.Plain+"/staff/login?next=/staff/", nil)
		if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusMovedPermanently || to != "https://"+publicHost+"/staff/login?next=/staff/" {
			f.t.Errorf("plain HTTP: %s to %q", resp.Status, to)
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if resp := f.ask("127.0.0.2", method, "http://"+f.Plain+"/wechat?signature=a", nil); resp.StatusCode != http.StatusForbidden {
				f.t.Errorf("%s of the callback over plain HTTP: %s", method, resp.Status)
			}
		}
		for version, good := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
			conn, err := tls.Dial("tcp", f.TLS, &tls.Config{RootCAs: f.Roots, ServerName: "127.0.0.1", MinVersion: version, MaxVersion: version})
			if err == nil {
				conn.Close()
			}
			if (err == nil) != good {
				f.t.Errorf("%s: %v", tls.VersionName(version), err)
			}
		}
		// What 1.2 may encrypt with: authenticated and with forward secrecy.
		for suite, good := range map[uint16]bool{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: true, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: true,
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: false, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: false,
		} {
			conn, err := tls.Dial("tcp", f.TLS, &tls.Config{RootCAs: f.Roots, ServerName: "127.0.0.1", MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite}})
			if err == nil {
				conn.Close()
			}
			if (err == nil) != good {
				f.t.Errorf("%s: %v", tls.CipherSuiteName(suite), err)
			}
		}
	})
}

func TestNginxTakesRostersAndNothingElseThatIsLarge(t *testing.T) {
	fronts(t, func(f front) {
		for _, tt := range []struct {
			path    string
			size    int
			tooMuch bool
		}{
			{"/wechat", 60 << 10, false}, {"/wechat", 65 << 10, true}, {"/mine", 65 << 10, true}, {"/staff/roster", 20 << 20, false}, {"/staff/roster", 33 << 20, true},
		} {
			resp := f.ask("127.0.0.2", http.MethodPost, "https://"+f.TLS+tt.path, bytes.NewReader(make([]byte, tt.size)), "Origin", "https://"+publicHost)
			byNginx := resp.StatusCode == http.StatusRequestEntityTooLarge
			if byNginx != tt.tooMuch || resp.StatusCode >= http.StatusInternalServerError {
				f.t.Errorf("%d bytes to %s: %s", tt.size, tt.path, resp.Status)
			}
		}
	})
}

func TestTheLogOfNginxHoldsNoQueries(t *testing.T) {
	fronts(t, func(f front) {
		f.ask("127.0.0.2", http.MethodGet, "https://"+f.TLS+"/wechat?openid=o-in-the-query&echostr=x", nil)
		f.ask("127.0.0.2", http.MethodGet, "https://"+f.TLS+"/mine/back?code=o-in-the-query", nil, "Referer", "https://o-in-the-query/")
		log, err := os.ReadFile(f.Log)
		if err != nil || !bytes.Contains(log, []byte("GET /wechat 400")) || bytes.Contains(log, []byte("o-in-the-query")) {
			f.t.Error(errors.Join(err, errors.New("the access log:\n"+string(log))))
		}
	})
}
