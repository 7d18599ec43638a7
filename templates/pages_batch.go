package templates

import "time"

// BatchPage is one decision for many candidates before it begins: what to do, and what it would
// mean for each of them.
type BatchPage struct {
	Frame
	Back     string // to the list
	Problem  string // "", "none", "many", "reason", "long"
	Act      string // "", "pass", "return"
	Material string // code
	Comment  string
	Ready    bool // the preview is complete: it can begin
	In       int  // how many are not left out

	Lines        []BatchLine
	Materials    []BatchMaterial
	MaterialName string
	Told         []ReasonChoice // the reasons chosen
}

// BatchLine is one candidate.
type BatchLine struct {
	ID, Version  int64
	URL          string
	Name, Number string
	Others       int    // other items that pass along
	Out          string // why it is left out; empty: it is not
}

// BatchMaterial is a material that may be returned.
type BatchMaterial struct {
	Code, Name string
	Chosen     bool
	Reasons    []ReasonChoice
}

// Batch is an order that has begun.
type Batch struct {
	URL                 string
	At                  time.Time
	Running             bool
	Done, Left, Waiting int
}

// Total is how many it is about.
func (b Batch) Total() int { return b.Done + b.Left + b.Waiting }

// BatchProgressPage is how far it has come.
type BatchProgressPage struct {
	Frame
	URL string
	Batch
	Pass     bool
	Material string
	Reasons  []string
	Rows     []BatchResult
}

// BatchResult is what became of one candidate.
type BatchResult struct {
	URL          string
	Name, Number string
	State        string // "waiting", "done", "left"
	Why          string
}

// BatchesPage lists orders.
type BatchesPage struct {
	Frame
	Batches []Batch
}

func (BatchPage) page() string         { return "batch" }
func (BatchProgressPage) page() string { return "batch-progress" }
func (BatchesPage) page() string       { return "batches" }

// Closed is how many are not waiting any more.
func (b Batch) Closed() int { return b.Done + b.Left }
