// Package intake holds the nouns and rules of collecting exam materials: who must hand in
// what, what may change when, what a decision means, when a reminder is due. No I/O, no
// clock: the moment is always an argument.
package intake

import (
	"maps"
	"strings"
	"time"
)

// Candidate is one registration as the roster gives it, plus what the candidate added in chat.
type Candidate struct {
	ID       int64
	Number   string // 报名号, unique
	Name     string
	IDType   string         // 证件类型
	IDNumber string         // 证件号码, upper case
	Phone    string         // from the roster, confirmed or corrected in chat
	Site     string         // code of the exam site 考点
	Attrs    map[string]any // what the rules go by: the roster's values, and Answers where it had none
	Answers  map[string]any // what the candidate said when asked, by attribute code
	Assumed  []string       // attribute codes the roster left to their default
	Second   string         // another phone to reach the candidate by; empty: none
	OpenID   string         // the WeChat bound to this registration; empty: not bound
	BoundAt  time.Time
	PhoneOK  bool // the candidate confirmed the phone number
	Version  int64

	WithdrawnAt time.Time // when a newer roster no longer had them; zero: they are on it
	PartedAt    time.Time // when the WeChat bound to them stopped following and was taken off; zero: it did not
}

// ProofLength is how many trailing characters of the ID number prove who binds.
const ProofLength = 6

// Proves says whether tail is the end of the candidate's ID number; case and spaces do not matter.
func (c Candidate) Proves(tail string) bool {
	tail = strings.ToUpper(strings.Join(strings.Fields(tail), ""))
	return len(tail) == ProofLength && len(c.IDNumber) >= ProofLength && strings.HasSuffix(strings.ToUpper(c.IDNumber), tail)
}

// MaskedName shows the family name only: 张**.
func (c Candidate) MaskedName() string {
	runes := []rune(c.Name)
	if len(runes) == 0 {
		return ""
	}
	return string(runes[0]) + strings.Repeat("*", len(runes)-1)
}

// Settle lets the candidate's answers stand in for what the roster left to a default. What the
// roster says itself stays.
func (c *Candidate) Settle() {
	settled := maps.Clone(c.Attrs)
	if settled == nil {
		settled = map[string]any{}
	}
	for _, code := range c.Assumed {
		if answer, given := c.Answers[code]; given {
			settled[code] = answer
		}
	}
	c.Attrs = settled
}

// MaskedSecond shows the second phone like MaskedPhone.
func (c Candidate) MaskedSecond() string { return maskMiddle(c.Second, 3, 4) }

// MaskedPhone shows the first three and last four digits: 138****1234.
func (c Candidate) MaskedPhone() string { return maskMiddle(c.Phone, 3, 4) }

// MaskedID shows the first three and last four characters of the ID number.
func (c Candidate) MaskedID() string { return maskMiddle(c.IDNumber, 3, 4) }

func maskMiddle(s string, head, tail int) string {
	runes := []rune(s)
	if len(runes) <= head+tail {
		return strings.Repeat("*", len(runes))
	}
	return string(runes[:head]) + strings.Repeat("*", len(runes)-head-tail) + string(runes[len(runes)-tail:])
}

// CleanPhone brings a mainland mobile number as people type it (spaces, dashes, +86) to its
// 11 digits; ok is false when it is none.
func CleanPhone(s string) (phone string, ok bool) {
	s = strings.NewReplacer(" ", "", "-", "", "　", "", "－", "").Replace(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "+86"), "0086")
	if len(s) == 13 && strings.HasPrefix(s, "86") {
		s = s[2:]
	}
	if len(s) != 11 || s[0] != '1' || s[1] < '3' || s[1] > '9' {
		return "", false
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return "", false
		}
	}
	return s, true
}

// Talk is where one WeChat user stands in the conversation.
type Talk struct {
	OpenID      string
	CandidateID int64 // 0: not bound
	Following   bool
	Stage       string // a stage of package bot
	Memo        Memo
	Ahead       string    // text that could not be delivered and heads the next reply
	HeardAt     time.Time // last message of the user: WeChat's 48-hour reply window counts from here
	TurnedAt    time.Time // WeChat's time of what Following is known from; zero: nothing was heard of it
	Version     int64
}

// Memo is what the conversation must remember between two messages.
type Memo struct {
	Number   string   `json:"number,omitempty"`   // 报名号 given, ID digits not yet
	Current  string   `json:"current,omitempty"`  // material the next photo goes to
	Shown    []string `json:"shown,omitempty"`    // materials of the last list shown, so that a number picks one
	Swap     int64    `json:"swap,omitempty"`     // photo that the next one sent replaces
	Doubt    string   `json:"doubt,omitempty"`    // SHA256 of a photo kept with a doubt that the next one sent replaces
	Asking   string   `json:"asking,omitempty"`   // attribute the candidate is being asked about
	Asked    []string `json:"asked,omitempty"`    // attributes answered or passed over in this go
	Again    bool     `json:"again,omitempty"`    // this go asks also what was answered before
	Leaving  bool     `json:"leaving,omitempty"`  // the next text is a question for staff
	Revoking bool     `json:"revoking,omitempty"` // the last reply asked whether the agreement is taken back
	Hunches  []Hunch  `json:"hunches,omitempty"`  // what reading made of photos, to be asked about, oldest first
	Choosing string   `json:"choosing,omitempty"` // SHA256 of the photo whose two ways up were shown last
	Placed   []Found  `json:"placed,omitempty"`   // where the photos of the last album went at once, by the numbers told
	Found    []Found  `json:"found,omitempty"`    // photos filed from the tray by what stands on them, to be told
}

// Hunch is a question about a photo that reading raised: whether it belongs to another item, or
// which way is up.
type Hunch struct {
	SHA      string   `json:"sha"`                // of the photo
	Sent     string   `json:"sent,omitempty"`     // material it was sent for
	Material string   `json:"material,omitempty"` // material it looks like; empty: the question is which way is up
	Ways     []string `json:"ways,omitempty"`     // the turns that may make it upright, likeliest first
	Asked    bool     `json:"asked,omitempty"`
}

// Found is a photo of the tray that was filed by what stands on it.
type Found struct {
	Tray     int    `json:"tray"`
	Material string `json:"material"`
}
