package app_test

import (
	"net/http"
	"testing"

	"cailiao/app/apptest"
	"cailiao/watch/watchtest"
)

// What may stand in no log is known to the scan by the time it could be logged: one of each kind, put into a line.
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
	one := map[string]string{}
	known := watchtest.Known()
	for secret, kind := range known {
		one[kind] = secret
	}
	for _, kind := range []string{
		"name", "registration number", "ID number", "phone", "open id", "words", "media id", "account", "access token",
		"OAuth code", "OAuth state", "password", "cookie", "key",
	} {
		if one[kind] == "" {
			t.Errorf("no %s is known", kind)
		} else if got := watchtest.Scan("level=INFO msg=request what="+one[kind]+" ms=1\n", known); len(got) == 0 {
			t.Errorf("a %s in the log is not found", kind)
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
