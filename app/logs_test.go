package app_test

import (
	"net/http"
	"testing"

	"cailiao/app/apptest"
	"cailiao/watch/watchtest"
)

// What may stand in no log is known to the scan by the time it could be logged: all of it, each put into a line.
func TestTheScanOfLogsKnowsEveryKindOfSecret(t *testing.T) {
	b := newBattlefield(t)
	b.signIn("site-one")
	resp, err := b.victim.Browser().Get(b.URL + "/mine")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the candidate's own page: %d", resp.StatusCode)
	}
	known := watchtest.Known()
	kinds := map[string]bool{}
	for secret, kind := range known {
		kinds[kind] = true
		if got := watchtest.Scan("level=INFO msg=request what="+secret+" ms=1\n", map[string]string{secret: kind}); len(got) == 0 {
			t.Errorf("a %s in the log is not found: %q", kind, secret)
		}
	}
	for _, kind := range []string{
		"name", "registration number", "ID number", "phone", "open id", "words", "media id", "account", "access token",
		"OAuth code", "OAuth state", "password", "cookie", "key",
	} {
		if !kinds[kind] {
			t.Errorf("no %s is known", kind)
		}
	}
	p := apptest.People[0]
	for what, secret := range map[string]string{
		"name": p.Name, "number": p.Number, "ID number": p.ID, "proof": p.IDTail(), "phone": p.Phone, "open id": b.victim.OpenID,
		"app secret": b.Platform.Options().AppSecret, "callback token": b.Platform.Options().Token, "AES key": b.Platform.Options().EncodingAESKey,
	} {
		if known[secret] == "" {
			t.Errorf("the %s is not known", what)
		}
	}
}
