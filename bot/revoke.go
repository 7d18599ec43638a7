package bot

import (
	"context"
	"encoding/json"

	"cailiao/intake"
	"cailiao/storage"
)

// revoke asks whether the agreement to what is done with personal data is really taken back:
// 「撤回同意」.
func (t *turn) revoke(context.Context) (string, error) {
	t.talk.Memo.Revoking = true
	return t.say("revoke")
}

// revoked takes the answer to that; asked is false when the text is about something else, and the
// question then lapses.
func (t *turn) revoked(ctx context.Context) (reply string, asked bool, err error) {
	asking := t.talk.Memo.Revoking
	t.talk.Memo.Revoking = false
	switch {
	case !asking:
		return "", false, nil
	case t.cmd == "no":
		reply, err = t.say("revoke not")
	case t.cmd == "yes" || t.cmd == "revoked":
		reply, err = t.takeBack()
	default:
		return "", false, nil
	}
	return reply, true, err
}

// takeBack records that the agreement is taken back. What was never submitted is erased, and the
// tie to the WeChat cut; what was submitted belongs to the review, which the law wants kept.
func (t *turn) takeBack() (string, error) {
	detail, err := json.Marshal(map[string]string{"version": t.bot.Notice})
	if err != nil {
		return "", err
	}
	t.revokes = true
	t.log("consent.withdraw", string(detail))
	reply, err := t.say("revoked")
	if err != nil || !t.c.Submission.Erasable() {
		return reply, err
	}
	t.empties, t.unheaded = true, false
	t.talk.Stage, t.talk.Memo, t.talk.Ahead = "", intake.Memo{}, ""
	return reply, nil
}

// saveParting stores who comes back, who leaves and who takes an agreement back.
func (t *turn) saveParting(ctx context.Context, tx storage.Q) error {
	id := t.c.Candidate.ID
	if t.rejoins {
		if err := tx.Bind(ctx, id, t.row.OpenID, t.now); err != nil {
			return err
		}
	}
	if t.parts {
		if err := tx.Part(ctx, id, t.row.OpenID, t.now); err != nil {
			return err
		}
	}
	if t.revokes {
		if err := tx.WithdrawAgreements(ctx, id, t.now); err != nil {
			return err
		}
	}
	if t.empties {
		_, err := tx.Empty(ctx, id, t.now)
		return err
	}
	return nil
}
