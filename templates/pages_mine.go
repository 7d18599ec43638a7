package templates

import (
	"time"

	"cailiao/intake"
)

// MinePage is what a candidate sees of their own materials.
type MinePage struct {
	Season    string
	Name      string // masked
	Site      intake.Site
	State     intake.State
	Over      bool // the window has closed
	Until     time.Time
	Left      string
	Sheets    []MineSheet // what was returned
	DataWrong bool        // some of it is about registration data
	Lines     []MineLine
	Tray      []intake.Photo
	Done      int
	Total     int
}

func (MinePage) page() string { return "mine" }

// MineSheet is one returned item with the pictures on which the reviewer drew.
type MineSheet struct {
	Sheet
	Marked []Marked
}

// Marked is a picture with frames; the measures are pixels of the upright picture.
type Marked struct {
	Photo  intake.Photo
	Line   int // thickness
	Frames []Rect
}

// Rect is one frame on it.
type Rect struct{ X, Y, W, H int }

// MarkedOn puts a reviewer's frames on a photo.
func MarkedOn(p intake.Photo, boxes []intake.Box) Marked {
	m := Marked{Photo: p, Line: max(2, min(p.Width, p.Height)/100)}
	w, h := float64(p.Width), float64(p.Height)
	for _, b := range boxes {
		if b.Photo == p.ID {
			m.Frames = append(m.Frames, Rect{int(b.X * w), int(b.Y * h), int(b.W * w), int(b.H * h)})
		}
	}
	return m
}

// MineLine is one material on it.
type MineLine struct {
	intake.Line
	Mark string
}

// Feedback says which of the three kinds of feedback the page begins with.
func (p MinePage) Feedback() string {
	switch p.State {
	case intake.Returned, intake.SitePassed, intake.Passed:
		return string(p.State)
	}
	return ""
}

// MarkOf is where a line stands, in the official words.
func MarkOf(l intake.Line) string { return mark(l) }

// LeftUntil is how much time is left, in words.
func LeftUntil(until, now time.Time) string { return left(until, now) }

// MineProblemPage tells a candidate why the page does not open, or no longer stands open.
type MineProblemPage struct {
	Season string
	Cause  string // "snapshot", "unbound", "again", "left"
}

func (MineProblemPage) page() string { return "mine-problem" }

// QuestionsPage lists what candidates asked, for staff.
type QuestionsPage struct {
	Frame
	Questions []QuestionRow
}

func (QuestionsPage) page() string { return "questions" }

// QuestionRow is one question.
type QuestionRow struct {
	URL      string // of the candidate's sheet
	Action   string // where the answer is posted
	Name     string
	Text     string
	Asked    time.Time
	Until    time.Time // until when an answer goes out at once
	Open     bool      // it does now
	Draft    string    // an answer that was refused
	Answered bool      // somebody else was faster

	Following bool   // the candidate follows the account
	Site      string // name of the exam site
	Chat      []SaidLine
}

// SaidLine is one message of the candidate with the bot's reply.
type SaidLine struct {
	At            time.Time
	Kind          string // "text", "image", "event", …
	Text          string
	Thumb, Screen string // URLs of the photo it brought
	Material      string // what the photo is of
	Reply         string
}
