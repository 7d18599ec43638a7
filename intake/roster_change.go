package intake

import (
	"fmt"
	"slices"
)

// RosterChange is one field in which a roster differs from what is known, in words for staff; ID
// number and phone are masked.
type RosterChange struct {
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

// RosterChanges compares a candidate, as the last roster left them, with a row of a new one. A
// phone number that the candidate confirmed stays, so it is no change.
func RosterChanges(season *Season, before Candidate, row RosterRow) []RosterChange {
	var changes []RosterChange
	add := func(field, old, new string) {
		if old != new {
			changes = append(changes, RosterChange{field, old, new})
		}
	}
	hidden := func(field, old, new string, masked func(Candidate) string) {
		if old == new {
			return
		}
		a := masked(Candidate{IDNumber: old, Phone: old})
		b := masked(Candidate{IDNumber: new, Phone: new})
		if a == b {
			b += wordHiddenDiffers
		}
		add(field, a, b)
	}
	add(columnName, before.Name, row.Name)
	add(columnIDType, before.IDType, row.IDType)
	hidden(columnIDNumber, before.IDNumber, row.IDNumber, Candidate.MaskedID)
	if !before.PhoneOK {
		hidden(columnPhone, before.Phone, row.Phone, Candidate.MaskedPhone)
	}
	add(columnSite, before.Site, row.Site)
	for _, a := range season.Attributes {
		add(a.Name, a.tell(before.Attrs[a.Code], before.Assumed), a.tell(row.Attrs[a.Code], row.Assumed))
	}
	if !before.WithdrawnAt.IsZero() {
		add(wordOnRoster, wordWithdrawn, wordListed)
	}
	return changes
}

// tell writes an attribute's value as a roster does, and whether it was only supposed.
func (a Attribute) tell(value any, assumed []string) string {
	text := ""
	switch v := value.(type) {
	case nil:
		return wordNothing
	case bool:
		text = wordNo
		if v {
			text = wordYes
		}
	default:
		text = fmt.Sprint(v)
	}
	if slices.Contains(assumed, a.Code) {
		text += wordSupposed
	}
	return text
}
