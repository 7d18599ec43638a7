package app

import (
	"errors"
	"fmt"
	"strings"

	"cailiao/intake"
	"cailiao/templates"
	"cailiao/wechat"
)

// MenuButton is one button of the account's menu in the configuration: exactly one of Click, Page,
// URL and Sub.
type MenuButton struct {
	Name  string       `yaml:"name"`
	Click string       `yaml:"click"` // a command of templates/commands.txt
	Page  string       `yaml:"page"`  // a path below server.public_url
	URL   string       `yaml:"url"`   // any other page
	Sub   []MenuButton `yaml:"sub"`
}

// WeChatMenu is the configured menu as the platform takes it.
func (c Config) WeChatMenu() []wechat.MenuButton { return c.buttons(c.Menu) }

func (c Config) buttons(menu []MenuButton) []wechat.MenuButton {
	buttons := make([]wechat.MenuButton, len(menu))
	for i, b := range menu {
		buttons[i] = wechat.MenuButton{Name: b.Name, Sub: c.buttons(b.Sub)}
		switch {
		case b.Click != "":
			buttons[i].Type, buttons[i].Key = "click", b.Click
		case b.Page != "":
			buttons[i].Type, buttons[i].URL = "view", strings.TrimRight(c.Server.PublicURL, "/")+b.Page
		case b.URL != "":
			buttons[i].Type, buttons[i].URL = "view", b.URL
		}
	}
	return buttons
}

func validateMenu(menu []MenuButton) error {
	var errs []error
	if len(menu) > 3 {
		errs = append(errs, &intake.FieldError{Key: "menu", Problem: "expected at most 3 buttons"})
	}
	for i, b := range menu {
		key := fmt.Sprintf("menu[%d]", i)
		errs = append(errs, b.validate(key))
		if len(b.Sub) > 5 {
			errs = append(errs, &intake.FieldError{Key: key + ".sub", Problem: "expected at most 5 buttons"})
		}
		for k, below := range b.Sub {
			errs = append(errs, below.validate(fmt.Sprintf("%s.sub[%d]", key, k)))
			if len(below.Sub) > 0 {
				errs = append(errs, &intake.FieldError{Key: fmt.Sprintf("%s.sub[%d].sub", key, k), Problem: "expected no third level"})
			}
		}
	}
	return errors.Join(errs...)
}

func (b MenuButton) validate(key string) error {
	ways := 0
	for _, set := range []bool{b.Click != "", b.Page != "", b.URL != "", len(b.Sub) > 0} {
		if set {
			ways++
		}
	}
	switch {
	case b.Name == "":
		return &intake.FieldError{Key: key + ".name", Problem: "missing"}
	case ways != 1:
		return &intake.FieldError{Key: key, Problem: "expected exactly one of click, page, url and sub"}
	case b.Click != "" && !templates.IsCommand(b.Click):
		return &intake.FieldError{Key: key + ".click", Problem: "expected a command of templates/commands.txt"}
	case b.Page != "" && !strings.HasPrefix(b.Page, "/"):
		return &intake.FieldError{Key: key + ".page", Problem: "expected a path such as /mine"}
	}
	return nil
}
