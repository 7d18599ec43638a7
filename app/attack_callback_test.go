package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/wechat/wechattest"
)

// Aimed at the callback, by somebody who knows the address, has seen other people's callbacks, or
// sends odd things from a WeChat of their own.
func TestAttacksOnTheCallback(t *testing.T) {
	attacks(t, []attack{
		{"plain text with a signature seen elsewhere", func(b *battlefield) string {
			return b.unchanged("messages", func() string {
				return b.post(b.Platform.Plain(b.Platform.TextMessage(b.victim.OpenID, "撤回"), b.Clock.Now()))
			})
		}, "403"},
		{"sealed, but said to be raw", func(b *battlefield) string {
			return b.unchanged("messages", func() string { return b.post(b.sealed("撤回").With("encrypt_type", "raw")) })
		}, "403"},
		{"without encrypt_type", func(b *battlefield) string {
			return b.unchanged("messages", func() string { return b.post(b.sealed("撤回").Without("encrypt_type")) })
		}, "403"},
		{"without msg_signature", func(b *battlefield) string {
			return b.unchanged("messages", func() string { return b.post(b.sealed("撤回").Without("msg_signature")) })
		}, "403"},
		{"another body under the same signature", func(b *battlefield) string {
			raw := b.sealed("你好")
			raw.Body = b.sealed("撤回").Body
			return b.unchanged("messages", func() string { return b.post(raw) })
		}, "403"},
		{"somebody else's open id in the query", func(b *battlefield) string {
			before := b.asked(b.victim.OpenID)
			got := b.post(b.Platform.Sealed(b.Platform.TextMessage("o-stranger", "你好"), b.Clock.Now()).With("openid", b.victim.OpenID))
			if b.asked(b.victim.OpenID) != before {
				got += ", taken for the victim's"
			}
			return got
		}, "200"},
		{"a callback recorded and sent again at once", func(b *battlefield) string {
			raw := b.sealed("你好")
			first := b.post(raw)
			return b.unchanged("messages photos events", func() string { return first + " " + b.post(raw) })
		}, "200 200"},
		{"a callback recorded and sent again a day later", func(b *battlefield) string {
			raw := b.sealed("你好")
			first := b.post(raw)
			b.Clock.Advance(24 * time.Hour)
			return b.unchanged("messages", func() string { return first + " " + b.post(raw) })
		}, "200 403"},
		{"a callback from the future", func(b *battlefield) string {
			return b.post(b.Platform.Sealed(b.Platform.TextMessage(b.victim.OpenID, "你好"), b.Clock.Now().Add(24*time.Hour)))
		}, "403"},
		{"an echo of script", func(b *battlefield) string {
			got := b.ask(b.browser(""), http.MethodGet, "/wechat?signature=x&timestamp=1&nonce=1&echostr=<script>alert(1)</script>", nil)
			return fmt.Sprint(got.status, strings.Contains(got.body, "<script>"))
		}, "403 false"},
		{"external entities in the message", func(b *battlefield) string {
			return b.inner(`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + wrapped(b.victim.OpenID, "&e;"))
		}, "400"},
		{"a billion laughs in the message", func(b *battlefield) string {
			bomb := `<!DOCTYPE x [<!ENTITY a "ha">`
			for c := 'b'; c <= 'j'; c++ {
				bomb += fmt.Sprintf(`<!ENTITY %c "%s">`, c, strings.Repeat(fmt.Sprintf("&%c;", c-1), 10))
			}
			return b.inner(bomb + `]>` + wrapped(b.victim.OpenID, "&j;"))
		}, "400"},
		{"ten thousand nested elements", func(b *battlefield) string {
			return b.inner("<xml>" + strings.Repeat("<a>", 10000) + strings.Repeat("</a>", 10000) + "</xml>")
		}, "400"},
		{"a message of nobody", func(b *battlefield) string { return b.inner(wrapped("", "你好")) }, "400"},
		{"2 MiB", func(b *battlefield) string {
			raw := b.sealed("你好")
			raw.Body = append(raw.Body, make([]byte, 2<<20)...)
			return b.post(raw)
		}, "413"},
		{"an unfollow recorded and sent again when the person is back", func(b *battlefield) string {
			b.bound("o-returns", apptest.People[1])
			leave := b.Platform.Sealed([]byte(event("o-returns", "unsubscribe", b.Clock.Now())), b.Clock.Now())
			got := b.post(leave)
			b.Clock.Advance(10 * time.Second)
			got += " " + b.inner(event("o-returns", "subscribe", b.Clock.Now())) + " " + b.post(leave)
			c, err := b.DB.CandidateByNumber(b.t.Context(), apptest.People[1].Number)
			if err != nil || c.OpenID != "o-returns" {
				got += ", unbound"
			}
			return got
		}, "200 200 200"},
		{"a printed code that nobody printed", func(b *battlefield) string {
			return b.unchanged("submissions consents", func() string {
				for i, scene := range []string{"b1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "1", "' OR 1=1 --", strings.Repeat("A", 64)} {
					if d := b.Platform.User(fmt.Sprintf("o-scans-%d", i)).FollowByScan(b.t.Context(), scene); strings.Contains(d.Reply, "绑定成功") || d.Broken != "" {
						return scene + " binds: " + d.Broken
					}
				}
				return "nobody"
			})
		}, "nobody"},
		{"a delivery report for a notice that was never sent", func(b *battlefield) string {
			return b.unchanged("notices", func() string {
				return b.inner(`<xml><ToUserName>x</ToUserName><FromUserName>` + b.victim.OpenID + `</FromUserName><CreateTime>` +
					fmt.Sprint(b.Clock.Now().Unix()) + `</CreateTime><MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event>` +
					`<MsgID>9223372036854775807</MsgID><Status>success</Status></xml>`)
			})
		}, "200"},
	})
}

func (b *battlefield) sealed(words string) wechattest.Raw {
	return b.Platform.Sealed(b.Platform.TextMessage(b.victim.OpenID, words), b.Clock.Now())
}

func (b *battlefield) inner(xml string) string {
	return b.post(b.Platform.Sealed([]byte(xml), b.Clock.Now()))
}

func wrapped(openID, words string) string {
	return `<xml><ToUserName>x</ToUserName><FromUserName>` + openID + `</FromUserName><CreateTime>1</CreateTime>` +
		`<MsgType>text</MsgType><Content>` + words + `</Content><MsgId>77</MsgId></xml>`
}

func event(openID, name string, at time.Time) string {
	return fmt.Sprintf(`<xml><ToUserName>x</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType>event</MsgType><Event>%s</Event></xml>`,
		openID, at.Unix(), name)
}

// asked is when a user last spoke, as far as the program knows.
func (b *battlefield) asked(openID string) time.Time {
	talk, err := b.DB.Talk(b.t.Context(), openID)
	if err != nil {
		b.t.Fatal(err)
	}
	return talk.HeardAt
}

// Words that are more than words, from a WeChat of one's own: each is answered like any other
// text, and none does anything.
var barbs = []string{
	"' OR '1'='1", "'; DROP TABLE candidates; --", "\" OR 1=1 /*", "%' AND SLEEP(5) --", "\\'; SELECT 1; --", "{{.Candidate.ID}}", "${7*7}", "%s%s%n",
	"<script>alert(1)</script>", "<a href=\"weixin://bizmsgmenu?msgmenucontent=提交\">x</a>", "]]></Content><MsgType>event</MsgType><![CDATA[",
	"\r\nSet-Cookie: staff=x", "level=ERROR msg=\"all is well\"", "../../../../etc/passwd", "\u202e\u0000\ufeff", strings.Repeat("人", 5000), "报名号 ' UNION SELECT * FROM staff",
}

func TestWordsThatAreMoreThanWords(t *testing.T) {
	b := newBattlefield(t)
	ctx := t.Context()
	stranger := b.Platform.User("o-stranger")
	stranger.Follow(ctx)
	before := b.rows("candidates", "submissions", "photos", "staff", "decisions", "notices")
	for _, words := range barbs {
		for who, user := range map[string]*wechattest.User{"a stranger": stranger, "the victim": b.victim} {
			d := user.Say(ctx, words)
			if d.Broken != "" || d.Attempts != 1 || d.Reply == "" {
				t.Errorf("%s says %.30q: %d deliveries, %s", who, words, d.Attempts, d.Broken)
			}
			for _, p := range apptest.People {
				if strings.Contains(d.Reply, p.ID) || strings.Contains(d.Reply, p.Phone) || who == "a stranger" && strings.Contains(d.Reply, p.Name) {
					t.Errorf("%s says %.30q and is told something personal", who, words)
				}
			}
		}
	}
	if after := b.rows("candidates", "submissions", "photos", "staff", "decisions", "notices"); after != before {
		t.Errorf("before %s; after %s", before, after)
	}
}

// Guessing who is registered: from many WeChats at one number, from one WeChat at many numbers.
func TestGuessingAtTheBinding(t *testing.T) {
	b := newBattlefield(t)
	ctx := t.Context()
	target := apptest.People[1]
	blocked := 0
	for i := range 20 {
		u := b.Platform.User(fmt.Sprintf("o-guess-%d", i))
		u.Follow(ctx)
		d := u.Say(ctx, fmt.Sprintf("%s %06d", target.Number, i))
		if strings.Contains(d.Reply, "先停一停") {
			blocked++
		}
	}
	if blocked < 10 {
		t.Errorf("of 20 guesses at one number from 20 WeChats %d were stopped", blocked)
	}
	// The owner's right answer does not get through either while the number is under attack, and
	// gets through afterwards.
	owner := b.Platform.User("o-owner")
	owner.Follow(ctx)
	if d := owner.Say(ctx, target.Number+" "+target.IDTail()); !strings.Contains(d.Reply, "先停一停") {
		t.Errorf("under attack: %q", d.Reply)
	}
	b.Clock.Advance(2 * time.Hour)
	if d := owner.Say(ctx, target.Number+" "+target.IDTail()); strings.Contains(d.Reply, "先停一停") || strings.Contains(d.Reply, "对不上") {
		t.Errorf("two hours later: %q", d.Reply)
	}
	one := b.Platform.User("o-many-numbers")
	one.Follow(ctx)
	unknown, known := "", ""
	for i := range 4 {
		d := one.Say(ctx, fmt.Sprintf("99%08d 123456", i))
		unknown = strings.ReplaceAll(d.Reply, fmt.Sprintf("99%08d", i), "N")
	}
	for i := range 6 {
		if d := one.Say(ctx, fmt.Sprintf("98%08d 123456", i)); i > 0 && !strings.Contains(d.Reply, "先停一停") {
			t.Errorf("guess %d of one WeChat at ever other numbers: %q", i+5, d.Reply)
		}
	}
	two := b.Platform.User("o-known-number")
	two.Follow(ctx)
	for range 4 {
		d := two.Say(ctx, apptest.People[3].Number+" 123456")
		known = strings.ReplaceAll(d.Reply, apptest.People[3].Number, "N")
	}
	if unknown != known {
		t.Errorf("a number that exists is answered %q, one that does not %q", known, unknown)
	}
}
