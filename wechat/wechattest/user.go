package wechattest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// User is one person's WeChat, seen in the chat with the account. Its methods do what the
// person does with the phone and return when the account's server has answered.
type User struct {
	OpenID string

	p *Platform
	// All below is guarded by p.mu.
	following bool
	since     time.Time // following since
	scene     string    // scanned when following; "" otherwise
	refusing  bool      // the person switched 接收消息 off for this account
	chat      []Entry
	lastEvent int64 // CreateTime of the newest event, seconds
	window    [2]quota
	typing    time.Time // when the account last switched 正在输入 on; zero: off
	lastWord  time.Time // the person's last message
	consents  map[string]int
}

// Following says whether the person follows the account now.
func (u *User) Following() bool {
	u.p.mu.Lock()
	defer u.p.mu.Unlock()
	return u.following
}

// Refusing says whether the person refuses the account's notices.
func (u *User) Refusing() bool {
	u.p.mu.Lock()
	defer u.p.mu.Unlock()
	return u.refusing
}

// RefuseMessages switches 接收消息 off: template messages are accepted by the API but end as
// "failed:user block". [User.AcceptMessages] switches it on again.
func (u *User) RefuseMessages() { u.setRefusing(true) }

// AcceptMessages undoes RefuseMessages.
func (u *User) AcceptMessages() { u.setRefusing(false) }

func (u *User) setRefusing(refusing bool) {
	u.p.mu.Lock()
	u.refusing = refusing
	u.p.mu.Unlock()
	u.p.tell(Update{Kind: UpdateUser, OpenID: u.OpenID})
}

// Follow subscribes to the account by search or card.
func (u *User) Follow(ctx context.Context) Delivery { return u.follow(ctx, "") }

// FollowByScan scans a QR code with the scene: the event is subscribe for a newcomer, SCAN
// for who follows already.
func (u *User) FollowByScan(ctx context.Context, scene string) Delivery {
	if u.Following() {
		return u.Scan(ctx, scene)
	}
	return u.follow(ctx, scene)
}

func (u *User) follow(ctx context.Context, scene string) Delivery {
	u.p.mu.Lock()
	if u.following {
		u.p.mu.Unlock()
		return Delivery{Broken: "already following"}
	}
	now := u.p.Now()
	u.following, u.since, u.scene, u.refusing = true, now, scene, false
	key := ""
	if scene != "" {
		key = "qrscene_" + scene
	}
	m := u.event("subscribe", key, now)
	m.Ticket = cdata(u.p.ticketOf(scene))
	u.grant(now, byAction)
	u.append(Entry{From: FromSystem, Kind: KindNotice, Text: "已关注"})
	u.p.mu.Unlock()
	u.p.tell(Update{Kind: UpdateUser, OpenID: u.OpenID})
	return u.converse(ctx, m.bytes())
}

// Scan is a follower scanning a QR code with the scene.
func (u *User) Scan(ctx context.Context, scene string) Delivery {
	return u.act(ctx, func(now time.Time) callbackXML {
		m := u.event("SCAN", scene, now)
		m.Ticket = cdata(u.p.ticketOf(scene))
		u.grant(now, byAction)
		return m
	})
}

// Unfollow leaves the account; whatever the server answers is not shown.
func (u *User) Unfollow(ctx context.Context) Delivery {
	u.p.mu.Lock()
	if !u.following {
		u.p.mu.Unlock()
		return Delivery{Broken: notFollowing}
	}
	u.following, u.window = false, [2]quota{}
	m := u.event("unsubscribe", "", u.p.Now())
	u.append(Entry{From: FromSystem, Kind: KindNotice, Text: "已取消关注"})
	u.p.mu.Unlock()
	u.p.tell(Update{Kind: UpdateUser, OpenID: u.OpenID})
	return u.p.deliver(ctx, u.OpenID, m.bytes())
}

// Click taps a menu button of type click.
func (u *User) Click(ctx context.Context, key string) Delivery {
	return u.act(ctx, func(now time.Time) callbackXML {
		u.grant(now, byAction)
		return u.event("CLICK", key, now)
	})
}

// View taps a menu button that opens a page; WeChat tells the server and shows no answer.
func (u *User) View(ctx context.Context, url string) Delivery {
	return u.quietly(ctx, func(now time.Time) callbackXML { return u.event("VIEW", url, now) })
}

// Allow ticks the subscription-notice box for a template: one bizsend is paid for.
func (u *User) Allow(ctx context.Context, templateID string) Delivery {
	return u.quietly(ctx, func(now time.Time) callbackXML {
		u.consents[templateID]++
		m := u.event("subscribe_msg_popup_event", "", now)
		m.EventKey = nil
		m.Popup = &popup{List: []popupChoice{{TemplateID: cdata(templateID), Status: "accept", Scene: 1}}}
		return m
	})
}

const notFollowing = "not following: WeChat offers no input to who does not follow"

// act makes a callback under the lock and delivers it; the answer shows in the chat.
func (u *User) act(ctx context.Context, build func(now time.Time) callbackXML) Delivery {
	m, ok := u.ready(build)
	if !ok {
		return Delivery{Broken: notFollowing}
	}
	return u.converse(ctx, m.bytes())
}

// quietly is act for events whose answer WeChat does not show.
func (u *User) quietly(ctx context.Context, build func(now time.Time) callbackXML) Delivery {
	m, ok := u.ready(build)
	if !ok {
		return Delivery{Broken: notFollowing}
	}
	return u.p.deliver(ctx, u.OpenID, m.bytes())
}

func (u *User) ready(build func(now time.Time) callbackXML) (callbackXML, bool) {
	u.p.mu.Lock()
	defer u.p.mu.Unlock()
	if !u.following {
		return callbackXML{}, false
	}
	return build(u.p.Now()), true
}

// Say sends a text message.
func (u *User) Say(ctx context.Context, text string) Delivery {
	return u.send(ctx, Entry{Kind: KindText, Text: text}, func(m *callbackXML) {
		m.MsgType, m.Content = "text", (*cdata)(&text)
	})
}

// TapLink taps a weixin://bizmsgmenu link: its text is sent as if typed, with the link's id.
func (u *User) TapLink(ctx context.Context, text, menuID string) Delivery {
	return u.send(ctx, Entry{Kind: KindText, Text: text}, func(m *callbackXML) {
		m.MsgType, m.Content, m.MenuID = "text", (*cdata)(&text), cdata(menuID)
	})
}

// Tap taps the newest link of the chat that shows label: a bizmsgmenu link is sent as by
// TapLink. A label nobody offered is a Delivery with Broken set.
func (u *User) Tap(ctx context.Context, label string) Delivery {
	chat := u.Chat()
	for i := len(chat) - 1; i >= 0; i-- {
		for _, link := range Links(chat[i].Text) {
			if chat[i].From == FromAccount && link.Label == label && link.Send != "" {
				return u.TapLink(ctx, link.Send, link.MenuID)
			}
		}
	}
	return Delivery{Broken: fmt.Sprintf("no link %q in the chat", label)}
}

// SendPhoto sends one picture; the bytes are what media/get will return, whatever they are.
func (u *User) SendPhoto(ctx context.Context, data []byte) Delivery {
	return u.send(ctx, Entry{Kind: KindImage, Image: data}, u.asPhoto(data))
}

// SendPhotos sends an album: one message per picture, shown in order, pushed all at once.
// The deliveries are in the order of the pictures.
func (u *User) SendPhotos(ctx context.Context, photos [][]byte) []Delivery {
	done := make([]Delivery, len(photos))
	var all sync.WaitGroup
	for i, data := range photos {
		m, ok := u.write(Entry{Kind: KindImage, Image: data}, u.asPhoto(data))
		if !ok {
			done[i] = Delivery{Broken: notFollowing}
			continue
		}
		all.Go(func() { done[i] = u.converse(ctx, m.bytes()) })
	}
	all.Wait()
	return done
}

// asPhoto keeps data as a medium and makes the message that names it.
func (u *User) asPhoto(data []byte) func(*callbackXML) {
	return func(m *callbackXML) {
		id := u.p.keep(medium{kind: KindImage, data: data, owner: u.OpenID})
		m.MsgType, m.MediaID = "image", cdata(id)
		m.PicURL = cdata("http://mmbiz.qpic.cn/mmbiz_jpg/" + id + "/0")
	}
}

// send shows the entry in the chat as the person's own and delivers the message.
func (u *User) send(ctx context.Context, e Entry, fill func(*callbackXML)) Delivery {
	m, ok := u.write(e, fill)
	if !ok {
		return Delivery{Broken: notFollowing}
	}
	return u.converse(ctx, m.bytes())
}

// write puts the person's own entry into the chat and makes its callback; false when the
// person does not follow and so has nowhere to write.
func (u *User) write(e Entry, fill func(*callbackXML)) (callbackXML, bool) {
	u.p.mu.Lock()
	defer u.p.mu.Unlock()
	if !u.following {
		return callbackXML{}, false
	}
	now := u.p.Now()
	u.p.opts.Secret("words", e.Text)
	e.From = FromMe
	u.append(e)
	u.lastWord = now
	u.grant(now, byMessage)
	m := u.message("text", now)
	fill(&m)
	return m, true
}

// Text is everything the account has written in this chat, newest last, for assertions.
func (u *User) Text() string {
	var b strings.Builder
	for _, e := range u.Chat() {
		if e.From == FromAccount && e.Text != "" {
			b.WriteString(e.Text + "\n")
		}
	}
	return b.String()
}
