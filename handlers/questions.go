package handlers

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"cailiao/bot"
	"cailiao/intake"
	"cailiao/review"
	"cailiao/templates"
)

// questions lists what candidates asked and nobody has answered.
func (h *House) questions(c *gin.Context, staff intake.Staff) error {
	return h.showQuestions(c, staff, http.StatusOK, templates.QuestionRow{})
}

// answer sends an answer to a question.
func (h *House) answer(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	text := c.Request.PostForm.Get("answer")
	err = h.Desk.Answer(c.Request.Context(), staff, id, text)
	if errors.Is(err, intake.ErrConflict) {
		return h.showQuestions(c, staff, http.StatusConflict, templates.QuestionRow{Action: answerURL(id), Draft: text, Answered: true})
	}
	if err != nil {
		return err
	}
	if err := h.leave(c.Request.Context(), "answered", ""); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, "/staff/questions")
	return nil
}

func answerURL(id int64) string { return fmt.Sprintf("/staff/questions/%d", id) }

func (h *House) showQuestions(c *gin.Context, staff intake.Staff, status int, refused templates.QuestionRow) error {
	open, err := h.Desk.Questions(c.Request.Context(), staff)
	if err != nil {
		return err
	}
	page := templates.QuestionsPage{Frame: h.frame(c)}
	if page.Flash, page.Path, err = h.takeFlash(c.Request.Context()); err != nil {
		return err
	}
	if refused.Action != "" {
		page.Questions = append(page.Questions, refused)
	}
	for _, q := range open {
		until := q.HeardAt.Add(review.ReplyWindow)
		chat, err := h.Desk.Chat(c.Request.Context(), staff, q.CandidateID)
		if err != nil {
			return err
		}
		page.Questions = append(page.Questions, templates.QuestionRow{
			URL: sheetURL(q.CandidateID, review.Filter{}), Action: answerURL(q.ID), Name: q.Name, Text: q.Text,
			Asked: q.AskedAt.In(h.Season.Location), Until: until.In(h.Season.Location),
			Open: q.Following && h.now().Before(until), Following: q.Following, Site: h.siteName(q.Site), Chat: h.chat(chat),
		})
	}
	return render(c, status, page, "")
}

func (h *House) chat(all []review.Said) []templates.SaidLine {
	var lines []templates.SaidLine
	for _, s := range all {
		line := templates.SaidLine{At: h.local(s.At), Kind: s.Kind, Text: s.Text, Reply: templates.Unlinked(bot.TextOf(s.Reply))}
		if p := s.Photo; p != nil {
			line.Thumb, line.Screen = fmt.Sprintf("/staff/photos/%d/%s", p.ID, review.Thumb), fmt.Sprintf("/staff/photos/%d/%s", p.ID, review.Screen)
			if m, ok := h.Season.Material(p.Material); ok {
				line.Material = m.Name
			}
		}
		lines = append(lines, line)
	}
	return lines
}
