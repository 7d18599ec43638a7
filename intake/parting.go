package intake

import "time"

// OnUnfollow is what becomes of the tie between a candidate and a WeChat user who stops following
// the account.
type OnUnfollow string

const (
	OnUnfollowUnlink OnUnfollow = "unlink" // the tie is cut; photos, answers and states stay
	OnUnfollowErase  OnUnfollow = "erase"  // and after Parting.Grace what was sent and never submitted is erased
	OnUnfollowKeep   OnUnfollow = "keep"   // nothing changes
)

// Parting is what a season does when somebody stops following.
type Parting struct {
	OnUnfollow OnUnfollow
	Grace      time.Duration // how long the same user who follows again finds their place by itself
}

// Erasable says that nothing of the case has become part of a review: what the candidate sent may
// be taken away without taking anything from the authority.
func (s Submission) Erasable() bool {
	return s.Round <= 1 && (s.State == Collecting || s.State == "")
}
