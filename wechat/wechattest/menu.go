package wechattest

import (
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// Button is one button of the account's menu; one with Sub only opens its sub menu.
type Button struct {
	Type    string   `json:"type,omitempty"` // click, view, pic_photo_or_album, …
	Name    string   `json:"name"`
	Key     string   `json:"key,omitempty"`
	URL     string   `json:"url,omitempty"`
	MediaID string   `json:"media_id,omitempty"`
	Sub     []Button `json:"sub_button,omitempty"`
}

// Menu is the account's menu, nil when it has none.
func (p *Platform) Menu() []Button {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.menu)
}

func (p *Platform) menuCreate(c call) answer {
	var in struct {
		Button []Button `json:"button"`
	}
	if err := json.Unmarshal(c.body, &in); err != nil {
		return fail(47001, "data format error")
	}
	if len(in.Button) < 1 || len(in.Button) > 3 {
		return fail(40016, "invalid button size")
	}
	for _, b := range in.Button {
		if a, ok := checkTop(b); !ok {
			return a
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.menu = in.Button
	p.tellLocked(Update{Kind: UpdateMenu})
	return succeed()
}

// checkTop holds a top button and its sub buttons to the limits: names of 16 and 60 bytes (the
// phone cuts what it shows at 4 and 8 汉字), 5 sub buttons, 128 bytes of key.
func checkTop(b Button) (answer, bool) {
	if !utf8.ValidString(b.Name) || b.Name == "" || len(b.Name) > 16 {
		return fail(40018, "invalid button name size"), false
	}
	if len(b.Sub) == 0 {
		return checkLeaf(b)
	}
	if len(b.Sub) > 5 {
		return fail(40023, "invalid sub button size"), false
	}
	for _, sub := range b.Sub {
		if sub.Name == "" || len(sub.Name) > 60 {
			return fail(40025, "invalid sub button name size"), false
		}
		if len(sub.Sub) > 0 {
			return fail(40022, "invalid sub button level"), false
		}
		if a, ok := checkLeaf(sub); !ok {
			return a, false
		}
	}
	return answer{}, true
}

var keyed = []string{"click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select"}

func checkLeaf(b Button) (answer, bool) {
	switch {
	case slices.Contains(keyed, b.Type):
		if b.Key == "" || len(b.Key) > 128 {
			return fail(40019, "invalid button key size"), false
		}
	case b.Type == "view":
		if b.URL == "" || len(b.URL) > 1024 {
			return fail(40020, "invalid button url size"), false
		}
	case b.Type == "media_id" || b.Type == "view_limited" || b.Type == "miniprogram" || b.Type == "article_id":
	default:
		return fail(40017, "invalid button type"), false
	}
	return answer{}, true
}

func (p *Platform) menuGet(call) answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.menu == nil {
		return fail(46003, "menu no exist")
	}
	return jsonAnswer(map[string]any{"menu": map[string]any{"button": p.menu}})
}

func (p *Platform) menuDelete(call) answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.menu = nil
	p.tellLocked(Update{Kind: UpdateMenu})
	return succeed()
}
