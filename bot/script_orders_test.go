package bot_test

import (
	"strconv"
	"strings"
	"time"

	"cailiao/app/apptest"
	"cailiao/bot"
	"cailiao/intake"
	"cailiao/review"
	"cailiao/wechat/wechattest"
)

// order lets staff decide, or the platform misbehave.
func (s *stage) order(words []string) {
	if words[0] == "故障" {
		status, _ := strconv.Atoi(words[2])
		times, _ := strconv.Atoi(words[3])
		fault := wechattest.Fault{API: words[1], Status: status, Times: times}
		if status >= 1000 || status < 0 {
			fault.Status, fault.ErrCode = 0, status
		}
		s.w.Platform.Fail(fault)
		return
	}
	if words[0] == "读图" {
		s.clerk.setBusy(len(words) > 1)
		if err := s.w.Bot.ReadPhotos(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	if words[0] == "清理" {
		if err := s.w.Keeper.Part(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	who := s.staff[words[0]]
	switch words[1] {
	case "打开":
		if _, err := s.w.Desk.Sheet(s.t.Context(), who, s.theCase().Candidate.ID); err != nil {
			s.t.Fatal(err)
		}
		return
	case "答复":
		s.answer(who, strings.Join(words[2:], " "))
		return
	}
	c := s.theCase()
	decision := intake.Decision{By: who, At: s.w.Clock.Now(), Version: c.Submission.Version}
	returns := map[string][]string{}
	if words[1] == "退回" {
		for _, part := range strings.Split(strings.Join(words[2:], " "), ";") {
			fields := strings.Fields(part)
			returns[fields[0]] = fields[1:]
		}
	}
	for _, code := range intake.Waiting(c) {
		j := intake.Judgement{Material: code, Pass: true}
		if fields, ok := returns[code]; ok {
			reasons, framed := strings.CutSuffix(fields[0], "+框")
			j.Pass, j.Reasons = false, strings.Split(reasons, ",")
			if framed {
				j.Boxes = []intake.Box{{Photo: c.PhotosOf(code)[0].ID, X: .6, Y: .1, W: .3, H: .2}}
			}
			j.Comment = strings.Join(fields[1:], " ")
		}
		decision.Judgements = append(decision.Judgements, j)
	}
	defer s.w.Clock.Advance(review.UndoGrace) // what a decision tells waits until it can no longer be taken back
	if _, err := s.w.Desk.Decide(s.t.Context(), who, c.Candidate.ID, decision); err != nil {
		s.out.WriteString("! " + err.Error() + "\n")
	}
}

// scene is a personal code of a candidate of the tests, by number from 1.
func (s *stage) scene(kind, number string) string {
	n, _ := strconv.Atoi(number)
	c, err := s.w.DB.CandidateByNumber(s.t.Context(), apptest.People[n-1].Number)
	if err != nil {
		s.t.Fatal(err)
	}
	secret, until := s.w.Config.SceneSecret(), s.w.Clock.Now().Add(24*time.Hour)
	switch kind {
	case "过期码":
		until = s.w.Clock.Now().Add(-time.Minute)
	case "假码":
		secret = []byte("guessed")
	}
	return bot.Scene(secret, c.ID, until, 7)
}
