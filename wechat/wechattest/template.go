package wechattest

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Template is a template the account has added: its content is lines like
// 「截止时间：{{time3.DATA}}」, and the key says which values the field takes.
type Template struct {
	ID      string
	Title   string
	Content string
	Fields  []string            // keys in order; nil: those of Content
	Consts  map[string][]string // the values a const field may take, by key
}

// DefaultTemplates are the ones the demo's account has: result returned, reminder, answer to a question, result.
func DefaultTemplates() []Template {
	return []Template{
		{ID: "TPL_RETURNED", Title: "审核结果通知", Content: "事项：{{thing1.DATA}}\n审核结果：{{phrase2.DATA}}\n截止时间：{{time3.DATA}}"},
		{ID: "TPL_REMINDER", Title: "补正提醒", Content: "事项：{{thing1.DATA}}\n截止时间：{{time2.DATA}}\n提示：{{thing3.DATA}}"},
		{ID: "TPL_ANSWER", Title: "留言回复提醒", Content: "事项：{{thing1.DATA}}\n回复时间：{{time2.DATA}}\n提示：{{thing3.DATA}}"},
		{ID: "TPL_RESULT", Title: "审核结果通知", Content: "事项：{{thing1.DATA}}\n审核结果：{{phrase2.DATA}}\n审核时间：{{time3.DATA}}"},
	}
}

// AddTemplate adds one to the account, or replaces that of the same ID.
func (p *Platform) AddTemplate(t Template) {
	p.RemoveTemplate(t.ID)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.templates = append(p.templates[:len(p.templates):len(p.templates)], t)
}

// RemoveTemplate deletes one, as a change of category does: sending gets 40037.
func (p *Platform) RemoveTemplate(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var kept []Template
	for _, t := range p.templates {
		if t.ID != id {
			kept = append(kept, t)
		}
	}
	p.templates = kept
}

// template finds one by ID. p.mu is held.
func (p *Platform) template(id string) (Template, bool) {
	for _, t := range p.templates {
		if t.ID == id {
			return t, true
		}
	}
	return Template{}, false
}

var placeholder = regexp.MustCompile(`\{\{(\w+)\.DATA\}\}`)

// keys are the fields a message must fill.
func (t Template) keys() []string {
	if t.Fields != nil {
		return t.Fields
	}
	var keys []string
	for _, m := range placeholder.FindAllStringSubmatch(t.Content, -1) {
		keys = append(keys, m[1])
	}
	return keys
}

// check names the first field that is missing or holds what its type does not take.
func (t Template) check(values map[string]string) error {
	for _, key := range t.keys() {
		if !fits(key, values[key], t.Consts[key]) {
			return fmt.Errorf("argument invalid! data.%s.value invalid", key)
		}
	}
	return nil
}

// card is the message as the person sees it: one row per line of the template, a value only
// up to its first line break.
func (t Template) card(values map[string]string, url string) *Card {
	c := &Card{TemplateID: t.ID, Title: t.Title, URL: url, Values: values}
	for line := range strings.SplitSeq(t.Content, "\n") {
		m := placeholder.FindStringSubmatchIndex(line)
		if m == nil {
			continue
		}
		label := strings.TrimRight(line[:m[0]], "：: ")
		c.Rows = append(c.Rows, Row{Label: label, Value: values[line[m[2]:m[3]]]})
	}
	return c
}

// templateMessage is the body of template/send and of bizsend.
type templateMessage struct {
	ToUser      string `json:"touser"`
	TemplateID  string `json:"template_id"`
	URL         string `json:"url"`  // template/send
	Page        string `json:"page"` // bizsend
	ClientMsgID string `json:"client_msg_id"`
	Data        map[string]struct {
		Value any `json:"value"`
	} `json:"data"`
}

func (m templateMessage) values() map[string]string {
	values := map[string]string{}
	for key, field := range m.Data {
		if field.Value == nil {
			continue
		}
		text, _, _ := strings.Cut(fmt.Sprint(field.Value), "\n")
		values[key] = text
	}
	return values
}

// sentOnce remembers a client_msg_id for 10 minutes.
type sentOnce struct {
	msgID int64
	until time.Time
}

// templateSend shows a template message and pushes its delivery event afterwards.
func (p *Platform) templateSend(c call) answer {
	var in templateMessage
	if err := json.Unmarshal(c.body, &in); err != nil {
		return fail(47001, "data format error")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.users[in.ToUser]
	if !ok {
		return fail(40003, "invalid openid")
	}
	t, ok := p.template(in.TemplateID)
	if !ok {
		return fail(40037, "invalid template_id")
	}
	if !u.following {
		return fail(43004, "require subscribe")
	}
	values := in.values()
	if err := t.check(values); err != nil {
		return fail(47003, err.Error())
	}
	now, once := p.Now(), in.ToUser+" "+in.ClientMsgID
	if first, ok := p.sent[once]; ok && in.ClientMsgID != "" && now.Before(first.until) {
		return jsonAnswer(map[string]any{"errcode": 0, "errmsg": "ok", "msgid": first.msgID})
	}
	id := p.nextID()
	if in.ClientMsgID != "" {
		p.sent[once] = sentOnce{msgID: id, until: now.Add(10 * time.Minute)}
	}
	refusing := u.refusing
	if !refusing {
		u.append(Entry{From: FromAccount, Kind: KindTemplate, Card: t.card(values, in.URL)})
	}
	a := jsonAnswer(map[string]any{"errcode": 0, "errmsg": "ok", "msgid": id})
	a.after = func() { p.push(func(ctx context.Context) { u.jobFinished(ctx, id, refusing) }) }
	return a
}

// jobFinished pushes TEMPLATESENDJOBFINISH for a template message.
func (u *User) jobFinished(ctx context.Context, id int64, refused bool) {
	status := "success"
	if refused {
		status = "failed:user block"
	}
	if f := u.p.trip("template/finish", u.OpenID); f != nil {
		status = "failed: system failed"
		if f.Message != "" {
			status = f.Message
		}
		pause(ctx, f.Delay)
	}
	u.p.mu.Lock()
	m := u.message("event", u.p.Now())
	m.Event, m.JobID, m.Status = "TEMPLATESENDJOBFINISH", id, cdata(status)
	u.p.mu.Unlock()
	u.p.deliver(ctx, u.OpenID, m.bytes())
}

// subscribeSend shows a subscription notice; each costs one consent given with Allow.
func (p *Platform) subscribeSend(c call) answer {
	var in templateMessage
	if err := json.Unmarshal(c.body, &in); err != nil {
		return fail(47001, "data format error")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.users[in.ToUser]
	if !ok {
		return fail(40003, "invalid openid")
	}
	t, ok := p.template(in.TemplateID)
	if !ok {
		return fail(40037, "invalid template_id")
	}
	values := in.values()
	if err := t.check(values); err != nil {
		return fail(47003, err.Error())
	}
	if u.consents[t.ID] == 0 || u.refusing {
		return fail(43101, "user refuse to accept the msg")
	}
	u.consents[t.ID]--
	u.append(Entry{From: FromAccount, Kind: KindTemplate, Card: t.card(values, in.Page)})
	return succeed()
}

// templateList is what the account has added.
func (p *Platform) templateList(call) answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := []map[string]any{}
	for _, t := range p.templates {
		list = append(list, map[string]any{
			"template_id": t.ID, "title": t.Title, "content": t.Content,
			"primary_industry": "", "deputy_industry": "", "example": "",
		})
	}
	return jsonAnswer(map[string]any{"template_list": list})
}
