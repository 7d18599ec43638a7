//go:build race

package faults

import "time"

const slack = 10 * time.Second

// The race detector makes everything some ten times slower.
const (
	crowd   = 12
	someAck = 5
)
