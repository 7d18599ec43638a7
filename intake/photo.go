package intake

import "time"

// PhotoState says whether a photo counts.
type PhotoState string

const (
	Kept     PhotoState = "kept"     // counts for its material
	InTray   PhotoState = "tray"     // stored, but for no material yet: the candidate files it
	Replaced PhotoState = "replaced" // a newer one took its place; stays in history
	Deleted  PhotoState = "deleted"  // taken out by the candidate; stays in history
)

// Photo is one stored picture. The four blobs are: the bytes as received, the upright copy
// within the size limit, a screen copy for review, a thumbnail.
type Photo struct {
	ID          int64
	CandidateID int64
	Material    string
	Seq         int // order within the material, from 1, never reused
	Round       int // the submission's round it was sent in
	State       PhotoState
	SHA256      string // of the bytes as received
	Format      string // "jpeg" or "png"
	Width       int    // of the upright picture
	Height      int
	Bytes       int // as received
	CopyBytes   int
	Original    string // blob keys
	Copy        string
	Screen      string
	Thumb       string
	PHash       uint64
	DHash       uint64
	Verdicts    []Verdict
	Tray        int   // the number by which the candidate files it while InTray, from 1
	Turn        int   // quarter turns clockwise by which reviewers look at it; the picture itself stays
	MessageID   int64 // the WeChat message that brought it
	ReceivedAt  time.Time
	ReadAt      time.Time // when it was read what stands on it; zero: not yet
}
