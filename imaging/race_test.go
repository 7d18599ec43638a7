//go:build race

package imaging

// raceEnabled: the race detector makes pixels ten times as expensive, so time is not judged.
const raceEnabled = true
