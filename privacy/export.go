package privacy

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"cailiao/intake"
	"cailiao/storage"
)

// held is what we hold about a person, as the person gets it.
type held struct {
	Candidate intake.Candidate
	State     intake.Submission
	Items     []intake.Item
	Photos    []intake.Photo
	Decisions []storage.DecisionRow
	Notices   []intake.Notice
	Questions []storage.Question
	Messages  []message
	Talk      intake.Talk // where the conversation stands
	Permits   []storage.Permit
	Agreed    []storage.Agreement
	History   []storage.Event
}

// message is one thing said in chat, with the answer.
type message struct {
	At    string
	Kind  string
	Said  json.RawMessage `json:",omitempty"`
	Reply string
}

const eventsMost = 100_000 // of one person

// Export writes everything held about a person as a ZIP: data.json and every photo, as received
// and as handed on. The look is on record.
func (k *Keeper) Export(ctx context.Context, candidateID int64, actor string, out io.Writer) error {
	h, err := k.held(ctx, candidateID)
	if err != nil {
		return err
	}
	if err := k.DB.Log(ctx, storage.Event{At: k.Now(), Actor: actor, Action: ActionExport, CandidateID: candidateID}); err != nil {
		return err
	}
	z := zip.NewWriter(out)
	w, err := z.Create("data.json")
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(h); err != nil {
		return err
	}
	for _, p := range h.Photos {
		for kind, key := range map[string]string{"original": p.Original, "copy": p.Copy} {
			if err := k.addPhoto(ctx, z, fmt.Sprintf("photos/%s-%d-%d-%s", p.Material, p.Seq, p.ID, kind), key); err != nil {
				return err
			}
		}
	}
	return z.Close()
}

func (k *Keeper) addPhoto(ctx context.Context, z *zip.Writer, name, key string) error {
	data, err := k.Blobs.Get(ctx, key)
	if errors.Is(err, intake.ErrNotFound) {
		return nil // nothing we hold
	}
	if err != nil {
		return err
	}
	ext := ".jpg"
	if len(data) > 3 && data[1] == 'P' && data[2] == 'N' && data[3] == 'G' {
		ext = ".png"
	}
	w, err := z.CreateHeader(&zip.FileHeader{Name: name + ext, Method: zip.Store})
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

func (k *Keeper) held(ctx context.Context, id int64) (h held, err error) {
	c, err := k.DB.Case(ctx, id)
	if err != nil {
		return h, err
	}
	h.Candidate, h.State, h.Items = c.Candidate, c.Submission, c.Items
	var errs [7]error
	h.Photos, errs[0] = k.DB.PhotosEver(ctx, id)
	h.Decisions, errs[1] = k.DB.Decisions(ctx, id)
	h.Notices, errs[2] = k.DB.Notices(ctx, id)
	h.Questions, errs[3] = k.DB.QuestionsOf(ctx, id)
	h.Agreed, errs[4] = k.DB.Agreements(ctx, id)
	h.History, errs[5] = k.DB.Events(ctx, id, eventsMost)
	openID, err := k.DB.OpenIDOf(ctx, c.Candidate)
	if err != nil {
		return h, err
	}
	if openID != "" {
		if h.Talk, err = k.DB.Talk(ctx, openID); err != nil {
			return h, err
		}
		if h.Permits, err = k.DB.Permits(ctx, openID); err != nil {
			return h, err
		}
	}
	var messages []storage.Message
	messages, errs[6] = k.DB.MessagesOf(ctx, openID)
	for _, m := range messages {
		said := json.RawMessage(m.Body)
		if !json.Valid(said) {
			said = nil
		}
		h.Messages = append(h.Messages, message{At: m.ReceivedAt.Format("2006-01-02T15:04:05Z07:00"), Kind: m.Kind, Said: said, Reply: m.Reply})
	}
	return h, errors.Join(errs[:]...)
}
