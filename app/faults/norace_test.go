//go:build !race

package faults

import "time"

const slack = 500 * time.Millisecond
