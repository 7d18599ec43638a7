package wechat

import (
	"context"
	"fmt"
	"strings"

	"github.com/silenceper/wechat/v2/officialaccount/menu"
)

// MenuButton is one button of the menu below the chat. With Sub it only opens them.
type MenuButton struct {
	Name string       // about 4 Chinese characters on top, 8 below
	Type string       // click, view, pic_sysphoto, pic_photo_or_album, pic_weixin, scancode_push, scancode_waitmsg, location_select
	Key  string       // what its event carries; at most 128 bytes
	URL  string       // of view
	Sub  []MenuButton // at most 5
}

// SetMenu replaces the menu: 1 to 3 buttons. Phones show it within 5 minutes.
func (a *Account) SetMenu(ctx context.Context, buttons []MenuButton) error {
	const api = "menu/create"
	if len(buttons) < 1 || len(buttons) > 3 {
		return fmt.Errorf("wechat %s: %w: a menu has 1 to 3 buttons", api, ErrArgument)
	}
	request := struct {
		Buttons []*menu.Button `json:"button"`
	}{}
	for _, b := range buttons {
		button, err := b.build(true)
		if err != nil {
			return fmt.Errorf("wechat %s: %w", api, err)
		}
		request.Buttons = append(request.Buttons, button)
	}
	return a.postJSON(ctx, api, request, nil)
}

func (b MenuButton) build(top bool) (*menu.Button, error) {
	name := strings.TrimSpace(clean(b.Name))
	wrong := func(expected string) error { return fmt.Errorf("%w: menu button %q: %s", ErrArgument, name, expected) }
	switch {
	case name == "":
		return nil, wrong("needs a name")
	case len(b.Sub) > 0:
		if !top || len(b.Sub) > 5 || b.Type != "" {
			return nil, wrong("only a top button without a type opens others, at most 5")
		}
		button := &menu.Button{Name: name}
		for _, sub := range b.Sub {
			below, err := sub.build(false)
			if err != nil {
				return nil, err
			}
			button.SubButtons = append(button.SubButtons, below)
		}
		return button, nil
	case b.Type == "":
		return nil, wrong("needs a type or buttons below it")
	case b.Type == "view" && b.URL == "":
		return nil, wrong("needs a url")
	case b.Type != "view" && (b.Key == "" || len(b.Key) > 128):
		return nil, wrong("needs a key of at most 128 bytes")
	}
	return &menu.Button{Name: name, Type: b.Type, Key: clean(b.Key), URL: clean(b.URL)}, nil
}
