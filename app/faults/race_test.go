//go:build race

package faults

import "time"

const slack = 10 * time.Second
