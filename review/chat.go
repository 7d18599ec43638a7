package review

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"cailiao/intake"
)

// Said is one message of a candidate, with what the bot replied.
type Said struct {
	At    time.Time
	Kind  string        // WeChat's: text, image, event, …
	Text  string        // of a text; empty: another kind, or not kept because it held an ID number or a phone number
	Photo *intake.Photo // what a picture became; nil: nothing
	Reply string
}

// Chat lists the last messages of a candidate, oldest first. intake.ErrNotFound: unknown, or of a
// site the account does not see.
func (d *Desk) Chat(ctx context.Context, staff intake.Staff, candidateID int64) ([]Said, error) {
	c, err := d.visible(ctx, staff, candidateID)
	if err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	if c.OpenID == "" {
		return nil, nil
	}
	messages, err := d.DB.Talked(ctx, c.OpenID, chatShown)
	if err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	var ids []int64
	for _, m := range messages {
		ids = append(ids, m.ID)
	}
	photos, err := d.DB.PhotosByMessages(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	var chat []Said
	for _, m := range messages {
		var body struct {
			Text string `json:"text"`
		}
		if len(m.Body) > 0 && json.Unmarshal(m.Body, &body) != nil {
			body.Text = "" // written by another version: shown without its words
		}
		said := Said{At: m.ReceivedAt, Kind: m.Kind, Text: body.Text, Reply: m.Reply}
		i := slices.IndexFunc(photos, func(p intake.Photo) bool { return p.MessageID == m.ID && p.CandidateID == c.ID })
		if i >= 0 {
			said.Photo = &photos[i]
		}
		if said.Kind != "event" || said.Reply != "" {
			chat = append(chat, said)
		}
	}
	return chat, nil
}
