package intake

import (
	"errors"
	"fmt"
)

// Errors every room of the house understands; tested with errors.Is.
var (
	ErrNotFound   = errors.New("not found")
	ErrConflict   = errors.New("changed meanwhile")                  // somebody else was faster: show the fresh state (HTTP 409)
	ErrForbidden  = errors.New("not allowed")                        // role, site or state does not allow it (HTTP 403)
	ErrSamePerson = errors.New("second review needs another person") // the one who passed it at the site may not pass it at the area (HTTP 403)
	ErrIncomplete = errors.New("not every item is decided")          //
	ErrBox        = errors.New("a frame lies outside the photos of its item")
	ErrNoReason   = errors.New("a return needs a reason the season knows") //
	ErrMismatch   = errors.New("registration data marked as wrong cannot pass")
	ErrFinalAlone = errors.New("a final return needs a second person")                       // who proposed it may not confirm it (HTTP 403)
	ErrPhotos     = fmt.Errorf("photos are not those the exam site passed: %w", ErrConflict) // the pass is void
)
