package wechattest

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Who wrote an entry.
const (
	FromMe      = "me"
	FromAccount = "account"
	FromSystem  = "system"
)

// What an entry is.
const (
	KindText     = "text"
	KindImage    = "image"
	KindVoice    = "voice"
	KindVideo    = "video"
	KindLocation = "location"
	KindLink     = "link"
	KindFile     = "file"
	KindSticker  = "sticker"
	KindTemplate = "template" // a template message or subscription notice
	KindNotice   = "notice"   // a line of WeChat itself
)

// Entry is one thing in a chat.
type Entry struct {
	N     int       `json:"n"` // place in this chat, from 0
	From  string    `json:"from"`
	Kind  string    `json:"kind"`
	Text  string    `json:"text,omitempty"`
	About string    `json:"about,omitempty"` // second line of a link
	URL   string    `json:"url,omitempty"`
	Image []byte    `json:"-"`
	Card  *Card     `json:"card,omitempty"`
	At    time.Time `json:"at"`
}

// Card is a template message as the person sees it.
type Card struct {
	TemplateID string            `json:"template_id"`
	Title      string            `json:"title"`
	Rows       []Row             `json:"rows"`
	URL        string            `json:"url,omitempty"`
	Values     map[string]string `json:"-"` // by template key, as shown
}

// Row is one line of a card.
type Row struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Chat is everything in this chat so far, in order.
func (u *User) Chat() []Entry {
	u.p.mu.Lock()
	defer u.p.mu.Unlock()
	return slices.Clone(u.chat)
}

// Last is the newest entry; the zero Entry in an empty chat.
func (u *User) Last() Entry {
	chat := u.Chat()
	if len(chat) == 0 {
		return Entry{}
	}
	return chat[len(chat)-1]
}

// append adds e to the chat and tells the watchers. p.mu is held.
func (u *User) append(e Entry) {
	e.N, e.At = len(u.chat), u.p.Now()
	u.chat = append(u.chat, e)
	u.p.tellLocked(Update{Kind: UpdateEntry, OpenID: u.OpenID, Entry: &e})
}

// show adds what came from the account or from WeChat to the person's chat.
func (p *Platform) show(openID string, e Entry) {
	u := p.User(openID)
	p.mu.Lock()
	defer p.mu.Unlock()
	u.typing = time.Time{}
	u.append(e)
}

// Link is a tappable part of a text.
type Link struct {
	Label  string
	Send   string // what tapping sends as a message; "" for a page
	MenuID string
	URL    string // the page it opens; "" for a message link
}

var anchor = regexp.MustCompile(`(?s)<a\s[^<>]*?href\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')[^<>]*>([^<>]*)</a>`)

// Links are the tappable parts of an account's text, in order: <a href="https://…"> and
// <a href="weixin://bizmsgmenu?msgmenucontent=…&msgmenuid=…">. Anything else is no link.
func Links(text string) []Link {
	var links []Link
	for _, m := range anchor.FindAllStringSubmatch(text, -1) {
		href := html.UnescapeString(m[1] + m[2])
		link := Link{Label: html.UnescapeString(m[3])}
		if query, ok := strings.CutPrefix(href, "weixin://bizmsgmenu?"); ok {
			link.Send, link.MenuID = parameter(query, "msgmenucontent"), parameter(query, "msgmenuid")
			if link.Send == "" {
				continue
			}
		} else if strings.HasPrefix(href, "https://") || strings.HasPrefix(href, "http://") {
			link.URL = href
		} else {
			continue
		}
		links = append(links, link)
	}
	return links
}

// parameter reads one parameter of a bizmsgmenu link. Accounts write the text raw as well as
// percent-encoded, so what does not decode is taken as it stands.
func parameter(query, name string) string {
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key != name {
			continue
		}
		if decoded, err := url.PathUnescape(value); err == nil {
			return decoded
		}
		return value
	}
	return ""
}
