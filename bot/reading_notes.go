package bot

import (
	"slices"
	"strconv"
	"time"

	"cailiao/imaging/reading"
	"cailiao/intake"
)

// What reading a photo finds. Notes are seen by staff only; nothing is refused for any of them.
const (
	otherKind   = "other_kind"   // looks like another item, whose name is Where; Value and Threshold: shares of words found
	nameDiffers = "name_differs" // the name on it is not the roster's
	idDiffers   = "id_differs"   // the identity number on it is not the roster's
	expired     = "expired"      // valid until the day in Where: Value, as 20260131, before Threshold
	noQR        = "no_qr"        // the QR code that belongs on it was not found
	askew       = "askew"        // may lie on its side or be mirrored: the margin in Value was too small to turn it, or there was no time

	turnedByText = "turned"      // by what stands on it: Where is the turn, Value the margin
	turnedByFace = "turned_face" // by the face on it: Value is the score
	turnedByHand = "turned_hand" // the candidate chose so: Value is the choice, of Threshold
)

// ofReading says whether a verdict stands for what was read, and goes when it is read anew.
func ofReading(v intake.Verdict) bool {
	return slices.Contains([]string{otherKind, nameDiffers, idDiffers, expired}, v.Code)
}

func doubtOfReading(v intake.Verdict) bool { return v.Level == intake.Doubt && ofReading(v) }

// guess is what a photo seems to be.
type guess struct {
	code   string  // of the material; empty: no idea
	name   string  // its name
	share  float64 // of its words found
	own    float64 // the same for the material it was sent for
	sure   bool    // no other comes near
	likely bool    // fits better than what it was sent for
}

// guess compares what was read with the words of all materials of a list. A photo sent for one
// without words is not told from others.
func (b *Bot) guess(materials []intake.Material, own string, lines []reading.Line) guess {
	var kinds []reading.Kind
	names := map[string]string{}
	told := own == ""
	for _, m := range materials {
		kinds = append(kinds, reading.Kind{Code: m.Code, Words: m.Words})
		names[m.Code] = m.Name
		told = told || m.Code == own && len(m.Words) > 0
	}
	limits := b.Imaging.Thresholds()
	guesses := reading.Result{Lines: lines}.Guesses(kinds)
	best, margin := reading.Best(guesses)
	g := guess{code: best.Code, name: names[best.Code], share: best.Share}
	for _, other := range guesses {
		if other.Code == own {
			g.own = other.Share
		}
	}
	if g.own == g.share {
		g.code, g.name = own, names[own]
	}
	g.sure = told && g.share >= limits.KindShare && margin >= limits.KindMore
	g.likely = told && own != "" && g.code != own && g.share >= limits.OtherShare && g.share-g.own >= limits.OtherMore
	return g
}

// notes holds what was read against the item the photo was sent for and against the roster.
func (b *Bot) notes(who intake.Candidate, own intake.Material, g guess, lines []reading.Line) []intake.Verdict {
	if g.likely { // what its own item should say is not the question then
		return []intake.Verdict{note(otherKind, g.share, g.own, g.name)}
	}
	var found []intake.Verdict
	read := reading.Result{Lines: lines}
	if own.Own {
		found = append(found, whose(who, read)...)
	}
	needed := b.Now()
	if closes := b.Season.Window.Closes; closes.After(needed) {
		needed = closes // it is looked at later still
	}
	if day, ok := read.ValidUntil(b.Season.Location); ok && needed.After(day.AddDate(0, 0, 1)) {
		found = append(found, intake.Verdict{
			Code: expired, Level: intake.Doubt, Value: dayNumber(day), Threshold: dayNumber(needed.In(b.Season.Location)), Where: day.Format(time.DateOnly),
		})
	}
	return found
}

func dayNumber(day time.Time) float64 {
	n, err := strconv.Atoi(day.Format("20060102"))
	if err != nil {
		return 0
	}
	return float64(n)
}

// whose holds name and number against the roster. Only what was read beyond doubt counts: a name
// behind its label, a number whose check character is right.
func whose(who intake.Candidate, read reading.Result) []intake.Verdict {
	var found []intake.Verdict
	if name, trusted := read.Name(); trusted && name != who.Name && !read.Says(who.Name) {
		found = append(found, note(nameDiffers, 0, 0, ""))
	}
	if numbers := read.IDNumbers(); len(numbers) > 0 && !read.Says(who.IDNumber) {
		found = append(found, note(idDiffers, 0, 0, ""))
	}
	return found
}

func note(code string, value, threshold float64, where string) intake.Verdict {
	return intake.Verdict{Code: code, Level: intake.Note, Value: value, Threshold: threshold, Where: where}
}
