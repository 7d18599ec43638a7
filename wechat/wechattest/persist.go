package wechattest

import (
	"encoding/gob"
	"fmt"
	"io"
	"time"
)

// saved is what survives a restart: people, their chats, what they sent, the menu, QR
// tickets. Tokens, OAuth codes, faults and recorded calls do not.
type saved struct {
	LastID int64
	Users  []savedUser
	Media  []savedMedium
	Menu   []Button
	Scenes map[string]string
}

type savedUser struct {
	OpenID    string
	Following bool
	Since     time.Time
	Scene     string
	Refusing  bool
	LastEvent int64
	LastWord  time.Time
	Left      [2]int
	Until     [2]time.Time
	Consents  map[string]int
	Chat      []Entry
}

type savedMedium struct {
	ID, Kind, Owner string
	Data            []byte
	Until           time.Time
}

// Save writes the platform's memory, for a demo that continues after a restart.
func (p *Platform) Save(w io.Writer) error {
	p.mu.Lock()
	s := saved{LastID: p.lastID, Menu: p.menu, Scenes: map[string]string{}}
	for ticket, scene := range p.scenes {
		s.Scenes[ticket] = scene
	}
	for _, u := range p.order {
		s.Users = append(s.Users, u.save())
	}
	now := p.Now()
	for id, m := range p.media {
		if now.Before(m.until) {
			s.Media = append(s.Media, savedMedium{ID: id, Kind: m.kind, Owner: m.owner, Data: m.data, Until: m.until})
		}
	}
	p.mu.Unlock()
	if err := gob.NewEncoder(w).Encode(s); err != nil {
		return fmt.Errorf("save platform: %w", err)
	}
	return nil
}

// save copies what the encoder reads after the lock is gone. p.mu is held.
func (u *User) save() savedUser {
	s := savedUser{
		OpenID: u.OpenID, Following: u.following, Since: u.since, Scene: u.scene, Refusing: u.refusing,
		LastEvent: u.lastEvent, LastWord: u.lastWord, Consents: map[string]int{},
		Chat: append([]Entry(nil), u.chat...),
	}
	for kind, w := range u.window {
		s.Left[kind], s.Until[kind] = w.left, w.until
	}
	for id, n := range u.consents {
		s.Consents[id] = n
	}
	return s
}

// Load takes up the memory Save wrote. Call it before anything else uses the platform.
func (p *Platform) Load(r io.Reader) error {
	var s saved
	if err := gob.NewDecoder(r).Decode(&s); err != nil {
		return fmt.Errorf("load platform: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastID, p.menu = max(p.lastID, s.LastID), s.Menu
	for ticket, scene := range s.Scenes {
		p.scenes[ticket] = scene
	}
	p.users, p.order = map[string]*User{}, nil
	for _, su := range s.Users {
		u := su.load(p)
		p.users[u.OpenID] = u
		p.order = append(p.order, u)
	}
	for _, m := range s.Media {
		p.media[m.ID] = medium{kind: m.Kind, owner: m.Owner, data: m.Data, until: m.Until}
	}
	return nil
}

func (s savedUser) load(p *Platform) *User {
	u := &User{
		OpenID: s.OpenID, p: p, following: s.Following, since: s.Since, scene: s.Scene, refusing: s.Refusing,
		lastEvent: s.LastEvent, lastWord: s.LastWord, chat: s.Chat, consents: s.Consents,
	}
	if u.consents == nil {
		u.consents = map[string]int{}
	}
	for kind := range u.window {
		u.window[kind] = quota{left: s.Left[kind], until: s.Until[kind]}
	}
	return u
}
