package templates

import "cailiao/intake"

// ExportSite is one exam site to choose.
type ExportSite struct{ Code, Name string }

// ExportPage is where data are taken out.
type ExportPage struct {
	Frame
	Sites    []ExportSite // those the account sees
	OfSite   bool         // it sees just one
	States   []intake.State
	Numbers  bool   // whole ID and phone numbers are in the table
	Example  string // of a file's name
	Watch    string // token of this page's exports
	WatchURL string // this page, waiting
	Progress ExportProgress
}

// ExportProgress is how far an export is.
type ExportProgress struct {
	State      string // "": none, "running", "done", "cut"
	What       string // "states", "photos"
	Seen       int    // candidates gone through
	Total      int
	Candidates int // taken
	Photos     int
	Missing    int
	MB         int
	After      int64             // the last candidate that is whole
	More       bool              // there is another part
	Form       map[string]string // what was asked for, to go on
}

func (ExportPage) page() string { return "export" }
