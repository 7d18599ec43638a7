package templates

import "cailiao/intake"

// PrivacyPage tells anybody what is held of candidates, why, for how long, and what they may ask.
type PrivacyPage struct {
	Season   string
	Version  string // of the notice
	Operator string // who decides why the data are processed
	Contact  intake.Contact
	Sites    []intake.Site
	Parting  intake.Parting
	SMS      bool // a provider gets phones
	Messages int  // days; 0: until the season ends
	Attempts int
}

func (PrivacyPage) page() string { return "privacy" }

// GraceDays is the grace of unfollowing in days, rounded up.
func (p PrivacyPage) GraceDays() int { return int((p.Parting.Grace.Hours() + 23) / 24) }
