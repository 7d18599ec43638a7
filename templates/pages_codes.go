package templates

import "time"

// CodesPage is where personal QR codes are made, and a page of them to print.
type CodesPage struct {
	Frame
	Sites      []ExportSite // those the account sees
	Days       int          // how long they are good
	Longest    int
	PageLength int
	Problem    string // "", "days", "wechat"

	Made     bool // codes were asked for
	Site     string
	SiteName string
	Until    time.Time
	Codes    []Code
	After    int64 // the next page begins behind this candidate; 0: there is none
}

func (CodesPage) page() string { return "codes" }
