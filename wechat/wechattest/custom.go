package wechattest

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"time"
)

// quota is a right to send customer-service messages, earned by something the person did.
type quota struct {
	left  int
	until time.Time
}

// The two ways to earn a quota, as indexes of User.window.
const (
	byMessage = iota // a message: 5 within 48 hours
	byAction         // menu click, follow or scan: 3 within a minute
)

// grant renews the quota earned by kind. Nobody confirmed how overlapping windows combine;
// here each kind counts by itself. p.mu is held.
func (u *User) grant(now time.Time, kind int) {
	if kind == byAction {
		u.window[kind] = quota{left: 3, until: now.Add(time.Minute)}
		return
	}
	u.window[kind] = quota{left: 5, until: now.Add(48 * time.Hour)}
}

// charge takes one message off the window that closes first; not 0 is the error code.
// p.mu is held.
func (u *User) charge(now time.Time) int {
	if !u.following {
		return 45015
	}
	open := false
	for _, kind := range []int{byAction, byMessage} {
		w := &u.window[kind]
		if !now.Before(w.until) {
			continue
		}
		open = true
		if w.left > 0 {
			w.left--
			return 0
		}
	}
	if open {
		return 45047
	}
	return 45015
}

// customMessage is the body of custom/send, as far as this platform shows it.
type customMessage struct {
	ToUser  string                   `json:"touser"`
	MsgType string                   `json:"msgtype"`
	Text    struct{ Content string } `json:"text"`
	Image   struct {
		MediaID string `json:"media_id"`
	} `json:"image"`
	Menu struct {
		Head string `json:"head_content"`
		List []struct {
			ID      string `json:"id"`
			Content string `json:"content"`
		} `json:"list"`
		Tail string `json:"tail_content"`
	} `json:"msgmenu"`
	News struct {
		Articles []struct {
			Title       string `json:"title"`
			Description string `json:"description"`
			URL         string `json:"url"`
		} `json:"articles"`
	} `json:"news"`
}

// customSend shows a customer-service message, within the quotas the person's doings earned.
func (p *Platform) customSend(c call) answer {
	var in customMessage
	if err := json.Unmarshal(c.body, &in); err != nil {
		return fail(47001, "data format error")
	}
	entry, bad := p.customEntry(in)
	if bad != nil {
		return *bad
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.users[in.ToUser]
	if !ok {
		return fail(40003, "invalid openid")
	}
	switch u.charge(p.Now()) {
	case 45015:
		return fail(45015, "response out of time limit or subscription is canceled")
	case 45047:
		return fail(45047, "out of response count limit")
	}
	if !u.refusing {
		u.typing = time.Time{}
		u.append(entry)
	}
	return succeed()
}

// customEntry checks the content and makes it ready for the chat.
func (p *Platform) customEntry(in customMessage) (Entry, *answer) {
	bad := func(code int, text string) (Entry, *answer) {
		a := fail(code, text)
		return Entry{}, &a
	}
	entry := Entry{From: FromAccount}
	switch in.MsgType {
	case "text":
		entry.Kind, entry.Text = KindText, in.Text.Content
	case "msgmenu":
		entry.Kind, entry.Text = KindText, in.menuText()
	case "image":
		m, ok := p.medium(in.Image.MediaID)
		if !ok {
			return bad(40007, "invalid media_id")
		}
		entry.Kind, entry.Image = KindImage, m.data
		return entry, nil
	case "news":
		if len(in.News.Articles) != 1 {
			return bad(45008, "article size out of limit")
		}
		a := in.News.Articles[0]
		return Entry{From: FromAccount, Kind: KindLink, Text: a.Title, About: a.Description, URL: a.URL}, nil
	default:
		return bad(40008, "invalid message type")
	}
	if strings.TrimSpace(entry.Text) == "" {
		return bad(44004, "empty content")
	}
	if len(entry.Text) > maxText {
		return bad(45002, "content size out of limit")
	}
	return entry, nil
}

// inLink escapes what would end a parameter of a bizmsgmenu link, and leaves the rest readable.
var inLink = strings.NewReplacer("%", "%25", "&", "%26", "#", "%23", `"`, "%22", "<", "%3C", ">", "%3E")

// menuText is a msgmenu as the phone shows it: its items are links that send their text.
func (in customMessage) menuText() string {
	lines := []string{}
	if in.Menu.Head != "" {
		lines = append(lines, in.Menu.Head)
	}
	for _, item := range in.Menu.List {
		lines = append(lines, fmt.Sprintf(`<a href="weixin://bizmsgmenu?msgmenucontent=%s&msgmenuid=%s">%s</a>`,
			inLink.Replace(item.Content), inLink.Replace(item.ID), html.EscapeString(item.Content)))
	}
	if in.Menu.Tail != "" {
		lines = append(lines, in.Menu.Tail)
	}
	return strings.Join(lines, "\n")
}

// customTyping shows 正在输入 for 15 seconds; only within 30 seconds of the person's message.
func (p *Platform) customTyping(c call) answer {
	var in struct {
		ToUser  string `json:"touser"`
		Command string `json:"command"`
	}
	if err := json.Unmarshal(c.body, &in); err != nil {
		return fail(47001, "data format error")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.users[in.ToUser]
	if !ok {
		return fail(40003, "invalid openid")
	}
	now := p.Now()
	on := in.Command == "Typing"
	switch {
	case !on && in.Command != "CancelTyping":
		return fail(45072, "command is invalid")
	case now.Sub(u.lastWord) > 30*time.Second:
		return fail(45080, "user has not sent a message within 30 seconds")
	case on && now.Sub(u.typing) < 15*time.Second:
		return fail(45081, "already typing")
	}
	u.typing = time.Time{}
	if on {
		u.typing = now
	}
	p.tellLocked(Update{Kind: UpdateTyping, OpenID: u.OpenID, Typing: on})
	return succeed()
}
