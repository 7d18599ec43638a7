package notify_test

import (
	"slices"
	"strings"
	"testing"

	"cailiao/intake"
	"cailiao/notify"
	"cailiao/storage/storagetest"
	"cailiao/wechat/wechattest"
)

func TestEachKindIsShownAsTheCandidateWillSeeIt(t *testing.T) {
	w := newWorld(t, storagetest.Open(t))
	account, err := w.WeChat.Templates(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.with(intake.NoticeReturned, func(t *notify.Template) {
		t.Chat, t.SMS = notify.ChatAlso, notify.SMS{Template: "SMS_1", Params: []string{"deadline"}}
	})
	all := w.Config.PreviewAll(w.Season, account, noon)
	if len(all) != len(intake.NoticeKinds) {
		t.Fatalf("%d previews for %d kinds", len(all), len(intake.NoticeKinds))
	}
	for _, p := range all {
		if p.Err != nil || p.Title == "" || len(p.Lines) == 0 {
			t.Errorf("%s: %+v", p.Kind, p)
		}
		if p.Kind == intake.NoticeReturned {
			want := []string{"事项：身份证人像面等2项需重传", "审核结果：需补正", "截止时间：2026年2月2日 12:00"}
			if !slices.Equal(p.Lines, want) || p.Chat == "" || !slices.Equal(p.SMS, []string{"deadline=2026年2月2日 12:00"}) {
				t.Errorf("got %+v", p)
			}
		}
	}
}

func TestAMappingIsHeldAgainstTheAccountsTemplates(t *testing.T) {
	w := newWorld(t, storagetest.Open(t))
	problems := func() map[string]string {
		account, err := w.WeChat.Templates(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		for _, m := range w.Config.Compare(account) {
			all[m.Key] = m.Problem
		}
		return all
	}
	if got := problems(); len(got) > 0 {
		t.Errorf("nothing is wrong, but: %v", got)
	}
	w.platform.RemoveTemplate("TPL_RESULT")
	w.platform.AddTemplate(wechattest.Template{ID: "TPL_RETURNED", Title: "审核结果", Content: "事项：{{thing1.DATA}}\n结果：{{phrase5.DATA}}\n截止：{{time3.DATA}}"})
	got := problems()
	for key, want := range map[string]string{
		"passed.template_id":      "40037",
		"returned.fields":         "phrase5",
		"returned.fields.phrase2": "no such field",
	} {
		if !strings.Contains(got[key], want) {
			t.Errorf("%s: got %q, want something about %s", key, got[key], want)
		}
	}
	w.with(intake.NoticePassed, func(t *notify.Template) { t.Disabled = true })
	if _, told := problems()["passed.template_id"]; told {
		t.Error("a disabled kind needs no template")
	}
}
