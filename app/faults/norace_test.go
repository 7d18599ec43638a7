//go:build !race

package faults

import "time"

const slack = 500 * time.Millisecond

const (
	crowd   = 100 // people who write at once
	someAck = 20  // messages that must have been acknowledged for a fault to have been tested
)
