package bot_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/storage/storagetest"
	"cailiao/wechat/wechattest"
)

// A row that was damaged, or sealed with a key that is gone, is the trouble of the one it belongs to.
func TestADamagedRowHoldsUpNobodyElse(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		start := time.Date(2026, 2, 1, 10, 0, 0, 0, time.FixedZone("CST", 8*3600))
		w := apptest.Start(t, engine, start)
		users := bindMany(t, w, 16)
		server := storagetest.Beside(t, w.Config.Database)
		damage := func(query string, args ...any) {
			t.Helper()
			result, err := server.ExecContext(t.Context(), query, args...)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := result.RowsAffected(); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		damage("UPDATE talks SET memo = '~00000000~AAAA' WHERE openid = ?", users[0].OpenID)
		var all sync.WaitGroup
		for range 3 {
			for _, u := range users[1:] {
				all.Go(func() {
					if d := u.Say(t.Context(), "进度"); !strings.Contains(d.Reply, "0/9 项") || d.Attempts != 1 {
						t.Errorf("reply %q after %d deliveries %s", d.Reply, d.Attempts, d.Broken)
					}
				})
			}
			all.Go(func() {
				if d := users[0].Say(t.Context(), "进度"); d.Reply != "" {
					t.Errorf("reply from a damaged row: %q", d.Reply)
				}
			})
			all.Wait()
		}
		last := "id = (SELECT id FROM (SELECT MAX(id) AS id FROM messages WHERE openid = ?) AS x)"
		damage("UPDATE messages SET answer = '', owed = 1, reply = '~00000000~AAAA' WHERE "+last, users[1].OpenID)
		damage("UPDATE messages SET answer = '', owed = 1 WHERE "+last, users[2].OpenID)
		w.Clock.Advance(time.Minute)
		w.Bot.Sweep(t.Context())
		if err := w.Bot.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if sent := users[2].Last(); sent.From != wechattest.FromAccount || !strings.Contains(sent.Text, "0/9 项") || len(w.Platform.Calls("custom/send")) != 1 {
			t.Errorf("the owed reply has not gone out: %q", sent.Text)
		}
	})
}
