package intake

import (
	"slices"
	"time"
)

// State is where a candidate's materials stand as a whole.
type State string

const (
	Collecting State = "collecting"  // 未上报: the candidate is still sending
	Submitted  State = "submitted"   // 已上报，内容已锁定: the exam site reviews
	Returned   State = "returned"    // 退回: returned items are unlocked
	SitePassed State = "site_passed" // 考点通过: the exam area reviews
	Passed     State = "passed"      // 审核通过
)

// States in the order of the road.
var States = []State{Collecting, Submitted, Returned, SitePassed, Passed}

// Locked says that the candidate can change nothing.
func (s State) Locked() bool { return s == Submitted || s == SitePassed || s == Passed }

// Submission is the one submission of a candidate; a return starts its next round.
type Submission struct {
	ID          int64
	CandidateID int64
	State       State
	Round       int // 1 until the first return
	SubmittedAt time.Time
	ReturnedAt  time.Time
	DeadlineAt  time.Time // until when returned items should be corrected
	SiteBy      int64     // staff who passed it at the exam site
	AreaBy      int64     // staff who passed it at the exam area
	Digest      string    // of the photos the exam site passed; empty: it has not, or before this was kept
	FinalBy     int64     // staff who proposed a final return, which another person must confirm; 0: nobody
	OpenedAt    time.Time // when a reviewer first opened what was submitted; zero: nobody has, it can be withdrawn
	Version     int64     // exact guard against two writers
}

// ItemState is where one material of a submission stands.
type ItemState string

const (
	ItemOpen       ItemState = "open"        // 未上传 or 已上传: the candidate may change it
	ItemPending    ItemState = "pending"     // 待审
	ItemReturned   ItemState = "returned"    // 需重传
	ItemSitePassed ItemState = "site_passed" // 考点通过
	ItemPassed     ItemState = "passed"      // 通过
)

// Item is one material of a submission with the last judgement on it.
type Item struct {
	Material string
	State    ItemState
	Reasons  []string // reason codes of the last return
	Comment  string   // for the candidate
	Note     string   // internal
	Boxes    []Box    // drawn at the last return, for the candidate
	Resend   bool     // returned for the picture itself: needs a new one. False: a new picture would not help
	Round    int      // in which it was last judged
}

// Case is everything about one candidate that rules decide on.
type Case struct {
	Candidate  Candidate
	Submission Submission
	Items      []Item  // judged or submitted materials; a material without an item is open
	Photos     []Photo // kept photos, ordered by material and Seq
	Tray       []Photo // photos that wait to be filed, by Tray
}

// Item returns the item of a material, an open one when there is none yet.
func (c Case) Item(material string) Item {
	for _, item := range c.Items {
		if item.Material == material {
			return item
		}
	}
	return Item{Material: material, State: ItemOpen}
}

// PhotosOf returns the kept photos of a material in order.
func (c Case) PhotosOf(material string) []Photo {
	var photos []Photo
	for _, p := range c.Photos {
		if p.Material == material {
			photos = append(photos, p)
		}
	}
	return photos
}

// setItem replaces or adds an item without touching the caller's slice.
func (c *Case) setItem(item Item) {
	c.Items = slices.Clone(c.Items)
	for i := range c.Items {
		if c.Items[i].Material == item.Material {
			c.Items[i] = item
			return
		}
	}
	c.Items = append(c.Items, item)
}
