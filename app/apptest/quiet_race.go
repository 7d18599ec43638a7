//go:build race

package apptest

import "time"

// quiet is longer with the race detector, which makes everything slower.
const quiet = time.Second
