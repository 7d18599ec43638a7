package templates

import (
	"regexp"
	"strings"
	"time"

	"cailiao/intake"
)

// AgainPage asks who is signed in to prove who they are.
type AgainPage struct {
	Frame
	Next     string // where to go afterwards
	Problem  string // "", "bad", "many"
	Password bool   // ask for it
	Code     bool   // ask for a one-time code
	Full     bool   // all that signing in takes is asked for
}

// CodePage asks for the one-time code of somebody whose password was right.
type CodePage struct {
	Frame
	Next    string
	Problem string // "", "bad", "many"
}

// MePage is one's own account.
type MePage struct {
	Frame
	Duty      string // what must be done before anything else: "", "password", "totp"
	Problem   string // with the password: "", "differ", "old", "same", "short", "long", "common", "many"
	Least     int    // characters of a password
	AskCode   bool   // changing the password takes a one-time code too
	Places    int    // where the account is signed in
	LastLogin time.Time

	TOTPSince time.Time // zero: no one-time codes
	MayDrop   bool      // one-time codes are not required
	CodesLeft int       // recovery codes not yet used
	Codes     []string  // new recovery codes, shown this once

	SetUp  string // a problem with the code: "", "bad", "many"
	Offer  bool   // show the key to set up one-time codes
	Secret string // the key, in groups
	QR     string // path of the QR code
	QRSize int
}

// PlacesPage is where somebody is signed in, this browser first, and when they signed in lately.
type PlacesPage struct {
	Frame
	Places []Place
	Logins []SignIn
}

// Place is one session.
type Place struct {
	Mark    string // names it to end it
	Began   time.Time
	Seen    time.Time
	From    string // the network, without its last part; empty: unknown
	Near    bool   // the same as this browser's
	System  string // codes of the machine and the browser; empty: unknown
	Browser string
	Here    bool
}

// SignIn is one time somebody signed in.
type SignIn struct {
	At   time.Time
	With string // "password", "code", "recovery code"
}

// PeoplePage lists the accounts somebody looks after.
type PeoplePage struct {
	Frame
	Accounts []Account
	Given    GivenPassword
	Problem  string // "", "name", "role", "site", "taken", "self", "last"
	Roles    []intake.Role
	Sites    []SiteChoice

	// The form to add one, as typed.
	Name string
	Role intake.Role
	Site string
}

// Account is one account of the list.
type Account struct {
	URL       string
	Name      string
	Role      intake.Role
	Site      string // code
	SiteName  string
	Disabled  bool
	Initial   bool // has not changed the initial password yet
	TOTP      bool
	LastLogin time.Time
	Self      bool
}

// GivenPassword is an initial password, shown this once.
type GivenPassword struct {
	Name, Password string
}

// SiteChoice is an exam site to choose.
type SiteChoice struct {
	Code, Name string
}

// LogPage is the audit log with its search.
type LogPage struct {
	Frame
	Actors  []ActorChoice
	Actions []string
	Actor   string // as searched for
	Action  string
	Number  string
	Lost    bool   // what was searched for is gone
	From    string // days, such as 2026-03-01
	Until   string
	Lines   []LogLine
	Older   string // URLs of the neighbouring pages; empty: none
	Newest  string
}

// ActorChoice is an account to search for.
type ActorChoice struct {
	Code, Name string
}

// LogLine is one line of the audit log.
type LogLine struct {
	EventLine
	URL   string // of the candidate's sheet; empty: it concerns none
	Facts []Fact
}

// Fact is one value of an event's detail.
type Fact struct {
	Key, Value string
	At         time.Time // the value is a moment
}

var actionCode = regexp.MustCompile(`eq \. "([^"]+)"`)

// ActionCodes are the codes of the audit log's actions that have words, in the order of _words.html.
func ActionCodes() []string {
	words, err := pageFiles.ReadFile("pages/_words.html")
	if err != nil {
		panic(err) // it is embedded
	}
	_, rest, _ := strings.Cut(string(words), `{{define "action"}}`)
	rest, _, _ = strings.Cut(rest, "{{define")
	var codes []string
	for _, m := range actionCode.FindAllStringSubmatch(rest, -1) {
		codes = append(codes, m[1])
	}
	return codes
}

func (AgainPage) page() string  { return "again" }
func (CodePage) page() string   { return "code" }
func (MePage) page() string     { return "me" }
func (PlacesPage) page() string { return "places" }
func (PeoplePage) page() string { return "people" }
func (LogPage) page() string    { return "log" }
