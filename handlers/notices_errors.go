package handlers

import (
	"errors"

	"cailiao/intake"
	"cailiao/review"
)

// deadlineProblem is the code of what the form of a deadline can tell itself; empty: it cannot.
func deadlineProblem(err error) string {
	switch {
	case errors.Is(err, intake.ErrNoReason):
		return "reason"
	case errors.Is(err, intake.ErrDeadline):
		return "until"
	case errors.Is(err, review.ErrTooLong):
		return "long"
	}
	return ""
}
