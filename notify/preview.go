package notify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cailiao/intake"
	"cailiao/templates"
	"cailiao/wechat"
)

// Preview is one kind of notice as a candidate would see it.
type Preview struct {
	Kind     intake.NoticeKind
	Disabled bool
	Via      Via
	ID       string   // of the template
	Title    string   // from the account; empty: not known
	Lines    []string // label and value; without the account's template the field's key stands for the label
	Chat     string   // the customer-service message, where the kind has one
	SMS      []string // the parameters of the SMS, where the kind has one
	Err      error    // why it would be refused
}

// PreviewAll renders each kind for a made-up candidate with two items to correct. account are the
// templates of the account, empty when they are not known.
func (c Config) PreviewAll(season *intake.Season, account []wechat.Template, now time.Time) []Preview {
	var all []Preview
	for _, kind := range intake.NoticeKinds {
		all = append(all, c.preview(kind, season, account, now))
	}
	return all
}

func (c Config) preview(kind intake.NoticeKind, season *intake.Season, account []wechat.Template, now time.Time) Preview {
	t := c[kind]
	p := Preview{Kind: kind, Disabled: t.Disabled, Via: t.Via, ID: t.ID}
	if p.Via == "" {
		p.Via = ViaTemplate
	}
	say := example(season, now)
	say.DataOnly = kind == intake.NoticeRegistration
	data, err := t.data(kind, say)
	if err != nil {
		p.Err = err
		return p
	}
	i := slices.IndexFunc(account, func(a wechat.Template) bool { return a.ID == t.ID })
	if i >= 0 {
		p.Title = account[i].Title
		p.Lines = filled(account[i].Content, data)
	} else {
		for _, key := range sortedFields(data) {
			p.Lines = append(p.Lines, key+"："+data[key])
		}
	}
	if t.Chat != ChatNever {
		p.Chat, p.Err = templates.NoticeChat(kind, say)
	}
	for _, value := range t.SMS.Params {
		text, err := templates.Notice(kind, value, 20, say)
		if err != nil {
			p.Err = err
		}
		p.SMS = append(p.SMS, value+"="+text)
	}
	return p
}

// example is what texts speak of in a preview.
func example(season *intake.Season, now time.Time) templates.NoticeSay {
	say := templates.NoticeSay{
		N: 2, Until: season.Deadline(now).In(season.Location), Now: now.In(season.Location), Closes: season.Window.Closes.In(season.Location),
		Name: "张三", Number: "2611010001", Area: season.Area.Name,
	}
	if len(season.Materials) > 0 {
		say.First = season.Materials[0].Name
	}
	if len(season.Sites) > 0 {
		say.Site, say.Phone = season.Sites[0].Name, season.Sites[0].Contact.Phone
	}
	return say
}

// filled puts values into a template's content, as WeChat does.
func filled(content string, data map[string]string) (lines []string) {
	for line := range strings.Lines(content) {
		for key, value := range data {
			line = strings.ReplaceAll(line, "{{"+key+".DATA}}", value)
		}
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// Mismatch is a kind whose mapping does not fit the account's template.
type Mismatch struct {
	Key     string // in the notices section
	Problem string
}

// Compare holds the mappings against the account's templates (get_all_private_template), as they
// would be refused at the first sending. Kinds sent as 订阅通知 have templates of another list and
// are not looked at.
func (c Config) Compare(account []wechat.Template) (all []Mismatch) {
	for _, kind := range intake.NoticeKinds {
		t := c[kind]
		if t.Disabled || t.Via == ViaSubscribe {
			continue
		}
		add := func(key, format string, args ...any) {
			all = append(all, Mismatch{Key: string(kind) + "." + key, Problem: fmt.Sprintf(format, args...)})
		}
		i := slices.IndexFunc(account, func(a wechat.Template) bool { return a.ID == t.ID })
		if i < 0 {
			add("template_id", "the account has no template %s: sending will be refused (40037)", t.ID)
			continue
		}
		for _, key := range account[i].Fields {
			if _, mapped := t.Fields[key]; !mapped {
				add("fields", "the template wants %s, which is not mapped: sending will be refused (47003)", key)
			}
			if _, err := typeOf(key); err != nil {
				add("fields", "the template's field %s is of no known type", key)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(t.Fields)) {
			if !slices.Contains(account[i].Fields, key) {
				add("fields."+key, "the template has no such field; it has %s", strings.Join(account[i].Fields, ", "))
			}
		}
	}
	return all
}
