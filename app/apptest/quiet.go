//go:build !race

package apptest

import "time"

// quiet is how soon an album is taken to be complete here: the pictures of a test's album are
// pushed within milliseconds.
const quiet = 150 * time.Millisecond
