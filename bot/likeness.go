package bot

import (
	"context"
	"errors"
	"fmt"

	"cailiao/imaging"
	"cailiao/intake"
)

// What comparing a photo with others finds. The words are in templates; Where is the name of the
// item that has the other photo.
const (
	similar         = "similar"          // looks like a photo of another item, or another of the same
	similarReturned = "similar_returned" // looks like the photo that was returned
	elsewhere       = "elsewhere"        // the very same file was sent by another candidate: for staff only
)

// compare holds a photo on its way to line against the candidate's own photos and against other
// candidates' files. It never refuses: pages of one kind look alike, and colleagues may rightly
// share their unit's licence.
func (t *turn) compare(ctx context.Context, line intake.Line, taken *imaging.Taken) ([]intake.Verdict, error) {
	var found []intake.Verdict
	swapped, _ := t.swapOf(line)
	for _, p := range t.c.Photos {
		if p.ID == swapped.ID && p.ID != 0 {
			continue // the candidate says it is a better one of the same
		}
		bits := imaging.Likeness{PHash: p.PHash, DHash: p.DHash}.Distance(imaging.Likeness{PHash: taken.PHash, DHash: taken.DHash})
		if !bits.Alike() {
			continue
		}
		home, _ := t.line(p.Material)
		verdict := intake.Verdict{
			Code: similar, Level: intake.Doubt, Value: float64(bits.DHash), Threshold: imaging.AlikeDHash, Where: home.Material.Name,
		}
		if home.Item.State == intake.ItemReturned && p.Round < t.c.Submission.Round {
			verdict.Code = similarReturned
		}
		found = append(found, verdict)
		break // one is enough to look again
	}
	used, err := t.bot.DB.PhotosBySHA(ctx, taken.SHA256)
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return nil, fmt.Errorf("compare photo: %w", err)
	}
	for _, p := range used {
		if p.CandidateID != t.c.Candidate.ID {
			return append(found, intake.Verdict{Code: elsewhere, Level: intake.Note}), nil
		}
	}
	return found, nil
}
