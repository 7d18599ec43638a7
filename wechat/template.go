package wechat

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"

	"github.com/silenceper/wechat/v2/officialaccount/message"
)

// TemplateMessage is one template message (模板消息).
type TemplateMessage struct {
	OpenID      string
	TemplateID  string
	URL         string            // where a tap leads; may be empty
	Data        map[string]string // field name as in the template, e.g. "thing1": value
	ClientMsgID string            // the same person and id are served once in 10 minutes: use one per notice, and repeat safely
}

// templateRequest is our own, because the SDK's always sends an empty "miniprogram".
type templateRequest struct {
	To          string                              `json:"touser"`
	TemplateID  string                              `json:"template_id"`
	URL         string                              `json:"url,omitempty"`
	Data        map[string]message.TemplateDataItem `json:"data"`
	ClientMsgID string                              `json:"client_msg_id,omitempty"`
}

// SendTemplate sends a template message and returns the id that EventTemplateDone will name. Values are put into a form the
// platform accepts, see fieldValue: one wrong character would cost the whole message (47003).
func (a *Account) SendTemplate(ctx context.Context, t TemplateMessage) (msgID int64, err error) {
	const api = "message/template/send"
	if t.OpenID == "" || t.TemplateID == "" || len(t.Data) == 0 {
		return 0, fmt.Errorf("wechat %s: %w: no receiver, template or data", api, ErrArgument)
	}
	request := templateRequest{
		To:          t.OpenID,
		TemplateID:  t.TemplateID,
		URL:         clean(t.URL),
		Data:        make(map[string]message.TemplateDataItem, len(t.Data)),
		ClientMsgID: clean(t.ClientMsgID),
	}
	for name, value := range t.Data {
		value, err := fieldValue(name, value)
		if err != nil {
			return 0, fmt.Errorf("wechat %s: %w", api, err)
		}
		request.Data[clean(name)] = message.TemplateDataItem{Value: value}
	}
	var answer struct {
		MsgID int64 `json:"msgid"`
	}
	err = a.postJSON(ctx, api, request, &answer, t.OpenID)
	return answer.MsgID, err
}

// fieldLimits are the longest values per field type, in UTF-16 units (what a limit in "characters" can mean at its
// strictest). From the platform's table for 订阅消息, which holds for templates too; const and short_thing are unconfirmed.
var fieldLimits = map[string]int{
	"thing": 20, "character_string": 32, "number": 32, "letter": 32, "symbol": 5,
	"phone_number": 17, "car_number": 8, "name": 10, "phrase": 5, "const": 20,
}

// fieldValue puts value on one line, cuts it to the limit of its field's type, and never leaves it empty: "-" where the type
// allows it, otherwise ErrArgument with the field's name.
func fieldValue(name, value string) (string, error) {
	kind := strings.TrimRight(name, "0123456789")
	value = strings.Join(strings.Fields(clean(value)), " ")
	if value == "" {
		switch kind {
		case "number", "letter", "time", "date", "amount", "phone_number", "car_number", "name", "phrase", "const":
			return "", fmt.Errorf("%w: template field %q is empty", ErrArgument, name)
		}
		return "-", nil
	}
	limit, limited := fieldLimits[kind]
	if !limited || utf16Len(value) <= limit {
		return value, nil
	}
	ending := ""
	if kind == "thing" {
		ending = "…"
	}
	return cut(value, limit-utf16Len(ending)) + ending, nil
}

func utf16Len(s string) int { return len(utf16.Encode([]rune(s))) }

// cut returns the longest beginning of s with at most limit UTF-16 units.
func cut(s string, limit int) string {
	used := 0
	for at, r := range s {
		if used += utf16.RuneLen(r); used > limit {
			return s[:at]
		}
	}
	return s
}

// Template is one of the account's templates.
type Template struct {
	ID      string
	Title   string
	Content string   // lines like "审核结果:{{phrase1.DATA}}"
	Example string   //
	Fields  []string // the names in Content, in order: what Data must have
}

// Templates lists the account's templates (get_all_private_template), for a check of the configured ones.
func (a *Account) Templates(ctx context.Context) ([]Template, error) {
	var answer struct {
		List []message.TemplateItem `json:"template_list"`
	}
	if err := a.getJSON(ctx, "template/get_all_private_template", nil, &answer); err != nil {
		return nil, err
	}
	templates := make([]Template, 0, len(answer.List))
	for _, t := range answer.List {
		templates = append(templates, Template{
			ID: t.TemplateID, Title: t.Title, Content: t.Content, Example: t.Example, Fields: templateFields(t.Content),
		})
	}
	return templates, nil
}

// templateFields finds {{name.DATA}}.
func templateFields(content string) []string {
	var names []string
	for _, match := range regexp.MustCompile(`\{\{\s*(\w+)\.DATA\s*\}\}`).FindAllStringSubmatch(content, -1) {
		names = append(names, match[1])
	}
	return names
}
