//go:build race

package bot_test

// albumPeople is small here: the race detector makes everything many times slower.
const albumPeople = 6
